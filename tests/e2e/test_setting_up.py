"""From a recipe to something of one's own: nothing of the recipe comes along unseen."""

from pathlib import Path

import numpy as np

from pushforward.studio.store.run import RunFolder
from tests.e2e.conftest import Person
from tests.qtloop import until


async def test_an_own_file_after_a_recipe_of_pictures(person: Person, tmp_path: Path) -> None:
    await person.open()
    state, actions = person.state, person.studio.actions
    recipe = person.card("digits-edm").recipe
    actions.setup.open_recipe(recipe)
    await until(lambda: state.draft is not None and state.draft.resolved is not None, 30)
    file = tmp_path / "own.csv"
    table = np.random.default_rng(0).normal(size=(300, 2))
    np.savetxt(file, table, delimiter=",", header="east,north", comments="")
    actions.data.import_data([str(file)], "own", "points", {"columns": ["east", "north"]})
    await until(lambda: state.place == "data" and state.dataset == "project:own", 30)
    actions.setup.open_on("project:own")
    draft, setup = state.draft, person.window.inspector.setup
    assert draft is not None
    assert draft.spec.name == "edm-dpm-solver-pp-own", "the method that it is, on the data"
    page = person.window.canvas.setup
    assert page.title.isHidden()
    assert page.sentence.data.text() == "own"
    assert draft.spec.training == {}
    assert setup.moved.isVisible()

    # To the recipe and back to the file, then away.
    person.click(setup.moved.undo)
    assert draft.spec == recipe.run
    actions.setup.choose("dataset", "project:own")
    person.set("steps", 20)
    await until(lambda: draft.resolved and draft.resolved.training["steps"] == 20, 20)
    person.window.canvas.lenses.want("quality")
    person.click(setup.train)
    await until(lambda: state.runs.current is not None and person.run.state == "finished", 60)
    folder = RunFolder(Path(person.run.key))
    assert folder.name.endswith("edm-dpm-solver-pp-own")
    assert folder.record.spec.training["batch"] != recipe.run.training["batch"]
    assert person.window.canvas.lenses.shown == "watch"

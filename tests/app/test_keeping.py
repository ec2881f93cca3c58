"""What is being set up outlives the window, and waits in the project that it is of."""

import json

from studio.app.intents.keeping import file_of
from studio.store.project import Project


async def change(bench, wait, made, name="mine"):
    """Open a project and set something up in it."""
    await bench.actions.project.show(made.path)
    recipe = next(each for each in bench.state.recipes if each.slug == "edm-eight-gaussians")
    bench.actions.setup.open_recipe(recipe)
    await wait(lambda: bench.state.draft.checked)
    bench.actions.setup.rename(name)
    bench.actions.keeping._timer.start(0)
    await wait(file_of(made.path).is_file)
    return bench.state.draft.spec


async def test_a_setup_is_brought_back_with_its_project_and_not_with_another(bench, wait, tmp_path):
    made, other = (Project.create(tmp_path / name, name) for name in ("one", "other"))
    await bench.start()
    spec = await change(bench, wait, made)
    await bench.actions.project.show(other.path)
    assert bench.state.draft is None
    await bench.actions.project.show(made.path)
    await wait(lambda: bench.state.draft is not None)
    draft = bench.state.draft
    assert (draft.spec, draft.given, draft.recipe.slug) == (spec, "mine", "edm-eight-gaussians")
    assert bench.state.place == "discover", "one is not led there"
    assert not bench.window.sidebar.draft.isHidden()
    await wait(lambda: draft.checked)


async def test_what_was_started_or_left_as_it_came_is_not_kept(bench, wait, tmp_path):
    made = Project.create(tmp_path / "one", "one")
    await bench.start()
    await change(bench, wait, made)
    bench.actions.training.start()
    await wait(lambda: bench.state.runs.current is not None)
    bench.actions.keeping._timer.start(0)
    await wait(lambda: not file_of(made.path).exists())


async def test_a_file_that_cannot_be_read_is_none(bench, wait, tmp_path):
    made = Project.create(tmp_path / "one", "one")
    file = file_of(made.path)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps({"spec": 7}))
    await bench.start()
    await bench.actions.project.show(made.path)
    await bench.actions.keeping._bring_back(made.path)
    assert bench.state.draft is None

"""What is being set up outlives the window, and waits in the project that it is of."""

import json

from pushforward.studio.app.core.runs import RunState
from pushforward.studio.app.engine.requests.draft_storage import file_of
from pushforward.studio.store.project import Project

RECIPES = ("edm-eight-gaussians", "gan-ring-of-five")


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


async def test_a_setup_without_anything_before_it_begins_like_the_newest_run(bench, wait, tmp_path):
    """It began with the first model and data of the alphabet, after each start of the studio."""
    made = Project.create(tmp_path / "one", "one")
    await bench.start()
    await bench.actions.project.show(made.path)
    bench.actions.setup.new()
    assert bench.state.draft.spec == next(r.run for r in bench.state.recipes if r.start)
    bench.state.draft = None
    runs = {slug: next(r.run for r in bench.state.recipes if r.slug == slug) for slug in RECIPES}
    for n, spec in enumerate(runs.values(), 1):
        name = f"{n:04d}-{spec.name}"
        bench.state.runs.by_key[name] = RunState(key=name, name=name, spec=spec)
    assert bench.state.runs.current is None
    bench.actions.setup.new()
    assert bench.state.draft.spec == runs[RECIPES[-1]]
    bench.state.runs.by_key.clear()


async def test_what_is_typed_as_the_window_closes_is_kept(bench, wait, tmp_path, qtbot):
    """It was lost without a word: the text had the keyboard still, and a second was not over."""
    made = Project.create(tmp_path / "one", "one")
    await bench.start()
    await change(bench, wait, made)
    bench.actions.keeping._timer.setInterval(60_000)  # it is closed before that is over
    panel = bench.window.inspector.setup
    panel.name.setFocus()
    panel.name.selectAll()
    qtbot.keyClicks(panel.name, "other")
    bench.window.close()
    await wait(bench.studio.closed.is_set)
    assert json.loads(file_of(made.path).read_bytes())["given"] == "other"


async def test_a_setup_that_was_edited_is_offered_back_when_another_takes_its_place(
    bench, wait, tmp_path
):
    made = Project.create(tmp_path / "one", "one")
    await bench.start()
    await change(bench, wait, made)
    edited = bench.state.draft
    bench.actions.setup.open_recipe(bench.state.recipes[0])
    said = bench.state.notices.history[-1]
    assert "mine" in said.text
    said.actions[0].run()
    assert bench.state.draft is edited
    assert bench.state.place == "setup"
    posted = len(bench.state.notices.history)
    bench.actions.setup.open_draft(edited)
    assert len(bench.state.notices.history) == posted, "nothing gave way"

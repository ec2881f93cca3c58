"""Where a studio begins: the last project, or the playground, with whatever was left in it."""

import time

import msgspec
import pytest

from pushforward.studio.app.core import preferences
from pushforward.studio.app.engine.requests.draft_storage import file_of
from pushforward.studio.protocol.spec import Pick, RunSpec
from pushforward.studio.store.project import Project
from pushforward.studio.store.run import RunRecord

SPEC = RunSpec(name="edm", family=Pick(slug="edm"), dataset=Pick(slug="eight-gaussians"))


def run_in(project, state):
    """Make a run that was left so by a process which is gone."""
    run = project.new_run(RunRecord(spec=SPEC, seed=0, device="cpu"))
    run.update_status(state=state, step=20, total=100, pid=2**22 + 1, process_started=1.0)
    return str(run.path)


def kept_with(path):
    kept = preferences.load()
    kept.opened(path, path.name, time.time())
    return kept


async def begun(bench, wait, kept):
    await bench.start()
    bench.actions.project.begin(kept)
    await wait(lambda: bench.state.project is not None)


async def test_recipes_are_opened_in_one_project_and_its_runs_stay_in_sight(bench, wait):
    await begun(bench, wait, preferences.load())
    state = bench.state
    assert state.project == preferences.playground()
    assert not state.project.exists(), "nothing was asked for yet"
    points = next(each for each in state.recipes if each.slug == "edm-eight-gaussians")
    for recipe in (points, points):
        bench.actions.setup.open_recipe(recipe)
        await wait(lambda: state.draft.checked)
        bench.actions.training.start()
        await wait(lambda: state.place == "run")
    assert {each.name[:4] for each in state.runs.by_key.values()} == {"0001", "0002"}
    assert state.project == preferences.playground()


async def test_the_last_project_is_open_and_one_stays_where_one_starts(bench, wait, tmp_path):
    made = Project.create(tmp_path / "jets", "Jets")
    key = run_in(made, "finished")
    await begun(bench, wait, kept_with(made.path))
    await wait(lambda: key in bench.state.runs.by_key)
    assert (bench.state.project_name, bench.state.place) == ("Jets", "discover")
    assert bench.state.runs.current is None


@pytest.mark.parametrize("place", ["run", "runs", "setup", "discover"])
async def test_one_finds_the_canvas_as_one_left_it(bench, wait, tmp_path, place):
    made = Project.create(tmp_path / "jets", "Jets")
    key = run_in(made, "finished")
    run_in(made, "finished")
    kept = kept_with(made.path)
    kept.layout = {"place": place, "run": key}
    file = file_of(made.path)
    file.parent.mkdir(parents=True, exist_ok=True)
    other = msgspec.structs.replace(SPEC, name="other")
    file.write_bytes(msgspec.json.encode({"spec": other, "came": SPEC}))
    await begun(bench, wait, kept)
    await wait(lambda: bench.state.draft is not None)
    await wait(lambda: bench.state.place == place)
    assert bench.state.runs.selection == (key if place == "run" else "")


async def test_the_place_is_remembered_with_the_layout(bench, wait, tmp_path):
    made = Project.create(tmp_path / "jets", "Jets")
    key = run_in(made, "finished")
    await begun(bench, wait, kept_with(made.path))
    await wait(lambda: key in bench.state.runs.by_key)
    bench.actions.runs.select(key)
    bench.window.canvas.lenses.want("samples/edit")
    bench.window.save_layout()
    layout = preferences.load().layout
    assert (layout["place"], layout["run"], layout["lens"]) == ("run", key, "samples/edit")


async def test_a_training_that_was_interrupted_is_what_one_meets(bench, wait, tmp_path):
    made = Project.create(tmp_path / "jets", "Jets")
    key = run_in(made, "running")
    await begun(bench, wait, kept_with(made.path))
    await wait(lambda: bench.state.place == "run")
    assert bench.state.runs.current.key == key


@pytest.mark.parametrize("last", ["gone", "none"])
async def test_without_a_last_project_the_playground_is_open_with_its_runs(
    bench, wait, tmp_path, last
):
    made = Project.create(preferences.playground(), "Playground")
    key = run_in(made, "finished")
    kept = kept_with(tmp_path / "gone") if last == "gone" else preferences.load()
    await begun(bench, wait, kept)
    await wait(lambda: key in bench.state.runs.by_key)
    assert bench.state.project == made.path


async def test_what_was_opened_meanwhile_is_not_taken_away(bench, wait, tmp_path):
    made = Project.create(tmp_path / "jets", "Jets")
    await bench.start()
    bench.actions.project.begin(kept_with(made.path))
    bench.actions.setup.open_recipe(bench.state.recipes[0])
    draft = bench.state.draft
    await wait(lambda: draft.checked)
    assert bench.state.draft is draft
    assert (bench.state.place, bench.state.project) == ("setup", preferences.playground())

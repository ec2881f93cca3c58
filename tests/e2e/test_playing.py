"""What people do to understand: switch, change, explain, branch, race."""

import msgspec
import numpy as np
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from pushforward.studio.app.charts.particle_canvas import ParticleCanvas
from pushforward.studio.app.core.branch_replay import replay_of
from pushforward.studio.app.core.runs import RunState
from pushforward.studio.app.lenses.explain.breakdown_view import MomentView
from pushforward.studio.app.lenses.watch.particles_view import WatchView
from pushforward.studio.protocol.spec import ChangeSetting, EditPoints, Pick, RunSpec, UndoPoints
from pushforward.studio.store.run import RunFolder
from tests.e2e.conftest import Person
from tests.qtloop import until

FEW = {"particles": 128, "evaluate_samples": 200}
"""Of a run whose quality is not what is tested."""


def flow(person: Person) -> WatchView:
    view = person.window.canvas.findChild(WatchView)
    assert view is not None
    return view


def click(canvas: ParticleCanvas, place: QPoint) -> None:
    QTest.mousePress(canvas.viewport(), Qt.MouseButton.LeftButton, pos=place)
    QTest.mouseRelease(canvas.viewport(), Qt.MouseButton.LeftButton, pos=place)


async def test_the_target_is_changed_by_hand_and_the_change_is_part_of_the_run(
    person: Person,
) -> None:
    await person.open()
    run = await person.train("gan-ring-of-five", steps=20_000, samples=2000)
    view = flow(person)
    await until(lambda: run.live is not None and run.target is not None, 30)
    before = len(run.target)

    # Add a clump in the middle, where the ring has nothing.
    person.click(view._hands.bar.buttons["add"])
    middle = QPoint(view.canvas.width() // 2, view.canvas.height() // 2)
    click(view.canvas, middle)
    await until(lambda: len(run.edits) == 1, 10)
    edit = run.edits[0]
    assert isinstance(edit, EditPoints)
    await until(lambda: len(run.target) > before, 10)
    near = np.hypot(*(run.target[:, :2] - np.array(edit.centre)).T) < 3 * edit.radius
    assert near.sum() >= 0.8 * edit.count * min(1.0, len(run.target) / 2000)
    person.look("added")

    # And take it back.
    person.click(view._hands.bar.undo)
    await until(lambda: len(run.edits) == 2, 10)
    assert isinstance(run.edits[1], UndoPoints)
    await until(lambda: len(run.target) == before, 10)
    events = [event for event in RunFolder(run.key).events.read() if event.kind == "edited"]
    assert [event.step for event in events] == [each.step for each in run.edits]
    person.studio.actions.training.stop()
    await until(lambda: run.state == "cancelled", 20)


async def test_a_step_is_explained_stage_by_stage(person: Person) -> None:
    await person.open()
    run = await person.train("gan-ring-of-five", steps=20_000)
    await until(lambda: run.step > 20, 30)
    assert person.window.registry.trigger("explain")
    lenses, moment = person.window.canvas.lenses, person.state.moment
    assert lenses.shown == "explain"
    view = lenses.view
    assert isinstance(view, MomentView)
    await until(lambda: not moment.walking and len(moment.records) == 4, 20)
    stood = moment.step
    await until(lambda: run.step > stood + 5, 20)  # the training goes on
    for stage in ("draw", "fit", "velocity", "follow"):
        assert moment.at == stage
        assert view.scene
        person.look(f"stage-{stage}")
        person.press(Qt.Key.Key_Down, view.stages)
    person.click(view.frozen)
    assert not view.scene
    person.studio.actions.training.stop()
    await until(lambda: run.state == "cancelled", 20)


async def test_a_branch_equals_its_parent_up_to_where_it_leaves(person: Person) -> None:
    await person.open()
    parent = await person.train(
        "gan-ring-of-five", steps=300, checkpoint_steps=100, **FEW, batch=64
    )
    await until(lambda: parent.state == "finished", 60)
    step = next(kept for kept in parent.kept if kept >= 180)
    change = ChangeSetting(step=step, path="rescaling", value="logit")
    strip, shown = person.window.canvas.replay, set()

    def compare(_: object) -> None:
        """Compare the strip with the run: how often it is seen depends on the machine."""
        run = person.state.runs.current
        replay = replay_of(run) if run is not None else None
        shown.add((strip.isVisible(), replay is not None and replay.to == step))

    for signal in (person.state.runs.changed, person.state.runs.progressed):
        signal.connect(compare)
    person.studio.actions.branching.branch(parent.key, step, [change], name="other-h")
    await until(lambda: person.run is not parent and person.run.state == "finished", 60)
    child: RunState = person.run
    assert (child.parent, child.branch_step) == (parent.name, step)
    assert (False, False) in shown
    assert shown <= {(False, False), (True, True)}, "it is there while the run replays"
    assert not strip.isVisible(), "it is past where it left"
    ours, theirs = child.series["loss"], parent.series["loss"]
    assert np.array_equal(ours.steps, theirs.steps), "it has its parent's curve before its own"
    assert np.array_equal(ours.values[:step], theirs.values[:step])
    assert not np.array_equal(ours.values[step:], theirs.values[step:])
    person.look("branched")


async def test_the_generator_is_a_switch(person: Person) -> None:
    await person.open()
    card = person.card("gan-ring-of-five")
    person.press(Qt.Key.Key_Return, card)
    state, actions = person.state, person.studio.actions
    await until(lambda: state.draft is not None and state.draft.resolved is not None, 10)
    assert state.draft is not None
    before = state.draft.spec
    actions.setup.switch_generator()
    assert state.draft.spec.family.slug == "discriminator-flow"
    assert state.draft.spec.dataset == before.dataset
    assert state.draft.spec.training == before.training
    actions.setup.switch_generator()
    assert state.draft.spec.family.slug == "gan"
    assert state.draft.spec.training == before.training
    actions.setup.switch_generator()
    for name, value in {"steps": 60, **FEW}.items():
        person.set(name, value)
    await until(lambda: not state.draft.reasons and state.draft.checked, 10)
    actions.training.start()
    await until(lambda: state.runs.current is not None, 10)
    run = person.run
    await until(lambda: run.state == "finished", 90)
    record_times = run.live.t if run.live is not None else np.zeros(0)
    assert len(record_times) > 1, "without a generator particles flow"


async def test_two_methods_race_from_the_same_particles(person: Person) -> None:
    await person.open()
    state, actions = person.state, person.studio.actions
    recipe = person.card("gan-ring-of-five").recipe
    few = msgspec.structs.replace(recipe.run, training={**recipe.run.training, **FEW})
    recipe = msgspec.structs.replace(recipe, run=few)
    actions.race.add_recipe(recipe)
    actions.race.duplicate(0, family="discriminator-flow")
    assert len(state.race.entries) == 2
    actions.race.set_budget("steps", 60)
    await until(lambda: not state.race.reasons, 20)
    actions.race.start()
    await until(lambda: len([r for r in state.runs.by_key.values() if r.race]) == 2, 20)
    runs = [run for run in state.runs.by_key.values() if run.race]
    await until(lambda: all(run.state == "finished" for run in runs), 110)
    assert {run.step for run in runs} == {60}
    records = [RunFolder(run.key).flow.load(0) for run in runs]
    starts = [r.extras["latents"] if len(r.t) == 1 else r.x[0] for r in records]
    assert np.allclose(starts[0], starts[1], atol=1e-5), "particle i starts at the same place"
    person.look("raced")


async def test_the_setup_shows_the_defaults_of_its_data(person: Person) -> None:
    """And a value that is no default there is not lost: it reaches the run as it was set."""
    await person.open()
    actions, state = person.studio.actions, person.state
    pick = Pick(slug="score-gan")
    actions.setup.open(RunSpec(name="a", family=pick, dataset=Pick(slug="ring-of-five")))
    sections = {each.section: each for each in person.window.inspector.setup.sections}

    def shown(section: str, path: str) -> str:
        return sections[section].form.rows[path].editor.line.text()

    for dataset, batch, lowest in (("ring-of-five", 512, 0.05), ("digits", 128, 0.7)):
        actions.setup.choose("dataset", dataset)
        person.set("batch", batch)  # what is shown leaves no trace
        assert state.draft.spec.training == {}
        await until(
            lambda b=batch: state.draft.resolved and state.draft.resolved.training["batch"] == b,
            10,
        )
        assert state.draft.resolved.family.config["s_low"] == lowest
        assert shown("training", "batch") == str(batch)
        assert float(shown("family", "s_low")) == lowest
    person.set("batch", 512)
    await until(lambda: state.draft.resolved.training["batch"] == 512, 10)


async def test_a_first_run_needs_no_project(person: Person) -> None:
    """Ctrl+N and Train on a fresh start: the button made nothing start, and said nothing."""
    await person.open()
    assert person.state.project is None
    person.studio.actions.setup.new()
    person.set("steps", 20)
    setup = person.window.inspector.setup
    await until(
        lambda: person.state.draft.resolved and person.state.draft.resolved.training["steps"] == 20,
        10,
    )
    person.click(setup.train)
    await until(lambda: person.state.runs.current is not None, 10)
    await until(lambda: person.run.step == 20, 30)
    assert person.state.project_name == "Playground"
    assert RunFolder(person.run.key).path.is_relative_to(person.state.project)

"""A moment is frozen: its step is walked through stage by stage, and the training goes on."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import msgspec
import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from pushforward.studio.app.design.formula_terms import terms_of
from pushforward.studio.app.engine.requests.request_base import Answer, Refused
from pushforward.studio.app.lenses.explain.breakdown_view import MomentView, explainable
from pushforward.studio.app.lenses.explain.scene_legend import marks_of
from pushforward.studio.app.text.noise_labels import middle_row, noise_of, noises, span_of
from pushforward.studio.protocol.catalog import LayerSpec, StageSpec
from pushforward.studio.protocol.messages import Control, Credit, ErrorInfo, WalkStep, Watch

STAGES = [
    StageSpec(name="draw", title="Draw", formula="x₀ ~ p", source="A 2020"),
    StageSpec(name="fit", title="Fit", formula="min L", source="B 2021", layer="velocity"),
    StageSpec(name="follow", title="Follow", formula="θ ← θ + v", source="C 2022"),
]


@pytest.fixture
def view(lens: Any) -> Iterator[MomentView]:
    entry = lens.state.catalog.entries[0]
    lens.state.catalog.entries[0] = msgspec.structs.replace(entry, stages=STAGES)
    made = MomentView(lens.state, lens.actions)
    made.resize(1000, 700)
    made.show()
    lens.arrive(1)
    QApplication.processEvents()
    yield made
    made.close()
    made.deleteLater()
    QApplication.sendPostedEvents()


def actions(lens: Any) -> list[str]:
    return [command.action for command in lens.link.of(Control)]


def stage(lens: Any, name: str, **scene: int) -> None:
    """Let the engine say that a stage is done, and send its picture."""
    lens.run.stage = name
    lens.state.runs.staged.emit(lens.run.key)
    if name:
        more = {f"scene:{part}": np.ones((n, 2), np.float32) for part, n in scene.items()}
        lens.arrive(1)
        lens.run.live = replace(lens.run.live, arrays={**lens.run.live.arrays, **more})
        lens.state.runs.record_arrived.emit(lens.run.key)


def walk(lens: Any) -> None:
    lens.actions.moment.freeze(lens.run.key)
    stage(lens, "draw", real=4)
    stage(lens, "fit", real=4, particles=3)
    stage(lens, "follow", particles=3, moved=3)
    stage(lens, "")


async def test_each_stage_waits_for_its_picture_and_the_training_goes_on(
    lens: Any, view: MomentView, wait: Any
) -> None:
    view.freeze.click()
    await wait(lambda: actions(lens) == ["stage"])
    assert view.focusWidget() is view.stages
    lens.run.stage = "draw"
    lens.state.runs.staged.emit(lens.run.key)
    assert actions(lens) == ["stage"]
    stage(lens, "draw", real=4)
    await wait(lambda: actions(lens) == ["stage"] * 2)
    stage(lens, "fit", real=4, particles=3)
    stage(lens, "follow", particles=3, moved=3)
    stage(lens, "")
    await wait(lambda: actions(lens) == [*["stage"] * 4, "resume"])
    assert list(lens.state.moment.records) == ["draw", "fit", "follow"]
    assert not lens.state.moment.walking
    assert view.frozen.text() == "Frozen: step 2"


async def test_a_dear_layer_of_a_stage_is_asked_for_while_the_training_waits(
    lens: Any, view: MomentView, wait: Any
) -> None:
    """The bound of an autoencoder: its stage was told, and nothing of it drawn."""
    entry = lens.state.catalog.entries[0]
    dear = LayerSpec(
        name="bound", title="Bound", kind="scalar", symbol="log p", timed=False, kept=False
    )
    other = msgspec.structs.replace(dear, name="log-density", title="Density")
    fit = msgspec.structs.replace(STAGES[1], layer="bound")
    lens.state.catalog.entries[0] = msgspec.structs.replace(
        entry, stages=[STAGES[0], fit], layers=[*entry.layers, dear, other]
    )
    view._following.watch()
    await wait(lambda: lens.link.of(Watch))
    assert not {"bound", "log-density"} & set(lens.link.of(Watch)[-1].layers)
    lens.actions.moment.freeze(lens.run.key)
    await wait(lambda: "bound" in lens.link.of(Watch)[-1].layers)
    assert "log-density" not in lens.link.of(Watch)[-1].layers


async def test_a_run_that_was_paused_stays_so(lens: Any, view: MomentView, wait: Any) -> None:
    lens.run.state = "paused"
    walk(lens)
    await wait(lambda: actions(lens) == ["stage"] * 4)
    lens.actions.moment.let_go()
    assert not view._freezing.moment


async def test_who_lets_go_on_the_way_lets_the_step_be_finished(
    lens: Any, view: MomentView, wait: Any
) -> None:
    lens.run.state = "paused"
    lens.actions.moment.freeze(lens.run.key)
    stage(lens, "draw", real=4)
    lens.actions.moment.let_go()
    await wait(lambda: actions(lens)[-1:] == ["step"])
    assert lens.state.moment.run == ""


async def test_a_stage_whose_picture_is_lost_holds_nothing_up(
    lens: Any, view: MomentView, wait: Any
) -> None:
    lens.actions.moment._late.setInterval(1)
    lens.actions.moment.freeze(lens.run.key)
    await wait(lambda: len(actions(lens)) > 2)
    stage(lens, "")
    await wait(lambda: actions(lens)[-1:] == ["resume"])


def test_arrows_walk_through_the_stages_and_the_moment_stands_still(
    lens: Any, view: MomentView
) -> None:
    walk(lens)
    assert view.title.text() == "Inputs of stage 1"
    assert set(view.scene._scene) == {"real"}
    assert not view.legend.isHidden()
    QTest.keyClick(view.stages, Qt.Key.Key_Right)
    QTest.keyClick(view.stages, Qt.Key.Key_Down)
    assert lens.state.moment.at == "follow"
    assert set(view.scene._scene) == {"particles", "moved"}
    assert "new position" in view.legend.accessibleName()
    QTest.keyClick(view.stages, Qt.Key.Key_Left)
    assert lens.state.moment.at == "fit"
    assert view.canvas.backdrop.arrows  # the layer that the stage is about
    lens.arrive(90)
    assert set(view.scene._scene) == {"real", "particles"}
    view.frozen.click()
    assert not view.scene
    assert view.title.text() == "Where the particles are"


def test_while_a_moment_stands_still_no_pictures_are_asked_for(lens: Any, view: MomentView) -> None:
    walk(lens)
    view.canvas.grab()
    before = len(lens.link.of(Credit))
    lens.arrive(5)
    view.canvas.grab()
    assert len(lens.link.of(Credit)) == before


def test_stages_follow_each_other_to_the_last(lens: Any, view: MomentView, qtbot: Any) -> None:
    walk(lens)
    view._freezing.play.setInterval(1)
    view._freezing.slowly.click()
    qtbot.waitUntil(lambda: lens.state.moment.at == "follow")
    qtbot.waitUntil(lambda: view._freezing.slowly.text() == "Play")


def test_a_run_that_has_ended_without_a_checkpoint_keeps_its_moment_and_says_why_there_is_no_other(
    lens: Any, view: MomentView
) -> None:
    walk(lens)
    lens.run.job, lens.run.state, lens.run.checkpoints = "", "finished", []
    lens.state.runs.changed.emit(lens.run.key)
    assert not view.freeze.isEnabled()
    assert "from a checkpoint" in view.freeze.toolTip()
    assert set(view.scene._scene) == {"real"}
    lens.state.project_changed.emit()
    assert lens.state.moment.run == ""


def ended(lens: Any, answer: Any) -> None:
    """Let the training be over, with a checkpoint, and the engine answer so."""
    lens.run.job, lens.run.state, lens.run.checkpoints = "", "finished", [40, 90]
    asked = lens.link.asked

    async def ask(command: Any) -> Any:
        asked.append(command)
        if isinstance(command, WalkStep):
            return answer()
        return Answer({})

    lens.link.ask = ask
    lens.state.runs.changed.emit(lens.run.key)


def walked() -> Answer:
    t, layer = np.linspace(0, 1, 3, dtype=np.float32), np.ones((3, 4, 4, 2), np.float32)
    two, level = np.ones((2, 2), np.float32), np.array([0.02, 0.5], np.float32)
    arrays = {"fit/t": t, "fit/layer:velocity": layer, "fit/scene:particles": two}
    arrays |= {"draw/t": t, "draw/scene:real": two, "fit/scene:level": level}
    return Answer({"step": 40, "bounds": [-1, 1, -1, 1], "stages": ["draw", "fit"]}, arrays)


async def test_a_step_of_a_finished_run_is_done_after_its_checkpoint_by_the_engine(
    lens: Any, view: MomentView, wait: Any
) -> None:
    ended(lens, walked)
    assert view.freeze.isEnabled()
    lens.state.playback.set(step=60)
    view.freeze.click()
    assert not view.freeze.isEnabled()
    await wait(lambda: not lens.state.moment.walking)
    assert [each.step for each in lens.link.of(WalkStep)] == [60]
    assert not actions(lens)  # no training is touched
    assert view.frozen.text() == "Step after 40"
    assert view.title.text() == "Inputs of stage 1"
    view.stages.turn(1)
    assert set(view.scene._scene) == {"particles", "level"}
    assert view.canvas.backdrop.arrows
    assert view.empty.isHidden()
    assert view.where.accessibleName() == "stage 2 of 3, s 0.02 to 0.5"
    view.stages.turn(1)
    assert view.title.text() == "This step skips this stage"


async def test_a_step_that_cannot_be_done_is_let_go_of_and_said(
    lens: Any, view: MomentView, wait: Any
) -> None:
    def refuse() -> Answer:
        raise Refused(ErrorInfo(kind="data", message="All checkpoints are damaged.", hint="Sorry."))

    ended(lens, refuse)
    view.freeze.click()
    await wait(lambda: lens.state.moment.run == "")
    assert [each.text for each in lens.state.notices.history] == ["The step cannot be shown"]
    assert view.freeze.isEnabled()


async def test_an_answer_that_comes_after_one_let_go_is_nobodys(
    lens: Any, view: MomentView, wait: Any
) -> None:
    ended(lens, walked)
    view.freeze.click()
    view.frozen.click()
    await wait(lambda: lens.link.of(WalkStep))
    assert (lens.state.moment.run, lens.state.moment.records) == ("", {})
    assert view.title.text() == "Where the particles are"


def test_the_noise_of_a_stage_is_told_and_a_row_of_the_middle_is_drawn() -> None:
    level, step = np.array([8.0, 0.01, 0.3, 2.5]), np.array([64, 3, 12])
    assert span_of({"level": level}) == "s 0.01 to 8"
    assert noise_of({"step": step}, 2) == "noise step t = 12"
    assert noises({"real": level}) == []
    assert middle_row([{"real": level}, {"level": level}]) == 3
    assert middle_row([{"real": level[:2]}, {"level": level}]) == 0  # of the rows that all have
    assert middle_row([{"real": level}]) == 0


def test_a_family_without_stages_has_nothing_to_walk_through(lens: Any) -> None:
    assert not explainable(lens.state)


def test_terms_have_the_colours_of_what_they_are_about() -> None:
    found = terms_of("max E_p log σ(d) + E_q log(1 − σ(d)),  d* = log p/q")
    assert (
        "".join(text for text, _ in found) == "max E_p log σ(d) + E_q log(1 − σ(d)),  d* = log p/q"
    )
    assert [(text, about) for text, about in found if about] == [
        ("E_p log σ(d)", "data"),
        ("E_q log(1 − σ(d))", "particles"),
    ]
    assert [about for _, about in terms_of("x ~ p,  xᵢ ~ q") if about] == ["data", "particles"]
    assert terms_of("E w(s) |D(x, s) − x₀|²") == [("E w(s) |D(x, s) − x₀|²", "")]


def test_marks_say_what_is_on_the_canvas() -> None:
    two = np.zeros((2, 2), np.float32)
    found = marks_of({"real": two, "particles": two, "smoothed": two, "stepped": two}, 0.125)
    assert [mark for mark, _ in found] == ["data", "particles", "arrow", "ring"]
    assert found[0][1] == "data, 2"
    assert found[-1][1] == "a gradient step, 12.5\u00a0% off"


def test_the_training_waits_for_no_more_particles_than_a_stage_shows(
    lens: Any, view: MomentView
) -> None:
    whole = lens.link.of(Watch)[-1].particles
    lens.actions.moment.freeze(lens.run.key)
    assert lens.link.of(Watch)[-1].particles < whole
    lens.actions.moment.let_go()
    assert lens.link.of(Watch)[-1].particles == whole


def test_marks_move_from_one_stage_to_the_next(lens: Any, view: MomentView, qtbot: Any) -> None:
    walk(lens)
    scene = view.scene
    scene.set_scene({"particles": np.zeros((2, 2), np.float32)}, "one")
    assert scene.set_scene({"particles": np.ones((2, 2), np.float32)}, "two")
    camera = view.canvas.camera
    ends = [scene._pixels(camera, "particles")]
    for scene.progress in (0.0, 0.5):
        ends.append(scene._pixels(camera, "particles"))
    after, before, between = ends
    assert not np.allclose(before, after)
    assert np.allclose(between, (before + after) / 2)
    view.stages.turn(1)
    assert view._motion.active


def test_the_pointer_names_a_particle_with_its_values(lens: Any, view: MomentView) -> None:
    walk(lens)
    lens.actions.moment.state.moment.look("fit")
    view._draw()
    x, y = map(float, view.scene.places[0])
    view.canvas.hovered.emit((x, y))
    assert "Particle 0" in view.where.accessibleName() + view.where.text()
    view.canvas.hovered.emit(None)
    assert "Particle" not in view.where.accessibleName() + view.where.text()
    assert view.scene.find_nearest((x + 100.0, y), 0.1) == -1

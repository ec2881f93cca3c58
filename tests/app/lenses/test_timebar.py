"""Two clocks: they move by button, key and track, and stand still when nobody looks."""

from collections.abc import Iterator
from typing import Any

import pytest
from msgspec import structs
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from pushforward.studio.app.core import snapshot_text
from pushforward.studio.app.core.clocks import Playback
from pushforward.studio.app.data.views.view_spec import FINISHED
from pushforward.studio.app.shell import lens_tabs
from pushforward.studio.app.shell.flow_clock import REST, FlowClock
from pushforward.studio.app.shell.time_bar import FLOW_STEP, SPEEDS, TimeBar
from pushforward.studio.protocol.messages import PhaseInfo
from pushforward.studio.protocol.spec import Pick
from tests.app.lenses.test_compare import add_run


@pytest.fixture
def bar(lens: Any) -> Iterator[TimeBar]:
    lens.run.kept = [0, 10, 20, 40]
    lens.run.step, lens.run.total = 50, 100
    lens.run.checkpoints = [25]
    made = TimeBar(lens.state, lens.actions)
    made.resize(900, 88)
    made.show()
    QApplication.processEvents()
    yield made
    made.close()
    made.deleteLater()
    QApplication.sendPostedEvents()


def test_stepping_goes_through_kept_steps_and_ends_live(lens: Any, bar: TimeBar) -> None:
    lens.arrive(50)
    playback = lens.state.playback
    seen = []
    for _ in range(5):
        bar.step_training(-1)
        seen.append(playback.step)
    assert seen == [40, 20, 10, 0, 0]
    seen = []
    for _ in range(5):
        bar.step_training(1)
        seen.append(playback.step)
    assert seen == [10, 20, 40, None, None]


def test_stepping_back_from_live_changes_what_is_seen(lens: Any, bar: TimeBar) -> None:
    lens.run.job = ""
    bar.step_training(-1)  # without a job, live shows step 40
    assert lens.state.playback.step == 20


def test_the_flow_clock_drives_whoever_has_one_in_a_comparison(lens: Any, bar: TimeBar) -> None:
    """It was off where the run that was clicked last is a generator."""
    flow = lens.state.catalog.entries[0]
    lens.state.catalog.entries.append(structs.replace(flow, slug="gan", carrier="generator"))
    other = add_run(lens, "0002-g")
    other.spec = structs.replace(other.spec, family=Pick(slug="gan"))
    other.kept = [0, 10]
    lens.state.runs.choose((lens.run.key, other.key))
    lens.state.runs.select(other.key)
    lens.state.runs.choose((lens.run.key, other.key))
    bar._sync()
    assert not bar.flow.isEnabled(), "alone it has none"
    lens.state.playback.set(compares=True)
    assert bar.flow.isEnabled()
    lens.state.playback.set(compares=False)
    assert not bar.flow.isEnabled()


def test_stepping_from_a_step_that_was_thinned_out(lens: Any, bar: TimeBar) -> None:
    lens.state.playback.set(step=15)
    bar.step_training(-1)
    assert lens.state.playback.step == 10
    lens.state.playback.set(step=15)
    bar.step_training(1)
    assert lens.state.playback.step == 20


def test_the_training_track_snaps_to_kept_steps(lens: Any, bar: TimeBar, qtbot: QtBot) -> None:
    lens.arrive(50)
    track = bar.training
    x = round(track._x(0.22))
    qtbot.mouseClick(track, Qt.MouseButton.LeftButton, pos=QPoint(x, 11))
    assert lens.state.playback.step == 20
    qtbot.mouseClick(track, Qt.MouseButton.LeftButton, pos=QPoint(round(track._x(0.9)), 11))
    assert lens.state.playback.live


def test_the_handle_stays_under_the_mouse_and_a_ring_marks_the_kept_step(
    lens: Any, bar: TimeBar
) -> None:
    lens.arrive(50)
    track = bar.training
    press, move = QPoint(round(track._x(0.12)), 11), QPoint(round(track._x(0.27)), 11)
    QTest.mousePress(track, Qt.MouseButton.LeftButton, pos=press)
    assert (lens.state.playback.step, round(track.handle, 2)) == (10, 0.12)
    drag = QMouseEvent(
        QEvent.Type.MouseMove,
        QPointF(move),
        track.mapToGlobal(QPointF(move)),
        Qt.MouseButton.NoButton,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    QApplication.sendEvent(track, drag)
    assert (lens.state.playback.step, track.value, round(track.handle, 2)) == (20, 0.2, 0.27)
    held = track.grab().toImage()
    QTest.mouseRelease(track, Qt.MouseButton.LeftButton, pos=move)
    assert track.handle == track.value == 0.2
    assert track.grab().toImage() != held


def test_the_flow_track_and_its_keys(lens: Any, bar: TimeBar, qtbot: QtBot) -> None:
    qtbot.mouseClick(bar.flow, Qt.MouseButton.LeftButton, pos=QPoint(round(bar.flow._x(0.5)), 11))
    assert lens.state.playback.flow == pytest.approx(0.5, abs=0.01)
    before = lens.state.playback.flow
    qtbot.keyClick(bar.flow, Qt.Key.Key_Right)
    assert lens.state.playback.flow == pytest.approx(before + FLOW_STEP)
    qtbot.keyClick(bar.flow, Qt.Key.Key_Home)
    assert lens.state.playback.flow == 0.0


def test_the_words_beside_the_tracks(lens: Any, bar: TimeBar) -> None:
    lens.arrive(50)
    assert bar._step.text() == "step 50 of 100"
    lens.state.playback.set(step=20, flow=0.724)
    assert bar._step.text() == "step 20 of 100"
    assert bar._time.text() == "t = 0.72"
    assert "kept" in bar.training.accessibleDescription()
    assert bar.training._marks == (0.0, 0.1, 0.2, 0.4)
    assert bar.training._events == (0.25,)


def test_the_training_track_names_the_phases(lens: Any, bar: TimeBar) -> None:
    low = bar.training.sizeHint().height()
    lens.run.phases = [
        PhaseInfo(name="teacher", title="The teacher learns", start=0),
        PhaseInfo(name="generator", title="The generator follows", start=60),
    ]
    plain = bar.training.grab().toImage()
    lens.arrive(50)
    assert bar.training._phases == ((0.0, "The teacher learns"), (0.6, "The generator follows"))
    assert bar.training.sizeHint().height() > low
    assert bar.sizeHint().height() <= bar.height()
    assert bar.training.grab().toImage() != plain
    assert "the teacher learns" in bar.training.accessibleDescription()
    lens.run.step, lens.run.phase_left = 50, 80.0
    assert snapshot_text.left_of(lens.run) == "80 s left of phase 1 of 2"
    assert snapshot_text.picture_of(50, lens.run) == "teacher, step 50"
    assert snapshot_text.picture_of(60, lens.run) == "generator, step 60"


def test_play_moves_the_flow_only_while_seen(lens: Any, bar: TimeBar, qtbot: QtBot) -> None:
    qtbot.mouseClick(bar._play, Qt.MouseButton.LeftButton)
    assert lens.state.playback.playing
    assert bar._clock.running
    assert bar._play.accessibleName() == "Pause the flow"
    bar.hide()
    assert not bar._clock.running
    bar.show()
    assert bar._clock.running
    qtbot.keyClick(bar._play, Qt.Key.Key_Space)
    assert not bar._clock.running


def test_speed_and_loop(lens: Any, bar: TimeBar, qtbot: QtBot) -> None:
    for _ in SPEEDS:
        qtbot.mouseClick(bar._speed, Qt.MouseButton.LeftButton)
    assert lens.state.playback.speed == 0.25
    assert bar._speed.text() == "4 s"
    for loop, ping_pong in ((True, True), (False, False), (True, False)):
        qtbot.mouseClick(bar._loop, Qt.MouseButton.LeftButton)
        assert (lens.state.playback.loop, lens.state.playback.ping_pong) == (loop, ping_pong)


def test_the_training_plays_through_all_kept_steps_and_ends_live(
    lens: Any, bar: TimeBar, qtbot: QtBot
) -> None:
    seen: list[int | None] = []
    lens.arrive(50)
    playback = lens.state.playback
    playback.changed.connect(lambda: seen.append(playback.step))
    bar._tours._timer.setInterval(1)
    qtbot.mouseClick(bar._tour, Qt.MouseButton.LeftButton)
    assert bar._tour.accessibleName().startswith("Pause the training")
    assert playback.step == 0
    for _ in lens.run.stops:
        bar._tours._tick()
    assert [step for n, step in enumerate(seen) if n == 0 or step != seen[n - 1]][-4:] == [
        10, 20, 40, None,
    ]  # fmt: skip
    assert not playback.touring


def test_whoever_takes_the_track_ends_the_tour(lens: Any, bar: TimeBar, qtbot: QtBot) -> None:
    lens.arrive(50)
    qtbot.mouseClick(bar._tour, Qt.MouseButton.LeftButton)
    bar.training.moved.emit(0.2)
    assert lens.state.playback.step == 20
    assert not lens.state.playback.touring
    assert not bar._tours._timer.isActive()


def test_where_a_generator_makes_all_in_one_step_there_is_no_flow_time(
    lens: Any, bar: TimeBar
) -> None:
    entry = lens.state.catalog.entries[0]
    lens.state.catalog.entries[0] = structs.replace(entry, carrier="generator")
    lens.state.runs.changed.emit(lens.run.key)
    assert bar._time.text() == "one step: no flow time"
    assert not bar.flow.isEnabled()
    assert not bar._play.isEnabled()


def test_what_is_made_at_once_has_no_flow_clock_whatever_makes_it(lens: Any, bar: Any) -> None:
    """Of a VGAE, whose records have one flow time, it could be moved to no effect."""
    assert bar.flow.isEnabled()
    lens.run.frames = 1
    lens.state.runs.changed.emit(lens.run.key)
    assert not bar.flow.isEnabled()
    assert bar._time.text() == "one step: no flow time"
    assert not bar._speed.isVisible()


def test_without_a_run_the_bar_is_disabled(lens: Any, bar: TimeBar) -> None:
    lens.state.runs.select("")
    assert not bar.training.isEnabled()
    bar.step_training(1)
    assert lens.state.playback.step is None


def clock(**values: object) -> tuple[Playback, FlowClock]:
    playback = Playback()
    made = FlowClock(playback)
    playback.set(flow=0.0, **values)
    return playback, made


def test_the_clock_goes_at_its_speed_and_stops_at_the_data(qapp: QApplication) -> None:
    playback, made = clock(playing=True, speed=0.5, loop=False)
    made.advance(1.0)
    assert playback.flow == pytest.approx(0.5)
    made.advance(1.5)
    assert playback.flow == 1.0
    assert not playback.playing
    assert not made.running


def test_a_looping_clock_rests_and_starts_again(qapp: QApplication) -> None:
    playback, made = clock(playing=True, speed=1.0, loop=True)
    made.advance(1.0)
    made.advance(REST / 2)
    assert playback.flow == 1.0
    made.advance(REST)
    assert playback.flow == 0.0
    assert playback.playing


def test_ping_pong_runs_back_and_forth(qapp: QApplication) -> None:
    playback, made = clock(playing=True, speed=1.0, ping_pong=True)
    flows = []
    for seconds in (1.0, REST, 0.25, 0.5, 0.25, 0.25):
        made.advance(seconds)
        flows.append(playback.flow)
    assert flows == pytest.approx([1.0, 1.0, 0.75, 0.25, 0.0, 0.25])


def test_play_at_the_end_starts_at_the_prior(qapp: QApplication) -> None:
    playback = Playback()
    made = FlowClock(playback)
    assert playback.flow == 1.0
    playback.set(playing=True)
    assert playback.flow == 0.0
    made.set_seen(False)
    assert not made.running


def test_the_wheel_changes_a_track_only_with_focus(lens: Any, bar: TimeBar) -> None:
    from PySide6.QtGui import QWheelEvent

    lens.state.playback.set(flow=0.5)
    QWidget.setFocus(bar._play)
    event = QWheelEvent(
        QPointF(50, 10),
        bar.flow.mapToGlobal(QPointF(50, 10)),
        QPoint(),
        QPoint(0, 120),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(bar.flow, event)
    assert lens.state.playback.flow == 0.5


def test_a_run_that_was_stopped_after_its_last_picture_says_how_far_it_is(
    lens: Any, bar: TimeBar
) -> None:
    lens.run.job, lens.run.state = "", "cancelled"
    lens.state.runs.changed.emit(lens.run.key)
    assert bar._step.text() == "step 50 of 100", "the last picture is of step 40"
    lens.state.playback.set(step=20)
    assert bar._step.text() == "step 20 of 100"


def test_where_nothing_moves_the_training_clock_stops_at_checkpoints_and_no_flow_is_shown(
    lens: Any, bar: TimeBar
) -> None:
    entry = lens.state.catalog.entries[0]
    assert bar.flow.isVisible()
    lens.state.catalog.entries[0] = structs.replace(entry, carrier="")
    lens.run.kept, lens.run.checkpoints = [], [10, 25, 50]
    lens.state.runs.changed.emit(lens.run.key)
    assert not any(each.isVisible() for each in (bar.flow, bar._play, bar._time, bar._speed))
    assert bar._branch.isEnabled()
    bar.training.moved.emit(0.2)
    assert lens.state.playback.step == 25
    bar.step_training(-1)
    assert (lens.state.playback.step, bar._step.text()) == (10, "step 10 of 100")
    branches: list[tuple[str, int]] = []
    lens.state.window.open_branch.connect(lambda key, step: branches.append((key, step)))
    bar._branch.click()
    assert branches == [(lens.run.key, 10)]
    bar.training.moved.emit(1.0)
    assert lens.state.playback.live


def test_where_what_is_seen_is_finished_the_flow_clock_is_grey_and_says_so(
    lens: Any, bar: TimeBar
) -> None:
    playback = lens.state.playback
    playback.set(flow=0.35, playing=True)
    specs = {spec.id: spec for spec in lens_tabs.discover(lens.state)}
    assert specs["browser"].idle == specs["scatter"].idle == specs["quality"].idle == FINISHED
    assert not any(specs[id].idle for id in ("film", "particles", "compare", "moment"))
    playback.set(idle=FINISHED)
    assert not bar.flow.isEnabled()
    assert not bar._play.isEnabled()
    assert bar._time.text().startswith("finished")
    assert FINISHED.split(".")[0] in bar.flow.toolTip().replace("\n", " ")
    assert not bar._clock.running, "nothing that is seen would move"
    assert playback.is_idle, "Space pauses the training"
    playback.set(idle="")
    assert bar.flow.isEnabled()
    assert bar._time.text() == "t = 0.35", "it stands where it stood"


def test_a_run_that_is_chosen_again_keeps_its_flow_time(lens: Any, bar: TimeBar) -> None:
    """As one that is resumed after the engine was lost."""
    lens.state.playback.set(flow=0.5, step=20)
    lens.actions.runs.select(lens.run.key)
    assert (lens.state.playback.flow, lens.state.playback.step) == (0.5, None)
    lens.actions.runs.select("")
    assert lens.state.playback.flow == 1.0


def test_of_a_recommender_the_second_clock_goes_through_a_history(lens: Any, bar: TimeBar) -> None:
    entry = lens.state.catalog.entries[0]
    lens.state.catalog.entries[0] = structs.replace(
        entry, carrier="", capabilities=["recommend", "item-vectors"]
    )
    lens.state.playback.set(flow=0.25)
    lens.state.runs.changed.emit(lens.run.key)
    assert bar.flow.isVisible()
    assert bar._clock_name.text() == "History"
    assert bar._time.text() == "25 % of items"
    lens.state.catalog.entries[0] = entry
    lens.state.runs.changed.emit(lens.run.key)
    assert bar._clock_name.text() == "Flow"

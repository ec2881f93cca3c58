"""Metrics, samples and log: what they show, how often, and that they take down cleanly."""

import math
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from pushforward.studio.app.charts.curve_chart import reduced, whole_height
from pushforward.studio.app.core.app_state import EngineStatus
from pushforward.studio.app.core.data_columns import Column
from pushforward.studio.app.core.data_type_registry import kind
from pushforward.studio.app.core.runs import LOG_LINES
from pushforward.studio.app.data.metric_list import qualities
from pushforward.studio.app.lenses.quality.quality_view import (
    GROW_MS,
    REDRAW_MS,
    QualityView,
    group_of,
)
from pushforward.studio.app.lenses.samples.points_view import SamplesView
from pushforward.studio.app.shell.log_drawer import LogView, level_of
from pushforward.studio.app.text.number_ticks import number
from pushforward.studio.protocol.messages import Control, Watch
from tests.qtloop import until
from tests.store.scenarios import generated

Wait = Callable[..., Coroutine[Any, Any, None]]


@pytest.fixture
def show(lens: Any) -> Iterator[Callable[[type], Any]]:
    made: list[QWidget] = []

    def build(kind: Any) -> Any:
        view = kind(lens.state, lens.actions)
        view.resize(900, 600)
        view.show()  # no processEvents here: a nested loop would step other tasks inside this one
        made.append(view)
        return view

    yield build
    for view in made:
        view.close()
        view.deleteLater()
    QApplication.sendPostedEvents()


# Metrics


def test_losses_share_a_chart_and_each_quality_has_its_own(lens: Any, show: Any) -> None:
    for name in ("loss", "critic_loss", "grad_norm", "quality/sliced-w2", "quality/mmd"):
        lens.measure(name, [1, 2, 3], [3.0, 2.0, 1.0])
    view = show(QualityView)
    assert set(view.cards) == {"loss", "grad_norm", "quality/sliced-w2", "quality/mmd"}
    assert [c.name for c in view.cards["loss"].scene.curves] == ["loss", "critic_loss"]
    assert group_of("generator_loss") == "loss"


def test_a_floor_belongs_to_its_quality(lens: Any, show: Any) -> None:
    lens.run.floors = {"sliced-w2": 0.05}
    lens.measure("quality/sliced-w2", [1, 2], [0.3, 0.2])
    scene = show(QualityView).cards["quality/sliced-w2"].scene
    assert scene.curves[0].floor == 0.05
    assert scene.curves[0].dots
    low, high = whole_height(scene, reduced(scene, 300))
    assert low < 0.05 < 0.3 < high


def test_new_numbers_are_drawn_within_a_quarter_of_a_second_and_not_more_often(
    lens: Any, show: Any, qtbot: QtBot
) -> None:
    lens.measure("loss", [1], [1.0])
    view = show(QualityView)
    drawn: list[int] = []
    redraw = view._redraw
    view._timer.timeout.disconnect()
    view._timer.timeout.connect(lambda: (drawn.append(1), redraw()))
    for step in range(2, 200):
        lens.measure("loss", [step], [1.0 / step])
    assert drawn == []
    qtbot.waitUntil(lambda: len(view.cards["loss"].scene.curves[0].steps) == 199, timeout=1000)
    assert len(drawn) == 1


def test_who_moves_the_clock_does_not_wait_for_numbers(lens: Any, show: Any) -> None:
    lens.measure("loss", [1], [1.0])
    view = show(QualityView)
    lens.measure("loss", [2], [0.5])
    assert view._timer.interval() == GROW_MS
    lens.state.playback.set(step=1)
    assert view._timer.interval() == REDRAW_MS
    lens.measure("loss", [3], [0.4])
    assert view._timer.interval() == REDRAW_MS
    assert view._timer.isActive()


def test_a_hidden_chart_does_nothing(lens: Any, show: Any) -> None:
    lens.measure("loss", [1], [1.0])
    view = show(QualityView)
    view.hide()
    lens.measure("loss", [2], [0.5])
    assert not view._timer.isActive()
    view.show()
    assert len(view.cards["loss"].scene.curves[0].steps) == 2


def test_a_chart_of_a_minimised_window_does_nothing_until_it_is_back(
    lens: Any, show: Any, qtbot: QtBot
) -> None:
    lens.measure("loss", [1], [1.0])
    view = show(QualityView)
    view.showMinimized()
    QApplication.processEvents()
    lens.measure("loss", [2], [0.5])
    assert not view._timer.isActive()
    view.showNormal()
    qtbot.waitUntil(lambda: len(view.cards["loss"].scene.curves[0].steps) == 2, timeout=2000)


def test_the_cursor_and_the_hover_are_linked(lens: Any, show: Any, qtbot: QtBot) -> None:
    for name in ("loss", "quality/mmd"):
        lens.measure(name, [1, 50, 100], [3.0, 2.0, 1.0])
    view = show(QualityView)
    lens.state.playback.set(step=50)
    # Charts are drawn one a turn of the event loop.
    cards = [view.cards[name] for name in ("loss", "quality/mmd")]
    qtbot.waitUntil(lambda: all(card.scene.cursor == 50.0 for card in cards), timeout=10_000)
    view.cards["loss"].plot.hovered.emit(49.0)
    assert view.cards["quality/mmd"].scene.hover == 49.0
    assert "step 50" in view.cards["loss"].plot.accessibleDescription()
    assert view._cards["loss"]._values.text().startswith("step 50")


def test_a_click_looks_at_the_nearest_kept_step(lens: Any, show: Any) -> None:
    lens.run.kept = [0, 40, 100]
    lens.measure("loss", [1, 100], [3.0, 1.0])
    show(QualityView).cards["loss"].plot.chosen.emit(55.0)
    assert lens.state.playback.step == 40


def test_a_legend_entry_hides_its_curve(lens: Any, show: Any, qtbot: QtBot) -> None:
    lens.measure("loss", [1, 2], [1.0, 2.0])
    lens.measure("critic_loss", [1, 2], [5.0, 6.0])
    card = show(QualityView).cards["loss"]
    qtbot.mouseClick(card._entries["critic_loss"], Qt.MouseButton.LeftButton)
    assert [c.name for c in card.scene.curves] == ["loss"]
    lens.measure("loss", [3], [0.5])
    assert [c.name for c in card.scene.curves] == ["loss"]


def test_zoom_narrows_all_charts_and_a_double_click_shows_all(lens: Any, show: Any) -> None:
    lens.measure("loss", list(range(100)), [1.0] * 100)
    view = show(QualityView)
    view.cards["loss"].plot.zoomed.emit((10.0, 20.0))
    assert view.cards["loss"].scene.span == (10.0, 20.0)
    assert not view._all.isHidden()
    view.cards["loss"].plot.zoomed.emit(None)
    assert view.cards["loss"].scene.span == (0.0, 99.0)


def test_curves_that_diverge_are_drawn(lens: Any, show: Any) -> None:
    lens.measure("loss", [1, 2, 3, 4], [1.0, float("nan"), float("inf"), 2.0])
    view = show(QualityView)
    view.cards["loss"]._log.setChecked(True)
    assert not view.cards["loss"].plot.grab().isNull()


def test_the_charts_say_when_there_is_nothing(lens: Any, show: Any) -> None:
    view = show(QualityView)
    assert "No numbers yet" in view.empty.accessibleName()


# Samples


def test_until_there_are_samples_the_particles_are_shown(lens: Any, show: Any) -> None:
    lens.arrive(50)
    view = show(SamplesView)
    assert view.made.count == 200
    assert "200 fixed particles" in view._origin.accessibleName()
    assert view._table.model().rowCount() == 100


async def test_without_samples_nothing_lies_over_the_words_that_say_so(
    lens: Any, show: Any, wait: Wait
) -> None:
    lens.run.target = np.random.default_rng(0).normal(size=(50, 2)).astype(np.float32)
    lens.run.step = 10
    view = show(SamplesView)
    lens.state.runs.changed.emit(lens.run.key)
    lens.state.engine_changed.emit()
    for other in (view.data, view.made, view._side):
        assert not other.isVisible()
    assert view.empty.isVisible()
    assert abs(view.empty.geometry().center().x() - view.rect().center().x()) <= 1
    at = view.empty.geometry().center()
    assert view.childAt(at) is not None
    assert view.empty.isAncestorOf(view.childAt(at)) or view.childAt(at) is view.empty
    lens.arrive(50)
    assert view.data.isVisible()
    assert view.made.isVisible()
    assert not view.empty.isVisible()


def test_while_the_engine_starts_nothing_is_offered_that_it_would_do(lens: Any, show: Any) -> None:
    lens.run.step = 10
    lens.state.engine = EngineStatus(state="ready")
    view = show(SamplesView)
    assert not view.empty._button.isHidden()
    lens.state.engine = EngineStatus(state="starting", message="Loading the models")
    lens.state.engine_changed.emit()
    assert view.empty._button.isHidden()
    assert "when the engine is ready" in view.empty.accessibleName()


def test_columns_take_their_names_when_these_are_known(
    lens: Any, show: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    heavy = Column("Weight", "kg", log=True)
    weighed = replace(kind("points"), columns={"log(weight/kg)": heavy})
    monkeypatch.setattr(SamplesView, "_kind", weighed)
    lens.run.target = np.zeros((50, 2), np.float32)
    lens.arrive(50)
    view = show(SamplesView)

    def heads() -> list[str]:
        return [view._table.heading(i).text() for i in range(2)]

    assert heads() == ["x1", "x2"]
    before = float(lens.run.live.x[-1, 0, 0])
    assert view._table.cell(0, 0).text() == number(before)
    lens.run.columns = ("log(weight/kg)", "height")
    view._sampled.look()
    assert heads() == ["Weight (kg)", "height"]
    assert view._table.cell(0, 0).text() == number(math.exp(before))


async def test_samples_on_disk_are_shown_with_where_they_come_from(
    lens: Any, show: Any, wait: Wait
) -> None:
    lens.arrive(50)
    view = show(SamplesView)
    await wait(lambda: not view._sampled._query.busy)
    x = np.random.default_rng(0).normal(size=(300, 2)).astype(np.float32)
    generated(Path(lens.run.key), x, ("u", "v"), step=50, seed=7)
    lens.state.runs.logged.emit(lens.run.key)
    await wait(lambda: view.made.count == 300)
    assert view._origin.accessibleName() == "300 samples, step 50, seed 7"
    assert view._table.heading(1).text() == "v"
    lens.state.playback.set(flow=0.4)  # samples are finished, wherever the flow clock stands
    lens.arrive(60)
    assert view.made.count == 300  # those that somebody has asked for are not taken away
    view._tell()
    assert view._origin.accessibleName().endswith("seed 7; the training is at step 60")
    view._drawn_ones.click()
    assert view._origin.accessibleName() == "200 fixed particles at t\u00a0=\u00a01, step 60"
    view._drawn_ones.click()
    assert view.made.count == 300


async def test_samples_say_under_which_conditions_they_were_drawn(
    lens: Any, show: Any, wait: Wait
) -> None:
    lens.measure("quality/mean-w1", [50], [0.2])
    lens.arrive(50)
    view = show(SamplesView)
    await wait(lambda: not view._sampled._query.busy)
    assert view._numbers.isVisible()
    assert not view._note.isVisible()
    x = np.zeros((300, 2), np.float32)
    given = {"size": 3, "mass": 5000.0, "type": "top", "pt": [1.0, 2.0]}
    units = {"mass": "GeV", "pt": "GeV"}
    generated(Path(lens.run.key), x, ("u", "v"), step=50, given=given, units=units, seed=7)
    lens.state.runs.logged.emit(lens.run.key)
    await wait(lambda: view.made.count == 300)
    assert view._origin.accessibleName() == (
        "300 samples, size = 3, mass = 5,000 GeV, type = top, pt = 2 values, step 50, seed 7"
    )
    assert not view._numbers.isVisible()
    assert "have only the chosen conditions" in view._note.text()
    view._drawn_ones.click()
    assert view._numbers.isVisible()
    assert not view._note.isVisible()


async def test_what_was_made_of_rows_that_were_given_was_not_drawn_under_a_condition(
    lens: Any, show: Any, wait: Wait
) -> None:
    view = show(SamplesView)
    await wait(lambda: not view._sampled._query.busy)
    made = {"given": {"label": "six"}, "to": "three", "handed": {"rows": 1}}
    generated(Path(lens.run.key), np.zeros((8, 2), np.float32), ("u", "v"), step=50, **made)
    lens.state.runs.logged.emit(lens.run.key)
    await wait(lambda: view.made.count == 8)
    assert view._origin.accessibleName() == "8 samples, label = six to three, step 50"
    assert view._note.text().startswith("These samples were generated from given inputs")


async def test_of_wide_samples_some_columns_are_listed(lens: Any, show: Any, wait: Wait) -> None:
    x = np.zeros((300, 2048), np.float32)
    generated(Path(lens.run.key), x, tuple(f"c{i}" for i in range(2048)), step=40)
    view = show(SamplesView)
    await wait(lambda: view._table.model().rowCount() == 100)
    assert view._table.model().columnCount() == 12
    assert view._more.text() == "12 of 2,048 columns"


async def test_what_was_drawn_long_ago_gives_way_to_the_newest(
    lens: Any, show: Any, wait: Wait
) -> None:
    x = np.random.default_rng(0).normal(size=(300, 2)).astype(np.float32)
    generated(Path(lens.run.key), x, ("u", "v"), step=40, seed=7)
    lens.arrive(30)
    view = show(SamplesView)
    await wait(lambda: view.made.count == 300)
    lens.arrive(50)
    assert view._origin.accessibleName() == "200 fixed particles at t\u00a0=\u00a01, step 50"


async def test_the_samples_follow_the_training_by_themselves_to_its_end(
    lens: Any, show: Any, wait: Wait
) -> None:
    view = show(SamplesView)
    watch = lens.link.of(Watch)[-1]
    assert (watch.on, watch.layers) == (True, [])
    lens.arrive(41)
    assert "step 41" in view._origin.accessibleName()
    lens.run.step = 60
    lens.keep(60)
    await wait(lambda: "step 60" in view._origin.accessibleName())
    lens.run.job, lens.run.state = "", "finished"
    lens.state.runs.changed.emit(lens.run.key)
    assert view._origin.accessibleName() == "200 fixed particles at t\u00a0=\u00a01, step 60"


def test_the_numbers_have_floor_and_step(lens: Any, show: Any) -> None:
    lens.run.floors = {"sliced-w2": 0.05}
    lens.measure("quality/sliced-w2", [10, 20], [0.4, 0.3])
    lens.arrive(20)
    show(SamplesView)
    rows = qualities(lens.run, lens.state)
    assert rows[0] == ("Sliced W2", "0.3", "floor 0.05")
    lens.run.floors["spread/sliced-w2"] = 0.0213
    lens.measure("quality/sliced-w2", [30], [float("nan")])
    assert qualities(lens.run, lens.state)[0] == (
        "Sliced W2",
        "not finite",
        "floor 0.05 ±\u00a00.02",
    )
    assert rows[-1][1] == "step 20"


def test_sample_now_asks_the_engine(lens: Any, show: Any, qtbot: QtBot, loop: Any) -> None:
    import asyncio

    from pushforward.studio.protocol.messages import JobInfo

    lens.state.jobs["j1"] = JobInfo(job="j1", kind="training", state="running", title="r")
    lens.state.engine = EngineStatus(state="ready")
    view = show(SamplesView)
    lens.run.step = 10
    view._tell()
    qtbot.mouseClick(view.empty._button, Qt.MouseButton.LeftButton)
    loop.run_until_complete(asyncio.sleep(0.01))
    assert lens.link.of(Control)[-1].action == "sample"


def test_both_pictures_look_at_the_same_place(lens: Any, show: Any) -> None:
    lens.run.target = np.random.default_rng(0).normal(size=(50, 2)).astype(np.float32)
    lens.arrive(50)
    view = show(SamplesView)
    view.made.zoom(3.0)
    a, b = view.made.camera, view.data.camera
    assert (a.x, a.y, a.scale) == (b.x, b.y, b.scale)
    view._overlay.setChecked(True)
    assert view.made.backdrop.target is not None
    assert not view.data.isVisible()


# Log


@pytest.mark.parametrize(
    ("line", "level"),
    [
        ("error: NaN at step 3", "error"),
        ("warning: slow", "warning"),
        ("12:00:01 error: no", "error"),
        ("2026-01-01 10:00 WARNING it rains", "warning"),
        ("step 3 of 9", "info"),
        ("the errors are small", "info"),
    ],
)
def test_levels(line: str, level: str) -> None:
    assert level_of(line) == level


def test_the_log_is_filtered_searched_and_copied(lens: Any, show: Any) -> None:
    lens.run.log = ["start", "warning: slow", "error: bad", "end"]
    view = show(LogView)
    assert view._text.toPlainText().splitlines() == lens.run.log
    view._level.setCurrentIndex(1)
    assert view._text.toPlainText().splitlines() == ["warning: slow", "error: bad"]
    view._search.setText("BAD")
    assert view._text.toPlainText() == "error: bad"
    view._copy()
    assert QGuiApplication.clipboard().text() == "error: bad"
    assert view._count.text() == "1 of 4 lines"


def test_the_log_follows_until_one_scrolls_back(lens: Any, show: Any, qtbot: QtBot) -> None:
    lens.run.log = [f"line {i}" for i in range(200)]
    view = show(LogView)
    bar = view._text.verticalScrollBar()
    assert bar.value() == bar.maximum()
    bar.setValue(0)
    view._scrolled(0)
    lens.run.log.append("newest")
    lens.state.runs.logged.emit(lens.run.key)
    qtbot.waitUntil(lambda: "newest" in view._text.toPlainText(), timeout=1000)
    assert bar.value() == 0
    qtbot.mouseClick(view._follow, Qt.MouseButton.LeftButton)
    assert bar.value() == bar.maximum()


def test_a_log_that_lost_its_start_is_written_anew(lens: Any, show: Any) -> None:
    lens.run.log = [f"line {i}" for i in range(2000)]
    view = show(LogView)
    lens.run.say("newest")
    view._redraw()
    lines = view._text.toPlainText().splitlines()
    assert (lines[0], lines[-1], len(lines)) == ("line 1", "newest", 2000)


def test_a_filtered_log_goes_on_once_the_log_is_full(lens: Any, show: Any) -> None:
    lens.run.log = ["error: first", *(f"line {i}" for i in range(LOG_LINES - 1))]
    view = show(LogView)
    view._level.setCurrentIndex(2)
    for line in ("error: second", "error: third"):
        lens.run.say(line)
        view._redraw()
    assert view._text.toPlainText().splitlines() == ["error: second", "error: third"]
    lens.run.say("line")
    lens.run.say("error: fourth")
    view._redraw()
    assert view._text.toPlainText().splitlines()[-1] == "error: fourth"


def test_before_the_first_evaluation_it_is_said_how_one_comes(lens: Any, show: Any) -> None:
    lens.measure("loss", [1, 2], [1.0, 2.0])
    view = show(QualityView)
    assert "with Evaluate" in view._words.text()
    assert view.standing.isHidden()
    lens.measure("quality/w2", [2], [0.5])
    view._redraw()
    assert view._words.isHidden()
    assert not view.standing.isHidden()


def test_before_the_catalogue_is_there_nothing_is_drawn_as_points(lens: Any) -> None:
    """A run on molecules was a plane of dots while the engine loaded."""
    from pushforward.studio.app.data.views.view_spec import shows_moving
    from pushforward.studio.app.shell.lens_tabs import nothing_in

    applies = shows_moving("particles")
    assert applies(lens.state)
    lens.state.catalog = None
    assert not applies(lens.state)
    assert nothing_in("watch", lens.state, lens.actions)[0] == "Waiting for the engine"
    lens.state.engine = replace(lens.state.engine, state="lost")
    title, _, button, act = nothing_in("watch", lens.state, lens.actions)
    assert (title, button) == ("No engine", "Restart the engine")
    assert act == lens.actions.engine.restart


async def test_charts_are_drawn_one_in_a_turn_of_the_event_loop(lens: Any, show: Any) -> None:
    """All charts of a training at once held the window up for 200 ms."""
    for name in ("loss", "quality/w2", "quality/energy"):
        lens.measure(name, [1, 2], [1.0, 2.0])
    view = show(QualityView)
    assert len(view.cards) == 3
    drawn: list[int] = []
    for place, card in enumerate(view.cards.values()):
        show_curves = card.show_curves
        card.show_curves = lambda *a, p=place, s=show_curves, **k: (drawn.append(p), s(*a, **k))
    view._redraw(slowly=True)
    assert drawn == [0]
    await until(lambda: drawn == [0, 1, 2])
    view._redraw()
    assert drawn == [0, 1, 2] * 2

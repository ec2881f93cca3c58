"""A hand on the target, among the particles."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import msgspec
import numpy as np
import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QVBoxLayout, QWidget

from pushforward.studio.app.engine.requests.request_base import Answer
from pushforward.studio.app.lenses.watch.particles_view import WatchView
from pushforward.studio.protocol.messages import ApplyEdit, GetTarget
from pushforward.studio.protocol.spec import EditPoints, UndoPoints


@pytest.fixture
def view(lens: Any) -> Iterator[WatchView]:
    window = QWidget()
    box = QVBoxLayout(window)
    box.setContentsMargins(0, 0, 0, 0)
    made = WatchView(lens.state, lens.actions)
    box.addWidget(made)
    window.resize(800, 600)
    window.show()
    lens.arrive(1)
    QApplication.processEvents()
    yield made
    window.close()
    window.deleteLater()
    QApplication.sendPostedEvents()


def edits(lens: Any) -> list[Any]:
    return [command.edit for command in lens.link.of(ApplyEdit)]


def drag(view: WatchView, start: tuple[int, int], end: tuple[int, int]) -> None:
    canvas = view.canvas
    QTest.mousePress(canvas.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(*start))
    QTest.mouseMove(canvas.viewport(), QPoint(*end))
    QTest.mouseRelease(canvas.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(*end))


async def test_a_click_with_the_adding_tool_adds_points_there(
    lens: Any, view: WatchView, wait: Any
) -> None:
    lens.state.hand.take("add")
    camera = view.canvas.camera
    drag(view, (300, 200), (300, 200))
    await wait(lambda: edits(lens))
    edit = edits(lens)[0]
    assert isinstance(edit, EditPoints)
    assert edit.action == "add"
    assert edit.centre == pytest.approx(camera.to_data(300, 200))
    assert edit.radius == pytest.approx(lens.state.hand.radius * 600 / camera.scale, rel=1e-3)
    assert edit.count == 400
    assert view.canvas.camera == camera


async def test_a_clump_is_a_share_of_the_points_that_the_run_learns(
    lens: Any, view: WatchView, wait: Any
) -> None:
    usual = lens.link.ask

    async def ask(command: Any) -> Answer:
        answer = await usual(command)
        few = isinstance(command, GetTarget)
        return replace(answer, result={**answer.result, "n": 500}) if few else answer

    lens.link.ask = ask
    lens.state.engine = replace(lens.state.engine, state="ready")
    lens.state.engine_changed.emit()
    await wait(lambda: lens.run.target is not None)
    lens.state.hand.take("add")
    drag(view, (300, 200), (300, 200))
    await wait(lambda: edits(lens))
    assert edits(lens)[0].count == 10


async def test_a_drag_moves_points_and_does_not_pan(lens: Any, view: WatchView, wait: Any) -> None:
    lens.state.hand.take("move")
    camera = view.canvas.camera
    drag(view, (300, 200), (350, 170))
    await wait(lambda: edits(lens))
    edit = edits(lens)[0]
    assert (edit.action, edit.count) == ("move", 0)
    assert edit.offset == pytest.approx((50 / camera.scale, 30 / camera.scale))
    assert view.canvas.camera == camera


def test_the_moving_tool_ignores_a_click(lens: Any, view: WatchView) -> None:
    lens.state.hand.take("move")
    drag(view, (300, 200), (301, 200))
    assert edits(lens) == []


async def test_undo_is_offered_while_there_is_something_to_take_back(
    lens: Any, view: WatchView, wait: Any
) -> None:
    undo = view._hands.bar.undo
    assert not undo.isEnabled()
    lens.run.edits = [EditPoints(step=3, action="remove", centre=(0, 0), radius=1)]
    lens.state.runs.edited.emit(lens.run.key)
    assert undo.isEnabled()
    undo.click()
    await wait(lambda: edits(lens))
    assert isinstance(edits(lens)[0], UndoPoints)
    lens.run.edits.append(UndoPoints(step=4))
    lens.state.runs.edited.emit(lens.run.key)
    assert not undo.isEnabled()


async def test_an_edit_shows_the_target_anew(lens: Any, view: WatchView, wait: Any) -> None:
    lens.run.edits = [EditPoints(step=3, action="remove", centre=(0, 0), radius=1)]
    lens.state.runs.edited.emit(lens.run.key)
    await wait(lambda: lens.link.of(GetTarget))
    assert lens.link.of(GetTarget)[0].run == lens.run.key


def test_tools_are_there_only_while_the_run_is_under_way(lens: Any, view: WatchView) -> None:
    assert view._hands.bar.isVisible()
    lens.state.hand.take("add")
    lens.run.job, lens.run.state = "", "finished"
    lens.state.runs.changed.emit(lens.run.key)
    assert not view._hands.bar.isVisible()
    assert lens.state.hand.tool == "look"
    assert view.canvas.tool is None


def test_the_wheel_of_tools_has_ends(lens: Any) -> None:
    hand = lens.state.hand
    for _ in range(50):
        hand.widen(1)
    assert hand.radius == hand.LARGEST
    for _ in range(80):
        hand.widen(-1)
    assert hand.radius == hand.SMALLEST


def shown(view: WatchView, target: Any) -> QRect:
    """Where on the canvas the data lie, all but the outermost."""
    places = view.canvas.camera.to_pixels(np.quantile(target, (0.01, 0.99), axis=0))
    (left, bottom), (right, top) = np.round(places).astype(int).tolist()
    return QRect(QPoint(left, top), QPoint(right, bottom))


def test_all_data_are_seen_beside_what_lies_on_the_canvas(lens: Any, view: WatchView) -> None:
    target = np.random.default_rng(0).normal(size=(500, 2)).astype(np.float32)
    lens.run.target = target
    lens.state.runs.changed.emit(lens.run.key)
    lens.state.catalog.entries[0] = msgspec.structs.replace(
        lens.state.catalog.entries[0], motion="dx/dt = v(x, t)"
    )
    lens.state.catalog_changed.emit()
    assert view._chip.isVisible()
    over = [view._chip, view.panel]
    assert not [w for w in over if w.geometry().intersects(shown(view, target))]

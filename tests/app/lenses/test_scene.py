"""The lens of a scene: three maps with one cursor, asked for and drawn."""

import asyncio
from dataclasses import replace

import numpy as np
import pytest
from msgspec import structs
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from pushforward.studio.app.data_types.cubes.class_legend import SMALLEST, ClassRow, called
from pushforward.studio.app.data_types.cubes.scene_view import VIEW, SceneView
from pushforward.studio.app.data_types.cubes.spectrum_plot import pieces
from pushforward.studio.app.engine.requests.request_base import Answer
from pushforward.studio.protocol.catalog import Catalog, EntrySpec
from pushforward.studio.protocol.messages import Operate, PreviewData
from pushforward.studio.protocol.spec import Pick

TRUTH = np.array([[0, 1, 1, 2], [0, 1, 2, 2], [0, 0, 2, 2]], np.int16)
CUBE = np.arange(3 * 4 * 5, dtype=np.float32).reshape(3, 4, 5)


@pytest.fixture
def scene(lens, monkeypatch):
    entry = EntrySpec(
        kind="dataset", slug="fields", title="F", summary="", source="", fields=[],
        kinds=["cubes"],
    )  # fmt: skip
    lens.state.catalog = Catalog(entries=[entry], devices=[])
    lens.run.spec = structs.replace(lens.run.spec, dataset=Pick(slug="fields"))
    lens.run.step, lens.run.checkpoints = 7, [7]
    lens.state.engine = replace(lens.state.engine, state="ready")
    usual = lens.link.ask

    async def ask(command):
        await usual(command)
        if isinstance(command, PreviewData):
            arrays = {
                "colours": np.zeros((3, 4, 3), np.uint8),
                "truth": TRUTH,
                "cube": CUBE,
                "wavelengths": np.array([400, 410, 420, 600, 610], np.float32),
                "position": np.array([[0.0, 1.0], [0.0, 3.0]], np.float32),
            }
            return Answer({"names": ["wheat", "oats"]}, arrays)
        found = np.where(TRUTH == 0, 1, TRUTH).astype(np.int16)
        found[1, 1] = 2
        # What is measured with: of the labelled pixels all but those learned from and (0, 2), which
        # is too near to one of them.
        unseen = np.array([[1, 1], [1, 2], [1, 3], [2, 2], [2, 3]])
        sure = np.full((3, 4), 0.5, np.float32)
        return Answer({"step": 7}, {"map": found, "confidence": sure, "unseen": unseen})

    monkeypatch.setattr(lens.link, "ask", ask)
    view = SceneView(lens.state, lens.actions)
    view.resize(1000, 700)
    view.show()
    yield lens, view
    view.deleteLater()


async def _settled() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


async def test_the_scene_is_asked_for_once_and_its_classes_are_listed(scene) -> None:
    lens, view = scene
    assert VIEW.applies(lens.state)
    await _settled()
    assert len(lens.link.of(PreviewData)) == 1
    assert "1 wheat, 3 pixels" in view.legend.accessibleDescription()
    assert "8 labelled, 2 learned from" in view._known.accessibleName()
    assert view._classify.isEnabled()


async def test_a_map_is_classified_and_only_unseen_pixels_count(scene) -> None:
    lens, view = scene
    await _settled()
    view._classify.click()
    assert not view._classify.isEnabled()
    await _settled()
    asked = lens.link.of(Operate)
    assert [(a.operator, a.inline) for a in asked] == [("classify-scene", True)]
    assert view._classify.isEnabled()
    # Five labelled pixels are measured with, one of them is told wrong.
    assert "80.0 % of 5 unseen right" in view._right.accessibleName()
    assert "1 wheat, 3 pixels, 0 % right" in view.legend.accessibleDescription()


async def test_a_map_is_there_again_when_its_run_is(scene) -> None:
    lens, view = scene
    await _settled()
    view._classify.click()
    await _settled()
    QTest.keyClick(view.truth, Qt.Key.Key_Right)
    other = replace(lens.run, key="/p/runs/0002-o", name="0002-o")
    lens.state.runs.by_key[other.key] = other
    lens.state.runs.select(other.key)
    await _settled()
    assert view._right.accessibleName() == ""
    assert view._where.text() == ""  # the pixel was of the other run
    assert not view._save.isEnabled()
    lens.state.runs.select(lens.run.key)
    await _settled()
    assert "80.0 % of 5 unseen right" in view._right.accessibleName()
    assert view._save.isEnabled()
    assert len(lens.link.of(Operate)) == 1


async def test_one_cursor_goes_through_all_maps_by_keys(scene) -> None:
    _, view = scene
    await _settled()
    QTest.keyClick(view.truth, Qt.Key.Key_Right)
    assert {pane._place for pane in view._panes} == {(1, 3)}
    assert "row 1, column 3" in view._where.text()
    assert "labelled 2 oats" in view._where.text()
    np.testing.assert_array_equal(view.spectrum._shown.pixel, CUBE[1, 3])
    QTest.keyClick(view.truth, Qt.Key.Key_Right)
    QTest.keyClick(view.truth, Qt.Key.Key_Up, Qt.KeyboardModifier.ShiftModifier)
    assert view.said._place == (0, 3)


async def test_what_is_said_of_a_pixel_is_read_whole_in_a_narrow_window(scene) -> None:
    _, view = scene
    await _settled()
    view._classify.click()
    await _settled()
    view.resize(724, 525)
    QTest.keyClick(view.truth, Qt.Key.Key_Right)
    QApplication.processEvents()
    said = view._where
    assert said.text().endswith("said 2 oats (50 %)")
    needed = said.fontMetrics().boundingRect(
        0, 0, said.width(), 1000, int(Qt.TextFlag.TextWordWrap), said.text()
    )
    assert needed.width() <= said.width()
    assert needed.height() <= said.height()


def test_a_class_without_a_name_is_called_by_its_number_once() -> None:
    assert called(12, "class 12") == "class 12"
    assert called(2, "oats") == "2 oats"
    assert called(3, "class 12") == "3 class 12"


async def test_a_button_that_cannot_be_pressed_says_why(scene) -> None:
    lens, view = scene
    await _settled()
    assert (view._save.isEnabled(), view._save.toolTip()) == (False, "There is no map yet.")
    lens.run.checkpoints = []
    lens.state.runs.changed.emit(lens.run.key)
    assert not view._classify.isEnabled()
    assert "saved a checkpoint" in view._classify.toolTip()
    assert "saved a checkpoint" in view.said.accessibleDescription()
    lens.run.checkpoints = [7]
    lens.state.runs.changed.emit(lens.run.key)
    view._classify.click()
    assert "being classified" in view._classify.toolTip()
    await _settled()
    assert view._save.isEnabled()


async def test_maps_take_no_more_height_than_they_use_and_the_legend_shrinks(scene) -> None:
    _, view = scene
    await _settled()
    view.legend.show_classes([ClassRow(f"c{i}", (0, 0, 0), 1) for i in range(16)])
    for size in ((1400, 900), (724, 525)):
        view.resize(*size)
        await _settled()
        assert view.truth.height() <= view.truth.width() * 3 / 4 + 2
        maps = view.truth.mapTo(view, view.truth.rect().bottomLeft()).y()
        assert maps < view.legend.mapTo(view, QPoint(0, 0)).y()
        assert view.legend.mapTo(view, view.legend.rect().bottomLeft()).y() <= view.height()
        assert view.spectrum.height() >= 60
    assert len({pane.width() for pane in view._panes}) == 1


async def test_the_spectrum_under_the_mouse_is_told_in_numbers(scene) -> None:
    _, view = scene
    await _settled()
    QTest.keyClick(view.truth, Qt.Key.Key_Right)
    plot = view.spectrum.plane.box.sceneBoundingRect()
    # Bands are at 400, 410, 420, 600 and 610 nm.
    place = QPointF(plot.left() + 0.95 * plot.width(), 40)
    none = Qt.MouseButton.NoButton
    moved = QMouseEvent(
        QEvent.Type.MouseMove, place, place, none, none, Qt.KeyboardModifier.NoModifier
    )
    QApplication.sendEvent(view.spectrum.viewport(), moved)
    assert view.spectrum.accessibleDescription().startswith("600 nm: pixel 38, mean ")
    assert view.spectrum.plane.heading.text == view.spectrum.accessibleDescription()
    assert view.spectrum._shown.name == "mean of 2 oats"
    assert view.spectrum.told(9) == ""
    view.grab()


def test_a_spectrum_is_broken_where_bands_are_missing_or_begin_again() -> None:
    x = np.array([400, 410, 420, 600, 610, 605, 615], np.float32)
    assert pieces(x) == [slice(0, 3), slice(3, 5), slice(5, 7)]


async def test_a_run_on_other_data_is_not_asked_for_a_scene(scene) -> None:
    lens, _view = scene
    await _settled()
    other = replace(lens.run, key="/p/runs/0002-o", name="0002-o")
    other.spec = structs.replace(lens.run.spec, dataset=Pick(slug="two-moons"))
    lens.state.runs.by_key[other.key] = other
    lens.state.runs.select(other.key)  # this lens still stands there
    await _settled()
    assert len(lens.link.of(PreviewData)) == 1


async def test_in_a_low_window_nothing_lies_over_anything_else(scene) -> None:
    _lens, view = scene
    await _settled()
    view.resize(700, 200)
    await _settled()
    QApplication.sendPostedEvents()
    page = view._body.widget()
    assert page.height() >= page.minimumSizeHint().height() > 200
    assert view.legend.height() >= SMALLEST * (len(view.legend._rows) + 1)
    assert int(0.72 * SMALLEST) >= 10  # pixels of its letters
    panes = view.colours.mapTo(page, QPoint(0, view.colours.height())).y()
    assert panes <= view.legend.mapTo(page, QPoint(0, 0)).y()

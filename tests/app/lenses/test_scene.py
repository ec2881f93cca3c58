"""The lens of a scene: one map with layers, one cursor, labels by hand, spectra."""

import asyncio
import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from msgspec import structs
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from pushforward.models.metrics.classify import confusions
from pushforward.observables.scenes.label_text import decode_labels
from pushforward.studio.app.data_types.cubes.class_list import class_name
from pushforward.studio.app.data_types.cubes.confusion_view import ConfusionView
from pushforward.studio.app.data_types.cubes.label_document import LabelDocument, label_file
from pushforward.studio.app.data_types.cubes.map_board import digit_of
from pushforward.studio.app.data_types.cubes.map_scores import calibration_error
from pushforward.studio.app.data_types.cubes.scene_compare_view import SceneCompareView
from pushforward.studio.app.data_types.cubes.scene_labelling import SceneLabelling
from pushforward.studio.app.data_types.cubes.scene_panel import ScenePanel
from pushforward.studio.app.data_types.cubes.scene_view import VIEW, SceneView
from pushforward.studio.app.data_types.cubes.spectrum_plot import pieces
from pushforward.studio.app.engine.requests.request_base import Answer
from pushforward.studio.protocol.catalog import Catalog, EntrySpec
from pushforward.studio.protocol.messages import (
    BranchRun,
    Control,
    JobInfo,
    Operate,
    PreviewData,
    ResultWritten,
    StartTraining,
)
from pushforward.studio.protocol.spec import Pick
from pushforward.studio.store.results import ResultRecord
from tests.qtloop import until

TRUTH = np.array([[0, 1, 1, 2], [0, 1, 2, 2], [0, 0, 2, 2]], np.int16)
CUBE = np.arange(3 * 4 * 5, dtype=np.float32).reshape(3, 4, 5)
FOUND = np.where(TRUTH == 0, 1, TRUTH).astype(np.int16)
FOUND[1, 1] = 2
# Of the labelled pixels all but those learned from and (0, 2), which is too near to one of them.
UNSEEN = np.array([[1, 1], [1, 2], [1, 3], [2, 2], [2, 3]])
MARGIN = np.linspace(0.9, 0.1, 12, dtype=np.float32).reshape(3, 4)

REFINING = JobInfo(job="5", kind="operator", state="running", title="refine-scene: a")


def operator(slug: str) -> EntrySpec:
    return EntrySpec(kind="operator", slug=slug, title=slug, summary="", source="", fields=[])


@pytest.fixture
def scene(lens, monkeypatch, tmp_path):
    entry = EntrySpec(
        kind="dataset", slug="fields", title="F", summary="", source="", fields=[],
        kinds=["cubes"],
    )  # fmt: skip
    lens.state.catalog = Catalog(entries=[entry, operator("refine-scene")], devices=[])
    run = lens.run
    del lens.state.runs.by_key[run.key]
    run.key = str(tmp_path / "project" / "runs" / "0001-a")
    lens.state.runs.by_key[run.key] = run
    run.spec = structs.replace(run.spec, dataset=Pick(slug="fields"))
    run.step, run.checkpoints, run.state = 7, [7], "finished"
    lens.state.engine = replace(lens.state.engine, state="ready")
    refining = structs.replace(REFINING, run=run.key)
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
                "test": UNSEEN,
            }
            return Answer({"names": ["wheat", "oats"]}, arrays)
        if isinstance(command, StartTraining | BranchRun):
            return Answer({"job": "1", "run": str(Path(run.key).with_name("0002-a"))})
        if command.operator == "refine-scene":
            assert not command.inline
            lens.state.jobs["5"] = refining
            lens.state.queue_changed.emit()
            return Answer({"job": "5"})
        sure = np.full((3, 4), 0.5, np.float32)
        arrays = {"map": FOUND, "confidence": sure, "unseen": UNSEEN, "margin": MARGIN}
        return Answer({"step": run.step if command.live and command.step is None else 7}, arrays)

    async def read(key, name):
        assert (key, name) == (run.key, "0001-refine-scene")
        sure = np.full((3, 4), 0.5, np.float32)
        record = ResultRecord(operator="refine-scene", title="", run=run.name, step=7)
        return record, {"map": TRUTH.clip(1), "confidence": sure, "unseen": UNSEEN}

    monkeypatch.setattr(lens.link, "ask", ask)
    monkeypatch.setattr(lens.actions.operating, "read", read)
    lens.state.runs.selection = run.key
    view = SceneView(lens.state, lens.actions)
    view.resize(1000, 700)
    view.show()
    yield lens, view
    view.deleteLater()


async def _settled() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


async def test_the_scene_is_fetched_once_and_classified(scene) -> None:
    lens, view = scene
    assert VIEW.applies(lens.state)
    await _settled()
    assert len(lens.link.of(PreviewData)) == 1
    asked = lens.link.of(Operate)
    assert [(a.operator, a.step, a.inline) for a in asked] == [("classify-scene", 7, True)]
    model = view.model
    # Of the five pixels that measure one is wrong.
    assert model.scores("prediction").overall == pytest.approx(0.8)
    assert model.stack.get("prediction").fact == "OA 80.0 %"
    assert model.stack.get("error").fact == "1 labelled pixels"


async def test_the_calibration_error_is_that_of_the_models(scene) -> None:
    lens, view = scene
    panel = ScenePanel(lens.state, lens.actions)
    await _settled()
    model = view.model
    # Four of five are right at a confidence of 0.5.
    assert model.calibration("prediction") == pytest.approx(0.3)
    assert model.calibration("crf") is None
    assert [panel._cells[4, column].text() for column in (1, 2, 3)] == ["30.0", "–", "–"]
    rng = np.random.default_rng(0)
    p, right = rng.random(500).astype(np.float32), rng.random(500) < 0.7
    known = confusions.calibration_error(torch.from_numpy(p), torch.from_numpy(right))
    assert calibration_error(p, right) == pytest.approx(known)


@pytest.mark.skipif(sys.platform != "linux", reason="places of keys differ")
def test_a_digit_with_shift_is_known_by_its_place() -> None:
    """Shift and 1 is an exclamation mark here, and something else on another keyboard."""
    shift, press = Qt.KeyboardModifier.ShiftModifier, QEvent.Type.KeyPress
    for key, code, digit in (("!", 10, 1), (")", 19, 0), ("E", 26, None)):
        assert digit_of(QKeyEvent(press, ord(key), shift, code, 0, 0, key)) == digit
    plain = QKeyEvent(press, Qt.Key.Key_7, Qt.KeyboardModifier.NoModifier)
    assert digit_of(plain) == 7


async def test_labels_are_written_and_loaded_as_one_stroke(scene, tmp_path) -> None:
    lens, view = scene
    await _settled()
    view.model.label_pixel(2, 0, 1)
    view.model.label_pixel(0, 2, 2)
    painted = view.model.labels.labels.copy()
    view.export.write_labels(tmp_path / "labels.csv")
    view.model.labels.clear()
    strokes = view.model.labels.strokes
    view.export.load_labels(tmp_path / "labels.csv")
    np.testing.assert_array_equal(view.model.labels.labels, painted)
    assert view.model.labels.strokes == strokes + 1
    (tmp_path / "labels.csv").write_text("row,column,class\n9,9,1\n")
    view.export.load_labels(tmp_path / "labels.csv")
    np.testing.assert_array_equal(view.model.labels.labels, painted)
    assert lens.state.notices.history[-1].text == "The labels were not loaded"


async def test_scores_of_a_map_are_those_of_their_definitions(scene) -> None:
    _, view = scene
    await _settled()
    # True 1 2 2 2 2, predicted 2 2 2 2 2: no agreement beyond chance, (1 x 0 + 4 x 5) / 25.
    found = view.model.scores("prediction")
    assert found.average == pytest.approx(0.5)
    assert found.kappa == pytest.approx(0.0)


async def test_one_cursor_goes_through_all_maps_by_keys(scene) -> None:
    _, view = scene
    await _settled()
    QTest.keyClick(view.board.canvas, Qt.Key.Key_Right)
    assert {canvas.place for canvas in (view.board.canvas, *view.small)} == {(1, 3)}
    text = view._where.accessibleName()
    assert "column 3, row 1" in text
    assert "labelled 2 oats" in text
    assert "predicted 2 oats (50 %)" in text
    np.testing.assert_array_equal(view.spectrum._curves[-1].values, CUBE[1, 3])
    assert view.spectrum._bands[0].name == "2 oats"
    np.testing.assert_allclose(view.spectrum._bands[0].band.mean, CUBE[TRUTH == 2].mean(axis=0))
    QTest.keyClick(view.board.canvas, Qt.Key.Key_Right)
    QTest.keyClick(view.board.canvas, Qt.Key.Key_Up, Qt.KeyboardModifier.ShiftModifier)
    assert view.small[0].place == (0, 3)


async def test_all_maps_zoom_and_pan_together(scene) -> None:
    _, view = scene
    await _settled()
    camera, canvas = view.model.camera, view.board.canvas
    fixed = canvas.to_map(3, 2)
    camera.zoom_at(fixed, canvas.size().toSizeF(), 2.0)
    assert camera.zoom == 2.0
    assert (canvas.to_map(3, 2) - fixed).manhattanLength() < 1e-6
    camera.pan(QPointF(1e6, 1e6), canvas.size().toSizeF())
    assert (camera.centre.x(), camera.centre.y()) == (1.0, 0.75)  # no further than the edge
    camera.show_all()
    assert camera.zoom == 1.0


async def _finish_refining(lens) -> None:
    """Let the job of the CRF write its result."""
    lens.state.jobs.pop("5", None)
    lens.state.queue_changed.emit()
    place = f"{lens.run.key}/results/0001-refine-scene"
    lens.state.result_written.emit(
        ResultWritten(job="5", run=lens.run.key, operator="refine-scene", step=7, result=place)
    )
    await _settled()


async def test_the_crf_shows_its_progress_and_is_cancelled(scene) -> None:
    lens, view = scene
    await _settled()
    assert view.progress.isHidden()
    view.refine.click()
    await _settled()
    assert not view.refine.isEnabled()
    lens.state.jobs["5"] = structs.replace(lens.state.jobs["5"], step=12, total=30)
    lens.state.job_progressed.emit("5")
    assert not view.progress.isHidden()
    assert view.progress.said.text().startswith("Refining the map. 12 of 30")
    view.progress.cancel.click()
    await _settled()
    assert [(c.job, c.action) for c in lens.link.of(Control)] == [("5", "cancel")]
    lens.state.jobs.pop("5")
    lens.state.queue_changed.emit()
    await _settled()
    assert view.progress.isHidden()
    assert view.refine.isEnabled()
    assert view.model.refined is None


async def test_a_crf_is_shown_next_to_the_map_before_it_and_taken_back(scene) -> None:
    lens, view = scene
    await _settled()
    view.refine.click()
    await _settled()
    await _finish_refining(lens)
    assert [a.operator for a in lens.link.of(Operate)] == ["classify-scene", "refine-scene"]
    model = view.model
    assert model.scores("crf").overall == 1.0
    assert model.stack.get("difference").fact == "1 pixels"
    assert model.stack.get("crf").visible
    assert not model.stack.get("prediction").visible
    view.refine.click()
    assert model.refined is None
    assert model.stack.get("prediction").visible
    # The result is kept, and shown when it is opened in the list of runs.
    lens.state.opened[lens.run.key] = "0001-refine-scene"
    lens.state.result_opened.emit(lens.run.key)
    await _settled()
    assert model.scores("crf").overall == 1.0


async def test_a_stroke_is_one_undo_and_is_kept_on_the_disk(scene) -> None:
    lens, view = scene
    await _settled()
    model, canvas = view.model, view.board.canvas
    model.set_tool(tool="brush", number=2, brush=1)
    places = [canvas.to_map(x + 0.5, 0.5).toPoint() for x in (0, 1)]
    left = Qt.MouseButton.LeftButton
    QTest.mousePress(canvas, left, pos=places[0])
    QTest.mouseMove(canvas, places[1])
    QApplication.processEvents()
    QTest.mouseRelease(canvas, left, pos=places[1])
    assert model.labels.labels[0].tolist() == [2, 2, 0, 0]
    file = label_file(Path(lens.run.key).parents[1], "fields")
    kept = json.loads(file.read_text())
    assert decode_labels(kept["labels"], (3, 4))[0].tolist() == [2, 2, 0, 0]
    again = LabelDocument()  # as after a crash of the window
    again.open(file, (3, 4))
    assert again.count == 2
    model.labels.stack.undo()
    assert model.labels.count == 0
    model.labels.stack.redo()
    assert model.labels.labels[0].tolist() == [2, 2, 0, 0]
    composed = model.stack.composed()
    model.stack.set_layers(model.stack.layers)
    assert composed == model.stack.composed()  # painting in part is painting the whole


async def test_a_model_is_trained_again_on_painted_labels(scene) -> None:
    lens, view = scene
    panel = ScenePanel(lens.state, lens.actions)
    await _settled()
    assert not panel.retrain.isEnabled()
    view.model.label_pixel(2, 0, 1)
    assert panel.retrain.isEnabled()
    panel.over.click()
    await _settled()
    [command] = lens.link.of(StartTraining)
    config = command.spec.dataset.config
    assert config["split"] == "hand"
    labels = decode_labels(config["hand"], (3, 4))
    expected = np.zeros((3, 4))
    expected[0, 1], expected[0, 3], expected[2, 0] = 1, 2, 1
    np.testing.assert_array_equal(labels, expected)
    assert command.project == str(Path(lens.run.key).parents[1])


async def test_a_training_continues_from_the_map_with_painted_labels(scene) -> None:
    lens, view = scene
    panel = ScenePanel(lens.state, lens.actions)
    await _settled()
    view.model.label_pixel(2, 0, 1)
    assert "continues from step 7" in panel._note.text()
    panel.retrain.click()
    await _settled()
    [command] = lens.link.of(BranchRun)
    assert (command.run, command.step) == (lens.run.key, 7)
    assert command.steps >= 7 + 100
    assert command.name.endswith(", 3 labels")
    assert decode_labels(command.dataset.config["hand"], (3, 4))[2, 0] == 1


async def test_a_model_of_one_pass_starts_over_on_painted_labels(scene) -> None:
    lens, view = scene
    family = EntrySpec(
        kind="family", slug=lens.run.spec.family.slug, title="F", summary="", source="", fields=[],
        passes=1,
    )  # fmt: skip
    lens.state.catalog = Catalog(entries=[*lens.state.catalog.entries, family], devices=[])
    panel = ScenePanel(lens.state, lens.actions)
    await _settled()
    view.model.label_pixel(2, 0, 1)
    assert panel.over.isHidden()
    panel.retrain.click()
    await _settled()
    assert len(lens.link.of(StartTraining)) == 1


async def test_a_recipe_ends_in_a_refined_map_once(scene) -> None:
    lens, view = scene
    run = lens.run
    run.spec = structs.replace(run.spec, follow_up=Pick(slug="refine-scene"))
    run.state = "running"
    await _settled()
    assert view.model.refined is None
    run.state = "finished"
    lens.state.runs.changed.emit(run.key)
    await _settled()
    await _finish_refining(lens)
    assert view.model.refined is not None
    view.refine.click()  # undo: it is not refined again
    lens.state.runs.changed.emit(run.key)
    await _settled()
    assert view.model.refined is None
    assert [a.operator for a in lens.link.of(Operate)].count("refine-scene") == 1


async def test_label_next_goes_to_the_smallest_margin_and_accepts_the_prediction(scene) -> None:
    _, view = scene
    await _settled()
    QTest.keyClick(view.board.canvas, Qt.Key.Key_N)
    await _settled()
    assert view.model.cursor == (2, 3)
    assert view.model.camera.zoom > 1
    QTest.keyClick(view.board.canvas, Qt.Key.Key_Return)
    await _settled()
    assert view.model.labels.labels[2, 3] == 2
    assert view.model.cursor == (2, 2)


async def test_classes_isolate_and_confusions_select_pixels(scene) -> None:
    lens, view = scene
    panel = ScenePanel(lens.state, lens.actions)
    await _settled()
    assert "1 wheat, 3 pixels, recall 0 %" in panel.classes.accessibleDescription()
    panel.classes.chosen.emit(1)
    assert view.model.isolated == {1}
    image = view.model.stack.get("prediction").image
    assert image.pixelColor(0, 0).alpha() == 255
    assert image.pixelColor(3, 2).alpha() == 0
    panel.classes.confusion.emit(1, 2)
    assert np.argwhere(view.model.selected).tolist() == [[1, 1]]


async def test_lines_of_the_spectrum_choose_the_bands_of_the_map(scene) -> None:
    _, view = scene
    await _settled()
    view.spectrum.line_moved.emit("R", 4)
    assert view.model.bands[0] == 4
    view.model.show_base("band")
    assert set(view.spectrum._at) == {"R", "G", "B", "Band"}
    view.spectrum.line_moved.emit("Band", 2)
    assert view.model.stack.get("band").fact == "band 3, 420 nm"
    view.grab()


async def test_a_run_on_other_data_has_no_scene(scene) -> None:
    lens, view = scene
    await _settled()
    other = replace(lens.run, key=str(Path(lens.run.key).with_name("0002-o")), name="0002-o")
    other.spec = structs.replace(lens.run.spec, dataset=Pick(slug="two-moons"))
    lens.state.runs.by_key[other.key] = other
    lens.state.runs.select(other.key)  # this lens still stands there
    await _settled()
    assert view.model.scene is None
    assert len(lens.link.of(PreviewData)) == 1
    lens.state.runs.select(lens.run.key)
    await _settled()
    assert view.model.scores("prediction").overall == pytest.approx(0.8)


async def test_a_button_that_cannot_be_pressed_says_why(scene) -> None:
    lens, view = scene
    await _settled()
    new = replace(lens.run, key=lens.run.key + "b", name="0001-ab", checkpoints=[])
    lens.state.runs.by_key[new.key] = new
    lens.state.runs.select(new.key)
    await _settled()
    assert not view.refine.isEnabled()
    assert "saved a checkpoint" in view.refine.toolTip()
    assert "saved a checkpoint" in view.model.stack.get("prediction").missing


async def test_in_a_low_window_the_parts_do_not_overlap(scene) -> None:
    _, view = scene
    await _settled()
    for size in ((1000, 700), (660, 480)):
        view.resize(*size)
        await _settled()
        QApplication.sendPostedEvents()
        board = view.board.mapTo(view, QPoint(0, view.board.height())).y()
        assert board <= view.spectrum.mapTo(view, QPoint(0, 0)).y()
        assert view.spectrum.height() >= 100


def test_a_class_without_a_name_is_called_by_its_number_once() -> None:
    assert class_name(12, "class 12") == "class 12"
    assert class_name(2, "oats") == "2 oats"


def test_a_spectrum_is_broken_where_bands_are_missing_or_begin_again() -> None:
    x = np.array([400, 410, 420, 600, 610, 605, 615], np.float32)
    assert pieces(x) == [slice(0, 3), slice(3, 5), slice(5, 7)]


async def test_a_cell_of_the_confusion_selects_its_pixels_in_all_views(scene) -> None:
    lens, view = scene
    await _settled()
    confusion = ConfusionView(lens.state, lens.actions)
    confusion.show()
    cells = confusion.cells["prediction"]
    np.testing.assert_array_equal(cells.shown.counts, [[0, 1], [0, 4]])
    assert confusion._boxes["crf"].isHidden()
    cells.chosen.emit(0, 1)
    assert np.argwhere(view.model.selected).tolist() == [[1, 1]]
    confusion._clear.click()
    assert view.model.selected is None
    view.refine.click()
    await _settled()
    await _finish_refining(lens)
    assert not confusion._boxes["crf"].isHidden()
    confusion.deleteLater()


async def test_two_maps_are_compared_by_a_swipe_and_by_their_difference(scene) -> None:
    lens, _view = scene
    await _settled()
    other = replace(lens.run, key=str(Path(lens.run.key).with_name("0002-b")), name="0002-b")
    other.spec = structs.replace(
        lens.run.spec, dataset=Pick(slug="fields", config={"split": "block"})
    )
    lens.state.runs.by_key[other.key] = other
    compare = SceneCompareView(lens.state, lens.actions)
    compare.resize(700, 600)
    compare.show()
    await _settled()
    assert compare.right.currentData() == f"run:{other.key}"
    assert "0 of 12 pixels" in compare._text.accessibleName()
    assert [compare.table.cell(row, 1).text() for row in (0, 1)] == ["random", "blocks"]
    compare.right.setCurrentIndex(compare.right.findData("truth"))
    compare.right.activated.emit(0)
    assert "5 of 12 pixels" in compare._text.accessibleName()  # four of them without a label
    image = compare.canvas.grab().toImage()
    compare._how.chosen.emit(1)
    assert compare.canvas._other is None
    assert compare.canvas.grab().toImage() != image
    compare.deleteLater()


async def test_while_it_trains_the_map_follows_the_weights(scene) -> None:
    lens, view = scene
    await _settled()
    view.refine.click()
    await _settled()
    await _finish_refining(lens)
    lens.link.asked = [a for a in lens.link.asked if getattr(a, "inline", True)]
    lens.run.state, lens.run.step = "running", 21
    for step in (21, 30):
        lens.run.step = step
        lens.state.runs.progressed.emit(lens.run.key)
        await until(lambda: view.model.map.step == lens.run.step)
        assert view.model.stack.get("prediction").visible, "the refined map is of other weights"
    asked = lens.link.of(Operate)
    assert [(a.operator, a.step) for a in asked] == [("classify-scene", s) for s in (7, None, None)]
    lens.run.state, lens.run.checkpoints = "finished", [7, 31]
    lens.state.runs.progressed.emit(lens.run.key)
    await until(lambda: lens.link.of(Operate)[-1].step == 31)


async def test_the_training_clock_shows_the_map_of_its_checkpoint(scene) -> None:
    lens, _view = scene
    await _settled()
    lens.run.checkpoints = [3, 7]
    lens.state.playback.set(step=4)
    await _settled()
    assert [a.step for a in lens.link.of(Operate)] == [7, 3]


async def test_a_generator_shows_generated_spectra_and_asks_for_no_map(scene, monkeypatch) -> None:
    lens, view = scene
    family = EntrySpec(
        kind="family", slug=lens.run.spec.family.slug, title="F", summary="", source="", fields=[],
        carrier="particles", capabilities=["samples"],
    )  # fmt: skip
    entries = [*lens.state.catalog.entries, family, operator("generate-spectra")]
    before, usual = len(lens.link.of(Operate)), lens.link.ask

    async def ask(command):
        answer = await usual(command)
        if isinstance(command, Operate) and command.operator == "generate-spectra":
            mean = np.stack([np.full(5, 3.0), np.full(5, 7.0)]).astype(np.float32)
            return Answer({"step": 7}, {"mean": mean, "low": mean - 1, "high": mean + 1})
        return answer

    monkeypatch.setattr(lens.link, "ask", ask)
    lens.state.catalog = Catalog(entries=entries, devices=[])
    view.model.map = None  # of the classifier before
    view.model.ask_map()
    await _settled()
    asked = [a.operator for a in lens.link.of(Operate)][before:]
    assert "classify-scene" not in asked
    assert "generate-spectra" in asked
    assert view.model.generated_band(2).mean.tolist() == [7.0] * 5
    assert view.model.generated_band(0) is None
    view.model.point(0, 3)  # of class 2
    assert [band.name for band in view.spectrum._bands] == ["2 oats", "generated 2 oats"]
    assert "no map" in view.model.why_no_map
    assert not view.next.isEnabled()


async def test_a_tool_takes_the_keyboard_and_shows_what_it_paints_with(scene) -> None:
    _, view = scene
    await _settled()
    board = view.board
    assert board.options.isHidden()
    assert board.title.isVisible()
    view.activateWindow()
    QTest.mouseClick(board._buttons["brush"], Qt.MouseButton.LeftButton)
    assert view.model.tool == "brush"
    assert board.options.isVisible()
    assert board.title.isHidden()
    QTest.keyClick(board.canvas, Qt.Key.Key_2)
    assert view.model.number == 2
    assert "2 oats" in board.options.chosen.text()
    board.options.slider.setValue(0)
    assert (view.model.brush, board.options.text.text()) == (1, "1 px")
    QTest.keyClick(board.canvas, Qt.Key.Key_X)
    assert board.options.chosen.isHidden(), "an eraser has no class"
    QTest.keyClick(board.canvas, Qt.Key.Key_W)
    board.options.slider.setValue(8)
    assert (view.model.tolerance, board.options.text.text()) == (2.0, "2.0°")
    painted = view.model.stack.get("labels").fact
    view.model.label_pixel(0, 0, 1)
    shown = next(each for each in view.layers._layers if each.name == "labels")
    assert (painted, shown.fact) == ("none yet", "1 pixels")


async def test_a_scene_is_labelled_without_a_run_and_learned_from(scene, monkeypatch) -> None:
    lens, view = scene
    await _settled()
    lens.state.project = Path(lens.run.key).parents[1]
    opened = []
    monkeypatch.setattr(lens.actions.setup, "open_on", lambda *given: opened.append(given))
    page = SceneLabelling(lens.state, lens.actions, "fields")
    page.show()
    await _settled()
    model = page.model
    assert model is not view.model
    assert (model.run, model.map) == (None, None)
    assert not [a for a in lens.link.of(Operate)][1:], "without a model nothing is classified"
    assert not page.train.isEnabled()
    model.label_pixel(0, 0, 1)
    model.label_pixel(2, 0, 2)
    assert "2 pixels painted in 2 classes" in page.count_text.accessibleName()
    assert page.train.isEnabled()
    page.train.click()
    [(slug, config, capability)] = opened
    assert capability == "classify"
    labels = decode_labels(config["hand"], (3, 4))
    assert (slug, config["split"], labels[0, 0], labels[2, 0]) == ("fields", "hand", 1, 2)
    # The view of the run shows what was painted elsewhere.
    view.hide()
    view.show()
    assert view.model.labels.count == 2
    page.deleteLater()

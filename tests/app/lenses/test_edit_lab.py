"""The edit lab in the Samples lens: what is asked, what is shown of it, and what is refused."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QColor, QDropEvent, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from pushforward.studio.app.commands.target_commands import hand_commands
from pushforward.studio.app.core.queue_status import engine_task
from pushforward.studio.app.core.selection import Offered, Source
from pushforward.studio.app.data_types.images import unsaved_edits
from pushforward.studio.app.data_types.images.edit_captions import Edited
from pushforward.studio.app.data_types.images.image_edit_lab import VIEW, WIDE, EditView
from pushforward.studio.app.data_types.images.image_edits import TASKS
from pushforward.studio.app.data_types.images.noise_previews import LEVELS
from pushforward.studio.app.engine.requests.request_base import Answer, Refused
from pushforward.studio.protocol.capabilities import Able, AbleTo, OtherSet
from pushforward.studio.protocol.catalog import EntrySpec, FieldSpec, SlotSpec
from pushforward.studio.protocol.messages import (
    Control,
    ErrorInfo,
    GetAble,
    GetTarget,
    JobInfo,
    Operate,
    ResultWritten,
)
from pushforward.studio.protocol.spec import Pick
from pushforward.studio.store.results import ResultRecord, Results
from tests.qtloop import until

SIDE = 8


def field(path: str, default: Any, kind: str = "int") -> FieldSpec:
    return FieldSpec(path=path, kind=kind, title=path, help="", default=default)


def operator(slug: str, *slots: str) -> EntrySpec:
    return EntrySpec(
        kind="operator", slug=slug, title=slug.capitalize(), summary="", source="",
        fields=[field("draws", 1), field("seed", 0), field("noise", 0.5, "float")],
        needs=["denoiser"], takes=[SlotSpec(name=name, title=name, help="") for name in slots],
    )  # fmt: skip


@pytest.fixture
def lab(lens: Any) -> Iterator[EditView]:
    catalog, run, link = lens.state.catalog, lens.run, lens.link
    of_images = EntrySpec(
        kind="dataset", slug="two-moons", title="Digits", summary="", source="", fields=[],
        kinds=["images"],
    )  # fmt: skip
    able = [operator("inpaint", "rows", "known"), operator("sdedit", "rows")]
    catalog.entries[:] = [catalog.entries[0], of_images, *able, operator("interpolate", "rows")]
    run.checkpoints = [100]
    lens.state.engine = replace(lens.state.engine, state="ready")
    plain, link.refusal = link.ask, ""
    real = np.random.default_rng(0).random((5, 1, SIDE, SIDE)).astype(np.float32)

    async def ask(command: Any) -> Answer:
        await plain(command)
        if isinstance(command, GetTarget):
            told = {"x": real, "label": np.array([3, 1, 0, 2, 1])}
            return Answer({"columns": [], "n": 5, "names": ["nought", "one", "two", "three"]}, told)
        if isinstance(command, GetAble):
            named = {"name": "label", "names": ["nought", "one", "two", "three"]}
            return Answer({"step": 100, "operators": [], "conditions": [named]})
        if isinstance(command, Operate) and link.refusal:
            raise Refused(ErrorInfo(kind="bad-request", message=link.refusal))
        if isinstance(command, Operate) and command.inline:
            if "rows" not in command.inputs:
                raise Refused(ErrorInfo(kind="bad-request", message="No preview here."))
            x = np.asarray(command.inputs["rows"], np.float32)
            if command.operator != "sdedit":
                n = command.config.get("draws", 1)
                return Answer({"step": 100}, {"x": np.repeat(x[:1], n, axis=0) / 2})
            return Answer({"step": 100}, {"x": x * 0 + command.config["noise"] / 8})
        return Answer({"job": "j7"} if isinstance(command, Operate) else {})

    link.ask = ask
    made = EditView(lens.state, lens.actions)
    made.resize(1000, 640)
    made.show()
    QApplication.processEvents()
    yield made
    made.close()
    made.deleteLater()
    QApplication.sendPostedEvents()


def is_applied(lab: EditView) -> bool:
    """Return whether a stored result is shown, no preview."""
    return lab.results.found is not None and bool(lab.results.found.name)


def jobs(lens: Any) -> list[Operate]:
    return [each for each in lens.link.of(Operate) if not each.inline]


def write(lens: Any, slug: str, arrays: dict[str, Any], **config: Any) -> Path:
    """Let the job end with a result, as the engine does."""
    record = ResultRecord(
        operator=slug, title=slug, run="0001-r", step=100, config=config, seconds=1.5,
        note="Drawn.",
    )  # fmt: skip
    made = Results(Path(lens.run.key) / "results").write(record, arrays)
    event = ResultWritten(
        job="j7", run=lens.run.key, operator=slug, step=100, result=str(made.path)
    )
    lens.state.result_written.emit(event)
    lens.state.job_ended.emit(JobInfo(job="j7", kind="operator", state="finished", title=slug))
    return made.path


async def ready(lab: EditView) -> None:
    await until(lambda: lab.edits.now is not None and bool(lab.form.conditions))


async def test_a_mask_is_painted_and_what_is_drawn_in_it_is_shown_before_and_after(lens, lab):
    assert VIEW.applies(lens.state)
    await ready(lab)
    assert lab.edits.now.title == "Real image 0, class three"
    lab._go()
    assert "Nothing is marked" in lab.alert.text()
    assert not jobs(lens)
    box = lab.canvas.box()
    at = box.topLeft() + QPointF(2.5, 1.5) * (box.width() / SIDE)
    lab.paint.size_by(-1)
    lab.paint.size_by(-1)
    QTest.mouseClick(lab.canvas, Qt.MouseButton.LeftButton, pos=at.toPoint())
    assert np.argwhere(lab.edits.now.marked).tolist() == [[1, 2]]
    assert lab.marked.text() == "1 pixel (2%)"
    QTest.keyClick(lab, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    await until(lambda: lab.go.text() == "Cancel")
    assert not lab.alert.isVisibleTo(lab)
    (asked,) = jobs(lens)
    assert (asked.operator, asked.config, asked.given) == (
        "inpaint",
        {"draws": 8},
        {"label": "three"},
    )
    assert np.asarray(asked.inputs["known"]).sum() == SIDE * SIDE - 1
    x = np.tile(lab.edits.now.image, (8, 1, 1, 1))
    x[:, 0, 1, 2] = np.linspace(0, 1, 8)
    name = write(lens, "inpaint", {"x": x, "row": np.zeros(8, np.int64)}, seed=3, draws=8).name
    await until(lambda: is_applied(lab))
    assert lab.go.text() == "Apply"
    assert lab.results.facts.accessibleName() == f"seed 3 · step 100 · 2 s · {name}"
    lens.run.step = 2000
    lab.refresh()
    further = "step 100; the training is at step 2,000"
    assert lab.results.facts.accessibleName() == f"seed 3 · {further} · 2 s · {name}"
    assert lab.results.tiles.count == 8
    assert lab.canvas.split
    lab.results.tiles.picked.emit(5)
    lab.go_on()
    assert lab.edits.now.image[0, 1, 2] == pytest.approx(x[5, 0, 1, 2])
    assert not lab.edits.now.marked.any()
    assert lab.edits.now.title == "Inpaint of Real image 0, class three"
    QTest.keyClick(lab, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert lab.edits.now.marked.sum() == 1
    QTest.keyClick(lab, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert not lab.edits.now.marked.any()


async def test_a_preview_with_half_of_the_image_masked_comes_without_a_click(lens, lab):
    await ready(lab)
    await until(lambda: lab.filled)
    assert not jobs(lens), "nothing is stored"
    assert lab.status.mark.text() == "Preview, n = 4"
    asked = [each for each in lens.link.of(Operate) if each.inline][-1]
    known = np.asarray(asked.inputs["known"])[0, 0]
    assert known[: SIDE // 2].all()
    assert not known[SIDE // 2 :].any()
    assert not lab.edits.can_undo, "the image itself is as it was"
    assert not lab.edits.now.marked.any()
    first = lab.results.found
    lab.take_real()
    assert lab.results.found is None, "a preview of the image before is not shown"
    await until(lambda: lab.filled)
    assert lab.results.found is not first
    job = JobInfo(job="e", kind="evaluation", state="running", title="An evaluation")
    lens.state.jobs["e"] = job
    assert engine_task(lens.state)
    count = len([each for each in lens.link.of(Operate) if each.inline])
    lab.take_real()
    for _ in range(20):
        QApplication.processEvents()
    assert len([each for each in lens.link.of(Operate) if each.inline]) == count, "busy"


async def test_what_came_of_one_task_is_not_shown_as_that_of_another(lens, lab):
    await ready(lab)
    lab.edits.put(with_mask(lab))
    lab._go()
    await until(lambda: lab.go.text() == "Cancel")
    lab.form.choose(TASKS[2])
    assert lab.results.tiles.accessibleDescription() == "Inpaint is loading."
    assert lab.go.toolTip() == "End Inpaint without a result"
    x = np.tile(lab.edits.now.image, (8, 1, 1, 1))
    write(lens, "inpaint", {"x": x, "row": np.zeros(8, np.int64)}, seed=3, draws=8)
    await until(lambda: lab.go.text() == "Apply")
    await until(lambda: lab.edits.now in lab._came)
    assert lab.results.found is None
    lab.form.choose(TASKS[0])
    assert lab.results.found is not None
    assert lab.results.found.task == TASKS[0]


async def test_what_a_task_begins_with_is_no_change(lab):
    await ready(lab)
    draws = lab.form._form.row_of("draws")
    assert lab.config["draws"] == 8
    assert draws._dot.isHidden()
    lab.form.set("draws", 3)
    assert not draws._dot.isHidden()
    draws.reset.emit()
    assert lab.config["draws"] == 8


async def test_what_is_under_way_can_be_ended_and_a_refusal_is_said_where_it_belongs(lens, lab):
    await ready(lab)
    lab.edits.put(with_mask(lab))
    lab._go()
    await until(lambda: lab.go.text() == "Cancel")
    lab._go()
    await until(lambda: bool(lens.link.of(Control)))
    assert [(each.job, each.action) for each in lens.link.of(Control)] == [("j7", "cancel")]
    lens.state.job_ended.emit(JobInfo(job="j7", kind="operator", state="cancelled", title=""))
    assert lab.go.text() == "Apply"
    lens.link.refusal = "The engine is out of memory."
    lab._go()
    await until(lambda: "out of memory" in lab.alert.text())
    assert lab.go.isEnabled()


async def test_what_was_painted_is_there_again_after_a_look_at_another_run(lens, lab):
    await ready(lab)
    painted = with_mask(lab)
    lab.edits.put(painted)
    lens.state.runs.selected.emit("/p/runs/0002-other")
    assert lab.edits.now is None
    lens.state.runs.selected.emit(lens.run.key)
    assert lab.edits.now is painted
    QTest.keyClick(lab, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert not lab.edits.now.marked.any()


async def test_what_a_run_cannot_do_does_not_stay_chosen(lens, lab):
    await ready(lab)
    lab.form.what.setCurrentIndex(1)  # of images in colour alone, as another run may have had
    assert (lab.form.what.currentIndex(), lab.task.title) == (0, "Inpaint")
    lab.form.what.setCurrentIndex(2)
    lab.refresh()
    assert lab.task.title == "SDEdit"


async def test_why_a_run_cannot_do_something_stands_where_it_would_be_chosen(lens, lab):
    """Of a run that is told no class, Morph class could be chosen and led nowhere."""
    await ready(lab)
    why = "The model is told no class."
    to_another = AbleTo(operator="interpolate", reason=why)
    lab.form.know(Able(step=100, operators=[to_another], conditions=[]))
    lab.refresh()
    place = [task.title for task in TASKS].index("Interpolate")
    item = lab.form.what.model().item(place)
    assert not item.isEnabled()
    assert why in item.toolTip()
    assert lab.form.what.model().item(0).isEnabled()


async def test_a_negative_is_light_where_it_was_dark(lens, lab):
    await ready(lab)
    before = lab.edits.now
    lab.paint.negate()
    np.testing.assert_allclose(lab.edits.now.image, 1.0 - before.image)
    assert lab.edits.now.label == before.label, "a digit is the same in other ink"
    lab.paint.undo()
    assert lab.edits.now is before


async def test_undo_is_about_what_is_edited_wherever_the_keyboard_is(lens, lab):
    await ready(lab)
    undo = next(each for each in hand_commands(lens.state, lens.actions) if each.id == "undo")
    before, painted = lab.edits.now, with_mask(lab)
    lab.edits.put(painted)
    assert undo.why_not() == ""
    lab.hide()
    assert undo.why_not(), "what is not seen is not changed"
    lab.show()
    undo.run()
    assert lab.edits.now is before


async def test_what_comes_while_another_run_is_looked_at_is_there_afterwards(lens, lab):
    await ready(lab)
    lab.edits.put(with_mask(lab))
    lab._go()
    await until(lambda: lab.go.isEnabled() and lab.go.text() == "Cancel")
    lens.state.runs.selected.emit("/p/runs/0002-other")
    assert lab.go.isHidden(), "nothing lies on its table"
    lens.state.runs.selected.emit(lens.run.key)
    assert not lab.go.isHidden()
    assert lab.go.text() == "Cancel"
    lens.state.runs.selected.emit("/p/runs/0002-other")
    made = np.zeros((4, 1, SIDE, SIDE), np.float32)
    write(lens, "inpaint", {"x": made, "row": np.zeros(4, np.int64)})
    assert lab.results.found is None
    lens.state.runs.selected.emit(lens.run.key)
    assert lab.go.text() == "Apply"
    await until(lambda: is_applied(lab))


async def test_undo_brings_back_what_had_come_of_the_image(lens, lab):
    await ready(lab)
    lab.edits.put(with_mask(lab))
    lab._go()
    await until(lambda: lab.go.text() == "Cancel")
    made = np.zeros((4, 1, SIDE, SIDE), np.float32)
    write(lens, "inpaint", {"x": made, "row": np.zeros(4, np.int64)})
    await until(lambda: is_applied(lab))
    came = lab.results.found
    lab.go_on()
    assert lab.results.found is None
    lab.paint.undo()
    assert lab.results.found is came
    lab.paint.undo()
    assert lab.results.found is None, "it came of what was marked"


async def test_settings_are_those_of_what_is_shown_after_a_look_at_another_run(lens, lab):
    await ready(lab)
    lab.form.choose(TASKS[2])
    lab.form.set("noise", 4.0)
    lab._go()
    await until(lambda: lab.go.text() == "Cancel")
    lens.state.runs.selected.emit("/p/runs/0002-other")
    assert lab.config["noise"] == 1.0
    lab.form.choose(TASKS[0])
    lens.state.runs.selected.emit(lens.run.key)
    assert (lab.task, lab.config["noise"]) == (TASKS[2], 4.0)


async def test_the_lab_fits_where_image_and_results_stand_side_by_side(lens, lab):
    """The results were wider than their half, and their last button was cut off."""
    await ready(lab)
    lab.resize(WIDE, 456)
    for task in TASKS:
        lab.form.choose(task)
        lab.results.take(Edited(task, np.zeros((8, 1, SIDE, SIDE), np.float32), tuple("12345678"),
                                lab.edits.now.image, 0, (False,) * 8, 0, 1.0, "", "r"))  # fmt: skip
        lab.refresh()
        inner = lab.form.widget()
        await until(lambda: lab.form.height() >= inner.minimumSizeHint().height())  # noqa: B023
        assert lab.page.width() <= WIDE, task.title
        assert not lab.form.verticalScrollBar().isVisibleTo(lab), "the page scrolls, and not twice"


async def test_what_the_engine_was_lost_with_is_no_longer_on_its_way(lens, lab):
    await ready(lab)
    lab.edits.put(with_mask(lab))
    lab._go()
    await until(lambda: lab.go.text() == "Cancel")
    lens.state.jobs_lost.emit([JobInfo(job="j7", kind="operator", state="running", title="")])
    assert lab.go.text() == "Apply"
    assert "Apply again" in lab.alert.text()
    assert lab.edits.now.marked.any(), "what was painted stays"


def of_sketches(lens: Any) -> list[Operate]:
    return [each for each in lens.link.of(Operate) if each.inline and each.operator == "sdedit"]


def with_mask(lab: EditView) -> Any:
    mask = np.zeros((SIDE, SIDE), bool)
    mask[0] = True
    return replace(lab.edits.now, mask=mask)


async def test_a_sketch_is_tried_at_five_strengths_and_a_click_takes_one(lens, lab):
    await ready(lab)
    lab.form.what.setCurrentIndex(2)
    await until(lambda: lab.strengths.strip.count == len(LEVELS))
    tried = [each.config["noise"] for each in of_sketches(lens)]
    assert tried == list(LEVELS)
    lab.strengths.strip.picked.emit(3)
    assert lab.config["noise"] == LEVELS[3]
    before = len(tried)
    lab.paint.empty()
    await until(lambda: len(of_sketches(lens)) == before + 5)
    assert not lab.edits.now.image.any(), "the pen, which is white, is seen on it"
    assert lab.edits.now.label == "", "a sketch is of no class"
    lab.take_real()
    assert lab.strengths.strip.count == 0, "those of the sketch are of another image"


async def test_selected_rows_are_taken_and_two_are_the_ends_of_a_way(lens, lab):
    await ready(lab)
    x = np.random.default_rng(1).random((4, 1, SIDE, SIDE)).astype(np.float32)
    source = Source(lens.run.key, "samples", "a.h5")
    arrays = {"x": x, "label": np.array(["one", "two", "two", "nought"])}
    lens.state.selection.offer(source, Offered(arrays, "Generated image", lambda row: []))
    lab.form.what.setCurrentIndex(6)
    lens.state.selection.set(source, np.array([1, 3]), "click")
    assert lab.edits.now.title == "Generated image 1, two"
    assert lab.second.label == "nought"
    lab._go()
    await until(lambda: bool(jobs(lens)))
    assert jobs(lens)[0].given == {"label": ["two", "nought"]}


async def test_a_dropped_picture_is_made_as_the_data_are_and_any_other_file_refused(
    lens, lab, tmp_path
):
    await ready(lab)
    picture = QImage(16, 24, QImage.Format.Format_RGB32)
    picture.fill(QColor("#ffffff"))
    good, bad = tmp_path / "white.png", tmp_path / "words.txt"
    assert picture.save(str(good))
    bad.write_text("words")

    def drop(path: Path) -> None:
        data = QMimeData()
        data.setUrls([QUrl.fromLocalFile(str(path))])
        actions = Qt.DropAction.CopyAction | Qt.DropAction.MoveAction
        button, modifiers = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ShiftModifier
        event = QDropEvent(QPointF(9, 9), actions, data, button, modifiers)
        assert event.proposedAction() == Qt.DropAction.MoveAction
        lab.dropEvent(event)
        assert event.isAccepted()
        assert event.dropAction() == Qt.DropAction.CopyAction, "a file that was moved is deleted"

    drop(good)
    await until(lambda: lab.edits.now.title == "white.png")
    assert lab.edits.now.image.shape == (1, SIDE, SIDE)
    assert lab.edits.now.image.min() == pytest.approx(1.0)
    assert "cut to 16 x 16 pixels at its centre, made 8 x 8" in lab.said.text()
    lab.said.setText("Drop it: as it lies over the lab")
    drop(bad)
    await until(lambda: "words.txt cannot be read as an image" in lab.alert.text())
    assert "made 8 x 8" in lab.said.text(), "of the picture that is there"
    assert lab.edits.now.title == "white.png", "what was there stays"
    lab.take_real()
    assert "made 8 x 8" not in lab.said.text(), "a real one was not cut"
    lab.paint.undo()
    assert "made 8 x 8" in lab.said.text(), "it is said again of the picture that is back"


async def test_without_a_mouse_arrows_and_enter_paint(lens, lab):
    await ready(lab)
    lab.paint.size_by(-1)
    lab.paint.size_by(-1)
    for key in (Qt.Key.Key_Up, Qt.Key.Key_Left):
        QTest.keyClick(lab.canvas, key)
    QTest.keyClick(lab.canvas, Qt.Key.Key_Return)
    assert np.argwhere(lab.edits.now.marked).tolist() == [[3, 3]]
    QTest.keyClick(lab.canvas, Qt.Key.Key_Return, Qt.KeyboardModifier.ShiftModifier)
    assert not lab.edits.now.marked.any()
    before = lab.paint.width_said.text()
    QTest.keyClick(lab.canvas, Qt.Key.Key_BracketRight)
    assert lab.paint.width_said.text() != before


async def test_of_another_run_that_decodes_the_classes_are_offered_that_it_knows(lens, lab):
    to = FieldSpec(path="to", kind="data-choice", title="To", help="", default="", of="class")
    target = FieldSpec(path="target", kind="run", title="Run", help="", default=None, of="denoiser")
    lens.state.catalog.entries.append(
        msgspec.structs.replace(operator("translate", "rows"), fields=[target, to])
    )
    await ready(lab)
    lab.form.what.setCurrentIndex([task.title for task in TASKS].index("Translate"))
    other = replace(lens.run, key=f"{lens.run.key}-b", name="0009-b", checkpoints=[7])
    lens.state.runs.by_key[other.key] = other
    plain = lens.link.ask

    async def ask(command: Any) -> Answer:
        if isinstance(command, GetAble) and command.run == other.key:
            named = {"name": "label", "names": ["bag", "boot"]}
            return Answer({"step": 7, "operators": [], "conditions": [named]})
        return await plain(command)

    lens.link.ask = ask
    editor = lab.form._form.rows["to"].editor
    assert editor._names == ("nought", "one", "two", "three")
    lab.form._edited(target, {"run": "0009-b", "step": None})
    assert editor._names == (), "what another run knows is not known yet"
    await until(lambda: editor._names == ("bag", "boot"))
    lab.form._edited(target, None)
    assert editor._names == ("nought", "one", "two", "three")


async def test_a_run_on_images_of_another_form_is_not_offered_to_decode(lens, lab):
    target = FieldSpec(path="target", kind="run", title="Run", help="", default=None)
    lens.state.catalog.entries.append(
        msgspec.structs.replace(operator("translate", "rows"), fields=[target])
    )
    await ready(lab)
    lab.form.what.setCurrentIndex([task.title for task in TASKS].index("Translate"))
    spec = msgspec.structs.replace(lens.run.spec, dataset=Pick(slug="emoji"))
    other = replace(lens.run, key=f"{lens.run.key}-c", name="0009-c", checkpoints=[7], spec=spec)
    lens.state.runs.by_key[other.key] = other
    lens.state.runs.listed.emit()
    sets = [OtherSet(slug="emoji", title="Emoji", reason="Emoji has other rows.")]
    sets.append(OtherSet(slug="fashion", title="Fashion"))
    lab.form.know(Able(step=100, operators=[], others=sets))
    lab.refresh()
    assert lab.form._form.rows["target"].editor._folders == [""]
    said = "train a diffusion (+ above the runs) on other grey images of 8 x 8, such as Fashion."
    assert said in lab.says.text()
    lab._go()
    assert said in lab.alert.text()
    assert lab.says.isHidden(), "it stands there once"
    lab.form.know(Able(step=100, operators=[], others=sets[1:]))
    lab.refresh()
    assert lab.form._form.rows["target"].editor._folders == ["", "0009-c"]
    assert "train" not in lab.says.text()


async def test_settings_stay_where_they_are_when_one_of_them_is_wrong(lens, lab):
    await ready(lab)
    lab.resize(1000, 900)
    QApplication.processEvents()
    before = lab.form.y()
    assert lab.form._form.show_problem("seed", "must be a whole number")
    QApplication.processEvents()
    assert lab.form._form.rows["seed"].problem.isVisible()
    assert lab.form.y() == before
    low = lab.results.height()
    lab._say("Something is wrong.")
    QApplication.processEvents()
    assert lab.form.y() == before
    assert lab.results.height() == low


async def test_the_brush_is_as_wide_as_the_image_asks_for(lens, lab):
    """On images of 8 x 8 it had covered nine of 64 pixels at first."""
    await ready(lab)
    widths = []
    for side in (8, 28, 64):
        lab.paint.show_for(TASKS[0], 1, side)
        widths.append(lab.paint.width_said.text())
    assert widths == ["1 px", "3 px", "6 px"]
    lab.paint.size_by(1)
    lab.paint.show_for(TASKS[0], 1, 64)
    assert lab.paint.width_said.text() == "8 px", "it stays as it was sized"


async def test_the_ink_is_seen_and_that_of_colours_is_none_for_grey_images(lens, lab):
    await ready(lab)
    lab.form.what.setCurrentIndex(2)
    assert lab.paint.ink.isVisible()
    assert lab.paint.ink.colour == QColor("white")
    lab.paint._brightness.setValue(0)
    assert lab.paint.ink.colour == QColor("black")
    lab.paint._take_ink((1.0, 0.0, 0.0))
    lab.refresh()
    assert lab.paint.ink.colour == QColor("black")
    lab.form.what.setCurrentIndex(0)
    assert lab.paint.ink.isHidden()


def without_denoiser(lens: Any, *capabilities: str) -> None:
    """Make the run one of a family that cannot follow an image through noise."""
    family = lens.state.catalog.entries[0]
    other = msgspec.structs.replace(family, title="GAN", capabilities=list(capabilities))
    between = msgspec.structs.replace(operator("interpolate-latents"), needs=["mapped"])
    lens.state.catalog.entries[0] = other
    lens.state.catalog.entries.append(between)
    lens.state.runs.changed.emit(lens.run.key)


async def test_a_generator_goes_between_latents_and_says_what_needs_a_denoiser(lens, lab):
    """Of a GAN there was no lab, and nobody said why."""
    without_denoiser(lens, "mapped")
    assert VIEW.applies(lens.state)
    await ready(lab)
    await until(lambda: lab.task.title == "Interpolate latents")
    assert lab.canvas.isHidden()
    assert lab.real.isHidden()
    assert lab.open_.isHidden()
    assert lab.lacks.text() == (
        "Film, Guidance, Anomaly and the other edits need a Gaussian denoiser, and GAN "
        "has none. Train a Diffusion on the same images."
    )
    data = QMimeData()
    data.setImageData(QImage(8, 8, QImage.Format.Format_RGB32))
    lab.take_carried(data)
    assert "uses no image" in lab.alert.text()
    lab._go()
    await until(lambda: lab.go.text() == "Cancel")
    (asked,) = jobs(lens)
    assert (asked.operator, asked.inputs, asked.given) == ("interpolate-latents", {}, {})
    x = np.linspace(0, 1, 5, dtype=np.float32)[:, None, None, None] * np.ones((1, SIDE, SIDE))
    way = np.linspace(0, 1, 5, dtype=np.float32)
    arrays = {"x": x.astype(np.float32), "way": way, "angle": np.array([88.4], np.float32)}
    write(lens, "interpolate-latents", arrays, seed=3)
    await until(lambda: is_applied(lab))
    assert lab.results.found.names == ("0%", "25%", "50%", "75%", "100%")
    assert lab.canvas.sides == ("First latent", "Chosen stop")
    assert "88° apart" in lab.results.said.text()
    assert lab.results.image[0, 0, 0] == 0.5
    assert lab.results.found.before[0, 0, 0] == 0.0, "the first end stands before the divider"
    assert not lab.canvas.isHidden()
    assert lab.results._use.isHidden(), "it takes no image"


async def test_a_model_that_has_no_edits_says_why_and_what_to_do(lens, lab):
    without_denoiser(lens, "population")
    assert VIEW.applies(lens.state)
    lab.refresh()
    assert lab.page.isHidden()
    assert lab.go.isHidden()
    said = lab.empty.accessibleName()
    assert said.startswith("This model supports no edits. Edits, Film, Guidance and Anomaly need a")
    assert "GAN has none. Train a Diffusion on" in said


def keep(
    lens: Any, slug: str, arrays: dict[str, Any], handed: dict[str, Any], **config: Any
) -> str:
    """Let a result lie in the run, as an earlier session left it."""
    record = ResultRecord(
        operator=slug, title=slug, run="0001-r", step=100, config=config, seconds=1.5,
        given={"label": "two"},
    )  # fmt: skip
    made = Results(Path(lens.run.key) / "results").write(record, arrays, (), handed)
    lens.run.results.append(made.name)
    return made.name


async def test_kept_edits_come_back_with_what_they_were_made_of(lens, lab):
    """After a restart they could be browsed, and the lab began with a real image."""
    await ready(lab)
    lab.hide()
    lab.edits.now = None  # as in a window that was just opened
    x = np.random.default_rng(2).random((3, 1, SIDE, SIDE)).astype(np.float32)
    known = np.ones((1, 1, SIDE, SIDE), np.int64)
    known[0, 0, 2, 3] = 0
    rows = {"x": x, "row": np.zeros(3, np.int64)}
    masked = keep(lens, "inpaint", rows, {"rows": x[:1], "known": known}, draws=3, seed=5)
    way = {"x": x, "way": np.linspace(0, 1, 3)}
    between = keep(lens, "interpolate", way, {"rows": x[:2]}, draws=1)
    old = keep(lens, "sdedit", rows, {}, noise=1.0)
    lab.show()
    await until(lambda: is_applied(lab))
    assert lab.results.found.name == between, f"{old} does not say what it was made of"
    assert lab.task.title == "Interpolate"
    assert lab.edits.now.title == "Image of result 2, class two"
    np.testing.assert_array_equal(lab.second.image, x[1])
    lens.state.opened[lens.run.key] = masked
    lens.state.result_opened.emit(lens.run.key)
    await until(lambda: lab.results.found is not None and lab.results.found.name == masked)
    assert lab.task.title == "Inpaint"
    assert np.argwhere(lab.edits.now.marked).tolist() == [[2, 3]]
    assert (lab.config["draws"], lab.config["seed"]) == (3, 5)
    assert lab.results.tiles.count == 3
    lab.paint.undo()
    assert lab.edits.now.title == "Image of result 2, class two"


async def test_what_is_painted_and_not_applied_outlives_the_window(lens, lab) -> None:
    """A mask was gone with the window."""
    await ready(lab)
    at = lab.canvas.box().topLeft() + QPointF(2.5, 1.5) * (lab.canvas.box().width() / SIDE)
    QTest.mouseClick(lab.canvas, Qt.MouseButton.LeftButton, pos=at.toPoint())
    painted = lab.edits.now
    assert painted.marked.any()
    lab.hide()  # as it is when the studio is left
    other = EditView(lens.state, lens.actions)
    other.resize(1000, 640)
    other.show()
    await until(lambda: other.edits.now is not None and other.edits.now.marked.any())
    now = other.edits.now
    assert now.marked.tolist() == painted.marked.tolist()
    assert (now.image == painted.image).all()
    assert (now.title, now.label) == (painted.title, painted.label)
    assert other.task.operator == "inpaint"
    assert other.edits.can_undo, "to the image as it was"
    # What is wiped, or applied, is not kept.
    other.paint.wipe()
    other._unapplied.flush()
    assert unsaved_edits.read(lens.run.key) is None
    other.paint.undo()
    other._unapplied.flush()
    assert unsaved_edits.read(lens.run.key) is not None
    other._go()
    await until(lambda: other.go.text() == "Cancel")
    write(lens, "inpaint", {"x": np.tile(now.image, (8, 1, 1, 1))})
    await until(lambda: is_applied(other))
    other._unapplied.flush()
    assert unsaved_edits.read(lens.run.key) is None
    other.close()
    other.deleteLater()


@pytest.mark.parametrize("data", [b"", b"no archive", b"PK\x03\x04 cut off"])
def test_a_sheet_that_cannot_be_read_is_none(data: bytes) -> None:
    file = unsaved_edits.file_of("/p/runs/0001-r")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(data)
    assert unsaved_edits.read("/p/runs/0001-r") is None

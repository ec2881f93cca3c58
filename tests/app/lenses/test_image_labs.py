"""Anomaly and purification in the Samples lens: what was found is drawn, and told truly."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import (
    QColor,
    QDragEnterEvent,
    QDropEvent,
    QGuiApplication,
    QImage,
    QKeySequence,
)
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from studio.app.intents.base import Answer
from studio.app.views.images.anomaly import AnomalyView, overlaid
from studio.app.views.images.purified import PurifiedView
from studio.protocol.catalog import EntrySpec
from studio.protocol.messages import Operate, ResultWritten
from studio.store.results import ResultRecord, Results
from tests.qtloop import until

M, SIDE = 12, 4


def test_a_map_lies_over_a_grey_image_as_far_as_it_says() -> None:
    image = np.full((1, 1, 1, 3), 0.5, np.float32)
    amounts = np.array([[[0.0, 1.0, np.nan]]], np.float32)
    made = overlaid(image, amounts, "#ff0000")
    assert made.shape == (1, 3, 1, 3)
    assert made[0, :, 0, 0].tolist() == pytest.approx([0.5, 0.5, 0.5])
    assert made[0, :, 0, 1].tolist() == pytest.approx([0.925, 0.075, 0.075])
    assert made[0, :, 0, 2].tolist() == pytest.approx([0.5, 0.5, 0.5]), "unknown is nothing"


@pytest.fixture
def images(lens: Any) -> Any:
    lens.state.catalog.entries.append(
        EntrySpec(
            kind="dataset", slug="two-moons", title="Digits", summary="", source="", fields=[],
            kinds=["images"],
        )
    )  # fmt: skip
    lens.run.classes = ("nought", "one", "two")
    return lens


def opened(lens: Any, made: Any) -> Iterator[Any]:
    made.resize(900, 640)
    made.show()
    QApplication.processEvents()
    yield made
    made.close()
    made.deleteLater()
    QApplication.sendPostedEvents()


@pytest.fixture
def anomaly(images: Any) -> Iterator[AnomalyView]:
    yield from opened(images, AnomalyView(images.state, images.actions))


@pytest.fixture
def purified(images: Any) -> Iterator[PurifiedView]:
    yield from opened(images, PurifiedView(images.state, images.actions))


def write(lens: Any, slug: str, arrays: dict[str, Any]) -> None:
    record = ResultRecord(operator=slug, title=slug, run="0001-r", step=9, config={}, note="Said.")
    made = Results(Path(lens.run.key) / "results").write(record, arrays)
    lens.run.results.append(made.name)
    lens.state.result_written.emit(
        ResultWritten(job="j", run=lens.run.key, operator=slug, step=9, result=str(made.path))
    )


async def test_scores_are_a_histogram_and_each_set_says_how_far_it_stands_out(
    images: Any, anomaly: AnomalyView
) -> None:
    assert anomaly.empty.isVisibleTo(anomaly)
    rng = np.random.default_rng(0)
    x = rng.random((M, 1, SIDE, SIDE)).astype(np.float32)
    write(images, "outliers", {
        "unseen": rng.normal(1, 0.1, 50), "pasted": rng.normal(2, 0.1, 50),
        "auc-pasted": np.array([0.97, 0.9, 1.0]), "auc-places": np.array([0.5, 0.4, 0.6]),
        "pictures": x, "maps": x, "places": np.zeros((M, SIDE, SIDE)),
    })  # fmt: skip
    await until(lambda: anomaly.filled)
    assert anomaly.note.text() == "Said."
    cells = [[anomaly.table.item(r, c).text() for c in range(4)] for r in range(3)]
    assert cells[0][:2] == ["Unseen images", "50"]
    assert cells[1][3] == "97.0% (90.0% to 100.0%)"
    assert cells[2][3] == "50.0% (40.0% to 60.0%)"
    good, warm = (anomaly.table.item(r, 3).foreground().color().name() for r in (1, 2))
    assert good != warm, "what chance would do is not praised"
    assert anomaly.maps.count == M
    anomaly.look.chosen.emit(2)
    assert anomaly.maps.tiles is not None


async def test_what_the_judge_sees_stands_below_each_image_with_a_cross_where_it_errs(
    images: Any, purified: PurifiedView
) -> None:
    accuracy = np.array([[0.99, 0.95, 1], [0.9, 0.8, 0.95], [0.1, 0.05, 0.2], [0.8, 0.7, 0.9],
                         [0.95, 0.9, 1.0]])  # fmt: skip
    write(images, "attack", {
        "accuracy": accuracy, "pictures": np.zeros((3, M, 1, SIDE, SIDE), np.float32),
        "verdict": np.tile([[1], [2], [7]], (1, M)), "sure": np.full((3, M), 0.75),
        "label": np.ones(M, int),
    })  # fmt: skip
    await until(lambda: purified.filled)
    said = [strip._paint.below.words[0] for strip in purified.strips]
    assert said == ["one 75%", "two 75% ✗", "7 75% ✗"]
    assert purified.table.item(3, 1).text() == "80.0% (70.0% to 90.0%)"
    purified.strips[1].picked.emit(4)
    assert [strip.selection for strip in purified.strips] == [4, 4, 4]


def dropped(view: Any, mime: QMimeData) -> None:
    how = (mime, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier)
    copy = Qt.DropAction.CopyAction
    QApplication.sendEvent(view, QDragEnterEvent(QPoint(9, 9), copy, *how))
    QApplication.sendEvent(view, QDropEvent(QPointF(9, 9), copy, *how))


def file(path: Path) -> QMimeData:
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path))])
    return mime


def white(side: int) -> QImage:
    picture = QImage(side, side, QImage.Format.Format_RGB32)
    picture.fill(QColor("#ffffff"))
    return picture


def answers(lens: Any, **arrays: dict[str, Any]) -> list[Operate]:
    """Let operators answer with arrays, and return what they are asked."""
    asked: list[Operate] = []
    plain = lens.link.ask

    async def ask(command: Any, *more: Any, **named: Any) -> Any:
        if not isinstance(command, Operate):
            return await plain(command, *more, **named)
        asked.append(command)
        return Answer({"step": 9}, arrays[command.operator.replace("-", "_")])

    lens.link.ask = ask
    return asked


async def test_a_picture_that_is_dropped_on_the_lab_is_held_against_what_was_measured(
    images: Any, anomaly: AnomalyView, tmp_path: Path
) -> None:
    images.run.target = np.zeros((3, 1, SIDE, SIDE), np.float32)
    asked = answers(images, anomaly={
        "score": np.array([1.5]), "map": np.ones((1, 1, SIDE, SIDE), np.float32)
    })  # fmt: skip
    picture = tmp_path / "white.png"
    assert white(8).save(str(picture))
    dropped(anomaly, file(picture))
    await until(lambda: "score" in anomaly.own.said.text())
    assert anomaly.own.said.text().endswith("made 4 x 4. Its score is 1.5.")
    assert (asked[0].operator, asked[0].inline) == ("anomaly", True)
    assert np.array(asked[0].inputs["rows"]) == pytest.approx(np.ones((1, 1, SIDE, SIDE)))
    write(images, "outliers", {
        "unseen": np.array([1.0, 1.0, 1.0, 2.0]), "auc-places": np.array([0.5, 0.4, 0.6]),
        "pictures": np.zeros((1, 1, SIDE, SIDE)), "maps": np.ones((1, 1, SIDE, SIDE)),
        "places": np.zeros((1, SIDE, SIDE)),
    })  # fmt: skip
    await until(lambda: anomaly.filled)
    dropped(anomaly, file(picture))
    await until(lambda: "unseen" in anomaly.own.said.text())
    assert "above that of 75% of 4 unseen images" in anomaly.own.said.text()
    words = tmp_path / "words.txt"
    words.write_text("words")
    dropped(anomaly, file(words))
    assert "words.txt cannot be read as a picture" in anomaly.own.trouble.text()
    assert anomaly.own.tiles.isVisibleTo(anomaly), "what was there stays"
    anomaly.own.put_away()
    assert not anomaly.own.isVisibleTo(anomaly)


async def test_a_pasted_picture_is_purified_and_the_judge_asked_before_and_after(
    images: Any, purified: PurifiedView
) -> None:
    clipboard = QGuiApplication.clipboard()
    clipboard.setImage(white(SIDE))
    QTest.keySequence(purified, QKeySequence.StandardKey.Paste)
    assert "size of these images is not known yet" in purified.own.trouble.text()
    images.run.target = np.zeros((3, 1, SIDE, SIDE), np.float32)
    asked = answers(
        images,
        purify={"x": np.zeros((1, 1, SIDE, SIDE), np.float32)},
        ask_judge={"class": np.array([1, 2]), "sure": np.array([0.5, 0.75])},
    )
    QTest.keySequence(purified, QKeySequence.StandardKey.Paste)
    await until(lambda: "judge" in purified.own.said.text())
    assert [each.operator for each in asked] == ["purify", "ask-judge"]
    assert np.shape(asked[1].inputs["rows"]) == (2, 1, SIDE, SIDE)
    below = purified.own.tiles._paint.below.words
    assert list(below) == ["before: one 50%", "purified: two 75%"]
    assert "another class than before" in purified.own.said.text()
    clipboard.setText("words")
    QTest.keySequence(purified, QKeySequence.StandardKey.Paste)
    assert purified.own.trouble.text() == "That is no picture. Copy an image, or the file of one."

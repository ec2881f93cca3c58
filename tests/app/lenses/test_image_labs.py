"""Anomaly and purification in the Samples lens: what was found is drawn, and told truly."""

import threading
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

from pushforward.studio.app.data.views.lab import Finding
from pushforward.studio.app.data_types.images import image_sources
from pushforward.studio.app.data_types.images.anomaly_lab import AnomalyView, overlaid
from pushforward.studio.app.data_types.images.film_lab import FilmView
from pushforward.studio.app.data_types.images.image_guidance_lab import ImageGuidanceView
from pushforward.studio.app.data_types.images.purification_lab import PurifiedView
from pushforward.studio.app.design.theme import theme
from pushforward.studio.app.engine.requests.request_base import Answer
from pushforward.studio.app.labs.likelihood_lab import LikelihoodView
from pushforward.studio.protocol.catalog import EntrySpec
from pushforward.studio.protocol.messages import GetAble, Operate, ResultWritten
from pushforward.studio.store.results import ResultRecord, Results
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


def test_a_map_and_the_name_of_a_set_are_the_same_in_every_scheme(images: Any, qapp: Any) -> None:
    view = AnomalyView(images.state, images.actions)
    view._key = images.run.key
    x, places = np.ones((1, 1, SIDE, SIDE), np.float32), np.zeros((1, SIDE, SIDE))
    area = np.array([0.5, 0.4, 0.6])
    view.finding = Finding(
        {"unseen": np.ones(2), "auc-places": area, "pictures": x, "maps": x, "places": places},
        {}, 9,
    )  # fmt: skip
    drawn = []
    for mode in ("light", "dark"):
        theme.set_mode(mode)
        view._show_maps()
        drawn.append(view.maps.tiles._atlas.pixel(0, 0))
    assert drawn[0] == drawn[1]
    assert view.called("other", "Other data") == "Other data"
    view.finding = Finding({}, {"other": {"slug": "two-moons", "config": {}}}, 9)
    assert view.called("other", "Other data") == "Digits"
    assert view.called("unseen", "Unseen images") == "Unseen images"
    view.deleteLater()


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
    for place, said in enumerate(
        ("Orange: reconstruction error", "Input images", "Blue: the inserted patch")
    ):
        anomaly.look.chosen.emit(place)
        assert anomaly.legend.text().startswith(said)
    anomaly.look.chosen.emit(0)
    images.run.step = 2000
    anomaly.refresh()
    assert anomaly.note.text() == "Said. Measured at step 9; the training is at step 2,000."
    cells = [[anomaly.table.cell(r, c).text() for c in range(4)] for r in range(3)]
    assert cells[0][:2] == ["Unseen images", "50"]
    assert cells[1][3] == "97.0\u00a0% (90.0 to 100.0)"
    assert cells[2][3] == "50.0\u00a0% (40.0 to 60.0)"
    good, warm = (anomaly.table.cell(r, 3).foreground().color().name() for r in (1, 2))
    assert good != warm, "what chance would do is not praised"
    assert anomaly.ratio.text().startswith("Ratio of each distribution to unseen images.")
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
    assert "each pixel changes by" in purified.done.text()
    assert "data std is put on" in purified.done.text()
    assert said == ["one, 75\u00a0%", "✗ two, 75\u00a0%", "✗ 7, 75\u00a0%"]
    assert purified.table.cell(3, 1).text() == "80.0\u00a0% (70.0 to 90.0)"
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
        if isinstance(command, GetAble):
            conditions = [{"name": "label", "names": list(lens.run.classes)}]
            return Answer({"step": 9, "operators": [], "conditions": conditions})
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
    assert anomaly.own.said.text().endswith(
        "made 4 x 4. Its score is 1.5. 0: predicted perfectly; 1: about as bad as unstructured "
        "noise. More compares it with unseen images."
    )
    assert (asked[0].operator, asked[0].inline) == ("anomaly", True)
    assert np.array(asked[0].inputs["rows"]) == pytest.approx(np.ones((1, 1, SIDE, SIDE)))
    write(images, "outliers", {
        "unseen": np.array([1.0, 1.0, 1.0, 2.0]), "auc-places": np.array([0.5, 0.4, 0.6]),
        "pictures": np.zeros((1, 1, SIDE, SIDE)), "maps": np.ones((1, 1, SIDE, SIDE)),
        "places": np.zeros((1, SIDE, SIDE)),
    })  # fmt: skip
    await until(lambda: anomaly.filled)
    dropped(anomaly, file(picture))
    await until(lambda: "above" in anomaly.own.said.text())
    assert "above that of 75\u00a0% of 4 unseen images" in anomaly.own.said.text()
    assert anomaly.histogram.shown.mark == ("your picture", 1.5)
    words = tmp_path / "words.txt"
    words.write_text("words")
    dropped(anomaly, file(words))
    await until(lambda: "words.txt cannot be read as an image" in anomaly.own.trouble.text())
    assert anomaly.own.tiles.isVisibleTo(anomaly), "what was there stays"
    images.state.runs.selected.emit("")
    assert not anomaly.own.isVisibleTo(anomaly)
    assert anomaly.histogram.shown.mark is None
    images.state.runs.selected.emit(images.run.key)
    assert anomaly.own.title.text() == "white.png", "it lies there again"
    anomaly.own.close_.click()
    images.state.runs.selected.emit("")
    images.state.runs.selected.emit(images.run.key)
    assert not anomaly.own.isVisibleTo(anomaly), "it was put away"


async def test_the_window_goes_on_while_a_large_file_is_decoded(
    images: Any, anomaly: AnomalyView, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    images.run.target = np.zeros((3, 1, SIDE, SIDE), np.float32)
    decoded, threads = threading.Event(), []
    plain = image_sources.read_source

    def slow(*source: Any) -> Any:
        threads.append(threading.current_thread())
        assert decoded.wait(60)
        return plain(*source)

    monkeypatch.setattr(image_sources, "read_source", slow)
    picture = tmp_path / "large.png"
    assert white(8).save(str(picture))
    dropped(anomaly, file(picture))
    await until(lambda: len(threads) == 1)
    assert threads[0] is not threading.main_thread()
    assert anomaly.own.said.text() == "Reading large.png…"
    images.state.runs.selected.emit("")
    decoded.set()
    await until(lambda: not anomaly.own.reader.busy)
    assert anomaly.own.image is None, "it was for the run that was left"
    images.state.runs.selected.emit(images.run.key)
    dropped(anomaly, file(picture))
    await until(lambda: anomaly.own.image is not None)


async def test_a_pasted_picture_is_purified_and_the_judge_asked_before_and_after(
    images: Any, purified: PurifiedView
) -> None:
    clipboard = QGuiApplication.clipboard()
    clipboard.setImage(white(SIDE))
    QTest.keySequence(purified, QKeySequence.StandardKey.Paste)
    assert "image size is not known yet" in purified.own.trouble.text()
    images.run.target = np.zeros((3, 1, SIDE, SIDE), np.float32)
    asked = answers(
        images,
        purify={"x": np.zeros((1, 1, SIDE, SIDE), np.float32)},
        ask_judge={"class": np.array([1, 2]), "sure": np.array([0.5, 0.75])},
    )
    QTest.keySequence(purified, QKeySequence.StandardKey.Paste)
    await until(lambda: "Classified" in purified.own.said.text())
    assert [each.operator for each in asked] == ["purify", "ask-judge"]
    assert np.shape(asked[1].inputs["rows"]) == (2, 1, SIDE, SIDE)
    below = purified.own.tiles._paint.below.words
    assert list(below) == ["before", "purified"]
    said = "Classified as one (50 % sure) before, and as two (75 % sure) after purification."
    assert said in purified.own.said.text().replace("\u00a0", " ")
    clipboard.setText("words")
    # Wherever the keyboard is: the command of the window hands it to the lab that is seen.
    images.state.paste()
    assert (
        purified.own.trouble.text() == "The clipboard has no image. Copy an image or an image file."
    )
    purified.hide()
    assert images.state.paste is None


@pytest.fixture
def film(images: Any) -> Iterator[FilmView]:
    yield from opened(images, FilmView(images.state, images.actions))


@pytest.fixture
def likelihood(images: Any) -> Iterator[LikelihoodView]:
    yield from opened(images, LikelihoodView(images.state, images.actions))


@pytest.fixture
def guidance(images: Any) -> Iterator[ImageGuidanceView]:
    yield from opened(images, ImageGuidanceView(images.state, images.actions))


async def test_a_picture_that_is_dropped_on_the_film_is_filmed_from_the_noise_that_is_chosen(
    images: Any, film: FilmView, tmp_path: Path
) -> None:
    frames, n = 5, 2
    way = np.random.default_rng(0).random((frames, n, 1, SIDE, SIDE)).astype(np.float32)
    s = np.array([3.0, 1.0, 0.3, 0.1, 0.0], np.float32)
    images.run.target = np.zeros((3, 1, SIDE, SIDE), np.float32)
    asked = answers(images, film_of_rows={
        "t": np.linspace(0.4, 1, frames), "s": s, "nfe": np.arange(frames), "way": way,
        "foreseen": way, "score": np.ones((frames, n)), "left": np.ones((frames, n)),
        "moved": np.array([0.25, 0.75]),
    })  # fmt: skip
    picture = tmp_path / "white.png"
    assert white(8).save(str(picture))
    film.level.setValue(film.level.value() + 3)
    dropped(film, file(picture))
    await until(lambda: film.filled)
    await until(lambda: "0.5 standard deviations" in film.own.said.text())
    assert asked[0].config == {"noise": 3.0, "way": "drawn", "draws": 8}
    assert film.now.count == n
    assert film.found is None, "the run itself has no film"
    assert list(film.own.tiles._paint.below.words) == ["as seen", "s 3", "made 1", "made 2"]
    assert "from s 3" in film.words.accessibleName()
    film.way_up.chosen.emit(1)
    await until(
        lambda: film.own.said.text().startswith("white.png") and "back" in film.own.said.text()
    )
    assert asked[-1].config == {"noise": 3.0, "way": "own", "draws": 1}
    film.own.put_away()
    assert not film.filled


async def test_a_picture_is_as_likely_as_under_its_likeliest_class_and_stands_in_the_histogram(
    images: Any, likelihood: LikelihoodView, tmp_path: Path
) -> None:
    images.run.target = np.zeros((3, 1, SIDE, SIDE), np.float32)
    write(images, "likelihood-lab", {
        "learned": np.array([-60.0, -40.0, 10.0, 20.0]), "bar-learned": np.full(4, np.nan),
        "law": np.array(0), "numbers": np.array(SIDE * SIDE), "cell": np.array(4.0),
    })  # fmt: skip
    await until(lambda: likelihood.filled)
    assert likelihood.table.cell(0, 4).text() == "not defined: data are flat"
    asked = answers(images, likelihood={"log-density": np.array([-90.0, -50.0, -70.0])})
    picture = tmp_path / "white.png"
    assert white(SIDE).save(str(picture))
    dropped(likelihood, file(picture))
    await until(lambda: "nats" in likelihood.own.said.text())
    bits = 4.0 + 50.0 / (SIDE * SIDE * np.log(2))
    assert f"-50 nats, {bits:.3g} bits/dim of 256 levels, as one" in likelihood.own.said.text()
    assert "above that of 25\u00a0% of 4 rows" in likelihood.own.said.text()
    assert asked[0].given == {"label": ["nought", "one", "two"]}
    rows = np.array(asked[0].inputs["rows"])
    assert rows.shape == (3, 1, SIDE, SIDE)
    assert 0 < np.abs(rows - 1.0).max() <= 0.5 / 16, "spread over a level of the lab"
    assert likelihood.histogram.shown.mark == ("your picture", -50.0)
    likelihood.own.put_away()
    assert likelihood.histogram.shown.mark is None


async def test_the_bits_of_a_picture_alone_say_what_is_missing_to_read_them(
    images: Any, likelihood: LikelihoodView, tmp_path: Path
) -> None:
    images.run.target = np.zeros((3, 1, SIDE, SIDE), np.float32)
    answers(images, likelihood={"log-density": np.array([-50.0])})
    picture = tmp_path / "white.png"
    assert white(SIDE).save(str(picture))
    dropped(likelihood, file(picture))
    await until(lambda: "nats" in likelihood.own.said.text())
    assert likelihood.own.said.text().endswith("More compares it with the data.")
    assert ".." not in likelihood.own.said.text()


async def test_samples_are_led_to_what_the_judge_sees_in_a_picture(
    images: Any, guidance: ImageGuidanceView, tmp_path: Path
) -> None:
    images.run.target = np.zeros((3, 1, SIDE, SIDE), np.float32)
    picture = tmp_path / "white.png"
    assert white(SIDE).save(str(picture))
    dropped(guidance, file(picture))
    await until(lambda: bool(guidance.picture.trouble.text()))
    assert "is unconditional" in guidance.picture.trouble.text(), "it is not told of classes"
    answers(images, ask_judge={"class": np.array([1]), "sure": np.array([0.75])})
    guidance._names = images.run.classes
    guidance.offer(guidance._names)
    dropped(guidance, file(picture))
    await until(lambda: "Classified" in guidance.picture.said.text())
    assert guidance.classes.name == "one"


async def test_where_data_are_no_images_a_picture_is_left_to_the_window(lens: Any) -> None:
    view = LikelihoodView(lens.state, lens.actions)
    assert not view.own.open.isVisibleTo(view)
    mime = QMimeData()
    mime.setImageData(white(SIDE))
    how = (mime, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier)
    event = QDragEnterEvent(QPoint(9, 9), Qt.DropAction.CopyAction, *how)
    QApplication.sendEvent(view, event)
    assert not event.isAccepted()
    view.deleteLater()

"""Anomaly and purification in the Samples lens: what was found is drawn, and told truly."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtWidgets import QApplication

from studio.app.views.images.anomaly import AnomalyView, overlaid
from studio.app.views.images.purified import PurifiedView
from studio.protocol.catalog import EntrySpec
from studio.protocol.messages import ResultWritten
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

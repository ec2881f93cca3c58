"""Which classes are taken for which: counted right, drawn where they belong, said and written."""

from pathlib import Path

import numpy as np
from PySide6.QtCore import QPointF
from pytestqt.qtbot import QtBot

from pushforward.studio.app.charts.confusion_card import ConfusionCard
from pushforward.studio.app.charts.confusion_matrix import Confusion, ConfusionPlot
from pushforward.studio.app.charts.picture_export import write_picture
from pushforward.studio.app.core.evaluation_results import EVALUATED, newest
from pushforward.studio.app.design.theme import colors

CELLS = (("oats", "oats", 15.0), ("oats", "wheat", 5.0), ("wheat", "wheat", 40.0))


class Event:
    kind, step = EVALUATED, 60
    data = {  # noqa: RUF012 - as the engine writes it
        "values": {"accuracy": 55 / 60}, "floors": {}, "n": 60, "seed": 0,
        "intervals": {}, "cells": {"accuracy": [list(cell) for cell in CELLS]},
    }  # fmt: skip


def test_cells_are_read_from_the_events_and_those_of_earlier_versions_have_none() -> None:
    found = newest([Event()])
    assert found is not None
    assert found.cells == {"accuracy": CELLS}
    old = Event()
    old.data = {name: each for name, each in Event.data.items() if name != "cells"}
    found = newest([old])
    assert found is not None
    assert found.cells == {}


def test_rows_are_the_true_classes() -> None:
    shown = Confusion.of(CELLS)
    assert shown.names == ("oats", "wheat")
    assert shown.counts.tolist() == [[15, 5], [0, 40]]
    assert shown.shares.tolist() == [[0.75, 0.25], [0.0, 1.0]]
    assert shown.describe_cell(0, 1) == "oats told as wheat: 5 of 20"
    unseen = Confusion.of((("oats", "rye", 2.0),))
    assert unseen.shares.tolist() == [[0.0, 1.0], [0.0, 0.0]], "of rye there is none"
    assert [curve.values.tolist() for curve in shown.curves] == [[15, 5], [0, 40]]


def test_a_cell_is_drawn_where_its_classes_are_and_said_under_the_mouse(qtbot: QtBot) -> None:
    card = ConfusionCard()
    qtbot.addWidget(card)
    card.resize(400, 300)
    card.show()
    card.show_confusion(Confusion.of(CELLS), "step 60, n = 60")
    plot: ConfusionPlot = card.plot
    picture = plot.grab().toImage()

    def shade(told: float, true_from_below: float) -> str:
        at = plot.planes[0].box.mapViewToScene(QPointF(told, true_from_below)).toPoint()
        return picture.pixelColor(at).name()

    assert shade(1, 0) == colors().good, "all wheat is told right"
    assert shade(0, 0) not in (colors().good, colors().warm), "no wheat is told as oats"
    assert len({shade(0, 1), shade(1, 1), shade(0, 0)}) == 3
    plot.pointed(QPointF(1.1, 0.9))
    assert card._said.text() == "oats told as wheat: 5 of 20"
    plot.pointed(None)
    assert card._said.text() == "step 60, n = 60"
    assert "oats told as wheat: 5 of 20" in plot.accessibleDescription()


def test_it_goes_to_a_file(qtbot: QtBot, tmp_path: Path) -> None:
    card = ConfusionCard()
    qtbot.addWidget(card)
    card.show_confusion(Confusion.of(CELLS), "")
    for name in ("a.png", "a.svg"):
        write_picture(card.export_picture(), tmp_path / name)
        assert (tmp_path / name).stat().st_size > 1000
    assert np.array([curve.values for curve in card.scene.curves]).sum() == 60

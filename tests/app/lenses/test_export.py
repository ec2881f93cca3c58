"""Pictures and curves on disk are what they say they are."""

import csv
import re
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from PySide6.QtCore import QSize
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QFileDialog, QLabel
from pytestqt.qtbot import QtBot

from pushforward.studio.app.charts.curve_chart import ChartScene
from pushforward.studio.app.charts.curves import Curve
from pushforward.studio.app.charts.particle_canvas import ParticleCanvas
from pushforward.studio.app.charts.particle_timeline import Timeline
from pushforward.studio.app.charts.picture_export import (
    canvas_picture,
    painted_picture,
    widget_picture,
    write_curves,
    write_picture,
)
from pushforward.studio.app.charts.plot_style import CanvasStyle
from pushforward.studio.app.charts.print_particles import VECTOR_LIMIT
from pushforward.studio.app.charts.print_plots import charts_picture
from pushforward.studio.app.core.runs import FlowRecord, Series
from pushforward.studio.app.data.chart_export import ask_curves, ask_picture
from pushforward.studio.app.design.theme import font
from pushforward.studio.app.design.tokens import DARK
from pushforward.studio.store.errors import StoreError

Record = Callable[..., FlowRecord]


def canvas_of(qtbot: QtBot, record: FlowRecord) -> ParticleCanvas:
    canvas = ParticleCanvas()
    qtbot.addWidget(canvas)
    canvas.resize(320, 240)
    canvas.set_style(CanvasStyle.of(DARK))
    canvas.set_record(Timeline(record.t, record.x))
    canvas.show()
    canvas.fit()
    return canvas


def tags(path: Path) -> list[str]:
    return [node.tag.rsplit("}", 1)[-1] for node in ElementTree.parse(path).iter()]


def test_words_and_figures_of_a_pdf_can_be_copied_and_sought(qapp: object, tmp_path: Path) -> None:
    """What its fonts say that their glyphs mean are the characters that were painted."""
    painted = "real ± 1σ, n = 4,096 edm-pythia (GeV) 1.5×10⁻⁴ τ₂₁"

    def paint(painter: QPainter, vector: bool) -> None:
        painter.setFont(font(13))
        painter.drawText(10, 20, painted)

    write_picture(painted_picture(QSize(400, 30), paint), tmp_path / "a.pdf")
    told: set[str] = set()
    for stream in re.findall(
        rb"stream\r?\n(.*?)endstream", (tmp_path / "a.pdf").read_bytes(), re.S
    ):
        text = zlib.decompress(stream) if stream[:1] == b"x" else stream
        for found in re.findall(rb"\[((?:<[0-9A-F]{4}> ?)+)\]", text):
            told |= {chr(int(code, 16)) for code in re.findall(rb"[0-9A-F]{4}", found)}
    assert set(painted) - {" "} <= told


def test_a_png_has_twice_the_pixels(qtbot: QtBot, record: Record, tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    write_picture(canvas_picture(canvas_of(qtbot, record(50))), path)
    image = QImage(str(path))
    assert (image.width(), image.height()) == (640, 480)
    ground = int("ff" + DARK.background[1:], 16)
    seen = {image.pixel(x, y) for x in range(0, 640, 3) for y in range(0, 480, 3)}
    assert ground in seen
    assert len(seen) > 20


def test_an_svg_has_a_circle_for_each_particle(
    qtbot: QtBot, record: Record, tmp_path: Path
) -> None:
    path = tmp_path / "a.svg"
    canvas = canvas_of(qtbot, record(50))
    canvas.zoom(0.5)  # all of them are seen
    write_picture(canvas_picture(canvas), path)
    assert tags(path).count("circle") == canvas.count
    assert "image" in tags(path)  # the trails
    assert "text" in tags(path)  # the numbers of the axes


def test_a_crowd_is_an_image_in_the_svg(
    qtbot: QtBot, record: Record, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert VECTOR_LIMIT == 20_000
    monkeypatch.setattr("pushforward.studio.app.charts.print_particles.VECTOR_LIMIT", 100)
    path = tmp_path / "a.svg"
    write_picture(canvas_picture(canvas_of(qtbot, record(50))), path)
    assert "circle" not in tags(path)
    assert "image" in tags(path)


def test_charts_have_text_and_lines_in_the_svg(qtbot: QtBot, tmp_path: Path) -> None:
    steps = np.arange(100.0)
    curve = Curve("loss", "Loss", "#ff0000", steps, np.exp(-steps / 30), floor=0.05)
    path = tmp_path / "a.svg"
    write_picture(charts_picture({"Loss": ChartScene([curve], (0.0, 99.0))}), path)
    text = path.read_text()
    assert "path" in tags(path) or "polyline" in tags(path)
    assert "Loss" in text
    assert "floor" in text
    assert "training steps" in text
    assert "image" not in tags(path)


def test_any_widget_is_a_picture(qtbot: QtBot, tmp_path: Path) -> None:
    label = QLabel("hello")
    qtbot.addWidget(label)
    for name in ("a.png", "a.svg"):
        write_picture(widget_picture(label), tmp_path / name)
        assert (tmp_path / name).stat().st_size > 100


def test_another_ending_and_a_missing_folder_are_told(
    qtbot: QtBot, record: Record, tmp_path: Path
) -> None:
    picture = canvas_picture(canvas_of(qtbot, record(50)))
    with pytest.raises(StoreError, match=r"\.png, \.svg or \.pdf"):
        write_picture(picture, tmp_path / "a.gif")
    with pytest.raises(StoreError):
        write_picture(picture, tmp_path / "no" / "a.png")


def test_curves_read_back_to_the_last_bit(tmp_path: Path) -> None:
    loss, quality = Series(), Series()
    values = np.random.default_rng(0).normal(size=5).tolist()
    loss.extend([1, 2, 3, 4, 5], values)
    quality.extend([2, 4], [0.1, 1 / 3])
    path = tmp_path / "c.csv"
    write_curves({"loss": loss, "quality/mmd": quality, "empty": Series()}, path)
    rows = list(csv.DictReader(path.read_text().splitlines()))
    assert [int(r["step"]) for r in rows] == [1, 2, 3, 4, 5]
    assert [float(r["loss"]) for r in rows] == values
    assert [r["quality/mmd"] for r in rows] == ["", "0.1", "", repr(1 / 3), ""]
    assert "empty" not in rows[0]
    write_curves({}, path)
    assert path.read_text() == "step\n"
    spent = Curve("a", "A", "#fff", np.array([0.5, 2.0]), np.array([3.0, 4.0]))
    write_curves({"A": spent}, path, "seconds of training")
    assert path.read_text() == "seconds of training,A\n0.5,3.0\n2,4.0\n"


def test_asking_writes_and_says_so(lens: Any, qtbot: QtBot, tmp_path: Path) -> None:
    lens.measure("loss", [1, 2], [1.0, 0.5])
    label = QLabel("hello")
    qtbot.addWidget(label)
    posted: list[str] = []
    post = lens.state.notices.post
    lens.state.notices.post = lambda notice: (posted.append(notice.text), post(notice))
    dialogs: list[tuple[QFileDialog, Path]] = [
        (ask_picture(label, lens.state), tmp_path / "p.png"),
        (ask_curves(label, lens.state), tmp_path / "c.csv"),
        (ask_picture(label, lens.state), tmp_path / "no" / "p.png"),
    ]
    for dialog, path in dialogs:
        dialog.fileSelected.emit(str(path))
        dialog.close()
    qtbot.waitUntil(lambda: not label.findChildren(QFileDialog))  # each holds what it is to paint
    assert posted[:2] == ["p.png is written", "c.csv is written"]
    assert lens.state.notices.history[0].why == str(tmp_path)
    assert lens.state.notices.history[0].actions[0].title == "Show in folder"
    assert (tmp_path / "p.png").exists()
    assert "not written" in posted[2]

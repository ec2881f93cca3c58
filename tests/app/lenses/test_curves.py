"""Decimation loses no spike and no end; the picture of a million steps is quick."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PySide6.QtCore import QBuffer, QRect, QRectF
from PySide6.QtGui import QFont, QImage, QPainter
from PySide6.QtSvg import QSvgGenerator

from studio.app.plots.chart import ChartScene, paint_chart
from studio.app.plots.curves import Curve, columns, envelope, nearest_index, smoothed
from studio.app.plots.style import CanvasStyle
from studio.app.theme import theme


@given(arrays(np.float64, st.integers(1, 400), elements=st.floats(-1e6, 1e6)), st.integers(2, 50))
def test_columns_keep_lowest_highest_first_and_last(values: np.ndarray, count: int) -> None:
    steps = np.arange(values.size, dtype=np.float64) * 3 + 5
    found = columns(steps, values, 0.0, float(steps[-1]), count)
    assert found.x[0] == steps[0]
    assert found.x[-1] == steps[-1]
    assert found.low.min() == values.min()
    assert found.high.max() == values.max()
    assert (np.diff(found.x) >= 0).all()
    assert found.x.size <= count
    assert ((found.low <= found.mean + 1e-6) & (found.mean <= found.high + 1e-6)).all()


def test_a_single_spike_in_a_million_survives() -> None:
    values = np.ones(1_000_000)
    values[345_678] = 50.0
    steps = np.arange(1_000_000, dtype=np.float64)
    found = columns(steps, values, 0, 999_999, 800)
    assert found.high.max() == 50.0
    assert found.x.size <= 800
    x, y = envelope(found)
    assert y.max() == 50.0
    assert x.size == 2 * found.x.size


def test_what_is_not_finite_is_a_gap_and_spoils_no_neighbour() -> None:
    values = np.ones(1000)
    values[100], values[500:600] = np.inf, np.nan
    found = columns(np.arange(1000.0), values, 0, 999, 100)
    assert np.nanmax(found.high) == 1.0
    assert np.isnan(found.mean).sum() >= 8
    assert np.isfinite(found.mean[10])


def test_a_window_leaves_out_what_is_outside() -> None:
    found = columns(np.arange(100.0), np.arange(100.0), 20, 30, 500)
    assert found.x.tolist() == list(range(20, 31))
    assert columns(np.arange(10.0), np.arange(10.0), 50, 60, 5).x.size == 0


def test_smoothing_has_no_lag_and_keeps_the_ends() -> None:
    line = np.linspace(0, 10, 101)
    assert smoothed(line, 9) == pytest.approx(line)
    noisy = line + np.where(np.arange(101) % 2, 1.0, -1.0)
    calm = smoothed(noisy, 9)
    assert calm[0] == noisy[0]
    assert calm[-1] == noisy[-1]
    assert np.abs(calm[10:-10] - line[10:-10]).max() < 0.12


def test_smoothing_passes_over_gaps() -> None:
    values = np.ones(50)
    values[20] = np.nan
    calm = smoothed(values, 5)
    assert np.isnan(calm[20])
    assert calm[[19, 21]] == pytest.approx([1, 1])


def test_the_nearest_point() -> None:
    steps = np.array([0.0, 10.0, 20.0])
    assert [nearest_index(steps, s) for s in (-5, 4, 6, 14, 99)] == [0, 0, 1, 1, 2]
    assert nearest_index(np.empty(0), 3) == -1


def test_values_of_other_numbers_of_samples_are_not_joined(qapp: object) -> None:
    """The last figure of a run is often measured with more samples, and lies lower for that."""
    steps = np.array([0.0, 50.0, 100.0])
    values, floors = np.array([0.5, 0.5, 0.1]), np.array([0.2, 0.2, 0.05])
    counts = np.array([250.0, 250.0, 2000.0])
    curve = Curve("q", "Q", "#ff0000", steps, values, True, 0.05, floors, counts)
    light, full = curve.parts
    assert (light.values.tolist(), full.values.tolist()) == ([0.5, 0.5], [0.1])
    assert (light.floors.tolist(), full.floors.tolist()) == ([0.2, 0.2], [0.05])
    image = QImage(400, 300, QImage.Format.Format_RGB32)
    image.fill(0)
    box = QRectF(0, 0, 400, 300)
    style = CanvasStyle.of(theme.colors())
    with QPainter(image) as painter:
        axes = paint_chart(painter, box, style, ChartScene([curve], (0.0, 100.0)), QFont())
    middle = round(axes.x(75.0))
    column = [image.pixelColor(middle, y) for y in range(300)]
    assert not any(shade.red() > 150 and shade.green() < 80 for shade in column)
    column = [image.pixelColor(round(axes.x(25.0)), y) for y in range(300)]
    assert any(shade.red() > 150 and shade.green() < 80 for shade in column)


def test_how_many_the_highest_figure_is_of_is_written_inside_the_chart(qapp: object) -> None:
    """Above it there is no room: what lies outside the plot is cut off."""
    counts = np.array([250.0, 250.0, 2000.0])
    curve = Curve("q", "Q", "#fff", np.arange(3.0), np.array([0.1, 0.2, 0.9]), True, counts=counts)
    made, box = QBuffer(), QRectF(0, 0, 400, 160)
    made.open(QBuffer.OpenModeFlag.ReadWrite)
    image = QSvgGenerator()
    image.setOutputDevice(made)
    image.setViewBox(QRect(0, 0, 400, 160))
    painter = QPainter(image)
    scene = ChartScene([curve], span=(0.0, 2.0))
    axes = paint_chart(painter, box, CanvasStyle.of(theme.colors()), scene, QFont("Inter", 9))
    painter.end()
    told = next(line for line in bytes(made.data()).decode().splitlines() if "n = 2,000" in line)
    before = bytes(made.data()).decode().split(told)[0].rsplit("<text", 1)[-1] + told
    baseline = float(re.findall(r'\by="([-0-9.]+)"', before)[-1])
    assert baseline - 8 > axes.plot.top() - 3

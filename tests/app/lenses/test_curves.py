"""Decimation loses no spike and no end; the picture of a million steps is quick."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from pushforward.studio.app.charts.curves import Curve, columns, envelope, nearest_index, smoothed


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


def test_values_of_other_numbers_of_samples_are_not_joined() -> None:
    """The last figure of a run is often measured with more samples, and lies lower for that."""
    steps = np.array([0.0, 50.0, 100.0])
    values, floors = np.array([0.5, 0.5, 0.1]), np.array([0.2, 0.2, 0.05])
    counts, spreads = np.array([250.0, 250.0, 2000.0]), np.array([0.04, 0.04, 0.01])
    curve = Curve("q", "Q", "#ff0000", steps, values, True, 0.05, floors, counts, spreads=spreads)
    light, full = curve.parts
    assert (light.values.tolist(), full.values.tolist()) == ([0.5, 0.5], [0.1])
    assert (light.floors.tolist(), full.floors.tolist()) == ([0.2, 0.2], [0.05])
    assert (light.spreads.tolist(), full.spreads.tolist()) == ([0.04, 0.04], [0.01])

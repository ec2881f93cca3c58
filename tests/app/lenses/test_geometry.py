"""Camera, timeline, ticks and grids: what must hold exactly."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pushforward.studio.app.charts.arrows import _barbs
from pushforward.studio.app.charts.background_layers import heat_of
from pushforward.studio.app.charts.camera import Camera, Covered, robust_bounds
from pushforward.studio.app.charts.grid_fields import (
    Heat,
    at_time,
    density,
    heat_image,
    lookup,
    nice,
    sample,
    span,
)
from pushforward.studio.app.charts.particle_timeline import Timeline
from pushforward.studio.app.text.number_ticks import label, number, ticks
from pushforward.studio.protocol.catalog import LayerSpec

sizes = st.floats(50, 3000)
places = st.floats(-1e3, 1e3)
scales = st.floats(1e-2, 1e4)
covers = st.builds(
    Covered, *[st.floats(0.0, 200.0), st.floats(0.0, 150.0)] * 2
)  # of 800 x 600, half at most
cameras = st.builds(Camera, width=sizes, height=sizes, x=places, y=places, scale=scales)


@given(cameras, st.floats(0, 3000), st.floats(0, 3000))
def test_pixels_and_data_are_inverse(camera: Camera, px: float, py: float) -> None:
    back = camera.to_pixels(np.array(camera.to_data(px, py)))
    assert back == pytest.approx((px, py), abs=1e-5 * max(1.0, camera.scale))


@given(cameras, places, places, st.floats(1e-3, 1e3), st.floats(1e-3, 1e3))
def test_fit_shows_all_at_equal_aspect(
    camera: Camera, x: float, y: float, wide: float, high: float
) -> None:
    box = (x, x + wide, y, y + high)
    x0, x1, y0, y1 = camera.fitted(box).bounds
    assert x0 <= box[0] + 1e-6
    assert x1 >= box[1] - 1e-6
    assert y0 <= box[2] + 1e-6
    assert y1 >= box[3] - 1e-6
    assert (x1 - x0) / camera.width == pytest.approx((y1 - y0) / camera.height)


@given(places, st.floats(1e-3, 1e3), st.floats(1e-3, 1e3), st.floats(0.0, 400.0))
def test_fit_keeps_clear_of_what_covers_the_right(
    x: float, wide: float, high: float, covered: float
) -> None:
    box = (x, x + wide, -high, 0.0)
    camera = Camera(800, 600).fitted(box, Covered(right=covered))
    left, right = camera.to_pixels(np.array([[box[0], 0.0], [box[1], 0.0]]))[:, 0]
    assert left >= -1e-2
    assert right <= 800 - covered + 1e-2
    middle = Camera(800, 600).fitted(box)
    if middle.to_pixels(np.array([box[1], 0.0]))[0] <= 0.9 * (800 - covered):
        assert camera == middle, "it stays in the middle where there is room"


@given(places, st.floats(1e-3, 1e3), st.floats(1e-3, 1e3), covers)
def test_fit_keeps_clear_of_what_covers_the_edges(
    x: float, wide: float, high: float, covered: Covered
) -> None:
    camera = Camera(800, 600).fitted((x, x + wide, -high, 0.0), covered)
    (left, top), (right, bottom) = camera.to_pixels(np.array([[x, 0.0], [x + wide, -high]]))
    assert left >= covered.left - 1e-2
    assert right <= 800 - covered.right + 1e-2
    assert top >= covered.top - 1e-2
    assert bottom <= 600 - covered.bottom + 1e-2


def test_however_much_is_covered_a_third_of_the_picture_is_used() -> None:
    camera = Camera(900, 600).fitted((-1, 1, -1, 1), Covered(700, 0, 300, 0))
    third = Camera(300, 600).fitted((-1, 1, -1, 1))
    assert camera.scale == pytest.approx(third.scale)


def test_of_two_ways_the_one_is_taken_that_leaves_more() -> None:
    box = (-1.0, 1.0, -1.0, 1.0)
    beside, above = Covered(left=500), Covered(bottom=200)
    assert Camera(800, 600).fitted(box, beside, above) == Camera(800, 600).fitted(box, above)


def test_y_goes_up() -> None:
    camera = Camera(100, 100).fitted((-1, 1, -1, 1))
    assert camera.to_pixels(np.array([0.0, 1.0]))[1] < camera.to_pixels(np.array([0.0, 0.0]))[1]


def test_bounds_ignore_a_few_outliers_and_whatever_is_not_finite() -> None:
    points = np.random.default_rng(0).normal(size=(2000, 2))
    points[0], points[1] = (1e9, 0), (np.nan, 3)
    bounds = robust_bounds(points)
    assert bounds is not None
    assert bounds[1] < 10
    assert robust_bounds(np.full((3, 2), np.nan)) is None


# Timeline


def frames(n: int = 7) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(3)
    t = np.sort(rng.uniform(0, 1, size=n)).astype(np.float32)
    t[0], t[-1] = 0, 1
    return t, rng.normal(size=(n, 20, 3)).astype(np.float32)


def test_interpolation_is_exact_at_every_frame() -> None:
    t, x = frames()
    timeline = Timeline(t, x)
    out = np.empty((2, 20), dtype=np.float32)
    for i in range(len(t)):
        assert np.array_equal(timeline.at(float(t[i])), x[i])
        pixels = timeline.pixels(float(t[i]), (1.0, 0.0, 1.0, 0.0), out)
        assert np.allclose(pixels, x[i, :, :2].T, atol=1e-6)


@given(st.floats(0, 1))
def test_interpolation_is_linear_between_frames(now: float) -> None:
    t, x = frames()
    expected = np.stack([[np.interp(now, t, x[:, i, d]) for d in range(3)] for i in range(20)])
    assert np.allclose(Timeline(t, x).at(now), expected, atol=1e-4)


def test_pixels_follow_the_camera() -> None:
    t, x = frames()
    camera = Camera(640, 480).fitted((-2, 2, -1, 1))
    timeline = Timeline(t, x, dims=(2, 0))
    out = np.empty((2, 20), dtype=np.float32)
    wanted = camera.to_pixels(timeline.at(0.4)[:, (2, 0)]) * 2
    assert np.allclose(timeline.pixels(0.4, camera.affine(2.0), out).T, wanted, atol=1e-2)


def test_times_outside_are_those_of_the_ends() -> None:
    t, x = frames()
    assert np.array_equal(Timeline(t, x).at(-1.0), x[0])
    assert np.array_equal(Timeline(t, x).at(2.0), x[-1])
    assert np.array_equal(Timeline(np.ones(1, np.float32), x[:1]).at(0.3), x[0])


def test_a_timeline_refuses_what_does_not_fit() -> None:
    t, x = frames()
    with pytest.raises(ValueError, match="do not fit"):
        Timeline(t[:2], x)
    with pytest.raises(ValueError, match="dimensions"):
        Timeline(t, x, dims=(0, 3))


# Ticks


@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e6), st.integers(2, 12))
def test_ticks_are_few_rising_and_inside(low: float, width: float, about: int) -> None:
    marks = ticks(low, low + width, about)
    slack = 1e-6 * (abs(low) + width)
    assert len(marks) <= about + 2
    assert all(low - slack <= m <= low + width + slack for m in marks)
    assert all(a < b for a, b in itertools.pairwise(marks))


def test_labels_have_the_decimals_of_their_step_and_a_true_minus() -> None:
    assert label(-0.5, 0.5) == "−0.5"
    assert label(1500, 500) == "1,500"
    assert label(0.25, 0.05) == "0.25"
    assert number(-4) == "−4"
    assert number(math.nan) == "not finite"


# Grids


def test_a_grid_is_sampled_at_its_nodes_exactly_and_its_rows_are_y() -> None:
    bounds = (-1.0, 3.0, 10.0, 12.0)
    grid = np.arange(30, dtype=np.float32).reshape(5, 6)
    x, y = np.meshgrid(np.linspace(-1, 3, 6), np.linspace(10, 12, 5))
    points = np.stack([x.ravel(), y.ravel()], axis=1)
    assert np.allclose(sample(grid, bounds, points), grid.ravel(), atol=1e-4)
    # Linear functions are kept between the nodes, and vectors keep their two numbers.
    field = np.stack([x, y], axis=-1).astype(np.float32)
    inside = np.array([[0.3, 10.9], [2.2, 11.7]])
    assert np.allclose(sample(field, bounds, inside), inside, atol=1e-4)


def test_density_has_mass_one_and_its_top_where_the_points_are() -> None:
    points = np.random.default_rng(0).normal((1.0, -1.0), 0.2, size=(5000, 2)).astype(np.float32)
    bounds = (-3.0, 3.0, -3.0, 3.0)
    grid = density(points, bounds, resolution=64)
    area = (6 / 63) ** 2
    assert float(grid.sum() * area) == pytest.approx(1.0, abs=0.01)
    row, column = np.unravel_index(int(grid.argmax()), grid.shape)
    assert -3 + 6 * column / 63 == pytest.approx(1.0, abs=0.2)
    assert -3 + 6 * row / 63 == pytest.approx(-1.0, abs=0.2)


def test_layers_are_linear_in_time() -> None:
    layer = np.stack([np.zeros((3, 3)), np.ones((3, 3)), np.full((3, 3), 5)]).astype(np.float32)
    t = np.array([0, 0.5, 1], dtype=np.float32)
    assert at_time(layer, t, 0.25)[0, 0] == pytest.approx(0.5)
    assert at_time(layer, t, 0.5)[0, 0] == 1.0
    assert at_time(layer, t, 1.0)[0, 0] == 5.0
    assert at_time(layer[:1], t, 0.7)[0, 0] == 0.0


def test_the_heat_image_has_its_first_row_on_top_and_nothing_at_zero() -> None:
    grid = np.zeros((8, 8), dtype=np.float32)
    grid[5:, :] = 1.0  # large y
    table = lookup("#0000ff", "#ff0000", 0.5, diverging=True)
    image = heat_image(Heat(grid, (0, 1, 0, 1), "d", -1.0, 1.0, True), table)
    n = image.shape[0]
    top, bottom = image[n // 5, n // 2], image[-n // 5, n // 2]
    assert top >> 24 == pytest.approx(128, abs=4)
    assert bottom >> 24 <= 2
    assert (image[0] >> 24).max() <= 4  # feathered
    heat = Heat(np.full((4, 4), np.nan, np.float32), (0, 1, 0, 1), "d", -1.0, 1.0, True)
    assert (heat_image(heat, table) >> 24).max() <= 2


def test_ranges_are_round_symmetric_and_blind_to_outliers() -> None:
    grid = np.random.default_rng(0).normal(size=(40, 40)).astype(np.float32)
    grid[0, 0] = 1e9
    low, high = span(grid, diverging=True)
    assert low == -high
    assert high == 2.0
    assert (
        span(grid[1:] - 50, diverging=False, depth=2.0)[0]
        == span(grid[1:] - 50, diverging=False, depth=2.0)[1] - 2
    )
    assert [nice(v) for v in (0.7, 1.0, 1.2, 3, 60, -1, math.inf)] == [1, 1, 2, 5, 100, 1, 1]


def test_a_slope_that_is_positive_everywhere_is_no_flat_sheet() -> None:
    layer = LayerSpec(name="s", title="Slope", kind="scalar", symbol="h′(d)", timed=False)
    grid = np.linspace(0.45, 0.55, 64, dtype=np.float32).reshape(1, 8, 8)
    heat = heat_of(layer, grid, (0, 1, 0, 1), np.ones(1), 1.0)
    assert not heat.diverging
    assert (heat.low, heat.high) == pytest.approx((0.45, 0.55), abs=2e-3)
    same = heat_of(layer, np.ones((1, 8, 8), np.float32), (0, 1, 0, 1), np.ones(1), 1.0)
    assert same.high > same.low


def test_the_head_of_an_arrow_is_where_the_field_points() -> None:
    ends = np.array([[10.0, 0.0]])
    left, right = _barbs(np.array([[10.0, 0.0]]), ends)
    assert (left[0, 0], right[0, 0]) == (6.0, 6.0)
    assert left[0, 1] == -right[0, 1] != 0

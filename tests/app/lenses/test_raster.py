"""Laws of the raster, pixel by pixel."""

import numpy as np
import pytest

from pushforward.studio.app.charts.camera import Camera
from pushforward.studio.app.charts.particle_layer import Particles
from pushforward.studio.app.charts.particle_timeline import Timeline
from pushforward.studio.app.charts.raster import FADE_STEPS, LARGEST, Raster, fade

RED, BLUE = np.uint32(0xFFFF0000), np.uint32(0xFF0000FF)


def place(*points: tuple[float, float]) -> np.ndarray:
    return np.array(points, dtype=np.float32).T.copy()


def lit(image: np.ndarray) -> set[tuple[int, int]]:
    """Return the (column, row) of all pixels that are not empty."""
    return {(int(c), int(r)) for r, c in np.argwhere(image)}


@pytest.mark.parametrize("point", [(3.0, 4.0), (3.99, 4.99), (0.0, 0.0), (9.999, 7.999)])
def test_a_dot_of_one_pixel_is_where_the_point_is(point: tuple[float, float]) -> None:
    raster = Raster(10, 8)
    raster.begin()
    raster.heads(place(point), np.array([RED]), 1)
    assert lit(raster.visible) == {(int(point[0]), int(point[1]))}
    assert raster.visible[int(point[1]), int(point[0])] == RED


@pytest.mark.parametrize("size", range(1, LARGEST + 1))
@pytest.mark.parametrize("point", [(20.0, 20.0), (20.4, 20.6), (20.99, 20.01)])
def test_a_dot_of_any_size_is_centred_on_the_point(size: int, point: tuple[float, float]) -> None:
    raster = Raster(41, 41)
    raster.begin()
    raster.heads(place(point), np.array([RED]), size)
    pixels = np.array(sorted(lit(raster.visible)))
    assert (int(point[0]), int(point[1])) in lit(raster.visible)
    # The middle of the square of pixels is at most half a pixel from the middle of the dot.
    middle = (pixels.min(axis=0) + pixels.max(axis=0) + 1) / 2
    assert np.abs(middle - point).max() <= 0.5 + 1e-6
    assert (pixels.max(axis=0) - pixels.min(axis=0) + 1 <= size).all()


@pytest.mark.parametrize(
    "point", [(-1.0, 25.0), (-1e9, 25.0), (50.0, 25.0), (25.0, -0.5), (25.0, 1e30), (1e12, -1e12)]
)
@pytest.mark.parametrize("size", [1, 2, 3, LARGEST])
def test_what_is_off_the_screen_is_not_drawn_and_harms_nothing(
    point: tuple[float, float], size: int
) -> None:
    raster = Raster(50, 50)
    raster.begin()
    raster.heads(place(point, (25.5, 25.5)), np.array([RED, BLUE]), size)
    raster.stroke(place(point), place(point), np.array([RED]))
    assert raster.visible[25, 25] == BLUE
    # Only a dot whose centre is nearer to the edge than its radius may reach into the picture.
    seen = {p for p in lit(raster.visible) if raster.visible[p[1], p[0]] == RED}
    near = max(-point[0], point[0] - 49, -point[1], point[1] - 49)
    assert not seen or near <= size / 2
    assert all(min(c, r, 49 - c, 49 - r) <= size / 2 for c, r in seen)


def test_a_later_particle_covers_an_earlier_one() -> None:
    raster = Raster(4, 4)
    raster.begin()
    raster.heads(place((1.0, 1.0), (1.0, 1.0)), np.array([RED, BLUE]), 1)
    assert raster.visible[1, 1] == BLUE


def test_a_stroke_leaves_no_gap() -> None:
    raster = Raster(40, 40)
    raster.stroke(place((2.5, 3.5)), place((33.5, 21.5)), np.array([RED]))
    pixels = sorted(lit(raster.trail))
    assert {c for c, _ in pixels} >= set(range(3, 34))
    steps = np.abs(np.diff(np.array(pixels), axis=0)).max(axis=1)
    assert steps.max() <= 1


@pytest.mark.parametrize("value", [1, 7, 8, 128, 255])
def test_a_fade_ends_in_exactly_nothing(value: int) -> None:
    channels = np.full(64, value * 0x01010101, dtype=np.uint32)
    for _ in range(FADE_STEPS + 8):
        fade(channels)
    assert not channels.any()


def test_a_fade_keeps_premultiplied_colours_valid_at_every_step() -> None:
    """No colour channel may pass its alpha, or Qt draws garbage: checked for all pairs."""
    alpha, colour = np.meshgrid(np.arange(256), np.arange(256))
    keep = colour <= alpha
    pixels = ((alpha << 24) | (colour << 8))[keep].astype(np.uint32)
    for _ in range(FADE_STEPS):
        before = pixels.copy()
        fade(pixels)
        assert ((pixels >> 24) >= ((pixels >> 8) & 255)).all()
        assert (pixels[before > 0] < before[before > 0]).all()


def test_the_memory_is_the_picture_row_by_row() -> None:
    raster = Raster(6, 3)
    raster.begin()
    raster.heads(place((0.0, 0.0), (5.0, 2.0)), np.array([RED, BLUE]), 1)
    data = np.frombuffer(raster.memory(), dtype=np.uint32)
    assert data[0] == RED
    assert data[2 * raster.stride + 5] == BLUE


@pytest.mark.parametrize("dpr", [1.0, 1.5, 2.0, 3.0])
def test_a_particle_lands_on_the_device_pixel_of_its_place(dpr: float) -> None:
    camera = Camera(101, 81).fitted((-1.0, 1.0, -1.0, 1.0))
    points = np.array([[0.0, 0.0], [0.7, -0.4], [-0.9, 0.9]], dtype=np.float32)
    layer = Particles()
    layer.set_view(camera, dpr)
    layer.set_colours(np.full(3, RED, dtype=np.uint32))
    layer.set_timeline(Timeline(np.ones(1, np.float32), points[None]))
    image = layer.draw(1.0).visible
    assert image.shape == (round(81 * dpr), round(101 * dpr))
    for x, y in camera.to_pixels(points) * dpr:
        assert image[int(y), int(x)] == RED


def crowd(frames: int = 6, n: int = 60) -> Timeline:
    rng = np.random.default_rng(2)
    t = np.linspace(0, 1, frames, dtype=np.float32)
    return Timeline(t, rng.uniform(-1, 1, size=(frames, n, 2)).astype(np.float32))


def layer_of(timeline: Timeline) -> Particles:
    layer = Particles()
    layer.set_view(Camera(120, 120).fitted((-1.0, 1.0, -1.0, 1.0)), 1.0)
    layer.set_colours(np.full(timeline.n, RED, dtype=np.uint32))
    layer.set_timeline(timeline)
    return layer


def test_scrubbing_to_a_time_shows_nearly_what_playing_to_it_shows() -> None:
    timeline = crowd()
    played, sought = layer_of(timeline), layer_of(timeline)
    played.draw(0.0)
    for i in range(1, 49):
        played.draw(i * 0.8 / 48)
    sought.draw(0.8)
    a = played.raster.trail >> 24
    b = sought.raster.trail >> 24
    assert (a > 0).mean() > 0.1
    # Samples along a stroke may fall on neighbouring pixels; brightness and extent agree.
    assert abs(float(a.mean()) - float(b.mean())) < 0.1 * float(a.mean())
    assert ((a > 0) ^ (b > 0)).mean() < 0.15 * (a > 0).mean()


def test_speed_does_not_change_the_trail() -> None:
    timeline = crowd()
    fast, slow = layer_of(timeline), layer_of(timeline)
    for layer, steps in ((fast, 24), (slow, 192)):
        layer.draw(0.0)
        for i in range(1, steps + 1):
            layer.draw(i * 0.6 / steps)
    a, b = fast.raster.trail >> 24, slow.raster.trail >> 24
    assert abs(float(a.mean()) - float(b.mean())) < 0.15 * float(b.mean())


def test_standing_still_changes_nothing() -> None:
    layer = layer_of(crowd())
    first = layer.draw(0.5).visible.copy()
    for _ in range(40):
        again = layer.draw(0.5).visible
    assert np.array_equal(first, again)


def test_without_trails_only_the_heads_are_drawn() -> None:
    layer = layer_of(crowd())
    layer.trails = False
    layer.draw(0.2)
    layer.draw(0.25)
    assert not layer.raster.trail.any()
    assert layer.raster.visible.any()


def test_positions_that_are_not_finite_are_left_out() -> None:
    x = np.zeros((2, 3, 2), dtype=np.float32)
    x[0, 0], x[1, 0] = np.nan, 1e38
    x[:, 1] = np.inf
    layer = layer_of(Timeline(np.array([0, 1], np.float32), x))
    with np.errstate(all="raise"):
        image = layer.draw(0.5).visible
    assert image[60, 60] == RED
    assert len(lit(image)) <= 9

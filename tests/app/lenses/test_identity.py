"""Colours that are the same in every record, and tell particles apart."""

import numpy as np
import pytest

from pushforward.studio.app.charts.particle_colours import identity_colours, with_alpha
from pushforward.studio.hue_wheel import angles, oklab_to_srgb


def ring(n: int = 360) -> np.ndarray:
    a = np.arange(n) / n * 2 * np.pi
    return np.stack([np.cos(a), np.sin(a)], axis=1).astype(np.float32)


def channels(colours: np.ndarray) -> np.ndarray:
    """Return sRGB in [0, 1], (n, 3)."""
    return np.stack([(colours >> s) & 255 for s in (16, 8, 0)], axis=1) / 255


def luminance(colours: np.ndarray) -> np.ndarray:
    c = channels(colours)
    linear = np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)
    return linear @ (0.2126, 0.7152, 0.0722)


def test_a_direction_is_a_turn_from_the_right_anticlockwise() -> None:
    start = np.array([[1, 0], [0, 1], [-1, 0], [0, -1]], dtype=np.float32)
    assert angles(start) == pytest.approx([0, 0.25, 0.5, 0.75])


@pytest.mark.parametrize("dark", [True, False])
@pytest.mark.parametrize("scheme", ["hue", "blue-yellow"])
def test_colours_depend_on_the_start_only(dark: bool, scheme: str) -> None:
    start = ring()
    a = identity_colours(start, dark=dark, scheme=scheme)
    assert np.array_equal(a, identity_colours(start.copy(), dark=dark, scheme=scheme))
    assert ((a >> 24) == 255).all()
    assert len(np.unique(a)) > 100


@pytest.mark.parametrize(("dark", "ground"), [(True, 0x14161A), (False, 0xF7F8FA)])
def test_every_hue_is_seen_on_its_ground(dark: bool, ground: int) -> None:
    """Contrast of at least 3:1, the figure for graphics (WCAG 2.2, 1.4.11)."""
    light = luminance(identity_colours(ring(), dark=dark))
    back = luminance(np.array([0xFF000000 | ground], dtype=np.uint32))[0]
    bright, dim = np.maximum(light, back), np.minimum(light, back)
    assert ((bright + 0.05) / (dim + 0.05)).min() > 3.0


@pytest.mark.parametrize("dark", [True, False])
def test_no_hue_looks_brighter_than_another(dark: bool) -> None:
    light = luminance(identity_colours(ring(), dark=dark))
    assert light.max() / light.min() < 1.6


def test_the_second_scheme_is_told_apart_without_red_and_green() -> None:
    """Opposite starts differ in blue or in luminance, which dichromats see."""
    colours = identity_colours(ring(), dark=True, scheme="blue-yellow")
    blue, light = channels(colours)[:, 2], luminance(colours)
    apart = np.hypot(blue - np.roll(blue, 180), light - np.roll(light, 180))
    assert apart.min() > 0.25


def test_known_colours_of_oklab() -> None:
    lab = np.array([[1.0, 0, 0], [0.0, 0, 0], [0.62796, 0.22486, 0.12585]])
    assert oklab_to_srgb(lab) == pytest.approx(
        np.array([[1, 1, 1], [0, 0, 0], [1, 0, 0]]), abs=2e-3
    )


def test_alpha_is_premultiplied() -> None:
    half = with_alpha(np.array([0xFF804020], dtype=np.uint32), 0.5)[0]
    assert [int(half >> s) & 255 for s in (24, 16, 8, 0)] == [127, 64, 32, 16]


def test_starts_that_are_not_finite_have_a_colour_too() -> None:
    start = ring(8)
    start[3] = np.nan
    assert identity_colours(start, dark=True).shape == (8,)

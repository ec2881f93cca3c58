"""The procedural point sets, each against its own geometry."""

import math

import pytest
import torch
from torch import Tensor

from pushforward.models.config import ConfigError
from pushforward.models.data.checkerboard import CheckerboardConfig, checkerboard
from pushforward.models.data.eight_gaussians import EightGaussiansConfig, eight_gaussians
from pushforward.models.data.pinwheel import PinwheelConfig, pinwheel
from pushforward.models.data.ring_of_five import RingOfFiveConfig, ring_of_five
from pushforward.models.data.spirals import SpiralsConfig, spirals
from pushforward.models.data.strokes import GLYPHS, HEIGHT, segments
from pushforward.models.data.swiss_roll import SwissRollConfig, swiss_roll
from pushforward.models.data.two_moons import TwoMoonsConfig, two_moons
from pushforward.models.data.word import WordConfig, word
from pushforward.models.tensors import make_generator

N = 4000


def test_the_rings_are_those_of_the_literature():
    eight = eight_gaussians(EightGaussiansConfig(), N, 0)
    assert eight.modes is not None
    torch.testing.assert_close(eight.modes.norm(dim=1), torch.full((8,), 1.3))
    assert (eight.bandwidth, eight.mode_radius) == (0.12, pytest.approx(0.48))
    five = ring_of_five(RingOfFiveConfig(), N, 0)
    assert five.modes is not None
    torch.testing.assert_close(five.modes.norm(dim=1), torch.full((5,), 3.0))
    assert five.bandwidth == 0.5
    # Neighbours are equally far from each other.
    gaps = (five.modes - five.modes.roll(1, 0)).norm(dim=1)
    assert float(gaps.std()) < 1e-5


def test_two_moons_lie_on_two_half_circles():
    x = two_moons(TwoMoonsConfig(noise=0.0), N, 0).x
    upper = (x.norm(dim=1) - 1).abs() + (-x[:, 1]).clamp_min(0)
    lower = ((x - torch.tensor([1.0, 0.5])).norm(dim=1) - 1).abs() + (x[:, 1] - 0.5).clamp_min(0)
    on_upper, on_lower = upper < 1e-5, lower < 1e-5
    assert (on_upper | on_lower).all()
    assert float(on_upper.float().mean()) == pytest.approx(0.5, abs=0.04)


def test_the_swiss_roll_winds_outwards():
    x = swiss_roll(SwissRollConfig(noise=0.0, turns=2.0), N, 0).x
    radius = x.norm(dim=1)
    first, last = math.pi, 5 * math.pi
    angle = radius * last
    assert float(radius.max()) == pytest.approx(1.0, abs=0.01)
    assert float(radius.min()) == pytest.approx(first / last, abs=0.01)
    torch.testing.assert_close(
        x, radius[:, None] * torch.stack([angle.cos(), angle.sin()], 1), atol=1e-4, rtol=0
    )
    sheet = swiss_roll(SwissRollConfig(dimension="3"), N, 0)
    assert sheet.columns == ("x", "y", "z")
    assert float(sheet.x[:, 2].std()) == pytest.approx(math.sqrt(1 / 12), abs=0.02)


@pytest.mark.parametrize("cells", [2, 3, 4, 7])
def test_the_checkerboard_is_black_squares_only(cells: int):
    points = checkerboard(CheckerboardConfig(cells=cells), N, 0)
    square = ((points.x + 2) * cells / 4).floor().long()
    assert ((square >= 0) & (square < cells)).all()
    assert ((square.sum(dim=1) % 2) == 0).all()
    assert points.modes is not None
    assert len(points.modes) == (cells * cells + 1) // 2
    assert len(square.unique(dim=0)) == len(points.modes)


def test_the_pinwheel_unbends_to_its_blades():
    config = PinwheelConfig(blades=3, twist=0.4)
    x = pinwheel(config, N, 0).x
    # Undo the twist by the radius: what remains points along three directions.
    radius = x.norm(dim=1)
    angle = torch.atan2(x[:, 1], x[:, 0]) - config.twist * radius.exp()
    outside = radius > 0.7
    concentration = torch.stack([(3 * angle[outside]).cos(), (3 * angle[outside]).sin()]).mean(1)
    assert float(concentration.norm()) > 0.9
    flat = torch.stack([angle[outside].cos(), angle[outside].sin()]).mean(1)
    assert float(flat.norm()) < 0.1


def test_spirals_wind_from_the_centre():
    config = SpiralsConfig(arms=3, turns=1.0, noise=0.0)
    x = spirals(config, N, 0).x
    radius = x.norm(dim=1)
    phase = torch.atan2(x[:, 1], x[:, 0]) - 2 * math.pi * radius
    assert float((3 * phase).cos()[radius > 0.01].min()) > 0.999
    # Even along the arm: the squared radius is uniform.
    assert float((radius**2).mean()) == pytest.approx(0.5, abs=0.02)


def distance_to_strokes(x: Tensor, pieces: Tensor) -> Tensor:
    a, b = pieces[:, 0], pieces[:, 1]
    span = b - a
    u = ((x[:, None] - a) * span).sum(2) / span.square().sum(1)
    return (x[:, None] - a - u.clamp(0, 1)[:, :, None] * span).norm(dim=2).amin(dim=1)


def test_a_word_lies_on_its_strokes():
    points = word(WordConfig(text="Go 42", jitter=0.0), N, 0)
    pieces = segments("GO 42") / HEIGHT
    ends = pieces.reshape(-1, 2)
    middle = (ends.amin(0) + ends.amax(0)) / 2
    assert float(distance_to_strokes(points.x + middle, pieces).max()) < 1e-5
    assert float(points.x[:, 1].max() - points.x[:, 1].min()) == pytest.approx(1.0, abs=0.06)
    assert float(points.x[:, 0].max() + points.x[:, 0].min()) == pytest.approx(0.0, abs=0.02)


def test_jitter_is_the_distance_from_the_pen():
    straight = word(WordConfig(text="L", jitter=0.0), N, 0).x
    shaken = word(WordConfig(text="L", jitter=0.05), N, 0).x
    assert float((shaken - straight).std()) == pytest.approx(0.05, rel=0.05)


def test_every_letter_and_digit_can_be_written_and_told_apart():
    assert set(GLYPHS) == set("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")
    for character in GLYPHS:
        pieces = segments(character)
        ends = pieces.reshape(-1, 2)
        assert float(ends[:, 1].max()) == pytest.approx(HEIGHT, abs=0.3), character
        assert float(ends[:, 1].min()) == pytest.approx(0.0, abs=0.3), character
        assert float(ends[:, 0].min()) > -0.4, character
        assert float(ends[:, 0].max()) < 4.4, character
    drawn = {character: _raster(character) for character in GLYPHS}
    same = [(a, b) for a in drawn for b in drawn if a < b and torch.equal(drawn[a], drawn[b])]
    assert not same


def _raster(character: str) -> Tensor:
    pieces = segments(character)
    grid = torch.stack(torch.meshgrid(torch.arange(9) / 2, torch.arange(13) / 2, indexing="ij"), 2)
    return distance_to_strokes(grid.reshape(-1, 2), pieces) < 0.4


@pytest.mark.parametrize(
    ("text", "said"),
    [("", "empty"), ("   ", "empty"), ("a" * 25, "at most 24 characters, got 25"), ("né", "'É'")],
)
def test_a_word_that_cannot_be_written_says_why(text: str, said: str):
    with pytest.raises(ConfigError, match=said) as caught:
        word(WordConfig(text=text), 10, 0)
    assert caught.value.path == "text"


@pytest.mark.parametrize(
    ("make", "config"),
    [(eight_gaussians, EightGaussiansConfig()), (ring_of_five, RingOfFiveConfig(std=0.7))],
)
def test_the_rings_know_their_law(make, config):
    """The mean log density of the points is that of fresh draws of the law, and falls elsewhere."""
    points = make(config, 20_000, 0)
    law = points.law
    assert law is not None
    here, zero = law.log_prob(points.x, torch.tensor(0.0)).mean(), torch.tensor(0.0)
    fresh = law.log_prob(law.sample(20_000, make_generator(1)), zero).mean()
    assert float(here) == pytest.approx(float(fresh), abs=0.03)
    assert law.log_prob(points.x * 1.1, zero).mean() < here - 0.05
    told = points.spec().mixture
    assert told is not None
    assert told.means is law.means
    assert told.std is law.std
    assert told.classes is None, "nobody asked for the classes"
    assert two_moons(TwoMoonsConfig(), 100, 0).spec().mixture is None

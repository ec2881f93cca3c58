"""Free particles of a training: their starts, their moves and the noise, against closed forms."""

import math

import pytest
import torch
from torch import Tensor

from pushforward.models.carriers.base import Carrier
from pushforward.models.carriers.population import Population
from pushforward.models.carriers.starts import START_STREAM, initial_positions
from pushforward.models.contracts.batch import Batch, Rows
from pushforward.models.contracts.state import State
from pushforward.models.tensors import make_generator
from pushforward.studio.engine.run.randomness import LATENTS


class Wind:
    """A field that blows (1, 0) everywhere."""

    def fit(self, real: Rows, particles: Rows, level: Tensor | None) -> dict[str, Tensor]:
        return {}

    def velocity(self, x: Rows, t: float) -> Tensor:
        return torch.tensor([1.0, 0.0]).expand_as(Batch.of(x).x)


def population(n: int = 64, **more: float) -> Population:
    settings = {"speed": 0.5, **more}
    start = initial_positions("gaussian", n, (2,), 0)
    return Population(start, generator=make_generator(0, 2), **settings)


def test_it_is_a_carrier():
    assert isinstance(population(), Carrier)


def test_a_particle_starts_where_the_watched_latents_are():
    """The engine draws what it shows from this stream: same particle, same place, same colour."""
    assert START_STREAM == LATENTS
    expected = torch.randn((64, 2), generator=make_generator(0, LATENTS))
    assert torch.equal(population().latents(64, make_generator(1)).x, expected)


@pytest.mark.parametrize("law", ["gaussian", "eight-gaussians"])
@pytest.mark.parametrize("shape", [(1,), (2,), (3,), (1, 4, 4)])
def test_starts_have_unit_variance_and_do_not_depend_on_how_many_there_are(law, shape):
    x = initial_positions(law, 8192, shape, 3)
    assert x.shape == (8192, *shape)
    torch.testing.assert_close(x.mean(dim=0), torch.zeros(shape), rtol=0, atol=0.05)
    torch.testing.assert_close(x.std(dim=0), torch.ones(shape), rtol=0, atol=0.05)
    torch.testing.assert_close(initial_positions(law, 512, shape, 3)[:400], x[:400])
    assert not torch.equal(initial_positions(law, 512, shape, 4), x[:512])
    torch.testing.assert_close(initial_positions(law, 8192, shape, 3, width=3.0), 3 * x)


def test_the_ring_has_eight_modes():
    x = initial_positions("eight-gaussians", 4000, (2,), 0)
    sector = (torch.atan2(x[:, 1], x[:, 0]) / (math.pi / 4)).round().long() % 8
    shares = torch.bincount(sector, minlength=8) / len(x)
    assert shares.min() > 0.1
    assert x.norm(dim=1).min() > 0.6, "nobody in the middle"


def test_a_move_is_speed_times_velocity_whatever_the_number():
    for n in (1, 7, 64):
        carrier = population(n)
        before = carrier.x
        metrics = carrier.follow(Wind(), carrier.x)
        torch.testing.assert_close(carrier.x - before, torch.tensor([0.5, 0.0]).expand(n, 2))
        assert metrics["speed"].item() == pytest.approx(1.0)
        assert torch.equal(before, carrier.start), "a move does not write into what was shown"


def test_a_long_move_is_shortened_and_keeps_its_direction():
    carrier = population(3, reach=0.2)
    carrier.move(torch.tensor([[3e30, 4e30], [0.3, 0.0], [0.0, 0.0]]))
    expected = torch.tensor([[0.12, 0.16], [0.15, 0.0], [0.0, 0.0]])
    torch.testing.assert_close(carrier.x - carrier.start, expected, rtol=1e-4, atol=1e-6)


def test_an_infinite_velocity_has_a_direction_and_broken_ones_stay_broken():
    carrier = population(3, reach=0.2)
    inf, nan = float("inf"), float("nan")
    carrier.move(torch.tensor([[inf, -inf], [3.0, -inf], [nan, 1.0]]))
    moved = carrier.x - carrier.start
    expected = torch.tensor([[0.02**0.5, -(0.02**0.5)], [0.0, -0.2]])
    torch.testing.assert_close(moved[:2], expected)
    assert moved[2].isnan().any()
    free = population(1)
    assert free.move(torch.tensor([[inf, 0.0]]))["speed"].isfinite()
    assert free.x.isfinite().all()


def test_noise_has_the_variance_of_its_weight():
    carrier = population(50_000, noise=0.3)
    carrier.move(torch.zeros(50_000, 2))
    gap = carrier.x - carrier.start
    assert gap.std().item() == pytest.approx(math.sqrt(2 * 0.3 * 0.5), rel=0.02)


def test_the_law_at_rest_is_tempered_by_the_noise():
    """Along the exact grad log p/q of a Gaussian, the variance at rest is 1 + tau."""
    tau = 0.5
    carrier = population(20_000, speed=0.05, noise=tau)
    for _ in range(200):
        x = carrier.x
        q = x.var(dim=0)
        carrier.move(-x + (x - x.mean(dim=0)) / q)
    assert carrier.x.var().item() == pytest.approx(1 + tau, rel=0.05)


def test_draws_are_without_replacement_where_they_can_be():
    carrier = population(64)
    assert carrier.draw(64).x is carrier.x
    some = carrier.draw(20).x
    assert len(torch.unique(some, dim=0)) == 20
    rows = {tuple(row) for row in carrier.x.tolist()}
    assert all(tuple(row) in rows for row in carrier.draw(100).x.tolist())


def test_frames_are_of_the_particles_named_and_stay_as_they_were():
    carrier = population(64)
    z = carrier.latents(10, make_generator(0))
    carrier.follow(Wind(), z)
    first, last = carrier.frames(Wind(), z)
    assert (first.t, first.nfe, last.t, last.nfe) == (0.0, 0, 1.0, 1)
    assert torch.equal(first.x, carrier.start[:10])
    assert torch.equal(last.x, carrier.x[:10])
    kept = last.x.clone()
    carrier.follow(Wind(), z)
    assert torch.equal(kept, last.x)
    assert len(carrier.latents(1000, make_generator(0))) == 64, "no more than there are"
    with pytest.raises(ValueError, match="64 particles, got 65"):
        list(carrier.frames(Wind(), torch.zeros(65, 2)))


def test_the_state_brings_back_places_and_starts():
    carrier = population(64)
    carrier.follow(Wind(), carrier.x)
    state = State({})
    carrier.pack(state, "carrier")
    other = Population(torch.zeros(64, 2), speed=1.0, generator=make_generator(0))
    other.unpack(state, "carrier")
    assert torch.equal(other.x, carrier.x)
    assert torch.equal(other.start, carrier.start)
    assert other.count == 1
    with pytest.raises(ValueError, match="shape"):
        population(32).unpack(state, "carrier")
    with pytest.raises(ValueError, match="no tensor"):
        other.unpack(State({}), "carrier")

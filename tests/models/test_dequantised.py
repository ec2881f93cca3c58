"""Numbers that are counted in levels: what a density may make of them."""

import math
from typing import Any

import pytest
import torch

from pushforward.models.config import decode
from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.spec import DataSpec
from pushforward.models.layouts.dequantised import spread
from pushforward.models.registry import discover, registry
from pushforward.models.tensors import make_generator

discover()
SPEC = DataSpec("points", (2,), torch.tensor([0.5, 0.5]), torch.tensor([0.5, 2.0]))
ROWS = Batch(torch.full((4000, 2), -1.0))


def test_a_number_stays_in_the_cell_of_its_level():
    moved = (spread(ROWS, 0.25, SPEC, make_generator(0)).x - ROWS.x) * SPEC.std
    assert moved.abs().max() <= 0.125
    torch.testing.assert_close(moved.mean(dim=0), torch.zeros(2), atol=0.005, rtol=0)
    torch.testing.assert_close(
        moved.std(dim=0), torch.full((2,), 0.25 / 12**0.5), rtol=0.03, atol=0
    )


def test_without_a_width_nothing_is_drawn():
    rng = make_generator(0)
    before = rng.get_state()
    assert spread(ROWS, 0.0, SPEC, rng) is ROWS
    assert torch.equal(rng.get_state(), before)


def made(slug: str, config: dict[str, Any], spec: DataSpec = SPEC) -> Any:
    entry = registry.get("family", slug)
    device = torch.device("cpu")
    return entry.make(decode(entry.config, config), spec, horizon=150, seed=0, device=device)


@pytest.mark.parametrize("width", [0.0, 0.25])
@pytest.mark.parametrize("slug", ["autoregressive", "normalising-flow"])
def test_a_density_learns_from_numbers_that_are_spread(slug: str, width: float):
    family = made(slug, {"net": {"width": 4, "depth": 1}, "dequantisation": width})
    before = family.noise.get_state()
    family.step(ROWS.take(slice(0, 8)))
    assert torch.equal(family.noise.get_state(), before) is (width == 0.0)


def test_no_density_writes_coins_in_fewer_nats_than_they_have():
    """Two fair coins have 2 ln 2 nats. -log p(cell) is what a density writes them in; without the
    noise it is as small as one likes.
    """
    coins = torch.cartesian_prod(torch.tensor([0.0, 1.0]), torch.tensor([0.0, 1.0])).repeat(64, 1)
    spec = DataSpec("points", (2,), coins.mean(dim=0), coins.std(dim=0))
    rows, nats = Batch(spec.standardise(coins)), {}
    for width in (0.0, 1.0):
        config = {"law": "logistics", "net": {"slug": "made", "width": 32}, "dequantisation": width}
        family = made("autoregressive", config, spec)
        for _ in range(150):
            family.step(rows)
        at = spread(rows, width, spec, make_generator(1))
        nats[width] = -float(family.log_prob(at).mean() - spec.std.log().sum())
    assert 2 * math.log(2) < nats[1.0] + 0.02
    assert nats[1.0] < 2 * math.log(2) + 0.3
    assert nats[0.0] < 0.5

"""Interpolation in latent space: of whatever makes one datum of each latent, without chance."""

from dataclasses import replace
from typing import Any

import torch

from pushforward.models.config import decode
from pushforward.models.contracts.family import Family
from pushforward.models.contracts.learner import finish
from pushforward.models.operators.base import Operation, Outcome
from pushforward.models.operators.great_circle import on_great_circle
from pushforward.models.registry import registry
from pushforward.models.tensors import make_generator
from tests.models import tracks
from tests.models.pairs import FAMILIES, Pair, build, each, lightest

ENTRY = registry.get("operator", "interpolate-latents")
ABLE = [lightest(entry) for entry in FAMILIES if set(ENTRY.needs) <= entry.abilities]


def do(family: Any, **settings: Any) -> Outcome:
    work = ENTRY.make(decode(ENTRY.config, settings)).work(Operation(family))
    outcome: Outcome = finish(work)
    return outcome


def test_generators_and_flows_have_latents_to_go_between_and_a_chance_walk_has_none() -> None:
    able = {pair.entry.slug for pair in ABLE}
    assert {"gan", "score-gan", "mmd-generator", "vae", "normalising-flow", "flow-matching"} <= able
    assert not {"energy-based", "d3pm", "autoregressive", "monoflow", "edm"} & able


def test_a_way_on_a_great_circle_keeps_the_length_and_goes_at_one_pace() -> None:
    one, other = torch.randn(2, 64, generator=make_generator(0))
    one, other = one / one.norm(), other / other.norm()
    share = torch.linspace(0, 1, 9)[:, None]
    way = on_great_circle(one.expand(9, -1), other.expand(9, -1), share)
    torch.testing.assert_close(way.norm(dim=1), torch.ones(9))
    torch.testing.assert_close(way[[0, 8]], torch.stack([one, other]))
    angles = torch.acos((way[1:] * way[:-1]).sum(dim=1))
    torch.testing.assert_close(angles, angles[:1].expand(8), atol=1e-4, rtol=0)


@each(ABLE)
def test_all_stops_are_made_of_one_way_and_a_seed_is_one_way(pair: Pair) -> None:
    with tracks.known():
        family = build(pair)
        assert isinstance(family, Family)
        found, again, other = (do(family, count=5, seed=seed) for seed in (3, 3, 4))
        rows = found.rows
        assert rows is not None
        assert again.rows is not None
        assert other.rows is not None
        assert rows.x.shape == (5, *family.spec.shape)
        assert rows.x.isfinite().all()
        assert torch.equal(rows.x, again.rows.x)
        assert not torch.equal(rows.x, other.rows.x)
        torch.testing.assert_close(found.arrays["way"], torch.linspace(0, 1, 5))
        assert 0.0 < float(found.arrays["angle"]) <= 180.0
        for name, values in rows.given.items():
            assert (values == values[:1]).all(), f"{name} is one all the way"


def test_of_the_exact_generator_stops_are_what_it_makes_of_the_latents_between() -> None:
    with tracks.known():
        family: Any = build(next(p for p in ABLE if p.entry.slug == "exact-generator"))
        found = do(family, count=3)
        assert found.rows is not None
        rng = make_generator(0, 3004)
        one, other = (family.prior(1, rng) for _ in range(2))
        middle = on_great_circle(one.x, other.x, torch.full((1, 1), 0.5))
        latents = replace(one, x=torch.cat([one.x, middle, other.x]))
        torch.testing.assert_close(found.rows.x, family.spec.restore(family.push(latents)))

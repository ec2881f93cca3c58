"""Images in colour, with the settings that a person finds: every family that takes images."""

from dataclasses import replace

import pytest
import torch

from pushforward.models.contracts.family import Family
from pushforward.models.entries import FamilyEntry
from pushforward.models.kinds.images import ImageSet, images
from pushforward.models.nets.offered import kinds_of
from pushforward.models.nets.pick import filled
from pushforward.models.registry import discover, registry
from pushforward.models.settle import settle
from pushforward.models.tensors import make_generator
from tests.models.pairs import CPU

discover()
FAMILIES = [
    entry
    for entry in registry.all("family")
    if "images" in kinds_of(entry) and not entry.inputs and "samples" in entry.abilities
]
STEPS, SIDE = 2, 4


def coloured(n: int, seed: int) -> ImageSet:
    """The middle of squares, each of a colour of its own, (n, 3, SIDE, SIDE)."""
    grey = images(n, seed)
    colour = torch.rand((n, 3, 1, 1), generator=make_generator(seed, 5))
    return replace(grey, x=grey.x[..., 2 : 2 + SIDE, 2 : 2 + SIDE] * colour)


@pytest.mark.parametrize("entry", FAMILIES, ids=lambda entry: entry.slug)
def test_every_family_takes_colours_at_its_defaults(entry: FamilyEntry):
    data = coloured(64, 0)
    spec = data.spec()
    config = settle(entry.config, filled(entry, {}, "images"), "images")
    family = entry.make(config, spec, horizon=100, seed=0, device=CPU)
    assert isinstance(family, Family)
    rows = spec.standardised(data.rows(slice(None)))
    for step in range(STEPS):
        told = family.step(rows.take(slice(8 * step, 8 * step + 8)))
        assert all(torch.tensor(float(value)).isfinite() for value in told.values())
    with torch.no_grad():
        *_, last = family.flow(family.prior(2, make_generator(1)), generator=make_generator(2))
    assert last.x.shape == (2, 3, SIDE, SIDE)
    assert last.x.isfinite().all()
    # One mean and deviation for all colours, or a standardised grey would be a coloured one.
    assert len(spec.mean.unique()) == len(spec.std.unique()) == 1

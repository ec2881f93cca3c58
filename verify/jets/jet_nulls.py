"""Jets that look a little like the data, for nulls: what a claim must tell from having learned.

Each is made of real jets (n, N, 3) of several types, and keeps types in equal numbers: what a model
would have made that learned so much and no more. Importing this module registers nothing.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

import torch
from torch import Tensor

from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.spec import LABEL, SIZE
from pushforward.models.kinds.jets import masses
from pushforward.models.metrics.jets.w1 import w1

__all__ = [
    "LOOKED_UP",
    "NULLS",
    "gaussian",
    "mixture",
    "nearest_training",
    "nearest_type",
    "other_jets",
    "rank_shuffle",
    "rank_shuffle_in_mass_bins",
    "two_constituents",
]

MASS_BINS = 40
_CHUNK = 500  # jets that are looked up at once
Make = Callable[[Batch, torch.Generator], Batch]


def rank_shuffle(real: Batch, rng: torch.Generator) -> Batch:
    """Exchange constituents among the jets of a type at equal rank in pT: how each is spread is
    right, and nothing is right together.
    """
    return _shuffled(real, _types(real), rng)


def rank_shuffle_to_sum(real: Batch, rng: torch.Generator) -> Batch:
    """The same, and the pT of each jet's constituents then sums to what it did."""
    return _summing(rank_shuffle(real, rng), real)


def rank_shuffle_in_mass_bins(real: Batch, rng: torch.Generator) -> Batch:
    """Exchange constituents at equal rank in pT among jets of a type and of nearly one mass, in 40
    bins of equally many jets: about all that one number tells of the others.
    """
    return _shuffled(real, _bins(real), rng)


def nearest_type(real: Batch, rng: torch.Generator) -> Batch:
    """Jets of another type under the name of each: of that whose masses, over pT, are nearest."""
    relative = (_masses(real) / real.given["pt"]).double().numpy()
    label = real.given[LABEL].cpu()
    kinds = _kinds(real)
    chosen = []
    for kind in kinds:
        own = relative[(label == kind).numpy()]
        apart = {o: w1(own, relative[(label == o).numpy()]) for o in kinds if o != kind}
        others = (label == min(apart, key=lambda o: apart[o])).nonzero().squeeze(1)
        rows = torch.randint(len(others), (len(own),), generator=rng)
        chosen.append(_renamed(real.take(others[rows]), kind))
    return Batch.cat(chosen)


def mixture(real: Batch, rng: torch.Generator) -> Batch:
    """Jets of all types under the name of each."""
    order = torch.randperm(len(real), generator=rng)
    mixed = real.take(order)
    return replace(mixed, given={**mixed.given, LABEL: real.given[LABEL]})


def gaussian(real: Batch, rng: torch.Generator) -> Batch:
    """Constituents drawn each for itself from the Gaussian of those of a type, number by number:
    as noise is, and what a model of means and deviations makes.
    """
    assert real.mask is not None
    x = torch.zeros_like(real.x)
    for rows in _types(real):
        there = real.x[rows][real.mask[rows]]
        noise = torch.randn(real.x[rows].shape, generator=rng)
        x[rows] = there.mean(dim=0) + there.std(dim=0) * noise
    x[..., 2].clamp_(min=0.0)
    return replace(real, x=x * real.mask[..., None])


def other_jets(real: Batch, rng: torch.Generator) -> Batch:
    """Jets of the right type with the conditions of others: a model that ignores all conditions
    except the type. No metric of marginal distributions detects it.
    """
    assert real.mask is not None
    x, mask, size = real.x.clone(), real.mask.clone(), real.given[SIZE].clone()
    for rows in _types(real):
        others = rows[torch.randperm(len(rows), generator=rng)]
        x[rows], mask[rows], size[rows] = (
            real.x[others],
            real.mask[others],
            real.given[SIZE][others],
        )
    return replace(real, x=x, mask=mask, given={**real.given, SIZE: size})


def two_constituents(real: Batch, rng: torch.Generator) -> Batch:
    """Jets of two equal constituents with the mass and the pT of a real jet's constituents: for
    massless ones m^2 = pT^2 (1 - cos(delta phi)) / 2.
    """
    assert real.mask is not None
    pt = (torch.expm1(real.x[..., 2].double()) * real.mask).sum(dim=1)
    mass = _masses(real).double()
    apart = torch.acos((1.0 - 2.0 * (mass / pt).square()).clamp(-1.0, 1.0)) / 2.0
    sign = (torch.rand(len(real), generator=rng) < 0.5).double() * 2.0 - 1.0
    x, mask = torch.zeros_like(real.x), torch.zeros_like(real.mask)
    for place, side in enumerate((sign, -sign)):
        x[:, place, 1] = (side * apart).to(x)
        x[:, place, 2] = torch.log1p(pt / 2.0).to(x)
        mask[:, place] = True
    size = torch.full_like(real.given[SIZE], 2)
    return replace(real, x=x, mask=mask, given={**real.given, SIZE: size})


def nearest_training(train: Batch) -> Make:
    """Return what looks up, for the conditions of each jet, the training jet of its type with the
    nearest pT, eta, mass and number of constituents, each in standard deviations.
    """
    names = ("pt", "eta", "mass", SIZE)

    def conditions(jets: Batch) -> Tensor:
        return torch.stack([jets.given[name].double() for name in names], dim=1)

    known = conditions(train)
    scale = known.std(dim=0)

    def make(real: Batch, rng: torch.Generator) -> Batch:
        assert real.mask is not None
        assert train.mask is not None
        x, mask, size = real.x.clone(), real.mask.clone(), real.given[SIZE].clone()
        for rows in _types(real):
            kind = real.given[LABEL][rows[0]]
            own = (train.given[LABEL] == kind).nonzero().squeeze(1)
            for part in torch.split(rows, _CHUNK):
                asked = conditions(real.take(part)) / scale
                found = own[torch.cdist(asked, known[own] / scale).argmin(dim=1)]
                x[part], mask[part] = train.x[found], train.mask[found]
                size[part] = train.given[SIZE][found]
        return replace(real, x=x, mask=mask, given={**real.given, SIZE: size})

    return make


LOOKED_UP = "training jets with the nearest conditions"
"""What `nearest_training` returns."""
NULLS: Mapping[str, Make] = {
    "constituents shuffled at equal pT rank": rank_shuffle,
    "the same, pT sum restored": rank_shuffle_to_sum,
    "the same inside 40 mass bins": rank_shuffle_in_mass_bins,
    "nearest other type": nearest_type,
    "mixture of types": mixture,
    "Gaussian constituents": gaussian,
    "conditions of other jets of the type": other_jets,
    "two constituents with the mass of a real jet": two_constituents,
}
"""All of them by a title; each takes real jets and random numbers."""


def _kinds(real: Batch) -> list[int]:
    """Return the types that there are jets of."""
    return sorted(set(real.given[LABEL].tolist()))


def _types(real: Batch) -> Iterator[Tensor]:
    """Yield the rows of each type."""
    for kind in _kinds(real):
        yield (real.given[LABEL] == kind).nonzero().squeeze(1)


def _bins(real: Batch) -> Iterator[Tensor]:
    """Yield the rows of each type, those of nearly one mass together."""
    mass = _masses(real)
    for rows in _types(real):
        order = rows[mass[rows].argsort()]
        yield from (part for part in order.tensor_split(MASS_BINS) if len(part))


def _shuffled(real: Batch, groups: Iterator[Tensor], rng: torch.Generator) -> Batch:
    """Exchange the constituents of each place among the jets of a group that have one there."""
    assert real.mask is not None
    x = real.x.clone()
    for rows in groups:
        for place in range(x.shape[1]):
            there = rows[real.mask[rows, place]]
            x[there, place] = x[there[torch.randperm(len(there), generator=rng)], place]
    return replace(real, x=x)


def _summing(made: Batch, real: Batch) -> Batch:
    """Scale the pT of constituents so that their sum is that of the real jet in the same row."""
    wanted, found = (torch.expm1(b.x[..., 2].double()).sum(dim=1) for b in (real, made))
    pt = torch.expm1(made.x[..., 2].double()) * (wanted / found.clamp_min(1e-12))[:, None]
    x = made.x.clone()
    x[..., 2] = torch.log1p(pt).to(x)
    return replace(made, x=x)


def _renamed(jets: Batch, kind: int) -> Batch:
    return replace(jets, given={**jets.given, LABEL: torch.full_like(jets.given[LABEL], kind)})


def _masses(real: Batch) -> Tensor:
    assert real.mask is not None
    return masses(real.x, real.mask)

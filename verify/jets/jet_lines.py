"""What generated jets of five types are held to, type by type: masses, constituents, energy flow,
prongs, and whether they are what they were asked to be.

The lines are those of a transformer of this size on a CPU with room of half as much again, and each
null of `verify.jets.jet_nulls` misses one of them at least. Importing this module registers
nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from pushforward.models.config import NoConfig
from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.data import RowSource
from pushforward.models.contracts.family import Family
from pushforward.models.kinds.jets import TYPES, within
from pushforward.models.metrics.base import Evidence
from pushforward.models.metrics.jets.agreement import MassCorrelation
from pushforward.models.metrics.jets.by_type import DrawingConfig
from pushforward.models.metrics.jets.substructure import W1Polynomials, W1Tau21
from pushforward.models.metrics.jets.w1 import W1Constituents, W1Mass
from pushforward.models.tensors import make_generator
from pushforward.verify.bench import Learnt
from pushforward.verify.claim import Outcome, Table
from pushforward.verify.jets.jet_nulls import Make
from pushforward.verify.jets.jet_tables import by_type, said_seeds

__all__ = [
    "LINES",
    "N",
    "Sides",
    "Standing",
    "generate_jets",
    "judged",
    "outcome",
    "standing",
    "standings",
    "test_halves",
]

N = 10_000
"""Jets on each side, as many as two halves of those that only test have: 2,000 of each type."""
_PAIR, _PRIOR, _NULL = 12, 3200, 3202
_BATCH = 250  # jets that are generated at once


@dataclass(frozen=True)
class Line:
    """The most that a distance may be, type by type in the order of `TYPES`, and its unit."""

    most: tuple[float, ...]
    unit: float = 1e-3


LINES: Mapping[str, Line] = {
    "W1M": Line((5.0,) * 5),
    "W1EFP": Line((4.0, 1.7, 10.0, 2.5, 3.0), 1e-5),
    "tau21": Line((25.0, 25.0, 65.0, 65.0, 65.0)),
    "W1P eta": Line((5.0,) * 5),
    "W1P phi": Line((5.0,) * 5),
    "W1P pT": Line((2.2,) * 5),
}
_MEAN_MASS = 3.5  # of W1M over the types
_FOLLOWS = 0.6  # the least correlation of the masses with those that were asked for


@dataclass(frozen=True)
class Sides:
    """Unseen jets: those whose conditions are given, and the others that samples are held to."""

    conditions: RowSource
    real: RowSource

    @property
    def given(self) -> Batch:
        """The jets whose conditions are given."""
        return self.conditions.rows(slice(None))


def test_halves(learnt: Learnt) -> Sides:
    """Return two halves of the jets that only test: always the same."""
    return Sides(*learnt.pair(N, _PAIR))


def generate_jets(learnt: Learnt, like: Batch, seed: int, sampler: Any = None) -> Batch:
    """Return a jet for the conditions of each of some, by a sampler, None for the run's own."""
    family = learnt.learner
    assert isinstance(family, Family)
    spec, rng = family.spec, make_generator(seed, _PRIOR)
    made = []
    for start in range(0, len(like), _BATCH):
        some = like.take(torch.arange(start, min(start + _BATCH, len(like))))
        latents = family.prior(len(some), rng, spec.standard_given(some.given))
        with torch.no_grad():
            *_, last = family.flow(latents, sampler=sampler or learnt.sampler, generator=rng)
        made.append(within(spec.restored(latents.holding(last.x))))
    return Batch.cat(made)


@dataclass(frozen=True)
class Standing:
    """How far jets are from unseen ones.

    Attributes:
        far: by the names of `LINES`, in their units, of each type that there is.
        follows: the correlation of generated with requested masses for each type.
    """

    far: Mapping[str, Mapping[str, float]]
    follows: Mapping[str, float]

    @property
    def figures(self) -> dict[str, list[float]]:
        """All of these, type by type, by the names of `verify.jets.jet_tables.FIGURES`."""
        found = {**self.far, "mass as asked": self.follows}
        return {name: list(each.values()) for name, each in found.items()}

    def worst(self) -> dict[str, float]:
        """Return of each measure the largest share of its line over the types."""
        return {
            name: max(value / LINES[name].most[TYPES.index(kind)] for kind, value in far.items())
            for name, far in self.far.items()
        }

    def passes(self) -> bool:
        """Say whether every line is met."""
        mass = self.far["W1M"].values()
        return (
            max(self.worst().values()) <= 1.0
            and sum(mass) / len(mass) <= _MEAN_MASS
            and min(self.follows.values()) >= _FOLLOWS
        )

    def __str__(self) -> str:
        rows = [_row(name, far, "{:.2f}") for name, far in self.far.items()]
        return ", ".join([*rows, _row("mass as asked", self.follows, "{:.2f}")])


def _row(name: str, values: Mapping[str, float], digits: str) -> str:
    return f"{name} " + "/".join(digits.format(value) for value in values.values())


def judged(made: Batch, sides: Sides) -> Standing:
    """Measure jets that were made under the conditions of the first half against the second."""
    evidence = Evidence(sides.real, make_generator(_PAIR), made=made, other=sides.conditions)
    every = DrawingConfig()
    mass, efp, tau, parts = (
        kind(every).each(evidence) for kind in (W1Mass, W1Polynomials, W1Tau21, W1Constituents)
    )
    found = {"W1M": mass, "W1EFP": efp, "tau21": tau}
    found |= {
        f"W1P {name}": {kind: values[place : place + 1] for kind, values in parts.items()}
        for place, name in enumerate(("eta", "phi", "pT"))
    }
    far = {
        name: {kind: float(np.mean(values)) / LINES[name].unit for kind, values in each.items()}
        for name, each in found.items()
    }
    return Standing(far, MassCorrelation(NoConfig()).measure(evidence).parts)


def standing(make: Make, sides: Sides) -> Standing:
    """Return how far a null is: real jets that lack what is claimed."""
    return judged(make(sides.given, make_generator(0, _NULL)), sides)


def standings(
    found: Mapping[str, Sequence[Standing]], floor: Standing, seeds: Sequence[int], *, lines: bool
) -> Table:
    """Return a table of what some came to, type by type, over their seeds."""
    types = list(floor.follows)
    lined = {
        **{name: [line.most[TYPES.index(each)] for each in types] for name, line in LINES.items()},
        "mass as asked": [_FOLLOWS] * len(types),
    }
    mean = f" The mean of W1M over the types is at most {_MEAN_MASS}." if lines else ""
    return by_type(
        types,
        floor.figures,
        {who: [each.figures for each in several] for who, several in found.items()},
        f"n = {N:,} jets that only test on each side, some {N // len(TYPES):,} of each type, "
        f"under the conditions of as many others; {said_seeds(seeds)}.{mean}",
        lined if lines else None,
    )


def outcome(found: Mapping[int, Standing], sides: Sides) -> Outcome:
    """Hold jets of some seeds to all lines; the worst counts."""
    floor = judged(sides.given, sides)
    shares: dict[str, float] = {}
    for each in found.values():
        for name, share in each.worst().items():
            shares[name] = max(share, shares.get(name, 0.0))
    return Outcome(
        figure="; ".join(f"seed {seed}: {each}" for seed, each in found.items()),
        value={f"{name}, of its line": share for name, share in shares.items()}
        | {"least correlation": min(min(each.follows.values()) for each in found.values())},
        passed=all(each.passes() for each in found.values()),
        floor=f"unseen jets, {len(sides.given):,} against as many: {floor}",
        seeds=list(found),
        table=standings({"measured": list(found.values())}, floor, list(found), lines=True),
    )

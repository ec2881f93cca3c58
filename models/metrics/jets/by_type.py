"""What figures of jets share: each type apart, all of its jets at once or in batches drawn anew.

JetNet draws batches with replacement from each side and takes the mean over them (Kansal et al.
2021, arXiv:2106.11535, section 5; 5 batches of 50,000 jets since version 0.2.3 of its library, of
10,000 before). Of fewer jets than that it says no more than all of them do, so that ours are taken
at once unless asked. Whichever it is holds for a figure and for its bar.
"""

import math
from abc import abstractmethod
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from pushforward.models.config import Config, param
from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.learner import finish
from pushforward.models.contracts.spec import LABEL
from pushforward.models.kinds.jets import constituents
from pushforward.models.metrics.base import (
    Evidence,
    Figure,
    NotApplicable,
    SampleMetric,
    check_finite,
)
from pushforward.models.metrics.checks import offenders
from pushforward.observables.jets.kinematics import Floats

__all__ = [
    "CLAMPED",
    "FEWEST",
    "ByType",
    "DrawingConfig",
    "Jets",
    "check_momenta",
    "draws",
    "each_type",
    "jets_of",
    "types_of",
]

FEWEST = 20  # jets of a type on each side
CLAMPED = (
    "Import clamps η and φ of real constituents to ±0.5, which changes 2.5 % of JetNet's jets."
)
LARGEST_PT = 1e15  # GeV: masses of more overflow
_DEVIATIONS = 1.96  # around the mean, 95 % of a normal law

C = TypeVar("C", bound=Config)
Rows = NDArray[np.int64]


class DrawingConfig(Config, frozen=True):
    """How jets are drawn."""

    drawn: Annotated[
        int,
        param(
            "Jets per batch",
            "Jets of each type per batch, drawn with replacement; JetNet uses 50,000. 0 uses "
            "all jets once. Values with different numbers cannot be compared.",
            low=0,
            high=200_000,
            zero="all, once",
            advanced=True,
        ),
    ] = 0
    batches: Annotated[
        int,
        param(
            "Batches",
            "Number of batches: the value is their mean, the interval their spread.",
            low=2,
            high=100,
            advanced=True,
        ),
    ] = 5


@dataclass(frozen=True)
class Jets:
    """Jets of one type, as `observables.jets` has them.

    Attributes:
        angles: (n, N, 2), eta and phi of constituents.
        pt: (n, N), their pT in GeV, 0 where a place is padded.
        there: (n, N), which places are not padded.
        scale: (n,), the pT of each jet in GeV; for generated jets the requested pT.
    """

    angles: NDArray[Any]
    pt: Floats
    there: NDArray[np.bool_]
    scale: Floats

    def __len__(self) -> int:
        return len(self.pt)

    @property
    def share(self) -> Floats:
        """The pT of constituents over that of their jet, (n, N)."""
        return np.asarray(self.pt / self.scale[:, None])

    def take(self, rows: NDArray[Any]) -> "Jets":
        """Return some of them."""
        return Jets(self.angles[rows], self.pt[rows], self.there[rows], self.scale[rows])


def jets_of(rows: Batch) -> Jets:
    """Return rows as jets.

    Raises:
        ValueError: they are none.
        ArithmeticError: a number is not finite, or no jet has a constituent.
    """
    x = rows.x
    if x.ndim != 3 or x.shape[2] != 3:
        raise ValueError(
            "jets are rows (n, N, 3) of eta, phi and log(1 + pT/GeV) of constituents, got shape "
            f"{tuple(x.shape)}"
        )
    if "pt" not in rows.given:
        raise ValueError('jets come with the pT of each, given as "pt" (n,) in GeV: it is missing')
    check_momenta(x)
    scale = rows.given["pt"].cpu().double().numpy()
    if len(scale) and not (scale > 0.0).all():
        raise ArithmeticError(f"{int((~(scale > 0.0)).sum()):,} jets have no pT above 0")
    angles, pt = constituents(x, rows.mask)
    if broken := int((~np.isfinite(pt)).any(axis=1).sum()):
        raise ArithmeticError(f"the pT of {broken:,} of {len(pt):,} jets is not finite")
    if len(pt) and not pt.any():
        raise ArithmeticError(f"none of {len(pt):,} jets has a constituent with a pT above 0")
    there = np.ones(pt.shape, bool) if rows.mask is None else rows.mask.cpu().numpy()
    return Jets(angles, pt, there, scale)


def check_momenta(x: Tensor) -> None:
    """Refuse jets (n, N, 3) with a number that is not finite, or a pT that overflows.

    Raises:
        ArithmeticError: there is one; the message counts such jets and names the first.
    """
    check_finite(x, "jets")
    beyond = (x[..., 2] > math.log(LARGEST_PT)).flatten(1).any(dim=1)
    if bool(beyond.any()):
        raise ArithmeticError(offenders(beyond, "jets", f"have a pT above {LARGEST_PT:g} GeV"))


def each_type(rows: Batch, names: Sequence[str]) -> dict[str, Batch]:
    """Return the rows of each type by its name; a label is the place of a name."""
    return {name: rows.take(rows.given[LABEL] == index) for index, name in enumerate(names)}


def types_of(evidence: Evidence) -> Iterator[tuple[str, Jets, Jets]]:
    """Yield the name of each type with its samples and its real jets; types of too few jets on a
    side are left out.

    Raises:
        NotApplicable: no type has enough.
        ValueError: the rows are no jets.
        ArithmeticError: a number is not finite, or no jet has a constituent.
    """
    made, real = evidence.samples, evidence.reference
    sides = jets_of(made), jets_of(real)
    labels = made.given[LABEL].cpu().numpy(), real.given[LABEL].cpu().numpy()
    names = evidence.real.spec().given[LABEL].names
    rows = [[np.flatnonzero(label == index) for label in labels] for index in range(len(names))]
    if all(min(map(len, each)) < FEWEST for each in rows):
        most = max((min(map(len, each)) for each in rows), default=0)
        raise NotApplicable(
            f"it needs {FEWEST} jets of some type on each side, and there are at most {most}"
        )
    for name, (one, other) in zip(names, rows, strict=True):
        if min(len(one), len(other)) >= FEWEST:
            yield name, sides[0].take(one), sides[1].take(other)


def draws(
    config: DrawingConfig, made: Jets, real: Jets, rng: torch.Generator
) -> Iterator[tuple[Rows, Rows]]:
    """Yield for each batch which jets are drawn from either side, with replacement."""
    for _ in range(config.batches):
        one, other = (torch.randint(len(x), (config.drawn,), generator=rng) for x in (made, real))
        yield one.numpy(), other.numpy()


class ByType(SampleMetric[C]):
    """The mean over the types of what is between the samples and the real jets of each."""

    def measure(self, evidence: Evidence) -> Figure:
        return finish(self.walk(evidence))

    def walk(self, evidence: Evidence) -> Generator[None, None, Figure]:
        found = {}
        for name, made, real in types_of(evidence):
            found[name] = self._between(made, real, evidence.rng)
            yield
        for name, values in found.items():
            if not np.isfinite(values).all():
                raise ArithmeticError(f"what is compared of {name} jets is not finite")
        parts = {name: float(self._middle(values).mean()) for name, values in found.items()}
        value = sum(parts.values()) / len(parts)
        n = len(evidence.samples)
        spread = np.mean([values.mean(axis=1) for values in found.values()], axis=0)
        if len(spread) < 2:
            return Figure(value, n=n, parts=parts)
        half = _DEVIATIONS * float(spread.std(ddof=1))
        return Figure(value, value - half, value + half, n, parts)

    def each(self, evidence: Evidence) -> dict[str, Floats]:
        """Return of each type by its name the k numbers that its figure is the mean of, (k,)."""
        return {
            name: self._middle(self._between(made, real, evidence.rng))
            for name, made, real in types_of(evidence)
        }

    @abstractmethod
    def _between(self, made: Jets, real: Jets, rng: torch.Generator) -> Floats:
        """Return what is between the jets of a type, (batches, k): in each batch, k numbers."""

    def _middle(self, values: Floats) -> Floats:
        """Return what stands for all batches, (batches, k) -> (k,)."""
        return np.asarray(values.mean(axis=0))

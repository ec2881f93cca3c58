"""`DataSpec`: the description of the data from which a model is built and sampled."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import torch
from torch import Tensor
from torch.nn import functional

from pushforward.models.contracts.batch import Batch, Rows
from pushforward.models.contracts.condition_matching import match_conditions
from pushforward.models.oracle import GaussianMixture
from pushforward.models.tensors import make_generator, resident

__all__ = ["LABEL", "POSITION", "SIZE", "DataSpec", "Given", "Part", "choose_condition_rows"]

LABEL = "label"
"""The name under which the class of a row is given."""

SIZE = "size"
"""The name under which the number of real places of a row is given, where rows differ in it."""

POSITION = "position"
"""The name under which the place of a row in its scene is given. Networks are not conditioned on
it: they would learn the map by heart.
"""

_LAW = 4096  # rows at most whose conditions a spec keeps


@dataclass(frozen=True)
class Given:
    """A condition: something known about each row.

    Attributes:
        shape: shape per row: () for a label or a number, (k,) for k of them.
        classes: number of classes of a label; 0 for numbers.
        names: of the classes, or of the numbers.
        mean, std: of numbers, by which they are standardised; (*shape).
        log: whether it is their logarithms that are standardised: of positive numbers.
        unit: of numbers, for display.
    """

    shape: tuple[int, ...] = ()
    classes: int = 0
    names: tuple[str, ...] = ()
    mean: Tensor | None = None
    std: Tensor | None = None
    log: bool = False
    unit: str = ""

    def standardise(self, value: Tensor) -> Tensor:
        """Data units to model units, (n, *shape)."""
        if self.mean is None or self.std is None:
            return value
        seen = value.log() if self.log else value
        return (seen - self.mean.to(value)) / self.std.to(value)

    def restore(self, value: Tensor) -> Tensor:
        """Model units to data units, (n, *shape)."""
        if self.mean is None or self.std is None:
            return value
        seen = value * self.std.to(value) + self.mean.to(value)
        return seen.exp() if self.log else seen


@dataclass(frozen=True)
class Part:
    """A named piece of a packed row: the places from ``start`` up to ``stop`` of its first axis. If
    ``counts`` is not 0, its numbers are integers in [0, counts), with mean 0 and deviation 1 by
    declaration. If ``share`` is not 0, its numbers are -1 and 1, and this fraction of them is 1. If
    it holds one number per type, no sample has the last ``spare`` types.
    """

    name: str
    start: int
    stop: int
    counts: int = 0
    share: float = 0.0
    spare: int = 0


@dataclass(frozen=True)
class DataSpec:
    """Description of the data that a family is built from.

    Attributes:
        kind: the data type: "points", "images", ...
        shape: shape of one sample, without the batch.
        mean, std: per feature, shape ``shape``, in the units of the data.
        mixture: the exact distribution of the data in data units, if known.
        symbols: number of values if x are integers, which are not standardised.
        values: what these are in the units of the data, rising, (symbols,) int64; None where they
            are the numbers from 0 on. A symbol more, which stands for none, is 0 there.
        parts: the pieces of a packed row.
        masks: (k + 1, shape[0]) bool, which places a datum of each size has; None where all are
            of one size.
        absent: (*shape,) bool, which numbers stand for a type of nodes or edges that no sample has,
            as an element that no molecule has: they are -1 in whatever is sampled. None for none.
        given: what is known of each row, by name.
        law: some rows of what is given, together, by name, each (m, ...), standardised: what
            conditions are drawn from where nobody chooses them. `SIZE` is among them where rows
            differ in size.
    """

    kind: str
    shape: tuple[int, ...]
    mean: Tensor
    std: Tensor
    mixture: GaussianMixture | None = None
    symbols: int | None = None
    values: Tensor | None = None
    parts: tuple[Part, ...] = ()
    masks: Tensor | None = None
    absent: Tensor | None = None
    given: Mapping[str, Given] = field(default_factory=dict)
    law: Mapping[str, Tensor] = field(default_factory=dict)

    def standardise(self, x: Tensor) -> Tensor:
        """Data units to model units; x is (..., *shape). Padded places: see `standardised`."""
        if self.values is not None:
            return torch.searchsorted(resident(self.values, x.device), x.contiguous())
        if self.symbols is not None:
            return x
        return (x - resident(self.mean, x)) / resident(self.std, x)

    def restore(self, x: Tensor) -> Tensor:
        """Model units to data units; x is (..., *shape). Padded places: see `restored`."""
        if self.values is not None:
            return functional.pad(resident(self.values, x.device), (0, 1))[x.long()]
        if self.symbols is not None:
            return x
        found = x * resident(self.std, x) + resident(self.mean, x)
        if self.absent is None:
            return found
        return found.masked_fill(resident(self.absent, x.device), -1.0)

    def standardised(self, rows: Rows) -> Batch:
        """Return a batch in model units, with what is given; padded places stay 0."""
        batch = Batch.of(rows)
        x = batch.zeroed(self.standardise(batch.x))
        return Batch(x, batch.mask, self.standard_given(batch.given))

    def restored(self, rows: Rows) -> Batch:
        """Return a batch in data units, with what is given; padded places stay 0."""
        batch = Batch.of(rows)
        return Batch(
            batch.zeroed(self.restore(batch.x)), batch.mask, self.restored_given(batch.given)
        )

    def log_scale(self, rows: Rows) -> Tensor:
        """Return by how many nats the density of each row is less per unit of the data than per
        unit of the model, (n,) float64: the sum of log std over the numbers that are not padded.
        """
        batch = Batch.of(rows)
        each = self.std.to(batch.device).double().log().expand(batch.x.shape)
        return batch.zeroed(each).flatten(1).sum(dim=1)

    def standard_given(self, given: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Return what is given (in data units) in model units."""
        return {name: self.given[name].standardise(value) for name, value in given.items()}

    def restored_given(self, given: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Return what is given (in model units) in data units."""
        return {name: self.given[name].restore(value) for name, value in given.items()}

    def conditions(
        self, n: int, generator: torch.Generator, given: Mapping[str, Tensor] | None = None
    ) -> tuple[Tensor | None, dict[str, Tensor]]:
        """Return the mask and the conditions of n rows, on the CPU. Conditions that are not chosen
        are taken together from a real sample that agrees with the chosen ones
        (`models.contracts.condition_matching`): a top quark's jet gets the mass of a top.

        Args:
            n: how many rows.
            generator: on the CPU; nothing is drawn where the data have no conditions.
            given: by name, (n, ...) or a single value for all, standardised.

        Raises:
            KeyError: a name that the data do not have.
        """
        chosen = dict(given or {})
        if unknown := sorted(chosen.keys() - self.law.keys()):
            known = ", ".join(self.law) or "nothing"
            raise KeyError(f"the data do not say {unknown[0]!r}; they say {known}")
        found: dict[str, Tensor] = {}
        if self.law:
            classes = {name: known.classes for name, known in self.given.items()}
            rows = match_conditions(self.law, classes, chosen, n, generator)
            found = {name: values[rows] for name, values in self.law.items()}
            for name, value in chosen.items():
                found[name] = value.to(found[name].dtype).expand(found[name].shape).clone()
        return self.mask_of(found), found

    def mask_of(self, given: Mapping[str, Tensor]) -> Tensor | None:
        """Return which places rows of these sizes have, (n, shape[0]); None where all have all."""
        if self.masks is None or SIZE not in given:
            return None
        size = given[SIZE]
        return resident(self.masks, size.device)[size.long()]

    def sizes(self) -> tuple[int, int] | None:
        """Return how many real places a row has at least and at most; None where all have all."""
        if self.masks is None:
            return None
        sizes = self.masks.any(dim=1).nonzero()
        return int(sizes.min()), int(sizes.max())

    def example(self, n: int, generator: torch.Generator) -> Batch:
        """Return n rows of the right shapes, standardised, with sampled conditions and random x: to
        try a network or measure its memory.
        """
        mask, given = self.conditions(n, generator)
        if self.symbols is not None:
            x = torch.randint(self.symbols, (n, *self.shape), generator=generator)
        else:
            x = torch.randn((n, *self.shape), generator=generator)
        batch = Batch(x, mask, given)
        return batch.holding(batch.zeroed(x))


def choose_condition_rows(n: int) -> Tensor:
    """Return which of n rows of data a spec has in its `DataSpec.law`, (m,): some of many, always
    the same ones.
    """
    return torch.randperm(n, generator=make_generator(0))[:_LAW]

"""The mean and the deviation of data that are seen once, block by block."""

from collections.abc import Mapping
from dataclasses import replace

import torch
from torch import Tensor

from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.spec import DataSpec

__all__ = ["Measuring", "Moments"]

SMALLEST = 1e-6
"""A deviation below this counts as this, so that a constant can be divided by it."""
MOST_LAW = 8192


class Moments:
    """Count, mean and squared deviation of rows (n, *shape), merged block by block.

    Chan, Golub and LeVeque 1979, "Updating formulae", eq. 2.1; in 64 bits.
    """

    def __init__(self, shape: tuple[int, ...]) -> None:
        self._n = torch.zeros(shape, dtype=torch.float64)
        self._mean = torch.zeros(shape, dtype=torch.float64)
        self._squares = torch.zeros(shape, dtype=torch.float64)

    def add(self, x: Tensor, real: Tensor | None = None) -> None:
        """Take rows; ``real``, of the shape of x, says which numbers count."""
        x = x.double()
        if real is None:
            variance, mean = torch.var_mean(x, dim=0, correction=0)
            n = torch.full_like(mean, len(x))
            self._merge(n, mean, variance * n)
            return
        weight = real.double()
        n = weight.sum(dim=0)
        mean = (x * weight).sum(dim=0) / n.clamp_min(1.0)
        squares = ((x - mean).square() * weight).sum(dim=0)
        self._merge(n, mean, squares)

    def pooled(self) -> "Moments":
        """Return the moments of all numbers of a row together, each of the same shape as before."""
        n = self._n.sum()
        mean = (self._n * self._mean).sum() / n.clamp_min(1.0)
        squares = (self._squares + self._n * (self._mean - mean).square()).sum()
        whole = Moments(tuple(self._n.shape))
        whole._merge(*(part.expand(self._n.shape) for part in (n, mean, squares)))
        return whole

    @property
    def mean(self) -> Tensor:
        """The mean of each number, float32."""
        return self._mean.float()

    @property
    def std(self) -> Tensor:
        """The deviation of each number from its mean, without bias, at least 1e-6; float32."""
        variance = self._squares / (self._n - 1).clamp_min(1.0)
        return variance.sqrt().float().clamp_min(SMALLEST)

    def _merge(self, n: Tensor, mean: Tensor, squares: Tensor) -> None:
        total = self._n + n
        share = n / total.clamp_min(1.0)
        shift = mean - self._mean
        self._squares = self._squares + squares + shift.square() * self._n * share
        self._mean = self._mean + shift * share
        self._n = total


class Measuring:
    """The spec of data that are seen block by block.

    What cannot be measured (symbols, masks, names of classes) is as an outline of them says.
    """

    def __init__(self, outline: DataSpec, *, pooled: bool = False) -> None:
        """``pooled`` gives all numbers of a row one mean and one deviation."""
        self._outline = outline
        self._pooled = pooled
        self._x = Moments(outline.shape)
        numbers = {name: g for name, g in outline.given.items() if g.mean is not None}
        self._given = {name: Moments(given.shape) for name, given in numbers.items()}
        self._law: list[Mapping[str, Tensor]] = []
        self._every = 1

    def add(self, rows: Batch) -> None:
        """Take a block of rows, in the units of the data."""
        if self._outline.symbols is None:
            real = None
            if rows.mask is not None:
                shape = rows.mask.shape + (1,) * (rows.x.ndim - 2)
                real = rows.mask.reshape(shape).expand_as(rows.x)
            self._x.add(rows.x, real)
        for name, moments in self._given.items():
            moments.add(rows.given[name])
        if self._outline.law:
            self._note_law(rows.given)

    def spec(self) -> DataSpec:
        """Return the spec of all rows so far."""
        outline = self._outline
        if outline.symbols is None:
            x = self._x.pooled() if self._pooled else self._x
            outline = replace(outline, mean=x.mean, std=x.std)
        given = {
            name: replace(known, mean=self._given[name].mean, std=self._given[name].std)
            if name in self._given
            else known
            for name, known in outline.given.items()
        }
        found = replace(outline, given=given)
        if not self._law:
            return found
        law = {name: torch.cat([each[name] for each in self._law]) for name in outline.law}
        return replace(found, law=found.standard_given(law))

    def _note_law(self, given: Mapping[str, Tensor]) -> None:
        """Keep the conditions of an evenly thinned subset of rows: every second, fourth, … row as
        they accumulate.
        """
        self._law.append({name: given[name][:: self._every] for name in self._outline.law})
        first = next(iter(self._outline.law))
        if sum(len(each[first]) for each in self._law) > MOST_LAW:
            joined = {n: torch.cat([each[n] for each in self._law]) for n in self._outline.law}
            self._law = [{name: values[::2] for name, values in joined.items()}]
            self._every *= 2

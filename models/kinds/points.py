"""Points: rows of numbers with names, and perhaps with classes, known modes or a known law."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import torch
from torch import Tensor

from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.spec import LABEL, DataSpec, Given, choose_condition_rows
from pushforward.models.oracle import GaussianMixture
from pushforward.models.registry import kind
from pushforward.models.tensors import make_generator

__all__ = ["PointSet", "in_data_units", "points"]


@dataclass(frozen=True)
class PointSet:
    """A finite set of points, in the units of the data; a `models.contracts.data.RowSource`.

    Attributes:
        x: (n, d) float32.
        columns: d names.
        modes: (k, d) centres of known modes, or None.
        mode_radius: a point belongs to its nearest mode if it is within this distance.
        bandwidth: the standard deviation of one mode, where that has a meaning.
        law: the exact distribution of the points, if known.
        labels: (n,) int64, the class of each, or None.
        names: of the classes.
        told: whether the class and the numbers of each point are conditions.
        numbers: (n,) float32 each, what else a model may be conditioned on, by name.
    """

    x: Tensor
    columns: tuple[str, ...]
    modes: Tensor | None = None
    mode_radius: float = 0.0
    bandwidth: float = 0.0
    law: GaussianMixture | None = None
    labels: Tensor | None = None
    names: tuple[str, ...] = ()
    told: bool = False
    numbers: Mapping[str, Tensor] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.x)

    def spec(self) -> DataSpec:
        """Return the spec with this set's own mean and standard deviation per feature."""
        std = self.x.std(dim=0).clamp_min(1e-6)
        shape = tuple(self.x.shape[1:])
        law = self.law if self.law is None or self.told else self.law.unlabelled()
        spec = DataSpec("points", shape, self.x.mean(dim=0), std, law)
        if not self.told:
            return spec
        given = {name: _number(name, values) for name, values in self.numbers.items()}
        if self.labels is not None:
            given[LABEL] = Given((), len(self.names), self.names)
        some = choose_condition_rows(len(self.x))
        return replace(
            spec, given=given, law={name: each[some] for name, each in self._known().items()}
        )

    def _known(self) -> dict[str, Tensor]:
        """Return what is known of each point, by name."""
        label = {} if self.labels is None else {LABEL: self.labels}
        return {**self.numbers, **label}

    def rows(self, index: Tensor | slice) -> Batch:
        """Return points, with their classes where the model is conditioned on them."""
        given = {name: each[index] for name, each in self._known().items()} if self.told else {}
        return Batch(self.x[index], given=given)

    def labelled(self) -> "PointSet | None":
        """Return these data with what is known of each as conditions, None if nothing is."""
        return replace(self, told=True) if self._known() else None

    def relabelled(self, rows: Batch, labels: Tensor) -> "PointSet":
        """Return other rows with their classes (n,) and what else is known of these."""
        return replace(self, x=rows.x, labels=labels, told=True, numbers={})

    def take(self, index: Tensor | slice) -> "PointSet":
        """Return the points of some rows, with all else that is known."""
        labels = None if self.labels is None else self.labels[index]
        numbers = {name: each[index] for name, each in self.numbers.items()}
        return replace(self, x=self.x[index], labels=labels, numbers=numbers)


def _number(name: str, values: Tensor) -> Given:
    """Return the description of a condition that is a number."""
    return Given(mean=values.mean(), std=values.std().clamp_min(1e-6), names=(name,))


def in_data_units(dim: int) -> DataSpec:
    """Return the spec of points (n, dim) that are left in their own units."""
    return DataSpec("points", (dim,), torch.zeros(dim), torch.ones(dim))


@kind(
    "points",
    title="Points",
    one="point",
    many="points",
    summary="Rows of numbers: a cloud in the plane, or a table.",
    gives=("continuous", "whole", "law", "labels"),
    networks={
        "denoiser": "mlp",
        "critic": "mlp",
        "generator": "mlp",
        "encoder": "mlp-encoder",
        "flow": "nsf",
        "autoregressive": "made",
    },
    metrics=("sliced-w2", "energy-distance", "authenticity"),
)
def points(n: int, seed: int) -> PointSet:
    """Return n points on a noisy circle, (n, 2)."""
    generator = make_generator(seed)
    angle = 2.0 * torch.pi * torch.rand(n, generator=generator)
    x = torch.stack([angle.cos(), angle.sin()], dim=1)
    return PointSet(x + 0.1 * torch.randn((n, 2), generator=generator), ("x", "y"))

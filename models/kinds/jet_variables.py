"""Jet variables: the conditions of a model of constituents, as a data type of its own."""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import ClassVar

import torch
from torch import Tensor

from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.spec import (
    LABEL,
    SIZE,
    DataSpec,
    Given,
    Part,
    choose_condition_rows,
)
from pushforward.models.kinds.jets import JetSet
from pushforward.models.registry import kind
from pushforward.models.tensors import make_generator

__all__ = ["COLUMNS", "JetVariables", "conditions_of", "jet_variables"]

COLUMNS = ("eta", "log(m/GeV)", "log(pT/GeV)", "constituents")
"""What a row holds; pT and mass by their logarithms, since they are positive and skewed. The first
two are a plane in which types lie apart."""
_LIGHTEST = 1e-3  # GeV: as of `models.kinds.jets`


@dataclass(frozen=True)
class JetVariables:
    """Jets without their constituents; a `models.contracts.data.RowSource`.

    Attributes:
        pt, mass: (n,) float32, in GeV.
        eta: (n,) float32.
        size: (n,) int64, how many constituents each has.
        label: (n,) int64, its type, one of ``names``.
        names: of the types.
        most: constituents that a jet may have.
    """

    pt: Tensor
    mass: Tensor
    eta: Tensor
    size: Tensor
    label: Tensor
    names: tuple[str, ...]
    most: int

    columns: ClassVar[tuple[str, ...]] = COLUMNS

    @classmethod
    def of(cls, jets: JetSet) -> "JetVariables":
        """Return the variables of jets."""
        most = jets.x.shape[1]
        return cls(jets.pt, jets.mass, jets.eta, jets.size, jets.label, jets.names, most)

    @cached_property
    def x(self) -> Tensor:
        """(n, 4) float32, as `COLUMNS` says."""
        mass, pt = (each.clamp_min(_LIGHTEST).log() for each in (self.mass, self.pt))
        return torch.stack([self.eta, mass, pt, self.size.float()], dim=1)

    def __len__(self) -> int:
        return len(self.label)

    def spec(self) -> DataSpec:
        """Return the spec; the type is given, and the last number is a count, which nothing
        standardises.
        """
        x, counts = self.x, torch.tensor([False, False, False, True])
        parts = (Part("numbers", 0, 3), Part(SIZE, 3, 4, counts=self.most + 1))
        label = Given(classes=len(self.names), names=self.names)
        return DataSpec(
            "jet-variables",
            (len(COLUMNS),),
            x.mean(dim=0).masked_fill(counts, 0.0),
            x.std(dim=0).clamp_min(1e-6).masked_fill(counts, 1.0),
            parts=parts,
            given={LABEL: label},
            law={LABEL: self.label[choose_condition_rows(len(self))]},
        )

    def rows(self, index: Tensor | slice) -> Batch:
        """Return the variables of some jets, with their type."""
        return Batch(self.x[index], given={LABEL: self.label[index]})

    def take(self, index: Tensor | slice) -> "JetVariables":
        """Return the jets of some rows."""
        names = ("pt", "mass", "eta", "size", "label")
        return replace(self, **{name: getattr(self, name)[index] for name in names})


def conditions_of(rows: Batch) -> dict[str, Tensor]:
    """Return rows of jet variables, in the units of the data, by the names under which jets have
    them given: "pt" and "mass" in GeV, "eta", "size" rounded, "label"; (n,) each.
    """
    eta, mass, pt, size = rows.x.unbind(dim=1)
    given = {"pt": pt.exp(), "mass": mass.exp(), "eta": eta, SIZE: size.round().long()}
    return {LABEL: rows.given[LABEL].long(), **given}


@kind(
    "jet-variables",
    title="Jet variables",
    one="jet",
    many="jets",
    summary=(
        "The pT, mass, η and number of constituents of each jet, given its type: the "
        "conditions of a model of its constituents."
    ),
    gives=("mixed", "told"),
    conditions={LABEL: "type"},
    networks={},
    metrics=("w1-jet-variables", "constituents-tv", "authenticity"),
    training={"batch": 512, "steps": 1500, "evaluate_samples": 2500},
)
def jet_variables(n: int, seed: int) -> JetVariables:
    """Return the variables of n jets in two types, light ones of few constituents and heavy ones of
    many, at most 6.
    """
    generator = make_generator(seed)
    label = torch.randint(2, (n,), generator=generator)
    pt = 1000.0 * torch.exp(0.1 * torch.randn(n, generator=generator))
    mass = torch.where(label == 1, 120.0, 40.0) * torch.exp(
        0.2 * torch.randn(n, generator=generator)
    )
    few = torch.randint(2, 5, (n,), generator=generator)
    size = few + 2 * label
    eta = torch.randn(n, generator=generator)
    return JetVariables(pt, mass, eta, size, label, ("light", "heavy"), 6)

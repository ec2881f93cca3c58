"""Whether generated molecules can be, and are others than those known, as metrics."""

import numpy as np
import torch

from pushforward.models.config import NoConfig
from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.spec import SIZE
from pushforward.models.kinds.molecules import packing_of
from pushforward.models.layouts.graphs import unpack_types
from pushforward.models.metrics.base import (
    Evidence,
    Figure,
    NotApplicable,
    SampleMetric,
    check_finite,
)
from pushforward.models.registry import metric
from pushforward.observables.molecules.resonance import same_molecules
from pushforward.observables.molecules.valence import why_invalid

__all__ = [
    "DifferentMolecules",
    "NewMolecules",
    "ValidMolecules",
    "unpacked",
    "valid_molecules",
]

MOST_KNOWN = 20_000
_SAME = "By the canonical order of McKay and Piperno 2014, doi:10.1016/j.jsc.2013.09.003"


def unpacked(rows: Batch) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return atoms (n, N), bonds (n, N, N) and sizes (n,)."""
    check_finite(rows.x, "molecules")
    atoms, bonds = unpack_types(rows.x, packing_of(rows.x.shape[1]))
    size = rows.given[SIZE].numpy()
    real = np.arange(atoms.shape[1]) < size[:, None]
    return atoms.numpy() * real, bonds.numpy(), size


def valid_molecules(rows: Batch) -> Batch:
    """Return those molecules that can be.

    Raises:
        NotApplicable: there are none.
    """
    atoms, bonds, size = unpacked(rows)
    triples = zip(atoms, bonds, size.tolist(), strict=True)
    good = [not why_invalid(a[:n], b[:n, :n]) for a, b, n in triples]
    found = rows.take(torch.tensor(good).nonzero()[:, 0])
    if not len(found):
        raise NotApplicable("no molecule is valid")
    return found


@metric(
    "valid-molecules",
    title="Valid molecules",
    summary="Fraction of generated molecules in which no atom exceeds its valence and all atoms "
    "are connected. No repair before.",
    source="De Cao and Kipf 2018, arXiv:1805.11973, section 4; valences of OpenSMILES 1.0, 3.1.5",
    kinds=("molecules",),
    better="higher",
)
class ValidMolecules(SampleMetric[NoConfig]):
    """The share of molecules that can be."""

    one_sample = True

    def measure(self, evidence: Evidence) -> Figure:
        n = len(evidence.samples)
        try:
            return Figure(len(valid_molecules(evidence.samples)) / n, n=n)
        except NotApplicable:
            return Figure(0.0, n=n)


@metric(
    "different-molecules",
    title="Different molecules",
    summary="Fraction of valid molecules that are distinct.",
    source=_SAME,
    kinds=("molecules",),
    better="higher",
)
class DifferentMolecules(SampleMetric[NoConfig]):
    """The share of valid molecules that are no copies of each other."""

    one_sample = True

    def measure(self, evidence: Evidence) -> Figure:
        atoms, bonds, size = unpacked(valid_molecules(evidence.samples))
        return Figure(
            len(set(same_molecules(atoms, bonds, size).tolist())) / len(size), n=len(size)
        )


@metric(
    "new-molecules",
    title="New molecules",
    summary="Fraction of valid molecules that are not training molecules (of the first 20,000). "
    "Nearly all small molecules are known, so few are new.",
    source=_SAME,
    kinds=("molecules",),
    better="higher",
)
class NewMolecules(SampleMetric[NoConfig]):
    """The share of valid molecules that are no training molecules."""

    one_sample = True

    def measure(self, evidence: Evidence) -> Figure:
        if evidence.train is None:
            raise NotApplicable("the training molecules are not at hand")
        made = unpacked(valid_molecules(evidence.samples))
        known = unpacked(evidence.train.rows(slice(0, MOST_KNOWN)))
        atoms, bonds, size = (np.concatenate(both) for both in zip(known, made, strict=True))
        classes = same_molecules(atoms, bonds, size)
        seen, found = classes[: len(known[2])], classes[len(known[2]) :]
        return Figure(float((~np.isin(found, seen)).mean()), n=len(found))

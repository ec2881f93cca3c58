"""FCD: the Fréchet distance in the features of ChemNet, by the package of those who proposed it."""

from collections.abc import Generator, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from torch import Tensor

from pushforward.models.config import NoConfig
from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.learner import finish
from pushforward.models.metrics.base import Evidence, Figure, NotApplicable, SampleMetric
from pushforward.models.metrics.molecules.structure import unpacked, valid_molecules
from pushforward.models.metrics.samples.frechet import frechet_distance
from pushforward.models.registry import metric
from pushforward.observables.molecules import toolkit

__all__ = ["FrechetChemNet"]

_BATCH = 64  # molecules that are looked at between two pauses: a second on a CPU
_LONGEST = 350  # letters of SMILES that ChemNet was trained with


@metric(
    "frechet-chemnet",
    title="FCD (ChemNet)",
    summary="Fréchet distance of ChemNet features of the SMILES of valid samples and unseen "
    "molecules. Requires the extra pushforward[fcd]. Depends on the number of molecules "
    "(papers use 5,000 to 10,000) and ignores invalid ones.",
    source="Preuer et al. 2018, arXiv:1803.09518, section 2 (eq. 1); their package fcd",
    kinds=("molecules",),
    heavy=True,
)
class FrechetChemNet(SampleMetric[NoConfig]):
    """The FCD of valid samples against unseen molecules."""

    def measure(self, evidence: Evidence) -> Figure:
        return finish(self.walk(evidence))

    def walk(self, evidence: Evidence) -> Generator[None, None, Figure]:
        net, encode = _chemnet()
        made, real = (_smiles(side) for side in (evidence.samples, evidence.reference))
        if min(len(made), len(real)) < 2:
            raise NotApplicable("it needs at least two valid molecules")
        seen = []
        for some in (made, real):
            seen.append((yield from _features(net, encode, some)))
        return Figure(frechet_distance(*seen), n=len(made))


@lru_cache(maxsize=1)
def _chemnet() -> tuple[Any, Any]:
    """Return the network, x (n, 35, 350) -> (n, 512), and what makes a SMILES a row of x.

    Raises:
        NotApplicable: the package or RDKit is not installed.
    """
    try:
        from fcd import load_ref_model
        from fcd.utils import get_one_hot
    except ImportError as error:
        raise NotApplicable(
            "ChemNet and its weights come with the package fcd, which is not installed: "
            'pip install "pushforward[fcd]"'
        ) from error
    return load_ref_model(), get_one_hot


def _smiles(rows: Batch) -> list[str]:
    atoms, bonds, size = unpacked(valid_molecules(rows))
    triples = zip(atoms, bonds, size.tolist(), strict=True)
    return [toolkit.smiles_of(a[:n], b[:n, :n]) for a, b, n in triples]


def _features(net: Any, encode: Any, smiles: Sequence[str]) -> Generator[None, None, Tensor]:
    """Return what ChemNet sees in molecules, (n, 512)."""
    found = []
    for start in range(0, len(smiles), _BATCH):
        some = smiles[start : start + _BATCH]
        x = torch.from_numpy(np.stack([encode(each, _LONGEST) for each in some])).float()
        with torch.no_grad():
            # The package divides by the number of letters, as the network was trained.
            found.append(net((x / x.shape[2]).transpose(1, 2)))
        yield
    return torch.cat(found)

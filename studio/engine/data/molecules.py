"""Bundled molecules and their conditions."""

from dataclasses import replace
from typing import Annotated

import numpy as np
import torch

from pushforward.models.config import Config, param
from pushforward.models.contracts.data import Splits
from pushforward.models.kinds.molecules import MoleculeSet
from pushforward.studio.engine.data.bundled_files import archive
from pushforward.studio.resources import folder

__all__ = ["MoleculesConfig", "shipped_molecules"]


class MoleculesConfig(Config, frozen=True):
    """Conditions of the molecules."""

    told: Annotated[
        bool,
        param(
            "Properties told",
            "Conditions: number of rings and of heteroatoms.",
        ),
    ] = False


def shipped_molecules(name: str, config: MoleculesConfig, learned: int) -> Splits:
    """Return the first ``learned`` molecules for training and the others for evaluation.

    Raises:
        Refused: the file is missing or damaged; the path is "dataset".
    """
    with archive(folder("datasets") / name / f"{name}.npz", "molecules") as arrays:
        atoms, pairs, size = (arrays[each].astype(np.int64) for each in ("atoms", "bonds", "size"))
        n, most = atoms.shape
        bonds = np.zeros((n, most, most), np.int64)
        first, second = np.triu_indices(most, 1)
        bonds[:, first, second] = bonds[:, second, first] = pairs
    made = MoleculeSet.of(*map(torch.from_numpy, (atoms, bonds, size)))
    real = np.arange(most) < size[:, None]
    elements = tuple(np.unique(atoms[real]).tolist())
    whole = replace(made, told=config.told, elements=elements)
    return Splits(whole.take(slice(None, learned)), whole.take(slice(learned, None)))

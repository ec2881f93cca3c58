"""RDKit, where it is installed: the optional part that writes canonical SMILES and places atoms as
chemists draw them. Nothing needs it; callers check first whether it is `installed`.
"""

from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pushforward.observables.molecules.atoms import ATOMS

__all__ = ["depicted", "installed", "smiles_of"]


def installed() -> bool:
    """Whether RDKit is there."""
    return find_spec("rdkit") is not None


def _chem() -> Any:
    """Return RDKit's module of molecules, silent."""
    from rdkit import Chem, RDLogger

    RDLogger.DisableLog("rdApp.*")
    return Chem


def _packed(atoms: NDArray[Any], bonds: NDArray[Any]) -> Any:
    chem = _chem()
    made, orders = chem.RWMol(), (chem.BondType.SINGLE, chem.BondType.DOUBLE, chem.BondType.TRIPLE)
    for atom in atoms.tolist():
        made.AddAtom(chem.Atom(ATOMS[atom]))
    for i, j in np.argwhere(np.triu(bonds, 1)).tolist():
        made.AddBond(i, j, orders[int(bonds[i, j]) - 1])
    return made


def smiles_of(atoms: NDArray[Any], bonds: NDArray[Any]) -> str:
    """Return the canonical SMILES of a molecule that can be.

    Raises:
        ValueError: it cannot be.
    """
    made = _packed(atoms, bonds)
    _chem().SanitizeMol(made)
    return str(_chem().MolToSmiles(made))


def depicted(atoms: NDArray[Any], bonds: NDArray[Any]) -> NDArray[np.float64]:
    """Return where chemists draw the atoms of a molecule, (n, 2), also of one that cannot be."""
    made = _packed(atoms, bonds)
    from rdkit.Chem import rdDepictor

    made.UpdatePropertyCache(strict=False)
    # Of a molecule that can be it says how an atom is hybridised: a triple bond is straight.
    _chem().SanitizeMol(made, catchErrors=True)
    rdDepictor.Compute2DCoords(made)
    places = made.GetConformer().GetPositions()[:, :2]
    return np.asarray(places, np.float64)

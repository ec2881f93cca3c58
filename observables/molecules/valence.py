"""Whether the bonds of molecules can be, and what is counted in them."""

from collections.abc import Mapping
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from pushforward.observables.graphs.statistics import pieces
from pushforward.observables.molecules.atoms import ATOMS, HYDROGEN, VALENCES, WEIGHTS

__all__ = ["formula", "hydrogens", "molecule_statistics", "over_valence", "why_invalid"]

Numbers: TypeAlias = NDArray[np.int64]
_MOST = np.array([max(VALENCES[atom]) for atom in ATOMS])
_FILLED = np.array(
    [[next((v for v in VALENCES[a] if v >= used), used) for used in range(64)] for a in ATOMS]
)
"""For each element, the valence that hydrogens fill up where so much is used, (atoms, 64)."""


def _used(bonds: NDArray[Any]) -> Numbers:
    return np.asarray(np.asarray(bonds, np.int64).sum(axis=-1))


def over_valence(atoms: NDArray[Any], bonds: NDArray[Any]) -> NDArray[np.bool_]:
    """Return which atoms (..., N) have more bonds than their element can have."""
    return np.asarray(_used(bonds) > _MOST[atoms])


def hydrogens(atoms: NDArray[Any], bonds: NDArray[Any]) -> Numbers:
    """Return how many hydrogens each atom has, (..., N): what is left of the next valence."""
    used = np.minimum(_used(bonds), _FILLED.shape[1] - 1)
    return np.asarray(_FILLED[atoms, used] - used)


def why_invalid(atoms: NDArray[Any], bonds: NDArray[Any]) -> str:
    """Say why a molecule (n,), (n, n) cannot be: an atom has too many bonds, or it is in pieces;
    "" where it can.
    """
    if not len(atoms):
        return "no atoms"
    over = np.flatnonzero(over_valence(atoms, bonds))
    if len(over):
        worst = over[np.argmax((_used(bonds) - _MOST[atoms])[over])]
        return f"{int(_used(bonds)[worst])} bonds at {ATOMS[int(atoms[worst])]}"
    parts = int(pieces(bonds[None], np.array([len(atoms)]))[0])
    return "" if parts == 1 else f"{parts} pieces"


def molecule_statistics(
    atoms: NDArray[Any], bonds: NDArray[Any], size: NDArray[Any]
) -> Mapping[str, NDArray[Any]]:
    """Return of molecules, (n,) each: "atoms" (heavy ones), "bonds", "rings" (the cycles that are
    independent), "heteroatoms" (no carbon), "unsaturation" (its degrees, (2 C + 2 + N + P - H - X)
    / 2: rings and bonds beyond the first), and "weight", in g/mol with its hydrogens.
    """
    size = np.asarray(size, np.int64)
    real = np.arange(atoms.shape[1]) < size[:, None]
    joined = bonds > 0
    many = joined.sum(axis=(1, 2)) // 2
    filled = hydrogens(atoms, bonds)
    weight = np.array(WEIGHTS)[atoms] + HYDROGEN * filled
    # What each atom adds to them, twice: carbon 2, nitrogen 1, oxygen 0, a halogen -1.
    open_ends = np.array([VALENCES[atom][0] for atom in ATOMS])[atoms] - 2 - filled
    return {
        "atoms": size,
        "bonds": many,
        "rings": many - size + pieces(joined, size),
        "heteroatoms": (real & (atoms > 0)).sum(axis=1),
        "unsaturation": (2 + (open_ends * real).sum(axis=1)) // 2,
        "weight": (weight * real).sum(axis=1),
    }


def formula(atoms: NDArray[Any], bonds: NDArray[Any]) -> str:
    """Return the formula of a molecule in Hill's order: "C7H10O2"; "C7H?O2" where an atom has too
    many bonds, whose number of hydrogens is unknown.
    """
    counts = {name: int((atoms == place).sum()) for place, name in enumerate(ATOMS)}
    counts["H"] = int(hydrogens(atoms, bonds).sum())
    unknown = bool(over_valence(atoms, bonds).any())
    told = {name: f"{name}{n if n > 1 else ''}" for name, n in counts.items() if n}
    if unknown:
        told["H"] = "H?"
    first = [name for name in ("C", "H") if counts["C"]]
    order = first + sorted(name for name in counts if name not in first)
    return "".join(told.get(name, "") for name in order)

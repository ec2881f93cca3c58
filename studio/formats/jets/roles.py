"""Roles of the columns of jets, from their names or from the properties of energies. The words are
those of public files: JetNet, EnergyFlow, JetClass, the top-tagging benchmark.
"""

import re
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from pushforward.studio.formats.arrayfiles import Array
from pushforward.studio.formats.jets.columns import Column, Columns, columns_of, read_together

__all__ = [
    "CLOUD_ROLES",
    "JET_ROLES",
    "LABEL",
    "each_of",
    "find_roles",
    "guessed",
    "has_momentum",
    "is_relative",
]

CLOUD_ROLES = {
    "pt": "pT",
    "eta": "η or y",
    "phi": "φ",
    "px": "px",
    "py": "py",
    "pz": "pz",
    "energy": "Energy",
    "mask": "Mask",
}
"""What may be known of a constituent, with its name for people."""
JET_ROLES = {
    "jet_pt": "Jet pT",
    "jet_eta": "Jet η",
    "jet_phi": "Jet φ",
    "jet_mass": "Jet mass",
    "label": "Type",
}
LABEL = "label"
WORDS = {
    "pt": {"pt", "ptrel", "ptfrac"},
    "eta": {"eta", "etarel", "deta", "y", "rapidity"},
    "phi": {"phi", "phirel", "dphi"},
    "px": {"px"},
    "py": {"py"},
    "pz": {"pz"},
    "energy": {"e", "energy"},
    "mask": {"mask", "valid"},
    "jet_pt": {"pt"},
    "jet_eta": {"eta"},
    "jet_phi": {"phi"},
    "jet_mass": {"mass", "m"},
    "label": {"label", "labels", "type", "types", "class", "classes", "target", "signal", "y"},
}
RELATIVE = {
    "rel",
    "frac",
    "share",
    "relative",
    "etarel",
    "phirel",
    "ptrel",
    "deta",
    "dphi",
    "ptfrac",
}
OTHER = {"log", "logpt", "loge"}  # words of a column that is no momentum itself
JETNET = ("eta_rel", "phi_rel", "pt_rel", "mask")
JETNET_ARRAYS = {"particle_features": JETNET, "jet_features": ("pt", "eta", "mass")}
FOUR = 4  # numbers of a four-vector
ENOUGH = 500  # jets that are looked at
ROUNDING = 1e-3  # of an energy


def _words(column: Column) -> list[str]:
    """Return the words of a column's name: "part_eta_rel" has three."""
    hint = column.hint
    if not hint and column.place is not None:
        usual = JETNET_ARRAYS.get(column.array.name, ())
        hint = usual[column.place] if column.place < len(usual) else ""
    return re.findall("[a-z0-9]+", hint.lower())


def is_relative(column: Column) -> bool:
    """Say whether its name tells of an angle from the axis of the jet, or of a share of its pT."""
    return bool(RELATIVE & set(_words(column)))


def guessed(columns: Columns) -> dict[str, Column]:
    """Return by role the column that fits it best, where one does."""
    found = find_roles(columns)
    return found if has_momentum(found) else {**found, **_four_vectors(columns)}


def each_of(arrays: Sequence[Array], said: int) -> int:
    """Return the number of values per constituent in flat arrays: as given, or four if they look
    like four-vectors and no other columns suffice; 0 if there are none.
    """
    if said or has_momentum(guessed(columns_of(arrays, 0))):
        return said
    return FOUR if has_momentum(guessed(columns_of(arrays, FOUR))) else 0


def find_roles(columns: Columns) -> dict[str, Column]:
    """Return by role the column whose name identifies it, with the jets and constituents of the
    first one.
    """
    found = {role: c for role in CLOUD_ROLES if (c := _first(columns.clouds, role))}
    shape = next((column.shape for column in found.values()), ())
    found = {role: column for role, column in found.items() if column.shape == shape}
    for role in JET_ROLES:
        wide = _first(columns.wide, role) if role == LABEL else None
        column = _first(columns.jets, role) or wide
        if column is not None and (not shape or column.shape[0] == shape[0]):
            found[role] = column
    return found


def has_momentum(found: Mapping[str, Column]) -> bool:
    """Say whether columns are enough for a jet."""
    return {"pt", "eta", "phi"} <= found.keys() or {"px", "py", "pz"} <= found.keys()


def _first(columns: Mapping[str, Column], role: str) -> Column | None:
    for column in columns.values():
        said = _words(column)
        if column.place is None and not column.field and len(column.shape) == 2:
            said = [word for word in said if word != "y"]  # alone it is what is told from X
        if WORDS[role] & set(said) and not OTHER & set(said):
            return column
    return None


def _four_vectors(columns: Columns) -> dict[str, Column]:
    """Return px, py, pz and energy of an array of four unnamed numbers, if the first or the last
    one is at least the momentum of the others.
    """
    for column in columns.clouds.values():
        four = [columns.clouds.get(f"{column.name[:-2]}{k}]") for k in range(4)]
        if column.place != 0 or not all(four) or f"{column.name[:-2]}4]" in columns.clouds:
            continue
        together = [each for each in four if each is not None and not each.hint]
        if len(together) < 4:
            continue
        values = read_together(together)(0, min(ENOUGH, column.shape[0]))
        block = np.stack([np.asarray(each, np.float64) for each in values])
        for energy in (3, 0):
            if _is_energy(block[energy], np.delete(block, energy, axis=0)):
                rest = [each for k, each in enumerate(together) if k != energy]
                return dict(
                    zip(("px", "py", "pz", "energy"), [*rest, together[energy]], strict=True)
                )
    return {}


def _is_energy(energy: NDArray[np.float64], momenta: NDArray[np.float64]) -> bool:
    real = np.isfinite(energy) & np.isfinite(momenta).all(axis=0) & (energy > 0.0)
    size = np.sqrt(np.square(momenta[:, real]).sum(axis=0))
    low, high = energy[real] * (1 - ROUNDING), energy[real] * (1 + ROUNDING)
    # Constituents are all but massless: their momentum is never more than their energy, mostly not
    # much less; and of a direction that goes both ways some are below 0.
    both = bool((momenta < 0.0).any())
    return bool(real.any() and both and (size <= high).all() and np.median(size / low) > 0.5)

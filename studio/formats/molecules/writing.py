"""Molecules written as SDF, as SMILES, as graphs with labels, drawn as SVG, or as arrays."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pushforward.observables.molecules.atoms import ATOMS, BONDS
from pushforward.observables.molecules.toolkit import installed, smiles_of
from pushforward.observables.molecules.valence import formula, why_invalid
from pushforward.studio.formats.arrays import ARRAY_SUFFIXES, write_arrays
from pushforward.studio.formats.graphs.drawing import draw_sheet
from pushforward.studio.formats.graphs.two_pass import LeftOut
from pushforward.studio.formats.graphs.writing import graphml, node_links
from pushforward.studio.formats.limits import FormatError
from pushforward.studio.formats.molecules.smiles_writer import spelt
from pushforward.studio.molecule_layout import as_drawn
from pushforward.studio.store.atomic import write_bytes

if TYPE_CHECKING:
    import networkx

__all__ = ["MOLECULE_SUFFIXES", "left_out", "smiles", "write_molecules"]

MOLECULE_SUFFIXES = (".sdf", ".smi", ".graphml", ".json", ".svg", *ARRAY_SUFFIXES)
LONG = 1.5  # ångström: a bond of a drawing


def write_molecules(
    path: Path,
    atoms: NDArray[np.integer],
    bonds: NDArray[np.integer],
    size: NDArray[np.integer],
    attrs: Mapping[str, object] | None = None,
) -> None:
    """Write molecules (see `observables.molecules`) to a file whose suffix chooses the format,
    replacing it atomically.

    SDF holds all, also invalid ones with the reason in the property "Wrong", in two dimensions.
    SMILES has one line per valid molecule; if some are invalid, names are row numbers from 0.
    GraphML and JSON hold graphs with "element" and "bond", without hydrogens. SVG is a sheet of at
    most 2,000 drawings. NPZ and HDF5 hold "atoms", "bonds" and "size".

    Raises:
        FormatError: no molecule has a SMILES, or unknown suffix.
        StoreError: the disk refused.
    """
    suffix, said = path.suffix.lower(), json.dumps(dict(attrs or {}))
    triples = zip(atoms, bonds, size.tolist(), strict=True)
    each = [(a[:n], b[:n, :n]) for a, b, n in triples]
    if suffix == ".sdf":
        places = as_drawn(bonds, size, atoms)
        blocks = [_block(a, b, p, said) for (a, b), p in zip(each, places, strict=True)]
        write_bytes(path, "".join(blocks).encode())
    elif suffix == ".smi":
        spell = smiles_of if installed() else spelt
        wrong = [why_invalid(a, b) for a, b in each]
        if each and all(wrong):
            raise FormatError(
                f"{'None of them has a' if len(each) > 1 else 'It has no'} SMILES: {wrong[0]}.",
                "Write SDF, which can store invalid molecules, or select valid ones.",
            )
        name = "\t{}" if any(wrong) else ""
        pairs = enumerate(zip(each, wrong, strict=True))
        lines = [spell(*one) + name.format(row) for row, (one, why) in pairs if not why]
        write_bytes(path, "".join(f"{line}\n" for line in lines).encode())
    elif suffix in (".graphml", ".json"):
        graphs = map(_graph, *zip(*each, strict=True)) if each else iter(())
        xml = suffix == ".graphml"
        write_bytes(path, graphml(graphs, said) if xml else node_links(graphs, attrs))
    elif suffix == ".svg":
        letters = ["", *ATOMS[1:]]
        write_bytes(path, draw_sheet(bonds, size, atoms, letters, said, lay=as_drawn))
    else:
        arrays: dict[str, NDArray[Any]] = {
            "atoms": atoms.astype(np.uint8), "bonds": bonds.astype(np.uint8), "size": size,
        }  # fmt: skip
        write_arrays(path, arrays, attrs)


def smiles(
    atoms: NDArray[np.integer], bonds: NDArray[np.integer], size: NDArray[np.integer]
) -> list[str | None]:
    """Return the SMILES of molecules, None for invalid ones; canonical if RDKit is installed."""
    spell = smiles_of if installed() else spelt
    found: list[str | None] = []
    for a, b, n in zip(atoms, bonds, size.tolist(), strict=True):
        wrong = why_invalid(a[:n], b[:n, :n])
        found.append(None if wrong else spell(a[:n], b[:n, :n]))
    return found


def left_out(
    path: Path, atoms: NDArray[np.integer], bonds: NDArray[np.integer], size: NDArray[np.integer]
) -> str:
    """Say how many of some molecules a file cannot hold, and why, "" where it holds all."""
    if path.suffix.lower() != ".smi":
        return ""
    left = LeftOut()
    for number, (a, b, n) in enumerate(zip(atoms, bonds, size.tolist(), strict=True)):
        if why := why_invalid(a[:n], b[:n, :n]):
            left.add(why, f"row {number:,}")
    kekule = "" if installed() else "They are not canonical SMILES."
    return " ".join(filter(None, (left.note, kekule)))


def _graph(atoms: NDArray[np.integer], bonds: NDArray[np.integer]) -> "networkx.Graph":
    import networkx

    made = networkx.Graph()
    for node, number in enumerate(atoms.tolist()):
        made.add_node(node, element=ATOMS[number])
    for one, other in np.argwhere(np.triu(bonds, 1)).tolist():
        made.add_edge(one, other, bond=BONDS[int(bonds[one, other]) - 1])
    return made


def _block(
    atoms: NDArray[np.integer], bonds: NDArray[np.integer], places: NDArray[np.floating], said: str
) -> str:
    """Return a molecule as a V2000 mol block with properties (CTfile formats, BIOVIA 2020)."""
    first, second = np.nonzero(np.triu(bonds, 1))
    away = np.linalg.norm(places[first] - places[second], axis=1)
    scale = LONG / float(away.mean()) if len(away) else LONG
    lines = [formula(atoms, bonds), "  Pushforward         2D", ""]
    lines.append(f"{len(atoms):3d}{len(first):3d}  0  0  0  0  0  0  0  0999 V2000")
    for atom, (x, y) in zip(atoms.tolist(), (scale * places[: len(atoms)]).tolist(), strict=True):
        lines.append(f"{x:10.4f}{y:10.4f}{0.0:10.4f} {ATOMS[atom]:<3} 0  0  0  0  0  0")
    for i, j in zip(first.tolist(), second.tolist(), strict=True):
        lines.append(f"{i + 1:3d}{j + 1:3d}{int(bonds[i, j]):3d}  0")
    lines += ["M  END", "> <Provenance>", said, ""]
    if why := why_invalid(atoms, bonds):
        lines += ["> <Wrong>", why, ""]
    return "\n".join([*lines, "$$$$", ""])

"""Molecules: drawn as chemists do, with what is wrong with those that cannot be."""

from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pushforward.observables.graphs.statistics import spectra
from pushforward.observables.molecules.atoms import ATOMS
from pushforward.observables.molecules.resonance import same_molecules
from pushforward.observables.molecules.toolkit import depicted, installed
from pushforward.observables.molecules.valence import (
    formula,
    molecule_statistics,
    over_valence,
    why_invalid,
)
from pushforward.studio.app.core.data_type import Arrays, EachTile, Kind, Measured, Tiles, how_many
from pushforward.studio.app.data import stage_tiles
from pushforward.studio.app.data.lazy_measures import Lazily
from pushforward.studio.app.data.pairwise_distance import Distances
from pushforward.studio.app.data.validity import VALIDITY, validity
from pushforward.studio.app.data_types.graphs import graph_sets
from pushforward.studio.app.data_types.graphs.graph_edit_spec import ByHand, of_types
from pushforward.studio.app.data_types.graphs.graph_paint import WHY
from pushforward.studio.app.data_types.graphs.graph_rows import GraphRows, ReadGraphs
from pushforward.studio.app.data_types.graphs.molecule_paint import (
    INKS,
    UNKNOWN,
    paint_atoms_and_bonds,
    paint_molecule,
)
from pushforward.studio.app.data_types.graphs.molecule_rows import MoleculeRows, most_atoms
from pushforward.studio.counts import format_count
from pushforward.studio.molecule_layout import as_drawn
from pushforward.studio.protocol.extras import PLACES

__all__ = ["KIND"]

TITLES = {
    "atoms": "Atoms",
    "bonds": "Bonds",
    "rings": "Rings",
    "heteroatoms": "Heteroatoms",
    "unsaturation": "Unsaturation",
    "weight": "Weight",
}
FOUND = {"Class": graph_sets.CLASS, "Copies": graph_sets.COPIES, "New": "new"}
ELEMENTS = 9


def drawings(arrays: Arrays) -> Tiles:
    """Return tiles of molecules packed in rows x (n, L), with "places" (n, N, 2) of their atoms,
    laid out here if missing.
    """
    return EachTile({**arrays, **_ready(arrays)}, paint_molecule, say=_describe_molecule)


def depictions(arrays: Arrays) -> Tiles:
    """Return tiles of the same molecules with their atoms where RDKit places them."""
    rows = MoleculeRows.of(arrays)
    places = np.zeros((len(rows.x), rows.nodes, 2), np.float32)
    for place, (atoms, bonds) in zip(places, rows.each(), strict=True):
        if len(atoms):
            drawn = depicted(atoms, bonds)
            place[: len(atoms)] = drawn - (drawn.min(axis=0) + drawn.max(axis=0)) / 2.0
    return EachTile({**arrays, PLACES: places}, paint_molecule, say=_describe_molecule)


def _ready(arrays: Arrays) -> Arrays:
    """Return the places (n, N, 2) of the atoms if missing."""
    if PLACES in arrays:
        return {}
    rows = MoleculeRows.of(arrays)
    return {PLACES: as_drawn(rows.bonds, rows.size, rows.atoms)}


def _describe_molecule(datum: Arrays) -> str:
    rows = MoleculeRows.of({"x": np.asarray(datum["x"])[None]})
    return formula(*rows.each()[0])


def _measures(arrays: Arrays) -> Measured:
    """Return the measures of each molecule: counts, formula, validity or its violation; and facts
    relative to others: duplicates and novelty.
    """
    rows = MoleculeRows.of(arrays)
    why = np.array([why_invalid(*each) for each in rows.each()], dtype=str)
    ready: dict[str, NDArray[Any]] = {
        "Formula": np.array([formula(*each) for each in rows.each()], dtype=str),
        TITLES["atoms"]: rows.size,
        VALIDITY: validity(why),
    }
    ready |= {title: arrays[name] for title, name in FOUND.items() if name in arrays}

    def counted_in(_title: str) -> Measured:
        found = molecule_statistics(rows.atoms, rows.bonds, rows.size)
        return {TITLES[name]: values for name, values in found.items()}

    return Lazily(ready, tuple(TITLES.values()), counted_in)


def _relative_facts(data: Arrays, training: Arrays | None, *, own: bool) -> dict[str, NDArray[Any]]:
    """Return of molecules, (n,) each: "class" and "copies", violations in "why", and with training
    molecules whether it is "new"; ``own`` ones are not.
    """
    rows = MoleculeRows.of(data)
    why = np.array([why_invalid(*each) for each in rows.each()], dtype=str)
    met = same_molecules(rows.atoms, rows.bonds, rows.size)
    number, many = graph_sets.by_count(met)
    found = {graph_sets.CLASS: number, graph_sets.COPIES: many, WHY: why}
    if training is not None and len(training["x"]) and not own:
        known = MoleculeRows.of(training)
        if known.nodes == rows.nodes:
            classes = _classes(known, rows)
            counts = np.bincount(classes[: len(known.x)], minlength=int(classes.max()) + 1)
            new = counts[classes[len(known.x) :]] == 0
            found["new"] = np.where(new, "new", "known")
    return found


def _graph(arrays: Arrays) -> ReadGraphs:
    """Return molecules as graphs whose edges are bonds of any order, and the symbols of atoms."""
    rows = MoleculeRows.of(arrays)
    letters = np.where(rows.unknown, UNKNOWN, np.array(ATOMS)[rows.atoms])
    inks = np.array([INKS.get(name, "muted") for name in ATOMS])[rows.atoms]
    wrong = over_valence(rows.atoms, rows.bonds) & ~rows.unknown
    return ReadGraphs(
        GraphRows(rows.joined, rows.nodes), letters, kinds=rows.kinds,
        inks=np.where(rows.unknown, "muted", inks), wrong=wrong,
    )  # fmt: skip


def _features(arrays: Arrays) -> NDArray[np.float64]:
    """Return of each molecule how many atoms of each element and bonds of each order it has, and
    the spectrum of its graph, (n, k).
    """
    rows = MoleculeRows.of(arrays)
    real = np.arange(rows.nodes) < rows.size[:, None]
    elements = np.stack([((rows.atoms == e) & real).sum(axis=1) for e in range(ELEMENTS)], axis=1)
    orders = np.stack([(rows.bonds == o).sum(axis=(1, 2)) / 2 for o in (1, 2, 3)], axis=1)
    tones = np.nan_to_num(spectra(rows.bonds, rows.size), nan=0.0)
    return np.concatenate([elements, orders, tones], axis=1).astype(np.float64)


def _same(one: Arrays, many: Arrays) -> NDArray[np.bool_]:
    """Return whether one molecule is each of some, (n,)."""
    mine = MoleculeRows.of({name: np.asarray(each)[None] for name, each in one.items()})
    rows = MoleculeRows.of(many)
    classes = _classes(mine, rows)
    return np.asarray(classes[1:] == classes[0])


def _classes(some: MoleculeRows, others: MoleculeRows) -> NDArray[np.int64]:
    """Return the class of each of some molecules and then of each of others."""
    pairs = ((each.atoms, each.bonds, each.size) for each in (some, others))
    return same_molecules(*(np.concatenate(both) for both in zip(*pairs, strict=True)))


def _filed(arrays: Arrays) -> Arrays:
    """Return what `studio.formats.molecules.writing` writes of molecules."""
    rows = MoleculeRows.of(arrays)
    return {
        "x": rows.atoms.astype(np.uint8), "bonds": rows.bonds.astype(np.uint8), "size": rows.size,
    }  # fmt: skip


def _facts(x: NDArray[Any], columns: tuple[str, ...], facts: Mapping[str, Any]) -> str:
    nodes = int(facts.get("nodes") or most_atoms(x.shape[1]))
    return f"{format_count(how_many(x, facts), 'molecule')} of at most {nodes} atoms"


KIND = Kind(
    slug="molecules",
    about="Chemistry: atoms, and the bonds between them",
    title="Molecules",
    one="molecule",
    many="molecules",
    moving="molecules",
    loading="Loading molecules",
    layout="tiles",
    fits=lambda shape: len(shape) == 1 and most_atoms(shape[0]) > 0,
    tiles=drawings,
    look="Layout",
    looks={"RDKit": depictions} if installed() else {},
    ready=_ready,
    facts=_facts,
    groups={
        "Valid, different, new": ("valid-molecules", "different-molecules", "new-molecules"),
        "ChemNet": ("frechet-chemnet",),
    },
    measures=_measures,
    first=("Atoms", "Bonds", "Rings", "Heteroatoms", "Unsaturation", "Weight"),
    brief=("Formula",),
    asked={
        TITLES["atoms"]: "size",
        TITLES["rings"]: "rings",
        TITLES["heteroatoms"]: "heteroatoms",
    },
    below="Formula",
    units={"Weight": "g/mol"},
    among=_relative_facts,
    graph=_graph,
    by_hand=ByHand(
        lambda arrays: of_types(MoleculeRows.of(arrays)),
        paint_atoms_and_bonds,
        names=lambda columns: ATOMS,
        node="atom",
        edge="bond",
        edges=lambda columns: ("single bond", "double bond", "triple bond"),
        says=(VALIDITY, "Formula", "Bonds", "Rings", "Weight"),
        plain=2,
        lay=as_drawn,
    ),
    views=("graph-flow", "tiles", "browser", "graph-edit", "asked"),
    marked=(WHY,),
    apart=Distances("elements, bonds and the spectrum; 0: identical molecule", _features, _same),
    imports="SDF, SMILES or XYZ",
    page=36,
    browsed=16_384,
    least=52,
    parts=(PLACES,),
    suffixes=("sdf", "smi", "graphml", "json", "svg", "npz", "h5"),
    filed=_filed,
    order=42,
    scene=partial(stage_tiles.scene, tiles=drawings, common=stage_tiles.in_place(_ready)),
    step=partial(stage_tiles.step, tiles=drawings),
)

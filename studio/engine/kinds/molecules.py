"""Molecules: laid out for the screen, and written as SDF or as arrays."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray

from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.data import RowSource
from pushforward.models.contracts.spec import SIZE, DataSpec
from pushforward.models.kinds.molecules import MoleculeSet, packing_of
from pushforward.models.layouts.graphs import unpack_types
from pushforward.observables.molecules.atoms import ATOMS
from pushforward.studio.engine.kinds.base import Arrays, DataKind, Facts
from pushforward.studio.engine.kinds.typed_rows import parse_types
from pushforward.studio.formats.molecules.writing import (
    MOLECULE_SUFFIXES,
    left_out,
    smiles,
    write_molecules,
)
from pushforward.studio.molecule_layout import as_drawn
from pushforward.studio.protocol.extras import DENOISED
from pushforward.studio.protocol.records import EXTRA

__all__ = ["Molecules"]

DRAWN = 256
"""Number of molecules of a preview that are laid out."""


class Molecules(DataKind, slug="molecules"):
    """Atoms and bonds, packed into rows."""

    suffixes: ClassVar[tuple[str, ...]] = MOLECULE_SUFFIXES
    has_layout: ClassVar[bool] = True
    foreseen: ClassVar[bool] = True
    record_types: ClassVar[Mapping[str, str]] = {f"{EXTRA}{DENOISED}": "float16"}

    def from_parts(self, parts: Arrays, facts: Facts) -> MoleculeSet:
        """Return molecules from what an importer brings: atoms, bonds and size."""
        if (refused := self.missing(parts, ("atoms", "bonds", "size"))) is not None:
            raise refused
        names = ("atoms", "bonds", "size")
        atoms, pairs, size = (np.array(parts[name]).astype(np.int64) for name in names)
        most = atoms.shape[1]
        bonds = np.zeros((len(atoms), most, most), np.int64)
        first, second = np.triu_indices(most, 1)
        bonds[:, first, second] = bonds[:, second, first] = pairs
        made = MoleculeSet.of(*map(torch.from_numpy, (atoms, bonds, size)))
        return replace(made, elements=_elements(facts))

    def objects(self, rows: Batch) -> list[str | None]:
        """Return the molecules as SMILES, None for invalid ones."""
        atoms, bonds = unpack_types(rows.x, packing_of(rows.x.shape[1]))
        return smiles(atoms.numpy(), bonds.numpy(), rows.given[SIZE].numpy())

    def parse_rows(self, value: Any, spec: DataSpec, columns: tuple[str, ...]) -> Batch:
        """Parse molecules of an operator's input as packed rows; atoms whose values are all 0 are
        padding.
        """
        return parse_types(super().parse_rows(value, spec, columns).x, spec)

    def describe_data(self, data: RowSource) -> str:
        assert isinstance(data, MoleculeSet)
        return f"{self.counted(len(data))} (at most {data.packing.nodes} atoms)"

    def preview_arrays(self, data: RowSource) -> Arrays:
        """Return rows, sizes, and "places": where the atoms of the first of them are drawn."""
        first = data.rows(slice(0, DRAWN))
        return {**super().preview_arrays(data), "places": self.places(first)}

    def facts(self, data: RowSource) -> dict[str, Any]:
        """Return what a preview tells, with "nodes", N."""
        assert isinstance(data, MoleculeSet)
        return {**super().facts(data), "nodes": data.packing.nodes}

    def places(self, rows: Batch) -> NDArray[np.float32]:
        atoms, bonds = unpack_types(rows.x, packing_of(rows.x.shape[1]))
        return as_drawn(bonds.numpy(), rows.given[SIZE].numpy(), atoms.numpy())

    def write(
        self, path: Path, rows: Batch, columns: tuple[str, ...], attrs: Mapping[str, object]
    ) -> None:
        atoms, bonds = unpack_types(rows.x, packing_of(rows.x.shape[1]))
        write_molecules(path, atoms.numpy(), bonds.numpy(), rows.given[SIZE].numpy(), attrs)

    def left_out(self, path: Path, rows: Batch) -> str:
        """Say how many have no SMILES, and why."""
        atoms, bonds = unpack_types(rows.x, packing_of(rows.x.shape[1]))
        return left_out(path, atoms.numpy(), bonds.numpy(), rows.given[SIZE].numpy())


def _elements(facts: Facts) -> tuple[int, ...]:
    """Return which elements imported molecules have; () where an earlier import did not say."""
    found = facts.more.get("elements")
    return tuple(found) if isinstance(found, list) and set(found) <= set(range(len(ATOMS))) else ()

"""Jet variables: read from JetNet files without their clouds, and written as a table of jets."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from pushforward.studio.formats.arrays import write_arrays
from pushforward.studio.formats.cells import harmless, with_commas
from pushforward.studio.formats.importer import Rows
from pushforward.studio.formats.inspection import Inspection
from pushforward.studio.formats.jets.importing import FEATURES
from pushforward.studio.formats.jets.jetnet import JetNet
from pushforward.studio.formats.jets.layout import JETS, LABEL, NAMES
from pushforward.studio.formats.parquet import PARQUET, write_parquet
from pushforward.studio.formats.registry import importer
from pushforward.studio.store.atomic import write_text
from pushforward.studio.store.parts import Block, Part

__all__ = ["VARIABLES_SUFFIXES", "JetNetVariables", "write_variables"]

VARIABLES_SUFFIXES = (".csv", ".h5", ".hdf5", ".npz", PARQUET)
"""The usual one first: a line a jet is what most want."""
CLOUD = "x"
COLUMNS = ("type", "pt", "eta", "mass", "constituents")
KIND = "jet-variables"
SAID = "Imports only type, pT, eta, mass and number of constituents of each jet."


@importer
class JetNetVariables(JetNet):
    """The jets that `JetNet` takes, without their constituents."""

    slug = "jetnet-variables"
    kind = KIND
    title = "Jet variables: pT, eta, mass and number of constituents of JetNet files"

    def inspect(self, paths: Sequence[Path], options: Mapping[str, Any]) -> Inspection:
        """Scan all files including the clouds, to skip damaged jets."""
        found = super().inspect(paths, options)
        parts = _without_clouds(found.parts)
        names = {part.name for part in parts}
        return msgspec.structs.replace(
            found,
            kind=KIND,
            parts=parts,
            preview={name: rows for name, rows in found.preview.items() if name in names},
            notes=[*(note for note in found.notes if note != FEATURES), SAID],
        )

    def rows(self, paths: Sequence[Path], options: Mapping[str, Any]) -> Rows:
        """Stream the jets of all files."""
        found = super().rows(paths, options)
        cloud = next(part for part in found.schema.parts if part.name == CLOUD)
        schema = msgspec.structs.replace(
            found.schema,
            kind=KIND,
            parts=_without_clouds(found.schema.parts),
            facts={**found.schema.facts, "most": cloud.shape[0]},
        )
        return Rows(schema, _bare(found.blocks), found.total)


def _without_clouds(parts: Sequence[Part]) -> list[Part]:
    return [part for part in parts if part.name != CLOUD]


def _bare(blocks: Iterator[Block]) -> Iterator[Block]:
    for block in blocks:
        yield {name: values for name, values in block.items() if name != CLOUD}


def write_variables(
    path: Path,
    jets: NDArray[np.float32],
    label: NDArray[np.integer],
    types: Sequence[str] = (),
    attrs: Mapping[str, object] | None = None,
) -> None:
    """Write jet variables to a file whose suffix chooses the format, replacing it atomically:
    "jet_features" of JetNet with "label" and "label_names", or one line per jet.

    Args:
        path: the file.
        jets: (n, 4): pT in GeV, eta, mass in GeV, number of constituents.
        label: (n,), the type of each.
        types: names of the types.
        attrs: provenance (plain JSON): "provenance", next to a CSV ``<name>.json``.

    Raises:
        FormatError: they cannot be written with this suffix.
        StoreError: the disk refused.
    """
    if path.suffix.lower() == ".csv":
        lines = (
            [harmless(types[kind]) if types else kind, *(f"{v:.9g}" for v in jet[:3]), int(jet[3])]
            for jet, kind in zip(jets, label.tolist(), strict=True)
        )
        write_text(path, with_commas(COLUMNS, lines))
        if attrs:
            write_text(path.with_name(path.name + ".json"), json.dumps(dict(attrs), indent=2))
        return
    if path.suffix.lower() == PARQUET:
        names = np.array(types, object)[label] if types else label
        numbers = (*jets[:, :3].T, jets[:, 3].astype(np.int64))
        write_parquet(path, dict(zip(COLUMNS, (names, *numbers), strict=True)), attrs)
        return
    arrays: dict[str, NDArray[Any]] = {JETS: jets, LABEL: label}
    if types:
        arrays[NAMES] = np.array([name.encode() for name in types])
    write_arrays(path, arrays, attrs)

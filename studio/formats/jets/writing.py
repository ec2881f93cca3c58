"""Jets written as JetNet files are, or as a table of constituents."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pushforward.studio.formats.arrays import write_arrays
from pushforward.studio.formats.cells import harmless, with_commas
from pushforward.studio.formats.jets.layout import (
    ASKED,
    ASKED_NAMES,
    CLOUDS,
    JETS,
    LABEL,
    NAMES,
    hardest_first,
)
from pushforward.studio.store.atomic import write_text

__all__ = ["JET_SUFFIXES", "write_jets"]

JET_SUFFIXES = (".h5", ".hdf5", ".npz", ".csv")
"""The usual one first: JetNet is HDF5."""
COLUMNS = (
    "jet",
    "type",
    "jet_pt",
    "jet_eta",
    "jet_mass",
    "constituents",
    "constituent",
    "eta_rel",
    "phi_rel",
    "pt_rel",
)


def write_jets(
    path: Path,
    clouds: NDArray[np.float32],
    jets: NDArray[np.float32],
    label: NDArray[np.integer],
    types: Sequence[str] = (),
    attrs: Mapping[str, object] | None = None,
    asked: Mapping[str, NDArray[Any]] | None = None,
) -> None:
    """Write jets to a file whose suffix chooses the format, replacing it atomically.

    HDF5 and NPZ have the arrays of JetNet (`studio.formats.jets.layout`), constituents by falling
    pT with the padding last, with "label" (n,) and "label_names" if known. CSV has one line per
    constituent; jets and constituents count from 0. Requested conditions are "asked" (n, k) with
    "asked_names", in CSV k more columns.

    Args:
        path: the file.
        clouds: (n, N, 4): eta_rel, phi_rel, pT_rel and mask.
        jets: (n, 4): pT in GeV, eta, mass in GeV, number of constituents.
        label: (n,), the type of each.
        types: names of the types.
        attrs: provenance (plain JSON): "provenance", next to a CSV ``<name>.json``.
        asked: requested conditions by name, (n,).

    Raises:
        FormatError: jets cannot be written with this suffix.
        StoreError: the disk refused.
    """
    clouds = hardest_first(clouds, clouds[..., 3] > 0.0)
    if path.suffix.lower() == ".csv":
        names = (*COLUMNS, *(f"{ASKED}_{name}" for name in asked or {}))
        lines = _lines(clouds, jets, label, types, asked or {})
        write_text(path, with_commas(names, lines))
        if attrs:
            write_text(path.with_name(path.name + ".json"), json.dumps(dict(attrs), indent=2))
        return
    arrays: dict[str, NDArray[Any]] = {CLOUDS: clouds, JETS: jets, LABEL: label}
    if types:
        arrays[NAMES] = np.array([name.encode() for name in types])
    if asked:
        columns = [np.asarray(values, np.float32) for values in asked.values()]
        arrays[ASKED] = np.stack(columns, axis=1)
        arrays[ASKED_NAMES] = np.array([name.encode() for name in asked])
    write_arrays(path, arrays, attrs)


def _lines(
    clouds: NDArray[np.float32],
    jets: NDArray[np.float32],
    label: NDArray[np.integer],
    types: Sequence[str],
    asked: Mapping[str, NDArray[Any]],
) -> Iterator[list[object]]:
    for number, (cloud, jet, kind) in enumerate(zip(clouds, jets, label.tolist(), strict=True)):
        what = harmless(types[kind]) if types else kind
        known = [number, what, *map(_digits, jet[:3]), int(jet[3])]
        under = [_digits(values[number]) for values in asked.values()]
        for place, (eta, phi, pt, _) in enumerate(cloud[cloud[:, 3] > 0.0]):
            yield [*known, place, _digits(eta), _digits(phi), _digits(pt), *under]


def _digits(value: np.number[Any]) -> str:
    """Nine digits bring each 32-bit number back."""
    return f"{value:.9g}"

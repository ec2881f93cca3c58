"""Spectral libraries: spectra with names, as ENVI .sli with its header, or as CSV."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pushforward.studio.formats.cells import harmless, with_commas
from pushforward.studio.literal import one_line
from pushforward.studio.store.atomic import write_bytes, write_text

__all__ = ["Spectrum", "write_library"]


@dataclass(frozen=True, eq=False)
class Spectrum:
    """A name and its values (bands,)."""

    name: str
    values: NDArray[np.float32]


def write_library(
    path: Path, spectra: Sequence[Spectrum], wavelengths: NDArray[np.floating]
) -> None:
    """Write spectra to a file; ``.csv`` has a column each, anything else is ENVI with a header next
    to it. ``wavelengths`` are in nm, or empty.

    Raises:
        StoreError: the disk refused.
    """
    values = np.stack([each.values for each in spectra]).astype("<f4")
    bands = values.shape[1]
    known = len(wavelengths) == bands
    if path.suffix.lower() == ".csv":
        first = wavelengths if known else np.arange(1, bands + 1)
        head = ["wavelength_nm" if known else "band", *(harmless(s.name) for s in spectra)]
        rows = [[float(x), *map(float, values[:, i])] for i, x in enumerate(first)]
        write_text(path, with_commas(head, rows))
        return
    names = ", ".join(_plain(each.name) for each in spectra)
    lines = [
        "ENVI",
        f"samples = {bands}",
        f"lines = {len(spectra)}",
        "bands = 1",
        "header offset = 0",
        "file type = ENVI Spectral Library",
        "data type = 4",
        "interleave = bsq",
        "byte order = 0",
        f"spectra names = {{{names}}}",
    ]
    if known:
        numbers = ", ".join(f"{float(w):.6g}" for w in wavelengths)
        lines += ["wavelength units = Nanometers", f"wavelength = {{{numbers}}}"]
    write_bytes(path, values.tobytes())
    write_text(path.with_suffix(".hdr"), "\n".join(lines) + "\n")


def _plain(name: str) -> str:
    """Return a name without what separates names in a header."""
    return one_line(name).replace(",", ";").replace("{", "(").replace("}", ")")

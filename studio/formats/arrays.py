"""Arrays by name, of any shape, in one file."""

import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pushforward.studio.formats.limits import FormatError
from pushforward.studio.store.atomic import write_bytes

__all__ = ["ARRAY_SUFFIXES", "write_arrays"]

ARRAY_SUFFIXES = (".npz", ".h5", ".hdf5")


def write_arrays(
    path: Path, arrays: Mapping[str, NDArray[Any]], attrs: Mapping[str, object] | None = None
) -> None:
    """Write arrays to a file whose suffix says how, replacing it atomically.

    Args:
        path: the file.
        arrays: by name, each with its own type.
        attrs: where they come from (plain JSON): kept as "provenance".

    Raises:
        FormatError: arrays cannot be written with this suffix.
        StoreError: the disk refused.
    """
    suffix = path.suffix.lower()
    said = json.dumps(dict(attrs or {}))
    body = io.BytesIO()
    if suffix == ".npz":
        np.savez_compressed(body, allow_pickle=False, provenance=np.array(said), **arrays)
    elif suffix in ARRAY_SUFFIXES:
        import h5py

        with h5py.File(body, "w") as file:
            file.attrs["provenance"] = said
            for name, values in arrays.items():
                texts = values.dtype.kind == "U"
                data = values.astype(h5py.string_dtype()) if texts else values
                file.create_dataset(name, data=data)
    else:
        raise FormatError(
            f"These data cannot be written as {suffix or 'a file without a suffix'}.",
            f"Use one of {', '.join(ARRAY_SUFFIXES)}.",
            kind="user",
        )
    write_bytes(path, body.getvalue())

"""Tables written as Parquet, by pyarrow where it is installed."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from pushforward.studio.formats.limits import FormatError
from pushforward.studio.store.atomic import write_bytes

__all__ = ["PARQUET", "PROVENANCE", "write_parquet"]

PARQUET = ".parquet"
PROVENANCE = "provenance"


def write_parquet(
    path: Path, columns: Mapping[str, NDArray[Any]], attrs: Mapping[str, Any] | None = None
) -> None:
    """Write columns of one length, replacing the file as a whole. ``attrs`` is the provenance
    (plain JSON): "provenance" in the metadata of the schema.

    Raises:
        FormatError: pyarrow is not installed.
        StoreError: the disk refused.
    """
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError as error:
        raise FormatError(
            "Parquet files need the package pyarrow.",
            "Install it with: pip install 'pushforward[parquet]'. Or choose CSV.",
            kind="user",
        ) from error
    table = pyarrow.table(dict(columns))
    if attrs:
        table = table.replace_schema_metadata({PROVENANCE: json.dumps(dict(attrs))})
    buffer = pyarrow.BufferOutputStream()
    parquet.write_table(table, buffer)
    write_bytes(path, buffer.getvalue().to_pybytes())

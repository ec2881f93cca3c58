"""Tables written as Parquet, by pyarrow where it is installed."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from pushforward.studio.formats.limits import FormatError
from pushforward.studio.store.atomic import write_bytes

__all__ = ["PARQUET", "write_parquet"]

PARQUET = ".parquet"


def write_parquet(path: Path, columns: Mapping[str, NDArray[Any]]) -> None:
    """Write columns of one length, replacing the file as a whole.

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
    buffer = pyarrow.BufferOutputStream()
    parquet.write_table(pyarrow.table(dict(columns)), buffer)
    write_bytes(path, buffer.getvalue().to_pybytes())

"""Size limits of files and their content, with the errors for larger ones.

Declared sizes are checked against these limits before allocation, so that inspecting and reading a
file stays below `MEMORY`.
"""

from pathlib import Path

from pushforward.studio.store.errors import StoreError, human_bytes

__all__ = [
    "CHUNK",
    "CHUNK_BYTES",
    "MAX_BLOCK",
    "MAX_BYTES",
    "MAX_CELLS",
    "MAX_COLUMNS",
    "MAX_FILES",
    "MAX_PIXELS",
    "MAX_POINTS",
    "MAX_ROWS",
    "MEMORY",
    "FormatError",
    "check_block",
    "check_points",
    "check_size",
    "rows_at_once",
]

MEMORY = 2**30
"""Bytes that looking into a file, or reading it, may take."""
MAX_BYTES = 2 * 2**30
"""Bytes that a file, or all that are imported together, may have: they are read in parts."""
MAX_FILES = 1000
"""Files that are imported together."""
MAX_POINTS = 2 * 2**30
"""Bytes that the points of one import may have: they are streamed to the disk, and a training
holds them."""
MAX_BLOCK = 2**27
"""Bytes that are held at once because a file stores them together."""
MAX_PIXELS = 50_000_000
"""Pixels of one picture, imported or taken by a lab: a few bytes may declare any number."""
MAX_ROWS = 20_000_000
MAX_COLUMNS = 2048
MAX_CELLS = 10**9
"""Values that are looked through: half a minute of work."""
CHUNK = 50_000
"""Rows that are in memory at once while a file is looked through, or fewer if they are wide."""
CHUNK_BYTES = 2**24


class FormatError(StoreError):
    """A file cannot be taken as points: says which file, where in it, and what to do."""

    def __init__(self, message: str, hint: str = "", kind: str = "data") -> None:
        super().__init__(message, hint, kind)


def rows_at_once(row_bytes: int) -> int:
    """Return the number of rows of ``row_bytes`` bytes to process at once."""
    return max(1, min(CHUNK, CHUNK_BYTES // max(row_bytes, 1)))


def check_size(path: Path, name: str, rows: int, columns: int, widest: int = MAX_COLUMNS) -> None:
    """Refuse a table that is too large or has no columns, by its shape; ``widest`` is the maximum
    number of columns.

    Raises:
        FormatError: with the numbers and the limit.
    """
    what = f"{path.name}: {name}" if name else path.name
    if rows > MAX_ROWS:
        raise FormatError(
            f"{what} has {rows:,} rows; the limit is {MAX_ROWS:,}.",
            "Import a random subset of the rows: a model rarely needs more than a million.",
        )
    if columns > widest:
        transposed = " It may be transposed." if rows < columns else ""
        raise FormatError(
            f"{what} has {columns:,} columns and {rows:,} rows; the limit is "
            f"{widest:,} columns.{transposed}",
            "Store one point a row and one coordinate a column.",
        )
    if not columns:
        raise FormatError(
            f"{what} has {rows:,} rows without columns.",
            "Store one point a row and one coordinate a column.",
        )
    if rows * columns > MAX_CELLS:
        raise FormatError(
            f"{what} has {rows:,} rows of {columns:,} columns; at most {MAX_CELLS:,} values are "
            "scanned.",
            "Import a random subset of the rows.",
        )


def check_points(path: Path, name: str, rows: int, columns: int) -> None:
    """Refuse too many points, by their shape.

    Raises:
        FormatError: with the numbers and the limit.
    """
    need = rows * columns * 4
    if need > MAX_POINTS:
        what = f"{path.name}: {name}" if name else path.name
        raise FormatError(
            f"{what} needs {human_bytes(need)} of memory ({rows:,} rows of {columns:,} columns); "
            f"the limit is {human_bytes(MAX_POINTS)}.",
            f"Choose fewer columns, or import a random subset of {MAX_POINTS // 4 // columns:,} "
            "rows.",
        )


def check_block(path: Path, name: str, need: int, why: str) -> None:
    """Refuse what needs too much memory at once.

    Raises:
        FormatError: with the numbers and the limit.
    """
    if need > MAX_BLOCK:
        raise FormatError(
            f"{path.name}: {name} needs {human_bytes(need)} of memory at once, since {why}; the "
            f"limit is {human_bytes(MAX_BLOCK)}.",
            "Store it again in smaller parts, or as a CSV file.",
        )

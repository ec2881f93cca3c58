"""Files of points from and for elsewhere: CSV, TSV, NPY, NPZ, HDF5; one file a format.

Nothing is unpickled, nothing too large is read, and each refusal names the file, the place and
the remedy.
"""

from studio.formats.base import Column, FormatError, Inspection, Item
from studio.formats.files import inspect, read, read_named, write_points

__all__ = [
    "Column",
    "FormatError",
    "Inspection",
    "Item",
    "inspect",
    "read",
    "read_named",
    "write_points",
]

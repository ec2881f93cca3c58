"""Files from elsewhere, and points for elsewhere: one folder a kind of data, one file a format.

Nothing is unpickled, nothing too large is read or held, and each refusal names the file, the place
and the remedy.
"""

from pushforward.studio.formats.files import inspect, rows
from pushforward.studio.formats.inspection import Column, Inspection, Item
from pushforward.studio.formats.limits import FormatError
from pushforward.studio.formats.tables.writing import write_points

__all__ = [
    "Column",
    "FormatError",
    "Inspection",
    "Item",
    "inspect",
    "rows",
    "write_points",
]

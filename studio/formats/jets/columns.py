"""Columns of a file that may be quantities of constituents or jets.

Names follow the file: ``particles[2]`` is the third number of each constituent in an array (n, N,
k) or of each jet in (n, k), ``tracks.pt`` a field, ``pt`` an array (n, N) or (n,). A flat array (n,
N k) holds the numbers constituent by constituent; the user gives k.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from pushforward.studio.formats.arrayfiles import Array, Read

__all__ = ["Column", "Columns", "columns_of", "read_together"]

MOST = 64  # numbers of a constituent, or of a jet, that are told apart
NUMBERS, TEXT = "fiub", "SU"


@dataclass(frozen=True)
class Column:
    """A quantity of each constituent (n, N) or jet (n,), or a whole array (n, k) of jets.

    Attributes:
        name: display name.
        hint: word that identifies the role, "" for an unnamed number.
        shape: (n, N), (n,) or (n, k).
        array: the array that has it.
        field: field of a compound type, "".
        each: numbers per constituent in a flat array, 0.
        place: index along the last axis, None for an array itself.
    """

    name: str
    hint: str
    shape: tuple[int, ...]
    array: Array
    field: str = ""
    each: int = 0
    place: int | None = None

    @property
    def kind(self) -> str:
        """The kind of its values, as NumPy has it."""
        dtype = self.array.dtype[self.field] if self.field else self.array.dtype
        return str(dtype.base.kind)

    def take(self, block: NDArray[Any]) -> NDArray[Any]:
        """Return its values in some rows of the array."""
        values = block[self.field] if self.field else block
        if self.each:  # what follows the constituents in a row is none
            width = self.shape[1] * self.each
            values = values[:, :width].reshape(len(values), -1, self.each)
        return values if self.place is None else values[..., self.place]


@dataclass(frozen=True)
class Columns:
    """Those of a file, by name: of each constituent, of each jet, and arrays (n, k) of jets."""

    clouds: dict[str, Column]
    jets: dict[str, Column]
    wide: dict[str, Column]


def columns_of(arrays: Sequence[Array], each: int) -> Columns:
    """Return the columns of arrays; ``each`` is the number of values per constituent in flat
    arrays, 0 for none.
    """
    found = Columns({}, {}, {})
    for array in arrays:
        for field, shape, kind in _fields(array):
            title = f"{array.name}.{field}" if field else array.name
            column = Column(title, _last(field or array.name), shape, array, field)
            if kind in NUMBERS:
                _add_numbers(found, column, each)
            elif kind in TEXT and len(shape) == 1:
                found.jets[title] = column
    return found


def _add_numbers(found: Columns, whole: Column, each: int) -> None:
    """Add a whole array of numbers, and each of the numbers in it, to what they may be."""
    shape = whole.shape
    if len(shape) == 1:
        found.jets[whole.name] = whole
    elif len(shape) == 3 and shape[2] <= MOST:
        found.clouds.update(_places(whole, shape[2], shape[:2]))
    elif len(shape) == 2 and each and shape[1] > each and shape[1] % each == 0:
        found.clouds.update(_places(whole, each, (shape[0], shape[1] // each), flat=True))
    elif len(shape) == 2:
        found.clouds[whole.name] = whole
        if shape[1] <= MOST:
            found.jets.update(_places(whole, shape[1], shape[:1]))
            found.wide[whole.name] = whole


def _places(
    whole: Column, count: int, shape: tuple[int, ...], *, flat: bool = False
) -> dict[str, Column]:
    """Return the quantities within an array, by name, each of a shape; field names of the array are
    used if their number fits.
    """
    names = whole.array.names if len(whole.array.names) == count else ("",) * count
    each = count if flat else 0
    return {
        (name := f"{whole.name}[{place}]"): Column(
            name, hint, shape, whole.array, whole.field, each, place
        )
        for place, hint in enumerate(names)
    }


def _fields(array: Array) -> Iterator[tuple[str, tuple[int, ...], str]]:
    """Yield the field, the shape and the dtype kind of an array's content."""
    if not array.dtype.names:
        yield "", array.shape, array.dtype.kind
        return
    for name in array.dtype.names:
        dtype = array.dtype[name]
        yield name, (*array.shape, *dtype.shape), dtype.base.kind


def _last(name: str) -> str:
    return name.rpartition("/")[2]


def read_together(columns: Sequence[Column]) -> Read:
    """Return what reads rows of several columns, each array once: a list of their values, in their
    order.
    """
    fields: dict[str, dict[str, None]] = {}
    arrays = {column.array.name: column.array for column in columns}
    for column in columns:
        fields.setdefault(column.array.name, {})
        if column.field:
            fields[column.array.name][column.field] = None
    readers = {name: arrays[name].reader(tuple(wanted)) for name, wanted in fields.items()}

    def read(start: int, stop: int) -> Any:
        blocks = {name: get(start, stop) for name, get in readers.items()}
        return [column.take(blocks[column.array.name]) for column in columns]

    return read

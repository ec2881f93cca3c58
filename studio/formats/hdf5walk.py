"""What lies in an HDF5 file: its data sets and the links out of it, to a limited depth.

Walked here and not by `visit` of the library, which has no limit of depth and finds each object
anew from the top, so that groups nested by thousands take minutes.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pushforward.studio.formats.limits import FormatError

__all__ = ["MAX_DEPTH", "MAX_OBJECTS", "Inside", "walk"]

MAX_DEPTH = 32
"""Groups inside each other that are looked into."""
MAX_OBJECTS = 20_000


@dataclass
class Inside:
    """The names of the data sets, as the file has them, and those of links to other files;
    ``deeper`` tells that there are groups which were not looked into.
    """

    datasets: list[bytes] = field(default_factory=list)
    linked: list[str] = field(default_factory=list)
    deeper: bool = False


def walk(path: Path, file: Any) -> Inside:
    """Return what lies in an open file, each object once, in the order of names.

    Soft links are left alone: what they lead to is met at its own place, or is not in the file.

    Raises:
        FormatError: it holds too many objects.
    """
    inside = Inside()
    _Walk(path, inside).into(file.id, b"", 1)
    return inside


class _Walk:
    def __init__(self, path: Path, inside: Inside) -> None:
        self._path = path
        self._inside = inside
        self._links = 0
        self._met: set[tuple[int, int]] = set()

    def into(self, group: Any, prefix: bytes, depth: int) -> None:
        from h5py import h5g, h5l, h5o

        self._met.add(_key(h5o.get_info(group)))
        for name, kind in self._entries(group):
            if kind == h5l.TYPE_EXTERNAL:
                self._inside.linked.append((prefix + name).decode("utf-8", "replace"))
            if kind != h5l.TYPE_HARD:
                continue
            info = h5o.get_info(group, name)
            if _key(info) in self._met:
                continue
            if info.type == h5o.TYPE_DATASET:
                self._met.add(_key(info))
                self._inside.datasets.append(prefix + name)
            elif info.type == h5o.TYPE_GROUP and depth > MAX_DEPTH:
                # Not met yet: a shorter way may lead to it.
                self._inside.deeper = True
            elif info.type == h5o.TYPE_GROUP:
                self.into(h5g.open(group, name), prefix + name + b"/", depth + 1)

    def _entries(self, group: Any) -> list[tuple[bytes, int]]:
        """Return the names and kinds of the links of a group; all are counted."""
        entries: list[tuple[bytes, int]] = []

        def meet(name: bytes, info: Any) -> bool | None:
            entries.append((name, info.type))
            self._links += 1
            return True if self._links > MAX_OBJECTS else None

        group.links.iterate(meet, info=True)
        if self._links > MAX_OBJECTS:
            raise FormatError(
                f"{self._path.name} holds more than {MAX_OBJECTS:,} groups and data sets.",
                "Store the points as one data set (n, d) of floats.",
            )
        return entries


def _key(info: Any) -> tuple[int, int]:
    return info.fileno, info.addr

"""Quantities of samples, computed on first access."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from numpy.typing import NDArray

__all__ = ["Lazily"]


class Lazily(Mapping[str, NDArray[Any]]):
    """Values by name, (n,) each: some are there, others are ``numbers`` that take a while to find,
    and are found one group of them at a time.

    Args:
        ready: those that are there.
        numbers: the names of the others.
        find: returns one of these, or several that come together, by its name.
    """

    def __init__(
        self,
        ready: Mapping[str, NDArray[Any]],
        numbers: tuple[str, ...],
        find: Callable[[str], Mapping[str, NDArray[Any]]],
    ) -> None:
        self._known = dict(ready)
        self._names = (*self._known, *(name for name in numbers if name not in self._known))
        self._find = find

    def __getitem__(self, name: str) -> NDArray[Any]:
        if name not in self._known and name in self._names:
            self._known.update(self._find(name))
        return self._known[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def words(self) -> Mapping[str, NDArray[Any]]:
        """Return those that are there already: what is found later are numbers."""
        return self._known

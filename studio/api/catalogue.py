"""Lists of what comes with the studio, read without PyTorch."""

import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Generic, SupportsIndex, TypeVar, overload

from pushforward.studio.api.display import html_table
from pushforward.studio.protocol.spec import Recipe

__all__ = ["Listing", "ModelInfo", "models", "recipes"]

T = TypeVar("T")


@dataclass(frozen=True)
class ModelInfo:
    """A model that can be trained.

    Attributes:
        slug: what `pushforward.train` takes before the @.
        title: its name.
        summary: a sentence.
        source: the paper.
        equation: how its particles move, "" for a model that moves none.
    """

    slug: str
    title: str
    summary: str
    source: str
    equation: str


class Listing(tuple[T, ...], Generic[T]):
    """A sequence that is shown as a table."""

    _head: tuple[str, ...]
    _cells: Callable[[T], tuple[str, ...]]

    @classmethod
    def with_columns(
        cls, items: Sequence[T], head: tuple[str, ...], cells: Callable[[T], tuple[str, ...]]
    ) -> "Listing[T]":
        """Return a listing with the columns of its table."""
        listing = cls(items)
        listing._head, listing._cells = head, cells
        return listing

    @overload
    def __getitem__(self, index: SupportsIndex) -> T: ...

    @overload
    def __getitem__(self, index: slice) -> "Listing[T]": ...

    def __getitem__(self, index: SupportsIndex | slice) -> "T | Listing[T]":
        if isinstance(index, slice):
            return Listing.with_columns(tuple(self)[index], self._head, self._cells)
        return super().__getitem__(index)

    def __repr__(self) -> str:
        from pushforward.studio.workflows.tables import render_table

        return render_table(map(self._cells, self), self._head, width=100, one_line_rows=True)

    def _repr_html_(self) -> str:
        return html_table(map(self._cells, self), self._head)


def recipes() -> Listing[Recipe]:
    """Return the recipes that come with the studio; ``slug`` is what `train` takes."""
    from pushforward.studio.resources import recipes as shipped

    return Listing.with_columns(
        shipped(), ("recipe", "seconds", "summary"),
        lambda each: (each.slug, f"{each.expected_seconds:g}", each.summary),
    )  # fmt: skip


def models() -> Listing[ModelInfo]:
    """Return the models that come with the studio."""
    return Listing.with_columns(
        _models(), ("model", "summary"), lambda each: (each.slug, each.summary)
    )


@cache
def _models() -> tuple[ModelInfo, ...]:
    from pushforward.studio.resources import folder

    found = []
    for path in sorted(folder("models").glob("*.toml")):
        data = tomllib.loads(path.read_text(encoding="utf-8"))
        if "title" in data:  # others hold what several share
            names = ("title", "summary", "source", "equation")
            found.append(ModelInfo(path.stem, *(str(data.get(name, "")) for name in names)))
    return tuple(found)

"""Columns of a file of interactions, and what each of them means."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

__all__ = ["JSON", "PARQUET", "RATINGS", "ROLES", "Layout"]

ROLES = ("user", "item", "rating", "time", "title", "categories")
"""What a column may be."""
RATINGS = ("userId", "movieId", "rating", "timestamp")
"""Columns of ratings as MovieLens calls them."""
JSON, PARQUET = "json", "parquet"
"""Delimiters of files of records."""


@dataclass(frozen=True)
class Layout:
    """Layout of the lines of a file.

    Attributes:
        format: name of the format.
        delimiter: separator of cells; `JSON` or `PARQUET` for files of records.
        names: column names; "column 1" and so on without a header.
        header: whether the first line has the names.
        roles: column of each role.
        flags: category names of the trailing 0/1 columns.
        required: MovieLens columns that the file lacks.
    """

    format: str
    delimiter: str
    names: tuple[str, ...]
    header: bool
    roles: Mapping[str, int]
    flags: tuple[str, ...] = ()
    required: tuple[str, ...] = ()

    @property
    def width(self) -> int:
        """Cells of a line."""
        return len(self.names)

    @property
    def missing(self) -> list[str]:
        """Required columns that the header lacks."""
        there = {name.casefold() for name in self.names}
        return [name for name in self.required if name.casefold() not in there]

    @property
    def holds(self) -> str:
        """Content of the file: "events", "items" (titles and categories), or ""."""
        if self.required:
            return "events" if self.required == RATINGS else "items"
        if "user" in self.roles and "item" in self.roles:
            return "events"
        described = "title" in self.roles or "categories" in self.roles or bool(self.flags)
        return "items" if "item" in self.roles and described else ""

    def mapped(self, chosen: Mapping[str, str]) -> "Layout":
        """Return the layout with roles by the names of columns; "" keeps what was found, "none"
        removes the role.
        """
        roles = dict(self.roles)
        for role in ROLES:
            name = chosen.get(role, "")
            if name == "none":
                roles.pop(role, None)
            elif name in self.names:
                roles[role] = self.names.index(name)
        return replace(self, roles=roles)

"""Table formats by suffix. A new one is a new file in this folder with ``@register`` on its class.

They are found with the importers (`studio.formats.registry.discover`), those of third parties too.
"""

from pathlib import Path
from typing import TypeVar

from pushforward.studio.formats.limits import FormatError
from pushforward.studio.formats.tables.base import Format

__all__ = ["Registry", "register", "registry"]

F = TypeVar("F", bound=Format)


class Registry:
    """Formats by suffix and slug."""

    def __init__(self) -> None:
        self._formats: dict[str, Format] = {}

    def add(self, format: Format) -> None:
        """Add a format.

        Raises:
            ValueError: its slug or one of its suffixes belongs to another one.
        """
        for other in self._formats.values():
            if type(other) is type(format):
                return
            shared = set(other.suffixes) & set(format.suffixes)
            if other.slug == format.slug or shared:
                clash = ", ".join(sorted(shared)) or format.slug
                raise ValueError(f"{clash} already belongs to the format {other.slug!r}")
        self._formats[format.slug] = format

    def all(self) -> list[Format]:
        """Return the formats, sorted by slug."""
        return [self._formats[slug] for slug in sorted(self._formats)]

    def suffixes(self, *, writing: bool = False) -> list[str]:
        """Return the known suffixes (with the dot), for writing only those that can be written."""
        return [s for f in self.all() for s in (f.writes if writing else f.suffixes)]

    def for_path(self, path: Path, *, writing: bool = False) -> Format:
        """Return the format of a file, by its suffix.

        Raises:
            FormatError: no format has this suffix; the message names those there are.
        """
        suffix = path.suffix.lower()
        for format in self.all():
            if suffix in (format.writes if writing else format.suffixes):
                return format
        known = ", ".join(self.suffixes(writing=writing))
        verb = "written" if writing else "read"
        what = f"the suffix {suffix!r}" if suffix else "a name without a suffix"
        raise FormatError(
            f"{path.name} has {what}, which cannot be {verb}.",
            f"Use one of {known}.",
            kind="user",
        )


registry = Registry()


def register(format: type[F]) -> type[F]:
    """Register a format class (a decorator)."""
    registry.add(format())
    return format

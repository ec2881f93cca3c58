"""Formats by suffix. A new format is a new file in this package with ``@register`` on its class.

Third parties add theirs by the entry-point group ``pushforward.formats`` (a module that
registers on import, and must not load torch).
"""

import importlib
import pkgutil
import traceback
from dataclasses import dataclass
from importlib.metadata import entry_points
from pathlib import Path
from typing import TypeVar

from studio.formats.base import Format, FormatError

__all__ = ["Problem", "Registry", "discover", "register", "registry"]

F = TypeVar("F", bound=Format)


@dataclass(frozen=True)
class Problem:
    """A module that could not be loaded: its name, one sentence, and the traceback."""

    module: str
    message: str
    details: str


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
        """Return the known suffixes (with the dot), those that can be written if so asked."""
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


def discover(package: str = "studio.formats") -> list[Problem]:
    """Import every module of the package and every plug-in; return those that failed."""
    problems: list[Problem] = []
    found = importlib.import_module(package)
    names = [f"{package}.{module.name}" for module in pkgutil.iter_modules(found.__path__)]
    names += [plugin.value for plugin in entry_points(group="pushforward.formats")]
    for name in names:
        try:
            importlib.import_module(name)
        except Exception as error:
            # A third party's file may fail in any way; the boundary of discovery reports it.
            text = f"{type(error).__name__}: {error}"
            problems.append(Problem(name, text, traceback.format_exc()))
    return problems

"""Importers, by slug and by what they take.

Third parties add theirs by the entry-point group ``pushforward.formats`` (a module that
registers on import, and must not load torch).
"""

import importlib
import pkgutil
import traceback
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import entry_points
from pathlib import Path
from typing import TypeVar

from pushforward.studio.formats.importer import Importer
from pushforward.studio.formats.limits import FormatError
from pushforward.studio.store.errors import StoreError

__all__ = ["Importers", "Problem", "discover", "importer", "importers"]

RENAMED = {"mat": "scene"}
"""Importers by the slugs that they had."""
COMPRESSED = (".gz", ".bz2", ".xz", ".zst")
T = TypeVar("T", bound=Importer)


@dataclass(frozen=True)
class Problem:
    """A module that could not be loaded: its name, one sentence, and the traceback."""

    module: str
    message: str
    details: str


class Importers:
    """Importers by slug. Several may share suffixes; the content decides."""

    def __init__(self) -> None:
        self._importers: dict[str, Importer] = {}

    def add(self, importer: Importer) -> None:
        """Add an importer.

        Raises:
            ValueError: its slug belongs to another one.
        """
        other = self._importers.setdefault(importer.slug, importer)
        if type(other) is not type(importer):
            raise ValueError(f"{importer.slug!r} is already an importer")

    def all(self) -> list[Importer]:
        """Return the importers, the general ones last, each sort by slug."""
        return sorted(self._importers.values(), key=lambda each: (each.general, each.slug))

    def suffixes(self) -> list[str]:
        """Return the known suffixes (with the dot)."""
        return list(dict.fromkeys(s for each in self.all() for s in each.suffixes))

    def patterns(self) -> list[str]:
        """Return the name patterns of known files, including those without suffix."""
        bare = dict.fromkeys(pattern for each in self.all() for pattern in each.called)
        return [*(f"*{suffix}" for suffix in self.suffixes()), *bare]

    def get(self, slug: str) -> Importer:
        """Return an importer by its slug.

        Raises:
            FormatError: there is none; the message names those there are.
        """
        slug = RENAMED.get(slug, slug)
        if slug not in self._importers:
            known = ", ".join(each.slug for each in self.all())
            raise FormatError(
                f"There is no importer {slug!r}.", f"Those there are: {known}.", kind="user"
            )
        return self._importers[slug]

    def check_suffix(self, path: Path) -> None:
        """Make sure that files with such a name can be read at all.

        Raises:
            FormatError: no importer has this suffix; the message names those there are.
        """
        suffix = path.suffix.lower()
        inner = Path(path.stem).suffix.lower()
        if suffix in COMPRESSED and inner in self.suffixes() and not self.find_claiming([path]):
            raise FormatError(
                f"{path.name} is compressed ({suffix}), which is not supported.",
                f"Decompress it first: {path.stem} can be imported.",
                kind="user",
            )
        if suffix in self.suffixes() or (not suffix and any(each.bare for each in self.all())):
            return
        what = f"the suffix {suffix!r}" if suffix else "a name without a suffix"
        raise FormatError(
            f"{path.name} has {what}, which cannot be read.",
            f"Use one of {', '.join(self.suffixes())}.",
            kind="user",
        )

    def find_claiming(self, paths: Sequence[Path]) -> list[Importer]:
        """Return the importers that can read all of these files, the most specific first."""
        return [each for each in self.all() if all(self.claims(each, path) for path in paths)]

    def offered(self, paths: Sequence[Path]) -> list[Importer]:
        """Return the importers for files: those that accept all, then those that may be chosen
        anyway.
        """
        first = self.find_claiming(paths)
        rest = [each for each in self.all() if each not in first]
        return [*first, *(e for e in rest if all(self._also(e, path) for path in paths))]

    def _also(self, importer: Importer, path: Path) -> bool:
        if path.is_dir() or path.suffix.lower() not in importer.suffixes:
            return False
        try:
            return importer.claims(path) or importer.also(path)
        except (StoreError, OSError):
            return False

    def claims(self, importer: Importer, path: Path) -> bool:
        """Return whether an importer accepts a file by its suffix and content, or a folder as a
        whole.
        """
        suffix = path.suffix.lower()
        try:
            if path.is_dir():
                return importer.holds(path)
            named = suffix in importer.suffixes or (importer.bare and not suffix)
            return named and importer.claims(path)
        except (StoreError, OSError):
            return False  # it cannot even be opened: whoever takes it in general says why


importers = Importers()


def importer(kind: type[T]) -> type[T]:
    """Register an importer class (a decorator)."""
    importers.add(kind())
    return kind


def discover(package: str = "pushforward.studio.formats") -> list[Problem]:
    """Import every module of the package, at any depth, and every plug-in; return those that
    failed.
    """
    names = [plugin.value for plugin in entry_points(group="pushforward.formats")]
    problems: list[Problem] = []
    for name in [*_modules(package, problems), *names]:
        _load(name, problems)
    return problems


def _modules(package: str, problems: list[Problem]) -> Iterator[str]:
    found = _load(package, problems)
    for module in pkgutil.iter_modules(getattr(found, "__path__", ())):
        name = f"{package}.{module.name}"
        if module.ispkg:
            yield from _modules(name, problems)
        else:
            yield name


def _load(name: str, problems: list[Problem]) -> object:
    try:
        return importlib.import_module(name)
    except Exception as error:
        # A third party's file may fail in any way; the boundary of discovery reports it.
        text = f"{type(error).__name__}: {error}"
        problems.append(Problem(name, text, traceback.format_exc()))
        return None

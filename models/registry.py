"""Registries of everything that can be added by adding one file.

``@register("family", "edm", ...)`` on a class makes it known under a stable slug (it is written
in files, so it never changes). `discover` imports the modules of the packages; a broken module
becomes a `Problem` that the application shows, and never stops the others. Third parties add
theirs through the entry-point group ``pushforward.plugins``.
"""

import importlib
import pkgutil
import re
import traceback
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from importlib.metadata import entry_points
from typing import Any, Literal, TypeVar

from models.config import Config

__all__ = ["Entry", "Kind", "Problem", "Registry", "discover", "register", "registry"]

Kind = Literal["family", "dataset", "sampler", "metric", "experiment"]
PACKAGES = (
    "models.families",
    "models.data",
    "models.samplers",
    "models.metrics",
    "models.experiments",
)
T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One registered thing.

    Attributes:
        make: the class or function itself; what it is called with depends on ``kind``
            (see `models.base`).
        config: its settings; an empty config where it has none.
        source: author, year, identifier and the equation or algorithm numbers.
        modalities: kinds of data it can work on ("points", "images", ...).
        capabilities: names of the protocols that it satisfies (families only).
        defaults: by kind of data, the settings that have another default there than in ``config``.
    """

    kind: Kind
    slug: str
    title: str
    summary: str
    source: str
    make: Any
    config: type[Config]
    modalities: tuple[str, ...] = ("points",)
    capabilities: tuple[str, ...] = ()
    defaults: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    extra: dict[str, Any] = field(default_factory=dict)

    @property
    def better(self) -> str:
        """Whether a metric's figure is better when it is "lower", the usual case, or "higher"."""
        return str(self.extra.get("better", "lower"))

    @property
    def unit(self) -> str:
        """The unit of a metric's figure, "" for a plain number."""
        return str(self.extra.get("unit", ""))

    def filled(self, data: Mapping[str, Any], modality: str) -> dict[str, Any]:
        """Return settings as plain data, with the defaults for a kind of data where none is set."""
        return {**self.defaults.get(modality, {}), **data}


@dataclass(frozen=True)
class Problem:
    """A module that could not be loaded: its name, one sentence, and the traceback."""

    module: str
    message: str
    details: str


class Registry:
    """Entries by (kind, slug)."""

    def __init__(self) -> None:
        self._entries: dict[tuple[Kind, str], Entry] = {}

    def add(self, entry: Entry) -> None:
        """Add an entry.

        Raises:
            ValueError: the slug is malformed, or taken by another object.
        """
        if not re.fullmatch(r"[A-Za-z0-9]+(-[A-Za-z0-9]+)*", entry.slug):
            raise ValueError(f"slug must be words joined by hyphens, got {entry.slug!r}")
        old = self._entries.get((entry.kind, entry.slug))
        if old is not None and old.make is not entry.make:
            raise ValueError(f"{entry.kind} {entry.slug!r} is registered twice")
        self._entries[entry.kind, entry.slug] = entry

    def get(self, kind: Kind, slug: str) -> Entry:
        """Return an entry.

        Raises:
            KeyError: there is none; the message names those there are.
        """
        try:
            return self._entries[kind, slug]
        except KeyError:
            known = ", ".join(e.slug for e in self.all(kind)) or "none"
            raise KeyError(f"no {kind} is called {slug!r}; known: {known}") from None

    def all(self, kind: Kind) -> list[Entry]:
        """Return the entries of a kind, sorted by slug."""
        return sorted((e for (k, _), e in self._entries.items() if k == kind), key=_by_slug)


def _by_slug(entry: Entry) -> str:
    return entry.slug


registry = Registry()


class NoConfig(Config, frozen=True):
    """Settings of a thing that has none."""


def register(
    kind: Kind,
    slug: str,
    *,
    title: str,
    summary: str,
    source: str,
    config: type[Config] = NoConfig,
    modalities: Iterable[str] = ("points",),
    capabilities: Iterable[str] = (),
    defaults: Mapping[str, Mapping[str, Any]] | None = None,
    **extra: Any,
) -> Callable[[T], T]:
    """Register the decorated class or function under a stable slug."""

    def add(make: T) -> T:
        registry.add(
            Entry(
                kind=kind,
                slug=slug,
                title=title,
                summary=summary,
                source=source,
                make=make,
                config=config,
                modalities=tuple(modalities),
                capabilities=tuple(capabilities),
                defaults=defaults or {},
                extra=extra,
            )
        )
        return make

    return add


def discover(packages: Iterable[str] = PACKAGES) -> list[Problem]:
    """Import every module of the packages and every plug-in; return those that failed."""
    problems: list[Problem] = []
    names: list[str] = []
    for package in packages:
        found = _load(package, problems)
        if found is not None:
            names += [f"{package}.{m.name}" for m in pkgutil.iter_modules(found.__path__)]
    for name in names:
        _load(name, problems)
    for plugin in entry_points(group="pushforward.plugins"):
        _load(plugin.value, problems)
    return problems


def _load(name: str, problems: list[Problem]) -> Any:
    try:
        return importlib.import_module(name)
    except Exception as error:
        # A third party's file may fail in any way; the boundary of discovery reports it.
        problems.append(Problem(name, f"{type(error).__name__}: {error}", traceback.format_exc()))
        return None

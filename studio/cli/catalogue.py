"""What the registries hold, for the commands that list and describe."""

import difflib
from collections.abc import Iterator, Mapping
from typing import Any

from models.entries import Entry, Kind
from models.registry import registry
from studio.cli.terminal import UsageError, complain
from studio.engine.process.discovery import discover
from studio.protocol.spec import Recipe
from studio.resources import recipes

__all__ = ["KINDS", "entries", "find", "load", "training"]

KINDS: tuple[Kind, ...] = (
    "family", "dataset", "kind", "network", "sampler", "metric", "operator"
)  # fmt: skip


def load() -> None:
    """Import everything that is registered; what cannot be loaded is said, and no more."""
    for problem in discover():
        complain(f"{problem.module} could not be loaded: {problem.message}")


def entries(kind: Kind) -> list[Entry]:
    """The entries of a kind, sorted by slug."""
    return registry.all(kind)


def training() -> Entry:
    """The settings of a training, as if they were registered."""
    from studio.engine.run.settings import TrainingConfig

    return Entry(
        kind="family",
        slug="training",
        title="Training",
        summary=(TrainingConfig.__doc__ or "").strip(),
        source="",
        make=None,
        config=TrainingConfig,
    )


def defaults(entry: Entry) -> dict[str, Mapping[str, Any]]:
    """By kind of data, the settings of an entry that have another default there."""
    if entry.make is None:
        return {kind.slug: kind.training for kind in registry.all("kind")}
    if entry.kind != "family":
        return {}
    return {kind.slug: kind.families.get(entry.slug, {}) for kind in registry.all("kind")}


def find(slug: str) -> list[Entry | Recipe]:
    """Every entry with a slug, of any kind, and the recipe.

    Raises:
        UsageError: there is none; the nearest slugs are named.
    """
    known = list(_all())
    found = [entry for entry in known if entry.slug == slug]
    if not found:
        slugs = sorted({entry.slug for entry in known})
        near = difflib.get_close_matches(slug, slugs, n=3)
        hint = f"did you mean {' or '.join(near)}?" if near else f"known: {', '.join(slugs)}"
        raise UsageError(f"nothing is called {slug!r}; {hint}")
    return found


def _all() -> Iterator[Entry | Recipe]:
    for kind in KINDS:
        yield from registry.all(kind)
    yield training()
    yield from recipes()

"""What the registries hold, for the commands that list and describe."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from pushforward.models.entries import Entry, FamilyEntry, Kind
from pushforward.models.nets.pick import always_on
from pushforward.models.registry import Problem, registry
from pushforward.spelling import find_nearest
from pushforward.studio.cli.terminal import complain
from pushforward.studio.engine.process.discovery import discover
from pushforward.studio.methods import Method, methods
from pushforward.studio.protocol.spec import Recipe
from pushforward.studio.resources import recipes
from pushforward.studio.workflows.errors import UsageError

__all__ = ["KINDS", "entries", "find", "load", "training"]

KINDS: tuple[Kind, ...] = (
    "family", "dataset", "kind", "network", "sampler", "guidance", "metric", "operator"
)  # fmt: skip


def load(find: Callable[[], Iterable[Problem]] | None = None) -> None:
    """Import everything that is registered, and print what cannot be imported."""
    for problem in (find or discover)():
        complain(f"{problem.module} could not be loaded: {problem.message}")


def entries(kind: Kind) -> list[Entry]:
    """The entries of a kind, sorted by slug."""
    return registry.all(kind)


def training() -> Entry:
    """The settings of a training, as if they were registered."""
    from pushforward.studio.engine.run.settings import TrainingConfig

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
    assert isinstance(entry, FamilyEntry)
    return {
        kind.slug: {**kind.families.get(entry.slug, {}), **always_on(entry, kind.slug)}
        for kind in registry.all("kind")
    }


def find(slug: str) -> list[Entry | Method | Recipe]:
    """Every entry with a slug, of any kind, the named method and the recipe; of an operator or a
    metric a slug of earlier versions will do.

    Raises:
        UsageError: there is none; the nearest are named, by how they are spelt or what they are
            called.
    """
    known = list(_all())
    found = [each for each in known if each.slug == slug]
    found = found or [each for each in known if slug in getattr(each, "formerly", ())]
    if not found:
        near = _near(slug, known)
        hint = f"did you mean {' or '.join(near)}? " if near else ""
        raise UsageError(
            f"nothing is called {slug!r}; {hint}'pushforward list' lists models, "
            "datasets, networks, samplers, guidance, metrics, operators, methods and recipes"
        )
    return found


def _near(word: str, known: Iterable[Entry | Method | Recipe]) -> list[str]:
    """Return the slugs that are nearest to a word: spelt alike, with it in their slug or title, or
    with a title that is spelt alike.
    """
    titles = {each.slug: each.title.casefold() for each in known}
    word = word.casefold()
    near = find_nearest(word, titles, 3)
    near += sorted(slug for slug, title in titles.items() if len(word) > 2 and word in slug + title)
    alike = find_nearest(word, titles.values(), 3)
    near += [slug for slug, title in titles.items() if title in alike]
    return list(dict.fromkeys(near))[:3]


def _all() -> Iterator[Entry | Method | Recipe]:
    for kind in KINDS:
        yield from registry.all(kind)
    yield training()
    yield from methods()
    yield from recipes()

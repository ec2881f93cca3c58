"""All data there are to learn from, own and built in, as they are listed and found. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pushforward.studio.app.core.app_state import DataInfo
from pushforward.studio.app.core.data_type_registry import kind
from pushforward.studio.app.core.display_names import imported
from pushforward.studio.app.core.facets import begin_words, has_words
from pushforward.studio.counts import format_count, join_words
from pushforward.studio.protocol.catalog import Catalog, EntrySpec

__all__ = ["DataSet", "all_sets", "found", "kinds_of"]

DRAWN = "procedural"
OURS = "Apache-2.0, as this program"
NAMED = 5
"""Number of files of a set that are named; the others are counted."""
_FILES = re.compile(r", (?=/|[A-Za-z]:[/\\]|\\\\)")


@dataclass(frozen=True, kw_only=True)
class DataSet:
    """A set of data.

    Attributes:
        slug: what a run calls it.
        title: what people call it.
        kind: the slug of its kind.
        own: whether it is one of the project.
        size: how many data it has, and of what form.
        licence: under which it may be passed on; "" where it is the person's own.
        summary: what it is.
        source: where it comes from.
        made: how it came to be.
        version: what is different where its rows are.
    """

    slug: str
    title: str
    kind: str
    own: bool
    size: str
    licence: str = ""
    summary: str = ""
    source: str = ""
    made: str = ""
    version: str = ""

    @property
    def terms(self) -> str:
        """The name of the licence, without what it asks for."""
        return re.split("[:,]", self.licence, maxsplit=1)[0]


def all_sets(catalog: Catalog | None, datasets: Sequence[DataInfo]) -> list[DataSet]:
    """Return the sets of a project, then the built-in ones by their kinds."""
    built_in = (
        [_built_in(each) for each in catalog.entries_of("dataset")] if catalog is not None else []
    )
    order = {each.slug: place for place, each in enumerate(built_in)}
    built_in.sort(key=lambda each: (kind(each.kind).order, each.kind, order[each.slug]))
    return [*map(_describe_imported, datasets), *built_in]


def _describe_imported(data: DataInfo) -> DataSet:
    its = kind(data.kind)
    columns = [format_count(len(data.columns), "column")] if its.layout == "plane" else []
    return DataSet(
        slug=imported(data.name),
        title=data.name,
        kind=data.kind,
        own=True,
        size=", ".join([format_count(data.rows, its.one, its.many), *columns]),
        summary=_imported_from(data.source),
        source=data.source,
        version=data.hash,
    )


def _imported_from(source: str) -> str:
    """Say which files a set came from: their paths stand side by side, each from its root."""
    names = [Path(each).name for each in _FILES.split(source) if each]
    if not names:
        return "Imported."
    if len(names) == 1:
        return f"Imported from {names[0]}."
    more = len(names) - NAMED
    said = join_words([*names[:NAMED], f"{more} more"] if more > 1 else names)
    return f"Imported from {len(names)} files: {said}."


def _built_in(entry: EntrySpec) -> DataSet:
    return DataSet(
        slug=entry.slug,
        title=entry.title,
        kind=entry.kinds[0] if entry.kinds else "",
        own=False,
        size=entry.size or DRAWN,
        licence=entry.licence or OURS,
        summary=entry.summary,
        source=entry.source,
        made=entry.made,
        version=f"{entry.size} {entry.made} {[field.default for field in entry.fields]}",
    )


def found(sets: Sequence[DataSet], text: str, of_kind: str = "") -> list[DataSet]:
    """Return the sets in which all words of a text occur, of a kind or of any: first those whose
    title begins so, then those in which each word begins a word, "ego" in "Ego-small", and last
    those in which they stand within others, as in "categories".
    """
    wanted = text.casefold().split()
    fitting = [
        each
        for each in sets
        if (not of_kind or each.kind == of_kind) and has_words(wanted, _searchable_text(each))
    ]
    start = text.casefold().strip()

    def rank(each: DataSet) -> int:
        title, said = each.title.casefold(), _searchable_text(each)
        if title.startswith(start):
            return 0
        return next((k for k, own in enumerate((title, said), 1) if begin_words(wanted, own)), 3)

    return sorted(fitting, key=rank)


def _searchable_text(data: DataSet) -> str:
    its = kind(data.kind)
    parts = (data.title, data.slug, data.summary, data.source, data.licence, its.title, its.about)
    return " ".join(parts).casefold()


def kinds_of(sets: Sequence[DataSet]) -> dict[str, int]:
    """Return how many sets there are of each kind, as the kinds are ordered."""
    slugs = sorted({each.kind for each in sets}, key=lambda slug: (kind(slug).order, slug))
    return {slug: sum(each.kind == slug for each in sets) for slug in slugs}

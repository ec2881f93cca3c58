"""MovieLens: ratings and titles, dropped together, become histories of people."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pushforward.studio.formats.importer import Importer, Rows
from pushforward.studio.formats.inspection import Inspection
from pushforward.studio.formats.interactions.layouts import (
    Events,
    Layout,
    Titles,
    layout_of,
    read_events,
    read_titles,
)
from pushforward.studio.formats.limits import CHUNK_BYTES, MAX_BYTES, FormatError, rows_at_once
from pushforward.studio.formats.registry import importer
from pushforward.studio.protocol.catalog import FieldSpec
from pushforward.studio.store.errors import StoreError, human_bytes
from pushforward.studio.store.parts import Block, Part, lengths_of
from pushforward.studio.store.schema import Schema

__all__ = ["MovieLens", "core"]

Ints = NDArray[np.int64]
SHOWN = 3  # people whose newest items a preview names
TITLED = 5  # of each
HINT = (
    "Choose ratings.csv, ratings.dat or u.data, and with it the file of the titles, or import the "
    "whole folder."
)
NEIGHBOURS = ("movies.csv", "movies.dat", "u.item")
"""Files of titles that are looked for beside ratings, where none was chosen."""
CALLED = ["userId", "movieId"]
"""What the numbers are called that people and items have in the files."""
OPTIONS = (
    FieldSpec(
        path="longest",
        kind="int",
        title="Longest history",
        help="Of longer ones a model reads the newest items; what came before them is kept as "
        "seen, so that nobody is recommended it.",
        default=200,
        low=2,
        high=2000,
    ),
    FieldSpec(
        path="core",
        kind="int",
        title="Core",
        help="People and items with fewer interactions than this are left out, again and again "
        "until none is left that has; 1 for none.",
        default=5,
        low=1,
        high=1000,
    ),
    FieldSpec(
        path="least",
        kind="float",
        title="Lowest rating",
        help="Ratings below it are left out: what somebody disliked says little of what to "
        "recommend. 0 takes all.",
        default=0.0,
        low=0.0,
        high=10.0,
    ),
)


@dataclass(frozen=True)
class _Histories:
    """Items from 1 in order of time, of each person; events of one time stay in the order of the
    file.

    ``items`` (m,) are those of all people, one after the other, ``starts`` (n + 1,) where each
    begins; ``people`` (n,) and ``numbers`` (V,) are what people and items are numbered in the
    files. ``notes`` are sentences on where the titles are from.
    """

    items: NDArray[np.int64]
    starts: NDArray[np.int64]
    people: NDArray[np.int64]
    numbers: NDArray[np.int64]
    titles: list[str]
    read: int
    notes: list[str]

    def __len__(self) -> int:
        return len(self.starts) - 1

    def named(self, n: int) -> list[list[str]]:
        """Return the titles of the newest items of the first n people."""
        return [[self.titles[i - 1] for i in self.rows(p, p + 1, TITLED)[0] if i] for p in range(n)]

    def rows(self, start: int, stop: int, longest: int) -> NDArray[np.int64]:
        """Return some histories as rows, their newest items, padded with 0 at the end."""
        x = np.zeros((stop - start, longest), np.int64)
        for row, person in enumerate(range(start, stop)):
            own = self.items[self.starts[person] : self.starts[person + 1]][-longest:]
            x[row, : len(own)] = own
        return x

    def earlier(self, start: int, stop: int, longest: int) -> tuple[Ints, Ints]:
        """Return what is before those items, of one person after the other, and how many each
        has.
        """
        lengths = np.maximum(0, np.diff(self.starts[start : stop + 1]) - longest)
        own = zip(self.starts[start:stop], lengths, strict=True)
        return np.concatenate([self.items[at : at + n] for at, n in own]), lengths


@importer
class MovieLens(Importer):
    """The files of any MovieLens data set; what is neither ratings nor titles is passed over."""

    slug = "movielens"
    kind = "interactions"
    title = "Interactions: MovieLens ratings with titles"
    suffixes = (".csv", ".dat", ".data", ".item", ".user")
    options = OPTIONS

    def claims(self, path: Path) -> bool:
        """Say whether a file begins as one of MovieLens does."""
        return layout_of(path) is not None

    def enough(self, paths: Sequence[Path]) -> bool:
        """Say whether ratings are among them."""
        layouts = map(layout_of, paths)
        return any(layout is not None and layout.holds == "ratings" for layout in layouts)

    def inspect(self, paths: Sequence[Path], options: Mapping[str, Any]) -> Inspection:
        """Read all files: only counting tells what the core is."""
        longest = int(options["longest"])
        try:
            histories = _histories(paths, options)
        except FormatError as error:
            # Another importer may take them: the dialog says what is wrong and lets choose.
            return self._found(paths, longest, problems=[f"{error.message} {error.hint}".strip()])
        lengths = np.diff(histories.starts)
        notes = [
            f"{len(histories.items):,} of {histories.read:,} ratings are taken, by "
            f"{len(histories):,} people of {len(histories.titles):,} items.",
            f"Half of the histories have more than {int(np.median(lengths)):,} items; the longest "
            f"has {int(lengths.max()):,}.",
        ]
        cut = int((lengths > longest).sum())
        if cut:
            notes.append(
                f"{cut:,} of them are longer than {longest}: a model reads their newest items, and "
                "what came before these is kept as seen."
            )
        shown = min(SHOWN, len(histories))
        return self._found(
            paths,
            longest,
            rows=len(histories),
            preview={
                "x": histories.named(shown),
                "person": histories.people[:shown].tolist(),
            },
            notes=[*notes, *histories.notes],
        )

    def rows(self, paths: Sequence[Path], options: Mapping[str, Any]) -> Rows:
        """Stream the histories."""
        histories = _histories(paths, options)
        longest = int(options["longest"])
        facts = {
            "titles": histories.titles,
            "items": histories.numbers.tolist(),
            "called": CALLED,
        }
        schema = Schema(kind=self.kind, parts=_parts(longest), facts=facts)
        return Rows(schema, _blocks(histories, longest), len(histories))

    def _found(self, paths: Sequence[Path], longest: int, **more: Any) -> Inspection:
        return Inspection(
            files=[str(path) for path in paths],
            importer=self.slug,
            kind=self.kind,
            format="MovieLens",
            bytes=0,
            parts=_parts(longest),
            **more,
        )


def _parts(longest: int) -> list[Part]:
    return [
        Part(name="x", dtype="int64", shape=[longest]),
        Part(name="earlier", dtype="int64", ragged=True),
        Part(name="person", dtype="int64"),
    ]


def _blocks(histories: _Histories, longest: int) -> Iterator[Block]:
    step, most = rows_at_once(8 * longest), CHUNK_BYTES // 8
    start = 0
    while start < len(histories):
        # So many people, or fewer who have many items.
        full = int(np.searchsorted(histories.starts, histories.starts[start] + most, "right")) - 1
        stop = min(start + step, len(histories), max(start + 1, full))
        earlier, lengths = histories.earlier(start, stop, longest)
        yield {
            "x": histories.rows(start, stop, longest),
            "earlier": earlier,
            lengths_of("earlier"): lengths,
            "person": histories.people[start:stop],
        }
        start = stop


def _named(paths: Sequence[Path]) -> str:
    return ", ".join(path.name for path in paths)


def _histories(paths: Sequence[Path], options: Mapping[str, Any]) -> _Histories:
    """Read files that belong together.

    Raises:
        FormatError: one cannot be taken, none holds ratings, or too few are left.
    """
    layouts = [(path, layout_of(path)) for path in paths]
    events: list[Events] = []
    for path, layout in layouts:
        if layout is None:
            raise FormatError(f"{path.name} is no file of MovieLens.", HINT)
        if layout.holds == "ratings":
            events.append(read_events(path, layout))
    if not events:
        raise FormatError(f"{_named(paths)}: no ratings are in there.", HINT)
    titles, notes = _titles([(path, layout) for path, layout in layouts if layout is not None])
    user, item, rating, time = (
        np.concatenate([getattr(each, name) for each in events])
        for name in ("user", "item", "rating", "time")
    )
    kept = np.flatnonzero(rating >= options["least"])
    # In order of time, person by person; lexsort keeps the order of the file among equals.
    kept = kept[np.lexsort((time[kept], user[kept]))]
    kept = kept[_first_time(user[kept], item[kept])]
    kept = kept[core(user[kept], item[kept], int(options["core"]))]
    if not len(kept):
        raise FormatError(
            f"{_named(paths)}: of {len(user):,} ratings none is left.",
            "Choose a smaller core or a lower rating.",
        )
    numbers, items = np.unique(item[kept], return_inverse=True)
    people, starts = np.unique(user[kept], return_index=True)
    untitled = sum(not titles.get(int(number)) for number in numbers)
    if untitled:
        notes.append(
            f"{untitled:,} of {len(numbers):,} items have no title: they are called by their "
            f"{CALLED[1]}."
        )
    return _Histories(
        items.astype(np.int64) + 1,
        np.append(starts, len(kept)),
        people,
        numbers,
        [titles.get(int(number)) or f"Item {number}" for number in numbers],
        len(user),
        notes,
    )


def _titles(files: Sequence[tuple[Path, Layout]]) -> tuple[dict[int, str], list[str]]:
    """Return the titles of the files among these that hold some, or of their neighbours, and
    sentences on them.

    Raises:
        FormatError: a file that was chosen cannot be taken.
    """
    titles: dict[int, str] = {}
    notes: list[str] = []
    chosen = [(path, layout) for path, layout in files if layout.holds == "titles"]
    for path, layout in chosen:
        titles |= _said(path, read_titles(path, layout), notes)
    if not chosen:
        beside = {path.parent / name: None for path, _ in files for name in NEIGHBOURS}
        for path in beside:
            titles |= _neighbour(path, notes)
    return titles, notes


def _neighbour(path: Path, notes: list[str]) -> dict[int, str]:
    """Return the titles of a file that nobody chose; it may be missing, or hold none."""
    try:
        if not path.is_file():
            return {}
        if path.stat().st_size > MAX_BYTES:
            raise FormatError(f"it has more than {human_bytes(MAX_BYTES)}.")
        layout = layout_of(path)
        if layout is None or layout.holds != "titles":
            return {}
        found = read_titles(path, layout)
    except (StoreError, OSError) as error:
        notes.append(f"{path.name} beside the ratings cannot be read: {error}")
        return {}
    notes.append(f"The titles are from {path.name} beside the ratings.")
    return _said(path, found, notes)


def _said(path: Path, titles: Titles, notes: list[str]) -> dict[int, str]:
    if titles.latin:
        notes.append(
            f"{path.name} is not all UTF-8: {titles.latin:,} of its titles, read as Latin-1."
        )
    return titles.of


def _first_time(user: NDArray[np.int64], item: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the events (m,) in which somebody rates something for the first time, in order."""
    _, people = np.unique(user, return_inverse=True)
    known, items = np.unique(item, return_inverse=True)
    _, first = np.unique(people.astype(np.int64) * len(known) + items, return_index=True)
    return np.sort(first)


def core(user: NDArray[np.int64], item: NDArray[np.int64], least: int) -> NDArray[np.int64]:
    """Return the events (m,) of the largest set in which every person and every item has so many
    or more.
    """
    kept = np.arange(len(user))
    while len(kept):
        enough = np.ones(len(kept), bool)
        for side in (user[kept], item[kept]):
            _, index, counts = np.unique(side, return_inverse=True, return_counts=True)
            enough &= counts[index] >= least
        if enough.all():
            break
        kept = kept[enough]
    return kept

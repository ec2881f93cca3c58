"""What importers of interactions share: options, what they say of files, and rows."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from pushforward.studio.counts import format_count
from pushforward.studio.formats.importer import Importer, Rows
from pushforward.studio.formats.inspection import Inspection
from pushforward.studio.formats.interactions.events import Events, File, read_events
from pushforward.studio.formats.interactions.histories import Filters, Histories, make_histories
from pushforward.studio.formats.interactions.items import (
    Described,
    check_header,
    describe,
    separated,
)
from pushforward.studio.formats.limits import FormatError
from pushforward.studio.protocol.catalog import Choice, FieldSpec
from pushforward.studio.store.schema import Schema

__all__ = ["FILTERS", "SHOWN", "HistoriesImporter"]

SHOWN = 3  # users whose newest items a preview names
TITLED = 5  # of each
LOOKED = 48 * 2**20
"""Bytes of a file that are read before an import: of a larger one the preview is of its start."""
FILTERS = (
    FieldSpec(
        path="longest",
        kind="int",
        title="Maximum sequence length",
        help="Items per history that a model reads, the newest ones. Earlier items still count as "
        "seen, so that they are not recommended.",
        default=200,
        low=2,
        high=2000,
    ),
    FieldSpec(
        path="core",
        kind="int",
        title="k-core",
        help="Removes users and items with fewer interactions, repeatedly, until none is left. "
        "5 is usual; 1 keeps all.",
        default=5,
        low=1,
        high=1000,
    ),
    FieldSpec(
        path="least",
        kind="float",
        title="Rating threshold",
        help='Ratings below it are left out; 0 keeps all. 4 of 5 is usual for "liked".',
        default=0.0,
        low=0.0,
        high=1e6,
    ),
    FieldSpec(
        path="ties",
        kind="choice",
        title="Equal times",
        help="Order of a user's events of one time. A file is often sorted by item, which would "
        "become a pattern to learn.",
        default="random",
        choices=[
            Choice(value="random", title="Random (seed 0)"),
            Choice(value="file", title="As in the file"),
            Choice(value="item", title="By item"),
        ],
    ),
    FieldSpec(
        path="gap",
        kind="float",
        title="Session gap",
        help="Hours without an event after which a new history starts; 0 for one history per user.",
        default=0.0,
        low=0.0,
        high=1e6,
        unit="h",
    ),
    FieldSpec(
        path="repeats",
        kind="bool",
        title="Keep repeats",
        help="Keeps items that a user takes again, as in shops and music. Otherwise the first "
        "time counts.",
        default=False,
    ),
)


class HistoriesImporter(Importer):
    """Base: files to events to histories.

    Attributes:
        numbered: users and items must be numbers.
        hint: what to do where no file holds interactions.
    """

    kind = "interactions"
    numbered: ClassVar[bool] = False
    hint: ClassVar[str] = ""

    def files(self, paths: Sequence[Path], options: Mapping[str, Any]) -> list[File]:
        """Return the files, or the members of archives, with what they hold.

        Raises:
            FormatError: one cannot be taken.
        """
        raise NotImplementedError

    def inspect(self, paths: Sequence[Path], options: Mapping[str, Any]) -> Inspection:
        """Read the files, or the start of large ones, and show the first users."""
        longest = int(options["longest"])
        files: list[File] = []
        try:
            files = self.files(paths, options)
            histories, titles, _, notes = self._read(paths, files, options, LOOKED)
        except FormatError as error:
            # Another importer may take them: the dialog says what is wrong and lets choose.
            return self._found(paths, files, problems=[f"{error.message} {error.hint}".strip()])
        lengths = histories.lengths
        notes.insert(
            1,
            f"Median history: {int(np.median(lengths)):,} items; longest: {int(lengths.max()):,}.",
        )
        if cut := int((lengths > longest).sum()):
            notes.insert(
                2,
                f"{cut:,} histories have more than {longest} items: models read the newest ones; "
                "earlier ones count as seen.",
            )
        shown = min(SHOWN, len(histories))
        newest = histories.rows(0, shown, TITLED, histories.items)
        preview: dict[str, Any] = {
            "x": [[titles[item - 1] for item in row if item] for row in newest.tolist()],
            "person": histories.users[:shown].tolist(),
        }
        return self._found(
            paths,
            files,
            rows=len(histories),
            parts=histories.parts(longest),
            preview=preview,
            notes=notes,
            picture=_counts(histories),
        )

    def rows(self, paths: Sequence[Path], options: Mapping[str, Any]) -> Rows:
        """Stream the histories."""
        files = self.files(paths, options)
        histories, titles, facts, _ = self._read(paths, files, options, None)
        longest = int(options["longest"])
        schema = Schema(
            kind=self.kind, parts=histories.parts(longest), facts={"titles": titles, **facts}
        )
        return Rows(schema, histories.blocks(longest), len(histories))

    def _read(
        self,
        paths: Sequence[Path],
        files: Sequence[File],
        options: Mapping[str, Any],
        most: int | None,
    ) -> tuple[Histories, list[str], dict[str, Any], list[str]]:
        """Return histories, titles, facts and notes.

        Raises:
            FormatError: a file cannot be taken, none holds events, or too few are left.
        """
        events_in = [file for file in files if file.layout.holds == "events"]
        named = ", ".join(path.name for path in paths)
        if not events_in:
            raise FormatError(f"{named}: no interactions are in there.", self.hint)
        for file in events_in:
            check_header(file)
        least = float(options["least"])
        events = read_events(events_in, least, most, numbered=self.numbered)
        filters = Filters(
            int(options["core"]), options["ties"], options["repeats"], float(options["gap"])
        )
        histories = make_histories(events, filters)
        if not len(histories):
            raise FormatError(
                f"{named}: none of {events.read:,} interactions is left.",
                "Choose a smaller k-core or a lower rating threshold.",
            )
        described = describe(files)
        names = [events.names[code] for code in histories.codes.tolist()]
        titles, categories = _titles(names, events, described)
        facts: dict[str, Any] = {"called": self._called(events_in[0])}
        if events.items is not None:
            facts["items"] = events.items[histories.codes].tolist()
        else:
            facts["items"] = names
        if histories.names:
            facts["users"] = list(histories.names)
        if any(categories):
            facts["categories"] = categories
        cut = most is not None and _is_cut(events_in, most)
        notes = _notes(events, histories, filters, least, cut)
        untitled = sum(not described.titles.get(name, "") for name in names)
        if untitled and (described.titles or self.numbered):
            notes.append(
                f"{untitled:,} of {len(names):,} items have no title: they are called by "
                f"their {facts['called'][1]}."
            )
        return histories, titles, facts, [*notes, *described.notes]

    def _called(self, file: File) -> list[str]:
        """Return what users and items are called in a file."""
        if self.numbered:
            return ["userId", "movieId"]
        names, roles = file.layout.names, file.layout.roles
        plain = [names[roles[role]].partition(":")[0] for role in ("user", "item")]
        return plain if file.layout.header else ["user", "item"]

    def _found(self, paths: Sequence[Path], files: Sequence[File], **more: Any) -> Inspection:
        formats = dict.fromkeys(file.layout.format for file in files if file.layout.holds)
        return Inspection(
            files=[str(path) for path in paths],
            importer=self.slug,
            kind=self.kind,
            format=", ".join(formats) or "Interactions",
            bytes=0,
            **{"parts": [], **self.columns(files), **more},
        )

    def columns(self, files: Sequence[File]) -> dict[str, Any]:
        """Return the columns that may be chosen from, by option."""
        return {}


def _titles(
    names: Sequence[str], events: Events, described: Described
) -> tuple[list[str], list[str]]:
    """Return the title and the categories of each item."""
    titles, categories = [], []
    for name in names:
        title = described.titles.get(name) or events.titles.get(name)
        titles.append(title or (f"Item {name}" if events.items is not None else name))
        own = described.categories.get(name) or separated(events.categories.get(name, ""))
        categories.append(own)
    return titles, categories


def _is_cut(files: Sequence[File], most: int) -> bool:
    return any(
        bool(file.source.member)
        or file.source.path.suffix == ".gz"
        or file.source.path.stat().st_size > most
        for file in files
    )


def _notes(
    events: Events, histories: Histories, filters: Filters, least: float, cut: bool
) -> list[str]:
    many = "sessions" if filters.gap else "users"
    notes = [
        f"{len(histories.items):,} of {events.read:,} interactions kept: {len(histories):,} "
        f"{many}, {len(histories.codes):,} items."
    ]
    if events.low:
        left = format_count(events.low, "event")
        notes.append(f"{left} {_are(events.low)} left out: below the rating threshold.")
    if events.unrated:
        left = format_count(events.unrated, "event")
        kept = "left out" if least > 0 else "kept"
        notes.append(f"{left} without a rating {_are(events.unrated)} {kept}.")
    if histories.repeated:
        left = format_count(histories.repeated, "repeat")
        notes.append(
            f"{left} of an item by the same user {_are(histories.repeated)} left out. Choose Keep "
            "repeats for purchases or music."
        )
    if histories.rare:
        left = format_count(histories.rare, "event")
        notes.append(f"{left} {_are(histories.rare)} left out by the {filters.core}-core filter.")
    if cut:
        notes.append("These numbers are of the start of the file; the import reads all of it.")
    if events.empty:
        notes.append(f"{events.empty:,} rows have no user or no item and are left out.")
    if events.time is None:
        notes.append("No column holds times: events are taken in the order of the file.")
    elif len(histories.items) and histories.time is not None:
        begins = np.zeros(len(histories.items), bool)
        begins[histories.starts[:-1]] = True
        equal = float(((np.diff(histories.time, prepend=-1) == 0) & ~begins).mean())
        if equal > 0.01:
            order = {"random": "in random order", "file": "as in the file", "item": "by item"}
            notes.append(
                f"{100 * equal:.0f} % of events have the time of the one before; they are taken "
                f"{order[filters.ties]}."
            )
    return notes


def _are(count: int) -> str:
    return "is" if count == 1 else "are"


def _counts(histories: Histories) -> dict[str, Any]:
    """Return what a picture of the data needs: how often items are taken, and history lengths."""
    taken = np.sort(np.bincount(histories.items)[1:])[::-1]
    ranks = np.unique(np.geomspace(1, len(taken), min(200, len(taken))).astype(int))
    return {
        "ranks": ranks.tolist(),
        "taken": taken[ranks - 1].tolist(),
        "lengths": np.quantile(histories.lengths, np.linspace(0, 1, 101)).tolist(),
    }

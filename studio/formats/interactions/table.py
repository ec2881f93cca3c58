"""Tables of interactions: a user and an item a line, with columns that are found or chosen."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pushforward.studio.formats.archives import check_unpacked, is_archive
from pushforward.studio.formats.interactions.events import File
from pushforward.studio.formats.interactions.importing import FILTERS, HistoriesImporter
from pushforward.studio.formats.interactions.layout import ROLES
from pushforward.studio.formats.interactions.layouts import find_layout
from pushforward.studio.formats.interactions.sources import sources_of
from pushforward.studio.formats.limits import FormatError
from pushforward.studio.formats.registry import importer
from pushforward.studio.protocol.catalog import FieldSpec
from pushforward.studio.store.errors import StoreError

__all__ = ["InteractionTable"]

_HELP = {
    "user": "Column with the user of an interaction.",
    "item": "Column with the item of an interaction.",
    "time": "Column with the time: seconds, milliseconds, or a date. Without it the order of the "
    "file counts.",
    "rating": "Column with the rating, for the threshold.",
    "title": "Column with the title of the item.",
    "categories": "Column with the categories of the item, separated by | or commas.",
}
_PLAIN = (".inter", ".item", ".user", ".csv", ".tsv", ".txt", ".dat", ".json", ".jsonl", ".parquet")


@importer
class InteractionTable(HistoriesImporter):
    """Delimited text, RecBole files, JSON lines and Parquet, also in gzip and zip."""

    slug = "recommendation-table"
    title = "Interactions: a user and an item per line"
    suffixes = (*_PLAIN, ".gz", ".zip")
    options = (
        *(
            FieldSpec(path=role, kind="source", title=role.capitalize(), help=text, default="")
            for role, text in _HELP.items()
        ),
        *FILTERS,
    )
    hint = "Choose the columns of the user and the item."

    def claims(self, path: Path) -> bool:
        """Say whether a file names a user and an item column, or is of a known text format."""
        return any(file.layout.holds for file in _find_tables(path))

    def also(self, path: Path) -> bool:
        """Return whether a file is a table with at least two columns to choose from."""
        return path.suffix.lower() != ".zip" and any(
            file.layout.width > 1 for file in _find_tables(path)
        )

    def enough(self, paths: Sequence[Path]) -> bool:
        """Say whether interactions are among them."""
        return any(file.layout.holds == "events" for path in paths for file in _find_tables(path))

    def files(self, paths: Sequence[Path], options: Mapping[str, Any]) -> list[File]:
        """Return the files, with the columns that were chosen.

        Raises:
            FormatError: there is no table among them.
        """
        found = [file for path in paths for file in _find_tables(path, strict=True)]
        if not found:
            named = ", ".join(path.name for path in paths)
            raise FormatError(f"{named}: no table of interactions is in there.", self.hint)
        chosen = {role: options[role] for role in ROLES}
        files = [File(file.source, file.layout.mapped(chosen)) for file in found]
        if len(found) == 1:
            return files
        about = {role: chosen[role] for role in ("item", "title", "categories")}
        return [
            # A table of items has no user; its item column may have another name.
            mapped
            if mapped.layout.holds == "events"
            else File(own.source, own.layout.mapped(about))
            for own, mapped in zip(found, files, strict=True)
        ]

    def columns(self, files: Sequence[File]) -> dict[str, Any]:
        """Return the columns of the events as the choice for each role."""
        events = [file for file in files if file.layout.holds == "events"]
        events = events or [file for file in files if file.layout.holds != "items"] or [*files]
        if not events:
            return {}
        items = [file for file in files if file.layout.holds == "items"]
        taken: dict[str, str] = {}
        for file in (events[0], *items):
            if (found := find_layout(file.source)) is not None:
                named = {role: found.names[place] for role, place in found.roles.items()}
                taken = named | taken
        names = list(events[0].layout.names)
        every = list(dict.fromkeys([*names, *(n for file in items for n in file.layout.names)]))
        of_items = ("title", "categories")
        return {
            "sources": {role: every if role in of_items else names for role in ROLES},
            "taken": taken,
        }


def _find_tables(path: Path, *, strict: bool = False) -> list[File]:
    """Return the tables in a file or in a zip; what cannot be read is none, unless ``strict``.

    Raises:
        FormatError, StoreError: with ``strict``, it cannot be read.
    """
    if path.suffix.lower() == ".zip" and not is_archive(path):
        return []
    found = []
    try:
        if path.suffix.lower() == ".zip":
            check_unpacked(path)
        for source in sources_of(path):
            if source.member and source.suffix not in _PLAIN:
                continue
            if path.suffix.lower() == ".gz" and source.suffix not in _PLAIN:
                continue
            if (layout := find_layout(source)) is not None:
                found.append(File(source, layout))
    except (StoreError, OSError):
        if strict:
            raise
    return found

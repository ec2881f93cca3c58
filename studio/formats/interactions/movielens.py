"""MovieLens: ratings and titles, dropped together, become histories of users."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pushforward.studio.formats.interactions.events import File
from pushforward.studio.formats.interactions.histories import core
from pushforward.studio.formats.interactions.importing import FILTERS, HistoriesImporter
from pushforward.studio.formats.interactions.layouts import movielens_layout
from pushforward.studio.formats.interactions.sources import Source
from pushforward.studio.formats.limits import FormatError
from pushforward.studio.formats.registry import importer

__all__ = ["MovieLens", "core"]


@importer
class MovieLens(HistoriesImporter):
    """Importer of MovieLens files; files other than ratings and titles are skipped."""

    slug = "movielens"
    title = "Interactions: MovieLens ratings with titles"
    suffixes = (".csv", ".dat", ".data", ".item", ".user")
    options = FILTERS
    numbered = True
    hint = (
        "Choose ratings.csv, ratings.dat or u.data, and with it the file of the titles, or import "
        "the whole folder."
    )

    def claims(self, path: Path) -> bool:
        """Say whether a file begins as one of MovieLens does."""
        return movielens_layout(Source(path)) is not None

    def enough(self, paths: Sequence[Path]) -> bool:
        """Say whether ratings are among them."""
        layouts = (movielens_layout(Source(path)) for path in paths)
        return any(layout is not None and layout.holds == "events" for layout in layouts)

    def files(self, paths: Sequence[Path], options: Mapping[str, Any]) -> list[File]:
        """Return the files with what they hold.

        Raises:
            FormatError: one is none of MovieLens.
        """
        found = []
        for path in paths:
            source = Source(path)
            if (layout := movielens_layout(source)) is None:
                raise FormatError(f"{path.name} is no file of MovieLens.", self.hint)
            found.append(File(source, layout))
        return found

"""In which part of a menu each thing stands that a run can do. Pure."""

from collections.abc import Sequence

from studio.app.state.results import SEEN
from studio.protocol.catalog import EntrySpec

__all__ = ["LABS", "grouped"]

LABS = "Measure and compare"
FEW = 2  # entries that need no menu of their own


def grouped(entries: Sequence[EntrySpec], many: str) -> list[tuple[str, list[EntrySpec]]]:
    """Return groups of operators with their titles, "" for what stands in the menu itself: what a
    run makes from nothing, then what a lab shows, then what is done with rows that are handed to
    it, which are called ``many``.
    """
    labs = [entry for entry in entries if entry.slug in SEEN]
    handed = [entry for entry in entries if entry.slug not in SEEN and entry.takes]
    first = [entry for entry in entries if entry not in labs and entry not in handed]
    groups = [("", first), (LABS, labs), (f"Do with {many}", handed)]
    return [("" if len(group) <= FEW else title, group) for title, group in groups if group]

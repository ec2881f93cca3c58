"""In which part of a menu each thing stands that a run can do. Pure."""

from collections.abc import Sequence

from pushforward.studio.app.core.operator_results import SEEN
from pushforward.studio.protocol.catalog import EntrySpec

__all__ = ["LABS", "grouped"]

LABS = "Measure and compare"
ASKS = (
    "anomaly", "ask-judge", "diffusion-classifier", "film-of-rows", "item-map", "likelihood",
    "recommend", "recommend-why",
)  # fmt: skip
"""Operators that say something of the rows that they are handed, and leave these as they are."""
FEW = 2  # entries that need no menu of their own


def grouped(entries: Sequence[EntrySpec], many: str) -> list[tuple[str, list[EntrySpec]]]:
    """Return groups of operators with their titles, "" for what stands in the menu itself: what a
    run makes from nothing, then what a lab shows, then what makes other rows of those that are
    handed to it, which are called ``many``, and what says something of them; each by the alphabet.
    """
    labs = [entry for entry in entries if entry.slug in SEEN]
    handed = [entry for entry in entries if entry.slug not in SEEN and entry.takes]
    first = [entry for entry in entries if entry not in labs and entry not in handed]
    groups = [
        ("", first),
        (LABS, labs),
        (f"Change {many}", [entry for entry in handed if entry.slug not in ASKS]),
        (f"Ask about {many}", [entry for entry in handed if entry.slug in ASKS]),
    ]
    return [
        ("" if len(group) <= FEW else title, sorted(group, key=lambda entry: entry.title))
        for title, group in groups
        if group
    ]

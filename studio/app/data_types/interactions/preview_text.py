"""Suggestions, reasons and sentences of the preview, from the answers of models."""

import re
from collections.abc import Sequence

import numpy as np

from pushforward.studio.app.data_types.interactions.catalogue import Catalogue
from pushforward.studio.app.data_types.interactions.history_cards import Card
from pushforward.studio.app.data_types.interactions.history_strip import format_day
from pushforward.studio.app.data_types.interactions.next_items import (
    ModelList,
    Reason,
    Suggestion,
)
from pushforward.studio.app.data_types.interactions.recommend_requests import (
    ListsOf,
    People,
    RunList,
)
from pushforward.studio.app.data_types.interactions.what_if import Entry, WhatIf
from pushforward.studio.app.design.tokens import Tokens
from pushforward.studio.app.engine.requests.request_base import Answer

__all__ = [
    "LISTED",
    "cards_of",
    "describe_change",
    "describe_next",
    "format_score",
    "model_lists",
    "reasons_of",
    "suggestions",
]

LISTED = 10


def suggestions(
    found: RunList,
    before: RunList | None,
    catalogue: Catalogue,
    tokens: Tokens,
    came: set[int],
    reasons: dict[int, tuple[Reason, ...]],
) -> tuple[Suggestion, ...]:
    """Return the first items of a list, with their moves since another list of the same model."""
    ranks = {} if before is None else {int(i): r for r, i in enumerate(before.item, 1)}
    likely = found.likely
    lines = []
    for rank, item in enumerate(found.item[:LISTED].tolist(), 1):
        score = float(found.score[rank - 1])
        moved = 0 if before is None else ranks[item] - rank if item in ranks else None
        lines.append(
            Suggestion(
                catalogue.title(item),
                float(np.exp(score)) if likely else max(0.0, score),
                moved,
                item,
                catalogue.ink(item, tokens),
                f"{100 * np.exp(score):.1f} %" if likely else format_score(score),
                item in came,
                reasons.get(item, ()),
            )
        )
    return tuple(lines)


def model_lists(
    answer: ListsOf,
    before: RunList | None,
    catalogue: Catalogue,
    names: Sequence[str],
    tokens: Tokens,
    came: set[int],
    reasons: dict[int, tuple[Reason, ...]],
) -> list[ModelList]:
    """Return the list of each model, the first one with moves since ``before`` and reasons."""
    lists = []
    for number, (name, found) in enumerate(zip(names, answer.lists, strict=True)):
        first = number == 0
        own = reasons if first else {}
        shown = suggestions(found, before if first else None, catalogue, tokens, came, own)
        lists.append(ModelList(f"{name}: {found.error}" if found.error else name, shown))
    return lists


def format_score(score: float) -> str:
    """Return a score in at most 6 characters, such as "0.0089" or "6e-9"."""
    if score and abs(score) < 1e-3:
        return re.sub(r"e([+-])0*", r"e\1", f"{score:.0e}")
    return f"{score:.2g}" if abs(score) < 10 else f"{score:.0f}"


def reasons_of(
    answer: Answer, items: Sequence[int], catalogue: Catalogue
) -> dict[int, tuple[Reason, ...]]:
    """Return the influence of the history on each explained item, the largest first."""
    arrays = answer.arrays
    influence = np.asarray(arrays["influence"], np.float64)
    left = [int(place) for place in arrays["left"]]
    titles = [catalogue.title(items[place]) if place < len(items) else "" for place in left]
    found = {}
    for column, item in enumerate(int(each) for each in arrays["item"]):
        order = np.argsort(-np.abs(influence[:, column]), kind="stable")
        found[item] = tuple(Reason(titles[i], float(influence[i, column])) for i in order)
    return found


def describe_next(
    found: RunList, later: Sequence[int], catalogue: Catalogue, *, trained: bool = False
) -> str:
    """Say at which rank the item stands that really came next, "" if none did, and whether the
    model was trained on it.
    """
    if not later:
        return ""
    item = later[0]
    at = np.flatnonzero(found.item == item)
    rank = f"rank {int(at[0]) + 1:,}" if len(at) else f"beyond rank {len(found.item):,}"
    seen = " (in the training data)" if trained else ""
    return f"Next in the data: {catalogue.title(item)}, {rank} of {len(catalogue):,}{seen}"


def describe_change(found: ListsOf, catalogue: Catalogue) -> str:
    """Say how a list differs from that before the changes."""
    now = found.lists[0].item[:LISTED].tolist()
    before = found.before.item[:LISTED].tolist()
    if not now or not before:
        return ""
    new = len(set(now) - set(before))
    mean = [np.mean(catalogue.rank[np.array(each) - 1]) for each in (now, before)]
    return (
        f"What if: {new} of {len(now)} entered the list, Kendall τ {_kendall(now, before):.2f} "
        f"with the one before, mean popularity rank {mean[0]:,.0f} (was {mean[1]:,.0f})"
    )


def _kendall(now: Sequence[int], before: Sequence[int]) -> float:
    """Return Kendall's rank correlation of the items that are in both lists, 1 for fewer than
    two.
    """
    common = [item for item in now if item in before]
    places = np.array([before.index(item) for item in common])
    if len(places) < 2:
        return 1.0
    pairs = np.sign(places[None, :] - places[:, None])[np.triu_indices(len(places), 1)]
    return float(pairs.mean())


def cards_of(what_if: WhatIf, people: People, place: int) -> list[Card]:
    """Return the cards of a history, with ratings and months where they are known."""
    ratings = people.side_values(place, people.ratings)
    times = people.side_values(place, people.times)
    return [Card(entry, _note(entry, ratings, times)) for entry in what_if.entries]


def _note(entry: Entry, ratings: Sequence[float], times: Sequence[float]) -> str:
    """Return the rating and the month of an item of the history."""
    if entry.added:
        return ""
    rating = ratings[entry.place] if entry.place < len(ratings) else 0.0
    day = format_day(int(times[entry.place])) if entry.place < len(times) else ""
    stars = f"★ {rating:g}" if rating else ""
    return "  ".join(filter(None, (stars, day)))

"""What a search for anything finds: recipes, data, runs, models, settings, help and commands."""

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

__all__ = ["GROUPS", "Found", "Hit", "score", "search"]

GROUPS = ("Recipes", "Data", "Runs", "Models", "Settings", "Help", "Commands")
COMMANDS_ONLY = ">"
QUESTION = 3  # words; of fewer each is meant
MOST_OF = 0.6  # of what the best hit has
CALLED, BEGINS, NAMED, WITHIN, SAID = 5, 4, 3, 2, 1
PAGE = 2000  # letters: a short page is about a word no more for having it once


def _possible() -> str:
    return ""


@dataclass(frozen=True, kw_only=True)
class Hit:
    """A search result.

    Attributes:
        id: stable slug, also for recent choices.
        group: one of `GROUPS`.
        title: its name.
        do: opens or runs it.
        said: text next to the title.
        aside: text on the right.
        words: hidden search words.
        icon: name of an icon; dot: a colour token instead.
        also: a second action and its name ("", None for none).
        why_not: why it is unavailable, "" if available.
    """

    id: str
    group: str
    title: str
    do: Callable[[], object]
    said: str = ""
    aside: str = ""
    words: str = ""
    icon: str = ""
    dot: str = ""
    also: tuple[str, Callable[[], object] | None] = ("", None)
    why_not: Callable[[], str] = _possible


@dataclass(frozen=True)
class Found:
    """The hits of a group, best first."""

    group: str
    hits: list[Hit]


def _rank(hit: Hit, text: str, words: Sequence[str]) -> int:
    """Return the rank of a match: exact title, prefix, word prefixes, words within the title,
    prefixes of other words; 0 for none.
    """
    title = hit.title.removesuffix("…").casefold()
    if title == text:
        return CALLED
    if title.startswith(text):
        return BEGINS
    if _begin(words, title):
        return NAMED
    if all(word in title for word in words):
        return WITHIN
    return SAID if _begin(words, f"{title} {hit.said} {hit.words}".casefold()) else 0


def _begin(words: Sequence[str], text: str) -> bool:
    """Whether each of some words begins at the beginning of a word of a text."""
    return all(word in text and re.search(rf"(?<!\w){re.escape(word)}", text) for word in words)


def search(hits: Sequence[Hit], typed: str) -> list[Found]:
    """Return what fits a search, in groups: first that with the best hit of all. What begins with
    ">" finds commands alone. Where nothing has all the words of a question, what has the most
    telling ones fits; where no word does, letters in their order do, of commands.
    """
    only, typed = typed.startswith(COMMANDS_ONLY), typed.removeprefix(COMMANDS_ONLY)
    if only:
        hits = [hit for hit in hits if hit.group == "Commands"]
    text = " ".join(typed.casefold().split())
    words = text.split()
    if not words:
        return _grouped([(1.0, hit) for hit in hits])
    ranked = [(float(_rank(hit, text, words)), hit) for hit in hits]
    found = [(rank, hit) for rank, hit in ranked if rank]
    if not found and len(words) >= QUESTION:
        found = _partly(hits, words)
    if not found:
        commands = [hit for hit in hits if hit.group == "Commands"]
        found = [(value, hit) for hit in commands if (value := score(typed, hit.title)) > 0]
    return _grouped(sorted(found, key=lambda pair: -_about(pair[1], words)))


def _about(hit: Hit, words: Sequence[str]) -> float:
    """Return how much of a page is about some words, that which it has least, by which pages that
    fit alike are in order: one that mentions them by the way comes later. Other things say little
    of themselves, and keep the order that they are in.
    """
    if hit.group != "Help":
        return 0.0
    text = hit.words.casefold()
    least = min(len(re.findall(rf"(?<!\w){re.escape(word)}", text)) for word in words)
    return least / (len(text) + PAGE)


def _partly(hits: Sequence[Hit], words: Sequence[str]) -> list[tuple[float, Hit]]:
    """Return the hits that have most of what a question tells. A word tells the more the fewer
    have it (inverse document frequency), so "why does my" counts for little.
    """
    asked = list(filter(None, dict.fromkeys(word.strip("?!.,;:") for word in words)))
    texts = [f"{hit.title} {hit.said} {hit.words}".casefold() for hit in hits]
    having = [[_begin([word], text) for text in texts] for word in asked]
    telling = [(math.log(len(hits) / sum(row)) if any(row) else 0.0, row) for row in having]
    told = [sum(weight for weight, row in telling if row[k]) for k in range(len(hits))]
    most = max(told, default=0.0)
    near = [(value, hit) for value, hit in zip(told, hits, strict=True) if value > MOST_OF * most]
    return [(value / most, hit) for value, hit in near]


def _grouped(ranked: Sequence[tuple[float, Hit]]) -> list[Found]:
    best: dict[str, float] = {}
    groups: dict[str, list[tuple[float, Hit]]] = {}
    for rank, hit in ranked:
        best[hit.group] = max(rank, best.get(hit.group, 0.0))
        groups.setdefault(hit.group, []).append((rank, hit))
    order = sorted(groups, key=lambda group: (-best[group], GROUPS.index(group)))
    return [Found(g, [hit for _, hit in sorted(groups[g], key=lambda p: -p[0])]) for g in order]


def score(text: str, target: str) -> float:
    """Return how well typed letters fit a title, 0 for not at all.

    The letters must appear in order. One that starts a word counts 3, another 1, and 2 more right
    after the letter before it; the best of all ways to place them counts, and of two titles that
    fit equally well the shorter wins.
    """
    wanted = text.lower().replace(" ", "")
    given = target.lower()
    best = {-1: 0.0}  # the place of the last letter so far -> the best score up to there
    for letter in wanted:
        reached: dict[int, float] = {}
        for at, found in enumerate(given):
            before = [
                total + (2.0 if 0 <= last == at - 1 else 0.0)
                for last, total in best.items()
                if last < at
            ]
            if found == letter and before:
                starts = at == 0 or given[at - 1] in " -"
                reached[at] = max(before) + (3.0 if starts else 1.0)
        if not reached:
            return 0.0
        best = reached
    return max(best.values()) / max(1, len(wanted)) + 1.0 / (10.0 + len(given))

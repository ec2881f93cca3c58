"""Facets: filters of a list with counts. Pure."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, ParamSpec

P = ParamSpec("P")
Values = Mapping[str, Sequence[str]]
"""What one thing has of each facet, by the facet's title."""

__all__ = ["Facet", "Values", "begin_words", "counts", "fits", "has_words"]


@dataclass(frozen=True)
class Facet(Generic[P]):
    """A way to part things.

    Attributes:
        title: what it is called.
        of: the values that a thing has.
        order: the values that come first, in this order; others by how many things have them.
    """

    title: str
    of: Callable[P, Sequence[str]]
    order: tuple[str, ...] = ()


def fits(values: Values, chosen: Mapping[str, str], but: str = "") -> bool:
    """Whether a thing has all values that are chosen, a value by the title of its facet; that of
    the facet ``but`` does not count.
    """
    return all(title == but or value in values[title] for title, value in chosen.items())


def counts(
    facets: Iterable[Facet[P]],
    every: Sequence[Values],
    left: Sequence[Values],
    chosen: Mapping[str, str],
) -> dict[str, dict[str, int]]:
    """Return the count of each facet value under the other filters.

    Args:
        facets: the facets shown.
        every: values of each item: facets without any value are hidden, values with count 0 are
            not.
        left: values of the items left by other filters, such as text.
        chosen: a value by the title of its facet; shown even if no item has it.
    """
    made = {}
    for facet in facets:
        title = facet.title
        met = Counter(value for values in every for value in values[title])
        others = sorted(met, key=lambda value: (-met[value], value.casefold()))
        ordered = [*(value for value in facet.order if value in met), *others]
        ordered += [chosen[title]] if title in chosen else []
        if ordered:
            fitting = (values[title] for values in left if fits(values, chosen, but=title))
            leaves = Counter(value for values in fitting for value in values)
            made[title] = {value: leaves[value] for value in dict.fromkeys(ordered)}
    return made


def begin_words(words: Iterable[str], said: str) -> bool:
    """Whether each of some words begins at the beginning of a word that is said of a thing."""
    return all(re.search(rf"(?<!\w){re.escape(word)}", said) for word in words)


def has_words(words: Iterable[str], said: str) -> bool:
    """Whether all words occur in what is said of a thing."""
    return all(word in said for word in words)

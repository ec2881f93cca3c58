"""Items of a data set on the screen: titles, categories and how often each was taken."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from pushforward.studio.app.data_types.interactions.item_titles import title_of
from pushforward.studio.app.design.tokens import Tokens
from pushforward.studio.literal import one_line

__all__ = ["COLOURED", "MIME", "Catalogue"]

MIME = "application/x-pushforward-item"
"""Type of a dragged item: its number as text."""
COLOURED = 8  # categories with a colour of their own


@dataclass(frozen=True, eq=False)
class Catalogue:
    """Items, numbered from 1.

    Attributes:
        titles: by item.
        named: how an item is called in the data, such as "movieId 12", () if unknown.
        categories: of each item, separated by "|"; () if unknown.
        taken: (V,) how many interactions each item has.
    """

    titles: Sequence[str]
    named: Sequence[str]
    categories: Sequence[str]
    taken: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.titles)

    def title(self, item: int) -> str:
        """Return the title of an item."""
        return one_line(title_of(self.titles, item))

    @cached_property
    def unique_titles(self) -> list[str]:
        """Titles by item, with the number of the item where several have one title."""
        titles = [self.title(i) for i in range(1, len(self) + 1)]
        counts = Counter(titles)
        return [
            f"{title} ({self.named[i]})" if self.named and counts[title] > 1 else title
            for i, title in enumerate(titles)
        ]

    def all_categories(self, item: int) -> list[str]:
        """Return the categories of an item."""
        text = self.categories[item - 1] if 0 < item <= len(self.categories) else ""
        return [one_line(name) for name in text.split("|") if name]

    def category(self, item: int) -> str:
        """Return the first category of an item, "" if unknown."""
        return next(iter(self.all_categories(item)), "")

    @cached_property
    def coloured(self) -> dict[str, int]:
        """The most frequent first categories, with the number of their colour."""
        counts = Counter(self.category(item) for item in range(1, len(self) + 1))
        counts.pop("", None)
        return {name: i for i, (name, _) in enumerate(counts.most_common(COLOURED))}

    def ink(self, item: int, tokens: Tokens) -> str:
        """Return the colour of an item's category."""
        return self.category_ink(self.category(item), tokens)

    def category_ink(self, name: str, tokens: Tokens) -> str:
        """Return the colour of a category."""
        place = self.coloured.get(name)
        return tokens.muted if place is None else inks(tokens)[place]

    @cached_property
    def rank(self) -> NDArray[np.int64]:
        """(V,) rank of each item by popularity, from 1."""
        order = np.argsort(-self.taken, kind="stable")
        ranks = np.empty(len(order), np.int64)
        ranks[order] = np.arange(1, len(order) + 1)
        return ranks


def inks(tokens: Tokens) -> tuple[str, ...]:
    """Return the colours of categories, the most frequent first."""
    return (*tokens.more, tokens.warm, tokens.good, tokens.danger, tokens.accent)

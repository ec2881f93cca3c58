"""What the items of interactions are called."""

from collections.abc import Sequence

__all__ = ["title_of"]


def title_of(titles: Sequence[str], item: int) -> str:
    """Return the title of an item, from 1; "Item 12" where it has none."""
    return titles[item - 1] if 0 < item <= len(titles) else f"Item {item}"

"""What a set of graphs is meant to be, as numbers that hold for each of them."""

from collections.abc import Iterable

from pushforward.observables.graphs.makes import NO_MAKE
from pushforward.studio.protocol.extras import MEANT

__all__ = ["numbered"]


def numbered(make: str, makes: Iterable[str]) -> dict[str, float]:
    """Return {"meant": number of the declared rule from 1, -1 for none}, or {} if no rule was
    declared.
    """
    if make == NO_MAKE:
        return {MEANT: -1.0}
    return {MEANT: 1.0 + list(makes).index(make)} if make else {}

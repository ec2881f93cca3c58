"""What people say of runs: typed tags as a list, and which baselines give way to another. Pure."""

from collections.abc import Iterable

from pushforward.studio.app.core.run_comparison import comparable
from pushforward.studio.app.core.runs import RunState
from pushforward.studio.protocol.catalog import Catalog

__all__ = ["others_pinned", "parsed_tags"]

LONGEST = 40  # letters of a tag


def parsed_tags(text: str) -> tuple[str, ...]:
    """Return tags that were typed with commas between them, each once, in their order."""
    words = (" ".join(each.split())[:LONGEST] for each in text.split(","))
    return tuple(dict.fromkeys(word for word in words if word))


def others_pinned(
    run: RunState, runs: Iterable[RunState], catalog: Catalog | None = None
) -> list[RunState]:
    """Return the baselines that a run takes the place of: there is one for each data set."""
    pinned = (each for each in runs if each.label.baseline and each is not run)
    return [each for each in pinned if comparable(run, each, catalog)]

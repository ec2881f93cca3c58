"""What compared runs, their measure and their budget are called, and the room that takes."""

from studio.app.state.comparison import QUALITY
from studio.app.state.naming import metric_title, name_of
from studio.app.state.runs import RunState
from studio.app.state.session import AppState

__all__ = ["SEGMENTS", "measure_title", "short_name"]

SEGMENTS = 216  # pixels that the names of the axes need side by side


def measure_title(name: str, state: AppState) -> str:
    """Return what a curve is called: the title of its metric, or its name in words."""
    return metric_title(name.removeprefix(QUALITY), state.catalog)


def short_name(run: RunState, letters: int = 24) -> str:
    """Return a run's name without its number, in so many letters at most: of a longer one the
    middle is left out, since names may differ in their ends alone.
    """
    name = name_of(run)
    tail = (letters - 1) // 2
    return name if len(name) <= letters else f"{name[: letters - 1 - tail]}…{name[-tail:]}"

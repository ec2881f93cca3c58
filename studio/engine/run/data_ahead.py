"""Draw a procedural data set on a thread, before a training or an evaluation uses it."""

from pathlib import Path

from pushforward.studio.engine.data.datasets import is_cached
from pushforward.studio.engine.jobs.job import Work
from pushforward.studio.engine.process.background import Background
from pushforward.studio.engine.run.resolve import Resolved

__all__ = ["DataAhead", "draw_ahead"]

PAUSE = 0.02  # seconds that the main loop waits at a time


class DataAhead:
    """The data of a run, drawn on a thread. Graphs may take half a minute, in which the engine
    answers; `Resolved.load_data` then returns at once, as drawn sets are cached.
    """

    def __init__(self, resolved: Resolved, project: Path | None) -> None:
        self._drawing: Background[object] | None = None
        chosen = resolved.dataset  # None for an imported set
        if chosen is not None and is_cached(chosen.entry, resolved.training.samples):
            self._drawing = Background(lambda: resolved.load_data(project))

    def done(self, seconds: float) -> bool:
        """Wait for at most ``seconds`` and return whether the data are there. An error in drawing
        them is raised by `Resolved.load_data`.
        """
        return self._drawing is None or self._drawing.done(seconds)


def draw_ahead(resolved: Resolved, project: Path | None) -> Work:
    """Wait for the data of a run; yields False meanwhile."""
    ahead = DataAhead(resolved, project)
    while not ahead.done(PAUSE):
        yield False

"""Draw or read a registered data set on a thread, before something on the main thread uses it."""

from pathlib import Path

from pushforward.studio.engine.data.datasets import Dataset
from pushforward.studio.engine.jobs.job import Work
from pushforward.studio.engine.process.background import Background
from pushforward.studio.engine.run.resolve import Resolved

__all__ = ["DataAhead"]

PAUSE = 0.02  # seconds that the main loop waits at a time


class DataAhead:
    """The data of a run, drawn or read on a thread. Graphs may take half a minute, in which the
    engine answers. As long as this object is kept, `Resolved.load_data` then returns at once.
    """

    def __init__(self, resolved: Resolved, project: Path | None) -> None:
        self._drawing: Background[Dataset] | None = None
        if resolved.dataset is not None:  # an imported set is read as its rows are needed
            self._drawing = Background(lambda: resolved.load_data(project))

    def done(self, seconds: float) -> bool:
        """Wait for at most ``seconds`` and return whether the data are there. An error in drawing
        them is raised by `Resolved.load_data`.
        """
        return self._drawing is None or self._drawing.done(seconds)

    def wait(self) -> Work:
        """Wait for the data; yields False meanwhile."""
        while not self.done(PAUSE):
            yield False

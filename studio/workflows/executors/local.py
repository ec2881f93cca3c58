"""Train the runs of a sweep in processes of this computer."""

from pushforward.studio.store.run import RunFolder
from pushforward.studio.workflows import background

__all__ = ["LocalExecutor"]


class LocalExecutor:
    """Trains each run in a background process, as the studio does when it is closed. They go on if
    the sweep ends without asking them to stop.
    """

    is_elsewhere = False

    def __init__(self, at_once: int = 1) -> None:
        self._at_once = at_once
        self._active: list[RunFolder] = []

    @property
    def at_once(self) -> int:
        """The number of processes."""
        return self._at_once

    def start(self, run: RunFolder) -> None:
        """Begin to train a run; see `Executor.start`."""
        background.start(run.path)
        self._active.append(run)

    def take_ended(self) -> list[RunFolder]:
        """Return the runs that have ended since the last call."""
        ended = [run for run in self._active if not run.alive()]
        self._active = [run for run in self._active if run not in ended]
        return ended

    def ask_to_stop(self) -> None:
        """Let the runs that are being trained save a checkpoint and end."""
        for run in self._active:
            background.ask_to_stop(run.path)

    def close(self) -> None:
        """Nothing is kept."""

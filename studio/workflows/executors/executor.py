"""The seam between a sweep and where its runs are trained."""

from typing import Protocol

from pushforward.studio.store.run import RunFolder

__all__ = ["Executor"]


class Executor(Protocol):
    """Trains run folders, several at once. A run ends as its status says."""

    @property
    def is_elsewhere(self) -> bool:
        """Whether runs are trained on other computers; their devices are unknown here."""

    @property
    def at_once(self) -> int:
        """The number of runs that are trained at the same time, or wait in a queue of its own."""

    def start(self, run: RunFolder) -> None:
        """Begin to train a run from its newest checkpoint.

        Raises:
            StoreError: another process has the run, or its folder cannot be written.
        """

    def take_ended(self) -> list[RunFolder]:
        """Return the runs that have ended since the last call."""

    def ask_to_stop(self) -> None:
        """Let the runs that are being trained save a checkpoint and end."""

    def close(self) -> None:
        """Let go of what trains."""

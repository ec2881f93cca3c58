"""What the engine is told about looking: only what changed, and nothing while nobody looks.

A view that is hidden, in a minimised window, or scrubbing through kept records asks for nothing.
Each record that was drawn returns one credit; a job starts with two, so that the next record is
on its way while one is drawn.
"""

from dataclasses import dataclass
from typing import Protocol

from studio.app.plots.camera import Bounds

__all__ = ["Looking", "Watching", "padded"]

FIRST_CREDITS = 2


@dataclass(frozen=True)
class Looking:
    """What of a run is looked at; ``job`` tells a resumed run from the one before.

    ``extras`` are more arrays wanted in the records, as `studio.protocol.messages.Watch` has them.
    """

    key: str
    job: str
    layers: tuple[str, ...]
    bounds: Bounds
    resolution: int
    particles: int
    extras: tuple[str, ...] = ()


class Watcher(Protocol):
    """The actions that this module calls."""

    def watch(
        self,
        key: str,
        on: bool,
        *,
        layers: tuple[str, ...] = (),
        bounds: Bounds | None = None,
        resolution: int = 32,
        particles: int = 4096,
        extras: tuple[str, ...] = (),
    ) -> None: ...

    def credit(self, key: str, n: int = 1) -> None: ...


def padded(bounds: Bounds, share: float = 0.15) -> Bounds:
    """Return a rectangle a little larger than what is seen, rounded so that small moves of the
    camera do not change it.
    """
    x0, x1, y0, y1 = bounds
    dx, dy = (x1 - x0) * share, (y1 - y0) * share
    return (
        float(f"{x0 - dx:.2g}"),
        float(f"{x1 + dx:.2g}"),
        float(f"{y0 - dy:.2g}"),
        float(f"{y1 + dy:.2g}"),
    )


class Watching:
    """Keeps the engine informed for one view."""

    def __init__(self, actions: Watcher) -> None:
        self._actions = actions
        self._told: Looking | None = None
        self._granted: set[str] = set()
        self._owed = 0

    @property
    def on(self) -> bool:
        """Whether the engine has been asked for records."""
        return self._told is not None

    def look(self, looking: Looking | None) -> None:
        """Say what is looked at now, or that nothing is."""
        told = self._told
        if looking == told:
            return
        self._told = looking
        if told is not None and (looking is None or looking.job != told.job):
            self._actions.watch(told.key, on=False)
        if looking is None:
            return
        self._actions.watch(
            looking.key,
            on=True,
            layers=looking.layers,
            bounds=looking.bounds,
            resolution=looking.resolution,
            particles=looking.particles,
            extras=looking.extras,
        )
        if looking.job not in self._granted:
            self._granted.add(looking.job)
            self._owed = 0
            self._actions.credit(looking.key, FIRST_CREDITS)
        else:
            self._settle()

    def arrived(self, job: str) -> None:
        """Note that a record came: it is owed a credit once it was drawn."""
        if job in self._granted:
            self._owed += 1

    def drawn(self) -> None:
        """Note that the newest record was drawn."""
        if self._told is not None:
            self._settle()

    def _settle(self) -> None:
        if self._owed and self._told is not None:
            self._actions.credit(self._told.key, self._owed)
            self._owed = 0

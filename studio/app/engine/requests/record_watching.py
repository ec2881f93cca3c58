"""Live watching: the lenses declare what they watch, and the engine receives the differences. One
object serves all lenses. A lens that is hidden, in a minimised window, or scrubbing through kept
records declares nothing; of several that declare the same run, the newest one counts. So a lens
that closes never ends the watch of the one that has just opened.
"""

from collections.abc import Callable
from dataclasses import dataclass

from pushforward.studio.protocol.messages import VIEW_SHARE, Command, Credit, Watch

__all__ = ["FIRST_CREDITS", "Looking", "Watching"]

FIRST_CREDITS = 2
"""Records that a watch may have in flight: the next one is sent while one is drawn."""


@dataclass(frozen=True)
class Looking:
    """What of a run is looked at; ``job`` tells a resumed run from the one before.

    ``extras`` are more arrays wanted in the records, as `studio.protocol.messages.Watch` has them.
    """

    job: str
    layers: tuple[str, ...]
    bounds: tuple[float, float, float, float]
    resolution: int
    particles: int
    extras: tuple[str, ...] = ()


class Watching:
    """Keeps the engine informed for all lenses.

    Args:
        tell: sends a command whose answer does not matter.
        known: whether a job runs in the engine and can be watched.
    """

    def __init__(self, tell: Callable[[Command], None], known: Callable[[str], bool]) -> None:
        self._tell, self._known = tell, known
        self._declared: dict[object, Looking] = {}
        self._told: dict[str, tuple[Looking, float]] = {}
        self._owed: dict[str, int] = {}
        self._share = VIEW_SHARE

    def watched(self, job: str) -> bool:
        """Whether records of a job were requested from the engine."""
        return job in self._told

    def allow(self, share: float) -> None:
        """Let looking take such a share of a training's time."""
        self._share = share
        self.update()

    def look(self, lens: object, looking: Looking | None) -> None:
        """Declare what a lens looks at now, or that it looks at nothing."""
        if looking == self._declared.get(lens):
            return
        self._declared.pop(lens, None)
        if looking is not None:
            self._declared[lens] = looking
        self.update()

    def arrived(self, job: str) -> None:
        """Note that a record came: it is owed a credit once it was drawn."""
        if job in self._told:
            self._owed[job] = self._owed.get(job, 0) + 1

    def mark_drawn(self, job: str) -> None:
        """Note that the newest record of a job was drawn: as many more may come."""
        owed = self._owed.pop(job, 0)
        if owed and job in self._told:
            self._tell(Credit(job=job, n=owed))

    def update(self) -> None:
        """Send changes to the engine: when a lens watches something else, and when jobs start or
        end. A watch may be declared before its job is known.
        """
        wanted = {looking.job: looking for looking in self._declared.values()}
        for job in list(self._told):
            known = self._known(job)
            if known and job in wanted:
                continue
            del self._told[job]
            self._owed.pop(job, None)
            if known:
                self._tell(Watch(job=job, on=False))
        for job, looking in wanted.items():
            told = looking, self._share
            if told != self._told.get(job) and self._known(job):
                # With the watch itself: credits sent beside it may overtake it in the engine.
                first = FIRST_CREDITS if job not in self._told else 0
                self._told[job] = told
                self._tell(_watch(looking, first, self._share))


def _watch(looking: Looking, first: int, share: float) -> Watch:
    return Watch(
        job=looking.job,
        on=True,
        layers=list(looking.layers),
        bounds=list(looking.bounds),
        resolution=looking.resolution,
        particles=looking.particles,
        extras=list(looking.extras),
        credits=first,
        share=share,
    )

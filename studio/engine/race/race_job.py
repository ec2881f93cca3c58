"""A race: some trainings that are stepped in turn, so that all have spent the same at any time."""

import time
from collections.abc import Callable, Sequence

from pushforward.studio.engine.jobs.job import ENDED, Job, Work
from pushforward.studio.engine.process.failures import Refused, describe
from pushforward.studio.engine.process.memory import process_memory
from pushforward.studio.engine.process.sink import Sink
from pushforward.studio.engine.race.participant import Entrant
from pushforward.studio.protocol.messages import Budget, JobInfo, Progress

__all__ = ["RaceJob"]

TICK = 0.1
Changed = Callable[[JobInfo, int], None]


class RaceJob(Job):
    """Steps its participants; the one with the smallest spent share goes next.

    A step of the race is a round in which each participant does at least one step, exactly one for
    a budget of steps with nobody behind. ``step`` and ``total`` are in units of the budget: steps,
    samples, or milliseconds. A participant that fails or is dropped ends alone; the race ends with
    the last one.
    """

    kind = "race"
    lane = "training"
    requests = Entrant.requests

    def __init__(
        self, job: str, entrants: Sequence[Entrant], budget: Budget, sink: Sink, changed: Changed
    ) -> None:
        """Create the job; ``changed`` is called on each change of a participant's state."""
        super().__init__(job, "Race: " + ", ".join(entrant.title for entrant in entrants))
        self._entrants = tuple(entrants)
        self._sink = sink
        self._changed = changed
        self._unit = budget.amount * (1000.0 if budget.kind == "seconds" else 1.0)
        self.total = round(self._unit)
        self._ticked = time.perf_counter()
        self._ticked_at = 0

    @property
    def parts(self) -> Sequence[Job]:
        """The entrants."""
        return self._entrants

    @property
    def busy_paused(self) -> bool:
        """Whether an entrant has something to do although the race is paused."""
        return any(entrant.busy_paused for entrant in self._running())

    def claim(self) -> None:
        """Lock the runs of all, each to its own end; see `TrainingJob.claim`."""
        for entrant in self._entrants:
            entrant.claim()

    def ask(self, action: str, n: int = 1) -> None:
        """Ask all that are still under way."""
        for entrant in self._running():
            entrant.ask(action, n)

    def work(self) -> Work:
        """Run the race; see `studio.engine.jobs.job.Job.work`."""
        try:
            yield from self._line_up()
            while self._running():
                yield from self._round()
        except GeneratorExit:
            self._stop()
            raise
        if all(entrant.state == "failed" for entrant in self._entrants):
            raise Refused("All participants of the race failed.", "Each run's log says why.")

    def settle(self) -> None:
        """Give the entrants that are under way the state of the race."""
        self._ticked = time.perf_counter()  # paused time is nobody's
        for entrant in self._running():
            entrant.error = self.error
            self._set(entrant, self.state)

    def drop(self, part: Job) -> None:
        """Take an entrant out of the race, saved."""
        for entrant in self._running():
            if entrant is part:
                self._close(entrant, "cancelled")

    def _running(self) -> list[Entrant]:
        return [entrant for entrant in self._entrants if entrant.state not in ENDED]

    def _line_up(self) -> Work:
        """Open all."""
        for entrant in self._entrants:
            if entrant.state not in ENDED:
                self._advance(entrant)
                yield False

    def _round(self) -> Work:
        """Step until each has moved."""
        still = set(self._running())
        stepped = False
        while still:
            entrant = self._next()
            if self._advance(entrant):
                stepped = True
                still.discard(entrant)
            still.intersection_update(self._running())
            self._tick()
            if still:
                yield False
        yield stepped

    def _next(self) -> Entrant:
        """Return the next participant: one with a request, one that is done but for the end, or the
        one that has spent least.
        """
        running = self._running()
        asked = next((e for e in running if e.busy_paused), None)
        return asked or next((e for e in running if e.done), None) or min(running, key=_share)

    def _advance(self, entrant: Entrant) -> bool:
        try:
            return entrant.advance()
        except StopIteration:
            self._set(entrant, "finished")
        except Exception as error:
            # The boundary of a job, as in the queue: what one raises ends it, and not the others.
            entrant.error = describe(error)
            self._set(entrant, "failed")
        return False

    def _stop(self) -> None:
        """Close all, which saves them; their states are set by `settle`."""
        for entrant in self._running():
            entrant.save_on_stop = self.save_on_stop
            self._close(entrant, "")

    def _close(self, entrant: Entrant, state: str) -> None:
        try:
            entrant.stop()
        except Exception as error:
            # As in the queue: saving at the end may fail in any way (a full disk).
            entrant.error = describe(error)
            state = "failed"
        if state:
            self._set(entrant, state)

    def _set(self, entrant: Entrant, state: str) -> None:
        if entrant.state != state:
            entrant.state = state
            entrant.settle()
            self._changed(entrant.info, -1)

    def _tick(self) -> None:
        """Say how far the race is: as far as the one that has spent the least."""
        now = time.perf_counter()
        if now - self._ticked < TICK and self._running():
            return
        share = min(map(_share, self._running()), default=1.0)
        # Not over before the last one is measured.
        most = self.total - 1 if self._running() else self.total
        self.step = min(round(share * self._unit), most)
        steps = sum(entrant.step for entrant in self._entrants)
        done = self._ticked_at
        self._sink.send(
            Progress(
                job=self.job,
                step=self.step,
                total=self.total,
                steps_per_second=(steps - done) / max(now - self._ticked, 1e-9),
                seconds_left=self._seconds_left(),
                memory=process_memory(),
                view_cost=max(entrant.view.cost for entrant in self._entrants),
                seconds=sum(entrant.spending.seconds for entrant in self._entrants),
            )
        )
        self._ticked, self._ticked_at = now, steps

    def _seconds_left(self) -> float | None:
        """Return what all need who are still under way, None while one of them does not know."""
        left = [entrant.seconds_left for entrant in self._running()]
        known = [seconds for seconds in left if seconds is not None]
        return sum(known) if len(known) == len(left) else None


def _share(entrant: Entrant) -> float:
    return entrant.share

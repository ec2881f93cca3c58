"""One that takes part in a race: an ordinary training that spends a budget, in time of its own."""

import torch

from pushforward.studio.engine.jobs.job import Work
from pushforward.studio.engine.jobs.training import TrainingJob
from pushforward.studio.engine.process.sink import Sink
from pushforward.studio.engine.race.budget_schedules import MarkedEvaluations, MarkedRecords
from pushforward.studio.engine.race.budgets import Spending
from pushforward.studio.engine.race.device_time import OwnTime
from pushforward.studio.engine.run.session import Session
from pushforward.studio.engine.watch.schedules import Pace
from pushforward.studio.store.run import RunFolder

__all__ = ["Entrant"]


class Entrant(TrainingJob):
    """A training within a race, until its budget is spent.

    Its clock stands while other participants work. A time budget ends the training whatever its
    planned steps; learning-rate schedules follow the planned steps. ``share`` is the spent fraction
    of the budget in [0, 1].
    """

    def __init__(self, job: str, run: RunFolder, sink: Sink, *, race: str) -> None:
        record, earlier = run.record, run.status()
        if record.budget is None:
            raise ValueError(f"{run.name} is in no race")
        training = record.spec.training
        self.spending = Spending(
            record.budget, int(training["batch"]), step=earlier.step, seconds=earlier.seconds
        )
        self._own = OwnTime()
        super().__init__(job, run, sink, total=int(training["steps"]), clock=self._own)
        self.race = race
        self.share = self.spending.share
        self._meter = self._pace = _Metered(self.spending)
        self._seconds_before = 0.0
        self._work: Work | None = None
        self._stepped = False

    @property
    def done(self) -> bool:
        """Whether all steps are done, except for saving and evaluation."""
        return self.session is not None and self.step >= self.total

    def advance(self) -> bool:
        """Advance the work; return whether it was a step.

        Raises:
            StopIteration: it is complete.
            Exception: any error of the training.
        """
        if self._work is None:
            self._work = self.work()
        with self._own:
            self._stepped = next(self._work)
            if self.session is not None:
                _wait_for(self.session.family.device)
            if self._stepped:
                self._count()
        return self._stepped

    def stop(self) -> None:
        """Close the work, which saves what was done unless ``save_on_stop`` is off.

        Raises:
            Exception: saving failed.
        """
        if self._work is not None:
            with self._own:
                self._work.close()

    def settle(self) -> None:
        """As `TrainingJob.settle`; the status includes the spent budget."""
        self._pace.seconds = self._spent()
        super().settle()

    def _open(self) -> Session:
        session = super()._open()
        spending = self.spending
        if session.step != spending.step:
            # Steps after the checkpoint were lost in a crash, and with them their time.
            spending.seconds *= session.step / spending.step if spending.step else 0.0
            spending.step = session.step
        self._pace.seconds = spending.seconds
        self.share = spending.share
        self._expect()
        self._outputs.plan(MarkedRecords(spending), MarkedEvaluations(spending))
        return session

    def _count(self) -> None:
        spending = self.spending
        spending.step = self.step
        self.share = spending.share
        if spending.steps is None:
            self.share = self._spent() / spending.budget.amount
            if self.share >= 1.0:
                self.total = self.step
            elif self.total <= self.step + 1:
                self.total = self.step + 2
        if self.done and self.step > self._block[0]:
            # Nobody looks at the clock after the last step.
            self._pace.add_uninterrupted(self.step - self._block[0], self._clock() - self._block[1])
            self._block = (self.step, self._clock())

    def _spent(self) -> float:
        """Seconds of training, with those of the steps since the clock was last read."""
        if not self._stepped or self._meter.free or self.step == self._block[0]:
            return self.spending.seconds
        return self.spending.seconds + self._clock() - self._block[1]

    def _tick(self, now: float, doing: str = "") -> None:
        self._expect()
        super()._tick(now, doing)

    def _expect(self) -> None:
        """Where time is the budget, the number of steps is a forecast."""
        if self.spending.steps is None and self.share < 1.0:
            self.total = max(self.step + 2, self.spending.expected(self.total))


class _Metered(Pace):
    """Adds the duration of steps to the spending. The first step after opening is ``free``, since
    it pays for allocations.
    """

    def __init__(self, spending: Spending) -> None:
        super().__init__()
        self._spending = spending
        self.free = True
        self.seconds = spending.seconds

    def add(self, steps: int, seconds: float) -> None:
        """As `Pace.add`; but the seconds are those of the spending."""
        super().add(steps, seconds)
        self.seconds = self._spending.seconds

    def add_pause(self, seconds: float) -> None:
        """As `Pace.add_pause`; but it is no part of the budget, and so of no spending."""

    def add_uninterrupted(self, steps: int, seconds: float) -> None:
        """As `Pace.add_uninterrupted`; and they are spent."""
        super().add_uninterrupted(steps, seconds)
        if not self.free:
            self._spending.seconds += seconds
        self.free = False


def _wait_for(device: torch.device) -> None:
    """Wait for a GPU: what one has asked of it must not be paid by the next."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    elif device.type == "mps":
        torch.mps.synchronize()

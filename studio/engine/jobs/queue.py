"""The job queue: which job runs, and the commands on jobs.

Three lanes are stepped in turn, one job at a time in each: trainings; files to import or export;
and requests to runs (sampling, evaluation, labs), so that short requests do not wait for a
training. A paused training keeps its place. A race is one training to the queue; its ``parts`` are
known by name.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from pushforward.studio.engine.jobs.job import ENDED, Job, Work
from pushforward.studio.engine.process.devices import TorchState
from pushforward.studio.engine.process.failures import Refused, describe
from pushforward.studio.protocol.messages import JobInfo

__all__ = ["JobQueue"]

_REMEMBERED = 50
_LANES = ("training", "files", "short")
Changed = Callable[[JobInfo, int], None]


@dataclass
class _Running:
    """A started job of a lane. ``left`` counts the steps until it pauses, None for no end;
    ``torch`` are the settings of PyTorch with which it goes on.
    """

    job: Job
    work: Work
    left: int | None = None
    delay: float = 0.0
    due: float = 0.0
    torch: TorchState = field(default_factory=TorchState.current)


@dataclass
class JobQueue:
    """Owner of every job's state. ``changed`` is called on each change with the info and the place
    in the queue (-1 if not queued).
    """

    changed: Changed
    clock: Callable[[], float] = time.monotonic
    _waiting: list[Job] = field(default_factory=list)
    _active: dict[str, _Running] = field(default_factory=dict)
    _ended: list[Job] = field(default_factory=list)
    _delays: dict[str, float] = field(default_factory=dict)
    _places: dict[str, int] = field(default_factory=dict)
    _stepped: _Running | None = None

    def jobs(self) -> list[Job]:
        """Return all jobs: ended, started, waiting, each in order, each before its parts."""
        own = [*self._ended, *(r.job for r in self._active.values()), *self._waiting]
        return [each for job in own for each in (job, *job.parts)]

    def snapshot(self) -> list[JobInfo]:
        """Return the infos of all jobs, in order."""
        return [job.info for job in self.jobs()]

    def get(self, name: str) -> Job:
        """Return a job.

        Raises:
            Refused: there is none of that name.
        """
        for job in self.jobs():
            if job.job == name:
                return job
        raise Refused(f"Unknown job {name!r}.", "It may have ended already.")

    @property
    def busy(self) -> str:
        """Name of a job that runs, "" if none does."""
        running = (r.job for r in self._active.values() if r.job.state == "running")
        return next((job.job for job in running), "")

    @property
    def trains(self) -> bool:
        """Whether a training runs."""
        training = self._active.get("training")
        return training is not None and training.job.state == "running"

    def add(self, job: Job) -> None:
        """Put a job at the end of the queue."""
        self._waiting.append(job)
        self._tell(job)

    def move(self, name: str, place: int) -> None:
        """Move a waiting job, and with it its race, to a place (0 = next); -1 removes it.

        Raises:
            Refused: the job does not wait.
        """
        job = self._owner(self.get(name))
        if job.state != "queued":
            raise Refused(f"{job.title} is {job.state}; only waiting jobs can be moved.")
        if place < 0:
            self._end(job, "cancelled")
            return
        self._waiting.remove(job)
        self._waiting.insert(place, job)
        self._tell_places()

    def control(self, name: str, action: str, n: int = 1) -> None:
        """Do what `studio.protocol.messages.Control` says.

        Those in a race go together: to pause, resume or step one is to do so with all of them. What
        it makes (checkpoints, samples) is its own, and it may leave alone.

        Raises:
            Refused: the action is unknown, or does not fit the job or its state.
        """
        job = self.get(name)
        if action in job.requests:
            self._require_started(job, action)
            if action == "stage" and job.state == "running":
                self.control(name, "pause")
            job.ask(action, n)
        elif action == "cancel":
            self._cancel(job)
        elif action in ("pause", "resume", "step"):
            self._require_started(job, action)
            self._steer(self._find(self._owner(job)), action, n)
        else:
            known = ", ".join(("pause", "resume", "step", "cancel", *sorted(job.requests)))
            raise Refused(
                f"A job of kind {job.kind} does not support {action!r}.", f"It knows {known}."
            )

    def set_speed(self, name: str, delay: float) -> None:
        """Set the delay in seconds after each step of a job, also of a waiting one.

        Raises:
            Refused: the job has ended, or the delay is negative.
        """
        job = self._owner(self.get(name))
        if not 0.0 <= delay <= 3600.0:
            raise Refused(f"The delay must be between 0 and 3600 seconds, got {delay:g}.")
        if job.state in ENDED:
            raise Refused(f"{job.title} has ended ({job.state}).")
        self._delays[job.job] = delay
        for running in self._active.values():
            if running.job is job:
                running.delay, running.due = delay, self.clock() + delay

    def step(self) -> float | None:
        """Step each lane once. Return the seconds until there is more to do: 0 for at once, None
        if nothing happens before the next command.
        """
        wait: float | None = None
        for lane in _LANES:
            running = self._active.get(lane) or self._start(lane)
            if running is None:
                continue
            left = self._advance(lane, running)
            if left is not None:
                wait = left if wait is None else min(wait, left)
        return wait

    def leave(self, checkpoint: bool, *, asked: bool = True) -> None:
        """Stop everything before the engine exits. Running jobs become "paused" after saving (if
        ``checkpoint``), or "interrupted" unless ``asked``; waiting jobs stay "queued".
        """
        for lane, running in list(self._active.items()):
            running.job.save_on_stop = checkpoint
            self._close(lane, running, "paused" if asked else "interrupted")

    def forget(self, name: str) -> None:
        """Drop an ended job, so that its name may be given again."""
        self._ended = [job for job in self._ended if job.job != name]

    def _owner(self, job: Job) -> Job:
        """Return the job that steps a job: its race, or itself."""
        return self.get(job.race) if job.race else job

    def _require_started(self, job: Job, action: str) -> None:
        if job.state == "queued":
            raise Refused(f"{job.title} has not started yet: {action!r} is not possible.")
        if job.state in ENDED:
            raise Refused(f"{job.title} has ended ({job.state}).")

    def _find(self, job: Job) -> _Running:
        return next(r for r in self._active.values() if r.job is job)

    def _steer(self, running: _Running, action: str, n: int) -> None:
        if action == "pause":
            running.left = 0
            self._set(running.job, "paused")
            running.job.ask("pause")
        elif action == "resume":
            running.left = None
            self._set(running.job, "running")
        else:
            if n < 1:
                raise Refused(f"Step at least once, not {n} times.")
            running.left = n
            self._set(running.job, "running")

    def _cancel(self, job: Job) -> None:
        if job.state in ENDED:
            raise Refused(f"{job.title} has ended already ({job.state}).")
        if job.race:
            race = self._owner(job)
            race.drop(job)
            if any(part.state not in ENDED for part in race.parts):
                return
            job = race
        for lane, running in list(self._active.items()):
            if running.job is job:
                self._close(lane, running, "cancelled")
                return
        self._end(job, "cancelled")

    def _close(self, lane: str, running: _Running, state: str) -> None:
        del self._active[lane]
        try:
            running.work.close()
        except Exception as error:
            # The boundary of a job: saving at the end may fail in any way (a full disk).
            running.job.error = describe(error)
            state = "failed"
        self._end(running.job, state)

    def _start(self, lane: str) -> _Running | None:
        job = next((each for each in self._waiting if each.lane == lane), None)
        if job is None:
            return None
        self._waiting.remove(job)
        delay = self._delays.get(job.job, 0.0)
        running = self._active[lane] = _Running(job, job.work(), delay=delay)
        self._set(job, "running")
        self._tell_places()
        return running

    def _advance(self, lane: str, running: _Running) -> float | None:
        job = running.job
        if job.state == "paused" and not job.busy_paused:
            return None
        if running.delay and job.state == "running" and not job.busy_paused:
            left = running.due - self.clock()
            if left > 0.0:
                return left
        self._turn_to(running)
        try:
            stepped = next(running.work)
        except StopIteration:
            del self._active[lane]
            self._end(job, "finished")
            return 0.0
        except Exception as error:
            # The boundary of a job: whatever it raises ends this job and not the engine.
            job.error = describe(error)
            self._active.pop(lane, None)
            self._end(job, "failed")
            return 0.0
        if stepped:
            self._count(running)
        return 0.0

    def _turn_to(self, running: _Running) -> None:
        """Restore the job's own settings of PyTorch if another job has been stepped meanwhile."""
        last = self._stepped
        if last is running:
            return
        if last is not None:
            last.torch = TorchState.current()
            running.torch.apply()
        self._stepped = running

    def _count(self, running: _Running) -> None:
        if running.delay:
            running.due = self.clock() + running.delay
        if running.left is not None and running.job.state == "running":
            running.left -= 1
            if running.left <= 0:
                self._set(running.job, "paused")
                running.job.ask("flush")

    def _set(self, job: Job, state: str) -> None:
        if job.state != state:
            job.state = state
            job.settle()
            self._tell(job)

    def _end(self, job: Job, state: str) -> None:
        if job in self._waiting:
            self._waiting.remove(job)
        self._ended = [*self._ended, job][-_REMEMBERED:]
        self._delays.pop(job.job, None)
        self._places.pop(job.job, None)
        self._set(job, state)
        self._tell_places()

    def _tell(self, job: Job) -> None:
        place = self._waiting.index(job) if job in self._waiting else -1
        self._places[job.job] = place
        self.changed(job.info, place)
        if place >= 0:
            for part in job.parts:
                self.changed(part.info, place)

    def _tell_places(self) -> None:
        """Tell of the waiting jobs whose place has changed."""
        for place, job in enumerate(self._waiting):
            if self._places.get(job.job) != place:
                self._tell(job)

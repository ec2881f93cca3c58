"""Training: a loop of steps, and between them whatever is due or was asked for.

A step costs the loop one comparison and one append; the clock is read some thirty times a
second. What is done between steps (records, evaluations, checkpoints, views) never touches the
random numbers of the training: watched, unwatched and headless runs have the same losses.
"""

import time
from collections.abc import Callable
from typing import ClassVar

from studio.engine.curves import Columns, Curves
from studio.engine.drawing import draw
from studio.engine.jobs import ENDED, Job, Work
from studio.engine.memory import device_memory, process_memory
from studio.engine.recorder import kept_layers
from studio.engine.runlog import RunLog
from studio.engine.sampling import provenance
from studio.engine.saving import pack
from studio.engine.schedules import CheckpointSchedule, EvaluationSchedule, KeptSchedule, Pace
from studio.engine.session import Session, free_device_memory, open_session
from studio.engine.sink import Sink
from studio.engine.viewing import LiveView
from studio.protocol.messages import CheckpointWritten, Kept, Metrics, Progress, Record, Watch
from studio.protocol.spec import RunSpec
from studio.protocol.wire import pack_arrays
from studio.store.errors import StoreError
from studio.store.run import RunFolder

__all__ = ["TrainingJob"]

TICK = 0.1
CHECK = 0.03
HEARTBEAT = 2.0
KEPT_RESOLUTION = 20


class TrainingJob(Job):
    """The training of one run folder, from its newest good checkpoint to ``total`` steps."""

    kind = "training"
    requests: ClassVar[frozenset[str]] = frozenset({"checkpoint", "sample", "evaluate"})

    def __init__(
        self,
        job: str,
        run: RunFolder,
        sink: Sink,
        *,
        total: int,
        background: bool = False,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        super().__init__(job, run.record.spec.name, str(run.path))
        self.folder = run
        self.total = total
        self.session: Session | None = None
        self.view = LiveView()
        self._sink = sink
        self._clock = clock
        self._background = background
        self._log = RunLog(run.log_path, sink, job)
        self._pace = Pace()
        self._mark = 0
        self._ticked = self._paced = self._beat = clock()
        self._paced_step = 0
        self._block = (0, 0.0)
        self._saved = -1
        self._best: float | None = None
        earlier = run.status()
        self.step = earlier.step
        self._seconds_before = earlier.seconds

    @property
    def spec(self) -> RunSpec:
        """The run's spec."""
        return self.folder.record.spec

    def watch(self, watch: Watch) -> None:
        """Look at the training, or look away."""
        self.view.set(watch)
        if watch.on and self.state == "paused":
            self.ask("show")

    def work(self) -> Work:
        """Train; see `studio.engine.jobs.Job.work`."""
        try:
            session = self._open()
            yield False
            yield from self._train(session)
            yield from self._finish(session)
        except GeneratorExit:
            self._stopped()
            raise

    def settle(self) -> None:
        """Write the status of the new state; let the memory go when the job has ended."""
        # Paused time is nobody's training time.
        self._paced, self._paced_step = self._clock(), self.step
        try:
            self._write_status()
            self.folder.events.append(self._event(), self.step)
        except StoreError as error:
            self._log.write("error", str(error))
        if self.error is not None:
            self._log.write("error", f"{self.error.message} {self.error.hint}".strip())
        if self.state in ENDED:
            self.session = None
            free_device_memory()

    def _event(self) -> str:
        """The word for the new state in ``events.jsonl``."""
        if self.state != "running":
            return self.state
        return "resumed" if self.step or self.session is not None else "started"

    def _open(self) -> Session:
        session = open_session(self.folder, self.total)
        training = session.resolved.training
        self.step = self._saved = session.step
        self._block = (self.step, self._clock())
        self._kept = KeptSchedule(self.total, self.step)
        self._evaluations = EvaluationSchedule(training.evaluate_every, self.step)
        self._checkpoints = CheckpointSchedule(
            training.checkpoint_seconds, training.checkpoint_steps, self.step, self._clock()
        )
        self._curves = Curves(self.folder.metrics, self._tell, self.step)
        self._best = self._best_so_far(session)
        for note in session.notes:
            self._log.write("info", note)
        for name in session.skipped:
            self._log.write("warning", f"The checkpoint {name} is damaged and was passed over.")
        if self.step:
            self._log.write("info", f"Resumed from step {self.step:,} of {self.total:,}.")
        self.session = session
        self._paced, self._paced_step = self._clock(), self.step
        return session

    def _train(self, session: Session) -> Work:
        step, batch, add = session.family.step, session.batches.batch, self._curves.add
        while self.step < self.total:
            while self.step >= self._mark or self.asked:
                if self.step > self._block[0]:
                    self._pace.bare(self.step - self._block[0], self._clock() - self._block[1])
                yield from self._maintain(session)
                self._block = (self.step, self._clock())
            add(step(batch(self.step)))
            self.step += 1
            yield True

    def _maintain(self, session: Session) -> Work:
        """Do what was asked for and what is due; plan when to look at the clock next."""
        yield from self._answer(session)
        if self.step >= self._kept.next:
            yield from self._keep(session)
        now = self._clock()
        if now - self._ticked >= TICK:
            self._tick(now)
        if self._evaluations.due(self.step, self._pace):
            yield from self._evaluate(session)
        if self._checkpoints.due(self.step, now):
            self._save(session)
        if self.view.due(now) and self._sink.wants(self.job):
            yield from self._show(session, self.view.particles)
        soon = self.step + min(max(1, int(self._pace.rate * CHECK)), 1000)
        self._mark = int(min(soon, self._kept.next, self._evaluations.next, self._checkpoints.next))

    def _answer(self, session: Session) -> Work:
        """Do what was asked for, also while paused: each yield at the end comes before any step,
        and whatever was asked for meanwhile is done before going on.
        """
        while self.asked:
            self.answering = True
            action, n = self.asked.popleft()
            if action in ("checkpoint", "pause"):
                self._save(session, pinned=action == "checkpoint")
            elif action == "sample":
                yield from self._sample(session, n)
            elif action == "evaluate":
                yield from self._evaluate(session)
            self._tick(self._clock())
            if action in ("pause", "flush", "show") and self._sink.wants(self.job):
                yield from self._show(session, self.view.watch.particles)
            self.answering = False
            yield False

    def _finish(self, session: Session) -> Work:
        """At the last step: first make safe, then measure."""
        self._save(session)
        if self._kept.next <= self.step:
            yield from self._keep(session)
        yield from self._answer(session)
        yield from self._evaluate(session)
        self._tick(self._clock())
        self._log.write("info", f"Finished at step {self.step:,}.")

    def _stopped(self) -> None:
        """The generator is being closed between two steps: save, unless told not to."""
        if self.session is not None and self.save_on_stop:
            self._save(self.session)
        elif self.session is not None:
            self._curves.drain()

    def _tick(self, now: float) -> None:
        self._curves.drain()
        self._pace.add(self.step - self._paced_step, now - self._paced)
        self._ticked = self._paced = now
        self._paced_step = self.step
        assert self.session is not None
        self._sink.send(
            Progress(
                job=self.job,
                step=self.step,
                total=self.total,
                steps_per_second=self._pace.rate,
                seconds_left=self._pace.left(self.total - self.step),
                memory=process_memory(),
                device_memory=device_memory(self.session.family.device),
                view_cost=self.view.cost,
                seconds=self._seconds_before + self._pace.seconds,
            )
        )
        if now - self._beat >= HEARTBEAT:
            self._beat = now
            self._write_status(durable=False)

    def _keep(self, session: Session) -> Work:
        """Record all particles at this step, on disk, for scrubbing."""
        record = yield from session.recorder.record(
            self.step,
            layers=kept_layers(session.family),
            resolution=KEPT_RESOLUTION,
            bounds=session.bounds,
        )
        start = self._clock()
        steps = self.folder.flow.keep(record.step, record.t, record.x, record.layers, record.bounds)
        seconds = record.seconds + self._clock() - start
        self._kept.kept(self.step, seconds, self._pace)
        self._sink.send(Kept(job=self.job, step=self.step, steps=steps))

    def _show(self, session: Session, particles: int) -> Work:
        """Offer a live record to the screen."""
        watch = self.view.watch
        if not watch.on:
            return
        record = yield from session.recorder.record(
            self.step,
            particles=particles,
            layers=watch.layers,
            resolution=watch.resolution,
            bounds=watch.bounds or session.bounds,
        )
        if self.state != "paused":  # then there is no training that it could slow down
            self.view.made(record.seconds, self._clock())
        arrays, payload = pack_arrays(record.arrays)
        self._sink.offer(
            Record(job=self.job, step=record.step, bounds=record.bounds, arrays=arrays), payload
        )

    def _evaluate(self, session: Session) -> Work:
        """Measure quality, write and tell it; the best model so far is saved."""
        self._curves.drain()
        start = self._clock()
        quality = yield from session.evaluator.evaluate(session.family, session.sampler)
        self._evaluations.done(self.step, self._clock() - start, self._pace)
        for note in quality.notes:
            self._log.write("warning", note)
        columns: Columns = {
            f"quality/{slug}": ([self.step], [value]) for slug, value in quality.values.items()
        }
        if not columns:
            return
        self._curves.write(columns, quality.floors)
        slug, value = next(iter(quality.values.items()))
        if session.evaluator.better(slug, value, self._best):
            self._best = value
            self._save(session, best=True)

    def _sample(self, session: Session, n: int) -> Work:
        """Write n fresh samples into the run."""
        seed = session.resolved.training.seed + len(self.folder.samples.paths())
        x = yield from draw(session.family, n, seed, sampler=session.sampler)
        attrs = provenance(self.folder.name, self.step, seed, session.resolved.spec.sampler)
        path = self.folder.samples.write(x.numpy(), session.data.points.columns, attrs)
        self._log.write("info", f"{n:,} samples are in samples/{path.name}.")

    def _save(self, session: Session, *, pinned: bool = False, best: bool = False) -> None:
        """Write a checkpoint; never one that comes after a loss that is not finite.

        Raises:
            NumericFailure: the newest losses or the weights are not finite.
            StoreError: the disk is full or refused; earlier checkpoints are intact.
        """
        self._curves.drain()
        if self._saved == self.step and not (pinned or best):
            return
        start = self._clock()
        spec, columns = session.resolved.spec, session.data.points.columns
        tensors, values = pack(session.family, self.step, spec, columns)
        path = self.folder.checkpoints.save(self.step, tensors, values, pinned=pinned, best=best)
        self.folder.metrics.sync()
        self._saved = self.step
        end = self._clock()
        self._checkpoints.done(self.step, end - start, end)
        self._sink.send(CheckpointWritten(job=self.job, step=self.step, file=str(path)))

    def _best_so_far(self, session: Session) -> float | None:
        """The best value of the first metric that has been written, for a resumed run."""
        columns, _ = self.folder.metrics.read()
        best: float | None = None
        for choice in session.resolved.metrics[:1]:
            slug = choice.entry.slug
            for value in columns.get(f"quality/{slug}", ([], []))[1]:
                if session.evaluator.better(slug, value, best):
                    best = value
        return best

    def _tell(self, columns: Columns, floors: dict[str, float]) -> None:
        self._sink.send(Metrics(job=self.job, columns=columns, floors=floors))

    def _write_status(self, durable: bool = True) -> None:
        self.folder.update_status(
            durable=durable,
            state=self.state,
            step=self.step,
            total=self.total,
            seconds=self._seconds_before + self._pace.seconds,
            background=self._background,
            error=self.error,
        )

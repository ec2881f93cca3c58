"""The training job: a loop of steps with other work in between.

A step costs the loop one comparison and one append; the clock is read some thirty times a second.
Work between steps (records, evaluations, checkpoints, views) never uses the random numbers of the
training, so watched, unwatched and headless runs have the same losses.
"""

import time
from collections import deque
from collections.abc import Callable, Generator, Iterable
from typing import Any, ClassVar, TypeAlias

import msgspec
import torch

from pushforward.models.contracts.learner import Learner
from pushforward.studio.engine.data.imported_data import measured
from pushforward.studio.engine.jobs.job import ENDED, Job, Work
from pushforward.studio.engine.process.devices import TorchState, choose
from pushforward.studio.engine.process.failures import Refused
from pushforward.studio.engine.process.memory import device_memory, process_memory
from pushforward.studio.engine.process.sink import Sink
from pushforward.studio.engine.run.data_ahead import DataAhead
from pushforward.studio.engine.run.live_edits import sentence
from pushforward.studio.engine.run.ranks import Plan, RankGroup, own_world, start_ranks
from pushforward.studio.engine.run.resolve import check
from pushforward.studio.engine.run.runlog import RunLog
from pushforward.studio.engine.run.session import Session, free_device_memory
from pushforward.studio.engine.run.session_opening import open_session
from pushforward.studio.engine.tracking.tracking import Tracking, track
from pushforward.studio.engine.watch.live_view import LiveView
from pushforward.studio.engine.watch.outputs import Outputs
from pushforward.studio.engine.watch.schedules import Pace
from pushforward.studio.engine.watch.staging import StagedStep
from pushforward.studio.protocol.extras import PROJECTION
from pushforward.studio.protocol.messages import (
    Edited,
    JobInfo,
    PhaseInfo,
    Progress,
    StageDone,
    Watch,
)
from pushforward.studio.protocol.spec import ChangeSetting, Edit, RunSpec
from pushforward.studio.store.edits import EDITED
from pushforward.studio.store.errors import StoreError
from pushforward.studio.store.run import RunFolder

__all__ = ["TrainingJob", "refuse_twice", "training_of"]

TICK = 0.1
CHECK = 0.03
HEARTBEAT = 2.0
TOLD = 1.0
DEVICES = "devices"  # the event that says how many processes share the batches from here on
FIRST = "generating the first samples"
"""Status before the first step; it marks the time of the first record."""
Tell: TypeAlias = Callable[[int | Exception], None]


class TrainingJob(Job):
    """The training of one run folder, from its newest good checkpoint to ``total`` steps."""

    kind = "training"
    lane = "training"
    requests: ClassVar[frozenset[str]] = frozenset({"checkpoint", "sample", "evaluate", "stage"})

    def __init__(
        self,
        job: str,
        run: RunFolder,
        sink: Sink,
        *,
        total: int,
        background: bool = False,
        devices: int | None = None,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        """``devices`` are the processes that share each batch, by default those of the spec."""
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
        self.seconds_left: float | None = None
        self._mark = 0
        self._horizon = total
        self._edits: deque[tuple[Edit, Tell]] = deque()
        self._staged: StagedStep | None = None
        self._claimed = False
        self._devices = devices
        self._ranks: RankGroup | None = None
        self._tracking: Tracking | None = None
        self._ticked = self._paced = self._beat = clock()
        self._paced_step = 0
        self._block = (0, 0.0)
        self._ahead = 0  # phases that are still to come
        earlier = run.status()
        self.step = earlier.step
        self._seconds_before = earlier.seconds

    @property
    def spec(self) -> RunSpec:
        """The run's spec."""
        return self.folder.record.spec

    @property
    def info(self) -> JobInfo:
        """The job as everybody sees it."""
        record = self.folder.record
        return msgspec.structs.replace(
            super().info,
            parent=record.parent or "",
            branch_step=record.branch_step,
            trial=record.trial,
        )

    def claim(self) -> None:
        """Lock the run until the job has ended, or else its process.

        Raises:
            StoreError: another process has it.
        """
        self.folder.lock.take()
        self._claimed = True

    def change(self, edit: Edit, tell: Tell) -> None:
        """Queue an edit for the time between two steps. ``tell`` is called once, with the step
        after which it took effect or with the reason of its refusal.
        """
        self._edits.append((edit, tell))
        self.ask("edit")

    def watch(self, watch: Watch) -> None:
        """Look at the training, or look away."""
        self.view.set(watch)
        if watch.on and self.state == "paused":
            self.ask("show")

    def work(self) -> Work:
        """Train; see `studio.engine.jobs.job.Job.work`."""
        try:
            self._say("reading the data")
            yield from measured(self.spec.dataset, self.folder.project)
            ahead = DataAhead(check(self.spec, any_device=True), self.folder.project)
            yield from ahead.wait()
            self._ranks = yield from self._join_ranks()
            session = self._open()
            del ahead
            yield False
            yield from self._prepare(session)
            yield from self._train(session)
            yield from self._finish(session)
        except GeneratorExit:
            self._stopped()
            raise
        finally:  # also where it is paused, and this process lives on
            if self._ranks is not None:
                self._ranks.close()
                self._ranks = None

    def settle(self) -> None:
        """Write the status of the new state; let the memory go when the job has ended."""
        # Paused time is nobody's training time.
        self._paced, self._paced_step = self._clock(), self.step
        try:
            self._write_status()
            # What schedules are spread over: a branch needs to know.
            self.folder.events.append(self._event(), self.step, total=self._horizon)
        except StoreError as error:
            self._log.write("error", str(error))
        if self.error is not None:
            self._log.write("error", f"{self.error.message} {self.error.hint}".strip())
        if self.state in ENDED:
            if self._tracking is not None:
                self._tracking.stop()
            while self._edits:
                _, tell = self._edits.popleft()
                tell(Refused(f"{self.title} has ended ({self.state})."))
            self.session = self._staged = None
            if hasattr(self, "_outputs"):  # else it was never opened
                del self._outputs
            free_device_memory()
            if self._claimed:
                self._claimed = False
                self.folder.lock.release()

    def _event(self) -> str:
        """The word for the new state in ``events.jsonl``."""
        if self.state != "running":
            return self.state
        return "resumed" if self.step or self.session is not None else "started"

    def _join_ranks(self) -> Generator[bool, None, RankGroup | None]:
        """Start the processes that share the batches of the training, if there are to be some."""
        training = check(self.spec).training
        world = own_world() or self._devices or training.devices
        before = self._last_devices()
        if before is not None and before != world:
            self._log.write(
                "warning",
                f"Trained by {before} processes so far, by {world} from here on: the losses are "
                "those of one process up to rounding, no longer bit for bit.",
            )
        if before is None and world == 1:
            return None
        self.folder.events.append(DEVICES, self.step, n=world)
        if world == 1:
            return None
        device, _ = choose(training.device)
        found = torch.cuda.device_count() if device.type == "cuda" else world
        if own_world() is None and found < world:
            raise Refused(
                f"The run needs {world} GPUs; there are {found}.",
                f"Resume it with --set training.devices={found}, or where there are more.",
                kind="device",
                path="training.devices",
            )
        self._say(f"starting {world} processes")
        checkpoint, _ = self.folder.checkpoints.newest()
        plan = Plan(
            run=str(self.folder.path),
            checkpoint=None if checkpoint is None else checkpoint.step,
            horizon=self._horizon,
            device=device.type,
        )
        group = yield from start_ranks(plan, world)
        self._log.write("info", f"{world} processes share each batch.")
        return group

    def _last_devices(self) -> int | None:
        """Return by how many processes the run was trained last; None if always by one."""
        events = [event for event in self.folder.events.read() if event.kind == DEVICES]
        return int(events[-1].data["n"]) if events else None

    def _open(self) -> Session:
        reached = 0 if self.folder.checkpoints.steps() else self.folder.reached()
        session = open_session(self.folder, self._horizon, self._ranks)
        self.step = session.step
        self._block = (self.step, self._clock())
        self._tracking = track(
            session.resolved.training.tracker, self.folder, self.spec, self.step, self._log.write
        )
        self._outputs = Outputs(
            self.job,
            self.folder,
            session,
            self._sink,
            total=self.total,
            view=self.view,
            pace=self._pace,
            clock=self._clock,
            measuring=self._measure,
            tracking=self._tracking,
        )
        for note in session.notes:
            self._log.write("info", note)
        for name in session.skipped:
            self._log.write("warning", f"The checkpoint {name} is damaged and was skipped.")
        if reached:
            self._log.write(
                "warning",
                f"The run had reached step {reached:,}, but {self.folder.checkpoints.folder} holds "
                "no checkpoint: it starts again from step 0. If checkpoints were deleted, stop it, "
                "put them back from a backup and resume.",
            )
        for warning in session.family.warnings():
            self._log.write("warning", warning)
        if self.step:
            self._log.write("info", f"Resumed from step {self.step:,} of {self.total:,}.")
        self.session = session
        self._write_status(durable=False)  # whoever follows the files sees the phases, too
        self._paced, self._paced_step = self._clock(), self.step
        return session

    def _prepare(self, session: Session) -> Work:
        """Prepare the training data and the reference classifier, which may train for a minute.
        Progress is reported, and no step's time includes it.
        """
        if session.drawing is not None:
            self._say("generating its training samples")
        yield from session.prepare()
        judging, recorder = session.data.judging, session.recorder
        if judging is not None and recorder is not None and PROJECTION in recorder.extras:
            if judging.needs_training:
                self._say("training the reference classifier of these data (once)")
                yield from self._showing(judging.prepare())
            else:
                yield from judging.prepare()
        self._say(FIRST)
        self._paced = self._clock()

    def _train(self, session: Session) -> Work:
        step, add = session.family.step, self._outputs.curves.add
        own, in_race = TorchState.current(), bool(self.race)
        while self.step < self.total:
            if self.step >= self._mark or self.asked:
                if self.step > self._block[0]:
                    self._note_block()
                yield from self._maintain(session)
                self._block = (self.step, self._clock())
                continue
            add(step(session.batches.batch(self.step)))
            self.step += 1
            yield True
            if in_race:
                own.apply()  # the queue does so between jobs, and a race is one job

    def _note_block(self) -> None:
        """Note how long the steps since the clock was last read took."""
        first, began = self._block
        steps, seconds = self.step - first, self._clock() - began
        self._pace.add_uninterrupted(steps, seconds)
        self.view.add_block(steps, seconds, began)

    def _maintain(self, session: Session) -> Work:
        """Do what was requested and what is due, and plan the next look at the clock."""
        yield from self._answer(session)
        yield from self._complete()
        now = self._clock()
        if now - self._ticked >= TICK:
            self._tick(now, "" if self.step else FIRST)
        if self.step == session.step:
            yield from self._outputs.live.show_first(self.step)
        yield from self._telling(self._make_due(session))
        yield from self._telling(self._outputs.live.show_due(self.step, self.total))
        if self.step == session.step:
            # What is made before the first step says nothing of how fast steps are.
            now = self._clock()
            self._pace.add_pause(now - self._paced)
            self._paced = now
        soon = self.step + min(max(1, int(self._pace.rate * CHECK)), 1000)
        edit = session.pending[0].step if session.pending else self.total
        self._mark = int(min(soon, self._outputs.next, edit))

    def _telling(self, work: Work) -> Work:
        """Do work before the first step, which takes minutes of samples that are dear, and say how
        far it is.
        """
        said = self._clock()
        for each in self._showing(work):
            if not self.step and self._clock() - said >= TOLD:
                said = self._clock()
                keeping = self._outputs.keeping
                part = keeping.part if keeping is not None else 0.0
                self._say(f"{FIRST}, {part:.0%}" if part else FIRST)
            yield each

    def _showing(self, work: Iterable[bool]) -> Work:
        """Run work; before the first step, also send a small snapshot as soon as the run is
        watched.
        """
        for each in work:
            if not self.step:
                yield from self._outputs.live.show_first(self.step)
            yield each

    def _make_due(self, session: Session) -> Work:
        """Make again the edits that belong here, and the products that are due."""
        while session.pending and session.pending[0].step <= self.step:
            edit = session.pending.popleft()
            session.change(edit)
            self._changed(session, edit)
        yield from self._outputs.make_due(self.step)

    def _answer(self, session: Session) -> Work:
        """Answer requests, also while paused. Each yield precedes any step, and requests that
        arrive meanwhile are answered first.
        """
        outputs = self._outputs
        while self.asked:
            self.answering = True
            action, n = self.asked.popleft()
            if action not in ("stage", "show"):
                yield from self._complete()
            if action in ("checkpoint", "pause"):
                outputs.save(self.step, pinned=action == "checkpoint")
            elif action == "sample":
                self._tick(self._clock(), "drawing samples")
                yield from outputs.sample(self.step, n)
            elif action == "evaluate":
                yield from outputs.evaluate(self.step)
            elif action == "edit":
                self._edit(session)
            elif action == "stage":
                yield from self._stages(session, n)
            self._tick(self._clock())
            if action in ("pause", "flush", "show", "edit") and self._sink.wants(self.job):
                yield from self._show()
            self.answering = False
            yield False

    def _edit(self, session: Session) -> None:
        """Apply the first queued edit; it is on disk before the next step."""
        asked, tell = self._edits.popleft()
        edit = msgspec.structs.replace(asked, step=self.step)

        def write() -> None:
            self.folder.events.append(EDITED, self.step, **msgspec.to_builtins(edit))
            self.folder.events.sync()

        try:
            session.change(edit, write)
        except (Refused, StoreError) as error:
            tell(error)
            return
        self._changed(session, edit)
        self._sink.send(Edited(job=self.job, edit=edit))
        tell(self.step)

    def _changed(self, session: Session, edit: Edit) -> None:
        self._outputs.changed(edit)
        self._log.write("info", sentence(edit, len(session.data.rows)))
        if isinstance(edit, ChangeSetting):
            for warning in session.family.warnings():
                self._log.write("warning", warning)

    def _stages(self, session: Session, n: int) -> Work:
        """Run the next stages of a step until another request arrives."""
        for _ in range(n):
            if self._staged is None:
                yield from self._make_due(session)
                if self.step >= self.total:
                    return
                batch = session.batches.batch(self.step)
                self._staged = StagedStep(session.family, batch)
            if self._staged.advance():
                self._sink.send(StageDone(job=self.job, step=self.step, stage=self._staged.stage))
                yield from self._show()
            else:
                yield from self._complete()
                yield from self._show()
            if self.asked:
                return
            yield False

    def _complete(self) -> Work:
        """Do the rest of a step that is done in stages, if there is one."""
        if self._staged is not None:
            self._complete_now()
            yield True

    def _complete_now(self) -> None:
        if self._staged is None:
            return
        metrics = self._staged.finish()
        self._staged = None
        self._outputs.curves.add(metrics)
        self._sink.send(StageDone(job=self.job, step=self.step, stage=""))
        self.step += 1

    def _show(self) -> Work:
        """Offer a record of now, with what the stage of a step has at hand."""
        paused = self.state == "paused"
        yield from self._outputs.live.show(self.step, paused=paused, staged=self._staged)

    def _finish(self, session: Session) -> Work:
        """At the last step: first make safe, then measure."""
        self._outputs.save(self.step)
        yield from self._outputs.keep_due(self.step)
        self.folder.flow.sync()
        yield from self._answer(session)
        yield from self._outputs.evaluate_last(self.step)
        yield from self._answer(session)  # what was asked for meanwhile
        if self._tracking is not None:
            self._tick(self._clock(), "closing the tracker")
            yield from self._tracking.finish()
        self._tick(self._clock())
        self.folder.require()
        self._log.write("info", f"Finished at step {self.step:,}.")

    def _stopped(self) -> None:
        """Save, if wanted, when the generator is closed between two steps or stages."""
        if self.session is not None and self.save_on_stop:
            self._complete_now()
            self._outputs.save(self.step)
            self._outputs.keep_last(self.step)
        elif self.session is not None:
            self._outputs.curves.drain()
        if self._tracking is not None:
            self._tracking.stop()

    def _measure(self, on: bool) -> None:
        """Say that it evaluates, or no longer does; steps are no slower for it."""
        now = self._clock()
        if on:
            self._tick(now, "evaluating")
        else:
            self._pace.add_pause(now - self._paced)
            self._paced = now
            self._tick(now)

    def _say(self, doing: str) -> None:
        """Say what it is at before its first step."""
        self._sink.send(
            Progress(
                job=self.job,
                step=self.step,
                total=self.total,
                steps_per_second=0.0,
                seconds_left=None,
                memory=process_memory(),
                seconds=self._seconds_before,
                doing=doing,
            )
        )

    def _tick(self, now: float, doing: str = "") -> None:
        curves = self._outputs.curves
        before = curves.diverged
        curves.drain()
        if curves.diverged != before:
            self._log.write("warning", curves.diverged)
        self._pace.add(self.step - self._paced_step, now - self._paced)
        self._ticked = self._paced = now
        self._paced_step = self.step
        assert self.session is not None
        phases = _phases(self.session.family)
        ends = [phase.start for phase in phases if phase.start > self.step]
        if len(ends) < self._ahead:
            self._pace.restart_timing()
        self._ahead = len(ends)
        left = self._pace.left(min([*ends, self.total]) - self.step)
        if left is not None and not ends:
            left += self._outputs.left(self.step)
        # How fast a later phase will be is unknown.
        self.seconds_left = None if ends else left
        self._sink.send(
            Progress(
                job=self.job,
                step=self.step,
                total=self.total,
                steps_per_second=self._pace.rate,
                seconds_left=self.seconds_left,
                memory=process_memory(),
                device_memory=device_memory(self.session.family.device),
                view_cost=self.view.cost,
                seconds=self._seconds_before + self._pace.seconds,
                phase_left=left if phases else None,
                phases=phases,
                doing=doing,
            )
        )
        if now - self._beat >= HEARTBEAT:
            self._beat = now
            self._write_status(durable=False)

    def _write_status(self, durable: bool = True) -> None:
        self.folder.require()
        known = {"phases": _phases(self.session.family)} if self.session is not None else {}
        self.folder.update_status(
            **known,
            durable=durable,
            state=self.state,
            step=self.step,
            total=self.total,
            seconds=self._seconds_before + self._pace.seconds,
            background=self._background,
            error=self.error,
        )


def training_of(run: RunFolder, jobs: Iterable[Job]) -> TrainingJob | None:
    """Return the training of a run that has not ended, None if none of the jobs is it."""
    return next(
        (
            job
            for job in jobs
            if isinstance(job, TrainingJob) and job.folder == run and job.state not in ENDED
        ),
        None,
    )


def refuse_twice(run: RunFolder, jobs: Iterable[Job]) -> None:
    """Make sure that no job trains a run already.

    Raises:
        Refused: one does.
    """
    if (job := training_of(run, jobs)) is not None:
        raise Refused(f"{run.name} is {job.state} already.", "Use the job that it has.")


def _phases(family: Learner[Any]) -> list[PhaseInfo]:
    return [PhaseInfo(name=p.name, title=p.title, start=p.start) for p in family.phases]

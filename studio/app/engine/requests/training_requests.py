"""Steering trainings: start, pause, step, save, evaluate, stop, resume, the queue."""

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from pushforward.studio.app.core import display_names, preferences
from pushforward.studio.app.core.app_state import COMING, AppState
from pushforward.studio.app.core.data_type_registry import kind_of_run
from pushforward.studio.app.core.draft import Draft
from pushforward.studio.app.core.evaluation_options import fitting, picks
from pushforward.studio.app.core.notices import Notice
from pushforward.studio.app.core.operator_results import number_of
from pushforward.studio.app.core.run_comparison import training_value
from pushforward.studio.app.core.runs import RESUMABLE, RunState
from pushforward.studio.app.engine.requests import project_files
from pushforward.studio.app.engine.requests.request_base import Intents, Link
from pushforward.studio.app.engine.requests.run_selection import RunIntents
from pushforward.studio.counts import format_count
from pushforward.studio.protocol.messages import (
    GENERATE,
    Control,
    Evaluate,
    JobInfo,
    MoveJob,
    Operate,
    ResumeRace,
    ResumeTraining,
    SetSpeed,
    StartTraining,
)
from pushforward.studio.protocol.spec import RunRef, RunSpec

__all__ = ["TrainingIntents"]

ENDED = ("finished", "failed", "cancelled", "interrupted", "dropped")


class TrainingIntents(Intents):
    """Intents about jobs."""

    def __init__(self, state: AppState, link: Link, runs: RunIntents) -> None:
        super().__init__(state, link)
        self._runs = runs
        self._wanted = asyncio.Event()  # the start that was asked for, until it is called off
        self._decided = asyncio.Event()  # the engine is there, or gone, or nobody waits for it
        state.engine_changed.connect(self._engine_changed)

    def start(self) -> None:
        """Queue the run that is being set up; its settings are frozen from here on."""
        draft = self.state.draft
        if draft is None or self.state.starting:
            return
        if draft.reasons:
            self.state.notices.error(
                draft.reasons[0], title="The run cannot start yet", lasting=False
            )
            return
        pending = next(iter(draft.pending.items()), None)
        if pending is not None:
            name, source = pending
            draft.started = draft.spec
            self.train_with_source(source, name, draft.spec)
            return
        self.start_spec(draft.spec, draft)

    def start_spec(self, spec: RunSpec, draft: Draft | None = None) -> None:
        """Queue a run, of a setup or of none, as soon as the engine is ready."""
        project = self.need_project()
        command = StartTraining(spec=preferences.load().preferred(spec), project=str(project))
        self._wanted.set()
        self._decided.clear()
        self._engine_changed()
        self.state.set_starting(True)
        self._do(self._start(command, draft, self.state.place), "The run did not start")

    def queue(self, specs: Sequence[RunSpec]) -> None:
        """Queue several runs of the open project, such as those of a sweep."""
        project = str(self.need_project())
        for spec in specs:
            command = StartTraining(spec=preferences.load().preferred(spec), project=project)
            self._tell(command, "The run was not queued")

    def train_with_source(self, source: RunSpec, name: str, spec: RunSpec) -> None:
        """Train a run, show it, and queue another one that learns from it, as its input ``name``,
        as soon as it has finished. A source that ends early queues nothing.
        """
        self._do(self._train_with_source(source, name, spec), "The run did not start")

    async def _train_with_source(self, source: RunSpec, name: str, spec: RunSpec) -> None:
        project = self.need_project()
        await asyncio.to_thread(project_files.create, project, self.state.project_name)
        command = StartTraining(spec=preferences.load().preferred(source), project=str(project))
        run = str((await self.link.ask(command)).result["run"])
        self._runs.know(run, command.spec)
        self._runs.show_new(run)
        catalog = self.state.catalog
        names = [display_names.model_name(each, catalog) for each in (source, spec)]
        text = f"{names[0]} is trained first; {names[1]} follows when it has finished"
        self.state.notices.post(Notice(level="info", text=text, topic=f"source:{run}"))

        def follow(key: str) -> None:
            trained = self.state.runs.by_key.get(key)
            if key != run or trained is None or trained.state not in ENDED:
                return
            self.state.runs.changed.disconnect(follow)
            if trained.state == "finished":
                inputs = {**spec.inputs, name: RunRef(run=Path(run).name)}
                self.start_spec(msgspec.structs.replace(spec, inputs=inputs))

        self.state.runs.changed.connect(follow)

    def call_off(self) -> None:
        """Cancel the requested start; what the engine has begun meanwhile is stopped."""
        self._wanted.clear()
        self._decided.set()

    def _engine_changed(self) -> None:
        if self.state.engine.state not in COMING:
            self._decided.set()

    async def _start(self, command: StartTraining, draft: Draft | None, place: str) -> None:
        asked = draft.spec if draft is not None else None
        try:
            await self._decided.wait()
            if not self._wanted.is_set():
                return
            # The folder is made here, so that the project has the name that the person saw.
            await asyncio.to_thread(
                project_files.create, Path(command.project), self.state.project_name
            )
            answer = await self.link.ask(command)
            run = str(answer.result["run"])
            if draft is not None:
                draft.started = asked
            self._runs.know(run, command.spec)
            if not self._wanted.is_set():
                await self.link.ask(Control(job=str(answer.result["job"]), action="cancel"))
            elif self.state.place == place:
                self._runs.show_new(run)
            else:  # the person is elsewhere by now, and stays there
                text = f"{Path(run).name} is in the queue"
                self.state.notices.post(Notice(level="info", text=text))
        finally:
            self.state.set_starting(False)

    def pause_or_resume(self) -> None:
        """Pause the training that runs, or let it go on; resume the selected one if it ended."""
        job = self.state.running
        if job is not None:
            action = "resume" if job.state == "paused" else "pause"
            self._tell(Control(job=job.job, action=action), f"The run did not {action}", job.run)
            return
        run = self.state.runs.current
        if run is not None and run.state in RESUMABLE:
            self.resume(run.key)

    def step(self, n: int = 1) -> None:
        """Do n training steps, then pause."""
        self._control("step", n)

    def checkpoint(self) -> None:
        """Save a checkpoint of the run on the canvas between two steps."""
        run = self.state.runs.current
        job = self.state.training_of(run) if run is not None else self.state.running
        if job is not None:
            self._tell(Control(job=job.job, action="checkpoint"), run=job.run)

    def evaluate(self) -> None:
        """Measure the quality of the selected run now: of its training between two steps, otherwise
        of its newest checkpoint as a separate job.
        """
        run = self.state.runs.current
        if run is None:
            return
        job = self.state.training_of(run)
        if job is not None:
            command = Control(job=job.job, action="evaluate")
            self._tell(command, "The evaluation did not start", run.key)
            return
        n = self.measured_with(run)
        self._tell(Evaluate(run=run.key, n=n), "The evaluation did not start", run.key)

    def measured_with(self, run: RunState) -> int:
        """Return the default number of samples of an evaluation: the number used during the
        training, since for some data types thousands take hours.
        """
        catalog = self.state.catalog
        n = training_value(run.spec, "evaluate_samples", catalog) or kind_of_run(run, catalog).few
        return int(n)

    def ask_evaluation(self, key: str) -> None:
        """Ask which metrics a run is measured by, of how many samples, with which seed."""
        if fitting(self.state.runs.by_key.get(key), self.state.catalog):
            self.state.window.open_evaluation.emit(key)
            return
        self.state.notices.post(Notice(level="info", text="No metric fits this run", topic=key))

    async def evaluate_by(
        self,
        run: RunState,
        slugs: Sequence[str],
        n: int,
        seed: int,
        config: Mapping[str, Any] | None = None,
    ) -> None:
        """Queue an evaluation of a run's newest checkpoint by some metrics, with the settings that
        a ``config`` of the sheet says, and show where its figures will be.

        Raises:
            Refused: it cannot be measured so.
        """
        command = Evaluate(run=run.key, n=n, seed=seed, metrics=picks(run, slugs, config))
        await self.link.ask(command)
        if (self.state.place, self.state.runs.selection) == ("run", run.key):
            self.state.window.show_lens.emit("quality")

    def sample(self, n: int = 0) -> None:
        """Write n samples into the selected run, 0 for as many as are shown of it and no fewer than
        its kind of data is drawn by: by its training between two steps, else from its newest
        checkpoint. Each time it is another seed, so that they are others; earlier ones stay
        results of the run.
        """
        run = self.state.runs.current
        if run is None:
            return
        n = n or max(kind_of_run(run, self.state.catalog).few, self._shown_of(run))
        job = self.state.training_of(run)
        command: Control | Operate
        if job is not None:
            command = Control(job=job.job, action="sample", n=n)
            self._say_sampling(run, job, n)
        else:
            first = training_value(run.spec, "seed", self.state.catalog) or 0
            seed = int(first) + (number_of(run.results[-1]) if run.results else 0)
            command = Operate(run=run.key, operator=GENERATE, config={"n": n, "seed": seed})
        self._tell(command, "Sampling did not start", run.key)

    def _say_sampling(self, run: RunState, job: JobInfo, n: int) -> None:
        """Say that a training draws samples, or what it does before: they come between two steps,
        which may be a while.
        """
        kind, doing = kind_of_run(run, self.state.catalog), self.state.doing.get(job.job, "")
        text = f"Drawing {format_count(n, kind.one, kind.many)}"
        why = f"With the model at step {run.step:,}" if run.step else ""
        if doing and not run.step:
            why = f"First it is {doing}"
        elif not run.step:
            why = "By the model before its first step"
        self.state.notices.post(
            Notice(level="info", text=text, why=why, topic=f"sampling:{run.key}")
        )

    def sample_as(self, key: str, n: int, seed: int) -> None:
        """Write n samples of a seed into any run, so that runs can be compared with equal seeds."""
        command = Operate(run=key, operator=GENERATE, config={"n": n, "seed": seed})
        self._tell(command, "Sampling did not start", key)

    def _shown_of(self, run: RunState) -> int:
        """Return how many of what a run makes a lens has shown last."""
        selection = self.state.selection
        known = selection.find_offered(selection.last_of_run(run.key))
        return len(known.arrays["x"]) if known is not None and "x" in known.arrays else 0

    def stop(self) -> None:
        """Stop the run on the canvas and keep what it has; it can be resumed."""
        run = self.state.runs.current
        if run is not None and run.background and not run.elsewhere:
            self.stop_background(run.key)
        else:
            self._control("cancel")

    def stop_background(self, key: str) -> None:
        """Ask a background training to save a checkpoint and leave; it does within a second."""
        from pushforward.studio.store.errors import StoreError
        from pushforward.studio.workflows import background

        try:
            background.ask_to_stop(Path(key))
        except StoreError as error:
            self.state.notices.error(error.info(), title="The run did not stop", here=True)

    def _control(self, action: str, n: int = 1) -> None:
        job = self.state.steered
        if job is not None:
            self._tell(Control(job=job.job, action=action, n=n), run=job.run)

    def steer(self, job: str, action: str) -> None:
        """Do something with what keeps a run in the queue, whichever project it belongs to."""
        self._tell(Control(job=job, action=action), f"It did not {action}")

    def set_speed(self, delay: float) -> None:
        """Slow motion: wait ``seconds`` after each training step (0 = full speed)."""
        job = self.state.steered
        if job is not None:
            self._tell(SetSpeed(job=job.job, delay=delay), run=job.run)

    def move_job(self, job: str, place: int) -> None:
        """Move a queued job (0 = next); -1 takes it out of the queue."""
        self._tell(MoveJob(job=job, place=place), "The queue did not change")

    def resume(self, key: str, steps: int | None = None) -> None:
        """Continue a run from its newest good checkpoint; ``steps`` raises the total. One that took
        part in a race goes on together with the others.
        """
        run = self.state.runs.by_key.get(key)
        if run is not None and run.race and steps is None:
            self.resume_race(run.race)
            return
        if run is not None and not self.state.starting:
            self.state.notices.settle(f"training:{key}")  # the click is seen, also by a slow engine
            self.state.set_starting(True)
            self._do(self._resume(key, steps), "The run did not resume", run=key)

    async def _resume(self, key: str, steps: int | None) -> None:
        try:
            if not self.link.alive:
                await self.link.restart()
            answer = await self.link.ask(ResumeTraining(run=key, steps=steps))
        finally:
            self.state.set_starting(False)
        result = answer.result or {}
        self._runs.show(key)
        skipped = result.get("skipped") or []
        if skipped:
            self.state.notices.post(
                Notice(
                    level="warning",
                    text=f"Resumed from step {result.get('step', 0):,}",
                    why=f"Damaged checkpoints were passed over: {', '.join(map(str, skipped))}.",
                )
            )

    def resume_race(self, race: str) -> None:
        """Continue all of a race that have not spent their budget."""
        if not self.state.starting:
            self.state.set_starting(True)
            self._do(self._resume_race(race), "The race did not resume", topic=f"resume:{race}")

    async def _resume_race(self, race: str) -> None:
        runs = [run for run in self.state.runs.by_key.values() if run.race == race]
        try:
            if not self.link.alive:
                await self.link.restart()
            await self.link.ask(ResumeRace(runs=[run.key for run in runs]))
        finally:
            self.state.set_starting(False)
        self.state.playback.set(step=None)

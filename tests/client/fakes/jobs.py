"""The commands of the engine in memory, and its queue of toy trainings."""

from collections.abc import Callable, Mapping
from functools import singledispatchmethod
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from pushforward.studio.protocol import messages as m
from pushforward.studio.protocol.catalog import Catalog
from pushforward.studio.protocol.spec import Pick, RunSpec
from pushforward.studio.store.errors import StoreError
from pushforward.studio.store.run import RunFolder
from tests.client.fakes.catalog import defaults, problem_of
from tests.client.fakes.races import FakeRace
from tests.client.fakes.training import FakeTraining, points

__all__ = ["FakeJobs", "Refusal"]

Arrays = Mapping[str, np.ndarray]
Emit = Callable[..., None]
ENDED = ("finished", "cancelled", "failed")


class Refusal(Exception):
    """Raised by an answer: the command fails with this error."""

    def __init__(self, message: str, *, kind: str = "user", hint: str = "", path: str = "") -> None:
        super().__init__(message)
        self.error = m.ErrorInfo(kind=kind, message=message, hint=hint, path=path)


class FakeJobs:
    """Answers commands and advances the one training, or race, that runs.

    ``emit(event, arrays)`` sends. Nothing is written to disk: the run folders are names only.
    """

    def __init__(self, emit: Emit, offer: Catalog) -> None:
        self.offer = offer
        self._emit = emit
        self._jobs: dict[str, FakeTraining] = {}
        self._races: dict[str, FakeRace] = {}
        self._count = 0

    @property
    def busy(self) -> str:
        """The running job, "" if none."""
        return next((j.job for j in self._jobs.values() if j.state == "running"), "")

    def training(self, job: str) -> FakeTraining:
        """Return a job.

        Raises:
            Refusal: there is none of that name.
        """
        if job not in self._jobs:
            raise Refusal(f"Unknown job {job!r}.", hint="It may have ended already.")
        return self._jobs[job]

    def advance(self, steps: int) -> None:
        """Train the running job by so many steps; start the next one if none is active."""
        active = [j for j in self._jobs.values() if j.state in ("running", "paused")]
        if not active:
            queued = next((j for j in self._jobs.values() if j.state == "queued"), None)
            if queued is None:
                return
            active = self._start(queued)
        for job in active:
            if job.state == "running":
                self._train(job, 1 if job.delay else max(1, steps // len(active)))

    def _start(self, job: FakeTraining) -> list[FakeTraining]:
        race = self._races.get(job.race)
        members = race.members if race is not None else [job]
        for member in members:
            self._become(member, "running")
        return members

    def fail(self, job: str, error: m.ErrorInfo) -> None:
        """Let a job fail."""
        training = self.training(job)
        training.error = error
        self._become(training, "failed")

    # Training

    def _train(self, job: FakeTraining, steps: int) -> None:
        rows = []
        for step, loss in job.run_some(steps):
            rows.append((step, loss))
            if job.keeps(step):
                job.kept.append(step)
                self._emit(m.Kept(job=job.job, step=step, steps=list(job.kept)))
            if step % job.spec.training["checkpoint_every"] == 0:
                self._checkpoint(job)
        if rows:
            columns = {"loss": ([s for s, _ in rows], [v for _, v in rows])}
            self._emit(m.Metrics(job=job.job, columns=columns))
            self._progress(job)
            self._record(job)
        if job.step >= job.total:
            self._checkpoint(job)
            self._become(job, "finished")
        elif job.left == 0:
            self._become(job, "paused")

    def _progress(self, job: FakeTraining) -> None:
        self._emit(
            m.Progress(
                job=job.job,
                step=job.step,
                total=job.total,
                steps_per_second=5000.0,
                seconds_left=(job.total - job.step) / 5000.0,
                memory=100_000_000,
                seconds=job.step / 5000.0,
            )
        )

    def _record(self, job: FakeTraining) -> None:
        if job.watched and job.credits > 0:
            job.credits -= 1
            event = m.Record(job=job.job, step=job.step, bounds=job.view, arrays={})
            self._emit(event, job.record())

    def _checkpoint(self, job: FakeTraining) -> None:
        file = f"{job.run}/checkpoints/step-{job.step:08d}.safetensors"
        self._emit(m.CheckpointWritten(job=job.job, step=job.step, file=file))

    def _become(self, job: FakeTraining, state: str) -> None:
        job.state = state
        self._emit(m.JobChanged(info=job.info, place=self._place(job)))
        race = self._races.get(job.race)
        if race is not None:
            going = [member.state for member in race.members if member.state not in ENDED]
            race.state = going[0] if going else state
            self._emit(m.JobChanged(info=race.info, place=self._place(job)))

    def _place(self, job: FakeTraining) -> int:
        queued = [j for j in self._jobs.values() if j.state == "queued"]
        return queued.index(job) if job in queued else -1

    # Specs

    def _resolve(self, spec: RunSpec) -> RunSpec:
        """Fill in all defaults.

        Raises:
            Refusal: a pick is unknown, or has an unknown setting.
        """
        training = Pick(slug="training", config=spec.training)
        picks = {"family": spec.family, "dataset": spec.dataset, "training": training}
        full: dict[str, dict[str, Any]] = {}
        for kind, pick in picks.items():
            problem = problem_of(self.offer, kind, pick)
            entry = self.offer.get(kind, pick.slug)
            if problem or entry is None:
                raise Refusal(problem, path=kind)
            full[kind] = defaults(entry, pick.config)
        return msgspec.structs.replace(
            spec,
            family=Pick(slug=spec.family.slug, config=full["family"]),
            dataset=Pick(slug=spec.dataset.slug, config=full["dataset"]),
            training=full["training"],
        )

    def _queue(self, spec: RunSpec, run: str, step: int = 0, **facts: Any) -> FakeTraining:
        self._count += 1
        job = FakeTraining(f"job-{self._count}", run, spec, step, **facts)
        self._jobs[job.job] = job
        self._emit(m.JobChanged(info=job.info, place=self._place(job)))
        return job

    # Answers

    @singledispatchmethod
    def answer(self, command: Any) -> Any:
        """Return the result of a command, or (result, arrays).

        Raises:
            Refusal: it cannot be done.
        """
        raise Refusal(f"The engine in memory has no answer to {type(command).__name__}.")

    @answer.register
    def _(self, command: m.Ping | m.Credit) -> None:
        if isinstance(command, m.Credit) and command.job in self._jobs:
            self._jobs[command.job].credits += command.n

    @answer.register
    def _(self, command: m.Shutdown) -> None:
        for job in self._jobs.values():
            if command.checkpoint and job.state in ("running", "paused"):
                self._checkpoint(job)

    @answer.register
    def _(self, command: m.GetCatalog) -> Catalog:
        return self.offer

    @answer.register
    def _(self, command: m.Validate) -> dict[str, Any]:
        try:
            resolved = self._resolve(command.spec)
        except Refusal as refusal:
            return {"problems": [refusal.error], "parameters": 0, "bytes": 0, "resolved": None}
        return {"problems": [], "parameters": 33_538, "bytes": 10**6, "resolved": resolved}

    @answer.register
    def _(self, command: m.PreviewData) -> tuple[dict[str, Any], Arrays]:
        entry = self.offer.get("dataset", command.dataset.slug)
        if entry is None:
            raise Refusal(problem_of(self.offer, "dataset", command.dataset), path="dataset")
        config = defaults(entry, command.dataset.config)
        x = points(command.dataset.slug, config, command.n, seed=0)
        facts = {"columns": ["x", "y"], "n": command.n, "modes": []}
        return facts | {"mean": x.mean(0).tolist(), "std": x.std(0).tolist()}, {"x": x}

    @answer.register
    def _(self, command: m.GetTarget) -> tuple[dict[str, Any], Arrays]:
        job = next((j for j in self._jobs.values() if j.run == command.run), None)
        pick = job.spec.dataset if job is not None else self._on_disk(command.run).dataset
        entry = self.offer.get("dataset", pick.slug)
        config = defaults(entry, pick.config) if entry is not None else {}
        x = points(pick.slug, config, command.n, seed=0)
        return {"columns": ["x", "y"], "n": len(x)}, {"x": x}

    def _on_disk(self, run: str) -> RunSpec:
        """Return the spec of a run of another process."""
        try:
            return RunFolder(Path(run)).record.spec
        except StoreError as error:
            raise Refusal(f"There is no run at {run}.") from error

    @answer.register
    def _(self, command: m.StartTraining) -> dict[str, Any]:
        spec = self._resolve(command.spec)
        run = self._folder(Path(command.project) / "runs", spec.name)
        return {"job": self._queue(spec, run).job, "run": run}

    def _folder(self, runs: Path, name: str) -> str:
        return str(runs / f"{self._count + 1:04d}-{'-'.join(name.lower().split())}")

    @answer.register
    def _(self, command: m.StartRace) -> dict[str, Any]:
        specs = [self._resolve(spec) for spec in command.specs]
        if not 2 <= len(specs) <= 4:
            raise Refusal(f"A race has 2 to 4 participants, not {len(specs)}.")
        race = FakeRace(f"race-{self._count + 1}", f"Race of {len(specs)}")
        self._races[race.job] = race
        runs = []
        for spec in specs:
            runs.append(self._folder(Path(command.project) / "runs", spec.name))
            race.members.append(self._queue(spec, runs[-1], race=race.job))
        return {"job": race.job, "jobs": [each.job for each in race.members], "runs": runs}

    @answer.register
    def _(self, command: m.BranchRun) -> dict[str, Any]:
        parent = next((j for j in self._jobs.values() if j.run == command.run), None)
        if parent is None:
            raise Refusal(f"There is no run at {command.run}.")
        edits: list[Any] = [
            msgspec.structs.replace(change, step=command.step) for change in command.changes
        ]
        spec = msgspec.structs.replace(
            parent.spec, name=command.name, edits=[*parent.spec.edits, *edits]
        )
        run = self._folder(Path(parent.run).parent, command.name)
        facts = {"parent": Path(parent.run).name, "branch_step": command.step}
        job = self._queue(spec, run, command.step, **facts)
        return {"job": job.job, "run": run, "from_step": command.step}

    @answer.register
    def _(self, command: m.ApplyEdit) -> dict[str, Any]:
        job = self.training(command.job)
        if job.state in ENDED:
            raise Refusal(f"{job.spec.name} has ended ({job.state}).")
        edit = msgspec.structs.replace(command.edit, step=job.step)
        self._emit(m.Edited(job=job.job, edit=edit))
        return {"step": job.step}

    @answer.register
    def _(self, command: m.ResumeTraining) -> dict[str, Any]:
        old = next((j for j in self._jobs.values() if j.run == command.run), None)
        if old is None or old.state not in ENDED:
            raise Refusal(f"There is nothing to resume in {command.run}.")
        spec = old.spec
        if command.steps is not None:
            training = {**spec.training, "steps": command.steps}
            spec = msgspec.structs.replace(spec, training=training)
        job = self._queue(spec, command.run, old.step)
        return {"job": job.job, "run": job.run, "step": job.step, "skipped": []}

    @answer.register
    def _(self, command: m.Control) -> None:
        race = self._races.get(command.job)
        going = [each for each in race.members if each.state not in ENDED] if race else []
        if race is not None and not going:
            raise Refusal(f"{race.title} has ended ({race.state}).")
        for job in going or [self.training(command.job)]:
            self._control(job, command)

    def _control(self, job: FakeTraining, command: m.Control) -> None:
        if job.state in ENDED:
            raise Refusal(f"{job.spec.name} has ended ({job.state}).")
        match command.action:
            case "pause":
                self._become(job, "paused")
            case "resume" | "step":
                job.left = command.n if command.action == "step" else None
                self._become(job, "running")
            case "cancel":
                self._checkpoint(job)
                self._become(job, "cancelled")
            case "checkpoint":
                self._checkpoint(job)
            case "sample" | "evaluate":
                self._emit(m.Log(level="info", text=f"{command.action}: done", job=job.job))
            case _:
                raise Refusal(f"A training knows no {command.action!r}.")

    @answer.register
    def _(self, command: m.SetSpeed) -> None:
        self.training(command.job).delay = command.delay

    @answer.register
    def _(self, command: m.MoveJob) -> None:
        job = self.training(command.job)
        if job.state != "queued":
            raise Refusal(f"{job.spec.name} is {job.state}; only waiting jobs can be moved.")
        if command.place < 0:
            self._become(job, "cancelled")
            return
        del self._jobs[job.job]
        queued = [j for j in self._jobs.values() if j.state == "queued"]
        others = [j for j in self._jobs.values() if j.state != "queued"]
        queued.insert(command.place, job)
        self._jobs = {j.job: j for j in [*others, *queued]}
        for each in queued:
            self._emit(m.JobChanged(info=each.info, place=self._place(each)))

    @answer.register
    def _(self, command: m.Watch) -> None:
        job = self.training(command.job)
        job.watched = command.on
        job.layers, job.bounds = command.layers, command.bounds
        job.resolution = command.resolution
        job.credits = job.credits + command.credits if command.on else 0

    @answer.register
    def _(self, command: m.QueryLayer) -> tuple[dict[str, Any], Arrays]:
        job = next((j for j in self._jobs.values() if j.run == command.run), None)
        if job is None:
            raise Refusal(f"There is no run at {command.run}.")
        layer = job.layer(command.layer, command.bounds, command.resolution)
        return {"step": job.step}, {"layer": layer}

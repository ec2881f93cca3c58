"""What the commands do that change a run in its middle: edits, branches, the edited target."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
from torch import Tensor

from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.spec import LABEL
from pushforward.studio.engine.data.datasets import Dataset
from pushforward.studio.engine.data.target import Target
from pushforward.studio.engine.data.validity_rules import rule_of
from pushforward.studio.engine.jobs.job import ENDED
from pushforward.studio.engine.jobs.training import TrainingJob, training_of
from pushforward.studio.engine.kinds.base import Arrays, kind_of
from pushforward.studio.engine.kinds.compatibility import picked_kind
from pushforward.studio.engine.process.commands import (
    Answer,
    answer_after,
    handles,
    respond,
    train,
    valid,
    within,
)
from pushforward.studio.engine.process.failures import Refused
from pushforward.studio.engine.run.branching import branch
from pushforward.studio.engine.run.data_ahead import DataAhead
from pushforward.studio.engine.run.effective_settings import aim, held_rows, target_of
from pushforward.studio.engine.run.resolve import check
from pushforward.studio.protocol import messages as m
from pushforward.studio.store.run import RunFolder

if TYPE_CHECKING:
    from pushforward.studio.engine.process.engine import Engine

__all__: list[str] = []

MAX_SHOWN = 200_000


@handles(m.ApplyEdit)
def _apply(engine: "Engine", command: m.ApplyEdit) -> None:
    job = engine.queue.get(command.job)
    if not isinstance(job, TrainingJob):
        raise Refused(f"{job.title} cannot be edited: it is not a training.")
    if job.state == "queued":
        raise Refused(f"{job.title} has not started yet.", "Change its settings instead.")
    if job.state in ENDED:
        raise Refused(
            f"{job.title} has ended ({job.state}).", "Branch from one of its steps instead."
        )

    def tell(outcome: int | Exception) -> None:
        def answer() -> Answer:
            if isinstance(outcome, Exception):
                raise outcome
            return Answer({"step": outcome})

        respond(engine, command.id, answer)

    job.change(command.edit, tell)


@handles(m.BranchRun)
def _branch(engine: "Engine", command: m.BranchRun) -> Answer | None:
    parent = RunFolder(Path(command.run))
    job = training_of(parent, engine.queue.jobs())

    def start() -> Answer:
        folder, step = branch(
            parent,
            command.step,
            command.name,
            command.changes,
            dataset=command.dataset,
            steps=command.steps,
            settings=command.settings,
            done=job.step if job is not None else None,
            validate=lambda spec, project: valid(engine, spec, project, parent),
        )
        answer = train(engine, folder, int(folder.record.spec.training["steps"]), step)
        return Answer({**answer.result, "from_step": step})

    spec = parent.record.spec
    if command.dataset is None or command.dataset.slug != spec.dataset.slug:
        return start()
    other = msgspec.structs.replace(spec, dataset=command.dataset)
    ahead = DataAhead(valid(engine, other, parent.project, parent), parent.project)
    return answer_after(engine, command.id, ahead.done, start)


@handles(m.GetTarget)
def _target(engine: "Engine", command: m.GetTarget) -> Answer | None:
    n = within("n", command.n, MAX_SHOWN)
    run = RunFolder(Path(command.run))
    job = training_of(run, engine.queue.jobs())
    if command.step is None and job is not None and job.session is not None:
        session = job.session
        return _describe_target(command, run, n, session.source, session.in_force.target)
    ahead = DataAhead(check(run.record.spec, any_device=True), run.project)
    return answer_after(
        engine,
        command.id,
        ahead.done,
        lambda: _describe_target(command, run, n, *target_of(run, command.step)),
    )


def _describe_target(
    command: m.GetTarget, run: RunFolder, n: int, source: Dataset, target: Target | None
) -> Answer:
    target = target or aim(source)
    held = held_rows(source, target, n) if command.held else None
    if held is not None:
        rows = held.rows(slice(None))
        known, names = _annotate_rows(run, source, rows)
        told = {**_describe_rows(run, source, target), "n": len(held), "names": names, "held": True}
        return Answer(told, {"x": rows.x.contiguous().numpy(), **known})
    label, names = _classes(run, source, target, n)
    result = {**_describe_rows(run, source, target), "n": len(target.x), "names": names}
    return Answer(result, {"x": target.thinned(n).contiguous().numpy(), **label})


def _describe_rows(run: RunFolder, source: Dataset, target: Target) -> dict[str, Any]:
    """Return facts on all rows: column names, shared numbers, whether evaluation uses training
    rows, and the largest evaluation size, None for unlimited.
    """
    dataset = run.record.spec.dataset
    kind = kind_of(picked_kind(dataset))
    # A training knows what was said when it began: marks follow at once.
    rule = rule_of(dataset.slug, run.project)
    alike = kind.shared_facts(
        kind.with_rule(source.rows, rule) if rule in kind.rules else source.rows
    )
    said = {"columns": list(source.rows.columns), "alike": alike}
    most = len(target.x) // 2 if target.done else source.most  # as of `edited` data
    return {**said, "own": source.own, "most": most}


def _classes(run: RunFolder, source: Dataset, target: Target, n: int) -> tuple[Arrays, list[str]]:
    """Return the class of each displayed point as "label", all class names, and further arrays of
    the data type; empty after edits of the points.
    """
    rows = source.rows
    if target.done or len(target.x) != len(rows):
        return {}, []
    return _annotate_rows(run, source, rows.rows(target.chosen(n)))


def _annotate_rows(run: RunFolder, source: Dataset, rows: Batch) -> tuple[Arrays, list[str]]:
    label, names = _named_classes(source, rows.given.get(LABEL))
    return {**label, **kind_of(picked_kind(run.record.spec.dataset)).annotations(rows)}, names


def _named_classes(source: Dataset, label: Tensor | None) -> tuple[Arrays, list[str]]:
    """Return the classes of rows by their numbers, and the names of all; nothing of none."""
    if label is None:
        return {}, []
    known = source.rows.take(slice(0, 2)).spec().given[LABEL].names
    return {LABEL: label.numpy()}, list(known)

"""A branch: a new run that repeats another one up to a step, and differs from there on.

The child is a run of its own: what it needs of its parent is copied, so that the parent may go.
Its spec is that of the parent with the edits up to the branch step; its first checkpoint is the
newest good one of the parent. From there it does the parent's steps again, bit for bit, unless it
has other settings of the data: then it continues from the parent's weights.
"""

import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

import msgspec

from pushforward.studio.engine.process.devices import choose
from pushforward.studio.engine.process.failures import Refused
from pushforward.studio.engine.run.branch_settings import check_weights, with_settings
from pushforward.studio.engine.run.checkpoint_state import saved_data
from pushforward.studio.engine.run.live_edits import changed
from pushforward.studio.engine.run.resolve import Resolved, check
from pushforward.studio.engine.run.versions import versions
from pushforward.studio.protocol.spec import ChangeSetting, Pick, RunSpec
from pushforward.studio.store.atomic import make_folder
from pushforward.studio.store.branches import BRANCHED
from pushforward.studio.store.edits import effective_spec
from pushforward.studio.store.errors import explain
from pushforward.studio.store.names import MOST
from pushforward.studio.store.project import Project
from pushforward.studio.store.run import RunFolder, RunRecord

__all__ = ["branch", "horizon_at", "reached"]

BRANCH = ", branch"  # follows the parent's name where a branch is given none


def branch(
    parent: RunFolder,
    step: int,
    name: str,
    changes: Sequence[ChangeSetting] = (),
    *,
    dataset: Pick | None = None,
    steps: int = 0,
    settings: Mapping[str, Any] = MappingProxyType({}),
    done: int | None = None,
    validate: Callable[[RunSpec, Path], Resolved] = lambda spec, project: check(spec),
) -> tuple[RunFolder, int]:
    """Make the run folder of a branch, ready to be resumed; return it with the step of the
    checkpoint that it starts from (0 for none).

    Args:
        parent: the run to leave.
        step: after which the changes take hold; the parent's own edits after it are left out.
        name: name of the new run, "" for one made from the parent's.
        changes: of live settings; their own steps are not looked at.
        dataset: the same data with other settings, such as more labels; None for the parent's.
        steps: new total number of steps, 0 for the parent's.
        settings: others by path, such as "training.batch"; with them the branch leaves at the
            newest checkpoint that is not after the step.
        done: how many steps the parent has done, where that is known better than its files do.
        validate: checks the spec of the branch, and refuses it.

    Raises:
        Refused: the parent never came to the step, or a change cannot be made.
        StoreError: the parent cannot be read, or the disk refused.
    """
    steps = int(settings.get("training.steps", steps))
    record, total = parent.record, steps or horizon_at(parent, step)
    _require(parent, step, reached(parent) if done is None else done, total)
    if settings:  # a branch leaves where they begin to hold
        newest, _ = parent.checkpoints.newest(not_after=step)
        step = newest.step if newest is not None else 0
    spec = _spec(effective_spec(parent), step, name, changes, total)
    if dataset is not None:
        spec = _with_dataset(spec, dataset, parent.name)
    if settings:
        spec = with_settings(spec, settings)
    resolved = validate(spec, parent.project)
    if any(path.startswith("family.") for path in settings):
        check_weights(parent, step, resolved)
    # The parent's, so that a branch says when its data have changed since.
    digest = record.dataset_hash if dataset is None else _other_data(parent, step, resolved)
    device, _ = choose(resolved.training.device)
    child = RunRecord(
        spec=resolved.spec,
        seed=record.seed,
        device=str(device),
        dataset_hash=digest,
        parent=parent.name,
        branch_step=step,
        versions=versions(),
        inputs=record.inputs,
    )
    start = 0

    def fill(folder: RunFolder) -> None:
        nonlocal start
        start = _copy(parent, folder, step)
        folder.events.append(BRANCHED, start, parent=parent.name, branch_step=step)
        folder.events.sync()
        folder.update_status(state="queued", step=start, total=total)

    return Project.open(parent.project).new_run(child, fill), start


def reached(run: RunFolder) -> int:
    """Return the last step that a run is known to have done, by its files."""
    return max(run.status().step, *run.checkpoints.steps()[-1:], *run.flow.steps()[-1:], 0)


def horizon_at(run: RunFolder, step: int) -> int:
    """Return how many steps a run was planned to have when it did the one after ``step``.

    Schedules are spread over them, and resuming may have raised them: the newest start not after
    the step says it.
    """
    planned = int(run.record.spec.training["steps"])
    for event in run.events.read():
        if event.kind in ("started", "resumed") and event.step <= step:
            planned = int(event.data.get("total", planned))
    return planned


def _require(parent: RunFolder, step: int, done: int, total: int) -> None:
    if step < 0 or step > done:
        raise Refused(
            f"{parent.name} has done {done:,} steps: it cannot branch after step {step:,}.",
            "Choose a step that it has done.",
            path="step",
        )
    if step >= total:
        raise Refused(
            f"{parent.name} was planned for {total:,} steps: a branch after step {step:,} would "
            "have nothing to do.",
            "Choose an earlier step, or give the run more steps first.",
            path="step",
        )


def _with_dataset(spec: RunSpec, dataset: Pick, parent: str) -> RunSpec:
    if dataset.slug != spec.dataset.slug:
        raise Refused(
            f"A branch of {parent} cannot learn {dataset.slug}: its weights are for "
            f"{spec.dataset.slug}.",
            "Keep the data set, or set up a new run.",
            path="dataset",
        )
    return msgspec.structs.replace(spec, dataset=dataset)


def _other_data(parent: RunFolder, step: int, resolved: Resolved) -> str:
    """Return the hash of the data of a branch.

    Raises:
        Refused: they do not fit the model of the parent.
    """
    data = resolved.load_data(parent.project)
    checkpoint, _ = parent.checkpoints.newest(not_after=step)
    if checkpoint is not None:
        model, own = saved_data(checkpoint), data.rows.spec()
        if model.shape != own.shape or model.given.keys() - own.given.keys():
            raise Refused(
                f"The data have the shape {own.shape}, and the model of {parent.name} was trained "
                f"on {model.shape}.",
                "Keep the settings of the model's input, or set up a new run.",
                path="dataset",
            )
    return data.hash


def _spec(
    whole: RunSpec, step: int, name: str, changes: Sequence[ChangeSetting], total: int
) -> RunSpec:
    """Return the spec of a branch; problems name the changed setting.

    Raises:
        Refused: a change cannot be made.
    """
    kept = [edit for edit in whole.edits if edit.step <= step]
    spec = msgspec.structs.replace(
        whole,
        name=name.strip() or f"{whole.name[: MOST - len(BRANCH)]}{BRANCH}",
        training={**whole.training, "steps": total},
        edits=kept,
    )
    config = check(spec, any_device=True).family.config
    made = [msgspec.structs.replace(change, step=step) for change in changes]
    for edit in (*kept, *made):
        if isinstance(edit, ChangeSetting):
            config = changed(config, edit)
    return msgspec.structs.replace(spec, edits=[*kept, *made])


def _copy(parent: RunFolder, child: RunFolder, step: int) -> int:
    """Copy what a branch begins with: what its parent learned from, the newest good checkpoint not
    after a step, the best one, and the curves and records up to it. Returns its step, 0 for none.

    Raises:
        StoreError: the disk refused.
    """
    for name, taken in parent.record.inputs.items():
        child.inputs.put(name, parent.inputs.bytes(name, taken))
    checkpoint, _ = parent.checkpoints.newest(not_after=step)
    if checkpoint is None:
        return 0
    best = parent.checkpoints.best()
    if best is not None and best < checkpoint.step:
        found, _ = parent.checkpoints.newest(not_after=best)
        if found is not None and found.step == best:
            child.checkpoints.save(best, found.tensors, found.values, best=True)
    # Through the store, which forces it to the disk; pinned, so that the branch can be left early.
    child.checkpoints.save(
        checkpoint.step,
        checkpoint.tensors,
        checkpoint.values,
        pinned=True,
        best=best == checkpoint.step,
    )
    records = [s for s in parent.flow.steps() if s <= checkpoint.step]
    make_folder(child.flow.folder)
    try:
        for each in records:
            shutil.copyfile(parent.flow.path(each), child.flow.path(each))
        if parent.metrics.path.exists():
            shutil.copyfile(parent.metrics.path, child.metrics.path)
    except OSError as error:
        raise explain(error, child.path) from error
    child.metrics.truncate_after(checkpoint.step)
    return checkpoint.step

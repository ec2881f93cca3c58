"""Everything that one training works with, built from its run folder."""

import platform
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch

from models.base import Family
from studio.engine.batches import Batches, Fresh, Shuffled
from studio.engine.datasets import Dataset
from studio.engine.devices import choose, configure
from studio.engine.evaluation import Evaluator
from studio.engine.recorder import Recorder, plane_bounds
from studio.engine.resolve import Resolved, check
from studio.engine.saving import restore, saved_data
from studio.store.errors import StoreError
from studio.store.run import RunFolder, RunRecord

__all__ = ["Session", "free_device_memory", "new_record", "open_session", "project_of", "versions"]


@dataclass
class Session:
    """A training in memory, at ``step``. ``notes`` are sentences for the log; ``skipped`` names
    damaged checkpoints that were passed over.
    """

    resolved: Resolved
    data: Dataset
    family: Family
    batches: Batches
    recorder: Recorder
    evaluator: Evaluator
    sampler: Any
    bounds: list[float]
    step: int
    notes: list[str]
    skipped: list[str]


def project_of(run: RunFolder) -> Path:
    """Return the folder of the project that a run belongs to."""
    return run.path.parents[1]


def new_record(resolved: Resolved, project: Path) -> RunRecord:
    """Describe a new run for ``run.toml``: the resolved spec, hash of the data, versions, device.

    Raises:
        Refused: the data cannot be drawn or read.
    """
    device, _ = choose(resolved.training.device)
    return RunRecord(
        spec=resolved.spec,
        seed=resolved.training.seed,
        device=str(device),
        dataset_hash=resolved.load_data(project).hash,
        versions=versions(),
    )


def versions() -> dict[str, str]:
    """Return the versions that a result may depend on."""
    found = {name: version(name) for name in ("torch", "numpy")}
    try:
        found["pushforward"] = version("pushforward")
    except ImportError:
        # A checkout that is not installed has no metadata.
        found["pushforward"] = "source"
    return {"python": platform.python_version(), **found}


def open_session(run: RunFolder, total: int) -> Session:
    """Build the training of a run, and restore its newest good checkpoint if it has one.

    What the files say about later steps (of a process that died) is taken back, since the
    training does these steps again.

    Raises:
        Refused, ConfigError: the spec does not fit this installation, machine or data.
        StoreError: the files of the run or the data are damaged.
    """
    resolved = check(run.record.spec)
    training = resolved.training
    device, reason = choose(training.device)
    configure(device, training.threads)
    notes = run.recover()
    data = resolved.load_data(project_of(run))
    if data.hash != run.record.dataset_hash:
        notes.append("The data differ from those the run was started with.")
    checkpoint, skipped = run.checkpoints.newest()
    if checkpoint is None and skipped:
        raise StoreError(
            f"All checkpoints of {run.name} are damaged.", "Start it anew.", kind="data"
        )
    spec = data.points.spec() if checkpoint is None else saved_data(checkpoint)
    family = resolved.build(spec, device, horizon=total)
    step = 0
    if checkpoint is not None:
        restore(family, checkpoint)
        step = checkpoint.step
    run.metrics.truncate_after(step)
    run.flow.truncate_after(step)
    notes.append(f"Device: {reason}")
    notes.append(
        f"{resolved.family.entry.title}: {family.parameter_count():,} parameters; "
        f"{len(data.points.x):,} points ({', '.join(data.points.columns)})."
    )
    return _assemble(run, resolved, data, family, step, notes, skipped)


def _assemble(
    run: RunFolder,
    resolved: Resolved,
    data: Dataset,
    family: Family,
    step: int,
    notes: list[str],
    skipped: list[str],
) -> Session:
    training = resolved.training
    run.checkpoints.keep = training.keep
    run.flow.capacity = training.kept_capacity
    sampler = resolved.sampler.make() if resolved.sampler else None
    _, floors = run.metrics.read()
    return Session(
        resolved=resolved,
        data=data,
        family=family,
        batches=_batches(resolved, data, family),
        recorder=Recorder(
            family,
            seed=training.seed,
            particles=training.particles,
            frames=training.frames,
            sampler=sampler,
        ),
        evaluator=Evaluator(
            resolved.metrics, data, training.evaluate_samples, training.seed, floors
        ),
        sampler=sampler,
        bounds=plane_bounds(data.points.x),
        step=step,
        notes=notes,
        skipped=skipped,
    )


def _batches(resolved: Resolved, data: Dataset, family: Family) -> Batches:
    training = resolved.training
    if data.draw is not None and training.samples == 0:
        return Fresh(data.draw, family.spec, training.batch, training.seed, family.device)
    x = family.spec.standardise(data.points.x).to(family.device)
    return Shuffled(x, training.batch, training.seed)


def free_device_memory() -> None:
    """Give cached GPU memory back after a training has ended."""
    torch.cuda.empty_cache()  # does nothing where CUDA was never used

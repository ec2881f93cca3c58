"""Runs that a run learns from or is guided by: found in the project, copied, and loaded from the
copies.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import torch

from pushforward.models.config import ConfigError, decode, encode
from pushforward.models.contracts.abilities import WORDS
from pushforward.models.contracts.learner import Learner
from pushforward.models.contracts.spec import DataSpec
from pushforward.models.entries import FamilyEntry, Needs
from pushforward.models.registry import registry
from pushforward.studio.engine.process.failures import Refused
from pushforward.studio.engine.run.checkpoint_state import saved_data
from pushforward.studio.engine.run.effective_settings import rebuild
from pushforward.studio.engine.run.guides import guide_name, guide_runs, split_guides
from pushforward.studio.engine.run.resolve import Resolved, check
from pushforward.studio.protocol.spec import ChangeSetting, Pick, RunRef, RunSpec, led_by
from pushforward.studio.store.checkpoint import Checkpoint, Checkpoints
from pushforward.studio.store.edits import effective_spec
from pushforward.studio.store.errors import StoreError
from pushforward.studio.store.inputs import InputRecord, Inputs, checkpoint_bytes
from pushforward.studio.store.project import Project
from pushforward.studio.store.run import RunFolder

__all__ = [
    "ImportedCheckpoint",
    "Learners",
    "load_taken",
    "open_guides",
    "open_inputs",
    "take",
    "units",
]

Learners = Mapping[str, Learner[Any]]


@dataclass(frozen=True)
class ImportedCheckpoint:
    """A checkpoint of another run: its file and its provenance."""

    record: InputRecord
    path: Path

    def put(self, name: str, inputs: Inputs) -> None:
        """Copy it, if it is still what was looked at.

        Raises:
            Refused: it has changed meanwhile.
            StoreError: it cannot be read, or the disk refused.
        """
        data = checkpoint_bytes(self.path)
        if hashlib.sha256(data).hexdigest() != self.record.sha256:
            raise Refused(f"{self.path} has just changed.", "Try again.", path=f"inputs.{name}")
        inputs.put(name, data)


def take(resolved: Resolved, project: Path | None) -> dict[str, ImportedCheckpoint]:
    """Find what a run learns from, and what leads its samples, by the names of the copies.

    Where a run or its checkpoint has gone and another run of the project has a copy, that is taken.

    Raises:
        Refused: a run is missing or unfinished, lacks the ability that is needed, or has learned
            other data; the path is that of the setting, "inputs.<name>".
    """
    found: dict[str, ImportedCheckpoint] = {}
    for wanted in _wanted(resolved):
        try:
            found[wanted.name] = _take(resolved.spec, wanted, project)
        except StoreError as error:
            raise Refused.from_problem(error.info(), wanted.path) from error
    return found


@dataclass(frozen=True)
class _Wanted:
    """A requested run: ``name`` of its copy, its label ``called``, and ``path`` of its setting in
    the spec.
    """

    name: str
    called: str
    ref: RunRef
    needs: Needs
    path: str


def _wanted(resolved: Resolved) -> Iterator[_Wanted]:
    refs = resolved.spec.inputs
    for name, needs in resolved.family.entry.inputs.items():
        if name in refs:  # it may be left out
            yield _Wanted(name, name, refs[name], needs, f"inputs.{name}")
    for setting, ref, needs, path in guide_runs(resolved.spec.sampler):
        yield _Wanted(guide_name(setting), setting, ref, needs, path)


def _load_learners(
    records: Mapping[str, InputRecord], checkpoints: Mapping[str, Checkpoint], device: torch.device
) -> dict[str, Learner[Any]]:
    """Load the models of some checkpoints that were taken.

    Raises:
        Refused: one of them does not fit this installation.
    """
    learners: dict[str, Learner[Any]] = {}
    for name, record in records.items():
        checkpoint = checkpoints[name]
        resolved = check(record.spec, any_device=True)
        learners[name] = rebuild(
            resolved, record.spec.edits, saved_data(checkpoint), device, checkpoint=checkpoint
        )
    return learners


def units(entry: FamilyEntry, inputs: Learners, own: DataSpec) -> DataSpec:
    """Return the data spec for the model: that of an input model on the same data, so that both use
    the same standardisation.
    """
    for name, needs in entry.inputs.items():
        if needs.same_data and not (needs.draws or needs.adds) and name in inputs:
            return inputs[name].spec
    return own


def _take(spec: RunSpec, wanted: _Wanted, project: Path | None) -> ImportedCheckpoint:
    path, ref, called = wanted.path, wanted.ref, wanted.called
    if project is None or not (project / "project.toml").is_file():
        raise Refused(f"No project has a run for the {called}.", path=path)
    home = Project.open(project)
    taken = _find_in_project(home, ref, path) or _find_copy(home, ref)
    if taken is None:
        known = ", ".join(run.name for run in home.runs()) or "none"
        raise Refused(
            f"The {called} {ref.run} is not in the project.", f"Its runs are: {known}.", path=path
        )
    if reason := _unfit(spec, taken.record.spec, called, wanted.needs):
        raise Refused(reason, wanted.needs.help, path=path)
    return taken


def _find_in_project(home: Project, ref: RunRef, path: str) -> ImportedCheckpoint | None:
    """Take a checkpoint of a run of the project, by its name or number; None if there is none."""
    number = int(ref.run) if ref.run.isdecimal() else None
    fits = [run for run in home.runs() if run.name == ref.run or run.number == number]
    run = fits[0] if len(fits) == 1 else None
    if run is None:
        return None
    status, steps = run.status(), run.checkpoints.steps()
    listed = ", ".join(f"{step:,}" for step in steps) or "none"
    if ref.step is None and status.state != "finished":
        raise Refused(
            f"{run.name} is not finished: it is at step {status.step:,} of {status.total:,}.",
            f"Wait until it finishes, or choose a checkpoint: {listed}.",
            path=path,
        )
    step = ref.step if ref.step is not None else max(steps, default=-1)
    if step not in steps:
        if copy := _find_copy(home, ref):
            return copy
        raise Refused(
            f"{run.name} has no checkpoint of step {step:,}."
            if step >= 0
            else f"{run.name} has no checkpoint.",
            f"Those there are: {listed}.",
            path=path,
        )
    spec = effective_spec(run)
    spec = msgspec.structs.replace(spec, edits=[e for e in spec.edits if e.step <= step])
    file = run.checkpoints.path(step)
    run.checkpoints.load(file)  # it is intact
    return ImportedCheckpoint(_described(run.name, step, spec, file), file)


def _find_copy(home: Project, ref: RunRef) -> ImportedCheckpoint | None:
    """Take the copy that another run of the project has, None if none has."""
    for run in home.runs():
        for name, record in run.record.inputs.items():
            if record.run == ref.run and ref.step in (None, record.step):
                run.inputs.bytes(name, record)
                return ImportedCheckpoint(record, run.inputs.path(name))
    return None


def _described(run: str, step: int, spec: RunSpec, path: Path) -> InputRecord:
    digest = hashlib.sha256(checkpoint_bytes(path)).hexdigest()
    return InputRecord(run=run, step=step, spec=spec, sha256=digest)


def _unfit(spec: RunSpec, of: RunSpec, name: str, needs: Needs) -> str:
    """Say in a sentence why a run cannot be this input, "" if it can."""
    try:
        entry = registry.get("family", of.family.slug)
    except KeyError as error:
        return f"The {name} cannot be used: {error.args[0]}."
    if needs.ability not in entry.abilities:
        wanted = WORDS.get(needs.ability, f"can {needs.ability}")
        return f"The {name} must be a model that {wanted}; {entry.title} does not."
    if (needs.draws or needs.adds) and led_by(of):
        return f"The {name} is guided by another run, which is not included."
    if not needs.same_data:
        return ""
    moved = any(not isinstance(edit, ChangeSetting) for edit in of.edits)
    if moved or _settings(of.dataset) != _settings(spec.dataset):
        what = "its points were edited" if moved else f"it learned {of.dataset.slug}"
        return f"The {name} must be trained on the same data as this run; {what}."
    return ""


def _settings(dataset: Pick) -> tuple[str, dict[str, Any]]:
    """Return a data set with all its settings; runs of earlier versions lack newer ones."""
    try:
        config = registry.get("dataset", dataset.slug).config
        return dataset.slug, encode(decode(config, dataset.config))
    except (KeyError, ConfigError):  # an imported one, or one that this version does not know
        return dataset.slug, dataset.config


def open_inputs(run: RunFolder, device: torch.device) -> dict[str, Learner[Any]]:
    """Load what a run learns from, from its own copies.

    Raises:
        Refused: a model does not fit this installation.
        StoreError: a copy is missing, or not what was taken.
    """
    return _opened(run, split_guides(run.record.inputs)[0], device)


def open_guides(run: RunFolder, device: torch.device) -> dict[str, Learner[Any]]:
    """Load what leads the samples of a run, from its own copies, by the settings of its guidance.

    Raises:
        Refused: a model does not fit this installation.
        StoreError: a copy is missing, or not what was taken.
    """
    names = {name: guide_name(name) for name in split_guides(run.record.inputs)[1]}
    records = {copy: run.record.inputs[copy] for copy in names.values()}
    found = _opened(run, records, device)
    return {name: found[copy] for name, copy in names.items()}


def _opened(
    run: RunFolder, records: Mapping[str, InputRecord], device: torch.device
) -> dict[str, Learner[Any]]:
    return _load_learners(records, {n: run.inputs.load(n, r) for n, r in records.items()}, device)


def load_taken(
    taken: Mapping[str, ImportedCheckpoint], device: torch.device
) -> dict[str, Learner[Any]]:
    """Load what was found, before it is copied.

    Raises:
        Refused: a model does not fit this installation.
        StoreError: a checkpoint cannot be read.
    """
    records = {name: each.record for name, each in taken.items()}
    loaded = {n: Checkpoints(each.path.parent).load(each.path) for n, each in taken.items()}
    return _load_learners(records, loaded, device)

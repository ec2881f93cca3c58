"""Open the session of a run: at its newest checkpoint, or at an earlier one for an unsaved step."""

from collections import deque
from collections.abc import Callable, Generator, Sequence
from typing import Any

import torch

from pushforward.models.contracts.family import Family
from pushforward.models.contracts.learner import Learner
from pushforward.models.contracts.spec import LABEL, DataSpec
from pushforward.models.entries import FamilyEntry
from pushforward.models.registry import registry
from pushforward.studio.conditions import told_of
from pushforward.studio.engine.data.datasets import Dataset, labelled
from pushforward.studio.engine.data.generated_data import added, draw_dataset
from pushforward.studio.engine.kinds.base import kind_of
from pushforward.studio.engine.process.devices import choose, choose_any, configure, thread_count
from pushforward.studio.engine.process.failures import Refused
from pushforward.studio.engine.run.checkpoint_state import saved_data
from pushforward.studio.engine.run.effective_settings import InForce, rebuild
from pushforward.studio.engine.run.inputs import Learners, open_guides, open_inputs, units
from pushforward.studio.engine.run.model_loading import newest_checkpoint
from pushforward.studio.engine.run.other_runs import unlike
from pushforward.studio.engine.run.ranks import Plan, RankGroup, local_rank
from pushforward.studio.engine.run.resolve import Resolved, check
from pushforward.studio.engine.run.session import Session
from pushforward.studio.engine.watch.projection import Projection
from pushforward.studio.engine.watch.recorder import Recorder, plane_bounds
from pushforward.studio.protocol.spec import Edit
from pushforward.studio.store.checkpoint import Checkpoint
from pushforward.studio.store.edits import effective_spec
from pushforward.studio.store.errors import StoreError
from pushforward.studio.store.run import RunFolder

__all__ = ["join_session", "open_session", "revisit"]


def open_session(run: RunFolder, total: int, ranks: RankGroup | None = None) -> Session:
    """Build the training of a run, and restore its newest good checkpoint if it has one.

    What the files say about later steps (of a process that died) is taken back, since the
    training does these steps again.

    Raises:
        Refused, ConfigError: the spec does not fit this installation, machine or data.
        StoreError: the files of the run or the data are damaged.
    """
    resolved = check(run.record.spec)
    chosen = choose(resolved.training.device)
    notes = run.recover()
    checkpoint, skipped = run.checkpoints.newest()
    if checkpoint is None and skipped:
        raise StoreError(
            f"All checkpoints of {run.name} are damaged.", "Start it anew.", kind="data"
        )
    return _build(run, resolved, chosen, checkpoint, total, notes, skipped, ranks=ranks)


def join_session(run: RunFolder, plan: Plan, ranks: RankGroup) -> Session:
    """Build the training of a run as rank 0 has it, to do its share of each step; the folder is
    unchanged.

    Raises:
        Refused, ConfigError: the spec does not fit this installation or machine.
        StoreError: the files of the run or the data are damaged.
    """
    resolved = check(run.record.spec)
    checkpoint = None if plan.checkpoint is None else newest_checkpoint(run, plan.checkpoint)
    name = f"cuda:{local_rank()}" if plan.device == "cuda" else plan.device
    chosen = torch.device(name), "As rank 0."
    return _build(run, resolved, chosen, checkpoint, plan.horizon, [], [], write=False, ranks=ranks)


def revisit(run: RunFolder, step: int | None = None) -> Session:
    """Rebuild the training of a run at its newest intact checkpoint (at most ``step``), to run an
    unsaved step. A missing device is replaced by the CPU; the folder is unchanged.

    Raises:
        Refused, ConfigError: there is no checkpoint, or the spec does not fit this installation or
            the data.
        StoreError: the files of the run or the data are damaged.
    """
    checkpoint = newest_checkpoint(run, step)
    resolved = check(run.record.spec, any_device=True)
    # At the end of its schedule a rate may be 0, and nothing would be seen to move.
    total = max(run.status().total, checkpoint.step + 1)
    chosen = choose_any(resolved.training.device)
    return _build(run, resolved, chosen, checkpoint, total, [], [], write=False)


def _build(
    run: RunFolder,
    resolved: Resolved,
    chosen: tuple[torch.device, str],
    checkpoint: Checkpoint | None,
    total: int,
    notes: list[str],
    skipped: list[str],
    *,
    write: bool = True,
    ranks: RankGroup | None = None,
) -> Session:
    """Build a training as it was at a checkpoint; ``write`` takes back what the files say of later
    steps.
    """
    device, reason = chosen
    threads = resolved.training.threads
    if ranks is not None and not threads:  # each takes its share of the cores
        threads = max(1, thread_count(0) // ranks.world)
    configure(device, threads, resolved.training.gpu_mode())
    data = resolved.load_data(run.project)
    if data.hash != run.record.dataset_hash:
        notes.append("The data differ from those the run was started with.")
    inputs = open_inputs(run, device)
    if checkpoint is None:
        spec = units(resolved.family.entry, inputs, data.rows.spec())
    else:
        spec = saved_data(checkpoint)
    if LABEL in spec.given and LABEL not in data.rows.spec().given:
        data = labelled(data)  # what it learns from is told the class, and so it is
    step = checkpoint.step if checkpoint is not None else 0
    edits = effective_spec(run).edits
    family = rebuild(
        resolved,
        edits,
        spec,
        device,
        checkpoint=checkpoint,
        horizon=total,
        inputs=inputs,
        ranks=ranks,
    )
    if write:
        run.metrics.truncate_after(step)
        run.flow.truncate_after(step)
    notes.append(f"Device: {reason}")
    if device.type == "cuda":
        notes.append(resolved.training.gpu_mode().describe())
    notes += [
        f"{choice.entry.title} is slow: it is measured by Evaluate, not during training."
        for choice in resolved.metrics
        if choice.entry.heavy
    ]
    notes.append(
        f"{resolved.family.entry.title}: {family.parameter_count():,} parameters; "
        f"{kind_of(spec.kind).describe_data(data.rows)}."
    )
    notes += filter(None, [_describe_conditioning(resolved.family.entry, spec)])
    guides = open_guides(run, device)
    for setting, model in guides.items():
        if reason := unlike(family.spec, model.spec):
            raise Refused(f"The {setting} must be trained on the same data: {reason}.")
    sampler = resolved.sampling(family, guides)
    session = _assemble(run, resolved, data, family, sampler, step, edits, notes, skipped)
    session.use_ranks(ranks)
    session.drawing = _drawing(run, resolved, inputs, notes)
    return session


def _describe_conditioning(family: FamilyEntry, spec: DataSpec) -> str:
    """Describe the conditions of a model, "" for none."""
    if "samples" not in family.abilities:
        return ""
    kind = registry.get("kind", spec.kind)
    known = {name: spec.given[name] for name in kind.conditions if name in spec.given}
    words = {n: kind.conditions[n] for n, each in known.items() if n != LABEL or each.classes}
    return told_of(kind.one, words, family.field)


def _drawing(
    run: RunFolder, resolved: Resolved, inputs: Learners, notes: list[str]
) -> Callable[[Dataset], Generator[bool, None, Dataset]] | None:
    """Return the generator of training data from another run, None if there is none; the notes name
    the run.
    """
    for name, needs in resolved.family.entry.inputs.items():
        if (needs.draws or needs.adds) and name in inputs:
            source = inputs[name]
            assert isinstance(source, Family)  # it was asked for by this ability
            taken, seed = run.record.inputs[name], resolved.training.seed
            chosen = check(taken.spec, any_device=True).sampler
            sampler = chosen.make() if chosen is not None else None
            if needs.adds:
                each = int(getattr(resolved.family.config, "generated", 0))
                notes.append(
                    f"Also trains on {each:,} samples of each class of {taken.run} at step "
                    f"{taken.step:,} (seed {seed})."
                )
                return lambda data: added(data, source, sampler, seed, each)
            notes.append(
                f"Trains on samples of {taken.run} at step {taken.step:,} instead of the data "
                f"(seed {seed}, labelled by the reference classifier)."
            )
            return lambda data: draw_dataset(data, source, sampler, seed)
    return None


def _assemble(
    run: RunFolder,
    resolved: Resolved,
    data: Dataset,
    family: Learner[Any],
    sampler: Any,
    step: int,
    edits: Sequence[Edit],
    notes: list[str],
    skipped: list[str],
) -> Session:
    training = resolved.training
    run.checkpoints.keep = training.keep
    run.flow.capacity = training.kept_capacity
    run.flow.room = training.kept_megabytes * 10**6
    _, floors = run.metrics.read()
    done = [edit for edit in edits if edit.step <= step]
    in_force = InForce(resolved.family.config)
    for edit in done:
        in_force = in_force.after(edit, data)
    return Session(
        resolved=resolved,
        source=data,
        family=family,
        recorder=_recorder(family, resolved, data, sampler),
        sampler=sampler,
        bounds=plane_bounds(data.rows),
        step=step,
        notes=notes,
        skipped=skipped,
        in_force=in_force,
        done=done,
        pending=deque(edits[len(done) :]),
        floors=floors,
    )


def _recorder(
    family: Learner[Any], resolved: Resolved, data: Dataset, sampler: Any
) -> Recorder | None:
    if not isinstance(family, Family):
        return None
    training = resolved.training
    return Recorder(
        family,
        seed=training.seed,
        particles=training.particles,
        frames=training.frames,
        sampler=sampler,
        projection=_projection(data),
    )


def _projection(data: Dataset) -> Projection | None:
    if data.judging is None or data.unseen is None:
        return None
    return Projection(data.judging, data.unseen)

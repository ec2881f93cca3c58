"""Everything that one training works with, built from its run folder."""

import platform
from collections import deque
from collections.abc import Callable, Generator, Sequence
from dataclasses import InitVar, dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

import msgspec
import torch

from pushforward.models.contracts.data import HasContext, MakesBatches, UsesContext
from pushforward.models.contracts.family import Family
from pushforward.models.contracts.learner import Learner
from pushforward.models.contracts.spec import LABEL, DataSpec
from pushforward.models.entries import FamilyEntry
from pushforward.models.registry import registry
from pushforward.studio.conditions import told_of
from pushforward.studio.engine.data.batches import Batches, Fed, Fresh, Mirrored, Shuffled, Streamed
from pushforward.studio.engine.data.datasets import Dataset, edited, labelled
from pushforward.studio.engine.data.generated_data import added, draw_dataset
from pushforward.studio.engine.data.stored_rows import StoredRows
from pushforward.studio.engine.kinds.base import kind_of
from pushforward.studio.engine.kinds.compatibility import entry_of
from pushforward.studio.engine.process.devices import choose, choose_any, configure
from pushforward.studio.engine.process.failures import Refused
from pushforward.studio.engine.run.checkpoint_state import saved_data
from pushforward.studio.engine.run.effective_settings import InForce, rebuild, reconfigure
from pushforward.studio.engine.run.guides import pin_guides, split_guides
from pushforward.studio.engine.run.inputs import Learners, open_guides, open_inputs, take, units
from pushforward.studio.engine.run.model_loading import newest_checkpoint
from pushforward.studio.engine.run.other_runs import unlike
from pushforward.studio.engine.run.resolve import Resolved, check
from pushforward.studio.engine.run.settings import FEWEST_SAMPLES
from pushforward.studio.engine.watch.evaluation import Evaluator
from pushforward.studio.engine.watch.projection import Projection
from pushforward.studio.engine.watch.recorder import Recorder, plane_bounds
from pushforward.studio.protocol.messages import Budget
from pushforward.studio.protocol.spec import ChangeSetting, Edit, RunRef, RunSpec
from pushforward.studio.protocol.trial import Trial
from pushforward.studio.store.checkpoint import Checkpoint
from pushforward.studio.store.edits import effective_spec
from pushforward.studio.store.errors import StoreError
from pushforward.studio.store.project import Project
from pushforward.studio.store.run import RunFolder, RunRecord
from pushforward.studio.version import program_version

__all__ = ["Session", "free_device_memory", "new_run", "open_session", "revisit", "versions"]


@dataclass
class Session:
    """A training in memory.

    Attributes:
        resolved: the run as recorded.
        source: the data without edits.
        family: with the settings of ``in_force``.
        recorder: None for a model without particles.
        drawing: generates training data from another run, if it learns from one; see `prepare`.
        step: step at which the training was opened.
        notes: sentences for the log.
        skipped: names of damaged checkpoints.
        in_force: effective settings and target after the edits so far.
        done: the edits so far.
        pending: edits of later steps, in order.
        data, batches, evaluator: those of the current target.
    """

    resolved: Resolved
    source: Dataset
    family: Learner[Any]
    recorder: Recorder | None
    sampler: Any
    bounds: list[float]
    step: int
    notes: list[str]
    skipped: list[str]
    in_force: InForce
    done: list[Edit]
    pending: deque[Edit]
    floors: InitVar[dict[str, float]]
    drawing: Callable[[Dataset], Generator[bool, None, Dataset]] | None = None
    data: Dataset = field(init=False)
    batches: Batches = field(init=False)
    evaluator: Evaluator = field(init=False)

    def __post_init__(self, floors: dict[str, float]) -> None:
        # Floors on disk are those of the newest target, and of what was said to be valid then.
        points = any(not isinstance(edit, ChangeSetting) for edit in (*self.done, *self.pending))
        anew = points or self.source.ruled
        self._aim({} if anew else floors, self.resolved.training.evaluate_samples)

    def prepare(self) -> Generator[bool, None, None]:
        """Generate the training data if a model provides them; yields False meanwhile.

        Raises:
            Refused: they cannot be labelled.
        """
        if self.drawing is not None:
            self.data = yield from self.drawing(self.data)
            self.batches = _batches(self.resolved, self.data, self.family)

    def _add_context(self) -> None:
        rows = self.data.rows
        if isinstance(self.family, UsesContext) and isinstance(rows, HasContext):
            self.family.use_context(rows.context())

    @property
    def spec(self) -> RunSpec:
        """The spec with the edits so far: what a checkpoint is made by."""
        return msgspec.structs.replace(self.resolved.spec, edits=list(self.done))

    def change(self, edit: Edit, write: Callable[[], None] = lambda: None) -> None:
        """Make an edit, now. It holds only if ``write`` comes back: it is to be on disk before the
        next step is done with it.

        Raises:
            Refused: it cannot be made.
            StoreError: from ``write``.
        """
        before = self.in_force
        knows = "law" in self.resolved.family.entry.needs
        if knows and not isinstance(edit, ChangeSetting):
            raise Refused(
                "The exact field uses the formula of the distribution: edited points have no "
                "effect.",
                "Choose a field that learns from points.",
            )
        self._take(before.after(edit, self.source))
        try:
            write()
        except StoreError:
            self._take(before)
            raise
        self.done.append(edit)

    def _take(self, in_force: InForce) -> None:
        if in_force.config != self.in_force.config:
            reconfigure(self.family, in_force.config)
        aims = in_force.target is not self.in_force.target
        self.in_force = in_force
        if aims:
            self._aim({}, self.evaluator.n)

    def _aim(self, floors: dict[str, float], n: int) -> None:
        """Use the current target for training, and evaluate with n samples."""
        seed = self.resolved.training.seed
        self.data = edited(self.source, self.in_force.target)
        self.batches = _batches(self.resolved, self.data, self.family)
        self._add_context()
        light = [choice for choice in self.resolved.metrics if not choice.entry.heavy]
        self.evaluator = Evaluator(light, self.data, n, seed, floors)


def new_run(
    resolved: Resolved,
    project: Path,
    *,
    race: str = "",
    budget: Budget | None = None,
    trial: Trial | None = None,
) -> RunFolder:
    """Make the folder of a new run in a project (made if absent), with what it learns from.

    ``run.toml`` holds the resolved spec, hash of the data, versions, device. No more evaluation
    samples are recorded than there are data to compare them with.

    Raises:
        Refused: the data cannot be drawn or read, or a run that it learns from will not do.
        StoreError: the disk refused.
    """
    device, _ = choose(resolved.training.device)
    data = resolved.load_data(project)
    spec, wanted = resolved.spec, resolved.training.evaluate_samples
    drawn = any("samples" in choice.entry.needs for choice in resolved.metrics)
    # Without samples nothing has to be compared with a second half.
    most = data.most if drawn or data.held is None else len(data.held)
    if most is not None and most < wanted:
        training = {**spec.training, "evaluate_samples": max(FEWEST_SAMPLES, most)}
        spec = msgspec.structs.replace(spec, training=training)
    taken = take(resolved, project)
    refs = {name: RunRef(run=t.record.run, step=t.record.step) for name, t in taken.items()}
    inputs, guides = split_guides(refs)
    record = RunRecord(
        spec=msgspec.structs.replace(spec, inputs=inputs, sampler=pin_guides(spec.sampler, guides)),
        seed=resolved.training.seed,
        device=str(device),
        dataset_hash=data.hash,
        race=race,
        budget=budget,
        trial=trial,
        versions=versions(),
        inputs={name: each.record for name, each in taken.items()},
    )

    def fill(folder: RunFolder) -> None:
        for name, each in taken.items():
            each.put(name, folder.inputs)

    return Project.open_or_create(project).new_run(record, fill)


def versions() -> dict[str, str]:
    """Return the versions that a result may depend on."""
    found = {name: version(name) for name in ("torch", "numpy")}
    return {"python": platform.python_version(), **found, "pushforward": program_version()}


def open_session(run: RunFolder, total: int) -> Session:
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
    return _opened(run, resolved, chosen, checkpoint, total, notes, skipped)


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
    return _opened(run, resolved, chosen, checkpoint, total, [], [], write=False)


def _opened(
    run: RunFolder,
    resolved: Resolved,
    chosen: tuple[torch.device, str],
    checkpoint: Checkpoint | None,
    total: int,
    notes: list[str],
    skipped: list[str],
    *,
    write: bool = True,
) -> Session:
    """Build a training as it was at a checkpoint; ``write`` takes back what the files say of later
    steps.
    """
    device, reason = chosen
    configure(device, resolved.training.threads, resolved.training.gpu_mode())
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
        resolved, edits, spec, device, checkpoint=checkpoint, horizon=total, inputs=inputs
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


def _batches(resolved: Resolved, data: Dataset, family: Learner[Any]) -> Batches:
    batches = _as_they_are(resolved, data, family)
    mirrored = entry_of(family.spec.kind).mirrored
    if mirrored is None or not resolved.training.mirrored:
        return batches
    return Mirrored(batches, mirrored, family.spec, resolved.training.seed)


def _as_they_are(resolved: Resolved, data: Dataset, family: Learner[Any]) -> Batches:
    training, spec, device = resolved.training, family.spec, family.device
    if data.draw is not None and training.samples == 0:
        return Fresh(data.draw, spec, training.batch, training.seed, device)
    if isinstance(data.rows, MakesBatches):
        return Fed(data.rows.feed(training.batch, training.seed), spec, device)
    if isinstance(data.rows, StoredRows):
        return Streamed(data.rows, spec, training.batch, training.seed, device)
    rows = family.spec.standardised(data.rows.rows(slice(None))).to(family.device)
    return Shuffled(rows, training.batch, training.seed)


def free_device_memory() -> None:
    """Give cached GPU memory back after a training has ended."""
    torch.cuda.empty_cache()  # does nothing where CUDA was never used

"""A trained family from a checkpoint on disk: for sampling, evaluating, exporting, looking."""

from dataclasses import dataclass
from typing import Any

import torch

from pushforward.models.contracts.learner import Learner
from pushforward.models.entries import SamplerEntry
from pushforward.studio.engine.process.devices import choose_any, configure
from pushforward.studio.engine.process.failures import Refused
from pushforward.studio.engine.run.checkpoint_state import averaged, saved_columns, saved_data
from pushforward.studio.engine.run.effective_settings import rebuild
from pushforward.studio.engine.run.inputs import open_guides, open_inputs
from pushforward.studio.engine.run.resolve import Choice, Resolved, check
from pushforward.studio.protocol.spec import Edit, Pick
from pushforward.studio.store.checkpoint import Checkpoint
from pushforward.studio.store.edits import effective_spec
from pushforward.studio.store.run import RunFolder

__all__ = ["Loaded", "chosen_checkpoint", "configure_for", "load", "newest_checkpoint"]

_ENDED = {"failed": "failed", "cancelled": "was cancelled", "finished": "saved none"}


@dataclass(frozen=True)
class Loaded:
    """A family with the weights and settings of a step; ``sampler`` is the run's own, None for the
    family's. ``edits`` are those of the run up to that step. ``length`` is what the weights are
    averaged over where that is not the run's own, and ``off`` how far that is from what it says.
    """

    run: RunFolder
    resolved: Resolved
    family: Learner[Any]
    step: int
    columns: tuple[str, ...]
    sampler: Any
    edits: list[Edit]
    length: float | None = None
    off: float = 0.0

    def sampled_by(self, other: Choice[SamplerEntry] | None) -> tuple[Pick | None, Any]:
        """Return what samples are drawn with, as data and as an object: the run's own sampler, or
        another one that was chosen.
        """
        if other is not None:
            return other.pick, other.make()
        return self.resolved.spec.sampler, self.sampler


def newest_checkpoint(run: RunFolder, step: int | None = None) -> Checkpoint:
    """Return the newest intact checkpoint, not after ``step`` if that is given.

    Raises:
        Refused: there is none.
    """
    checkpoint, skipped = run.checkpoints.newest(not_after=step)
    if checkpoint is not None:
        return checkpoint
    if skipped:
        raise Refused(
            f"All checkpoints of {run.name} are damaged ({', '.join(skipped)}).",
            "Train it anew.",
            kind="data",
        )
    later = run.checkpoints.steps() if step is not None else []
    if step is not None and later:
        first = f"Its first is of step {later[0]:,}: choose that or a later one."
        raise Refused(f"{run.name} has no checkpoint up to step {step:,}.", first)
    if (ended := _ENDED.get(run.status().state)) is not None:
        raise Refused(f"{run.name} has no checkpoint: its training {ended}.", "Train it again.")
    raise Refused(f"{run.name} has no checkpoint yet.", "Wait for a checkpoint, or save one now.")


def chosen_checkpoint(
    run: RunFolder, step: int | None = None, length: float | None = None
) -> tuple[Checkpoint, float]:
    """Return the newest intact checkpoint, not after ``step`` if that is given, averaged over
    another ``length`` than the run's own if that is, and how far that is from what it says.

    Raises:
        Refused: there is none, or the run kept nothing that the length could be made of; the path
            is "length".
    """
    checkpoint = newest_checkpoint(run, step)
    if length is None:
        return checkpoint, 0.0
    try:
        return averaged(checkpoint, length)
    except ValueError as error:
        raise Refused(f"Averaging length: {error}.", path="length") from error


def configure_for(resolved: Resolved, device: torch.device) -> None:
    """Set PyTorch up as a run asks for it."""
    configure(device, resolved.training.threads, resolved.training.gpu_mode())


def load(
    run: RunFolder,
    step: int | None = None,
    length: float | None = None,
    on: str | None = None,
) -> Loaded:
    """Load the newest checkpoint of a run, not after ``step`` if that is given, averaged over
    another ``length`` than the run's own if that is. ``on`` names another device than the run's.

    The data set is not needed. A device that is not there any more is replaced by the CPU.

    Raises:
        Refused: there is no good checkpoint, the run's spec does not fit this installation, or the
            run kept nothing that the length could be made of; the path is "length".
        StoreError: the run folder cannot be read.
    """
    checkpoint, off = chosen_checkpoint(run, step, length)
    resolved = check(run.record.spec, any_device=True)
    device, _ = choose_any(on or resolved.training.device)
    configure_for(resolved, device)
    edits = [edit for edit in effective_spec(run).edits if edit.step <= checkpoint.step]
    used = any(needs.used for needs in resolved.family.entry.inputs.values())
    inputs = open_inputs(run, device) if used else None
    family = rebuild(
        resolved, edits, saved_data(checkpoint), device, checkpoint=checkpoint, inputs=inputs
    )
    sampler = resolved.sampling(family, open_guides(run, device))
    columns = saved_columns(checkpoint)
    return Loaded(run, resolved, family, checkpoint.step, columns, sampler, edits, length, off)

"""The session of a run: everything that one training works with."""

import hashlib
from collections import deque
from collections.abc import Callable, Generator
from dataclasses import InitVar, dataclass, field
from typing import Any

import msgspec
import torch

from pushforward.models.contracts.data import HasContext, UsesContext
from pushforward.models.contracts.learner import Learner
from pushforward.studio.engine.data.batches import Batches
from pushforward.studio.engine.data.datasets import Dataset, edited
from pushforward.studio.engine.process.failures import Refused
from pushforward.studio.engine.run.effective_settings import InForce, reconfigure
from pushforward.studio.engine.run.ranks import Announced, RankGroup
from pushforward.studio.engine.run.resolve import Resolved
from pushforward.studio.engine.run.training_batches import choose_batches
from pushforward.studio.engine.watch.evaluation import Evaluator
from pushforward.studio.engine.watch.recorder import Recorder
from pushforward.studio.protocol.spec import ChangeSetting, Edit, RunSpec
from pushforward.studio.store.errors import StoreError

__all__ = ["Session", "fingerprint", "free_device_memory"]


@dataclass
class Session:
    """A training in memory.

    Attributes:
        resolved: the run as recorded.
        source: the data without edits.
        family: with the settings of ``in_force``.
        recorder: None for a model without particles.
        drawing: generates training data from another run, if it learns from one; see `prepare`.
        ranks: the processes that share its batches, None for one.
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
    ranks: RankGroup | None = None
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
            self.batches = self._make_batches()

    def use_ranks(self, ranks: RankGroup | None) -> None:
        """Share the batches with other processes from here on."""
        self.ranks = ranks
        self.batches = self._make_batches()

    def _make_batches(self) -> Batches:
        batches = choose_batches(self.resolved, self.data, self.family)
        if self.ranks is None or self.ranks.rank > 0:
            return batches
        return Announced(batches, self.ranks, lambda: fingerprint(self.family))

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
        if self.ranks is not None and self.ranks.rank == 0:
            self.ranks.send_edit(edit)

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
        self.batches = self._make_batches()
        self._add_context()
        light = [choice for choice in self.resolved.metrics if not choice.entry.heavy]
        self.evaluator = Evaluator(light, self.data, n, seed, floors)


def fingerprint(family: Learner[Any]) -> int:
    """Return 63 bits that differ if the state of a learner does."""
    digest = hashlib.sha256()
    for name, tensor in sorted(family.state().tensors.items()):
        digest.update(name.encode())
        digest.update(tensor.reshape(-1).view(torch.uint8).numpy().tobytes())
    return int.from_bytes(digest.digest()[:8], "big") >> 1


def free_device_memory() -> None:
    """Give cached GPU memory back after a training has ended."""
    torch.cuda.empty_cache()  # does nothing where CUDA was never used

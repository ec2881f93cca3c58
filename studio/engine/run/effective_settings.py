"""What a training works under, after the edits so far: the settings of its family, its target.

Edits are made again whenever a run is opened: those before its checkpoint before the state is put
back, since the state came after them; those of the very step of the checkpoint after it, since it
may have been written before them.
"""

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from pushforward.models.config import Config, ConfigError
from pushforward.models.contracts.data import RowSource
from pushforward.models.contracts.execution import Ranks
from pushforward.models.contracts.learner import Learner
from pushforward.models.contracts.spec import DataSpec
from pushforward.studio.engine.data.datasets import Dataset, subset
from pushforward.studio.engine.data.stored_rows import StoredRows
from pushforward.studio.engine.data.target import Target
from pushforward.studio.engine.kinds.base import kind_of
from pushforward.studio.engine.process.failures import Refused
from pushforward.studio.engine.run.checkpoint_state import restore
from pushforward.studio.engine.run.live_edits import changed
from pushforward.studio.engine.run.resolve import Resolved, check
from pushforward.studio.protocol.spec import ChangeSetting, Edit
from pushforward.studio.store.checkpoint import Checkpoint
from pushforward.studio.store.edits import effective_spec
from pushforward.studio.store.run import RunFolder

__all__ = [
    "InForce",
    "aim",
    "held_rows",
    "rebuild",
    "reconfigure",
    "target_after",
    "target_of",
]

_LOOKED_AT = 100_000  # rows on the disk that are seen as the target
_HELD = 0  # the seed that held-out rows are chosen by


@dataclass(frozen=True)
class InForce:
    """Effective settings of the family, and the target points; None for unedited data."""

    config: Config
    target: Target | None = None

    def after(self, edit: Edit, data: Dataset) -> "InForce":
        """Return the effective state after one more edit; ``data`` are unedited.

        Raises:
            Refused: the edit is not possible.
        """
        if isinstance(edit, ChangeSetting):
            return dataclasses.replace(self, config=changed(self.config, edit))
        target = self.target or aim(data)
        return dataclasses.replace(self, target=target.after(edit))


def aim(data: Dataset) -> Target:
    """Return what a training on data aims at before any edit: of data that stay on the disk a few,
    which cannot be edited.
    """
    rows = data.rows
    if isinstance(rows, StoredRows):
        few = rows.few(_LOOKED_AT)
        return dataclasses.replace(kind_of(few.spec().kind).target(few), by_hand=False)
    return kind_of(rows.spec().kind).target(rows)


def target_after(data: Dataset, edits: Iterable[Edit]) -> Target | None:
    """Return the target after the edits of points among some edits, None if there are none.

    Raises:
        Refused: one of them cannot be made.
    """
    target: Target | None = None
    for edit in edits:
        if not isinstance(edit, ChangeSetting):
            target = (target or aim(data)).after(edit)
    return target


def target_of(run: RunFolder, step: int | None = None) -> tuple[Dataset, Target]:
    """Return the data of a run as they are without an edit, and the target after its edits up to a
    step (None: after all).

    Raises:
        Refused: the data cannot be drawn or read, or an edit cannot be made.
        StoreError: the run cannot be read.
    """
    edits = effective_spec(run).edits
    if step is not None:
        edits = [edit for edit in edits if edit.step <= step]
    resolved = check(run.record.spec, any_device=True)
    source = resolved.load_data(run.project)
    return source, target_after(source, edits) or aim(source)


def held_rows(data: Dataset, target: Target, n: int) -> RowSource | None:
    """Return at most n held-out rows, the same for the same n: freshly sampled, or chosen at random
    from the held-out split. None if there are none, or after edits of the target.
    """
    if target.done or (data.held is None and data.draw is None):
        return None
    rows = data.some(n, _HELD)
    return rows if len(rows) <= n else rows.take(subset(len(rows), n, _HELD))


def reconfigure(family: Learner[Any], config: Config) -> None:
    """Give a family other settings.

    Raises:
        Refused: it cannot take them; the path is "family...".
    """
    try:
        family.reconfigure(config)
    except ConfigError as error:
        path = f"family.{error.path}".rstrip(".")
        raise Refused(f"{path}: {error.message}", path=path) from error


def rebuild(
    resolved: Resolved,
    edits: Sequence[Edit],
    data: DataSpec,
    device: torch.device,
    *,
    checkpoint: Checkpoint | None = None,
    horizon: int | None = None,
    inputs: Mapping[str, Learner[Any]] | None = None,
    ranks: Ranks | None = None,
) -> Learner[Any]:
    """Build a family from a checkpoint (None: at the start) with the edits so far; ``inputs`` are
    the models it learns from, ``ranks`` the processes that share its batches.

    Raises:
        ConfigError: settings that do not fit the data or each other; the path is "family...".
        Refused: an edit cannot be made again.
        ValueError: the checkpoint does not fit.
    """
    family = resolved.build(data, device, horizon=horizon, inputs=inputs, ranks=ranks)
    step = checkpoint.step if checkpoint is not None else 0
    config = resolved.family.config
    waiting = checkpoint
    for edit in edits:
        if edit.step > step:
            break
        if edit.step == step and waiting is not None:
            restore(family, waiting)
            waiting = None
        if isinstance(edit, ChangeSetting):
            config = changed(config, edit)
            reconfigure(family, config)
    if waiting is not None:
        restore(family, waiting)
    return family

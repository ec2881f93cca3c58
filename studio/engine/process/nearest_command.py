"""The command that searches the nearest training samples, in pieces between training steps."""

from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray

from pushforward.models.contracts.abilities import Represents
from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.data import RowSource
from pushforward.models.contracts.learner import Learner
from pushforward.models.contracts.spec import LABEL
from pushforward.studio.engine.data.nearest import Compared, nearest
from pushforward.studio.engine.jobs.job import Work
from pushforward.studio.engine.jobs.training import training_of
from pushforward.studio.engine.kinds.base import kind_of
from pushforward.studio.engine.kinds.compatibility import entry_of, picked_kind
from pushforward.studio.engine.process.commands import Answer, handles, respond, within
from pushforward.studio.engine.process.failures import Refused, describe
from pushforward.studio.engine.run.effective_settings import target_of
from pushforward.studio.protocol import messages as m
from pushforward.studio.store.run import RunFolder

if TYPE_CHECKING:
    from pushforward.studio.engine.process.engine import Engine

__all__: list[str] = []

MOST = 256  # rows that are asked about at once, and nearest ones of each


@handles(m.GetNearest)
def _nearest(engine: "Engine", command: m.GetNearest) -> None:
    def chore() -> Work:
        try:
            answer = yield from _find_nearest(engine, command)
        except Exception as error:
            # Still the boundary of the command: it is only answered later.
            engine.outbox.send(m.Failed(re=command.id, error=describe(error)))
            return
        respond(engine, command.id, lambda: answer)

    engine.chores.append(chore())


def _find_nearest(engine: "Engine", command: m.GetNearest) -> Generator[bool, None, Answer]:
    n = within("n", command.n, MOST)
    run = RunFolder(Path(command.run))
    kind = kind_of(picked_kind(run.record.spec.dataset))
    if not command.encoder and command.by not in kind.near_by:
        raise Refused(
            f"{entry_of(kind.slug).title} cannot be searched by {command.by!r}, only by "
            f"{', '.join(kind.near_by) or 'nothing'}.",
            path="by",
        )
    job = training_of(run, engine.queue.jobs())
    source = job.session.source if job is not None and job.session is not None else None
    rows = (source or target_of(run)[0]).rows
    distance = _features(engine, command, rows) if command.encoder else kind.near_by[command.by]
    asked = _parse_query_rows(command, rows)
    try:
        distance(asked.take(slice(0, 1)))
    except KeyError as error:
        told = f"Searching by {command.by} needs {error.args[0]}."
        raise Refused(told, path="given") from error
    found = yield from nearest(rows, asked, distance, n, usual=command.usual)
    there = rows.rows(torch.from_numpy(found.number.ravel()))
    label = rows.take(slice(0, 2)).spec().given.get(LABEL)
    said = {
        "n": len(rows),
        "among": found.among.tolist(),
        "usual": [each if np.isfinite(each) else None for each in found.usual.tolist()],
        "names": list(label.names) if label is not None else [],
    }
    return Answer(said, {**kind.arrays(there), "far": found.far, "number": found.number})


def _features(engine: "Engine", command: m.GetNearest, rows: RowSource) -> Compared:
    """Return the features of rows by the newest checkpoint of an encoder.

    Raises:
        Refused: the run is no encoder, or learned rows of another size.
    """
    run = RunFolder(Path(command.encoder))
    model = engine.warm.get(run, None).family
    if not isinstance(model, Represents):
        raise Refused(
            f"{run.name} has no features: it is no encoder.",
            "Choose a run of the model Representation.",
            path="encoder",
        )
    learner: Learner[Any] = model
    own, other = learner.spec, rows.spec()
    if (own.kind, own.shape) != (other.kind, other.shape):
        sizes = ["×".join(map(str, each.shape)) for each in (own, other)]
        raise Refused(
            f"{run.name} learned {own.kind} of size {sizes[0]}; these are {other.kind} of size "
            f"{sizes[1]}.",
            "Choose an encoder of the same data.",
            path="encoder",
        )

    def features(some: Batch) -> NDArray[np.float64]:
        x = own.standardise(some.x).to(learner.device)
        return np.asarray(model.represent(x).cpu().numpy(), np.float64)

    return features


def _parse_query_rows(command: m.GetNearest, rows: RowSource) -> Batch:
    """Parse the rows to search for.

    Raises:
        Refused: invalid rows.
    """
    try:
        x = torch.tensor(command.x, dtype=torch.float32)
        mask = torch.tensor(command.mask, dtype=torch.bool) if command.mask else None
        given = {name: torch.tensor(values) for name, values in command.given.items()}
    except (ValueError, TypeError, RuntimeError) as error:
        raise Refused(
            "x, mask and given must be rows of numbers of equal length.", path="x"
        ) from error
    within("x", len(x), MOST)
    shape = rows.rows(slice(0, 1)).x.shape[1:]
    beside = [*given.values(), *([mask] if mask is not None else [])]
    if x.shape[1:] != shape or not x.isfinite().all() or any(len(e) != len(x) for e in beside):
        wanted = ", ".join(map(str, shape))
        raise Refused(f"x must be finite rows (n, {wanted}), and each known by all.", path="x")
    if LABEL in given:
        given[LABEL] = given[LABEL].long()
    return Batch(x, mask, given)

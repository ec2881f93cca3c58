"""A look at a data set before anything is trained on it."""

from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from models.base import Data, ImageSet
from models.tensors import make_generator
from studio.engine.data.datasets import find_imported, project_name, registered
from studio.engine.run.randomness import SAMPLES
from studio.engine.run.resolve import pick_dataset
from studio.protocol.spec import Pick

__all__ = ["preview"]

MAX_NUMBERS = 2**24
Arrays = dict[str, NDArray[Any]]


def preview(pick: Pick, project: Path | None, n: int) -> tuple[dict[str, Any], Arrays]:
    """Return the facts and (at most) n rows of a data set, as `PreviewData` describes them.

    Raises:
        Refused: there is no such set, or it cannot be drawn or read.
    """
    choice = pick_dataset(pick)
    if choice is None:
        data = find_imported(project_name(pick.slug) or "", project).points
    else:
        count = 0 if choice.entry.extra.get("finite", False) else n
        data = registered(choice.entry, choice.config, count, seed=0).points
    total = len(data.x)
    n = min(n, max(1, MAX_NUMBERS // data.x[0].numel()))
    if total > n:
        rows = torch.randperm(total, generator=make_generator(0, SAMPLES))[:n]
        data = data.take(rows)
    arrays: Arrays = {"x": np.ascontiguousarray(data.x.numpy())}
    if isinstance(data, ImageSet) and data.labels is not None:
        arrays["labels"] = data.labels.numpy().astype(np.int32)
    return {"n": total, **_facts(data)}, arrays


def _facts(data: Data) -> dict[str, Any]:
    facts: dict[str, Any] = {"columns": list(data.columns), "modes": None}
    spec = data.spec()
    if isinstance(data, ImageSet):
        # One number for all pixels.
        mean, std = float(spec.mean.mean()), float(spec.std.mean())
        return {**facts, "mean": [mean], "std": [std], "names": list(data.names)}
    if data.modes is not None:
        facts["modes"] = data.modes.tolist()
    return {**facts, "mean": spec.mean.tolist(), "std": spec.std.tolist(), "names": []}

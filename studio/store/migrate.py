"""Files of earlier versions, brought up to date in memory as they are read.

Each kind of document carries a ``format`` number. A change of layout raises the number in
`CURRENT` and adds one function here, from the number before; files on disk are never rewritten
by reading. A file of a later version is refused, not guessed at.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from pushforward.studio.store.errors import Damaged, StoreError

__all__ = ["CURRENT", "STEPS", "upgrade"]

Step = Callable[[dict[str, Any]], dict[str, Any]]

CURRENT = {
    "project": 1, "run": 3, "dataset": 3, "checkpoint": 1, "flow": 1, "samples": 1, "result": 1,
    "label": 1, "queue": 1, "rules": 1, "sweep": 1,
}  # fmt: skip
"""The format number that is written, by kind of document."""


def _project_0(data: dict[str, Any]) -> dict[str, Any]:
    """A project.toml made by hand has no number; its name may be missing as well."""
    return {"name": "project", **data, "format": 1}


def _run_0(data: dict[str, Any]) -> dict[str, Any]:
    """A run.toml made by hand: a bare spec at the top, as in a recipe's ``run`` table."""
    if "spec" in data:
        return {**data, "format": 1}
    return {"spec": {k: v for k, v in data.items() if k != "format"}, "format": 1}


def _run_1(data: dict[str, Any]) -> dict[str, Any]:
    """Migrate the loss of a GAN: it fixed both the critic's loss and the generator's; the latter is
    now the rescaling, with the old "non-saturating" as default.
    """
    family = _table(_table(data, "spec"), "family")
    config = _table(family, "config")
    if family.get("slug") == "gan" and config.get("loss") == "non-saturating":
        family = {**family, "config": {**config, "loss": "logistic"}}
        data = {**data, "spec": {**data["spec"], "family": family}}
    return {**data, "format": 2}


def _run_2(data: dict[str, Any]) -> dict[str, Any]:
    """Where a run used a part of a finite data set, it was what came first in the file; now the
    seed chooses.
    """
    spec = data.get("spec")
    if isinstance(spec, dict):
        training = {"subset": "first", **_table(spec, "training")}
        data = {**data, "spec": {**spec, "training": training}}
    return {**data, "format": 3}


def _dataset_1(data: dict[str, Any]) -> dict[str, Any]:
    """There was one kind of data, a table of points in ``data.h5``, and no row was held out."""
    columns = data.get("columns")
    part = {"name": "x", "dtype": "float32", "shape": [len(columns or [])]}
    split = {"validation": 0.0, "test": 0.0}
    added = {"kind": "points", "parts": [part], "split": split, "stored": "hdf5"}
    return {**data, **added, "format": 2}


def _dataset_2(data: dict[str, Any]) -> dict[str, Any]:
    """Rows were always shared out by their numbers among all; a split may say within which part."""
    return {**data, "format": 3}


def _table(data: dict[str, Any], name: str) -> dict[str, Any]:
    """Return a table of the document, empty if it is not one; errors are reported later."""
    inner = data.get(name)
    return inner if isinstance(inner, dict) else {}


STEPS: dict[str, dict[int, Step]] = {
    "project": {0: _project_0},
    "run": {0: _run_0, 1: _run_1, 2: _run_2},
    "dataset": {1: _dataset_1, 2: _dataset_2},
}
"""``STEPS[document][n]`` turns format n into format n + 1."""


def upgrade(document: str, data: dict[str, Any], path: Path) -> dict[str, Any]:
    """Return plain data in the current format of its kind; without a number it is format 0.

    Raises:
        StoreError: the file is of a later version, or its number makes no sense.
    """
    current = CURRENT[document]
    number = data.get("format", 0)
    if not isinstance(number, int) or isinstance(number, bool) or number < 0:
        raise Damaged(f"{path} has no valid format number (found {number!r}).")
    if number > current:
        raise StoreError(
            f"{path} was written by a later version of Pushforward Studio "
            f"(format {number}, this one reads up to {current}).",
            "Update Pushforward Studio to open it.",
        )
    while number < current:
        step = STEPS.get(document, {}).get(number)
        if step is None:
            raise Damaged(f"{path} has format {number}, which never existed.")
        data = step(data)
        number += 1
    return data

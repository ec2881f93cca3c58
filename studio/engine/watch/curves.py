"""Training curves: collected on the device, read in bulk, written to disk, then sent."""

import math
from collections.abc import Callable
from typing import TypeAlias

import torch
from torch import Tensor

from pushforward.studio.engine.process.failures import NumericFailure
from pushforward.studio.store.metrics import MetricsLog

__all__ = ["Columns", "Curves"]

Columns: TypeAlias = dict[str, tuple[list[int], list[float]]]
Tell = Callable[[Columns, dict[str, float]], None]
DIVERGED = 1e6
"""How many times larger than at first, and than 1, a loss is that has diverged."""


class Curves:
    """The metrics of a run. Reading a number from a GPU waits for the GPU, so rows stay tensors
    until `drain` reads them at once. They are written to disk before they are sent, so files are
    never behind.
    """

    def __init__(self, log: MetricsLog, tell: Tell, step: int) -> None:
        """``step`` is the last one that is on disk already."""
        self._log = log
        self._tell = tell
        self._step = step
        self._first: dict[str, float] = {}  # by loss, its size in the first rows that were read
        self.diverged = ""
        """Which loss has diverged at which step, as a sentence; "" for none."""
        self._rows: list[dict[str, Tensor]] = []
        self.add = self._rows.append

    def drain(self) -> None:
        """Write and send all rows since the last call.

        Raises:
            NumericFailure: a loss is not finite; earlier rows are written and sent.
        """
        rows = self._rows.copy()
        self._rows.clear()
        if not rows:
            return
        first = self._step + 1
        self._step += len(rows)
        columns = _columns(rows, first)
        self._look(columns)
        bad = _first_bad(columns)
        self.write(_finite(columns))
        if bad is not None:
            name, step, value = bad
            text = f"The {name} is no longer finite: {_word(value)} at step {step:,}."
            raise NumericFailure(text)

    def _look(self, columns: Columns) -> None:
        """Notice the first loss that has diverged."""
        for name, (steps, values) in columns.items():
            if "loss" not in name or self.diverged:
                continue
            large = DIVERGED * self._first.setdefault(name, max(1.0, abs(values[0])))
            found = ((step, value) for step, value in zip(steps, values, strict=True)
                     if abs(value) > large)  # fmt: skip
            for step, value in found:
                self.diverged = (
                    f"The training diverged: the {name} is {value:.2g} at step {step:,}. Lower the "
                    "learning rate, or clip the gradient."
                )
                break

    def write(self, columns: Columns, floors: dict[str, float] | None = None) -> None:
        """Write and tell finished columns, such as those of an evaluation."""
        self._log.append(columns, floors or {})
        self._tell(columns, floors or {})


def _columns(rows: list[dict[str, Tensor]], first: int) -> Columns:
    """Turn rows into columns; a row may lack a name (not every step has every metric)."""
    steps: dict[str, list[int]] = {}
    cells: dict[str, list[Tensor]] = {}
    for step, row in enumerate(rows, first):
        for name, value in row.items():
            steps.setdefault(name, []).append(step)
            cells.setdefault(name, []).append(value)
    return {name: (steps[name], torch.stack(cells[name]).tolist()) for name in cells}


def _first_bad(columns: Columns) -> tuple[str, int, float] | None:
    """Return the first loss that is not finite: its name, step and value."""
    found = [
        (step, name, value)
        for name, (steps, values) in columns.items()
        if "loss" in name
        for step, value in zip(steps, values, strict=True)
        if not math.isfinite(value)
    ]
    if not found:
        return None
    step, name, value = min(found)
    return name, step, value


def _finite(columns: Columns) -> Columns:
    """Leave out values that are not finite: JSON has no word for them, and charts no place."""
    kept: Columns = {}
    for name, (steps, values) in columns.items():
        pairs = [(s, v) for s, v in zip(steps, values, strict=True) if math.isfinite(v)]
        kept[name] = ([s for s, _ in pairs], [v for _, v in pairs])
    return {name: column for name, column in kept.items() if column[0]}


def _word(value: float) -> str:
    return "not a number" if math.isnan(value) else "infinite"

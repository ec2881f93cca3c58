"""Runs side by side: which ones, and what their clocks have in common. Pure functions.

Steps of two methods are not the same amount of anything, so runs are put on one clock by the
share of their budget that they have spent, and on one axis by steps, seconds or points seen.
"""

from bisect import bisect_right
from typing import Any, Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from pushforward.studio.app.core import draft_spec
from pushforward.studio.app.core.runs import Runs, RunState
from pushforward.studio.protocol.catalog import Catalog
from pushforward.studio.protocol.curve_names import COST, FLOOR, HIGH, LOW, NFE, QUALITY, SAMPLES
from pushforward.studio.protocol.events import SPREAD
from pushforward.studio.protocol.spec import RunSpec

__all__ = [
    "AXES",
    "EVALUATIONS",
    "MOST",
    "Axis",
    "axis_of",
    "batch",
    "comparable",
    "compared",
    "counts_along",
    "data_of",
    "floors_along",
    "interval_at",
    "kept_at",
    "kept_before",
    "measures",
    "members",
    "nfe",
    "rival",
    "samples_at",
    "share",
    "spreads_along",
    "training_value",
    "why_not",
]

MOST = 8
Axis = Literal["steps", "seconds", "samples"]
AXES: tuple[tuple[Axis, str], ...] = (
    ("steps", "Steps"),
    ("seconds", "Seconds"),
    ("samples", "Samples"),
)


def members(runs: Runs, race: str) -> list[RunState]:
    """Return the runs of a race, in order of number."""
    found = [run for run in runs.by_key.values() if race and run.race == race]
    return sorted(found, key=lambda run: run.name)


def compared(runs: Runs) -> list[RunState]:
    """Return the runs to be shown side by side: those chosen, if the selected one is among them,
    or else those of its race; [] where that is fewer than two.
    """
    current = runs.current
    if current is None:
        return []
    chosen = [runs.by_key[key] for key in runs.chosen if key in runs.by_key]
    found = chosen if current in chosen else members(runs, current.race)
    return found[:MOST] if len(found) > 1 else []


def rival(runs: Runs, catalog: Catalog | None = None) -> RunState | None:
    """Return the newest other run on the data of the selected one that has learned something, or
    else the newest; None where there is none.
    """
    current = runs.current
    others = (run for run in runs.by_key.values() if run is not current)
    fit = (run for run in others if current is not None and comparable(current, run, catalog))
    return max(fit, key=lambda run: (run.step > 0, run.name), default=None)


def data_of(run: RunState | None, catalog: Catalog | None = None) -> str:
    """Return a key of the data of a run with their settings; "" if unknown. With the ``catalog``,
    default settings are normalised, so that runs of earlier versions compare equal.
    """
    if run is None or run.spec is None:
        return ""
    data, entry = run.spec.dataset, draft_spec.entry_of(run.spec, "dataset", catalog)
    said = dict(data.config)
    for field in entry.fields if entry is not None else ():
        if not draft_spec.changed(data.config, field):
            said.pop(field.path, None)
    said_of = msgspec.structs.replace(data, config=said)
    return msgspec.json.encode(said_of, order="deterministic").decode()


def comparable(first: RunState, other: RunState, catalog: Catalog | None = None) -> bool:
    """Whether two runs learn the same data, as `data_of` tells them."""
    if first.spec is None or other.spec is None:
        return False
    return data_of(first, catalog) == data_of(other, catalog)


def why_not(runs: list[RunState], catalog: Catalog | None = None) -> str:
    """Return why runs cannot be shown side by side, "" if they can."""
    if len(runs) < 2:
        return f"Select 2 to {MOST} runs: Ctrl + click."
    if len(runs) > MOST:
        return f"At most {MOST} runs can be compared."
    if not all(comparable(runs[0], run, catalog) for run in runs[1:]):
        return "These runs use different data and cannot be compared."
    return ""


def share(run: RunState, step: int | None) -> float:
    """Return the share of its budget that a run has spent at a step (None: at its newest)."""
    at = run.step if step is None else step
    return min(1.0, at / max(1, run.total, run.step))


def kept_at(run: RunState, spent: float) -> int | None:
    """Return the kept step nearest to a share of a run's budget, None if nothing is kept."""
    wanted = spent * max(1, run.total, run.step)
    return min(run.kept, key=lambda step: abs(step - wanted), default=None)


def kept_before(run: RunState, step: int) -> int | None:
    """Return the newest kept step that is not after a step."""
    place = bisect_right(run.kept, step)
    return run.kept[place - 1] if place else None


def training_value(spec: RunSpec | None, name: str, catalog: Catalog | None) -> Any:
    """Return a training setting of a spec, or its default; None where neither is known."""
    if spec is not None and name in spec.training:
        return spec.training[name]
    entry = draft_spec.entry_of(spec, "training", catalog) if spec is not None else None
    fields = entry.fields if entry is not None else []
    return next((field.default for field in fields if field.path == name), None)


def batch(run: RunState, catalog: Catalog | None) -> int:
    """Return how many data points a step of a run sees."""
    return int(training_value(run.spec, "batch", catalog) or 1)


def measures(runs: list[RunState]) -> list[str]:
    """Return the curves that at least one of some runs has: qualities as they were measured, then
    losses, then everything else.
    """
    names = dict.fromkeys(name for run in runs for name in run.series if len(run.series[name]))
    found = [name for name in names if not name.startswith(COST)]
    return sorted(found, key=lambda n: (not n.startswith(QUALITY), "loss" not in n))


EVALUATIONS = (
    "Network evaluations per sample (NFE). Measured without guidance, which about doubles it"
)
"""What a tip says of `nfe`."""


def nfe(run: RunState) -> int | None:
    """Return the network evaluations per sample of a run, None if unknown."""
    series = run.series.get(NFE)
    return int(series.values[-1]) if series is not None and len(series) else None


def samples_at(run: RunState, step: int) -> int | None:
    """Return with how many samples quality was measured at a step; None where a run of an earlier
    version does not say.
    """
    counts = run.series.get(SAMPLES)
    if counts is None:
        return None
    place = int(np.searchsorted(counts.steps, step))
    here = place < len(counts) and counts.steps[place] == step
    return int(counts.values[place]) if here else None


def interval_at(run: RunState, metric: str, step: int) -> tuple[float, float] | None:
    """Return between what the figure of a metric at a step lies with 95 % confidence; None where
    its metric does not say.
    """
    ends = []
    for prefix in (LOW, HIGH):
        series = run.series.get(prefix + metric)
        place = -1 if series is None else int(np.searchsorted(series.steps, step))
        if series is None or place >= len(series) or series.steps[place] != step:
            return None
        ends.append(float(series.values[place]))
    return ends[0], ends[1]


def floors_along(run: RunState, name: str) -> NDArray[np.float64] | None:
    """Return the floor of each figure of a quality, None for a run that does not say."""
    return _values_at_steps_of(run, FLOOR + name.removeprefix(QUALITY), name)


def spreads_along(run: RunState, name: str) -> NDArray[np.float64] | None:
    """Return how far the floor of each figure of a quality varies by chance, None for a run that
    does not say.
    """
    return _values_at_steps_of(run, f"{FLOOR}{SPREAD}{name.removeprefix(QUALITY)}", name)


def _values_at_steps_of(run: RunState, other: str, name: str) -> NDArray[np.float64] | None:
    """Return the values of a curve that was measured at the very steps of another one."""
    series = run.series.get(other)
    same = series is not None and np.array_equal(series.steps, run.series[name].steps)
    return series.values if series is not None and same else None


def counts_along(run: RunState, name: str) -> NDArray[np.float64] | None:
    """Return with how many samples each figure of a quality was measured, None for a run that
    does not say.
    """
    counts = [samples_at(run, int(step)) for step in run.series[name].steps]
    known = [float(n) for n in counts if n is not None]
    return np.array(known) if known and len(known) == len(counts) else None


def axis_of(
    run: RunState, axis: Axis, steps: NDArray[np.float64], catalog: Catalog | None
) -> NDArray[np.float64]:
    """Return steps of a run on an axis. Seconds are spread evenly over the steps done: a run's
    speed changes little, and only their sum is known.
    """
    if axis == "samples":
        return steps * batch(run, catalog)
    if axis == "seconds":
        return steps * (run.seconds / max(1, run.step))
    return steps

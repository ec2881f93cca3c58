"""A sweep: its axes, its seeds, how its points are chosen and when it stops."""

import itertools
import math
from collections.abc import Iterator
from typing import Literal

import msgspec
import numpy as np

from pushforward.studio.protocol.spec import RunSpec
from pushforward.studio.store.migrate import CURRENT
from pushforward.studio.sweeps.axes import Axis

__all__ = ["MOST_RUNS", "Sweep", "count_runs", "describe_sweep", "list_points"]

MOST_RUNS = 10_000
DEFAULT_TRIALS = 20


class Sweep(msgspec.Struct, frozen=True, kw_only=True):
    """``sweeps/NAME.toml`` of a project: everything that a sweep is.

    Attributes:
        name: of the sweep.
        spec: the run that it varies.
        axes: the swept settings.
        seeds: each point is trained with each of them.
        search: "grid" tries all combinations of listed values, "random" draws ``trials`` points,
            "optuna" proposes ``trials`` points by the results so far.
        trials: number of points of a search.
        metric: slug of the metric that ranks runs; "" for the first one of the run.
        stop_at_floor: no more runs start once one is within the noise floor of the metric.
        seed: of the random points.
    """

    name: str
    spec: RunSpec
    axes: list[Axis]
    format: int = CURRENT["sweep"]
    seeds: list[int] = msgspec.field(default_factory=lambda: [0])
    search: Literal["grid", "random", "optuna"] = "grid"
    trials: int = DEFAULT_TRIALS
    metric: str = ""
    stop_at_floor: bool = False
    seed: int = 0


def list_points(sweep: Sweep) -> Iterator[dict[str, str]]:
    """Yield the points of a grid or a random search, in order: the value of each axis by its key.

    A random search draws the k-th point alike whatever the number of trials.
    """
    keys = [axis.key for axis in sweep.axes]
    if sweep.search == "grid":
        for values in itertools.product(*(axis.values for axis in sweep.axes)):
            yield dict(zip(keys, values, strict=True))
        return
    generator = np.random.default_rng(sweep.seed)
    for _ in range(sweep.trials):
        yield {axis.key: axis.draw(generator) for axis in sweep.axes}


def count_runs(sweep: Sweep) -> int:
    """Return the number of runs of a sweep that is not stopped early."""
    grid = sweep.search == "grid"
    points = math.prod(len(axis.values) for axis in sweep.axes) if grid else sweep.trials
    return points * len(sweep.seeds)


def describe_sweep(sweep: Sweep) -> str:
    """Describe a sweep in one line: "3 × 2 values × 3 seeds = 18 runs"."""
    runs = f"{count_runs(sweep):,} runs"
    seeds = f" × {len(sweep.seeds)} seeds" if len(sweep.seeds) > 1 else ""
    if sweep.search != "grid":
        how = "proposed by Optuna" if sweep.search == "optuna" else "drawn at random"
        return f"{sweep.trials:,} points {how}{seeds} = {runs}"
    sizes = " × ".join(str(len(axis.values)) for axis in sweep.axes)
    return f"{sizes or 'no'} values{seeds} = {runs}"

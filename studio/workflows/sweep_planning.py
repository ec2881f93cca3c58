"""Make a sweep of what a user asks for, and check it before anything is trained."""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import msgspec

from pushforward.models.registry import registry
from pushforward.spelling import ask_whether
from pushforward.studio.engine.run.resolve import check
from pushforward.studio.engine.run.validation import Validator
from pushforward.studio.protocol.spec import RunSpec
from pushforward.studio.significance import ENOUGH
from pushforward.studio.store.sweeps import new_sweep_name
from pushforward.studio.sweeps.axes import Axis, AxisError, parse_axis
from pushforward.studio.sweeps.plan import MOST_RUNS, Sweep, count_runs
from pushforward.studio.workflows.errors import UsageError
from pushforward.studio.workflows.settings import apply, find_setting, is_whole
from pushforward.studio.workflows.wording import problem

__all__ = ["parse_seeds", "plan_sweep"]


def plan_sweep(
    spec: RunSpec,
    assignments: Sequence[str],
    project: Path,
    *,
    seeds: str = "",
    search: Literal["grid", "random", "optuna"] | None = None,
    trials: int = 20,
    metric: str = "",
    stop_at_floor: bool = False,
    name: str = "",
    at_once: int = 1,
    elsewhere: bool = False,
) -> Sweep:
    """Return a sweep over "NAME=VALUES"; a setting with one value becomes part of its spec. The
    cores, devices and memory of this computer do not matter to runs that are trained ``elsewhere``.

    Raises:
        UsageError: a setting or a value cannot be used, there is nothing to vary, or there are too
            many runs.
        Refused: the spec has a problem.
    """
    axes: list[Axis] = []
    for assignment in assignments:
        key, sign, text = assignment.partition("=")
        key = find_setting(spec, key.strip())
        try:
            axis = parse_axis(f"{key}{sign}{text}", whole=is_whole(spec, key))
        except AxisError as error:
            raise UsageError(f"--set {error}") from error
        if len(axis.values) == 1:
            spec = apply(spec, [f"{axis.key}={axis.values[0]}"], project)
        else:
            axes.append(axis)
    if len({axis.key for axis in axes}) < len(axes):
        raise UsageError("--set: a setting is given twice")
    training = check(spec, any_device=elsewhere, project=project).training
    if at_once > 1 and not training.threads and not elsewhere:
        # Each run takes its share of the cores; recorded, since it may change the last digit.
        spec = msgspec.structs.replace(
            spec, training={**spec.training, "threads": max(1, _cores() // at_once)}
        )
    drawn = any(axis.is_random for axis in axes)
    sweep = Sweep(
        name=new_sweep_name(project, name or spec.name),
        spec=spec,
        axes=axes,
        seeds=parse_seeds(seeds, training.seed),
        search=search or ("random" if drawn else "grid"),
        trials=trials,
        metric=metric,
        stop_at_floor=stop_at_floor,
    )
    _check(sweep, training.evaluate_samples, project, elsewhere)
    return sweep


def parse_seeds(text: str, first: int) -> list[int]:
    """Return seeds: "" is the first one, "3" are three from it on, "0,1,7" are those.

    Raises:
        UsageError: it is neither.
    """
    parts = [part.strip() for part in text.split(",")] if text else ["1"]
    if not all(part.isdecimal() for part in parts) or len(set(parts)) < len(parts):
        raise UsageError(f"--seeds {text}: a number of seeds, or different seeds such as 0,1,7")
    numbers = [int(part) for part in parts]
    if len(numbers) > 1:
        return numbers
    if not 1 <= numbers[0] <= MOST_RUNS:
        raise UsageError(f"--seeds {text}: 1 to {MOST_RUNS:,}; one seed alone is --set seed={text}")
    return list(range(first, first + numbers[0]))


def _check(sweep: Sweep, samples: int, project: Path, elsewhere: bool) -> None:
    if sweep.search == "grid" and any(axis.is_random for axis in sweep.axes):
        raise UsageError("--search grid: a setting is drawn at random; give a list or a range")
    if sweep.search != "grid" and not (sweep.axes and sweep.trials >= 1):
        raise UsageError(f"--search {sweep.search}: vary a setting, with --trials of 1 or more")
    if (n := count_runs(sweep)) < 2:
        raise UsageError("a sweep needs two runs: give a setting several values, or --seeds N")
    if n > MOST_RUNS:
        raise UsageError(f"{n:,} runs are more than {MOST_RUNS:,}: give fewer values or seeds")
    if sweep.metric:
        slugs = [entry.slug for entry in registry.all("metric")]
        if sweep.metric not in slugs:
            hint = ask_whether(sweep.metric, slugs, "'pushforward list metrics' lists them")
            raise UsageError(f"--metric: no metric is called {sweep.metric!r}; {hint}")
    if sweep.stop_at_floor and samples < ENOUGH:
        raise UsageError(
            f"--stop-at-floor needs evaluations of {ENOUGH:,} samples: "
            f"--set training.evaluate_samples={ENOUGH}"
        )
    validator = Validator()
    for axis in sweep.axes:  # each value alone; all combinations would take too long
        for value in axis.values or [axis.write(axis.low), axis.write(axis.high)]:
            spec = apply(sweep.spec, [f"{axis.key}={value}"], project)
            problems = validator.validate(spec, project, elsewhere=elsewhere).problems
            if problems:
                raise UsageError(
                    f"--set {axis.key}={value}:",
                    *(f"  {problem(each)} {each.hint}".rstrip() for each in problems),
                )


def _cores() -> int:
    import psutil

    return psutil.cpu_count(logical=False) or 1

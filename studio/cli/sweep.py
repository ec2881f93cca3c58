"""Train a recipe with several values of its settings and several seeds, and compare the results.

    pushforward sweep edm-eight-gaussians --set lr=1e-4,1e-3 --set batch=log:64..1024:3 --seeds 3

makes 18 ordinary runs. A setting takes a list (1e-4,1e-3), a range (16..64:4), a log range
(log:1e-4..1e-2:5), or values that are drawn (random:0..1, log-random:1e-5..1e-2, with --trials). A
setting with one value is the same in all runs. Ctrl+C lets the runs save a checkpoint and stops;
--resume continues, also after a crash.
"""

import argparse
import json
import math
from pathlib import Path
from typing import TYPE_CHECKING

from pushforward.studio.cli.arguments import add_json
from pushforward.studio.cli.terminal import say, table
from pushforward.studio.workflows.errors import UsageError
from pushforward.studio.workflows.executors.places import (
    HELP_GPUS,
    HELP_ON,
    HELP_SLURM,
    open_executor,
)

if TYPE_CHECKING:
    from pushforward.studio.sweeps.plan import Sweep
    from pushforward.studio.workflows.executors.executor import Executor

__all__ = ["HELP", "add_arguments", "run"]

HELP = "train a recipe with several values of its settings and seeds"
INTERRUPTED = 130


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument(
        "target",
        metavar="RECIPE_OR_SWEEP",
        help="a recipe, a recipe file, a run folder or MODEL@DATASET; with --resume or --results "
        "the name of a sweep of the project",
    )
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        dest="settings",
        metavar="NAME=VALUES",
        help="a setting and its values, such as lr=1e-4,1e-3 (repeatable)",
    )
    parser.add_argument(
        "--seeds",
        default="",
        metavar="N",
        help="number of seeds for each point, or the seeds: 3, or 0,1,7 (default: that of the "
        "recipe)",
    )
    parser.add_argument(
        "--search",
        choices=("grid", "random", "optuna"),
        help="how points are chosen (default: random if a setting is drawn, else grid); optuna "
        "proposes points by the results so far and needs its package",
    )
    parser.add_argument(
        "--trials", type=int, default=20, metavar="N", help="points of a search (default: 20)"
    )
    parser.add_argument(
        "--at-once", type=int, default=1, metavar="N", help="runs trained at once (default: 1)"
    )
    parser.add_argument("--on", default="", metavar="PLACE", help=HELP_ON)
    parser.add_argument("--gpus", type=float, metavar="N", help=HELP_GPUS)
    parser.add_argument("--slurm", metavar="SETTINGS", help=HELP_SLURM)
    parser.add_argument(
        "--metric", default="", metavar="SLUG", help="ranks the runs (default: their first metric)"
    )
    parser.add_argument(
        "--stop-at-floor",
        action="store_true",
        help="start no more runs once one is within the noise floor of the metric",
    )
    parser.add_argument("--name", default="", help="of the sweep (default: that of the recipe)")
    ways = parser.add_mutually_exclusive_group()
    ways.add_argument("--resume", action="store_true", help="train what is left of a sweep")
    ways.add_argument("--results", action="store_true", help="show the results of a sweep")
    ways.add_argument("--dry-run", action="store_true", help="list the points; train nothing")
    parser.add_argument(
        "--out", type=Path, metavar="DIR", help="the project folder (default: ./pushforward-runs)"
    )
    add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """Sweep, and return 0 when all runs finished, 1 when some failed, 130 when stopped."""
    from pushforward.studio.cli import catalogue
    from pushforward.studio.store.project import Project
    from pushforward.studio.store.sweeps import read_sweep, write_sweep
    from pushforward.studio.sweeps.plan import Sweep, describe_sweep
    from pushforward.studio.workflows.target import DEFAULT_PROJECT

    catalogue.load()
    project = (arguments.out or Path(DEFAULT_PROJECT)).expanduser().absolute()
    if arguments.results:
        return _show(read_sweep(project, arguments.target, Sweep), project, arguments.json)
    if arguments.at_once < 1:
        raise UsageError(f"--at-once: 1 or more, not {arguments.at_once}")
    if arguments.resume:
        _check_only_resumed(arguments)
        sweep = read_sweep(project, arguments.target, Sweep)
    else:
        sweep = _planned(arguments, project)
        if arguments.dry_run:
            return _list(sweep)
    on, at_once = arguments.on, arguments.at_once
    executor = open_executor(on, at_once, say, arguments.gpus, arguments.slurm)
    if not arguments.resume:
        Project.open_or_create(project)
        write_sweep(project, sweep.name, sweep)
    say(f"{sweep.name}: {describe_sweep(sweep)}  ->  {project}")
    return _drive(sweep, project, executor, as_json=arguments.json)


def _check_only_resumed(arguments: argparse.Namespace) -> None:
    given = [arguments.settings, arguments.seeds, arguments.search, arguments.name]
    if any(given) or arguments.metric or arguments.stop_at_floor:
        raise UsageError("--resume: the sweep keeps its settings; give only its name")


def _planned(arguments: argparse.Namespace, project: Path) -> "Sweep":
    """Return the sweep that was asked for.

    Raises:
        UsageError: it cannot be run as asked for.
    """
    from pushforward.studio.workflows.sweep_planning import plan_sweep
    from pushforward.studio.workflows.target import find

    target = find(arguments.target)
    if target.rivals:
        raise UsageError(f"{arguments.target} is a race: sweep one of its models")
    return plan_sweep(
        target.spec,
        arguments.settings,
        project,
        seeds=arguments.seeds,
        search=arguments.search,
        trials=arguments.trials,
        metric=arguments.metric,
        stop_at_floor=arguments.stop_at_floor,
        name=arguments.name,
        at_once=arguments.at_once,
        elsewhere=bool(arguments.on),
    )


def _list(sweep: "Sweep") -> int:
    from pushforward.studio.sweeps.plan import describe_sweep, list_points

    say(describe_sweep(sweep))
    if sweep.search != "optuna":
        rows = [(str(n), *point.values()) for n, point in enumerate(list_points(sweep))]
        table(rows, head=("POINT", *(axis.key for axis in sweep.axes)))
    return 0


def _drive(sweep: "Sweep", project: Path, executor: "Executor", *, as_json: bool) -> int:
    from pushforward.studio.workflows.stopping import Stop
    from pushforward.studio.workflows.sweep_driver import SweepDriver

    stop = Stop(project / "sweeps" / sweep.name)
    driver = SweepDriver(sweep, project, executor, report=say, stop=stop)
    try:
        whole = driver.run()
    finally:
        stop.restore()
        executor.close()
    if driver.reached:
        say(f"{driver.reached} is within the noise floor: the sweep ends.")
    if not whole:
        say(f"Stopped. Resume with: pushforward sweep {sweep.name} --resume --out {project}")
        return 128 + stop.signal if stop.signal else INTERRUPTED
    _show(sweep, project, as_json)
    return int(bool(driver.failed))


def _show(sweep: "Sweep", project: Path, as_json: bool) -> int:
    from pushforward.studio.sweeps.analysis import find_importance
    from pushforward.studio.workflows.sweep_driver import runs_of
    from pushforward.studio.workflows.sweep_results import read_results

    found = read_results(runs_of(project, sweep.name), sweep.metric)
    importance = find_importance(found.outcomes)
    if as_json:
        rows = [
            {"run": o.name, "value": o.value, "steps": o.steps, "seconds": o.seconds, **o.values}
            for o in found.outcomes
        ]
        shares = [
            {"setting": i.key, "share": i.share, "low": i.low, "high": i.high, "p": i.p}
            for i in importance
        ]
        say(json.dumps({"metric": found.metric, "runs": rows, "importance": shares}))
        return 0
    if not found.outcomes:
        say("No run of the sweep has finished yet.")
        return 0
    ranked = sorted(found.outcomes, key=lambda each: each.score)
    keys = list(ranked[0].values)
    table(
        [
            (o.name, *(o.values[k] for k in keys), _short(o.value), f"{o.seconds:.0f}")
            for o in ranked
        ],
        head=("RUN", *(key.rpartition(".")[2] for key in keys), found.metric, "SECONDS"),
    )
    _show_budgets([each.score for each in found.outcomes], found.metric)
    if importance:
        say()
        say("Share of the variance that a setting explains alone [95 % interval], p of none:")
        lines = [
            (i.key, f"{i.share:.2f} [{i.low:.2f}, {i.high:.2f}]", f"{i.p:.3f}") for i in importance
        ]
        table(lines, head=("SETTING", "SHARE", "p"))
    return 0


def _show_budgets(scores: list[float], metric: str) -> None:
    from pushforward.models.registry import registry
    from pushforward.studio.sweeps.analysis import budgets, expected_best

    better = registry.get("metric", metric).better
    say()
    say(f"Best {metric} of a budget of so many runs, mean ± SD over choices of them:")
    rows = []
    for k in budgets(len(scores)):
        mean, sd = expected_best(scores, k)
        sign = -1 if better == "higher" else 1
        rows.append((str(k), f"{_short(sign * mean)} ± {_short(sd)}"))
    table(rows, head=("RUNS", "distance from the floor" if better == "near" else metric))


def _short(value: float) -> str:
    return f"{value:.4g}" if math.isfinite(value) else "-"

"""Race 2 to 8 recipes or run specs at equal budget, without a window.

They are stepped in turn, on the same data and particles, so that all have spent the same share of
the budget at any time. A final table compares them with the noise floors. Ctrl+C saves all and
stops (status 130); a second one stops at once. So do SIGTERM (143) and the end of the terminal
(SIGHUP, 129).
"""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from pushforward.studio.cli.arguments import add_settings
from pushforward.studio.cli.terminal import complain, say
from pushforward.studio.workflows.errors import UsageError

if TYPE_CHECKING:
    from pushforward.studio.protocol.messages import Budget
    from pushforward.studio.store.run import RunFolder
    from pushforward.studio.workflows.target import Target

__all__ = ["HELP", "add_arguments", "run", "start"]

HELP = "compare methods at equal budget"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument(
        "targets",
        nargs="+",
        metavar="RECIPE_OR_SPEC",
        help="2 to 8 recipes, recipe files, run folders (whose specs are run anew) or "
        "MODEL@DATASET; or a recipe that is a race, which has its own budget",
    )
    budget = parser.add_mutually_exclusive_group()
    budget.add_argument("--budget-steps", type=int, metavar="N", help="training steps for each")
    budget.add_argument("--budget-samples", type=int, metavar="N", help="data points for each")
    budget.add_argument(
        "--budget-seconds", type=float, metavar="S", help="seconds of training time for each"
    )
    add_settings(parser, "change a setting of all, such as training.batch=256 (repeatable)")
    parser.add_argument(
        "--resume", action="store_true", help="resume the race of these run folders"
    )
    parser.add_argument(
        "--out",
        type=Path,
        metavar="DIR",
        help="the project folder (default: ./pushforward-runs)",
    )


def run(arguments: argparse.Namespace) -> int:
    """Race, and return 0 when finished, 1 when any failed, 128 + n when stopped by a signal n."""
    from pushforward.studio.cli import catalogue

    catalogue.load()
    return _race(_again(arguments) if arguments.resume else _new(arguments))


def _new(arguments: argparse.Namespace) -> "list[RunFolder]":
    """Make the run folders."""
    from pushforward.studio.workflows.target import find

    return _create_runs(
        [find(target) for target in arguments.targets],
        _budget(arguments),
        arguments.settings,
        arguments.out,
    )


def start(target: "Target", settings: list[str], out: Path | None) -> int:
    """Race a recipe that is a race; return as `run` does."""
    return _race(_create_runs([target], None, settings, out))


def _create_runs(
    targets: "list[Target]", budget: "Budget | None", settings: list[str], out: Path | None
) -> "list[RunFolder]":
    """Make the run folders of the race of some targets, at a budget or else their own."""
    from pushforward.studio.engine.race import headless as headless_race
    from pushforward.studio.workflows.settings import apply
    from pushforward.studio.workflows.target import DEFAULT_PROJECT

    own = [target.budget for target in targets if target.budget is not None]
    budget = budget or next(iter(own), None)
    if budget is None:
        raise UsageError("set the budget: --budget-steps, --budget-samples or --budget-seconds")
    project = out or Path.cwd() / DEFAULT_PROJECT
    found = [spec for target in targets for spec in (target.spec, *target.rivals)]
    return headless_race.create([apply(spec, settings, project) for spec in found], budget, project)


def _again(arguments: argparse.Namespace) -> "list[RunFolder]":
    """The run folders of a race that was begun."""
    from pushforward.studio.workflows.target import find

    if arguments.settings or arguments.out or _budget(arguments) is not None:
        raise UsageError("--resume keeps the settings of the race: remove the other options")
    runs = [find(target).run for target in arguments.targets]
    folders = [run for run in runs if run is not None]
    if len(folders) < len(runs):
        raise UsageError("--resume needs the run folders of the race")
    return folders


def _budget(arguments: argparse.Namespace) -> "Budget | None":
    from pushforward.studio.protocol.messages import Budget

    for kind in ("steps", "samples", "seconds"):
        amount = getattr(arguments, f"budget_{kind}")
        if amount is not None:
            return Budget(kind=kind, amount=amount)
    return None


def _race(folders: "list[RunFolder]") -> int:
    from pushforward.studio.cli.race_progress import RaceBar
    from pushforward.studio.engine.race import headless as headless_race
    from pushforward.studio.workflows.background import withdraw_stop
    from pushforward.studio.workflows.stopping import Stop

    withdraw_stop(folders[0].path)  # one of before
    stop = Stop(folders[0].path)
    bar = RaceBar(folders[0].record.race, {f.name: f.record.spec.name for f in folders})
    for folder in folders:
        bar.line(f"{folder.record.spec.name}  ->  {folder.path}")
    try:
        headless_race.run(folders, on_event=bar, stop=stop)
    finally:
        bar.close()
        stop.restore()
    return _report(folders, stop.signal)


def _report(folders: "list[RunFolder]", signal: int | None) -> int:
    from pushforward.studio.cli.standings import show

    states = {folder.status().state for folder in folders}
    show(folders)
    for folder in folders:
        error = folder.status().error
        if error is not None:
            complain(f"{folder.name}: {error.message}", error.hint)
    if "paused" in states:
        say(f"Resume with: pushforward race {' '.join(str(f.path) for f in folders)} --resume")
        return 128 + signal if signal else 0
    return 1 if "failed" in states else 0

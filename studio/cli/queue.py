"""Queue trainings of a project, and train them one after another.

A queued run is a run folder that waits. The window lists the same runs, and offers to queue them
there.
"""

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pushforward.spelling import ask_whether
from pushforward.studio.cli.arguments import add_json, add_project, add_settings
from pushforward.studio.cli.terminal import say, table
from pushforward.studio.workflows.errors import UsageError

if TYPE_CHECKING:
    from pushforward.studio.store.project import Project
    from pushforward.studio.store.run import RunFolder

__all__ = ["HELP", "add_arguments", "run"]

HELP = "queue trainings of a project and train them in order"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    listing = commands.add_parser("list", help="list the runs that train or wait")
    add_json(listing)
    listing.set_defaults(work=_list)
    adding = commands.add_parser("add", help="add recipes or paused runs to the end of the queue")
    adding.add_argument(
        "targets",
        nargs="+",
        metavar="RECIPE_OR_RUN",
        help="a recipe, a recipe file, MODEL@DATASET, or a run folder, which will be resumed",
    )
    add_settings(adding, "change a setting of new runs, such as training.steps=500 (repeatable)")
    adding.set_defaults(work=_add)
    cancelling = commands.add_parser(
        "cancel", help="take a run out of the queue, or stop it with a checkpoint if it trains"
    )
    cancelling.add_argument("name", metavar="RUN", help="its name or number, such as 0003-edm or 3")
    cancelling.set_defaults(work=_cancel)
    moving = commands.add_parser("move", help="change the place of a run that waits")
    moving.add_argument("name", metavar="RUN", help="its name or number, such as 0003-edm or 3")
    moving.add_argument(
        "place", type=int, metavar="PLACE", help="1 is next; a number beyond the end is last"
    )
    moving.set_defaults(work=_move)
    starting = commands.add_parser("start", help="train what waits, until the queue is empty")
    starting.set_defaults(work=_start)
    for each in (listing, adding, cancelling, moving, starting):
        add_project(each)


def run(arguments: argparse.Namespace) -> int:
    """Do what the subcommand says."""
    status: int = arguments.work(arguments)
    return status


def _list(arguments: argparse.Namespace) -> int:
    rows = [_describe(run) for run in _active(_project(arguments))]
    if arguments.json:
        say(json.dumps(rows))
    elif rows:
        progress = [f"{row['step']:,} of {row['total']:,}" for row in rows]
        table(
            [
                (row["run"], row["state"], step, row["model"], row["dataset"])
                for row, step in zip(rows, progress, strict=True)
            ],
            head=("RUN", "STATE", "STEP", "MODEL", "DATA"),
        )
    else:
        say("The queue is empty. 'pushforward queue add RECIPE' adds a run.")
    return 0


def _add(arguments: argparse.Namespace) -> int:
    from pushforward.studio.cli import catalogue
    from pushforward.studio.workflows.create import create
    from pushforward.studio.workflows.settings import apply
    from pushforward.studio.workflows.target import find

    catalogue.load()
    targets = [find(target) for target in arguments.targets]
    for target, name in zip(targets, arguments.targets, strict=True):
        if target.rivals:
            raise UsageError(f"{name} is a race: 'pushforward run {name}' starts it")
        if target.run is not None:
            _check_resumable(target.run, arguments)
    project = arguments.project.expanduser().absolute()
    specs = {
        place: apply(target.spec, arguments.settings, project)
        for place, target in enumerate(targets)
        if target.run is None
    }
    for place, target in enumerate(targets):
        run = target.run or create(specs[place], project)
        # It belongs to no process until one trains it.
        run.update_status(state="queued", error=None, background=False, pid=0, process_started=0.0)
        say(f"Queued {run.name}")
    say("'pushforward queue start' trains them; so does the window.")
    return 0


def _check_resumable(run: "RunFolder", arguments: argparse.Namespace) -> None:
    status = run.status()
    if arguments.settings:
        raise UsageError(f"{run.name} keeps its settings: remove --set")
    if run.alive():
        raise UsageError(f"{run.name} is being trained")
    if status.state == "finished":
        raise UsageError(f"{run.name} has completed its {status.step:,} steps")


def _cancel(arguments: argparse.Namespace) -> int:
    from pushforward.studio.workflows.background import ask_to_stop

    run = _find(_active(_project(arguments)), arguments.name)
    if run.alive():
        ask_to_stop(run.path)
        say(f"{run.name} saves a checkpoint and stops.")
        return 0
    run.update_status(state="cancelled")
    say(f"{run.name} left the queue. 'pushforward queue add {run.path}' adds it again.")
    return 0


def _move(arguments: argparse.Namespace) -> int:
    if arguments.place < 1:
        raise UsageError(f"PLACE: 1 or more, not {arguments.place}")
    project = _project(arguments)
    run = _find(project.queued(), arguments.name)
    order = project.move_in_queue(run.name, arguments.place - 1)
    place = [each.name for each in order].index(run.name) + 1
    say(f"{run.name} is number {place} of {len(order)} in the queue.")
    return 0


def _start(arguments: argparse.Namespace) -> int:
    from pushforward.studio.cli import catalogue
    from pushforward.studio.cli.run import train

    catalogue.load()
    project, failed, trained = _project(arguments), 0, 0
    while (run := next(iter(project.queued()), None)) is not None:
        status = train(run)
        trained += 1
        failed += status == 1
        if status > 1:  # stopped by a signal, and the rest of the queue with it
            return status
    say(f"Trained {trained} runs, {failed} failed." if trained else "The queue is empty.")
    return int(failed > 0)


def _project(arguments: argparse.Namespace) -> "Project":
    from pushforward.studio.store.project import Project

    return Project.open(arguments.project.expanduser())


def _active(project: "Project") -> list["RunFolder"]:
    """Return the runs that train, then those that wait, in order."""
    return [*(run for run in project.runs() if run.alive()), *project.queued()]


def _find(runs: list["RunFolder"], name: str) -> "RunFolder":
    wanted = Path(name).name
    for run in runs:
        number = run.name.partition("-")[0]
        if run.name == wanted or (wanted.isdecimal() and int(number) == int(wanted)):
            return run
    names = [run.name for run in runs]
    hint = ask_whether(wanted, names, "'pushforward queue list' lists the queue")
    raise UsageError(f"no run {name!r} is in the queue; {hint}")


def _describe(run: "RunFolder") -> dict[str, Any]:
    status, spec = run.status(), run.record.spec
    return {
        "run": run.name,
        "path": str(run.path),
        "state": status.state,
        "step": status.step,
        "total": status.total,
        "model": spec.family.slug,
        "dataset": spec.dataset.slug,
    }

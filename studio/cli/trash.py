"""Move runs and data sets of a project to the trash, list and restore them, or empty the trash.

The window moves deleted runs, data sets and results there, too.
"""

import argparse
import datetime
import json
from pathlib import Path

from pushforward.spelling import ask_whether
from pushforward.studio.cli.arguments import add_json, add_project
from pushforward.studio.cli.terminal import say, table
from pushforward.studio.store.project import Project
from pushforward.studio.store.trash import Trashed
from pushforward.studio.workflows.errors import UsageError

__all__ = ["HELP", "add_arguments", "run"]

HELP = "move to the trash of a project, list, restore or empty it"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    listing = commands.add_parser("list", help="list deleted runs, data sets and results")
    add_project(listing)
    add_json(listing)
    listing.set_defaults(work=_list)
    adding = commands.add_parser("add", help="move runs or imported data sets to the trash")
    adding.add_argument(
        "names", nargs="+", metavar="NAME", help="a run, such as 0003-edm, or a data set"
    )
    add_project(adding)
    adding.set_defaults(work=_add)
    restoring = commands.add_parser("restore", help="move something back to where it was")
    restoring.add_argument(
        "name", metavar="NAME", help="its name, such as 0003-edm, or its entry as listed"
    )
    add_project(restoring)
    restoring.set_defaults(work=_restore)
    emptying = commands.add_parser("empty", help="delete everything in the trash permanently")
    add_project(emptying)
    emptying.add_argument("--yes", action="store_true", help="required: it cannot be undone")
    emptying.set_defaults(work=_empty)


def run(arguments: argparse.Namespace) -> int:
    """Do what the subcommand says."""
    project = Project.open(arguments.project.expanduser())
    work: int = arguments.work(arguments, project)
    return work


def _list(arguments: argparse.Namespace, project: Project) -> int:
    found = project.trashed()
    if arguments.json:
        rows = [
            {"entry": each.path.name, "path": each.origin, "deleted": _when(each)} for each in found
        ]
        say(json.dumps(rows))
    elif found:
        table(
            [(Path(each.origin).name, each.origin, _when(each), each.path.name) for each in found],
            head=("NAME", "PATH", "DELETED", "ENTRY"),
        )
    else:
        say(f"The trash of {project.name} is empty.")
    return 0


def _add(arguments: argparse.Namespace, project: Project) -> int:
    paths = {path.name: path for path in (*project.dataset_paths(), *project.run_paths())}
    for name in arguments.names:
        if name not in paths:
            hint = ask_whether(name, paths, f"{project.path} has neither")
            raise UsageError(f"no run or data set is called {name!r}; {hint}")
    for name in arguments.names:
        project.trash(paths[name])
        say(f"Moved {name} to the trash. 'pushforward trash restore {name}' moves it back.")
    return 0


def _restore(arguments: argparse.Namespace, project: Project) -> int:
    found = project.trashed()
    # Of several with a name the newest: it was deleted last.
    names = {each.path.name: each for each in found} | {Path(e.origin).name: e for e in found}
    entry = names.get(arguments.name)
    if entry is None:
        hint = ask_whether(arguments.name, names, "'pushforward trash list' lists its content")
        raise UsageError(f"nothing called {arguments.name!r} is in the trash; {hint}")
    say(f"Restored {project.restore(entry.path)}")
    return 0


def _empty(arguments: argparse.Namespace, project: Project) -> int:
    found = project.trashed()
    if not arguments.yes:
        raise UsageError(
            f"this deletes {len(found):,} entries of {project.path} permanently; add --yes"
        )
    project.empty_trash()
    say(f"Deleted {len(found):,} entries permanently.")
    return 0


def _when(entry: Trashed) -> str:
    moment = datetime.datetime.fromtimestamp(entry.time)
    return moment.isoformat(sep=" ", timespec="minutes")

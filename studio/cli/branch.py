"""Copy a run up to one of its steps, change settings, and train on from there as a new run.

Up to that step the new run is identical to its parent, bit for bit; without a change it stays so.
The parent is not changed.
"""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from pushforward.studio.cli.arguments import add_settings
from pushforward.studio.cli.terminal import say
from pushforward.studio.workflows.errors import UsageError

if TYPE_CHECKING:
    from pushforward.studio.store.run import RunFolder

__all__ = ["HELP", "add_arguments", "run"]

HELP = "branch a run from one of its steps, with changed settings"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument("run", type=Path, metavar="RUN", help="the parent run folder")
    parser.add_argument(
        "--step", type=int, required=True, metavar="N", help="the step after which to branch"
    )
    add_settings(
        parser,
        "change a setting of the model from there on, such as family.penalty=1 (repeatable); "
        "'pushforward show MODEL' lists those that can change",
    )
    parser.add_argument("--name", default="", help="name of the new run")


def run(arguments: argparse.Namespace) -> int:
    """Branch and train; the status is that of `studio.cli.run.train`."""
    from pushforward.studio.cli import catalogue
    from pushforward.studio.cli.run import train

    catalogue.load()
    folder, start = _branch(arguments)
    left = f"Left {folder.record.parent} after step {arguments.step:,}"
    origin = f"the checkpoint at step {start:,}" if start else "the beginning"
    replays = start < arguments.step
    say(f"{left}; first its steps from {origin} are replayed." if replays else f"{left}.")
    return train(folder)


def _branch(arguments: argparse.Namespace) -> "tuple[RunFolder, int]":
    from pushforward.studio.engine.run.branching import branch
    from pushforward.studio.store.run import RunFolder
    from pushforward.studio.workflows.settings import changes

    if not (arguments.run / "run.toml").is_file():
        raise UsageError(f"{arguments.run} is not a run folder: it has no run.toml")
    parent = RunFolder(arguments.run)
    wanted = changes(parent.record.spec, arguments.settings, arguments.step)
    return branch(parent, arguments.step, arguments.name, wanted)

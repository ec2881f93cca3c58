"""Be an engine: commands on standard input, events on standard output, log on standard error.

The window starts one here, or on another computer through ssh. With --detached it goes on when the
connection is gone, and the next --detached of the same folder finds it again.
"""

import argparse
from pathlib import Path

from pushforward.studio.cli.terminal import say

__all__ = ["HELP", "add_arguments", "run"]

HELP = "run an engine for the studio (started by it, or over ssh)"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """``--detached``, ``--serve`` and ``--stop``."""
    kinds = parser.add_mutually_exclusive_group()
    kinds.add_argument(
        "--detached",
        metavar="FOLDER",
        type=Path,
        help="connect to the engine of this folder, which outlives the connection; start one if "
        "there is none",
    )
    kinds.add_argument(
        "--serve",
        metavar="FOLDER",
        type=Path,
        help="keep an engine for this folder and wait for connections (what --detached starts)",
    )
    kinds.add_argument(
        "--stop",
        metavar="FOLDER",
        type=Path,
        help="save what the engine of this folder trains, and end it",
    )


def run(arguments: argparse.Namespace) -> int:
    """Serve until the input ends."""
    if arguments.serve is not None:
        from pushforward.studio.remote.engine_host import serve

        return serve(arguments.serve)
    if arguments.detached is not None:
        from pushforward.studio.remote.bridge import bridge

        return bridge(arguments.detached.expanduser())
    if arguments.stop is not None:
        from pushforward.studio.remote.stopping import stop

        say("stopped" if stop(arguments.stop.expanduser()) else "no engine runs there")
        return 0
    from pushforward.studio.engine.main import main

    return main()

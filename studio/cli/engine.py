"""Be an engine: commands on standard input, events on standard output, log on standard error."""

import argparse

__all__ = ["HELP", "add_arguments", "run"]

HELP = "run an engine for the studio (started by it, or over ssh)"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """It takes nothing."""


def run(arguments: argparse.Namespace) -> int:
    """Serve until the input ends."""
    from pushforward.studio.engine.main import main

    main()

"""Be an engine: commands on standard input, events on standard output, log on standard error."""

import argparse

__all__ = ["HELP", "add_arguments", "run"]

HELP = "be an engine for a studio (started by it, or through ssh)"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """It takes nothing."""


def run(arguments: argparse.Namespace) -> int:
    """Serve until the input ends."""
    from pushforward.studio.engine.main import main

    main()

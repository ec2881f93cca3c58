"""Arguments that several commands take."""

import argparse

__all__ = ["add_settings"]


def add_settings(parser: argparse.ArgumentParser, does: str) -> None:
    """Declare ``--set``, read into ``settings``; ``does`` says what one of them does."""
    parser.add_argument(
        "--set", action="append", default=[], dest="settings", metavar="NAME=VALUE", help=does
    )

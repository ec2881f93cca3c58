"""`--smallest`: the option by which every benchmark is started once in the tests.

A benchmark is a module with ``main(argv)`` that reads its options by `parse`. With ``--smallest``
it does all that it does, of so little that it takes a second or two, and measures nothing.
"""

import argparse
from collections.abc import Sequence
from typing import Any

__all__ = ["parse"]


def parse(
    parser: argparse.ArgumentParser, argv: Sequence[str] | None, **smallest: Any
) -> argparse.Namespace:
    """Return the options of a benchmark; ``--smallest`` sets those of ``smallest``, by name."""
    text = "a run of a second or two, to see whether it works"
    parser.add_argument("--smallest", action="store_true", help=text)
    given = parser.parse_args(argv)
    if given.smallest:
        vars(given).update(smallest)
    return given

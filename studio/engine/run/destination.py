"""Where something is written that leaves the studio: no file of a person is replaced unasked."""

import os
from pathlib import Path

from pushforward.studio.engine.process.refusal import Refused

__all__ = ["check_destination"]


def check_destination(file: Path, overwrite: bool) -> None:
    """Make sure that nothing is lost by writing a file; ``overwrite`` says that its replacing was
    agreed to.

    Raises:
        Refused: it is there already, and nobody agreed; the path is "overwrite".
    """
    # A link that leads nowhere is somebody's, too.
    if not overwrite and os.path.lexists(file):
        raise Refused(
            f"{file} is there already.",
            "Choose another name, or allow overwriting.",
            path="overwrite",
        )

"""Check output files: existing ones are not overwritten without consent."""

import os
from pathlib import Path

from pushforward.studio.engine.process.refusal import Refused

__all__ = ["check_destination"]


def check_destination(file: Path, overwrite: bool) -> None:
    """Check that writing a file loses nothing; ``overwrite`` allows replacing it.

    Raises:
        Refused: the file exists and ``overwrite`` is false; the path is "overwrite".
    """
    # A link that leads nowhere is somebody's, too.
    if not overwrite and os.path.lexists(file):
        raise Refused(
            f"{file} is there already.",
            "Choose another name, or allow overwriting.",
            path="overwrite",
        )

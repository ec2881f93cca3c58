"""Check output files: their folder is there, and none is overwritten without consent."""

import os
from pathlib import Path

from pushforward.studio.engine.process.refusal import Refused
from pushforward.studio.store.errors import missing_folder

__all__ = ["check_destination"]


def check_destination(file: Path, overwrite: bool) -> None:
    """Check that a file can be written and that nothing is lost; ``overwrite`` allows replacing it.

    Raises:
        Refused: its folder does not exist (the path is "file"), or the file exists and
            ``overwrite`` is false (the path is "overwrite").
    """
    if not file.parent.is_dir():
        missing = missing_folder(file)
        raise Refused(missing.message, missing.hint, path="file")
    # A link that leads nowhere is somebody's, too.
    if not overwrite and os.path.lexists(file):
        raise Refused(
            f"{file} is there already.",
            "Choose another name, or allow overwriting.",
            path="overwrite",
        )

"""Sounds, played by the program of the system that opens them: none is brought along."""

import tempfile
from functools import cache
from itertools import count
from pathlib import Path

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices

__all__ = ["Unplayed", "play"]

_numbers = count(1)


class Unplayed(Exception):
    """A sound cannot be played; the message says why, and what to do."""


@cache
def _folder() -> "tempfile.TemporaryDirectory[str]":
    """Return a folder that goes when the studio is closed: a player reads when it likes."""
    return tempfile.TemporaryDirectory(prefix="pushforward-")


def play(sound: bytes) -> Path:
    """Open a WAV file with the player of the system; return the file.

    Raises:
        Unplayed: the file cannot be written, or no program opens it.
    """
    try:
        # Of its own name each: a player may still read the last one, or know its length.
        path = Path(_folder().name) / f"sound-{next(_numbers)}.wav"
        path.write_bytes(sound)
    except OSError as error:
        raise Unplayed(f"The sound cannot be written: {error.strerror or error}.") from error
    if not QDesktopServices.openUrl(QUrl.fromLocalFile(str(path))):
        raise Unplayed(
            "No program opens WAV files. Install an audio player, or export the samples as WAV."
        )
    return path

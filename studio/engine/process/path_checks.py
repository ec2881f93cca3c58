"""Check the paths of commands: they must be absolute, because the engine has another working
folder.
"""

from pathlib import Path

import msgspec

from pushforward.studio.engine.process.failures import Refused
from pushforward.studio.protocol.commands import PATHS
from pushforward.studio.protocol.messages import Command

__all__ = ["check_places"]

_LONGEST = 4096


def check_places(command: Command) -> None:
    """Check that all paths of a command are absolute; optional ones may be empty.

    Raises:
        Refused: a path is empty or relative; it names the field.
    """
    for field in msgspec.structs.fields(command):
        if field.name not in PATHS:
            continue
        value = getattr(command, field.name)
        if value == field.default:
            continue  # none is named
        for text in [value] if isinstance(value, str) else value:
            _check(field.name, text)


def _check(name: str, text: str) -> None:
    if not text or len(text) > _LONGEST or "\0" in text or not Path(text).is_absolute():
        raise Refused(
            f"{name} must be an absolute path, got {text[:80]!r}.",
            "Give the full path from the root of the disk.",
            path=name,
        )

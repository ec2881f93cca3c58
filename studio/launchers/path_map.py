"""Translate the paths in messages between a folder on another computer and its mirror here.

The other side is not trusted: a path that it sends outside its folder names nothing here.
"""

import os
from collections.abc import Mapping
from pathlib import Path, PurePath, PurePosixPath
from typing import Any

import msgspec

from pushforward.studio.protocol.commands import PATHS

__all__ = ["ForeignPath", "PathMap"]

_PATHS = frozenset({"by", "result", *PATHS})
"""Fields of messages that contain paths."""


class ForeignPath(ValueError):
    """A command names a path of this computer that is not in the mirror."""


class PathMap:
    """The paths below ``remote`` there, and below ``local`` here."""

    def __init__(self, remote: str, local: Path) -> None:
        self.remote = remote.rstrip("/")
        self.local = local

    def to_remote(self, path: str | PurePath) -> str:
        """Return the path there of a path in the mirror.

        Raises:
            ForeignPath: it is not in the mirror.
        """
        try:
            below = PurePath(path).relative_to(self.local).as_posix()
        except ValueError:
            raise ForeignPath(str(path)) from None
        return self.remote if below == "." else f"{self.remote}/{below}"

    def to_local(self, path: str) -> str:
        """Return the path in the mirror of a path there, "" if it is not in the folder there."""
        if path == self.remote:
            return str(self.local)
        below = PurePosixPath(path.removeprefix(f"{self.remote}/"))
        if not path.startswith(f"{self.remote}/") or ".." in below.parts or "\\" in path:
            return ""
        return str(self.local / below)

    def outgoing(self, command: Any) -> Any:
        """Return a command with the paths that the engine there knows.

        Raises:
            ForeignPath: it names a path of this computer outside the mirror.
        """
        changed: dict[str, Any] = {}
        for name in command.__struct_fields__:
            value = getattr(command, name)
            if name in _PATHS and isinstance(value, str) and os.path.isabs(value):
                changed[name] = self.to_remote(value)
            elif name in _PATHS and isinstance(value, list):
                changed[name] = [self.to_remote(v) if os.path.isabs(v) else v for v in value]
        return msgspec.structs.replace(command, **changed) if changed else command

    def incoming(self, value: Any) -> Any:
        """Return an event, or a part of one, with the paths of the mirror."""
        if isinstance(value, msgspec.Struct):
            changed = {
                name: new
                for name in value.__struct_fields__
                if (new := self._field(name, old := getattr(value, name))) is not old
            }
            return msgspec.structs.replace(value, **changed) if changed else value
        if isinstance(value, dict):
            return self._mapping(value)
        if isinstance(value, list) and value and isinstance(value[0], (msgspec.Struct, dict)):
            return [self.incoming(each) for each in value]
        return value

    def _mapping(self, value: Mapping[str, Any]) -> dict[str, Any]:
        return {name: self._field(name, each) for name, each in value.items()}

    def _field(self, name: str, value: Any) -> Any:
        if isinstance(value, str):
            is_path = name in _PATHS and value.startswith("/")
            return self.to_local(value) if is_path else value
        if isinstance(value, list) and name in _PATHS:
            return [self._field(name, each) for each in value]
        return self.incoming(value)

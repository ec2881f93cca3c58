"""What the studio remembers about a person: theme, colours, scale, recent projects, layout.

One TOML file in the configuration folder (`studio.home`), replaced as a whole, so that a crash
leaves the old one. A file that cannot be read is set aside and never stops the start.
"""

import logging
import tomllib
from pathlib import Path
from typing import Any, Literal

import msgspec

from studio.home import config_folder, data_folder

__all__ = [
    "Preferences",
    "RecentProject",
    "load",
    "playground",
    "save",
]

log = logging.getLogger(__name__)

RECENT = 12


class RecentProject(msgspec.Struct, frozen=True, kw_only=True):
    """A project opened before; ``opened`` in seconds since 1970."""

    path: str
    name: str
    opened: float


class Preferences(msgspec.Struct, kw_only=True):
    """Everything remembered. ``scale`` is in per cent and takes effect at the next start; ``files``
    is the folder in which a file was chosen last; ``columns_off`` are those of the table of
    runs.
    """

    format: int = 1
    theme: Literal["system", "dark", "light"] = "system"
    identity: Literal["hue", "blue-yellow"] = "hue"
    scale: int = 100
    recent: list[RecentProject] = []
    files: str = ""
    columns_off: list[str] = []
    layout: dict[str, Any] = {}

    def opened(self, path: Path, name: str, at: float) -> None:
        """Put a project first in the list of recent ones."""
        entry = RecentProject(path=str(path), name=name, opened=at)
        others = [r for r in self.recent if r.path != entry.path]
        self.recent = [entry, *others][:RECENT]


def playground() -> Path:
    """The project of whoever has not given one a place yet; it need not be there."""
    return data_folder() / "Playground"


def load() -> Preferences:
    """Read the preferences; defaults where there are none."""
    path = config_folder() / "preferences.toml"
    try:
        return msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), Preferences)
    except FileNotFoundError:
        return Preferences()
    except (OSError, tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        log.info("preferences cannot be read (%s); starting with defaults", error)
        return Preferences()


def save(preferences: Preferences) -> None:
    """Write the preferences; a full or read-only disk costs only the memory of them."""
    import tomli_w

    from studio.store import atomic

    path = config_folder() / "preferences.toml"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        atomic.write_text(path, tomli_w.dumps(msgspec.to_builtins(preferences)))
    except OSError as error:
        log.info("preferences cannot be written: %s", error)

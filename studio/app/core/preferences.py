"""What the studio remembers about a person: look, costs, recent projects, layout.

One TOML file in the configuration folder (`studio.home`), replaced as a whole, so that a crash
leaves the old one. A file that cannot be read is set aside and never stops the start.
"""

import logging
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec

from pushforward.studio.home import config_folder, data_folder
from pushforward.studio.launchers.computers import Computer, mirror_folder
from pushforward.studio.protocol.messages import VIEW_SHARE
from pushforward.studio.protocol.spec import RunSpec

__all__ = [
    "MOST_MEGABYTES",
    "MOST_THREADS",
    "MOST_VIEW",
    "Preferences",
    "RecentProject",
    "change",
    "computer_of",
    "load",
    "playground",
    "projects_folder",
    "save",
]

log = logging.getLogger(__name__)

RECENT, FOLDERS = 12, 6
MOST_THREADS, MOST_MEGABYTES, MOST_VIEW = 1024, 1_000_000, 50


class RecentProject(msgspec.Struct, frozen=True, kw_only=True):
    """A project opened before; ``opened`` in seconds since 1970."""

    path: str
    name: str
    opened: float


class Preferences(msgspec.Struct, kw_only=True):
    """Everything remembered. ``scale`` is in per cent and takes effect at the next start; ``files``
    is the folder in which a file was opened last, ``exports`` the one in which one was written,
    ``folders`` are the ones that were used last, the newest first;
    ``projects`` the one in which projects begin, ""
    for that of the program; ``columns_off`` are those of the table of runs. ``threads`` and
    ``kept_megabytes`` are of trainings that do not say, 0 for automatic and for no limit;
    ``view_share`` is what looking at a training may take of its time, in per cent. ``welcomed`` is
    whether the introduction of the first start was shown. ``updates`` is the release feed that
    *Check for updates* reads, a file or an https address.
    """

    format: int = 1
    theme: Literal["system", "dark", "light"] = "system"
    identity: Literal["hue", "blue-yellow"] = "hue"
    scale: int = 100
    recent: list[RecentProject] = []
    files: str = ""
    exports: str = ""
    folders: list[str] = []
    projects: str = ""
    threads: Annotated[int, msgspec.Meta(ge=0, le=MOST_THREADS)] = 0
    kept_megabytes: Annotated[int, msgspec.Meta(ge=0, le=MOST_MEGABYTES)] = 0
    view_share: Annotated[int, msgspec.Meta(ge=1, le=MOST_VIEW)] = round(100 * VIEW_SHARE)
    columns_off: list[str] = []
    welcomed: bool = False
    updates: str = ""
    computers: list[Computer] = []
    layout: dict[str, Any] = {}

    @property
    def starts_first(self) -> bool:
        """Whether the program starts for the first time: nothing was opened or kept before."""
        return not (self.welcomed or self.recent or playground().exists())

    def opened(self, path: Path, name: str, at: float) -> None:
        """Put a project first in the list of recent ones."""
        entry = RecentProject(path=str(path), name=name, opened=at)
        others = [r for r in self.recent if r.path != entry.path]
        self.recent = [entry, *others][:RECENT]

    def used_folder(self, folder: Path) -> None:
        """Put a folder first in the list of those that were used last."""
        others = [each for each in self.folders if each != str(folder)]
        self.folders = [str(folder), *others][:FOLDERS]

    def preferred(self, spec: RunSpec) -> RunSpec:
        """Return a spec that says of a training what it leaves open and the person has set."""
        own = {"threads": self.threads, "kept_megabytes": self.kept_megabytes}
        left_open = {name: value for name, value in own.items() if value}
        return msgspec.structs.replace(spec, training=left_open | spec.training)


def projects_folder() -> Path:
    """The folder in which projects begin: the chosen one if it is there, or the program's."""
    chosen = load().projects
    return Path(chosen) if chosen and Path(chosen).is_dir() else data_folder()


def playground() -> Path:
    """Return the default project; it need not exist."""
    return projects_folder() / "Playground"


def computer_of(project: Path) -> Computer | None:
    """Return the computer whose project is mirrored in a folder, None for one of this computer."""
    return next((each for each in load().computers if mirror_folder(each) == project), None)


def change(**values: object) -> None:
    """Set some of them, and leave what was remembered meanwhile."""
    kept = load()
    for name, value in values.items():
        setattr(kept, name, value)
    save(kept)


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

    from pushforward.studio.store import atomic

    path = config_folder() / "preferences.toml"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        atomic.write_text(path, tomli_w.dumps(msgspec.to_builtins(preferences)))
    except OSError as error:
        log.info("preferences cannot be written: %s", error)

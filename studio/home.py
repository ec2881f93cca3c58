"""Folders of the user: preferences, projects, cache, logs. The system has a folder for each;
``PUSHFORWARD_HOME`` puts all into one, for tests and portable installations.
"""

import os
import stat
from pathlib import Path

__all__ = [
    "cache_folder",
    "config_folder",
    "data_folder",
    "log_folder",
    "make_private",
    "moved",
]

VARIABLE = "PUSHFORWARD_HOME"
PROGRAM = "pushforward"


def moved() -> Path | None:
    """Return the one folder of everything, None where the system's are used."""
    home = os.environ.get(VARIABLE)
    return Path(home) if home else None


def config_folder() -> Path:
    """Return where the preferences are."""
    import platformdirs

    return moved() or Path(platformdirs.user_config_dir(PROGRAM, False))


def data_folder() -> Path:
    """Return where things are that the person has not given a place yet."""
    import platformdirs

    return moved() or Path(platformdirs.user_data_dir(PROGRAM, False))


def cache_folder() -> Path:
    """Return where things are that can be thrown away at any time."""
    import platformdirs

    home = moved()
    return home / "cache" if home else Path(platformdirs.user_cache_dir(PROGRAM, False))


def log_folder() -> Path:
    """Return where logs are."""
    import platformdirs

    home = moved()
    return home / "logs" if home else Path(platformdirs.user_log_dir(PROGRAM, False))


def make_private(folder: Path) -> bool:
    """Make a folder that no other account can read or change, and return whether it is one.

    A folder that is there already is accepted if this account owns it, no other account could
    write to it so far, and no folder above it lets other accounts replace it. On Windows the
    folders of a profile are private already, so nothing is checked.

    Raises:
        OSError: the operating system refused.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.mkdir(mode=0o700, exist_ok=True)
    if os.name == "nt":
        return True
    status = os.lstat(folder)
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.getuid():
        return False
    if status.st_mode & 0o022 or any(_can_be_replaced(above) for above in folder.resolve().parents):
        return False
    os.chmod(folder, 0o700)
    return not os.lstat(folder).st_mode & 0o077  # some file systems have no modes


def _can_be_replaced(folder: Path) -> bool:
    """Whether every account can rename what lies in a folder."""
    mode = os.stat(folder).st_mode
    return bool(mode & stat.S_IWOTH and not mode & stat.S_ISVTX)

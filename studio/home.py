"""Where the program keeps what is the person's: preferences, projects without a place, cache, logs.

The system has a folder for each. ``PUSHFORWARD_HOME`` puts all of them into one, for tests and for
a portable installation.
"""

import os
from pathlib import Path

__all__ = ["cache_folder", "config_folder", "data_folder", "log_folder", "moved"]

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

"""Versions of the packages that a result may depend on."""

import platform
from importlib.metadata import version

from pushforward.studio.version import program_version

__all__ = ["versions"]


def versions() -> dict[str, str]:
    """Return the versions that a result may depend on."""
    found = {name: version(name) for name in ("torch", "numpy")}
    return {"python": platform.python_version(), **found, "pushforward": program_version()}

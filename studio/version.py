"""The version of this program."""

from importlib.metadata import PackageNotFoundError, version

__all__ = ["program_version"]


def program_version() -> str:
    """Return the version of the installed package, "source" for a checkout without one."""
    try:
        return version("pushforward")
    except PackageNotFoundError:
        return "source"

"""Sentences about exported folders."""

from pushforward.studio.engine.exports.networks import Folder

__all__ = ["summarise"]


def summarise(folder: Folder, then: str) -> str:
    """Return which networks were written, how to use them, and which could not be written."""
    names = ", ".join(str(each["name"]) for each in folder.networks)
    left = "".join(f" Not exported: {name} ({why})." for name, why in folder.failures.items())
    return f"Exported {names}; {then}.{left}"

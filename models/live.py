"""Which settings differ between two configs, and whether they may change while a run trains."""

from pushforward.models.config import Config, ConfigError, describe, value_at

__all__ = ["changed", "check_live"]


def changed(old: Config, new: Config) -> list[str]:
    """Return the dotted paths at which two configs of one type differ, in their order."""
    return [
        row["path"]
        for row in describe(type(old))
        if value_at(old, row["path"]) != value_at(new, row["path"])
    ]


def check_live(old: Config, new: Config) -> list[str]:
    """Return what `changed` does, all of it settings described with ``live``.

    Raises:
        ConfigError: the configs are not of one type, or another setting differs.
    """
    if type(old) is not type(new):
        raise ConfigError("", f"expected {type(old).__name__}, got {type(new).__name__}")
    live = {row["path"] for row in describe(type(old)) if row["live"]}
    paths = changed(old, new)
    for path in paths:
        if path not in live:
            raise ConfigError(path, "cannot change in the middle of a training")
    return paths

"""From a pick to guidance, and what is wrong with a pick."""

from functools import cache

from pushforward.models.config import Config, ConfigError, Pick, decode, describe, encode
from pushforward.models.entries import GuidanceEntry
from pushforward.models.guidance.base import Guidance
from pushforward.models.guidance.measurement import MeasurementGuidance
from pushforward.models.registry import discover, registry

__all__ = ["build", "measuring", "settled"]


@cache
def _discovered() -> None:
    discover(("pushforward.models.guidance",))


def build(pick: Pick, role: str) -> Guidance | None:
    """Return the guidance of a pick, None for none.

    Raises:
        ConfigError: there is no such guidance in this role, or its settings are wrong.
    """
    if not pick.slug:
        return None
    entry = _entry(pick.slug, role)
    made: Guidance = entry.make(decode(entry.config, pick.config))
    return made


def measuring(pick: Pick) -> MeasurementGuidance:
    """Return guidance that holds samples to what was measured of them.

    Raises:
        ConfigError: there is none such, or its settings are wrong.
    """
    made = build(pick, "measurement")
    if not isinstance(made, MeasurementGuidance):
        able = [entry.slug for entry in registry.all("guidance") if "measurement" in entry.roles]
        raise ConfigError("method", f"one has to be chosen: {', '.join(able)}")
    return made


def _entry(slug: str, role: str) -> GuidanceEntry:
    _discovered()
    able = {entry.slug: entry for entry in registry.all("guidance") if role in entry.roles}
    if slug not in able:
        raise ConfigError("slug", f"no such guidance as {slug!r}; choose one of: {', '.join(able)}")
    return able[slug]


def settled(config: Config) -> Config:
    """Return settings in which every guidance that is picked has all its settings.

    Raises:
        ConfigError: there is no such guidance, or its settings are wrong; the path is
            "<setting>.slug" or "<setting>.config...".
    """
    data = encode(config)
    for row in describe(type(config)):
        if row["of"] != "guidance" or not getattr(config, row["path"]).slug:
            continue
        path, pick = row["path"], getattr(config, row["path"])
        try:
            entry = _entry(pick.slug, row["role"])
            data[path] = {"slug": entry.slug, "config": encode(decode(entry.config, pick.config))}
        except ConfigError as error:
            inside = error.path if error.path == "slug" else f"config.{error.path}"
            raise ConfigError(f"{path}.{inside}".rstrip("."), error.message) from error
    return decode(type(config), data)

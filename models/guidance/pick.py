"""Fill in and build the guidance that a setting picks."""

from functools import cache

from pushforward.models.config import ConfigError, Pick, decode, decode_all, encode
from pushforward.models.entries import GuidanceEntry
from pushforward.models.guidance.base import Guidance
from pushforward.models.guidance.measurement import MeasurementGuidance
from pushforward.models.registry import discover, registry

__all__ = ["build", "fill_guidance", "measuring"]


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


def fill_guidance(pick: Pick, role: str) -> tuple[Pick, list[ConfigError]]:
    """Return a pick of guidance with all its settings; one without a slug is none and stays so.

    Returns:
        The pick, and the errors with paths "slug" or "config.<setting>".
    """
    if not pick.slug:
        return pick, []
    try:
        entry = _entry(pick.slug, role)
    except ConfigError as error:
        return pick, [error]
    config, errors = decode_all(entry.config, pick.config, "config.")
    return Pick(slug=entry.slug, config=encode(config) if config is not None else {}), errors

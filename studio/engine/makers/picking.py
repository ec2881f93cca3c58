"""Which maker, and its settings, checked."""

from pathlib import Path
from typing import Any

from pushforward.models.config import Config, ConfigError, decode
from pushforward.studio.engine.makers.base import Maker, makers
from pushforward.studio.engine.process.failures import Refused
from pushforward.studio.protocol.spec import Pick

__all__ = ["pick_maker"]


def pick_maker(pick: Pick) -> tuple[Maker[Any], Config]:
    """Return a maker and its settings.

    Raises:
        Refused: there is none such, it cannot be used here, or its settings are wrong (the path is
            "config...").
    """
    found = makers().get(pick.slug)
    if found is None:
        raise Refused(f"Nothing makes {pick.slug!r}.", f"There is {', '.join(makers())}.")
    if reason := found.why_not():
        raise Refused(reason, kind="user")
    try:
        config: Config = decode(found.config, pick.config)
        found.programs(config, Path())
    except ConfigError as error:
        path = f"config.{error.path}"
        raise Refused(f"{error.path}: {error.message}", path=path) from error
    return found, config

"""Settle a config in one pass: decode it, fill in its picks, and check all of it."""

from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec

from pushforward.models.config import Config, ConfigError, decode_all, pick_fields
from pushforward.models.guidance.pick import fill_guidance
from pushforward.models.nets.pick import fill_network

__all__ = ["settle", "settle_all"]

C = TypeVar("C", bound=Config)


def settle(config: type[C], data: Mapping[str, Any], kind: str) -> C:
    """Return a config with every network named and every setting of its picks spelled out.

    Args:
        config: the class.
        data: settings as plain data; what is missing takes its default.
        kind: of the data, which decides the networks that are not named.

    Raises:
        ConfigError: the first error that `settle_all` finds.
    """
    found, errors = settle_all(config, data, kind)
    if found is None or errors:
        raise errors[0]
    return found


def settle_all(
    config: type[C], data: Mapping[str, Any], kind: str
) -> tuple[C | None, list[ConfigError]]:
    """Return a settled config, as `settle` does, and everything that is wrong with it.

    Each setting is read once. A network with another role or for another kind of data has an error
    at "<setting>.slug", a wrong setting of a network at "<setting>.config.<name>".
    """
    found, errors = decode_all(config, data)
    if found is None:
        return None, errors
    unread = {error.path.partition(".")[0] for error in errors}
    picks = {}
    for name, default, of, role in pick_fields(config):
        if name in unread or of not in ("network", "guidance"):
            continue
        pick = getattr(found, name)
        picks[name], wrong = (
            fill_network(pick, default, role, kind)
            if of == "network"
            else fill_guidance(pick, role)
        )
        errors += [ConfigError(f"{name}.{error.path}", error.message) for error in wrong]
    return msgspec.structs.replace(found, **picks), errors

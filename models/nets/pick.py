"""From a pick to a network: what it is to be, and what the kind of data prefers."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import nn

from pushforward.models.config import (
    ConfigError,
    Pick,
    decode,
    decode_all,
    describe,
    encode,
    read_pick,
)
from pushforward.models.contracts.spec import DataSpec
from pushforward.models.entries import FamilyEntry, NetworkEntry
from pushforward.models.nets.bounded import Bounded
from pushforward.models.nets.offered import discovered, gives, networks_for, why_not
from pushforward.models.nets.role import Role
from pushforward.models.registry import registry

__all__ = ["always_on", "build", "fill_network", "filled", "preferred"]


def filled(family: FamilyEntry, data: Mapping[str, Any], kind: str) -> dict[str, Any]:
    """Return settings of a family as plain data, with the defaults for a kind of data where none is
    set. A network that is preferred there keeps those of its preferred settings that are not set;
    a switch that is always on there is on (`models.config.param`).
    """
    discovered()
    known = {entry.slug: entry for entry in registry.all("kind")}
    own = known[kind].families.get(family.slug, {}) if kind in known else {}
    return {**_merged(own, data), **always_on(family, kind)}


def always_on(family: FamilyEntry, kind: str) -> dict[str, bool]:
    """Return the settings of a family that are always on for a data type."""
    given = gives(kind)
    return {row["path"]: True for row in describe(family.config) if row["always"] in given}


def _merged(own: Mapping[str, Any], data: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings over defaults, nested ones setting by setting."""
    found = {**own, **data}
    for name, mine in own.items():
        if not isinstance(mine, Mapping) or name not in data:
            continue
        if "slug" in mine:
            found[name] = _over(Pick(**mine), data[name])
        elif isinstance(data[name], Mapping):
            found[name] = _merged(mine, data[name])
    return found


def _over(preferred: Pick, asked: Any) -> Any:
    """Return a pick, with the preferred one in place of an empty one; what is no pick comes back as
    it is, to be refused where it is read.
    """
    try:
        pick = read_pick("", asked)
    except ConfigError:
        return asked
    if pick.slug not in ("", preferred.slug):
        return asked
    return {"slug": preferred.slug, "config": {**preferred.config, **pick.config}}


def preferred(row: Mapping[str, Any], kind: str, own: Mapping[str, Any]) -> dict[str, Any]:
    """Return the pick that a setting comes to where a person leaves it alone.

    Args:
        row: the setting, as `models.config.describe` gives it.
        kind: of the data.
        own: the defaults of the family for this kind.

    Raises:
        ConfigError: no network can have the role there.
    """
    wishes = row["default"]["config"]
    pick = Pick(**own[row["path"]]) if row["path"] in own else Pick(config=wishes)
    entry, config = _preferred(pick, row["role"], kind)
    return {"slug": entry.slug, "config": _select_settings(entry, {**wishes, **config})}


def _preferred(pick: Pick, role: str, kind: str) -> tuple[NetworkEntry, dict[str, Any]]:
    """Return the network of a pick, and its settings; without a slug it is that of the kind.

    Raises:
        ConfigError: there is no such network, or it cannot have the role for this kind.
    """
    able = {entry.slug: entry for entry in networks_for(role, kind)}
    slug = pick.slug
    if not slug:
        known = {entry.slug: entry for entry in registry.all("kind")}
        slug = known[kind].networks.get(role, "") if kind in known else ""
        slug = slug or next(iter(able), "")
    if slug not in able:
        raise ConfigError("slug", why_not(slug, role, kind))
    return able[slug], pick.config


def _select_settings(entry: NetworkEntry, config: Mapping[str, Any]) -> dict[str, Any]:
    """Return those of some settings that a network has."""
    names = {row["path"].partition(".")[0] for row in describe(entry.config)}
    return {name: value for name, value in config.items() if name in names}


def build(pick: Pick, spec: DataSpec, role: Role, rng: torch.Generator) -> nn.Module:
    """Return the network of a pick, on the CPU, its initial weights from ``rng``.

    Raises:
        ConfigError: the pick does not fit the data.
    """
    entry, config = _preferred(pick, role.name, spec.kind)
    made = decode(entry.config, config if pick.slug else _select_settings(entry, config))
    net: nn.Module = entry.make(made, spec, role, rng)
    bounds = registry.get("kind", spec.kind).bounds
    return Bounded(net, spec, bounds) if role.name == "generator" and bounds else net


def fill_network(pick: Pick, default: Pick, role: str, kind: str) -> tuple[Pick, list[ConfigError]]:
    """Return a pick with the network named and all its settings, for a kind of data.

    Args:
        pick: the network; one without a slug is that which the kind of data prefers.
        default: of the setting; its config holds preferences.
        role: of the network.
        kind: of the data.

    Returns:
        The pick, and the errors with paths "slug" or "config.<setting>".
    """
    try:
        entry, own = _preferred(pick, role, kind)
    except ConfigError as error:
        return pick, [error]
    chosen = {**_select_settings(entry, default.config), **(own if pick != default else {})}
    config, errors = decode_all(entry.config, chosen, "config.")
    return Pick(slug=entry.slug, config=encode(config) if config is not None else chosen), errors

"""From a pick to a network: what it is to be, what the kind of data prefers, and how it is called.

Every network is called as ``net(x, clock, given, mask)``: x (B, *shape), or latents (B, latent) for
a generator; clock (B,), a noise level or flow time, None for a critic without one; what is given of
each row by name, and which places are real, as in `models.contracts.batch.Batch`. A critic returns
(B, 1), a recommender (B, L, items) for histories (B, L), all others (B, *shape). Whatever it says
at padded places is not looked at, and what stands there must not matter.
"""

import difflib
from collections.abc import Mapping
from functools import cache
from typing import Any, TypeAlias

import torch
from torch import Tensor, nn

from models.config import Config, ConfigError, Pick, decode, describe, encode, read_pick
from models.contracts.batch import Batch
from models.contracts.spec import DataSpec
from models.nets.role import Role
from models.registry import FamilyEntry, NetworkEntry, discover, registry

__all__ = [
    "build",
    "call",
    "filled",
    "kinds_of",
    "networks_for",
    "preferred",
    "settled",
    "why_not",
]

_DARKEST = 0.02  # no value starts nearer to its bounds than this, where its slope would vanish
Given: TypeAlias = Mapping[str, Tensor]


def call(net: nn.Module, rows: Batch, clock: Tensor | None = None) -> Tensor:
    """Return what a network says of rows; any module will do where there is but x to tell."""
    if clock is None and rows.mask is None and not rows.given:
        said: Tensor = net(rows.x)
        return said
    out: Tensor = net(rows.x, clock, rows.given or None, rows.mask)
    return out


@cache
def _found() -> None:
    """Make kinds and networks known where a family is used by itself."""
    discover(("models.kinds", "models.nets"))


def networks_for(role: str, kind: str) -> list[NetworkEntry]:
    """Return the networks that can have a role for a kind of data."""
    _found()
    known = {entry.slug: entry for entry in registry.all("kind")}
    gives = set(known[kind].gives) if kind in known else set()
    return [e for e in registry.all("network") if role in e.roles and set(e.needs) <= gives]


def kinds_of(entry: FamilyEntry | NetworkEntry) -> tuple[str, ...]:
    """Return the kinds of data that a family or a network takes: those that give what it needs, and
    for which there are networks in all the roles of a family.
    """
    _found()
    rows = describe(entry.config) if isinstance(entry, FamilyEntry) else []
    roles = [row["role"] for row in rows if row["of"] == "network"]
    return tuple(
        kind.slug
        for kind in registry.all("kind")
        if set(entry.needs) <= set(kind.gives)
        and all(networks_for(role, kind.slug) for role in roles)
    )


def filled(family: FamilyEntry, data: Mapping[str, Any], kind: str) -> dict[str, Any]:
    """Return settings of a family as plain data, with the defaults for a kind of data where none is
    set. A network that is preferred there keeps those of its preferred settings that are not set.
    """
    _found()
    known = {entry.slug: entry for entry in registry.all("kind")}
    own = known[kind].families.get(family.slug, {}) if kind in known else {}
    return _merged(own, data)


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
    """Return a pick with what is preferred where nothing is asked for; what is no pick comes back
    as it is, to be refused where it is read.
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
    return {"slug": entry.slug, "config": _own(entry, {**wishes, **config})}


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


def why_not(slug: str, role: str, kind: str) -> str:
    """Return why a network cannot have a role for a kind of data, and which can; "" if it can."""
    able = [entry.slug for entry in networks_for(role, kind)]
    if slug in able:
        return ""
    offered = ", ".join(able)
    instead = f"choose one of: {offered}" if offered else f"there is no {role} for {kind}"
    entry = next((e for e in registry.all("network") if e.slug == slug), None)
    if entry is None:
        if near := difflib.get_close_matches(slug, able, n=1):
            instead = f"did you mean {near[0]!r}? A {role} for {kind} can be: {offered}"
        return f"no network is called {slug!r}; {instead}" if slug else instead
    if role not in entry.roles:
        return f"{slug!r} cannot be a {role}; {instead}"
    return f"{slug!r} does not take {kind}; {instead}"


def _own(entry: NetworkEntry, config: Mapping[str, Any]) -> dict[str, Any]:
    """Return those of some settings that a network has."""
    names = {row["path"].partition(".")[0] for row in describe(entry.config)}
    return {name: value for name, value in config.items() if name in names}


def build(pick: Pick, spec: DataSpec, role: Role, rng: torch.Generator) -> nn.Module:
    """Return the network of a pick, on the CPU, its initial weights from ``rng``.

    Raises:
        ConfigError: the pick does not fit the data.
    """
    entry, config = _preferred(pick, role.name, spec.kind)
    made = decode(entry.config, config if pick.slug else _own(entry, config))
    net: nn.Module = entry.make(made, spec, role, rng)
    bounds = registry.get("kind", spec.kind).bounds
    return _Bounded(net, spec, bounds) if role.name == "generator" and bounds else net


def settled(config: Config, kind: str) -> Config:
    """Return settings in which every network is named, with all its settings, for a kind of data.

    Raises:
        ConfigError: a network does not fit, or its settings are wrong.
    """
    data = encode(config)
    for row in describe(type(config)):
        if row["of"] != "network":
            continue
        path = row["path"]
        pick, default = getattr(config, path), Pick(**row["default"])
        try:
            entry, own = _preferred(pick, row["role"], kind)
            preferred = _own(entry, default.config)
            chosen = {**preferred, **(own if pick != default else {})}
            data[path] = {"slug": entry.slug, "config": encode(decode(entry.config, chosen))}
        except ConfigError as error:
            inside = error.path if error.path == "slug" else f"config.{error.path}"
            raise ConfigError(f"{path}.{inside}".rstrip("."), error.message) from error
    return decode(type(config), data)


class _Bounded(nn.Module):
    """A network whose outputs are squeezed into the standardised values that data can have.

    Where the network says 0 a value is what those of the data are on average. The middle of the
    bounds instead is far from data that are mostly at one of them, such as dark images, where no
    score that was learned can be trusted.
    """

    low: Tensor
    reach: Tensor
    middle: Tensor

    def __init__(self, net: nn.Module, spec: DataSpec, bounds: tuple[float, float]) -> None:
        super().__init__()
        self.net = net
        low, high = (spec.standardise(torch.full(spec.shape, bound)) for bound in bounds)
        self.register_buffer("low", low, persistent=False)
        self.register_buffer("reach", high - low, persistent=False)
        share = (spec.restore(torch.zeros(spec.shape)) - bounds[0]) / (bounds[1] - bounds[0])
        self.register_buffer("middle", torch.logit(share, eps=_DARKEST), persistent=False)

    def forward(
        self,
        z: Tensor,
        clock: Tensor | None = None,
        given: Given | None = None,
        mask: Tensor | None = None,
    ) -> Tensor:
        said = self.net(z, clock, given, mask)
        return torch.addcmul(self.low, self.reach, torch.sigmoid(said + self.middle))

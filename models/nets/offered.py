"""Which networks there are for what, and why another one will not do."""

from functools import cache

from pushforward.models.config import describe
from pushforward.models.entries import FamilyEntry, NetworkEntry
from pushforward.models.registry import Problem, discover, registry
from pushforward.spelling import ask_whether

__all__ = ["discovered", "gives", "kinds_of", "networks_for", "why_not"]

NAMED = frozenset({"denoiser", "critic", "generator"})
"""Roles whose network a kind of data names: for one that it does not name it takes no family."""


@cache
def discovered() -> tuple[Problem, ...]:
    """Make kinds and networks known, also where a family is used by itself; return what could not
    be loaded.
    """
    return tuple(discover(("pushforward.models.kinds", "pushforward.models.nets")))


def gives(kind: str) -> frozenset[str]:
    """Return what a kind of data gives (`models.entries.KindEntry`); nothing if it is not known."""
    discovered()
    return frozenset(
        name for entry in registry.all("kind") if entry.slug == kind for name in entry.gives
    )


def networks_for(role: str, kind: str) -> list[NetworkEntry]:
    """Return the networks that can have a role for a kind of data."""
    given = gives(kind)
    return [e for e in registry.all("network") if role in e.roles and set(e.needs) <= given]


def kinds_of(entry: FamilyEntry | NetworkEntry) -> tuple[str, ...]:
    """Return the kinds of data that a family or a network takes: those that give what it needs, and
    have networks for all the roles of a family: for those in `NAMED` one that the kind names.
    """
    discovered()
    rows = describe(entry.config) if isinstance(entry, FamilyEntry) else []
    roles = [row["role"] for row in rows if row["of"] == "network"]
    return tuple(
        kind.slug
        for kind in registry.all("kind")
        if set(entry.needs) <= set(kind.gives)
        and all(networks_for(role, kind.slug) for role in roles)
        and set(roles) & NAMED <= set(kind.networks)
    )


def why_not(slug: str, role: str, kind: str) -> str:
    """Return why a network cannot have a role for a kind of data, and which can; "" if it can."""
    able = [entry.slug for entry in networks_for(role, kind)]
    if slug in able:
        return ""
    offered = ", ".join(able)
    instead = f"choose one of: {offered}" if offered else f"there is no {role} for {kind}"
    entry = next((e for e in registry.all("network") if e.slug == slug), None)
    if entry is None:
        if meant := ask_whether(slug, able, n=1):
            instead = f"{meant} A {role} for {kind} can be: {offered}"
        failed = "".join(f"; {each.module} failed: {each.message}" for each in discovered())
        return f"no network is called {slug!r}; {instead}{failed}" if slug else instead
    if role not in entry.roles:
        return f"{slug!r} cannot be a {role}; {instead}"
    return f"{slug!r} does not take {kind}; {instead}"

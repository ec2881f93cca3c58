"""Import every claim, and what claims measure."""

from functools import cache

from pushforward.models.registry import Problem
from pushforward.models.registry import discover as discover_packages
from pushforward.studio.engine.process.discovery import discover as discover_models

__all__ = ["discover"]


def discover() -> list[Problem]:
    """Import models, data and claims, once a process; return what could not be imported."""
    return [*discover_models(), *_claims()]


@cache
def _claims() -> tuple[Problem, ...]:
    return tuple(discover_packages(("pushforward.verify",)))

"""Everything that is registered: the models, and what needs files and so belongs to the engine."""

from functools import cache

from pushforward.models.registry import PACKAGES, Problem
from pushforward.models.registry import discover as discover_packages

__all__ = ["discover"]


def discover() -> list[Problem]:
    """Import what registers itself, here and in plug-ins, once a process; return what could not be
    imported.
    """
    return list(_problems())


@cache
def _problems() -> tuple[Problem, ...]:
    return tuple(
        discover_packages(
            (
                *PACKAGES,
                "pushforward.studio.engine.kinds",
                "pushforward.studio.engine.data.images",
                "pushforward.studio.engine.data.sets",
            )
        )
    )

"""Everything that is registered: the models, and what needs files and so belongs to the engine."""

from functools import cache

from models.registry import PACKAGES, Problem
from models.registry import discover as discover_packages

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
                "studio.engine.kinds",
                "studio.engine.data.images",
                "studio.engine.data.sets",
                "studio.engine.experiments",
            )
        )
    )

"""Everything that is registered: the models, and what needs files and so belongs to the engine."""

from models.registry import PACKAGES, Problem
from models.registry import discover as discover_packages

__all__ = ["discover"]


def discover() -> list[Problem]:
    """Import what registers itself, here and in plug-ins; return what could not be imported."""
    return discover_packages(
        (
            *PACKAGES,
            "studio.engine.kinds",
            "studio.engine.data.images",
            "studio.engine.data.sets",
            "studio.engine.experiments",
        )
    )

"""Guidance lab: samples guided to a class at a variable strength, and the exact distribution."""

from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.guidance_results import lacking
from pushforward.studio.app.data.views.guidance_frame import OPERATOR, GuidanceView
from pushforward.studio.app.data.views.lab import can_ask
from pushforward.studio.app.data.views.view_spec import ViewSpec

__all__ = ["VIEW"]


def applies(state: AppState) -> bool:
    """Return whether the run generates points on a plane that could be conditioned on a class."""
    run = state.runs.current
    if lacking(run, state.catalog) is None or not can_ask(state, OPERATOR):
        return False
    return run is not None and len(run.columns or ("x", "y")) == 2


VIEW = ViewSpec(
    id="guidance", lens="samples", title="Guidance", order=25, applies=applies,
    factory=GuidanceView,
)  # fmt: skip

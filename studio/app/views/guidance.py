"""Samples, led: a class, a strength that moves them live, and the exact law beside them."""

from pushforward.studio.app.state.guiding import lacking
from pushforward.studio.app.state.session import AppState
from pushforward.studio.app.viewspec import ViewSpec
from pushforward.studio.app.widgets.foundview import can_ask
from pushforward.studio.app.widgets.guidanceview import OPERATOR, GuidanceView

__all__ = ["VIEW"]


def applies(state: AppState) -> bool:
    """Whether the selected run makes points on a plane and could be told their class."""
    run = state.runs.current
    if lacking(run, state.catalog) is None or not can_ask(state, OPERATOR):
        return False
    return run is not None and len(run.columns or ("x", "y")) == 2


VIEW = ViewSpec(
    id="guidance", lens="samples", title="Guidance", order=25, applies=applies,
    factory=GuidanceView,
)  # fmt: skip

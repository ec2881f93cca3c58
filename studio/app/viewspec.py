"""What a view says about itself, so that the shell can find it without knowing it."""

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtWidgets import QWidget

from studio.app.actions import Actions
from studio.app.state.session import AppState

__all__ = ["ViewSpec", "shows"]


@dataclass(frozen=True, kw_only=True)
class ViewSpec:
    """A lens on the canvas, registered as ``VIEW`` in one module of `studio.app.views`.

    Attributes:
        id: stable slug; it is written in the saved layout.
        title: what the tab says.
        order: tabs go by it.
        applies: whether the lens has something to show for what is selected now; asked again
            after each change of the selection, so it must be cheap.
        factory: builds the widget when its tab is first opened, with (state, actions) and
            nothing else.
    """

    id: str
    title: str
    order: int
    applies: Callable[[AppState], bool]
    factory: Callable[[AppState, Actions], QWidget]


def shows(*modalities: str) -> Callable[[AppState], bool]:
    """Return an ``applies`` for lenses of runs on some kinds of data ("points", "images")."""

    def applies(state: AppState) -> bool:
        run, catalog = state.runs.current, state.catalog
        if run is None:
            return False
        kind = catalog.modality(run.spec.dataset.slug) if run.spec and catalog else ""
        return (kind or "points") in modalities

    return applies

"""What a view says about itself, so that the shell can find it without knowing it."""

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtWidgets import QWidget

from studio.app.actions import Actions
from studio.app.kinds.registry import kind_of_run
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


def shows(lens: str) -> Callable[[AppState], bool]:
    """Return an ``applies`` for a lens, and those beside it, of runs on the kinds of data that move
    in the lens of that id.
    """

    def applies(state: AppState) -> bool:
        run = state.runs.current
        return run is not None and kind_of_run(run, state.catalog).lens == lens

    return applies

"""The five lenses of a run, and what a view in one of them says about itself."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol, runtime_checkable

from PySide6.QtWidgets import QWidget

from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.data_type_registry import kind_of_run, moves_in
from pushforward.studio.app.engine.actions import Actions

__all__ = ["LENSES", "Lens", "Previewing", "ViewSpec", "WithBar", "shows", "shows_moving"]

FINISHED = "Samples are final. The flow clock applies to Watch, Compare and Explain."

Lens = Literal["watch", "samples", "quality", "compare", "explain"]
LENSES: dict[Lens, str] = {
    "watch": "Watch",
    "samples": "Samples",
    "quality": "Quality",
    "compare": "Compare",
    "explain": "Explain",
}
"""Their titles, in the order of their tabs: the same for every run and kind of data."""


@dataclass(frozen=True, kw_only=True)
class ViewSpec:
    """A view of a lens, registered as ``VIEW``, or as one of ``VIEWS``, in a module of lenses,
    labs or a data type whose name ends in ``_view`` or ``_lab``.

    Attributes:
        id: stable slug.
        lens: the lens in which it is seen.
        title: what its segment says, where the lens has more than one view of a run.
        order: segments go by it.
        applies: whether it has something to show for what is selected now; asked again
            after each change of the selection, so it must be cheap.
        factory: builds the widget when it is first seen, with (state, actions) and
            nothing else.
        timed: whether the flow clock moves what it shows; None where it does as in most views of
            the lens: not what is finished, as samples and their figures.
    """

    id: str
    lens: Lens
    title: str
    order: int
    applies: Callable[[AppState], bool]
    factory: Callable[[AppState, Actions], QWidget]
    timed: bool | None = None

    @property
    def idle(self) -> str:
        """Why the flow clock moves nothing of it, "" where it does."""
        finished = self.lens in ("samples", "quality") if self.timed is None else not self.timed
        return FINISHED if finished else ""


@runtime_checkable
class WithBar(Protocol):
    """A view with controls of its own, which the lens shows in the bar above it."""

    bar: QWidget


@runtime_checkable
class Previewing(Protocol):
    """A lab that shows a result by itself when it is opened.

    Attributes:
        filled: whether there is something to show.
        trouble: why there is no result, "" if there is one or it is not known yet.
    """

    @property
    def filled(self) -> bool: ...

    @property
    def trouble(self) -> str: ...


@runtime_checkable
class Leaves(Protocol):
    """A view with something to end by Escape, wherever the keyboard is."""

    def leave(self) -> bool:
        """End it; return whether there was anything to end."""
        ...


def shows(view: str) -> Callable[[AppState], bool]:
    """Return an ``applies`` function for a view id: runs on data types that list it. False before
    the catalogue is loaded.
    """

    def applies(state: AppState) -> bool:
        run = state.runs.current
        known = run is not None and state.catalog is not None
        return known and view in kind_of_run(run, state.catalog).views

    return applies


def shows_moving(view: str) -> Callable[[AppState], bool]:
    """Return an ``applies`` as `shows` does, for a view of what a model makes: not of one that only
    classifies or recommends.
    """
    named = shows(view)
    return lambda state: named(state) and moves_in(state.runs.current, state.catalog)

"""The canvas while a run is set up: the data as it will be learned, and what there is to see."""

import time

from PySide6.QtCore import Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication, QScrollArea, QVBoxLayout, QWidget

from studio.app.actions import Actions
from studio.app.kinds.kind import named
from studio.app.kinds.registry import fitting, kind_of
from studio.app.state import naming
from studio.app.state.session import AppState
from studio.app.widgets.basic import label
from studio.app.widgets.datapreview import DataPreview
from studio.app.widgets.racetray import RaceTray
from studio.counted import shared_out

__all__ = ["SetupView"]


class SetupView(QWidget):
    """Shows the draft's data live. A double click on a recipe ends here and starts it."""

    def __init__(self, state: AppState, actions: Actions) -> None:
        super().__init__()
        self._state = state
        self._actions = actions
        self._opened = 0.0
        self.setProperty("surface", "canvas")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.title = label("", "title", wrap=True)
        self.teaches = label("", "muted", wrap=True)
        self.source = label("", "small", wrap=True)
        self.data = DataPreview()
        self.facts = label("", "muted", wrap=True)
        page = QWidget()
        body = QVBoxLayout(page)
        body.setContentsMargins(36, 28, 36, 20)
        body.setSpacing(6)
        body.addWidget(self.title)
        body.addWidget(self.teaches)
        body.addSpacing(8)
        body.addWidget(self.data, 1)
        body.addWidget(self.facts)
        body.addWidget(self.source)
        self.data.setMinimumHeight(220)
        scroll = QScrollArea()  # in a low window the picture keeps its size
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setWidget(page)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(scroll, 1)
        self.race = RaceTray(state, actions)
        layout.addWidget(self.race)
        state.draft_changed.connect(self._new_draft)
        state.draft_checked.connect(self._show_words)
        state.catalog_changed.connect(self._show_words)
        state.preview_changed.connect(self._show_points)
        state.engine_changed.connect(self._show_points)
        self._new_draft()

    def _new_draft(self) -> None:
        self._opened = time.monotonic()
        self.refresh()

    def refresh(self) -> None:
        """Show the draft."""
        self._show_words()
        self._show_points()

    def _show_words(self) -> None:
        """Say what it is: what a recipe says of itself only while that is true."""
        draft = self._state.draft
        if draft is None:
            return
        recipe = draft.recipe if naming.keeps_recipe(draft.recipe, draft.spec) else None
        self.title.setText(naming.setup_title(draft.spec, recipe, self._state.catalog))
        self.teaches.setText(" ".join(recipe.teaches.split()) if recipe is not None else "")
        self.teaches.setVisible(recipe is not None)
        self.source.setText(recipe.source if recipe is not None else "")
        self.source.setVisible(recipe is not None)

    def _show_points(self) -> None:
        draft = self._state.draft
        if draft is None:
            return
        x, kind = draft.points, kind_of(draft.spec.dataset, self._state.catalog)
        if x is not None:
            kind = fitting(kind, x.shape[1:])
        message = str(draft.facts.get("error", ""))
        if not message:
            ready = self._state.engine.state in ("ready", "busy")
            message = kind.loading if ready else f"{self._state.engine.message}…"
        told = named(draft.parts, tuple(draft.facts.get("names") or ()))
        self.data.show_data(x, kind, draft.columns, message, told)
        said = " " if x is None else kind.facts(x, draft.columns, draft.facts)
        shares = "" if x is None else shared_out(draft.facts.get("shares") or {})
        self.facts.setText(f"{said} · {shares}" if shares else said)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """The second click of a double click on a gallery card: start at once."""
        interval = QApplication.doubleClickInterval() / 1000
        if time.monotonic() - self._opened <= interval and self._state.engine.state == "ready":
            self._actions.training.start()

"""The strip of the first start: a sentence, the switch of the carrier, and a link to Discover."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame

from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.design.basic import Elided, button, icon_button, label, row
from pushforward.studio.app.design.forms.editors import Segments
from pushforward.studio.app.engine.actions import Actions
from pushforward.studio.counts import format_count

__all__ = ["WelcomeStrip"]

PARTICLES = "Each particle climbs the critic’s gradient to the data."
GENERATOR = "One generator moves all particles along the critic’s gradient."


class WelcomeStrip(QFrame):
    """Visible from `begin` until it is closed, over the run that it is about."""

    def __init__(self, state: AppState, actions: Actions) -> None:
        super().__init__()
        self._state, self._actions = state, actions
        self._open = False
        self.setProperty("role", "banner")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.sentence = Elided("", "heading")
        self._choice = label("", "muted")
        self.carrier = Segments(["Particles", "Generator"], "Carrier")
        self.carrier.widen()
        self.carrier.chosen.connect(self._choose)
        self.discover = button("Discover", lambda: actions.places.visit("discover"))
        self.tour = button("Tour", state.window.show_tour.emit, kind="quiet")
        close = icon_button("close", "Close the introduction", self.close_strip)
        parts = (self.sentence, self._choice, self.carrier, self.discover, self.tour, close)
        line = row(*parts, gap=10)
        line.setStretch(0, 1)
        line.setContentsMargins(14, 7, 10, 7)
        self.setLayout(line)
        state.place_changed.connect(self.refresh)
        state.catalog_changed.connect(self.refresh)
        state.runs.selected.connect(lambda _: self.refresh())
        self.refresh()

    def begin(self) -> None:
        """Show the strip and train its run."""
        self._open = True
        self._actions.welcome.begin()

    def close_strip(self) -> None:
        """Hide the strip; the run goes on."""
        self._open = False
        self.refresh()

    def _choose(self, place: int) -> None:
        self._actions.welcome.choose(generator=bool(place))
        self.refresh()

    def refresh(self) -> None:
        """Show which carrier the selected run has."""
        welcome, current = self._actions.welcome, self._state.runs.current
        ours = [welcome.run_with(generator=each) for each in (False, True)] if self._open else []
        shown = current is not None and current in ours and self._state.place == "run"
        self.setVisible(shown)
        if not shown:
            return
        generator = current is ours[1]
        self.carrier.select(int(generator))
        self.carrier.setEnabled(self._state.catalog is not None)
        self.sentence.set_text(GENERATOR if generator else PARTICLES)
        self._choice.setText("Remove the generator" if generator else "Add a generator")
        self.discover.setText(f"Discover {format_count(len(self._state.recipes), 'recipe')}")

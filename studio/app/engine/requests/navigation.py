"""Going from one destination to another, and finding each as it was left."""

from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.destinations import Destination, destination_of
from pushforward.studio.app.engine.requests.data_requests import DataIntents
from pushforward.studio.app.engine.requests.request_base import Intents, Link
from pushforward.studio.app.engine.requests.run_selection import RunIntents

__all__ = ["PlaceIntents"]


class PlaceIntents(Intents):
    """Intents of navigation. No run is selected outside of the runs, so that commands only apply to
    what is visible; the selection is restored on return.
    """

    def __init__(self, state: AppState, link: Link, runs: RunIntents, data: DataIntents) -> None:
        super().__init__(state, link)
        self._runs, self._data = runs, data
        self._run = ""  # that was on the canvas last
        self._setting_up = False  # whether it was the setup that was
        state.place_changed.connect(self._note)
        state.runs.selected.connect(lambda _: self._note())

    def _note(self) -> None:
        state = self.state
        if state.place == "run" and state.runs.selection:
            self._run = state.runs.selection
        if destination_of(state.place) == "runs":
            self._setting_up = state.place == "setup"

    def visit(self, destination: Destination) -> None:
        """Show a destination as it was left, and the one that is shown already from its start."""
        again = destination_of(self.state.place) == destination
        if destination == "discover":
            self.state.runs.select("")
            self.state.go("discover")
        elif destination == "data":
            self._data.select("" if again else self.state.dataset)
        elif destination == "learn":
            self.state.show_help("" if again else self.state.help_page)
        elif again:
            self._runs.show_table()
        else:
            self._return()

    def _return(self) -> None:
        """Show the run or the setup that was on the canvas last, or all runs."""
        state = self.state
        if self._setting_up and state.draft is not None:
            state.go("setup")
        elif self._run in state.runs.by_key:
            self._runs.select(self._run)
        else:
            self._runs.show_table()

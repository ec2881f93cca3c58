"""The base of the views of a recommender: the selected run and the users of its data."""

from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QWidget

from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.runs import RunState
from pushforward.studio.app.data.views.lens_view import LensView
from pushforward.studio.app.data.views.view_spec import shows
from pushforward.studio.app.data_types.interactions.recommend_requests import People, fetch_people
from pushforward.studio.app.engine.actions import Actions
from pushforward.studio.app.engine.query import Query
from pushforward.studio.app.engine.requests.request_base import Refused

__all__ = ["RecommenderView", "applies"]

applies = shows("recommend")


class RecommenderView(LensView):
    """A view that loads the users of the selected run, and shows a message until they are there.

    A subclass lays itself out in ``page``, and shows it when it has what it shows.
    """

    page: QWidget

    def __init__(self, state: AppState, actions: Actions) -> None:
        super().__init__(state, actions)
        self._users: Query[str, People] = Query(
            self, lambda run: fetch_people(actions, run), state=state
        )
        self._users.changed.connect(self._take_users)
        state.runs.selected.connect(lambda _: self._select())
        state.engine_changed.connect(self._select)

    @property
    def _run(self) -> RunState | None:
        """The selected run, if it recommends."""
        return self._state.runs.current if applies(self._state) else None

    @property
    def _people(self) -> People | None:
        """The users, None before they are loaded."""
        return self._users.answer

    def _select(self) -> None:
        """Follow the selected run."""
        run = self._run
        if run is None:
            self._key = ""
            self._users.cancel()
            return
        if run.key != self._key:
            self._key = run.key
            self._clear()
        self._users.ask(run.key)
        if self._users.busy:
            self._show_message("Loading users…", "Their histories are being read.")

    def _newest_step(self) -> int:
        """Return the step that the model answers with if the clocks are live: the present one while
        it trains, else that of the newest checkpoint.
        """
        run = self._run
        if run is None:
            return -1
        return run.step if run.state == "running" else max(run.checkpoints, default=run.step)

    def _clear(self) -> None:
        """Forget what is shown of the run before."""

    def _take_users(self) -> None:
        if self._people is not None:
            self._show_users(self._people)
        else:
            self._show_refusal("The histories cannot be shown", self._users.error)

    def _show_users(self, people: People) -> None:
        """Show users that have arrived."""
        raise NotImplementedError

    def _show_message(self, title: str, text: str) -> None:
        """Show a message in place of the page."""
        self.page.hide()
        self.empty.tell(title, text)

    def _show_refusal(self, title: str, error: Exception | None) -> None:
        """Show in place of the page why the engine does not answer."""
        if isinstance(error, Refused):
            self._show_message(title, f"{error.error.message} {error.error.hint}".strip())

    def _show_page(self) -> None:
        self.empty.hide()
        self.page.show()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._select()

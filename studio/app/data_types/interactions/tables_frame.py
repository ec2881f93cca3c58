"""What the tables of users and of items share: metrics of each held-out user, asked once a step."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QShowEvent

from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.runs import RunState
from pushforward.studio.app.data.views.lens_view import LensView
from pushforward.studio.app.data.views.view_spec import shows
from pushforward.studio.app.data_types.interactions.recommend_requests import (
    USERS,
    People,
    RecommendIntents,
)
from pushforward.studio.app.engine.actions import Actions
from pushforward.studio.app.engine.query import Query
from pushforward.studio.app.engine.requests.request_base import Answer, Refused
from pushforward.studio.app.engine.run_answers import AskOnce

__all__ = ["FLOOR", "TablesView", "UserFigures", "applies"]

FLOOR = "popularity: "
applies = shows("recommend")
Key = tuple[str, int]


@dataclass(frozen=True, eq=False)
class UserFigures:
    """Arrays of `models.operators.recommend_users`."""

    step: int
    user: NDArray[np.int64]
    length: NDArray[np.int64]
    x: NDArray[np.int64]
    targets: NDArray[np.int64]
    lists: NDArray[np.int64]
    taken: NDArray[np.int64]
    values: dict[str, NDArray[np.float64]]

    @classmethod
    def of(cls, answer: Answer) -> "UserFigures":
        """Return what the engine answers."""
        arrays = answer.arrays

        def whole(name: str) -> NDArray[np.int64]:
            return np.asarray(arrays[name], np.int64)

        return cls(
            step=int((answer.result or {}).get("step", 0)),
            user=whole("user"),
            length=whole("length"),
            x=whole("x"),
            targets=whole("targets"),
            lists=whole("list"),
            taken=whole("taken"),
            values={n: np.asarray(v, np.float64) for n, v in arrays.items() if "@" in n},
        )

    @property
    def metrics(self) -> list[str]:
        """Names of the metrics."""
        return [name for name in self.values if not name.startswith(FLOOR)]


class TablesView(LensView):
    """A view of all held-out users; a subclass lays itself out in ``_body`` and fills it."""

    def __init__(self, state: AppState, actions: Actions) -> None:
        super().__init__(state, actions)
        self._intents = RecommendIntents(state, actions.link)
        self._once = AskOnce(self, state)
        self._people: People | None = None
        self.figures: UserFigures | None = None
        self._query: Query[Key, Answer] = Query(self, self._fetch, state=state, progressive=True)
        self._query.changed.connect(self._answered)
        state.runs.selected.connect(lambda _: self._select())
        state.runs.changed.connect(lambda key: self._select() if key == self._key else None)
        state.engine_changed.connect(self._select)

    @property
    def _run(self) -> RunState | None:
        return self._state.runs.current if applies(self._state) else None

    def _select(self) -> None:
        run = self._run
        if run is None or not self.isVisible():
            return
        if run.key != self._key:
            self._key, self._people, self.figures = run.key, None, None
            self._once.forget()
            self._query.cancel()
            self.tell("Measuring users…", "All items are ranked for each held-out user.")
        if self._people is None and self._once.due(run):
            key = run.key
            self._intents.load(key, lambda people: self._arrived(key, people))
        if run.checkpoints:
            self._query.ask((run.key, max(run.checkpoints)))
        else:
            self.tell("No users yet", "Users are measured after the first checkpoint.")

    def _arrived(self, key: str, people: People) -> None:
        if key == self._key and self._people is None:
            self._people = people
            self._show()

    async def _fetch(self, key: Key) -> Answer:
        return await self._actions.operating.ask(key[0], USERS)

    def _answered(self) -> None:
        if isinstance(self._query.error, Refused):
            error = self._query.error.error
            self.tell("Users cannot be measured", f"{error.message} {error.hint}".strip())
        elif self._query.answer is not None:
            self.figures = UserFigures.of(self._query.answer)
            self._show()

    def _show(self) -> None:
        if self._people is not None and self.figures is not None:
            self.fill(self._people, self.figures)
            self.empty.hide()
            self.show_page(shown=True)

    def tell(self, title: str, words: str) -> None:
        """Show a message in place of the page."""
        self.show_page(shown=False)
        self.empty.tell(title, words)

    def fill(self, people: People, figures: UserFigures) -> None:
        """Show what was measured."""
        raise NotImplementedError

    def show_page(self, *, shown: bool) -> None:
        """Show the page or hide it."""
        raise NotImplementedError

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._select()

"""What the tables of users and of items share: metrics of each held-out user, asked once a step."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.data_types.interactions.recommend_requests import (
    USERS,
    People,
)
from pushforward.studio.app.data_types.interactions.recommender_frame import RecommenderView
from pushforward.studio.app.engine.actions import Actions
from pushforward.studio.app.engine.query import Query
from pushforward.studio.app.engine.requests.request_base import Answer

__all__ = ["FLOOR", "TablesView", "UserFigures"]

FLOOR = "popularity: "
Key = tuple[str, int]


@dataclass(frozen=True, eq=False)
class UserFigures:
    """Arrays of `models.operators.recommend_users`; ``total`` users are in the split."""

    step: int
    user: NDArray[np.int64]
    length: NDArray[np.int64]
    x: NDArray[np.int64]
    targets: NDArray[np.int64]
    lists: NDArray[np.int64]
    taken: NDArray[np.int64]
    values: dict[str, NDArray[np.float64]]
    total: int = 0

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
            total=int(arrays["total"][0]) if "total" in arrays else len(arrays["user"]),
        )

    @property
    def metrics(self) -> list[str]:
        """Names of the metrics."""
        return [name for name in self.values if not name.startswith(FLOOR)]


class TablesView(RecommenderView):
    """A view of all held-out users; a subclass lays itself out in ``page`` and fills it."""

    def __init__(self, state: AppState, actions: Actions) -> None:
        super().__init__(state, actions)
        self.figures: UserFigures | None = None
        self._query: Query[Key, Answer] = Query(self, self._fetch, state=state, progressive=True)
        self._query.changed.connect(self._answered)
        state.runs.changed.connect(lambda key: self._select() if key == self._key else None)

    def _select(self) -> None:
        run = self._run
        if run is None or not self.isVisible():
            return
        super()._select()
        if run.checkpoints:
            self._query.ask((run.key, max(run.checkpoints)))
        else:
            self._show_message("No users yet", "Users are measured after the first checkpoint.")

    def _clear(self) -> None:
        self.figures = None
        self._query.cancel()

    async def _fetch(self, key: Key) -> Answer:
        return await self._actions.operating.ask(key[0], USERS)

    def _answered(self) -> None:
        if self._query.answer is not None and self._query.error is None:
            self.figures = UserFigures.of(self._query.answer)
            self._fill()
        else:
            self._show_refusal("Users cannot be measured", self._query.error)

    def _show_users(self, people: People) -> None:
        self._fill()

    def _fill(self) -> None:
        if self._people is not None and self.figures is not None:
            self.fill(self._people, self.figures)
            self._show_page()
        elif self._query.busy:
            text = "All items are ranked for each held-out user."
            self._show_message("Ranking…", text)

    def fill(self, people: People, figures: UserFigures) -> None:
        """Show what was measured."""
        raise NotImplementedError

"""What the lens of a recommender asks of the engine: the people, and lists for all of them."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pushforward.studio.app.engine.requests.request_base import Answer, Intents
from pushforward.studio.protocol.messages import GetRows, Operate

__all__ = ["OPERATOR", "People", "RecommendIntents"]

OPERATOR = "recommend"
MOST = 20_000
"""People that can be chosen: more would be slow to fetch, and nobody walks through them."""


@dataclass(frozen=True, eq=False)
class People:
    """Histories that a model can be asked about.

    Attributes:
        x: (n, L) items from 1, padded with 0: the newest of each person, which models read.
        earlier: what each has before these.
        numbers: by which the people are named, ascending.
        called: what such a number is called.
        titles: of the items.
        items: a name for each of them by which items of one title are told apart, or ().
        total: how many people there are; more than n where not all can be shown.
    """

    x: NDArray[np.int64]
    earlier: tuple[NDArray[np.int64], ...]
    numbers: tuple[int, ...]
    called: str
    titles: tuple[str, ...]
    items: tuple[str, ...]
    total: int

    @classmethod
    def of(cls, answer: Answer) -> "People":
        """Return what the engine answers."""
        facts = answer.result or {}
        called = str(facts.get("item", ""))
        return cls(
            x=np.asarray(answer.arrays["x"], np.int64),
            earlier=_earlier(answer),
            numbers=tuple(map(int, answer.arrays["person"])),
            called=str(facts.get("person", "")) or "person",
            titles=tuple(map(str, facts.get("columns", ()))),
            items=tuple(f"{called} {number}" for number in facts.get("items", ())),
            total=int(facts.get("n", len(answer.arrays["x"]))),
        )

    def history(self, place: int) -> list[int]:
        """Return all items of a person, the newest last."""
        before = self.earlier[place] if self.earlier else ()
        return [*map(int, before), *(int(item) for item in self.x[place] if item >= 1)]


def _earlier(answer: Answer) -> tuple[NDArray[np.int64], ...]:
    """Return what each has before x; () where x has everything."""
    if "earlier" not in answer.arrays:
        return ()
    ends = np.cumsum(answer.arrays["earlier.lengths"])
    return tuple(np.split(np.asarray(answer.arrays["earlier"], np.int64), ends[:-1]))


class RecommendIntents(Intents):
    """Intents about people; what was asked for is handed to whoever asked."""

    def load(self, key: str, tell: Callable[[People], None]) -> None:
        """Fetch the histories that are in the data of a run."""
        self._do(self._load(key, tell), "The histories cannot be shown", run=key)

    async def _load(self, key: str, tell: Callable[[People], None]) -> None:
        answer = await self._ask_if_alive(GetRows(run=key, n=MOST))
        if answer is not None:
            tell(People.of(answer))

    def write(self, key: str, file: str, k: int) -> None:
        """Write the lists of everybody to a file, in the place of one that is there: the dialog for
        saving has asked.
        """
        command = Operate(run=key, operator=OPERATOR, config={"k": k}, file=file, overwrite=True)
        self._tell(command, "The lists were not written", key)

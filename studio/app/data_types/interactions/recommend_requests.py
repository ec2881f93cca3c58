"""Requests of the views of recommenders: users and their histories, lists, reasons, maps."""

import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pushforward.studio.app.data_types.interactions.catalogue import Catalogue
from pushforward.studio.app.engine.actions import Actions
from pushforward.studio.app.engine.requests.request_base import Answer, Intents, Refused
from pushforward.studio.protocol.messages import GetRows, Operate

__all__ = [
    "CANDIDATES",
    "MAP",
    "OPERATOR",
    "USERS",
    "WHY",
    "ListsOf",
    "Near",
    "People",
    "Question",
    "RecommendIntents",
    "RunList",
    "fetch_lists",
    "fetch_people",
]

OPERATOR, WHY, MAP, USERS = "recommend", "recommend-why", "item-map", "recommend-users"
MOST = 20_000
"""Users that can be chosen: more would be slow to fetch."""
CANDIDATES = 1000
"""Ranks that are known of a list: of moves and of the item that really came next."""


@dataclass(frozen=True)
class Near:
    """A user (by place) whose history shares items with another."""

    place: int
    shared: int
    length: int


@dataclass(frozen=True, eq=False)
class People:
    """Histories with which a model can be queried.

    Attributes:
        x: (n, L) items from 1, padded with 0: the newest of each user, which models read.
        earlier: what each has before these.
        numbers: numbers of the users, ascending.
        user_names: their identifiers in the data where these are texts, or ().
        trained, tested: (n,) items of each history before the first that was held out from the
            training, and before the first test item; None if unknown.
        called: name of such an identifier.
        titles: of the items.
        items: unique names of the items, or ().
        total: number of users; more than n if not all can be shown.
        times, ratings: (n, L) in the places of x, None if unknown.
        categories: of the items, separated by "|"; () if unknown.
    """

    x: NDArray[np.int64]
    earlier: tuple[NDArray[np.int64], ...]
    numbers: tuple[int, ...]
    called: str
    titles: tuple[str, ...]
    items: tuple[str, ...]
    total: int
    times: NDArray[np.int64] | None = None
    ratings: NDArray[np.float32] | None = None
    categories: tuple[str, ...] = ()
    user_names: tuple[str, ...] = ()
    trained: NDArray[np.int64] | None = None
    tested: NDArray[np.int64] | None = None

    @classmethod
    def of(cls, answer: Answer) -> "People":
        """Return what the engine answers."""
        facts = answer.result or {}
        called = str(facts.get("item", ""))
        times, ratings = (answer.arrays.get(name) for name in ("time", "rating"))
        return cls(
            x=np.asarray(answer.arrays["x"], np.int64),
            earlier=_earlier(answer),
            numbers=tuple(map(int, answer.arrays["person"])),
            called=str(facts.get("person", "")) or "user",
            titles=tuple(map(str, facts.get("columns", ()))),
            items=tuple(f"{called} {number}" for number in facts.get("items", ())),
            total=int(facts.get("n", len(answer.arrays["x"]))),
            times=None if times is None else np.asarray(times, np.int64),
            ratings=None if ratings is None else np.asarray(ratings, np.float32),
            categories=tuple(map(str, facts.get("categories", ()))),
            user_names=tuple(map(str, facts.get("users", ()))),
            trained=answer.arrays.get("trained"),
            tested=answer.arrays.get("tested"),
        )

    def training_part(self, place: int) -> int:
        """Return how many items of a user's history the model was trained on."""
        return 0 if self.trained is None else int(self.trained[place])

    def split(self, place: int) -> int:
        """Return how many items of a history lie before the test items, or else before what was
        held out; all for neither.
        """
        length = int(self.lengths[place])
        for part in (self.tested, self.trained):
            if part is not None and 0 < int(part[place]) < length:
                return int(part[place])
        return length

    @cached_property
    def names(self) -> list[str]:
        """Identifiers of the users in the data."""
        return list(self.user_names) or list(map(str, self.numbers))

    @cached_property
    def name_of(self) -> dict[int, str]:
        """Identifiers of the users in the data by their number."""
        return dict(zip(self.numbers, self.names, strict=True))

    def history(self, place: int) -> list[int]:
        """Return all items of a user, the newest last."""
        before = self.earlier[place] if self.earlier else ()
        return [*map(int, before), *(int(item) for item in self.x[place] if item >= 1)]

    def side_values(self, place: int, values: NDArray[Any] | None) -> list[float]:
        """Return times or ratings of a user's history, 0 where unknown; [] if all are."""
        if values is None:
            return []
        before = len(self.earlier[place]) if self.earlier else 0
        return [0.0] * before + [float(each) for each in values[place][self.x[place] >= 1]]

    @cached_property
    def catalogue(self) -> Catalogue:
        """The items."""
        every = [self.x.ravel(), *self.earlier]
        taken = sum(np.bincount(part, minlength=len(self.titles) + 1) for part in every)
        return Catalogue(self.titles, self.items, self.categories, np.asarray(taken)[1:])

    @cached_property
    def lengths(self) -> NDArray[np.int64]:
        """(n,) items of each history."""
        before = np.array([len(each) for each in self.earlier]) if self.earlier else 0
        return np.asarray((self.x >= 1).sum(axis=1) + before)

    def nearest(self, items: Sequence[int], count: int, but: int) -> list[Near]:
        """Return the users with the most similar sets of items (cosine), but one of them."""
        flags = np.zeros(len(self.titles) + 1, bool)
        flags[[item for item in items if 0 < item < len(flags)]] = True
        shared = flags[self.x].sum(axis=1)
        if self.earlier:
            shared = shared + np.array([flags[each].sum() for each in self.earlier])
        alike = shared / np.sqrt(np.maximum(1, self.lengths))
        if 0 <= but < len(alike):
            alike[but] = -1.0
        best = np.argsort(-alike, kind="stable")[:count]
        return [Near(int(i), int(shared[i]), int(self.lengths[i])) for i in best if alike[i] > 0]


def _earlier(answer: Answer) -> tuple[NDArray[np.int64], ...]:
    """Return what each has before x; () where x has everything."""
    if "earlier" not in answer.arrays:
        return ()
    ends = np.cumsum(answer.arrays["earlier.lengths"])
    return tuple(np.split(np.asarray(answer.arrays["earlier"], np.int64), ends[:-1]))


@dataclass(frozen=True)
class Question:
    """What is asked of some runs: lists after a history, and after the one before changes.

    Attributes:
        runs: their keys; the selected one first.
        step: of the checkpoint of the selected run, None for the present model.
    """

    runs: tuple[str, ...]
    step: int | None
    items: tuple[int, ...]
    original: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class RunList:
    """Items, best first, and their scores; ``error`` says why there are none."""

    item: NDArray[np.int64]
    score: NDArray[np.float64]
    error: str = ""

    def without(self, dropped: Collection[int]) -> "RunList":
        """Return the list without some items."""
        kept = ~np.isin(self.item, list(dropped))
        return replace(self, item=self.item[kept], score=self.score[kept])

    @property
    def likely(self) -> bool:
        """Whether scores are logarithms of probabilities."""
        some = self.score[np.isfinite(self.score)]
        return bool(len(some)) and bool((some <= 0).all()) and float(np.exp(some).sum()) < 1.01


@dataclass(frozen=True, eq=False)
class ListsOf:
    """The answer to a question: a list for each run, that of the selected one before the changes,
    the step it is of, and the milliseconds it took.
    """

    question: Question
    lists: tuple[RunList, ...]
    before: RunList
    step: int
    took: float


async def fetch_people(actions: Actions, run: str) -> People:
    """Return the users of a run's data with their histories.

    Raises:
        Refused: the data cannot be read.
    """
    return People.of(await actions.link.ask(GetRows(run=run, n=MOST)))


async def fetch_lists(actions: Actions, question: Question) -> ListsOf:
    """Ask all runs of a question.

    Raises:
        Refused: the selected run cannot answer.
    """
    began = time.perf_counter()
    found: list[RunList] = []
    before, step = _NOTHING, 0
    for number, key in enumerate(question.runs):
        histories = [list(question.items)]
        if number == 0 and question.original != question.items:
            # One model answers both: while it learns, two steps differ by that too.
            histories.append(list(question.original))
        try:
            answer = await actions.operating.ask(
                key,
                OPERATOR,
                config={"k": CANDIDATES},
                inputs={"histories": histories},
                step=question.step if number == 0 else None,
                live=True,
            )
        except Refused as refused:
            if number == 0:
                raise
            found.append(RunList(_NOTHING.item, _NOTHING.score, refused.error.message))
            continue
        found.append(_list_of(answer, 0))
        if number == 0:
            before, step = _list_of(answer, -1), int((answer.result or {}).get("step", 0))
    took = 1000 * (time.perf_counter() - began)
    return ListsOf(question, tuple(found), before, step, took)


_NOTHING = RunList(np.zeros(0, np.int64), np.zeros(0))


def _list_of(answer: Answer, row: int) -> RunList:
    item = np.asarray(answer.arrays["item"][row], np.int64)
    score = np.asarray(answer.arrays["score"][row], np.float64)
    return RunList(item[item > 0], score[item > 0])


class RecommendIntents(Intents):
    """Write lists and vectors to files."""

    def write(self, key: str, file: str, k: int) -> None:
        """Write the lists of all users to a file, replacing one that is there: the dialog for
        saving has asked.
        """
        command = Operate(run=key, operator=OPERATOR, config={"k": k}, file=file, overwrite=True)
        self._tell(command, "The lists were not written", key)

    def write_vectors(self, key: str, file: str, items: Sequence[int]) -> None:
        """Write the vectors of the items and the map to a file, replacing one that is there."""
        command = Operate(
            run=key,
            operator=MAP,
            config={"vectors": True},
            inputs={"histories": [list(items)]},
            file=file,
            overwrite=True,
        )
        self._tell(command, "The item vectors were not written", key)

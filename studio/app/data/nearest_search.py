"""The nearest of all rows that a run learns: asked of the engine, which has them all, where lenses
show some.
"""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from pushforward.studio.app.core.data_type import LABEL, Arrays, named
from pushforward.studio.app.core.runs import RunState
from pushforward.studio.app.core.training_sources import number_of
from pushforward.studio.app.data.nearest_samples import Near
from pushforward.studio.app.engine.actions import Actions
from pushforward.studio.app.engine.query import Query
from pushforward.studio.app.engine.requests.request_base import Answer
from pushforward.studio.protocol.messages import GetNearest

__all__ = ["NearestSearch", "Neighbours"]


@dataclass(frozen=True, eq=False)
class Neighbours:
    """The n nearest training samples of m query samples.

    Attributes:
        arrays: the neighbours in order, (m n, ...) by name.
        far: (m, n), distances, infinite if there are fewer.
        number: (m, n), row numbers in the training data.
        among: number searched, per query.
        usual: median nearest-neighbour distance of similar samples, if requested.
        by: what they are compared by, "" for the distance of their type.
    """

    arrays: Arrays
    far: NDArray[np.float64]
    number: NDArray[np.int64]
    among: tuple[int, ...]
    usual: tuple[float | None, ...]
    by: str = ""

    def near(self, label: str = "") -> Near:
        """Return what is known of the first datum that was asked about, of a class."""
        return Near(self.far[0], self.among[0], label, self.usual[0], whole=True, by=self.by)


@dataclass(frozen=True)
class _Question:
    """A request, and the names of the classes of its run."""

    request: GetNearest
    classes: tuple[str, ...]


class NearestSearch(QObject):
    """The nearest training samples to those that were asked about last.

    Signals:
        found: an answer, or the reason why there is none, has arrived.
    """

    found = Signal()

    def __init__(self, parent: QObject, actions: Actions) -> None:
        super().__init__(parent)
        self._looking = actions.looking
        self._query: Query[_Question, Neighbours | None] = Query(
            self, self._fetch, state=self._looking.state
        )
        self._query.changed.connect(self.found)

    def ask(
        self,
        run: RunState,
        by: str,
        data: Arrays,
        n: int,
        *,
        usual: bool = False,
        encoder: str = "",
    ) -> Neighbours | None:
        """Return the n nearest of each of some samples of a run if they are known; otherwise
        request them. With the key of an ``encoder`` its features are compared, of all classes.
        """
        if encoder:
            by, data = "", {name: each for name, each in data.items() if name != LABEL}
        request = _question(run, by, data, n, usual=usual)
        request = msgspec.structs.replace(request, encoder=encoder)
        return self._query.ask(_Question(request, tuple(run.classes)))

    @property
    def pending(self) -> bool:
        """Whether the answer to the last question is loading."""
        return self._query.busy

    async def _fetch(self, question: _Question) -> Neighbours | None:
        answer = await self._looking.nearest(question.request)
        found = _neighbours(answer, question.classes)
        encoder = question.request.encoder
        if found is None or not encoder:
            return found
        return replace(found, by=f"features of {number_of(Path(encoder).name)}")


def _question(run: RunState, by: str, data: Arrays, n: int, *, usual: bool) -> GetNearest:
    given = {
        name: np.asarray(values).tolist()
        for name, values in data.items()
        if name not in ("x", "mask", LABEL) and _is_number(values)
    }
    label = _numbers(data.get(LABEL), run.classes)
    if label and min(label) >= 0:
        given[LABEL] = label
    x = np.nan_to_num(np.asarray(data["x"], np.float32))
    mask = np.asarray(data["mask"], bool).tolist() if "mask" in data else []
    return GetNearest(run=run.key, by=by, x=x.tolist(), mask=mask, given=given, n=n, usual=usual)


def _is_number(values: NDArray[Any]) -> bool:
    """Whether each datum has one number of these."""
    return np.issubdtype(values.dtype, np.number) and values[:1].size == 1


def _numbers(label: NDArray[Any] | None, classes: tuple[str, ...]) -> list[int]:
    """Return the numbers of classes, that may be said by their names; -1 of what is no class."""
    if label is None:
        return []
    if np.issubdtype(label.dtype, np.number):
        return [int(each) for each in label]
    numbers = {name: i for i, name in enumerate(classes)}
    return [numbers.get(str(each), -1) for each in label]


def _neighbours(answer: Answer, classes: tuple[str, ...]) -> Neighbours | None:
    said: dict[str, Any] = answer.result or {}
    if "far" not in answer.arrays:
        return None
    rows = {name: each for name, each in answer.arrays.items() if name not in ("far", "number")}
    names = tuple(map(str, said.get("names") or ())) or classes
    return Neighbours(
        named(rows, names), answer.arrays["far"], answer.arrays["number"],
        tuple(said["among"]), tuple(said["usual"]),
    )  # fmt: skip

"""The nearest of all rows that a run learns: asked of the engine, which has them all, where lenses
show some.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal
from shiboken6 import isValid

from pushforward.studio.app.core import async_tasks
from pushforward.studio.app.core.data_type import LABEL, Arrays, named
from pushforward.studio.app.core.runs import RunState
from pushforward.studio.app.data.nearest_samples import Near
from pushforward.studio.app.engine.actions import Actions
from pushforward.studio.app.engine.requests.request_base import Answer, Refused
from pushforward.studio.protocol.messages import GetNearest

__all__ = ["Neighbours", "Sought"]


@dataclass(frozen=True, eq=False)
class Neighbours:
    """Of m data that were asked about the n nearest of all that a run learns.

    Attributes:
        arrays: these, one datum's after the other's, (m n, ...) by name.
        far: (m, n), how far they are, infinitely where there are fewer.
        number: (m, n), which of all that are learned they are.
        among: of how many they are the nearest, of each datum.
        usual: how far data like it are from the nearest other one, where that was asked for.
    """

    arrays: Arrays
    far: NDArray[np.float64]
    number: NDArray[np.int64]
    among: tuple[int, ...]
    usual: tuple[float | None, ...]

    def near(self, label: str = "") -> Near:
        """Return what is known of the first datum that was asked about, of a class."""
        return Near(self.far[0], self.among[0], label, self.usual[0], whole=True)


class Sought(QObject):
    """The answer to what was asked last. One question is on its way at a time, and of those asked
    meanwhile the last one follows.

    Signals:
        found: it is there.
    """

    found = Signal()

    def __init__(self, parent: QObject, actions: Actions) -> None:
        super().__init__(parent)
        self._actions = actions
        self._wanted: GetNearest | None = None
        self._answered: GetNearest | None = None
        self._last: Neighbours | None = None
        self._busy = False

    def ask(
        self, run: RunState, by: str, data: Arrays, n: int, *, usual: bool = False
    ) -> Neighbours | None:
        """Find the n nearest of each of some data of a run, by what the engine compares under a
        name; return them where they are known.
        """
        question = _question(run, by, data, n, usual=usual)
        self._wanted = question
        if question == self._answered:
            return self._last
        if not self._busy:
            self._busy = True
            async_tasks.spawn(self._find(run))
        return None

    @property
    def pending(self) -> bool:
        """Whether the answer to the last question is on its way."""
        return self._busy

    async def _find(self, run: RunState) -> None:
        question = self._wanted
        assert question is not None
        found = None
        try:
            found = _neighbours(await self._actions.looking.nearest(question), run)
        except Refused:
            pass  # nothing is said of what is near: the engine is gone, or does not compare these
        finally:
            self._busy = False
        if not isValid(self):
            return
        self._answered, self._last = question, found
        self.found.emit()  # whoever wants something else by now asks again


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


def _neighbours(answer: Answer, run: RunState) -> Neighbours | None:
    said: dict[str, Any] = answer.result or {}
    if "far" not in answer.arrays:
        return None
    rows = {name: each for name, each in answer.arrays.items() if name not in ("far", "number")}
    names = tuple(map(str, said.get("names") or ())) or run.classes
    return Neighbours(
        named(rows, names), answer.arrays["far"], answer.arrays["number"],
        tuple(said["among"]), tuple(said["usual"]),
    )  # fmt: skip

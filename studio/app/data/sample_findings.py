"""Facts of samples computed after display: prediction of the reference classifier, nearest training
sample, and facts relative to other samples; for sorting and filtering.
"""

import asyncio
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal
from shiboken6 import isValid

from pushforward.studio.app.core import async_tasks
from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.data_type import Arrays, Kind, RelativeMeasures
from pushforward.studio.app.core.operator_settings import offered
from pushforward.studio.app.core.runs import RunState
from pushforward.studio.app.data.pairwise_distance import nearest_of
from pushforward.studio.app.data.statistics import rows_of
from pushforward.studio.app.engine.actions import Actions
from pushforward.studio.app.engine.requests.request_base import Refused

__all__ = ["NEAREST", "MoreKnown"]

JUDGE, SURE, MARGIN, NEAREST = "judge", "sure", "margin", "nearest"
NEW = "new"  # what is found of each against the training data, and what it is if it is that
OPERATOR = "ask-judge"
NUMBERS = 500_000  # that go to the engine at most
KEPT = 12  # sets of data of which it is remembered


@dataclass(eq=False)
class _Entry:
    """Facts of samples x relative to the training data ``among``."""

    x: NDArray[Any]
    among: NDArray[Any] | None
    found: dict[str, NDArray[Any]] = field(default_factory=dict)


class MoreKnown(QObject):
    """Finds it once for each set of data, where their kind says that it is wanted.

    Signals:
        changed: something was found.
    """

    changed = Signal()

    def __init__(self, parent: QObject, state: AppState, actions: Actions) -> None:
        super().__init__(parent)
        self._state, self._actions = state, actions
        self._entries: list[_Entry] = []

    @staticmethod
    def shared(state: AppState, actions: Actions) -> "MoreKnown":
        """Return the one of all lenses, so that nothing is found twice. It outlives them."""
        found = state.findChild(MoreKnown)
        return MoreKnown(state, state, actions) if found is None else found

    def find_known(self, run: RunState, data: Arrays) -> Arrays | None:
        """Return the known facts of samples, None if not requested."""
        entry = self._entry(np.asarray(data["x"]), run.target)
        return entry.found if entry is not None else None

    def _is_complete(self, run: RunState, kind: Kind) -> bool:
        """Whether as many real samples are there as the data type compares with. A lens may have
        fetched fewer: the rest is requested.
        """
        if (target := run.target) is None or not len(target) or not self._state.engine.ready:
            return True
        room = kind.pool(target[0].nbytes)
        if len(target) >= min(room, run.learned or len(target)):
            return True
        self._actions.real_samples.need(run.key, room, at_least=True)
        return not self._actions.real_samples.pending(run.key)

    def _entry(self, x: NDArray[Any], among: NDArray[Any] | None) -> _Entry | None:
        same = (each for each in self._entries if each.x is x and each.among is among)
        return next(same, None)

    def of(self, run: RunState, kind: Kind, data: Arrays, *, own: bool = False) -> Arrays:
        """Return the known facts of samples (n, ...) and compute the rest; ``own`` tells that they
        are the training data.
        """
        if not kind.finds and kind.among is None:
            return {}
        x, among = np.asarray(data["x"]), run.target if self._is_complete(run, kind) else None
        if (known := self._entry(x, among)) is not None:
            # Of a training that is watched new pictures come all the time: what is still asked for,
            # as of the data beside them, is not forgotten for these.
            self._entries.remove(known)
            self._entries.append(known)
            return known.found
        before = next((each.found for each in self._entries if each.x is x), {})
        entry = _Entry(x, among, {n: v for n, v in before.items() if n in (JUDGE, SURE, MARGIN)})
        self._entries = [*self._entries[1 - KEPT :], entry]
        if NEAREST in kind.finds and kind.apart is not None and among is not None:
            async_tasks.spawn(self._measure(entry, kind, own=own))
        if kind.among is not None:
            told = run.target_told if among is not None else {}
            training = None
            if among is not None:
                training = rows_of(among, told) | kind.holding(run.alike, len(among))
            work = self._compare(entry, kind.among, dict(data), training, run.learned, own=own)
            async_tasks.spawn(work)
        able = any(each.slug == OPERATOR for each in offered(run, self._state.catalog))
        if JUDGE in kind.finds and able and run.checkpoints and SURE not in entry.found:
            if self._state.engine.ready:
                async_tasks.spawn(self._judge(entry, run))
            else:
                self._entries.remove(entry)
        return entry.found

    async def _measure(self, entry: _Entry, kind: Kind, *, own: bool) -> None:
        assert kind.apart is not None
        assert entry.among is not None
        flat = [each.reshape(len(each), -1) for each in (entry.x, entry.among)]
        far = await asyncio.to_thread(nearest_of, *flat, own=own)
        self._tell(entry, {NEAREST: far})

    async def _compare(
        self,
        entry: _Entry,
        among: RelativeMeasures,
        data: Arrays,
        training: Arrays | None,
        learned: int | None,
        *,
        own: bool,
    ) -> None:
        """Compare data with each other and with the training ones; of these a lens may have
        fetched a part, and what is new to that may be known to the rest.
        """
        found = dict(await asyncio.to_thread(among, data, training, own=own))
        n = len(training["x"]) if training is not None else 0
        if NEW in found and learned is not None and n < learned:
            part = f"{NEW} to {n:,} of {learned:,}"
            found[NEW] = np.where(found[NEW] == NEW, part, found[NEW])
        self._tell(entry, found)

    async def _judge(self, entry: _Entry, run: RunState) -> None:
        some = max(1, NUMBERS // max(1, entry.x[0].size))
        rows = entry.x[:some].clip(0.0, 1.0).tolist()
        try:
            answer = await self._actions.operating.ask(run.key, OPERATOR, inputs={"rows": rows})
            seen, known = answer.arrays["class"], {n: answer.arrays[n] for n in (SURE, MARGIN)}
        except (Refused, KeyError):
            return  # there is no judge: nothing is said of it
        names = np.asarray([*run.classes, ""])
        called = [names[i] if i < len(run.classes) else str(i) for i in seen.tolist()]
        judge = np.full(len(entry.x), "", dtype=np.asarray(["", *called]).dtype)
        judge[: len(called)] = called
        found: dict[str, NDArray[Any]] = {JUDGE: judge}
        for name, values in known.items():
            found[name] = np.full(len(entry.x), np.nan)
            found[name][: len(called)] = values
        self._tell(entry, found)

    def _tell(self, entry: _Entry, found: dict[str, NDArray[Any]]) -> None:
        if isValid(self):
            entry.found = {**entry.found, **found}
            self.changed.emit()

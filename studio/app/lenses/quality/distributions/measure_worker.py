"""Compute distributions in a thread."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget
from shiboken6 import isValid

from pushforward.studio.app.core.runs import RunState
from pushforward.studio.app.core.timers import single_shot
from pushforward.studio.app.data.sample_measures import (
    CARDS,
    Found,
    Sample,
    found_in,
    looking_at,
    with_distances,
)
from pushforward.studio.app.engine.query import Query
from pushforward.studio.app.engine.sample_source import Sampled, ShownSamples
from pushforward.studio.app.lenses.quality.distributions.compared_samples import Against

__all__ = ["Counted"]

SOON_MS = 250  # from what is new to the next picture


class Counted(QObject):
    """Recomputes the comparison when its data change, one at a time. ``found`` is the last result,
    and ``of`` its samples; ``part`` is the chosen class of the first word, "" for all, and
    ``chosen`` the chosen quantities, None for the default.

    Signals: told: the samples being measured, none if missing. changed: a new result.
    """

    told = Signal(list)
    changed = Signal()

    def __init__(self, lens: QWidget, sampled: Sampled, against: Against) -> None:
        super().__init__(lens)
        self._lens, self._sampled, self._against = lens, sampled, against
        self.found: Found | None = None
        self.of: ShownSamples | None = None
        self.part = ""
        self.chosen: list[str] | None = None
        self._query: Query[str, None] = Query(self, self._find)
        self._samples: Sequence[Sample] = ()
        self._of: ShownSamples | None = None  # what the selected run has generated of these
        self._timer = single_shot(self, self.measure, SOON_MS)

    @property
    def shown(self) -> ShownSamples | None:
        """What the figures are of that stand here: counting newer ones takes a while."""
        return self.of if self.of is not None else self._sampled.now

    def forget(self) -> None:
        """Let go of what was found: it is of another run."""
        self.found, self.of, self.part, self.chosen = None, None, "", None

    def later(self, _news: object = None) -> None:
        """Measure soon, if somebody looks."""
        if self._lens.isVisible() and not self._timer.isActive():
            self._timer.start()

    def look_again(self) -> None:
        """Look at the part that is meant now, of what was found."""
        if self.found is not None:
            self.found = looking_at(self.found, self._part_of(self.found))

    def numbers(self, found: Found) -> list[str]:
        """Return the numbers that are shown: those that were chosen, else those that matter to the
        kind, else the first.
        """
        wanted = self.chosen or self._against.kind.first
        return [each for each in found.names if each in wanted] or list(found.names[:CARDS])

    def measure(self) -> None:
        """Measure what stands against each other now."""
        self._against.ask()
        samples = self._against.samples()
        self.told.emit(samples)
        if not samples:
            return
        self._samples, self._of = samples, self._sampled.now
        self._query.ask("", again=True)

    async def _find(self, _key: str) -> None:
        """Measure samples, show them, and then how far they are from real data."""
        run, before, samples, of = self._sampled.run, self.found, self._samples, self._of
        columns, order = (run.columns, run.classes) if run is not None else ((), ())
        kind = self._against.kind
        found = await asyncio.to_thread(found_in, samples, kind, columns, before, None, order)
        if not self._is_current(run):
            return
        found = looking_at(found, self._part_of(found))
        self.found, self.of = _until_measured(found, before), of
        self.told.emit(samples)
        self.changed.emit()
        numbers = self.numbers(found)
        found = await asyncio.to_thread(with_distances, found, numbers, before)
        if self._is_current(run) and self._part_of(found) == found.part:
            self.found = found
            self.changed.emit()

    def _is_current(self, run: RunState | None) -> bool:
        """Whether what was found of a run is still meant; the lens may be closed meanwhile."""
        return isValid(self) and run is self._sampled.run

    def _part_of(self, found: Found) -> tuple[str, str] | None:
        """Return the class that is looked at, with its word."""
        return (found.words[0], self.part) if found.words and self.part else None


def _until_measured(found: Found, before: Found | None) -> Found:
    """Return what was found with the distances of before, until those of now are known; not those
    of another class.
    """
    if before is None or before.part != found.part or len(before.samples) != len(found.samples):
        return found
    return replace(found, far=before.far, by_class=before.by_class)

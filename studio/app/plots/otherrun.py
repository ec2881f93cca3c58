"""Rows of another run beside those of one, from the same latents where there are such."""

import asyncio
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from shiboken6 import isValid

from studio.app import tasks, words
from studio.app.plots.records import read_newest
from studio.app.plots.sampled import Shown, shown_of
from studio.app.state.latents import differ
from studio.app.state.naming import number
from studio.app.state.runs import FlowRecord, RunState
from studio.app.state.session import AppState

__all__ = ["OtherRun"]


class OtherRun(QObject):
    """The rows of another run, as those of one are shown: its newest kept particles beside
    particles, samples of the same seed beside samples.

    Attributes:
        run: which, None for none.
        shown: its rows, None where there are none or they are not read yet.
        note: why they are not row by row those of the first, or why there are none; "" where they
            are.

    Signals:
        changed: there are others.
    """

    changed = Signal()

    def __init__(self, parent: QObject, state: AppState) -> None:
        super().__init__(parent)
        self._state = state
        self._asked: tuple[str, str, str, int] | None = None
        self.run: RunState | None = None
        self.shown: Shown | None = None
        self.note = ""
        state.runs.kept_changed.connect(self._kept)

    @property
    def aligned(self) -> bool:
        """Whether row i is of the same latent in both."""
        return self.shown is not None and not self.note

    def choose(self, run: RunState | None, one: RunState | None, beside: Shown | None) -> None:
        """Show rows of a run beside those of ``one``, None for none."""
        if run is None or one is None or beside is None:
            self.run, self.shown, self.note, self._asked = None, None, "", None
            return
        newest = run.kept[-1] if run.kept else -1
        asked = (one.key, beside.file, run.key, newest)
        if asked != self._asked:
            if self.run is not run:
                self.shown = None
            self.run, self._asked = run, asked
            tasks.spawn(self._read(asked, run, one, beside))

    def _kept(self, key: str) -> None:
        if self.run is not None and key == self.run.key:
            self.changed.emit()

    async def _read(
        self, asked: tuple[str, str, str, int], run: RunState, one: RunState, beside: Shown
    ) -> None:
        from studio.store.errors import StoreError

        found, note = (
            None,
            differ(one, run, self._state.catalog, beside.seed if beside.file else None),
        )
        try:
            if beside.file:
                found = await asyncio.to_thread(_seeded, run.key, beside)
                name = number(run.name)
                missing = (
                    f"Run {name} has no {len(beside.x):,} samples of seed {beside.seed}: "
                    "Generate draws them."
                )
                note = note if found is not None else missing
            else:
                record = await asyncio.to_thread(read_newest, run.key)
                found = _particles(record, run) if record is not None else None
        except (StoreError, OSError) as error:
            note = str(error)
        if isValid(self) and asked == self._asked:
            if found is not None and found.x.shape[1:] != beside.x.shape[1:]:
                found, note = None, f"Run {number(run.name)} makes rows of another shape."
            self.shown, self.note = found, note
            self.changed.emit()


def _particles(record: FlowRecord, run: RunState) -> Shown:
    origin = words.at_step(record.step, run)
    told = {**record.given, **({"mask": record.mask} if record.mask is not None else {})}
    return Shown(record.x[-1], run.columns, origin, record.step, told=told, classes=run.classes)


def _seeded(key: str, like: Shown) -> Shown | None:
    """Return the newest samples of a run that were drawn as others were, None for none."""
    from studio.store.samples import SampleSets

    sets = SampleSets(Path(key))
    for path in reversed(sets.paths()):
        found = shown_of(sets.read(path), str(path))
        if (found.seed, found.given, len(found.x)) == (like.seed, like.given, len(like.x)):
            return found
    return None

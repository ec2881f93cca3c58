"""Samples of another run next to those of one, from the same latents if possible."""

import asyncio
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from shiboken6 import isValid

from pushforward.studio.app.core import snapshot_text
from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.display_names import number
from pushforward.studio.app.core.runs import FlowRecord, RunState
from pushforward.studio.app.data.shared_latents import differ
from pushforward.studio.app.engine.query import Query
from pushforward.studio.app.engine.record_reader import read_newest
from pushforward.studio.app.engine.sample_source import ShownSamples, shown_of

__all__ = ["OtherRun"]

_Key = tuple[str, str, str, int, int]  # run, its file, other run, its newest step and results


class OtherRun(QObject):
    """Samples of another run: its newest particles next to particles, samples of the same seed next
    to samples.

    Attributes:
        run: the run, None for none.
        shown: its rows, None if missing or loading.
        note: why rows do not correspond, or are missing; "" otherwise.
        draws: whether generating with the first run's seed would provide them.
        Signals: changed: the rows changed.
    """

    changed = Signal()

    def __init__(self, parent: QObject, state: AppState) -> None:
        super().__init__(parent)
        self._state = state
        self._query: Query[_Key, None] = Query(self, self._read)
        self._query.changed.connect(self.changed)
        self._one: tuple[RunState, ShownSamples] | None = None
        self.run: RunState | None = None
        self.shown: ShownSamples | None = None
        self.note, self.draws = "", False
        state.runs.kept_changed.connect(self._kept)
        state.result_written.connect(lambda event: self._kept(event.run))

    @property
    def drawing(self) -> bool:
        """Whether something is being drawn of the other run, or waits for its turn."""
        run, jobs = self.run, self._state.jobs.values()
        return run is not None and any(
            job.run == run.key and job.kind == "operator" for job in jobs
        )

    @property
    def aligned(self) -> bool:
        """Whether row i is of the same latent in both."""
        return self.shown is not None and not self.note

    def choose(
        self, run: RunState | None, one: RunState | None, beside: ShownSamples | None
    ) -> None:
        """Show rows of a run next to those of ``one``, None for none."""
        if run is None or one is None or beside is None:
            self.run, self.shown, self.note, self.draws = None, None, "", False
            self._query.cancel()
            return
        newest = run.kept[-1] if run.kept else -1
        key = (one.key, beside.file, run.key, newest, len(run.results))
        if key != self._query.key:
            if self.run is not run:
                self.shown = None
            self.run, self._one = run, (one, beside)
            self._query.ask(key)

    def _kept(self, key: str) -> None:
        if self.run is not None and key == self.run.key:
            self.changed.emit()

    async def _read(self, key: _Key) -> None:
        from pushforward.studio.store.errors import StoreError

        assert self.run is not None
        assert self._one is not None
        run, (one, beside) = self.run, self._one
        seed = beside.seed if beside.file else None
        found, draws, note = None, False, differ(one, run, self._state.catalog, seed)
        try:
            if beside.file:
                found = await asyncio.to_thread(_seeded, run.key, beside)
                # Samples of chosen conditions are asked for in words of their own.
                draws = found is None and seed is not None and not beside.given
                if found is None:
                    note = " ".join(filter(None, (_none(run, beside), note)))
            else:
                record = await asyncio.to_thread(read_newest, run.key)
                found = _particles(record, run) if record is not None else None
        except (StoreError, OSError) as error:
            note, draws = str(error), False
        if isValid(self) and key == self._query.key:
            if found is not None and found.x.shape[1:] != beside.x.shape[1:]:
                found, note = (
                    None,
                    f"Run {number(run.name)} generates samples of a different shape.",
                )
            self.shown, self.note, self.draws = found, note, draws


def _none(run: RunState, like: ShownSamples) -> str:
    """Say that a run has no samples that were drawn as others were."""
    seed = f" of seed {like.seed}" if like.seed is not None else ""
    given = f", {like.given}" if like.given else ""
    return f"Run {number(run.name)} has no {len(like.x):,} samples{seed}{given}."


def _particles(record: FlowRecord, run: RunState) -> ShownSamples:
    origin = snapshot_text.at_step(record.step, run)
    told = {**record.conditions, **({"mask": record.mask} if record.mask is not None else {})}
    return ShownSamples(
        record.x[-1], run.columns, origin, record.step, told=told, classes=run.classes
    )


def _seeded(key: str, like: ShownSamples) -> ShownSamples | None:
    """Return the newest samples of a run that were drawn as others were, None for none."""
    from pushforward.studio.store.samples import SampleSets

    sets = SampleSets(Path(key))
    for path in reversed(sets.paths()):
        found = shown_of(sets.read(path), str(path))
        if (found.seed, found.given, len(found.x)) == (like.seed, like.given, len(like.x)):
            return found
    return None

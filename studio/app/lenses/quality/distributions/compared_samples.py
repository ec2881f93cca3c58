"""What stands against what: what the selected run makes, what others make, and real data."""

import asyncio
from contextlib import suppress
from typing import Any

from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget
from shiboken6 import isValid

from pushforward.studio.app.core import async_tasks, display_names, run_comparison, snapshot_text
from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.data_type import Kind, named
from pushforward.studio.app.core.data_type_registry import kind_of_run
from pushforward.studio.app.core.display_names import numbered
from pushforward.studio.app.core.runs import RunState
from pushforward.studio.app.core.selection import Offered, Source
from pushforward.studio.app.data.sample_measures import Found, Sample
from pushforward.studio.app.data.statistics import measured_of, rows_of
from pushforward.studio.app.data.tile_pane import describe_sample
from pushforward.studio.app.engine.actions import Actions
from pushforward.studio.app.engine.paired_record import PairedRecord
from pushforward.studio.app.engine.requests.record_watching import Looking
from pushforward.studio.app.engine.sample_source import NOWHERE, Sampled, ShownSamples, read_usual
from pushforward.studio.protocol.messages import ResultWritten
from pushforward.studio.store.errors import StoreError

__all__ = ["PARTICLES", "SIDES", "Against"]

PARTICLES = 2048  # live, of each run
REAL = 4096  # rows of the data
BYTES = 16_000_000  # that they may take: of large data there are fewer
FEWEST = 512
SIDES = ("Generated", "Real")


class Against(QObject):
    """Follows, while a lens is seen, the runs that are compared with the one that it shows.

    Signals:
        changed: others have come.
    """

    changed = Signal()

    def __init__(self, lens: QWidget, state: AppState, actions: Actions, sampled: Sampled) -> None:
        super().__init__(lens)
        self._lens, self._state, self._actions, self._sampled = lens, state, actions, sampled
        self._others: list[PairedRecord] = []
        self._theirs: dict[str, ShownSamples | None] = {}  # what was drawn last from other runs
        self._unread: set[str] = set()  # of which that is not known yet
        state.runs.compared.connect(self.follow)
        state.runs.selected.connect(lambda _key: self.follow())
        state.result_written.connect(self._written)

    @property
    def kind(self) -> Kind:
        """That of the data."""
        return kind_of_run(self._sampled.run, self._state.catalog)

    def follow(self) -> None:
        """Follow the other runs that are compared."""
        current = self._state.runs.current
        found = [run for run in run_comparison.compared(self._state.runs) if run is not current]
        while len(self._others) < len(found):
            beside = PairedRecord(
                self._lens, self._state, self._actions, self._looking, lambda _: True
            )
            beside.shown.connect(self.changed)
            self._others.append(beside)
        for place, beside in enumerate(self._others):
            beside.show(found[place].key if place < len(found) else "")
        self._unread = {r.key for r in found if r.key not in self._theirs or r.key in self._unread}
        self._theirs = {run.key: self._theirs.get(run.key) for run in found}
        for run in found:
            async_tasks.spawn(self._read(run.key))
        self.changed.emit()

    async def _read(self, key: str) -> None:
        """Read what was drawn last from another run: it may be more than its fixed latents."""
        shown = None
        with suppress(StoreError, OSError):  # that run says it in its own lens
            shown = await asyncio.to_thread(read_usual, key)
        if isValid(self) and key in self._theirs:
            self._unread.discard(key)
            self._theirs[key] = shown or self._theirs[key]
            self.changed.emit()

    def _written(self, event: ResultWritten) -> None:
        if event.run in self._theirs:
            async_tasks.spawn(self._read(event.run))

    def _looking(self, run: RunState) -> Looking:
        return Looking(run.job, (), NOWHERE, 2, PARTICLES, tuple(self.kind.parts))

    def ask(self) -> None:
        """Ask for enough of the data."""
        run, now = self._sampled.run, self._sampled.now
        if run is not None and now is not None:
            room = BYTES // max(1, now.x[0].nbytes) if len(now.x) else REAL
            self._actions.real_samples.need_held_out(run.key, min(REAL, max(FEWEST, room)))

    def samples(self) -> list[Sample]:
        """Return the real data, what the run makes, and what others make; as far as there are."""
        run, now, kind = self._sampled.run, self._sampled.now, self.kind
        found_real = self.real_side()
        if run is None or now is None or found_real is None or not kind.fits(now.x.shape[1:]):
            return []
        real, real_of = found_real
        made_of = Source(run.key, "samples" if now.file else "particles", now.file)
        made = rows_of(now.x, named(now.told, now.classes or run.classes))
        made |= kind.holding(run.alike, len(now.x))
        places = {each.key: i for i, each in enumerate(run_comparison.compared(self._state.runs))}
        title, place = numbered(run), places.get(run.key, 0)
        found = [Sample("", "real", real, real_of), Sample(run.key, title, made, made_of, place)]
        for beside in self._others:
            other, by = beside.run, self._made_by(beside, kind)
            if other is not None and by is not None:
                title, place = numbered(other), places.get(other.key, 0)
                found.append(Sample(other.key, title, by[0], place=place, origin=by[1]))
        for each in found[:2]:
            self._offer(each, kind)
        return found

    def _made_by(
        self, beside: PairedRecord, kind: Kind
    ) -> tuple[dict[str, NDArray[Any]], str] | None:
        """Return what another run makes, and what that is in words: its fixed latents, or samples
        that were drawn as in the data, where these are more and no older. None until it is known
        which.
        """
        other, record = beside.run, beside.record
        if other is None or other.key in self._unread:
            return None
        drawn = self._theirs.get(other.key)
        names = other.classes or (
            self._sampled.run.classes if self._sampled.run is not None else ()
        )
        fixed = record.x.shape[1] if record is not None and kind.fits(record.x.shape[2:]) else 0
        known = (record.step if record is not None else -1, *other.kept[-1:])  # or it is being read
        newest = max(known) if beside.step is None else known[0]
        usable = drawn is not None and not drawn.given and kind.fits(drawn.x.shape[1:])
        if usable and drawn is not None and len(drawn.x) > fixed and drawn.step >= newest:
            return rows_of(drawn.x, named(drawn.told, drawn.classes or names)), drawn.origin
        if record is None or not fixed or (beside.step is not None and record.step != beside.step):
            return None
        origin = f"{fixed:,} fixed {kind.moving}, {snapshot_text.at_step(record.step, other)}"
        return rows_of(record.x[-1], named(record.conditions, names)), origin

    def real_side(self) -> tuple[dict[str, NDArray[Any]], Source] | None:
        """Return the real data, those that were not learned from where there are such; None where
        none are known yet.
        """
        run = self._sampled.run
        if run is None:
            return None
        if run.held is not None:
            told_of = named(run.held_told, run.classes)
            return rows_of(run.held, told_of), Source(run.key, "held")
        # Those that it learns would give other figures until those held out come, under one name.
        if run.target is None or (run.holds_out is None and self._state.engine.ready):
            return None
        told_of = named(run.target_told, run.classes)
        return rows_of(run.target, told_of), Source(run.key, "data", str(len(run.edits)))

    def _offer(self, sample: Sample, kind: Kind) -> None:
        """Let the inspector know the rows."""
        assert sample.source is not None
        run = self._sampled.run
        columns = run.columns if run is not None else ()

        def tell(row: int) -> list[tuple[str, str]]:
            one = {name: each[row : row + 1] for name, each in sample.arrays.items()}
            given = {name: each[0] for name, each in one.items()}
            return describe_sample(
                kind, measured_of(kind, one, columns), given, real=not sample.key
            )

        side = SIDES[0] if sample.key else SIDES[1]
        offered = Offered(sample.arrays, f"{side} {kind.one}", tell)
        self._state.selection.offer(sample.source, offered)

    # In words

    @property
    def about_real(self) -> str:
        """Describe the real data."""
        run = self._sampled.run
        if run is None or (run.held is None and run.target is None):
            return ""
        return "real: held out" if run.held is not None else "real: training data"

    def about_others(self, found: Found | None) -> list[str]:
        """Describe the samples of other runs: "run 2: 1,500 samples, step 900"."""
        samples = found.samples[2:] if found is not None else ()
        known = {each.key: each.origin for each in samples}
        others = [each.run for each in self._others if each.run is not None]
        return [
            f"run {display_names.number(run.name)}: {known.get(run.key) or 'not read yet'}"
            for run in others
            if run.key in known or run.kept or run.live is not None
        ]

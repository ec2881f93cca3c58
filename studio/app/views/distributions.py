"""Quality, data by data: how each number of generated data is spread, beside real ones."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from numpy.typing import NDArray
from PySide6.QtCore import QTimer
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import QGridLayout, QVBoxLayout, QWidget
from shiboken6 import isValid

from studio.app import held, tasks, words
from studio.app.actions import Actions
from studio.app.askonce import AskOnce
from studio.app.intents.watching import Looking
from studio.app.kinds.distances import ALL, Distances, Line, multiples
from studio.app.kinds.kind import Kind, named
from studio.app.kinds.measuring import (
    CARDS,
    Found,
    Part,
    Sample,
    class_shares,
    found_in,
    in_part,
    looking_at,
    shares_among,
    with_distances,
)
from studio.app.kinds.registry import kind_of_run, moves_in
from studio.app.kinds.statistics import measured_of, rows_of
from studio.app.plots.bars import Bars, Run
from studio.app.plots.beside import Beside
from studio.app.plots.export import Picture
from studio.app.plots.histogram import HistogramScene, Steps
from studio.app.plots.paper import histograms_picture
from studio.app.plots.runkey import ink
from studio.app.plots.sampled import NOWHERE, Sampled, Shown, read_usual
from studio.app.plots.shares import beyond, edges_of, shares_of
from studio.app.plots.style import CanvasStyle
from studio.app.plots.ticks import number
from studio.app.state import comparison, naming
from studio.app.state.naming import called
from studio.app.state.runs import RunState
from studio.app.state.selection import NONE, Offered, Source
from studio.app.state.session import AppState
from studio.app.theme import colors, theme
from studio.app.viewspec import ViewSpec
from studio.app.widgets.barscard import BarsCard
from studio.app.widgets.basic import Elided, button, icon_button, label, scrolled, view_bar
from studio.app.widgets.distancetable import DistanceTable
from studio.app.widgets.distributiontools import DistributionTools
from studio.app.widgets.exporting import ask_picture, ask_values
from studio.app.widgets.heldchip import held_chip
from studio.app.widgets.histogramcard import HistogramCard, Other
from studio.app.widgets.linekey import LineKey
from studio.app.widgets.overlays import EmptyState
from studio.app.widgets.pane import told
from studio.literal import one_line
from studio.protocol.messages import ResultWritten
from studio.store.errors import StoreError

__all__ = ["VIEW", "DistributionsView"]

PARTICLES = 2048  # live, of each run
REAL = 4096  # rows of the data
BYTES = 16_000_000  # that they may take: of large data there are fewer
FEWEST = 512
SOON_MS = 250  # from what is new to the next picture
FRAME_MS = 20  # until it is painted what is being counted
WIDE, TALL = 250, 460  # pixels that a histogram wants, and that it has at most
SIDES = ("Generated", "Real")
CLASS_TIP = (
    "The share of each class of what is generated; green: of real data, with two deviations by "
    "chance. Of one run, orange is further off than that; of several, each has its colour."
)


def applies(state: AppState) -> bool:
    """Whether what the selected run makes has numbers of its own."""
    run = state.runs.current
    return run is not None and moves_in(run, state.catalog)


class DistributionsView(QWidget):
    """A histogram for each number that the kind of data knows of a datum."""

    def __init__(self, state: AppState, actions: Actions) -> None:
        super().__init__()
        self._state, self._actions = state, actions
        self.cards: dict[str, HistogramCard | BarsCard] = {}
        self._others: list[Beside] = []
        self._theirs: dict[str, Shown | None] = {}  # what was drawn last from other runs
        self._unread: set[str] = set()  # of which that is not known yet
        self._found: Found | None = None
        self._of: Shown | None = None  # whose figures those are
        self._brush: tuple[str, Part] | None = None
        self._real = False  # whether a brush selects real rows
        self._class = ""  # of the first word, that alone is looked at
        self._chosen: list[str] | None = None  # the numbers that the person wants to see
        self._by = ""  # how the brush told the selection about itself
        self._busy = self._again = False
        self._once = AskOnce(self, state)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(SOON_MS)
        self._timer.timeout.connect(self._measure)
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(FRAME_MS)
        self._soon.timeout.connect(self._look)
        self._sampled = Sampled(self, state, actions, PARTICLES, applies)
        self._lay_out()
        self._connect()
        self._sampled.select()
        self._compare()

    def _lay_out(self) -> None:
        self._words = Elided("", "muted")
        self.tools = tools = DistributionTools()
        tools.part.connect(self._look_at)
        tools.numbers.connect(self._choose)
        tools.axes.connect(self._show)
        tools.side.connect(self._turn)
        picture = icon_button("export", "Export picture: PNG, SVG or PDF", self._export)
        draw = button("Sample now", self._draw, tip="Draw as many as an evaluation has")
        self.bar = view_bar(self, None, held_chip(self._sampled), draw, picture)
        self._key = LineKey()
        self._note = label("", "small", wrap=True)
        self.table = DistanceTable()
        page = QWidget()
        self._grid = QGridLayout()
        self._grid.setSpacing(8)
        inside = QVBoxLayout(page)
        inside.setContentsMargins(12, 8, 12, 12)
        inside.setSpacing(8)
        inside.addWidget(tools)
        inside.addWidget(self._words)
        inside.addWidget(self._key)
        inside.addWidget(self._note)
        inside.addLayout(self._grid, 1)
        inside.addWidget(self.table)
        inside.addStretch()
        self._page = scrolled(page)
        body = QVBoxLayout(self)
        body.setContentsMargins(0, 0, 0, 0)
        body.addWidget(self._page)
        self.setProperty("surface", "canvas")
        self._empty = EmptyState(self)

    def _connect(self) -> None:
        runs = self._state.runs
        self._sampled.selected.connect(self._forget)
        for news in (self._sampled.shown, self._sampled.told):
            news.connect(self._later)
        self._sampled.failed.connect(self._words.set_text)
        runs.compared.connect(self._compare)
        runs.selected.connect(lambda _key: self._compare())
        self._state.selection.changed.connect(self._selected)
        self._state.engine_changed.connect(self._later)
        self._state.result_written.connect(self._written)
        theme.changed.connect(self._show)

    @property
    def _kind(self) -> Kind:
        return kind_of_run(self._sampled.run, self._state.catalog)

    # Which data

    def _forget(self) -> None:
        self._found, self._of, self._brush = None, None, None
        self._class, self._chosen = "", None
        self._clear()
        self._later()

    def _compare(self) -> None:
        """Follow the other runs that are compared."""
        current = self._state.runs.current
        found = [run for run in comparison.compared(self._state.runs) if run is not current]
        while len(self._others) < len(found):
            beside = Beside(self, self._state, self._actions, self._looking, lambda _: True)
            beside.shown.connect(self._later)
            self._others.append(beside)
        for place, beside in enumerate(self._others):
            beside.show(found[place].key if place < len(found) else "")
        self._unread = {r.key for r in found if r.key not in self._theirs or r.key in self._unread}
        self._theirs = {run.key: self._theirs.get(run.key) for run in found}
        for run in found:
            tasks.spawn(self._read(run.key))
        self._later()

    async def _read(self, key: str) -> None:
        """Read what was drawn last from another run: it may be more than its fixed latents."""
        shown = None
        with suppress(StoreError, OSError):  # that run says it in its own lens
            shown = await asyncio.to_thread(read_usual, key)
        if isValid(self) and key in self._theirs:
            self._unread.discard(key)
            self._theirs[key] = shown or self._theirs[key]
            self._later()

    def _written(self, event: ResultWritten) -> None:
        if event.run in self._theirs:
            tasks.spawn(self._read(event.run))

    def _looking(self, run: RunState) -> Looking:
        return Looking(run.job, (), NOWHERE, 2, PARTICLES, tuple(self._kind.parts))

    def _samples(self) -> list[Sample]:
        """Return the real data, what the run makes, and what others make; as far as there are."""
        run, now, kind = self._sampled.run, self._sampled.now, self._kind
        found_real = self._real_side()
        if run is None or now is None or found_real is None or not kind.fits(now.x.shape[1:]):
            return []
        real, real_of = found_real
        made_of = Source(run.key, "samples" if now.file else "particles", now.file)
        made = rows_of(now.x, named(now.told, now.classes or run.classes))
        made |= kind.holding(run.alike, len(now.x))
        places = {each.key: i for i, each in enumerate(comparison.compared(self._state.runs))}
        title, place = called(run.name, run.label.name), places.get(run.key, 0)
        found = [Sample("", "real", real, real_of), Sample(run.key, title, made, made_of, place)]
        for beside in self._others:
            other, by = beside.run, self._made_by(beside, kind)
            if other is not None and by is not None:
                title, place = called(other.name, other.label.name), places.get(other.key, 0)
                found.append(Sample(other.key, title, by[0], place=place, origin=by[1]))
        for each in found[:2]:
            self._offer(each, kind)
        return found

    def _made_by(self, beside: Beside, kind: Kind) -> tuple[dict[str, NDArray[Any]], str] | None:
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
        origin = f"{fixed:,} fixed {kind.moving}, {words.at_step(record.step, other)}"
        return rows_of(record.x[-1], named(record.given, names)), origin

    def _real_side(self) -> tuple[dict[str, NDArray[Any]], Source] | None:
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
        if run.target is None or (run.holds_out is None and self._once.ready):
            return None
        told_of = named(run.target_told, run.classes)
        return rows_of(run.target, told_of), Source(run.key, "data", str(len(run.edits)))

    @property
    def _about_real(self) -> str:
        """Say which data the real ones are."""
        run = self._sampled.run
        if run is None or (run.held is None and run.target is None):
            return ""
        return "real: held out" if run.held is not None else "real: those that it learns"

    def _offer(self, sample: Sample, kind: Kind) -> None:
        """Let the inspector know the rows."""
        assert sample.source is not None
        run = self._sampled.run
        columns = run.columns if run is not None else ()

        def tell(row: int) -> list[tuple[str, str]]:
            one = {name: each[row : row + 1] for name, each in sample.arrays.items()}
            given = {name: each[0] for name, each in one.items()}
            return told(kind, measured_of(kind, one, columns), given, real=not sample.key)

        side = SIDES[0] if sample.key else SIDES[1]
        offered = Offered(sample.arrays, f"{side} {kind.one}", tell)
        self._state.selection.offer(sample.source, offered)

    def _ask(self) -> None:
        """Ask for enough of the data."""
        run, now = self._sampled.run, self._sampled.now
        if run is not None and now is not None and self._once.due(run):
            room = BYTES // max(1, now.x[0].nbytes) if len(now.x) else REAL
            self._actions.looking.load_held(run.key, min(REAL, max(FEWEST, room)))

    def _draw(self) -> None:
        """Draw more samples than there are fixed ones."""
        run = self._sampled.run
        if run is not None:
            catalog = self._state.catalog
            n = comparison.training_value(run.spec, "evaluate_samples", catalog)
            self._actions.training.sample(int(n or 0))

    # Measuring

    def _later(self, _news: object = None) -> None:
        if self.isVisible() and not self._timer.isActive():
            self._timer.start()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._later()

    def _measure(self) -> None:
        self._ask()
        samples = self._samples()
        self._tell(samples)
        if not samples:
            return
        self._again = self._busy
        if not self._busy:
            self._busy = True
            tasks.spawn(self._find(samples, self._kind, self._sampled.now))

    async def _find(self, samples: Sequence[Sample], kind: Kind, of: Shown | None) -> None:
        """Measure samples, show them, and then how far they are from real data; ``of`` is what the
        selected run makes of these, for others may come before this begins.
        """
        run, before = self._sampled.run, self._found
        columns = run.columns if run is not None else ()
        try:
            order = run.classes if run is not None else ()
            found = await asyncio.to_thread(found_in, samples, kind, columns, before, None, order)
            if not self._meant(run):
                return
            found = looking_at(found, self._part_of(found))
            self._found, self._of = _until_measured(found, before), of
            self._tell(samples)
            self._show()
            numbers = self._numbers(found)
            found = await asyncio.to_thread(with_distances, found, numbers, before)
        finally:
            self._busy = False
        if not self._meant(run):
            return
        if self._part_of(found) == found.part:
            self._found = found
            self._show()
        if self._again:
            self._measure()

    def _meant(self, run: RunState | None) -> bool:
        """Whether what was found of a run is still meant; the lens may be closed meanwhile."""
        return isValid(self) and run is self._sampled.run

    def _part_of(self, found: Found) -> tuple[str, str] | None:
        """Return the class that is looked at, with its word."""
        return (found.words[0], self._class) if found.words and self._class else None

    # Showing

    def _tell(self, samples: Sequence[Sample]) -> None:
        """Say what is shown, or why nothing is."""
        run, now = self._sampled.run, self._sampled.now
        self._say_which()
        some = bool(samples) and self._found is not None  # else the names of another run stand here
        self.tools.setVisible(some)
        self._page.setVisible(some)
        self._empty.setVisible(not some)
        if some or run is None:
            return
        if samples:
            self._empty.tell(
                "Counting", f"Numbers of {self._kind.many} are held against real ones."
            )
        elif now is not None and not self._kind.fits(now.x.shape[1:]):
            self._empty.tell("Nothing to count", f"These {self._kind.many} have no numbers.")
        elif now is not None:
            self._empty.tell("Reading the data", "Generated data are held against real ones.")
        elif run.step:
            act = ("Sample now", self._draw)
            self._empty.tell("No samples yet", f"Draw {self._kind.moving} to count them.", *act)
        else:
            self._empty.tell("Nothing to count yet", "Samples follow with the first steps.")

    def _say_which(self) -> None:
        """Say which data are held against which, and whether they are few."""
        now, of = self._sampled.now, self._shown
        # Others that are drawn meanwhile: what stands here is not of them yet.
        coming = now is not None and of is not None and now.file != of.file
        counting = f"counting {self._sampled.origin}" if coming else ""
        told = (counting, self._about_made, *self._about_others, self._about_real)
        self._words.set_text(" · ".join(filter(None, told)))
        found, n = self._found, len(of.x) if of is not None else 0
        if found is not None and found.part is not None:
            n = found.count(1)
        few = held.few(n) if of is not None else ""
        few = f"n = {n:,}: {few}." if few else ""
        self._note.setText(" ".join(filter(None, [of.note if of is not None else "", few])))
        self._note.setVisible(bool(self._note.text()))

    @property
    def _shown(self) -> Shown | None:
        """What the figures are of that stand here: counting newer ones takes a while."""
        return self._of if self._of is not None else self._sampled.now

    @property
    def _about_others(self) -> list[str]:
        """Say which data of other runs stand beside them: "run 2: 1,500 samples, step 900"."""
        samples = self._found.samples[2:] if self._found is not None else ()
        known = {each.key: each.origin for each in samples}
        others = [each.run for each in self._others if each.run is not None]
        return [
            f"run {naming.number(run.name)}: {known.get(run.key) or 'not read yet'}"
            for run in others
            if run.key in known or run.kept or run.live is not None
        ]

    @property
    def _about_made(self) -> str:
        """Say which generated data are looked at: "180 top jets of 1,000 samples"."""
        found, origin = self._found, self._sampled.origin_of(self._shown)
        if found is None or found.part is None:
            return origin
        n = found.count(1)
        kind = self._kind
        return f"{n:,} {one_line(found.part[1])} {kind.one if n == 1 else kind.many} of {origin}"

    def _show(self, _news: object = None) -> None:
        found = self._found
        if found is None or not self.isVisible():
            return
        self._say_which()
        numbers, words_ = self._numbers(found), () if found.part else found.words
        if [*numbers, *words_] != list(self.cards):
            self._make(numbers, words_)
        self._offer_parts(found, numbers)
        for name, card in self.cards.items():
            if isinstance(card, BarsCard):
                bars = self._bars(found, name)
                inside = "; inside: what is selected" if bars.selected is not None else ""
                said = self._said(found, name) or f"green: real data ± 2σ{inside}"
                card.show_bars(bars, said)
            else:
                scene, far = self._scene(found, name), found.far.get(name)
                said = self._said(found, name) or ("" if far else "measuring how far it is")
                whose, others = self._whose(found, name)
                card.show_scene(scene, far[0] if far else None, said, whose=whose, others=others)
                self._key.show_names(scene.key(CanvasStyle.of(colors())))
        self.table.setVisible(bool(found.by_class))
        if found.by_class:
            self.table.show_distances(self._distances(found, numbers), self._class)

    def _whose(self, found: Found, name: str) -> tuple[str, list[Other]]:
        """Say of several models whose distance stands first, and those of the others."""
        run, far = self._sampled.run, found.far.get(name, ())
        if run is None or len(found.samples) < 3:
            return "", []
        unit, tokens = self._kind.units.get(name, ""), colors()
        others = [
            Other(
                ink(each.place, tokens),
                one_line(each.title),
                f"run {naming.number(Path(each.key).name)}",
                apart.said(unit),
            )
            for each, apart in zip(found.samples[2:], far[1:], strict=False)
            if apart is not None
        ]
        return f"run {naming.number(run.name)}", others

    def _numbers(self, found: Found) -> list[str]:
        """Return the numbers that are shown: those that were chosen, else those that matter to the
        kind, else the first.
        """
        wanted = self._chosen or self._kind.first
        return [each for each in found.names if each in wanted] or list(found.names[:CARDS])

    def _offer_parts(self, found: Found, numbers: Sequence[str]) -> None:
        word = found.words[0] if found.words else ""
        self.tools.choice.offer(word, found.classes, self._class)
        self.tools.offer(found.names, numbers)

    def _distances(self, found: Found, numbers: Sequence[str]) -> Distances:
        """Return the table of distances of the selected run."""
        units, models = self._kind.units, found.samples[1:]
        titles = [(each.title, each.place) for each in models]
        lines = tuple(
            Line(
                one_line(name),
                units.get(name, ""),
                found.by_class.get(name, {}),
                tuple(multiples(titles, found.far.get(name, [None] * len(models)))),
            )
            for name in numbers
        )
        names = [each for each in next(iter(found.by_class.values()), {}) if each != ALL]
        word = found.words[0] if found.words else ""
        origin = self._sampled.origin_of(self._shown)
        about = f"{models[0].title}, {origin}; {self._about_real}"
        return Distances(tuple(names) or (ALL,), lines, about, classes=word)

    def _look_at(self, name: str) -> None:
        """Look at one class alone, or at all data. Until these are counted, which takes a while
        where the engine computes, cards say so and no figure of others stands there.
        """
        self._class = name
        said = f"counting {one_line(name) if name else 'all data'}"
        self._words.set_text(said)
        for card in self.cards.values():
            card.say(said)
        self._soon.start()

    def _look(self) -> None:
        """Show the class that is looked at, without what was brushed."""
        if self._found is not None:
            self._found = looking_at(self._found, self._part_of(self._found))
        self._brushed("", None)
        self._measure()

    def _choose(self, names: list[str]) -> None:
        """Show other numbers."""
        self._chosen = names
        self._measure()

    def _scene(self, found: Found, name: str) -> HistogramScene:
        tokens = colors()
        real, *models = (found.of(i, name) for i in range(len(found.samples)))
        log_x, log_y = self.tools.log_x.isChecked(), self.tools.log_y.isChecked()
        log_x = log_x or name in self._kind.logs
        edges = edges_of(real, *models, log=log_x)
        steps = tuple(
            Steps(
                each.title,
                ink(each.place, tokens),
                each.place,
                shares_of(values, edges),
                beyond(values, edges),
                found.spread(name, edges, i),
                found.count(i),
            )
            for i, (each, values) in enumerate(zip(found.samples[1:], models, strict=True), 1)
        )
        values, rows = self._selected_of(found, name)
        chosen = shares_of(rows, edges) * len(rows) / max(1, len(values)) if len(rows) else None
        part = self._part(name)
        return HistogramScene(
            name, edges, shares_of(real, edges), found.count(0), steps, chosen,
            None if isinstance(part, str) else part,
            log_x=log_x and bool(edges[0] > 0), log_y=log_y, sigma=found.spread(name, edges, 0),
            unit=self._kind.units.get(name, ""), beyond=beyond(real, edges),
        )  # fmt: skip

    def _bars(self, found: Found, name: str) -> Bars:
        run = self._sampled.run
        order = run.classes if run is not None else ()
        names, made, real, spread = class_shares(found.of(0, name), found.of(1, name), order)
        part = self._part(name)
        chosen = names.index(part) if isinstance(part, str) and part in names else -1
        runs = tuple(
            Run(each.title, ink(each.place, colors()), shares_among(found.of(i, name), names))
            for i, each in enumerate(found.samples[1:], 1)
        )
        values, chosen_ones = self._selected_of(found, name)
        many = len(chosen_ones)
        selected = shares_among(chosen_ones, names) * many / len(values) if many else None
        return Bars(
            "share of all", names, made, real, spread, chosen=chosen,
            runs=runs if len(runs) > 1 else (), selected=selected,
        )  # fmt: skip

    def _selected_of(self, found: Found, name: str) -> tuple[NDArray[Any], NDArray[Any]]:
        """Return what is known of the real data or of the generated ones, of those that something
        is selected of, and of those that are selected.
        """
        for i in (0, 1):
            rows = self._state.selection.of(found.samples[i].source)
            if len(rows):
                return found.of(i, name), found.among(i, name, rows)
        return found.of(1, name), NONE

    def _part(self, name: str) -> Part | None:
        """Return what is brushed of a number or a class."""
        return self._brush[1] if self._brush is not None and self._brush[0] == name else None

    def _said(self, found: Found, name: str) -> str:
        """Say how much of each sample is brushed, of what is made first: the end may be cut."""
        part = self._part(name)
        if part is None:
            return ""
        real, *models = range(len(found.samples))
        shares = []
        for i in (*models, real):
            values, title = found.of(i, name), found.samples[i].title
            share = float(in_part(values, part).mean()) if len(values) else 0.0
            called = "generated" if i and len(models) == 1 else title
            shares.append(f"{called} {100 * share:.1f} %")
        return f"{_words(part)}: {', '.join(shares)}"

    def _make(self, numbers: Sequence[str], classes: Sequence[str]) -> None:
        """Make cards of numbers and classes; those that are there stay: each takes a while."""
        wanted = (*numbers, *classes)
        self._clear(keep=wanted)
        there = self.cards
        self.cards = {name: there.get(name) or self._card(name, classes) for name in wanted}
        self._place()

    def _card(self, name: str, classes: Sequence[str]) -> HistogramCard | BarsCard:
        card: HistogramCard | BarsCard
        if name in classes:
            card = BarsCard(name, CLASS_TIP)
            card.plot.picked.connect(partial(self._picked, name))
        else:
            card = HistogramCard(name, self._kind.units.get(name, ""))
            card.plot.brushed.connect(partial(self._brushed, name))
        card.setMaximumHeight(TALL)
        card.picture_wanted.connect(partial(ask_picture, card, self._state, words.plain(name)))
        card.values_wanted.connect(partial(ask_values, card, self._state, words.plain(name)))
        return card

    def _clear(self, keep: Sequence[str] = ()) -> None:
        for name in self.cards.keys() - set(keep):
            card = self.cards.pop(name)
            self._grid.removeWidget(card)
            card.hide()
            card.deleteLater()

    def _place(self) -> None:
        count = len(self.cards)
        across = max(1, min(count, 4, self.width() // WIDE))
        across = -(-count // -(-count // across)) if count else 1  # rows as full as each other
        for place, card in enumerate(self.cards.values()):
            self._grid.addWidget(card, place // across, place % across)
        for column in range(4):
            self._grid.setColumnStretch(column, 1 if column < across else 0)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place()

    # Selecting

    def _picked(self, name: str, at: int) -> None:
        card = self.cards[name]
        assert isinstance(card, BarsCard)
        self._brushed(name, card.scene.names[at] if at >= 0 else None)

    def _brushed(self, name: str, part: Part | None) -> None:
        """Select the rows of a range, or of a class, for all lenses; without one let go."""
        found, selection = self._found, self._state.selection
        self._brush, self._by = None, ""
        if part is None or found is None:
            selection.clear()
            self._show()
            return
        self._brush = (name, part)
        self._by = f"{name} {_words(part)}"
        side = 0 if self._real else 1
        sample, other = found.samples[side], found.samples[1 - side]
        rows, others = (found.rows_in(i, name, part) for i in (side, 1 - side))
        assert sample.source is not None
        what = "same class" if isinstance(part, str) else "same range"
        beside = (f"{other.title}, {what}", len(others), found.count(1 - side))
        across = (other.source, others) if other.source is not None else None
        selection.set(sample.source, rows, self._by, beside, across, found.count(side))
        self._show()

    def _turn(self, side: int) -> None:
        """Select rows of the other side in the same range."""
        self._real = side == 1
        if self._brush is not None:
            self._brushed(*self._brush)

    def _selected(self) -> None:
        if self._state.selection.by != self._by:
            self._brush, self._by = None, ""
        self._show()

    # Taking it away

    def export_picture(self) -> Picture:
        """Return all histograms for paper."""
        cards = [card for card in self.cards.values() if isinstance(card, HistogramCard)]
        return histograms_picture(
            {card.title: card.scene for card in cards}, {card.title: card.far for card in cards}
        )

    def _export(self) -> None:
        if self.cards:
            ask_picture(self, self._state, "distributions")


def _until_measured(found: Found, before: Found | None) -> Found:
    """Return what was found with the distances of before, until those of now are known; not those
    of another class.
    """
    if before is None or before.part != found.part or len(before.samples) != len(found.samples):
        return found
    return replace(found, far=before.far, by_class=before.by_class)


def _words(part: Part) -> str:
    """Say a range or a class."""
    return one_line(part) if isinstance(part, str) else f"{number(part[0])} to {number(part[1])}"


VIEW = ViewSpec(
    id="distributions",
    lens="quality",
    title="Distributions",
    order=35,
    applies=applies,
    factory=DistributionsView,
)

"""Samples as tiles: generated next to real, with statistics below."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent, QPainter, QResizeEvent

from pushforward.studio.app.charts.overlays import EmptyState
from pushforward.studio.app.charts.picture_export import Picture, painted_picture
from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.data_type import LABEL, Arrays, Kind, named
from pushforward.studio.app.core.data_type_registry import kind_of_run
from pushforward.studio.app.core.display_names import name_of, number
from pushforward.studio.app.core.edit_views import editor_of, lacks
from pushforward.studio.app.core.notices import Notice
from pushforward.studio.app.core.runs import RunState
from pushforward.studio.app.core.selection import Source, What
from pushforward.studio.app.core.timers import single_shot
from pushforward.studio.app.core.training_sources import encoders
from pushforward.studio.app.data.browser import Browser
from pushforward.studio.app.data.metric_list import Qualities
from pushforward.studio.app.data.nearest_search import NearestSearch
from pushforward.studio.app.data.other_run import OtherRun
from pushforward.studio.app.data.sample_button import sample_button
from pushforward.studio.app.data.sample_findings import MoreKnown
from pushforward.studio.app.data.sample_switch import held_chip
from pushforward.studio.app.data.shared_latents import find_comparable_runs
from pushforward.studio.app.data.statistics import rows_of
from pushforward.studio.app.data.views.lens_view import LensView
from pushforward.studio.app.data.views.operator_menu import OperatorChip
from pushforward.studio.app.data.views.view_spec import ViewSpec, shows_moving
from pushforward.studio.app.design.basic import button, column, icon_button, label
from pushforward.studio.app.engine.actions import Actions
from pushforward.studio.app.engine.sample_source import Sampled, ShownSamples
from pushforward.studio.app.lenses.samples.sound_player import Unplayed, play

__all__ = ["VIEW", "TileSamplesView"]

SHOWN = 64  # particles that the lens wants, live
NEAR = 64  # of the nearest, of all that the run learns
HEARD = 8  # sounds that are played one after the other at most
HEAR = (
    "Play the selected ones, or the one in the ring, one after the other, with the player of this "
    "system (H)"
)
BACK = "Esc: back to real samples"
STEADY_MS = 1500  # that particles of a training stand before more is found of them
TALL = 560  # pixels of the view from which on figures stand below the tiles


applies = shows_moving("browser")


class TileSamplesView(LensView):
    """Browser of generated and real samples side by side."""

    def __init__(self, state: AppState, actions: Actions) -> None:
        super().__init__(state, actions)
        self.browser = Browser(state.selection)
        self._numbers = Qualities(state)
        self._note = label("", "small", wrap=True)
        self._sampled = Sampled(self, state, actions, SHOWN, applies)
        sample = sample_button(actions)
        self.hear = button("Hear", self._hear, icon="play", tip=HEAR)
        export = icon_button("export", "Export samples", actions.export.open)
        self._other = OtherRun(self, state)
        self._absent = EmptyState(self.browser.real.grid)
        self._more = MoreKnown.shared(state, actions)
        self._sought = NearestSearch(self, actions)
        self._others: list[RunState] = []
        self._steady = single_shot(self, self._fill_anew, STEADY_MS)
        self._drawn_ones = held_chip(self._sampled)
        self.browser.export_wanted.connect(actions.export.open)
        self.browser.edit_wanted.connect(self._edit)
        self.browser.rule.chosen.connect(self._choose_rule)
        self.browser.foot.addWidget(self._drawn_ones)
        self.bar = self.browser.bar(self, self.hear, sample, OperatorChip(state, actions), export)
        column((self.browser, 1), self._numbers, self._note, parent=self, margins=(16, 8, 16, 12))
        self._sampled.shown.connect(self._show)
        self._sampled.told.connect(self._tell)
        self._sampled.failed.connect(self.browser.made.say)
        state.engine_changed.connect(self._tell)
        for changed in (state.engine_changed, state.queue_changed):
            changed.connect(self._offer_drawing)
        news = (self._other.changed, self._more.changed, self._sought.found)
        for signal in (*news, self.browser.near_wanted):
            signal.connect(self._fill_anew)
        for choice in (self.browser.real.choice, self.browser.look):
            choice.currentIndexChanged.connect(lambda _: self._fill(self._sampled.now))
        for signal in (state.runs.listed, state.catalog_changed):
            signal.connect(self._offer_others)
        state.runs.changed.connect(self._offer_begun)
        self._sampled.selected.connect(self._offer_others)
        self._sampled.select()

    def _offer_others(self) -> None:
        """Offer real data and other runs for the second column."""
        run, state = self._sampled.run, self._state
        self._others = (
            find_comparable_runs(run, state.runs.by_key, state.catalog) if run is not None else []
        )
        names = [f"Run {number(other.name)}" for other in self._others]
        tips = ["The training data of the run (Esc goes back)", *map(name_of, self._others)]
        self.browser.real.offer_choice(["Real", *names], tips)
        found = (
            encoders(run, state.runs.by_key.values(), state.catalog)
            if run and state.catalog
            else []
        )
        titles = [(each.key, f"By encoder {number(each.name)}") for each in found]
        self.browser.offer_encoders(self._kind, titles)

    def _offer_begun(self, key: str) -> None:
        """Offer another run as soon as something of it has moved."""
        run, other = self._sampled.run, self._state.runs.by_key.get(key)
        known = {each.key for each in (run, *self._others) if each is not None}
        if other is not None and other.step and key not in known:
            self._offer_others()

    @property
    def _kind(self) -> Kind:
        return kind_of_run(self._sampled.run, self._state.catalog)

    def _show(self, shown: ShownSamples) -> None:
        if self._kind.fits(shown.x.shape[1:]):
            self._steady.start()
            self._fill(shown)
            self.browser.made.say(self._sampled.origin)

    def _fill_anew(self) -> None:
        self._fill(self._sampled.now)

    def _fill(self, shown: ShownSamples | None) -> None:
        """Show what was generated, and the data as far as they are known."""
        run, kind = self._sampled.run, self._kind
        if run is None:
            return
        made = real = made_of = None
        if shown is not None and kind.fits(shown.x.shape[1:]):
            names, read = shown.classes or run.classes, run.target is not None
            made = rows_of(shown.x, named(shown.told, names, asked=read))
            made |= kind.holding(run.alike, len(shown.x))
            # Particles of a training are others in a moment, and what asks the engine waits.
            stands = kind.among is not None and not self._steady.isActive()
            if shown.file or not run.job or stands:
                made |= self._more.of(run, kind, made)
            what: What = "samples" if shown.file else "particles"
            made_of = Source(run.key, what, shown.file)
        target = run.target
        if target is not None and kind.fits(target.shape[1:]):
            real = rows_of(target, named(run.target_told, run.classes))
            real |= kind.holding(run.alike, len(target))
            real |= self._more.of(run, kind, real, own=True)
        real_of = Source(run.key, "data", str(len(run.edits)))
        place = self.browser.real.choice.currentIndex() - 1
        other = self._others[place] if 0 <= place < len(self._others) else None
        self._other.choose(other, run, shown)
        self._offer_drawing()
        if other is None:
            self._show_real(run, made, made_of, real, real_of)
            return
        theirs, there = None, self._other.shown
        if there is not None:
            theirs = rows_of(
                there.x, named(there.told, there.classes or other.classes or run.classes)
            )
            theirs |= self._more.of(run, kind, theirs)
            theirs |= kind.holding(run.alike, len(there.x))
        # The same latents are the same rows, whichever run they went through.
        of = made_of if self._other.aligned else None
        missing = self._other.note or f"Loading samples of run {number(other.name)}…"
        missing = "" if self._other.draws else missing
        title = f"Run {number(other.name)}"
        self.browser.show_data(kind, made, made_of, theirs, of, missing, beside=title)
        said = (self._other.note, there.origin) if there is not None else ()
        self.browser.real.say(" · ".join(filter(None, (*said, BACK))))

    def _offer_drawing(self) -> None:
        """Offer to draw of the other run what it has none of, with the same seed."""
        other, shown = self._other.run, self._sampled.now
        if other is None or shown is None or shown.seed is None or not self._other.draws:
            self._absent.hide()
            return
        act = partial(self._actions.training.sample_as, other.key, len(shown.x), shown.seed)
        text, action = self._other.note, f"Draw {len(shown.x):,} of run {number(other.name)}"
        if self._other.drawing:
            text, action = f"{text} Loading its samples…", ""
        elif not self._state.engine.ready:
            text, action = f"{text} Generate them when the engine is ready.", ""
        self._absent.tell("No such samples yet", text, action, act)

    def _show_real(
        self, run: RunState, made: Arrays | None, made_of: Source | None, real: Arrays | None,
        real_of: Source,
    ) -> None:  # fmt: skip
        """Show the data next to the generated samples, or the nearest training samples if requested
        and available.
        """
        kind, row, browser = self._kind, self.browser.near_to, self.browser
        found = None
        encoder = self._state.selection.encoder
        if (
            (kind.sought or encoder)
            and made is not None
            and made_of is not None
            and 0 <= row < len(made["x"])
        ):
            known = ("x", *kind.parts, *kind.told)
            one = {name: each[row : row + 1] for name, each in made.items() if name in known}
            found = self._sought.ask(run, kind.sought, one, NEAR, usual=True, encoder=encoder)
            if found is None and self._sought.pending and browser.shows_near:
                return  # what was near to another one stands until this is known
        if found is None or made is None:
            browser.show_data(kind, made, made_of, real, real_of, "Reading the data")
            browser.real.say("")
            return
        many = min(NEAR, found.among[0])
        near = found.near(str(made[LABEL][row]) if LABEL in made and not encoder else "")
        rows = {name: each[:many] for name, each in found.arrays.items()}
        of = Source(run.key, "near", f"{made_of} {row} {encoder}")
        browser.show_data(
            kind, made, made_of, rows, of, "", near=replace(near, far=near.far[:many]),
            numbers=found.number[0, :many],
        )  # fmt: skip
        by = f", by {near.by}" if near.by else ""
        browser.real.say(f"the nearest of {near.describe_searched(kind)}{by}")

    def _edit(self) -> None:
        """Lay what is selected on the table of the lens in which such data are edited."""
        state = self._state
        state.window.show_lens.emit(f"samples/{editor_of(self._sampled.run, state.catalog)}")
        state.selection.changed.emit()  # it may hold another one, and takes what is selected then

    def _choose_rule(self, rule: str) -> None:
        if (run := self._sampled.run) is not None:
            self._actions.rules.choose(run.key, rule)

    def _hear(self) -> None:
        """Play what is selected; else what is in the ring, else the first there is."""
        kind, pane = self._kind, self.browser.looked_at()
        if kind.heard is None or pane.arrays is None or not pane.count:
            return
        rows = self._state.selection.of(pane.source)[:HEARD]
        if not len(rows):
            rows = np.array([max(0, pane.grid.inspected)])
        try:
            play(kind.heard({name: each[rows] for name, each in pane.arrays.items()}))
        except Unplayed as error:
            self._state.notices.post(
                Notice(level="warning", text="Playback failed", why=str(error), topic="hear")
            )

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """H plays what is selected, where it is a sound."""
        plain = event.modifiers() == Qt.KeyboardModifier.NoModifier
        if event.key() == Qt.Key.Key_H and plain and not self.hear.isHidden():
            self._hear()
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """Leave the figures to the inspector where tiles need the room."""
        now = self._sampled.now
        measured = now is not None and not now.given
        self._numbers.setVisible(measured and self.height() >= TALL)

    def _tell(self) -> None:
        run = self._sampled.run
        sounds = run is not None and all(name in run.alike for name in self._kind.alike)
        self.hear.setVisible(self._kind.heard is not None and sounds and bool(self._sampled.now))
        now = self._sampled.now
        some, note = now is not None, self._sampled.note
        self.browser.setVisible(some)
        able = run is not None and not lacks(run, self._state.catalog)
        self.browser.edits = able and bool(editor_of(run, self._state.catalog))
        self._note.setText(note)
        self._note.setVisible(bool(note))
        self._fit()
        self.empty.setVisible(not some)
        self._numbers.show_run(run)
        self._target()
        if some:
            self.browser.made.say(self._sampled.origin)
        if some or run is None:
            return
        act: Callable[[], None] | None = None
        title, words = "Nothing to sample yet", "Available once the training has started."
        action = ""
        if run.step:
            title = "No samples yet"
            words = f"Draw {self._kind.moving} and compare them with the data."
            action, act = "Sample now", self._actions.training.sample
            if not self._state.engine.ready:
                words, action, act = "Samples are generated when the engine is ready.", "", None
        self.empty.tell(title, words, action, act)

    def _target(self) -> None:
        run = self._sampled.run
        if run is None:
            return
        if run.target is not self._drawn or run.key != self._of:
            self._drawn, self._of = run.target, run.key
            self._fill(self._sampled.now)  # the names of classes have come, too
        now = self._sampled.now
        if now is not None and len(now.x):
            pool = self._kind.pool(now.x[0].nbytes)
            self._actions.real_samples.need(run.key, pool, at_least=True)

    _drawn: NDArray[np.float32] | None = None
    _of = ""  # the run whose data are shown

    def export_picture(self) -> Picture:
        """Return both grids and the numbers as they are seen."""

        def paint(painter: QPainter, vector: bool) -> None:
            with self.browser.on_paper():
                self.render(painter, self.rect().topLeft())

        return painted_picture(self.size(), paint)


VIEW = ViewSpec(
    id="browser",
    lens="samples",
    title="Browse",  # what stands there may be generated or real
    order=20,
    applies=applies,
    factory=TileSamplesView,
)

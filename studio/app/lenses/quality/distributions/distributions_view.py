"""Quality by quantity: distributions of generated and real data."""

from collections.abc import Sequence

from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QWidget

from pushforward.studio.app.charts.bar_card import BarsCard
from pushforward.studio.app.charts.histogram_card import HistogramCard
from pushforward.studio.app.charts.legend import LineKey
from pushforward.studio.app.charts.picture_export import Picture
from pushforward.studio.app.charts.plot_style import CanvasStyle
from pushforward.studio.app.charts.print_plots import histograms_picture
from pushforward.studio.app.core import run_comparison
from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.data_type import Kind
from pushforward.studio.app.core.data_type_registry import moves_in
from pushforward.studio.app.core.timers import single_shot
from pushforward.studio.app.data.chart_export import ask_picture
from pushforward.studio.app.data.distribution_controls import DistributionTools
from pushforward.studio.app.data.sample_measures import Found, Part, Sample
from pushforward.studio.app.data.sample_switch import held_chip
from pushforward.studio.app.data.views.lens_view import LensView
from pushforward.studio.app.data.views.view_spec import ViewSpec
from pushforward.studio.app.design.basic import (
    Elided,
    button,
    column,
    icon_button,
    label,
    scrolled,
    view_bar,
)
from pushforward.studio.app.design.theme import colors, theme
from pushforward.studio.app.engine.actions import Actions
from pushforward.studio.app.engine.sample_source import Sampled
from pushforward.studio.app.lenses.quality.distributions.compared_samples import PARTICLES, Against
from pushforward.studio.app.lenses.quality.distributions.distance_view import DistanceTable
from pushforward.studio.app.lenses.quality.distributions.distribution_cards import Cards
from pushforward.studio.app.lenses.quality.distributions.distribution_scenes import (
    bars_of,
    distances_of,
    in_words,
    others_of,
    said_of,
    scene_of,
)
from pushforward.studio.app.lenses.quality.distributions.measure_worker import Counted
from pushforward.studio.app.text import metric_reference
from pushforward.studio.literal import one_line

__all__ = ["VIEW", "DistributionsView"]

FRAME_MS = 20  # until it is painted what is being counted


def applies(state: AppState) -> bool:
    """Whether what the selected run makes has numbers of its own."""
    run = state.runs.current
    return run is not None and moves_in(run, state.catalog)


class DistributionsView(LensView):
    """A histogram for each number that the kind of data knows of a datum."""

    def __init__(self, state: AppState, actions: Actions) -> None:
        super().__init__(state, actions)
        self._brush: tuple[str, Part] | None = None
        self._real = False  # whether a brush selects real rows
        self._by = ""  # how the brush told the selection about itself
        self._soon = single_shot(self, self._look, FRAME_MS)
        self._sampled = Sampled(self, state, actions, PARTICLES, applies)
        self.against = Against(self, state, actions, self._sampled)
        self.counted = Counted(self, self._sampled, self.against)
        self._lay_out()
        self._connect()
        self._sampled.select()
        self.against.follow()

    def _lay_out(self) -> None:
        self._words = Elided("", "muted")
        self.tools = tools = DistributionTools()
        tools.part.connect(self._look_at)
        tools.numbers.connect(self._choose)
        tools.axes.connect(self._show)
        tools.side.connect(self._turn)
        picture = icon_button("export", "Export picture: PNG, SVG or PDF", self._export)
        draw = button("Sample now", self._draw, tip="Generate as many samples as an evaluation")
        self.bar = view_bar(self, None, held_chip(self._sampled), draw, picture)
        self._legend = LineKey()
        self._led = label("", "warm", wrap=True)
        self._note = label("", "small", wrap=True)
        self.cards = Cards(self._state)
        self.table = DistanceTable()
        page = QWidget()
        column(
            tools,
            self._words,
            self._legend,
            self._led,
            self._note,
            (self.cards, 1),
            self.table,
            (None, 0),
            parent=page,
            margins=(12, 8, 12, 12),
        )
        self._page = scrolled(page)
        column(self._page, parent=self)

    def _connect(self) -> None:
        later = self.counted.later
        self._sampled.selected.connect(self._forget)
        news = (self._sampled.shown, self._sampled.told, self.against.changed)
        for signal in (*news, self._state.engine_changed):
            signal.connect(later)
        self._sampled.failed.connect(self._words.set_text)
        self.counted.told.connect(self._tell)
        self.counted.changed.connect(self._show)
        self.cards.brushed.connect(self._brushed)
        self._state.selection.changed.connect(self._selected)
        theme.changed.connect(self._show)

    @property
    def _kind(self) -> Kind:
        return self.against.kind

    def _forget(self) -> None:
        self._brush = None
        self.counted.forget()
        self.cards.clear()
        self.counted.later()

    def _draw(self) -> None:
        """Draw as many samples as an evaluation has, and no fewer than are shown."""
        run = self._sampled.run
        if run is not None:
            catalog = self._state.catalog
            n = run_comparison.training_value(run.spec, "evaluate_samples", catalog)
            now = self._sampled.now
            self._actions.training.sample(max(int(n or 0), len(now.x) if now is not None else 0))

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.counted.later()

    # In words

    def _tell(self, samples: Sequence[Sample]) -> None:
        """Say what is shown, or why nothing is."""
        run, now = self._sampled.run, self._sampled.now
        self._say_which()
        # Without what was found the names of another run stand here.
        some = bool(samples) and self.counted.found is not None
        self.tools.setVisible(some)
        self._page.setVisible(some)
        self.empty.setVisible(not some)
        if some or run is None:
            return
        if samples:
            self.empty.tell(
                "Counting", f"Quantities of {self._kind.many} are compared with real data."
            )
        elif now is not None and not self._kind.fits(now.x.shape[1:]):
            self.empty.tell(
                "Nothing to count", f"These {self._kind.many} have no quantities to compare."
            )
        elif now is not None:
            self.empty.tell("Reading the data", "Generated data are compared with real data.")
        elif run.step:
            act = ("Sample now", self._draw)
            self.empty.tell(
                "No samples yet", f"Draw {self._kind.moving} to see their distributions.", *act
            )
        else:
            self.empty.tell("No distributions yet", "Shown after the first training steps.")

    def _say_which(self) -> None:
        """Describe the compared data, and whether they are few."""
        now, of, found = self._sampled.now, self.counted.shown, self.counted.found
        # Others that are drawn meanwhile: what stands here is not of them yet.
        coming = now is not None and of is not None and now.file != of.file
        counting = f"counting {self._sampled.origin}" if coming else ""
        others = self.against.about_others(found)
        told = (counting, self._about_made, *others, self.against.about_real)
        self._words.set_text(" · ".join(filter(None, told)))
        n = len(of.x) if of is not None else 0
        if found is not None and found.part is not None:
            n = found.count(1)
        few = metric_reference.few(n) if of is not None else ""
        few = f"n = {n:,}: {few}." if few else ""
        led = self._sampled.note_of(of) if of is not None and not of.note else ""
        self._led.setText(led)
        self._led.setVisible(bool(led))
        self._note.setText(" ".join(filter(None, [of.note if of is not None else "", few])))
        self._note.setVisible(bool(self._note.text()))

    @property
    def _about_made(self) -> str:
        """Say which generated data are looked at: "180 top jets of 1,000 samples"."""
        found, origin = self.counted.found, self._sampled.origin_of(self.counted.shown)
        if found is None or found.part is None:
            return origin
        n = found.count(1)
        kind = self._kind
        return f"{n:,} {one_line(found.part[1])} {kind.one if n == 1 else kind.many} of {origin}"

    # Showing

    def _show(self, _news: object = None) -> None:
        found, run, kind = self.counted.found, self._sampled.run, self._kind
        if found is None or run is None or not self.isVisible():
            return
        self._say_which()
        numbers = self.counted.numbers(found)
        self.cards.make(numbers, () if found.part else found.words, kind.units)
        word = found.words[0] if found.words else ""
        self.tools.choice.offer(word, found.classes, self.counted.part)
        self.tools.offer(found.names, numbers)
        for name, card in self.cards:
            if isinstance(card, BarsCard):
                self._show_bars(card, found, name, run.classes)
            else:
                self._show_histogram(card, found, name)
        self.table.setVisible(bool(found.by_class))
        if found.by_class:
            about = f"{self._sampled.origin_of(self.counted.shown)}; {self.against.about_real}"
            distances = distances_of(found, numbers, kind, about)
            self.table.show_distances(distances, self.counted.part)

    def _show_bars(self, card: BarsCard, found: Found, name: str, order: Sequence[str]) -> None:
        part = self._part(name)
        bars = bars_of(found, name, order, self._state.selection, part)
        inside = "; filled: selection" if bars.selected is not None else ""
        card.show_bars(bars, said_of(found, name, part) or f"green: real data ± 2 SD{inside}")

    def _show_histogram(self, card: HistogramCard, found: Found, name: str) -> None:
        part, far = self._part(name), found.far.get(name)
        scene = scene_of(
            found, name, self._kind, self._state.selection, part,
            log_x=self.tools.log_x.isChecked(), log_y=self.tools.log_y.isChecked(),
        )  # fmt: skip
        said = said_of(found, name, part) or ("" if far else "measuring distance…")
        whose, others = others_of(found, name, self._kind)
        card.show_scene(scene, far[0] if far else None, said, whose=whose, others=others)
        self._legend.show_names(scene.key(CanvasStyle.of(colors())))

    def _part(self, name: str) -> Part | None:
        """Return what is brushed of a number or a class."""
        return self._brush[1] if self._brush is not None and self._brush[0] == name else None

    # What is looked at

    def _look_at(self, name: str) -> None:
        """Look at one class alone, or at all data. Until these are counted, which takes a while
        where the engine computes, cards say so and no figure of others stands there.
        """
        self.counted.part = name
        said = f"counting {one_line(name) if name else 'all data'}"
        self._words.set_text(said)
        for _, card in self.cards:
            card.say(said)
        self._soon.start()

    def _look(self) -> None:
        """Show the class that is looked at, without what was brushed."""
        self.counted.look_again()
        self._brushed("", None)
        self.counted.measure()

    def _choose(self, names: list[str]) -> None:
        """Show other numbers."""
        self.counted.chosen = names
        self.counted.measure()

    # Selecting

    def _brushed(self, name: str, part: Part | None) -> None:
        """Select the rows of a range, or of a class, for all lenses; without one let go."""
        found, selection = self.counted.found, self._state.selection
        self._brush, self._by = None, ""
        if part is None or found is None:
            selection.clear()
            self._show()
            return
        self._brush = (name, part)
        self._by = f"{name} {in_words(part)}"
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
        cards = [card for _, card in self.cards if isinstance(card, HistogramCard)]
        return histograms_picture(
            {card.title: card.scene for card in cards}, {card.title: card.far for card in cards}
        )

    def _export(self) -> None:
        if self.cards.cards:
            ask_picture(self, self._state, "distributions")


VIEW = ViewSpec(
    id="distributions",
    lens="quality",
    title="Distributions",
    order=35,
    applies=applies,
    factory=DistributionsView,
)

"""The Quality lens: losses and qualities of a run over all its steps, with their floors."""

from functools import partial

from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import QGridLayout, QScrollArea, QWidget

from pushforward.studio.app.charts.curve_card import ChartCard
from pushforward.studio.app.charts.curves import Curve
from pushforward.studio.app.charts.picture_export import Picture
from pushforward.studio.app.charts.print_plots import charts_picture
from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.comparison_labels import measure_title
from pushforward.studio.app.core.data_type_registry import has_steps
from pushforward.studio.app.core.diffusion_choices import formulas, guidance_of
from pushforward.studio.app.core.run_comparison import (
    counts_along,
    floors_along,
    samples_at,
    spreads_along,
)
from pushforward.studio.app.core.runs import PHASE, RunState
from pushforward.studio.app.core.timers import single_shot
from pushforward.studio.app.data.chart_export import ask_curves, ask_picture, ask_values
from pushforward.studio.app.data.views.lens_view import LensView
from pushforward.studio.app.data.views.run_placeholder import tell_waiting
from pushforward.studio.app.data.views.view_spec import ViewSpec
from pushforward.studio.app.design.basic import button, column, icon_button, label, view_bar
from pushforward.studio.app.design.menu import open_menu
from pushforward.studio.app.design.theme import colors, theme
from pushforward.studio.app.design.tokens import Tokens
from pushforward.studio.app.engine.actions import Actions
from pushforward.studio.app.lenses.quality.class_cards import PartCards
from pushforward.studio.app.lenses.quality.evaluation_table import EvaluatedCard
from pushforward.studio.app.lenses.quality.metric_axis import StandingCard
from pushforward.studio.app.text import metric_reference
from pushforward.studio.protocol.catalog import EntrySpec
from pushforward.studio.protocol.curve_names import COST, QUALITY
from pushforward.studio.protocol.spec import project_name

__all__ = ["VIEW", "QualityView", "group_of"]

REDRAW_MS = 67  # at most 15 pictures a second of what a person moves
GROW_MS = 250  # and four of a curve that grows: more steps of it, by themselves, are hardly seen
SIDE = 12
WIDE = 760  # logical pixels from which two charts stand side by side
WAITS = "Not evaluated yet. Evaluation runs during training, or with Evaluate"


UNLED = "Metrics use samples without guidance"


def group_of(name: str) -> str:
    """Return the chart that a curve belongs to: losses share one, everything else has its own."""
    if name.startswith(QUALITY):
        return name
    return "loss" if "loss" in name else name


def _measured(group: str) -> bool:
    """Whether a chart is of a quality."""
    return group.startswith(QUALITY)


def _reserve(run: RunState) -> str:
    """Say what is to be kept in mind of the newest qualities, "" for nothing: that they are of few
    samples, against training data, or of others than the run makes.
    """
    measured = [s for name, s in run.series.items() if name.startswith(QUALITY) and len(s)]
    if not measured:
        return ""
    n = samples_at(run, max(int(s.steps[-1]) for s in measured))
    few = (
        f"Metrics use {n:,} samples: {metric_reference.few(n)}"
        if n and metric_reference.few(n)
        else ""
    )
    if few and run.spec is not None and project_name(run.spec.dataset.slug) is not None:
        few = f"{n:,} samples are too few; import with a larger test split"
    own = f"Qualities are {metric_reference.AGAINST_OWN}" if run.measured_by_own else ""
    led = run.spec is not None and guidance_of(run.spec)
    return ". ".join(filter(None, [few, own, UNLED if led else ""]))


def _charted(name: str) -> bool:
    """Whether a curve is drawn: what something cost is no curve, and phases are on the clock."""
    return not name.startswith(COST) and name != PHASE


class QualityView(LensView):
    """One card a group of curves, all over the same range of steps and with one cursor."""

    def __init__(self, state: AppState, actions: Actions) -> None:
        super().__init__(state, actions)
        self._cards: dict[str, ChartCard] = {}
        self._titles: dict[str, tuple[str, str]] = {}
        self._zoom: tuple[float, float] | None = None
        self._asked: set[str] = set()  # runs
        self._dirty = True
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(partial(self._redraw, slowly=True))
        self._due: dict[str, list[str]] = {}  # the curves of charts that are to be drawn
        self._next = single_shot(self, self._draw_next, 0)
        self._words = label("", "muted", wrap=True)
        self._all = button("Show all steps", lambda: self._zoomed(None), kind="link")
        tip = "Measure the quality with fresh samples: choose the metrics, n and the seed"
        evaluate = button("Evaluate…", self._ask_evaluation, tip=tip)
        self._export = icon_button("export", "Export a picture or the curves", self._ask_export)
        self.bar = view_bar(self, self._all, None, evaluate, self._export)
        inside = QWidget()
        page = column(self._words, parent=inside, margins=(SIDE, 8, SIDE, 12))
        self.standing = StandingCard(state)
        page.addWidget(self.standing)
        self.evaluated = EvaluatedCard(state)
        page.addWidget(self.evaluated)
        self.parts = PartCards(state)
        page.addWidget(self.parts)
        self._grid = QGridLayout()
        self._grid.setSpacing(8)
        page.addLayout(self._grid, 1)
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setWidget(inside)
        column((self._scroll, 1), parent=self)
        self._connect()
        self._redraw()

    def _connect(self) -> None:
        runs = self._state.runs
        runs.selected.connect(self._select)
        # Methods of this widget, no partials of them: Qt lets go of them with it.
        runs.metrics_appended.connect(self._grow)
        runs.changed.connect(self._change)
        self._state.playback.changed.connect(self._later)
        self._state.queue_changed.connect(self._later)
        self._state.catalog_changed.connect(self._later)
        theme.changed.connect(self._later)

    @property
    def cards(self) -> dict[str, ChartCard]:
        """The charts by group."""
        return self._cards

    def export_picture(self) -> Picture:
        """Return the charts for paper."""
        return charts_picture({card.title: card.scene for card in self._cards.values()})

    def _ask_evaluation(self) -> None:
        self._actions.training.ask_evaluation(self._state.runs.selection)

    def _ask_export(self) -> None:
        entries = [
            ("Picture: PNG or SVG…", self._export_picture),
            ("Curves: CSV…", self._export_curves),
        ]
        open_menu(self._export, self._export.rect().bottomLeft(), entries)

    def _export_curves(self) -> None:
        ask_curves(self, self._state)

    def _export_picture(self) -> None:
        ask_picture(self, self._state, "quality")

    def _select(self, _key: str) -> None:
        self._zoom = None
        if self.isVisible():
            self._load_reference()
        for card in self._cards.values():
            self._grid.removeWidget(card)
            card.deleteLater()
        self._cards, self._titles, self._due = {}, {}, {}
        self._later()

    def _grow(self, key: str) -> None:
        if key == self._state.runs.selection:
            self._redraw_in(GROW_MS)

    def _change(self, key: str) -> None:
        if key == self._state.runs.selection:
            self._redraw_in(REDRAW_MS)

    def _later(self) -> None:
        self._redraw_in(REDRAW_MS)

    def _redraw_in(self, soon: int) -> None:
        """Redraw after ``soon`` milliseconds; nothing while hidden."""
        self._dirty = True
        waits = self._timer.remainingTime() if self._timer.isActive() else soon + 1
        seen = self.isVisible() and not self.window().isMinimized()
        if seen and soon < waits:
            self._timer.start(soon)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.window().installEventFilter(self)
        self._load_reference()
        if self._dirty:
            self._redraw()

    def _load_reference(self) -> None:
        """Load the real samples with which evaluations compare."""
        run = self._state.runs.current
        if run is not None and run.target is None and run.key not in self._asked:
            self._asked.add(run.key)
            self._actions.real_samples.need(run.key)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Draw what came meanwhile when a minimised window is back: Qt may have shown it all
        along.
        """
        if event.type() == QEvent.Type.WindowStateChange and self._dirty:
            self._later()
        return super().eventFilter(watched, event)

    def _redraw(self, *, slowly: bool = False) -> None:
        """Show what there is; ``slowly`` draws one chart in each turn of the event loop, so that
        what moves elsewhere does not wait for all of them.
        """
        run = self._state.runs.current
        self._dirty = False
        groups: dict[str, list[str]] = {}
        steps = has_steps(run, self._state.catalog)
        for name in run.series if run is not None else ():
            shown = _charted(name) and (steps or name.startswith(QUALITY))
            if run is not None and len(run.series[name]) and shown:
                groups.setdefault(group_of(name), []).append(name)
        measured = run.evaluated if run is not None else None
        self._tell_empty(run, bool(groups) or measured is not None)
        self.evaluated.show_figures(measured, run.most if run is not None else None)
        self.parts.show_figures(measured)
        self.standing.show_run(run)
        if run is None or not groups:
            return
        titles = {group: self._titled(group, run) for group in groups}
        if titles != self._titles:
            self._titles = titles
            self._arrange()
        self._due = dict(groups)
        self._draw_next()
        while self._due and not slowly:
            self._draw_next()
        said = _reserve(run) if any(map(_measured, groups)) else WAITS
        self._words.setText(said)
        self._words.setVisible(bool(said))
        self._all.setVisible(self._zoom is not None)

    def _draw_next(self) -> None:
        """Draw one of the charts that are due."""
        run, step = self._state.runs.current, self._state.playback.step
        if run is None or not self._due:
            return
        group = next(iter(self._due))
        curves = self._curves(run, self._due.pop(group))
        if group in self._cards:
            cursor = None if step is None else float(step)
            self._cards[group].show_curves(curves, self._extent(run), cursor, zoom=self._zoom)
        if self._due:
            self._next.start()

    def _extent(self, run: RunState) -> tuple[float, float]:
        ends = [(s.steps[0], s.steps[-1]) for s in run.series.values() if len(s)]
        return min(0.0, *(e[0] for e in ends)), float(max(e[1] for e in ends))

    def _curves(self, run: RunState, names: list[str]) -> list[Curve]:
        inks = _inks(colors())
        curves = []
        for i, name in enumerate(sorted(names, key=lambda n: (n != "loss", n))):
            series = run.series[name]
            quality = name.startswith(QUALITY)
            floor = run.floors.get(name.removeprefix(QUALITY)) if quality else None
            title = measure_title(name, self._state, [run] if name != "loss" else [])
            ink = inks[i % len(inks)]
            floors = floors_along(run, name) if quality else None
            counts = counts_along(run, name) if quality else None
            spreads = spreads_along(run, name) if quality else None
            entry = self._entry(name)
            curves.append(
                Curve(
                    name,
                    title,
                    ink,
                    series.steps,
                    series.values,
                    quality,
                    floor,
                    floors,
                    counts,
                    metric_reference.bar_name(entry),
                    spreads,
                    reach=metric_reference.reach(entry, run.floors, name.removeprefix(QUALITY)),
                    better=entry.better if entry is not None else "",
                )
            )
        return curves

    def _entry(self, name: str) -> EntrySpec | None:
        catalog = self._state.catalog
        if catalog is None or not name.startswith(QUALITY):
            return None
        return catalog.get("metric", name.removeprefix(QUALITY))

    def _titled(self, group: str, run: RunState) -> tuple[str, str]:
        """Return the title of a chart, and what it shows: of a loss its formula."""
        if group != "loss":
            return measure_title(group, self._state, [run]), metric_reference.explained(
                self._entry(group)
            )
        spec, catalog = run.spec, self._state.catalog
        if spec is None or catalog is None:
            return "Loss", ""
        formula, source = formulas(spec, catalog)["loss"]
        tip = "\n".join(filter(None, [formula, source]))
        return measure_title("loss", self._state, [run]), tip

    def _arrange(self) -> None:
        for group, (title, tip) in self._titles.items():
            before = self._cards.get(group)
            if before is None or before.title != title:
                if before is not None:
                    self._drop(group)
                card = ChartCard(title, note=metric_reference.in_short(self._entry(group)), tip=tip)
                card.hovered.connect(self._hover)
                card.zoomed.connect(self._zoomed)
                card.chosen.connect(self._choose)
                card.picture_wanted.connect(partial(ask_picture, card, self._state, group))
                card.values_wanted.connect(partial(ask_values, card, self._state, group))
                self._cards[group] = card
        for group in set(self._cards) - set(self._titles):
            self._drop(group)
        self._place()

    def _drop(self, group: str) -> None:
        card = self._cards.pop(group)
        self._grid.removeWidget(card)
        card.deleteLater()

    def _place(self) -> None:
        across = 2 if self.width() >= WIDE and len(self._cards) > 1 else 1
        order = sorted(self._cards, key=lambda g: (g != "loss", not g.startswith(QUALITY), g))
        for i, group in enumerate(order):
            self._grid.addWidget(self._cards[group], i // across, i % across)
        self._grid.setColumnStretch(1, 1 if across == 2 else 0)
        self._grid.setColumnStretch(0, 1)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place()
        bar = self._scroll.verticalScrollBar().sizeHint().width()
        self.parts.fit(self.width() - bar - 2 * SIDE)

    def _tell_empty(self, run: RunState | None, some: bool) -> None:
        self._scroll.setVisible(some)
        self.empty.setVisible(not some)
        if some or run is None:
            return
        self._words.hide()
        self._all.hide()
        if run.state == "queued":
            then = "Curves appear when this run starts."
            tell_waiting(self.empty, self._state, self._actions, run, then)
        elif run.job:
            self.empty.tell("No numbers yet", "Curves appear with the first training steps.")
        elif not has_steps(run, self._state.catalog):
            self.empty.tell(
                "No curves", "This model is fitted in one pass. Evaluate it for metrics."
            )
        else:
            self.empty.tell("No numbers", "This run has no metrics.")

    # Linked charts

    def _hover(self, step: float | None) -> None:
        for card in self._cards.values():
            card.set_hover(step)

    def _zoomed(self, span: tuple[float, float] | None) -> None:
        self._zoom = span
        self._redraw()

    def _choose(self, step: float) -> None:
        """Look at the stop nearest to the step clicked."""
        run = self._state.runs.current
        if run is not None and run.stops:
            nearest = min(run.stops, key=lambda stop: abs(stop - step))
            self._state.playback.set(step=nearest)


def _inks(tokens: Tokens) -> tuple[str, ...]:
    return tokens.accent, tokens.warm, tokens.good, tokens.danger, tokens.muted


VIEW = ViewSpec(
    id="quality",
    lens="quality",
    title="Curves",
    order=30,
    applies=lambda state: state.runs.current is not None,
    factory=QualityView,
)

"""Guidance: a class, a strength with live samples, and the exact distribution."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import QBoxLayout, QSlider, QWidget
from shiboken6 import isValid

from pushforward.studio.app.charts.density_map import DensityMap
from pushforward.studio.app.charts.guidance_charts import GuidanceCharts
from pushforward.studio.app.charts.guided_plot import LedPlot
from pushforward.studio.app.charts.line_plot import LineSeries
from pushforward.studio.app.charts.tradeoff_chart import SIZE, Stop
from pushforward.studio.app.core import async_tasks
from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.data_type import LABEL
from pushforward.studio.app.core.guidance_results import DROPOUT, TOLD, Figures, Found, lacking
from pushforward.studio.app.core.operator_settings import Asking
from pushforward.studio.app.core.queue_status import describe_queue
from pushforward.studio.app.data.views.lab_status import LabStatus
from pushforward.studio.app.data.views.lens_view import LensView
from pushforward.studio.app.data.views.request_progress import BUSY, UnderWay, UnderWayLine
from pushforward.studio.app.design.basic import (
    Elided,
    button,
    column,
    label,
    row,
    scrolled,
    view_bar,
)
from pushforward.studio.app.design.forms.class_picker import ClassChoice
from pushforward.studio.app.design.forms.editors import Segments
from pushforward.studio.app.design.literal_text import set_tip
from pushforward.studio.app.design.table import Column, Table
from pushforward.studio.app.design.theme import theme
from pushforward.studio.app.engine.actions import Actions
from pushforward.studio.app.engine.query import DEBOUNCE_MS, Query
from pushforward.studio.app.engine.requests.request_base import Refused
from pushforward.studio.app.text import number_format
from pushforward.studio.protocol.messages import ResultWritten
from pushforward.studio.protocol.spec import Pick, RunSpec

if TYPE_CHECKING:
    from pushforward.studio.store.results import ResultRecord

__all__ = [
    "CURVE",
    "MOST",
    "OPERATOR",
    "STRENGTHS",
    "WIDE",
    "GuidanceView",
    "Question",
    "with_label_dropout",
]

OPERATOR, RECIPE = "guidance-lab", "guided-ring-of-five"
STRENGTHS = tuple(
    float(round(value, 2))
    for value in (
        *np.arange(0, 2, 0.1), *np.arange(2, 5, 0.25), *np.arange(5, 10, 0.5),
        *np.arange(10, 30, 2), *np.arange(30, 101, 10),
    )
)  # fmt: skip
"""Those of the slider: finer where less of them does more."""
TENTHS = 10
CURVE = (0.0, 8.0), (0.0, 1.2)  # strengths, and parts of the class, that are seen at least
MOST = 12.0  # strength up to which the curve is drawn: beyond, it is out of the picture anyway
WIDE = 620  # logical pixels from which two pictures stand side by side
TILTED, OWN = 0, 1
COLUMNS = (
    Column(""),
    Column(
        "guided",
        "Of the samples: probability of the class under the data distribution, root of the trace "
        "of their covariance relative to that of the class, and sliced W2",
    ),
    Column("beside it", "Reference values"),
)


@dataclass(frozen=True)
class Question:
    """The request of the slider, for a run."""

    key: str
    label: int
    name: str
    strength: float
    rescale: float


class GuidanceView(LensView):
    """Asks as the slider moves, one question at a time, and keeps what was answered last. A lab of
    other data lays itself out, reads its answers and draws them.

    Attributes:
        operator: what is asked.
        recipe: which one trains such a model.
        highest: strength of the slider.
        measures: what is measured, as the button says.
        curve: settings of the preview of the curve.
    """

    operator, recipe, highest = OPERATOR, RECIPE, STRENGTHS[-1]
    measures = "Measure strengths from 0 to 8, and keep the curve"
    curve: Mapping[str, Any] = MappingProxyType(
        {"strengths": [0.0, 1.0, 2.0, 4.0, 8.0], "map": 0, "n": 500}
    )

    def __init__(self, state: AppState, actions: Actions) -> None:
        super().__init__(state, actions)
        self.found: Any = None  # what `read` made of the last answer
        self._asked: Question | None = None  # what `found` answers
        self._known: dict[tuple[int, float], dict[float, Any]] = {}  # by class and rescale
        self._query: Query[Question, None] = Query(self, self._answer, debounce_ms=DEBOUNCE_MS)
        self.under_way = UnderWay(self, state, actions, self.operator)
        self.how_far = UnderWayLine("Measuring the curve", self.under_way)
        self.waits = label("", "warm", wrap=True)
        self.waits.hide()
        self._previews: Query[Question, None] = Query(self, self._preview_curve)
        # Curves of few samples by class and rescale; empty where one is measured or refused.
        self._previewed: dict[tuple[int, float], Mapping[float, Any]] = {}
        self.status = LabStatus()
        self._lay_out()
        self.under_way.changed.connect(self.refresh)
        state.runs.selected.connect(self._select)
        state.runs.changed.connect(self._changed)
        state.result_written.connect(self._written)
        state.result_opened.connect(self._opened)
        state.engine_changed.connect(self._engine)
        state.catalog_changed.connect(self.refresh)
        theme.changed.connect(self.refresh)
        for signal in (state.queue_changed, state.job_progressed):
            signal.connect(self._tell_waiting)
        self._select(state.runs.selection)

    # Layout

    def _lay_out(self) -> None:
        self.words = Elided("", "muted")
        self.classes = ClassChoice()
        self.classes.chosen.connect(self._class_changed)
        self.measure = button("More", self._measure, kind="primary")
        self.law = Segments(["Tilted law", "Class law"], "Next to the samples")
        self.law.select(TILTED)
        self.law.widen()
        self.law.chosen.connect(self._show_law)
        self._law = TILTED
        self.bar = view_bar(self, self.words, None, self.law, self.measure)
        self.page = QWidget()
        body = column(parent=self.page, margins=(16, 10, 16, 12))
        # Not in the bar, which has no room for long names.
        body.addLayout(row(label("Class", "muted"), self.classes, None))
        body.addLayout(self._sliders())
        self.refused = label("", "warm", wrap=True)
        self.refused.hide()
        body.addWidget(self.refused)
        body.addWidget(self.waits)
        body.addWidget(self.how_far)
        self.led = LedPlot("Guided samples")
        self.exact = DensityMap("Exact law")
        self.own = LedPlot("Data of the class")
        self.charts = GuidanceCharts(
            "standard deviation relative to the class", "fraction in the class",
            "relative to the class", SIZE,
        )  # fmt: skip
        self.charts.by_strength.least = CURVE
        self.charts.chosen_at.connect(self.lead)
        self.table = Table("Metrics at this strength", COLUMNS, selectable=False)
        self._lines = [QBoxLayout(QBoxLayout.Direction.LeftToRight) for _ in range(2)]
        parts: tuple[tuple[QWidget, ...], ...] = (
            (self.led, self.exact, self.own), (self.charts, self.table),
        )  # fmt: skip
        for line, widgets, share in zip(self._lines, parts, (3, 2), strict=True):
            line.setSpacing(12)
            for widget in widgets:
                line.addWidget(widget, 1)
            body.addLayout(line, share)
        layout = column(self.status, parent=self)
        layout.addWidget(scrolled(self.page), 1)

    def _sliders(self) -> QBoxLayout:
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setAccessibleName("Strength")
        self.slider.setRange(0, STRENGTHS.index(self.highest))
        self.slider.setPageStep(10)
        self.slider.setValue(STRENGTHS.index(2.0))
        self._strength = label("", "strong")
        self._strength.setMinimumWidth(36)
        self.rescale = QSlider(Qt.Orientation.Horizontal)
        self.rescale.setAccessibleName("Rescale")
        self.rescale.setRange(0, TENTHS)
        self.rescale.setFixedWidth(110)
        set_tip(
            self.rescale,
            "Guidance rescale: fraction of the added standard deviation that is removed",
        )
        self._rescale = label("", "strong")
        self._rescale.setMinimumWidth(28)
        for slider in (self.slider, self.rescale):
            slider.valueChanged.connect(self._moved)
        names = label("Strength", "muted"), label("Rescale", "muted")
        strength, rescale = (names[0], self.slider, self._strength), (names[1], self.rescale)
        made = row(*strength, 12, *rescale, self._rescale)
        made.setStretchFactor(self.slider, 1)
        return made

    # What is asked

    live: Mapping[str, Any] = MappingProxyType({})
    """Live settings besides strength and rescale."""

    def read(self, arrays: Mapping[str, Any]) -> Any:
        """Return what an answer says, with its ``label`` and ``figures``.

        Raises:
            KeyError, ValueError: it is not what it should be.
        """
        return Found.of(arrays)

    @property
    def controls(self) -> Sequence[QWidget]:
        """Controls that say something only where there are classes."""
        return self.classes, self.law, self.measure

    def offer(self, names: Sequence[str]) -> None:
        """Offer the classes there are."""
        self.classes.offer(names)

    def _conditions(self, question: Question) -> dict[str, Any]:
        return {LABEL: question.name} if question.name else {}

    @property
    def strength(self) -> float:
        """What the slider says."""
        return STRENGTHS[self.slider.value()]

    def lead(self, strength: float) -> None:
        """Move the slider to the nearest strength that it has."""
        self.slider.setValue(int(np.abs(np.array(STRENGTHS) - strength).argmin()))

    def _question(self) -> Question:
        rescale = self.rescale.value() / TENTHS
        return Question(self._key, self.classes.place, self.classes.name, self.strength, rescale)

    def _moved(self, _: int = 0) -> None:
        self._tell_sliders()
        if self._names and self.isVisible():
            self._query.ask(self._question(), again=True)
            self._tell_waiting()

    def _class_changed(self, _: int) -> None:
        self._moved()
        async_tasks.spawn(self._load(self._key))

    async def _answer(self, question: Question) -> None:
        config = {"strengths": [question.strength], "rescale": question.rescale, **self.live}
        try:
            answer = await self._actions.operating.ask(
                question.key, self.operator, config=config, given=self._conditions(question)
            )
            found = self.read(answer.arrays)
        except Refused as refused:
            self._refuse(question, refused.error.message)
            return
        except (KeyError, ValueError) as error:
            self._refuse(question, f"The result cannot be shown: {error}")
            return
        if not isValid(self) or question.key != self._key:
            return
        if question.label != self.classes.place:
            return
        self.found, self._asked = found, question
        self._refused = ""
        self._keep(question.label, question.rescale, found.figures)
        step = int((answer.result or {}).get("step", 0))
        self.words.set_text(f"step {step:,}")
        self.refresh()
        known = (question.label, question.rescale) in self._previewed
        if not known and self.under_way.job is None:
            self._previews.ask(question)

    async def _preview_curve(self, question: Question) -> None:
        """Request a curve at few strengths; it is not stored in the run."""
        config = {**self.live, **self.curve, "rescale": question.rescale}
        try:
            answer = await self._actions.operating.ask(
                question.key, self.operator, config=config, given=self._conditions(question)
            )
            curve = {each.strength: each for each in self.read(answer.arrays).figures}
        except (Refused, KeyError, ValueError):
            curve = {}  # the samples are shown without a curve
        if isValid(self) and self._previews.key == question:
            self._previewed.setdefault((question.label, question.rescale), curve)
            self.refresh()

    def _refuse(self, question: Question, why: str) -> None:
        """Say why there is no answer; what was answered before stays."""
        if isValid(self) and question.key == self._key:
            self._refused = f"Strength {question.strength:g}: {why}"
            self.refresh()

    def _keep(self, label_: int, rescale: float, figures: Sequence[Any]) -> None:
        known = self._known.setdefault((label_, rescale), {})
        known.update({each.strength: each for each in figures})

    def _measure(self) -> None:
        question = self._question()
        asking = Asking({"rescale": question.rescale}, self._conditions(question), {})
        async_tasks.spawn(self._start(question.key, asking))

    async def _start(self, key: str, asking: Asking) -> None:
        try:
            await self._actions.operating.start(key, self.operator, asking)
        except Refused as refused:
            self._state.notices.error(refused.error, title="Measurement failed", runs=(key,))

    # Which run

    def _select(self, key: str) -> None:
        self._key, self.found, self._asked = key, None, None
        self.under_way.key = key
        self._names: tuple[str, ...] = ()
        self._known, self._refused, self._asking = {}, "", False
        self._previewed = {}
        self._previews.cancel()
        self._outdated = ""  # why the stored curve is not shown
        self._checkpoints = list(self.run.checkpoints) if self.run is not None else []
        self._query.cancel()
        self.classes.offer(())
        self.refresh()
        self._meet()

    def _changed(self, key: str) -> None:
        """Ask anew when there is another checkpoint: what it does is shown, and no curve is mixed
        of two.
        """
        run = self.run
        if key != self._key or run is None:
            return
        if run.checkpoints == self._checkpoints and (self._names or self._refused):
            return
        self._checkpoints = list(run.checkpoints)
        self._known, self._previewed = {}, {}
        self._previews.cancel()
        self.refresh()
        self._meet()
        if self._names:
            async_tasks.spawn(self._load(key))

    def _engine(self) -> None:
        self.refresh()
        self._meet()

    def _meet(self) -> None:
        """Ask which classes there are, and then for samples of one."""
        run = self.run
        ready = self._state.engine.ready and self.isVisible()
        if run is None or not ready or self._asking or lacking(run, self._state.catalog) != "":
            return
        if self._names:
            self._moved()
        elif run.checkpoints:
            self._asking = True
            async_tasks.spawn(self._greet(self._key))

    async def _greet(self, key: str) -> None:
        why = ""
        names: tuple[str, ...] = ()
        try:
            able = await self._actions.operating.able(key)
            told = next((each for each in able.conditions if each.name == LABEL), None)
            names = tuple(told.names) if told is not None else ()
            can = next((each for each in able.operators if each.operator == self.operator), None)
            why = can.reason if can is not None else ""
        except Refused as refused:
            why = refused.error.message
        if not isValid(self) or key != self._key:
            return
        self._asking, self._names, self._refused = False, names, why
        self.offer(names)
        self.refresh()
        if names:
            self._moved()
            await self._load(key)

    async def _load(self, key: str) -> None:
        """Take the curve that was opened or measured last, if it is of the class."""
        operating = self._actions.operating
        name = operating.wanted(key, self.operator)
        try:
            read = await operating.read(key, name) if name else None
            if not isValid(self) or key != self._key or read is None:
                return
            self._take(*read)
        except (Refused, KeyError, ValueError) as error:
            if isValid(self) and key == self._key:
                self._refused = f"The curve cannot be read: {error}"
        self.refresh()

    def _take(self, record: "ResultRecord", arrays: dict[str, Any]) -> None:
        config, newest = record.config, max(self._checkpoints, default=record.step)
        self._outdated = ""
        if record.step != newest:
            self._outdated = (
                f"The curve was measured at step {record.step:,}, the samples are of step "
                f"{newest:,}. Measure again."
            )
        elif config.get("low", 0.0) == 0.0 and config.get("high", 1000.0) >= 1000.0:
            found, rescale = self.read(arrays), float(config.get("rescale", 0.0))
            self._previewed[found.label, rescale] = {}
            self._keep(found.label, rescale, found.figures)

    def _opened(self, key: str) -> None:
        if key == self._key:
            async_tasks.spawn(self._load(key))

    def _written(self, event: ResultWritten) -> None:
        if event.run == self._key and event.operator == self.operator and not event.file:
            async_tasks.spawn(self._load(self._key))

    # Showing

    def refresh(self) -> None:
        """Show what was answered last, or what could be asked."""
        self._tell_sliders()
        lacks = lacking(self.run, self._state.catalog)
        some = self.filled
        self.page.setVisible(some)
        for control in self.controls:
            control.setVisible(bool(self._names))
        measuring = self.under_way.job is not None
        self.measure.setEnabled(not measuring)
        set_tip(self.measure, BUSY if measuring else self.measures)
        self.how_far.refresh()
        warning = " ".join(filter(None, (self._refused, self._outdated)))
        self.refused.setText(warning)
        self.refused.setVisible(bool(warning))
        self._tell_waiting()
        self.status.show_state(self._mark if some else "", "")
        if some:
            self.empty.hide()
            self._draw()
            return
        self.words.set_text("")
        self._tell_empty(lacks)

    @property
    def _mark(self) -> str:
        """The mark of a preview, "" where the curve was measured whole."""
        question = self._question()
        if not self._previewed.get((question.label, question.rescale)):
            return ""
        strengths, n = len(self.curve["strengths"]), self.curve["n"]
        return f"Preview, {strengths} strengths, n = {n:,}"

    @property
    def filled(self) -> bool:
        """Whether there is something to show."""
        return self.found is not None or self.has_curve

    @property
    def trouble(self) -> str:
        """Why there is no result, "" if there is one or it is not known yet."""
        return "" if self.filled else self._refused or lacking(self.run, self._state.catalog) or ""

    @property
    def has_curve(self) -> bool:
        """Whether a curve is known that is worth seeing before the first samples are there."""
        return False

    @property
    def _waiting(self) -> str:
        """Return what pending samples wait for, "" for nothing."""
        mine = self.under_way.job
        return (
            describe_queue(self._state, mine.job if mine is not None else "")
            if self._query.busy
            else ""
        )

    def _tell_waiting(self, _news: object = None) -> None:
        text = self._waiting
        self.waits.setText(f"{text}. Guidance is available after it." if text else "")
        self.waits.setVisible(bool(text))
        if not self.empty.isHidden():
            self._tell_empty(lacking(self.run, self._state.catalog))

    def _tell_empty(self, lacks: str | None) -> None:
        run = self.run
        if lacks:
            text = (
                f"{lacks} Guidance extrapolates from the unconditional to the conditional "
                "prediction. Train with label dropout 0.1."
            )
            recipe = next((each for each in self._state.recipes if each.slug == self.recipe), None)
            other = None
            if recipe is not None:
                other = "Open the recipe", lambda: self._actions.setup.open_recipe(recipe)
            self.empty.tell(
                "Led where?", text, "Set up a class-conditional run", self._set_up, other
            )
        elif self._refused:
            self.empty.tell("No guided samples", self._refused)
        elif run is None or not run.checkpoints:
            text = "Guidance is available after the first checkpoint."
            self.empty.tell("Nothing to guide yet", text)
        else:
            ready = self._state.engine.ready
            asked = "Generating the first samples…"
            later = "Samples are generated when the engine is ready."
            text = (self.waits.text() or asked) if ready else later
            self.empty.tell("Guided samples", text)

    def _set_up(self) -> None:
        run = self.run
        if run is not None and run.spec is not None:
            self._actions.setup.open(with_label_dropout(run.spec, self._state))

    def _tell_sliders(self) -> None:
        self._strength.setText(f"{self.strength:g}")
        self._rescale.setText(f"{self.rescale.value() / TENTHS:g}")

    def _show_law(self, place: int) -> None:
        self._law = place
        self.refresh()

    def _draw(self) -> None:
        found, asked = self.found, self._asked
        assert found is not None
        assert asked is not None
        mine = found.labels == found.label
        points = found.samples[0]
        title = f"Strength {asked.strength:g}: {len(points):,} samples"
        self.led.show_points(points, found.real, mine, found.bounds, title)
        known = found.tilted is not None and found.own is not None
        self.exact.setVisible(known)
        self.own.setVisible(not known)
        self.law.allow(TILTED, "" if known else "The distribution of these data is unknown.")
        self.law.allow(OWN, "" if known else "The distribution of these data is unknown.")
        if found.tilted is not None and found.own is not None:
            values = found.tilted[0] if self._law == TILTED else found.own
            self.exact.name(self._law_words(asked))
            self.exact.show_values(values, found.bounds, float(np.nanmax(values)))
        else:
            self.own.show_points(
                found.real[:0], found.real, mine, found.bounds,
                "Data of the class (density unknown)",
            )  # fmt: skip
        self._draw_curve(asked)
        self._show_table(found.figures[0], found.floor)

    def _law_words(self, asked: Question) -> str:
        tilted = self._law == TILTED
        return f"Exact: p(x) p(class | x)^{asked.strength:g}" if tilted else "Exact: p(x | class)"

    @property
    def _curve(self) -> dict[float, Any]:
        """The strengths that are known of the chosen class and rescale."""
        question = self._question()
        key = question.label, question.rescale
        return {**self._previewed.get(key, {}), **self._known.get(key, {})}

    def _draw_curve(self, asked: Question) -> None:
        known = self._curve
        each = [known[strength] for strength in sorted(known) if strength <= MOST]
        x = np.array([figures.strength for figures in each])
        lines = [
            LineSeries("share", x, np.array([figures.share for figures in each])),
            LineSeries("deviation", x, np.array([figures.deviation for figures in each])),
        ]
        tilted = np.array([figures.tilted_deviation for figures in each])
        if np.isfinite(tilted).all():
            lines.append(LineSeries("deviation, tilted law", x, tilted))
        stops = [Stop(one.strength, (one.deviation,) * 3, (one.share,) * 3) for one in each]
        at = asked.strength if asked.strength <= MOST else None
        self.charts.show_both(stops, lines, at, (1.0, None))

    def _show_table(self, figures: Figures, floor: float) -> None:
        beside = f"floor {number_format.figure(floor)}"
        lines = [
            ("Fraction in the class", number_format.percent(figures.share, 1), ""),
            ("Deviation", number_format.figure(figures.deviation), ""),
            ("W2 to the class", number_format.figure(figures.distance), beside),
        ]
        if np.isfinite(figures.tilted_distance):
            lines[1] = (*lines[1][:2], f"law {number_format.figure(figures.tilted_deviation)}")
            distance = number_format.figure(figures.tilted_distance)
            lines.append(("W2 to the tilted distribution", distance, beside))
        self.table.show_rows(lines)
        self.table.fit()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.refresh()
        self._meet()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Where it is narrow, pictures stand below each other."""
        super().resizeEvent(event)
        direction = QBoxLayout.Direction
        wide = self.width() >= WIDE
        for line in self._lines:
            line.setDirection(direction.LeftToRight if wide else direction.TopToBottom)


def with_label_dropout(spec: RunSpec, state: AppState) -> RunSpec:
    """Return the spec of a class-conditional run with label dropout 0.1."""
    family = spec.family
    entry = state.catalog.get("family", family.slug) if state.catalog is not None else None
    settings: dict[str, Any] = {TOLD: True}
    if entry is not None and any(field.path == DROPOUT for field in entry.fields):
        settings[DROPOUT] = 0.1
    pick = Pick(slug=family.slug, config={**family.config, **settings})
    return msgspec.structs.replace(spec, family=pick)

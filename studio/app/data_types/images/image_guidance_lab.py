"""Samples of images, led: a class, a strength that moves them live, and what the judge says."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QVBoxLayout, QWidget
from shiboken6 import isValid

from pushforward.studio.app.charts.guidance_charts import GuidanceCharts
from pushforward.studio.app.charts.line_plot import LineSeries
from pushforward.studio.app.charts.tradeoff_chart import SHARE, Stop
from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.data_type_registry import kind_of_run
from pushforward.studio.app.core.guidance_results import lacking, right_of
from pushforward.studio.app.data.tile_grid import TileGrid
from pushforward.studio.app.data.views.guidance_frame import (
    CURVE,
    MOST,
    WIDE,
    GuidanceView,
    Question,
)
from pushforward.studio.app.data.views.lab import can_ask
from pushforward.studio.app.data.views.view_spec import ViewSpec, shows_moving
from pushforward.studio.app.data_types.images.own_image import Image, OwnImage, OwnImageResult
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
from pushforward.studio.app.design.scroll_page import LowPage
from pushforward.studio.app.design.table import Column, Table
from pushforward.studio.app.engine.query import DEBOUNCE_MS, Query
from pushforward.studio.app.engine.requests.request_base import Refused
from pushforward.studio.app.text import number_format
from pushforward.studio.protocol.parts import ErrorInfo

__all__ = ["VIEW", "ImageGuidanceView"]

OPERATOR, JUDGE = "image-guidance", "ask-judge"
ALL = "All in turn"
SHOWN = 16  # images that are drawn as the slider moves
UNLED = (
    "Guided samples start from noise, and an image gives only a class; this model is "
    "unconditional, or its classes are still being read. Film, Edit, Anomaly and Purify use the "
    "image itself."
)
LIVE = "Label accuracy of the images below by the reference classifier, with its 95 % interval"
DEVIATIONS = 1.96  # that the end of an interval of 95 % is away
ASKED = "Classifying…"
GUIDED = (
    "Label accuracy: fraction of samples classified as the requested class. Coverage: fraction "
    "of real images with a sample in their neighbourhood, in features of the reference "
    "classifier"
)
REAL = (
    "Label accuracy of held-out real images where there are some; coverage of as many real samples"
)


@dataclass(frozen=True)
class Judged:
    """Metrics of the reference classifier at a strength: value, low and high of both, and those of
    real images; ``counts`` are the numbers of samples and real images, () if unknown.
    """

    strength: float
    accuracy: tuple[float, float, float]
    coverage: tuple[float, float, float]
    real_accuracy: float
    real_coverage: float
    counts: tuple[int, ...] = ()


@dataclass(frozen=True, eq=False)
class GuidedImages:
    """An answer: images (k, m, C, H, W), their requested classes, and metrics if measured.
    ``label`` is the index of the chosen class: 0 for all in turn.
    """

    images: NDArray[np.float32]
    asked: NDArray[np.int64]
    label: int
    figures: tuple[Judged, ...]

    @classmethod
    def of(cls, arrays: Mapping[str, NDArray[Any]]) -> "GuidedImages":
        """Return what the arrays of an answer say.

        Raises:
            KeyError, ValueError: they are not those of this lab.
        """
        images, asked = np.asarray(arrays["pictures"], np.float32), np.asarray(arrays["asked"])
        if images.shape[1] != len(asked):
            raise ValueError("there are not as many classes as images")
        one = len(np.unique(asked)) == 1 and len(asked) > 1
        figures = []
        if "accuracy" in arrays:
            real = float(arrays["real-accuracy"].item()), float(arrays["real-coverage"].item())
            counts = tuple(int(arrays[name].item()) for name in ("n", "n-real") if name in arrays)
            for k, strength in enumerate(arrays["strengths"].tolist()):
                both = [_three(arrays[name][k]) for name in ("accuracy", "coverage")]
                if np.isfinite(both).all():
                    figures.append(Judged(float(strength), both[0], both[1], *real, counts))
        figures.sort(key=lambda each: each.strength)
        return cls(images, asked, int(asked[0]) + 1 if one else 0, tuple(figures))


class ImageGuidanceView(GuidanceView):
    """Guidance for images; the curve is measured on request."""

    operator, recipe = OPERATOR, "digits-edm"
    highest = CURVE[0][1]  # as far as Measure goes; beyond, images are patterns
    measures = "Measure strengths from 0 to 8 and keep the curve"
    live = {"n": SHOWN, "measure": False}  # noqa: RUF012
    curve = {"strengths": [0.0, 2.0, 5.0], "n": SHOWN, "measure": True}  # noqa: RUF012

    def _lay_out(self) -> None:
        self._judged: tuple[GuidedImages | None, NDArray[np.int64] | None] = None, None
        self._judging: Query[GuidedImages, None] = Query(self, self._judge, debounce_ms=DEBOUNCE_MS)
        self.words = Elided("", "muted")
        self.classes = ClassChoice()
        self.classes.chosen.connect(self._class_changed)
        self.measure = button("More", self._measure, kind="primary")
        hint = "the reference classifier's gradient guides the samples to the class"
        self.picture = OwnImage(self, self._state, self._actions, self._led_by, hint)
        self.bar = view_bar(self, self.words, None, self.picture.open, self.measure)
        self.page = LowPage()
        body = column(
            row(label("Class", "muted"), self.classes, None),
            self._sliders(),
            parent=self.page,
            margins=(16, 10, 16, 12),
        )
        self.refused = label("", "warm", wrap=True)
        self.refused.hide()
        body.addWidget(self.refused)
        body.addWidget(self.waits)
        self._title = Elided("", "muted")
        self.right = Elided("", "strong")
        self.grid = TileGrid("Guided images")
        self.grid.setMinimumHeight(280)
        self.charts = GuidanceCharts("coverage", "label accuracy", "share", SHARE)
        self.charts.by_strength.least = (CURVE[0], SHARE)
        self.charts.by_strength.within = SHARE
        self.charts.chosen_at.connect(self.lead)
        self.table = Table("Metrics at this strength", _heads(()), selectable=False)
        self.table.setMinimumWidth(200)
        self.unknown = label("", "muted", wrap=True)
        left, right = QVBoxLayout(), QVBoxLayout()
        for box in (left, right):
            box.setSpacing(6)
        left.addWidget(self._title)
        left.addWidget(self.right)
        left.addWidget(self.grid, 1)
        right.addWidget(self.charts, 1)
        right.addWidget(self.table)
        right.addWidget(self.unknown)
        right.addWidget(self.how_far)
        right.addStretch()  # without a curve they stand beside the first images
        self._halves = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._halves.setSpacing(16)
        self._halves.addLayout(left, 4)
        self._halves.addLayout(right, 5)  # the table with its real column needs that much
        body.addLayout(self._halves, 1)
        layout = column(self.picture, self.status, parent=self, gap=None)
        self._room = scrolled(self.page)
        layout.addWidget(self._room, 1)
        layout.addStretch(0)

    async def _led_by(self, key: str, image: Image) -> OwnImageResult:
        """Classify an image and guide samples to its class; they start from noise, not from the
        image.

        Raises:
            Refused: no classifier, or the model is not conditioned on that class.
        """
        if not self._names:
            raise Refused(ErrorInfo(kind="user", message=UNLED))
        judged = await self._actions.operating.ask(key, JUDGE, inputs={"rows": [image.tolist()]})
        seen, sure = int(judged.arrays["class"][0]), float(judged.arrays["sure"][0])
        if not 0 <= seen < len(self._names):
            message = (
                f"The reference classifier predicts class {seen}, which the model is not "
                "conditioned on."
            )
            raise Refused(ErrorInfo(kind="user", message=message))
        name = self._names[seen]
        if image is self.picture.image:
            self.classes.choose(seen + 1)  # after all in turn
        how = number_format.percent(sure)
        text = f"Classified as {name} ({how}); samples are guided to that class."
        return OwnImageResult(image[None], [f"{name}, {how}"], text)

    def _keep(self, label_: int, rescale: float, figures: Sequence[Judged]) -> None:
        """Keep figures, and of earlier ones those of as many samples: of fewer they come out
        otherwise, and one path would be made of two.
        """
        known = self._known.get((label_, rescale), {})
        for strength in list(known) if figures else ():
            if known[strength].counts != figures[0].counts:
                del known[strength]
        super()._keep(label_, rescale, figures)

    @property
    def controls(self) -> Sequence[QWidget]:
        return self.classes, self.measure

    def read(self, arrays: Mapping[str, Any]) -> GuidedImages:
        return GuidedImages.of(arrays)

    def offer(self, names: Sequence[str]) -> None:
        """Offer the classes, and all of them in turn first."""
        self.classes.offer([ALL, *names] if names else ())

    def _conditions(self, question: Question) -> dict[str, Any]:
        return super()._conditions(question) if question.label else {}

    @property
    def has_curve(self) -> bool:
        return bool(self._names) and any(self._known.values())

    def _draw(self) -> None:
        found, asked = self.found, self._asked
        if found is None or asked is None:
            self._draw_without(self._question())
            return
        kind = kind_of_run(self.run, self._state.catalog)
        names = [self._names[label] for label in found.asked[:SHOWN].tolist()]
        self.grid.show_tiles(
            kind.tiles({"x": found.images[0][:SHOWN]}), noun=kind.many, words=names
        )
        self._tell_right(found)
        title = f"Strength {asked.strength:g}, each of the class below it"
        self._title.set_text(title)
        self._draw_known(asked)

    def _draw_without(self, asked: Question) -> None:
        """Show what was measured while no sample is there yet."""
        noun = kind_of_run(self.run, self._state.catalog).many
        self.grid.show_tiles(None, noun=noun, message="Loading…")
        self._title.set_text(f"Strength {asked.strength:g}")
        self.right.hide()
        self._draw_known(asked)

    def _draw_known(self, asked: Question) -> None:
        """Show the curve of a class, and the figures of a strength where that was measured."""
        known = self._curve
        each = [known[strength] for strength in sorted(known) if strength <= MOST]
        self._show_curve(each, asked.strength)
        now = min(each, key=lambda one: abs(one.strength - asked.strength), default=None)
        near = now is not None and now.strength == asked.strength
        self.table.setVisible(near)
        if now is not None and near:
            self.table.set_columns(_heads(now.counts))
            self.table.show_rows(
                [
                    ("Accuracy", _share(now.accuracy), number_format.percent(now.real_accuracy)),
                    ("Coverage", _share(now.coverage), number_format.percent(now.real_coverage)),
                ]
            )
            self.table.fit()
        unknown = (
            f"Not measured yet. More evaluates {self._class_phrase(asked.label)} at "
            "strengths from 0 to 8."
            if not each
            else "This strength was not measured. Click a dot of the curve."
        )
        # Where nothing is known, it is said below that it is found out just now.
        hidden = near or (not each and self.under_way.job is not None)
        self.unknown.setText("" if hidden else unknown)
        self.unknown.setVisible(not hidden)

    def _tell_right(self, found: GuidedImages) -> None:
        """Say in how many of the images the judge sees the class, and ask it where it was not."""
        if found is not self._judged[0]:
            self.right.show()
            self._judged = found, None
            self._judging.ask(found, again=True)
        seen = self._judged[1]
        if seen is None:
            self.right.set_text(ASKED)
            self.right.set_more("")
            return
        wanted = found.asked[: len(seen)]
        self.right.set_text(right_of(int((seen == wanted).sum()), len(seen)))
        self.right.set_more(LIVE)

    async def _judge(self, found: GuidedImages) -> None:
        """Classify the visible images; without a classifier *Measure* reports it."""
        if found is not self.found:
            return
        rows = {"rows": found.images[0][:SHOWN].tolist()}
        try:
            answer = await self._actions.operating.ask(self._key, JUDGE, inputs=rows)
            seen = np.asarray(answer.arrays["class"], np.int64)
        except (Refused, KeyError):
            if isValid(self) and found is self.found:
                self.right.hide()
            return
        if isValid(self) and found is self.found:
            self._judged = found, seen
            self.right.show()
            self._tell_right(found)

    def _class_phrase(self, label_: int) -> str:
        return "this class" if label_ else "all classes"

    def _show_curve(self, each: Sequence[Judged], strength: float) -> None:
        x = np.array([one.strength for one in each])
        lines = []
        for title, name in (("label accuracy", "accuracy"), ("coverage", "coverage")):
            values = np.array([getattr(one, name) for one in each]).reshape(-1, 3)
            reach = (values[:, 2] - values[:, 1]) / 2 / DEVIATIONS
            lines.append(LineSeries(title, x, values[:, 0], reach))
        self.charts.call(_format_counts(each[-1].counts) if each else "")
        stops = [Stop(one.strength, one.coverage, one.accuracy) for one in each]
        real = (each[-1].real_coverage, each[-1].real_accuracy) if each else (None, None)
        self.charts.setVisible(bool(each))
        at = strength if strength <= MOST else None
        self.charts.show_both(stops, lines if each else (), at, real)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Where it is narrow, the curve stands below the images."""
        QWidget.resizeEvent(self, event)
        direction = QBoxLayout.Direction
        wide = self.width() >= WIDE - 60
        self._halves.setDirection(direction.LeftToRight if wide else direction.TopToBottom)


def _heads(counts: tuple[int, ...]) -> tuple[Column, ...]:
    """Return the columns of the table, with of how many their figures are."""
    made, real = (f", {_format_counts((n,))}" for n in counts) if len(counts) == 2 else ("", "")
    return Column(""), Column(f"guided{made}", GUIDED), Column(f"real{real}", REAL)


def _format_counts(counts: tuple[int, ...]) -> str:
    """Return the numbers of samples of metrics, "" if unknown."""
    return f"n\u00a0=\u00a0{counts[0]:,}" if counts else ""


def _three(values: NDArray[Any]) -> tuple[float, float, float]:
    value, low, high = map(float, values)
    return value, low, high


def _share(figure: tuple[float, float, float]) -> str:
    value, low, high = figure
    return f"{number_format.percent(value)} ({100 * low:.0f} to {100 * high:.0f})"


SEEN = shows_moving("image-guidance")


def applies(state: AppState) -> bool:
    """Return whether the selected run generates images and could be class-conditional."""
    can = can_ask(state, OPERATOR) and SEEN(state)
    return can and lacking(state.runs.current, state.catalog) is not None


VIEW = ViewSpec(
    id="image-guidance", lens="samples", title="Guidance", order=25, applies=applies,
    factory=ImageGuidanceView,
)  # fmt: skip

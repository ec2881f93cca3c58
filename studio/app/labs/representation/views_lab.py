"""Watch, for representations: the views of an anchor, as σ is dragged, and what the loss sees."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QBoxLayout, QSlider, QVBoxLayout, QWidget

from pushforward.studio.app.charts.line_plot import LinePlot, LineSeries
from pushforward.studio.app.charts.overlays import EmptyState
from pushforward.studio.app.charts.picture_export import Picture, widget_picture
from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.data_type import Arrays, Kind
from pushforward.studio.app.core.data_type_registry import kind_of_run
from pushforward.studio.app.data.tile_grid import TileGrid
from pushforward.studio.app.data.views.lab import can_ask
from pushforward.studio.app.data.views.live_lab_frame import AskedLive, Asking
from pushforward.studio.app.data.views.view_spec import ViewSpec
from pushforward.studio.app.design.basic import button, label, row, scrolled, view_bar
from pushforward.studio.app.design.forms.editors import ChoiceList
from pushforward.studio.app.engine.actions import Actions
from pushforward.studio.app.labs.representation.source_offer import offer_source
from pushforward.studio.app.labs.representation.views_board import (
    NeighbourBoard,
    Neighbours,
    PairMatrix,
    Pairs,
)

__all__ = ["VIEW", "ViewsLab"]

OPERATOR = "representation-views"
FORMULAS = {
    "gaussian": "Neighbours G(z + σε) by σ",
    "preserving": "Neighbours G(√(1 − σ²) z + σε) by σ",
    "uniform": "Neighbours G(z + σu), u uniform, by σ",
    "angular": "Neighbours: z turned by up to σ rad",
    "steering": "Neighbours along learned edit directions, by σ",
    "independent": "Samples of independent latents",
}
KINDS = {
    "gaussian": "Gaussian",
    "preserving": "Gaussian, norm-preserving",
    "uniform": "Uniform",
    "angular": "Angular",
    "steering": "Learned edit directions",
    "independent": "Independent (null model)",
}
MOST, PER_UNIT = 3.0, 20  # the largest σ of the slider, and its stops per unit
BINS = np.linspace(-1.0, 1.0, 41)
NO_SOURCE = (
    "This run learns from real data: it has pixel views, and no latent to move. Trained from a "
    "generator, neighbours of a latent appear here."
)


@dataclass(frozen=True)
class Question:
    """Key of the views that are shown."""

    key: str
    step: int
    anchor: int
    sigma: float
    kind: str


class ViewsLab(AskedLive[Question]):
    """Left the anchor and its pixel views, right neighbours by σ; below what the loss compares."""

    preview, whole = 64, 1000

    def __init__(self, state: AppState, actions: Actions) -> None:
        super().__init__(state, actions)
        self._anchor = 0
        self._lay_out()
        state.runs.changed.connect(self._changed)
        self.follow()

    def _lay_out(self) -> None:
        self.next = button("Next anchor", self._next, tip="Another anchor (N)")
        self.kinds = ChoiceList(list(KINDS.values()), "Latent views")
        self.kinds.setCurrentIndex(0)
        self.kinds.setMinimumContentsLength(max(map(len, KINDS.values())))
        self.more.setText(f"Use {self.whole:,} samples")
        self.kinds.currentIndexChanged.connect(lambda _: self.meet())
        self.bar = view_bar(self, self.words, None, self.kinds, self.next, self.more)
        self.sigma = QSlider(Qt.Orientation.Horizontal)
        self.sigma.setAccessibleName("View noise σ")
        self.sigma.setRange(0, round(MOST * PER_UNIT))
        self.sigma.setValue(round(0.5 * PER_UNIT))
        self.sigma.valueChanged.connect(lambda _: self.meet())
        self._value = label("", "strong")
        self._value.setMinimumWidth(40)
        self.anchor = TileGrid("Anchor")
        self.pixels = TileGrid("Pixel views of the anchor")
        self.anchor.setMinimumHeight(84)
        self.pixels.setMinimumHeight(96)
        self.board, self.matrix = NeighbourBoard(), PairMatrix()
        self.board.chosen.connect(self._choose_sigma)
        self.similar = LinePlot("Similarity in the batch", "cosine similarity", "share of pairs")
        self.note = label("", "muted", wrap=True)
        self.without = QWidget()
        self.without.setMinimumHeight(180)
        self._offer = EmptyState(self.without)
        self.key_of_matrix = label(
            "Rows: first views. Columns: second views. Blue: positives. Orange frame: a negative "
            "of the same class.",
            "small",
            wrap=True,
        )
        self.page = QWidget()
        body = QVBoxLayout(self.page)
        body.setContentsMargins(16, 10, 16, 12)
        body.setSpacing(10)
        body.addLayout(self._upper(), 3)
        body.addWidget(self.note)
        body.addLayout(self._lower(), 3)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        self._room = scrolled(self.page)
        layout.addWidget(self.status)
        layout.addWidget(self._room, 1)

    def _upper(self) -> QBoxLayout:
        left, right = QVBoxLayout(), QVBoxLayout()
        for box in (left, right):
            box.setSpacing(6)
        self.class_of_anchor = label("", "strong")
        left.addWidget(self.class_of_anchor)
        left.addWidget(self.anchor, 1)
        left.addWidget(label("Pixel views", "strong"))
        left.addWidget(self.pixels, 1)
        self.head = label("", "strong")
        self.key_of_board = label(
            "Orange frame: another class than the anchor (reference classifier). Below: share of "
            "all neighbours of the anchor with another class.",
            "small",
            wrap=True,
        )
        right.addWidget(self.head)
        self.slider = QWidget()
        line = row(label("View noise σ", "muted"), self.sigma, self._value)
        line.setStretch(1, 1)
        self.slider.setLayout(line)
        right.addWidget(self.slider)
        right.addWidget(self.board, 1)
        right.addWidget(self.key_of_board)
        right.addWidget(self.without, 1)
        right.addStretch()
        both = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        both.setSpacing(16)
        both.addLayout(left, 2)
        both.addLayout(right, 5)
        return both

    def _lower(self) -> QBoxLayout:
        left = QVBoxLayout()
        left.setSpacing(6)
        left.addWidget(label("Positives and negatives", "strong"))
        left.addWidget(self.matrix, 1)
        left.addWidget(self.key_of_matrix)
        both = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        both.setSpacing(16)
        both.addLayout(left, 3)
        both.addWidget(self.similar, 5)
        return both

    # What is asked

    def begin(self) -> None:
        """Show the latent views of the run's own settings first."""
        run = self.run
        config = dict(run.spec.family.config) if run is not None and run.spec is not None else {}
        latent = config.get("latent")
        latent = latent if isinstance(latent, Mapping) else {}  # of other models it is a number
        kind = latent.get("kind", "none")
        for widget in (self.kinds, self.sigma):
            widget.blockSignals(True)
        self.kinds.setCurrentIndex(list(KINDS).index(kind) if kind in KINDS else 0)
        if kind in KINDS and kind != "independent":
            self.sigma.setValue(round(float(latent.get("sigma", 0.5)) * PER_UNIT))
        for widget in (self.kinds, self.sigma):
            widget.blockSignals(False)

    def _changed(self, key: str) -> None:
        if key == self._key:
            self.meet()

    def meet(self) -> None:
        """Ask for the views that the controls say."""
        self._value.setText(f"{self.sigma.value() / PER_UNIT:g}")
        run = self.run
        if run is not None and run.checkpoints and self.awake and applies(self._state):
            kind = list(KINDS)[max(0, self.kinds.currentIndex())]
            sigma = self.sigma.value() / PER_UNIT
            question = Question(self._key, max(run.checkpoints), self._anchor, sigma, kind)
            if question != self._asked or self.found is None:
                self.want(question)
        self.refresh()

    def asking(self, question: Question) -> Asking:
        """Return a question in the words of the operator."""
        config = {
            "anchor": question.anchor, "sigma": question.sigma, "kind": question.kind,
            "n": self.count,
        }  # fmt: skip
        return Asking(OPERATOR, config)

    def _next(self) -> None:
        self._anchor += 1
        self.meet()

    def _choose_sigma(self, sigma: float) -> None:
        self.sigma.setValue(round(sigma * PER_UNIT))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_N and not event.modifiers():
            self._next()
        else:
            super().keyPressEvent(event)

    # Showing

    def refresh(self) -> None:
        """Show what was answered last, or why there is nothing."""
        found, run = self.found, self.run
        self._room.setVisible(found is not None)
        for control in (self.kinds, self.next):
            control.setEnabled(found is not None)
        if found is not None:
            self.empty.hide()
            self._draw(found[0], found[1])
        elif self.wrong:
            self.empty.tell("The views cannot be shown", self.wrong)
        elif run is not None and not run.checkpoints:
            self.empty.tell("No views yet", "They follow once the run has saved a checkpoint.")
        else:
            self.empty.tell("Loading views…", "The anchor and its neighbours are being generated.")

    def _draw(self, question: Question, arrays: Arrays) -> None:
        kind = kind_of_run(self.run, self._state.catalog)
        many = kind.many
        self.anchor.show_tiles(kind.tiles({"x": arrays["anchor"]}), noun=many)
        self.pixels.show_tiles(kind.tiles({"x": arrays["pixels"]}), noun=many)
        source = "neighbours" in arrays
        for widget in (self.board, self.slider, self.head):
            widget.setVisible(source)
        self.head.setText(FORMULAS[question.kind])
        self.key_of_board.setVisible(source and "changed" in arrays)
        self.kinds.setVisible(source)
        self.without.setVisible(not source)
        if not source and self.run is not None:
            offer = offer_source(self._state, self._actions, self.run)
            self._offer.tell("No generator behind this run", NO_SOURCE, *(offer or ()))
        names = tuple(self.run.classes) if self.run is not None else ()
        own = int(arrays["anchor-class"][0]) if "anchor-class" in arrays else -1
        said = names[own] if 0 <= own < len(names) else str(own)
        self.class_of_anchor.setText(f"Anchor: class {said}" if own >= 0 else "Anchor")
        self.board.show_neighbours(_neighbours(kind, arrays, names) if source else None)
        pairs = np.asarray(arrays["pairs"])
        classes = arrays.get("pair-classes")
        self.matrix.show_pairs(
            Pairs(
                kind.tiles({"x": pairs.reshape(-1, *pairs.shape[2:])}),
                np.asarray(arrays["similarity"], np.float64),
                None if classes is None else np.asarray(classes, np.int64),
            )
        )
        self.similar.show_lines([_shares(arrays, "positive"), _shares(arrays, "negative")])
        self.note.setText(_describe(question, arrays, self._count, source=source))

    def export_picture(self) -> Picture:
        """Return a picture of the page."""
        return widget_picture(self.page)


def _neighbours(kind: Kind, arrays: Arrays, names: tuple[str, ...]) -> Neighbours:
    """Return the columns by ascending σ, with the chosen one among them."""
    sigmas = np.asarray(arrays["sigmas"], np.float64)
    chosen = len(sigmas) - 1
    same = np.flatnonzero(np.isclose(sigmas[:-1], sigmas[-1], atol=1e-3))
    kept = [place for place in range(len(sigmas)) if place not in same]
    order = sorted(kept, key=lambda place: float(sigmas[place]))
    x = np.asarray(arrays["neighbours"])[order]
    classes, changed = arrays.get("classes"), arrays.get("changed")
    own = arrays.get("anchor-class")
    return Neighbours(
        tiles=kind.tiles({"x": x.reshape(-1, *x.shape[2:])}),
        sigmas=sigmas[order],
        chosen=order.index(chosen),
        rows=x.shape[1],
        classes=None if classes is None else np.asarray(classes, np.int64)[order],
        own=-1 if own is None else int(own[0]),
        changed=None if changed is None else np.asarray(changed, np.float64)[order],
        names=names,
    )


def _shares(arrays: Arrays, name: str) -> LineSeries:
    """Return the distribution of similarities as a line over the middles of bins."""
    counts, _ = np.histogram(arrays[name], BINS)
    middles = (BINS[1:] + BINS[:-1]) / 2
    return LineSeries(f"{name}s", middles, counts / max(1, int(counts.sum())))


def _describe(question: Question, arrays: Arrays, n: int, *, source: bool) -> str:
    apart = float(np.mean(arrays["positive"]) - np.mean(arrays["negative"]))
    said = f"Positives are {apart:+.2f} more similar than negatives."
    if source and "changed" in arrays:
        share = float(arrays["changed"][-1])
        error = 196 * math.sqrt(share * (1 - share) / max(1, n))
        said = (
            f"At σ = {question.sigma:g}, {100 * share:.0f} ± {error:.0f} % of {n:,} neighbours of "
            f"this anchor have another class: false positives. {said}"
        )
    return said


def applies(state: AppState) -> bool:
    """Return whether the selected run is a representation of samples that are shown as tiles."""
    return can_ask(state, OPERATOR) and (
        kind_of_run(state.runs.current, state.catalog).layout == "tiles"
    )


VIEW = ViewSpec(
    id="representation-views",
    lens="watch",
    title="Views",
    order=10,
    applies=applies,
    factory=ViewsLab,
    timed=False,
)

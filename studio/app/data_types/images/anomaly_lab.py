"""Samples, as anomalies: how far what was never learned stands out, and where in an image."""

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QBoxLayout, QVBoxLayout, QWidget

from pushforward.studio.app.charts.histogram import HistogramPlot
from pushforward.studio.app.charts.legend import LineKey
from pushforward.studio.app.core.data_type_registry import kind_of_run
from pushforward.studio.app.data.tile_grid import TileGrid
from pushforward.studio.app.data.views.lab import Lab
from pushforward.studio.app.data_types.images.image_lab import PictureLab, ratio_words, show_sets
from pushforward.studio.app.data_types.images.own_image import Image, OwnImageResult
from pushforward.studio.app.design.basic import column, label, row, section
from pushforward.studio.app.design.forms.editors import Segments
from pushforward.studio.app.design.table import Column, Table
from pushforward.studio.app.design.theme import colors
from pushforward.studio.app.design.tokens import DARK
from pushforward.studio.app.text import number_format

__all__ = ["VIEW", "AnomalyView", "overlaid"]

LAB = Lab(operator="outliers", result="unseen", preview={"rows": 64, "levels": 3, "draws": 1})
ONE = "anomaly"
ASKED = ("low", "high", "levels", "draws", "seed")  # settings that both have
SETS = {
    "unseen": "Unseen images",
    "pasted": "With an inserted patch",
    "other": "Other data",
}
COLUMNS = (
    Column(""),
    Column("rows", "Number of images"),
    Column(
        "score", "Mean score: 0 is predicted perfectly, 1 is about as bad as unstructured noise"
    ),
    Column(
        "AUROC",
        "AUROC against unseen images, with its 95 % interval; 50 % is chance",
    ),
)
CHANCE = 0.5
BRIGHT = 0.99  # the share of all places that are less than fully coloured
SCALE = "0: predicted perfectly; 1: about as bad as unstructured noise."
LOOKS = ("Overlay", "Image", "Piece")
LEGENDS = (
    "Orange: reconstruction error, scaled to its maximum.",
    "Input images.",
    "Blue: the inserted patch.",
)
"""The views of the images, by look."""
ERRS, PIECE = DARK.warm, DARK.accent  # on pictures, which are the same in every scheme
Floats = NDArray[np.float32]


class AnomalyView(PictureLab):
    """The anomaly scores of sets of images, and error maps of some."""

    lab = LAB
    hint = "scores it and maps where it is unusual"

    async def ask_own(self, key: str, image: Image) -> OwnImageResult:
        """Ask how far an image stands out, in the way in which the lab was asked."""
        config = {name: self.config[name] for name in ASKED if name in self.config}
        answer = await self._actions.operating.ask(
            key, ONE, config=config, inputs={"rows": [image.tolist()]}
        )
        score = float(answer.arrays["score"][0])
        errors = np.asarray(answer.arrays["map"], np.float32).mean(axis=1)
        top = max(float(np.quantile(errors, BRIGHT)), 1e-12)
        over = overlaid(image[None], np.divide(errors, top, dtype=np.float32), ERRS)
        images = np.concatenate([np.broadcast_to(image[None], over.shape), over])
        text = f"Its score is {number_format.figure(score)}."
        if self.filled:
            unseen = self.doubles("unseen")
            share = float((unseen < score).mean())
            self.keep(image, score)
            above = f"{number_format.percent(share)} of {len(unseen):,} unseen images"
            text = f"{text[:-1]}, above that of {above}."
        else:
            text = f"{text} {SCALE} More compares it with unseen images."
        return OwnImageResult(images, ["as seen", "errors"], text)

    def lay_out(self, page: QWidget) -> None:
        self.look = Segments(list(LOOKS), "View")
        self.look.select(0)
        self.look.widen()
        self.look.chosen.connect(self._show_look)
        self._look = 0
        self.table = Table("Anomaly scores of the sets", COLUMNS, selectable=False)
        self.key = LineKey()
        self.histogram = HistogramPlot()
        self.histogram.setAccessibleName("Scores of unseen images and of others")
        self.histogram.setMinimumHeight(180)
        self.maps = TileGrid("Images with an inserted patch")
        self.maps.setMinimumHeight(180)
        left, right = QVBoxLayout(), QVBoxLayout()
        for box in (left, right):
            box.setSpacing(6)
        left.addWidget(self.key)
        self.ratio = label("", "small", wrap=True)
        left.addWidget(self.ratio)  # above, where it is seen in a low window, too
        left.addWidget(self.histogram, 1)
        right.addLayout(row(section("Error map"), None, self.look))
        self.legend = label(LEGENDS[0], "small", wrap=True)
        right.addWidget(self.legend)
        right.addWidget(self.maps, 1)
        halves = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        halves.setSpacing(16)
        halves.addLayout(left, 1)
        halves.addLayout(right, 1)
        self.halves = [halves]
        column(self.table, (halves, 1), self.note, parent=page, margins=(16, 10, 16, 12))

    @property
    def sample_count(self) -> int:
        return len(self.arrays.get("unseen", ()))

    def draw(self) -> None:
        there = [name for name in SETS if name in self.arrays]
        self._show_table(there)
        self._show_histogram(there)
        self._show_maps()

    def _show_table(self, there: list[str]) -> None:
        lines, shades = [], []
        for name in there:
            values = self.doubles(name)
            told, shade = "", {}
            if f"auc-{name}" in self.arrays:
                area, low, high = self.doubles(f"auc-{name}").tolist()
                told = _between(area, low, high)
                shade = {3: colors().good if low > CHANCE else colors().warm}
            mean = number_format.figure(float(values.mean()))
            lines.append((self.called(name, SETS[name]), f"{len(values):,}", mean, told))
            shades.append(shade)
        area, low, high = self.doubles("auc-places").tolist()
        told = _between(area, low, high)
        lines.append(("Patch pixels found by the map", "", "", told))
        shades.append({3: colors().good if low > CHANCE else colors().warm})
        self.table.show_rows(lines, shades)
        self.table.fit()

    def _show_histogram(self, there: list[str]) -> None:
        sets = {self.called(name, SETS[name]): self.doubles(name) for name in there}
        self.ratio.setText(ratio_words(sets))
        show_sets(self.histogram, self.key, "score", sets, self.mark)

    def _show_maps(self) -> None:
        run = self.run
        kind = kind_of_run(run, self._state.catalog)
        images = np.asarray(self.arrays["pictures"], np.float32)
        shown = images
        if self._look == 0:
            errors = np.asarray(self.arrays["maps"], np.float32).mean(axis=1)
            top = max(float(np.quantile(errors, BRIGHT)), 1e-12)
            shown = overlaid(images, errors / top, ERRS)
        elif self._look == 2:
            places = np.asarray(self.arrays["places"], np.float32)
            shown = overlaid(images, places, PIECE)
        self.legend.setText(LEGENDS[self._look])
        self.maps.show_tiles(kind.tiles({"x": shown}), noun=kind.many)

    def _show_look(self, look: int) -> None:
        self._look = look
        self._show_maps()


def overlaid(images: Floats, amounts: Floats, colour: str) -> Floats:
    """Return images (n, C, H, W) in which places are of a colour as far as ``amounts`` (n, H, W)
    says, from 0, as they are in grey, to 1, all of it: (n, 3, H, W).
    """
    grey = images.mean(axis=1, keepdims=True).clip(0.0, 1.0)
    over = QColor(colour)
    rgb = np.array([over.redF(), over.greenF(), over.blueF()], np.float32).reshape(1, 3, 1, 1)
    share = 0.85 * np.nan_to_num(amounts).clip(0.0, 1.0)[:, None]
    made: Floats = (grey * (1 - share) + rgb * share).astype(np.float32)
    return made


def _between(area: float, low: float, high: float) -> str:
    return f"{number_format.percent(area, 1)} ({100 * low:.1f} to {100 * high:.1f})"


VIEW = LAB.view(AnomalyView, id="anomaly", lens="samples", title="Anomaly", order=26)

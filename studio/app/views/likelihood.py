"""Quality, as likelihood: how likely learned, unseen and other data are to the model, and where."""

import math

import numpy as np
from numpy.typing import NDArray
from PySide6.QtWidgets import QVBoxLayout, QWidget

from studio.app import words
from studio.app.plots.densitymap import DensityMap
from studio.app.plots.histogram import HistogramPlot, HistogramScene, Steps
from studio.app.plots.runkey import ink
from studio.app.plots.shares import beyond, edges_of, shares_of
from studio.app.plots.style import CanvasStyle
from studio.app.state.session import AppState
from studio.app.theme import colors
from studio.app.viewspec import ViewSpec
from studio.app.widgets.basic import row
from studio.app.widgets.figurestable import FiguresTable
from studio.app.widgets.foundview import ArraysView, can_ask
from studio.app.widgets.linekey import LineKey

__all__ = ["VIEW", "LikelihoodView"]

OPERATOR = "likelihood-lab"
SETS = {"unseen": "Unseen data", "learned": "Learned data", "other": "Other data"}
COLUMNS = (
    ("", ""),
    ("rows", "How many were asked about"),
    ("nats a row", "The mean of log p, ± twice its standard error"),
    (
        "bits a number",
        "What a number of a row costs on average: less is better; of a density it may be negative",
    ),
    ("of the law", "The mean of log p of what the model is held against, for the same rows"),
    ("difference", "How much likelier the rows are to the model, ± twice its standard error"),
)
GAUSSIAN = "of a Gaussian"
Doubles = NDArray[np.float64]


class LikelihoodView(ArraysView):
    """Shows what the likelihood lab found."""

    operator = OPERATOR
    question = "How likely are data to this model?"
    answer = (
        "It knows its density: ask about data that it learned, data that it never saw, and data of "
        "another kind."
    )

    def lay_out(self, page: QWidget) -> None:
        self.key = LineKey()
        self.histogram = HistogramPlot()
        self.histogram.setAccessibleName("How likely data are to the model")
        self.histogram.setMinimumHeight(200)
        self.model, self.law = DensityMap("The model's density"), DensityMap("The law of the data")
        self.table = FiguresTable("How likely sets of data are", COLUMNS)
        self.table.setSelectionMode(FiguresTable.SelectionMode.NoSelection)
        body = QVBoxLayout(page)
        body.setContentsMargins(16, 10, 16, 12)
        body.setSpacing(8)
        body.addWidget(self.table)
        body.addWidget(self.note)
        body.addWidget(self.key)
        body.addWidget(self.histogram, 3)
        body.addLayout(row(self.model, self.law, gap=12), 4)

    @property
    def there(self) -> list[str]:
        """The sets that were asked about, the one that counts first."""
        return [name for name in SETS if name in self.found]

    @property
    def filled(self) -> bool:
        return bool(self.there)

    def draw(self) -> None:
        self._show_histogram()
        self._show_table()
        self.model.setVisible("map" in self.found)
        self.law.setVisible("law-map" in self.found)
        maps = [
            (plot, self.found[name])
            for plot, name in ((self.model, "map"), (self.law, "law-map"))
            if name in self.found
        ]
        for plot, values in maps:
            x0, x1, y0, y1 = map(float, self.found["bounds"])
            plot.show_values(values, (x0, x1, y0, y1), max(float(m.max()) for _, m in maps))

    def _show_histogram(self) -> None:
        first, *others = self.there
        real = self.doubles(first)
        edges, tokens = edges_of(real, *map(self.doubles, others)), colors()
        models = tuple(
            Steps(SETS[name], ink(k, tokens), k, shares_of(self.doubles(name), edges),
                  beyond(self.doubles(name), edges))
            for k, name in enumerate(others)
        )  # fmt: skip
        scene = HistogramScene(
            "log p", edges, shares_of(real, edges), len(real), models, unit="nats",
            beyond=beyond(real, edges),
        )  # fmt: skip
        self.histogram.set_scene(scene)
        names = scene.key(CanvasStyle.of(tokens))
        self.key.show_names([(f"{SETS[first]}, n = {len(real):,}", names[0][1]), *names[1:]])

    def _show_table(self) -> None:
        law, numbers = bool(self.found["law"].item()), int(self.found["numbers"].item())
        held = COLUMNS[4] if law else (GAUSSIAN, COLUMNS[4][1])
        self.table.head([*COLUMNS[:4], held, COLUMNS[5]])
        lines, shades = [], []
        for name in self.there:
            model, bar = self.doubles(name), self.doubles(f"bar-{name}")
            bits = -float(model.mean()) / (numbers * math.log(2))
            figures = (_mean(model), words.figure(bits), words.figure(float(bar.mean())))
            lines.append((SETS[name], f"{len(model):,}", *figures, _mean(model - bar)))
            shades.append({} if name == "other" else {5: _verdict(model - bar, law=law)})
        self.table.show_lines(lines, shades)
        self.table.fit()


def _mean(values: Doubles) -> str:
    return f"{words.figure(float(values.mean()))} ± {2 * _error(values):.1g}"


def _error(values: Doubles) -> float:
    return float(values.std(ddof=1)) / math.sqrt(len(values)) if len(values) > 1 else 0.0


def _verdict(apart: Doubles, *, law: bool) -> str:
    """Return the colour of a difference: nothing beats the law, and a good model the Gaussian."""
    tokens = colors()
    if float(apart.mean()) + 2 * _error(apart) >= 0:
        return tokens.good
    return tokens.warm if law else tokens.danger


def applies(state: AppState) -> bool:
    """Whether the selected run knows its density."""
    return can_ask(state, OPERATOR)


VIEW = ViewSpec(
    id="likelihood", lens="quality", title="Likelihood", order=42, applies=applies,
    factory=LikelihoodView,
)  # fmt: skip

"""Quality, as likelihood: how likely learned, unseen and other data are to the model, and where."""

import math

import numpy as np
from numpy.typing import NDArray
from PySide6.QtWidgets import QWidget

from pushforward.studio.app.charts.density_map import DensityMap
from pushforward.studio.app.charts.histogram import HistogramPlot
from pushforward.studio.app.charts.legend import LineKey
from pushforward.studio.app.core.data_type import LABEL
from pushforward.studio.app.data.views.lab import Finding, Lab
from pushforward.studio.app.data_types.images.image_lab import PictureLab, ratio_words, show_sets
from pushforward.studio.app.data_types.images.own_image import Image, OwnImageResult
from pushforward.studio.app.design.basic import column, label, row
from pushforward.studio.app.design.table import Column, Table
from pushforward.studio.app.design.theme import colors
from pushforward.studio.app.text import number_format

__all__ = ["VIEW", "LikelihoodView"]

LAB = Lab(
    operator="likelihood-lab",
    result="numbers",
    preview={"rows": 64, "map": 12},
    costly={"rows": 16, "map": 0, "steps": 12},
)
ONE = "likelihood"
SETS = {"unseen": "Unseen data", "learned": "Learned data", "other": "Other data"}
COLUMNS = (
    Column(""),
    Column("rows", "Number of images"),
    Column("nats a row", "The mean of log p, ± twice its standard error"),
    Column(
        "bits/dim",
        "Bits per dimension: what a number of a row costs on average, and between what its mean "
        "lies with 95 %: less is better. Each pixel is spread over its level; of a density they "
        "may be negative",
    ),
    Column("of the law", "Mean log p of the reference on the same samples"),
    Column("difference", "Difference of the mean log p from the reference, ± two standard errors"),
)
GAUSSIAN = "of a Gaussian"
NO_GAUSSIAN = ("not defined: data are flat", "")
LEVELS = 256  # those of a byte
BYTE = math.log2(LEVELS - 1)
Doubles = NDArray[np.float64]
ALONE = "Only a comparison is meaningful: More compares it with the data."


RESAMPLES = 1000


def mean_between(values: NDArray[np.float64], resamples: int = RESAMPLES) -> tuple[float, float]:
    """Return the ends of the interval of 95 % of the mean of values (n,): the percentiles of the
    means of as many values drawn with replacement (Efron 1979, doi:10.1214/aos/1176344552), always
    by the same numbers.
    """
    rng, n = np.random.default_rng(0), len(values)
    means = [values[rng.integers(0, n, n)].mean() for _ in range(resamples)]
    low, high = np.percentile(means, (2.5, 97.5))
    return float(low), float(high)


class LikelihoodView(PictureLab):
    """The log-likelihood of learned, unseen and other data, as a table and histograms."""

    lab = LAB
    hint = "how likely it is to the model is said, in nats and in bits/dim"

    async def ask_own(self, key: str, image: Image) -> OwnImageResult:
        """Request the log-likelihood of an image; for a conditional model, of its most likely
        class.

        Raises:
            Refused: the model has no likelihood.
        """
        able = await self._actions.operating.able(key)
        told = next((each for each in able.conditions if each.name == LABEL), None)
        names = list(told.names) if told is not None else []
        given = {LABEL: names} if names else {}
        # Spread over its level, as those of the lab are: a level has no density.
        cell = 2.0**-self._cell if self._cell else 0.0
        x = image + np.random.default_rng(0).uniform(-0.5, 0.5, image.shape) * cell
        rows = [x.tolist()] * max(1, len(names))
        answer = await self._actions.operating.ask(key, ONE, inputs={"rows": rows}, given=given)
        each = np.asarray(answer.arrays["log-density"], np.float64)
        best = int(each.argmax())
        value = float(each[best])
        bits = self._bits(value, image.size)
        of = f" of {self._levels:,} levels" if self._levels else ""
        nats, bits_per_dim = number_format.figure(value), number_format.figure(bits)
        text = f"Its log p is {nats} nats, {bits_per_dim} bits/dim{of}"
        if names:
            text = f"{text}, as {names[best]}, the class under which it is likeliest"
        if self.filled:
            first = self.there[0]
            below = float((self.doubles(first) < value).mean())
            n = len(self.doubles(first))
            share, of = number_format.percent(below), SETS[first].lower()
            text = f"{text}; above that of {share} of {n:,} rows of {of}"
            self.keep(image, value)
        else:
            text = f"{text}. {ALONE}"
        text = text if text.endswith(".") else f"{text}."
        return OwnImageResult(image[None], [f"{number_format.figure(bits)} bits"], text)

    @property
    def _cell(self) -> float:
        """The bits that the width of a level adds to each number: those of the lab, which has none
        where numbers have no levels; as long as it was not asked, those of a byte.
        """
        if not self.filled:
            return BYTE
        return float(self.arrays["cell"].item()) if "cell" in self.arrays else 0.0

    def _bits(self, log_prob: float, numbers: int) -> float:
        """Return what a number of a row costs that is so likely, in bits."""
        return self._cell - log_prob / (numbers * math.log(2))

    def lay_out(self, page: QWidget) -> None:
        self.key = LineKey()
        self.histogram = HistogramPlot()
        self.histogram.setAccessibleName("How likely data are to the model")
        self.histogram.setMinimumHeight(200)
        self.model, self.law = (
            DensityMap("The model's density"),
            DensityMap("The distribution of the data"),
        )
        self.table = Table("How likely sets of data are", COLUMNS, selectable=False)
        body = column(parent=page, margins=(16, 10, 16, 12))
        self.protocol = label("", "small", wrap=True)
        body.addWidget(self.table)
        body.addWidget(self.key)
        self.ratio = label("", "small", wrap=True)
        body.addWidget(self.histogram, 3)
        body.addWidget(self.ratio)
        body.addLayout(row(self.model, self.law, gap=12), 4)
        body.addWidget(self.note)
        body.addWidget(self.protocol)

    def take(self, finding: Finding | None) -> None:
        super().take(finding)
        # Computed once per result, not at each drawing.
        self._between = {name: mean_between(self.doubles(name)) for name in self.there}

    @property
    def _levels(self) -> int:
        """How many values a number was taken to have; 0 where numbers have no levels. Results of
        before say it by their settings alone.
        """
        if "levels" in self.arrays:
            return int(self.arrays["levels"].item())
        return int(self.config.get("levels") or LEVELS) if self._cell else 0

    @property
    def there(self) -> list[str]:
        """The sets that were asked about, the one that counts first."""
        return [name for name in SETS if name in self.arrays]

    @property
    def sample_count(self) -> int:
        return max((len(self.arrays[name]) for name in self.there), default=0)

    def draw(self) -> None:
        self._show_histogram()
        self._show_table()
        self.model.setVisible("map" in self.arrays)
        self.law.setVisible("law-map" in self.arrays)
        maps = [
            (plot, self.arrays[name])
            for plot, name in ((self.model, "map"), (self.law, "law-map"))
            if name in self.arrays
        ]
        for plot, values in maps:
            x0, x1, y0, y1 = map(float, self.arrays["bounds"])
            plot.show_values(values, (x0, x1, y0, y1), max(float(m.max()) for _, m in maps))

    def _show_histogram(self) -> None:
        sets = {self.called(name, SETS[name]): self.doubles(name) for name in self.there}
        self.ratio.setText(ratio_words(sets))
        show_sets(self.histogram, self.key, "log p", sets, self.mark, "nats")

    def _show_table(self) -> None:
        law = bool(self.arrays["law"].item())
        held = COLUMNS[4] if law else Column(GAUSSIAN, COLUMNS[4].tip)
        numbers = int(self.arrays["numbers"].item())
        title, tip, _ = COLUMNS[3]
        bits_of = Column(f"{title}, {self._levels:,} levels" if self._levels else title, tip)
        self.table.set_columns([*COLUMNS[:3], bits_of, held, COLUMNS[5]])
        self.protocol.setText(self._protocol())
        lines, shades = [], []
        for name in self.there:
            model, bar = self.doubles(name), self.doubles(f"bar-{name}")
            mean, least, most = (
                number_format.figure(self._bits(value, numbers))
                for value in (float(model.mean()), *reversed(self._between[name]))
            )
            bits = f"{mean} ({least} to {most})"
            known = bool(np.isfinite(bar).all())
            beside = number_format.figure(float(bar.mean())), _mean(model - bar)
            figures = _mean(model), bits, *(beside if known else NO_GAUSSIAN)
            lines.append((self.called(name, SETS[name]), f"{len(model):,}", *figures))
            judged = known and name != "other"
            shades.append({5: _verdict(model - bar, law=law)} if judged else {})
        self.table.show_rows(lines, shades)
        self.table.fit()

    def _protocol(self) -> str:
        """Say how bits were counted, and by what their intervals are found."""
        text = (
            f"Intervals of bits are of 95 %, by {RESAMPLES:,} resamples of the rows of each set; "
            "how far another noise or another training would be apart is not in them."
        )
        if not self._levels:
            return text
        return f"{text} Each number is spread over its level, one of {self._levels:,}."


def _mean(values: Doubles) -> str:
    error = float(f"{2 * _error(values):.1g}")
    return f"{number_format.figure(float(values.mean()))} ± {number_format.figure(error)}"


def _error(values: Doubles) -> float:
    return float(values.std(ddof=1)) / math.sqrt(len(values)) if len(values) > 1 else 0.0


def _verdict(apart: Doubles, *, law: bool) -> str:
    """Return the colour of a difference: no model beats the exact distribution, and a good one
    beats the Gaussian.
    """
    tokens = colors()
    if float(apart.mean()) + 2 * _error(apart) >= 0:
        return tokens.good
    return tokens.warm if law else tokens.danger


VIEW = LAB.view(LikelihoodView, id="likelihood", lens="quality", title="Likelihood", order=42)

"""Quality, for representations: probes next to what they must beat, and worth in real samples."""

import math

import numpy as np
from numpy.typing import NDArray
from PySide6.QtWidgets import QWidget

from pushforward.studio.app.charts.line_plot import LinePlot, LineSeries
from pushforward.studio.app.data.views.lab import Lab
from pushforward.studio.app.data.views.lab_frame import LabView
from pushforward.studio.app.design.basic import column, label
from pushforward.studio.app.design.table import Column, Table
from pushforward.studio.app.design.theme import colors

__all__ = ["VIEW", "ProbeLab"]

LAB = Lab(
    operator="probe-representation",
    result="few",
    preview={"draws": 5, "real_seeds": 0},
    samples="draws",
    unit="draws",
)
Doubles = NDArray[np.float64]
COLUMNS = (
    Column("Probe", "Labels that the classifier has"),
    Column("this run", "Test accuracy in %; ± is the 95 % interval over draws of labels"),
    Column("raw values", "The same probe on the samples themselves"),
    Column("difference", "This run less raw values, paired, in points; ± is the 95 % interval"),
    Column("verdict", "Whether the difference from raw values is shown"),
    Column("PCA", "The same probe on 32 principal components"),
    Column("random", "The same encoder before its first training step"),
    Column("real", "SimCLR: the same encoder, trained on the real samples with equal steps"),
    Column("supervised", "The same encoder, trained on all labels with equal steps"),
)
NOT_TRAINED = "–"  # in a preview
NO_WORTH = (
    "Worth in real samples: measure with “Encoders on real data” above 0 to train the same encoder "
    "on 10 to all real samples."
)


class ProbeLab(LabView):
    """The accuracy of probes of the run, raw values, PCA and a random encoder."""

    lab = LAB

    def lay_out(self, page: QWidget) -> None:
        self.table = Table("Probes", COLUMNS, selectable=False)
        self.other = Table("Probes of the other data set", COLUMNS, selectable=False)
        self.other_title = label("Transfer", "strong")
        self.worth = LinePlot(
            "Worth in real samples", "real samples", "1-label accuracy", powers=True, marked=True
        )
        self.worth_words = label("", "muted", wrap=True)
        column(
            label("Probes", "strong"),
            self.table,
            self.note,
            self.other_title,
            self.other,
            (self.worth, 1),
            self.worth_words,
            parent=page,
            margins=(16, 10, 16, 12),
        )

    def draw(self) -> None:
        self._show_table(self.table, "")
        other = "other-few" in self.arrays
        self.other.setVisible(other)
        self.other_title.setVisible(other)
        if other:
            pick = self.config.get("other") or {}
            self.other_title.setText(f"Transfer to {pick.get('slug', 'another data set')}")
            self._show_table(self.other, "other-")
        self._show_worth()

    def _show_table(self, table: Table, prefix: str) -> None:
        few = self.doubles(f"{prefix}few")
        lines, shades = [], []
        for place, count in enumerate(self.arrays["labels"].tolist()[: few.shape[1]]):
            each = few[:, place]
            compared = _compare(each[0] - each[1])
            title = f"{count} label{'s' * (count > 1)}"
            lines.append(_line(title, [_mean(values) for values in each], compared))
            shades.append({4: compared[2]} if compared[2] else {})
        n = int(self.arrays["tested"].item()) if not prefix else 0
        for name, title in (("all", "all labels"), ("knn", "kNN, k = 5")):
            values = self.doubles(f"{prefix}{name}")
            compared = _compare_once(float(values[0]), float(values[1]), n)
            lines.append(_line(title, [f"{100 * float(v):.1f}" for v in values], compared))
            shades.append({4: compared[2]} if compared[2] else {})
        table.show_rows(lines, shades)
        table.fit()

    def _show_worth(self) -> None:
        known = "sizes" in self.arrays
        self.worth.setVisible(known)
        if not known:
            self.worth_words.setText(NO_WORTH)
            return
        sizes, real = self.doubles("sizes"), self.doubles("real")
        own = float(self.doubles("few")[0, 0].mean())
        spread = real.std(axis=1, ddof=1) / 2 if real.shape[1] > 1 else None
        lines = [
            LineSeries("same encoder on real samples", sizes, real.mean(axis=1), spread),
            LineSeries("this run", sizes, np.full(len(sizes), own)),
        ]
        self.worth.show_lines(lines)
        self.worth_words.setText(_worth(own, sizes, real.mean(axis=1)))


def _mean(values: Doubles) -> str:
    error = 1.96 * float(values.std(ddof=1)) / math.sqrt(len(values))
    return f"{100 * float(values.mean()):.1f} ± {100 * error:.1f}"


def _line(title: str, values: list[str], compared: tuple[str, str, str]) -> tuple[str, ...]:
    own, raw, *others = values
    others += [NOT_TRAINED] * (4 - len(others))
    return title, own, raw, compared[0], compared[1], *others


def _compare(gaps: Doubles) -> tuple[str, str, str]:
    """Return a paired difference in points, its verdict, and the colour of that."""
    mean = 100 * float(gaps.mean())
    error = 196 * float(gaps.std(ddof=1)) / math.sqrt(len(gaps))
    return _verdict(mean, error)


def _compare_once(own: float, other: float, n: int) -> tuple[str, str, str]:
    """Return the difference of two accuracies on n test rows, by the normal approximation."""
    if not n:
        return f"{100 * (own - other):+.1f}", "", ""
    variance = (own * (1 - own) + other * (1 - other)) / n
    return _verdict(100 * (own - other), 196 * math.sqrt(variance))


def _verdict(mean: float, error: float) -> tuple[str, str, str]:
    tokens = colors()
    word, shade = "not shown", ""
    if mean > error:
        word, shade = "better", tokens.good
    elif mean < -error:
        word, shade = "worse", tokens.warm
    return f"{mean:+.1f} ± {error:.1f}", word, shade


def _worth(own: float, sizes: Doubles, real: Doubles) -> str:
    """Say between which numbers of real samples the run lies."""
    below, above = sizes[real <= own], sizes[real > own]
    if not len(below):
        return f"Worth fewer than {int(above.min()):,} real samples, at equal steps."
    if not len(above):
        return f"As good as the same encoder on {int(below.max()):,} real samples, at equal steps."
    return (
        f"Worth between {int(below.max()):,} and {int(above.min()):,} real samples, at equal steps."
    )


VIEW = LAB.view(ProbeLab, id="probes", lens="quality", title="Probes", order=12)

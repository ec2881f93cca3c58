"""Quality, for representations: probes next to what they must beat, and worth in real samples."""

import math

import numpy as np
from numpy.typing import NDArray
from PySide6.QtWidgets import QWidget

from pushforward.observables.student_t import half_interval
from pushforward.studio.app.charts.line_plot import LinePlot, LineSeries
from pushforward.studio.app.data.views.lab import Lab
from pushforward.studio.app.data.views.lab_frame import LabView
from pushforward.studio.app.design.basic import column, label
from pushforward.studio.app.design.table import Column, Table
from pushforward.studio.app.design.theme import colors
from pushforward.studio.counts import format_count

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
    Column("to raw values", "This run less raw values, paired, in points; ± is the 95 % interval"),
    Column("PCA", "The same probe on 32 principal components"),
    Column("random encoder", "The same encoder before its first training step"),
    Column("SimCLR on real", "The same encoder, trained on the real samples with equal steps"),
    Column("to real", "This run less SimCLR on real samples, paired, in points"),
    Column("supervised", "The same encoder, trained on all labels with equal steps"),
)
RAW, REAL = 1, 4  # rows of the arrays
TO_RAW, TO_REAL = 3, 7  # columns
NOT_TRAINED = "–"  # in a preview
NO_WORTH = (
    "The full measurement trains the same encoder on 10 to all real samples: it tells how many "
    "real samples the source is worth."
)


class ProbeLab(LabView):
    """The accuracy of probes of the run, raw values, PCA and a random encoder."""

    lab = LAB

    def lay_out(self, page: QWidget) -> None:
        self.more.setText("Measure in full")
        self.table = Table("Probes", COLUMNS, selectable=False)
        self.other = Table("Probes of the other data set", COLUMNS, selectable=False)
        self.other_title = label("Transfer", "strong")
        self.worth = LinePlot(
            "Worth in real samples",
            "real samples",
            "accuracy, 1 label a class, %",
            powers=True,
            marked=True,
        )
        self.worth_words = label("", "muted", wrap=True)
        column(
            label("Probes: accuracy on unseen real samples, %", "strong"),
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
            to_raw, *to_real = [_compare(each[0] - each[k]) for k in (RAW, REAL) if k < len(each)]
            title = f"{count} label{'s' * (count > 1)} a class"
            lines.append(_line(title, [_mean(values) for values in each], to_raw, *to_real))
            shades.append(_shades(to_raw, *to_real))
        n = int(self.arrays["tested"].item()) if not prefix else 0
        for name, title in (("all", "all labels"), ("knn", "kNN, k = 5")):
            values = self.doubles(f"{prefix}{name}")
            to_raw, *to_real = [
                _compare_once(float(values[0]), float(values[k]), n)
                for k in (RAW, REAL)
                if k < len(values)
            ]
            means = [f"{100 * float(v):.1f}" for v in values]
            lines.append(_line(title, means, to_raw, *to_real))
            shades.append(_shades(to_raw, *to_real))
        table.show_rows(lines, shades)
        table.fit()

    def _show_worth(self) -> None:
        known = "sizes" in self.arrays
        self.worth.setVisible(known)
        if not known:
            self.worth_words.setText(NO_WORTH)
            return
        sizes, real = self.doubles("sizes"), self.doubles("real")
        own, seeds = float(self.doubles("few")[0, 0].mean()), real.shape[1]
        error = None
        if seeds > 1:
            error = np.array([half_interval(row.tolist()) for row in real])
        mean = real.mean(axis=1)
        scaled = None if error is None else 100 * error
        title = f"SimCLR on real samples, {format_count(seeds, 'encoder')} a point"
        lines = [
            LineSeries(title, sizes, 100 * mean, scaled),
            LineSeries("this run", sizes, np.full(len(sizes), 100 * own)),
        ]
        self.worth.show_lines(lines)
        self.worth_words.setText(_worth(own, sizes, mean, error, seeds))


def _mean(values: Doubles) -> str:
    return f"{100 * float(values.mean()):.1f} ± {100 * half_interval(values.tolist()):.1f}"


def _line(
    title: str, values: list[str], to_raw: tuple[str, str], to_real: tuple[str, str] | None = None
) -> tuple[str, ...]:
    own, raw, pca, random, *trained = values
    trained += [NOT_TRAINED] * (2 - len(trained))
    gap = to_real[0] if to_real is not None else NOT_TRAINED
    return title, own, raw, to_raw[0], pca, random, trained[0], gap, trained[1]


def _shades(to_raw: tuple[str, str], to_real: tuple[str, str] = ("", "")) -> dict[int, str]:
    """Return the colours of the two differences by their columns."""
    shades = {TO_RAW: to_raw[1], TO_REAL: to_real[1]}
    return {place: shade for place, shade in shades.items() if shade}


def _compare(gaps: Doubles) -> tuple[str, str]:
    """Return a paired difference in points with its verdict, and the colour of that."""
    mean = 100 * float(gaps.mean())
    return _verdict(mean, 100 * half_interval(gaps.tolist()))


def _compare_once(own: float, other: float, n: int) -> tuple[str, str]:
    """Return the difference of two accuracies on n test rows, by the normal approximation."""
    if not n:
        return f"{100 * (own - other):+.1f}", ""
    variance = (own * (1 - own) + other * (1 - other)) / n
    return _verdict(100 * (own - other), 196 * math.sqrt(variance))


def _verdict(mean: float, error: float) -> tuple[str, str]:
    tokens = colors()
    word, shade = "not shown", ""
    if mean > error:
        word, shade = "better", tokens.good
    elif mean < -error:
        word, shade = "worse", tokens.warm
    return f"{mean:+.1f} ± {error:.1f} {word}", shade


def _worth(
    own: float, sizes: Doubles, real: Doubles, error: Doubles | None, seeds: int
) -> str:  # fmt: skip
    """Say between which numbers of real samples the run lies: the largest whose interval ends below
    it, and the smallest whose interval begins above it.
    """
    room = np.zeros(len(sizes)) if error is None else error
    below, above = sizes[real + room < own], sizes[real - room > own]
    how = f"at equal steps ({format_count(seeds, 'encoder')} a point"
    how += ")." if error is None else ", 95 %)."
    if len(below) and len(above):
        between = f"{int(below.max()):,} and {int(above.min()):,}"
        return f"Worth between {between} real samples, {how}"
    if len(above):
        return f"Worth fewer than {int(above.min()):,} real samples, {how}"
    if len(below):
        return f"Worth more than {int(below.max()):,} real samples, {how}"
    return f"Not shown to differ from 10 to {int(sizes.max()):,} real samples, {how}"


VIEW = LAB.view(ProbeLab, id="probes", lens="quality", title="Probes", order=12)

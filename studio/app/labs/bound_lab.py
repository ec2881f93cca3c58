"""Quality, as a bound: from the evidence to the loss of a diffusion, on one's own model."""

import math

import numpy as np
from numpy.typing import NDArray
from PySide6.QtWidgets import QBoxLayout, QWidget

from pushforward.studio.app.charts.line_plot import LinePlot, LineSeries
from pushforward.studio.app.data.views.lab import Lab
from pushforward.studio.app.data.views.lab_frame import LabView
from pushforward.studio.app.design.basic import column, label
from pushforward.studio.app.design.formula_label import Formula
from pushforward.studio.app.design.table import Column, Table
from pushforward.studio.app.text import number_format

__all__ = ["VIEW", "BoundView"]

LAB = Lab(
    operator="bound",
    result="total",
    preview={"rows": 64, "levels": 16, "steps": [4, 8]},
    costly={"rows": 16},
)
Doubles = NDArray[np.float64]
CHAIN = (
    "−log p(x₀) ≤ KL(q(x_T | x₀) ‖ p(x_T)) − E log p(x₀ | x₁) + ½ E ∫ |D(x̄, s) − x₀|²/s² dln(1/s²)"
)
TERMS = (
    ("prior", "Prior", "How far the noisiest latent is from pure noise"),
    (
        "reconstruction",
        "Reconstruction",
        "What is left to say of the datum at the least noise, x₁",
    ),
    ("diffusion", "Diffusion", "The loss of the denoiser over all noise levels, evenly in ln s"),
    ("total", "Bound", "Their sum: −log p(x₀) is at most that"),
)
VARIANCES = {"small": "small", "large": "large", "learned": "learned"}
"""Reverse variances: of the posterior, of the forward step, and between them."""
SCHEDULES = ("of the run", "log-SNR", "linear", "cosine", "log-normal")
"""In the order in which `models.operators.bound.SCHEDULES` has them."""
TIMES = ("low discrepancy", "antithetic", "independent", "importance")
"""In the order in which `models.operators.bound.TIMES` has them."""
VARIES = (
    "Deviation of an estimate of the bound, in bits/dim: one sample for schedules; the mean of "
    "a batch of 128 for time sampling. The bound itself is the same for all."
)
ONE = (
    "The error of predicted data is |D − x₀|², of noise |D − x₀|²/s², of v (1 + 1/s²) |D − x₀|². "
    "Each is least for the same D = E[x₀ | x̄]: losses differ in how much a level counts."
)


class BoundView(LabView):
    """The terms of the bound, by noise level and by number of steps."""

    lab, split = LAB, 600

    def lay_out(self, page: QWidget) -> None:
        self.chain = Formula(15)
        self.terms = Table(
            "Terms of the bound", [Column(""), Column("bits/dim", "On average")], selectable=False
        )
        self.levels = LinePlot(
            "What each noise level adds", "noise level s", "bits/dim and level", powers=True
        )
        self.predictions = LinePlot(
            "One error, three predictions", "noise level s", "mean square of a number",
            powers=True, steep=True,
        )  # fmt: skip
        self.steps = LinePlot(
            "What few steps cost", "steps, even in log-SNR", "bits/dim, beyond the bound",
            powers=True, steep=True, marked=True,
        )  # fmt: skip
        self.schedules = LinePlot("Schedules", "noise time u", "log SNR")
        self.spreads = Table(
            "How much an estimate varies",
            [
                Column(""),
                Column("deviation", "The standard deviation of an estimate, in bits/dim"),
            ],
            selectable=False,
        )  # fmt: skip
        self.varies = label(VARIES, "small", wrap=True)
        self.one = label(ONE, "small", wrap=True)
        body = column(self.chain, parent=page, gap=10, margins=(16, 10, 16, 12))
        figures, spreads = QWidget(), QWidget()
        figures.setLayout(column(self.terms, self.one, None, gap=12))
        spreads.setLayout(column(self.spreads, self.varies, None, gap=12))
        pairs: tuple[tuple[QWidget, QWidget], ...] = (
            (self.levels, figures), (self.predictions, self.steps), (self.schedules, spreads),
        )  # fmt: skip
        self.halves = [QBoxLayout(QBoxLayout.Direction.LeftToRight) for _ in pairs]
        for line, (left, right) in zip(self.halves, pairs, strict=True):
            line.setSpacing(12)
            line.addWidget(left, 1)
            line.addWidget(right, 1)
            body.addLayout(line, 1)
        body.addWidget(self.note)

    def draw(self) -> None:
        self.chain.set_text(CHAIN)
        terms = [self._term(name, title) for name, title, _ in TERMS]
        self.terms.show_rows(terms, tips=[tip for *_, tip in TERMS])
        self.terms.fit()
        level, term = self.doubles("level"), self.doubles("term")
        self.levels.show_lines([LineSeries("added", level, term, self.doubles("term-error"))])
        self.predictions.show_lines(_predicted(level, term))
        steps, whole = self.doubles("steps"), float(self.arrays["total"].ravel()[0])
        known = [name for name in VARIANCES if name in self.arrays]
        beyond = {name: self.doubles(name) - whole for name in known}
        self.steps.show_lines(
            [LineSeries(f"{VARIANCES[n]} variance", steps, beyond[n]) for n in known]
        )
        u = self.doubles("u")
        curves = zip(SCHEDULES, self.doubles("schedules"), strict=False)
        self.schedules.show_lines([LineSeries(name, u, curve) for name, curve in curves])
        self._show_spreads()

    def _term(self, name: str, title: str) -> tuple[str, str]:
        values = self.doubles(name).ravel()
        text = number_format.figure(float(values[0]))
        if name == "total":
            low, high = (number_format.figure(float(value)) for value in values[1:3])
            text += f" ({low} to {high})"
        return title, text

    def _show_spreads(self) -> None:
        schedules = zip(SCHEDULES, self.doubles("schedule-spread"), strict=False)
        times = zip(TIMES, self.doubles("times-spread"), strict=False)
        lines = [
            (f"Schedule: {name}", number_format.figure(float(value))) for name, value in schedules
        ]
        lines += [
            (f"Time sampling: {name}", number_format.figure(float(value))) for name, value in times
        ]
        self.spreads.show_rows(lines)
        self.spreads.fit()


def _predicted(level: Doubles, term: Doubles) -> list[LineSeries]:
    """Return the mean square errors of a number, as those of the noise, the data and v, by level.

    What levels (k,) add to the bound (k,), in bits/dim, is |D - x0|^2/s^2 times the distance
    of two levels in ln s (Kingma et al. 2021, arXiv:2107.00630, eq. 14).
    """
    noise = term * math.log(2.0) / math.log(level[1] / level[0])
    square = level**2
    errors = {"noise": noise, "data": square * noise, "v": (1.0 + square) * noise}
    return [LineSeries(name, level, error) for name, error in errors.items()]


VIEW = LAB.view(BoundView, id="bound", lens="quality", title="Bound", order=44)

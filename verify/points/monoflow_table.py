"""M1: the results table of MonoFlow, with the ratio known exactly.

A divergence E_q f(p/q) can be minimised through q everywhere it stands ("attached"), or with the
ratio held fixed while the particles move ("detached"), which is what adversarial training does.
Attached, every f-divergence works, and exp(1.5 log r), which is none, does not; detached, what
works is decided by whether h increases, and by nothing else.
"""

import math
from collections.abc import Callable
from functools import lru_cache

import torch
from torch import Tensor

from pushforward.models.fields.rescalings import DIVERGENCES, RescalingName, rescaling
from pushforward.verify.claim import Null, Outcome, experiment
from pushforward.verify.points.monoflow_toys import SEEDS, START, TARGET, kl, learn

__all__ = ["Cell", "cells", "table"]

_STEPS, _SAMPLES = 2000, 1000
_WORKS, _FAILS = 0.01, 1.0
# The gradient of chi2 has a heavy tail: with the usual memory of 0.999, one early spike keeps the
# steps short for ten thousand more.
_MEMORY, _USUAL_MEMORY = 0.99, 0.999
Works = Callable[["Cell"], bool]
_OTHERS: tuple[tuple[RescalingName, float], ...] = (
    ("non-saturated", 0.0),
    ("vanilla", 0.0),
    ("vanilla", 5.0),
    ("maximum-likelihood", 0.0),
    ("arcsinh", 0.0),
)


class Cell:
    """One run of the table: what is minimised, how, and whether it should work."""

    def __init__(self, name: RescalingName, shift: float = 0.0, *, attached: bool) -> None:
        self.h = rescaling(name, shift)
        self.attached = attached
        # Attached, -h(log r) is the divergence itself, where there is one.
        self.works = self.h.reading == "plugged-in" if attached else self.h.monotone
        shifted = f"+{shift:g}" if shift else ""
        self.title = f"{name.removeprefix('plugged-')}{shifted}"

    def loss(self, log_ratio: Tensor) -> Tensor:
        """Return -h(log r), elementwise."""
        return -self.h.h(log_ratio)

    def run(self, steps: int = _STEPS, memory: float = _MEMORY) -> list[float]:
        """Return KL(q | p) of the three seeds at the end; ``memory`` is Adam's second beta."""
        q = learn(
            self.loss,
            start=START,
            target=TARGET,
            attached=self.attached,
            optimizer=lambda parameters: _adam(parameters, memory),
            steps=steps,
            samples=_SAMPLES,
            fall=0.5,
        )
        return kl(q, TARGET)


def _adam(parameters: list[Tensor], memory: float) -> torch.optim.Optimizer:
    return torch.optim.Adam(parameters, lr=0.01, betas=(0.9, memory))


def cells() -> list[Cell]:
    """Return the 17 runs: both columns of the table, and five losses of GANs."""
    plugged: list[RescalingName] = [
        "plugged-reverse-kl",
        "plugged-forward-kl",
        "plugged-chi2",
        "plugged-hellinger",
        "plugged-js",
        "exp-1.5",
    ]
    assert len(plugged) == len(DIVERGENCES) + 1
    both = [Cell(name, attached=attached) for attached in (True, False) for name in plugged]
    return both + [Cell(name, shift, attached=False) for name, shift in _OTHERS]


@lru_cache(maxsize=2)
def _rows(steps: int) -> list[tuple[Cell, list[float]]]:
    return [(cell, cell.run(steps)) for cell in cells()]


def _works(cell: Cell) -> bool:
    return cell.works


def _outcome(steps: int = _STEPS, works: Works = _works, beside: str = "") -> Outcome:
    """Hold all cells, each with three seeds, to what a theory says about which of them work."""
    rows = _rows(steps)
    good = [max(kls) for cell, kls in rows if works(cell)]
    bad = [min(kls) for cell, kls in rows if not works(cell)]

    def column(chosen: Works) -> str:
        return ", ".join(f"{c.title} {_span(kls)}" for c, kls in rows if chosen(c))

    return Outcome(
        figure=f"KL(q | p), attached: {column(lambda c: c.attached)}{beside}; "
        f"detached: {column(lambda c: not c.attached)}",
        value={"largest where it works": max(good), "smallest where it fails": min(bad)},
        passed=max(good) < _WORKS and min(bad) > _FAILS,
        floor="0: the generator holds the target exactly",
        seeds=SEEDS,
    )


@experiment(
    "M1",
    title="Which losses train",
    claim="With the ratio held fixed, a loss trains a generator exactly if its h increases; with "
    "the gradient also through the ratio, every f-divergence does: chi2 only where Adam forgets "
    "faster (0.99) than it usually does (0.999).",
    pass_line="KL(q | p) below 0.01 in each cell that should work and above 1 in each that should "
    "not, for all seeds, with Adam (0.9, 0.99)",
    group="M",
    source="Yi et al. 2023, arXiv:2302.01075, 2-D Gaussian experiment (the authors' notebook)",
    slow=True,
    nulls=[
        Null("no training", lambda: _outcome(0)),
        Null(
            "another theory: every f-divergence trains, held fixed or not",
            lambda: _outcome(works=lambda cell: cell.h.reading == "plugged-in" or cell.works),
        ),
    ],
)
def table() -> Outcome:
    """Run all cells, and in addition attached chi2 with the usual settings of Adam."""
    usual = Cell("plugged-chi2", attached=True).run(memory=_USUAL_MEMORY)
    return _outcome(beside=f" (chi2 with Adam's usual 0.999 {_span(usual)})")


def _span(values: list[float]) -> str:
    low, high = min(values), max(values)
    if high < 1e-12:
        return "< 1e-12"
    return f"{low:.1e} to {high:.1e}" if math.isfinite(high) else f"from {low:.1e} up"

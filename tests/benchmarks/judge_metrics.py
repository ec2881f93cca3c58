"""Figures in a judge's eyes against torchmetrics, on the same features: equal, and how fast.

    python -m tests.benchmarks.judge_metrics [--rows 5000] [--features 32] [--repeats 5]

torchmetrics is no dependency; where it is not installed the benchmark says so and stops. It is
given what a judge has seen, by a network that says its input again, so that nothing but the figure
is timed: of the Fréchet distance and of the score with one split. Medians of interleaved turns,
one thread; a ratio above 1 is how many times faster ours is.
"""

import argparse
import statistics
import sys
import time
from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from pushforward.models.metrics.images.judge_score import score_of
from pushforward.models.metrics.samples.frechet import frechet_distance
from pushforward.models.tensors import make_generator
from tests.benchmarks.smallest import parse

AGREE = 1e-6
"""How far the two may be apart, of the value: both compute in double precision."""


class Said(nn.Module):
    """What it is given, as it is."""

    def __init__(self, features: int) -> None:
        super().__init__()
        self.num_features = features

    def forward(self, x: Tensor) -> Tensor:
        return x


def peers(features: int) -> dict[str, Callable[[Tensor, Tensor], float]]:
    """Return torchmetrics' figures of samples and real data (n, k)."""
    from torchmetrics.image.fid import FrechetInceptionDistance
    from torchmetrics.image.inception import InceptionScore

    def frechet(made: Tensor, real: Tensor) -> float:
        metric = FrechetInceptionDistance(feature=Said(features))
        metric.update(real, real=True)
        metric.update(made, real=False)
        return float(metric.compute())

    def score(made: Tensor, real: Tensor) -> float:
        metric = InceptionScore(feature=Said(features), splits=1)
        metric.update(made)
        return float(metric.compute()[0])

    return {"Fréchet distance": frechet, "score": score}


OURS: dict[str, Callable[[Tensor, Tensor], float]] = {
    "Fréchet distance": frechet_distance,
    "score": lambda made, real: score_of(made),
}


def timed(work: Callable[[], float]) -> tuple[float, float]:
    """Return what work comes to, and its seconds of the processor, which others do not change."""
    start = time.process_time()
    value = work()
    return value, time.process_time() - start


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rows", type=int, default=5000)
    parser.add_argument("--features", type=int, default=32)
    parser.add_argument("--repeats", type=int, default=5)
    asked = parse(parser, argv, rows=64, repeats=1)
    torch.set_num_threads(1)
    try:
        theirs = peers(asked.features)
    except ImportError as error:
        sys.exit(f"nothing to compare with: {error}")
    generator = make_generator(0)
    shape = (asked.rows, asked.features)
    real = torch.randn(shape, generator=generator, dtype=torch.float64)
    made = 0.3 + 1.2 * torch.randn(shape, generator=generator, dtype=torch.float64)
    for name, ours in OURS.items():
        taken: dict[str, list[float]] = {"ours": [], "torchmetrics": []}
        values = {}
        for _ in range(asked.repeats):
            for who, figure in (("ours", ours), ("torchmetrics", theirs[name])):
                values[who], seconds = timed(lambda figure=figure: figure(made, real))
                taken[who].append(seconds)
        apart = abs(values["ours"] / values["torchmetrics"] - 1)
        quick, slow = (statistics.median(taken[who]) for who in ("ours", "torchmetrics"))
        print(
            f"{name:18} ours {values['ours']:.8g} in {1e3 * quick:.1f} ms, torchmetrics "
            f"{values['torchmetrics']:.8g} in {1e3 * slow:.1f} ms: ratio {slow / quick:.2f}, "
            f"apart {apart:.1e} {'(equal)' if apart < AGREE else '(NOT EQUAL)'}"
        )


if __name__ == "__main__":
    main()

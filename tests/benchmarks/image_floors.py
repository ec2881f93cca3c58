"""What figures of images come to for real images, and for laws of images that nobody wants.

    python -m tests.benchmarks.image_floors [--dataset digits] [--repeats 4] [--heavy]

Unseen images are held against others of them, then each null against unseen ones: draws of the one
Gaussian with mean and covariance of the training images, copies of these with a little noise,
unseen images without one label, one unseen image again and again, and unseen images under noise
that a classifier looks through. Means and deviations over the repeats, which are other halves of
what was held out. ``--heavy`` adds the two-sample test.
"""

import argparse
import statistics
from collections.abc import Callable, Sequence
from typing import Any

import torch

from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.spec import LABEL
from pushforward.models.kinds.images import ImageSet
from pushforward.models.metrics.base import Evidence
from pushforward.models.registry import registry
from pushforward.models.tensors import make_generator
from pushforward.studio.engine.data.datasets import Dataset, registered
from pushforward.verify.discovery import discover
from pushforward.verify.images.equal_time import Make, gaussian_pixels, without_labels
from tests.benchmarks.smallest import parse

LIGHT = (
    "frechet-judge", "label-balance", "judge-score", "precision", "recall", "density", "coverage",
    "copies", "nearness", "power-spectrum",
)  # fmt: skip
GRAIN, NOISE = 0.02, 0.2
_CHANCE = 900


def copies(train: ImageSet) -> Make:
    """Return training images with a little noise."""

    def make(other: ImageSet, real: ImageSet, seed: int) -> tuple[torch.Tensor, int]:
        generator = make_generator(seed, _CHANCE)
        rows = torch.randint(len(train), (len(real),), generator=generator)
        grain = GRAIN * torch.randn(real.x.shape, generator=generator)
        return (train.x[rows] + grain).clamp(0, 1), 0

    return make


def again(other: ImageSet, real: ImageSet, seed: int) -> tuple[torch.Tensor, int]:
    """Return one image, as often as there are real ones."""
    return other.x[:1].expand_as(real.x), 0


def noisy(other: ImageSet, real: ImageSet, seed: int) -> tuple[torch.Tensor, int]:
    """Return real images under noise."""
    return other.x + NOISE * torch.randn(other.x.shape, generator=make_generator(seed, _CHANCE)), 0


def nulls(train: ImageSet) -> dict[str, Make]:
    """Return the laws, by name."""
    return {
        "unseen images": lambda other, real, seed: (other.x, 0),
        "one Gaussian": gaussian_pixels(train.x),
        "training copies": copies(train),
        "a label less": without_labels(1),
        "one image": again,
        "under noise": noisy,
    }


def figures(data: Dataset, slugs: list[str], make: Make, repeats: int) -> dict[str, list[float]]:
    """Return each figure of a law, one a repeat."""
    found: dict[str, list[float]] = {slug: [] for slug in slugs}
    assert data.judging is not None
    judge = data.judging.now()
    for seed in range(repeats):
        other, real = data.pair(len(data.rows), seed)
        assert isinstance(other, ImageSet)
        assert isinstance(real, ImageSet)
        x, _ = make(other, real, seed)
        labels = torch.zeros(len(x), dtype=torch.int64)
        for slug in slugs:
            entry = registry.get("metric", slug)
            evidence = Evidence(
                real,
                make_generator(seed),
                made=Batch(x, given={LABEL: labels}),
                train=data.rows,
                judge=judge,
            )
            metric: Any = entry.make(entry.config())
            found[slug].append(metric.measure(evidence).value)
    return found


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--dataset", default="digits")
    parser.add_argument("--repeats", type=int, default=4)
    parser.add_argument("--heavy", action="store_true")
    asked = parse(parser, argv, repeats=1)
    torch.set_num_threads(1)
    discover()
    entry = registry.get("dataset", asked.dataset)
    data = registered(entry, entry.config(), 0, 0)
    assert isinstance(data.rows, ImageSet)
    slugs = [*LIGHT, *(["two-sample-test"] if asked.heavy else [])]
    laws: dict[str, Callable[..., Any]] = nulls(data.rows)
    n = len(data.pair(len(data.rows), 0)[0])
    print(f"{asked.dataset}, n {n} against {n}, {asked.repeats} repeats")
    columns = {name: figures(data, slugs, make, asked.repeats) for name, make in laws.items()}
    print(f"{'':16}" + "".join(f"{name:>18}" for name in columns))
    for slug in slugs:
        cells = []
        for found in columns.values():
            mean, spread = statistics.mean(found[slug]), statistics.pstdev(found[slug])
            cells.append(f"{f'{mean:.3g} ± {spread:.1g}':>18}")
        print(f"{slug:16}" + "".join(cells))


if __name__ == "__main__":
    main()

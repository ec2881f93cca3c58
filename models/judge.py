"""A small classifier that the studio trains itself: the eyes of the metrics of images.

Its last hidden layer takes the place that Inception has in the Frechet inception distance (Heusel
et al. 2017, arXiv:1706.08500). Figures in its features compare models of the same data, judged by
the same network, and nothing else: they are never called FID.
"""

from collections.abc import Generator
from dataclasses import replace
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional

from models.kinds.images import ImageSet
from models.nets.conv import conv, pyramid
from models.nets.mlp import linear
from models.tensors import in_parts, make_generator
from models.training.optim import OptimizerConfig, ScheduledOptimizer

__all__ = ["FEATURES", "VERSION", "JudgeNet", "accuracy", "judged", "new_judge", "train_judge"]

VERSION = 1
"""Counts what changes the trained weights: figures of different versions cannot be compared."""

FEATURES = 32
_WIDTH, _WIDEST, _LARGE = 16, 64, 16
_STEPS, _BATCH = 500, 128
_OPTIMIZER = OptimizerConfig(kind="adamw", lr=3e-3, weight_decay=0.05, schedule="cosine")
# Streams of the seed: weights, and the order of the images.
_WEIGHTS, _ORDER = 5000, 5001
_GAIN = 1.68


class JudgeNet(nn.Module):
    """A `models.base.Judge`: strided convolutions, 32 features, one score a class."""

    def __init__(
        self, shape: tuple[int, int, int], classes: int, *, generator: torch.Generator
    ) -> None:
        super().__init__()
        g = generator
        side, size, stride = (shape[1], shape[2]), 3, 1
        if max(side) > _LARGE:
            # Most of the cost is at the full size.
            side, size, stride = ((side[0] + 1) // 2, (side[1] + 1) // 2), 5, 2
        sizes = pyramid(side)
        widths = [min(_WIDTH << level, _WIDEST) for level in range(len(sizes))]
        first = conv(shape[0], widths[0], size, stride=stride, generator=g)
        layers: list[nn.Module] = [first, nn.SiLU()]
        for before, width in pairwise(widths):
            layers += [conv(before, width, stride=2, gain=_GAIN, generator=g), nn.SiLU()]
        h, w = sizes[-1]
        layers += [
            nn.Flatten(),
            linear(widths[-1] * h * w, FEATURES, gain=_GAIN, generator=g),
            nn.SiLU(),
        ]
        self.trunk = nn.Sequential(*layers)
        self.head = linear(FEATURES, classes, gain=_GAIN, generator=g)

    def forward(self, x: Tensor) -> Tensor:
        """Return the scores of the classes, with their graph: x (B, C, H, W) in [0, 1]."""
        out: Tensor = self.head(self._see(x))
        return out

    def _see(self, x: Tensor) -> Tensor:
        # What is no colour is shown, and saved, as black or white.
        out: Tensor = self.trunk(2.0 * x.clamp(0.0, 1.0) - 1.0)
        return out

    @torch.no_grad()
    def features(self, x: Tensor) -> Tensor:
        """Return what the last hidden layer says, (n, 32)."""
        return in_parts(self._see, x)

    @torch.no_grad()
    def logits(self, x: Tensor) -> Tensor:
        """Return the scores of the classes, (n, classes)."""
        return in_parts(self.forward, x)


def new_judge(shape: tuple[int, ...], classes: int, seed: int = 0) -> JudgeNet:
    """Return an untrained judge for images (C, H, W), its weights from the seed."""
    channels, height, width = shape
    return JudgeNet((channels, height, width), classes, generator=make_generator(seed, _WEIGHTS))


def train_judge(images: ImageSet, seed: int = 0) -> Generator[None, None, JudgeNet]:
    """Train a judge on labelled images, on the CPU, yielding after each step; returns it, frozen.

    500 steps of cross-entropy on random batches: the same images and seed give the same judge.

    Raises:
        ValueError: there are no labels.
    """
    if images.labels is None:
        raise ValueError("a judge is trained on labelled images, and these have no labels")
    classes = len(images.names) or int(images.labels.max()) + 1
    net = new_judge(tuple(images.x.shape[1:]), classes, seed)
    optimizer = ScheduledOptimizer(_OPTIMIZER, net.parameters(), _STEPS)
    order = make_generator(seed, _ORDER)
    for _ in range(_STEPS):
        rows = torch.randint(len(images.x), (_BATCH,), generator=order)
        # Not around the yield: whoever works meanwhile may want no gradients.
        with torch.enable_grad():
            loss = functional.cross_entropy(net(images.x[rows]), images.labels[rows])
            optimizer.zero_grad()
            torch.autograd.backward(loss)
        optimizer.step()
        yield
    return net.requires_grad_(False).eval()


def judged(images: ImageSet, seed: int = 0) -> ImageSet:
    """Return labelled images with a judge trained on them."""
    training = train_judge(images, seed)
    while True:
        try:
            next(training)
        except StopIteration as end:
            return replace(images, judge=end.value)


def accuracy(judge: JudgeNet, images: ImageSet) -> float:
    """Return the share of labelled images whose class the judge names.

    Raises:
        ValueError: there are no labels.
    """
    if images.labels is None:
        raise ValueError("without labels there is no right answer")
    return float((judge.logits(images.x).argmax(dim=1) == images.labels).double().mean())

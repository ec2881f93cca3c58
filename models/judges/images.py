"""A small classifier that the studio trains itself: the eyes of the metrics of images.

Figures in its features are never called FID: there is no Inception in it.
"""

from collections.abc import Generator
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional

from pushforward.models.contracts.batch import Batch, Rows
from pushforward.models.contracts.data import RowSource
from pushforward.models.judges.base import Lesson, Network, Teaching
from pushforward.models.kinds.images import ImageSet
from pushforward.models.nets.conv import conv, pyramid
from pushforward.models.nets.mlp import linear
from pushforward.models.registry import judge
from pushforward.models.tensors import in_parts, make_generator
from pushforward.models.training.optim import OptimizerConfig, ScheduledOptimizer

__all__ = ["FEATURES", "ImageClassifier", "ImageJudge"]

FEATURES = 32
_WIDTH, _WIDEST, _LARGE = 16, 64, 16
_STEPS, _BATCH = 500, 128
_OPTIMIZER = OptimizerConfig(kind="adamw", lr=3e-3, weight_decay=0.05, schedule="cosine")
# Streams of the seed: weights, and the order of the images.
_WEIGHTS, _ORDER = 5000, 5001
_GAIN = 1.68


class ImageJudge(Network):
    """Strided convolutions, 32 features, one score a class."""

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
    def features(self, x: Rows) -> Tensor:
        """Return what the last hidden layer says, (n, 32)."""
        return in_parts(self._see, Batch.of(x).x)

    @torch.no_grad()
    def logits(self, x: Rows) -> Tensor:
        """Return the scores of the classes, (n, classes)."""
        return in_parts(self.forward, Batch.of(x).x)


@judge(
    "image-classifier",
    title="Small classifier",
    summary="A small convolutional network trained to classify the images.",
    source="own; in place of Inception in Heusel et al. 2017, arXiv:1706.08500",
    kinds=("images",),
    version=1,
)
class ImageClassifier(Teaching):
    """500 steps of cross-entropy on random batches."""

    def lesson(self, data: RowSource) -> Lesson | None:
        assert isinstance(data, ImageSet)
        if data.labels is None:
            return None
        return Lesson(data.rows(slice(None)), data.labels, data.names)

    def new(self, lesson: Lesson, seed: int = 0) -> ImageJudge:
        channels, height, width = lesson.rows.x.shape[1:]
        generator = make_generator(seed, _WEIGHTS)
        return ImageJudge((channels, height, width), lesson.classes, generator=generator)

    def train(self, lesson: Lesson, seed: int = 0) -> Generator[None, None, ImageJudge]:
        x, labels = lesson.rows.x, lesson.labels
        net = self.new(lesson, seed)
        optimizer = ScheduledOptimizer(_OPTIMIZER, net.parameters(), _STEPS)
        order = make_generator(seed, _ORDER)
        for _ in range(_STEPS):
            rows = torch.randint(len(x), (_BATCH,), generator=order)
            # Not around the yield: whoever works meanwhile may want no gradients.
            with torch.enable_grad():
                loss = functional.cross_entropy(net(x[rows]), labels[rows])
                optimizer.zero_grad()
                torch.autograd.backward(loss)
            optimizer.step()
            yield
        return net.requires_grad_(False).eval()

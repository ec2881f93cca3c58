"""Propose the pixels of a scene whose labels would help most."""

from typing import Annotated, Literal

import torch
from torch import Tensor

from pushforward.models.config import Config, param
from pushforward.models.crf.filters import blur_probabilities
from pushforward.models.kinds.cubes import CubeSet
from pushforward.models.kinds.scenes import UNKNOWN
from pushforward.models.operators.base import Operation, Outcome, SeedSetting, Work
from pushforward.models.operators.scene_maps import classify_pixels, places, scene_of
from pushforward.models.registry import operator
from pushforward.models.tensors import make_generator

__all__ = ["LabelNext", "LabelNextConfig", "choose_pixels"]

_ROWS = 5


class LabelNextConfig(Config, frozen=True):
    """How many pixels are proposed, and by what."""

    n: Annotated[
        int, param("Pixels", "Number of pixels to propose.", low=1, high=10_000, log=True)
    ] = 10
    policy: Annotated[
        Literal["margin", "entropy", "farthest", "random"],
        param(
            "Choose by",
            "Smallest margin between the two most probable classes, highest entropy, or without "
            "the model: farthest from all labels, or at random. On Indian Pines the margin "
            "helps and the entropy does not.",
            choices={
                "margin": "Smallest margin",
                "entropy": "Highest entropy",
                "farthest": "Farthest from labels",
                "random": "At random",
            },
        ),
    ] = "margin"
    sigma: Annotated[
        float,
        param(
            "Smoothing",
            "Gaussian blur of the probabilities first, so that single odd pixels are not chosen.",
            low=0.0,
            high=20.0,
            unit="pixels",
            zero="none",
        ),
    ] = 1.0
    apart: Annotated[
        int,
        param(
            "Distance",
            "Minimum distance between proposed pixels, in rows or columns.",
            low=1,
            high=100,
            unit="pixels",
            advanced=True,
        ),
    ] = 3
    labelled: Annotated[
        bool,
        param(
            "Only known pixels",
            "Propose pixels of the ground truth alone, as in a test of the method. Off: any pixel.",
            advanced=True,
        ),
    ] = False
    seed: SeedSetting = 0


def choose_pixels(
    probabilities: Tensor, data: CubeSet, pool: Tensor, config: LabelNextConfig
) -> Tensor:
    """Return the numbers (n,) of the pixels to label, the most useful first.

    Args:
        probabilities: (H, W, classes).
        data: with the pixels that are learned from.
        pool: (m,) numbers of the pixels to choose from.
        config: policy, number and distance.
    """
    height, width = data.scene.size
    pool = pool[~torch.isin(pool, data.pixels)]
    if config.policy == "farthest":
        return _farthest(pool, data.pixels, config.n, width)
    if config.policy == "random":
        usefulness = torch.rand(len(pool), generator=make_generator(config.seed))
    else:
        usefulness = _usefulness(probabilities, config).flatten()[pool]
    taken = torch.zeros((height, width), dtype=torch.bool)
    chosen: list[int] = []
    reach = config.apart - 1
    for pixel in pool[usefulness.argsort(descending=True, stable=True)].tolist():
        row, column = divmod(pixel, width)
        if taken[row, column]:
            continue
        chosen.append(pixel)
        if len(chosen) == config.n:
            break
        rows = slice(max(0, row - reach), row + reach + 1)
        taken[rows, max(0, column - reach) : column + reach + 1] = True
    return torch.tensor(chosen, dtype=torch.int64)


def _usefulness(probabilities: Tensor, config: LabelNextConfig) -> Tensor:
    """Return how much a label is worth (H, W): minus the margin, or the entropy."""
    p = probabilities
    if config.sigma:
        p = torch.from_numpy(blur_probabilities(p.numpy(), config.sigma))
    if config.policy == "entropy":
        return -torch.xlogy(p, p).sum(dim=-1)
    best = p.topk(2, dim=-1).values
    return best[..., 1] - best[..., 0]


def _farthest(pool: Tensor, labelled: Tensor, n: int, width: int) -> Tensor:
    """Return pixels one by one, each farthest in position from all labels and those before it."""
    where = places(pool, width).double()
    distance = torch.full((len(pool),), float("inf"), dtype=torch.float64)
    for start in range(0, len(labelled), 256):
        there = places(labelled[start : start + 256], width).double()
        distance = torch.minimum(distance, torch.cdist(where, there).amin(dim=1))
    chosen = []
    for _ in range(min(n, len(pool))):
        best = int(distance.argmax())
        chosen.append(best)
        distance = torch.minimum(distance, (where - where[best]).norm(dim=1))
    return pool[chosen]


@operator(
    "label-next",
    title="Pixels to label next",
    summary="Proposes the unlabelled pixels whose labels would help the classifier most.",
    source="Tuia et al. 2011, doi:10.1109/JSTSP.2011.2139193 (margin, 'breaking ties'); a survey",
    kinds=("cubes",),
    needs=("classify",),
    reads_data=True,
    config=LabelNextConfig,
)
class LabelNext:
    """Classifies the scene and looks where the two best classes are close."""

    def __init__(self, config: LabelNextConfig) -> None:
        self.config = config

    def work(self, operation: Operation) -> Work:
        """Propose; see `models.operators.base.Operator`. The arrays are "pixels" (n, 2), row and
        column, the most useful first, and "margin" (H, W) of the probabilities.
        """
        data = scene_of(operation)
        height, width = data.scene.size
        scores = yield from classify_pixels(operation, data, _ROWS)
        probabilities = scores.exp().reshape(height, width, -1)
        truth = data.scene.truth.flatten()
        pool = (
            (truth != UNKNOWN).nonzero()[:, 0]
            if self.config.labelled
            else torch.arange(height * width)
        )
        chosen = choose_pixels(probabilities, data, pool, self.config)
        best = probabilities.topk(2, dim=-1).values
        return Outcome(
            arrays={"pixels": places(chosen, width), "margin": best[..., 0] - best[..., 1]},
            note=f"{len(chosen):,} pixels to label, the most useful first.",
        )

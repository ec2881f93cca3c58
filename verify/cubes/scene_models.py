"""Models of Indian Pines that claims compare: on the same splits, from the same labels.

300 labels are learned from and 200 further ones choose settings (smoothing, CRF weights); all other
labelled pixels of the split test. Splits have one window of 9 x 9 pixels whatever a model sees, so
that test pixels are the same for all. Everything is computed once in a process.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from statistics import fmean
from typing import Any

import torch
from torch import Tensor

from pushforward.models.config import decode
from pushforward.models.contracts.data import Splits, UsesContext
from pushforward.models.contracts.learner import Learner, finish
from pushforward.models.kinds.cubes import CubeSet, mirrored
from pushforward.models.operators.base import Operation
from pushforward.models.operators.refine_scene import (
    RefineSceneConfig,
    SceneKernels,
    choose,
    refine,
)
from pushforward.models.operators.scene_maps import classify_pixels, score_pixels
from pushforward.models.registry import registry
from pushforward.models.tensors import make_generator
from pushforward.observables.student_t import half_interval

__all__ = [
    "LABELS",
    "SEEDS",
    "SPLITS",
    "STEPS",
    "Difference",
    "accuracies",
    "classified",
    "fit",
    "paired",
    "probabilities",
    "refined",
    "scene",
    "spread",
]

SEEDS = [0, 1, 2, 3, 4]
SPLITS = ("random", "block", "field")
LABELS, VALIDATION, LEAST, WINDOW = 300, 200, 2, 9
STEPS, BATCH = 300, 32
BLURS = (0.0, 1.0, 2.0, 3.0, 4.0)
_NET = {"components": 20, "blur": 2.0}
"""The input of networks, chosen on the validation labels of another split."""
_ADAM = {"kind": "adam", "lr": 3e-3, "schedule": "cosine"}
_PATCH = {"net": {"slug": "patch-discriminator"}}

_SUPERVISED = {"noise": 0.1, "optimizer": _ADAM}

NETWORKS: dict[str, tuple[str, dict[str, Any]]] = {
    "network": ("classifier", _SUPERVISED),
    "SSRN": ("classifier", _SUPERVISED | {"net": {"slug": "spectral-spatial"}}),
    "transformer": ("classifier", _SUPERVISED | {"net": {"slug": "spectral-transformer"}}),
    "GAN": ("semi-gan", {}),
    "shuffled channels": ("semi-gan", {"fakes": "shuffled"}),
    "mean teacher": ("mean-teacher", {}),
}
"""Models of windows with the same optimiser, noise and number of steps, and with the same
discriminator where they name no network.
"""
PIXELS = {
    "position": "nearest-label",
    "LR": "logistic-regression",
    "SVM": "svm",
    "LDA": "shrunk-lda",
}
"""Models of single pixels; "smoothed ..." is the same on a blurred scene, chosen by validation."""


@cache
def scene(split: str, seed: int, blur: float, components: int, labels: int = LABELS) -> Splits:
    """Return Indian Pines with a split."""
    entry = registry.get("dataset", "indian-pines")
    settings = {
        "split": split,
        "seed": seed,
        "labels": labels,
        "validation": VALIDATION,
        "least": LEAST,
        "window": WINDOW,
        "blur": blur,
        "components": components,
    }
    made: Splits = entry.make(decode(entry.config, settings))
    return made


def fit(slug: str, config: dict[str, Any], train: CubeSet, seed: int, steps: int) -> Learner[Any]:
    """Return a family trained on some labelled pixels: for a number of steps with randomly flipped
    windows, or in one pass.
    """
    entry, spec = registry.get("family", slug), train.spec()
    device = torch.device("cpu")
    settings = decode(entry.config, config)
    learner: Learner[Any] = entry.make(settings, spec, horizon=steps, seed=seed, device=device)
    if isinstance(learner, UsesContext):
        learner.use_context(train.context())
    rows = spec.standardised(train.rows(slice(None)))
    if entry.passes:
        learner.step(rows)
        return learner
    generator = make_generator(seed, 1)
    order = torch.cat(
        [torch.randperm(len(rows), generator=generator) for _ in range(_epochs(rows, steps))]
    )
    for step in range(steps):
        index = order[step * BATCH : (step + 1) * BATCH]
        learner.step(mirrored(rows.take(index), spec, generator))
    return learner


def _epochs(rows: Any, steps: int) -> int:
    return -(-steps * BATCH // len(rows))


@cache
def probabilities(model: str, split: str, seed: int, steps: int = STEPS) -> tuple[Tensor, CubeSet]:
    """Return p(class | pixel) of all pixels, (H W, classes), and the training pixels."""
    if model in NETWORKS:
        slug, config = NETWORKS[model]
        data = _train(scene(split, seed, _NET["blur"], int(_NET["components"])))
        return classified(fit(slug, _PATCH | config, data, seed, steps), data), data
    smooth, slug = model.startswith("smoothed "), PIXELS[model.removeprefix("smoothed ")]
    data = _train(scene(split, seed, _blur(split, seed) if smooth else 0.0, 0))
    return classified(fit(slug, {}, data, seed, 1), data), data


@cache
def _blur(split: str, seed: int) -> float:
    """Return the smoothing with which LDA is best on the validation labels."""

    def share(blur: float) -> float:
        data = _train(scene(split, seed, blur, 0))
        p = classified(fit(PIXELS["LDA"], {}, data, seed, 1), data)
        return _share(p, data, "validation")

    return max(BLURS, key=share)


def _train(made: Splits) -> CubeSet:
    assert isinstance(made.train, CubeSet)
    return made.train


def classified(learner: Learner[Any], data: CubeSet) -> Tensor:
    """Return p(class | pixel) of all pixels, (H W, classes)."""
    return finish(classify_pixels(Operation(learner), data, 20)).exp()


def _share(p: Tensor, data: CubeSet, role: str) -> float:
    pixels: Tensor = getattr(data.split, role)
    return float((p[pixels].argmax(dim=1) == data.scene.truth.flatten()[pixels]).double().mean())


_KERNELS: dict[str, SceneKernels] = {}


@cache
def refined(model: str, split: str, seed: int, method: str = "crf") -> Tensor:
    """Return the refined probabilities (H W, classes), settings chosen by validation labels."""
    p, data = probabilities(model, split, seed)
    config = RefineSceneConfig(method=method)  # type: ignore[arg-type]
    # All splits are of one scene, and the kernels are those of its spectra.
    kernels = _KERNELS.setdefault("", SceneKernels(data.scene, config))
    chosen = finish(choose(p.numpy(), data, kernels, config))
    return torch.from_numpy(finish(refine(p.numpy(), kernels, chosen)).marginals)


def accuracies(p: Tensor, data: CubeSet) -> tuple[float, float, float, float]:
    """Return OA, AA and kappa in per cent, and ECE, on the test pixels."""
    assert data.split is not None
    _, (oa, aa, kappa, ece) = score_pixels(p, data.scene.truth, data.split.test)
    return 100 * oa, 100 * aa, 100 * kappa, ece


@dataclass(frozen=True)
class Difference:
    """A paired difference: its mean, and half its 95 % confidence interval."""

    mean: float
    half: float

    @property
    def above_zero(self) -> bool:
        """Whether the whole interval is above 0."""
        return self.mean - self.half > 0.0

    def __str__(self) -> str:
        return f"{self.mean:+.1f} ± {self.half:.1f}"


def paired(first: Sequence[float], second: Sequence[float]) -> Difference:
    """Return the paired difference of as many values, by Student's t."""
    gaps = [one - other for one, other in zip(first, second, strict=True)]
    return Difference(fmean(gaps), half_interval(gaps))


def spread(values: Sequence[float]) -> str:
    """Return mean and standard deviation as text."""
    x = torch.tensor(values, dtype=torch.float64)
    return f"{float(x.mean()):.1f} ± {float(x.std()) if len(x) > 1 else 0.0:.1f}"

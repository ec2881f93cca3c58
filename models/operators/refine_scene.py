"""Refine the map of any classifier by its neighbours: dense CRF, majority filter, blur."""

from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from typing import Annotated, Any, Literal, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from pushforward.models.config import Config, encode, param
from pushforward.models.crf.cells import CellKernel
from pushforward.models.crf.filters import blur_probabilities, majority_filter
from pushforward.models.crf.kernels import (
    DenseKernel,
    Kernel,
    SmoothnessKernel,
    WindowKernel,
    bilateral_features,
)
from pushforward.models.crf.mean_field import Pairwise, mean_field
from pushforward.models.kinds.cubes import CubeSet
from pushforward.models.kinds.scenes import Scene, principal
from pushforward.models.operators.base import Operation, Outcome, Progress, Work
from pushforward.models.operators.scene_maps import (
    classify_pixels,
    describe_classes,
    pixels_to_test,
    places,
    scene_of,
    score_pixels,
)
from pushforward.models.registry import operator

__all__ = ["RefineScene", "RefineSceneConfig", "Refinement", "SceneKernels", "choose", "refine"]

Array = NDArray[np.float32]
S = TypeVar("S")
R = TypeVar("R")
T = TypeVar("T")
_CRF, _MAJORITY, _BLUR = "crf", "majority", "blur"
_ROWS = 5
_LARGE = 200_000  # pixels from which kernels are computed in cells
WEIGHTS = ((3.0, 0.0), (12.0, 0.0), (3.0, 3.3), (12.0, 3.3), (3.0, 10.0))
SIDES, SIGMAS = (3, 5, 7, 9, 11), (1.0, 2.0, 3.0, 4.0)
"""What is tried on validation labels."""


class RefineSceneConfig(Config, frozen=True):
    """The method and its settings."""

    method: Annotated[
        Literal["crf", "majority", "blur"],
        param(
            "Method",
            "A dense CRF joins near pixels of similar spectra. The filters look at neighbours "
            "alone: compare with them before you credit the CRF.",
            choices={
                "crf": "Dense CRF",
                "majority": "Majority filter",
                "blur": "Blur of the probabilities",
            },
        ),
    ] = "crf"
    choose: Annotated[
        bool,
        param(
            "Choose by validation",
            "Choose weights, side or σ by the accuracy on the validation labels, where the data "
            "have some; test labels are never used. Off: use the values below.",
        ),
    ] = True
    smooth_weight: Annotated[
        float,
        param(
            "Smoothness weight",
            "Weight of the kernel of near pixels, for any spectra.",
            low=0.0,
            high=1000.0,
            zero="none",
            depends=("method", ("crf",)),
        ),
    ] = 3.0
    smooth_scale: Annotated[
        float,
        param(
            "Smoothness scale",
            "Standard deviation of that kernel.",
            above=0.0,
            high=100.0,
            unit="pixels",
            advanced=True,
            depends=("method", ("crf",)),
        ),
    ] = 3.0
    bilateral_weight: Annotated[
        float,
        param(
            "Bilateral weight",
            "Weight of the kernel that joins near pixels of similar spectra.",
            low=0.0,
            high=1000.0,
            zero="none",
            depends=("method", ("crf",)),
        ),
    ] = 10.0
    bilateral_scale: Annotated[
        float,
        param(
            "Bilateral scale",
            "Standard deviation of that kernel in space.",
            above=0.0,
            high=100.0,
            unit="pixels",
            advanced=True,
            depends=("method", ("crf",)),
        ),
    ] = 10.0
    spectral_scale: Annotated[
        float,
        param(
            "Spectral scale",
            "Standard deviation of that kernel in the whitened principal components of the "
            "spectra, which have unit variance. Smaller keeps finer borders.",
            above=0.0,
            high=100.0,
            advanced=True,
            depends=("method", ("crf",)),
        ),
    ] = 0.6
    components: Annotated[
        int,
        param(
            "Components",
            "Number of principal components that the bilateral kernel compares.",
            low=1,
            high=10,
            advanced=True,
            depends=("method", ("crf",)),
        ),
    ] = 3
    iterations: Annotated[
        int,
        param(
            "Iterations",
            "Number of mean-field updates.",
            low=1,
            high=100,
            depends=("method", ("crf",)),
        ),
    ] = 5
    damping: Annotated[
        float,
        param(
            "Damping",
            "Share of the old distribution that stays in each update. 0.5 prevents oscillation "
            "with strong weights and small scales.",
            low=0.0,
            below=1.0,
            advanced=True,
            depends=("method", ("crf",)),
        ),
    ] = 0.0
    form: Annotated[
        Literal["auto", "window", "cells", "exact"],
        param(
            "Form",
            "How kernels are computed. In a window around each pixel; in cells, which suits large "
            "scenes and changes about 2 % of the labels; or exactly, which takes memory and time "
            "with the square of the number of pixels.",
            choices={
                "auto": "Window, cells from 200,000 pixels on",
                "window": "Window",
                "cells": "Cells (fast)",
                "exact": "Exact",
            },
            advanced=True,
            depends=("method", ("crf",)),
        ),
    ] = "auto"
    side: Annotated[
        int,
        param(
            "Side",
            "Side of the square in which the most frequent class wins, odd.",
            low=1,
            high=101,
            unit="pixels",
            depends=("method", ("majority",)),
        ),
    ] = 5
    sigma: Annotated[
        float,
        param(
            "σ",
            "Standard deviation of the Gaussian blur.",
            above=0.0,
            high=100.0,
            unit="pixels",
            depends=("method", ("blur",)),
        ),
    ] = 2.0
    probabilities: Annotated[
        bool,
        param("All marginals", "Also return the refined distribution of each pixel."),
    ] = False


class SceneKernels:
    """The kernels of a scene, each built once.

    Args:
        scene: whose pixels, with the spectra that the bilateral kernel compares.
        config: scales and form.

    Attributes:
        form: "window", "cells" or "exact".
    """

    def __init__(self, scene: Scene, config: RefineSceneConfig) -> None:
        self._scene, self._config = scene, config
        self._known: dict[str, Kernel] = {}
        large = scene.truth.numel() >= _LARGE
        self.form = ("cells" if large else "window") if config.form == "auto" else config.form

    @property
    def size(self) -> tuple[int, int]:
        """Rows and columns of the scene."""
        return self._scene.size

    def terms(self, smooth: float, bilateral: float) -> Iterator[Pairwise]:
        """Yield the terms with weights above 0; a kernel is built when it is first requested."""
        for name, weight in (("smooth", smooth), ("bilateral", bilateral)):
            if weight:
                yield Pairwise(self._kernel(name), weight)

    def _kernel(self, name: str) -> Kernel:
        if name not in self._known:
            self._known[name] = self._built(name)
        return self._known[name]

    def _built(self, name: str) -> Kernel:
        config = self._config
        if name == "smooth":
            make = CellKernel if self.form == "cells" else SmoothnessKernel
            return make(self._scene.size, config.smooth_scale)
        white = principal(self._scene.cube, config.components)
        white = white / white.flatten(1).std(dim=1).clamp_min(1e-12)[:, None, None]
        values = (white.movedim(0, 2) / config.spectral_scale).numpy()
        if self.form == "exact":
            return DenseKernel(bilateral_features(values, config.bilateral_scale))
        if self.form == "cells":
            return CellKernel(self._scene.size, config.bilateral_scale, values)
        return WindowKernel(values, config.bilateral_scale)


@dataclass(frozen=True)
class Refinement:
    """A refined map: its marginals (H W, classes), and free energies of a CRF."""

    marginals: Array
    energies: tuple[float, ...] = ()


def refine(
    probabilities: Array, kernels: SceneKernels, config: RefineSceneConfig
) -> Generator[int, None, Refinement]:
    """Return the refined probabilities (H W, classes) of a classifier; yields the number of
    iterations done.
    """
    if config.method == _CRF:
        terms = []
        for term in kernels.terms(config.smooth_weight, config.bilateral_weight):
            terms.append(term)
            yield 0
        work = mean_field(
            probabilities, terms, iterations=config.iterations, damping=config.damping
        )
        found = yield from work
        return Refinement(found.marginals, found.energies)
    height, width = kernels.size
    grid = probabilities.reshape(height, width, -1)
    if config.method == _MAJORITY:
        return Refinement(majority_filter(grid, config.side).reshape(probabilities.shape))
    return Refinement(blur_probabilities(grid, config.sigma).reshape(probabilities.shape))


def candidates(config: RefineSceneConfig) -> Iterator[dict[str, Any]]:
    """Yield the settings that validation labels choose among, the mildest first."""
    match config.method:
        case "crf":
            for smooth, bilateral in WEIGHTS:
                yield {"smooth_weight": smooth, "bilateral_weight": bilateral}
        case "majority":
            yield from ({"side": side} for side in SIDES)
        case "blur":
            yield from ({"sigma": sigma} for sigma in SIGMAS)


def choose(
    probabilities: Array, data: CubeSet, kernels: SceneKernels, config: RefineSceneConfig
) -> Generator[int, None, RefineSceneConfig]:
    """Return the settings with the highest accuracy on the validation labels of the split; yields
    the number of iterations done. Without such labels the settings stay as they are.
    """
    if not _validates(data):
        return config
    assert data.split is not None
    pixels = data.split.validation.numpy()
    truth = data.scene.truth.flatten().numpy()[pixels]
    best, chosen = -1.0, config
    for done, changes in enumerate(candidates(config)):
        tried = with_changes(config, changes)
        before, work = done * config.iterations, refine(probabilities, kernels, tried)
        found = yield from _map_values(work, before.__add__)
        share = float((found.marginals[pixels].argmax(axis=1) == truth).mean())
        if share > best:
            best, chosen = share, tried
    return chosen


def _validates(data: CubeSet) -> bool:
    """Return whether there are labels that choose settings."""
    return data.split is not None and len(data.split.validation) > 0


def with_changes(config: RefineSceneConfig, changes: dict[str, Any]) -> RefineSceneConfig:
    """Return settings with some others."""
    return RefineSceneConfig(**{**encode(config), **changes})


@operator(
    "refine-scene",
    title="Refine the map",
    summary="Refines the map of a classifier by a dense CRF, or by a filter to compare it with. "
    "The run is unchanged; the map before is returned, too.",
    source="Krähenbühl and Koltun 2011, arXiv:1210.5644, algorithm 1; Zhong et al. 2020, "
    "doi:10.1109/TCYB.2019.2915094 (on hyperspectral scenes)",
    kinds=("cubes",),
    needs=("classify",),
    reads_data=True,
    config=RefineSceneConfig,
)
class RefineScene:
    """Classifies the scene, chooses settings by validation labels, and refines."""

    def __init__(self, config: RefineSceneConfig) -> None:
        self.config = config

    def work(self, operation: Operation) -> Work:
        """Refine; see `models.operators.base.Operator`. The arrays are "map" and "before" (H, W)
        int16, classes from 1 on, "confidence" (H, W) of the refined marginals, "changed" (H, W)
        uint8, "unseen" (n, 2) the test pixels, "scores" (2, 4): OA, AA, kappa and ECE before and
        after, "confusion" and "confusion_before" (classes, classes), and of a CRF "energy"
        (iterations + 1,) in nats.
        """
        data = scene_of(operation)
        kernels, config = SceneKernels(data.scene, self.config), self.config
        tries = len(list(candidates(config))) if config.choose and _validates(data) else 0
        total = (tries + 1) * config.iterations
        scores = yield from _map_values(
            classify_pixels(operation, data, _ROWS), lambda _: Progress(0, total)
        )
        probabilities = scores.exp().numpy()
        if config.choose:
            work = choose(probabilities, data, kernels, config)
            config = yield from _map_values(work, lambda done: Progress(done, total))
        before, last = tries * config.iterations, refine(probabilities, kernels, config)
        done = yield from _map_values(last, lambda done: Progress(before + done, total))
        yield Progress(total, total)
        held = operation.held() if operation.held is not None else None
        unseen = pixels_to_test(data, held)
        after = torch.from_numpy(done.marginals)
        arrays = _arrays(data, torch.from_numpy(probabilities), after, unseen)
        if done.energies:
            arrays["energy"] = torch.tensor(done.energies, dtype=torch.float64)
        if config.probabilities:
            arrays["probabilities"] = after.T.reshape(-1, *data.scene.size).contiguous()
        settled = encode(config) if config != self.config else {}
        return Outcome(arrays=arrays, note=_describe(arrays, data, config), settled=settled)


def _map_values(work: Generator[S, None, T], change: Callable[[S], R]) -> Generator[R, None, T]:
    """Return what a generator returns; yields what a function makes of the values it yields."""
    while True:
        try:
            value = next(work)
        except StopIteration as end:
            found: T = end.value
            return found
        yield change(value)


def _arrays(data: CubeSet, before: Tensor, after: Tensor, unseen: Tensor) -> dict[str, Tensor]:
    height, width = data.scene.size
    old, best = before.argmax(dim=1), after.max(dim=1)
    flat = {
        "map": (best.indices + 1).to(torch.int16),
        "before": (old + 1).to(torch.int16),
        "confidence": best.values,
        "changed": (old != best.indices).to(torch.uint8),
    }
    truth = data.scene.truth
    counts_before, scores_before = score_pixels(before, truth, unseen)
    counts, scores = score_pixels(after, truth, unseen)
    return {
        **{name: x.reshape(height, width) for name, x in flat.items()},
        "unseen": places(unseen, width),
        "scores": torch.tensor([scores_before, scores]),
        "confusion": counts.long(),
        "confusion_before": counts_before.long(),
    }


def _describe(arrays: dict[str, Tensor], data: CubeSet, config: RefineSceneConfig) -> str:
    """Return a sentence with the accuracies before and after, and the settings."""
    used = {
        "crf": f"weights {config.smooth_weight:g} (smoothness) and "
        f"{config.bilateral_weight:g} (bilateral)",
        "majority": f"side {config.side}",
        "blur": f"σ {config.sigma:g}",
    }[config.method]
    (before, after), n = arrays["scores"][:, 0].tolist(), len(arrays["unseen"])
    measured = (
        f"Overall accuracy {100 * before:.1f} % before and {100 * after:.1f} % after, on {n:,} "
        "labelled pixels that were not learned from."
        if n
        else "No labelled pixel is left that was not learned from."
    )
    changed = 100 * float(arrays["changed"].double().mean())
    return (
        f"{measured} {changed:.1f} % of all pixels changed; {used}. "
        f"{describe_classes(data.scene.names)}"
    )

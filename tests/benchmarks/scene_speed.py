"""How fast a scene is classified and refined: prints a table with the targets.

    python -m tests.benchmarks.scene_speed [--sides 250,500,1000] [--skip-exact]

*Classify*: the patch discriminator over Indian Pines at once, against window by window. *Exact*:
the dense CRF on Indian Pines without an approximation. *Cells*: the form for large scenes, on
scenes of random fields with 16 classes, and on Indian Pines with the share of labels that differ
from the exact form. Times are wall seconds and CPU seconds; other programs raise the former.
``tests.benchmarks.scene_map`` measures painting of the map and a stroke of the brush.
"""

import argparse
import os
import resource
import time
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from tests.benchmarks.smallest import parse

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import torch
from numpy.typing import NDArray

from pushforward.models.config import decode
from pushforward.models.contracts.learner import finish
from pushforward.models.crf.cells import CellKernel
from pushforward.models.crf.kernels import (
    DenseKernel,
    Kernel,
    SmoothnessKernel,
    WindowKernel,
    bilateral_features,
)
from pushforward.models.crf.mean_field import Pairwise, solve
from pushforward.models.kinds.cubes import CubeSet, cubes
from pushforward.models.kinds.scenes import principal
from pushforward.models.nets.pick import filled
from pushforward.models.operators.base import Operation
from pushforward.models.operators.scene_maps import classify_pixels
from pushforward.models.registry import registry
from pushforward.studio.engine.process.discovery import discover

Array = NDArray[np.float32]
T = TypeVar("T")
CLASSES, THETA, SMOOTH = 16, 10.0, 3.0
PER_WINDOW, RATIO = 512, 20.0


def timed(work: Callable[[], T]) -> tuple[T, float, float, float]:
    """Return what some work returns, its wall and CPU seconds, and by how many MB the largest
    memory of the process grew.
    """
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    wall, cpu = time.perf_counter(), time.process_time()
    found = work()
    spent = time.perf_counter() - wall, time.process_time() - cpu
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1e3
    return found, *spent, grown


def indian_pines(small: bool) -> CubeSet:
    """Return Indian Pines as a network learns it, or a scene of 32 x 32 pixels."""
    if small:
        return cubes(64, 0)
    entry = registry.get("dataset", "indian-pines")
    made = entry.make(decode(entry.config, {"components": 20, "blur": 2.0, "labels": 300}))
    train: CubeSet = made.train
    return train


def classify(data: CubeSet) -> None:
    """Print how much faster one pass over the scene is than window by window."""
    entry = registry.get("family", "classifier")
    config = filled(entry, {"net": {"slug": "patch-discriminator"}}, "cubes")
    spec = data.spec()
    model = entry.make(
        decode(entry.config, config), spec, horizon=10, seed=0, device=torch.device("cpu")
    )
    whole = timed(lambda: finish(classify_pixels(Operation(model), data, 20)))
    everywhere = data.everywhere()
    n = min(PER_WINDOW, len(everywhere))

    def one_by_one() -> None:
        for place in range(n):
            model.classify(spec.standardised(everywhere.rows(torch.tensor([place]))))

    single = timed(one_by_one)
    factor = len(everywhere) / n
    ratios = [factor * a / max(b, 1e-9) for a, b in zip(single[1:3], whole[1:3], strict=True)]
    print(
        f"classify {len(everywhere):,} pixels: {whole[1]:.3f} s, cpu {whole[2]:.3f} s; one window "
        f"at a time {factor * single[1]:.1f} s, cpu {factor * single[2]:.1f} s: "
        f"{ratios[0]:.0f} times, cpu {ratios[1]:.0f} times (target {RATIO:.0f})"
    )


def fields(side: int) -> tuple[Array, Array]:
    """Return probabilities (n, classes) and scaled values (side, side, 3) of random fields."""
    from scipy import ndimage

    rng = np.random.default_rng(0)
    coarse = [rng.normal(size=(side // 20 + 2,) * 2) for _ in range(3)]
    zoomed = [ndimage.zoom(x, 20, order=1)[:side, :side] for x in coarse]
    values = (np.stack(zoomed, axis=-1) / 0.6).astype(np.float32)
    truth = rng.integers(0, CLASSES, (side // 10 + 1,) * 2).repeat(10, 0).repeat(10, 1)
    p = np.full((side * side, CLASSES), 0.45 / (CLASSES - 1), np.float32)
    p[np.arange(side * side), truth[:side, :side].ravel()] = 0.55
    return p, values


def refined(p: Array, make: Callable[[], tuple[Kernel, Kernel]]) -> tuple[NDArray[Any], ...]:
    """Return labels after five iterations, wall and CPU seconds and megabytes."""

    def work() -> NDArray[Any]:
        smooth, bilateral = make()
        terms = [Pairwise(smooth, 3.0), Pairwise(bilateral, 10.0)]
        labels: NDArray[Any] = solve(p, terms).marginals.argmax(axis=1)
        return labels

    return timed(work)  # type: ignore[return-value]


def compare_forms(data: CubeSet, *, exact: bool) -> None:
    """Print each form on a scene, and how many labels differ from the exact one."""
    scene, size = data.scene, data.scene.size
    white = principal(scene.cube, 3)
    white = white / white.flatten(1).std(dim=1)[:, None, None] / 0.6
    values = np.ascontiguousarray(white.movedim(0, 2).numpy())
    model = registry.get("family", "shrunk-lda")
    lda = model.make(model.config(), data.spec(), horizon=1, seed=0, device=torch.device("cpu"))
    lda.step(data.spec().standardised(data.rows(slice(None))))
    p = finish(classify_pixels(Operation(lda), data, 20)).exp().numpy()
    forms: dict[str, Callable[[], tuple[Kernel, Kernel]]] = {
        "exact": lambda: (
            SmoothnessKernel(size, SMOOTH),
            DenseKernel(bilateral_features(values, THETA)),
        ),
        "window": lambda: (SmoothnessKernel(size, SMOOTH), WindowKernel(values, THETA)),
        "cells": lambda: (CellKernel(size, SMOOTH), CellKernel(size, THETA, values)),
    }
    if not exact:
        del forms["exact"]
    reference = None
    for name, make in forms.items():
        labels, wall, cpu, grown = refined(p, make)
        reference = labels if name == "exact" else reference
        apart = "" if reference is None else f", {100 * (labels != reference).mean():.2f} % differ"
        target = " (target 60 s, 4,000 MB)" if name == "exact" else ""
        print(
            f"{name} CRF, {size[0]} x {size[1]}: {wall:.2f} s, cpu {cpu:.2f} s, {grown:.0f} MB"
            f"{apart}{target}"
        )


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sides", default="250,500,1000", help="of scenes refined in cells")
    parser.add_argument("--skip-exact", action="store_true", help="leave out the exact form")
    chosen = parse(parser, argv, sides="40")
    discover()
    small = chosen.sides == "40"
    data = indian_pines(small)
    for side in map(int, str(chosen.sides).split(",")):
        p, values = fields(side)
        size = (side, side)
        _, wall, cpu, grown = refined(
            p, lambda s=size, v=values: (CellKernel(s, SMOOTH), CellKernel(s, THETA, v))
        )
        target = " (target 2 s, 500 MB)" if side == 1000 else ""
        print(f"cells CRF, {side} x {side}: {wall:.2f} s, cpu {cpu:.2f} s, {grown:.0f} MB{target}")
    classify(data)
    compare_forms(data, exact=not chosen.skip_exact)


if __name__ == "__main__":
    main()

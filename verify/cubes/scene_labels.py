"""H10: which pixels of Indian Pines to label next."""

import torch
from torch import Tensor

from pushforward.models.config import decode
from pushforward.models.kinds.cubes import CubeSet
from pushforward.models.operators.label_next import LabelNextConfig, choose_pixels
from pushforward.models.tensors import make_generator
from pushforward.verify.claim import Null, Outcome, experiment
from pushforward.verify.cubes.scene_models import SEEDS, classified, fit, paired, scene

__all__ = ["h10"]

START, ROUNDS, EACH, BLUR = 200, 5, 10, 3.0
_STREAM = 3


def _after(policy: str, seed: int) -> float:
    """Return the overall accuracy, in per cent, on the fixed half of the test pixels after rounds
    of labels chosen among the other half.
    """
    data = scene("random", seed, BLUR, 0, START).train
    assert isinstance(data, CubeSet)
    assert data.split is not None
    pixels = data.split.test
    order = torch.randperm(len(pixels), generator=make_generator(seed, _STREAM))
    test, pool = pixels[order[: len(order) // 2]], pixels[order[len(order) // 2 :]]
    height, width = data.scene.size
    for round_ in range(ROUNDS):
        p = classified(fit("shrunk-lda", {}, data, seed, 1), data)
        settings = {"n": EACH, "policy": policy, "seed": 1000 * seed + round_, "apart": 1}
        config = decode(LabelNextConfig, settings)
        chosen = choose_pixels(p.reshape(height, width, -1), data, pool, config)
        data = data.at(torch.cat([data.pixels, chosen]))
    p = classified(fit("shrunk-lda", {}, data, seed, 1), data)
    return 100.0 * float(_right(p, data, test).double().mean())


def _right(p: Tensor, data: CubeSet, pixels: Tensor) -> Tensor:
    return p[pixels].argmax(dim=1) == data.scene.truth.flatten()[pixels]


def _gain(policy: str) -> Outcome:
    chance = [_after("random", seed) for seed in SEEDS]
    gain = paired([_after(policy, seed) for seed in SEEDS], chance)
    return Outcome(
        figure=f"{gain} points over 50 labels at random",
        value={"gain": gain.mean, "half interval": gain.half},
        passed=gain.mean >= 1.5 and gain.above_zero,
        floor="50 further labels at random",
        seeds=SEEDS,
    )


@experiment(
    "H10",
    title="Labels where the margin is small",
    claim="Of 250 labels of Indian Pines, 50 chosen in five rounds where the two most probable "
    "classes are closest are worth more than 50 chosen at random.",
    pass_line="random split, LDA on the smoothed scene: at least 1.5 points above labels at "
    "random with a 95 % interval above 0",
    group="H",
    source="Tuia et al. 2011, doi:10.1109/JSTSP.2011.2139193",
    slow=True,
    nulls=[
        Null("farthest in position", lambda: _gain("farthest")),
        Null("highest entropy", lambda: _gain("entropy")),
    ],
)
def h10() -> Outcome:
    """Label in rounds on each split."""
    return _gain("margin")

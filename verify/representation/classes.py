"""RL7, RL8: the losses and views are exact; classes in the generator help."""

from functools import partial
from typing import Any

import torch

from pushforward.models.contracts.learner import Learner
from pushforward.models.representation.latent_views import (
    CUT_STD,
    LatentViews,
    neighbours,
    truncated,
)
from pushforward.models.representation.losses import nt_xent, sup_con
from pushforward.models.tensors import make_generator
from pushforward.verify.bench import Bench
from pushforward.verify.claim import Null, Outcome, experiment
from pushforward.verify.representation.encoders import (
    ENCODERS,
    Condition,
    Scores,
    difference,
    few,
    gan,
    misled,
    sweep,
)

__all__ = ["rl7", "rl8"]

GROUP = "Representations"
PLAIN, CLASSES = Condition(), Condition(objective="supcon")
TOLERANCE, SHARE = 1e-6, 0.02
GAIN = 8.0
ROWS = 20_000


def _exact(positive: int) -> Outcome:
    """Measure by how much losses and views miss what they are; the positive of view i is taken to
    be i + ``positive`` by the loop.
    """
    generator = make_generator(0)
    a, b = torch.randn((2, 64, 16), generator=generator, dtype=torch.float64)
    f = torch.nn.functional.normalize(torch.cat([a, b]), dim=1)
    loop = 0.0
    for i in range(128):
        logits = f @ f[i] / 0.5
        logits[i] = -torch.inf
        loop -= float(logits.log_softmax(0)[(i + positive) % 128]) / 128
    loss = float(nt_xent(a, b, 0.5))
    order = torch.randperm(64, generator=generator)
    apart = {
        "loop": abs(loss - loop),
        "SupCon with unique labels": abs(float(sup_con(a, b, torch.arange(64), 0.5)) - loss),
        "permuted": abs(float(nt_xent(a[order], b[order], 0.5)) - loss),
    }
    z = torch.randn((ROWS, 4), generator=generator)
    still = neighbours(LatentViews(kind="gaussian", sigma=0.0), z, generator)
    apart["sigma 0"] = float((still - z).abs().max())
    views = LatentViews(kind="gaussian", sigma=0.2, truncation=0.9)
    step = neighbours(views, truncated(views, z), generator) - truncated(views, z)
    off = abs(float(step.std()) / (CUT_STD * 0.9 * 0.2) - 1.0)
    worst = max(apart.values())
    return Outcome(
        figure=f"largest difference {worst:.1e}; deviation of latent views off by {off:.1%}",
        value={**apart, "deviation": off},
        passed=worst <= TOLERANCE and off <= SHARE,
        floor="0: they are equal by definition",
        seeds=[0],
    )


@experiment(
    "RL7",
    title="Losses and views are exact",
    claim="NT-Xent equals a loop written by hand, SupCon with unique labels equals NT-Xent, a "
    "permuted batch changes nothing, sigma 0 changes no latent, and the deviation of truncated "
    "views is 0.88 t sigma.",
    pass_line="equal within 1e-6, and the deviation within 2 %",
    group=GROUP,
    source="Chen et al. 2020, arXiv:2002.05709, eq. 1; Khosla et al. 2020, arXiv:2004.11362",
    nulls=[Null("the next view as the positive", partial(_exact, 1))],
)
def rl7() -> Outcome:
    """Measure the differences."""
    return _exact(64)


def _helps(seen: list[Scores], plain: list[Scores]) -> Outcome:
    gain = difference(seen, plain)
    return Outcome(
        figure=f"{gain} with 1 label a class",
        value={"gain": gain.mean, "low": gain.low},
        passed=gain.mean >= GAIN and gain.low > 0,
        floor="NT-Xent on an unconditional GAN of the same size",
        seeds=ENCODERS,
    )


def _misled(bench: Bench) -> Outcome:
    def make(seed: int) -> Learner[Any]:
        return misled(seed)

    return _helps(few(make, CLASSES), few(partial(gan, bench), PLAIN))


@experiment(
    "RL8",
    title="Classes in the generator help",
    claim="With a class-conditional GAN and SupCon, features classify better after one label a "
    "class than with NT-Xent on an unconditional GAN of the same size. Its classes come from the "
    "training labels: this is supervised.",
    pass_line="at least 8 points, and the 95 % interval over generators above 0",
    group=GROUP,
    source="Jahanian et al. 2022, arXiv:2106.05258, section 4.1",
    slow=True,
    nulls=[Null("a generator told shuffled classes", _misled)],
)
def rl8(bench: Bench) -> Outcome:
    """Compare both, encoder by encoder."""
    told = partial(gan, conditional=True)
    return _helps(sweep(partial(told, bench), CLASSES), sweep(partial(gan, bench), PLAIN))

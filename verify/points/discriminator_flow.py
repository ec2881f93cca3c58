"""G5 and G6: a GAN without a generator works, and its flow may stop early."""

from collections.abc import Callable

import torch
from torch import Tensor

from pushforward.models.families.discriminator_flow import (
    DiscriminatorFlow,
    DiscriminatorFlowConfig,
)
from pushforward.models.families.gan import Gan
from pushforward.models.kinds.points import in_data_units
from pushforward.verify.claim import Null, Outcome, experiment
from pushforward.verify.points.five_gaussians import (
    SEEDS,
    Score,
    Trained,
    judge,
    null_scores,
    prior,
    real_floor,
    simple_nulls,
    train,
)
from pushforward.verify.points.gan_five import BATCH as GAN_BATCH
from pushforward.verify.points.gan_five import PLAIN
from pushforward.verify.points.gan_five import STEPS as GAN_STEPS

__all__ = ["along_the_flow", "train_and_score"]

_STEPS, _BATCH, _JUDGED = 2000, 128, 5000
_MINUTE, _LEARNED, _SETTLED = 60.0, 0.15, 0.15
_SOURCE = "Franceschi et al. 2023, arXiv:2305.16150, 2-D experiments and algorithm 2"


def _trained(seed: int, steps: int, config: DiscriminatorFlowConfig | None = None) -> Trained:
    settings = config or DiscriminatorFlowConfig()
    return train(DiscriminatorFlow, settings, seed, steps=steps, batch=_BATCH)


def _score(trained: Trained, seed: int) -> Score:
    *_, last = trained.family.flow(prior(trained.family, seed, _JUDGED))
    return judge(trained.spec.restore(last.x), seed)


def train_and_score(
    seed: int, steps: int = _STEPS, config: DiscriminatorFlowConfig | None = None
) -> Score:
    """Train a Discriminator Flow (by default with its default settings) on the ring; score 5,000
    samples.
    """
    return _score(_trained(seed, steps, config), seed)


def _found(measure: Callable[[int], Score], seconds: float = 0.0, beside: str = "") -> Outcome:
    """Compare the values of three seeds, and their CPU seconds, with the line of G5."""
    scores = [measure(seed) for seed in SEEDS]
    sw1, lightest = max(s.sw1 for s in scores), min(s.lightest for s in scores)
    return Outcome(
        figure="; ".join(f"seed {s}: {score}" for s, score in zip(SEEDS, scores, strict=True))
        + beside,
        value={"sw1": sw1, "lightest mode": lightest, "seconds": seconds},
        passed=sw1 < _LEARNED and lightest >= 0.12 and seconds < _MINUTE,
        floor=real_floor(_JUDGED),
        seeds=SEEDS,
    )


_WRONG, _COPIES = simple_nulls(
    lambda title: _found(lambda seed: null_scores(title, _JUDGED)[SEEDS.index(seed)])
)


@experiment(
    "G5",
    title="GAN without a generator",
    claim=f"Particles that climb a critic with a clock find all five Gaussians, in {_STEPS} steps "
    f"of {_BATCH} particles and less than a minute of CPU; beside it the plain GAN of G8. Copies "
    "of training points are as near: what is shown is that the flow gets there, not that it "
    "generalises.",
    pass_line="each seed: sliced W1 below .15, every mode at least .12, under 60 s of CPU",
    group="G",
    source=_SOURCE,
    slow=True,
    nulls=[
        Null("one step of training", lambda: _found(lambda seed: train_and_score(seed, 1))),
        # Draws of a Gaussian are nearest to each mode alike: the shares alone would not do.
        *_WRONG,
    ],
    baselines=_COPIES,
)
def without_a_generator() -> Outcome:
    """Train three seeds of both."""
    trained = [_trained(seed, _STEPS) for seed in SEEDS]
    gans = [train(Gan, PLAIN, seed, steps=GAN_STEPS, batch=GAN_BATCH) for seed in SEEDS]
    beside = ", ".join(
        f"{_score(gan, seed)} in {gan.seconds:.0f} s" for seed, gan in zip(SEEDS, gans, strict=True)
    )
    seconds = max(flow.seconds for flow in trained)
    return _found(
        lambda seed: _score(trained[SEEDS.index(seed)], seed),
        seconds,
        f"; up to {seconds:.0f} s each (GAN: {beside})",
    )


# The papers' own setting, in the units of the ring: prior N(0, I), eta 10 over 28 steps.
_MARKS = [0, 2, 4, 7, 14, 21, 28]
_EARLY = 7
_IN_DATA_UNITS = in_data_units(2)
_ETA_TEN = DiscriminatorFlowConfig(speed=10.0, steps=28, penalty=0.0)
_MANY, _LONG = 20_000, 2500


def along_the_flow(seed: int, steps: int = _LONG) -> list[float]:
    """Train with eta = 10; return sliced W1 after each of `_MARKS` steps of the flow."""
    trained = train(
        DiscriminatorFlow, _ETA_TEN, seed, steps=steps, batch=_BATCH, spec=_IN_DATA_UNITS
    )
    frames: list[Tensor] = [f.x for f in trained.family.flow(prior(trained.family, seed, _MANY))]
    return [judge(frames[k], seed).sw1 for k in _MARKS]


def _stopped(steps: int = _LONG) -> Outcome:
    """Train three seeds with eta = 10 and judge 20,000 particles along the way."""
    curves = torch.tensor([along_the_flow(seed, steps) for seed in SEEDS])
    mean = curves.mean(dim=0).tolist()
    early, final = mean[_MARKS.index(_EARLY)], mean[-1]
    curve = ", ".join(f"{k}: {value:.3f}" for k, value in zip(_MARKS, mean, strict=True))
    return Outcome(
        figure=f"sw1 after step {curve}; {_EARLY} of 28 is {early / final:.2f} of the final",
        value={"early": early, "final": final, "worst final": float(curves[:, -1].max())},
        # Particles that never move are at their final place early, too: the place counts.
        passed=early <= 1.1 * final and final < _SETTLED,
        floor=real_floor(_MANY),
        seeds=SEEDS,
    )


def _never_moving(title: str) -> Outcome:
    """Judge what is where it ends from the first step on."""
    value = sum(score.sw1 for score in null_scores(title, _MANY)) / len(SEEDS)
    return Outcome(
        figure=f"sw1 {value:.3f} after every step",
        value={"early": value, "final": value, "worst final": value},
        passed=value < _SETTLED,
        floor=real_floor(_MANY),
        seeds=SEEDS,
    )


_AT_ONCE, _ = simple_nulls(_never_moving)


@experiment(
    "G6",
    title="The flow can stop early",
    claim="A quarter of the steps of a trained Discriminator Flow already ends at its samples.",
    pass_line="mean over three seeds: sliced W1 after 7 of 28 steps at most 10 % above the final "
    "one, and that below .15",
    group="G",
    source=_SOURCE + " (evaluated at 14 of 56 steps)",
    slow=True,
    nulls=[
        Null("one step of training", lambda: _stopped(1)),
        *_AT_ONCE,
    ],
)
def early_stop() -> Outcome:
    """Train for 2,500 steps."""
    return _stopped()

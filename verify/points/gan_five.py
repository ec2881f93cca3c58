"""G8: a GAN on five Gaussians, at the budget of the particle models, for comparison."""

from pushforward.models.families.gan import Gan, GanConfig
from pushforward.models.training.optim import OptimizerConfig
from pushforward.verify.claim import Outcome, experiment
from pushforward.verify.points.five_gaussians import SEEDS, Score, judge, prior, real_floor, train

__all__ = ["BATCH", "PLAIN", "STEPS", "Score", "gan_on_five", "train_and_score"]

STEPS, BATCH = 6000, 256
_JUDGED = 5000
_ADAM = OptimizerConfig(lr=5e-4, beta1=0.5)
# The GAN as it was invented, without what the family's defaults add to calm it.
PLAIN = GanConfig(penalty=0.0, generator_optimizer=_ADAM, critic_optimizer=_ADAM)


def train_and_score(seed: int, steps: int = STEPS, config: GanConfig | None = None) -> Score:
    """Train a GAN (by default `PLAIN`) on the ring; score 5,000 of its samples."""
    trained = train(Gan, config or PLAIN, seed, steps=steps, batch=BATCH)
    *_, last = trained.family.flow(prior(trained.family, seed, _JUDGED))
    return judge(trained.spec.restore(last.x), seed)


@experiment(
    "G8",
    title="GAN on five Gaussians",
    claim="For comparison with the particle models: what a non-saturating GAN without penalty, "
    "batch 256, reaches in 6000 steps.",
    pass_line="reported only; below .10 is as good as data, below .30 has learnt the structure",
    group="G",
    source="Franceschi et al. 2023, arXiv:2305.16150, 2-D experiments",
    slow=True,
    no_null="reported only: there is no line that anything could meet",
)
def gan_on_five() -> Outcome:
    """Train three seeds."""
    scores = [train_and_score(seed) for seed in SEEDS]
    return Outcome(
        figure="; ".join(f"seed {s}: {score}" for s, score in zip(SEEDS, scores, strict=True)),
        value={
            "sw1": max(s.sw1 for s in scores),
            "lightest mode": min(s.lightest for s in scores),
            "heaviest mode": max(s.heaviest for s in scores),
        },
        passed=None,
        floor=real_floor(_JUDGED),
        seeds=SEEDS,
    )

"""G4-mmd: what kernels do on five Gaussians, with particles and with a generator."""

from pushforward.models.config import Config
from pushforward.models.families.mmd_flow import MmdFlow, MmdFlowConfig
from pushforward.models.families.mmd_generator import MmdGenerator, MmdGeneratorConfig
from pushforward.verify.claim import Outcome, experiment
from pushforward.verify.points.five_gaussians import SEEDS, judge, prior, real_floor, train

__all__ = ["figure"]

_BATCH = 256
# So many free particles, and as many samples of the generator.
_JUDGED = 1024
_RUNS: dict[str, tuple[type[MmdFlow] | type[MmdGenerator], Config, int]] = {
    "particles": (MmdFlow, MmdFlowConfig(population=_JUDGED), 600),
    "generator": (MmdGenerator, MmdGeneratorConfig(), 3000),
}


def figure(name: str, seed: int) -> tuple[float, str]:
    """Train one of them; return its sliced W1, and all that is known in words."""
    make, config, steps = _RUNS[name]
    trained = train(make, config, seed, steps=steps, batch=_BATCH)
    *_, last = trained.family.flow(prior(trained.family, seed, _JUDGED))
    score = judge(trained.spec.restore(last.x), seed)
    return score.sw1, f"seed {seed}: {score} ({trained.seconds:.0f} s)"


@experiment(
    "G4-mmd",
    title="Kernels on five Gaussians",
    claim="For comparison with two learnt scores: a kernel, nothing learnt, moves 1024 free "
    "particles for 600 steps, or a generator for 3000.",
    pass_line="reported only; below .10 is as good as data, below .30 has learnt the structure",
    group="G",
    source="Arbel et al. 2019, arXiv:1906.04370; Li et al. 2015, arXiv:1502.02761",
    slow=True,
    no_null="reported only: there is no line that anything could meet",
)
def kernels() -> Outcome:
    """Train three seeds of either."""
    found = {name: [figure(name, seed) for seed in SEEDS] for name in _RUNS}
    return Outcome(
        figure="; ".join(
            f"{name}: {', '.join(words for _, words in runs)}" for name, runs in found.items()
        ),
        value={name: max(sw1 for sw1, _ in runs) for name, runs in found.items()},
        passed=None,
        floor=real_floor(_JUDGED),
        seeds=SEEDS,
    )

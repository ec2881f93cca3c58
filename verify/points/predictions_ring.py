"""8B: whatever the network predicts, and however the samples walk, it is the same ring."""

from collections.abc import Mapping
from typing import Any

from pushforward.models.samplers.ddim import Ddim, DdimConfig
from pushforward.models.samplers.langevin import AnnealedLangevin, AnnealedLangevinConfig
from pushforward.verify.bench import Bench
from pushforward.verify.claim import Null, Outcome, experiment
from pushforward.verify.points.few_step_ring import (
    SECOND_LINE,
    RingQuality,
    on_ring,
    reported,
    ring,
    ring_baselines,
    ring_nulls,
)

__all__ = ["ncsn", "predictions"]

_STEPS = 6000
_LINE, _LINE_X0, _LINE_NCSN = 0.09, 0.11, 0.10
_ENERGY, _ENERGY_X0 = 0.005, 0.008
_TIME: Mapping[str, Any] = {"density": "uniform-time", "path": "vp-linear"}
# Each with the weight that is even on what the network says.
_PREDICTIONS: Mapping[str, Mapping[str, Any]] = {
    "eps": {**_TIME, "precond": "eps", "weight": "simple"},
    "v": {**_TIME, "precond": "v", "weight": "truncated-snr"},
    "x0": {**_TIME, "precond": "x0", "weight": "x0"},
}
# Langevin dynamics forgets where it starts: the largest noise is of the size of the data.
_NCSN: Mapping[str, Any] = {
    "precond": "score",
    "weight": "simple",
    "density": "uniform-time",
    "path": "ve",
    "s_min": 0.01,
    "s_max": 1.0,
}


def _good(name: str, quality: RingQuality) -> bool:
    judged = quality.judged
    if not quality.is_learned:
        return False
    if name == "x0":
        return judged.sw2 <= _LINE_X0 and judged.energy <= _ENERGY_X0
    near = judged.near >= 0.95 and judged.low >= 0.08
    return near and judged.sw2 <= _LINE and judged.energy <= _ENERGY


def _predicted(bench: Bench, steps: int) -> Outcome:
    sampler = Ddim(DdimConfig(steps=50))
    found = {
        name: {
            seed: on_ring(bench.train(ring("edm", steps, config), seed), sampler, seed)
            for seed in bench.seeds([0])
        }
        for name, config in _PREDICTIONS.items()
    }
    return reported(found, lambda by: all(_good(name, worst) for name, worst in by.items()))


@experiment(
    "8B-predictions",
    title="Noise, v or data: one ring",
    claim="Networks that predict the noise, v or the data, MLPs of 3 x 128 trained for 6000 steps "
    "of 512 points at times uniform on the linear path, sample the ring by DDIM in 50 steps; the "
    "one that predicts the data less well.",
    pass_line="eps and v: sliced W2 <= .09, energy distance <= .005, >= 95 % within 4 σ, smallest "
    "mode >= .08; x0: sliced W2 <= .11, energy distance <= .008; each "
    f"{SECOND_LINE} (means of 8 draws of 2000 samples)",
    group="8B",
    source="Salimans & Ho 2022, arXiv:2202.00512, section 4; Ho et al. 2020, arXiv:2006.11239",
    slow=True,
    nulls=[
        Null("one step of training", lambda bench: _predicted(bench, 1)),
        *ring_nulls(lambda quality: _good("x0", quality)),
    ],
    baselines=ring_baselines(lambda quality: _good("x0", quality)),
)
def predictions(bench: Bench) -> Outcome:
    """Train three networks, and judge the samples of each."""
    return _predicted(bench, _STEPS)


def _walked_well(quality: RingQuality) -> bool:
    return quality.sw2 <= _LINE_NCSN and quality.is_learned


def _walked(bench: Bench, steps: int) -> Outcome:
    sampler = AnnealedLangevin(AnnealedLangevinConfig(levels=10, walk=100, step=0.2))
    found = {
        "10 levels of 100 steps": {
            seed: on_ring(bench.train(ring("edm", steps, _NCSN), seed), sampler, seed)
            for seed in bench.seeds([0])
        }
    }
    return reported(found, lambda by: all(map(_walked_well, by.values())))


@experiment(
    "8B-ncsn",
    title="A learned score leads a random walk",
    claim="A score learned on a variance-exploding path, an MLP of 3 x 128 trained for 6000 steps "
    "of 512 points, samples the ring by annealed Langevin dynamics on ten levels.",
    pass_line=f"sliced W2 <= .10, {SECOND_LINE} (means of 8 draws of 2000 samples)",
    group="8B",
    source="Song & Ermon 2019, arXiv:1907.05600, eq. 6 and algorithm 1",
    slow=True,
    nulls=[
        Null("one step of training", lambda bench: _walked(bench, 1)),
        *ring_nulls(_walked_well),
    ],
    baselines=ring_baselines(_walked_well),
)
def ncsn(bench: Bench) -> Outcome:
    """Train the score, and walk along it."""
    return _walked(bench, _STEPS)

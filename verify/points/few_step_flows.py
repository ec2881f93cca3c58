"""8B: flows along lines need steps, and what makes their paths straight needs fewer."""

from functools import partial
from typing import Any

import torch

from pushforward.models.contracts.family import Family
from pushforward.models.tensors import make_generator
from pushforward.verify.bench import Bench, Trial
from pushforward.verify.claim import Null, Outcome, experiment
from pushforward.verify.points.diffusion_ring import floors
from pushforward.verify.points.few_step_ring import (
    SECOND_LINE,
    N,
    RingQuality,
    euler,
    null_quality,
    on_ring,
    reported,
    ring,
    ring_baselines,
    ring_nulls,
    stepped,
)

__all__ = ["rectified_flow_needs_steps", "reflow_in_one_step", "transport_straightens"]

_STEPS = 6000
_TEN, _ONE = 0.09, 0.10
_FINE, _LATENTS = 64, 3300
_STRAIGHTER = 0.5
_PAIRED, _PAIRED_BATCH = 4000, 256


def _judged(bench: Bench, trial: Trial, steps: int) -> dict[int, RingQuality]:
    return {
        seed: on_ring(bench.train(trial, seed), euler(steps), seed) for seed in bench.seeds([0])
    }


def _good(quality: RingQuality, line: float) -> bool:
    return quality.sw2 <= line and quality.is_learned


def _needs_steps(bench: Bench, trial: Trial) -> Outcome:
    found = {stepped(n): _judged(bench, trial, n) for n in (1, 2, 5, 10, 50)}
    return reported(found, lambda by: _good(by[stepped(10)], _TEN) and by[stepped(1)].sw2 > _TEN)


@experiment(
    "8B-flow",
    title="A rectified flow needs steps",
    claim="A velocity learned on lines between independent noise and data, an MLP of 3 x 128 "
    "trained for 6000 steps of 512 points, samples the ring in ten Euler steps, and not in one.",
    pass_line=f"in 10 steps sliced W2 <= .09, {SECOND_LINE}; in 1 step sliced W2 > .09 (means of 8 "
    "draws of 2000 samples)",
    group="8B",
    source="Liu et al. 2022, arXiv:2209.03003, section 2.2",
    slow=True,
    nulls=[
        Null("one step of training", lambda bench: _needs_steps(bench, ring("flow-matching", 1))),
        *ring_nulls(lambda quality: _good(quality, _TEN)),
    ],
    baselines=ring_baselines(lambda quality: _good(quality, _TEN)),
)
def rectified_flow_needs_steps(bench: Bench) -> Outcome:
    """Train, and sample in 1 to 50 steps."""
    return _needs_steps(bench, ring("flow-matching", _STEPS))


def _in_one_step(bench: Bench, trial: Trial) -> Outcome:
    found = {stepped(n): _judged(bench, trial, n) for n in (1, 2)}
    return reported(found, lambda by: _good(by[stepped(1)], _ONE))


@experiment(
    "8B-reflow",
    title="Reflow makes one step enough",
    claim="The same network learns 6000 steps more on 30,000 pairs of a noise and the end of its "
    "own path, and then samples the ring in one Euler step.",
    pass_line=f"in 1 step sliced W2 <= .10, {SECOND_LINE} (means of 8 draws of 2000 samples)",
    group="8B",
    source="Liu et al. 2022, arXiv:2209.03003, section 2.2 and algorithm 1 (2-rectified flow)",
    slow=True,
    nulls=[
        Null(
            "the flow that was not reflowed",
            lambda bench: _in_one_step(bench, ring("flow-matching", _STEPS)),
        ),
        *ring_nulls(lambda quality: _good(quality, _ONE)),
    ],
    baselines=ring_baselines(lambda quality: _good(quality, _ONE)),
)
def reflow_in_one_step(bench: Bench) -> Outcome:
    """Train the flow, draw its pairs, and reflow."""
    return _in_one_step(bench, ring("reflow", 2 * _STEPS))


def bend(family: Family[Any], seed: int) -> float:
    """Return E of the integral of |dx/dt - (x_1 - x_0)|^2 along the paths of 2000 latents, 0 where
    all are straight (Liu et al. 2022, section 2.2), standardised.
    """
    latents = family.prior(N, make_generator(seed, _LATENTS))
    with torch.no_grad():
        path = torch.stack([frame.x for frame in family.flow(latents, sampler=euler(_FINE))])
    velocity = _FINE * path.diff(dim=0)
    return float((velocity - (path[-1] - path[0])).square().sum(dim=-1).mean())


def _straighter(bench: Bench, coupling: str, still: RingQuality | None = None) -> Outcome:
    """Compare flows of both couplings; with ``still``, the coupled one is a model that never moves
    and whose samples are of that quality.
    """
    pairs = {
        name: ring("flow-matching", _PAIRED, {"coupling": how}, _PAIRED_BATCH)
        for name, how in {"independent": "independent", "coupled": coupling}.items()
    }
    seeds = bench.seeds([0])
    words, ratios, gains, learned = [], [], [], True
    for seed in seeds:
        bends, two = {}, {}
        for name, trial in pairs.items():
            learnt = bench.train(trial, seed)
            assert isinstance(learnt.learner, Family)
            bends[name] = bend(learnt.learner, seed)
            two[name] = on_ring(learnt, euler(2), seed)
        if still is not None:
            bends["coupled"], two["coupled"] = 0.0, still
        ratios.append(bends["coupled"] / bends["independent"])
        gains.append(two["coupled"].sw2 / two["independent"].sw2)
        learned = learned and two["coupled"].is_learned
        words.append(
            f"seed {seed}: bend {bends['coupled']:.3f} against {bends['independent']:.3f}; in 2 "
            f"steps {two['coupled']} against {two['independent']}"
        )
    value = {"bend": max(ratios), "sliced W2 in 2 steps": max(gains)}
    return Outcome(
        figure="; ".join(words),
        value=value,
        passed=learned and all(ratio <= _STRAIGHTER for ratio in value.values()),
        floor=f"a straight path bends by 0; {floors(40)}",
        seeds=seeds,
    )


def _never_moving(title: str, bench: Bench) -> Outcome:
    return _straighter(bench, "independent", null_quality(title))


@experiment(
    "8B-ot",
    title="Transport makes paths straighter",
    claim="A flow whose noise and data are paired by optimal transport within each batch of 256 "
    "bends at most half as much as one of independent pairs, and two Euler steps of it come at "
    "least twice as near to the ring.",
    pass_line=f"ratio of the bends, and of sliced W2 in 2 steps, <= .5; in 2 steps {SECOND_LINE}",
    group="8B",
    source="Tong et al. 2024, arXiv:2302.00482, section 3.2.3; Pooladian et al. 2023, "
    "arXiv:2304.14772",
    slow=True,
    nulls=[
        Null("independent pairs in its place", lambda bench: _straighter(bench, "independent")),
        *(
            Null(f"{title}, which never moves", partial(_never_moving, title))
            for title in ("an annulus without modes", "copies of training points")
        ),
    ],
)
def transport_straightens(bench: Bench) -> Outcome:
    """Train both, and compare them."""
    return _straighter(bench, "minibatch-ot")

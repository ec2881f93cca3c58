"""J1: one diffusion learns jets of five types, as far as their masses tell.

Samples are given type, pT, eta, mass and size of jets that no training saw, and their masses are
held against those of as many others.
"""

from dataclasses import replace

import torch

from models.contracts.batch import Batch
from models.contracts.family import Family
from models.contracts.spec import LABEL
from models.experiments.base import Null, Outcome, Table, experiment
from models.experiments.bench import Bench, Trial
from models.experiments.jet_tables import FIGURES, by_figure, said_seeds
from models.metrics.base import Evidence
from models.metrics.jets.by_type import DrawingConfig
from models.metrics.jets.w1 import W1Mass, W1Momentum
from models.tensors import make_generator

__all__ = ["jets_by_diffusion", "table"]

_STEPS, _N, _LINE = 1500, 2500, 8e-3
_PRIOR, _PAIR, _SHUFFLES = 3200, 11, 3201
_MEAN = "mean over the types"


def _trial(steps: int) -> Trial:
    return Trial(
        "edm",
        "pythia-jets",
        steps,
        training={"batch": 128},
        sampler="dpmpp-2m",
        sampling={"steps": 25, "grid": {"kind": "edm-rho"}},
    )


def _judged(bench: Bench, steps: int = _STEPS, make: str = "") -> Outcome:
    """Hold what a diffusion draws, or a null in its place, against unseen jets."""
    rows = []
    for seed in bench.seeds([0]):
        learnt = bench.train(_trial(steps), seed)
        conditions, real = learnt.pair(_N, _PAIR)
        given = conditions.rows(slice(None))
        made = _nulls(given, make) if make else _drawn(learnt.learner, learnt.sampler, given, seed)
        rng = make_generator(_PAIR)
        evidence = Evidence(real, rng, made=made, other=conditions)
        mass, momentum = W1Mass(DrawingConfig()), W1Momentum(DrawingConfig())
        figure, bar = mass.measure(evidence), mass.bar(evidence)
        rows.append((seed, figure, bar, momentum.measure(evidence).value))
    worst = max(figure.value for _, figure, _, _ in rows)
    return Outcome(
        figure="; ".join(
            f"seed {seed}: W1 of the mass {1e3 * f.value:.1f}e-3 of pT ("
            + ", ".join(f"{name} {1e3 * part:.1f}" for name, part in f.parts.items())
            + f"), of constituents' pT {1e3 * momentum:.2f}e-3"
            for seed, f, _, momentum in rows
        ),
        value={"W1 of the mass": worst},
        passed=worst < _LINE,
        floor="; ".join(f"unseen jets: {1e3 * bar.value:.1f}e-3" for _, _, bar, _ in rows),
        seeds=[seed for seed, *_ in rows],
        table=table(
            {_MEAN: 1e3 * rows[-1][2].value},
            [
                {_MEAN: 1e3 * f.value, **{n: 1e3 * v for n, v in f.parts.items()}}
                for _, f, _, _ in rows
            ],
            [seed for seed, *_ in rows],
        ),
    )


def table(floor: dict[str, float], rows: list[dict[str, float]], seeds: list[int]) -> Table:
    """Return W1M of some seeds, in thousandths and by type, with its line and floor."""
    return by_figure(
        {name: name for each in rows for name in each},
        {"line, at most": [{_MEAN: 1e3 * _LINE}], "floor": [floor], "measured": rows},
        f"{FIGURES['W1M']}, by type; n = {_N:,} unseen jets on each side; {said_seeds(seeds)}.",
    )


def _drawn(learner: object, sampler: object, like: Batch, seed: int) -> Batch:
    assert isinstance(learner, Family)
    spec = learner.spec
    rng = make_generator(seed, _PRIOR)
    latents = learner.prior(len(like), rng, spec.standard_given(like.given))
    with torch.no_grad():
        *_, last = learner.flow(latents, sampler=sampler, generator=rng)
    return spec.restored(latents.holding(last.x))


def _nulls(real: Batch, make: str) -> Batch:
    """Return real jets that lack what is claimed."""
    rng = make_generator(0, _SHUFFLES)
    assert real.mask is not None
    if make == "types":
        order = torch.randperm(len(real), generator=rng)
        return replace(real, x=real.x[order], mask=real.mask[order])
    x, label = real.x.clone(), real.given[LABEL]
    for kind in range(int(label.max()) + 1):
        rows = (label == kind).nonzero().squeeze(1)
        for place in range(x.shape[1]):
            there = rows[real.mask[rows, place]]
            x[there, place] = x[there[torch.randperm(len(there), generator=rng)], place]
    return replace(real, x=x)


@experiment(
    "J1",
    title="Jets of five types by one diffusion",
    claim="One EDM diffusion with a transformer of 170,000 weights learns jets of gluons, light "
    "quarks, tops, W and Z at once in 1,500 steps: the masses of generated jets are those of "
    "unseen ones, up to a few thousandths of their pT.",
    pass_line="mean over the types of W1 of mass over pT below 8e-3, n = 2,500",
    group="J",
    source="Leigh et al. 2023, arXiv:2307.06836; other data, other size: no figure of theirs",
    slow=True,
    nulls=[
        Null("one step of training", lambda bench: _judged(bench, 1)),
        Null(
            "real jets, constituents shuffled within a type at equal rank",
            lambda bench: _judged(bench, 1, "constituents"),
        ),
        Null("real jets under the types of others", lambda bench: _judged(bench, 1, "types")),
    ],
)
def jets_by_diffusion(bench: Bench) -> Outcome:
    """Train and draw."""
    return _judged(bench)

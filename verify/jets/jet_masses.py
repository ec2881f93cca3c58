"""J1: one diffusion learns jets of five types, as far as their masses tell.

Samples have type, pT, eta, mass and size of unseen jets, and their masses are compared with those
of as many others. A mean over the types hides W and Z, whose masses are as far from real ones as
those of shuffled constituents: each type has its own line, the value of shuffled jets. Two
constituents can have any requested mass; the pT of constituents exposes them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pushforward.models.contracts.batch import Batch
from pushforward.models.metrics.base import Evidence, Figure
from pushforward.models.metrics.jets.by_type import DrawingConfig
from pushforward.models.metrics.jets.w1 import W1Mass, W1Momentum
from pushforward.models.tensors import make_generator
from pushforward.verify.bench import Bench, Learnt, Trial
from pushforward.verify.claim import Null, Outcome, Table, experiment
from pushforward.verify.jets.jet_lines import Sides, generate_jets
from pushforward.verify.jets.jet_nulls import (
    LOOKED_UP,
    Make,
    mixture,
    nearest_training,
    rank_shuffle,
    two_constituents,
)
from pushforward.verify.jets.jet_tables import FIGURES, by_figure, said_seeds

__all__ = ["jets_by_diffusion", "table"]

_STEPS, _N, _LINE = 1500, 2500, 8e-3
_MOMENTUM = 2e-3  # about twice the floor
_PAIR, _NULL, _LINES = 11, 3201, 3204
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


def _check_line(learnt: Learnt) -> Sides:
    """Return two samples of the jets that only test: always the same."""
    return Sides(*learnt.pair(_N, _PAIR))


@dataclass(frozen=True)
class _Far:
    """How far jets are from unseen ones: W1 of the mass over pT, and of constituents' pT."""

    mass: Figure
    momentum: Figure

    @property
    def figures(self) -> dict[str, float]:
        """What stands in its row of the table, in thousandths."""
        return {_MEAN: 1e3 * self.mass.value, **self.types}

    @property
    def types(self) -> dict[str, float]:
        """W1 of the mass by type, in thousandths."""
        return {name: 1e3 * value for name, value in self.mass.parts.items()}

    def __str__(self) -> str:
        parts = ", ".join(f"{name} {1e3 * value:.1f}" for name, value in self.mass.parts.items())
        return (
            f"W1 of the mass {1e3 * self.mass.value:.1f}e-3 of pT ({parts}), "
            f"of constituents' pT {1e3 * self.momentum.value:.2f}e-3"
        )


def _far(made: Batch, sides: Sides) -> _Far:
    """Measure jets that were made under the conditions of the first sample against the second."""
    evidence = Evidence(sides.real, make_generator(_PAIR), made=made, other=sides.conditions)
    every = DrawingConfig()
    return _Far(W1Mass(every).measure(evidence), W1Momentum(every).measure(evidence))


def _shuffled(sides: Sides) -> _Far:
    """Return how far jets are whose constituents are shuffled at equal pT rank: the line of each
    type.
    """
    return _far(rank_shuffle(sides.given, make_generator(0, _LINES)), sides)


def _outcome(found: Mapping[int, _Far], sides: Sides) -> Outcome:
    """Hold jets of some seeds to the line; the worst counts."""
    worst = max(far.mass.value for far in found.values())
    momentum = max(far.momentum.value for far in found.values())
    line = _shuffled(sides).mass.parts
    share = max(x / line[kind] for far in found.values() for kind, x in far.mass.parts.items())
    floor, rows = _far(sides.given, sides), [far.figures for far in found.values()]
    return Outcome(
        figure="; ".join(f"seed {seed}: {far}" for seed, far in found.items()),
        value={
            "W1 of the mass": worst,
            "W1 of the mass over that of shuffled jets, worst type": share,
            "W1 of constituents' pT": momentum,
        },
        passed=worst < _LINE and share < 1.0 and momentum <= _MOMENTUM,
        floor=f"unseen jets: {floor}",
        seeds=list(found),
        table=table(
            floor.figures, {_MEAN: 1e3 * _LINE, **_shuffled(sides).types}, rows, list(found)
        ),
    )


def table(
    floor: Mapping[str, float],
    line: Mapping[str, float],
    rows: Sequence[Mapping[str, float]],
    seeds: Sequence[int],
) -> Table:
    """Return W1M of some seeds, in thousandths and by type, with its lines and floor."""
    return by_figure(
        {name: name for each in rows for name in each},
        {"line, below": [line], "floor": [floor], "measured": rows},
        f"{FIGURES['W1M']}, by type; n = {_N:,} unseen jets on each side; {said_seeds(seeds)}.",
    )


def _learned(bench: Bench, steps: int) -> Outcome:
    found = {}
    for seed in bench.seeds([0, 1, 2]):
        learnt = bench.train(_trial(steps), seed)
        sides = _check_line(learnt)
        found[seed] = _far(generate_jets(learnt, sides.given, seed), sides)
    return _outcome(found, sides)


def _null(title: str, make: Make) -> Null:
    def measure(bench: Bench) -> Outcome:
        sides = _check_line(bench.train(_trial(1), 0))
        made = make(sides.given, make_generator(0, _NULL))
        return _outcome({0: _far(made, sides)}, sides)

    return Null(f"real jets: {title}", measure)


def _looked_up(bench: Bench) -> Outcome:
    learnt = bench.train(_trial(1), 0)
    assert learnt.learned is not None
    sides = _check_line(learnt)
    make = nearest_training(learnt.learned.rows(slice(None)))
    return _outcome({0: _far(make(sides.given, make_generator(0, _NULL)), sides)}, sides)


@experiment(
    "J1",
    title="Jets of five types by one diffusion",
    claim="One EDM diffusion with a transformer of 170,000 weights learns jets of gluons, light "
    "quarks, tops, W and Z at once in 1,500 steps: the masses of generated jets are nearer to "
    "those of unseen ones than the masses of jets with shuffled constituents, for each type. "
    "That does not tell them from copies: the training jets with the nearest conditions meet the "
    "line, too.",
    pass_line="for each seed, n = 2,500: mean over the types of W1 of mass over pT below 8e-3, "
    "that of each type below that of jets of the type with constituents shuffled at equal pT rank, "
    f"and W1 of constituents' pT <= {1e3 * _MOMENTUM:g}e-3",
    group="J",
    source="Leigh et al. 2023, arXiv:2307.06836; other data, other size: no figure of theirs",
    slow=True,
    nulls=[
        Null("one step of training", lambda bench: _learned(bench, 1)),
        _null("constituents shuffled at equal pT rank", rank_shuffle),
        _null("mixture of types", mixture),
        _null("two constituents with the mass of a real jet", two_constituents),
    ],
    baselines=[Null(LOOKED_UP, _looked_up)],
)
def jets_by_diffusion(bench: Bench) -> Outcome:
    """Train and draw."""
    return _learned(bench, _STEPS)

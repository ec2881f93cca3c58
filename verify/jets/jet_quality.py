"""D8 and its relatives: jets of five types at once by PC-Droid's networks, in a size for a CPU.

Samples are given type, pT, eta, mass and size of jets that no training saw and nothing was chosen
by. `verify.jets.jet_lines` says what they are held to.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from pushforward.verify.bench import Bench, Trial
from pushforward.verify.claim import Null, Outcome, Table, experiment
from pushforward.verify.jets.jet_lines import generate_jets, judged, outcome, standing, test_halves
from pushforward.verify.jets.jet_nulls import LOOKED_UP, NULLS, Make, nearest_training
from pushforward.verify.jets.jet_tables import FIGURES, by_figure, said_seeds

__all__ = [
    "SAMPLING",
    "TRANSFORMER_STEPS",
    "alone_or_together",
    "jet_trial",
    "jets_by_tokens",
    "jets_by_transformer",
]

_SOURCE = "Leigh et al. 2023, arXiv:2307.06836 (PC-Droid); other data, another size: no figure of "
_SOURCE += "theirs. Lines: of a transformer of this size, measured before, and half as much again"
_LINE = (
    "type by type (g/q/t/W/Z): W1M <= 5e-3, their mean <= 3.5e-3; W1EFP <= 4/1.7/10/2.5/3 e-5; "
    "tau21 <= .025 (g, q), .065; W1P <= 5e-3 (eta, phi), 2.2e-3 (pT); correlation of the mass with "
    "the one asked for >= .6"
)
SAMPLING: Mapping[str, Any] = {"steps": 30, "grid": {"kind": "edm-rho"}}
"""Levels that were chosen on jets which only validate."""
TRANSFORMER_STEPS, _TOKENS = 5500, 4600  # steps: about ten minutes of one core for either


def jet_trial(net: str, steps: int, **data: Any) -> Trial:
    """Return a training of a diffusion on jets, by a network for sets."""
    return Trial(
        "edm",
        "pythia-jets",
        steps,
        config={"net": {"slug": net, "config": {"encoding": "log-cosine"}}},
        data=data,
        training={"batch": 128},
        sampler="dpmpp-2m",
        sampling=SAMPLING,
    )


def _learned(bench: Bench, net: str, steps: int) -> Outcome:
    found = {}
    for seed in bench.seeds([0, 1, 2]):
        learnt = bench.train(jet_trial(net, steps), seed)
        sides = test_halves(learnt)
        found[seed] = judged(generate_jets(learnt, sides.given, seed), sides)
    return outcome(found, sides)


def _without_learning(bench: Bench, make: Make) -> Outcome:
    sides = test_halves(bench.train(jet_trial("set-transformer", 1), 0))
    return outcome({0: standing(make, sides)}, sides)


def _null(title: str, make: Make) -> Null:
    return Null(f"real jets: {title}", lambda bench: _without_learning(bench, make))


_NULLS = [_null(title, make) for title, make in NULLS.items()]


def _looked_up(bench: Bench) -> Outcome:
    learnt = bench.train(jet_trial("set-transformer", 1), 0)
    assert learnt.learned is not None
    sides = test_halves(learnt)
    make = nearest_training(learnt.learned.rows(slice(None)))
    return outcome({0: standing(make, sides)}, sides)


_LOOK_UP = Null(LOOKED_UP, _looked_up)
_NOT_NEW = (
    "The line does not tell them from copies: the training jets with the nearest conditions meet "
    "it as well, at the cost of keeping them all. D8-new is about whether they are new."
)


@experiment(
    "D8",
    title="Jets of five types by a transformer",
    claim="One EDM diffusion with a transformer of 200,000 weights, trained for 5,500 steps of 128 "
    "jets, generates jets of gluons, light quarks, tops, W and Z: masses, constituents, energy "
    "flow and prongs are near those of unseen jets, and masses follow the requested ones. "
    + _NOT_NEW,
    pass_line=_LINE,
    group="J",
    source=_SOURCE,
    slow=True,
    nulls=[
        *_NULLS,
        Null("one step of training", lambda bench: _learned(bench, "set-transformer", 1)),
    ],
    baselines=[_LOOK_UP],
)
def jets_by_transformer(bench: Bench) -> Outcome:
    """Train and draw."""
    return _learned(bench, "set-transformer", TRANSFORMER_STEPS)


@experiment(
    "D8-tokens",
    title="Jets of five types by cross-attention",
    claim="The same with constituents that exchange information only through 16 tokens, in as "
    "much time of one core: 4,600 steps. " + _NOT_NEW,
    pass_line=_LINE,
    group="J",
    source=_SOURCE,
    slow=True,
    nulls=[
        *_NULLS,
        Null("one step of training", lambda bench: _learned(bench, "cross-attention", 1)),
    ],
    baselines=[_LOOK_UP],
)
def jets_by_tokens(bench: Bench) -> Outcome:
    """Train and draw."""
    return _learned(bench, "cross-attention", _TOKENS)


_TIMES = 1.5
_TOPS = "top"


def of_tops(
    masses: Mapping[str, Sequence[float]], floors: Sequence[float], seeds: Sequence[int]
) -> Table:
    """Return W1M of tops over the seeds: learned with the other types and alone, and its floor."""
    rows = {"floor": floors, "learned with four others": masses["joint"]}
    rows["learned alone"] = masses["alone"]
    return by_figure(
        {_TOPS: f"{FIGURES['W1M']}, of tops"},
        {who: [{_TOPS: each} for each in values] for who, values in rows.items()},
        f"Tops that only test, n = 2,000 on each side; {said_seeds(seeds)}.",
    )


def _together(bench: Bench, steps: int) -> Outcome:
    """Compare W1M of tops: learned with the other types, and alone in a fifth of the steps."""
    value: dict[str, float] = {}
    figures, floors, passed = [], [], True
    masses: dict[str, list[float]] = {"joint": [], "alone": []}
    for seed in bench.seeds([0, 1, 2]):
        alone = bench.train(jet_trial("set-transformer", TRANSFORMER_STEPS // 5, types=_TOPS), seed)
        joint = bench.train(jet_trial("set-transformer", steps), seed)
        sides = test_halves(alone)
        far = {
            name: judged(generate_jets(learnt, sides.given, seed), sides).far["W1M"][_TOPS]
            for name, learnt in (("joint", joint), ("alone", alone))
        }
        floors.append(judged(sides.given, sides).far["W1M"][_TOPS])
        figures.append(f"seed {seed}: " + ", ".join(f"{n} {v:.2f}e-3" for n, v in far.items()))
        for name, each in far.items():
            masses[name].append(each)
        value["joint over alone"] = max(
            far["joint"] / far["alone"], value.get("joint over alone", 0.0)
        )
        passed = passed and far["joint"] <= _TIMES * far["alone"]
    return Outcome(
        "; ".join(figures),
        value,
        passed,
        "unseen tops, 2,000 against as many: " + ", ".join(f"{x:.2f}e-3" for x in floors),
        seeds := bench.seeds([0, 1, 2]),
        table=of_tops(masses, floors, seeds),
    )


@experiment(
    "D8-joint",
    title="One model for five types costs tops nothing",
    claim="At equal time for each type, a model of all five types makes tops about as well as one "
    "that learned of nothing else.",
    pass_line="W1M of tops, learned together in 5,500 steps, at most 1.5 times that of tops "
    "learned alone in a fifth of them",
    group="J",
    source="Leigh et al. 2023, arXiv:2307.06836 (one model for all types)",
    slow=True,
    nulls=[Null("one step of training together", lambda bench: _together(bench, 1))],
)
def alone_or_together(bench: Bench) -> Outcome:
    """Train both, and draw tops."""
    return _together(bench, TRANSFORMER_STEPS)

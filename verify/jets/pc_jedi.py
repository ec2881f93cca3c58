"""J2: PC-Droid compared with PC-JeDi, with equal network, training and evaluations."""

from pushforward.verify.bench import Bench, Trial
from pushforward.verify.claim import Null, Outcome, experiment
from pushforward.verify.jets.jet_lines import (
    Standing,
    generate_jets,
    judged,
    standings,
    test_halves,
)
from pushforward.verify.jets.jet_quality import SAMPLING, jet_trial

__all__ = ["droid_and_jedi"]

_NET, _STEPS = "set-transformer", 5500
_JEDI = {
    "precond": "eps",
    "weight": "pc-jedi",
    "distance": "huber",
    "density": "uniform-time",
    "path": "vp-angle",
    "s_max": 49.99,
    "times": "independent",
}


def _jedi(steps: int) -> Trial:
    """Return the same training by PC-JeDi's six choices."""
    droid = jet_trial(_NET, steps)
    return Trial(
        "edm",
        "pythia-jets",
        steps,
        config={**droid.config, **_JEDI},
        training=droid.training,
        sampler="ddim",
        sampling={
            "steps": SAMPLING["steps"],
            "grid": {"kind": "time-uniform", "path": "vp-angle"},
        },
    )


def _mean_mass(standing: Standing) -> float:
    masses = standing.far["W1M"].values()
    return sum(masses) / len(masses)


def _compared(bench: Bench, steps: int) -> Outcome:
    figures: list[str] = []
    made: dict[str, list[Standing]] = {}
    worst = 0.0
    for seed in bench.seeds([0, 1, 2]):
        trials = {"PC-Droid": jet_trial(_NET, steps), "PC-JeDi": _jedi(_STEPS)}
        found = {}
        for name, trial in trials.items():
            learnt = bench.train(trial, seed)
            sides = test_halves(learnt)
            found[name] = judged(generate_jets(learnt, sides.given, seed), sides)
            figures.append(f"seed {seed}, {name}: {found[name]}")
            made.setdefault(name, []).append(found[name])
        worst = max(worst, _mean_mass(found["PC-Droid"]) / _mean_mass(found["PC-JeDi"]))
    floor, seeds = judged(sides.given, sides), bench.seeds([0, 1, 2])
    return Outcome(
        "; ".join(figures),
        {"mean W1M, PC-Droid over PC-JeDi": worst},
        worst < 1.0,
        f"unseen jets: {floor}",
        seeds,
        table=standings(made, floor, seeds, lines=False),
    )


@experiment(
    "J2",
    title="PC-Droid compared with PC-JeDi",
    claim="With the same network, 5,500 steps of the same jets and 30 evaluations for each, "
    "PC-Droid's six choices make masses that are nearer to those of unseen jets than PC-JeDi's.",
    pass_line="mean of W1M over the five types below PC-JeDi's, for each seed",
    group="J",
    source="Leigh et al. 2023, arXiv:2307.06836 (PC-Droid) and arXiv:2303.05376 (PC-JeDi, which "
    "takes 200 steps of an SDE solver)",
    slow=True,
    nulls=[Null("one step of PC-Droid's training", lambda bench: _compared(bench, 1))],
)
def droid_and_jedi(bench: Bench) -> Outcome:
    """Train both and draw."""
    return _compared(bench, _STEPS)

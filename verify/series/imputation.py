"""8D: a diffusion imputes unobserved values, and a recurrent one forecasts. Both are measured by
CRPS on unseen series and compared with linear interpolation and the exact distribution. Looking up
the nearest of 20,000 training series meets both lines; it is measured next to them.
"""

from collections.abc import Callable
from functools import partial

from torch import Tensor

from pushforward.models.metrics.base import Evidence
from pushforward.models.metrics.series.crps import Crps, CrpsConfig, Task, bridged
from pushforward.models.tensors import make_generator
from pushforward.verify.bench import Bench, Trial
from pushforward.verify.claim import Null, Outcome, experiment
from pushforward.verify.series.series_nulls import look_up_series

__all__ = ["ar2_forecast", "sines_imputed"]

_PAIR, _LINES, _LAW = 17, 0.5, 1.1
_CSDI, _TIMEGRAD = 600, 800  # steps


def _csdi(steps: int) -> Trial:
    return Trial("csdi", "sine-mixtures", steps, training={"batch": 64})


def _timegrad(steps: int) -> Trial:
    return Trial("timegrad", "ar2", steps, training={"batch": 64})


# Of series (n, L, C), what is hidden of them, and training series: draws (k, n, L, C).
Complete = Callable[[Tensor, Tensor, Tensor], Tensor]


def _straight(x: Tensor, hidden: Tensor, train: Tensor) -> Tensor:
    return bridged(x, hidden).expand(2, *x.shape)


def _nearest(draws: int, x: Tensor, hidden: Tensor, train: Tensor) -> Tensor:
    return look_up_series(x, hidden, train, draws)


def _any(draws: int, x: Tensor, hidden: Tensor, train: Tensor) -> Tensor:
    """Impute with training series and ignore the observed values: the marginal distributions."""
    return look_up_series(x, hidden, train[: 4 * draws], 4 * draws)


def _crps(
    bench: Bench, trial: Trial, seed: int, config: CrpsConfig, null: Complete | None = None
) -> tuple[float, float, float]:
    """Return the CRPS of a trained model or of a null model, of linear interpolation, and of the
    exact distribution, on the same series.
    """
    learnt = bench.train(trial, seed)
    _, real = learnt.pair(config.rows, _PAIR)
    evidence = Evidence(real, make_generator(_PAIR), model=learnt.learner)
    metric = Crps(config)
    bar = metric.bar(evidence)
    if null is None:
        found = metric.measure(evidence)
    else:
        assert learnt.learned is not None
        train = learnt.learned.rows(slice(None)).x
        found = metric.score(evidence, lambda x, hidden: null(x, hidden, train))
    return found.value, bar.parts["line"], bar.value


def _imputed(bench: Bench, steps: int = _CSDI, null: Complete | None = None) -> Outcome:
    """Measure gaps and ends; of a ``null`` model, which fills in without learning."""
    tasks: tuple[Task, ...] = ("gap", "future")
    seeds, said, floors, value, worst = bench.seeds([0]), [], [], {}, 0.0
    for seed in seeds:
        for task in tasks:
            config = CrpsConfig(task=task, rows=64, draws=16)
            ours, line, law = _crps(bench, _csdi(steps), seed, config, null)
            worst = max(worst, ours / line)
            value[f"{task}, seed {seed}"] = ours / line
            said.append(f"seed {seed}, {task}: {ours:.3f}, {ours / line:.2f} of a straight line")
            floors.append(f"{law:.3f}")
    return Outcome(
        figure="CRPS " + "; ".join(said),
        value=value,
        passed=worst <= _LINES,
        floor=f"CRPS of the law: {', '.join(floors)}",
        seeds=seeds,
    )


def _forecast(bench: Bench, steps: int = _TIMEGRAD, null: Complete | None = None) -> Outcome:
    """Measure forecasts; of a ``null`` model, which goes on without learning."""
    seeds, said, floors, value, worst = bench.seeds([0]), [], [], {}, 0.0
    config = CrpsConfig(task="future", rows=1000, draws=32)
    for seed in seeds:
        ours, _, law = _crps(bench, _timegrad(steps), seed, config, null)
        worst = max(worst, ours / law)
        value[f"seed {seed}"] = ours / law
        said.append(f"seed {seed}: {ours:.4f}, {ours / law:.3f} of the law")
        floors.append(f"{law:.4f}")
    return Outcome(
        figure="CRPS " + "; ".join(said),
        value=value,
        passed=worst <= _LAW,
        floor=f"CRPS of the law: {', '.join(floors)}",
        seeds=seeds,
    )


@experiment(
    "8D-csdi",
    title="What was not observed, by diffusion",
    claim="One diffusion that reads what was observed fills in gaps and the ends of sine mixtures "
    "at less than half the CRPS of straight lines, after 600 steps. It does not beat a look-up: "
    "the 16 training series that are nearest where both are observed fill in better. What is "
    "shown is that one network answers both questions without keeping the training series.",
    pass_line="CRPS at most .5 of linear interpolation in a gap of a quarter of the time, and of "
    "persistence at its end, 64 unseen series, 16 draws",
    group="8D",
    source="Tashiro et al. 2021, arXiv:2107.03502; other data: no figure of theirs",
    slow=True,
    nulls=[
        Null("one step of training", lambda bench: _imputed(bench, 1)),
        Null("linear interpolation and persistence", lambda bench: _imputed(bench, 1, _straight)),
        Null(
            "64 training series, whatever was observed",
            lambda bench: _imputed(bench, 1, partial(_any, 16)),
        ),
    ],
    baselines=[
        Null(
            "the 16 nearest training series",
            lambda bench: _imputed(bench, 1, partial(_nearest, 16)),
        ),
    ],
)
def sines_imputed(bench: Bench) -> Outcome:
    """Train and fill in."""
    return _imputed(bench)


@experiment(
    "8D-timegrad",
    title="Forecasts of a known process, step by step",
    claim="A recurrent network with a small diffusion of the next number forecasts an AR(2) "
    "process as well as its own law does, within 10 %, after 800 steps. The "
    "futures of the 32 training series with the nearest pasts meet the line as well, less well: "
    "what is shown is that the network needs no training series to forecast.",
    pass_line="CRPS of the last quarter at most 1.10 of that of the law, 1,000 unseen series, 32 "
    "draws",
    group="8D",
    source="Rasul et al. 2021, arXiv:2101.12072; other data: no figure of theirs",
    slow=True,
    nulls=[
        Null("one step of training", lambda bench: _forecast(bench, 1)),
        Null("persistence", lambda bench: _forecast(bench, 1, _straight)),
        Null(
            "128 training series, whatever their past",
            lambda bench: _forecast(bench, 1, partial(_any, 32)),
        ),
    ],
    baselines=[
        Null(
            "futures of the 32 nearest training series",
            lambda bench: _forecast(bench, 1, partial(_nearest, 32)),
        ),
    ],
)
def ar2_forecast(bench: Bench) -> Outcome:
    """Train and go on."""
    return _forecast(bench)

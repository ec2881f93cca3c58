"""RV15, RV16: all recommenders under three protocols, with intervals; and the diffusion of
embeddings against its own history encoder.
"""

from collections.abc import Mapping

import torch
from torch import Tensor

from pushforward.models.ranking.evaluation import UserMetrics
from pushforward.models.ranking.protocols import PROTOCOLS, ProtocolName
from pushforward.models.registry import registry
from pushforward.observables.histories.user_means import Comparison, compare_models, estimate_mean
from pushforward.verify.bench import Bench
from pushforward.verify.claim import Null, Outcome, Table, experiment
from pushforward.verify.recommend.setups import (
    LESSONS,
    METRIC,
    STREAMING,
    available,
    best_possible,
    measure,
    missing_note,
)

__all__ = ["all_models", "diffusion_follows_its_encoder"]

_SEEDS = (0, 1, 2, 3, 4)
_USERS = 600
_CONTROL, _ENCODER, _DIFFUSION = "Windowed", "GRU4Rec", "Embedding diffusion"
_SHARE = 0.9
_MODELS = (
    *("Random", "POP", "Recently popular", "Markov", "Windowed", "Item-kNN", "EASE"),
    *("BPR-MF", "FPMC", "Mult-VAE", "GRU4Rec", "SASRec", "Caser", "BERT4Rec", "SVAE", "ACVAE"),
    _DIFFUSION,
)
_COLUMNS = [
    "model",
    *(
        f"{protocol}: {what}"
        for protocol in PROTOCOLS
        for what in ("NDCG@10", "seeds ±", "less windowed")
    ),
    "recall@100 (ratio)",
    "coverage",
    "diversity",
    "popularity bias",
]


def _is_counted(name: str) -> bool:
    """Return whether a model is fitted in one pass, without random numbers."""
    lesson = LESSONS.get(name)
    if lesson is None:
        return True  # a tuned baseline
    return name != "Random" and registry.get("family", lesson.family).passes > 0


def _runs(
    name: str, seeds: list[int], protocol: ProtocolName = "ratio", data: str = STREAMING
) -> list[UserMetrics]:
    """Return the test metrics of each training seed; one for a model that counts."""
    used = seeds[:1] if _is_counted(name) else seeds
    return [measure(name, data, protocol, seed, _USERS) for seed in used]


def _values(runs: list[UserMetrics], metric: str = METRIC) -> list[Tensor]:
    return [run.values[metric] for run in runs]


def _format(found: Comparison) -> str:
    """Return a difference, and whether it may be chance after the correction."""
    return str(found) if found.is_significant else f"{found}, n.s."


def _cells(runs: list[UserMetrics], compared: Comparison | None) -> list[str]:
    own = estimate_mean(_values(runs))
    spread = f"{own.spread:.3f}" if len(runs) > 1 else ""
    return [str(own), spread, "" if compared is None else _format(compared)]


def _descriptions(runs: list[UserMetrics]) -> list[str]:
    def mean(name: str) -> float:
        return sum(run.mean(name) for run in runs) / len(runs)

    covered = sum(run.coverage(10) for run in runs) / len(runs)
    cells = [f"{mean('recall@100'):.3f}", f"{covered:.2f}"]
    if "diversity@10" not in runs[0].values:
        return [*cells, "", ""]
    return [*cells, f"{mean('diversity@10'):.2f}", f"{mean('lift@10'):+.2f}"]


def _compared(runs: Mapping[str, list[UserMetrics]]) -> dict[str, Comparison]:
    """Compare the means over seeds with those of the control; p-values are corrected by Holm's
    method for the number of models.
    """
    means = {name: torch.stack(_values(each)).mean(dim=0) for name, each in runs.items()}
    control = means.pop(_CONTROL)
    return compare_models(means, control)


@experiment(
    "RV15",
    title="All recommenders under three protocols",
    claim="Reported only: every model on the simulated streaming service, each history "
    "split 80:20, "
    "by its last title, and all at one time, next to the best possible list.",
    pass_line="none: a table",
    group="R",
    source="Ji et al. 2023, arXiv:2010.11060; Klenitskiy et al. 2024, arXiv:2408.12008",
    slow=True,
    no_null="nothing is claimed; random lists and popularity are in the table",
)
def all_models(bench: Bench) -> Outcome:
    """Train all models with each seed, once per protocol."""
    seeds = bench.seeds(_SEEDS)
    rows: dict[str, list[str]] = {name: [name] for name in ("Best possible", *_MODELS)}
    values: dict[str, float] = {}
    for protocol in PROTOCOLS:
        runs = {name: _runs(name, seeds, protocol) for name in _MODELS}
        compared = _compared(runs)
        best = best_possible(STREAMING, protocol, _USERS)
        control = runs[_CONTROL][0].values[METRIC]
        bound = compare_models({"": best.values[METRIC]}, control)[""]
        rows["Best possible"] += _cells([best], bound)
        for name, each in runs.items():
            rows[name] += _cells(each, compared.get(name))
            values[f"{name}, {protocol}"] = estimate_mean(_values(each)).mean
    for name in _MODELS:
        rows[name] += _descriptions(_runs(name, seeds))
    best = best_possible(STREAMING, users=_USERS)
    rows["Best possible"] += _descriptions([best])
    table = Table(
        _COLUMNS,
        list(rows.values()),
        f"{_USERS} users; the mean of {len(seeds)} training seeds for each user, and the standard "
        "deviation of seeds. 95 % intervals over users. n.s.: not significant at 5 % after Holm's "
        f"correction for {len(_MODELS) - 1} comparisons. Baselines are tuned on validation data.",
    )
    top = max(_MODELS, key=lambda name: values[f"{name}, ratio"])
    figure = f"highest NDCG@10 (80:20) {top} {values[f'{top}, ratio']:.3f}; see the table"
    return Outcome(
        figure, values, None, f"best possible {best.mean(METRIC):.3f}", seeds, table=table
    )


def _follows(bench: Bench, name: str) -> Outcome:
    """Compare a model with the encoder of the diffusion, trained by cross-entropy."""
    seeds = bench.seeds(_SEEDS)
    texts, values, passed = [], {}, True
    for data in available():
        runs, encoder = (_values(_runs(each, seeds, data=data)) for each in (name, _ENCODER))
        own, known = estimate_mean(runs), estimate_mean(encoder)
        means = [torch.stack(each).mean(dim=0) for each in (runs, encoder)]
        found = compare_models({name: means[0]}, means[1])[name]
        texts.append(f"{data}: {own}, seeds ± {own.spread:.3f}, less {_ENCODER} {found}")
        values[f"{data}: {METRIC}"] = own.mean
        values[f"{data}: share of {_ENCODER}"] = own.mean / known.mean
        passed &= own.mean >= _SHARE * known.mean
    floor = f"{_ENCODER}: the same history encoder, trained by cross-entropy"
    return Outcome("; ".join(texts) + missing_note(), values, passed, floor, seeds)


@experiment(
    "RV16",
    title="Diffusion of embeddings",
    claim="Diffusion of the next item's embedding predicts about as well as its history encoder "
    "does alone, trained by cross-entropy.",
    pass_line=f"NDCG@10 (80:20 split, full ranking, mean of five seeds) at least {_SHARE:g} times "
    "that of GRU4Rec, on each data set",
    group="R",
    source="Li et al. 2023, arXiv:2304.00686; Yang et al. 2023, arXiv:2310.20453",
    slow=True,
    nulls=[
        Null("POP", lambda bench: _follows(bench, "POP")),
        Null("random items", lambda bench: _follows(bench, "Random")),
    ],
)
def diffusion_follows_its_encoder(bench: Bench) -> Outcome:
    """Train the diffusion and the encoder with each seed."""
    return _follows(bench, _DIFFUSION)

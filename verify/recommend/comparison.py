"""RT: all recommenders under three protocols, with intervals."""

from collections.abc import Mapping

from pushforward.models.ranking.evaluation import UserMetrics
from pushforward.models.ranking.protocols import PROTOCOLS, ProtocolName
from pushforward.models.ranking.significance import compare_models, estimate_mean
from pushforward.verify.claim import Outcome, Table, experiment
from pushforward.verify.recommend.setups import METRIC, STREAMING, best_possible, measure

__all__ = ["all_models"]

_USERS = 600
_CONTROL = "Windowed"
_MODELS = (
    *("Random", "POP", "Recently popular", "Markov", "Windowed", "Item-kNN", "EASE"),
    *("BPR-MF", "FPMC", "Mult-VAE", "GRU4Rec", "SASRec", "Caser", "BERT4Rec", "SVAE", "ACVAE"),
)
_COLUMNS = [
    "model",
    *(f"{protocol}: {what}" for protocol in PROTOCOLS for what in ("NDCG@10", "less windowed")),
    "recall@100 (ratio)",
    "coverage",
    "diversity",
    "popularity bias",
]


def _row(
    name: str,
    found: Mapping[ProtocolName, UserMetrics],
    control: Mapping[ProtocolName, UserMetrics],
) -> list[str]:
    cells = [name]
    for protocol, metrics in found.items():
        cells.append(str(estimate_mean(metrics.values[METRIC])))
        against = control[protocol].values[METRIC]
        compared = compare_models({name: metrics.values[METRIC]}, against)[name]
        cells.append("" if name == _CONTROL else str(compared))
    ratio = found["ratio"]
    cells.append(f"{ratio.mean('recall@100'):.3f}")
    if "diversity@10" in ratio.values:
        described = (ratio.mean("diversity@10"), ratio.mean("lift@10"))
        cells += [f"{ratio.coverage(10):.2f}", f"{described[0]:.2f}", f"{described[1]:+.2f}"]
    else:
        cells += [f"{ratio.coverage(10):.2f}", "", ""]
    return cells


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
def all_models() -> Outcome:
    """Train all models once per protocol."""
    control = {p: measure(_CONTROL, STREAMING, p, users=_USERS) for p in PROTOCOLS}
    best = {p: best_possible(STREAMING, p, _USERS) for p in PROTOCOLS}
    rows, values = [_row("Best possible", best, control)], {}
    for name in _MODELS:
        found = {p: measure(name, STREAMING, p, users=_USERS) for p in PROTOCOLS}
        rows.append(_row(name, found, control))
        values[name] = found["ratio"].mean(METRIC)
    table = Table(
        _COLUMNS,
        rows,
        f"{_USERS} users, one training seed; 95 % intervals over users. Networks vary by about "
        "0.005 from seed to seed. Baselines are tuned on validation data.",
    )
    top = max(values, key=lambda name: values[name])
    figure = f"highest NDCG@10 (80:20) {top} {values[top]:.3f}; see the table"
    bound = best["ratio"].mean(METRIC)
    return Outcome(figure, values, None, f"best possible {bound:.3f}", [0], table=table)

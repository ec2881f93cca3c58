"""GR5 of two named methods that follow a score of noised graphs: EDP-GNN and GDSS.

Both are settings of the diffusion and of its sampler, as the table of all families has them, with
the network that it has for graphs: theirs do not see paths of two edges (`graphs_features`).
Settings were chosen by other graphs and another seed than those of the claims. They are compared
with the lines of published tables; the finer ones are reported as well.
"""

from collections.abc import Mapping
from typing import Any

from pushforward.verify.claim import Null, Outcome, experiment
from pushforward.verify.graphs.family_comparison import SAMPLED
from pushforward.verify.graphs.graph_trainings import (
    Graphs,
    Lesson,
    by_seeds,
    copied,
    edited,
    nulls,
)
from pushforward.verify.graphs.one_shot_models import judged, within
from pushforward.verify.graphs.two_communities import BEYOND, NEW_LINE

__all__ = ["edp_gnn", "gdss"]

_SEED = 21  # of the data: settings were chosen by those of seed 1
_LINE = {
    "degree 20v20": 0.15,
    "clustering 20v20": 0.18,
    "orbit 20v20": 0.07,
    "valid": 0.5,
    "unique": 0.9,
    "novel": 0.9,
    "beyond": BEYOND,
}
_SAID = (
    "by each of three seeds: degree / clustering / orbit MMD^2, biased, 20 v 20: <= .15 / .18 / "
    f".07; valid >= .5, {NEW_LINE}"
)
_STEPS = 700
_JO = "Jo et al. 2022, arXiv:2202.02514"


def _lesson(title: str, config: Mapping[str, Any], sampling: Mapping[str, Any]) -> Lesson:
    family, own, sampler, drawn = SAMPLED[title]
    return Lesson(
        family,
        _STEPS,
        {**own, **config},
        seed=_SEED,
        sampler=sampler,
        sampling={**drawn, **sampling},
    )


# By Langevin's noise a walk in such steps spreads further than its level, and too few pairs are
# joined: clustering was .24 away on graphs of seed 31, and .05 with noise that keeps the level.
_EDP = _lesson("EDP-GNN", {}, {"step": 1.0, "noise": "consistent"})
_GDSS = _lesson("GDSS", {"s_max": 10.0}, {})


def _check_line(made: Graphs) -> Outcome:
    return within(judged(made), _LINE)


def _nulls(lesson: Lesson) -> list[Null]:
    return [
        Null("one step of training", lambda: _check_line(lesson.train_and_sample(0, 1))),
        *nulls(lesson, _check_line, rewiring=True),
        *edited(lesson, _check_line),
        copied(lesson, _check_line),
    ]


@experiment(
    "GR5-edp-gnn",
    title="EDP-GNN learns graphs of two communities",
    claim="EDP-GNN, scores at six levels of noise and 25 steps of Langevin dynamics at each, makes "
    "new graphs of two communities after 700 steps on 80 graphs, where its network hears from all "
    "paths of two edges.",
    pass_line=_SAID,
    group="Graphs",
    source=f"{_JO}, table 1 (the measure); Niu et al. 2020, arXiv:2003.00638, sections 3 and 4",
    slow=True,
    nulls=_nulls(_EDP),
)
def edp_gnn() -> Outcome:
    """Train three seeds."""
    return by_seeds(_EDP, _check_line)


@experiment(
    "GR5-gdss",
    title="GDSS learns graphs of two communities",
    claim="GDSS, noise of pairs in continuous time, walked back with a correction at each of 50 "
    "steps, makes new graphs of two communities after 700 steps on 80 graphs, where its network "
    "hears from all paths of two edges.",
    pass_line=_SAID,
    group="Graphs",
    source=f"{_JO}, section 3, algorithm 1 and table 1",
    slow=True,
    nulls=_nulls(_GDSS),
)
def gdss() -> Outcome:
    """Train three seeds."""
    return by_seeds(_GDSS, _check_line)

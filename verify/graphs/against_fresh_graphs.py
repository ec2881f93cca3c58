"""GR6: graphs of a diffusion are as good as fresh ones, nearly.

What GR5 lets through is far from data: tables of 20 against 20 have a floor as high as what models
differ by. All 100 against 400, unbiased, see much finer.
"""

from dataclasses import replace

from pushforward.verify.claim import Null, Outcome, experiment
from pushforward.verify.graphs.graph_nulls import flipped, independent_edges
from pushforward.verify.graphs.graph_trainings import (
    MADE,
    Graphs,
    Lesson,
    by_seeds,
    copied,
    edited,
    null,
)
from pushforward.verify.graphs.two_communities import BEYOND, NEW_LINE, judged

__all__ = ["as_fresh"]

_LINE = {"degree": 0.025, "clustering": 0.03, "orbit": 0.022}
_VALID, _NEW = 0.7, 0.9
# Chosen by seed 3, which is none of the claim: after 1500 steps one of three had .69 valid.
_LESSON = Lesson("edm", 2500, sampler="heun", sampling={"steps": 25})


def _judged(made: Graphs) -> Outcome:
    """Hold 100 graphs to the finer line."""
    found = judged(made, _LESSON.seed)
    near = all(found.value[name] <= most for name, most in _LINE.items())
    new = min(found.value["unique"], found.value["novel"]) >= _NEW
    good = found.value["valid"] >= _VALID and new and found.value["beyond"] >= BEYOND
    return replace(found, passed=near and good)


@experiment(
    "GR6",
    title="Graphs of a diffusion are nearly as good as fresh ones",
    claim="An EDM diffusion of packed rows of two communities, trained for 2500 steps on 80 "
    "graphs, generates new graphs that are hardly distinguished from data by five times as many "
    "of them and without the bias of published tables.",
    pass_line="degree / clustering / orbit MMD^2, unbiased, 100 v 400: <= .025 / .03 / .022; valid "
    f">= .7, {NEW_LINE}; each of three seeds",
    group="Graphs",
    source="Gretton et al. 2012, JMLR 13, eq. 3 (the estimate); Karras et al. 2022, "
    "arXiv:2206.00364 (the diffusion)",
    slow=True,
    nulls=[
        Null("one step of training", lambda: _judged(_LESSON.train_and_sample(0, 1))),
        null(
            _LESSON, "copies with 2 % of pairs turned", lambda r: flipped(r, MADE, 1, 0.02), _judged
        ),
        null(_LESSON, "edges each for itself", lambda r: independent_edges(r, MADE, 1), _judged),
        *edited(_LESSON, _judged),
        copied(_LESSON, _judged),
    ],
)
def as_fresh() -> Outcome:
    """Train three seeds."""
    return by_seeds(_LESSON, _judged)

"""GR5, GR7 and GR8 of models that make all pairs of a graph at once.

They are held to the lines of `verify.graphs.two_communities`, or to lines of their own where
they are known to be further away. What shows that something joint was learned are the nulls: edges
drawn each for itself in breadth-first order, and copies with some pairs turned.

Settings, and the lines of GraphVAE, were chosen by what graphs of one seed showed; what is measured
here are others.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import torch
from torch import Tensor

from pushforward.models.families.graphs.vgae import Vgae
from pushforward.models.kinds.graphs import GraphSet
from pushforward.models.layouts.graphs import pack, unpack
from pushforward.models.operators.outliers import auc
from pushforward.models.tensors import make_generator
from pushforward.verify.claim import Null, Outcome, experiment
from pushforward.verify.graphs import two_communities
from pushforward.verify.graphs.graph_nulls import copies, erdos_renyi
from pushforward.verify.graphs.graph_trainings import (
    MADE,
    SEEDS,
    Graphs,
    Judge,
    Lesson,
    by_seeds,
    copied,
    edited,
    floor_of,
    nulls,
    of_seeds,
)

__all__ = ["digress", "graph_vae", "judged", "products", "vgae", "within"]

_SEED = 21  # of the data: settings were chosen by those of seed 1
_STEPS = 600  # of DiGress
_HIDDEN = 3200  # stream of the seed (`models.tensors.make_generator`)

Line = Mapping[str, float]
_SHARES = ("valid", "unique", "novel", "beyond")


def judged(made: Graphs) -> Outcome:
    """Hold 100 graphs against unseen ones and against the training graphs."""
    return two_communities.judged(made, _SEED)


def within(outcome: Outcome, line: Line) -> Outcome:
    """Hold what was judged against another line: shares have to reach theirs, others stay below."""
    passed = all(
        outcome.value[name] >= at if name in _SHARES else value <= at
        for name, at in line.items()
        for value in (outcome.value[name],)
    )
    return Outcome(outcome.figure, outcome.value, passed, outcome.floor, outcome.seeds)


def _lesson(family: str, steps: int, **config: Any) -> Lesson:
    return Lesson(family, steps, config, seed=_SEED)


_COMMUNITIES = _lesson("digress", _STEPS)


def _nulls(judge: Judge) -> list[Null]:
    return [
        *nulls(_COMMUNITIES, judge),
        *edited(_COMMUNITIES, judge),
        copied(_COMMUNITIES, judge),
    ]


_SOURCE = "lines of GR5-edm; Vignac et al. 2023, arXiv:2209.14734, section 6.1"


@lru_cache(maxsize=8)
def _by_digress(net: str, steps: int, seed: int = 0) -> Outcome:
    picked = {"net": {"slug": net}} if net else {}
    return judged(_lesson("digress", steps, **picked).train_and_sample(seed))


@experiment(
    "GR5-digress",
    title="DiGress learns graphs of two communities",
    claim="A discrete diffusion with the marginal path, 100 steps and a graph network of 70,000 "
    "weights trained for 600 steps on 80 graphs makes new graphs of two communities.",
    pass_line="by each of three seeds: degree / clustering / orbit MMD^2, biased, 20 v 20: <= .15 "
    "/ .18 / .07; unbiased, 100 v 400: <= .03 / .09 / .05; valid >= .5, "
    + two_communities.NEW_LINE,
    group="Graphs",
    source=_SOURCE,
    slow=True,
    nulls=[Null("one step of training", lambda: _by_digress("", 1)), *_nulls(judged)],
)
def digress() -> Outcome:
    """Train three seeds."""
    return of_seeds(
        [_by_digress("", _STEPS, seed) for seed in SEEDS], floor_of(_COMMUNITIES, judged)
    )


_TIMES = 1.4


def _worse(without: Outcome, beside: Outcome) -> Outcome:
    name = "clustering 20v20"
    ratio = without.value[name] / beside.value[name]
    return Outcome(
        f"clustering 20v20 {without.value[name]:.3f} without products, {beside.value[name]:.3f} "
        f"with them: {ratio:.2f} times",
        {"times": ratio, "without": without.value[name], "with": beside.value[name]},
        ratio >= _TIMES,
        "",
        [],
    )


@experiment(
    "GR7-products",
    title="Products of pairs see what attention does not",
    claim="After the same number of steps DiGress is further from the data with a graph "
    "transformer that sees cycles and slow modes than with a network whose pairs combine all "
    "paths of length two by a matrix product.",
    pass_line="by each of three seeds: ratio of the clustering MMD^2, biased, 20 v 20: >= 1.4",
    group="Graphs",
    source="Maron et al. 2019, arXiv:1905.11136, section 3 (what products of matrices see)",
    slow=True,
    nulls=[
        Null(
            "one step of training of the one with products",
            lambda: _worse(_by_digress("graph-transformer", _STEPS), _by_digress("", 1)),
        )
    ],
)
def products() -> Outcome:
    """Train three seeds with each network."""
    ratios = [
        _worse(_by_digress("graph-transformer", _STEPS, seed), _by_digress("", _STEPS, seed))
        for seed in SEEDS
    ]
    return of_seeds(ratios, floor_of(_COMMUNITIES, judged))


_DECODED = {
    "degree 20v20": 0.15,
    "clustering 20v20": 0.26,
    "orbit 20v20": 0.075,
    "valid": 0.35,
    "unique": 0.9,
    "novel": 0.9,
    "beyond": two_communities.BEYOND,
}


def _decoded(graphs: Graphs) -> Outcome:
    return within(judged(graphs), _DECODED)


# Chosen by seed 10: clustering / orbit .17 / .06 after 1500 steps, .11 / .03 after 5000; and by
# graphs of seed 31, with one prior for all .23 / .08, with one by the size .16 / .05.
_AUTOENCODER = _lesson("graph-vae", 5000)


@experiment(
    "GR8-graph-vae",
    title="GraphVAE is nearer than edges each for itself",
    claim="A GraphVAE, trained for 5000 steps on 80 graphs in breadth-first order, makes graphs of "
    "two communities that are nearer to the data than edges that are drawn each for itself in that "
    "order.",
    pass_line="by each of three seeds: degree / clustering / orbit MMD^2, biased, 20 v 20: <= .15 "
    "/ .26 / .075; valid >= .35, " + two_communities.NEW_LINE,
    group="Graphs",
    source="Simonovsky and Komodakis 2018, arXiv:1802.03480, eq. 1",
    slow=True,
    nulls=[
        Null("one step of training", lambda: _decoded(_AUTOENCODER.train_and_sample(0, 1))),
        *_nulls(_decoded),
    ],
)
def graph_vae() -> Outcome:
    """Train three seeds."""
    return by_seeds(_AUTOENCODER, _decoded)


_LINKS, _CLUSTERED, _ORBITS = 0.8, 0.6, 0.2


def _links() -> tuple[GraphSet, Tensor, Tensor]:
    """Return unseen graphs with a tenth of their edges hidden, and masks of the hidden pairs and of
    pairs that are no edges, (n, pairs) bool.
    """
    whole = _COMMUNITIES.graphs(MADE, _SEED + 4)
    edges = whole.x > 0
    chance = torch.rand(edges.shape, generator=make_generator(_SEED, _HIDDEN))
    hidden = edges & (chance < 0.1)
    joined = unpack(whole.x, whole.packing) & ~whole.packing.dense(hidden)
    return GraphSet(pack(joined, whole.size), whole.size), hidden, whole.x < 0


def _linked(area: float, graphs: Graphs) -> Outcome:
    known = judged(graphs)
    value = {"AUC": area, "clustering": known.value["clustering"], "orbit": known.value["orbit"]}
    passed = area >= _LINKS and value["clustering"] <= _CLUSTERED and value["orbit"] <= _ORBITS
    return Outcome(f"AUC of hidden edges {area:.3f}; {known.figure}", value, passed, "", [0])


def _by_vgae(seed: int, steps: int) -> Outcome:
    lesson = _lesson("vgae", steps)
    family = lesson.taught(seed)
    assert isinstance(family, Vgae)
    seen, hidden, absent = _links()
    score = family.expected(family.spec.standardised(seen.rows(slice(None))))
    return _linked(float(auc(score[hidden], score[absent])[0]), lesson.sample_from(family, seed))


def _by_degrees() -> Outcome:
    """Score a pair by the degrees of its nodes, and draw as many edges anywhere."""
    seen, hidden, absent = _links()
    degree = seen.adjacency.sum(dim=2).double()
    score = seen.packing.flat(degree[:, :, None] * degree[:, None])
    train = _COMMUNITIES.learned
    made = erdos_renyi((train.adjacency, train.size), MADE, _SEED)
    return _linked(float(auc(score[hidden], score[absent])[0]), made)


def _by_neighbours() -> Outcome:
    """Score a pair by the number of common neighbours, and copy training graphs."""
    seen, hidden, absent = _links()
    square = seen.adjacency.double()
    score = seen.packing.flat(square @ square)
    train = _COMMUNITIES.learned
    made = copies((train.adjacency, train.size), MADE, _SEED)
    return _linked(float(auc(score[hidden], score[absent])[0]), made)


@experiment(
    "GR8-vgae",
    title="Latents of nodes say which links are missing",
    claim="A VGAE trained for 800 steps on 80 graphs finds edges that are hidden in graphs that it "
    "has not seen, and makes graphs that are nearer to the data than random ones of their size; "
    "that two communities are equal in size, latents of nodes drawn each for itself cannot know. "
    "Counting common neighbours finds hidden edges about as well, and copies of training graphs "
    "are nearer to the data: it shows what the latents hold, and no advantage.",
    pass_line="by each of three seeds: area under the curve of hidden edges >= .8; clustering / "
    "orbit MMD^2, unbiased, 100 v 400: <= .6 / .2",
    group="Graphs",
    source="Kipf and Welling 2016, arXiv:1611.07308, section 2",
    slow=True,
    nulls=[
        Null("one step of training", lambda: _by_vgae(0, 1)),
        Null("degrees, and as many edges anywhere", _by_degrees),
    ],
    baselines=[Null("common neighbours, and copies of training graphs", _by_neighbours)],
)
def vgae() -> Outcome:
    """Train three seeds."""
    return of_seeds([_by_vgae(seed, 800) for seed in SEEDS], floor_of(_COMMUNITIES, judged))

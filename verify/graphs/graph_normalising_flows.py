"""GR5 and GR8 of flows of graphs, of a generator that draws bits, and of look-alikes, on graphs by
which no setting was chosen.
"""

from dataclasses import replace

import torch

from pushforward.verify.claim import Null, Outcome, experiment
from pushforward.verify.graphs.graph_nulls import moved, rewired
from pushforward.verify.graphs.graph_trainings import (
    MADE,
    Graphs,
    Lesson,
    by_seeds,
    copied,
    edited,
    null,
    nulls,
)
from pushforward.verify.graphs.one_shot_models import judged, within
from pushforward.verify.graphs.two_communities import BEYOND, NEW_LINE

__all__ = ["cell", "graph_af", "graph_nvp", "mol_gan"]

_SEED = 21  # of the data: settings and lines were chosen by those of seed 1
# Chosen by seed 10: .80 were valid after 700 steps and .91 after 1400; by graphs of seed 31 it was
# .98 with a number for each type of a pair.
_AF = Lesson("graph-af", 1400, seed=_SEED)
# By seed 10 clustering / orbit were .24 / .15 away with the paper's noise of .9, .08 / .02 with .3.
_NVP = Lesson("graph-nvp", 1200, seed=_SEED)
_WIDE = replace(_NVP, config={"noise": 0.9})
# By seed 10 half were valid so; nearly all others were in pieces, as most were without the wish.
_GAN = Lesson("mol-gan", 300, {"wish": "connected"}, seed=_SEED)
_CELL = Lesson("cell", 300, seed=_SEED)


@experiment(
    "GR5-graph-af",
    title="GraphAF learns graphs of two communities",
    claim="GraphAF, a flow of pairs with noise whose network has 37,000 weights, makes new graphs "
    "of two communities after 1400 steps on 80 graphs.",
    pass_line="by each of three seeds: degree / clustering / orbit MMD^2, biased, 20 v 20: <= .15 "
    "/ .18 / .07; unbiased, 100 v 400: <= .03 / .09 / .05; valid >= .5, " + NEW_LINE,
    group="Graphs",
    source="lines of GR5-edm; Shi et al. 2020, arXiv:2001.09382, section 4.1",
    slow=True,
    nulls=[
        Null("one step of training", lambda: judged(_AF.train_and_sample(0, 1))),
        *nulls(_AF, judged, rewiring=True),
        *edited(_AF, judged),
        copied(_AF, judged),
    ],
)
def graph_af() -> Outcome:
    """Train three seeds."""
    return by_seeds(_AF, judged)


_COUPLED = {
    "degree 20v20": 0.15,
    "clustering 20v20": 0.14,
    "orbit 20v20": 0.09,
    "valid": 0.5,
    "unique": 0.9,
    "novel": 0.9,
    "beyond": BEYOND,
}


def _coupled(graphs: Graphs) -> Outcome:
    return within(judged(graphs), _COUPLED)


@experiment(
    "GR8-graph-nvp",
    title="GraphNVP is nearer than edges each for itself",
    claim="GraphNVP, couplings of the pairs of one node after another, is nearer to graphs of two "
    "communities after 1200 steps on 80 graphs in breadth-first order than edges that are drawn "
    "each for itself in that order, where noise moves a pair by .3 at most; by the paper's .9 it "
    "is not.",
    pass_line="by each of three seeds: degree / clustering / orbit MMD^2, biased, 20 v 20: <= .15 "
    "/ .14 / .09, beyond which edges each for itself are; valid >= .5, " + NEW_LINE,
    group="Graphs",
    source="Madhawa et al. 2019, arXiv:1905.11600, section 3",
    slow=True,
    nulls=[
        Null("one step of training", lambda: _coupled(_NVP.train_and_sample(0, 1))),
        Null("the paper's noise, .9", lambda: _coupled(_WIDE.train_and_sample(0))),
        *nulls(_NVP, _coupled),
        *edited(_NVP, _coupled),
        copied(_NVP, _coupled),
    ],
)
def graph_nvp() -> Outcome:
    """Train three seeds."""
    return by_seeds(_NVP, _coupled)


_CRITICISED = {
    "degree 20v20": 0.15,
    "clustering 20v20": 0.18,
    "orbit 20v20": 0.07,
    "valid": 0.3,
    "unique": 0.9,
    "novel": 0.9,
    "beyond": BEYOND,
}


def _criticised(graphs: Graphs) -> Outcome:
    return within(judged(graphs), _CRITICISED)


@experiment(
    "GR8-mol-gan",
    title="MolGAN draws graphs of two communities",
    claim="A generator that draws all pairs at once, a critic whose slope goes back through the "
    "draws and a reward for graphs in one piece make new graphs near to those of two communities "
    "after 300 steps on 80 graphs.",
    pass_line="by each of three seeds: degree / clustering / orbit MMD^2, biased, 20 v 20: <= .15 "
    "/ .18 / .07; valid >= .3, " + NEW_LINE,
    group="Graphs",
    source="De Cao and Kipf 2018, arXiv:1805.11973, section 3",
    slow=True,
    nulls=[
        Null("one step of training", lambda: _criticised(_GAN.train_and_sample(0, 1))),
        *nulls(_GAN, _criticised, rewiring=True),
        *edited(_GAN, _criticised),
        copied(_GAN, _criticised),
    ],
)
def mol_gan() -> Outcome:
    """Train three seeds."""
    return by_seeds(_GAN, _criticised)


_ALIKE = {
    "clustering": 0.06,
    "orbit": 0.06,
    "valid": 0.7,
    "unique": 0.9,
    "novel": 0.9,
    "beyond": BEYOND,
}
_KEPT = 0.95


def _shared(made: Graphs) -> float:
    """Return which share of its edges a graph has of the training graph that it has most of, the
    median.
    """
    train = _CELL.learned
    shares = [
        float((train.adjacency[train.size == n] & square).sum(dim=(1, 2)).max() / square.sum())
        for square, n in zip(*made, strict=True)
    ]
    return float(torch.tensor(shares).median())


def _alike(made: Graphs) -> Outcome:
    found, shared = within(judged(made), _ALIKE), _shared(made)
    return Outcome(
        f"{found.figure}, edges of an original {shared:.2f}",
        {**found.value, "shared": shared},
        bool(found.passed) and shared <= _KEPT,
        "",
        found.seeds,
    )


def _elsewhere() -> Outcome:
    """Keep as many edges as look-alikes do, and put the others anywhere."""
    train = _CELL.learned
    kept = _shared(_CELL.train_and_sample(0))
    return _alike(moved((train.adjacency, train.size), MADE, _SEED, kept))


@experiment(
    "GR8-cell",
    title="Look-alikes keep what a graph is like, not only its edges",
    claim="Look-alikes that CELL draws by walks of rank 3 are new graphs of two communities, where "
    "as many edges of the same graphs with the others anywhere are not.",
    pass_line="by each of three seeds: clustering / orbit MMD^2, unbiased, 100 v 400: <= .06 / "
    f".06; valid >= .7, {NEW_LINE}; at most .95 of the edges those of an original",
    group="Graphs",
    source="Rendsburg et al. 2020, NetGAN without GAN, PMLR 119, section 5",
    slow=True,
    nulls=[
        Null("one step of training", lambda: _alike(_CELL.train_and_sample(0, 1))),
        Null("as many edges kept, the others anywhere", _elsewhere),
        null(_CELL, "rewired", lambda r: rewired(r, MADE, _SEED), _alike),
        *nulls(_CELL, _alike),
        *edited(_CELL, _alike),
        copied(_CELL, _alike),
    ],
)
def cell() -> Outcome:
    """Draw by three seeds."""
    return by_seeds(_CELL, _alike)

"""GR5, GR9 and GR12 of sequential graph models. GraphRNN and lists of edges have the lines of
published tables and the finer ones of `verify.graphs.two_communities`, motifs to the former. A
grammar makes every sample valid even untrained, so a trained one must also be nearer to the data;
exact structures such as lobsters are the strength of these models. (A grammar of trees, as long
trained on these lobsters, makes nothing else either, by seed 0: what a grammar of lobsters adds
there is that it holds before any training.)
"""

from collections.abc import Callable
from dataclasses import replace

from torch import Tensor

from pushforward.models.data.lobsters import LobstersConfig
from pushforward.models.layouts.graph_validity import lobster
from pushforward.models.metrics.graphs.discrepancy import discrepancy
from pushforward.models.metrics.graphs.isomorphism import novelty, uniqueness
from pushforward.verify.claim import Null, Outcome, experiment
from pushforward.verify.graphs.graph_nulls import leaf_moved
from pushforward.verify.graphs.graph_trainings import (
    MADE,
    Graphs,
    Judge,
    Lesson,
    by_seeds,
    copied,
    edited,
    null,
    nulls,
)
from pushforward.verify.graphs.two_communities import BEYOND, NEW_LINE, judged

__all__ = ["edge_list", "gran", "graph_rnn", "lobsters", "motifs", "rules"]

_MORE = 400
_UNSEEN = 21  # of the data: settings were chosen by graphs of seed 1
_PUBLISHED = {"degree": 0.15, "clustering": 0.18, "orbit": 0.07}
_GOYAL = "Goyal et al. 2020, arXiv:2001.08184"
_KUSNER = "Kusner et al. 2017, arXiv:1703.01925"
_YOU = "You et al. 2018, arXiv:1802.08773"
_LIAO = "Liao et al. 2019, arXiv:1910.00760"

Valid = Callable[[Tensor, Tensor], Tensor]


_RNN = Lesson("graph-rnn", 1500, seed=_UNSEEN)
# As in the paper 20 ways, depth first; whether a node is joined to none has a chance of its own.
# By graphs of seeds 31 and 61 (seeds 12 and 11) degrees were -.005 and .019 away, and .96 and .93
# of the graphs valid. While the mixture said it, too, .63 were (31, 12): it made 2.4 % of the nodes
# alone, which no graph in one piece has.
_GRAN = Lesson("gran", 1500, {"net": {"mixture": 20}, "order": "depth"}, seed=_UNSEEN)
_EDGES = Lesson("edge-list", 800)
_JO = "Jo et al. 2022, arXiv:2202.02514, table 1 (the measure)"


def _nulls(lesson: Lesson, judge: Judge) -> list[Null]:
    """Return models that must miss the line of a judge, copies aside."""
    untaught = Null("one step of training", lambda: judge(lesson.train_and_sample(0, 1)))
    return [untaught, *nulls(lesson, judge, rewiring=True)]


_TABLES = (
    "by each of three seeds: degree / clustering / orbit MMD^2, biased, 20 v 20: <= .15 / .18 / .07"
)
_LINE = f"{_TABLES}; unbiased, 100 v 400: <= .03 / .09 / .05; valid >= .5, {NEW_LINE}"


def _unseen(made: Graphs) -> Outcome:
    return judged(made, _UNSEEN)


def _communities(made: Graphs) -> Outcome:
    """Compare 100 graphs with the lines of published tables, and report the finer ones."""
    found = _unseen(made)
    near = all(found.value[f"{name} 20v20"] <= line for name, line in _PUBLISHED.items())
    new = min(found.value["unique"], found.value["novel"]) >= 0.9
    far = found.value["beyond"] >= BEYOND
    return replace(found, passed=near and found.value["valid"] >= 0.5 and new and far)


@experiment(
    "GR5-graph-rnn",
    title="GraphRNN learns graphs of two communities",
    claim="GraphRNN, two GRUs of 44,000 weights trained for 1500 steps on 80 graphs, makes new "
    "graphs of two communities.",
    pass_line=_LINE,
    group="Graphs",
    source=f"{_JO}; {_YOU}, section 2",
    slow=True,
    nulls=[*_nulls(_RNN, _unseen), *edited(_RNN, _unseen), copied(_RNN, _unseen)],
)
def graph_rnn() -> Outcome:
    """Train three seeds."""
    return by_seeds(_RNN, _unseen)


@experiment(
    "GR5-gran",
    title="GRAN learns graphs of two communities",
    claim="GRAN, which says how likely a node is joined to none, and else whose edges are one of "
    "twenty mixtures after three rounds of messages, makes new graphs of two communities after "
    "1500 steps on 80 graphs in depth-first order.",
    pass_line=_LINE,
    group="Graphs",
    source=f"{_JO}; {_LIAO}, sections 2.2 and 2.3",
    slow=True,
    nulls=[*_nulls(_GRAN, _unseen), *edited(_GRAN, _unseen), copied(_GRAN, _unseen)],
)
def gran() -> Outcome:
    """Train three seeds."""
    return by_seeds(_GRAN, _unseen)


@experiment(
    "GR5-edge-list",
    title="Edge lists of graphs of two communities",
    claim="A causal transformer of 121,000 weights that writes edge after edge, depth first, makes "
    "new graphs of two communities after 800 steps on 80 graphs.",
    pass_line=_LINE,
    group="Graphs",
    source=f"{_JO}; the words: {_GOYAL}, section 3",
    slow=True,
    nulls=[*_nulls(_EDGES, judged), *edited(_EDGES, judged), copied(_EDGES, judged)],
)
def edge_list() -> Outcome:
    """Train three seeds."""
    return by_seeds(_EDGES, judged)


_MOTIFS = Lesson("motif-by-motif", 600, seed=_UNSEEN)


@experiment(
    "GR5-motif-by-motif",
    title="Cliques, one after another, make graphs of two communities",
    claim="A causal transformer that adds cliques whole and then says what each of their nodes is "
    "joined to makes new graphs of two communities after 600 steps on 80 graphs.",
    pass_line=f"{_TABLES}; valid >= .5, {NEW_LINE}",
    group="Graphs",
    source=f"{_JO}; the motifs: Maziarz et al. 2022, arXiv:2103.03864, section 2",
    slow=True,
    nulls=[
        *_nulls(_MOTIFS, _communities),
        *edited(_MOTIFS, _communities),
        copied(_MOTIFS, _communities),
    ],
)
def motifs() -> Outcome:
    """Train three seeds."""
    return by_seeds(_MOTIFS, _communities)


_MANY_LEGS = LobstersConfig(legs=0.8, feet=0.2)
_RULES = Lesson("rule-sequence", 400, {"grammar": "lobsters"}, "lobsters", _MANY_LEGS, train=400)
_LOBSTERS = Lesson("graph-rnn", 1000, {}, "lobsters", LobstersConfig())


def _leaf(lesson: Lesson, judge: Judge) -> Null:
    """Return the baseline that edits training lobsters: each with one leaf moved."""
    title = "training lobsters with one leaf moved, renumbered"
    return null(lesson, title, lambda real: leaf_moved(real, MADE, lesson.seed), judge)


def _check_line(
    lesson: Lesson, made: Graphs, holds: Valid, least: float, near: dict[str, float], new: float
) -> Outcome:
    """Check that 100 graphs are valid, near 400 unseen graphs, and new."""
    train, more = lesson.learned, lesson.graphs(_MORE, lesson.seed + 2)
    real = more.adjacency, more.size
    value = {
        "valid": float(holds(*made).double().mean()),
        **{name: discrepancy(name, made, real, "unbiased") for name in near},
        "unique": uniqueness(*made),
        "novel": novelty(made, (train.adjacency, train.size)),
    }
    passed = (
        value["valid"] >= least
        and all(value[name] <= line for name, line in near.items())
        and value["novel"] >= new
    )
    figure = ", ".join(f"{name} {x:.3f}" for name, x in value.items())
    return Outcome(figure, value, passed, "", [lesson.seed])


def _by_rules(made: Graphs) -> Outcome:
    return _check_line(_RULES, made, lobster, 1.0, {"degree": 0.02, "orbit": 0.02}, 0.4)


def _lobsters(made: Graphs) -> Outcome:
    return _check_line(_LOBSTERS, made, lobster, 0.5, {"degree": 0.02, "orbit": 0.01}, 0.9)


@experiment(
    "GR9",
    title="A grammar of lobsters makes lobsters, and those of the data",
    claim="A transformer that writes rules of a grammar makes nothing but lobsters, before any "
    "training, too; after 400 steps on 400 graphs with many legs and few feet their degrees and "
    "orbits are those of the data. It does not show more: training lobsters with one leaf moved "
    "meet the line as well, since there are few small lobsters and 400 of them are training data.",
    pass_line="by each of three seeds: valid 1; degree and orbit MMD^2, unbiased, 100 v 400, "
    "<= .02; novel >= .4, of which fresh ones are little more",
    group="Graphs",
    source=f"{_KUSNER}, section 3; lobsters as in {_LIAO}, section 4.1",
    slow=True,
    nulls=[
        Null("the grammar before it has learned", lambda: _by_rules(_RULES.train_and_sample(0, 1))),
        *_nulls(_RULES, _by_rules)[1:],
        copied(_RULES, _by_rules),
    ],
    baselines=[_leaf(_RULES, _by_rules)],
)
def rules() -> Outcome:
    """Train three seeds."""
    return by_seeds(_RULES, _by_rules)


@experiment(
    "GR12-lobsters",
    title="GraphRNN keeps lobsters lobsters",
    claim="GraphRNN, trained for 1000 steps on 80 lobsters, mostly makes lobsters, though it knows "
    "no rule of them. That it learns more than small edits is not shown: training lobsters with "
    "one leaf moved meet the line as well.",
    pass_line="by each of three seeds: valid >= .5; degree and orbit MMD^2, unbiased, 100 v 400, "
    "<= .02 / .01; novel >= .9",
    group="Graphs",
    source=f"lines of our own; {_YOU}, section 2; lobsters as in {_LIAO}, section 4.1",
    slow=True,
    nulls=[*_nulls(_LOBSTERS, _lobsters), copied(_LOBSTERS, _lobsters)],
    baselines=[_leaf(_LOBSTERS, _lobsters)],
)
def lobsters() -> Outcome:
    """Train three seeds."""
    return by_seeds(_LOBSTERS, _lobsters)

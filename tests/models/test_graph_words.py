"""Graphs as words: what is written is read, how likely it was, and what can be drawn at all."""

import math
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise, product

import pytest
import torch
from torch import Tensor

from pushforward.models.config import ConfigError
from pushforward.models.contracts.learner import Learner
from pushforward.models.data.graph_draws import GraphSizes
from pushforward.models.data.lobsters import LobstersConfig, lobsters
from pushforward.models.data.trees import trees
from pushforward.models.families.graphs.edge_list import EdgeByEdge, EdgeListConfig
from pushforward.models.families.graphs.motif_by_motif import MotifByMotif, MotifByMotifConfig
from pushforward.models.families.graphs.rule_sequence import RuleSequence, RuleSequenceConfig
from pushforward.models.families.graphs.word_by_word import WordByWord
from pushforward.models.kinds.graphs import GraphSet
from pushforward.models.layouts.graph_validity import connected, lobster, tree
from pushforward.models.layouts.graph_words.edge_list import EdgeList
from pushforward.models.layouts.graph_words.grammar import Grammar
from pushforward.models.layouts.graph_words.language import Chances, Language, Neighbours, Reading
from pushforward.models.layouts.graph_words.motifs import Motifs
from pushforward.models.layouts.graphs import Packing, pack, unpack
from pushforward.models.nets.sequences import transformer
from pushforward.models.nets.sequences.transformer import SymbolTransformerConfig
from pushforward.models.tensors import make_generator

SMALL = SymbolTransformerConfig(width=8, layers=1, heads=2)
CPU = torch.device("cpu")


def languages(nodes: int) -> dict[str, Language]:
    return {
        "edges": EdgeList(nodes),
        "any": Grammar("any", nodes),
        "connected": Grammar("connected", nodes),
        "trees": Grammar("trees", nodes),
        "lobsters": Grammar("lobsters", nodes),
        "cliques": Motifs("cliques", nodes),
        "rings": Motifs("rings", nodes),
    }


each_language = pytest.mark.parametrize("name", sorted(languages(4)))
MAKE = {"any": None, "connected": connected, "trees": tree, "lobsters": lobster}
"""Which graphs a grammar is about."""


def neighbours(adjacency: Tensor) -> Neighbours:
    return [row.nonzero()[:, 0].tolist() for row in adjacency]


def matrix(reading: Reading) -> Tensor:
    found = torch.zeros((reading.size, reading.size), dtype=torch.bool)
    for one, other in reading.edges:
        assert one > other
        assert not found[one, other], "no edge is said twice"
        found[one, other] = found[other, one] = True
    return found


def all_graphs(nodes: int) -> Tensor:
    packing = Packing(nodes)
    return packing.dense(torch.tensor(list(product([False, True], repeat=packing.pairs))))


def fitting(name: str, graphs: Tensor) -> Tensor:
    """Those graphs (n, N, N) that a language is about."""
    holds = MAKE.get(name)
    return (
        graphs
        if holds is None
        else graphs[holds(graphs, torch.full((len(graphs),), graphs.shape[1]))]
    )


class Every(Chances):
    """All ways to choose, one after another."""

    def __init__(self) -> None:
        self.log_prob = 0.0
        self._ahead: list[tuple[int, int]] = []
        self._at = 0

    def pick(self, options):
        if self._at == len(self._ahead):
            self._ahead.append((0, len(options)))
        self.log_prob -= math.log(len(options))
        choice, count = self._ahead[self._at]
        assert count == len(options)
        self._at += 1
        return options[choice]

    def onward(self) -> bool:
        """Go on to the next way; return whether there is one."""
        self._at, self.log_prob = 0, 0.0
        while self._ahead:
            choice, count = self._ahead.pop()
            if choice + 1 < count:
                self._ahead.append((choice + 1, count))
                return True
        return False


def ways(
    language: Language, graph: Neighbours
) -> Iterator[tuple[tuple[int, ...], tuple[int, ...], float]]:
    """Yield all words of a graph with their orders and probabilities, with repetition."""
    chances = Every()
    while True:
        written = language.written(graph, chances)
        assert written is not None
        yield tuple(written.word), tuple(written.order), math.exp(chances.log_prob)
        if not chances.onward():
            return


def all_words(language: Language, size: int) -> Iterator[tuple[int, ...]]:
    """Yield every word that can be read."""

    def onward(word: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
        reading = language.reading(size)
        for symbol in word:
            reading.read(symbol)
        allowed = reading.allowed()
        assert allowed == sorted(set(allowed))
        if not allowed:
            assert reading.nodes == size
            assert len(word) <= language.longest
            yield word
        for symbol in allowed:
            assert symbol < language.symbols
            yield from onward((*word, symbol))

    return onward(())


@each_language
def test_what_is_written_is_read(name: str):
    data = lobsters(LobstersConfig(), 20, 0) if name in ("trees", "lobsters") else None
    if data is None:
        rng = make_generator(0)
        square = torch.rand((20, 12, 12), generator=rng) < 0.35
        square[:, torch.arange(11), torch.arange(1, 12)] |= name == "connected"
        size = torch.randint(1, 13, (20,), generator=rng)
        data = GraphSet(pack(square, size), size)
    language = languages(data.packing.nodes)[name]
    chances = Chances(make_generator(1))
    for square, size in zip(data.adjacency, data.size.tolist(), strict=True):
        square = square[:size, :size]
        written = language.written(neighbours(square), chances)
        assert written is not None
        assert len(written.word) <= language.longest
        reading = language.reading(size)
        for symbol in written.word:
            assert symbol in reading.allowed()
            reading.read(symbol)
        assert reading.allowed() == []
        assert torch.equal(matrix(reading), square[written.order][:, written.order])


@each_language
def test_a_word_is_as_likely_as_it_is_said_to_be(name: str):
    """Where several ways to choose led to one word, the logarithm of one would not be its own."""
    language = languages(5)[name]
    for graph in fitting(name, all_graphs(5))[::97]:
        found = list(ways(language, neighbours(graph)))
        assert sum(likely for *_, likely in found) == pytest.approx(1.0)
        assert len({(word, order) for word, order, _ in found}) == len(found)


@pytest.mark.parametrize("name", ["edges", "any", "connected", "trees"])
def test_every_word_is_one_of_a_graph(name: str):
    """Each as often as nodes can be numbered, so that the probabilities of all numbered graphs, as
    sums over their words, sum to one if those of words do.
    """
    language = languages(4)[name]
    found = Counter(
        word
        for graph in fitting(name, all_graphs(4))
        for word, _, _ in ways(language, neighbours(graph))
    )
    assert set(found) == set(all_words(language, 4))
    assert set(found.values()) == {math.factorial(4)}


@pytest.mark.parametrize("name", ["trees", "lobsters", "connected"])
def test_a_grammar_derives_what_it_is_about_and_nothing_else(name: str):
    language, holds = languages(7)[name], MAKE[name]
    for nodes in (1, 2, 3, 4, 5):
        made = set()
        for word in all_words(language, nodes):
            reading = language.reading(nodes)
            for symbol in word:
                reading.read(symbol)
            made.add(matrix(reading))
        graphs = torch.stack(list(made))
        assert holds(graphs, torch.full((len(graphs),), nodes)).all()
    chances = Chances(make_generator(4))
    if name == "lobsters":
        # Few trees are none: the smallest has 10 nodes.
        some = trees(GraphSizes(smallest=10, largest=14), 80, 0)
        graphs, size = some.adjacency, some.size
    else:
        graphs, size = fitting("any", all_graphs(5))[::7], torch.full((147,), 5)
    derived = [
        languages(14)[name].written(neighbours(a[:n, :n]), chances) is not None
        for a, n in zip(graphs, size.tolist(), strict=True)
    ]
    assert derived == holds(graphs, size).tolist()
    assert 0 < sum(derived) < len(derived)


def wild(make: type[Learner], config, data: GraphSet) -> WordByWord:
    """A model whose weights are far from where they start."""
    made = make(config, data.spec(), horizon=10, seed=0, device=CPU)
    for net in (made.trained.net, made.trained.averaged):
        for stream, weight in enumerate(net.parameters()):
            weight.data.normal_(std=0.5, generator=make_generator(0, stream))
    return made


def edge_by_edge(data: GraphSet) -> WordByWord:
    return wild(EdgeByEdge, EdgeListConfig(net=SMALL), data)


def sized(adjacency: Tensor) -> GraphSet:
    size = torch.full((len(adjacency),), adjacency.shape[1])
    return GraphSet(pack(adjacency, size), size)


@pytest.mark.parametrize("name", ["trees", "lobsters", "connected"])
def test_whatever_the_weights_are_every_draw_is_valid(name: str):
    data = lobsters(LobstersConfig(), 20, 0)
    made = wild(RuleSequence, RuleSequenceConfig(grammar=name, net=SMALL), data)
    latents = made.prior(60, make_generator(1))
    *_, last = made.flow(latents)
    size = latents.given["size"]
    assert MAKE[name](unpack(last.x, data.packing), size).all()
    assert torch.equal(last.x != 0.0, latents.mask)


@pytest.mark.parametrize("make", ["edges", "rules", "motifs"])
def test_the_probabilities_of_all_words_sum_to_one(make: str):
    data = sized(all_graphs(3))
    made = {
        "edges": edge_by_edge,
        "rules": lambda d: wild(RuleSequence, RuleSequenceConfig(net=SMALL), d),
        "motifs": lambda d: wild(MotifByMotif, MotifByMotifConfig(net=SMALL), d),
    }[make](data)
    words = list(all_words(made.language, 3))
    likely = dict(zip(words, probabilities(made, data, words).tolist(), strict=True))
    assert sum(likely.values()) == pytest.approx(1.0, abs=1e-5)
    # And they are drawn as often as that.
    n = 3000
    latents = made.prior(n, make_generator(2), {"size": torch.tensor(3)})
    drawn, _ = made._written(made.trained.averaged.edges, latents, [3] * n)
    for word, count in Counter(map(tuple, drawn)).items():
        assert abs(count / n - likely[word]) < 5 * math.sqrt(likely[word] / n) + 1 / n, word


@pytest.mark.parametrize("make", [EdgeByEdge, MotifByMotif])
def test_words_are_the_same_with_and_without_a_cache(make, monkeypatch) -> None:
    """They have several lengths, so that the cache loses rows meanwhile."""
    config = {EdgeByEdge: EdgeListConfig, MotifByMotif: MotifByMotifConfig}[make](net=SMALL)
    made = wild(make, config, lobsters(LobstersConfig(), 20, 0))
    latents, net = made.prior(40, make_generator(1)), made.trained.averaged.edges
    sizes = latents.given["size"].tolist()
    cached, steps = made._written(net, latents, sizes)
    assert len({len(word) for word in cached}) > 3
    monkeypatch.setattr(transformer, "_CACHE_BYTES", 0)  # there is no room for one
    assert net.cache(40) is None
    assert made._written(net, latents, sizes) == (cached, steps)


@torch.no_grad()
def probabilities(made: WordByWord, data: GraphSet, words: list[tuple[int, ...]]) -> Tensor:
    n = len(words)
    padded = torch.full((n, made.language.longest), -1)
    for row, word in enumerate(words):
        padded[row, : len(word)] = torch.tensor(word, dtype=torch.long)
    graphs = made.ordered(data.rows(torch.zeros(n, dtype=torch.long)), make_generator(0))
    graphs = type(graphs)(**{**vars(graphs), "words": padded})
    return made.log_prob_ordered(made.trained.averaged.edges, graphs)[0].exp()


def test_the_bound_lies_below_the_sum_over_all_words():
    """And the mean of its exponential is that sum."""
    graph = all_graphs(4)[[23]]
    data = sized(graph)
    made = edge_by_edge(data)
    found = [word for word, *_ in ways(made.language, neighbours(graph[0]))]
    exact = float(probabilities(made, data, found).sum()) / math.factorial(4)
    bounds = made.log_prob_bound(data.rows(torch.zeros(600, dtype=torch.long)))
    assert float(bounds.mean()) < math.log(exact)
    error = float(bounds.exp().std()) / math.sqrt(600)
    assert abs(float(bounds.exp().mean()) - exact) < 4 * error


def test_graphs_come_piece_by_piece_and_stay():
    data = sized(all_graphs(4))
    made = edge_by_edge(data)
    latents = made.prior(6, make_generator(1))
    frames = list(made.flow(latents))
    assert not frames[0].x.any()
    nodes = [[(frame.x[i] != 0.0).sum() for frame in frames] for i in range(6)]
    assert all(each == sorted(each) for each in nodes)
    for before, after in pairwise(frames):
        assert (after.x[before.x > 0.0] > 0.0).all(), "an edge that has come stays"


def test_what_no_grammar_derives_is_not_learned_and_is_told():
    cycle = torch.zeros((4, 4), dtype=torch.bool)
    cycle[[0, 1, 2, 0], [1, 2, 3, 3]] = True
    path = torch.zeros((4, 4), dtype=torch.bool)
    path[[0, 1, 2], [1, 2, 3]] = True
    data = sized(torch.stack([cycle | cycle.T, path | path.T]))
    config = RuleSequenceConfig(grammar="trees", net=SMALL)
    made, same, other = (
        RuleSequence(config, data.spec(), horizon=10, seed=0, device=CPU) for _ in range(3)
    )
    with pytest.raises(ConfigError, match="trees derives none"):
        other.step(data.rows(torch.tensor([0, 0])))
    alone = made.step(data.rows(torch.tensor([1])))
    both = same.step(data.rows(torch.tensor([1, 0])))
    assert float(both["derived"]) == 0.5
    assert float(both["loss"]) == pytest.approx(float(alone["loss"]))
    assert made.log_prob_bound(data.rows(torch.tensor([0, 1])))[0] == -math.inf

"""Graphs made node by node: orders and their probability, and that all probabilities sum to one."""

import math
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise, permutations, product

import pytest
import torch
from torch import Tensor

from pushforward.models.config import decode, encode
from pushforward.models.contracts.abilities import Denoise
from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.learner import Learner
from pushforward.models.contracts.spec import DataSpec
from pushforward.models.families.graphs.empty_rows import apart, first_edges
from pushforward.models.families.graphs.gran import Gran, GranConfig
from pushforward.models.families.graphs.graph_af import GraphAf, GraphAfConfig
from pushforward.models.families.graphs.graph_rnn import GraphRnn, GraphRnnConfig
from pushforward.models.families.graphs.growing import Growing, Ordered
from pushforward.models.kinds.graphs import GraphSet, graphs
from pushforward.models.layouts.graphs import Packing, pack, unpack
from pushforward.models.layouts.node_orders import node_orders, reordered
from pushforward.models.metrics.base import Evidence, NotApplicable
from pushforward.models.metrics.graphs import bits
from pushforward.models.metrics.graphs.bits import BitsPerGraph, BitsPerGraphConfig
from pushforward.models.nets.graphs.gran import GranNetConfig
from pushforward.models.nets.graphs.partial import PartialNetConfig
from pushforward.models.nets.graphs.row_gru import RowGruConfig
from pushforward.models.registry import registry
from pushforward.models.tensors import make_generator
from pushforward.models.training.optim import OptimizerConfig
from pushforward.verify.graphs.graph_nulls import copies, moved, rewired

CPU = torch.device("cpu")
RNN, GRAN = RowGruConfig(width=8, layers=1, hidden=6), GranNetConfig(width=8, layers=2, mixture=3)
Make = Callable[..., Growing]


def rnn(spec, **more) -> Growing:
    return GraphRnn(GraphRnnConfig(net=RNN, **more), spec, horizon=10, seed=0, device=CPU)


def rnn_s(spec, **more) -> Growing:
    return rnn(spec, edges="independent", **more)


def gran(spec, **more) -> Growing:
    return Gran(GranConfig(net=GRAN, **more), spec, horizon=10, seed=0, device=CPU)


def gran_blocks(spec, **more) -> Growing:
    return gran(spec, block=2, **more)


def gran_mixture(spec, **more) -> Growing:
    return gran(spec, block=2, alone="mixture", **more)


def graph_af(spec, **more) -> Growing:
    config = GraphAfConfig(net=PartialNetConfig(width=8, layers=2), **more)
    return GraphAf(config, spec, horizon=10, seed=0, device=CPU)


each_model = pytest.mark.parametrize(
    "make", [rnn, rnn_s, gran, gran_blocks, gran_mixture, graph_af]
)


def all_graphs(nodes: int) -> Tensor:
    """Every graph on so many numbered nodes, (2^pairs, N, N)."""
    packing = Packing(nodes)
    return packing.dense(torch.tensor(list(product([False, True], repeat=packing.pairs))))


def sized(adjacency: Tensor, size: Tensor | None = None) -> GraphSet:
    size = torch.full((len(adjacency),), adjacency.shape[1]) if size is None else size
    return GraphSet(pack(adjacency, size), size)


def wild(make: Make, graphs: GraphSet, **more) -> Growing:
    """A model whose weights are far from where they start: no probability is about a half."""
    made = make(graphs.spec(), **more)
    # By the seed of the others GraphAF would be sure of every edge.
    std, seed = (0.5, 1) if make is graph_af else (0.7, 0)
    for net in (made.trained.net, made.trained.averaged):
        for stream, weight in enumerate(net.parameters()):
            weight.data.normal_(std=std, generator=make_generator(seed, stream))
    return made


def in_order(graphs: GraphSet) -> Ordered:
    given = {"size": graphs.size}
    return Ordered(graphs.adjacency, graphs.size, None, given, torch.zeros(len(graphs)))


@torch.no_grad()
def log_prob(made: Growing, graphs: GraphSet) -> Tensor:
    return made.log_prob_ordered(made.trained.averaged.edges, in_order(graphs))[0]


def some_graphs(n: int, nodes: int) -> GraphSet:
    rng = make_generator(0)
    size = torch.randint(2, nodes + 1, (n,), generator=rng)
    return sized(torch.rand((n, nodes, nodes), generator=rng) < 0.4, size)


def searched(adjacency: Tensor, name: str) -> set[tuple[int, ...]]:
    """All orders of a search, by following each choice."""

    def onward(order: tuple[int, ...]) -> set[tuple[int, ...]]:
        left = [node for node in range(len(adjacency)) if node not in order]
        if not left:
            return {order}
        for seen in order if name == "breadth" else order[::-1]:
            if found := [node for node in left if adjacency[seen, node]]:
                break
        else:
            found = left
        return {every for node in found for every in onward((*order, node))}

    return onward(())


@pytest.mark.parametrize("name", ["breadth", "depth"])
def test_orders_are_those_of_a_search_as_often_as_they_say(name: str):
    graph = torch.zeros((7, 7), dtype=torch.bool)
    for i, j in [(0, 1), (0, 2), (1, 2), (2, 3), (4, 5)]:
        graph[i, j] = graph[j, i] = True
    n = 8000
    orders = node_orders(graph.expand(n, 7, 7), torch.full((n,), 6), name, make_generator(0))
    assert (orders.order[:, 6] == 6).all(), "what is padded comes last"
    found = [tuple(row) for row in orders.order[:, :6].tolist()]
    likely = dict(zip(found, orders.log_prob.exp().tolist(), strict=True))
    assert likely.keys() == searched(graph[:6, :6], name)
    assert sum(likely.values()) == pytest.approx(1.0, abs=1e-5)
    for order, count in Counter(found).items():
        assert abs(count / n - likely[order]) < 5 * math.sqrt(likely[order] / n), order


def test_orders_by_degree_fall_and_random_ones_are_all_alike():
    graphs = some_graphs(40, 9)
    orders = node_orders(graphs.adjacency, graphs.size, "degree", make_generator(0))
    degree = graphs.adjacency.sum(dim=2).gather(1, orders.order)
    assert (degree[:, 1:] <= degree[:, :-1]).all()
    orders = node_orders(graphs.adjacency, graphs.size, "random", make_generator(0))
    torch.testing.assert_close(orders.log_ways(graphs.size), torch.zeros(40), atol=1e-4, rtol=0.0)


@each_model
@pytest.mark.parametrize("nodes", [3, 4])
def test_the_probabilities_of_all_graphs_sum_to_one(make: Make, nodes: int):
    graphs = sized(all_graphs(nodes))
    found = log_prob(wild(make, graphs), graphs).exp()
    assert float(found.sum()) == pytest.approx(1.0, abs=1e-5)
    assert found.max() > 2.0 * found.min(), "they are not all alike"


@each_model
def test_a_graph_is_as_likely_as_all_its_edges_one_after_another(make: Make):
    graphs = some_graphs(40, 7)
    made = wild(make, graphs)
    ordered = in_order(graphs)
    with torch.no_grad():
        found, chance = made.log_prob_ordered(made.trained.averaged.edges, ordered)
    pairs = graphs.packing.dense(graphs.packing.masks[graphs.size]).triu(1)
    each = torch.where(ordered.adjacency, chance, 1.0 - chance).double().log()
    each = each.where(pairs, torch.zeros_like(each)).sum(dim=(1, 2)).float()
    torch.testing.assert_close(found, each, rtol=1e-3, atol=1e-3)


@torch.no_grad()
@pytest.mark.parametrize("alone", [-30.0, -1.0])
def test_a_row_of_gran_is_empty_by_its_own_chance_and_else_as_its_mixture_has_it(alone: float):
    """Against sums over all rows of a node that four are before."""
    rows = torch.tensor(list(product([False, True], repeat=4)))
    adjacency = torch.zeros((16, 5, 5), dtype=torch.bool)
    adjacency[:, 4, :4] = adjacency[:, :4, 4] = rows
    graphs = sized(adjacency)
    made, mixture = wild(gran, graphs), wild(gran, graphs, alone="mixture")
    for net in (made.trained.net, made.trained.averaged):
        net.edges.alone.weight.zero_()
        net.edges.alone.bias.fill_(alone)
    free = log_prob(mixture, graphs).softmax(dim=0)
    found = log_prob(made, graphs).softmax(dim=0)
    assert free[0] > 0.002, "or there is nothing to mend"
    empty = torch.sigmoid(torch.tensor(alone))
    torch.testing.assert_close(found[0], empty, rtol=1e-4, atol=1e-9)
    torch.testing.assert_close(found[1:], (1.0 - empty) * free[1:] / (1.0 - free[0]))
    *_, last = made.flow(made.prior(4000, make_generator(2)))
    joined = unpack(last.x, graphs.packing).tril().any(dim=2)[:, 1:]
    error = float((empty * (1.0 - empty) / joined.numel()).sqrt())
    assert abs(float((~joined).double().mean() - empty)) <= 4.0 * error + 1e-9


def test_rows_that_a_mixture_is_sure_of_have_a_law_and_a_slope():
    """What is all but 0 or 1 is none of the numbers whose logarithm is not there."""
    pair = torch.ones((1, 1, 3), dtype=torch.bool)
    for sure, alone in product((-60.0, 200.0), (-60.0, 60.0)):
        odds = torch.full((1, 2, 1, 3), sure, requires_grad=True)
        ways = torch.zeros((1, 2, 1), requires_grad=True)
        e = torch.full((1, 1), alone, requires_grad=True)
        for empty in (True, False):
            apart(ways, odds, pair, e, torch.full((1, 1), empty)).sum().backward()
            assert all(bool(x.grad.isfinite().all()) for x in (odds, ways, e))
        chance = first_edges(ways, odds, pair, e).detach()
        assert (chance >= 0.0).all()
        assert (chance <= 1.0).all()
        if alone < 0.0:
            assert float(1.0 - (1.0 - chance).prod()) == pytest.approx(1.0), "it joins something"


def test_gran_learns_how_many_nodes_are_joined_to_none():
    size = torch.full((64,), 6)
    whole = torch.ones((64, 6, 6), dtype=torch.bool).triu(1)
    whole = whole | whole.mT
    apart_ = whole.clone()
    apart_[::2, 5] = apart_[::2, :, 5] = False
    for adjacency, share in ((whole, 0.0), (apart_, 0.1)):
        graphs = sized(adjacency, size)
        config = GranConfig(net=GRAN, order="depth", optimizer=OptimizerConfig(lr=1e-2))
        made = Gran(config, graphs.spec(), horizon=150, seed=0, device=CPU)
        rows = made.spec.standardised(graphs.rows(slice(None)))
        for _ in range(150):
            made.step(rows)
        *_, last = made.flow(made.prior(400, make_generator(2)))
        joined = unpack(last.x, graphs.packing).tril().any(dim=2)[:, 1:]
        assert float((~joined).double().mean()) == pytest.approx(share, abs=0.03)


def test_runs_of_the_first_version_of_gran_leave_to_the_mixture_what_is_joined_to_none():
    entry = registry.get("family", "gran")
    said = encode(GranConfig(block=2))
    del said["alone"]
    before = GranConfig(block=2, alone="mixture")
    assert decode(entry.config, entry.upgrade(said, "graphs")) == before
    assert entry.upgrade({"seen": 7}, "graphs") == {"seen": 7}, "what says little is new"
    spec = some_graphs(2, 5).spec()
    made = Gran(before, spec, horizon=10, seed=0, device=CPU)
    assert not any("alone" in name for name in made.trained.net.state_dict())


@each_model
def test_graphs_are_drawn_by_the_very_chances_that_they_are_given(make: Make):
    """Each edge is there where its uniform number is below its chance, which the likelihood says
    of all edges at once.
    """
    graphs = some_graphs(40, 7)
    made = wild(make, graphs)
    latents = made.prior(40, make_generator(2))
    *_, last = made.flow(latents)
    size = latents.given["size"]
    drawn = sized(unpack(last.x, graphs.packing), size)
    chance = made.log_prob_ordered(made.trained.averaged.edges, in_order(drawn))[1]
    # Of GraphAF they are normal, and an edge is there where -z is below a quantile.
    x = torch.special.ndtr(-latents.x) if make is graph_af else latents.x
    u = graphs.packing.dense(x)
    pairs = graphs.packing.dense(graphs.packing.masks[size])
    assert torch.equal(drawn.adjacency, (u < chance) & pairs)
    assert 0.1 < drawn.adjacency[pairs].double().mean() < 0.9


@each_model
def test_what_is_padded_does_not_matter(make: Make):
    graphs = some_graphs(12, 6)
    made = wild(make, graphs)
    wider = Ordered(**{**vars(in_order(graphs)), "adjacency": graphs.adjacency.clone()})
    for row, size in enumerate(graphs.size.tolist()):
        wider.adjacency[row, size:] = True
    with torch.no_grad():
        found, _ = made.log_prob_ordered(made.trained.averaged.edges, wider)
    torch.testing.assert_close(found, log_prob(made, graphs))


@each_model
def test_the_bound_lies_below_the_sum_over_all_orders(make: Make):
    """And is as much below as Jensen's inequality says: the mean of exp(bound) is that sum."""
    square = all_graphs(4)[[23, 11]]
    graphs = sized(square)
    made = wild(make, graphs, order="random")
    every = torch.tensor(list(permutations(range(4))))
    exact = torch.stack([
        log_prob(made, sized(reordered(a.expand(24, 4, 4), every))).logsumexp(dim=0) - math.log(24)
        for a in square
    ])  # fmt: skip
    rows = graphs.rows(torch.arange(2).repeat_interleave(400))
    bounds = made.log_prob_bound(rows).view(2, 400)
    assert (bounds.mean(dim=1) < exact - 0.01).all()
    mean = bounds.exp().mean(dim=1)
    error = bounds.exp().std(dim=1) / 20
    assert ((mean - exact.exp()).abs() < 4 * error).all()


def test_the_bound_does_not_depend_on_how_nodes_are_numbered():
    graphs = sized(all_graphs(4)[22:23])
    made = wild(rnn, graphs)
    turned = sized(reordered(graphs.adjacency, torch.tensor([[2, 0, 3, 1]])))
    means = [
        made.log_prob_bound(each.rows(torch.zeros(4000, dtype=torch.long))).mean()
        for each in (graphs, turned)
    ]
    assert abs(float(means[0] - means[1])) < 0.1


def test_a_bandwidth_leaves_out_what_reaches_further_back():
    graphs = sized(all_graphs(4))
    made = wild(rnn, graphs, bandwidth=1)
    found = log_prob(made, graphs).exp()
    along = graphs.adjacency[:, [0, 0, 1], [2, 3, 3]].any(dim=1)
    assert (found[along] == 0.0).all()
    assert float(found.sum()) == pytest.approx(1.0, abs=1e-5)


@pytest.mark.parametrize("make", [gran, graph_af])
def test_a_step_learns_from_some_of_a_graph_what_all_would_teach(make: Make):
    graphs = some_graphs(6, 6)
    made, several = wild(make, graphs, seen=0), wild(make, graphs, seen=2)
    net, ordered = made.trained.net.edges, in_order(graphs)
    n = 64
    chance = (torch.arange(n) + 0.5) / n
    with torch.no_grad():
        exact, _ = made.fitted(net, ordered, chance[:6])
        each = [several.fitted(net, ordered, c.expand(6))[0] for c in chance]
    mean = torch.stack(each).mean(dim=0)
    # Blocks are as long as 1 / size: a grid of numbers sees each about as often.
    torch.testing.assert_close(mean, exact, rtol=0.06, atol=0.05)


@each_model
def test_nodes_come_one_after_another_and_stay(make: Make):
    graphs = some_graphs(5, 6)
    made = wild(make, graphs)
    latents: Batch = made.prior(5, make_generator(2))
    frames = list(made.flow(latents))
    assert not frames[0].x.any()
    for before, after in pairwise(frames):
        there = before.x != 0.0
        assert torch.equal(after.x[there], before.x[there])
    assert torch.equal(frames[-1].x != 0.0, latents.mask)


def test_edges_that_move_are_as_many_and_anywhere_else():
    data = some_graphs(300, 9)
    before, size = copies((data.adjacency, data.size), 300, 0)
    after, same = moved((data.adjacency, data.size), 300, 0, 0.7)
    assert torch.equal(size, same)
    assert torch.equal(after, after.mT)
    room = size * (size - 1) // 2
    edges = before.sum(dim=(1, 2)) // 2
    fit = edges <= room // 2  # there is somewhere else for all of them
    assert torch.equal(after.sum(dim=(1, 2))[fit], before.sum(dim=(1, 2))[fit])
    kept = (before & after).sum() / before.sum()
    assert abs(float(kept) - 0.7) < 0.03
    assert not after.any(dim=2)[torch.arange(9) >= size[:, None]].any()


class _Coder(Learner):
    """Writes each pair of nodes down with one chance of an edge."""

    def __init__(self, spec: DataSpec, share: float):
        self.spec, self.device, self.share = spec, CPU, share

    parts, walk = {}, None

    def log_prob_bound(self, x: Batch) -> Tensor:
        joined, pairs = (x.x > 0.0).sum(dim=1), x.mask.sum(dim=1)
        return joined * math.log(self.share) + (pairs - joined) * math.log(1.0 - self.share)


def test_bits_of_a_graph_are_those_of_its_pairs_and_of_one_chance_the_bar():
    data = some_graphs(400, 8)
    joined = data.adjacency.sum() / 2
    pairs = (data.size * (data.size - 1) / 2).sum()
    share = float(joined / pairs)
    metric = BitsPerGraph(BitsPerGraphConfig(rows=400))
    evidence = Evidence(data, make_generator(0), model=_Coder(data.spec(), share), train=data)
    found, bar = metric.measure(evidence), metric.bar(evidence)
    entropy = -share * math.log2(share) - (1.0 - share) * math.log2(1.0 - share)
    assert found.value == pytest.approx(float(pairs) / 400 * entropy, rel=1e-4)
    assert bar.value == pytest.approx(found.value, rel=1e-3)
    assert found.low < found.value < found.high
    assert found.note == "", "an exact bound draws nothing"
    assert found.parts["training graphs"] == pytest.approx(found.value)  # they are the same here
    assert not metric.measure(replace(evidence, train=None)).parts
    numbered = graphs(20, 0)
    with pytest.raises(NotApplicable, match="have numbers"):
        metric.bar(Evidence(numbered, make_generator(0), train=numbered))
    with pytest.raises(NotApplicable, match="learned from"):
        metric.bar(Evidence(data, make_generator(0)))


class _Bits(_Coder):
    """The exact denoiser of bits that are each for itself, with one chance of an edge."""

    noise_range = 0.05, 50.0

    def denoiser(self, like: Batch | None = None) -> Denoise:
        half = 0.5 * math.log(self.share / (1.0 - self.share))
        return lambda x, s: like.zeroed(torch.tanh(x / s.reshape(-1, 1).square() + half))


def test_bits_that_a_diffusion_takes_are_those_of_bits_and_no_density(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The bound of an exact denoiser is the probability: what noise is added is told back."""
    monkeypatch.setattr(bits, "_LEVELS", 64)  # the mean is the same, and known better
    size = torch.full((400,), 9)
    rng, metric = make_generator(3), BitsPerGraph(BitsPerGraphConfig(rows=400))
    for share in (0.5, 0.2):
        data = GraphSet(pack(torch.rand((400, 9, 9), generator=rng) < share, size), size)
        evidence = Evidence(data, make_generator(0), model=_Bits(data.spec(), share), train=data)
        bar = metric.bar(evidence).value
        found = metric.measure(evidence)
        assert found.value == pytest.approx(bar, rel=0.03)
        assert "one random draw at 64 times" in found.note
        half = (found.high - found.low) / 2
        assert f"standard error of {half / 1.959964:.2g}" in found.note
        other = replace(evidence, model=_Bits(data.spec(), 0.8))
        assert metric.measure(other).value > 1.1 * bar  # another law takes more


def test_rewiring_keeps_degrees_and_little_else():
    data = some_graphs(30, 9)
    adjacency, size = rewired((data.adjacency, data.size), 30, 0)
    before, after = (
        sorted(a.sum(dim=1).sort().values.tolist() for a in each)
        for each in (copies((data.adjacency, data.size), 30, 0)[0], adjacency)
    )
    assert after == before
    assert torch.equal(adjacency, adjacency.mT)
    assert not adjacency.diagonal(dim1=1, dim2=2).any()
    assert (adjacency != copies((data.adjacency, data.size), 30, 0)[0]).any(dim=2).any(
        dim=1
    ).sum() > 10
    assert not adjacency.any(dim=2)[torch.arange(9) >= size[:, None]].any()

"""CELL: walks as they are by hand, edges drawn as often as they weigh, copies at full rank."""

import torch
from torch import Tensor

from pushforward.models.config import decode
from pushforward.models.data.community import CommunityConfig, community
from pushforward.models.families.graphs.cell import Cell, CellConfig
from pushforward.models.kinds.graphs import GraphSet
from pushforward.models.layouts.graphs import unpack
from pushforward.models.nets.graphs.look_alikes import chosen_edges, scores, transitions
from pushforward.models.tensors import make_generator

CPU = torch.device("cpu")


def taught(data: GraphSet, steps: int, **settings: object) -> Cell:
    family = Cell(decode(CellConfig, settings), data.spec(), horizon=steps, seed=0, device=CPU)
    rows = data.spec().standardised(data.rows(slice(None)))
    for _ in range(steps):
        family.step(rows)
    return family


def made(family: Cell, n: int) -> tuple[Tensor, Tensor]:
    latents = family.prior(n, make_generator(1))
    *_, last = family.flow(latents)
    return unpack(last.x, family.packing), latents.given["size"].long()


def test_scores_are_the_shares_of_steps_of_a_long_walk():
    rng = make_generator(0)
    real = torch.tensor([[True] * 4 + [False]])
    chance = transitions(torch.randn((1, 5, 5), generator=rng), real)
    torch.testing.assert_close(chance[0, :4].sum(dim=1), torch.ones(4))
    assert not chance[0, 4].any()
    assert not chance[0].diagonal().any()
    steps, node, count = 10_000, 0, torch.zeros((5, 5))
    towards = torch.rand(steps, generator=rng)
    bounds = chance[0].cumsum(dim=1)
    for u in towards.tolist():
        after = int((bounds[node] < u * bounds[node, -1]).sum())
        count[node, after] += 1.0
        node = after
    both = torch.maximum(count, count.T)
    torch.testing.assert_close(scores(chance, real)[0], both / both.sum(), atol=0.015, rtol=0.0)


def test_walks_of_full_rank_are_those_of_the_graph_and_every_edge_is_as_likely():
    """A walk on a graph stays at a node in proportion to its degree, and leaves by each edge
    alike: it goes along all edges as often.
    """
    data = community(CommunityConfig(), 3, 0).take(slice(0, 2))
    family = taught(data, 300, rank=20, likeness=1.0)
    net = family.trained.net
    degree = data.adjacency.sum(dim=2, keepdim=True)
    walk = data.adjacency / degree.clamp_min(1)
    torch.testing.assert_close(net.chance(), walk, atol=0.03, rtol=0.0)
    shares = scores(walk.float(), net.real)[data.adjacency]
    each = (1.0 / degree.sum(dim=(1, 2))).expand(2).repeat_interleave(degree.sum(dim=(1, 2)))
    torch.testing.assert_close(shares, each, atol=1e-5, rtol=1e-3)
    adjacency, size = made(family, 40)
    for square, n in zip(adjacency, size, strict=True):
        (original,) = data.adjacency[data.size == n]
        assert (square & original).sum() >= 0.9 * original.sum()


def test_the_first_edge_is_each_as_often_as_it_weighs_and_no_node_is_alone():
    weight = torch.tensor([[0, 5, 1, 0], [5, 0, 2, 1], [1, 2, 0, 1], [0, 1, 1, 0]]) / 1.0
    n = 20_000
    u = torch.rand((n, 4, 4), generator=make_generator(0))
    noise = -(-u.log()).log()
    key = weight.log() + (noise.triu(1) + noise.triu(1).mT)
    drawn, when = chosen_edges(key, torch.full((n,), 4))
    assert torch.equal(drawn, drawn.mT)
    assert drawn.any(dim=2).all()
    assert not drawn[:, 0, 3].any(), "what weighs nothing is not drawn"
    assert (drawn.sum(dim=(1, 2)) == 8).all()
    first = ((when == 0).double().mean(dim=0)).triu(1)
    torch.testing.assert_close(first, weight.double().triu(1) / 10.0, atol=0.015, rtol=0.0)
    places = torch.where(drawn.triu(1), when, 9).flatten(1).sort(dim=1).values[:, :4]
    assert torch.equal(places, torch.arange(4).expand(n, -1)), "one edge after another"


def test_a_graph_is_learned_no_further_than_it_is_to_be_alike_and_no_more_than_there_is_room():
    data = community(CommunityConfig(), 6, 0)
    family = taught(data, 150, rank=12, likeness=0.6, room=4)
    assert family.trained.net.count == 4
    assert ((family.likeness() >= 0.6) & (family.likeness() < 0.68)).all()
    adjacency, size = made(family, 60)
    assert torch.equal(adjacency.any(dim=2).sum(dim=1), size), "of every size, asked for or not"


def test_before_there_are_originals_pairs_are_all_alike():
    data = community(CommunityConfig(), 6, 0)
    family = Cell(CellConfig(), data.spec(), horizon=1, seed=0, device=CPU)
    adjacency, size = made(family, 30)
    pairs = size * (size - 1) // 2
    assert ((adjacency.sum(dim=(1, 2)) // 2 - pairs // 2).abs() <= 1).all()

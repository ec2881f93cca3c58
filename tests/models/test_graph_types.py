"""Graphs whose nodes and edges have types: they lie in rows and come back, and the same network is
told of them; those without are what they were.
"""

import pytest
import torch
from torch import Tensor

from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.spec import SIZE, DataSpec, Given
from pushforward.models.layouts.graphs import Packing, pack_types, unpack_types
from pushforward.models.nets.calling import call
from pushforward.models.nets.graphs.graph_net import GraphNet, GraphNetConfig
from pushforward.models.nets.role import DENOISER, critic, generator
from pushforward.models.tensors import make_generator

PACKING = Packing(5, node_types=3, edge_types=2)


def graphs(n: int = 6) -> tuple[Tensor, Tensor, Tensor]:
    rng = make_generator(0)
    size = torch.randint(1, 6, (n,), generator=rng)
    real = torch.arange(5) < size[:, None]
    types = torch.randint(0, 3, (n, 5), generator=rng) * real
    edges = torch.triu(torch.randint(0, 3, (n, 5, 5), generator=rng), diagonal=1)
    edges = (edges + edges.mT) * real[:, :, None] * real[:, None]
    return types, edges, size


def spec() -> DataSpec:
    zero, one = torch.zeros(PACKING.length), torch.ones(PACKING.length)
    return DataSpec(
        "graphs", (PACKING.length,), zero, one, parts=PACKING.parts, masks=PACKING.masks,
        given={SIZE: Given()}, law={SIZE: torch.tensor([5])},
    )  # fmt: skip


def test_types_come_back_from_rows_and_padding_is_nothing() -> None:
    types, edges, size = graphs()
    x = pack_types(types, edges, size, PACKING)
    assert x.shape == (6, 5 * 3 + 2 * 10)
    assert (x[~PACKING.masks[size]] == 0.0).all()
    assert (x[PACKING.masks[size]].abs() == 1.0).all()
    again = unpack_types(x, PACKING)
    assert (again[0] == types).all()
    assert (again[1] == edges).all()
    assert Packing.of(PACKING.parts) == PACKING
    assert PACKING.present(PACKING.masks[size]).sum(dim=1).tolist() == size.tolist()
    noisy = unpack_types(x + 0.3 * torch.randn(x.shape, generator=make_generator(1)), PACKING)
    assert (noisy[0] == types)[torch.arange(5) < size[:, None]].all()
    assert (noisy[1] == noisy[1].mT).all()


def test_packings_without_types_are_what_they_were() -> None:
    for plain in (Packing(5), Packing(5, featured=True)):
        assert Packing.of(plain.parts) == plain
        assert plain.length == 10 + 5 * plain.featured
        assert plain.layers(torch.ones(2, plain.length)).shape == (2, 1, 5, 5)
    both = Packing(5, featured=True, node_types=2)
    assert Packing.of(both.parts) == both
    row = torch.arange(float(both.length))[None]
    assert both.of_nodes(row)[0, 1].tolist() == [1.0, 7.0, 8.0]


ROLES = [(DENOISER, False), (DENOISER, True), (critic(), False), (generator(4), False)]


@pytest.mark.parametrize(("role", "valences"), ROLES, ids=["denoiser", "told", "critic", "maker"])
def test_a_network_says_the_same_however_nodes_are_numbered(role, valences) -> None:
    types, edges, size = graphs()
    net = GraphNet(GraphNetConfig(width=8, pairs=6, products=3, layers=2), spec(), role,
                   valences=valences, generator=make_generator(3))  # fmt: skip
    for each in net.parameters():
        if each.abs().max() == 0.0:  # what starts at nothing would say nothing
            torch.nn.init.normal_(each, std=0.1, generator=make_generator(4))
    x, mask = pack_types(types, edges, size, PACKING), PACKING.masks[size]
    if role.latent:
        said = call(net, Batch(torch.randn((6, 4), generator=make_generator(1)), mask,
                               {SIZE: size}), None)  # fmt: skip
        assert said.shape == (6, PACKING.length)
        return
    turned = torch.stack([
        torch.cat([torch.randperm(k, generator=make_generator(k)), torch.arange(k, 5)])
        for k in size.tolist()
    ])  # fmt: skip
    rows = torch.arange(6)[:, None]
    again = pack_types(types[rows, turned], edges[rows[..., None], turned[:, :, None],
                       turned[:, None]], size, PACKING)  # fmt: skip
    clock = torch.zeros(6) if role.clock else None
    one, other = (call(net, Batch(each, mask, {SIZE: size}), clock) for each in (x, again))
    if role.name == "denoiser":
        one, other = one * mask, other * mask
        nodes = PACKING.of_nodes(one)[rows, turned]
        assert torch.allclose(nodes, PACKING.of_nodes(other), atol=1e-5)
        layers = PACKING.layers(one).movedim(1, -1)
        layers = layers[rows[..., None], turned[:, :, None], turned[:, None]]
        assert torch.allclose(layers.movedim(-1, 1), PACKING.layers(other), atol=1e-5)
        assert float(one.detach().std()) > 1e-3
    else:
        assert torch.allclose(one, other, atol=1e-5)
    changed = types.clone()
    changed[:, 0] = (changed[:, 0] + 1) % 3
    third = call(net, Batch(pack_types(changed, edges, size, PACKING), mask, {SIZE: size}), clock)
    assert not torch.allclose(third * (mask if role.name == "denoiser" else 1), one, atol=1e-4)


def test_a_node_is_told_how_many_edges_of_each_type_it_has() -> None:
    """Of symbols that are seen exactly; of those that are masked, few, as edges are rare."""
    types, edges, size = graphs()
    net = GraphNet(GraphNetConfig(width=8, pairs=6, products=3, layers=1), spec(), DENOISER,
                   valences=True, generator=make_generator(3))  # fmt: skip
    seen: list[Tensor] = []
    net.nodes.register_forward_pre_hook(lambda _, given: seen.append(given[0].detach()))
    mask, clear = PACKING.masks[size], torch.full((6,), -0.75)
    x = pack_types(types, edges, size, PACKING)
    hidden = x.clone()
    hidden[:, PACKING.start :] = 0.0
    for each in (x, hidden):
        call(net, Batch(each, mask, {SIZE: size}), clear)
    valences = slice(6, 6 + PACKING.edge_types)  # after degrees, triangles and four walks
    counts = torch.stack([(edges == k).sum(dim=2) for k in (1, 2)], dim=-1)
    torch.testing.assert_close(2.0 * seen[0][..., valences], counts.float(), rtol=0, atol=1e-4)
    others = (size - 1).clamp_min(0)[:, None] * (torch.arange(5) < size[:, None])
    rare = torch.sigmoid(torch.tensor(-3.0)) * others[..., None].expand(-1, -1, 2)
    torch.testing.assert_close(2.0 * seen[1][..., valences], rare, rtol=0, atol=1e-4)

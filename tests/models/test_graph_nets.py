"""Networks of graphs, and the structure that they are told: the same for every numbering, and what
brute force counts.
"""

import networkx
import pytest
import torch
from torch import Tensor

from pushforward.models.config import Pick
from pushforward.models.contracts.batch import Batch
from pushforward.models.kinds.graphs import GraphSet, graphs
from pushforward.models.layouts.graph_structure import (
    cycles,
    diffusion_map,
    random_walks,
    slow_modes,
)
from pushforward.models.layouts.graphs import pack
from pushforward.models.nets import role
from pushforward.models.nets.calling import call
from pushforward.models.nets.graphs.egnn import EgnnConfig, EquivariantLayer
from pushforward.models.nets.pick import build
from pushforward.models.nets.role import DENOISER, Role
from pushforward.models.tensors import make_generator
from tests.models.graph_orders import permuted, renumbered

SMALL = {"width": 8, "pairs": 6, "layers": 2}
CASES = [
    pytest.param("dense-gin", DENOISER, id="dense-gin"),
    pytest.param("graph-transformer", DENOISER, id="transformer"),
    pytest.param("egnn", DENOISER, id="egnn"),
    pytest.param("graph-net", role.encoder(3), id="graph-net encoder"),
]


def awake(slug: str, set_: GraphSet, each: Role, **settings: str) -> torch.nn.Module:
    """Return a network of which no weight is 0, in double precision."""
    pick = Pick(slug=slug, config={**SMALL, **settings})
    made = build(pick, set_.spec(), each, make_generator(0)).double()
    rng = make_generator(1)
    for weight in made.parameters():
        if weight.ndim:
            torch.nn.init.normal_(weight, std=0.3, generator=rng)
    return made


def said(made: torch.nn.Module, each: Role, rows: Batch) -> Tensor:
    clock = torch.linspace(-0.5, 0.5, len(rows)).double() if each.clock else None
    return call(made, rows.holding(rows.x.double()), clock).detach()


@pytest.mark.parametrize(("slug", "each"), CASES)
def test_a_network_does_not_see_how_nodes_are_numbered(slug: str, each: Role) -> None:
    set_ = graphs(8, 0)
    other, order = renumbered(set_, 1)
    noise = torch.randn(set_.x.shape, generator=make_generator(2), dtype=torch.float64)
    rows, moved = set_.rows(slice(None)), other.rows(slice(None))
    made = awake(slug, set_, each)
    out = said(made, each, rows.holding(rows.x + noise))
    again = said(made, each, moved.holding(moved.x + permuted(noise, order, set_.packing)))
    assert float(out.std()) > 1e-3
    of_places = out.shape == rows.x.shape
    expected = permuted(out, order, set_.packing) if of_places else out
    gap = again - expected
    assert float((moved.zeroed(gap) if of_places else gap).abs().max()) < 1e-9


def small_graphs(n: int, nodes: int) -> Tensor:
    upper = torch.rand((n, nodes, nodes), generator=make_generator(0)) < 0.55
    upper = upper.triu(1)
    return (upper | upper.mT).double()


def test_cycles_are_those_that_brute_force_finds() -> None:
    some = small_graphs(12, 7)
    through, total = cycles(some)
    for a, per_node, count in zip(some, through, total, strict=True):
        graph = networkx.from_numpy_array(a.numpy())
        found = list(networkx.simple_cycles(graph, length_bound=6))
        assert count.tolist() == [sum(len(c) == k for c in found) for k in (3, 4, 5, 6)]
        for node, counts in enumerate(per_node):
            mine = [sum(len(c) == k and node in c for c in found) for k in (3, 4, 5)]
            assert counts.tolist() == mine


def test_spectra_and_walks_are_those_of_networkx() -> None:
    some = small_graphs(20, 7)
    some = some[(some.sum(dim=2) > 0).all(dim=1)]
    modes = slow_modes(some, torch.ones(some.shape[:2]), 3)
    backs = [power.diagonal(dim1=1, dim2=2) for power in random_walks(some, 2)]
    for row, a in enumerate(some):
        known = networkx.normalized_laplacian_spectrum(networkx.from_numpy_array(a.numpy()))
        left = [((1.0 - known / 2.0) ** k).sum() for k in (2, 4, 8)]
        assert modes[row].tolist() == pytest.approx(left, rel=1e-2)
        step = a / a.sum(dim=1, keepdim=True)
        for power, back in zip((2, 4), backs, strict=True):
            exact = torch.linalg.matrix_power(step, power).diagonal()
            assert back[row].tolist() == pytest.approx(exact.tolist(), abs=2e-2)


def test_slow_modes_are_the_parts_of_a_graph_whatever_is_padded() -> None:
    three = networkx.disjoint_union_all([networkx.complete_graph(4)] * 3)
    a = torch.from_numpy(networkx.to_numpy_array(three))[None]
    padded = torch.nn.functional.pad(a, (0, 5, 0, 5))
    real = torch.nn.functional.pad(torch.ones(1, 12), (0, 5))
    found = slow_modes(padded, real, 6)
    assert torch.allclose(found, slow_modes(a, torch.ones(1, 12), 6))
    assert float(found[0, -1]) == pytest.approx(3.0, rel=0.05)


def test_distances_in_a_diffusion_map_are_those_of_the_spectrum() -> None:
    """Where two eigenvalues are the same, as in a ring, no basis of theirs is the right one."""
    ring = torch.from_numpy(networkx.to_numpy_array(networkx.cycle_graph(8)))
    for a in [ring, *small_graphs(4, 8)]:
        a = a[a.sum(dim=1) > 0][:, a.sum(dim=1) > 0]
        x = diffusion_map(a[None], torch.ones(1, len(a)), 2)[0]
        fair = a.sum(dim=1).rsqrt()
        values, u = torch.linalg.eigh(torch.eye(len(a)) - fair[:, None] * a * fair)
        known = torch.cdist(u * (1.0 - values / 2.0) ** 4, u * (1.0 - values / 2.0) ** 4)
        torch.testing.assert_close(torch.cdist(x, x), known, rtol=0.0, atol=5e-3)


def test_an_equivariant_layer_goes_along_with_turns_moves_and_numbers() -> None:
    """Satorras et al. 2021, arXiv:2102.09844, appendix A; with a scaling it does not go along."""
    rng = make_generator(3)
    layer = EquivariantLayer(EgnnConfig(width=8, pairs=6), 0, rng).double()
    for weight in layer.parameters():
        torch.nn.init.normal_(weight, std=0.4, generator=rng)
    nodes, axes = 6, 3
    x = torch.randn((2, nodes, axes), generator=rng, dtype=torch.float64)
    h = torch.randn((2, nodes, 8), generator=rng, dtype=torch.float64)
    e = torch.randn((2, nodes, nodes, 6), generator=rng, dtype=torch.float64)
    e = e + e.transpose(1, 2)
    joined = (1.0 - torch.eye(nodes).double())[None, :, :, None].expand(2, -1, -1, -1)
    real, n = torch.ones(2, nodes, 1).double(), torch.full((2, 1, 1), float(nodes)).double()

    as_it_is = torch.arange(nodes)

    def after(x: Tensor, order: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        rows = x[:, order], h[:, order], e[:, order][:, :, order]
        with torch.no_grad():
            found: tuple[Tensor, Tensor, Tensor] = layer(*rows, None, real, joined, n)
        return found

    where, told, pairs = after(x, as_it_is)
    assert float((where - x).abs().max()) > 1e-2, "it moves"
    turn, _ = torch.linalg.qr(torch.randn((axes, axes), generator=rng, dtype=torch.float64))
    shift = torch.randn(axes, generator=rng, dtype=torch.float64)
    again = after(x @ turn + shift, as_it_is)
    order = torch.randperm(nodes, generator=rng)
    other = after(x, order)
    for found, wanted in (
        (again, (where @ turn + shift, told, pairs)),
        (other, (where[:, order], told[:, order], pairs[:, order][:, :, order])),
    ):
        for one, two in zip(found, wanted, strict=True):
            torch.testing.assert_close(one, two, rtol=1e-9, atol=1e-9)
    assert float((after(2.0 * x, as_it_is)[1] - told).abs().max()) > 1e-3


def test_a_transformer_counts_triangles_only_where_it_is_told_of_them() -> None:
    ring = networkx.cycle_graph(6)
    triangles = networkx.disjoint_union_all([networkx.cycle_graph(3)] * 2)
    both = torch.stack([torch.from_numpy(networkx.to_numpy_array(g)) for g in (ring, triangles)])
    _, total = cycles(both)
    assert total.tolist() == [[0.0, 0.0, 0.0, 1.0], [2.0, 0.0, 0.0, 0.0]]
    size = torch.tensor([6, 6])
    set_ = GraphSet(pack(both > 0, size), size)
    rows = set_.rows(slice(None))
    gaps = {}
    for structure in ("none", "cycles"):
        made = awake("graph-transformer", set_, DENOISER, structure=structure)
        # In either every node has two neighbours: without triangles all edges look alike.
        clock = torch.full((2,), -0.5).double()
        one, two = made(rows.x.double(), clock, rows.given, rows.mask).detach()
        gaps[structure] = abs(float(one[rows.x[0] > 0][0] - two[rows.x[1] > 0][0]))
    assert gaps["none"] < 1e-9
    assert gaps["cycles"] > 1e-3

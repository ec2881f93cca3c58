"""Made-up graphs of many makes, and the metrics that know each make."""

from dataclasses import replace
from functools import partial

import networkx
import pytest
import torch
from torch import Tensor

from pushforward.models.config import ConfigError, NoConfig
from pushforward.models.data.barabasi_albert import BarabasiAlbertConfig, barabasi_albert
from pushforward.models.data.block_model import BlockModelConfig, block_model
from pushforward.models.data.community_density import CommunityDensityConfig, community_density
from pushforward.models.data.erdos_renyi import ErdosRenyiConfig, erdos_renyi
from pushforward.models.data.graph_draws import GraphSizes
from pushforward.models.data.grids import GridsConfig, grids
from pushforward.models.data.lobsters import LobstersConfig, lobsters
from pushforward.models.data.planar_graphs import planar_graphs
from pushforward.models.data.trees import trees
from pushforward.models.data.watts_strogatz import WattsStrogatzConfig, watts_strogatz
from pushforward.models.kinds.graphs import GraphSet
from pushforward.models.layouts.graph_validity import grid, lobster, planar, tree
from pushforward.models.layouts.graphs import pack
from pushforward.models.metrics.base import Evidence, NotApplicable
from pushforward.models.metrics.graphs.makes import Grids, Lobsters, PlanarGraphs, Trees
from pushforward.models.tensors import make_generator
from pushforward.verify.graphs import graph_nulls

SIZES = GraphSizes(smallest=6, largest=12)
SETS = {
    "trees": partial(trees, SIZES),
    "lobsters": partial(lobsters, LobstersConfig(smallest=6, largest=12)),
    "grids": partial(grids, GridsConfig()),
    "planar": partial(planar_graphs, GraphSizes(smallest=14)),  # most of the small ones are
    "erdos-renyi": partial(erdos_renyi, ErdosRenyiConfig(density=0.4)),
    "barabasi-albert": partial(barabasi_albert, BarabasiAlbertConfig()),
    "watts-strogatz": partial(watts_strogatz, WattsStrogatzConfig()),
    "block-model": partial(block_model, BlockModelConfig()),
}
MAKES = {"trees": Trees, "lobsters": Lobsters, "grids": Grids, "planar": PlanarGraphs}


def as_networkx(found: GraphSet) -> list[networkx.Graph]:
    squares = zip(found.adjacency, found.size.tolist(), strict=True)
    return [networkx.from_numpy_array(a[:n, :n].numpy()) for a, n in squares]


def evidence(made: GraphSet, real: GraphSet) -> Evidence:
    return Evidence(real, make_generator(0), made=made.rows(slice(None)), other=real)


def graph_set(adjacency: Tensor, size: Tensor) -> GraphSet:
    return GraphSet(pack(adjacency, size), size)


@pytest.mark.parametrize("slug", SETS)
def test_the_order_of_nodes_says_nothing(slug):
    """In the order in which networkx makes them the first node of a graph that grows is a hub, and
    the corner of a grid comes first.
    """
    found = SETS[slug](600, 1)
    real = torch.arange(found.adjacency.shape[1]) < found.size[:, None]
    degree = found.adjacency.sum(dim=2).double()
    relative = torch.where(
        real, degree - degree.sum(dim=1, keepdim=True) / found.size[:, None], 0.0
    )
    for place in range(int(found.size.min())):
        here = relative[:, place]
        assert here.mean().abs() < 4.5 * here.std() / len(here) ** 0.5 + 1e-9


@pytest.mark.parametrize("slug", ["trees", "lobsters"])
def test_sizes_are_between_the_bounds(slug):
    size = SETS[slug](200, 2).size
    assert (int(size.min()), int(size.max())) == (6, 12)


def test_random_graphs_have_as_many_edges_as_they_should():
    found = SETS["erdos-renyi"](400, 3)
    pairs = (found.size * (found.size - 1) // 2).sum().double()
    edges = found.adjacency.sum().double() / 2
    assert (edges - 0.4 * pairs).abs() < 4.0 * (pairs * 0.24).sqrt()


def test_graphs_that_grow_have_hubs_and_two_edges_a_new_node():
    found = SETS["barabasi-albert"](300, 4)
    assert (found.adjacency.sum(dim=(1, 2)) // 2 == 2 * (found.size - 2)).all()
    by_chance, _ = graph_nulls.erdos_renyi((found.adjacency, found.size), 300, 5)
    largest = [each.sum(dim=2).max(dim=1).values.double() for each in (found.adjacency, by_chance)]
    assert largest[0].mean() > 1.25 * largest[1].mean()


def test_small_worlds_have_short_ways_and_many_triangles():
    found = as_networkx(SETS["watts-strogatz"](60, 6))
    assert all(graph.number_of_edges() == 2 * len(graph) for graph in found)
    ring = as_networkx(watts_strogatz(WattsStrogatzConfig(turned=0.0), 60, 6))
    assert all(networkx.is_regular(graph) for graph in ring)
    assert sum(map(networkx.average_clustering, found)) > 0.25 * len(found)


def test_communities_are_as_dense_as_they_should():
    config = BlockModelConfig(fewest=3, most=3, smallest=6, largest=6, inside=1.0, between=0.0)
    for graph in as_networkx(block_model(config, 20, 7)):
        parts = sorted(map(len, networkx.connected_components(graph)))
        assert (parts, graph.number_of_edges()) == ([6, 6, 6], 45)
    config = BlockModelConfig(fewest=2, most=2, smallest=8, largest=8, inside=0.0, between=0.5)
    edges = sum(graph.number_of_edges() for graph in as_networkx(block_model(config, 200, 8)))
    assert abs(edges - 6400) < 4 * (12800 * 0.25) ** 0.5


def test_each_grid_comes_as_often_as_any_other():
    found = SETS["grids"](900, 9)
    ways = {
        (len(graph), graph.number_of_edges()): graph for graph in as_networkx(found.take(slice(90)))
    }
    assert len(ways) == 9  # of grid-small: 2 x 2 to 4 x 5
    edges = found.adjacency.sum(dim=(1, 2)) // 2
    counts = torch.stack([(found.size * 1000 + edges == n * 1000 + m).sum() for n, m in ways])
    assert int(counts.sum()) == 900
    assert ((counts - 100).abs() < 4.0 * 9.5).all()


@pytest.mark.parametrize("slug", MAKES)
def test_a_make_is_known_and_what_only_has_as_many_edges_is_not_of_it(slug):
    real, made = SETS[slug](100, 10), SETS[slug](60, 11)
    measured = MAKES[slug](NoConfig()).measure(evidence(made, real))
    assert (measured.value, measured.n) == (1.0, 60)
    graphs = made.adjacency, made.size
    for null in (
        graph_nulls.erdos_renyi(graphs, 60, 12),
        graph_nulls.independent_edges(graphs, 60, 13),
        graph_nulls.flipped(graphs, 60, 14, share=0.1),
    ):
        assert MAKES[slug](NoConfig()).measure(evidence(graph_set(*null), real)).value < 0.4
    with pytest.raises(NotApplicable, match="most of the real graphs"):
        MAKES[slug](NoConfig()).measure(evidence(made, SETS["block-model"](20, 14)))


def test_makes_are_those_of_networkx_on_small_graphs_of_all_kinds():
    """Every graph of up to six nodes, 156 of them with six."""
    atlas = [graph for graph in networkx.graph_atlas_g() if 2 <= len(graph) <= 6]
    squares = torch.zeros((len(atlas), 6, 6), dtype=torch.bool)
    for square, graph in zip(squares, atlas, strict=True):
        square[: len(graph), : len(graph)] = torch.from_numpy(networkx.to_numpy_array(graph)) > 0
    size = torch.tensor([len(graph) for graph in atlas])
    assert tree(squares, size).tolist() == [networkx.is_tree(graph) for graph in atlas]
    assert planar(squares, size).tolist() == [
        networkx.is_connected(graph) and networkx.is_planar(graph) for graph in atlas
    ]
    # All trees of fewer than ten nodes are lobsters but one of ten with three arms of three edges.
    assert lobster(squares, size).tolist() == tree(squares, size).tolist()
    known = [networkx.grid_2d_graph(2, 2), networkx.grid_2d_graph(2, 3)]
    assert grid(squares, size).tolist() == [
        any(networkx.is_isomorphic(graph, each) for each in known) for graph in atlas
    ]


def test_a_tree_with_three_long_arms_is_no_lobster():
    for arm, expected in ((2, True), (3, False)):
        spider = networkx.Graph()
        for each in range(3):
            networkx.add_path(spider, [0, *range(1 + each * arm, 1 + (each + 1) * arm)])
        square = torch.from_numpy(networkx.to_numpy_array(spider))[None] > 0
        assert bool(lobster(square, torch.tensor([len(spider)]))) == expected


@pytest.mark.parametrize(
    ("make", "path"),
    [
        (partial(trees, GraphSizes(smallest=9, largest=8)), "largest"),
        (partial(grids, GridsConfig(shortest=5, longest=6, largest=20)), "largest"),
        (partial(block_model, BlockModelConfig(fewest=3, most=2)), "most"),
        (partial(barabasi_albert, BarabasiAlbertConfig(smallest=4, edges=4)), "edges"),
        (partial(watts_strogatz, WattsStrogatzConfig(neighbours=3)), "neighbours"),
    ],
)
def test_what_cannot_be_drawn_names_the_setting(make, path):
    with pytest.raises(ConfigError) as caught:
        make(10, 0)
    assert caught.value.path == path


def test_lobsters_that_hardly_ever_are_that_large_are_not_waited_for(monkeypatch):
    monkeypatch.setattr("pushforward.models.data.lobsters._TRIES", 3)
    with pytest.raises(ConfigError, match=r"legs: .* hardly any lobster has 20 to 20 nodes"):
        lobsters(LobstersConfig(smallest=20), 30, 0)


def test_the_class_of_a_block_model_is_how_many_communities_there_are():
    data = block_model(BlockModelConfig(inside=1.0, between=0.0), 30, 0)
    assert data.names == ("2 communities", "3 communities", "4 communities")
    assert data.labels is not None
    for adjacency, size, label in zip(data.adjacency, data.size, data.labels, strict=True):
        graph = networkx.from_numpy_array(adjacency[:size, :size].numpy())
        assert networkx.number_connected_components(graph) == label + 2
    assert "label" not in data.rows(slice(0, 2)).given
    told = replace(data, told=True)
    some = told.take(torch.tensor([3, 5]))
    assert torch.equal(some.rows(slice(0, 2)).given["label"], data.labels[[3, 5]])
    assert told.spec().given["label"].classes == 3


def test_the_density_of_communities_is_given_with_them():
    data = community_density(CommunityDensityConfig(), 200, 0)
    assert torch.equal(data.spec().std, torch.ones(data.x.shape[1])), "of edges by declaration"
    rows = data.rows(slice(0, 50))
    for adjacency, size, density in zip(
        data.adjacency, data.size.tolist(), rows.given["density"].tolist(), strict=False
    ):
        graph = networkx.from_numpy_array(adjacency[:size, :size].numpy())
        assert networkx.density(graph) == pytest.approx(density)
    spec = data.spec()
    assert float(spec.law["density"].std()) == pytest.approx(1.0, abs=1e-3)
    restored = spec.restored_given(spec.law)["density"]
    assert float(restored.min()) < 0.25 < 0.45 < float(restored.max()), "from sparse to dense"
    with pytest.raises(ConfigError, match="dense: must be at least the sparsest"):
        community_density(CommunityDensityConfig(sparse=0.9, dense=0.5), 10, 0)

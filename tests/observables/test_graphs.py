"""What is counted in graphs is what networkx counts, and an order of their nodes is their own."""

import networkx
import numpy as np
import pytest

from pushforward.observables.graphs.canonical import canonical_order, certificate, same_graphs
from pushforward.observables.graphs.communities import communities
from pushforward.observables.graphs.makes import MAKES, make_of, why_no_two_communities
from pushforward.observables.graphs.statistics import (
    graph_statistics,
    node_statistics,
    pieces,
    whole_statistics,
)


def squares(graphs):
    """Return graphs of networkx as (n, N, N) and their sizes."""
    size = np.array([len(each) for each in graphs])
    found = np.zeros((len(graphs), size.max(), size.max()), bool)
    for row, graph in zip(found, graphs, strict=True):
        row[: len(graph), : len(graph)] = networkx.to_numpy_array(graph) > 0
    return found, size


ATLAS = [each for each in networkx.graph_atlas_g() if len(each) in (1, 4, 5, 6)]
REGULAR = [networkx.random_regular_graph(3, 12, seed=i) for i in range(6)]
ALIKE = [
    networkx.petersen_graph(),
    networkx.hypercube_graph(3),
    networkx.cycle_graph(9),
    networkx.disjoint_union(networkx.cycle_graph(3), networkx.cycle_graph(4)),
    networkx.line_graph(networkx.complete_bipartite_graph(4, 4)),
    networkx.windmill_graph(4, 3),
    networkx.balanced_tree(2, 3),
]


@pytest.mark.parametrize("graph", [*REGULAR, *ALIKE], ids=str)
def test_an_order_is_the_graphs_own_however_it_is_numbered(graph):
    """Also of graphs whose nodes all look alike to colour refinement."""
    square = networkx.to_numpy_array(graph) > 0
    order, rng = canonical_order(square), np.random.default_rng(0)
    assert sorted(order) == list(range(len(square)))
    for _ in range(4):
        turned = rng.permutation(len(square))
        again = square[turned][:, turned]
        own = canonical_order(again)
        assert (again[own][:, own] == square[order][:, order]).all()


def test_every_small_graph_is_a_class_of_its_own():
    found, size = squares(ATLAS)
    assert len(set(same_graphs(found, size))) == len(ATLAS)
    assert len({certificate(a[:n, :n]) for a, n in zip(found, size, strict=True)}) == len(ATLAS)
    rng = np.random.default_rng(1)
    again = found.copy()
    for row, n in zip(again, size, strict=True):
        order = np.r_[rng.permutation(n), np.arange(n, len(row))]
        row[:] = row[order][:, order]
    both = same_graphs(np.concatenate([found, again]), np.r_[size, size])
    assert (both[: len(ATLAS)] == both[len(ATLAS) :]).all()


def test_types_of_nodes_and_edges_tell_graphs_apart():
    ring = networkx.to_numpy_array(networkx.cycle_graph(4)).astype(int)
    plain, typed = certificate(ring, [0, 0, 0, 0]), ring.copy()
    typed[0, 1] = typed[1, 0] = 2
    assert len({plain, certificate(ring, [1, 0, 0, 0]), certificate(typed, [0] * 4)}) == 3
    assert certificate(ring, [0, 1, 0, 0]) == certificate(ring, [1, 0, 0, 0])
    assert certificate(ring, [1, 1, 0, 0]) != certificate(ring, [1, 0, 1, 0])
    order = [2, 3, 0, 1]
    assert certificate(typed[order][:, order], [0] * 4) == certificate(typed, [0] * 4)


def test_counts_are_those_of_networkx():
    graphs = [*ATLAS[::9], *REGULAR, networkx.empty_graph(3)]
    found, size = squares(graphs)
    whole, nodes = graph_statistics(found, size), node_statistics(found, size)
    known = {
        "nodes": len,
        "edges": lambda g: g.number_of_edges(),
        "density": networkx.density,
        "triangles": lambda g: sum(networkx.triangles(g).values()) / 3,
        "clustering": networkx.average_clustering,
        "components": networkx.number_connected_components,
        "largest-degree": lambda g: max(dict(g.degree).values()),
    }
    for name, count in known.items():
        assert whole[name] == pytest.approx(np.array([count(g) for g in graphs])), name
    for row, graph in enumerate(graphs):
        n = len(graph)
        assert np.isnan(nodes["degree"][row, n:]).all()
        assert nodes["degree"][row, :n] == pytest.approx([d for _, d in graph.degree])
        spectrum = np.sort(networkx.normalized_laplacian_spectrum(graph).real)
        assert nodes["eigenvalue"][row, :n] == pytest.approx(spectrum, abs=1e-6)
        assert np.isnan(nodes["eigenvalue"][row, n:]).all()


def test_what_is_wrong_with_a_graph_is_told():
    path, ring = networkx.path_graph(5), networkx.cycle_graph(5)
    spider = networkx.Graph([(0, i) for i in (1, 2, 3)])
    for arm in (1, 2, 3):
        networkx.add_path(spider, [arm, 10 + arm, 20 + arm])
    apart = networkx.disjoint_union(path, path)
    said = {
        "connected": {path: "", apart: "2 pieces"},
        "tree": {path: "", ring: "1 cycle", apart: "2 pieces"},
        "lobster": {path: "", spider: "a long branch"},
        "grid": {networkx.grid_2d_graph(3, 4): "", ring: "5 edges in no grid"},
        "hub": {networkx.star_graph(4): "", ring: "no hub: 2 left out"},
        "planar": {ring: "", networkx.complete_graph(5): "edges cross"},
    }
    for make, cases in said.items():
        for graph, why in cases.items():
            square = networkx.to_numpy_array(graph) > 0
            assert MAKES[make].why(square, 0, 99) == why, (make, graph)
    halves = networkx.disjoint_union(networkx.complete_graph(6), networkx.complete_graph(6))
    halves.add_edge(0, 6)

    def why(graph, low=12, high=20):
        return why_no_two_communities(networkx.to_numpy_array(graph) > 0, low, high)

    assert why(halves) == ""
    assert why(halves, low=14) == "12 nodes: fewer than real"
    assert why(networkx.cycle_graph(12)) == "sparse half: 33 %"
    assert why(networkx.complete_graph(12)) == "36 bridges"
    assert why(networkx.disjoint_union(networkx.complete_graph(6), ring), low=9) == "2 pieces"


def test_the_make_of_real_graphs_is_the_most_particular_that_all_are_of():
    grids = [networkx.grid_2d_graph(2 + i % 3, 3) for i in range(10)]
    assert make_of(*squares(grids)) is MAKES["grid"]
    one_wrong = [*grids[:9], networkx.petersen_graph()]
    assert make_of(*squares(one_wrong)) is MAKES["connected"], "one real graph is no grid"
    lobster = networkx.balanced_tree(2, 2)
    assert make_of(*squares([lobster] * 9)) is MAKES["lobster"]
    longer = networkx.from_edgelist(
        [(0, b) for b in (1, 4, 7)] + [(i, i + 1) for i in (1, 2, 4, 5, 7, 8)]
    )
    assert make_of(*squares([*[lobster] * 99, longer])) is MAKES["tree"]
    apart = [networkx.empty_graph(4)] * 3
    assert make_of(*squares(apart)) is None
    assert make_of(np.zeros((0, 4, 4)), np.zeros(0)) is None


def test_pieces_of_nothing_and_of_single_nodes():
    assert pieces(np.zeros((3, 4, 4)), np.array([0, 1, 4])).tolist() == [0, 1, 4]


def test_communities_are_as_many_as_networkx_finds():
    """Of two merges that gain as much either may come first, so that a few differ."""
    graphs = [
        networkx.stochastic_block_model([6] * k, [[0.8 if a == b else 0.05 for a in range(k)]
                                                  for b in range(k)], seed=i)
        for i in range(10) for k in (2, 3, 4)
    ]  # fmt: skip
    theirs = [len(networkx.community.greedy_modularity_communities(g)) for g in graphs]
    ours = [communities(networkx.to_numpy_array(g)) for g in graphs]
    assert np.mean(np.array(ours) == theirs) >= 0.9
    assert np.corrcoef(ours, [2, 3, 4] * 10)[0, 1] > 0.9
    assert communities(np.zeros((3, 3))) == 3
    assert communities(networkx.to_numpy_array(networkx.complete_graph(5))) == 1


def test_what_a_whole_graph_shows_is_what_networkx_finds():
    graphs = [*ATLAS, *REGULAR, *ALIKE]
    found = whole_statistics(*squares(graphs))
    for row, graph in enumerate(graphs):
        ring = networkx.cycle_graph(4)
        fours = networkx.algorithms.isomorphism.GraphMatcher(graph, ring)
        many = sum(1 for _ in fours.subgraph_monomorphisms_iter()) // 8
        assert found["squares"][row] == many
        parts = [graph.subgraph(c) for c in networkx.connected_components(graph)]
        assert found["diameter"][row] == max(networkx.diameter(part) for part in parts)
        degrees = {d for node, d in graph.degree if d}
        if len(degrees) > 1:
            alike = networkx.degree_pearson_correlation_coefficient(graph)
            assert found["assortativity"][row] == pytest.approx(alike, abs=1e-9)
        else:
            assert np.isnan(found["assortativity"][row])
        laplacian = networkx.normalized_laplacian_matrix(graph).toarray()
        values = np.sort(np.linalg.eigvalsh(laplacian))
        if len(values) > 1:
            assert found["gap"][row] == pytest.approx(max(0.0, values[1]), abs=1e-9)

"""Graphs compared as wholes: by the pairs of neighbourhoods in them, and by a random network."""

import math
import random
from collections import Counter

import networkx as nx
import numpy as np
import torch

from pushforward.models.metrics.graphs.nspdk import MOST, kernel, parts
from pushforward.models.metrics.graphs.random_gin import distance, features
from pushforward.models.tensors import make_generator

PLACES = 10


def dense(graphs):
    adjacency = torch.zeros(len(graphs), PLACES, PLACES, dtype=torch.bool)
    for k, graph in enumerate(graphs):
        adjacency[k, : len(graph), : len(graph)] = torch.from_numpy(nx.to_numpy_array(graph) > 0)
    return adjacency, torch.tensor([len(graph) for graph in graphs])


def looks(graph, root, radius):
    """What lies within a radius of a node, as Costa and De Grave write it down."""
    ball = nx.ego_graph(graph, root, radius=radius)
    far = nx.single_source_shortest_path_length(graph, root)
    apart = dict(nx.all_pairs_shortest_path_length(ball))
    node = {v: tuple(sorted((apart[v][u], far[u]) for u in ball)) for v in ball}
    edges = sorted(tuple(sorted((node[u], node[v]))) for u, v in ball.edges)
    return tuple(edges), tuple(sorted(node.values()))


def counted(graph):
    apart = dict(nx.all_pairs_shortest_path_length(graph))
    found = {}
    for radius in range(MOST + 1):
        look = {v: looks(graph, v, radius) for v in graph}
        for u in graph:
            for v, far in apart[u].items():
                if u <= v and far <= MOST:
                    pair = tuple(sorted((look[u], look[v])))
                    found.setdefault((radius, far), Counter())[pair] += 1
    return found


def by_hand(one, two):
    def unnormalised(a, b):
        shared = a.keys() & b.keys()
        return sum(
            sum(count * b[level][look] for look, count in a[level].items())
            / math.hypot(*a[level].values())
            / math.hypot(*b[level].values())
            for level in shared
        )

    return unnormalised(one, two) / math.sqrt(unnormalised(one, one) * unnormalised(two, two))


def test_parts_of_graphs_are_those_that_are_counted_by_hand():
    rng = random.Random(0)
    graphs = [nx.gnp_random_graph(rng.randint(2, 8), rng.uniform(0.2, 0.6), rng) for _ in range(8)]
    told = parts(*dense(graphs))
    among, _, between = kernel(told, told, len(graphs), len(graphs))
    counts = [counted(graph) for graph in graphs]
    wanted = np.array([[by_hand(one, two) for two in counts] for one in counts])
    assert np.abs(between.numpy() - wanted).max() < 1e-12
    assert torch.equal(among, between)
    assert wanted.min() < 0.5  # they are not all alike


def test_graphs_of_equal_degrees_are_told_apart_however_they_are_numbered():
    ring, triangles = nx.cycle_graph(6), nx.disjoint_union(nx.cycle_graph(3), nx.cycle_graph(3))
    turned = nx.relabel_nodes(ring, dict(zip(range(6), (3, 0, 5, 1, 4, 2), strict=True)))
    numbered = nx.Graph([*turned.edges])
    renumbered = nx.from_numpy_array(nx.to_numpy_array(numbered, nodelist=range(6)))
    left, right = parts(*dense([ring])), parts(*dense([renumbered, triangles]))
    same, other = kernel(left, right, 1, 2)[2][0].tolist()
    assert math.isclose(same, 1.0, abs_tol=1e-12)
    assert other < 0.9


def test_a_random_network_sees_what_degrees_do_not():
    def drawn(seed, swaps):
        graphs = []
        for k in range(60):
            # Nodes of many edges lie together, and those of few do.
            inner = random.Random(1000 * seed + k).choice((4, 5, 6))
            graph = nx.disjoint_union(nx.complete_graph(inner), nx.cycle_graph(10 - inner))
            graph.add_edge(0, inner)
            if swaps:
                nx.double_edge_swap(graph, swaps, max_tries=10_000, seed=k)
            graphs.append(graph)
        return features(*dense(graphs))

    real = drawn(0, 0)
    floor, rewired = (
        sum(distance(drawn(seed, swaps), real) for seed in (1, 2, 3)) / 3 for swaps in (0, 60)
    )
    assert rewired > 4.0 * floor, (rewired, floor)


def test_a_feature_that_few_graphs_have_does_not_count_for_all():
    """One in a hundred has some of it: in units of its own spread the distance was ten million."""
    rng = make_generator(0)
    one, other = (torch.randn((100, 105), generator=rng, dtype=torch.float64) for _ in range(2))
    one[:, 40], other[:, 40] = 0.0, 0.0
    floor = distance(one, other)
    one[3, 40], other[5, 40] = 1.0, 1e-4
    assert distance(one, other) < 4.0 * floor


def test_a_random_network_sees_more_than_sums_of_walks():
    graphs = [nx.gnp_random_graph(10, 0.3, seed=k) for k in range(60)]
    found = features(*dense(graphs))
    # Three of them are all that there would be without biases.
    assert int(torch.linalg.matrix_rank(found - found.mean(dim=0))) > 10


def test_a_random_network_does_not_mind_numbers_and_empty_places():
    adjacency, size = dense([nx.gnp_random_graph(7, 0.4, seed=3)])
    order = torch.cat(
        [torch.randperm(7, generator=torch.Generator().manual_seed(0)), size[0] + torch.arange(3)]
    )
    turned = adjacency[:, order][:, :, order]
    told = features(adjacency, size)
    assert torch.allclose(features(turned, size), told, rtol=1e-12)
    assert torch.allclose(features(adjacency[:, :7, :7], size), told, rtol=1e-12)

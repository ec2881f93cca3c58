"""The permutation test of graphs: by all divisions, under one law, and of graphs that are not."""

from itertools import combinations

import pytest
import torch

from pushforward.models.data.community import CommunityConfig, community
from pushforward.models.kinds.graphs import GraphSet
from pushforward.models.layouts.graphs import pack
from pushforward.models.metrics.base import Evidence
from pushforward.models.metrics.graphs.discrepancy import mmd2_of
from pushforward.models.metrics.graphs.permutation import (
    PermutationTest,
    PermutationTestConfig,
    p_value,
)
from pushforward.models.tensors import make_generator
from pushforward.verify.graphs.graph_nulls import copies, erdos_renyi, rewired


def kernel_of(x):
    return torch.exp(-0.5 * torch.cdist(x, x).square())


def test_p_is_the_share_of_all_divisions_that_are_as_far_apart():
    x = torch.randn((7, 2), generator=make_generator(3), dtype=torch.float64)
    x[:3] += 0.8
    kernel, found = kernel_of(x), []
    for first in combinations(range(7), 3):
        order = [*first, *(k for k in range(7) if k not in first)]
        k = kernel[order][:, order]
        found.append(mmd2_of(k[:3, :3], k[3:, 3:], k[:3, 3:], "unbiased"))
    exact = sum(each >= found[0] - 1e-12 for each in found) / len(found)
    assert 0.02 < exact < 0.7
    assert p_value(kernel, 3, 20_000, make_generator(0)) == pytest.approx(exact, abs=0.015)


def test_of_one_law_p_is_as_often_small_as_it_says():
    rng = make_generator(1)
    found = []
    for _ in range(400):
        x = torch.randn((24, 3), generator=rng, dtype=torch.float64)
        found.append(p_value(kernel_of(x), 10, 99, rng))
    p = torch.tensor(found)
    for level in (0.1, 0.3, 0.6):
        assert float((p <= level).double().mean()) == pytest.approx(level, abs=0.075)
    assert p.min() >= 0.01
    with pytest.raises(ValueError, match="at least 2 graphs"):
        p_value(kernel_of(torch.zeros(5, 1)), 4, 19, rng)


def test_graphs_of_another_law_are_told_by_what_differs():
    set_ = community(CommunityConfig(largest=16), 40, 0)
    real, fresh = community(CommunityConfig(largest=16), 40, 1), (set_.adjacency, set_.size)
    metric = PermutationTest(PermutationTestConfig())

    def measured(graphs):
        made = GraphSet(pack(*graphs), graphs[1])
        evidence = Evidence(real, make_generator(0), made=made.rows(slice(None)))
        return metric.measure(evidence)

    same, other = measured(fresh), measured(rewired(fresh, 40, 0))
    assert same.value > 0.05
    assert same.value == min(1.0, 4 * min(same.parts.values()))
    # A rewiring keeps all degrees.
    kept = measured(copies(fresh, 40, 0)).parts["p of degree MMD²"]
    assert other.parts["p of degree MMD²"] == kept
    assert other.parts["p of clustering MMD²"] == pytest.approx(0.001)
    assert other.value == pytest.approx(0.004)
    assert measured(erdos_renyi(fresh, 40, 0)).parts["p of orbit MMD²"] == pytest.approx(0.001)

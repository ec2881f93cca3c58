"""What claims about graphs hold models to, where no training is needed to see it."""

from dataclasses import replace

import pytest
import torch

from pushforward.models.data.grids import GridsConfig, grids
from pushforward.models.layouts.node_orders import node_orders, reordered
from pushforward.models.registry import discover
from pushforward.models.tensors import make_generator
from pushforward.verify.graphs import edge_density, grid_graphs
from pushforward.verify.graphs.graph_nulls import erdos_renyi
from pushforward.verify.graphs.graph_trainings import MADE, Lesson

discover(
    [
        "pushforward.models.data",
        "pushforward.models.kinds",
        "pushforward.models.families",
        "pushforward.models.nets",
        "pushforward.models.samplers",
    ]
)


def test_what_follows_is_told_by_its_correlation_and_its_slope() -> None:
    asked = torch.arange(4.0)
    for slope in (0.5, -2.0):
        found = edge_density.followed(asked, 3.0 + slope * asked)
        assert found == pytest.approx((slope / abs(slope), slope))
    # Deviations -1.5, -.5, .5, 1.5 and -3, 1, -1, 3: products sum to 8, squares to 5 and to 20.
    made = torch.tensor([0.0, 4.0, 2.0, 6.0])
    assert edge_density.followed(asked, made) == pytest.approx((0.8, 1.6))
    assert edge_density.followed(asked, torch.ones(4)) == (0.0, 0.0)


def test_edges_of_grids_reach_as_far_back_as_their_network_sees() -> None:
    """Of 2400 orders some reach back nine places, and none further."""
    graphs, rng, apart = grids(GridsConfig(), 400, 5), make_generator(5), torch.arange(20)
    farthest = 0
    for _ in range(6):
        order = node_orders(graphs.adjacency, graphs.size, "breadth", rng).order
        reach = reordered(graphs.adjacency, order) * (apart[:, None] - apart)
        farthest = max(farthest, int(reach.max()))
    assert farthest == grid_graphs.BANDWIDTH


def test_grids_of_the_data_are_held_to_be_all_nine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grid_graphs, "_at_once", lambda: {"valid": 0.3, "kinds": 5.0})
    graphs = grids(GridsConfig(), MADE, 7)
    assert grid_graphs._judged((graphs.adjacency, graphs.size)).value == {
        "valid": 1.0,
        "kinds": 9.0,
    }
    assert grid_graphs._check_validity({"valid": 0.5, "kinds": 7.0}).passed
    assert not grid_graphs._check_validity({"valid": 0.49, "kinds": 9.0}).passed
    assert not grid_graphs._check_validity({"valid": 0.9, "kinds": 6.0}).passed
    monkeypatch.setattr(grid_graphs, "_at_once", lambda: {"valid": 0.5, "kinds": 5.0})
    assert not grid_graphs._check_validity({"valid": 0.69, "kinds": 9.0}).passed


def test_what_is_as_dense_as_asked_must_be_communities_too() -> None:
    asked = edge_density._unseen_graphs()
    real = asked.adjacency, asked.size
    wanted = asked.density(slice(None))
    assert edge_density._check_densities(real, wanted).passed
    assert not edge_density._check_densities(real, wanted.flip(0)).passed
    anywhere = erdos_renyi(real, MADE, 3)
    found = edge_density._check_densities(anywhere, edge_density._density(anywhere))
    assert found.value["slope"] == pytest.approx(1.0)
    assert not found.passed


def test_a_lesson_draws_by_the_sampler_that_it_names(monkeypatch: pytest.MonkeyPatch) -> None:
    small = {"width": 4, "pairs": 4, "products": 1, "layers": 1}
    lesson = Lesson("edm", 1, {"net": {"slug": "graph-net", "config": small}})
    walk = replace(lesson, sampler="annealed-langevin", sampling={"levels": 2, "walk": 3})
    family = lesson.family_of(0)
    flow, calls = family.flow, []

    def watched(latents, *, sampler, generator):
        calls.append(None if sampler is None else sampler.nfe())
        return flow(latents, sampler=sampler, generator=generator)

    monkeypatch.setattr(family, "flow", watched)
    usual, walked, again = (each.sample_from(family, 5) for each in (lesson, walk, walk))
    assert calls == [None, 7, 7]
    assert torch.equal(walked[0], again[0])
    assert torch.equal(walked[1], usual[1])  # as many nodes, other edges
    assert not torch.equal(walked[0], usual[0])

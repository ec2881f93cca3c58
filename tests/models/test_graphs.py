"""Graphs: packed and unpacked, counted, drawn from two communities, and made by networks."""

from dataclasses import replace
from itertools import combinations

import networkx
import pytest
import torch
from torch import Tensor

from pushforward.models.config import ConfigError, NoConfig, Pick
from pushforward.models.contracts.batch import Batch
from pushforward.models.data.community import CommunityConfig, community
from pushforward.models.families.edm import Edm, EdmConfig
from pushforward.models.kinds.graphs import GraphSet, graphs
from pushforward.models.layouts.graph_validity import connected, two_communities
from pushforward.models.layouts.graphs import Packing, pack, unpack
from pushforward.models.metrics.base import Evidence, NotApplicable
from pushforward.models.metrics.graphs.descriptors import (
    clustering_coefficients,
    clusterings,
    degrees,
    orbit_counts,
    spectra,
)
from pushforward.models.metrics.graphs.discrepancy import STATISTICS, discrepancy
from pushforward.models.metrics.graphs.isomorphism import novelty, uniqueness
from pushforward.models.metrics.graphs.mmd import (
    ClusteringMMD,
    DegreeMMD,
    GraphMMDConfig,
    OrbitMMD,
    SpectralMMD,
)
from pushforward.models.metrics.graphs.structure import (
    DifferentGraphs,
    NewGraphs,
    TwoCommunities,
    ValidGraphs,
)
from pushforward.models.nets.graphs.graph_net import GraphNet, GraphNetConfig
from pushforward.models.nets.role import DENOISER, Role, critic, generator
from pushforward.models.samplers.heun import Heun, HeunConfig
from pushforward.models.tensors import make_generator
from pushforward.observables.graphs.makes import halved
from pushforward.verify.graphs.graph_nulls import copies, erdos_renyi, flipped, independent_edges
from tests.models.graph_orders import permuted, renumbered

SMALL = GraphNetConfig(width=8, pairs=6, products=4, layers=2)
ROLES = [DENOISER, critic(), critic(clock=True)]


def random_graphs(n: int, nodes: int, seed: int = 0, density: float = 0.4) -> tuple[Tensor, Tensor]:
    rng = make_generator(seed)
    size = torch.randint(2, nodes + 1, (n,), generator=rng)
    upper = torch.rand((n, nodes, nodes), generator=rng) < density
    packing = Packing(nodes)
    return unpack(pack(upper, size), packing), size


def net(set_: GraphSet, role: Role) -> GraphNet:
    made = GraphNet(SMALL, set_.spec(), role, generator=make_generator(0)).double()
    rng = make_generator(1)
    for weight in made.parameters():
        # What starts at zero hides whatever is wrong before it.
        if weight.ndim:
            torch.nn.init.normal_(weight, std=0.3, generator=rng)
    return made


def said(made: GraphNet, rows: Batch) -> Tensor:
    clock = torch.linspace(-0.5, 0.5, len(rows)).double() if made.role.clock else None
    out: Tensor = made(rows.x.double(), clock, rows.given, rows.mask)
    return out.detach()


def test_packing_and_unpacking_give_the_graph_back() -> None:
    adjacency, size = random_graphs(50, 7)
    assert adjacency.any()
    assert (adjacency == adjacency.mT).all()
    assert not adjacency.diagonal(dim1=1, dim2=2).any()
    for feature in (None, torch.randn(50, 7, generator=make_generator(3)).abs() + 1):
        packing = Packing(7, feature is not None)
        x = pack(adjacency, size, feature)
        assert x.shape == (50, packing.length)
        assert (unpack(x, packing) == adjacency).all()
        rows = Batch(x, packing.masks[size], {"size": size})
        assert Packing.like(rows) == packing
        assert (x[~packing.masks[size]] == 0).all()
        edges = x[:, packing.start :][packing.masks[size][:, packing.start :]]
        assert set(edges.tolist()) == {-1.0, 1.0}


def test_a_spec_says_how_a_row_is_packed_and_declares_the_scale_of_edges() -> None:
    set_ = graphs(200, 0)
    spec = set_.spec()
    assert [(p.name, p.start, p.stop) for p in spec.parts] == [("nodes", 0, 6), ("edges", 6, 21)]
    assert Packing.of(spec.parts) == set_.packing == Packing(6, True)
    assert (spec.mean[6:] == 0).all()
    assert (spec.std[6:] == 1).all()
    numbers = spec.standardised(set_.rows(slice(None)))
    real = numbers.x[:, :6][numbers.mask[:, :6]]
    assert abs(float(real.mean())) < 1e-5
    assert abs(float(real.std()) - 1) < 1e-5
    assert spec.masks.shape == (7, 21)
    assert spec.masks.sum(dim=1).tolist() == [k + k * (k - 1) // 2 for k in range(7)]
    drawn = spec.conditions(500, make_generator(0))[1]["size"]
    assert set(drawn.tolist()) == set(set_.size.tolist())


def test_sizes_and_shapes_that_fit_nothing_are_refused() -> None:
    with pytest.raises(ValueError, match="at least 2"):
        pack(torch.zeros(1, 1, 1, dtype=torch.bool), torch.ones(1).long())
    with pytest.raises(ValueError, match="in \\[0, 3\\]"):
        pack(torch.zeros(1, 3, 3, dtype=torch.bool), torch.tensor([4]))
    with pytest.raises(ValueError, match="4 is not the number of pairs"):
        GraphSet(torch.zeros(1, 4), torch.ones(1).long()).spec()


def test_communities_are_two_dense_halves_with_a_bridge_and_stand_in_no_order() -> None:
    set_ = community(CommunityConfig(), 300, 4)
    assert set(set_.size.tolist()) == {12, 14, 16, 18, 20}
    adjacency = set_.adjacency
    assert connected(adjacency, set_.size).float().mean() > 0.99
    assert two_communities(adjacency, set_.size, 12, 20).float().mean() > 0.95
    # .7 of the pairs inside, 58 on average, and 1.25 bridges.
    assert abs(float(adjacency.sum() / 2 / len(set_)) - 41.9) < 2.5
    # The first node is as often joined to the second as to the last.
    last = adjacency[torch.arange(300), 0, set_.size - 1].float().mean()
    assert abs(float(adjacency[:, 0, 1].float().mean() - last)) < 0.12
    assert uniqueness(adjacency, set_.size) == 1.0
    assert (community(CommunityConfig(), 300, 4).x == set_.x).all()
    alone = community(CommunityConfig(between=0.0), 100, 4)
    pairs = zip(alone.adjacency.numpy(), alone.size.tolist(), strict=True)
    halves = [torch.from_numpy(halved(a[:k, :k])) for a, k in pairs]
    cuts = [
        int(a[: len(h), : len(h)][h][:, ~h].sum())
        for a, h in zip(alone.adjacency, halves, strict=True)
    ]
    assert cuts.count(1) > 95
    with pytest.raises(ConfigError, match="even size"):
        community(CommunityConfig(smallest=13, largest=13), 3, 0)


def test_degrees_and_clustering_are_those_of_networkx() -> None:
    adjacency, size = random_graphs(30, 9)
    found = clustering_coefficients(adjacency)
    shares = degrees(adjacency, size)
    assert torch.allclose(shares.sum(dim=1), torch.ones(30).double())
    assert torch.allclose(clusterings(adjacency, size).sum(dim=1), torch.ones(30).double())
    for a, k, coefficient, share in zip(adjacency, size.tolist(), found, shares, strict=True):
        graph = networkx.from_numpy_array(a[:k, :k].numpy())
        known = networkx.clustering(graph)
        assert coefficient[:k].tolist() == pytest.approx([known[i] for i in range(k)])
        histogram = torch.tensor(networkx.degree_histogram(graph)).double() / k
        assert share[: len(histogram)].tolist() == pytest.approx(histogram.tolist())


# The connected graphs of two to four nodes, each with the orbits of its nodes.
GRAPHLETS = [
    ([(0, 1)], [0, 0]),
    ([(0, 1), (1, 2)], [1, 2, 1]),
    ([(0, 1), (1, 2), (0, 2)], [3, 3, 3]),
    ([(0, 1), (1, 2), (2, 3)], [4, 5, 5, 4]),
    ([(0, 1), (0, 2), (0, 3)], [7, 6, 6, 6]),
    ([(0, 1), (1, 2), (2, 3), (3, 0)], [8, 8, 8, 8]),
    ([(0, 1), (1, 2), (0, 2), (2, 3)], [10, 10, 11, 9]),
    ([(0, 1), (1, 2), (2, 3), (3, 0), (0, 2)], [13, 12, 13, 12]),
    ([(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)], [14, 14, 14, 14]),
]


def test_orbits_are_those_that_brute_force_finds() -> None:
    known = [(networkx.Graph(edges), orbit) for edges, orbit in GRAPHLETS]
    for density in (0.25, 0.5, 0.8):
        adjacency, _ = random_graphs(4, 8, seed=int(100 * density), density=density)
        found = orbit_counts(adjacency)
        for a, counts in zip(adjacency, found, strict=True):
            graph = networkx.from_numpy_array(a.numpy())
            expected = torch.zeros(8, 15, dtype=torch.float64)
            for chosen in (s for k in (2, 3, 4) for s in combinations(range(8), k)):
                piece = graph.subgraph(chosen)
                for graphlet, orbit in known:
                    matcher = networkx.isomorphism.GraphMatcher(piece, graphlet)
                    if matcher.is_isomorphic():
                        for node, place in matcher.mapping.items():
                            expected[node, orbit[place]] += 1
            assert (counts == expected).all()


def test_a_discrepancy_is_zero_between_a_set_and_itself_and_sees_other_graphs() -> None:
    set_ = community(CommunityConfig(), 60, 0)
    one, more = (set_.adjacency, set_.size), community(CommunityConfig(), 60, 1)
    for name in STATISTICS:
        assert discrepancy(name, one, one, "biased") == pytest.approx(0.0, abs=1e-12)
        floor = discrepancy(name, one, (more.adjacency, more.size), "unbiased")
        assert abs(floor) < 0.05
    null = erdos_renyi(one, 60, 0)
    assert discrepancy("clustering", one, null, "unbiased") > 0.5
    assert discrepancy("orbit", one, null, "unbiased") > 0.2
    wider = community(CommunityConfig(smallest=22, largest=24), 10, 0)
    assert discrepancy("degree", one, (wider.adjacency, wider.size), "biased") > 0.1
    with pytest.raises(ValueError, match="at least 2"):
        discrepancy("degree", (one[0][:1], one[1][:1]), one, "unbiased")


def test_renumbered_graphs_are_the_same_graph() -> None:
    set_ = community(CommunityConfig(smallest=8, largest=10), 30, 0)
    other, _ = renumbered(set_, 5)
    assert (other.x != set_.x).any()
    assert novelty((other.adjacency, other.size), (set_.adjacency, set_.size)) == 0.0
    # Colours alone cannot tell two triangles from a ring of six.
    ring, triangles = (
        networkx.cycle_graph(6),
        networkx.disjoint_union_all([networkx.cycle_graph(3)] * 2),
    )
    both = (
        torch.stack([torch.from_numpy(networkx.to_numpy_array(g)) for g in (ring, triangles)]) > 0
    )
    assert uniqueness(both, torch.tensor([6, 6])) == 1.0


def test_communities_are_told_from_everything_that_is_none() -> None:
    set_ = community(CommunityConfig(), 60, 0)
    real = set_.adjacency, set_.size
    assert two_communities(*erdos_renyi(real, 60, 0), 12, 20).float().mean() < 0.1
    assert two_communities(*flipped(real, 60, 0, 0.2), 12, 20).float().mean() < 0.1
    first = set_.adjacency[0][: set_.size[0], : set_.size[0]]
    cut = torch.from_numpy(halved(first.numpy()))
    parted = set_.adjacency[:1].clone()
    inside = torch.zeros(parted.shape[1], dtype=torch.bool)
    inside[: len(cut)] = cut
    parted[0][inside[:, None] != inside] = False
    assert not two_communities(parted, set_.size[:1], 12, 20).any()
    assert not two_communities(set_.adjacency, set_.size, 21, 30).any()


def test_nulls_keep_what_they_say() -> None:
    set_ = community(CommunityConfig(), 60, 0)
    real = set_.adjacency, set_.size
    packing = set_.packing
    for null in (copies, erdos_renyi, independent_edges, lambda *a: flipped(*a, 0.05)):
        adjacency, size = null(real, 40, 3)
        assert (adjacency == adjacency.mT).all()
        assert not (packing.flat(adjacency) & ~packing.masks[size]).any()
    known, (adjacency, _) = copies(real, 40, 3), erdos_renyi(real, 40, 3)
    assert (adjacency.sum(dim=(1, 2)) == known[0].sum(dim=(1, 2))).all()
    turned = packing.flat(flipped(real, 40, 3, 0.05)[0] ^ known[0])
    assert abs(float(turned.sum() / packing.masks[known[1]].sum()) - 0.05) < 0.01


@pytest.mark.parametrize("role", ROLES, ids=["denoiser", "critic", "timed critic"])
@pytest.mark.parametrize("make", [graphs, lambda n, s: community(CommunityConfig(), n, s)])
def test_a_network_does_not_see_how_nodes_are_numbered(role: Role, make) -> None:
    set_ = make(8, 0)
    other, order = renumbered(set_, 1)
    made = net(set_, role)
    noise = torch.randn(set_.x.shape, generator=make_generator(2), dtype=torch.float64)
    rows, moved = set_.rows(slice(None)), other.rows(slice(None))
    out = said(made, rows.holding(rows.x + noise))
    again = said(made, moved.holding(moved.x + permuted(noise, order, set_.packing)))
    assert float(out.std()) > 1e-3
    expected = out if role.name == "critic" else permuted(out, order, set_.packing)
    mask = torch.ones_like(out) if role.name == "critic" else moved.mask
    assert float(((again - expected) * mask).abs().max()) < 1e-10


@pytest.mark.parametrize("role", ROLES, ids=["denoiser", "critic", "timed critic"])
def test_what_stands_in_padded_places_changes_nothing(role: Role) -> None:
    set_ = graphs(12, 0)
    made, rows = net(set_, role), set_.rows(slice(None))
    junk = rows.holding(torch.where(rows.mask, rows.x, 1e3))
    out, again = said(made, rows), said(made, junk)
    mask = torch.ones_like(out) if role.name == "critic" else rows.mask
    assert (((out - again) * mask) == 0).all()
    # Room for more nodes is no other graph.
    wide = Packing(9, True)
    roomy = GraphSet(
        pack(
            torch.nn.functional.pad(set_.adjacency, (0, 3, 0, 3)),
            set_.size,
            torch.nn.functional.pad(set_.x[:, :6], (0, 3)),
        ),
        set_.size,
        "mark",
    )
    larger = net(roomy, role)
    # Told in shares of the largest, the size is the one thing that would differ.
    given = {"size": set_.size * 9 / 6}
    other = roomy.rows(slice(None))
    out, again = said(made, rows), said(larger, Batch(other.x, other.mask, given))
    if role.name != "critic":
        out, again = out[rows.mask], again[wide.masks[set_.size]]
    assert torch.allclose(out, again, atol=1e-10)


@pytest.mark.parametrize("role", ROLES, ids=["denoiser", "critic", "timed critic"])
def test_a_graph_of_one_node_is_seen_by_the_number_of_its_node(role: Role) -> None:
    size, none = torch.tensor([1, 3]), torch.zeros((2, 4, 4)) > 0
    feature = torch.tensor([[2.0, 0, 0, 0], [1.0, 2.0, 3.0, 0]])
    set_ = GraphSet(pack(none, size, feature), size, "mark")
    made, rows = net(set_, role), set_.rows(slice(None))
    gap = said(made, rows) - said(made, rows.holding(pack(none, size, -feature)))
    assert float(gap[0, 0].abs()) > 1e-3


def test_a_network_counts_triangles_that_degrees_do_not_show() -> None:
    ring, triangles = (
        networkx.cycle_graph(6),
        networkx.disjoint_union_all([networkx.cycle_graph(3)] * 2),
    )
    both = (
        torch.stack([torch.from_numpy(networkx.to_numpy_array(g)) for g in (ring, triangles)]) > 0
    )
    set_ = GraphSet(pack(both, torch.tensor([6, 6])), torch.tensor([6, 6]))
    one, two = said(net(set_, critic()), set_.rows(slice(None)))
    assert abs(float(one - two)) > 1e-3


def test_a_generator_makes_graphs_whose_edges_are_between_no_and_yes() -> None:
    set_ = graphs(16, 0)
    spec = set_.spec()
    made = GraphNet(SMALL, spec, generator(5), generator=make_generator(0))
    mask, given = spec.conditions(16, make_generator(1))
    z = torch.randn(16, 5, generator=make_generator(2))
    out = made(z, None, given, mask)
    edges = out[:, 6:].detach()
    assert out.shape == (16, 21)
    assert float(edges.abs().max()) < 1.0
    assert float(edges.std()) > 1e-3
    out.square().mean().backward()
    assert float(made.views.weight.grad.abs().sum()) > 0


def test_noise_is_symmetric_and_samples_stay_within_their_graph() -> None:
    set_ = graphs(20, 0)
    net = Pick(slug="graph-net", config={"width": 8, "pairs": 6, "products": 4, "layers": 2})
    config = EdmConfig(net=net, s_min=0.2, density_mean=0.4)
    family = Edm(config, set_.spec(), horizon=3, seed=0, device=torch.device("cpu"))
    rows = set_.spec().standardised(set_.rows(slice(None)))
    walk = family.walk(rows)
    moments = dict(iter(walk))
    noise = set_.packing.dense(moments["noise"]["particles"] - rows.x)
    assert (noise == noise.mT).all()
    assert (noise != 0).any()
    family.step(rows)
    latents = family.prior(10, make_generator(0))
    for frame in family.flow(latents, sampler=Heun(HeunConfig(steps=4))):
        assert (frame.x[~latents.mask] == 0).all()
    assert frame.x.isfinite().all()


def evidence(made: tuple[Tensor, Tensor], **known: GraphSet) -> Evidence:
    real = community(CommunityConfig(), 60, 1)
    rows = GraphSet(pack(*made), made[1]).rows(slice(None))
    return Evidence(real, make_generator(0), made=rows, other=real, **known)


def test_metrics_see_what_is_wrong_and_hold_it_against_real_graphs() -> None:
    set_ = community(CommunityConfig(), 60, 0)
    real = set_.adjacency, set_.size
    for metric, null, good, bad in (
        (DegreeMMD(GraphMMDConfig()), erdos_renyi, 0.05, 0.02),
        (ClusteringMMD(GraphMMDConfig()), erdos_renyi, 0.05, 0.5),
        (OrbitMMD(GraphMMDConfig()), erdos_renyi, 0.05, 0.2),
        (SpectralMMD(GraphMMDConfig()), erdos_renyi, 0.05, 0.2),
    ):
        assert abs(metric.measure(evidence(real)).value) < good
        assert metric.measure(evidence(null(real, 60, 0))).value > bad
        biased = type(metric)(GraphMMDConfig(estimate="biased")).bar(evidence(real))
        assert biased.value == pytest.approx(0.0, abs=1e-12)
        assert biased.n == 60
    parted = TwoCommunities(NoConfig())
    assert parted.measure(evidence(real)).value > 0.9
    assert parted.measure(evidence(erdos_renyi(real, 60, 0))).value < 0.2
    assert parted.bar(evidence(real)).value > 0.9
    valid = ValidGraphs(NoConfig())
    assert valid.bar(evidence(real, train=set_)).value > 0.9
    assert valid.measure(evidence(erdos_renyi(real, 60, 0), train=set_)).value < 0.2
    chosen = valid.measure(evidence(real, train=replace(set_, make="tree")))
    assert (chosen.value, chosen.parts) == (0.0, {"a tree": 0.0})
    with pytest.raises(NotApplicable, match="any graph"):
        valid.measure(evidence(real, train=replace(set_, make="none")))
    new, different = NewGraphs(NoConfig()), DifferentGraphs(NoConfig())
    twice = tuple(torch.cat([each, each]) for each in real)
    assert different.measure(evidence(twice)).value == pytest.approx(0.5)
    assert new.measure(evidence(real, train=set_)).value == 0.0
    assert new.bar(evidence(real, train=set_)).value == 1.0
    assert new.measure(evidence(flipped(real, 60, 0, 0.05), train=set_)).value > 0.9


def test_spectra_are_those_of_networkx_whatever_places_are_padded() -> None:
    adjacency, size = random_graphs(30, 9, seed=3)
    found = spectra(adjacency, size)
    assert torch.allclose(found.sum(dim=1), torch.ones(30, dtype=torch.float64))
    for histogram, square, count in zip(found, adjacency, size.tolist(), strict=True):
        graph = networkx.from_numpy_array(square[:count, :count].numpy())
        values = networkx.normalized_laplacian_spectrum(graph)
        expected = torch.histc(torch.tensor(values.real).clamp(1e-9, 2.0 - 1e-9), 200, 0.0, 2.0)
        # Rounding may put a value on the edge of a bin into the one beside it.
        work = (histogram - expected / count).cumsum(dim=0).abs().sum()
        assert work <= 1.0 + 1e-9


def test_total_variation_is_what_tables_of_planar_graphs_have() -> None:
    left, right = random_graphs(12, 6, seed=4), random_graphs(9, 6, seed=5)
    statistic = STATISTICS["degree"]
    one, two = (statistic.describe(*graphs) for graphs in (left, right))

    def kernel(a: Tensor, b: Tensor) -> float:
        return float(torch.exp(-0.5 * (0.5 * (a - b).abs().sum()).square()))

    terms = [
        sum(kernel(a, b) for a in first for b in second) / (len(first) * len(second))
        for first, second in ((one, one), (two, two), (one, two))
    ]
    expected = terms[0] + terms[1] - 2.0 * terms[2]
    assert discrepancy("degree", left, right, "biased", "tv") == pytest.approx(expected)
    made = DegreeMMD(GraphMMDConfig(kernel="tv", estimate="biased"))
    assert (
        made.measure(evidence(left)).value
        != DegreeMMD(GraphMMDConfig(estimate="biased")).measure(evidence(left)).value
    )


def test_metrics_say_why_they_do_not_apply() -> None:
    with pytest.raises(NotApplicable, match="not at hand"):
        NewGraphs(NoConfig()).measure(evidence(random_graphs(10, 6)))
    sparse = random_graphs(40, 12)[0] & random_graphs(40, 12, seed=9)[0], random_graphs(40, 12)[1]
    with pytest.raises(NotApplicable, match="no one make"):
        ValidGraphs(NoConfig()).measure(evidence(sparse, train=GraphSet(pack(*sparse), sparse[1])))
    some = graphs(50, 0)
    asked = Evidence(some, make_generator(0), made=some.rows(slice(None)))
    with pytest.raises(NotApplicable, match="no two communities"):
        TwoCommunities(NoConfig()).measure(asked)
    broken = some.rows(slice(None))
    broken.x[3, 10] = torch.nan
    with pytest.raises(ArithmeticError, match="1 of 50 samples are not finite"):
        DegreeMMD(GraphMMDConfig()).measure(Evidence(some, make_generator(0), made=broken))

"""Flows of graphs: their densities against sums over a grid and Jacobians by brute force."""

import math
from itertools import product

import pytest
import torch
from torch import Tensor

from pushforward.models.config import decode, encode
from pushforward.models.contracts.batch import Batch
from pushforward.models.families.graphs.graph_af import GraphAf, GraphAfConfig
from pushforward.models.families.graphs.graph_nvp import GraphNvp, GraphNvpConfig
from pushforward.models.families.graphs.growing import Ordered
from pushforward.models.families.graphs.one_shot import OneShot
from pushforward.models.kinds.graphs import GraphSet
from pushforward.models.layouts.dequantised import expected_log_normal, log_sign, noised
from pushforward.models.layouts.graphs import Packing, unpack
from pushforward.models.nets.graphs.couplings import CouplingsConfig
from pushforward.models.nets.graphs.partial import PartialNetConfig
from pushforward.models.registry import registry
from pushforward.models.tensors import make_generator

CPU = torch.device("cpu")
PAIRS = torch.tensor(list(product((-1.0, 1.0), repeat=3)))
"""All graphs of three nodes, by their pairs, (8, 3)."""
ALL = GraphSet(PAIRS, torch.full((8,), 3))


def wild(family, std: float):
    """A model whose weights are far from where they start."""
    for net in (family.trained.net, family.trained.averaged):
        for stream, weight in enumerate(net.parameters()):
            weight.data.normal_(std=std, generator=make_generator(0, stream))
    return family


def nvp(graphs: GraphSet, **more) -> GraphNvp:
    config = GraphNvpConfig(net=CouplingsConfig(rounds=2, width=8), **more)
    return wild(GraphNvp(config, graphs.spec(), horizon=10, seed=0, device=CPU), 0.2)


def graph_af(graphs: GraphSet, **more) -> GraphAf:
    config = GraphAfConfig(net=PartialNetConfig(width=6, layers=1), **more)
    return wild(GraphAf(config, graphs.spec(), horizon=10, seed=0, device=CPU), 0.5)


def grid(points: int, reach: float) -> tuple[Tensor, float]:
    """Middles of cells, none of which has 0 within it, (points^3, 3), and how large they are."""
    side = (torch.arange(points) + 0.5) / points * 2.0 * reach - reach
    return torch.cartesian_prod(side, side, side), (2.0 * reach / points) ** 3


def code_of(y: Tensor) -> Tensor:
    """Which of the eight graphs the signs of three pairs are."""
    return ((y > 0.0).long() * torch.tensor([4, 2, 1])).sum(dim=1)


@torch.no_grad()
def by_quadrature(made: GraphNvp, within: float = 9.0) -> Tensor:
    """How likely each of the eight graphs is, as it is numbered, by numbers below a bound."""
    y, cell = grid(36, 9.0)
    rows = Batch(y, torch.ones(y.shape, dtype=torch.bool), {"size": torch.full((len(y),), 3)})
    likely = made.log_density(made.trained.averaged.edges, rows).double().exp() * cell
    likely *= (y.abs() < within).all(dim=1)
    return torch.zeros(8, dtype=torch.double).scatter_add_(0, code_of(y), likely)


def mixed(n: int) -> GraphSet:
    rng = make_generator(1)
    size = torch.randint(2, 6, (n,), generator=rng)
    rows = torch.where(torch.rand((n, 10), generator=rng) < 0.5, 1.0, -1.0)
    return GraphSet(rows * Packing(5).masks[size], size)


def test_pairs_that_become_noise_become_the_same_pairs_again():
    graphs = mixed(6)
    made = nvp(graphs)
    net, rows = made.trained.averaged.edges, graphs.rows(slice(None))
    y = rows.holding(rows.zeroed(noised(rows.x, 0.9, torch.rand(rows.x.shape))))
    with torch.no_grad():
        z, _ = net.to_noise(y)
        *_, again = net.to_data(y.holding(z))
    torch.testing.assert_close(again, y.x, atol=1e-4, rtol=1e-4)
    assert torch.equal(z[~rows.mask], torch.zeros_like(z[~rows.mask])), "what is padded stays"
    assert (z - y.x)[rows.mask].abs().mean() > 0.1, "others do not"


def test_how_much_room_couplings_make_is_the_determinant_of_their_jacobian():
    graphs = mixed(5)
    net, rows = nvp(graphs).trained.averaged.edges, graphs.rows(slice(None))
    _, volume = net.to_noise(rows)
    for i, row in enumerate(rows.x):
        one = rows.take(slice(i, i + 1))
        jacobian = torch.func.jacrev(lambda x, one=one: net.to_noise(one.holding(x[None]))[0][0])(
            row
        )
        assert float(jacobian.det().abs().log()) == pytest.approx(float(volume[i]), abs=1e-4)
    assert volume.std() > 0.05


def test_a_density_of_graphs_by_couplings_sums_to_one_and_bounds_how_likely_they_are():
    """The bound is as much below as Jensen's inequality says: the mean of its exponential is what
    the noise reaches, of a graph however its nodes are numbered.
    """
    made = nvp(ALL, order="random", noise=1.0)
    law, reached = by_quadrature(made), by_quadrature(made, 2.0)
    assert float(law.sum()) == pytest.approx(1.0, abs=2e-3)
    assert law.max() > 3.0 * law.min()
    bounds = made.log_prob_bound(ALL.rows(torch.arange(8).repeat_interleave(400))).view(8, 400)
    mean, error = bounds.exp().mean(dim=1), bounds.exp().std(dim=1) / 20.0
    for same in ([0], [1, 2, 4], [3, 5, 6], [7]):
        assert ((mean[same] - reached[same].mean()).abs() < 4.0 * error[same]).all()
        assert (bounds[same].mean(dim=1) < law[same].mean().log() - 0.01).all()


def test_latents_are_pushed_to_where_the_density_says_that_they_come_from():
    made = nvp(ALL)
    latents = made.prior(20000, make_generator(3))
    drawn = unpack(made.push(latents), made.packing)
    code, law = code_of(made.packing.flat(drawn)), by_quadrature(made)
    found = torch.bincount(code, minlength=8).double() / 20000
    assert ((found - law).abs() < 5.0 * (law / 20000).sqrt() + 2e-3).all()


@pytest.mark.parametrize("pair", ["types", "sign"])
def test_an_autoregressive_density_sums_over_the_signs_to_how_likely_a_graph_is(pair):
    made = graph_af(ALL, pair=pair)
    size = torch.full((8,), 3)
    graphs = Ordered(ALL.adjacency, size, None, {"size": size}, torch.zeros(8))
    net = made.trained.averaged.edges
    y, cell = grid(100, 9.0)
    code = code_of(y)
    packing = ALL.packing
    with torch.no_grad():
        exact, _ = made.log_prob_ordered(net, graphs)
        for graph in range(8):
            one = graphs.take(slice(graph, graph + 1))
            mine = y[code == graph]
            # Mean and deviation are those of the signs: one pass for all numbers of them.
            _, mean, log_std = made._predict_pairs(net, one, torch.arange(3)[None])
            # Half the difference of two numbers has half the variance of each.
            log_std = (log_std.exp() / (2.0 if pair == "types" else 1.0) ** 0.5).log()
            found = made.log_density(net, one, packing.dense(mine[:1]))
            z = (mine[:, [0, 1, 2]] - mean) * (-log_std).exp()
            each = torch.distributions.Normal(0.0, 1.0).log_prob(z) - log_std
            torch.testing.assert_close(found[0], each[0].sum())
            total = float(each.sum(dim=1).double().exp().sum() * cell)
            assert total == pytest.approx(float(exact[graph].exp()), rel=0.02, abs=1e-4)


def test_the_expected_density_of_a_bit_is_that_by_quadrature_and_a_bound():
    mean, log_std = torch.linspace(-1.5, 1.5, 7)[:, None], torch.tensor([-1.0, 0.0, 0.5])
    u = (torch.arange(4000) + 0.5) / 4000
    for width in (0.2, 0.9, 1.0):
        for bit in (-1.0, 1.0):
            bits = torch.full((7, 3), bit)
            found = expected_log_normal(bits, width, mean, log_std)
            law = torch.distributions.Normal(mean[..., None], log_std.exp()[:, None])
            density = law.log_prob(noised(torch.tensor(bit), width, u)).mean(dim=-1)
            torch.testing.assert_close(found, density + torch.tensor(2.0 * width).log())
            assert (found <= log_sign(bits, mean, log_std) + 1e-6).all()


@torch.no_grad()
def test_of_two_numbers_the_greater_says_what_one_number_says_too_seldom():
    """Where pairs are joined by chance, that of Gaussians with the moments of their numbers."""
    drawn = {}
    for pair, numbers in (("types", 2), ("sign", 1)):
        made = graph_af(ALL, pair=pair)
        for chance, width in product((0.05, 0.7, 1.0), (0.9,)):
            rng = make_generator(4)
            mean = 2.0 * chance - 1.0
            std = torch.tensor(4.0 * chance * (1.0 - chance) + width**2 / 3.0).sqrt()
            net = made.trained.averaged.edges
            net.law.weight.zero_()
            net.law.bias.copy_(torch.tensor([mean, 3.0 * math.atanh(float(std.log()) / 3.0)]))
            # The number of a pair that is not joined, if there is one, mirrors that of one that is.
            drawings = mean + std * torch.randn((numbers, 100_000), generator=rng)
            greater = drawings.sum(dim=0) > 0.0
            latents = made.prior(4000, make_generator(5))
            *_, last = made.flow(latents)
            drawn[pair, chance] = float((last.x > 0.0).double().mean())
            assert drawn[pair, chance] == pytest.approx(float(greater.double().mean()), abs=0.012)
    assert drawn["sign", 0.7] < 0.68 < 0.69 < drawn["types", 0.7] < 0.72
    assert drawn["sign", 1.0] < 0.98 < 0.99 < drawn["types", 1.0]


def test_runs_of_the_first_version_have_one_number_for_a_pair():
    entry = registry.get("family", "graph-af")
    said = encode(GraphAfConfig(noise=0.3))
    del said["pair"]
    sign = GraphAfConfig(noise=0.3, pair="sign")
    assert decode(entry.config, entry.upgrade(said, "graphs")) == sign
    assert entry.upgrade({"seen": 7}, "graphs") == {"seen": 7}, "what says little is new"


@pytest.mark.parametrize("make", [nvp, graph_af])
def test_a_flow_learns_which_graphs_there_are(make):
    """Mostly none or all of the pairs are joined: pairs drawn each for itself would be .73 away."""
    comes = torch.tensor([6, 1, 1, 1, 1, 1, 1, 4])
    data = GraphSet(PAIRS.repeat_interleave(comes, dim=0), torch.full((16,), 3))
    if make is nvp:
        config = GraphNvpConfig(net=CouplingsConfig(rounds=2, width=24), noise=0.5, ema=0.0)
        family: OneShot | GraphAf = GraphNvp(config, data.spec(), horizon=200, seed=0, device=CPU)
    else:
        config = GraphAfConfig(net=PartialNetConfig(width=12, layers=1), seen=0, ema=0.0)
        family = GraphAf(config, data.spec(), horizon=120, seed=0, device=CPU)
    for _ in range(family.horizon):
        family.step(data.spec().standardised(data.rows(slice(None))))
    *_, last = family.flow(family.prior(4000, make_generator(1)))
    count = (last.x > 0.0).sum(dim=1)
    found = torch.bincount(count, minlength=4).double() / 4000
    truth = torch.tensor([6.0, 3.0, 3.0, 4.0], dtype=torch.double) / 16.0
    share = float(truth @ torch.arange(4.0, dtype=torch.double)) / 3.0
    ways = torch.tensor([1.0, 3.0, 3.0, 1.0], dtype=torch.double)
    alone = ways * share ** torch.arange(4.0) * (1.0 - share) ** (3.0 - torch.arange(4.0))
    assert (found - truth).abs().sum() < 0.5 * (alone - truth).abs().sum(), found

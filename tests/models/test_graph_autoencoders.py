"""Autoencoders of graphs: against all graphs of three nodes, by sums over latents."""

import math
from functools import partial
from itertools import permutations, product

import pytest
import torch
from torch import Tensor

from pushforward.models.config import decode, encode
from pushforward.models.contracts.batch import Batch
from pushforward.models.families.graphs.graph_vae import GraphVae, GraphVaeConfig
from pushforward.models.families.graphs.latents import divergence, law_of, leaning, log_bits
from pushforward.models.families.graphs.one_shot import OneShot
from pushforward.models.families.graphs.vgae import Vgae, VgaeConfig
from pushforward.models.kinds.graphs import GraphSet
from pushforward.models.layouts.graphs import Packing, pack
from pushforward.models.nets.calling import call
from pushforward.models.registry import registry
from pushforward.models.tensors import make_generator, real_places

PAIRS = torch.tensor(list(product((-1.0, 1.0), repeat=3)))
"""All graphs of three nodes, by their pairs, (8, 3)."""
CPU = torch.device("cpu")
SMALL = {"width": 6, "pairs": 4, "products": 2, "layers": 1}


COMES = torch.tensor([6, 1, 1, 1, 1, 1, 1, 4])
"""How often each is among the data: mostly none or all of the pairs are joined."""
DATA = GraphSet(PAIRS.repeat_interleave(COMES, dim=0), torch.full((16,), 3))


def taught(family: OneShot, steps: int = 80) -> OneShot:
    rows = DATA.spec().standardised(DATA.rows(slice(None)))
    for _ in range(steps):
        family.step(rows)
    return family


def graph_vae(prior: str = "given") -> OneShot:
    net = {"slug": "graph-net", "config": SMALL}
    said = {"latent": 1, "prior": prior, "encoder": net, "decoder": net, "ema": 0.0}
    return GraphVae(decode(GraphVaeConfig, said), DATA.spec(), horizon=80, seed=0, device=CPU)


def vgae(**settings: object) -> OneShot:
    fast = {"kind": "adam", "lr": 0.02}
    config = decode(VgaeConfig, {"latent": 1, "ema": 0.0, "optimizer": fast, **settings})
    return Vgae(config, DATA.spec(), horizon=80, seed=0, device=CPU)


def normal_grid(points: int) -> tuple[Tensor, Tensor]:
    z = torch.linspace(-6.0, 6.0, points)
    weight = torch.exp(-0.5 * z.square()) / math.sqrt(2.0 * math.pi) * (z[1] - z[0])
    return z, weight.double()


def ordered_law(family: OneShot) -> Tensor:
    """Return the probability of each graph as it is numbered by the decoder, (8,)."""
    net = family.trained.averaged.edges
    if isinstance(family, GraphVae):
        z, weight = normal_grid(401)
        rows = family.empty(family.prior(401, make_generator(0)))
        centre, log_width = net.foreseen(rows)
        assert (centre.abs().max() > 0.0) == (family.config.prior == "given")
        lean = family._decoded(net, rows, centre + log_width.exp() * z[:, None])
    else:
        one, each = normal_grid(31)
        z = torch.cartesian_prod(one, one, one)[..., None]
        weight = torch.cartesian_prod(each, each, each).prod(dim=1)
        given = {"size": torch.full((len(z),), 3)}
        lean = family._decode_pairs(net, z, given)
    chance = 0.5 * (1.0 + lean.double()[:, None] * PAIRS[None].double())
    return (weight[:, None] * chance.prod(dim=2)).sum(dim=0)


def numbered(law: Tensor) -> Tensor:
    """Return the probability of each graph when its nodes are numbered at random."""
    packing = Packing(3)
    square = packing.dense(PAIRS)
    total = torch.zeros(8, dtype=torch.float64)
    for order in permutations(range(3)):
        turned = packing.flat(square[:, list(order)][:, :, list(order)])
        total += law[((turned > 0).long() * torch.tensor([4, 2, 1])).sum(dim=1)] / 6.0
    return total


@pytest.mark.parametrize("make", [graph_vae, partial(graph_vae, "alike"), vgae])
@torch.no_grad()
def test_it_draws_the_law_that_it_has_and_bounds_it(make) -> None:
    family = make()
    with torch.enable_grad():
        taught(family)
    law = ordered_law(family)
    assert float(law.sum()) == pytest.approx(1.0, abs=1e-3)
    made = family.push(family.prior(20_000, make_generator(1)))
    number = ((made > 0).long() * torch.tensor([4, 2, 1])).sum(dim=1)
    drawn = torch.bincount(number, minlength=8).double() / len(number)
    assert 0.5 * float((drawn - law).abs().sum()) < 0.015
    assert float(law.max() / law.min()) > 1.5, "a law of nothing would show nothing"
    exact = numbered(law)
    many = family.spec.standardised(
        GraphSet(PAIRS.repeat_interleave(300, dim=0), torch.full((2400,), 3)).rows(slice(None))
    )
    bound = family.log_prob_bound(many).view(8, 300).double()
    error = bound.std(dim=1) / 300**0.5
    assert (bound.mean(dim=1) < exact.log() + 4.0 * error + 1e-3).all()
    assert float((COMES / 16 * (exact.log() - bound.mean(dim=1))).sum()) < 0.8, "and not by far"
    if isinstance(family, Vgae):
        torch.testing.assert_close(exact, law, rtol=1e-3, atol=1e-5)


def of_sizes(prior: str) -> tuple[GraphVae, Batch]:
    """Return a family taught of graphs of two sizes, in which all nodes are joined, and these."""
    size = torch.tensor([2, 6]).repeat(8)
    real = real_places(size, 6)
    set_ = GraphSet(pack(real[:, None] & real[..., None], size), size)
    net = {"slug": "ordered-mlp", "config": {"width": 16, "depth": 1}}
    said = {"latent": 2, "prior": prior, "encoder": net, "decoder": {"slug": "mlp"}, "beta": 0.05}
    family = GraphVae(decode(GraphVaeConfig, said), set_.spec(), horizon=60, seed=0, device=CPU)
    rows = family.spec.standardised(set_.rows(slice(None)))
    for _ in range(60):
        family.step(rows)
    return family, rows


def test_latents_are_drawn_where_those_of_graphs_of_that_size_lie() -> None:
    """With one prior for all, those of the one size lie elsewhere than those of the other and
    are drawn for both.
    """
    off = {}
    for prior in ("alike", "given"):
        family, rows = of_sizes(prior)
        net, pairs = family.trained.net.edges, family.pairs(rows)
        with torch.no_grad():
            mean, log_std = law_of(call(net.encoder, pairs))
            centre, log_width = net.foreseen(pairs)
            _, apart, _ = family._terms(net, pairs, torch.zeros(16, 2))
        q = torch.distributions.Normal(mean, log_std.exp())
        p = torch.distributions.Normal(centre.expand(16, 2), log_width.exp().expand(16, 2))
        torch.testing.assert_close(apart, torch.distributions.kl_divergence(q, p).sum(dim=1))
        off[prior] = float((mean - centre).square().mean())
    assert off["given"] < 0.2 * off["alike"]


def test_runs_of_the_first_version_have_one_prior_for_all() -> None:
    entry = registry.get("family", "graph-vae")
    said = encode(GraphVaeConfig(latent=7))
    del said["prior"]
    alike = GraphVaeConfig(latent=7, prior="alike")
    assert decode(entry.config, entry.upgrade(said, "graphs")) == alike
    assert entry.upgrade({"latent": 7}, "graphs") == {"latent": 7}, "what says little is new"


def test_an_autoencoder_of_nodes_does_not_see_how_they_are_numbered() -> None:
    family = vgae()
    set_ = GraphSet(PAIRS, torch.full((8,), 3))
    rows = set_.rows(slice(None))
    order = [2, 0, 1]
    turned = Packing(3).flat(Packing(3).dense(PAIRS)[:, order][:, :, order])
    noise = family._noise(8, make_generator(2))
    net = family.trained.averaged.edges
    fit, apart, _, z = family._terms(net, rows, noise)
    again = family._terms(net, rows.holding(turned), noise[:, order])
    torch.testing.assert_close(again[0], fit)
    torch.testing.assert_close(again[1], apart)
    torch.testing.assert_close(again[3], z[:, order])


def test_a_critic_holds_latents_to_the_prior() -> None:
    """Without it a decoder may spread them as far as it likes."""
    spread = {}
    rows = DATA.spec().standardised(DATA.rows(slice(None)))
    for beta in (0.0, 1.0):
        family = vgae(prior="adversarial", beta=beta)
        assert family.parts.keys() == {"network", "critic"}
        assert taught(family, 59).step(rows)["critic-loss"].isfinite()
        noise = family._noise(16, make_generator(3))
        *_, z = family._terms(family.trained.net.edges, rows, noise)
        spread[beta] = float(z.detach().square().mean())
    assert abs(spread[1.0] - 1.0) < abs(spread[0.0] - 1.0)


def test_bits_lean_and_the_divergence_is_that_of_gaussians() -> None:
    odds = torch.tensor([-9.0, -0.5, 0.0, 0.8, 30.0])
    lean = leaning(odds)
    torch.testing.assert_close(0.5 * (1.0 + lean[1:4]), torch.sigmoid(odds[1:4]), rtol=0, atol=1e-3)
    both = log_bits(lean, torch.ones(5)).exp() + log_bits(lean, -torch.ones(5)).exp()
    torch.testing.assert_close(both, torch.ones(5))
    assert float(lean.abs().max()) < 1.0
    mean, log_std = torch.tensor([0.0, 1.5, -0.7]), torch.tensor([0.0, -1.0, 0.4])
    two = torch.distributions.Normal(mean, log_std.exp())
    one = torch.distributions.Normal(torch.zeros(3), torch.ones(3))
    torch.testing.assert_close(
        divergence(mean, log_std), torch.distributions.kl_divergence(two, one)
    )

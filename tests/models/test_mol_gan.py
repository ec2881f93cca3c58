"""MolGAN: bits come as often as is said, slopes go through them, and a wish is heard."""

from itertools import product

import torch
from torch import Tensor, nn

from pushforward.models.config import decode
from pushforward.models.families.graphs.mol_gan import MolGan, MolGanConfig
from pushforward.models.kinds.graphs import GraphSet
from pushforward.models.layouts.graph_validity import connected
from pushforward.models.layouts.graphs import Packing, unpack
from pushforward.models.nets.graphs.drawn_bits import DrawnBits
from pushforward.models.tensors import make_generator

CPU = torch.device("cpu")
PAIRS = torch.tensor(list(product((-1.0, 1.0), repeat=3)))
NETS = {
    "generator": {"slug": "mlp", "config": {"width": 24, "depth": 1}},
    "critic": {"slug": "graph-net", "config": {"width": 8, "pairs": 6, "products": 3, "layers": 1}},
}


class _Odds(nn.Module):
    def forward(self, z: Tensor, *more: object) -> Tensor:
        return z / 6.0


def drawn(bits: str, odds: Tensor, normal: Tensor) -> Tensor:
    net = DrawnBits(_Odds(), Packing(3), 3, bits, 0.7)
    out: Tensor = net(torch.cat([odds, normal], dim=1))
    return out


def test_bits_come_as_often_as_their_odds_say_and_their_slope_is_that_of_what_is_nearly_drawn():
    n = 20000
    odds = torch.tensor([-2.0, 0.3, 1.5]).repeat(n, 1).requires_grad_()
    normal = torch.randn((n, 3), generator=make_generator(0))
    hard, soft = (drawn(bits, odds, normal) for bits in ("straight-through", "gumbel"))
    assert torch.equal(hard.detach().abs(), torch.ones((n, 3)))
    share = (hard > 0.0).double().mean(dim=0)
    torch.testing.assert_close(share, torch.sigmoid(odds[0]).double(), atol=0.015, rtol=0.0)
    assert torch.equal(hard > 0.0, soft > 0.0)
    way = torch.randn((n, 3), generator=make_generator(1))
    slopes = [torch.autograd.grad(each, odds, way)[0] for each in (hard, soft)]
    torch.testing.assert_close(slopes[0], slopes[1])
    # tanh((l + g) / 2 tau), by a difference.
    step = (drawn("gumbel", odds + 1e-3, normal) - drawn("gumbel", odds - 1e-3, normal)) / 2e-3
    torch.testing.assert_close(slopes[1], step * way, atol=2e-3, rtol=1e-2)


def taught(data: GraphSet, steps: int, **settings: object) -> MolGan:
    fast = {"kind": "adam", "lr": 5e-3, "beta1": 0.5}
    own = {**NETS, "latent": 8, "generator_optimizer": fast, "critic_optimizer": fast, "ema": 0.9}
    config = decode(MolGanConfig, {**own, **settings})
    family = MolGan(config, data.spec(), horizon=steps, seed=0, device=CPU)
    rows, order = data.spec().standardised(data.rows(slice(None))), make_generator(0)
    for _ in range(steps):
        family.step(rows.take(torch.randint(len(rows), (32,), generator=order)))
    return family


def made(family: MolGan, n: int = 2000) -> tuple[Tensor, Tensor]:
    latents = family.prior(n, make_generator(1))
    return unpack(family.push(latents), family.packing), latents.given["size"].long()


def test_pairs_know_of_each_other():
    """Mostly none or all of the pairs are joined: pairs drawn each for itself would be .73 away."""
    comes = torch.tensor([6, 1, 1, 1, 1, 1, 1, 4])
    data = GraphSet(PAIRS.repeat_interleave(comes, dim=0), torch.full((16,), 3))
    adjacency, _ = made(taught(data, 100, critic_steps=1))
    count = adjacency.sum(dim=(1, 2)) // 2
    found = torch.bincount(count, minlength=4).double() / 2000
    truth = torch.tensor([6.0, 3.0, 3.0, 4.0], dtype=torch.double) / 16.0
    assert (found - truth).abs().sum() < 0.36, found


def test_a_wish_is_heard():
    """Of the data a third hangs together."""
    rng = make_generator(2)
    x = torch.where(torch.rand((64, 6), generator=rng) < 0.42, 1.0, -1.0)
    data = GraphSet(x, torch.full((64,), 4))
    assert 0.2 < connected(data.adjacency, data.size).double().mean() < 0.5
    shares = [
        float(connected(*made(taught(data, 30, critic_steps=1, **wish), 400)).double().mean())
        for wish in ({}, {"wish": "connected", "reward": 30.0})
    ]
    assert shares[1] > shares[0] + 0.3, shares

"""How fast GDSS learns and draws, beside what anybody would write: prints a table.

    python -m tests.benchmarks.gdss_step [--steps 20] [--calls 100] [--drawn 1000]

Both sides have the same network with the same weights and learn from 32 community graphs a step:
the studio by `Edm.step` with the settings of the named method, and the other from square matrices,
whose noise is made symmetric and masked, by a network written line by line as its equations are,
with PyTorch's Adam and averaged weights. Before anything is timed, both must have the same loss on
the same noised graphs. Asked: at least as fast, in turn. And 1,000 graphs are drawn by the
predictor-corrector, with so many calls of the network. All in the time of one core.
"""

import argparse
import math
import os
import statistics
import time
import tomllib
from collections.abc import Callable, Sequence

from tests.benchmarks.smallest import parse

os.environ.setdefault("OMP_NUM_THREADS", "1")

import torch
from torch import Tensor, nn
from torch.nn import functional

from pushforward.models.config import decode
from pushforward.models.contracts.batch import Batch
from pushforward.models.data.community import CommunityConfig, community
from pushforward.models.families.edm import Edm, EdmConfig
from pushforward.models.kinds.graphs import GraphSet
from pushforward.models.nets.graphs.graph_net import GraphNet
from pushforward.models.nets.pick import filled
from pushforward.models.registry import registry
from pushforward.models.samplers.predictor_corrector import (
    PredictorCorrector,
    PredictorCorrectorConfig,
)
from pushforward.models.tensors import make_generator
from pushforward.studio.cli import catalogue
from pushforward.studio.resources import folder

ASKED = 1.0  # times as fast
BATCH = 32
WALKS, LOW, HIGH, WAVES = 4, 0.1, 20.0, 16


class Film(nn.Module):
    """A normalisation that the context scales and shifts."""

    def __init__(self, channels: int, context: int) -> None:
        super().__init__()
        self.norm, self.film = nn.LayerNorm(channels), nn.Linear(context, 2 * channels)

    def forward(self, h: Tensor, context: Tensor) -> Tensor:
        scale, shift = self.film(context).chunk(2, dim=-1)
        middle = (len(h), *[1] * (h.ndim - 2), h.shape[-1])
        return self.norm(h) * (1.0 + scale.view(middle)) + shift.view(middle)


class Layer(nn.Module):
    """Nodes hear from nodes, and pairs from nodes and from paths of two edges."""

    def __init__(self, width: int, pairs: int, products: int) -> None:
        super().__init__()
        self.node_in, self.pair_in = Film(width, width), Film(pairs, width)
        self.gate, self.value = nn.Linear(pairs, width), nn.Linear(width, width)
        self.heard, self.node_out = nn.Linear(2 * width, 2 * width), nn.Linear(2 * width, width)
        self.factors = nn.Linear(pairs, 2 * products)
        self.own, self.paths = nn.Linear(pairs, 2 * pairs), nn.Linear(products, 2 * pairs)
        self.ends, self.pair_out = nn.Linear(width, 2 * pairs), nn.Linear(2 * pairs, pairs)

    def forward(
        self, h: Tensor, e: Tensor, context: Tensor, node: Tensor, pair: Tensor, n: Tensor
    ) -> tuple[Tensor, Tensor]:
        seen, seen_pairs = self.node_in(h, context), self.pair_in(e, context) * pair
        gates = torch.sigmoid(self.gate(seen_pairs)) * pair
        message = torch.einsum("bijc,bjc->bic", gates, self.value(seen)) / n
        heard = functional.silu(self.heard(torch.cat([seen, message], dim=-1)))
        h = (h + self.node_out(heard)) * node
        one, two = (self.factors(seen_pairs) * pair).chunk(2, dim=-1)
        paths = torch.einsum("bikc,bkjc->bijc", one, two)
        paths = (paths + paths.transpose(1, 2)) / n[:, None].sqrt()
        ends = self.ends(h)
        told = self.own(seen_pairs) + self.paths(paths) + ends[:, :, None] + ends[:, None]
        return h, (e + self.pair_out(functional.silu(told))) * pair


class Plain(nn.Module):
    """GDSS of square matrices: the noise of each pair, from the noised adjacency and its level."""

    def __init__(self, like: GraphNet, width: int, pairs: int, products: int) -> None:
        super().__init__()
        self.context = nn.Linear(2 * WAVES + 2, width)
        self.nodes, self.pairs = nn.Linear(2 + WALKS, width), nn.Linear(3 + WALKS, pairs)
        self.odds = nn.Parameter(torch.zeros(()))
        self.layers = nn.ModuleList([Layer(width, pairs, products) for _ in like.layers])
        self.pair_norm, self.edge = nn.LayerNorm(pairs), nn.Linear(pairs, 1)
        self.load_state_dict(like.state_dict())
        self.waves = torch.linspace(math.log(0.5), math.log(32.0), WAVES).exp()

    def forward(self, a: Tensor, s: Tensor, pair: Tensor, size: Tensor) -> Tensor:
        """Return the noise in a = alpha A + sigma e (n, N, N), of levels s = sigma / alpha (n,)."""
        nodes = a.shape[1]
        n = size.float()[:, None, None]
        node = (torch.arange(nodes) < size[:, None]).float()[..., None]
        angle = torch.log(s)[:, None] / 4.0 * self.waves
        told = [torch.log(s)[:, None] / 4.0, angle.sin(), angle.cos(), size[:, None] / nodes]
        context = functional.silu(self.context(torch.cat(told, dim=1)))
        sharp = (2.0 * torch.sqrt(1.0 + s**2) / s**2)[:, None, None]
        soft = torch.sigmoid(sharp * a + self.odds) * pair
        degree, two = soft.sum(dim=2), soft @ soft
        fair = 1.0 / torch.sqrt(degree + 1e-3)
        walk = fair[:, :, None] * soft * fair[:, None]
        walks = []
        for _ in range(WALKS):
            walk = walk @ walk
            walks.append(walk * n)
        back = [each.diagonal(dim1=1, dim2=2) for each in walks]
        of_nodes = [degree / n[:, 0], (two * soft).sum(dim=2) / n[:, 0] ** 2, *back]
        h = self.nodes(torch.stack(of_nodes, dim=-1)) * node
        e = self.pairs(torch.stack([a, soft, two / n, *walks], dim=-1)) * pair[..., None]
        for layer in self.layers:
            h, e = layer(h, e, context, node, pair[..., None], n)
        return self.edge(self.pair_norm(e))[..., 0] * pair

    def loss(self, real: Tensor, pair: Tensor, size: Tensor, s: Tensor, noise: Tensor) -> Tensor:
        """Return the mean squared error of the noise over all pairs that there are."""
        alpha = (1.0 / torch.sqrt(1.0 + s**2))[:, None, None]
        said = self(alpha * real + s[:, None, None] * alpha * noise, s, pair, size)
        return ((said - noise) ** 2 * pair).sum() / pair.sum()


def squares(data: GraphSet) -> tuple[Tensor, Tensor]:
    """Return the matrices of graphs, -1 and 1 where there is a pair, and where there is one."""
    node = torch.arange(data.packing.nodes) < data.size[:, None]
    pair = (node[:, :, None] & node[:, None]).float() * (1.0 - torch.eye(data.packing.nodes))
    return (2.0 * data.adjacency.float() - 1.0) * pair, pair


def noised(pair: Tensor, low: float, high: float) -> tuple[Tensor, Tensor]:
    """Return levels at even times of the linear VP path, and symmetric noise."""

    def time_of(s: float) -> float:
        depth = math.log(1.0 + s * s)
        return 2.0 * depth / (LOW + math.sqrt(LOW**2 + 2.0 * (HIGH - LOW) * depth))

    u = time_of(low) + (time_of(high) - time_of(low)) * torch.rand(len(pair))
    alpha = torch.exp(-0.25 * u**2 * (HIGH - LOW) - 0.5 * u * LOW)
    noise = torch.randn_like(pair).triu(1)
    return torch.sqrt(1.0 - alpha**2) / alpha, (noise + noise.transpose(1, 2)) * pair


def milliseconds(*works: Callable[[], object], times: int) -> list[float]:
    """Return the median time of each of some works on one core, taken in turn."""
    for work in works:
        work()
    costs: list[list[float]] = [[] for _ in works]
    for _ in range(times):
        for work, cost in zip(works, costs, strict=True):
            start = time.process_time()
            work()
            cost.append(1000.0 * (time.process_time() - start))
    return [statistics.median(cost) for cost in costs]


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--calls", type=int, default=100, help="of the network, for each graph")
    parser.add_argument("--drawn", type=int, default=1000, help="graphs")
    options = parse(parser, argv, steps=1, calls=2, drawn=2)
    torch.set_num_threads(1)
    torch.manual_seed(0)
    catalogue.load()
    named = tomllib.loads((folder("methods") / "gdss.toml").read_text(encoding="utf-8"))
    settings = filled(registry.get("family", "edm"), named["family"]["config"], "graphs")
    config = decode(EdmConfig, settings)
    data = community(CommunityConfig(), BATCH, 0)
    spec = data.spec()
    family = Edm(config, spec, horizon=1000, seed=0, device=torch.device("cpu"))
    rows = spec.standardised(data.rows(slice(None)))
    for _ in range(3):  # layers that begin at zero would agree about nothing
        family.step(rows)
    net = family.field.trained.net.net
    size = net.layers[0]
    plain = Plain(net, size.value.in_features, size.own.in_features, size.products)
    real, pair = squares(data)
    s, noise = noised(pair, config.s_min, config.s_max)
    flat = data.packing.flat(noise)
    particles = Batch(rows.x + s[:, None] * flat, rows.mask, rows.given)
    with torch.no_grad():
        ours = family.field.trained.net.squared_error(particles, s, rows.x, None)
        theirs = plain.loss(real, pair, data.size, s, noise)
    torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-4)
    rate = config.optimizer
    optimizer = torch.optim.AdamW(plain.parameters(), lr=rate.lr, weight_decay=rate.weight_decay)
    mean = {name: value.detach().clone() for name, value in plain.named_parameters()}

    def step() -> None:
        optimizer.zero_grad()
        loss = plain.loss(real, pair, data.size, *noised(pair, config.s_min, config.s_max))
        torch.autograd.backward(loss)
        nn.utils.clip_grad_norm_(plain.parameters(), rate.clip)
        optimizer.step()
        for name, value in plain.named_parameters():
            mean[name].mul_(config.ema).add_(value.detach(), alpha=1.0 - config.ema)

    cost = milliseconds(lambda: family.step(rows), step, times=options.steps)
    print(f"a step of {BATCH} graphs: {cost[0]:.1f} ms, written plainly {cost[1]:.1f} ms; "
          f"{cost[1] / cost[0]:.2f} times as fast (asked: {ASKED:g})")  # fmt: skip
    sampling = {**named["sampler"]["config"], "steps": options.calls // 2}
    sampler = PredictorCorrector(decode(PredictorCorrectorConfig, sampling))
    latents, rng = family.prior(options.drawn, make_generator(0)), make_generator(1)
    start = time.process_time()
    for _ in family.flow(latents, sampler=sampler, generator=rng):
        pass
    drawn = time.process_time() - start
    print(f"{options.drawn:,} graphs drawn by {sampler.nfe()} calls each: {drawn:.1f} s")


if __name__ == "__main__":
    main()

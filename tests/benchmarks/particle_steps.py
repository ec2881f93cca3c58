"""Speed of particles that climb a critic, against the plain ways to write the same.

    python -m tests.benchmarks.particle_steps [--blocks 60]

1. A training step of Discriminator Flow against the algorithm as it is written down: N - 1 calls of
   autograd for all particles, after which each is looked at where it was at its own time.
2. The slope of a critic at each particle: one backward pass for the sum, as the fields do it,
   against `torch.func.vmap` of `grad`, and against a call for each particle.

All sides run in this process in short interleaved blocks; medians and their ratios are printed.
"""

import argparse
import statistics
import time
from collections.abc import Callable, Sequence

import torch
from torch import Tensor
from torch.func import functional_call, grad, vmap
from torch.nn import functional as F

from pushforward.models.contracts.spec import DataSpec
from pushforward.models.families.discriminator_flow import (
    DiscriminatorFlow,
    DiscriminatorFlowConfig,
)
from pushforward.models.fields.adversarial import LOSSES
from pushforward.models.fields.critic import Critic
from pushforward.models.fields.rescalings import rescaling
from pushforward.models.nets.mlp import MLPConfig, TimeMLP
from pushforward.models.tensors import make_generator
from pushforward.models.training.optim import OptimizerConfig
from tests.benchmarks.smallest import parse

STEPS = 28
Sides = dict[str, Callable[[], object]]


def critic() -> Critic:
    """A critic with a clock, an MLP of 3 x 128 units."""
    config = MLPConfig(activation="leaky-relu")
    return Critic(
        TimeMLP(config, 2, 1, generator=make_generator(0)),
        loss=LOSSES["logistic"],
        rescaling=rescaling("non-saturated"),
        optimizer=OptimizerConfig(beta1=0.5),
        horizon=1_000_000,
        generator=make_generator(1),
        clock=True,
        decay=0.99,
    )


def flow_steps(batch: int) -> Sides:
    """Our training step, and the loop as it is written down; the same network and optimiser."""
    config = DiscriminatorFlowConfig(steps=STEPS, penalty=0.0)
    spec = DataSpec("points", (2,), torch.zeros(2), torch.ones(2))
    device = torch.device("cpu")
    ours = DiscriminatorFlow(config, spec, horizon=1_000_000, seed=0, device=device)
    naive, noise, real = critic(), make_generator(2), torch.randn(batch, 2)

    def step() -> None:
        z = torch.randn((batch, 2), generator=noise)
        history = [z]
        for k in range(STEPS - 1):
            z = z.detach().requires_grad_()
            h = F.logsigmoid(naive.trained.net(z, torch.full((batch,), k / STEPS)))
            z = z + config.speed / STEPS * torch.autograd.grad(h.sum(), z)[0]
            history.append(z.detach())
        k = torch.randint(STEPS, (batch,), generator=noise)
        x = torch.stack(history)[k, torch.arange(batch)]
        naive.fit(real, x, k / STEPS)

    return {"ours": lambda: ours.step(real), "loop of N autograd calls": step}


def slopes(batch: int) -> Sides:
    """grad d at each particle, in three ways."""
    field = critic()
    x, t = torch.randn(batch, 2), torch.full((batch,), 0.3)
    weights = {name: p.detach() for name, p in field.trained.net.named_parameters()}

    def value(x: Tensor, t: Tensor) -> Tensor:
        out: Tensor = functional_call(field.trained.net, weights, (x[None], t[None]))
        return F.logsigmoid(out).squeeze()

    mapped = vmap(grad(value))

    def one_by_one() -> Tensor:
        return torch.cat([field.motion(x[i : i + 1], t[i : i + 1]) for i in range(batch)])

    torch.testing.assert_close(field.motion(x, t), mapped(x, t))
    torch.testing.assert_close(field.motion(x, t), one_by_one(), rtol=1e-4, atol=1e-6)
    return {
        "sum": lambda: field.motion(x, t),
        "vmap of grad": lambda: mapped(x, t),
        "a call each": one_by_one,
    }


def measure(sides: Sides, blocks: int) -> dict[str, float]:
    """Return the median milliseconds of each side, in interleaved calls."""
    times: dict[str, list[float]] = {name: [] for name in sides}
    for block in range(blocks + 3):
        for name, side in sides.items():
            start = time.perf_counter()
            side()
            if block >= 3:  # the first calls pay for allocations and caches
                times[name].append(1e3 * (time.perf_counter() - start))
    return {name: statistics.median(values) for name, values in times.items()}


def report(title: str, found: dict[str, float]) -> None:
    """Print medians, and how many times longer each takes than the first."""
    base = next(iter(found.values()))
    print(title)
    for name, value in found.items():
        print(f"  {name:26}{value:9.2f} ms{value / base:9.2f} x")


def main(argv: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Particles that climb a critic.")
    parser.add_argument("--blocks", type=int, default=60, help="calls of each side")
    blocks = parse(parser, argv, blocks=2).blocks
    torch.set_num_threads(1)
    torch.manual_seed(0)
    print(f"MLP 3 x 128, N = {STEPS}, one thread; median of {blocks} calls, times ours")
    for batch in (128, 512):
        report(f"Discriminator Flow step, batch {batch}", measure(flow_steps(batch), blocks))
        report(f"slope at each of {batch} particles", measure(slopes(batch), blocks))


if __name__ == "__main__":
    main()

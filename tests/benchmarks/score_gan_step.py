"""Speed of a Score GAN step, against its two networks trained bare.

    python -m tests.benchmarks.score_gan_step [--blocks 100]

The bare side is what cannot be left out: the particles' own score net regresses to noised particles
with torch's Adam, and once in ``score_steps`` the generator steps along the difference of two
denoisers at one noise level each. It has no stages, no schedule of the rate and no averaged
weights, and draws its levels plainly. Both sides run in this process in interleaved blocks; medians
and their ratio are printed.
"""

import argparse
import math
import statistics
import time
from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from pushforward.models.config import decode
from pushforward.models.contracts.spec import DataSpec
from pushforward.models.denoisers.denoiser import Denoiser
from pushforward.models.families.score_gan import ScoreGan, ScoreGanConfig
from pushforward.models.nets.mlp import MLP, MLPConfig, TimeMLP
from pushforward.models.tensors import make_generator
from tests.benchmarks.smallest import parse

LATENT = 16


def ours(score_steps: int, batch: int) -> Callable[[], object]:
    """Return the family's step, its teacher's lesson over."""
    config = decode(ScoreGanConfig, {"score_steps": score_steps, "teacher_share": 1e-7})
    spec = DataSpec("points", (2,), torch.zeros(2), torch.ones(2))
    cpu = torch.device("cpu")
    family = ScoreGan(config, spec, horizon=10_000_000, seed=0, device=cpu)
    real = torch.randn(batch, 2)
    while family.field.teacher.is_learning():
        family.step(real)
    return lambda: family.step(real)


def bare(score_steps: int, batch: int) -> Callable[[], object]:
    """Return the same computation written plainly on the same networks."""
    teacher, own = (
        Denoiser(TimeMLP(MLPConfig(), 2, 2, generator=make_generator(i))) for i in range(2)
    )
    generator = MLP(MLPConfig(), LATENT, 2, generator=make_generator(2))
    adam: dict[nn.Module, torch.optim.Optimizer] = {
        net: torch.optim.Adam(net.parameters(), lr=1e-3, fused=True) for net in (own, generator)
    }
    low, high = 0.05 ** (1 / 3), 5.0 ** (1 / 3)
    count = 0

    def noised(x: Tensor) -> tuple[Tensor, Tensor]:
        s = (low + (high - low) * torch.rand(len(x))) ** 3
        return x + s[:, None] * torch.randn_like(x), s

    def descend(net: nn.Module, loss: Tensor) -> None:
        adam[net].zero_grad()
        torch.autograd.backward(loss)
        adam[net].step()

    def step() -> None:
        nonlocal count
        z = torch.randn(batch, LATENT)
        with torch.no_grad():
            x = generator(z)
        y, s = noised(x)
        descend(own, (own(y, s) - x).square().mean())
        count += 1
        if count % score_steps == 0:
            x = generator(z)
            with torch.no_grad():
                y, s = noised(x)
                v = (teacher(y, s) - own(y, s)) / s[:, None]
            descend(generator, -(x * v).sum() / batch)

    return step


def measure(sides: dict[str, Callable[[], object]], blocks: int, size: int) -> dict[str, float]:
    """Return the median milliseconds a step of each side, in interleaved blocks of ``size``."""
    times: dict[str, list[float]] = {name: [] for name in sides}
    for block in range(blocks + 2):
        for name, side in sides.items():
            start = time.perf_counter()
            for _ in range(size):
                side()
            if block >= 2:  # the first blocks pay for allocations and caches
                times[name].append(1e3 * (time.perf_counter() - start) / size)
    return {name: statistics.median(values) for name, values in times.items()}


def main(argv: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Score GAN against its two bare networks.")
    parser.add_argument("--blocks", type=int, default=100, help="blocks a side")
    blocks = parse(parser, argv, blocks=1).blocks
    torch.set_num_threads(1)
    torch.manual_seed(0)
    print(f"MLP 3 x 128, one thread; ms a step, median of {blocks} interleaved blocks")
    print(f"{'batch':>6}{'score steps':>13}{'bare':>9}{'ours':>9}{'ratio':>9}")
    for batch in (128, 512):
        for steps in (1, 5):
            sides = {"bare": bare(steps, batch), "ours": ours(steps, batch)}
            # Whole rounds of score steps, so that each block has as many generator steps.
            found = measure(sides, blocks, math.lcm(steps, 5))
            ratio = found["ours"] / found["bare"]
            print(f"{batch:6}{steps:13}{found['bare']:9.2f}{found['ours']:9.2f}{ratio:9.3f}")


if __name__ == "__main__":
    main()

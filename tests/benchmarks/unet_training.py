"""A training step of the U-Net against those of two libraries, at equal parameters and batch.

    python -m tests.benchmarks.unet_training [--side 28] [--channels 1] [--batch 64] [--turns 5]

denoising-diffusion-pytorch and diffusers are no dependencies; one that is not installed is left
out. A step is a whole one, as each library's own example has it: noise, loss, gradients, Adam,
averaged weights, in float32 on one thread. The width of ours is chosen so that it has as many
parameters as the other, within 5 %. Seconds are of the processor, medians of interleaved turns; a
ratio above 1 is how many times as many images a second ours learns from. Beside them stands what a
step keeps for its way back, most of its memory.

Above 16 pixels a side ours sees squares of 2 x 2 at first (`models.nets.unet`), which neither of
the others does: there it has a quarter of the work. Up to 16 none has that advantage.
"""

import argparse
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from pushforward.models.config import decode
from pushforward.models.families.edm import Edm, EdmConfig
from pushforward.models.kinds.images import ImageSet
from pushforward.models.tensors import make_generator
from tests.benchmarks.smallest import parse

NEAR = 0.05
"""How far the numbers of parameters may be apart, of the other's."""
LR = 2e-3
Step = Callable[[], object]


def parameters(net: nn.Module) -> int:
    """Return how many numbers are trained."""
    return sum(p.numel() for p in net.parameters() if p.requires_grad)


def family(width: int, x: Tensor) -> Edm:
    """Return ours at some width, for images (n, C, H, W)."""
    config = decode(EdmConfig, {"net": {"slug": "unet", "config": {"width": width}}})
    return Edm(config, ImageSet(x).spec(), horizon=1000, seed=0, device=torch.device("cpu"))


def as_many(wanted: int, x: Tensor) -> Edm:
    """Return ours with so many parameters, within `NEAR`."""
    low, high = 2, 512
    while low < high:  # the least width with at least as many
        middle = (low + high) // 2
        low, high = (
            (low, middle) if family(middle, x).parameter_count() >= wanted else (middle + 1, high)
        )
    found = min(
        (family(width, x) for width in (max(2, low - 1), low)),
        key=lambda made: abs(made.parameter_count() - wanted),
    )
    if abs(found.parameter_count() - wanted) > NEAR * wanted:
        raise ValueError(f"no width has {wanted:,} parameters")
    return found


def of_ddpm_pytorch(x: Tensor) -> tuple[int, Step]:
    """Return the parameters and a step of denoising-diffusion-pytorch, as its trainer has it."""
    from denoising_diffusion_pytorch import GaussianDiffusion, Unet
    from ema_pytorch import EMA

    net = Unet(dim=32, dim_mults=(1, 2), channels=x.shape[1])
    diffusion = GaussianDiffusion(net, image_size=x.shape[-1], timesteps=1000)
    optimizer = torch.optim.Adam(diffusion.parameters(), lr=LR, betas=(0.9, 0.99))
    averaged = EMA(diffusion, beta=0.995, update_every=10)

    def step() -> None:
        optimizer.zero_grad()
        torch.autograd.backward(diffusion(x))
        nn.utils.clip_grad_norm_(diffusion.parameters(), 1.0)
        optimizer.step()
        averaged.update()

    return parameters(net), step


def of_diffusers(x: Tensor) -> tuple[int, Step]:
    """Return the parameters and a step of diffusers, as its unconditional example has it."""
    from diffusers import DDPMScheduler, UNet2DModel
    from diffusers.training_utils import EMAModel

    net = UNet2DModel(
        sample_size=x.shape[-1],
        in_channels=x.shape[1],
        out_channels=x.shape[1],
        layers_per_block=1,
        block_out_channels=(32, 64),
        down_block_types=("DownBlock2D", "DownBlock2D"),
        up_block_types=("UpBlock2D", "UpBlock2D"),
        add_attention=False,
        norm_num_groups=8,
    )
    noising = DDPMScheduler(num_train_timesteps=1000)
    optimizer = torch.optim.AdamW(net.parameters(), lr=LR)
    averaged = EMAModel(net.parameters(), decay=0.9999)

    def step() -> None:
        noise, time_ = torch.randn_like(x), torch.randint(0, 1000, (len(x),))
        said = net(noising.add_noise(2 * x - 1, noise, time_), time_).sample
        torch.autograd.backward(functional.mse_loss(said, noise))
        nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
        averaged.step(net.parameters())

    return parameters(net), step


PEERS: dict[str, Callable[[Tensor], tuple[int, Step]]] = {
    "denoising-diffusion-pytorch": of_ddpm_pytorch,
    "diffusers UNet2DModel": of_diffusers,
}


def seconds(step: Step) -> float:
    """Return how long a step takes the processor, which others do not change."""
    start = time.process_time()
    step()
    return time.process_time() - start


def kept(step: Step) -> int:
    """Return how many bytes of tensors a step keeps for its way back, each storage once."""
    found: dict[int, int] = {}

    def pack(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        found[storage.data_ptr()] = storage.nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        step()
    return sum(found.values())


def compared(name: str, make: Any, x: Tensor, turns: int) -> str:
    """Return a line on one library and ours."""
    many, theirs = make(x)
    own = as_many(many, x)
    step = partial(own.step, own.spec.standardise(x))
    taken: dict[str, list[float]] = {"ours": [], "theirs": []}
    for turn in range(turns + 1):
        for who, each in (("ours", step), ("theirs", theirs)):
            spent = seconds(each)
            if turn:  # the first pays for allocations
                taken[who].append(spent)
    quick, slow = (statistics.median(taken[who]) for who in ("ours", "theirs"))
    return (
        f"{name:28} {many:,} parameters, ours {own.parameter_count():,}: {len(x) / slow:.0f} and "
        f"{len(x) / quick:.0f} images/s, ratio {slow / quick:.2f}; kept {kept(theirs) / 2**20:.0f} "
        f"and {kept(step) / 2**20:.0f} MiB"
    )


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--side", type=int, default=28)
    parser.add_argument("--channels", type=int, default=1)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--turns", type=int, default=5)
    asked = parse(parser, argv, side=8, batch=2, turns=1)
    torch.set_num_threads(1)
    shape = (asked.batch, asked.channels, asked.side, asked.side)
    x = torch.rand(shape, generator=make_generator(0))
    lines = []
    for name, make in PEERS.items():
        try:
            lines.append(compared(name, make, x, asked.turns))
        except ImportError as error:
            print(f"{name}: nothing to compare with: {error}")
    if not lines:
        sys.exit("nothing to compare with")
    print("\n".join(lines))


if __name__ == "__main__":
    main()

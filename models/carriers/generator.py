"""A generator as a carrier: a network g that pushes latents forward to particles.

Where a field says that particle i should move along v_i, the weights take a step along
E_i[J_i^T v_i], J the derivative of g(z_i) by the weights: the particles then move along the field
smoothed by the network's own kernel J J^T, and that is all that a generator adds to free
particles (Franceschi et al. 2023, arXiv:2305.16150, section 3).
"""

from collections.abc import Iterator

import torch
from torch import Tensor, nn

from models.base import Frame, State
from models.fields.base import Field
from models.tensors import in_parts
from models.training.ema import Ema
from models.training.optim import OptimizerConfig, ScheduledOptimizer
from models.training.state import (
    pack_ema,
    pack_module,
    pack_optimizer,
    unpack_ema,
    unpack_module,
    unpack_optimizer,
)

__all__ = ["Generator"]


class Generator:
    """A network in training, with its averaged copy; a `models.carriers.base.Carrier`.

    Args:
        net: z (B, latent) -> (B, *shape), already on its device.
        latent: size of a latent.
        device: where the network is.
        optimizer: settings of the optimiser.
        horizon: planned number of steps of the generator.
        decay: of the averaged weights, which everything but the training uses.
    """

    def __init__(
        self,
        net: nn.Module,
        *,
        latent: int,
        device: torch.device,
        optimizer: OptimizerConfig,
        horizon: int,
        decay: float,
    ) -> None:
        self.net = net
        self.latent = latent
        self.device = device
        self.optimizer = ScheduledOptimizer(optimizer, net.parameters(), horizon)
        self.ema = Ema(net, decay)

    def latents(self, n: int, generator: torch.Generator) -> Tensor:
        """Draw n latents (n, latent), unit Gaussian."""
        z = torch.randn((n, self.latent), generator=generator, device=generator.device)
        return z.to(self.device)

    @torch.no_grad()
    def particles(self, latents: Tensor) -> Tensor:
        """Return g(z) by the weights being trained, (n, *shape)."""
        out: Tensor = self.net(latents)
        return out

    @torch.no_grad()
    def push(self, latents: Tensor) -> Tensor:
        """Return g(z) by the averaged weights, (n, *shape)."""
        return in_parts(self.ema.module, latents)

    def follow(self, field: Field, latents: Tensor) -> dict[str, Tensor]:
        """Step the weights along E[J^T v], v the field at the particles; returns their speed.

        For the field h'(d) grad d this is exactly a gradient step on -E h(d(g(z))).
        """
        x: Tensor = self.net(latents)
        v = field.velocity(x.detach(), 1.0)
        self.optimizer.zero_grad()
        torch.autograd.backward(x, v / -len(x))
        self.optimizer.step()
        self.ema.update()
        return {"speed": v.flatten(1).norm(dim=1).mean()}

    def frames(
        self, field: Field, latents: Tensor, *, generator: torch.Generator | None = None
    ) -> Iterator[Frame]:
        """Yield the one frame there is, at t=1: a generator jumps."""
        yield Frame(1.0, self.push(latents), 1)

    def pack(self, state: State, part: str) -> None:
        """Add the exact training state."""
        pack_module(state, f"{part}/net", self.net)
        pack_optimizer(state, f"{part}/optimizer", self.optimizer)
        pack_ema(state, f"{part}/ema", self.ema)

    def unpack(self, state: State, part: str) -> None:
        """Restore what `pack` added.

        Raises:
            ValueError: it does not fit.
        """
        unpack_module(state, f"{part}/net", self.net)
        unpack_optimizer(state, f"{part}/optimizer", self.optimizer)
        unpack_ema(state, f"{part}/ema", self.ema)

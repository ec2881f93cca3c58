"""A generator as a carrier: a network g that pushes latents forward to particles.

Where a field says that particle i should move along v_i, the weights take a step along
E_i[J_i^T v_i], J the derivative of g(z_i) by the weights: the particles then move along the field
smoothed by the network's own kernel J J^T, and that is all that a generator adds to free
particles (Franceschi et al. 2023, arXiv:2305.16150, section 3).

One step per fitted field is what the theory licenses. Several steps along a direction that was
computed once would overrun it; as a regression of g(z_i) to where particle i should be, which
begins with the same direction, they come to rest there.
"""

from collections.abc import Callable, Iterator

import torch
from torch import Tensor, nn

from models.base import Frame, Scene, State
from models.fields.base import Field
from models.ntk import displacements
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

# A kernel is looked at by way of a step so small that it is nearly linear.
_KERNEL_STEP = 1e-3
_KERNEL_PARAMETERS = 1_000_000


class Generator:
    """A network in training, with its averaged copy; a `models.carriers.base.Carrier`.

    Args:
        net: z (B, latent) -> (B, *shape), already on its device.
        latent: size of a latent.
        dim: numbers of a particle, which the first of a latent's share with free particles.
        device: where the network is.
        optimizer: settings of the optimiser.
        horizon: planned number of steps of the training, the length of the schedule.
        clock: how many of them are done (see `models.training.optim.ScheduledOptimizer`).
        decay: of the averaged weights, which everything but the training uses.
        steps: how many steps it makes each time it follows.
        speed: how far along the field the goal is of more than one step.

    Attributes:
        steps, speed: may be set between steps of the training.
    """

    def __init__(
        self,
        net: nn.Module,
        *,
        latent: int,
        dim: int,
        device: torch.device,
        optimizer: OptimizerConfig,
        horizon: int,
        decay: float,
        clock: Callable[[], int] | None = None,
        steps: int = 1,
        speed: float = 1.0,
    ) -> None:
        self.net = net
        self.latent = latent
        self.dim = dim
        self.device = device
        self.steps = steps
        self.speed = speed
        self.optimizer = ScheduledOptimizer(optimizer, net.parameters(), horizon, clock)
        self.ema = Ema(net, decay)

    def latents(self, n: int, generator: torch.Generator) -> Tensor:
        """Draw n latents (n, latent), unit Gaussian.

        The first numbers of all are drawn first, as many as a particle has: with one seed they are
        where free particles start, so that latent i and particle i are one in a race.
        """
        first = min(self.dim, self.latent)
        parts = [
            torch.randn((n, size), generator=generator, device=generator.device)
            for size in (first, self.latent - first)
            if size
        ]
        return torch.cat(parts, dim=1).to(self.device)

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
        """Let the particles g(z) move along the field; returns their speed.

        For the field h'(d) grad d a single step is exactly a gradient step on -E h(d(g(z))).
        """
        return self.move(latents, field.velocity(self.particles(latents), 1.0))

    def move(self, latents: Tensor, velocity: Tensor) -> dict[str, Tensor]:
        """Let particle g(z_i) move along velocity[i], (n, *shape).

        One step is along E[J^T v]. Several are a regression, gradient steps on
        E |g(z) - goal|^2 / 2 with the goal x + speed v held fixed (Su 2023, on MonoFlow).
        """
        goal: Tensor | None = None
        for _ in range(self.steps):
            x: Tensor = self.net(latents)
            if goal is None:
                goal = x.detach() + self.speed * velocity
            way = velocity if self.steps == 1 else goal - x.detach()
            self.optimizer.zero_grad()
            torch.autograd.backward(x, way / -len(x))
            self.optimizer.step()
        self.ema.update()
        return {"speed": velocity.flatten(1).norm(dim=1).mean()}

    def kernel_view(self, latents: Tensor, velocity: Tensor) -> Scene:
        """Return, for slow motion, the velocity "smoothed" by the kernel, mean_j K(z, z_j) v_j, and
        as a plain gradient step really makes it, "stepped"; both (n, *shape), both per unit of the
        step (see `models.ntk`). Nothing for networks too large to wait for.
        """
        if sum(p.numel() for p in self.net.parameters()) > _KERNEL_PARAMETERS:
            return {}
        seen = displacements(self.net, latents, velocity, latents, _KERNEL_STEP)
        return {"smoothed": seen.predicted / _KERNEL_STEP, "stepped": seen.actual / _KERNEL_STEP}

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

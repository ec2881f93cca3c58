"""A generator as a carrier: a network g that pushes latents forward to particles.

Where a field says that particle i should move along v_i, the weights take a step along
E_i[J_i^T v_i], J the derivative of g(z_i) by the weights: the particles then move along the field
smoothed by the network's own kernel J J^T, and that is all that a generator adds to free
particles (Franceschi et al. 2023, arXiv:2305.16150, section 3).

One step per fitted field is what the theory licenses. Several steps along a direction that was
computed once would overrun it; as a regression of g(z_i) to where particle i should be, which
begins with the same direction, they come to rest there.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import partial

import torch
from torch import Tensor, nn

from pushforward.models.contracts.batch import Batch, Rows, by_parts
from pushforward.models.contracts.execution import PLAIN, Execution
from pushforward.models.contracts.family import Frame
from pushforward.models.contracts.learner import Scene, Walk
from pushforward.models.contracts.spec import DataSpec
from pushforward.models.fields.base import Field
from pushforward.models.nets.calling import call
from pushforward.models.ntk import displacements
from pushforward.models.training.optim import OptimizerConfig
from pushforward.models.training.part import TrainedPart
from pushforward.models.training.trained import Trained

__all__ = ["Generator", "drawn_first"]

# A kernel is looked at by way of a step so small that it is nearly linear.
_KERNEL_STEP = 1e-3
_KERNEL_PARAMETERS = 1_000_000


class Generator(TrainedPart[nn.Module]):
    """A network in training, with its averaged copy; a `models.carriers.base.Carrier`.

    Args:
        net: a generator (`models.nets.calling`), already on its device.
        spec: of the data.
        latent: size of a latent.
        device: where the network is.
        optimizer: settings of the optimiser.
        horizon: planned number of steps of the training, the length of the schedule.
        clock: how many of them are done (see `models.training.optim.ScheduledOptimizer`).
        decay: of the averaged weights, which everything but the training uses.
        steps: how many steps it makes each time it follows.
        speed: how far along the field the goal is of more than one step.
        execution: how the network is run.

    Attributes:
        steps, speed: may be set between steps of the training.
    """

    def __init__(
        self,
        net: nn.Module,
        *,
        spec: DataSpec,
        latent: int,
        device: torch.device,
        optimizer: OptimizerConfig,
        horizon: int,
        decay: float,
        clock: Callable[[], int] | None = None,
        steps: int = 1,
        speed: float = 1.0,
        execution: Execution = PLAIN,
    ) -> None:
        self.trained = Trained(
            net, optimizer, horizon, decay=decay, clock=clock, execution=execution
        )
        self.spec = spec
        self.latent = latent
        self.device = device
        self.steps = steps
        self.speed = speed

    def latents(
        self, n: int, generator: torch.Generator, given: Mapping[str, Tensor] | None = None
    ) -> Batch:
        """Draw n latents, x (n, latent), unit Gaussian, with their conditions."""
        z = self._noise(n, generator)
        return Batch(z, *self.spec.conditions(n, generator, given)).to(self.device)

    def like(self, real: Batch, generator: torch.Generator) -> Batch:
        """Draw a latent for each row, under its conditions."""
        return real.holding(self._noise(len(real), generator).to(self.device))

    def _noise(self, n: int, generator: torch.Generator) -> Tensor:
        """The first numbers of all are drawn first, as many as a particle has: with one seed they
        are where free particles start, so that latent i and particle i are one in a race.
        """
        return drawn_first(n, self.latent, self.spec.mean.numel(), generator)

    @torch.no_grad()
    def particles(self, latents: Batch) -> Batch:
        """Return g(z) by the weights being trained, x (n, *shape)."""
        return latents.holding(_generate(self.trained.net, latents))

    @torch.no_grad()
    def push(self, latents: Rows) -> Tensor:
        """Return g(z) by the averaged weights, (n, *shape)."""
        return by_parts(partial(_generate, self.trained.averaged), Batch.of(latents))

    def follow(self, field: Field, latents: Rows) -> dict[str, Tensor]:
        """Let the particles g(z) move along the field; returns their speed.

        For the field h'(d) grad d a single step is exactly a gradient step on -E h(d(g(z))).
        """
        rows = Batch.of(latents)
        return self.move(rows, field.velocity(self.particles(rows), 1.0))

    def move(self, latents: Rows, velocity: Tensor) -> dict[str, Tensor]:
        """Let particle g(z_i) move along velocity[i], (n, *shape).

        One step is along E[J^T v]. Several are a regression, gradient steps on
        E |g(z) - goal|^2 / 2 with the goal x + speed v held fixed (Su 2023, on MonoFlow).
        """
        rows = Batch.of(latents)
        goal = self.particles(rows).x + self.speed * velocity if self.steps > 1 else None

        def move(part: slice) -> tuple[Tensor, Tensor]:
            x = _generate(self.trained.net, rows.take(part))
            way = velocity[part] if goal is None else goal[part] - x.detach()
            return x, way / len(rows)

        for _ in range(self.steps):
            self.trained.follow(move, len(rows))
        self.trained.average()
        return {"speed": velocity.flatten(1).norm(dim=1).mean()}

    def move_stages(self, latents: Batch, scene: Scene, *, shown: bool) -> Walk:
        """Move the particles of a scene along its velocity, as the stages "velocity" and "follow".

        Args:
            latents: of the particles.
            scene: "real", "particles" and "velocity".
            shown: whether the second stage shows where the generator moves them.
        """
        yield "velocity", scene
        velocity = scene["velocity"]
        if shown:
            scene = {**scene, **self.kernel_view(latents, velocity)}
        metrics = self.move(latents, velocity)
        if shown:
            scene = {**scene, "moved": self.particles(latents).x}
        yield "follow", scene
        return metrics

    def kernel_view(self, latents: Batch, velocity: Tensor) -> Scene:
        """Return, for slow motion, the velocity "smoothed" by the kernel, mean_j K(z, z_j) v_j, and
        as a plain gradient step really makes it, "stepped"; both (n, *shape), both per unit of the
        step (see `models.ntk`). Empty for networks that are too large, and for conditional rows:
        each condition has another generator function.
        """
        if latents.given or self.trained.parameter_count() > _KERNEL_PARAMETERS:
            return {}
        seen = displacements(self.trained.net, latents.x, velocity, latents.x, _KERNEL_STEP)
        return {"smoothed": seen.predicted / _KERNEL_STEP, "stepped": seen.actual / _KERNEL_STEP}

    def frames(
        self, field: Field, latents: Rows, *, generator: torch.Generator | None = None
    ) -> Iterator[Frame]:
        """Yield the one frame there is, at t=1: a generator jumps."""
        yield Frame(1.0, self.push(latents), 1)


def drawn_first(n: int, latent: int, numbers: int, generator: torch.Generator) -> Tensor:
    """Return unit Gaussian latents (n, latent), as many numbers of each as a datum has drawn first
    of all, and then the others.
    """
    first = min(numbers, latent)
    parts = [
        torch.randn((n, size), generator=generator, device=generator.device)
        for size in (first, latent - first)
        if size
    ]
    return torch.cat(parts, dim=1)


def _generate(net: nn.Module, latents: Batch) -> Tensor:
    return latents.zeroed(call(net, latents))

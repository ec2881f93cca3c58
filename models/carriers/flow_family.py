"""What all families share whose particles follow a learned velocity from noise to data."""

from collections.abc import Generator, Iterator, Mapping
from typing import Any, TypeVar, Unpack

import torch
from torch import Tensor

from pushforward.models.carriers.carried_family import Carried
from pushforward.models.carriers.particles import Particles
from pushforward.models.config import Config
from pushforward.models.contracts.abilities import Denoise
from pushforward.models.contracts.batch import Batch, Rows
from pushforward.models.contracts.family import Family, Frame
from pushforward.models.contracts.learner import LayerFunction, Training, finish
from pushforward.models.contracts.spec import DataSpec
from pushforward.models.contracts.state import Packed
from pushforward.models.fields.velocity import VelocityField
from pushforward.models.likelihood import STEPS, walk_log_prob
from pushforward.models.samplers.flow_ode import FlowOde
from pushforward.models.tensors import expand_like

__all__ = ["FlowFamily", "between"]

C = TypeVar("C", bound=Config)
_S_MIN, _S_MAX = 0.002, 1000.0  # between which the likelihood is integrated, in s = u/(1 - u)


def between(noise: Batch, real: Batch, time: Tensor) -> Batch:
    """Return where the lines from noise to data are at times (B,): (1 - t) z + t x, (B, *shape)."""
    return noise.holding(torch.lerp(noise.x, real.x, expand_like(time, real.x)))


class FlowFamily(Carried, Family[C]):
    """Free particles along a velocity; a subclass makes the field, and fits it."""

    field: VelocityField
    carrier: Particles

    def __init__(self, config: C, spec: DataSpec, **training: Unpack[Training]) -> None:
        super().__init__(config, spec, **training)
        self.carrier = Particles(spec, self.device, FlowOde())

    @property
    def parts(self) -> Mapping[str, Packed]:
        return {"field": self.field}

    @classmethod
    def evaluations(cls, config: C, sampler: Any = None) -> int | None:
        return int((sampler or FlowOde()).nfe())

    def flow(
        self, latents: Rows, *, sampler: Any = None, generator: torch.Generator | None = None
    ) -> Iterator[Frame]:
        rows = Batch.of(latents)
        solver = sampler if isinstance(sampler, FlowOde) else self.carrier.sampler
        for step in solver.frames(self.transport(rows), rows, 0.0, 1.0, generator):
            yield Frame(1.0 - step.s, step.x, step.nfe)

    def transport(self, like: Batch | None = None) -> Denoise:
        """Return where the line through x ends, by the averaged weights."""
        return self.field.transport(like)

    def velocity(self, x: Rows, t: float) -> Tensor:
        """Return dx/dt at flow time t."""
        return self.field.velocity(x, t)

    def log_prob(self, x: Rows) -> Tensor:
        """Return log p(x) in nats, by the flow from the data back to the noise."""
        return finish(self.walk_log_prob(x))

    def walk_log_prob(self, x: Rows, steps: int | None = None) -> Generator[float, None, Tensor]:
        """Return the same, in pieces, by a number of steps.

        In x/(1 - u) and s = u/(1 - u) every flow along lines is dx/ds = (x - E)/s, E the end of the
        line, whichever noise went with which datum.
        """
        rows = Batch.of(x)
        end = self.transport(rows)

        def ends(straight: Tensor, s: Tensor) -> Tensor:
            return end(straight / (1 + s), s / (1 + s))

        real = None if rows.mask is None else rows.zeroed(torch.ones_like(rows.x))
        many = steps or STEPS
        return walk_log_prob(ends, rows.x, _S_MIN, _S_MAX, real=real, steps=many)

    @property
    def layer_functions(self) -> Mapping[str, LayerFunction]:
        return {"velocity": self.velocity}

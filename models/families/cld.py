"""Critically damped Langevin diffusion (CLD): particles with a velocity, which alone is noised.

Source: Dockhorn et al. 2022, arXiv:2112.07068.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import pairwise
from typing import Any, Unpack

import torch
from torch import Tensor

from pushforward.models.contracts.batch import Batch, Rows, by_parts
from pushforward.models.contracts.family import Family, Frame
from pushforward.models.contracts.learner import Training, Walk
from pushforward.models.contracts.spec import DataSpec
from pushforward.models.contracts.state import Packed
from pushforward.models.fields.velocity import draw_times
from pushforward.models.nets.calling import call
from pushforward.models.nets.pick import build
from pushforward.models.nets.role import DENOISER
from pushforward.models.paths.phase_space import MASS, kernel, ode
from pushforward.models.registry import family
from pushforward.models.settings.cld import CldConfig
from pushforward.models.tensors import expand_like, mean_of_places, noise_like
from pushforward.models.training.trained import Trained

__all__ = ["Cld", "CldConfig"]

_WEIGHTS = 0  # a stream of the seed (`models.tensors.make_generator`)
_EARLIEST = 1e-3  # the time at which noise counts as none


def _predicting_noise(config: Mapping[str, Any], kind: str) -> dict[str, Any]:
    """Return settings of any version: a complete set without a prediction is of version 1 and
    predicts noise. Incomplete settings belong to no run and get today's defaults.
    """
    first = set(CldConfig.__struct_fields__) - {"prediction"}
    before = first <= config.keys() and "prediction" not in config
    return {**config, "prediction": "noise"} if before else dict(config)


@family(
    "cld",
    config=CldConfig,
    needs=("continuous", "whole"),
    field="score",
    carrier="flow",
    version=2,
    upgrade=_predicting_noise,
)
class Cld(Family[CldConfig]):
    """field = score of the velocities given the positions, carrier = particles in phase space.

    Latents are positions and velocities, one behind the other along the first axis of a datum.
    """

    def __init__(self, config: CldConfig, spec: DataSpec, **training: Unpack[Training]) -> None:
        super().__init__(config, spec, **training)
        both = replace(
            spec,
            shape=(2 * spec.shape[0], *spec.shape[1:]),
            mean=torch.cat([spec.mean, spec.mean]),
            std=torch.cat([spec.std, spec.std]),
            mixture=None,
        )
        self.trained = Trained(
            build(config.net, both, DENOISER, self.weights(_WEIGHTS)).to(self.device),
            config.optimizer,
            self.horizon,
            decay=config.ema,
            execution=self.execution,
            name="score",
        )

    @classmethod
    def evaluations(cls, config: CldConfig, sampler: Any = None) -> int:
        return 2 * config.steps - 1

    @property
    def parts(self) -> Mapping[str, Packed]:
        return {"score": self.trained}

    def walk(self, batch: Rows) -> Walk:
        real = Batch.of(batch)
        time = draw_times(len(real), self.noise).clamp_min(_EARLIEST)
        yield "draw", {"real": real.x}
        shape = kernel(expand_like(time, real.x))
        side, push = (noise_like(real.x, self.noise) for _ in range(2))
        x = shape.mean_x * real.x + shape.root_xx * side
        v = shape.mean_v * real.x + shape.root_xv * side + shape.root_vv * push
        yield "noise", {"real": real.x, "particles": x, "time": 1.0 - time}
        at = real.holding(_joined(x, v))

        def loss(rows: slice) -> tuple[Tensor, dict[str, Tensor]]:
            said = self._noise(self.trained.net, at.take(rows), time[rows])
            return mean_of_places((said - push[rows]).square(), None), {}

        metrics = self.trained.descend(loss, len(real))
        yield "fit", {"real": real.x, "particles": x, "time": 1.0 - time}
        return metrics

    def retune(self, config: CldConfig) -> None:
        self.trained.optimizer.config = config.optimizer

    def prior(
        self, n: int, generator: torch.Generator, given: Mapping[str, Tensor] | None = None
    ) -> Batch:
        x, v = (torch.randn((n, *self.spec.shape), generator=generator) for _ in range(2))
        known = self.spec.conditions(n, generator, given)[1]
        return Batch(torch.cat([x, MASS**0.5 * v], dim=1), None, known).to(self.device)

    def score(self, rows: Batch, time: float) -> Tensor:
        """Return the score of the velocities at positions and velocities, x (n, 2 k, ...), by the
        averaged weights, (n, k, ...).
        """
        t = torch.full((len(rows),), time, device=rows.device)
        x, v = rows.x.chunk(2, dim=1)
        seen = rows.holding(_joined(x, v))
        said = by_parts(lambda part, t: self._noise(self.trained.averaged, part, t), seen, t)
        return -said / kernel(t[:1]).root_vv.to(said)

    def _noise(self, net: torch.nn.Module, rows: Batch, time: Tensor) -> Tensor:
        """Return the predicted noise of the velocities, (n, *shape): the second half of the
        network's output plus the exact prediction for a single data point at 0, whose velocities
        are Gaussian.
        """
        said: Tensor = call(net, rows, time).chunk(2, dim=1)[1]
        if self.config.prediction == "noise":
            return said
        shape = kernel(expand_like(time, said))
        variance = shape.root_vv.square() + shape.root_xv.square()
        v: Tensor = rows.x.chunk(2, dim=1)[1] * MASS**0.5
        return said + v * (shape.root_vv / variance)

    def flow(
        self, latents: Rows, *, sampler: Any = None, generator: torch.Generator | None = None
    ) -> Iterator[Frame]:
        rows, n = Batch.of(latents), self.config.steps
        # Even in the root of the time, as most happens near the data.
        roots = torch.linspace(1.0, _EARLIEST**0.5, n + 1, dtype=torch.float64)
        times = roots.square().tolist()
        z = rows.x
        yield Frame(0.0, z.chunk(2, dim=1)[0].clone(), 0)
        for i, (time, after) in enumerate(pairwise(times)):
            slope = self._slope(rows.holding(z), time)
            arrived = z + (after - time) * slope
            if i < n - 1:
                ahead = self._slope(rows.holding(arrived), after)
                arrived = z + (after - time) * (slope + ahead) / 2
            z = arrived
            t, spent = (1.0 - after, 2 * i + 2) if i < n - 1 else (1.0, 2 * n - 1)
            yield Frame(t, z.chunk(2, dim=1)[0].clone(), spent)

    def _slope(self, rows: Batch, time: float) -> Tensor:
        x, v = rows.x.chunk(2, dim=1)
        return torch.cat(ode(x, v, self.score(rows, time)), dim=1)


def _joined(x: Tensor, v: Tensor) -> Tensor:
    """Return what a network sees of positions and velocities: both of unit variance at rest."""
    return torch.cat([x, v / MASS**0.5], dim=1)

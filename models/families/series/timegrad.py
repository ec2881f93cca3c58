"""Diffusion of the next numbers of a series, conditioned on the past by a recurrent network."""

import math
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Annotated, Any, Unpack

import torch
from torch import Tensor, nn

from pushforward.models.config import Config, Pick, param
from pushforward.models.contracts.batch import Batch, Rows
from pushforward.models.contracts.family import Family, Frame
from pushforward.models.contracts.learner import Training, Walk
from pushforward.models.contracts.observed import OBSERVED, VALUES, set_observed
from pushforward.models.contracts.spec import DataSpec, Given
from pushforward.models.contracts.state import Packed
from pushforward.models.denoisers.denoiser import Denoiser
from pushforward.models.nets.blank import blank
from pushforward.models.nets.given import GivenFeatures
from pushforward.models.nets.pick import build
from pushforward.models.nets.role import DENOISER
from pushforward.models.nets.settings import DenoiserNet
from pushforward.models.registry import family
from pushforward.models.samplers.grids import GridConfig, make_grid
from pushforward.models.tensors import noise_like
from pushforward.models.training.optim import NetworkOptimizer, OptimizerConfig
from pushforward.models.training.settings import Averaging
from pushforward.models.training.trained import Trained

__all__ = ["TimeGrad", "TimeGradConfig"]

_WEIGHTS = 0  # a stream of the seed (`models.tensors.make_generator`)
_STATE = "state"
_MEAN, _STD = -1.2, 1.2  # of ln s in training (Karras et al. 2022, table 1)
_S_MIN, _S_MAX = 0.005, 20.0


class TimeGradConfig(Config, frozen=True):
    """Settings of a diffusion of the next numbers."""

    net: DenoiserNet = Pick()
    memory: Annotated[
        int,
        param("Recurrent state", "Units of the recurrent state.", low=2, high=1024, log=True),
    ] = 40
    steps: Annotated[
        int,
        param("Steps", "Diffusion steps at each time.", low=1, high=1000, log=True),
    ] = 8
    optimizer: NetworkOptimizer = OptimizerConfig(
        kind="adamw", lr=3e-3, schedule="cosine", warmup=50, clip=1.0
    )
    ema: Averaging = 0.99


class _Recurrent(nn.Module):
    """h_t = GRU(h_(t-1), x_t, what is given), and D(x, s, h) of one time's numbers."""

    def __init__(self, config: TimeGradConfig, spec: DataSpec, generator: torch.Generator) -> None:
        super().__init__()
        channels, memory = spec.shape[1], config.memory
        self.told = GivenFeatures(spec) if spec.given else None
        reads = channels + (self.told.dim if self.told is not None else 0)
        self.gru = blank(nn.GRU, reads, memory, batch_first=True)
        for parameter in self.gru.parameters():
            with torch.no_grad():
                parameter.uniform_(-(memory**-0.5), memory**-0.5, generator=generator)
        # The numbers of one time are a series of length 1 of which the past is given.
        one = torch.ones((1, channels))
        step = DataSpec(spec.kind, (1, channels), 0 * one, one, given={_STATE: Given((memory,))})
        self.denoiser = Denoiser(build(config.net, step, DENOISER, generator))

    def remember(self, x: Tensor, given: Mapping[str, Tensor], h: Tensor | None = None) -> Tensor:
        """Return what is remembered after each of x (n, k, C), (n, k, memory); h (1, n, memory)."""
        if self.told is not None:
            told = self.told.of(given or None, x)
            x = torch.cat([x, told[:, None].expand(-1, x.shape[1], -1)], dim=2)
        states: Tensor = self.gru(x, h)[0]
        return states


@family(
    "timegrad",
    config=TimeGradConfig,
    needs=("continuous", "whole", "sequence"),
    capabilities=("complete",),
    group="sequential",
    units={"loss": "squared error"},
)
class TimeGrad(Family[TimeGradConfig]):
    """p(x) = prod_t p(x_t | h_(t-1)); each factor is a diffusion of the numbers of one time.

    Latents are the noise that each time starts from. What is not yet drawn stands as that noise.
    """

    def __init__(
        self, config: TimeGradConfig, spec: DataSpec, **training: Unpack[Training]
    ) -> None:
        super().__init__(config, spec, **training)
        net = _Recurrent(config, spec, self.weights(_WEIGHTS))
        self.trained: Trained[_Recurrent] = Trained(
            net.to(self.device),
            config.optimizer,
            self.horizon,
            decay=config.ema,
            execution=self.execution,
        )

    @property
    def parts(self) -> Mapping[str, Packed]:
        return {"network": self.trained}

    def walk(self, batch: Rows) -> Walk:
        real = Batch.of(batch)
        yield "draw", {"real": real.x}
        n, length = real.x.shape[:2]
        spread = torch.randn((n, length), generator=self.noise, device=self.device)
        level = (_MEAN + _STD * spread).exp().clamp(_S_MIN, _S_MAX)
        noised = real.x + level[..., None] * noise_like(real.x, self.noise)
        yield "noise", {"real": real.x, "particles": noised}

        def loss(part: slice) -> tuple[Tensor, dict[str, Tensor]]:
            net, some = self.trained.net, real.take(part)
            before = nn.functional.pad(some.x[:, :-1], (0, 0, 1, 0))
            states = net.remember(before, some.given).flatten(0, 1)
            rows = Batch(_split_times(noised[part]), given={_STATE: states})
            # Without a weight it counts evenly on what the network says: that of EDM.
            error = net.denoiser.squared_error(
                rows, level[part].flatten(), _split_times(some.x), None
            )
            return error, {}

        metrics = self.trained.descend(loss, n)
        yield "fit", {"real": real.x, "particles": noised}
        return metrics

    def retune(self, config: TimeGradConfig) -> None:
        self.trained.optimizer.config = config.optimizer

    def completing(self, latents: Batch, values: Tensor, observed: Tensor) -> Batch:
        """Return latents conditioned on the past.

        Raises:
            ValueError: an observed time follows an unobserved one.
        """
        later = observed.flatten(2).all(dim=2)
        past = later.long().cummin(dim=1).values.bool()
        if not torch.equal(observed, past[..., None].expand_as(observed)):
            raise ValueError(
                "the model is autoregressive: it needs all channels up to some time and "
                "nothing after it. Use CSDI for gaps"
            )
        return set_observed(latents, values.to(latents.device), observed.to(latents.device))

    def flow(
        self, latents: Rows, *, sampler: Any = None, generator: torch.Generator | None = None
    ) -> Iterator[Frame]:
        """Draw time after time, each by Heun's method from its own noise."""
        rows, net = Batch.of(latents), self.trained.averaged
        x, length = rows.x.clone(), rows.x.shape[1]
        seen = rows.given.get(OBSERVED, torch.zeros_like(x)) > 0
        known = rows.given.get(VALUES, torch.zeros_like(x))
        told = {name: rows.given[name] for name in self.spec.given}
        yield Frame(0.0, x.clone(), 0)
        before, h, spent = torch.zeros_like(x[:, :1]), None, 0
        # Read once for all times: each time would wait for the device.
        past = seen.flatten(2).all(dim=2).all(dim=0).tolist() if OBSERVED in rows.given else None
        for time in range(length):
            with torch.no_grad():
                states = net.remember(before, told, h)
                h = states.mT.permute(2, 0, 1).contiguous()
                if past is not None and past[time]:
                    now = known[:, time]
                else:
                    drawn, calls = self._draw_time(net.denoiser, x[:, time], states[:, 0])
                    now, spent = torch.where(seen[:, time], known[:, time], drawn), spent + calls
                x[:, time] = now
            before = now[:, None]
            yield Frame((time + 1) / length, x.clone(), spent)

    def _draw_time(self, denoiser: Denoiser, noise: Tensor, state: Tensor) -> tuple[Tensor, int]:
        """Return the numbers of one time from their noise (n, C), and how often the denoiser was
        asked (Karras et al. 2022, algorithm 1).
        """
        levels = make_grid(GridConfig(), self.config.steps, _S_MIN, _S_MAX).tolist()
        # The law at s_max has the variance of the data beside that of the noise.
        x, calls = noise[:, None] * math.hypot(1.0, levels[0]), 0

        def slope(at: Tensor, s: float) -> Tensor:
            rows = Batch(at, given={_STATE: state})
            found: Tensor = (at - denoiser(rows, torch.full((len(at),), s, device=at.device))) / s
            return found

        for s, after in pairwise(levels):
            first = slope(x, s)
            ahead = x + (after - s) * first
            calls += 1
            if after > 0.0:
                ahead = x + 0.5 * (after - s) * (first + slope(ahead, after))
                calls += 1
            x = ahead
        return x[:, 0], calls


def _split_times(x: Tensor) -> Tensor:
    """Return the times of series (n, L, C) each by itself, (n L, 1, C)."""
    return x.flatten(0, 1)[:, None]

"""Analog bits: symbols as numbers of plus and minus one, and a Gaussian diffusion of these."""

import math
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Annotated, Any, Unpack

import torch
from torch import Tensor, nn
from torch.nn import functional

from pushforward.models.config import Config, Pick, param
from pushforward.models.contracts.batch import Batch, Rows, by_parts
from pushforward.models.contracts.family import Family, Frame
from pushforward.models.contracts.learner import Training, Walk
from pushforward.models.contracts.spec import DataSpec
from pushforward.models.contracts.state import Packed
from pushforward.models.layouts.bits import BitCode
from pushforward.models.nets.calling import call
from pushforward.models.nets.pick import build
from pushforward.models.nets.role import predictor
from pushforward.models.nets.settings import PredictorNet
from pushforward.models.registry import family
from pushforward.models.samplers.grids import GridConfig, make_grid
from pushforward.models.tensors import make_generator, noise_like, upload
from pushforward.models.training.optim import NetworkOptimizer, OptimizerConfig
from pushforward.models.training.settings import Averaging
from pushforward.models.training.trained import Trained

__all__ = ["AnalogBits", "AnalogBitsConfig"]

_WEIGHTS, _BOUND = 0, 41  # streams of the seed (`models.tensors.make_generator`)
_LEVELS = 16  # at which the bound of a row is estimated, spread evenly in ln s
_S_MIN, _S_MAX = 0.15, 20.0  # below, plus and minus one are told apart without fail


class AnalogBitsConfig(Config, frozen=True):
    """Settings of a Gaussian diffusion of bits."""

    net: PredictorNet = Pick()
    self_conditioning: Annotated[
        float,
        param(
            "Self-conditioning",
            "Fraction of training steps in which the network also receives its own previous "
            "prediction, as in sampling; 0 for never.",
            low=0.0,
            high=1.0,
        ),
    ] = 0.5
    steps: Annotated[
        int,
        param("Steps", "Number of steps from noise to data.", low=1, high=1000, log=True),
    ] = 50
    optimizer: NetworkOptimizer = OptimizerConfig(
        kind="adamw", lr=4e-3, schedule="cosine", warmup=50, clip=1.0
    )
    ema: Averaging = 0.99


@family(
    "analog-bits",
    config=AnalogBitsConfig,
    needs=("symbols", "whole"),
    capabilities=("bound",),
    group="discrete",
    units={"loss": "nats"},
)
class AnalogBits(Family[AnalogBitsConfig]):
    """D(x, s) is the mean of the bits of all symbols, by what a network says they are."""

    def __init__(
        self, config: AnalogBitsConfig, spec: DataSpec, **training: Unpack[Training]
    ) -> None:
        super().__init__(config, spec, **training)
        assert spec.symbols is not None
        self.code = BitCode(spec.symbols, self.device)
        role = predictor(spec.symbols, inputs=spec.symbols + 2 * self.code.bits)
        net = build(config.net, spec, role, self.weights(_WEIGHTS))
        self.trained: Trained[nn.Module] = Trained(
            net.to(self.device),
            config.optimizer,
            self.horizon,
            decay=config.ema,
            execution=self.execution,
        )

    @property
    def parts(self) -> Mapping[str, Packed]:
        return {"predictor": self.trained}

    @classmethod
    def evaluations(cls, config: AnalogBitsConfig, sampler: Any = None) -> int | None:
        return config.steps

    def walk(self, batch: Rows) -> Walk:
        real = Batch.of(batch)
        n, bits = len(real), self.code.write(real.x)
        start = torch.rand((), generator=self.noise, device=self.device)
        spread = (start + torch.arange(n, device=self.device) / n) % 1.0
        # Most at levels of the distance between two words, where it is told which one it was.
        s = torch.special.ndtri(spread).exp().clamp(_S_MIN, _S_MAX)
        yield "draw", {"real": real.x}
        at = bits + s[:, None, None] * noise_like(bits, self.noise)
        scene = {"real": real.x, "particles": self.code.read(at), "level": s}
        yield "noise", scene
        told = torch.rand(n, generator=self.noise, device=self.device)
        told = told < self.config.self_conditioning
        law: list[Tensor] = []

        def loss(part: slice) -> tuple[Tensor, dict[str, Tensor]]:
            some, net = real.take(part), self.trained.net
            guess = torch.zeros_like(at[part])
            if self.config.self_conditioning:
                with torch.no_grad():
                    said = self._logits(net, some.holding(at[part]), s[part], guess)
                    said = self.code.mean(said.softmax(dim=-1))
                guess = torch.where(told[part, None, None], said, guess)
            logits = self._logits(net, some.holding(at[part]), s[part], guess)
            law.append(logits.detach().softmax(dim=-1))
            return functional.cross_entropy(logits.flatten(0, -2), some.x.flatten()), {}

        metrics = self.trained.descend(loss, n)
        yield "fit", {**scene, "law": law[0]}
        return metrics

    def retune(self, config: AnalogBitsConfig) -> None:
        self.trained.optimizer.config = config.optimizer

    def prior(
        self, n: int, generator: torch.Generator, given: Mapping[str, Tensor] | None = None
    ) -> Batch:
        x = torch.randn((n, *self.spec.shape, self.code.bits), generator=generator)
        return Batch(x, *self.spec.conditions(n, generator, given)).to(self.device)

    def flow(
        self, latents: Rows, *, sampler: Any = None, generator: torch.Generator | None = None
    ) -> Iterator[Frame]:
        """Go down the levels by Euler's method, conditioned on the previous estimate (algorithm 2);
        frames show the nearest symbols.
        """
        for frame, _ in self.writing(latents, sampler=sampler, generator=generator):
            yield frame

    def writing(
        self, latents: Rows, *, sampler: Any = None, generator: torch.Generator | None = None
    ) -> Iterator[tuple[Frame, Tensor | None]]:
        """Yield the flow, each frame with p(c | x) of the step that led to it."""
        rows = Batch.of(latents)
        levels = make_grid(GridConfig(), self.config.steps, _S_MIN, _S_MAX).tolist()
        x, guess = rows.x * levels[0], torch.zeros_like(rows.x)
        yield Frame(0.0, self.code.read(x), 0), None
        for i, (s, after) in enumerate(pairwise(levels), start=1):
            law = self._law(rows.holding(x), torch.full((len(x),), s, device=x.device), guess)
            guess = self.code.mean(law)
            x = guess + (after / s) * (x - guess)
            # The grid is even in the flow clock (Karras et al. 2022, eq. 5).
            shown = law.argmax(dim=-1) if after == 0.0 else self.code.read(x)
            yield Frame(i / self.config.steps, shown, i), law

    def log_prob_bound(self, x: Rows) -> Tensor:
        """Return a lower bound of log p(x), (n,): -1/2 int E |b - D|^2 d(1/s^2), with what is left
        at the ends (Kingma et al. 2021, arXiv:2107.00630, eqs. 11 and 17).
        """
        rows = Batch.of(x)
        bits, n = self.code.write(rows.x), len(rows)
        generator = make_generator(0, _BOUND)
        numbers = bits[0].numel()
        # KL(N(b, s_max^2) || N(0, 1 + s_max^2)), |b| = 1 for each number.
        total = torch.full((n,), 0.5 * numbers * math.log1p(_S_MAX**-2), device=self.device)
        span = math.log(_S_MAX / _S_MIN)
        for i in range(_LEVELS):
            start = (i + torch.rand(n, generator=generator)) / _LEVELS
            s = _level(upload(start, self.device))
            noise = upload(torch.randn(bits.shape, generator=generator), self.device)
            at = rows.holding(bits + s[:, None, None] * noise)
            guess = torch.zeros_like(bits)
            for _ in range(2 if self.config.self_conditioning else 1):
                law = self._law(at, s, guess)
                guess = self.code.mean(law)
            error = (bits - guess).square().flatten(1).sum(dim=1)
            total = total + span / _LEVELS * error / s.square()
        end = torch.full((n,), _S_MIN, device=self.device)
        noise = upload(torch.randn(bits.shape, generator=generator), self.device)
        law = self._law(rows.holding(bits + _S_MIN * noise), end, torch.zeros_like(bits))
        kept = law.gather(-1, rows.x[..., None]).clamp_min(1e-12).log()
        return -total + kept.flatten(1).sum(dim=1)

    def _law(self, rows: Batch, s: Tensor, guess: Tensor) -> Tensor:
        net = self.trained.averaged
        with torch.no_grad():
            said = by_parts(lambda at, level, told: self._logits(net, at, level, told),
                            rows, s, guess)  # fmt: skip
            return said.softmax(dim=-1)

    def _logits(self, net: nn.Module, rows: Batch, s: Tensor, guess: Tensor) -> Tensor:
        """Return logits of p(c | x): what the other places tell, which the network says, and what
        its own bits tell, -|x - bits(c)|^2 / 2 s^2. The network reads each place as these tell it,
        as it would read symbols.
        """
        level = s[:, None, None]
        # Words are of one length, so that only the product tells them apart.
        own = rows.x @ self.code.words.T / level.square()
        scaled = rows.x / (1.0 + level.square()).sqrt()
        seen = torch.cat([own.softmax(dim=-1), scaled, guess], dim=-1)
        return call(net, rows.holding(seen), s.log() / 4).float() + own


def _level(u: Tensor) -> Tensor:
    """Return levels for even u in [0, 1): even in their logarithm."""
    low, high = math.log(_S_MIN), math.log(_S_MAX)
    return (low + (high - low) * u).exp()

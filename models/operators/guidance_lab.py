"""Guidance lab: samples of one class at several strengths, next to the distribution that guidance
is said to sample.

Nothing is trained. All strengths start from the same latents, so that a sample can be followed as
its strength grows; what they gain in fidelity and lose in diversity is Ho and Salimans 2022,
arXiv:2207.12598, figure 4.
"""

from dataclasses import dataclass
from typing import Annotated, Any

import torch
from torch import Tensor

from pushforward.models.config import Config, encode, param
from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.family import Family
from pushforward.models.contracts.spec import LABEL
from pushforward.models.metrics.samples.sliced import sliced_wasserstein
from pushforward.models.operators.base import Operation, Outcome, SeedSetting, Work
from pushforward.models.operators.guided_sampling import (
    RescaleSetting,
    StepsSetting,
    StrengthsSetting,
    check_led,
    leading,
    swept,
    unconditional,
)
from pushforward.models.oracle import GaussianMixture
from pushforward.models.registry import operator
from pushforward.models.samplers.heun import Heun
from pushforward.models.tensors import make_generator

__all__ = ["GuidanceLab", "GuidanceLabConfig", "Lawful"]

_LATENTS, _LAW, _OTHER, _SEEN = 3231, 3232, 3233, 3234  # streams of the seed
_PROPOSED = 8192  # draws that the tilted law is weighed from
_SHOWN = 1000  # real data that are kept
_NEIGHBOURS = 15  # real data that judge a sample where the law is not known
_ROOM = 0.3  # of the span of the data around it that is mapped


class GuidanceLabConfig(Config, frozen=True):
    """How strong, where, and on how many samples."""

    strengths: StrengthsSetting = (0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 5.0, 8.0)
    rescale: RescaleSetting = 0.0
    low: Annotated[
        float,
        param("Minimum noise", "No guidance below this noise level.", low=0.0, unit="data std"),
    ] = 0.0
    high: Annotated[
        float,
        param("Maximum noise", "No guidance above this noise level.", above=0.0,
              unit="data std"),
    ] = 1000.0  # fmt: skip
    n: Annotated[int, param("Samples", "Samples per strength.", low=64, high=20_000, log=True)] = (
        500
    )
    steps: StepsSetting = 18
    map: Annotated[
        int,
        param(
            "Map",
            "Grid points per side of the density maps, for known distributions in the plane; 0 "
            "for no map.",
            low=0,
            high=256,
        ),
    ] = 64
    seed: SeedSetting = 0


@dataclass(frozen=True)
class Lawful:
    """The distribution of the data with its classes, and the class guided to."""

    law: GaussianMixture
    label: int

    def gives(self, x: Tensor) -> Tensor:
        """Return whether p(class | x) is the largest for the class, x (n, d) -> (n,) bool."""
        zero = x.new_zeros(())
        return self.law.to(x).log_class(x, zero).argmax(dim=1) == self.label

    def of_class(self, n: int, generator: torch.Generator) -> Tensor:
        """Draw n points of p(x | class), (n, d)."""
        return self.law.of_class(self.label).sample(n, generator)

    def tilted(self, n: int, strength: float, generator: torch.Generator) -> tuple[Tensor, float]:
        """Return n points (n, d) of the distribution proportional to p(x) p(class | x)^strength,
        and the trace of its covariance, by importance resampling of draws from p(x | class), or
        from p(x) below strength 1; it always terminates.
        """
        law, own = self.law, strength >= 1.0
        x = (law.of_class(self.label) if own else law).sample(_PROPOSED, generator)
        power = strength - 1.0 if own else strength
        zero = x.new_zeros(())
        weights = torch.softmax(power * law.log_class(x, zero)[:, self.label].double(), dim=0)
        rows = torch.multinomial(weights, n, replacement=True, generator=generator)
        mean = weights @ x.double()
        return x[rows], float(weights @ (x.double() - mean).square().sum(dim=1))

    def maps(self, places: Tensor, strength: float) -> tuple[Tensor, Tensor]:
        """Return log-densities of the tilted law and of the class at places (m, d) of an even
        grid, each (m,), up to the size of a place the former sums to what the latter does.
        """
        law, label = self.law.to(places), torch.full((len(places),), self.label)
        own = law.log_prob(places, places.new_zeros(()), label)
        tilted = law.log_tilted(places, self.label, strength)
        return tilted - torch.logsumexp(tilted, 0) + torch.logsumexp(own, 0), own


@operator(
    "guidance-lab",
    title="Guidance lab",
    summary="Generates samples of one class at several guidance strengths from the same noise, "
    "and measures class accuracy and diversity, next to the exact guided distribution "
    "where it is known. No training.",
    source="Ho and Salimans 2022, arXiv:2207.12598, eq. 6 and figure 4; mixture: Luo 2022, "
    "arXiv:2208.11970, section 5",
    kinds=("points",),
    reads_data=True,
    config=GuidanceLabConfig,
    needs=("samples", "denoiser"),
    refuses=unconditional,
    counts="steps",
)
class GuidanceLab:
    """Guides to the chosen class, by default the first, for each strength.

    The outcome, in the units of the data:

    - "strengths" (k,), "label" (): the class;
    - "samples" (k, n, d), NaN where the samples diverged, as are the values for that strength;
    - "share" (k,): fraction of samples most probable under the chosen class, by the exact
      distribution or, if unknown, the 15 nearest real samples;
    - "spread" (k,): the trace of their covariance; "class-spread" () that of the class, and
      "tilted-spread" (k,) that of the distribution p(x) p(class | x)^strength;
    - "distance" (k,): sliced W2 to the class, with its "floor" () between as many of the class and
      others; "tilted-distance" (k,) to the tilted distribution. Samples of the class come from the
      exact distribution or, if unknown, from the data, and the tilted values are NaN;
    - "real" (r, d) some of the data, with their class "real-label" (r,);
    - on a plane "bounds" (4,): x0, x1, y0, y1, and of a known law "map" (k, m, m) and "class-map"
      (m, m): log-densities, rows from below.
    """

    def __init__(self, config: GuidanceLabConfig) -> None:
        self.config = config

    def work(self, operation: Operation) -> Work:
        """Lead and measure; see `models.operators.base.Operator`.

        Raises:
            BlownUp: every strength leads out of all bounds.
            ValueError: the model does not know the class, or never goes without it.
        """
        config, family = self.config, operation.learner
        assert isinstance(family, Family)
        label = _label(family, operation)
        real = _real(operation, config.seed)
        law = family.spec.mixture
        known = Lawful(law, label) if law is not None and law.classes is not None else None
        own, floor = _class_points(known, real, label, config.n, config.seed)
        given = {LABEL: torch.full((config.n,), label)}
        latents = family.prior(config.n, make_generator(config.seed, _LATENTS), given)
        count = len(config.strengths)
        samples = torch.full((count, config.n, *family.spec.shape), torch.nan)
        figures = torch.full((5, count), torch.nan)

        def take(k: int, made: Tensor) -> None:
            samples[k] = made
            figures[:, k] = self._figures(made, config.strengths[k], own, real, label, known)

        samplers = [self._sampler(each, operation.sampler) for each in config.strengths]
        blown = yield from swept(family, latents, samplers, take)
        arrays = {
            "strengths": torch.tensor(config.strengths), "label": torch.tensor(label),
            "samples": samples, "class-spread": torch.tensor(_trace(own)), "floor": floor,
            **dict(zip(_FIGURES, figures, strict=True)),
            "real": real.x[:_SHOWN], "real-label": real.given[LABEL][:_SHOWN].long(),
        }  # fmt: skip
        return Outcome(arrays=arrays | self._maps(real.x, known), note=_describe(arrays, blown))

    def _sampler(self, strength: float, own: Any) -> Heun:
        config = encode(self.config)
        settings = {name: config[name] for name in ("rescale", "low", "high")}
        return leading(self.config.steps, strength, own, **settings)

    def _figures(
        self, made: Tensor, strength: float, own: Tensor, real: Batch, label: int,
        known: Lawful | None,
    ) -> Tensor:  # fmt: skip
        """Return those of `_FIGURES` for samples (n, d)."""
        distance = sliced_wasserstein(made, own, 2)
        if known is None:
            share, tilted, apart = _nearest_are(made, real, label), torch.nan, torch.nan
        else:
            share = float(known.gives(made).float().mean())
            generator = make_generator(self.config.seed, _LAW)
            x, tilted = known.tilted(len(made), strength, generator)
            apart = sliced_wasserstein(made, x.to(made), 2)
        return torch.tensor([share, _trace(made), tilted, distance, apart])

    def _maps(self, real: Tensor, known: Lawful | None) -> dict[str, Tensor]:
        m = self.config.map
        if real.shape[1:] != (2,):
            return {}
        low, high = real.min(dim=0).values, real.max(dim=0).values
        room = _ROOM * (high - low)
        low, high = low - room, high + room
        found = {"bounds": torch.stack([low[0], high[0], low[1], high[1]])}
        if known is None or not m:
            return found
        across, up = (
            low[i] + (high[i] - low[i]) * (torch.arange(m, dtype=torch.float64) + 0.5) / m
            for i in range(2)
        )
        y, x = torch.meshgrid(up, across, indexing="ij")
        places = torch.stack([x, y], dim=-1).reshape(-1, 2)
        maps = [known.maps(places, strength) for strength in self.config.strengths]
        tilted = torch.stack([each for each, _ in maps]).float().reshape(-1, m, m)
        return {**found, "map": tilted, "class-map": maps[0][1].float().reshape(m, m)}


_FIGURES = ("share", "spread", "tilted-spread", "distance", "tilted-distance")


def _label(family: Family[Any], operation: Operation) -> int:
    """Return the class to lead to."""
    check_led(family, operation.sampler)
    chosen = operation.given.get(LABEL)
    found = torch.zeros(1) if chosen is None else chosen.reshape(-1)
    if bool((found != found[0]).any()):
        raise ValueError("all samples are led to one class; choose a single one")
    return int(found[0])


def _real(operation: Operation, seed: int) -> Batch:
    """Return some of the data, with their classes, in their units."""
    if operation.data is None:
        raise ValueError("it needs the data of the run, and there are none.")
    source = operation.data()
    order = torch.randperm(len(source), generator=make_generator(seed, _SEEN))
    return source.rows(order[: 4 * _SHOWN])


def _class_points(
    known: Lawful | None, real: Batch, label: int, n: int, seed: int
) -> tuple[Tensor, Tensor]:
    """Return what is of the class (m, d), and how far others of it are from these, ()."""
    if known is not None:
        own = known.of_class(n, make_generator(seed, _LAW)).float()
        other = known.of_class(n, make_generator(seed, _OTHER)).float()
        return own, torch.tensor(sliced_wasserstein(own, other, 2))
    mine = real.x[real.given[LABEL].long() == label]
    if len(mine) < 4:
        raise ValueError("there are too few data of the class")
    half = len(mine) // 2
    floor = sliced_wasserstein(mine[:half], mine[half : 2 * half], 2)
    return mine[:half], torch.tensor(floor)


def _trace(x: Tensor) -> float:
    """Return the trace of the covariance of points (n, d)."""
    return float(x.double().var(dim=0).sum())


def _nearest_are(made: Tensor, real: Batch, label: int) -> float:
    """Return the share of samples (n, d) whose nearest real data are mostly of the class."""
    x, of = real.x.to(made), real.given[LABEL].long()
    near = torch.cdist(made, x).topk(min(_NEIGHBOURS, len(x)), dim=1, largest=False).indices
    votes = torch.nn.functional.one_hot(of[near], int(of.max()) + 1).sum(dim=1)
    return float((votes.argmax(dim=1) == label).float().mean())


def _describe(arrays: dict[str, Tensor], blown: bool) -> str:
    """Say what the strongest guidance that came to an end did."""
    last = int(arrays["share"].isfinite().nonzero().max())
    share = 100 * float(arrays["share"][last])
    ratio = float(arrays["spread"][last] / arrays["class-spread"])
    text = (
        f"At strength {float(arrays['strengths'][last]):g} {share:.1f} % of "
        f"the samples are of the class, and their spread is {ratio:.2f} of its own."
    )
    far = " Stronger guidance, or another strength, led samples out of all bounds."
    return text + (far if blown else "")

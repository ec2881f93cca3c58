"""Series: numbers at even times, in one channel or several."""

import math
from dataclasses import dataclass, replace
from typing import ClassVar

import torch
from torch import Tensor

from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.spec import LABEL, DataSpec, Given
from pushforward.models.processes import ProcessMixture
from pushforward.models.registry import kind
from pushforward.models.tensors import make_generator

__all__ = ["SeriesSet", "series"]


@dataclass(frozen=True)
class SeriesSet:
    """Series of equal length; a `models.contracts.data.RowSource`.

    Attributes:
        x: (n, L, C) float32: L even times, C channels.
        channels: names of the channels, or ().
        rate: samples a second where the series are sounds; 0 where they are none.
        labels: (n,) int64, the class of each, or None.
        names: of the classes.
        told: whether the class of each series is a condition.
        law: the exact distribution of their numbers, flat, if known.
    """

    x: Tensor
    channels: tuple[str, ...] = ()
    rate: int = 0
    labels: Tensor | None = None
    names: tuple[str, ...] = ()
    told: bool = False
    law: ProcessMixture | None = None

    columns: ClassVar[tuple[str, ...]] = ()
    """Its numbers are named by their channel and their time."""

    def __len__(self) -> int:
        return len(self.x)

    def spec(self) -> DataSpec:
        """Return the spec, with one mean and deviation for all times of a channel: what changes
        along the time is what is to be learned.
        """
        shape = tuple(self.x.shape[1:])
        mean = self.x.mean(dim=(0, 1)).expand(shape).contiguous()
        std = self.x.std(dim=(0, 1)).clamp_min(1e-6).expand(shape).contiguous()
        spec = DataSpec("series", shape, mean, std)
        if not self.told or self.labels is None:
            return spec
        label = Given((), len(self.names) or int(self.labels.max()) + 1, self.names)
        return replace(spec, given={LABEL: label}, law={LABEL: self.labels})

    def rows(self, index: Tensor | slice) -> Batch:
        """Return series, with their classes where the model is conditioned on them."""
        given = {LABEL: self.labels[index]} if self.told and self.labels is not None else {}
        return Batch(self.x[index], given=given)

    def labelled(self) -> "SeriesSet | None":
        """Return these data with the class of each as a condition, None without classes."""
        return None if self.labels is None else replace(self, told=True)

    def relabelled(self, rows: Batch, labels: Tensor) -> "SeriesSet":
        """Return other rows with their classes (n,) and what else is known of these."""
        return replace(self, x=rows.x, labels=labels, told=True, law=None)

    def take(self, index: Tensor | slice) -> "SeriesSet":
        """Return the series of some rows, with all else that is known."""
        labels = None if self.labels is None else self.labels[index]
        return replace(self, x=self.x[index], labels=labels)


@kind(
    "series",
    title="Series",
    one="series",
    many="series",
    summary="Numbers at even times, in one channel or several: measurements, loads, sounds.",
    gives=("continuous", "whole", "sequence", "labels"),
    networks={
        "denoiser": "dilated-conv",
        "critic": "mlp",
        "generator": "mlp",
        "encoder": "mlp-encoder",
        "flow": "realnvp",
        "autoregressive": "made",
    },
    metrics=("spectrum-distance", "autocorrelation-distance", "crps", "authenticity"),
    training={"particles": 64, "frames": 16, "batch": 64, "evaluate_samples": 500},
    families={
        "edm": {
            "optimizer": {
                "kind": "adamw",
                "lr": 2e-3,
                "beta2": 0.99,
                "schedule": "cosine",
                "warmup": 50,
                "clip": 1.0,
            },
            "ema": 0.995,
        },
        "csdi": {"optimizer": {"lr": 2e-3, "schedule": "cosine", "clip": 1.0}, "ema": 0.995},
        "timegrad": {"net": {"slug": "mlp", "config": {"width": 64, "depth": 2}}},
        "gan": {"latent": 32},
        "mmd-generator": {"latent": 32},
        # A series is as long as the square root of its numbers: far from one to the next.
        "discriminator-flow": {"speed": 20.0},
        "monoflow": {"speed": 0.1, "reach": 10.0},
        "mmd-flow": {"speed": 50.0, "reach": 10.0},
        "score-flow": {"speed": 0.5, "reach": 10.0, "s_low": 0.3},
        "score-gan": {"latent": 32, "s_low": 0.3},
    },
)
def series(n: int, seed: int) -> SeriesSet:
    """Return n series of 6 times and 2 channels: slow and fast oscillations, one behind the other,
    with their pace as class.
    """
    generator = make_generator(seed)
    label = torch.randint(2, (n,), generator=generator)
    phase = 2.0 * math.pi * torch.rand(n, generator=generator)
    pace = 0.5 + label.float()
    angle = pace[:, None] * torch.arange(6) + phase[:, None]
    clean = torch.stack([angle.sin(), 2.0 * (angle - 0.7).sin()], dim=2)
    x = clean + 0.1 * torch.randn(clean.shape, generator=generator)
    return SeriesSet(x, ("a", "b"), labels=label, names=("slow", "fast"))

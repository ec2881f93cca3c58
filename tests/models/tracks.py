"""A kind of data that only the tests know: everything at once that a datum may have.

A track has up to six hits in space, in padded rows; it is of one of three classes, and two numbers
are known of it. What runs on tracks runs on sets, on graphs and on tables with columns given.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import ClassVar

import torch
from torch import Tensor

from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.spec import SIZE, DataSpec, Given
from pushforward.models.registry import kind, registry
from pushforward.models.tensors import make_generator

SLUG = "test-tracks"
PLACES = 6
MASKS = torch.arange(PLACES) < torch.arange(PLACES + 1)[:, None]


@dataclass(frozen=True)
class Tracks:
    """n tracks; a `models.contracts.data.RowSource`."""

    x: Tensor
    size: Tensor
    label: Tensor
    energy: Tensor

    columns: ClassVar[tuple[str, ...]] = ()

    def __len__(self) -> int:
        return len(self.x)

    def spec(self) -> DataSpec:
        hits = self.x[MASKS[self.size]]
        scale = self.energy.mean(dim=0), self.energy.std(dim=0)
        return DataSpec(
            SLUG,
            (PLACES, 3),
            hits.mean(dim=0).repeat(PLACES, 1),
            hits.std(dim=0).repeat(PLACES, 1),
            masks=MASKS,
            given={
                "label": Given(classes=3, names=("a", "b", "c")),
                "energy": Given((2,), names=("low", "high"), mean=scale[0], std=scale[1]),
                SIZE: Given(),
            },
            law={
                "label": self.label,
                "energy": (self.energy - scale[0]) / scale[1],
                SIZE: self.size,
            },
        )

    def rows(self, index: Tensor | slice) -> Batch:
        size = self.size[index]
        given = {"label": self.label[index], "energy": self.energy[index], SIZE: size}
        return Batch(self.x[index], MASKS[size], given)

    def take(self, index: Tensor | slice) -> "Tracks":
        return replace(self, **{name: value[index] for name, value in vars(self).items()})


def tracks(n: int, seed: int) -> Tracks:
    """Return n tracks: a class has its own direction, and the more energy the longer the steps."""
    generator = make_generator(seed)
    size = torch.randint(1, PLACES + 1, (n,), generator=generator)
    label = torch.randint(3, (n,), generator=generator)
    energy = torch.randn((n, 2), generator=generator) * torch.tensor([1.0, 10.0]) + 5.0
    way = torch.eye(3)[label] * (1.0 + 0.1 * energy[:, :1])
    x = way[:, None] * torch.arange(1, PLACES + 1)[:, None]
    x = x + 0.2 * torch.randn((n, PLACES, 3), generator=generator) + 2.0
    return Tracks(x * MASKS[size][..., None], size, label, energy)


@contextmanager
def known() -> Iterator[None]:
    """Have the kind registered for a while."""
    kind(
        SLUG,
        title="Tracks",
        one="track",
        many="tracks",
        summary="Hits in space, as many as there are.",
        gives=("continuous",),
        networks={"denoiser": "mlp", "critic": "mlp", "generator": "mlp"},
        metrics=(),
    )(tracks)
    try:
        yield
    finally:
        del registry._entries["kind"][SLUG]

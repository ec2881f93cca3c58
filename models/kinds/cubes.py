"""Hyperspectral cubes: windows of a scene around a pixel, with its class and its place."""

from dataclasses import dataclass, replace
from typing import ClassVar

import torch
from torch import Tensor

from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.spec import LABEL, POSITION, DataSpec, Given
from pushforward.models.kinds.scene_splits import PixelSplit
from pushforward.models.kinds.scenes import UNKNOWN, Scene, mirror
from pushforward.models.registry import kind
from pushforward.models.tensors import make_generator

__all__ = ["CubeSet", "cubes", "mirrored"]


@dataclass(frozen=True, eq=False)
class CubeSet:
    """Some pixels of a scene, each with what is around it; a `models.contracts.data.RowSource`.

    Windows are cut when they are requested: all of a scene would be a hundred times its size.

    Attributes:
        scene: where they are.
        pixels: (n,) int64, the number of each, counted row by row.
        window: the side of a window, odd.
        context_pixels: (m,) int64, the pixels that semi-supervised models see without their
            labels; None for all of the scene.
        split: which labelled pixels are learned from, validate and test; None where unknown.
        added: generated windows with their classes, which come after the pixels; None for none.
    """

    scene: Scene
    pixels: Tensor
    window: int = 9
    context_pixels: Tensor | None = None
    split: PixelSplit | None = None
    added: Batch | None = None

    columns: ClassVar[tuple[str, ...]] = ()

    def __post_init__(self) -> None:
        if self.window % 2 != 1:
            raise ValueError(f"window must be odd, got {self.window}")
        if self.window // 2 >= min(self.scene.size):
            raise ValueError(
                f"a window of {self.window} pixels is too large for a scene of "
                f"{' x '.join(map(str, self.scene.size))}"
            )

    def __len__(self) -> int:
        return len(self.pixels) + (0 if self.added is None else len(self.added))

    def spec(self) -> DataSpec:
        """Return the spec: each channel standardised over all pixels of the scene, those without a
        class, too.
        """
        seen, side, (height, width) = self.scene.seen, self.window, self.scene.size
        flat = seen.flatten(1)
        mean, std = flat.mean(dim=1), flat.std(dim=1).clamp_min(1e-6)
        shape = (len(seen), side, side)
        corner = torch.tensor([height - 1.0, width - 1.0])
        given = {
            LABEL: Given(classes=len(self.scene.names), names=self.scene.names),
            POSITION: Given((2,), names=("row", "column"), mean=corner / 2, std=corner / 2),
        }
        spec = DataSpec(
            "cubes",
            shape,
            mean[:, None, None].expand(shape).contiguous(),
            std[:, None, None].expand(shape).contiguous(),
            given=given,
        )
        return replace(spec, law=spec.standard_given(self._conditions(self.pixels)))

    def rows(self, index: Tensor | slice) -> Batch:
        """Return some windows (n, channels, side, side), with class and place of the middle."""
        places = torch.arange(len(self))[index]
        real = places < len(self.pixels)
        found = self._windows(self.pixels[places[real]])
        if self.added is None or bool(real.all()):
            return found
        made = self.added.take(places[~real] - len(self.pixels))
        order = torch.cat([real.nonzero()[:, 0], (~real).nonzero()[:, 0]]).argsort()
        x = torch.cat([found.x, made.x])[order]
        given = {n: torch.cat([v, made.given[n].to(v)])[order] for n, v in found.given.items()}
        return Batch(x, given=given)

    def _windows(self, pixels: Tensor) -> Batch:
        (height, width), margin = self.scene.size, self.window // 2
        around = torch.arange(-margin, margin + 1)
        row, column = (each[:, None] + around for each in self._places(pixels))
        down, across = mirror(row, height)[:, :, None], mirror(column, width)[:, None]
        x = self.scene.seen[:, down, across].movedim(1, 0).contiguous()
        return Batch(x, given=self._conditions(pixels))

    def take(self, index: Tensor | slice) -> "CubeSet":
        """Return the windows of some rows, of the same scene."""
        places = torch.arange(len(self))[index]
        real = places < len(self.pixels)
        left = None
        if self.added is not None and not bool(real.all()):
            left = self.added.take(places[~real] - len(self.pixels))
        return replace(self, pixels=self.pixels[places[real]], added=left)

    def with_added(self, rows: Batch) -> "CubeSet":
        """Return the same pixels and generated windows with their classes."""
        return replace(self, added=rows)

    def at(self, pixels: Tensor) -> "CubeSet":
        """Return the windows around other pixels of the same scene, by their numbers (n,)."""
        return replace(self, pixels=pixels, added=None)

    def everywhere(self) -> "CubeSet":
        """Return the windows around all pixels of the scene, row by row."""
        return self.at(torch.arange(self.scene.truth.numel()))

    def unseen(self) -> Tensor:
        """Return the labelled pixels that measure a map, (n,): those that test, or where no split
        is known all labelled ones that are not learned from.
        """
        pixels = self.scene.labelled if self.split is None else self.split.test
        return pixels[~torch.isin(pixels, self.pixels)]

    def context(self) -> "CubeSet":
        """Return the windows around the unlabelled pixels; none of them has a class."""
        unknown = replace(self.scene, truth=torch.full_like(self.scene.truth, UNKNOWN))
        chosen = replace(self, scene=unknown)
        if self.context_pixels is None:
            return chosen.everywhere()
        return chosen.at(self.context_pixels)

    def plain(self) -> Tensor:
        """Return what a model is shown that knows no neighbours: the spectra, (n, bands)."""
        return self.scene.cube.flatten(1).T[self.pixels]

    def classes(self) -> Tensor:
        """Return the class of each, (n,) int64."""
        return self.scene.truth.flatten()[self.pixels]

    def _places(self, pixels: Tensor) -> tuple[Tensor, Tensor]:
        width = self.scene.size[1]
        return pixels // width, pixels % width

    def _conditions(self, pixels: Tensor) -> dict[str, Tensor]:
        position = torch.stack(self._places(pixels), dim=1).float()
        return {LABEL: self.at(pixels).classes(), POSITION: position}


def mirrored(rows: Batch, spec: DataSpec, generator: torch.Generator) -> Batch:
    """Return standardised windows, half of them flipped in rows and half in columns: fields have no
    preferred direction.
    """
    x = rows.x
    for axis in (2, 3):
        over = torch.rand((len(rows), 1, 1, 1), generator=generator).to(x) < 0.5
        x = torch.where(over, x.flip(axis), x)
    return rows.holding(x)


@kind(
    "cubes",
    title="Hyperspectral cubes",
    one="pixel",
    many="pixels",
    summary="Scenes with a spectrum in each pixel, a few have a known class.",
    gives=("patches", "labels", "told", "continuous"),
    networks={
        "encoder": "spectral-spatial",
        "denoiser": "patch-layers",
        "critic": "patch-layers",
        "generator": "patch-layers",
    },
    metrics=("accuracy", "average-accuracy", "kappa", "calibration-error"),
    # Maps are made of checkpoints: the training clock goes through those that are kept.
    training={
        "steps": 1000,
        "batch": 64,
        "samples": 0,
        "mirrored": True,
        "checkpoint_steps": 50,
        "keep": 20,
    },
    mirrored=mirrored,
    # Of 16 classes with few labels each; windows have a thousand numbers.
    families={
        "classifier": {"noise": 0.6},
        # Few labels are few steps: an average over a thousand of them would lag behind.
        "edm": {"ema": 0.99, "optimizer": {"lr": 3e-3}},
    },
)
def cubes(n: int, seed: int) -> CubeSet:
    """Return n pixels of a scene of 32 x 32 pixels with 12 bands and two classes in stripes, whose
    spectra lie apart by as much as they are noisy.
    """
    generator = make_generator(seed)
    side, bands = 32, 12
    truth = (torch.arange(side) // 8 % 2).expand(side, side).contiguous()
    tint = torch.stack([torch.linspace(0.0, 1.0, bands), torch.linspace(1.0, 0.0, bands)])
    noise = torch.randn((bands, side, side), generator=generator)
    cube = 100.0 + 10.0 * (tint[truth].movedim(2, 0) + noise)
    scene = Scene(cube, truth, ("rising", "falling"), torch.linspace(450.0, 1000.0, bands), cube)
    pixels = torch.randint(side * side, (n,), generator=generator)
    return CubeSet(scene, pixels, 5)

"""Generate spectra of each class of a scene, with those of its real pixels."""

from typing import Annotated

import torch
from torch import Tensor

from pushforward.models.config import Config, param
from pushforward.models.contracts.family import Family
from pushforward.models.contracts.spec import LABEL
from pushforward.models.kinds.scene_spectra import (
    SpectrumDecoder,
    describe_class,
    middle_of,
    spectral_angle,
)
from pushforward.models.operators.base import Operation, Outcome, SeedSetting, Work
from pushforward.models.operators.drawing import draw_samples
from pushforward.models.operators.scene_maps import scene_of
from pushforward.models.registry import operator

__all__ = ["GenerateSpectra", "GenerateSpectraConfig"]


class GenerateSpectraConfig(Config, frozen=True):
    """How many spectra."""

    each: Annotated[
        int,
        param("Per class", "Number of spectra of each class.", low=1, high=10_000, log=True),
    ] = 200
    seed: SeedSetting = 0


@operator(
    "generate-spectra",
    title="Generate spectra",
    summary="Generates spectra of each class, and compares their mean and 10–90 % range in each "
    "band with those of unseen pixels.",
    source="Kruse et al. 1993, doi:10.1016/0034-4257(93)90013-N, eq. 1 (spectral angle)",
    kinds=("cubes",),
    needs=("samples",),
    reads_data=True,
    config=GenerateSpectraConfig,
)
class GenerateSpectra:
    """Decodes the middle pixel of generated windows."""

    def __init__(self, config: GenerateSpectraConfig) -> None:
        self.config = config

    def work(self, operation: Operation) -> Work:
        """Generate; see `models.operators.base.Operator`. The arrays are "spectra" (n, bands) in
        the units of the scene and "label" (n,) from 1 on; of each class "mean", "low" and "high"
        (classes, bands) of the generated and "real_mean", "real_low" and "real_high" of labelled
        pixels that were not learned from, nan where there are none; and "angle" (classes,), between
        both means in degrees.
        """
        data, family = scene_of(operation), operation.learner
        assert isinstance(family, Family)
        names = data.scene.names
        labels = torch.arange(len(names)).repeat_interleave(self.config.each)
        given = family.spec.standard_given({LABEL: labels})
        made = yield from draw_samples(
            family, len(labels), self.config.seed, sampler=operation.sampler, given=given
        )
        decoder, scene = SpectrumDecoder(data.scene), data.scene
        spectra = decoder.decode(middle_of(made.x))
        unseen = data.unseen()
        real, truth = scene.cube.flatten(1).T[unseen], scene.truth.flatten()[unseen]
        arrays = _of_classes(spectra, labels, len(names), "")
        arrays |= _of_classes(real, truth, len(names), "real_")
        angles = torch.full((len(names),), float("nan"))
        for index in range(len(names)):
            if bool((truth == index).any()):
                pair = arrays["mean"][index], arrays["real_mean"][index]
                angles[index] = spectral_angle(*pair)
        known = angles[angles.isfinite()]
        note = (
            f"Mean spectral angle to unseen pixels {float(known.mean()):.2f}° over {len(known)} "
            "classes."
            if len(known)
            else "No labelled pixel is left to compare with."
        )
        numbers = {"spectra": spectra, "label": (labels + 1).to(torch.int16), "angle": angles}
        return Outcome(arrays={**numbers, **arrays}, note=note)


def _of_classes(spectra: Tensor, labels: Tensor, classes: int, prefix: str) -> dict[str, Tensor]:
    """Return mean, low and high of each class (classes, bands), nan where it has no spectrum."""
    bands = spectra.shape[1]
    found = {name: torch.full((classes, bands), float("nan")) for name in ("mean", "low", "high")}
    for index in range(classes):
        mine = spectra[labels == index]
        if len(mine):
            known = describe_class(mine)
            for name, rows in found.items():
                rows[index] = getattr(known, name)
    return {prefix + name: rows for name, rows in found.items()}

"""FID: the Fréchet distance in the features of Inception, with weights that the user provides."""

from collections.abc import Generator
from typing import Annotated

import torch
from torch import Tensor

from pushforward.models.config import Config, File, param
from pushforward.models.contracts.learner import finish
from pushforward.models.metrics.base import (
    Evidence,
    Figure,
    NotApplicable,
    SampleMetric,
    check_finite,
    flat,
)
from pushforward.models.metrics.images.inception import FILE, VARIABLE, Inception, inception
from pushforward.models.metrics.samples.frechet import frechet_distance
from pushforward.models.registry import metric

__all__ = ["InceptionFid", "InceptionFidConfig"]

_BATCH = 16  # images that are looked at between two pauses: a second on a CPU


class InceptionFidConfig(Config, frozen=True):
    """Where the weights are."""

    weights: Annotated[
        File,
        param(
            "Inception weights",
            f"The file {FILE}, 95 MB, which torch-fidelity offers on the page of its release "
            f"0.2.0; where none is named, {VARIABLE} of the environment says where it is.",
            suffixes=(".pth",),
        ),
    ] = File("")


@metric(
    "inception-fid",
    title="FID (Inception)",
    summary="Fréchet Inception distance between samples and unseen images. You provide the "
    "weights; the network comes with the extra pushforward[fid]. Takes minutes on a CPU "
    "and depends on the number of images; papers use 50,000.",
    source="Heusel et al. 2017, arXiv:1706.08500, eq. 6; Obukhov et al., torch-fidelity 0.4, "
    "doi:10.5281/zenodo.4957738",
    config=InceptionFidConfig,
    kinds=("images",),
    heavy=True,
)
class InceptionFid(SampleMetric[InceptionFidConfig]):
    """The FID of samples against unseen images."""

    def measure(self, evidence: Evidence) -> Figure:
        return finish(self.walk(evidence))

    def walk(self, evidence: Evidence) -> Generator[None, None, Figure]:
        net = inception(self.config.weights)
        made, real = evidence.samples.x, evidence.reference.x
        if made.shape[1] not in (1, 3):
            raise NotApplicable("Inception sees grey images, or red, green and blue")
        check_finite(flat(evidence.samples))
        seen = []
        for x in (made, real):
            seen.append((yield from _features(net, x)))
        return Figure(frechet_distance(*seen), n=len(made))


def _features(net: Inception, x: Tensor) -> Generator[None, None, Tensor]:
    found = []
    for some in torch.split(x, _BATCH):
        found.append(net.features(some))
        yield
    return torch.cat(found)

"""Spectra of windows that a model generated, and what they are compared by.

A model sees windows of bands or of principal components. Both are linear in the spectrum of a
pixel, so that the least-squares map from the input of models to the bands, over all pixels of the
scene, gives back spectra: exactly for all bands, and up to what was left out for components.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from pushforward.models.kinds.scenes import Scene, strips

__all__ = ["ClassSpectra", "SpectrumDecoder", "describe_class", "middle_of", "spectral_angle"]

_LOW, _HIGH = 0.1, 0.9


def middle_of(x: Tensor) -> Tensor:
    """Return the pixel in the middle of each window (n, channels, side, side), (n, channels)."""
    return x[:, :, x.shape[2] // 2, x.shape[3] // 2]


class SpectrumDecoder:
    """Spectra (n, bands) of what models see of a pixel (n, channels).

    Args:
        scene: whose bands and input of models.
    """

    def __init__(self, scene: Scene) -> None:
        self._same = scene.seen is scene.cube
        if self._same:
            return
        seen = scene.seen.flatten(1).T.double()
        self._mean = seen.mean(dim=0)
        x = seen - self._mean
        bands, _, width = scene.cube.shape
        level = torch.zeros(bands, dtype=torch.float64)
        for rows, strip in strips(scene.cube):
            share = (rows.stop - rows.start) / scene.size[0]
            level += strip.reshape(bands, -1).double().mean(dim=1) * share
        products = torch.zeros((x.shape[1], bands), dtype=torch.float64)
        for rows, strip in strips(scene.cube):
            values = strip.reshape(bands, -1).double() - level[:, None]
            products += x[rows.start * width : rows.stop * width].T @ values.T
        # The covariance may be singular: of bands that repeat each other.
        inverse = torch.linalg.pinv(x.T @ x, hermitian=True)
        self._level, self._map = level, inverse @ products

    def decode(self, x: Tensor) -> Tensor:
        """Return spectra in the units of the scene, (n, bands) float32."""
        if self._same:
            return x.float()
        spectra: Tensor = (x.double() - self._mean) @ self._map + self._level
        return spectra.float()


@dataclass(frozen=True)
class ClassSpectra:
    """Mean and 10 % and 90 % quantiles of the spectra of a class, each (bands,)."""

    mean: Tensor
    low: Tensor
    high: Tensor


def describe_class(spectra: Tensor) -> ClassSpectra:
    """Return mean and quantiles of spectra (n, bands), n at least 1."""
    x = spectra.float()
    low, high = x.quantile(torch.tensor([_LOW, _HIGH]), dim=0)
    return ClassSpectra(x.mean(dim=0), low, high)


def spectral_angle(first: Tensor, second: Tensor) -> float:
    """Return the angle between two spectra (bands,) in degrees (Kruse et al. 1993,
    doi:10.1016/0034-4257(93)90013-N, eq. 1): it does not depend on the brightness.
    """
    a, b = first.double(), second.double()
    a, b = a / a.norm().clamp_min(1e-12), b / b.norm().clamp_min(1e-12)
    # By the chord: an arc cosine near 1 loses half of its digits.
    return float(torch.rad2deg(2.0 * torch.asin(((a - b).norm() / 2.0).clamp_max(1.0))))

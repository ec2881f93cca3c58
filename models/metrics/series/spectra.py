"""Which frequencies a series is made of, and how it goes with itself some time later."""

import torch
from torch import Tensor

from pushforward.models.config import NoConfig
from pushforward.models.kinds.series import SeriesSet
from pushforward.models.metrics.base import (
    Evidence,
    Figure,
    NotApplicable,
    SampleMetric,
    check_finite,
)
from pushforward.models.registry import metric

__all__ = ["AutocorrelationDistance", "SpectrumDistance", "autocorrelation", "spectrum"]


def spectrum(x: Tensor) -> Tensor:
    """Return the mean power of series (n, L, C) at each frequency, (L // 2 + 1, C) float64: the
    periodogram without window (Schuster 1898), over all numbers its sum is their mean square.
    """
    length = x.shape[1]
    power = torch.fft.rfft(x.double(), dim=1).abs().square() / length**2
    twice = torch.full((power.shape[1], 1), 2.0, dtype=torch.float64)
    twice[0] = 1.0
    if length % 2 == 0:
        twice[-1] = 1.0
    found: Tensor = (power * twice).mean(dim=0)
    return found


def autocorrelation(x: Tensor, mean: Tensor, variance: Tensor) -> Tensor:
    """Return the mean of (x_t - mean)(x_(t+k) - mean) / variance for each lag k from 0 to L - 1, of
    series (n, L, C): (L, C) float64; mean and variance (C,).
    """
    length = x.shape[1]
    centred = x.double() - mean
    padded = torch.fft.rfft(centred, n=2 * length, dim=1)
    sums = torch.fft.irfft(padded.abs().square(), n=2 * length, dim=1)[:, :length]
    pairs = torch.arange(length, 0, -1, dtype=torch.float64)[:, None]
    found: Tensor = (sums / pairs).mean(dim=0) / variance
    return found


def _sides(evidence: Evidence) -> tuple[Tensor, Tensor]:
    """Return samples (n, L, C) and real series (m, L, C)."""
    real = evidence.real
    if not isinstance(real, SeriesSet):
        raise NotApplicable("it reads series")
    check_finite(evidence.samples.x)
    check_finite(real.x)
    return evidence.samples.x, real.x


@metric(
    "spectrum-distance",
    title="Spectrum distance",
    summary="Fraction of power at other frequencies than real series have: 0 equal, 1 disjoint.",
    source="Schuster 1898, doi:10.1029/TM003i001p00013 (the periodogram); by definition",
    kinds=("series",),
)
class SpectrumDistance(SampleMetric[NoConfig]):
    """sum_f |p(f) - q(f)| / sum_f (p(f) + q(f)) of the mean spectra, the mean over the channels."""

    def measure(self, evidence: Evidence) -> Figure:
        made, real = _sides(evidence)
        # A constant level is no oscillation, and would outweigh all of them.
        centre = real.mean(dim=(0, 1))
        p, q = spectrum(made - centre), spectrum(real - centre)
        apart = (p - q).abs().sum(dim=0) / (p + q).sum(dim=0).clamp_min(1e-12)
        return Figure(float(apart.mean()), n=len(made))


@metric(
    "autocorrelation-distance",
    title="Autocorrelation distance",
    summary="Root mean square difference between the autocorrelations of samples and of real "
    "series, over all lags up to half the length.",
    source="Box and Jenkins 1970, section 2.1 (the autocorrelation); by definition",
    kinds=("series",),
)
class AutocorrelationDistance(SampleMetric[NoConfig]):
    """Both sides in the mean and the variance of the real series, so that a wrong scale counts."""

    def measure(self, evidence: Evidence) -> Figure:
        made, real = _sides(evidence)
        mean = real.double().mean(dim=(0, 1))
        variance = real.double().var(dim=(0, 1)).clamp_min(1e-12)
        lags = max(1, real.shape[1] // 2)
        ours, theirs = (autocorrelation(x, mean, variance)[:lags] for x in (made, real))
        return Figure(float((ours - theirs).square().mean().sqrt()), n=len(made))

"""Whether samples have the fine detail of real images, no less and no more.

A classifier is taught to look through noise and blur, and so judges that look with one hardly see
either. The power of images at each spatial frequency shows both: noise adds the same everywhere,
and stands out where real images have least; blur takes the highest frequencies away.
"""

import torch
from torch import Tensor

from pushforward.models.config import NoConfig
from pushforward.models.metrics.base import Evidence, Figure, NotApplicable, SampleMetric
from pushforward.models.metrics.bootstrap import around
from pushforward.models.metrics.images.judged import images_of
from pushforward.models.registry import metric
from pushforward.models.tensors import in_parts

__all__ = ["PowerSpectrum", "powers"]

_LEAST = 1e-12  # of a pixel's square: images without detail are far from others, not infinitely


@metric(
    "power-spectrum",
    title="Power spectrum",
    summary="Mean difference between the log power spectra of samples and of unseen images. "
    "Detects noise and blur, which a classifier ignores, but not wrong content.",
    source="Durall et al. 2020, Watch your up-convolution, arXiv:2003.01826, eqs. 5 and 6",
    kinds=("images",),
    unit="dB",
)
class PowerSpectrum(SampleMetric[NoConfig]):
    """The mean over frequencies of |10 log10 P / P of real images| as a metric; its parts are how
    much more power than these the samples have at each, in dB.
    """

    def measure(self, evidence: Evidence) -> Figure:
        made, real = map(powers, images_of(evidence))
        gaps = _gaps(made, real)
        value = float(gaps.abs().mean())
        below, above = around(
            lambda a, b: float(_gaps(a, b).abs().mean()), (made, real), evidence.rng
        )
        parts = {f"{k} cycles per image": gap for k, gap in enumerate(gaps.tolist(), start=1)}
        return Figure(value, max(0.0, value + below), value + above, len(made), parts)


def powers(x: Tensor) -> Tensor:
    """Return the power of images (n, C, H, W) at each frequency from 1 cycle to half as many as the
    shorter side has pixels, (n, frequencies): a mean over channels and directions.

    Raises:
        NotApplicable: they have no side of two pixels.
    """
    height, width = x.shape[-2:]
    side = min(height, width)
    if side < 2:
        raise NotApplicable("images of a single row or column of pixels have no power spectrum")
    across = torch.fft.rfftfreq(width, 1 / side)
    band = (
        torch.hypot(torch.fft.fftfreq(height, 1 / side)[:, None], across).round().long().flatten()
    )
    kept = (band >= 1) & (band <= side // 2)
    bands = torch.nn.functional.one_hot(band[kept] - 1).double()

    def part(some: Tensor) -> Tensor:
        found = torch.fft.rfft2(some.double(), norm="ortho").abs().square().mean(dim=1)
        sums: Tensor = found.flatten(1)[:, kept] @ bands
        return sums / bands.sum(dim=0)

    return in_parts(part, x)


def _gaps(made: Tensor, real: Tensor) -> Tensor:
    a, b = (each.mean(dim=0).clamp_min(_LEAST) for each in (made, real))
    return 10 * torch.log10(a / b)

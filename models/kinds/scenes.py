"""A hyperspectral scene, and which of its labelled pixels are learned from."""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from pushforward.models.tensors import make_generator

__all__ = [
    "UNKNOWN",
    "Scene",
    "blurred",
    "few_labels",
    "few_labels_apart",
    "mirror",
    "principal",
    "strips",
]

UNKNOWN = -1
"""The class of a pixel without a label."""
_COLOURS = (860.0, 660.0, 560.0)  # nm: near infrared, red and green, seen as red, green and blue
_STRETCH = (0.02, 0.98)
_SAMPLED = 2**20  # pixels that a stretch is estimated from
_AT_ONCE = 2**24  # numbers of a cube that are in memory at once, in double precision
_CUT = 4.0  # standard deviations at which a blur ends


@dataclass(frozen=True, eq=False)
class Scene:
    """A picture with a spectrum in each pixel.

    Attributes:
        cube: (bands, H, W) float32, as measured; of a large scene on the disk, by memory map.
        truth: (H, W) int64, the class of each pixel, or `UNKNOWN`.
        names: of the classes.
        wavelengths: (bands,) of the centres of the bands, in nm; None where they are not known.
        seen: (channels, H, W) float32, what models are shown: the bands, or fewer numbers made of
            them.
    """

    cube: Tensor
    truth: Tensor
    names: tuple[str, ...]
    wavelengths: Tensor | None
    seen: Tensor

    @property
    def size(self) -> tuple[int, int]:
        """Rows and columns of pixels."""
        return int(self.truth.shape[0]), int(self.truth.shape[1])

    @property
    def labelled(self) -> Tensor:
        """The numbers of the pixels with a known class, row by row, (n,) int64."""
        return (self.truth.flatten() != UNKNOWN).nonzero()[:, 0]

    def padded(self, margin: int, rows: slice = slice(None)) -> Tensor:
        """Return the input of models in some rows of pixels (a step of 1), with a margin of some
        pixels on each side that is mirrored beyond the scene.
        """
        first, last, _ = rows.indices(self.size[0])
        down = mirror(torch.arange(first - margin, last + margin), self.size[0])
        across = mirror(torch.arange(-margin, self.size[1] + margin), self.size[1])
        return self.seen[:, down][:, :, across]

    def false_colour(self) -> Tensor:
        """Return near infrared, red and green as a picture (3, H, W) of values in [0, 1], each
        stretched over all but the darkest and the brightest 2 % of the pixels.

        Where the wavelengths are not known, bands at such places of the range are taken.
        """
        bands = len(self.cube)
        if self.wavelengths is None:
            chosen = [round(share * (bands - 1)) for share in (0.22, 0.13, 0.08)]
        else:
            chosen = [int((self.wavelengths - w).abs().argmin()) for w in _COLOURS]
        x = torch.stack([self.cube[band] for band in chosen]).float()
        some = x.flatten(1)[:, :: max(1, x[0].numel() // _SAMPLED)]
        low, high = some.quantile(torch.tensor(_STRETCH), dim=1)[..., None, None]
        stretched: Tensor = (x - low) / (high - low).clamp_min(1e-6)
        return stretched.clamp(0.0, 1.0)


def blurred(cube: Tensor, sigma: float) -> Tensor:
    """Return each band of a cube (bands, H, W) blurred by a Gaussian of ``sigma`` pixels; 0 for no
    blur. Beyond its border the scene is mirrored.
    """
    from scipy import ndimage

    if not sigma:
        return cube
    scales = (0.0, sigma, sigma)
    found = ndimage.gaussian_filter(cube.numpy(), scales, mode="reflect", truncate=_CUT)
    return torch.from_numpy(found)


def mirror(places: Tensor, n: int) -> Tensor:
    """Return places (k,) along an axis of n pixels with those beyond its ends mirrored at the first
    and the last pixel; up to n - 1 pixels beyond.
    """
    return (n - 1) - ((n - 1) - places.abs()).abs()


def strips(cube: Tensor, sigma: float = 0.0) -> Iterator[tuple[slice, Tensor]]:
    """Yield a cube (bands, H, W), blurred as by `blurred`, in strips: rows, and their values
    (bands, rows, W). A cube on the disk is never in memory as a whole.
    """
    bands, height, width = cube.shape
    reach = int(_CUT * sigma + 0.5)  # of the blur, in pixels
    step = max(1, _AT_ONCE // (bands * width))
    for start in range(0, height, step):
        stop = min(start + step, height)
        top, bottom = max(0, start - reach), min(height, stop + reach)
        strip = blurred(cube[:, top:bottom], sigma)
        yield slice(start, stop), strip[:, start - top : stop - top]


def principal(cube: Tensor, components: int, sigma: float = 0.0) -> Tensor:
    """Return the first principal components of all pixels of a cube (bands, H, W), blurred as by
    `blurred`, about their mean, (components, H, W). Their sign is such that the largest loading of
    each is positive.
    """
    bands, height, width = cube.shape
    mean = torch.zeros((bands, 1), dtype=torch.float64)
    for rows, strip in strips(cube, sigma):
        share = (rows.stop - rows.start) / height
        mean += strip.reshape(bands, -1).double().mean(dim=1, keepdim=True) * share
    products = torch.zeros((bands, bands), dtype=torch.float64)
    for _, strip in strips(cube, sigma):
        x = strip.reshape(bands, -1).double() - mean
        products += x @ x.T
    _, vectors = torch.linalg.eigh(products / (height * width))
    axes = vectors[:, -min(components, bands) :].flip(1)
    largest = axes.gather(0, axes.abs().argmax(dim=0, keepdim=True))
    loadings = (axes * largest.sign()).T
    found = torch.empty((len(loadings), height, width))
    for rows, strip in strips(cube, sigma):
        x = strip.reshape(bands, -1).double() - mean
        found[:, rows] = (loadings @ x).float().reshape(len(loadings), -1, width)
    return found


def few_labels(scene: Scene, share: float, least: int, seed: int) -> tuple[Tensor, Tensor]:
    """Split the labelled pixels at random, class by class.

    Args:
        scene: whose pixels.
        share: of each class that is learned from.
        least: at least this number of each class, but never more than half of it.
        seed: which ones.

    Returns:
        The numbers of the pixels to learn from and of those to measure with, ascending.
    """
    truth, generator = scene.truth.flatten(), make_generator(seed)
    train, test = [], []
    for index in range(len(scene.names)):
        pixels = (truth == index).nonzero()[:, 0]
        pixels = pixels[torch.randperm(len(pixels), generator=generator)]
        n = _wanted(len(pixels), share, least)
        train.append(pixels[:n])
        test.append(pixels[n:])
    return torch.cat(train).sort().values, torch.cat(test).sort().values


def few_labels_apart(
    scene: Scene, share: float, least: int, seed: int, block: int, window: int
) -> tuple[Tensor, Tensor]:
    """Split the labelled pixels so that what is measured with has never been looked at: pixels to
    learn from lie in a few squares of ``block`` pixels, and none to measure with has a window of
    ``window`` pixels that shares a pixel with a window of those.

    Neighbours are alike: where windows overlap, accuracies are too high (Liang et al. 2017,
    arXiv:1605.05829). Of a class that lies all in one place nothing may be left to measure with.

    Returns:
        As `few_labels`.
    """
    height, width = scene.size
    truth, generator = scene.truth.flatten(), make_generator(seed)
    where = torch.arange(height * width)
    squares = (where // width // block) * (-(-width // block)) + where % width // block
    chosen = torch.zeros(height * width)
    train = []
    for index in range(len(scene.names)):
        pixels = (truth == index).nonzero()[:, 0]
        n = _wanted(len(pixels), share, least)
        found = torch.unique(squares[pixels])
        order = found[torch.randperm(len(found), generator=generator)]
        rank = torch.zeros(int(squares.max()) + 1, dtype=torch.int64)
        rank[order] = torch.arange(len(order))
        # Square by square, and within the last one at random.
        pixels = pixels[torch.randperm(len(pixels), generator=generator)]
        pixels = pixels[rank[squares[pixels]].argsort(stable=True)][:n]
        train.append(pixels)
        chosen[pixels] = 1.0
    reach = window - 1
    near = functional.max_pool2d(
        chosen.reshape(1, 1, height, width), 2 * reach + 1, stride=1, padding=reach
    ).flatten()
    labelled = scene.labelled
    return torch.cat(train).sort().values, labelled[near[labelled] == 0.0]


def _wanted(n: int, share: float, least: int) -> int:
    return min(max(round(share * n), least), -(-n // 2))

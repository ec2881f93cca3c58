"""A hyperspectral scene, and which of its labelled pixels are learned from."""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from pushforward.models.tensors import make_generator

__all__ = ["UNKNOWN", "Scene", "blurred", "few_labels", "few_labels_apart", "principal"]

UNKNOWN = -1
"""The class of a pixel without a label."""
_COLOURS = (860.0, 660.0, 560.0)  # nm: near infrared, red and green, seen as red, green and blue
_STRETCH = (0.02, 0.98)


@dataclass(frozen=True, eq=False)
class Scene:
    """A picture with a spectrum in each pixel.

    Attributes:
        cube: (bands, H, W) float32, as measured.
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

    def padded(self, margin: int) -> Tensor:
        """Return the input of models with a mirrored margin of some pixels on each side."""
        return functional.pad(self.seen[None], (margin,) * 4, mode="reflect")[0]

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
        x = self.cube[chosen].float()
        low, high = x.flatten(1).quantile(torch.tensor(_STRETCH), dim=1)[..., None, None]
        stretched: Tensor = (x - low) / (high - low).clamp_min(1e-6)
        return stretched.clamp(0.0, 1.0)


def blurred(cube: Tensor, sigma: float) -> Tensor:
    """Return each band of a cube (bands, H, W) blurred by a Gaussian of ``sigma`` pixels; 0 for no
    blur. Beyond its border the scene is mirrored.
    """
    from scipy import ndimage

    if not sigma:
        return cube
    found = ndimage.gaussian_filter(cube.numpy(), (0.0, sigma, sigma), mode="reflect")
    return torch.from_numpy(found)


def principal(cube: Tensor, components: int) -> Tensor:
    """Return the first principal components of all pixels of a cube (bands, H, W), about their
    mean, (components, H, W). Their sign is such that the largest loading of each is positive.
    """
    bands = len(cube)
    x = cube.reshape(bands, -1).double()
    x = x - x.mean(dim=1, keepdim=True)
    _, vectors = torch.linalg.eigh(x @ x.T / x.shape[1])
    axes = vectors[:, -min(components, bands) :].flip(1)
    largest = axes.gather(0, axes.abs().argmax(dim=0, keepdim=True))
    found: Tensor = (axes * largest.sign()).T @ x
    return found.float().reshape(-1, *cube.shape[1:])


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

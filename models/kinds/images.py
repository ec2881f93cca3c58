"""Images: pixels in [0, 1], perhaps with a class each."""

from dataclasses import dataclass, replace
from typing import ClassVar

import torch
from torch import Tensor

from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.spec import LABEL, DataSpec, Given
from pushforward.models.registry import kind
from pushforward.models.tensors import make_generator

__all__ = ["ImageSet", "images"]


@dataclass(frozen=True)
class ImageSet:
    """A finite set of images; a `models.contracts.data.RowSource`.

    Attributes:
        x: (n, C, H, W) float32 in [0, 1].
        labels: (n,) int64, the class of each, or None.
        names: of the classes.
        told: whether the class of each image is a condition.
    """

    x: Tensor
    labels: Tensor | None = None
    names: tuple[str, ...] = ()
    told: bool = False

    columns: ClassVar[tuple[str, ...]] = ()
    """Pixels have no names."""

    def __len__(self) -> int:
        return len(self.x)

    def spec(self) -> DataSpec:
        """Return the spec with one mean and standard deviation for all pixels, so that the data
        have unit variance over all, and borders that are always dark are not blown up.
        """
        shape = tuple(self.x.shape[1:])
        std = self.x.std().clamp_min(1e-6)
        spec = DataSpec("images", shape, self.x.mean().repeat(shape), std.repeat(shape))
        if not self.told or self.labels is None:
            return spec
        label = Given((), len(self.names) or int(self.labels.max()) + 1, self.names)
        return replace(spec, given={LABEL: label}, law={LABEL: self.labels})

    def rows(self, index: Tensor | slice) -> Batch:
        """Return images, with their classes where the model is conditioned on them."""
        given = {LABEL: self.labels[index]} if self.told and self.labels is not None else {}
        return Batch(self.x[index], given=given)

    def labelled(self) -> "ImageSet | None":
        """Return these data with the class of each as a condition, None without classes."""
        return None if self.labels is None else replace(self, told=True)

    def relabelled(self, rows: Batch, labels: Tensor) -> "ImageSet":
        """Return other rows with their classes (n,) and what else is known of these."""
        return replace(self, x=rows.x, labels=labels, told=True)

    def take(self, index: Tensor | slice) -> "ImageSet":
        """Return the images of some rows, with all else that is known."""
        labels = None if self.labels is None else self.labels[index]
        return replace(self, x=self.x[index], labels=labels)


@kind(
    "images",
    title="Images",
    one="image",
    many="images",
    summary="Pixels, grey or coloured.",
    gives=("continuous", "whole", "grid", "labels"),
    bounds=(0.0, 1.0),
    networks={
        "denoiser": "unet",
        "predictor": "unet",
        "critic": "dcgan",
        "generator": "dcgan",
        "encoder": "dcgan",
        # Splines of hundreds of pixels have a hundred times as many numbers as they need.
        "flow": "realnvp",
        "autoregressive": "made",
    },
    metrics=("frechet-judge", "label-balance", "accuracy", "authenticity"),
    # Images are looked at one by one, and each is as large as a hundred points.
    training={
        "particles": 64,
        "frames": 16,
        "batch": 128,
        "evaluate_samples": 1000,
        "samples": 0,
    },
    families={
        "vae": {"latent": 32, "couplings": 4, "noisy": False},
        "hierarchical-vae": {"latent": 32, "couplings": 4, "noisy": False},
        "latent-diffusion": {"latent": 32},
        # Codes are read one-hot, and it takes steps until a law of them has grown: with those of a
        # smaller rate they are drawn as if each knew nothing of the others, nor of the class.
        "vq-vae": {
            "codes": 16,
            "book": 128,
            "latent": 8,
            "noisy": False,
            "optimizer": {"lr": 5e-3},
        },
        # Told the class for ten seconds it makes two hundred steps, of which fifty were a warm-up.
        "pixel-d3pm": {"optimizer": {"lr": 6e-3, "warmup": 20}},
        # Sixteen levels of grey, as fine as anybody sees: on finer ones a density is busy with how
        # black black is.
        "normalising-flow": {"dequantisation": 1 / 16},
        "autoregressive": {
            "dequantisation": 1 / 16,
            "law": "logistics",
            "mixture": 4,
            "net": {"slug": "made", "config": {"width": 512, "frequencies": 0}},
        },
        # WGAN-GP (Gulrajani et al. 2017, arXiv:1704.00028, algorithm 1, but for one step of the
        # critic and a higher rate). A log ratio is as flat as it is sure, and images of far kinds
        # are told apart with certainty: particles that all are of one kind stay there. A critic
        # whose slope is held at 1 still says where the others are.
        "gan": {
            "latent": 64,
            "loss": "ipm",
            "penalty": 10.0,
            "centre": 1.0,
            "generator": {"slug": "dcgan", "config": {"modulated": True}},
            "generator_optimizer": {"beta1": 0.0, "beta2": 0.9},
            "critic_optimizer": {"beta1": 0.0, "beta2": 0.9},
        },
        # An energy is asked for its slope twenty to thirty times a step: by a plain network there
        # are steps enough. That one, and those below, hear a class as loudly as all pixels
        # together: as one number beside 64 it was not heard in the time that digits take.
        # Particles of the buffer begin again when they have gone as far as a sample goes, by steps
        # that are as long as digits in grey allow: then all inks are reached.
        "energy-based": {
            "restarts": 0.1,
            "size": 0.0075,
            "energy": {"slug": "mlp", "config": {"width": 512, "balanced": True}},
        },
        "recovery-likelihood": {
            "energy": {"slug": "mlp", "config": {"width": 512, "balanced": True}}
        },
        # Where a step is four GANs, steps are what it takes: plain networks make three times as
        # many, and those of half the width three times as many again.
        "ddgan": {
            "generator": {"slug": "mlp", "config": {"width": 256, "balanced": True}},
            "critic": {"slug": "mlp", "config": {"width": 256, "balanced": True}},
        },
        "mmd-generator": {"latent": 64},
        # An image is as long as the square root of its pixels, and a critic held back by its
        # penalty is not steeper for that.
        "monoflow": {"speed": 0.2, "reach": 20.0},
        # Training makes the steps of the flow too: with half of them it learns twice as often.
        "discriminator-flow": {
            "steps": 14,
            "speed": 100.0,
            "penalty": 1.0,
            "critic_optimizer": {"lr": 2e-3},
        },
        # The slope of a kernel is one over its width, and that is the distance of two images.
        "mmd-flow": {"speed": 100.0, "reach": 20.0},
        # Particles that start as noise are where a score was taught, so that less noise will do
        # than for a generator's first pictures. A plain network makes ten times as many steps as a
        # U-Net in the same time, and here steps are what it takes. A particle goes to the kind that
        # it is near to and stays: of far kinds each has its share if the start is wide, and noise
        # as wide as all of them counts from the first move. Moves are many: one pair of noises each
        # will do. Particles never slow down, so neither does their own score: with a rate that
        # falls to 0 it stayed behind at the end, and some of them ran away.
        "score-flow": {
            "start_width": 2.5,
            "teacher_share": 0.7,
            "speed": 0.5,
            "reach": 20.0,
            "s_low": 0.5,
            "s_high": 20.0,
            "rho": 1.0,
            "pairs": 1,
            "score_optimizer": {"schedule": "constant"},
            "net": {"slug": "mlp", "config": {"width": 256, "balanced": True}},
        },
        # Below a noise of 0.5 the first pictures of a generator stand so far from all data that a
        # learned score extrapolates, and sends them on to plain white, for good. Above, images of
        # far kinds must become one cloud, or the kind that is nearest takes all: hence high levels
        # (the paper's of MNIST reach 40), as many of them as there are low ones, and a teacher that
        # has learned there: an EDM's is told of a noise above 5 once in a hundred images, and gives
        # each kind a share of its own. (A score flow is not helped by one: its particles come as
        # noise, and where that ends the low levels matter more.) Steps are what it takes, and of a
        # generator what its latent says of colour must reach the pixels. The score of what it makes
        # lags behind it: with momentum it overshoots, as a GAN's does: fewer steps of the
        # generator, and longer ones, go farther.
        "score-gan": {
            "teacher_levels": "log-uniform",
            "s_low": 0.7,
            "s_high": 20.0,
            "rho": 1.0,
            "score_steps": 3,
            "latent": 64,
            "net": {"slug": "mlp", "config": {"width": 256, "balanced": True}},
            "generator": {"slug": "dcgan", "config": {"width": 16, "modulated": True}},
            "generator_optimizer": {"lr": 4e-3, "beta1": 0.0, "beta2": 0.9},
        },
    },
)
def images(n: int, seed: int) -> ImageSet:
    """Return n images (n, 1, 8, 8) of a bright square somewhere, with its side as class."""
    generator = make_generator(seed)
    size = torch.randint(2, 5, (n,), generator=generator)
    corner = torch.randint(0, 4, (n, 2), generator=generator)
    place = torch.arange(8)
    inside = (place >= corner[..., None]) & (place < (corner + size[:, None])[..., None])
    x = (inside[:, 0, :, None] & inside[:, 1, None, :]).float()[:, None]
    return ImageSet(x, size - 2, ("2", "3", "4"))

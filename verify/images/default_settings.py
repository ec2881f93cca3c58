"""GI: each family of images, with the settings that a person finds: a claim each, so that one that
was mended is measured alone.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from pushforward.models.registry import registry
from pushforward.studio.engine.data.datasets import Dataset
from pushforward.verify.bench import Bench
from pushforward.verify.claim import Null, Outcome, experiment
from pushforward.verify.images.colour_digits import COLOUR_LAWS, COLOUR_LINE, coloured
from pushforward.verify.images.equal_time import (
    DIGITS_LINE,
    LAWS,
    LOOKUPS,
    LOOKUPS_MEET,
    SHIFTS,
    Line,
    Method,
    compare,
    dataset_of,
    nulls_of,
    outcome_of,
)

__all__ = ["COLOUR", "FIELDS", "GREY", "RELATIVES", "Ground", "tried"]

FIELDS = {
    "cld": "Critically damped Langevin",
    "consistency-training": "Consistency training",
    "ddgan": "Denoising diffusion GAN",
    "discriminator-flow": "Discriminator Flow",
    "edm": "Diffusion",
    "flow-matching": "Flow matching",
    "gan": "GAN",
    "mmd-flow": "MMD flow",
    "mmd-generator": "Moment matching",
    "monoflow": "MonoFlow",
    "pfgm-plus-plus": "PFGM++",
    "score-flow": "Score flow",
    "score-gan": "Score GAN",
}
"""Titles of the families of field and carrier that learn to make images from images alone."""

RELATIVES = {
    "autoregressive": "Autoregressive model",
    "energy-based": "Energy-based model",
    "hierarchical-vae": "Hierarchical VAE",
    "latent-diffusion": "Latent diffusion",
    "normalising-flow": "Normalising flow",
    "pixel-d3pm": "D3PM of pixels",
    "recovery-likelihood": "Diffusion recovery likelihood",
    "vae": "Variational autoencoder",
    "vq-vae": "VQ-VAE",
}
"""Titles of their relatives: by a likelihood, a bound or an energy of it, by symbols, and by
latents of an autoencoder.
"""

_SECONDS = 60.0


@dataclass(frozen=True)
class Ground:
    """Data that families are tried on.

    Attributes:
        prefix: of the ids of the claims.
        title, what: the data after the name of a family, and at the head of a sentence.
        data: makes them.
        line: what each family and seed has to meet.
        nulls: what must miss it.
        baselines: look-ups of training images, which meet it.
    """

    prefix: str
    title: str
    what: str
    data: Callable[[], Dataset]
    line: Line
    nulls: Sequence[Null]
    baselines: Sequence[Null]

    def claim(self, slug: str, family: str) -> None:
        """Register the claim that the family with a slug and a title learns these data."""
        experiment(
            f"{self.prefix}-{slug}",
            title=f"{family} {self.title}",
            claim=f"{self.what}, {family} learns to make images in a minute of one core, with its "
            f"default settings. {LOOKUPS_MEET}",
            pass_line=f"{self.line}, every seed",
            group="G",
            source="none: it is what the defaults are for",
            slow=True,
            nulls=self.nulls,
            baselines=self.baselines,
        )(partial(self.measure, slug))

    def measure(self, slug: str, bench: Bench) -> Outcome:
        """Train a family for 60 s with its defaults, with three seeds."""
        seeds = bench.seeds([0, 1, 2])
        return outcome_of(compare(self.data(), [tried(slug)], _SECONDS, seeds), self.line)


def tried(slug: str) -> Method:
    """Return a family as a person finds it."""
    batch = int(registry.get("kind", "images").training["batch"])
    return Method(registry.get("family", slug).title, slug, {}, batch)


_digits = partial(dataset_of, "digits")
GREY = Ground(
    "GI-defaults",
    "on digits",
    "On 8x8 digits",
    _digits,
    DIGITS_LINE,
    nulls_of({**LAWS, **SHIFTS}, _digits, DIGITS_LINE),
    nulls_of(LOOKUPS, _digits, DIGITS_LINE),
)
COLOUR = Ground(
    "GI-colour",
    "in colour",
    "On 8x8 digits in three inks, where a label is a digit in an ink",
    coloured,
    COLOUR_LINE,
    nulls_of(COLOUR_LAWS, coloured, COLOUR_LINE),
    nulls_of({**LOOKUPS, **SHIFTS}, coloured, COLOUR_LINE),
)

for _slug, _title in FIELDS.items():
    GREY.claim(_slug, _title)
for _slug, _title in (FIELDS | RELATIVES).items():
    COLOUR.claim(_slug, _title)

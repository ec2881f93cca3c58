"""8C: a diffusion of a few latents makes better digits than the prior of their autoencoder."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from pushforward.models.contracts.family import Family
from pushforward.models.contracts.learner import Learner
from pushforward.models.metrics.base import Evidence
from pushforward.models.metrics.images.bits import BitsConfig
from pushforward.models.metrics.images.bits_bound import BitsBound
from pushforward.models.tensors import make_generator
from pushforward.verify.bench import Bench, Trial
from pushforward.verify.claim import Null, Outcome, experiment
from pushforward.verify.images.digits import (
    COPIED,
    SEEDS,
    Make,
    class_gaussians,
    digits,
    distance_to_training,
    figures,
    image_maker,
    over_seeds,
    real,
)

__all__ = ["autoencoder", "latent", "of_latents"]

_LATENT, _LESSON, _STEPS = 16, 1500, 3000
_NEW = 0.8  # as in 8C-guided
_BITS = BitsConfig(levels=17, rows=100)


def autoencoder(steps: int = _LESSON) -> Trial:
    """Return the training of a VAE with 16 latents, whose prior is N(0, I)."""
    return Trial("vae", "digits", steps, config={"latent": _LATENT, "couplings": 0})


def of_latents(steps: int = _STEPS, lesson: int = _LESSON) -> Trial:
    """Return the training of a diffusion of its latents."""
    return Trial(
        "latent-diffusion",
        "digits",
        steps,
        config={"latent": _LATENT},
        inputs={"autoencoder": autoencoder(lesson)},
    )


def _figures(learner: Learner[Any], seed: int) -> dict[str, float]:
    assert isinstance(learner, Family)
    known = digits()
    evidence = Evidence(
        known.data.unseen or known.data.rows, make_generator(seed), model=learner,
        train=known.data.rows,
    )  # fmt: skip
    found = figures(image_maker(learner, None, seed))
    return {
        "frechet": found["frechet"],
        "coverage": found["coverage"],
        "distance to training images": distance_to_training(
            image_maker(learner, None, seed)(len(known.unseen), 0).x
        ),
        "bits, bound": BitsBound(_BITS).measure(evidence).value,
    }


def _met(mean: Mapping[str, float]) -> bool:
    near = mean["frechet"] < figures(class_gaussians())["frechet"]
    return near and mean["distance to training images"] >= _NEW


def _measured(bench: Bench, trial: Trial) -> Outcome:
    line = figures(class_gaussians())["frechet"]
    floor = f"real {figures(real)['frechet']:.3g}; a Gaussian for each class {line:.3g}"
    return over_seeds(bench, _figures, _met, floor, trial=trial, seeds=SEEDS)


def _from_training(make: Make, bench: Bench) -> Outcome:
    found = figures(make)
    value = {
        "frechet": found["frechet"],
        "coverage": found["coverage"],
        "distance to training images": distance_to_training(make(len(digits().unseen), 0).x),
    }
    figure = ", ".join(f"{name} {each:.3g}" for name, each in value.items())
    return Outcome(figure, value, _met(value), "", [])


@experiment(
    "8C-latent",
    title="A diffusion of sixteen numbers",
    claim="A diffusion of the 16 latents of a VAE makes digits nearer to unseen ones than a "
    "Gaussian for each class is, which draws of the VAE's own prior are not.",
    pass_line="Fréchet distance in the judge's features below that of a Gaussian for each class, "
    f"and mean distance to the nearest training image >= {_NEW:g} of that of unseen images; means "
    "of three seeds",
    group="8C",
    source="Rombach et al. 2022, arXiv:2112.10752, section 3; Vahdat et al. 2021, "
    "arXiv:2106.05931, section 3",
    slow=True,
    nulls=[
        Null("the autoencoder alone", lambda bench: _measured(bench, autoencoder())),
        Null("one step of the diffusion", lambda bench: _measured(bench, of_latents(1))),
        *(Null(title, partial(_from_training, make)) for title, make in COPIED.items()),
    ],
)
def latent(bench: Bench) -> Outcome:
    """Train both, draw and judge."""
    return _measured(bench, of_latents())

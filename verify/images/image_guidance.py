"""8C: digits of a requested class, and what guidance does to them."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from pushforward.models.contracts.family import Family
from pushforward.models.contracts.learner import Learner
from pushforward.verify.bench import Bench
from pushforward.verify.claim import Null, Outcome, experiment
from pushforward.verify.images.digits import (
    COPIED,
    SEEDS,
    UNET_STEPS,
    Make,
    class_gaussians,
    digits,
    distance_to_training,
    figures,
    image_maker,
    over_seeds,
    real,
    sampler,
    told_by_unet,
)

__all__ = ["guided"]

_STRENGTHS = (1.0, 2.0, 4.0)


def _figures(makes: Mapping[float, Make]) -> dict[str, float]:
    """Return figures by name and strength of guidance; and how far images without guidance are from
    the training images, over how far unseen ones are.
    """
    found = {}
    for strength, make in makes.items():
        for name, value in figures(make).items():
            found[f"{name} at {strength:g}"] = value
    made = makes[1.0](len(digits().unseen), 0)
    found["distance to training images"] = distance_to_training(made.x)
    return found


def _passed(mean: Mapping[str, float]) -> bool:
    return (
        mean["frechet at 1"] < figures(class_gaussians())["frechet"]
        and mean["1-NN at 1"] <= 0.75
        and mean["label accuracy at 1"] >= 0.93
        and mean["label accuracy at 2"] >= 0.98
        and mean["frechet at 4"] > mean["frechet at 2"]
        and mean["distance to training images"] >= 0.8
    )


def _floor() -> str:
    said = {"real": figures(real), "a Gaussian for each class": figures(class_gaussians())}
    return "; ".join(
        f"{title}: " + ", ".join(f"{name} {value:.3g}" for name, value in each.items())
        for title, each in said.items()
    )


def _guided(bench: Bench, steps: int = UNET_STEPS) -> Outcome:
    def measure(learner: Learner[Any], seed: int) -> dict[str, float]:
        assert isinstance(learner, Family)
        makes = {
            strength: image_maker(learner, sampler(steps=20, strength=strength), seed)
            for strength in _STRENGTHS
        }
        return _figures(makes)

    return over_seeds(bench, measure, _passed, _floor(), trial=told_by_unet(steps), seeds=SEEDS)


def _without_model(make: Make) -> Outcome:
    mean = _figures(dict.fromkeys(_STRENGTHS, make))
    said = ", ".join(f"{name} {value:.3g}" for name, value in mean.items())
    return Outcome(said, mean, _passed(mean), _floor(), [])


def _from_training(make: Make, bench: Bench) -> Outcome:
    return _without_model(make)


@experiment(
    "8C-guided",
    title="Digits of a class, and guidance",
    claim="A class-conditional diffusion generates digits that are nearer to unseen ones than a "
    "Gaussian for each class is, mostly of the requested class, and no copies. With guidance of "
    "strength 2 nearly all are of the requested class; strength 4 reduces variety.",
    pass_line="Fréchet distance in the judge's features below that of a Gaussian for each class, a "
    "nearest neighbour tells at most .75, label accuracy >= .93 at strength 1 and >= .98 at 2, "
    "Fréchet distance at 4 above that at 2, mean distance to the training images >= .8 of that of "
    "unseen images; means of three seeds",
    group="8C",
    source="Ho and Salimans 2022, arXiv:2207.12598, section 4; Karras et al. 2022, "
    "arXiv:2206.00364",
    slow=True,
    nulls=[
        Null("a Gaussian for each class", lambda bench: _without_model(class_gaussians())),
        *(Null(title, partial(_from_training, make)) for title, make in COPIED.items()),
        Null("one step of training", lambda bench: _guided(bench, steps=1)),
    ],
)
def guided(bench: Bench) -> Outcome:
    """Train, draw under three strengths, and judge."""
    return _guided(bench)

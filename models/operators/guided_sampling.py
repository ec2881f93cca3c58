"""What labs of guidance share: the same latents led to their classes, strength by strength."""

from collections.abc import Callable, Generator, Sequence
from typing import Annotated, Any

import torch
from torch import Tensor

from pushforward.models.config import decode, param
from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.family import Family
from pushforward.models.contracts.spec import LABEL, DataSpec
from pushforward.models.guidance.base import BlownUp
from pushforward.models.guidance.classifier import ClassifierGuidance
from pushforward.models.guidance.classifier_free import ClassifierFree, ClassifierFreeConfig
from pushforward.models.operators.base import Progress
from pushforward.models.samplers.base import Sampler
from pushforward.models.samplers.heun import Heun, HeunConfig

__all__ = [
    "RescaleSetting",
    "StepsSetting",
    "StrengthsSetting",
    "check_led",
    "leading",
    "sample_guided",
    "swept",
    "unconditional",
]

StrengthsSetting = Annotated[
    tuple[float, ...],
    param(
        "Strengths",
        "0 ignores the class, 1 is the conditional model, higher values extrapolate.",
        fewest=1,
        low=0.0,
        high=100.0,
    ),
]
RescaleSetting = Annotated[
    float,
    param("Rescale", "Rescales the guided prediction to the unguided norm: 1 fully.",
          low=0.0, high=1.0),
]  # fmt: skip
StepsSetting = Annotated[
    int, param("Steps", "Heun steps from noise to data.", low=2, high=1000, log=True)
]


def unconditional(spec: DataSpec) -> str:
    """Say why a model of such data cannot be led to a class, "" where it can."""
    if LABEL in spec.given and LABEL in spec.law:
        return ""
    return (
        "The model is unconditional: train a class-conditional one, with a label dropout of 0.1, "
        "on data with classes."
    )


def check_led(family: Family[Any], sampler: Any = None) -> None:
    """Raise unless a model can be led to a class: by the classifier that its own ``sampler`` asks,
    or without one.

    Raises:
        ValueError: it has no class-conditional prediction, no unconditional one, or no classes at
        all.
    """
    if reason := unconditional(family.spec):
        raise ValueError(reason)
    if _classifier(sampler) is not None:
        return
    dropout = getattr(family.config, "label_dropout", 0.5)
    if dropout == 1.0:
        raise ValueError(
            "the model is unconditional and has no guidance classifier; train one with a label "
            "dropout of 0.1, or use classifier guidance"
        )
    if dropout == 0.0:
        raise ValueError(
            "the model has no unconditional prediction to guide away from; train one with a "
            "label dropout of 0.1"
        )


def leading(steps: int, strength: float, sampler: Any = None, **settings: Any) -> Heun:
    """Return Heun's method that is led by so much: by the classifier that a model's own ``sampler``
    asks, else with settings of classifier-free guidance.
    """
    own = _classifier(sampler)
    if own is None:
        free = ClassifierFree(decode(ClassifierFreeConfig, {"strength": strength, **settings}))
        return Heun(HeunConfig(steps=steps)).guided_by(free)
    return Heun(HeunConfig(steps=steps)).guided_by(own.with_strength(strength))


def _classifier(sampler: Any) -> ClassifierGuidance | None:
    led = sampler.guidance if isinstance(sampler, Sampler) else None
    return led if isinstance(led, ClassifierGuidance) else None


def swept(
    family: Family[Any],
    latents: Batch,
    samplers: Sequence[Heun],
    take: Callable[[int, Tensor], None],
) -> Generator[Progress, None, bool]:
    """Lead the same latents by each sampler, and let ``take`` have the samples (n, *shape) of each
    with its number, but for those that led out of all bounds; returns whether one did.

    Raises:
        BlownUp: all did.
    """
    blown: list[BlownUp] = []
    for k, sampler in enumerate(samplers):
        try:
            made = yield from sample_guided(family, latents, sampler, k, len(samplers))
        except BlownUp as error:
            blown.append(error)
            continue
        take(k, made)
    if len(blown) == len(samplers):
        raise blown[-1]
    return bool(blown)


def sample_guided(
    family: Family[Any], latents: Batch, sampler: Heun, k: int, count: int
) -> Generator[Progress, None, Tensor]:
    """Return samples (n, *shape) of a guided sampler, the k-th set, in the units of the data, on
    the CPU.
    """
    frames, x, step = family.flow(latents, sampler=sampler), latents.x, 0
    total = len(sampler.levels(0.1, 1.0))
    while True:
        # Not around the yield: another job may run there, and it wants its gradients.
        with torch.no_grad():
            frame = next(frames, None)
        if frame is None:
            break
        x, step = frame.x, step + 1
        yield Progress(min(k * total + step, count * total), count * total)
    return family.spec.restored(latents.holding(x.detach()).to(torch.device("cpu"))).x

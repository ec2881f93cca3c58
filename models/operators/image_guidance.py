"""Guidance lab of images: the same latents at weak to strong guidance, evaluated by the reference
classifier. Nothing is trained. Guidance trades diversity for fidelity (Ho and Salimans 2022,
arXiv:2207.12598, figure 4); here fidelity is the fraction of samples recognised as the requested
class, and diversity the fraction of real images with a sample nearby in feature space.
"""

from typing import Annotated, Any

import torch
from torch import Tensor

from pushforward.models.config import Config, param
from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.data import Judge
from pushforward.models.contracts.family import Family
from pushforward.models.contracts.spec import LABEL
from pushforward.models.metrics.images.density_coverage import balls_hit, expected_coverage
from pushforward.models.metrics.intervals import wilson
from pushforward.models.operators.base import Operation, Outcome, Progress, SeedSetting, Work
from pushforward.models.operators.guided_sampling import (
    RescaleSetting,
    StepsSetting,
    StrengthsSetting,
    check_led,
    leading,
    swept,
    unconditional,
)
from pushforward.models.operators.judge_training import train_judge
from pushforward.models.registry import operator
from pushforward.models.tensors import make_generator

__all__ = ["ImageGuidance", "ImageGuidanceConfig"]

_LATENTS = 3251  # a stream of the seed
_SHOWN = 64  # samples that are kept of each strength
_TAKEN = "each class in its turn"
_NEIGHBOURS = 5  # as the metric "coverage" has it


class ImageGuidanceConfig(Config, frozen=True):
    """How strong, on how many samples, and whether the judge is asked."""

    strengths: StrengthsSetting = (0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 5.0, 8.0)
    rescale: RescaleSetting = 0.0
    n: Annotated[int, param("Samples", "Samples per strength.", low=1, high=20_000, log=True)] = 200
    steps: StepsSetting = 18
    measure: Annotated[
        bool,
        param(
            "Measure",
            "Measures fidelity and diversity with the reference classifier; off for images only.",
        ),
    ] = True
    seed: SeedSetting = 0


@operator(
    "image-guidance",
    title="Guidance of images",
    summary="Generates images of a class, or of all in turn, at several guidance strengths from "
    "the same noise, and measures class accuracy (reference classifier) and coverage. "
    "No training.",
    source="Ho and Salimans 2022, arXiv:2207.12598, eq. 6 and figure 4; coverage: Naeem et al. "
    "2020, arXiv:2002.09797, eq. 4",
    kinds=("images",),
    reads_data=True,
    config=ImageGuidanceConfig,
    needs=("samples", "denoiser"),
    refuses=unconditional,
    counts="steps",
)
class ImageGuidance:
    """Leads to the class that was chosen, else to all of them in turn.

    The outcome: "strengths" (k,); "pictures" (k, m, C, H, W), the first of each strength in the
    units of the data, NaN where it led out of all bounds; "asked" (m,) their classes. Where it is
    measured, with 95 % intervals, (k, 3) value, low and high: "accuracy", the share whose class the
    judge names, and "coverage" of real images of these classes; "real-accuracy" () that of the
    judge on these, "real-coverage" () what samples of their law would have, both out of as many;
    "n" () how many samples each figure is of, "n-real" () and how many real images.
    """

    def __init__(self, config: ImageGuidanceConfig) -> None:
        self.config = config

    def work(self, operation: Operation) -> Work:
        """Lead and measure; see `models.operators.base.Operator`.

        Raises:
            BlownUp: every strength leads out of all bounds.
            ValueError: the model does not know the class, or never goes without it, or there is no
                judge.
        """
        c, family = self.config, operation.learner
        assert isinstance(family, Family)
        check_led(family, operation.sampler)
        labels = _labels(family, operation, c.n)
        judge = real = None
        if c.measure:
            judge = yield from train_judge(operation, Progress(0, 1))
            real = _real(operation, labels, c.n, c.seed)
        latents = family.prior(c.n, make_generator(c.seed, _LATENTS), {LABEL: labels})
        count, shown = len(c.strengths), min(c.n, _SHOWN)
        images = torch.full((count, shown, *family.spec.shape), torch.nan)
        figures = torch.full((2, count, 3), torch.nan)

        def take(k: int, made: Tensor) -> None:
            images[k] = made[:shown]
            if judge is not None and real is not None:
                figures[:, k] = _figures(judge, made, labels, real)

        own = operation.sampler
        samplers = [leading(c.steps, each, own, rescale=c.rescale) for each in c.strengths]
        blown = yield from swept(family, latents, samplers, take)
        arrays = {
            "strengths": torch.tensor(c.strengths), "pictures": images, "asked": labels[:shown],
        }  # fmt: skip
        if judge is None or real is None:
            return Outcome(arrays=arrays, taken_from=_TAKEN)
        right = judge.logits(real.x).argmax(dim=1) == real.given[LABEL].long()
        k_near = min(_NEIGHBOURS, len(real) - 1)
        arrays |= {
            "accuracy": figures[0], "coverage": figures[1],
            "real-accuracy": right.float().mean(),
            "real-coverage": torch.tensor(expected_coverage(c.n, len(real), k_near)),
            "n": torch.tensor(c.n), "n-real": torch.tensor(len(real)),
        }  # fmt: skip
        return Outcome(arrays=arrays, note=_describe(arrays, len(real), blown), taken_from=_TAKEN)


def _labels(family: Family[Any], operation: Operation, n: int) -> Tensor:
    """Return the class that each of n samples is led to, (n,): that which was chosen, or all in
    turn.
    """
    chosen = operation.given.get(LABEL)
    if chosen is None:
        return torch.arange(n) % family.spec.given[LABEL].classes
    found = chosen.reshape(-1).long()
    if len(found) not in (1, n):
        raise ValueError(f"the class must be one for all samples, or {n:,}, one for each")
    return found.expand(n)


def _real(operation: Operation, labels: Tensor, n: int, seed: int) -> Batch:
    """Return real images that were not learned from where there are such, of the same classes, at
    most n of them.
    """
    if operation.some is None:
        raise ValueError("it needs the data of the run, and there are none.")
    source = operation.some(20 * n, seed)
    rows = source.rows(torch.arange(min(len(source), 20 * n)))
    if LABEL not in rows.given:
        raise ValueError("the real images have no classes")
    mine = torch.isin(rows.given[LABEL].long(), labels).nonzero().flatten()[:n]
    if len(mine) <= 1:
        raise ValueError("there are too few real images of the class to compare with")
    return rows.take(mine)


def _figures(judge: Judge, made: Tensor, labels: Tensor, real: Batch) -> Tensor:
    """Return accuracy and coverage of images (n, C, H, W), (2, 3)."""
    accuracy = float((judge.logits(made).argmax(dim=1) == labels).double().mean())
    k = min(_NEIGHBOURS, len(real) - 1)
    _, hit = balls_hit(judge.features(made), judge.features(real.x), k)
    covered = float(hit.double().mean())
    shares = (accuracy, len(made)), (covered, len(hit))
    return torch.tensor([(share, *wilson(share, n)) for share, n in shares])


def _describe(arrays: dict[str, Tensor], real: int, blown: bool) -> str:
    """Say what the strongest guidance that came to an end did."""
    last = int(arrays["accuracy"][:, 0].isfinite().nonzero().max())
    right, covered = (100 * float(arrays[name][last, 0]) for name in ("accuracy", "coverage"))
    real_right = 100 * float(arrays["real-accuracy"])
    text = (
        f"At strength {float(arrays['strengths'][last]):g} the reference classifier recognises "
        f"the requested class in {right:.1f} % of the samples ({real_right:.1f} % of real images), "
        f"and they cover {covered:.1f} % of {real:,} real images."
    )
    far = " Another strength led samples out of all bounds."
    return text + (far if blown else "")

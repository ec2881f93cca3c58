"""8C: the same curves on 28x28 digits: solvers of a U-Net's diffusion, and its student.

What has a number of evaluations of its own, as a Discriminator Flow and a Score GAN, is measured in
the same eyes by GI-mnist.
"""

from collections.abc import Mapping
from functools import cache

from pushforward.models.config import NoConfig
from pushforward.models.contracts.batch import Batch
from pushforward.models.kinds.images import ImageSet
from pushforward.models.metrics.base import Evidence, floor
from pushforward.models.metrics.images.frechet import FrechetDistance
from pushforward.models.tensors import make_generator
from pushforward.studio.engine.data.datasets import Dataset
from pushforward.verify.bench import Bench, Trial
from pushforward.verify.claim import Null, Outcome, experiment
from pushforward.verify.images.digits import Make
from pushforward.verify.images.equal_time import dataset_of, gaussian_pixels, judge_of
from pushforward.verify.images.quality_curves import SOLVERS, Curves, student_of

__all__ = ["CURVES", "gaussian_distance", "holds", "solvers_mnist"]

_CALLS, _BY_TWO = (1, 2, 4, 8, 16), (1, 3, 7, 15)
CURVES = Curves({s: _BY_TWO if s == "heun" else _CALLS for s in SOLVERS}, (1, 2, 4))
# Six minutes of a core for the teacher and two for the student. A teacher of a third as long is
# itself so wrong that what its solvers err by is lost in it.
_LESSON, _STEPS, _BATCH = 6000, 1000, 64


@cache
def _mnist() -> Dataset:
    return dataset_of("mnist")


def _most() -> int:
    most = _mnist().most
    assert most is not None
    return most


def _teacher(steps: int) -> Trial:
    return Trial("edm", "mnist", steps, training={"batch": _BATCH})


def _against(made: Batch, real: ImageSet) -> float:
    evidence = Evidence(real, make_generator(0), made=made, judge=judge_of(_mnist()))
    return FrechetDistance(NoConfig()).measure(evidence).value


def _frechet(make: Make, seed: int) -> float:
    """Return the distance to half of the images that nothing was learned from; which half, the
    seed says.
    """
    _, real = _mnist().pair(_most(), seed)
    assert isinstance(real, ImageSet)
    return _against(make(len(real), 0), real)


@cache
def gaussian_distance() -> float:
    """Return the distance of one Gaussian of all pixels."""
    law = gaussian_pixels(_mnist().rows.rows(slice(None)).x)
    other, real = _mnist().pair(_most(), 0)
    assert isinstance(other, ImageSet)
    assert isinstance(real, ImageSet)
    return _against(Batch(law(other, real, 0)[0]), real)


def _floor() -> str:
    best = floor(
        FrechetDistance(NoConfig()),
        lambda seed: _mnist().pair(_most(), seed),
        judge=judge_of(_mnist()),
    )
    return f"real against real {best}; one Gaussian of all pixels {gaussian_distance():.3g}"


def _curves(bench: Bench, steps: int = _STEPS, lesson: int = _LESSON) -> Outcome:
    teacher = _teacher(lesson)
    mean, seeds = CURVES.measured(bench, teacher, student_of(teacher, steps), _frechet)
    return Outcome(CURVES.describe(mean), mean, holds(mean), _floor(), seeds)


def holds(mean: Mapping[str, float]) -> bool:
    """Say whether remembering is worth it where evaluations are few, and a student where they are
    fewer still; of models that make digits at all.
    """
    best = min(mean[f"{slug} {max(calls)}"] for slug, calls in CURVES.calls.items())
    multistep = all(
        mean[f"{slug} 8"] < mean["ddim 8"] and mean[f"{slug} 8"] <= 1.25 * best
        for slug in ("dpmpp-2m", "unipc")
    )
    behind = mean["heun 7"] > mean["dpmpp-2m 8"]
    taught = all(
        mean[f"consistency {n}"] < mean[f"{slug} {calls}"]
        for n in (1, 2)
        for slug, each in CURVES.calls.items()
        for calls in each
        if calls <= n
    )
    return best < gaussian_distance() and multistep and behind and taught


@experiment(
    "8C-solvers-mnist",
    title="MNIST in few evaluations",
    claim="On 28x28 digits, too, DPM-Solver++(2M) and UniPC need 8 evaluations for about what any "
    "solver comes to with 16, and are ahead of DDIM and of Heun's method; with 1 and 2 the student "
    "of a consistency distillation is ahead of all of them.",
    pass_line="Fréchet distance in the judge's features: the best at 15 or 16 evaluations below "
    "one Gaussian of all pixels, DPM-Solver++ and UniPC at 8 below DDIM and at most 1.25 times "
    "that best, Heun at 7 above DPM-Solver++ at 8, the consistency model at 1 and 2 below every "
    "solver at as many or fewer; means of three seeds",
    group="8C",
    source="Lu et al. 2022, arXiv:2211.01095, section 6; Zhao et al. 2023, arXiv:2302.04867; "
    "Karras et al. 2022, arXiv:2206.00364; Song et al. 2023, arXiv:2303.01469, algorithm 2",
    slow=True,
    nulls=[Null("one step of training", lambda bench: _curves(bench, 1, 1))],
)
def solvers_mnist(bench: Bench) -> Outcome:
    """Train a teacher and its student, and draw with one to sixteen evaluations."""
    return _curves(bench)

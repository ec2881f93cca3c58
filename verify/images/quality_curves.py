"""Image quality by number of evaluations, for solvers of a diffusion and for its student. Importing
this module registers nothing.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pushforward.models.contracts.family import Family
from pushforward.verify.bench import Bench, Trial
from pushforward.verify.images.digits import SEEDS, Make, image_maker, mean_of, sampler

__all__ = ["SOLVERS", "Curves", "solver_of", "student_of"]

SOLVERS = ("ddim", "heun", "dpmpp-2m", "unipc")
_STUDENT = "consistency"


def student_of(teacher: Trial, steps: int) -> Trial:
    """Return the training of a consistency model by a diffusion, of its network."""
    return Trial(
        "consistency-distillation",
        teacher.dataset,
        steps,
        config={"net": teacher.config["net"]} if "net" in teacher.config else {},
        training=teacher.training,
        inputs={"teacher": teacher},
    )


@dataclass(frozen=True)
class Curves:
    """Who draws, and with how many evaluations.

    Attributes:
        calls: evaluations of each solver.
        taught: those of the consistency model.
    """

    calls: Mapping[str, Sequence[int]]
    taught: Sequence[int]

    def measured(
        self, bench: Bench, teacher: Trial, student: Trial, frechet: Callable[[Make, int], float]
    ) -> tuple[dict[str, float], list[int]]:
        """Return the Frechet distances by solver and evaluations, means over the seeds, and these.

        ``frechet`` is asked with a `Make` and a seed.
        """
        seeds, found = bench.seeds(SEEDS), []
        for seed in seeds:
            diffusion = bench.train(teacher, seed).learner
            pupil = bench.train(student, seed).learner
            assert isinstance(diffusion, Family)
            assert isinstance(pupil, Family)
            each = {
                f"{slug} {n}": frechet(image_maker(diffusion, solver_of(slug, n), seed), seed)
                for slug, calls in self.calls.items()
                for n in calls
            }
            for n in self.taught:
                by = sampler(_STUDENT, steps=n)
                each[f"{_STUDENT} {n}"] = frechet(image_maker(pupil, by, seed), seed)
            found.append(each)
        return mean_of(found), list(seeds)

    def describe(self, mean: Mapping[str, float]) -> str:
        """Return the curves in words."""
        return "Fréchet distance by evaluations: " + "; ".join(
            f"{slug} " + ", ".join(f"{n}: {mean[f'{slug} {n}']:.3g}" for n in calls)
            for slug, calls in (*self.calls.items(), (_STUDENT, self.taught))
        )


def solver_of(slug: str, calls: int) -> Any:
    """Return a solver with ``calls`` evaluations; Heun's method makes two a step except for the
    last.
    """
    return sampler(slug, steps=(calls + 1) // 2 if slug == "heun" else calls)

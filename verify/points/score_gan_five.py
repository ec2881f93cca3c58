"""G4 and G7: a one-step generator learns from a diffusion, as well as the diffusion was taught.

Their null is a student of five steps: it has a teacher, and has learned nothing from it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from torch import Tensor

from pushforward.models.contracts.family import Family
from pushforward.models.families.score_gan import ScoreGan, ScoreGanConfig
from pushforward.models.samplers.heun import Heun, HeunConfig
from pushforward.verify.claim import Null, Outcome, experiment
from pushforward.verify.points.five_gaussians import (
    SEEDS,
    Score,
    judge,
    null_scores,
    prior,
    real_floor,
    simple_nulls,
    train,
)

__all__ = ["Lesson", "learn"]

_BATCH, _JUDGED = 256, 5000
_TEACHER, _STUDENT = 12_000, 12_000
_WEAK, _NEWBORN = 100, 5
_HEUN = {55: 28, 35: 18, 15: 8}  # evaluations: steps
_LINE, _SHARE = 0.15, 0.12
_BOUND, _BAD = 0.30, 0.40


@dataclass(frozen=True)
class Lesson:
    """How good a teacher was, by evaluations a sample, what its student makes in one, what it made
    after five steps, and how many seconds of CPU both took.
    """

    teacher: dict[int, Score]
    student: Score
    newborn: Score
    seconds: float

    def __str__(self) -> str:
        taught = ", ".join(f"{nfe} NFE {score.sw1:.3f}" for nfe, score in self.teacher.items())
        return f"1 NFE {self.student} (teacher: {taught}; {self.seconds:.0f} s)"


# G4 and G7 hold students of the same teachers against each other: each is trained once.
@lru_cache(maxsize=8)
def learn(seed: int, teacher: int, student: int, nfes: tuple[int, ...] = tuple(_HEUN)) -> Lesson:
    """Train a teacher for ``steps`` steps, then a student for 5 or more; evaluate both on the ring.

    All settings are the family's own; the student's own score makes all of its steps, the generator
    one in five.
    """
    total = teacher + student
    newborn: list[Tensor] = []

    def look(step: int, family: Family[Any]) -> None:
        if step == teacher + _NEWBORN:
            newborn.append(_pushed(family, seed))

    config = ScoreGanConfig(teacher_share=teacher / total)
    trained = train(ScoreGan, config, seed, steps=total, batch=_BATCH, look=look)
    family, restore = trained.family, trained.spec.restore
    assert isinstance(family, ScoreGan)
    latents = prior(family, seed, _JUDGED)
    taught = {}
    for nfe in nfes:
        heun = Heun(HeunConfig(steps=_HEUN[nfe]))
        *_, last = family.field.teacher.frames(latents.x[:, :2], sampler=heun)
        taught[nfe] = judge(restore(last.x), seed)
    grown, young = (judge(restore(x), seed) for x in (family.push(latents), newborn[0]))
    return Lesson(taught, grown, young, trained.seconds)


def _pushed(family: Family[Any], seed: int) -> Tensor:
    assert isinstance(family, ScoreGan)
    return family.push(prior(family, seed, _JUDGED))


def _good(seed: int) -> Lesson:
    return learn(seed, _TEACHER, _STUDENT)


def _weak(seed: int) -> Lesson:
    return learn(seed, _WEAK, _STUDENT, (55,))


def _by_seed(found: Sequence[object]) -> str:
    return "; ".join(f"seed {s}: {each}" for s, each in zip(SEEDS, found, strict=True))


def _one_step(students: list[Score], figure: str = "", **beside: float) -> Outcome:
    """Hold samples of one evaluation to the line of G4."""
    sw1 = max(student.sw1 for student in students)
    lightest = min(student.lightest for student in students)
    return Outcome(
        figure=figure or _by_seed(students),
        value={"sw1": sw1, "lightest mode": lightest, **beside},
        passed=sw1 < _LINE and lightest >= _SHARE,
        floor=real_floor(_JUDGED),
        seeds=SEEDS,
    )


_WRONG, _COPIES = simple_nulls(lambda title: _one_step(null_scores(title, _JUDGED)))


@experiment(
    "G4",
    title="Score GAN on five Gaussians",
    claim="A Score GAN trains a one-step generator: 12000 steps of the teacher, then 12000 of the "
    "particles' score and 2400 of the generator; the teacher at 55, 35 and 15 evaluations beside "
    "it. Copies of training points are as near: what is shown is that one evaluation suffices.",
    pass_line="sliced W1 < .15 and each mode >= .12 in one evaluation, in each of 3 seeds",
    group="G",
    source="Franceschi et al. 2023, arXiv:2305.16150, algorithm 1 and 2-D experiments",
    slow=True,
    nulls=[
        Null("a student of 5 steps", lambda: _one_step([_good(s).newborn for s in SEEDS])),
        *_WRONG,
    ],
    baselines=_COPIES,
)
def one_step() -> Outcome:
    """Train three seeds."""
    lessons = [_good(seed) for seed in SEEDS]
    teacher = max(lesson.teacher[55].sw1 for lesson in lessons)
    students = [lesson.student for lesson in lessons]
    return _one_step(students, _by_seed(lessons), **{"teacher at 55": teacher})


def _bounded(student: Callable[[Lesson], Score]) -> Outcome:
    """Hold students of weak teachers against those of good ones, trained for as long."""
    weak, good = [_weak(seed) for seed in SEEDS], [_good(seed) for seed in SEEDS]
    teachers = [lesson.teacher[55].sw1 for lesson in weak]
    bound = [student(lesson).sw1 for lesson in weak]
    free = [student(lesson).sw1 for lesson in good]
    rows = zip(teachers, bound, free, strict=True)
    return Outcome(
        figure=_by_seed(
            [
                f"teacher {t:.3f}, its student {w:.3f}, the same student of a good teacher {g:.3f}"
                for t, w, g in rows
            ]
        ),
        value={
            "best student": min(bound),
            "best teacher": min(teachers),
            "worst student of a good teacher": max(free),
        },
        # A student that learns from nobody is bad under any teacher.
        passed=min(teachers) > _BAD and min(bound) >= _BOUND and max(free) < _LINE,
        floor=real_floor(_JUDGED),
        seeds=SEEDS,
    )


@experiment(
    "G7",
    title="A weak teacher",
    claim="The teacher's quality bounds the student: with a teacher of 100 steps, about as good as "
    "the best single Gaussian (.48), 12000 steps of the student do not find the data; with one of "
    "12000 steps the same 12000 do.",
    pass_line="sliced W1, each of 3 seeds: weak teacher at 55 evaluations above .40, its student "
    "not below .30, and the student of the good teacher, trained for as many steps, below .15",
    group="G",
    source="Franceschi et al. 2023, arXiv:2305.16150, algorithm 1: the student follows the "
    "teacher's score",
    slow=True,
    nulls=[Null("students of 5 steps", lambda: _bounded(lambda lesson: lesson.newborn))],
)
def weak_teacher() -> Outcome:
    """Train three seeds of either."""
    return _bounded(lambda lesson: lesson.student)

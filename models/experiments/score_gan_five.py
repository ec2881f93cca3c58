"""G4 and G7: a one-step generator learns from a diffusion, as well as the diffusion was taught."""

from dataclasses import dataclass

from models.experiments.base import Outcome, experiment
from models.experiments.five_gaussians import SEEDS, Score, judge, prior, real_floor, train
from models.families.score_gan import ScoreGan, ScoreGanConfig
from models.samplers.heun import Heun, HeunConfig

__all__ = ["Lesson", "learn"]

_BATCH, _JUDGED = 256, 5000
_TEACHER, _STUDENT = 12_000, 12_000
_WEAK = 100
_HEUN = {55: 28, 35: 18, 15: 8}  # evaluations: steps
_LINE, _SHARE = 0.15, 0.12
_BOUND, _BAD = 0.30, 0.40


@dataclass(frozen=True)
class Lesson:
    """How good a teacher was, by evaluations a sample, what its student makes in one, and how many
    seconds of CPU both took.
    """

    teacher: dict[int, Score]
    student: Score
    seconds: float

    def __str__(self) -> str:
        taught = ", ".join(f"{nfe} NFE {score.sw1:.3f}" for nfe, score in self.teacher.items())
        return f"1 NFE {self.student} (teacher: {taught}; {self.seconds:.0f} s)"


def learn(seed: int, teacher: int, student: int, nfes: tuple[int, ...] = (55, 35, 15)) -> Lesson:
    """Train a teacher for so many steps, then a student; judge both on the ring.

    All settings are the family's own; the student's own score makes all of its steps, the generator
    one in five.
    """
    total = teacher + student
    config = ScoreGanConfig(teacher_share=teacher / total)
    trained = train(ScoreGan, config, seed, steps=total, batch=_BATCH)
    family = trained.family
    assert isinstance(family, ScoreGan)
    latents = prior(family, seed, _JUDGED)
    taught = {}
    for nfe in nfes:
        heun = Heun(HeunConfig(steps=_HEUN[nfe]))
        *_, last = family.field.teacher.frames(latents[:, :2], sampler=heun)
        taught[nfe] = judge(trained.spec.restore(last.x), seed)
    return Lesson(taught, judge(trained.spec.restore(family.push(latents)), seed), trained.seconds)


def _figure(lessons: list[Lesson]) -> str:
    return "; ".join(f"seed {s}: {lesson}" for s, lesson in zip(SEEDS, lessons, strict=True))


@experiment(
    "G4",
    title="Score GAN on five Gaussians",
    claim="A Score GAN trains a one-step generator: 12000 steps of the teacher, then 12000 of the "
    "particles' score and 2400 of the generator; the teacher at 55, 35 and 15 evaluations beside "
    "it.",
    pass_line="sliced W1 < .15 and each mode >= .12 in one evaluation, in each of 3 seeds",
    group="G",
    source="Franceschi et al. 2023, arXiv:2305.16150, algorithm 1 and 2-D experiments",
    slow=True,
)
def one_step() -> Outcome:
    """Train three seeds."""
    lessons = [learn(seed, _TEACHER, _STUDENT) for seed in SEEDS]
    sw1 = max(lesson.student.sw1 for lesson in lessons)
    lightest = min(lesson.student.lightest for lesson in lessons)
    return Outcome(
        figure=_figure(lessons),
        value={
            "sw1": sw1,
            "lightest mode": lightest,
            "teacher at 55": max(lesson.teacher[55].sw1 for lesson in lessons),
        },
        passed=sw1 < _LINE and lightest >= _SHARE,
        floor=real_floor(_JUDGED),
        seeds=SEEDS,
    )


@experiment(
    "G7",
    title="A weak teacher",
    claim="The teacher's quality bounds the student: with a teacher of 100 steps, about as good as "
    "the best single Gaussian (.48), 12000 steps of the student do not find the data.",
    pass_line="teacher at 55 evaluations above .40, and student not below .30, in each of 3 seeds",
    group="G",
    source="Franceschi et al. 2023, arXiv:2305.16150, algorithm 1: the student follows the "
    "teacher's score",
    slow=True,
)
def weak_teacher() -> Outcome:
    """Train three seeds."""
    lessons = [learn(seed, _WEAK, _STUDENT, (55,)) for seed in SEEDS]
    teachers = [lesson.teacher[55].sw1 for lesson in lessons]
    students = [lesson.student.sw1 for lesson in lessons]
    return Outcome(
        figure=_figure(lessons),
        value={"best student": min(students), "best teacher": min(teachers)},
        passed=min(teachers) > _BAD and min(students) >= _BOUND,
        floor=f"with a teacher of 12000 steps (G4) the student is below .15; {real_floor(_JUDGED)}",
        seeds=SEEDS,
    )

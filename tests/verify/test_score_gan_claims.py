"""The claims about two scores are registered whole, and a slow run holds them."""

import pytest

import pushforward.verify as package
from pushforward.models.registry import discover, registry
from pushforward.verify.claim import Result
from pushforward.verify.points import score_gan_five
from pushforward.verify.points.five_gaussians import Score
from pushforward.verify.points.score_gan_five import Lesson, learn

CLAIMS = ("G3", "G4", "G4-mmd", "G7")

discover([package.__name__])


@pytest.mark.parametrize("slug", CLAIMS)
def test_a_claim_says_all_that_verify_prints(slug: str):
    entry = registry.get("experiment", slug)
    assert entry.claim
    assert entry.pass_line
    assert entry.group
    assert entry.source
    assert slug.startswith(entry.group)
    assert entry.slow == (slug != "G3")


def test_a_lesson_knows_what_the_student_was_at_first():
    lesson = learn(0, 8, 12, (15,))
    assert set(lesson.teacher) == {15}
    assert lesson.newborn != lesson.student
    assert lesson.newborn.sw1 > 0.4, "a null for any line about what was learned"


def test_a_bound_needs_a_student_that_learns(monkeypatch: pytest.MonkeyPatch):
    """Students that learn from nobody are bad under a weak teacher, too."""
    good, bad, at_data = Score(0.08, 0.19, 0.21), Score(0.9, 0.1, 0.4), Score(0.05, 0.2, 0.2)
    taught = Lesson({55: at_data}, student=good, newborn=bad, seconds=1.0)
    misled = Lesson({55: bad}, student=bad, newborn=bad, seconds=1.0)
    monkeypatch.setattr(score_gan_five, "_good", lambda seed: taught)
    monkeypatch.setattr(score_gan_five, "_weak", lambda seed: misled)
    assert score_gan_five._bounded(lambda lesson: lesson.student).passed
    assert not score_gan_five._bounded(lambda lesson: lesson.newborn).passed


@pytest.mark.slow
@pytest.mark.parametrize("slug", CLAIMS)
def test_a_claim_holds(slug: str):
    result = registry.get("experiment", slug).make()
    assert isinstance(result, Result)
    assert result.passed or (result.passed is None and slug == "G4-mmd"), result.figure
    assert result.floor
    assert result.value
    assert len(result.seeds) == 3

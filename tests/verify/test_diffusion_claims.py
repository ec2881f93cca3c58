"""The diffusion claims are registered whole, and the whole suite runs those that take seconds."""

import pytest

import pushforward.verify as package
from pushforward.models.registry import Registry, discover, registry
from pushforward.verify.claim import Null, Outcome, Result, experiment
from tests.tiers import EXHAUSTIVE

QUICK = (
    *("A1", "A2", "A3", "A3-multistep", "A4", "A5", "A5-singlestep", "A5-adaptive", "A6"),
    *("A7-variance", "A8"),
)
SLOW = ("A7", "A9", "8B-edm")

discover([package.__name__])


@pytest.mark.parametrize("slug", QUICK + SLOW)
def test_a_claim_says_all_that_verify_prints(slug):
    entry = registry.get("experiment", slug)
    assert entry.claim
    assert entry.pass_line
    assert entry.group
    assert entry.source
    assert isinstance(entry.slow, bool)
    assert slug.startswith(entry.group)


@EXHAUSTIVE
@pytest.mark.parametrize("slug", ["A6", "A8"])
def test_a_quick_claim_holds(slug):
    check(slug)


@pytest.mark.slow
@pytest.mark.parametrize("slug", [*(q for q in QUICK if q not in ("A6", "A8")), *SLOW])
def test_a_slow_claim_holds(slug):
    check(slug)


def check(slug: str) -> None:
    result = registry.get("experiment", slug).make()
    assert isinstance(result, Result)
    assert result.passed, result.figure
    assert result.seconds > 0
    assert result.floor
    assert result.seeds
    assert result.value


def outcome(passed: bool | None) -> Outcome:
    return Outcome("1", {"x": 1.0}, passed, "0", [0])


def claim(passed: bool | None, **told: object) -> Result:
    """Run a claim that passes or does not, registered with its nulls or without."""
    said = {"title": "t", "claim": "c", "pass_line": "p", "group": "T", "source": "s", **told}
    return experiment("T1", **said)(lambda: outcome(passed))()


@pytest.fixture
def _alone(monkeypatch):
    monkeypatch.setattr("pushforward.models.registry.registry", Registry())


@pytest.mark.usefixtures("_alone")
class TestContract:
    def test_an_experiment_is_timed(self):
        result = claim(True, no_null="it is an identity")
        assert isinstance(result, Result)
        assert (result.value, result.passed, result.nulls) == ({"x": 1.0}, True, {})
        assert result.seconds >= 0

    def test_nulls_are_run_beside_it_and_must_miss_the_line(self):
        dead = Null("nothing moves", lambda: outcome(False))
        result = claim(True, nulls=[dead])
        assert result.passed is True
        assert result.nulls == {"nothing moves": outcome(False)}
        assert result.alive == []

    def test_a_line_that_a_null_meets_fails_the_claim(self):
        nulls = [Null("dead", lambda: outcome(False)), Null("asleep", lambda: outcome(True))]
        result = claim(True, nulls=nulls)
        assert result.passed is False
        assert result.alive == ["asleep"]
        assert result.figure == "1"

    @pytest.mark.parametrize("told", [{}, {"nulls": [Null("n", list)], "no_null": "because"}])
    def test_there_are_nulls_or_a_reason(self, told):
        with pytest.raises(ValueError, match="T1 needs either nulls or"):
            claim(True, **told)

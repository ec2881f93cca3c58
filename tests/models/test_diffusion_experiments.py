"""The diffusion claims are registered whole, and those that take seconds are run."""

import pytest

import models.experiments as package
from models.experiments.base import Outcome, Result, experiment
from models.registry import Registry, discover, registry

QUICK = ("A1", "A2", "A3", "A4", "A5", "A8")
SLOW = ("A7", "8B-edm")

discover([package.__name__])


@pytest.mark.parametrize("slug", QUICK + SLOW)
def test_a_claim_says_all_that_verify_prints(slug):
    entry = registry.get("experiment", slug)
    for key in ("claim", "pass_line", "group"):
        assert entry.extra[key]
    assert entry.source
    assert isinstance(entry.extra["slow"], bool)
    assert slug.startswith(entry.extra["group"])


@pytest.mark.parametrize("slug", ["A4", "A8"])
def test_a_quick_claim_holds(slug):
    check(slug)


@pytest.mark.slow
@pytest.mark.parametrize("slug", ["A1", "A2", "A3", "A5", *SLOW])
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


def test_an_experiment_is_timed(monkeypatch):
    monkeypatch.setattr("models.registry.registry", Registry())

    @experiment("T1", title="t", claim="c", pass_line="p", group="T", source="s")
    def measure() -> Outcome:
        return Outcome("1", {"x": 1.0}, True, "0", [0])

    result = measure()
    assert isinstance(result, Result)
    assert result.value == {"x": 1.0}
    assert result.seconds >= 0

"""The claims about two scores are registered whole, and a slow run holds them."""

import pytest

import models.experiments as package
from models.experiments.base import Result
from models.registry import discover, registry

CLAIMS = ("G3", "G4", "G4-mmd", "G7")

discover([package.__name__])


@pytest.mark.parametrize("slug", CLAIMS)
def test_a_claim_says_all_that_verify_prints(slug: str):
    entry = registry.get("experiment", slug)
    for key in ("claim", "pass_line", "group"):
        assert entry.extra[key]
    assert entry.source
    assert slug.startswith(entry.extra["group"])
    assert entry.extra["slow"] == (slug != "G3")


@pytest.mark.slow
@pytest.mark.parametrize("slug", CLAIMS)
def test_a_claim_holds(slug: str):
    result = registry.get("experiment", slug).make()
    assert isinstance(result, Result)
    assert result.passed or (result.passed is None and slug == "G4-mmd"), result.figure
    assert result.floor
    assert result.value
    assert len(result.seeds) == 3

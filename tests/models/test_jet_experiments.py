"""Claims about jets that need no training hold."""

import pytest

import models.experiments as package
from models.registry import discover, registry

discover([package.__name__])


@pytest.mark.parametrize(
    "slug", ["D1", *(pytest.param(slug, marks=pytest.mark.slow) for slug in ("D2", "D3"))]
)
def test_a_claim_about_solvers_holds_and_its_nulls_miss_it(slug):
    result = registry.get("experiment", slug).make()
    assert result.passed, result.figure

"""Figures as people read them."""

import math

import pytest

from studio.app import words


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_no_number_is_called_so(value: float) -> None:
    assert words.figure(value) == "not finite"


@pytest.mark.parametrize(
    ("floors", "text"),
    [
        ({}, ""),
        ({"mmd": 0.0624}, "0.0624"),  # a run of an earlier version: one pair
        ({"mmd": 0.0624, "spread/mmd": 0.0213}, "0.062 ±\u00a00.02"),
        ({"mmd": 0.00168, "spread/mmd": 0.00081}, "0.0017 ±\u00a00.0008"),
        ({"mmd": -3e-5, "spread/mmd": 2.2e-4}, "-3.0e-5 ±\u00a00.0002"),
        ({"mmd": 55.2, "spread/mmd": 13.0}, "55 ±\u00a013"),
        ({"mmd": 1.0, "spread/mmd": 0.0}, "1"),
    ],
)
def test_a_floor_is_a_mean_with_its_spread(floors: dict[str, float], text: str) -> None:
    assert words.floor(floors, "mmd") == text

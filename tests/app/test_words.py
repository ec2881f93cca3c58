"""Figures as people read them."""

import math

import pytest

from pushforward.studio.app.core import snapshot_text
from pushforward.studio.app.core.runs import RunState
from pushforward.studio.app.text import number_format
from pushforward.studio.app.text.number_ticks import label, number
from pushforward.studio.figures import short
from pushforward.studio.protocol.spec import ChangeSetting


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_no_number_is_called_so(value: float) -> None:
    assert number_format.figure(value) == "not finite"


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
        ({"mmd": 0.996, "spread/mmd": 0.001}, "0.996 ±\u00a00.001"),
    ],
)
def test_a_floor_is_a_mean_with_its_spread(floors: dict[str, float], text: str) -> None:
    assert number_format.floor(floors, "mmd") == text


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [
        (99.6, 2, "100"),
        (9.7, 1, "10"),
        (100.0, 2, "100"),
        (12_345.0, 4, "12,345"),
        (0.079, 2, "0.079"),
        (3.2e-5, 2, "3.2e-5"),
        (4e7, 2, "4.0e7"),
        (-95_064.0, 1, "-95,064"),
    ],
)
def test_a_number_of_a_hundred_is_written_as_one(value: float, digits: int, text: str) -> None:
    assert short(value, digits) == text


def test_a_floor_that_is_rounded_up_to_a_hundred_is_written_as_one() -> None:
    assert number_format.varying(99.7, 9.6) == "100 ±\u00a010"


def test_ticks_and_legends_have_no_number_as_computers_write_it() -> None:
    assert label(2e7, 1e7) == "2e7"
    assert number(12_345.6) == "12,346"
    assert number(2.5e6) == "2.50e6"


def test_a_branch_says_that_its_first_picture_was_made_after_its_edit() -> None:
    edit = ChangeSetting(step=321, path="speed", value=4.0)
    run = RunState(key="/p/runs/0002-b", name="0002-b", branch_step=321, branch_start=253)
    assert snapshot_text.picture_of(321, run) == "snapshot of step 321"
    run.edits = [edit]
    assert snapshot_text.picture_of(321, run) == "snapshot of step 321, after the edit"
    assert snapshot_text.picture_of(857, run) == "snapshot of step 857"
    run.branch_start = 321  # the picture was copied from the parent
    assert snapshot_text.picture_of(321, run) == "snapshot of step 321"


def test_a_share_is_written_with_a_space_that_does_not_break() -> None:
    assert (number_format.percent(0.885), number_format.percent(0.8849, 1)) == (
        "88\u00a0%",
        "88.5\u00a0%",
    )

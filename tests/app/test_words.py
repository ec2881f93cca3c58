"""Figures as people read them."""

import math
from dataclasses import replace

import numpy as np
import pytest
from msgspec import structs

from pushforward.studio.app.core import display_names, snapshot_text
from pushforward.studio.app.core.run_methods import automatic_title
from pushforward.studio.app.core.run_tree import tree
from pushforward.studio.app.core.runs import FlowRecord, RunState
from pushforward.studio.app.text import number_format
from pushforward.studio.app.text.number_ticks import label, number
from pushforward.studio.figures import short
from pushforward.studio.protocol.catalog import Catalog, EntrySpec
from pushforward.studio.protocol.label import Label
from pushforward.studio.protocol.spec import ChangeSetting, Pick, Recipe, RunSpec


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


def test_a_first_picture_in_few_sampling_steps_says_that_it_is_a_preview() -> None:
    t, x = np.zeros(1, np.float32), np.zeros((1, 8, 2), np.float32)
    record = FlowRecord(0, {"t": t, "x": x}, preview=7)
    preview = "step 0, preview in 7 network evaluations"
    assert snapshot_text.name_snapshot(record, None) == f"snapshot of {preview}"
    assert snapshot_text.at_snapshot(record.holding(x=x), None) == preview
    whole = replace(record, preview=0)
    assert snapshot_text.name_snapshot(whole, None) == "snapshot of step 0"


def test_a_share_is_written_with_a_space_that_does_not_break() -> None:
    assert (number_format.percent(0.885), number_format.percent(0.8849, 1)) == (
        "88\u00a0%",
        "88.5\u00a0%",
    )


def test_a_run_is_called_after_its_model_unless_a_person_named_it() -> None:
    spec = RunSpec(
        name="edm-eight-gaussians", family=Pick(slug="edm"), dataset=Pick(slug="eight-gaussians")
    )
    run = RunState(key="/p/runs/0004-edm-eight-gaussians", name="0004-edm-eight-gaussians")
    assert display_names.numbered(run) == "4 edm-eight-gaussians"  # nothing is known of it yet
    run.spec = spec
    edm = EntrySpec(kind="family", slug="edm", title="EDM", summary="", source="", fields=[])
    catalog = Catalog(entries=[edm], devices=[])
    assert automatic_title(run, None, []) == ""
    run.model = automatic_title(run, catalog, [])
    assert display_names.numbered(run) == "4 EDM"
    assert display_names.file_stem(run) == "4-edm-eight-gaussians"
    run.spec = structs.replace(spec, name="my-first")
    assert automatic_title(run, catalog, []) == ""  # named in the setup
    recipe = Recipe(
        slug="first", title="", summary="", teaches="", source="", kind="points",
        expected_seconds=1.0, run=run.spec,
    )  # fmt: skip
    assert automatic_title(run, catalog, [recipe]) == "EDM"
    run.label = Label(name="the good one")
    assert display_names.numbered(run) == "4 the good one"


def test_runs_stand_together_below_the_name_of_their_data() -> None:
    def run(number: int, data: str) -> RunState:
        spec = RunSpec(name="r", family=Pick(slug="edm"), dataset=Pick(slug=data))
        return RunState(key=f"/p/runs/{number:04d}-r", name=f"{number:04d}-r", spec=spec)

    runs = [run(1, "ring"), run(2, "moons"), run(3, "ring")]
    lines = [line.data or line.key[-6:] for line in tree(runs, by_data=True)]
    assert lines == ["ring", "0003-r", "0001-r", "moons", "0002-r"]
    assert [line.run for line in tree(runs, by_data=True)] == [False, True, True, False, True]

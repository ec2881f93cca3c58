"""Memorisation stands next to the quality of a run, or it is said that it was not measured."""

from types import SimpleNamespace

from studio.app.state.evaluated import newest
from studio.app.state.memorisation import format_memorisation
from studio.app.state.runs import RunState
from studio.protocol.catalog import Catalog, EntrySpec
from studio.protocol.spec import Pick, RunSpec
from tests.app.test_run_panel import measured


def entry(kind: str, slug: str, title: str, **more: object) -> EntrySpec:
    return EntrySpec(kind=kind, slug=slug, title=title, summary="", source="", fields=[], **more)  # type: ignore[arg-type]


AUTHENTIC = entry(
    "metric",
    "authenticity",
    "Authenticity",
    kinds=["points"],
    better="near",
    bar="real against real",
    far_off=["closer to training data", "farther from training data"],
)
CATALOG = Catalog(
    entries=[
        AUTHENTIC,
        entry("dataset", "ring", "Ring", kinds=["points"]),
        entry("dataset", "films", "Films", kinds=["interactions"]),
    ],
    devices=[],
)


def run(dataset: str = "ring") -> RunState:
    spec = RunSpec(name="r", family=Pick(slug="edm"), dataset=Pick(slug=dataset))
    return RunState(key="/p/runs/0001-r", name="0001-r", spec=spec, step=10, total=10)


def authentic(value: float) -> str:
    made = run()
    measured(made, "quality/authenticity", [10], [value])
    measured(made, "cost/samples", [10], [2000.0])
    made.floors = {"authenticity": 0.5, "spread/authenticity": 0.01}
    return format_memorisation(made, CATALOG)


def test_copies_of_training_data_are_named_with_their_floor():
    said = authentic(0.02)
    assert said.startswith("Authenticity 0.02 (floor 0.5 ±")
    assert "closer to training data" in said


def test_samples_within_the_floor_are_not():
    assert "closer to training data" not in authentic(0.505)


def test_what_was_not_measured_is_said_where_it_could_be():
    assert format_memorisation(run(), CATALOG) == (
        "Memorisation not measured. Evaluate Authenticity to check for copies."
    )
    assert format_memorisation(run("films"), CATALOG) == ""
    assert format_memorisation(run(), None) == ""


def test_an_evaluation_with_an_error_is_read_without_that_metric():
    """Earlier versions wrote null for it, and then nothing of the evaluation was shown."""
    data = {
        "values": {"mmd": None, "sliced-w2": 0.1},
        "floors": {},
        "intervals": {},
        "n": 300,
        "seed": 0,
    }
    found = newest([SimpleNamespace(kind="evaluated", step=7, data=data)])
    assert found is not None
    assert dict(found.values) == {"sliced-w2": 0.1}

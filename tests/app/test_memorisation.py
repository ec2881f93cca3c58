"""Memorisation stands next to the quality of a run, or it is said that it was not measured."""

import csv
from types import SimpleNamespace
from typing import Any

import numpy as np

from pushforward.models.metrics.base import Evidence, fresh_pairs
from pushforward.models.registry import discover, registry
from pushforward.models.tensors import make_generator
from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.evaluation_results import newest
from pushforward.studio.app.core.memorisation import format_memorisation
from pushforward.studio.app.core.run_groups import groups
from pushforward.studio.app.core.runs import RunState
from pushforward.studio.app.lenses.compare.results_table import Finals
from pushforward.studio.app.lenses.quality.headline_metric import Headline
from pushforward.studio.app.places.runs.table.table_model import MEMORY as TABLE
from pushforward.studio.app.places.runs.table.table_model import RunTableModel
from pushforward.studio.app.places.runs.table_export import as_csv
from pushforward.studio.protocol.catalog import Catalog, EntrySpec
from pushforward.studio.protocol.spec import Pick, RunSpec
from pushforward.studio.significance import PAIRS
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


# A memoriser on the screen


def measured_run(number: int, *, copies: bool) -> RunState:
    """Return a run whose samples are training data, or new data, as the metrics measure it."""
    data = registry.get("dataset", "eight-gaussians")
    train, pairs = data.make(data.config(), 400, 5), fresh_pairs(data.make, data.config(), 150)

    def values(made: Any, real: Any) -> dict[str, float]:
        evidence = Evidence(real, make_generator(0), made=made.rows(slice(None)), train=train)
        entries = (registry.get("metric", slug) for slug in ("sliced-w2", "authenticity"))
        return {e.slug: e.make(e.config()).measure(evidence).value for e in entries}

    bars = [values(*pairs(seed)) for seed in range(PAIRS)]
    samples, real = pairs(90)
    found = values(train.take(slice(0, 150)) if copies else samples, real)
    made = run()
    made.key, made.name = f"/p/runs/000{number}-r", f"000{number}-r"
    for slug, value in found.items():
        measured(made, f"quality/{slug}", [10], [value])
        each = np.array([bar[slug] for bar in bars])
        made.floors |= {slug: float(each.mean()), f"spread/{slug}": float(each.std(ddof=1))}
    measured(made, "cost/samples", [10], [2000.0])
    return made


def test_a_run_whose_samples_are_training_data_is_seen_as_one(qtbot: Any) -> None:
    """In the headline, in Compare, in the table of runs and in its export."""
    discover()
    w2 = entry("metric", "sliced-w2", "Sliced W2", kinds=["points"], better="lower",
               bar="real against real")  # fmt: skip
    state = AppState()
    state.catalog = Catalog(entries=[w2, *CATALOG.entries], devices=[])
    memoriser, honest = measured_run(1, copies=True), measured_run(2, copies=False)
    for each in (memoriser, honest):
        state.runs.by_key[each.key] = each

    headline = Headline(state)
    qtbot.addWidget(headline)
    headline.show_run(memoriser)
    assert (
        headline.words.text()
        == "differs from real data by Authenticity; this metric is within the floor"
    )
    assert headline.memory.text().startswith("Authenticity 0 (floor 0.")
    assert headline.memory.text().endswith(": closer to training data")
    assert headline.memory.property("role") == "warm"
    headline.show_run(honest)
    assert "within the noise floor" in headline.words.text()
    assert headline.memory.property("role") != "warm"

    finals = Finals(state)
    qtbot.addWidget(finals)
    finals.show_runs([memoriser, honest], "quality/sliced-w2")
    line = dict(finals.lines)["Authenticity"]
    assert line[0].startswith("0 (too close), floor 0.")
    assert "(within floor), floor 0." in line[1]
    finals.show_runs([memoriser, honest], "quality/authenticity")
    assert [title for title, _ in finals.lines].count("Authenticity") == 1

    table = RunTableModel(state, lambda *_: None)
    (group,) = groups([memoriser, honest], "data", state.catalog)
    table.show([group], "memory", True, False)
    shown = [row for row in table.rows if row.run is not None]
    assert table.text(shown[0], TABLE) == "0 (too close)", "the farthest from real"
    line = dict(zip(*csv.reader(as_csv(shown, state).splitlines()[:2]), strict=True))
    assert (line["memory_metric"], line["memory_value"]) == ("Authenticity", "0.0")
    assert line["memory_verdict"] == "too close"
    assert 0.3 < float(line["memory_floor"]) < 0.7
    assert float(line["memory_floor_spread"]) > 0

"""The solver lab as its form and the command line have it: what is left open, what is counted."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from pushforward.models.registry import registry
from pushforward.studio.app.text import setting_values
from pushforward.studio.cli import trained_runs
from pushforward.studio.engine.process.catalogue import described
from pushforward.studio.engine.process.discovery import discover
from pushforward.studio.engine.process.failures import Refused
from pushforward.studio.engine.run.resolve import pick_operator
from pushforward.studio.protocol.catalog import Catalog
from pushforward.studio.protocol.spec import Pick


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    discover()
    entries = [*registry.all("operator"), *registry.all("metric")]
    return Catalog(entries=described(entries)[0], devices=[])


def test_what_is_left_open_says_what_it_stands_for_and_how_it_is_written(catalog) -> None:
    entry = catalog.opened(catalog.get("operator", "solver-lab"), {}, "jets")
    fields = {field.path: field for field in entry.fields}
    assert fields["figure.slug"].choices[0].title == "Set by the data"
    usual, _, example = fields["calls"].meant.partition("; or such as: ")
    assert usual
    assert setting_values.parse(fields["calls"], example) == [8, 16, 32]
    assert fields["samplers"].meant


def test_samplers_are_named_as_on_the_screen_and_an_unknown_one_is_refused_at_once(catalog) -> None:
    field = next(
        each for each in catalog.get("operator", "solver-lab").fields if each.path == "samplers"
    )
    assert setting_values.parse(field, "ddim, Heun (EDM)") == ["ddim", "heun"]
    assert setting_values.format_value(field, ["ddim"]) == "DDIM (Euler)"
    with pytest.raises(setting_values.Invalid, match="value 1 must be one of"):
        setting_values.parse(field, "hein")
    with pytest.raises(Refused, match="no sampler 'hein'"):
        pick_operator(Pick(slug="solver-lab", config={"samplers": ["hein"]}))


@pytest.mark.parametrize(
    ("operator", "unit"),
    [("solver-lab", "evaluations"), ("guidance-lab", "steps"), ("generate", "samples"),
     ("likelihood-lab", "points")],
)  # fmt: skip
def test_progress_counts_what_the_operator_counts(catalog, monkeypatch, operator, unit) -> None:
    said: list[str] = []

    def do(make: Any, *, unit: str, **others: Any) -> tuple[None, int]:
        said.append(unit)
        return None, 0

    monkeypatch.setattr(trained_runs, "do", do)
    spec = SimpleNamespace(dataset=Pick(slug="two-moons"))
    run: Any = SimpleNamespace(path=Path("r"), record=SimpleNamespace(spec=spec))
    assert trained_runs.operate(run, operator, {}) == 0
    assert said == [unit]

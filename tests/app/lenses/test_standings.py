"""The table of compared runs: who knows a likelihood, what a sample costs, figures and floors."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from msgspec import structs
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from pushforward.studio.app.core.evaluation_results import Evaluated
from pushforward.studio.app.core.run_ranking import likelihood_of, not_known
from pushforward.studio.app.core.runs import FlowRecord, RunState
from pushforward.studio.app.design.table import Column
from pushforward.studio.app.lenses.compare.ranking_table import GAP, NAMES, TILE
from pushforward.studio.app.lenses.compare.ranking_view import VIEW, StandingsView
from pushforward.studio.app.places.setup.family_preview import likelihood_fact
from pushforward.studio.protocol.catalog import Catalog, EntrySpec
from pushforward.studio.protocol.messages import Evaluate
from pushforward.studio.protocol.spec import Pick
from tests.app.lenses.test_compare import Wait, add_run, arrive, measure

MODELS = ("flow", "vae", "gan")


def entry(kind: str, slug: str, **more: Any) -> EntrySpec:
    return EntrySpec(kind=kind, slug=slug, title=slug, summary="", source="", fields=[], **more)


@pytest.fixture
def runs(lens: Any) -> list[RunState]:
    """A flow, which knows its likelihood, a VAE, which bounds it, and a GAN."""
    abilities = (["likelihood", "bound"], ["bound"], [])
    families = [
        entry("family", slug, capabilities=able, kinds=["points"])
        for slug, able in zip(MODELS, abilities, strict=True)
    ]
    higher: dict[str, Any] = {"better": "higher", "unit": "nats a datum", "bar": "the law"}
    metrics = [
        entry("metric", "density", needs=["likelihood"], **higher),
        entry("metric", "below", needs=["bound"], **higher),
        entry("metric", "bits", needs=["likelihood"], kinds=["images"]),
    ]
    known: Catalog = lens.state.catalog
    lens.state.catalog = structs.replace(known, entries=[*known.entries, *families, *metrics])
    lens.state.engine = replace(lens.state.engine, state="ready")
    made = [lens.run, add_run(lens, "0002-vae"), add_run(lens, "0003-gan")]
    for run, slug in zip(made, MODELS, strict=True):
        run.spec = structs.replace(run.spec, family=Pick(slug=slug))
        run.checkpoints = [10]
    lens.state.runs.choose(tuple(run.key for run in made))
    return made


@pytest.fixture
def view(lens: Any, runs: list[RunState]) -> Iterator[StandingsView]:
    made = StandingsView(lens.state, lens.actions)
    made.resize(760, 400)
    made.show()
    QApplication.processEvents()
    yield made
    made.close()
    made.deleteLater()
    QApplication.sendPostedEvents()


def said(view: StandingsView) -> list[list[str]]:
    view._draw()
    table = view.table
    return [
        [item.text() for n in range(table.model().columnCount()) if (item := table.cell(row, n))]
        for row in range(table.model().rowCount())
    ]


def test_it_is_there_where_runs_are_compared(lens: Any, runs: list[RunState]) -> None:
    assert VIEW.applies(lens.state)
    lens.state.runs.choose(())
    assert not VIEW.applies(lens.state)


def test_each_says_how_well_it_knows_a_likelihood(
    lens: Any, runs: list[RunState], view: StandingsView
) -> None:
    assert [line[1] for line in said(view)] == ["exact", "bound", "not known", ""]
    assert [likelihood_of(run, lens.state.catalog).slug for run in runs] == ["density", "below", ""]
    floors, ends = {"density": -1.0}, {"density": (-2.5, -1.5)}
    runs[0].evaluated = Evaluated(10, 0, {"density": -2.0}, floors, intervals=ends)
    runs[1].evaluated = Evaluated(10, 0, {"below": -3.0})
    assert [line[1] for line in said(view)] == ["exact -2", "bound \u2265 -3", "not known", "-1"]
    assert "-2.5 to -1.5 with 95 %" in view.table.cell(0, 1).toolTip()


def test_what_only_an_evaluation_measured_is_in_the_table(
    lens: Any, runs: list[RunState], view: StandingsView
) -> None:
    """Label balance was "–" for a diffusion that had been evaluated by it, and coverage was not
    there at all.
    """
    known: Catalog = lens.state.catalog
    high: dict[str, Any] = {"better": "higher", "bar": "real against real", "needs": ["samples"]}
    more = [entry("metric", slug, **high) for slug in ("balance", "coverage")]
    lens.state.catalog = structs.replace(known, entries=[*known.entries, *more])
    measure(lens, runs[2], "quality/balance", [10], [0.16])
    found = {"balance": 0.136, "coverage": 0.5, "density": -2.0}
    floors = {"balance": 0.1, "spread/balance": 0.02, "coverage": 0.96, "spread/coverage": 0.02}
    runs[0].evaluated = Evaluated(10, 0, found, floors, {"balance": 250, "coverage": 250})
    lines = said(view)
    assert [line[4:] for line in lines[:3]] == [["0.136", "0.5"], ["–", "–"], ["0.16", "–"]]
    assert lines[3][4:] == ["0.1 ±\u00a00.02", "0.96 ±\u00a00.02"]
    assert "0.46 below real" in view.table.cell(0, 5).toolTip().replace("\u00a0", " ")


@pytest.mark.parametrize(
    ("carrier", "why"),
    [("generator", "generates samples"), ("particles", "particles"), ("flow", "computed")],
)  # fmt: skip
def test_what_knows_no_likelihood_says_why_and_what_to_do_instead(carrier, why) -> None:
    family = entry("family", "m", carrier=carrier, capabilities=["samples"])
    assert why in not_known(family)
    assert not_known(family).endswith("Evaluate its samples under Quality.")
    assert likelihood_fact(family) == f"not known. {not_known(family)}"
    bounded = entry("family", "m", capabilities=["samples", "bound"])
    assert likelihood_fact(bounded) == "a bound"
    assert likelihood_fact(entry("family", "m", capabilities=["classify"])) == ""


def test_a_title_of_a_column_has_two_lines_and_none_is_cut(lens: Any, view: StandingsView) -> None:
    said(view)
    table = view.table
    columns = [Column("Model"), Column("Fréchet distance (judge features)"), Column("Time")]
    table.set_columns(columns)
    table._share_room(columns)
    wide = table.fontMetrics().horizontalAdvance
    assert table.columnWidth(1) >= wide("(judge features)")
    assert table.columnWidth(1) < wide("Fréchet distance (judge features)")


async def test_likelihoods_are_measured_by_what_each_model_can(
    lens: Any, runs: list[RunState], view: StandingsView, wait: Wait
) -> None:
    view._draw()
    assert view.measure.isEnabled()
    view.measure.click()
    await wait(lambda: len(lens.link.of(Evaluate)) == 2)
    assert {told.run: told.metrics for told in lens.link.of(Evaluate)} == {
        runs[0].key: [Pick(slug="density")],
        runs[1].key: [Pick(slug="below")],
    }
    for run in runs:
        run.checkpoints = []
    view._draw()
    assert "checkpoint" in view.measure.toolTip()
    lens.state.runs.choose((runs[2].key, add_run(lens, "0004-gan").key))
    lens.state.runs.by_key[lens.state.runs.chosen[1]].spec = runs[2].spec
    lens.state.runs.select(runs[2].key)
    view._draw()
    assert "None of these models" in view.measure.toolTip()


def test_figures_stand_over_their_floors_with_cost_and_time(
    lens: Any, runs: list[RunState], view: StandingsView
) -> None:
    for run, value, calls in zip(runs, (0.2, 0.5, 0.1), (7, 1, 1), strict=True):
        measure(lens, run, "quality/sliced-w2", [10], [value])
        measure(lens, run, "cost/nfe", [10], [calls])
        run.floors, run.seconds = {"sliced-w2": 0.1}, 30.0
    head, lines = view.table.heading, said(view)
    titles = [head(place).text() for place in range(view.table.model().columnCount())]
    assert titles[:4] == ["Model", "Likelihood", "Evaluations", "Time"]
    assert [line[2:] for line in lines[:3]] == [
        ["7", "30 s", "0.2"],
        ["1", "30 s", "0.5"],
        ["1", "30 s", "0.1"],
    ]
    assert lines[3] == ["Held against", "", "", "", "0.1"]
    # What figures leave of the width is for the names.
    wide = [view.table.columnWidth(place) for place in range(view.table.model().columnCount())]
    assert wide[0] > view.table.viewport().width() / 2
    view.table.setMinimumWidth(0)
    view.table.resize(260, 200)
    assert view.table.columnWidth(0) == NAMES, "figures leave nothing: the names were not seen"


def test_samples_are_pictures_and_enter_opens_a_run(
    lens: Any, runs: list[RunState], view: StandingsView, qtbot: Any
) -> None:
    arrive(lens, runs[1], 40)
    view._draw()
    assert not view.table.cell(1, 0).icon().isNull()
    view.table.setCurrentIndex(view.table.model().index(1, 0))
    qtbot.keyClick(view.table, Qt.Key.Key_Return)
    assert lens.state.runs.selection == runs[1].key


def test_images_are_rows_of_samples_below_their_figures(
    lens: Any, runs: list[RunState], view: StandingsView, qtbot: Any
) -> None:
    """There was no picture of images, which are what one looks at first."""
    digits = entry("dataset", "two-moons", kinds=["images"])
    rest = [each for each in lens.state.catalog.entries if each.slug != "two-moons"]
    lens.state.catalog = structs.replace(lens.state.catalog, entries=[*rest, digits])
    rng = np.random.default_rng(0)
    for run, n in zip(runs, (50, 50, 9), strict=True):
        x = rng.random((2, n, 1, 8, 8)).astype(np.float32)
        run.live = FlowRecord.from_arrays(5, np.array([0, 1], dtype=np.float32), x)
        lens.state.runs.record_arrived.emit(run.key)
    measure(lens, runs[2], "quality/sliced-w2", [10], [0.3])
    lines = said(view)
    assert len(lines) == 7, "two of each, and the floors"
    shown = [view.table.cell(row, 0).data(Qt.ItemDataRole.DecorationRole) for row in (1, 3, 5)]
    assert [each.deviceIndependentSize().height() for each in shown] == [TILE] * 3
    assert len({each.width() for each in shown}) == 1, "the same latents of each"
    assert shown[0].width() / shown[0].devicePixelRatio() == 9 * (TILE + GAP) - GAP
    assert view.table.columnSpan(1, 0) == view.table.model().columnCount()
    assert (lines[4][0], lines[4][-1]) == ("gan", "0.3")
    view.table.setCurrentIndex(view.table.model().index(5, 0))
    qtbot.keyClick(view.table, Qt.Key.Key_Return)
    assert lens.state.runs.selection == runs[2].key


def test_escape_ends_the_comparison_from_the_table(
    lens: Any, runs: list[RunState], view: StandingsView
) -> None:
    view._draw()
    assert "Esc: end" in view._told.accessibleName()
    assert view.leave()
    assert not lens.state.runs.chosen
    view._draw()
    assert not view.leave(), "it is ended"


def test_figures_of_different_n_say_of_how_many_they_are(
    view: StandingsView, runs: list[RunState], lens: Any, wait: Wait
) -> None:
    for run, n in zip(runs, (1000, 1500, 1000), strict=True):
        run.floors = {"mmd": 0.1}
        measure(lens, run, "cost/samples", [10], [float(n)])
        measure(lens, run, "quality/mmd", [10], [0.3])
    runs[0].floors = {"mmd": 0.2}
    view._draw()
    table = view.table
    last = table.model().columnCount() - 1
    told = [table.cell(row, last).text().replace("\u00a0", " ") for row in range(4)]
    assert told == ["0.3 (n = 1,000)", "0.3 (n = 1,500)", "0.3 (n = 1,000)", "0.2, 0.1, 0.1"]
    assert "different n" in table.cell(1, last).toolTip()
    assert "different n" in table.cell(3, last).toolTip()
    runs[0].floors = {"mmd": 0.1}
    measure(lens, runs[1], "cost/samples", [20], [1000.0])
    measure(lens, runs[1], "quality/mmd", [20], [0.2])
    view._draw()
    assert [table.cell(row, last).text() for row in range(4)] == ["0.3", "0.2", "0.3", "0.1"]


def test_figures_of_few_say_how_few_and_a_floor_how_far_it_varies(
    lens: Any, runs: list[RunState], view: StandingsView
) -> None:
    for run in runs:
        measure(lens, run, "quality/sliced-w2", [10], [-0.04])
        measure(lens, run, "cost/samples", [10], [4])
        run.floors = {"sliced-w2": 0.0, "spread/sliced-w2": 0.03}
    told = [line[4] for line in said(view)]
    assert told == [*["-0.04 (n\u00a0=\u00a04)"] * 3, "0 ±\u00a00.03"]

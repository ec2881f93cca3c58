"""Averaging lengths in the Quality lens."""

from dataclasses import replace
from pathlib import Path

import msgspec
import numpy as np
import pytest

from pushforward.studio.app.labs import averaging_lab
from pushforward.studio.app.labs.averaging_lab import LengthsView
from pushforward.studio.protocol.catalog import EntrySpec
from pushforward.studio.protocol.messages import GENERATE, ResultWritten
from pushforward.studio.store.results import ResultRecord, Results
from tests.qtloop import until

OPERATOR = averaging_lab.LAB.operator
FOUND = {
    "lengths": np.array([0.05, 0.1, 0.2], np.float32),
    "distance": np.array([[0.25, 0.5], [0.25, 0.25], [0.75, 0.75]], np.float32),
    "own": np.array([0.5, 0.75], np.float32),
    "floor": np.array([0.1, 0.12], np.float32),
    "off": np.array([1e-9, 0.0123, 0.06], np.float32),
}


@pytest.fixture
def view(lens, qtbot) -> LengthsView:
    made = LengthsView(lens.state, lens.actions)
    qtbot.addWidget(made)
    made.resize(900, 700)
    made.show()
    return made


async def test_lengths_stand_beside_the_own_average_and_one_is_drawn_with(lens, view) -> None:
    run = lens.state.runs.current
    record = ResultRecord(
        operator=OPERATOR, title="Averaging lengths", run=run.name, step=7,
        config={"figure": {"slug": "sliced-w2", "config": {}}}, note="A length is nearer.",
    )  # fmt: skip
    name = Results(Path(run.key) / "results").write(record, FOUND).name
    run.results.append(name)
    lens.state.result_written.emit(
        ResultWritten(job="j", run=run.key, operator=OPERATOR, step=7, result=name)
    )
    await until(lambda: view.filled)
    table = [[view.table.cell(i, j).text() for j in range(4)] for i in range(5)]
    assert table == [
        ["0.05", "0.375", "-0.25 ± 0", "exactly"],
        ["0.1", "0.25", "-0.38 ± 0.2", "1.2\u00a0%"],
        ["0.2", "0.75", "+0.12 ± 0.2", "6.0\u00a0%"],
        ["the run's own average", "0.625", "", ""],
        ["floor", "0.11", "", ""],
    ]
    made, own = view.picture.rungs
    assert made.values == pytest.approx([0.375, 0.25, 0.75])
    assert own.values == pytest.approx([0.625] * 3)
    assert [name for name, _ in view.key.names][-1] == "floor"
    shown = view.finding
    view.finding = replace(shown, arrays={**FOUND, "floor": FOUND["floor"] - 9.0})
    assert view._bar is None, "so far below it would press all lengths onto one line"
    view.finding = shown
    view._choose(0.11)
    assert view.length == pytest.approx(0.1)
    view.refresh()  # as when the theme changes
    opened = []
    lens.state.window.open_operator.connect(lambda *asked: opened.append(asked))
    view.draw_with.click()
    assert opened == [(run.key, GENERATE)]
    assert lens.state.asked[run.key, GENERATE]["weights"]["length"] == pytest.approx(0.1)
    view.table.selectRow(3)
    assert view.length is None, "the run's own"


def test_it_is_there_for_runs_that_kept_what_lengths_are_made_of(lens) -> None:
    run, catalog = lens.state.runs.current, lens.state.catalog
    entry = EntrySpec(
        kind="operator", slug=OPERATOR, title="", summary="", source="", fields=[],
        needs=[],
    )  # fmt: skip
    lens.state.catalog = msgspec.structs.replace(catalog, entries=[*catalog.entries, entry])
    assert not averaging_lab.VIEW.applies(lens.state)
    run.spec = msgspec.structs.replace(run.spec, training={**run.spec.training, "lengths": True})
    assert averaging_lab.VIEW.applies(lens.state)

"""What was filled in, in the Quality lens."""

from pathlib import Path

import numpy as np
import pytest

from pushforward.models.operators.impute import LEVELS, QUANTILES
from pushforward.studio.app.data_types.series.fan_plot import FANS, MEDIAN
from pushforward.studio.app.data_types.series.imputation_lab import FilledView
from pushforward.studio.protocol.messages import ResultWritten
from pushforward.studio.store.results import ResultRecord, Results
from tests.qtloop import until

N, LENGTH = 3, 12
HIDDEN = np.zeros((N, LENGTH, 2), np.uint8)
HIDDEN[:, 8:] = 1
TRUTH = np.random.default_rng(0).normal(size=(N, LENGTH, 2)).astype(np.float32)
FOUND = {
    "truth": TRUTH,
    "hidden": HIDDEN,
    "quantiles": TRUTH + HIDDEN * np.linspace(-1, 1, 7).reshape(7, 1, 1, 1).astype(np.float32),
    "levels": np.array(LEVELS, np.float32),
    "coverage": np.array(LEVELS, np.float32) ** 2,
    "crps": np.array([0.1, 0.2, 0.3], np.float32),
    "crps-line": np.array([1.0, 2.0, 3.0], np.float32),
}


@pytest.fixture
def view(lens, qtbot) -> FilledView:
    made = FilledView(lens.state, lens.actions)
    qtbot.addWidget(made)
    made.resize(900, 800)
    made.show()
    return made


async def test_fans_coverage_and_figures_are_shown(lens, view) -> None:
    run = lens.state.runs.current
    record = ResultRecord(
        operator="impute", title="Fill in", run=run.name, step=7, config={"draws": 48}
    )
    name = Results(Path(run.key) / "results").write(record, FOUND).name
    run.results.append(name)
    lens.state.result_written.emit(
        ResultWritten(job="j", run=run.key, operator="impute", step=7, result=name)
    )
    await until(lambda: view.filled)
    assert [fan.title for fan in view.fans.fans] == ["Channel 1", "Channel 2"]
    figures = [[view.table.cell(i, k).text() for k in range(3)] for i in range(2)]
    assert [line[1:] for line in figures] == [["0.2", "0.1"], ["2", "1"]]
    assert [line.title for line in view.coverage.lines] == ["model", "calibrated"]
    view.slider.setValue(2)
    np.testing.assert_array_equal(view.fans.fans[1].truth, TRUTH[2, :, 1].astype(float))
    assert view.table.cell(0, 2).text() == "0.3"
    view.fans._under = 9.0
    view.fans._tell()
    assert "80 %" in view.fans.planes[0].heading.text
    view.fans._under = 2.0
    view.fans._tell()
    assert view.fans.planes[0].heading.text.endswith("observed")


def test_fans_lie_between_the_quantiles_of_their_name() -> None:
    for low, high, name, _ in FANS:
        assert QUANTILES[high] - QUANTILES[low] == pytest.approx(float(name.split()[0]) / 100)
    assert QUANTILES[MEDIAN] == 0.5

"""The bound explorer in the Quality lens."""

from pathlib import Path
from typing import get_args

import numpy as np
import pytest

from pushforward.models.denoisers.times import TimesName
from pushforward.models.operators import bound as explorer
from pushforward.studio.app.labs import bound_lab
from pushforward.studio.app.labs.bound_lab import BoundView
from pushforward.studio.protocol.messages import ResultWritten
from pushforward.studio.store.results import ResultRecord, Results
from tests.qtloop import until

K = np.linspace(0.01, 10.0, 8).astype(np.float32)
FOUND = {
    "total": np.array([1.5, 1.25, 1.75], np.float32),
    "prior": np.array([0.25], np.float32),
    "reconstruction": np.array([-1.0], np.float32),
    "diffusion": np.array([2.25], np.float32),
    "level": K,
    "log-snr": -2 * np.log(K),
    "term": np.linspace(0, 1, 8).astype(np.float32),
    "term-error": np.full(8, 0.1, np.float32),
    "steps": np.array([4, 16]),
    "small": np.array([3.0, 2.0], np.float32),
    "large": np.array([4.0, 2.5], np.float32),
    "u": np.linspace(0, 1, 5).astype(np.float32),
    "schedules": np.arange(25, dtype=np.float32).reshape(5, 5),
    "schedule-spread": np.arange(1, 6, dtype=np.float32),
    "times-spread": np.arange(1, 5, dtype=np.float32),
}


@pytest.fixture
def view(lens, qtbot) -> BoundView:
    made = BoundView(lens.state, lens.actions)
    qtbot.addWidget(made)
    made.resize(900, 800)
    made.show()
    return made


async def test_terms_levels_steps_and_spreads_are_shown(lens, view) -> None:
    run = lens.state.runs.current
    record = ResultRecord(operator="bound", title="Bound explorer", run=run.name, step=7)
    name = Results(Path(run.key) / "results").write(record, FOUND).name
    run.results.append(name)
    lens.state.result_written.emit(
        ResultWritten(job="j", run=run.key, operator="bound", step=7, result=name)
    )
    await until(lambda: view.filled)
    terms = {view.terms.cell(i, 0).text(): view.terms.cell(i, 1).text() for i in range(4)}
    assert terms == {
        "Prior": "0.25",
        "Reconstruction": "-1",
        "Diffusion": "2.25",
        "Bound": "1.5 (1.25 to 1.75)",
    }
    assert "pure noise" in view.terms.cell(0, 0).toolTip()
    by_steps = {line.title: line.y.tolist() for line in view.steps.lines}
    assert by_steps == {"small variance": [1.5, 0.5], "large variance": [2.5, 1.0]}
    assert [line.title for line in view.predictions.lines] == ["noise", "data", "v"]
    assert view.levels.lines[0].error is not None
    assert view.spreads.model().rowCount() == 9


def test_three_predictions_of_unit_gaussian_data_err_as_is_known() -> None:
    """D = x/(1 + s^2) leaves s^2/(1 + s^2) of the data: 1/(1 + s^2) of the noise, and all of v."""
    level = np.geomspace(0.01, 20.0, 12)
    term = 1 / (1 + level**2) * np.log(level[1] / level[0]) / np.log(2)
    noise, data, v = bound_lab._predicted(level, term)
    np.testing.assert_allclose(noise.y, 1 / (1 + level**2))
    np.testing.assert_allclose(data.y, level**2 / (1 + level**2))
    np.testing.assert_allclose(v.y, 1.0)


def test_the_names_are_those_of_the_operator_in_its_order() -> None:
    assert len(bound_lab.SCHEDULES) == len(explorer.SCHEDULES)
    assert [name.replace(" ", "-") for name in bound_lab.TIMES] == list(get_args(TimesName))

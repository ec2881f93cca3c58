"""A figure whose metric says how sure it is shows between what it lies, and others show what they
showed.
"""

from types import SimpleNamespace

import pytest

from pushforward.studio.app.core.metric_values import figures, interval
from pushforward.studio.app.core.run_comparison import interval_at, measures
from pushforward.studio.app.core.runs import RunState, Series
from pushforward.studio.app.data.metric_list import qualities


def measured(run, name, steps, values):
    run.series.setdefault(name, Series()).extend(steps, values)


@pytest.fixture
def run():
    made = RunState(key="/p/runs/0001-r", name="0001-r", step=70, total=70)
    measured(made, "quality/precision", [16, 70], [0.5, 0.93])
    measured(made, "quality/sliced-w2", [16, 70], [0.4, 0.3])
    measured(made, "cost/low/precision", [16, 70], [0.4, 0.91])
    measured(made, "cost/high/precision", [16, 70], [0.6, 0.95])
    measured(made, "cost/samples", [16, 70], [250.0, 250.0])
    return made


def test_it_stands_beside_the_figure_of_its_step(run):
    assert interval(run, "precision") == "0.91 to 0.95"
    assert interval_at(run, "precision", 16) == (0.4, 0.6)
    sure, other = figures(run, str)
    assert sure.when == "at step 70, n = 250"
    assert sure.context.startswith("95\u00a0%: 0.91 to 0.95"), "beside its number"
    assert other.when == "at step 70, n = 250"
    rows = qualities(run, SimpleNamespace(catalog=None))
    assert [row[1] for row in rows] == ["0.93 (0.91 to 0.95)", "0.3", "step 70"]


def test_a_figure_without_one_shows_none(run):
    measured(run, "quality/precision", [90], [float("nan")])
    assert interval(run, "precision") == ""
    assert interval(run, "sliced-w2") == ""
    del run.series["cost/high/precision"]
    assert interval(run, "precision") == ""


def test_its_ends_are_no_measures_of_their_own(run):
    assert measures([run]) == ["quality/precision", "quality/sliced-w2"]

"""A figure of a metric is said in its unit, wherever it is said."""

from types import SimpleNamespace

import msgspec
import pytest
from PySide6.QtWidgets import QApplication, QLabel

from pushforward.studio.app.core.comparison_labels import measure_title
from pushforward.studio.app.core.display_names import metric_in_unit
from pushforward.studio.app.core.metric_values import figures
from pushforward.studio.app.core.runs import RunState, Series
from pushforward.studio.app.data.metric_list import qualities
from pushforward.studio.app.lenses.compare.results_table import Finals
from pushforward.studio.app.lenses.quality.headline_metric import Headline
from pushforward.studio.engine.process.catalogue import build
from pushforward.studio.engine.process.discovery import discover
from pushforward.studio.protocol.spec import Pick, RunSpec
from tests.client.fakes.catalog import catalog


@pytest.fixture
def state():
    made = catalog()
    entries = [
        msgspec.structs.replace(e, unit="of pT") if e.slug == "sliced-w2" else e
        for e in made.entries
    ]
    return SimpleNamespace(catalog=msgspec.structs.replace(made, entries=entries))


@pytest.fixture
def run():
    made = RunState(key="/p/runs/0001-r", name="0001-r", step=70, total=70)
    made.series["quality/sliced-w2"] = Series()
    made.series["quality/sliced-w2"].extend([16, 70], [0.4, 0.003])
    made.series["loss"] = Series()
    made.series["loss"].extend([16, 70], [0.4, 0.3])
    return made


def test_the_catalogue_has_the_unit_of_each_metric():
    units = {e.slug: e.unit for e in build(discover()).entries if e.kind == "metric"}
    assert units["w1-jet-mass"] == units["w1-constituent-pt"] == "of pT"
    assert (units["sliced-w2"], units["accuracy"]) == ("data units", "")


def test_lists_of_figures_have_it_and_a_curve_of_the_training_has_none(run, state):
    assert [row[1] for row in qualities(run, state)] == ["0.003 of pT", "step 70"]
    entry_of = lambda slug: state.catalog.get("metric", slug)  # noqa: E731
    assert [line.value for line in figures(run, str, entry_of)] == ["0.003 of pT", "0.3"]


def test_charts_and_heads_have_it_beside_the_name(state):
    assert metric_in_unit("sliced-w2", state.catalog) == "Sliced W2, of pT"
    assert measure_title("quality/sliced-w2", state) == "Sliced W2, of pT"
    assert metric_in_unit("unheard-of", state.catalog) == "Unheard of"


def test_the_figure_of_a_run_and_the_table_of_compared_ones_have_it(qtbot, run, state):
    headline, finals = Headline(state), Finals(state)
    for widget in (headline, finals):
        qtbot.addWidget(widget)
    headline.show_run(run)
    shown = [each.text() for each in headline.findChildren(QLabel)]
    assert {"0.003", "of pT"} <= {*shown}
    assert "0.003 of pT" in headline.accessibleName()
    finals.show_runs([run, run], "quality/sliced-w2")
    assert finals.lines[0] == ("Sliced W2", ("0.003 of pT", "0.003 of pT"))


def test_a_floor_goes_below_its_figure_before_it_is_cut(qtbot, run, state):
    run.floors["sliced-w2"] = 0.0031
    headline = Headline(state)
    qtbot.addWidget(headline)
    for width, beside in ((400, True), (150, False), (400, True)):
        headline.show_run(run)
        headline.resize(width, 120)
        headline.show()
        QApplication.processEvents()
        assert headline.floor.text() == "floor 0.0031"
        assert (headline.floor.x() > headline.value.x()) == beside
        assert (headline.floor.y() > headline.value.geometry().bottom()) == (not beside)


def test_what_a_training_says_of_itself_has_the_unit_of_its_family(run):
    """A bound of nats stood beside bits a character, and nobody said so."""
    discover()
    made = build([])
    (_, loss) = figures(run, str, family=made.get("family", "causal-transformer"))
    assert (loss.value, loss.tip) == ("0.3 nats", "A nat is 1.44 bits.")
    (_, bare) = figures(run, str, family=made.get("family", "edm"))
    assert (bare.value, bare.tip) == ("0.3", "")
    assert made.get("family", "d3pm").units["bound"] == "nats"


def spec_of(family):
    return RunSpec(name="run", dataset=Pick(slug="eight-gaussians"), family=Pick(slug=family))


def test_a_curve_of_several_runs_has_the_unit_that_all_of_them_say(run, state):
    """Charts of losses stood without a unit, though their figures had one."""
    discover()
    state.catalog = build([])
    likely, flow, plain = (
        RunState(key=slug, name=slug, spec=spec_of(slug), series=run.series)
        for slug in ("vae", "flow-matching", "gan")
    )
    assert measure_title("loss", state, [likely]) == "Loss, nats"
    assert measure_title("loss", state, [likely, likely]) == "Loss, nats"
    assert measure_title("loss", state, [flow]) == "Loss, squared error"
    for mixed in ([likely, flow], [likely, plain], [plain], []):
        assert measure_title("loss", state, mixed) == "Loss"

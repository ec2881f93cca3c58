"""The inspector of a run: each figure says of which step it is, and which curve is drawn."""

from dataclasses import replace
from types import SimpleNamespace

import msgspec
import pytest
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QLabel, QScrollArea

from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.data_type_registry import kind
from pushforward.studio.app.core.metric_values import figures, grouped
from pushforward.studio.app.core.run_snapshot import run_at
from pushforward.studio.app.core.runs import RunState, Series
from pushforward.studio.app.data.metric_list import qualities
from pushforward.studio.app.design.theme import theme
from pushforward.studio.app.engine.actions import Actions
from pushforward.studio.app.places.runs.inspector import metrics_section
from pushforward.studio.app.places.runs.inspector.metrics_section import FigureGroups
from pushforward.studio.app.places.runs.inspector.run_panel import (
    RunPanel,
    comparable,
    newest_apart,
)
from pushforward.studio.protocol import messages as m
from pushforward.studio.protocol.spec import ChangeSetting, EditPoints, Pick, RunSpec
from tests.app.test_shell import train
from tests.client.fakes.catalog import catalog


def measured(run, name, steps, values):
    run.series.setdefault(name, Series()).extend(steps, values)


@pytest.fixture
def run():
    made = RunState(key="/p/runs/0001-r", name="0001-r", step=1085, total=2000, state="running")
    measured(made, "loss", [1, 1085], [2.0, 0.5])
    measured(made, "phase", [1, 1085], [1.0, 1.0])
    measured(made, "quality/frechet-judge", [16, 70], [300.0, 288.0])
    measured(made, "cost/samples", [16, 70], [250.0, 250.0])
    measured(made, "cost/floor/frechet-judge", [16, 70], [4.0, 4.0])
    made.floors = {"frechet-judge": 4.0}
    return made


def test_a_figure_says_of_which_step_it_is_and_whether_it_is_old(run):
    old, now = figures(run, str)
    assert (old.name, old.value, old.floor) == ("quality/frechet-judge", "288", "floor 4")
    assert (old.when, old.stale) == ("at step 70, n = 250", True)
    assert (now.name, now.when, now.stale) == ("loss", "at step 1,085", False)
    run.step = 1100  # measured a moment ago is not old
    assert not figures(run, str)[1].stale


def test_a_figure_that_is_measured_no_more_says_since_when_and_why(run):
    measured(run, "quality/mode-coverage", [16, 70], [0.9, 1.0])
    measured(run, "quality/frechet-judge", [1080], [90.0])
    now, old = figures(run, str)[:2]
    assert (now.stale, old.stale) == (False, True)
    assert old.when == "at step 70, n = 250; not measured at step 1,080"
    run.edits = [
        ChangeSetting(step=20, path="lr", value=1.0),
        ChangeSetting(step=200, path="lr", value=2.0),
        EditPoints(step=300, action="add", centre=(0.0, 0.0), radius=0.1, count=400),
    ]
    why = "not measured since the target was changed at step 300"
    assert figures(run, str)[1].when == f"at step 70, n = 250; {why}"
    now, old, last = qualities(run, SimpleNamespace(catalog=None))
    assert (now[2], last[1]) == ("floor 4", "step 1,080")
    assert old[2] == f"n\u00a0=\u00a0250, at step 70, {why}"


def test_figures_of_an_earlier_version_do_not_say_their_n(run):
    del run.series["cost/samples"]
    assert figures(run, str)[0].when == "at step 70"


def test_a_curve_joins_only_figures_of_one_number_of_samples(run):
    measured(run, "quality/frechet-judge", [1085], [90.0])
    measured(run, "cost/samples", [1085], [2000.0])
    measured(run, "cost/floor/frechet-judge", [1085], [0.5])
    run.floors = {"frechet-judge": 0.5}
    now = figures(run, str)[0]
    assert (now.value, now.floor, now.when) == ("90", "floor 0.5", "at step 1,085, n = 2,000")
    line = comparable(run, "quality/frechet-judge")
    assert (line.steps.tolist(), line.values.tolist(), line.floor) == ([16, 70], [300, 288], 4)
    del run.series["cost/floor/frechet-judge"]  # an earlier version: no floor of so many is known
    assert comparable(run, "quality/frechet-judge").floor is None
    del run.series["cost/samples"]
    assert comparable(run, "quality/frechet-judge").steps.tolist() == [16, 70, 1085]


def test_the_last_figure_of_another_number_of_samples_stands_apart_with_its_own_floor(run, qtbot):
    """The curve ended at step 70 beside a headline of step 1,085, and touched another's floor."""
    assert newest_apart(run, "quality/frechet-judge") is None
    measured(run, "quality/frechet-judge", [1085], [90.0])
    measured(run, "cost/samples", [1085], [2000.0])
    measured(run, "cost/floor/frechet-judge", [1085], [0.5])
    last = newest_apart(run, "quality/frechet-judge")
    assert (last.steps.tolist(), last.floors.tolist()) == ([1085], [0.5])
    state = AppState()
    state.catalog = catalog()
    run.spec = RunSpec(name="r", family=Pick(slug="edm"), dataset=Pick(slug="eight-gaussians"))
    state.runs.by_key[run.key] = run
    state.runs.select(run.key)
    panel = RunPanel(state, Actions(state, SimpleNamespace(alive=False, tell=lambda command: None)))
    qtbot.addWidget(panel)
    said = panel.curve_title.text().replace("\u00a0", " ")
    assert said.endswith("steps 16 to 70, n = 250; dot: step 1,085, n = 2,000")
    assert (panel.curve.end.value, panel.curve.end.floor) == (90.0, 0.5)
    assert panel.curve.bar.endswith(", n\u00a0=\u00a0250")
    panel.curve.resize(200, 64)
    picture = panel.curve.grab().toImage()
    accent = QColor(theme.colors().accent)
    assert any(_near(picture.pixelColor(196, y), accent) for y in range(64)), "the dot"
    plain = picture.pixelColor(100, 2)
    below = [picture.pixelColor(x, y) for x in range(178, 192) for y in range(55, 64)]
    assert any(not _near(each, plain) for each in below), "and its floor, below that of the curve"


def _near(one: QColor, other: QColor) -> bool:
    return all(abs(a - b) < 40 for a, b in zip(one.getRgb()[:3], other.getRgb()[:3], strict=True))


def test_the_line_below_a_curve_is_called_what_it_is(run, qtbot):
    """Popularity is to be beaten: it is no floor."""
    state = AppState()
    made = catalog()
    (metric,) = [each for each in made.entries if each.slug == "sliced-w2"]
    beaten = msgspec.structs.replace(metric, slug="frechet-judge", bar="popularity (POP)")
    state.catalog = msgspec.structs.replace(made, entries=[*made.entries, beaten])
    run.spec = RunSpec(name="r", family=Pick(slug="edm"), dataset=Pick(slug="eight-gaussians"))
    state.runs.by_key[run.key] = run
    state.runs.select(run.key)
    link = SimpleNamespace(alive=False, tell=lambda command: None)
    panel = RunPanel(state, Actions(state, link))
    qtbot.addWidget(panel)
    assert panel.curve_title.text().endswith(", n\u00a0=\u00a0250")
    assert panel.curve.bar == "baseline"
    assert panel.curve.accessibleName().endswith("baseline 4")


def test_between_two_rules_of_the_panel_something_stands(run, qtbot):
    state = AppState()
    state.catalog = catalog()
    waiting = RunState(key="/p/runs/0002-w", name="0002-w", total=100, state="queued")
    waiting.spec = RunSpec(name="w", family=Pick(slug="edm"), dataset=Pick(slug="eight-gaussians"))
    run.spec = waiting.spec
    state.runs.by_key |= {run.key: run, waiting.key: waiting}
    state.runs.select(waiting.key)
    link = SimpleNamespace(alive=False, tell=lambda command: None)
    panel = RunPanel(state, Actions(state, link))
    qtbot.addWidget(panel)
    assert panel.rule.isHidden(), "nothing was measured"
    state.runs.select(run.key)
    assert not panel.rule.isHidden()


def test_a_figure_of_an_earlier_phase_says_whose_it_is(run):
    run.phases = [
        m.PhaseInfo(name="teacher", title="The teacher learns", start=0),
        m.PhaseInfo(name="generator", title="The generator follows", start=1000),
    ]
    old, now = figures(run, str)
    assert (old.when, now.when) == ("at step 70, n = 250, of the teacher", "at step 1,085")
    run.step = 900
    assert figures(run, str)[0].when == "at step 70, n = 250"


async def test_old_figures_are_dim_and_the_curve_says_what_it_is(bench, wait):
    await train(bench, wait)
    panel, run = bench.window.inspector.run, bench.state.runs.current
    assert isinstance(panel, RunPanel)
    await wait(lambda: panel.curve_title.text().startswith("Loss, steps 1 to"))
    told = m.Metrics(
        job=run.job,
        columns={"quality/sliced-w2": ([1, 2], [3.0, 2.0]), "cost/floor/sliced-w2": ([2], [0.1])},
    )
    bench.engine.emit(told)
    await wait(lambda: panel.curve_title.text().startswith("Sliced"))
    assert run.floors["sliced-w2"] == 0.1
    await wait(lambda: run.step > 100)
    await wait(lambda: panel.headline.value.property("dim") == "true")
    assert panel.headline.when.text().startswith("at step 2")
    assert qualities(run, bench.state)[-1][1] == "step 2"


@pytest.mark.parametrize("width", [240, 312])
def test_no_word_is_cut_off_at_the_right(run, qtbot, width):
    state = AppState()
    state.catalog = catalog()
    run.spec = RunSpec(
        name="r",
        family=Pick(slug="edm"),
        dataset=Pick(slug="project:a-data-set-of-mine-with-a-name-that-is-long"),
    )
    for prefix in ("cost/low/", "cost/high/"):
        measured(run, f"{prefix}frechet-judge", [16, 70], [287.3, 288.4])
    run.floors |= {"spread/frechet-judge": 0.0123}
    state.runs.by_key[run.key] = run
    state.runs.select(run.key)
    link = SimpleNamespace(alive=False, tell=lambda command: None)
    panel = RunPanel(state, Actions(state, link))
    qtbot.addWidget(panel)
    panel.resize(width, 400)
    panel.show()
    panel.refresh()
    (scroll,) = panel.findChildren(QScrollArea)
    qtbot.waitUntil(lambda: scroll.viewport().width() > 200)
    assert any("288 to 288" in each.text() for each in panel.findChildren(QLabel))
    assert scroll.widget().width() <= scroll.viewport().width()


def test_figures_stand_in_the_groups_of_their_kind(run):
    measured(run, "quality/sliced-w2", [1085], [0.2])
    measured(run, "quality/of-a-plugin", [1085], [0.3])
    rows = figures(run, str)
    groups = dict(grouped(rows, kind("points").groups, but={"frechet-judge"}))
    assert {title: [row.slug for row in each] for title, each in groups.items()} == {
        "Distance to real": ["sliced-w2"], "Quality": ["of-a-plugin"], "Training": [""],
    }  # fmt: skip


def test_a_group_says_once_of_which_step_it_is(run, qtbot):
    for name in ("quality/a", "quality/b"):
        measured(run, name, [1085], [1.0])
    measured(run, "cost/samples", [1085], [2000.0])
    widget = FigureGroups()
    qtbot.addWidget(widget)
    widget.show_groups(grouped(figures(run, str), {}))
    assert widget._heads[0].accessibleName() == "at step 1,085, n = 2,000"
    told = {row[2].text(): row[2].isHidden() for row in widget.lines}
    assert told["at step 1,085, n = 2,000"]
    assert not next(hidden for text, hidden in told.items() if "at step 70" in text)


@pytest.mark.parametrize(("width", "below"), [(700, False), (280, True)])
def test_no_name_is_cut_for_a_floor(run, qtbot, width, below):
    measured(run, "quality/a-distance-with-a-name", [1085], [0.00271])
    run.floors["a-distance-with-a-name"] = 0.0017
    widget = FigureGroups()
    qtbot.addWidget(widget)
    widget.resize(width, 300)
    widget.show()
    widget.show_groups(grouped(figures(run, str), {}))
    qtbot.waitUntil(lambda: all(name.width() > 0 for name in widget._names))
    name, (value, floor, _) = next(
        (n, line) for n, line in zip(widget._names, widget.lines, strict=True) if line[1].text()
    )
    qtbot.waitUntil(lambda: (floor.y() > value.y() + 5) == below)
    assert name.width() >= name.sizeHint().width()
    assert widget.minimumSizeHint().width() <= 280  # or the panel would never become narrow


def test_a_floor_below_its_figure_takes_nothing_from_the_name(run, qtbot):
    """It is longer than the figure, and cut the name though it stands a line below."""
    figure = replace(
        figures(run, str)[0], name="W1 of the constituents' pT", value="0.00169 of pT",
        floor="floor 0.00120 ± 0.00025, baseline",
    )  # fmt: skip
    widget = FigureGroups()
    qtbot.addWidget(widget)
    widget.show()
    widget.show_groups([("Jets", [figure])])
    (name,), ((value, floor, _),) = widget._names, widget.lines
    widget.resize(name.sizeHint().width() + value.sizeHint().width() + 12, 300)
    qtbot.waitUntil(lambda: floor.y() > value.y() + 5)
    assert floor.sizeHint().width() > value.sizeHint().width() + 12, "the longer one"
    assert name.width() >= name.sizeHint().width()
    assert name.text() == figure.name


def test_a_figure_whose_floor_comes_later_is_not_written_over_it(run, qtbot, monkeypatch):
    """While lines are filled the panel may be resized, when some have no floor yet."""
    one = replace(figures(run, str)[0], name="Different", value="1", floor="floor 1")
    widget = FigureGroups()
    qtbot.addWidget(widget)
    widget.resize(700, 100)
    widget.show()
    monkeypatch.setattr(metrics_section, "restyle", lambda *_, **__: widget._fit())
    widget.show_groups([("Graphs", [one, replace(one, name="New", value="0.959")])])
    for value, _, _ in widget.lines:
        *_, columns = widget._grid.getItemPosition(widget._grid.indexOf(value))
        assert columns == 1


def test_lines_of_other_groups_leave_no_gap(run, qtbot):
    widget = FigureGroups()
    qtbot.addWidget(widget)
    rows = figures(run, str)
    widget.show_groups(grouped(rows, {"All": ("frechet-judge",)}))
    widget.show_groups(grouped(rows, {}, but={"frechet-judge"}))
    heads = [line for line in range(widget._grid.rowCount()) if widget._grid.rowMinimumHeight(line)]
    assert heads == [0]


def test_figures_follow_the_training_clock(run, qtbot):
    measured(run, "quality/frechet-judge", [1085], [90.0])
    measured(run, "cost/samples", [1085], [2000.0])
    measured(run, "cost/floor/frechet-judge", [1085], [0.5])
    run.floors = {"frechet-judge": 0.5}
    run.kept = [10, 643, 1085]
    state = AppState()
    state.runs.by_key[run.key] = run
    state.runs.select(run.key)
    panel = RunPanel(state, Actions(state, SimpleNamespace(alive=False, tell=lambda command: None)))
    qtbot.addWidget(panel)
    assert (panel.headline.value.text(), panel.then.isHidden()) == ("90", True)
    state.playback.set(step=643)
    assert (panel.headline.value.text(), panel.headline.floor.text()) == ("288", "floor 4")
    assert panel.headline.when.text().startswith("at step 70, n = 250")
    assert panel.then.text() == "Up to step 643; the newest metrics are of step 1,085"
    assert qualities(run_at(run, 643), state)[0][:2] == ("Frechet judge", "288")
    state.playback.set(step=10)
    assert panel.headline.isHidden()
    assert panel.then.text().startswith("No metrics up to step 10")
    state.playback.set(step=None)
    assert (panel.headline.value.text(), panel.then.isHidden()) == ("90", True)
    assert len(run.series["quality/frechet-judge"]) == 3, "the run itself keeps all its figures"

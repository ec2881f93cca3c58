"""All runs in a table: found, grouped without mixing data, sorted inside groups, compared."""

from pathlib import Path
from types import SimpleNamespace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QLineEdit

from studio.app.actions import Actions
from studio.app.differing import differing
from studio.app.pages.run_table_model import AXIS, COLUMNS
from studio.app.pages.runs import RunsPage
from studio.app.state.runs import RunState, Series
from studio.app.state.runtable import figure_of, found, groups, in_order, scale_of
from studio.app.state.session import AppState
from studio.protocol.label import Label
from studio.protocol.spec import Pick, RunSpec
from tests.app.lenses.conftest import SpyLink
from tests.client.fakes.catalog import catalog

METRIC = next(e.slug for e in catalog().of("metric"))


def run(n, model="edm", data="ring-of-five", value=None, *, slug=METRIC, parent=0, **said):
    spec = RunSpec(name="r", family=Pick(slug=model), dataset=Pick(slug=data))
    made = RunState(key=f"/p/runs/{n:04d}-r", name=f"{n:04d}-r", spec=spec, step=100, total=100)
    made.label = Label(**said)
    if parent:
        made.parent, made.branch_step = f"{parent:04d}-r", 50
    if value is not None:
        series = made.series[f"quality/{slug}"] = Series()
        series.extend([60], [value])
        made.floors = {slug: 0.1, f"spread/{slug}": 0.02}
    return made


def some():
    return [
        run(1, value=0.3, tags=("paper",), baseline=True),
        run(2, value=0.2, parent=1, note="left half is lost"),
        run(3, "gan", value=4.0, tags=("paper", "fails")),
        run(4, "gan"),
        run(5, data="eight-gaussians", value=0.01, tags=("paper",)),
    ]


def names(runs):
    return [int(each.name[:4]) for each in runs]


@pytest.mark.parametrize("by", ["data", "model", "tag"])
def test_a_group_never_mixes_data(by):
    made = groups(some(), by, catalog())
    assert all(len({each.spec.dataset.slug for each in group.runs}) == 1 for group in made)
    assert {n for group in made for n in names(group.runs)} == {1, 2, 3, 4, 5}


def test_a_run_is_in_the_group_of_each_of_its_tags():
    listed = [(g.title, names(g.runs)) for g in groups(some(), "tag", catalog())]
    assert ("fails", [3]) in listed
    assert ("paper", [3, 1]) in listed
    assert ("paper", [5]) in listed
    assert ("Without a tag", [4, 2]) in listed


def test_runs_are_found_by_all_that_is_said_of_them():
    runs = some()
    assert names(found(runs, "gan", catalog())) == [3, 4]
    assert names(found(runs, "HALF lost", catalog())) == [2]
    assert names(found(runs, "paper eight", catalog())) == [5]
    assert found(runs, "nothing", catalog()) == []


def test_runs_are_sorted_inside_a_group_and_what_is_unknown_comes_last():
    ring = next(g for g in groups(some(), "data", catalog()) if len(g.runs) == 4)
    assert names(in_order(ring, "metric", False, catalog())) == [2, 1, 3, 4]
    assert names(in_order(ring, "metric", True, catalog())) == [3, 1, 2, 4]


def test_the_axis_belongs_to_the_group_and_has_its_floor():
    ring = next(g for g in groups(some(), "data", catalog()) if len(g.runs) == 4)
    scale = scale_of(ring)
    assert (scale.low, scale.high, scale.log) == (0.1, 4.0, True)
    assert scale.at(0.1) == 0.0
    assert scale.at(4.0) == 1.0
    assert 0.0 < scale.at(0.2) < scale.at(0.3) < 0.5
    assert ring.floor == (0.1, 0.02)
    assert names([ring.baseline]) == [1]
    assert figure_of(ring.runs[0], ring.metric) is None, "the newest, number 4, was never measured"


def test_only_what_differs_is_listed():
    one, other = run(1), run(2)
    assert differing([one, other], catalog()).rows == ()
    field = next(f for f in next(iter(catalog().of("training"))).fields if f.kind == "int")
    other.spec.training[field.path] = 77
    told = differing([one, other], catalog())
    assert [(title, values[1]) for title, values in told.rows] == [(field.title, "77")]
    assert told.all > 1


@pytest.fixture
def made(qtbot):
    state = AppState()
    state.catalog, state.project = catalog(), Path("/p")
    state.runs.by_key = {each.key: each for each in some()}
    page = RunsPage(state, Actions(state, SpyLink()))
    qtbot.addWidget(page)
    page.resize(1100, 700)
    page.show()
    return SimpleNamespace(state=state, page=page, table=page.table, model=page.model)


def cells(made, column):
    rows = [made.model.index_of(line.key) for line in made.model.lines]
    return [index.siblingAtColumn(column).data() for index in rows]


def index_of(made, n):
    key = next(line.key for line in made.model.lines if line.key.endswith(f"{n:04d}-r"))
    return made.model.index_of(key)


def go_to(made, n):
    made.table.setFocus()
    made.table.selectionModel().setCurrentIndex(
        index_of(made, n), made.table.selectionModel().SelectionFlag.NoUpdate
    )


def test_the_table_has_a_tree_in_each_group_and_a_dash_for_no_metric(made):
    assert cells(made, 0) == [
        "Eight Gaussians", "5 r", "Ring of five", "4 r", "3 r", "1 r · baseline", "2 r from 50",
    ]  # fmt: skip
    assert [line.depth for line in made.model.lines] == [0, 1, 0, 1, 1, 1, 2]
    assert cells(made, 3)[3:] == ["–", "4", "0.3", "0.2"]
    tip = index_of(made, 3).siblingAtColumn(3).data(Qt.ItemDataRole.ToolTipRole)
    assert "measured at step 60" in tip
    assert made.page.counts.text() == "5 runs"


def test_a_click_on_a_head_sorts_inside_the_groups_and_one_on_the_name_makes_the_tree(made):
    metric = COLUMNS.index(("Metric", "metric"))
    made.table.header().sectionClicked.emit(metric)
    assert cells(made, 0)[2:] == ["Ring of five", "2 r from 50", "1 r · baseline", "3 r", "4 r"]
    made.table.header().sectionClicked.emit(0)
    assert [line.depth for line in made.model.lines][-1] == 2


def test_the_filter_and_the_groups_leave_what_is_selected_selected(made, qtbot):
    go_to(made, 3)
    qtbot.keyClick(made.table, Qt.Key.Key_Space)
    made.page.finder.setText("gan")
    assert cells(made, 0) == ["Ring of five", "4 r", "3 r"]
    assert made.page.counts.text() == "2 of 5 runs, 1 selected"
    made.page.grouping.setCurrentIndex(1)
    made.page.grouping.activated.emit(1)
    assert cells(made, 0)[0] == made.state.catalog.get("family", "gan").title
    assert names(made.page.selected) == [3]
    qtbot.keyClick(made.page.finder, Qt.Key.Key_Escape)
    assert made.page.counts.text() == "5 runs, 1 selected"


def test_space_selects_and_from_two_on_the_strip_says_what_differs(made, qtbot, monkeypatch):
    shown, deleted = [], []
    monkeypatch.setattr(made.page._actions.comparing, "show", shown.append)
    monkeypatch.setattr(made.page._actions.project, "delete_runs", deleted.extend)
    strip = made.page.strip
    go_to(made, 4)
    qtbot.keyClick(made.table, Qt.Key.Key_Space)
    assert strip.isHidden()
    qtbot.keyClick(made.table, Qt.Key.Key_Down)
    qtbot.keyClick(made.table, Qt.Key.Key_Down)
    qtbot.keyClick(made.table, Qt.Key.Key_Space)
    assert names(made.page.selected) == [4, 1]
    assert not strip.isHidden()
    heads = [strip.table.horizontalHeaderItem(n).text() for n in range(2)]
    assert heads == ["Run", "Model"]
    assert "Same data: comparable." in strip.said._whole
    strip.compare.click()
    assert shown == [["/p/runs/0004-r", "/p/runs/0001-r"]]
    made.page._copy()
    assert len(QGuiApplication.clipboard().text().splitlines()) == 2
    strip.delete.click()
    assert deleted == shown[0]
    go_to(made, 5)
    qtbot.keyClick(made.table, Qt.Key.Key_Space)
    assert not strip.compare.isEnabled()
    assert "different data" in strip.said._whole
    qtbot.keyClick(made.table, Qt.Key.Key_Escape)
    assert strip.isHidden()


@pytest.mark.parametrize(
    ("key", "intent"),
    [(Qt.Key.Key_F2, "rename"), (Qt.Key.Key_T, "tag"), (Qt.Key.Key_N, "note")],
)
def test_names_tags_and_notes_are_written_in_their_cells(made, qtbot, monkeypatch, key, intent):
    said = []
    monkeypatch.setattr(made.page._actions.labels, intent, lambda *each: said.append(each))
    go_to(made, 3)
    qtbot.keyClick(made.table, key)
    line = made.table.viewport().findChild(QLineEdit)
    before = {"rename": "r", "tag": "paper, fails", "note": ""}[intent]
    assert line.text() == before
    qtbot.keyClicks(line, "new")
    qtbot.keyClick(line, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: said == [("/p/runs/0003-r", "new")])


def test_b_pins_enter_opens_and_left_closes_a_group(made, qtbot, monkeypatch):
    pinned = []
    made.table.pinned.disconnect()
    made.table.pinned.connect(pinned.append)
    go_to(made, 3)
    qtbot.keyClick(made.table, Qt.Key.Key_B)
    assert pinned == ["/p/runs/0003-r"]
    qtbot.keyClick(made.table, Qt.Key.Key_Return)
    assert (made.state.place, made.state.runs.selection) == ("run", "/p/runs/0003-r")
    qtbot.keyClick(made.table, Qt.Key.Key_Left)
    qtbot.keyClick(made.table, Qt.Key.Key_Left)
    assert not made.table.isExpanded(index_of(made, 3).parent())
    made.page.finder.setText("r")
    assert not made.table.isExpanded(index_of(made, 3).parent()), "it stays closed"


def test_a_narrow_page_lets_go_of_the_axis_first(made):
    assert not made.table.isColumnHidden(AXIS)
    assert not made.page.grab().isNull()
    made.page.resize(600, 500)
    assert made.table.isColumnHidden(AXIS)
    assert not made.table.isColumnHidden(len(COLUMNS) - 1)

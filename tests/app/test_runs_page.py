"""All runs in a table: found, grouped without mixing data, sorted inside groups, compared."""

import csv
from pathlib import Path
from types import SimpleNamespace

import msgspec
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit, QPushButton

from pushforward.studio.app.charts.overlays import EmptyState
from pushforward.studio.app.charts.run_badge import MARKED
from pushforward.studio.app.core import draft_spec
from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.display_names import named_as_parent
from pushforward.studio.app.core.run_differences import differing
from pushforward.studio.app.core.run_filter import ALL, RunFinding, counts, found, parsed
from pushforward.studio.app.core.run_groups import data_taken, figure_of, groups, in_order, scale_of
from pushforward.studio.app.core.run_verdict import verdict_of
from pushforward.studio.app.core.runs import RunState, Series
from pushforward.studio.app.design.row_paint import HEIGHT
from pushforward.studio.app.engine.actions import Actions
from pushforward.studio.app.places.runs.run_facets import RunFacets
from pushforward.studio.app.places.runs.runs_page import RunsPage
from pushforward.studio.app.places.runs.table.cell_text import fitting
from pushforward.studio.app.places.runs.table.table_model import AXIS, COLUMNS, NOTE, STEP, TAGS
from pushforward.studio.app.places.runs.table.table_model import METRIC as VALUE
from pushforward.studio.app.places.runs.table_export import ask_table
from pushforward.studio.protocol.catalog import EntrySpec, FieldSpec
from pushforward.studio.protocol.label import Label
from pushforward.studio.protocol.spec import Pick, RunSpec
from tests.app.lenses.conftest import SpyLink
from tests.client.fakes.catalog import catalog

METRIC = next(e.slug for e in catalog().entries_of("metric"))
TITLE = catalog().get("metric", METRIC).title.partition(" (")[0]


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


def sought(text, **chosen):
    finding = RunFinding()
    finding.seek(text)
    for title, value in chosen.items():
        finding.choose(title, value)
    return finding


def test_all_lets_go_of_every_facet():
    finding = sought("", Data="Ring", Tags="paper")
    assert set(finding.chosen) == {"Data", "Tags"}
    finding.choose("State", ALL)
    assert finding.chosen == {}


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("gan", [3, 4]),
        ("HALF lost", [2]),
        ("paper eight", [5]),
        ("nothing", []),
        ("baseline", [1]),
        ("metric < 0.25", [2, 5]),
        ("gan metric>=4", [3]),
        ("step > 1k", []),
        ("step >", [1, 2, 3, 4, 5]),  # the number is still to come
        (">", [1, 2, 3, 4, 5]),
        (f"{TITLE} < .25", [2, 5]),
        (f"paper {TITLE.upper()} >= 0.25 gan", [3]),
        ("banana < 3", [1, 2, 3, 4, 5]),
        ("gan metric < abc", [3, 4]),
        ("time < 1 min finished", [1, 2, 3, 4, 5]),
    ],
)
def test_runs_are_found_by_all_that_is_said_of_them_and_by_their_figures(text, left):
    assert names(found(some(), sought(text), catalog())) == left


def test_what_nobody_can_be_compared_by_is_said(made):
    assert parsed("sliced banana <", some(), catalog()).problem.startswith(
        "Unknown metric “sliced banana”. Try step, metric, time, "
    )
    assert not parsed(f"gan {TITLE} <", some(), catalog()).problem
    made.page.head.finder.setText("banana < 3")
    assert made.page.head.counts.text() == "Unknown metric “banana”"
    assert TITLE.casefold() in made.page.head.counts.toolTip()
    made.page.head.finder.setText("metric < 0.1x")
    assert made.page.head.counts.text() == "“0.1x” is not a number"
    assert made.page.head.counts.toolTip().endswith("Example: metric < 0.1")
    made.page.head.finder.setText("nowhere-to-be-found metric < abc")
    assert made.page._empty.accessibleName().startswith("Invalid filter. “abc” is no")
    made.page.head.finder.setText("banana")
    assert made.page.head.counts.text() == "0 of 5 runs"


def test_facets_say_how_many_each_choice_leaves_beside_what_else_is_sought():
    runs = some()
    runs[3].state = "running"
    told = counts(runs, sought("", State="Finished"), catalog())
    assert told["State"] == {ALL: 5, "Training": 1, "Finished": 4}
    assert told["Tags"] == {"paper": 3, "fails": 1}
    assert told["Data"] == {"Ring of five": 3, "Eight Gaussians": 1}
    assert told["Against the floor"] == {
        "As good as real data": 1,
        "Differs from real data": 3,
        "Not measured": 0,
    }
    near = run(6, value=0.12)
    told = counts([*runs, near], sought("", Data="Ring of five"), catalog())
    assert told["Against the floor"]["Within the noise floor"] == 1
    assert names(found(runs, sought("gan", State="Finished"), catalog())) == [3]
    told = counts(runs, sought("gan", State="Finished"), catalog())
    assert told["State"] == {ALL: 2, "Training": 1, "Finished": 1}
    assert told["Tags"] == {"paper": 1, "fails": 1}


def test_runs_are_sorted_inside_a_group_and_what_is_unknown_comes_last():
    ring = next(g for g in groups(some(), "data", catalog()) if len(g.runs) == 4)
    assert names(in_order(ring, "metric", False, catalog())) == [2, 1, 3, 4]
    assert names(in_order(ring, "metric", True, catalog())) == [3, 1, 2, 4]


def test_a_metric_that_is_best_near_its_floor_is_sorted_by_the_distance_from_it():
    """A share at the modes of 1 stood above 0.86, which is that of real data."""
    runs = [run(number, value=value) for number, value in ((1, 1.0), (2, 0.6), (3, 0.85))]
    for made in runs:
        made.floors = {"sliced-w2": 0.865, "spread/sliced-w2": 0.01}
    known = catalog()
    at = next(n for n, each in enumerate(known.entries) if each.slug == "sliced-w2")
    known.entries[at] = msgspec.structs.replace(known.entries[at], better="near")
    (near,) = groups(runs, "data", known)
    assert names(in_order(near, "metric", False, known)) == [3, 1, 2]
    assert names(in_order(near, "metric", True, known)) == [2, 1, 3]
    (lower,) = groups(runs, "data", catalog())
    assert names(in_order(lower, "metric", False, catalog())) == [2, 3, 1]


def test_the_axis_belongs_to_the_group_and_has_its_floor():
    ring = next(g for g in groups(some(), "data", catalog()) if len(g.runs) == 4)
    scale = scale_of(ring)
    assert (scale.low, scale.high, scale.log) == (pytest.approx(0.0659, abs=1e-4), 4.0, True)
    assert scale.at(0.06) == 0.0
    assert scale.at(4.0) == 1.0
    assert 0.0 < scale.at(0.2) < scale.at(0.3) < 0.5
    assert (ring.floor, ring.band) == (0.1, pytest.approx((0.0659, 0.146), abs=1e-4))
    assert names([ring.baseline]) == [1]
    assert figure_of(ring.runs[0], ring.metric) is None, "the newest, number 4, was never measured"


def of_so_many(made, n, floor, spread):
    """Say with how many samples the figure of a run was measured, and what the floor then is."""
    made.series["cost/samples"] = Series()
    made.series["cost/samples"].extend([60], [n])
    made.floors = {METRIC: floor, f"spread/{METRIC}": spread}
    return made


def test_the_axis_is_for_as_many_samples_as_most_figures_and_others_stand_apart():
    training = of_so_many(run(3, value=0.31), 250, 0.31, 0.1)
    trained = [of_so_many(run(n, value=0.1 + n / 100), 2000, 0.12, 0.01) for n in (1, 2)]
    (ring,) = groups([*trained, training], "data", catalog())
    assert ring.runs[0] is training, "the newest is first, and its floor is its own"
    assert (ring.n, ring.floor) == (2000, 0.12)
    assert [each.name for each in ring.runs if ring.has_other_count(each)] == ["0003-r"]
    for down in (False, True):
        assert names(in_order(ring, "metric", down, catalog()))[-1] == 3
    (even,) = groups([trained[0], training], "data", catalog())
    assert even.n == 2000, "of two that are as frequent, the larger number"


@pytest.mark.parametrize(
    ("value", "facet"),
    [
        (0.05, "As good as real data"),
        (0.07, "Within the noise floor"),
        (0.13, "Within the noise floor"),
        (0.15, "Differs from real data"),
    ],
)
def test_the_band_is_where_the_verdict_says_not_distinguishable(value, facet):
    made = of_so_many(run(1, value=value), 2000, 0.1, 0.02)
    (group,) = groups([made], "data", catalog())
    low, high = group.band
    said = verdict_of(made, catalog()).words
    assert (low <= value <= high) == said.startswith("within the")
    listed = counts([made], RunFinding(), catalog())["Against the floor"]
    assert listed == {facet: 1}
    of_so_many(made, 20, 0.1, 0.02)
    assert groups([made], "data", catalog())[0].band is None, "of so few nobody can say it"


def test_only_what_differs_is_listed():
    one, other = run(1), run(2)
    assert differing([one, other], catalog()).rows == ()
    field = next(f for f in next(iter(catalog().entries_of("training"))).fields if f.kind == "int")
    other.spec.training[field.path] = 77
    told = differing([one, other], catalog())
    assert [(title, values[1]) for title, values in told.rows] == [(field.title, "77")]
    assert told.all > 1


def test_settings_of_one_title_are_told_apart():
    """A GAN has two optimisers: of two rates one stood for both, and nobody said whose."""
    rate = EntrySpec(
        kind="family", slug="two-rates", title="Two", summary="", source="", fields=[
            FieldSpec(path=f"{one}.lr", kind="float", title="Learning rate", help="", default=0.1,
                      group=f"{one.capitalize()}'s optimiser")
            for one in ("generator", "critic")
        ] + [FieldSpec(path="latent", kind="int", title="Latent", help="", default=16)],
    )  # fmt: skip
    known = catalog()
    known = msgspec.structs.replace(known, entries=[*known.entries, rate])
    one, other = run(1), run(2)
    for each, config in ((one, {}), (other, {"generator": {"lr": 0.5}})):
        each.spec = msgspec.structs.replace(each.spec, family=Pick(slug="two-rates", config=config))
    (told,) = differing([one, other], known).rows
    assert told == ("Learning rate, generator's optimiser", ("0.1", "0.5"))
    assert draft_spec.called(rate.fields[2], rate.fields) == "Latent"


@pytest.fixture
def made(qtbot):
    state = AppState()
    state.catalog, state.project = catalog(), Path("/p")
    state.runs.by_key = {each.key: each for each in some()}
    page = RunsPage(state, Actions(state, SpyLink()))
    qtbot.addWidget(page)
    page.resize(1100, 700)
    page.show()
    facets = RunFacets(state)
    qtbot.addWidget(facets)
    facets.show()
    return SimpleNamespace(
        state=state, page=page, table=page.table, model=page.model, facets=facets
    )


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
        "1 r · baseline", "Eight Gaussians", "5 r", "Ring of five", "4 r", "3 r", "1 r · baseline",
        "2 r from 50",
    ]  # fmt: skip
    assert [line.depth for line in made.model.lines] == [0, 0, 1, 0, 1, 1, 1, 2]
    assert cells(made, VALUE)[4:] == ["—", "4", "0.3", "0.2"]
    tip = index_of(made, 3).siblingAtColumn(VALUE).data(Qt.ItemDataRole.ToolTipRole)
    assert "measured at step 60" in tip
    assert made.page.head.counts.text() == "5 runs"


def click_head(made, column):
    head = made.table.header()
    at = QPoint(head.sectionViewportPosition(column) + 30, head.height() // 2)
    QTest.mouseClick(head.viewport(), Qt.MouseButton.LeftButton, pos=at)


def test_a_click_on_a_head_sorts_inside_the_groups_a_tree_or_a_list(made):
    click_head(made, VALUE)
    assert cells(made, 0)[3:] == ["Ring of five", "1 r · baseline", "2 r from 50", "3 r", "4 r"]
    assert made.table.head._sorted == ("metric", False)
    made.page.head.layout_.chosen.emit(1)
    assert cells(made, 0)[3:] == ["Ring of five", "2 r from 50", "1 r · baseline", "3 r", "4 r"]
    click_head(made, VALUE)
    assert cells(made, 0)[4] == "3 r"
    made.page.head.layout_.chosen.emit(0)
    click_head(made, 0)
    assert [line.depth for line in made.model.lines][-1] == 2


def test_a_figure_of_another_number_of_samples_says_so(made):
    for n, many in ((1, 2000), (2, 2000), (3, 250)):
        of_so_many(made.state.runs.by_key[f"/p/runs/{n:04d}-r"], many, 250 / many, 0.02)
    made.page.refresh()
    row = index_of(made, 3).siblingAtColumn(AXIS)
    tip = " ".join(row.data(Qt.ItemDataRole.ToolTipRole).split())  # of several lines
    assert "with n = 250" in tip
    assert "its own floor 1" in tip
    assert "axis is for n = 2,000" in tip
    line = made.model.row_at(row)
    assert line.has_other_count
    assert line.floor is not None
    assert line.floor[0] == 1.0 != line.group.floor
    other = index_of(made, 1).siblingAtColumn(AXIS).data(Qt.ItemDataRole.ToolTipRole)
    assert "axis" not in other
    head = index_of(made, 3).parent().siblingAtColumn(VALUE).data(Qt.ItemDataRole.ToolTipRole)
    head = " ".join(head.split())
    assert "n = 2,000" in head
    assert "Samples differ from real data if at least one metric" in " ".join(head.split())
    assert not made.page.grab().isNull()


def test_the_filter_and_the_groups_leave_what_is_selected_selected(made, qtbot):
    go_to(made, 3)
    qtbot.keyClick(made.table, Qt.Key.Key_Space)
    made.page.head.finder.setText("gan")
    assert cells(made, 0) == ["Ring of five", "4 r", "3 r"]
    assert made.page.head.counts.text() == "2 of 5 runs, 1 selected"
    made.page.head.grouping.setCurrentIndex(1)
    made.page.head.grouping.activated.emit(1)
    assert cells(made, 0)[0] == made.state.catalog.get("family", "gan").title
    assert names(made.page.selected) == [3]
    qtbot.keyClick(made.page.head.finder, Qt.Key.Key_Escape)
    assert made.page.head.counts.text() == "5 runs, 1 selected"


def test_space_selects_and_from_two_on_the_strip_says_what_differs(made, qtbot, monkeypatch):
    shown, deleted = [], []
    monkeypatch.setattr(made.page._actions.comparing, "show", shown.append)
    made.table.deleted.disconnect()
    made.table.deleted.connect(deleted.extend)
    strip = made.page.strip
    go_to(made, 4)
    qtbot.keyClick(made.table, Qt.Key.Key_Space)
    assert strip.isHidden()
    qtbot.keyClick(made.table, Qt.Key.Key_Down)
    qtbot.keyClick(made.table, Qt.Key.Key_Down)
    qtbot.keyClick(made.table, Qt.Key.Key_Space)
    assert names(made.page.selected) == [4, 1]
    assert not strip.isHidden()
    columns = strip.table.model().columnCount()
    heads = [strip.table.heading(n).text() for n in range(columns)]
    assert heads[:2] == ["Run", "Model"]
    assert heads.index("Time") < heads.index("Preconditioning"), "which a GAN does not have"
    assert "Same data: comparable." in strip.said._whole
    strip.compare.click()
    assert shown == [["/p/runs/0004-r", "/p/runs/0001-r"]]
    made.page._copy()
    assert len(QGuiApplication.clipboard().text().splitlines()) == 2
    qtbot.keyClick(made.table, Qt.Key.Key_Delete)
    assert deleted == shown[0]
    go_to(made, 5)
    qtbot.keyClick(made.table, Qt.Key.Key_Space)
    assert not strip.compare.isEnabled()
    assert "different data" in strip.said._whole
    qtbot.keyClick(made.table, Qt.Key.Key_Escape)
    assert strip.isHidden()


def test_of_many_runs_the_strip_shows_the_first_few(made):
    """What differs has a value for each selected run: the rows of the first few were not equal."""
    runs = [run(n, ("edm", "gan")[n % 2], value=0.1 * n) for n in range(10, 34)]
    made.page.strip.show_runs(runs)
    assert made.page.strip.table.model().rowCount() == MARKED
    assert f"The first {MARKED} of 24 are shown." in made.page.strip.said._whole


@pytest.mark.parametrize("column", [TAGS, NOTE])
def test_a_double_click_on_what_is_said_of_a_run_lets_it_be_written(made, qtbot, column):
    opened = []
    made.table.opened.connect(opened.append)
    made.table.setColumnHidden(column, False)
    at = made.table.visualRect(index_of(made, 3).siblingAtColumn(column)).center()
    qtbot.mouseDClick(made.table.viewport(), Qt.MouseButton.LeftButton, pos=at)
    assert made.table.editing
    assert opened == []


def test_delete_deletes_nothing_where_nothing_is_selected(made, qtbot, monkeypatch):
    deleted = []
    monkeypatch.setattr(made.page._actions.project, "delete_runs", deleted.append)

    def click(index):
        at = made.table.visualRect(index).center()
        qtbot.mouseClick(made.table.viewport(), Qt.MouseButton.LeftButton, pos=at)

    click(index_of(made, 5))
    qtbot.keyClick(made.table, Qt.Key.Key_Escape)
    click(index_of(made, 3).parent())
    qtbot.keyClick(made.table, Qt.Key.Key_Delete)
    go_to(made, 3)
    qtbot.keyClick(made.table, Qt.Key.Key_Delete)
    assert deleted == []
    assert made.state.notices.history[-1].text == "No run is selected"
    qtbot.keyClick(made.table, Qt.Key.Key_Space)
    qtbot.keyClick(made.table, Qt.Key.Key_Delete)
    assert deleted == [["/p/runs/0003-r"]]


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
    made.page.head.finder.setText("r")
    assert not made.table.isExpanded(index_of(made, 3).parent()), "it stays closed"


def test_a_narrow_page_lets_go_of_columns_and_keeps_names_and_figures(made):
    seen = []
    for width in (1100, 950, 850, 750, 650, 560):
        made.page.resize(width, 500)
        shown = [n for n in range(len(COLUMNS)) if not made.table.isColumnHidden(n)]
        assert sum(made.table.columnWidth(n) for n in shown) <= width
        seen.append(len(shown))
    assert seen == [9, 8, 7, 6, 5, 4]
    assert not made.page.grab().isNull()


def choose(made, title, value):
    made.facets.list.line(title, value).click()


def test_facets_narrow_the_table_and_a_filter_that_finds_nothing_says_so(made, qtbot):
    facets = made.facets.list
    choose(made, "Tags", "paper")
    assert cells(made, 0) == [
        "1 r · baseline", "Eight Gaussians", "5 r", "Ring of five", "3 r", "1 r · baseline",
    ]  # fmt: skip
    assert facets.line("Model", "Diffusion (EDM)").note == "2"
    choose(made, "Data", "Eight Gaussians")
    assert made.page.head.counts.text() == "1 of 5 runs"
    assert not facets.line("Tags", "fails").isEnabled()
    made.page.head.finder.setText("nowhere")
    assert cells(made, 0) == []
    said = made.page.findChild(EmptyState)
    assert said.isVisible()
    clear = next(each for each in said.findChildren(QPushButton) if each.text() == "Clear")
    clear.click()
    assert said.isHidden()
    assert made.page.head.finder.text() == ""
    assert made.page.head.counts.text() == "5 runs"
    choose(made, "State", "Finished")
    choose(made, "State", ALL)
    assert not made.state.finding


def test_of_many_values_the_first_are_shown_and_all_where_they_are_asked_for(made, qtbot):
    runs = [run(n, tags=(f"tag {n}",)) for n in range(10, 30)]
    made.state.runs.by_key = {each.key: each for each in runs}
    made.facets.refresh()
    facets = made.facets.list
    qtbot.waitUntil(facets.line("Tags", "tag 10").isVisible)
    assert facets.line("Tags", "tag 29").isHidden()
    more = facets._more["Tags"]
    assert (more.text(), more.note) == ("13 more", "13")
    more.click()
    assert not facets.line("Tags", "tag 29").isHidden()
    choose(made, "Tags", "tag 29")
    more.click()
    assert not facets.line("Tags", "tag 29").isHidden(), "it is chosen"
    assert facets.line("Tags", "tag 28").isHidden()


def test_what_is_listed_is_written_as_csv_each_run_once(made, tmp_path):
    made.page.head.grouping.setCurrentIndex(2)
    made.page.head.finder.setText("paper")
    dialog = ask_table(made.page, made.model.rows, made.state)
    file = tmp_path / "table.csv"
    dialog.fileSelected.emit(str(file))
    dialog.reject()
    lines = list(csv.DictReader(file.read_text().splitlines()))
    assert sorted(line["run"] for line in lines) == ["1", "3", "5"]
    third = next(line for line in lines if line["run"] == "3")
    assert (third["value"], third["measured_at"], third["floor"]) == ("4.0", "60", "0.1")
    assert third["tags"] == "paper, fails"
    assert made.state.notices.history[-1].text == "table.csv is written"


def test_copying_rows_and_commands_says_how_many(made, qtbot):
    go_to(made, 3)
    qtbot.keyClick(made.table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QGuiApplication.clipboard().text().startswith("3 r\tGAN\t")
    assert made.state.notices.history[-1].text == "1 row copied"
    made.table.select(["/p/runs/0003-r", "/p/runs/0001-r"])
    made.page._copy()
    assert made.state.notices.history[-1].text == "2 commands copied"


def test_the_menu_of_a_row_says_what_the_keys_do_and_that_of_several_is_about_all(made):
    titles = [title for title, _ in made.page._entries_of("/p/runs/0003-r")]
    assert {"Open", "Rename", "Tags…", "Note…", "Pin as baseline", "Delete"} <= {*titles}
    made.table.select(["/p/runs/0003-r", "/p/runs/0001-r"])
    titles = [title for title, _ in made.page._entries_of_all()]
    assert titles == ["Compare 2 runs", "Tag 2 runs…", "Copy as commands", "Delete 2 runs"]


def test_columns_are_hidden_and_stay_so_and_a_key_shows_the_one_that_it_writes_into(made, qtbot):
    made.page.head._turn("note")
    assert made.table.isColumnHidden(len(COLUMNS) - 1)
    again = RunsPage(made.state, made.page._actions)
    qtbot.addWidget(again)
    assert again.table.isColumnHidden(len(COLUMNS) - 1)
    go_to(made, 3)
    qtbot.keyClick(made.table, Qt.Key.Key_N)
    assert made.table.viewport().findChild(QLineEdit) is not None
    assert not made.table.isColumnHidden(len(COLUMNS) - 1)


def test_an_editor_lies_on_the_line_that_it_changes(made, qtbot):
    go_to(made, 3)
    qtbot.keyClick(made.table, Qt.Key.Key_T)
    line, cell = (
        made.table.viewport().findChild(QLineEdit),
        made.table.visualRect(index_of(made, 3)),
    )
    assert (line.y(), line.height()) == (cell.y(), cell.height())


def test_as_many_tags_are_shown_as_there_is_room_for():
    assert fitting([40, 40], 84, 20) == 2
    assert fitting([40, 40], 83, 20) == 1
    assert fitting([40, 40, 40], 108, 20) == 2
    assert fitting([400, 40], 84, 20) == 1


def test_a_branch_that_was_named_is_called_so(made):
    branch = run(2, parent=1)
    assert named_as_parent(branch)
    branch.name = "0002-calmer"
    assert not named_as_parent(branch)
    branch.name, branch.label = "0002-r", Label(name="calmer")
    assert not named_as_parent(branch)


def test_a_run_says_what_it_came_of(made):
    tip = index_of(made, 2).data(Qt.ItemDataRole.ToolTipRole)
    assert "Branch of run 1 at step 50" in tip
    row = made.model.row_at(index_of(made, 2))
    assert made.model.suffix(row) == "from 50"


def test_the_baseline_of_the_group_that_is_looked_at_stays_above_its_runs(made, qtbot):
    runs = [run(n, value=0.2 + n / 50, baseline=n == 3) for n in range(1, 41)]
    others = [run(n, data="eight-gaussians", value=1.0) for n in range(41, 81)]
    made.state.runs.by_key = {each.key: each for each in [*runs, *others]}
    made.page.refresh()
    above = made.table.pinned_line
    assert above.isHidden(), "the baseline is on top of the table"
    bar = made.table.verticalScrollBar()
    bar.setValue(HEIGHT * 10)
    assert above.isHidden(), "Eight Gaussians have none"
    bar.setValue(HEIGHT * 50)
    assert above.run is runs[2]
    assert above.isVisible()
    made.table.scrollTo(index_of(made, 40))
    assert made.table.visualRect(index_of(made, 40)).top() >= HEIGHT
    qtbot.mouseClick(above, Qt.MouseButton.LeftButton)
    assert made.page.selected == [runs[2]]
    assert not made.page.grab().isNull()


def test_steps_of_a_training_are_told_without_filling_the_table_anew(made, monkeypatch):
    filled = []
    monkeypatch.setattr(made.model, "show", lambda *each: filled.append(each))
    third = made.state.runs.by_key["/p/runs/0003-r"]
    third.step = 1234
    told = []
    made.model.dataChanged.connect(lambda first, last, roles: told.append(first))
    made.state.runs.progressed.emit(third.key)
    assert [index.siblingAtColumn(STEP).data() for index in told] == ["1,234"]
    assert not filled


def test_a_group_says_how_many_data_there_are_and_a_run_which_of_them_it_learned_from(made):
    five = made.state.runs.by_key["/p/runs/0005-r"]
    ring = made.model.row_at(index_of(made, 3).parent())
    assert ring.group.about == "procedural"
    five.spec.training["samples"] = 5000
    assert data_taken(five, catalog()) == "5,000"
    five.spec.training["samples"] = 0
    assert data_taken(five, catalog()) == "fresh"
    own = run(6, data="project:mine")
    assert data_taken(own, catalog()) == "all"
    few = catalog()
    place = few.entries.index(few.get("dataset", five.spec.dataset.slug))
    said = "1,996 graphs of 4 to 18 papers"
    few.entries[place] = msgspec.structs.replace(few.entries[place], size=said)
    five.spec.training["samples"] = 20_000
    assert data_taken(five, few) == "all", "of 1,996 nobody learns 20,000"
    five.spec.training["samples"] = 1000
    assert data_taken(five, few) == "1,000"


def test_all_lines_of_a_run_are_selected_together_by_mouse_and_keys(made, qtbot):
    made.page.head.grouping.setCurrentIndex(2)
    made.page.refresh()
    third, first = (made.model.all_lines_of([f"/p/runs/000{n}-r"]) for n in (3, 1))
    assert len(third) == 2

    def click(line, modifier=Qt.KeyboardModifier.NoModifier):
        at = made.table.visualRect(made.model.index_of(line, VALUE)).center()
        qtbot.mouseClick(made.table.viewport(), Qt.MouseButton.LeftButton, modifier, at)

    def marked():
        return {made.model.line_at(i).key for i in made.table.selectionModel().selectedRows()}

    click(third[1])
    assert marked() == {*third}
    click(first[0], Qt.KeyboardModifier.ControlModifier)
    assert names(made.page.selected) == [3, 1]
    click(third[0], Qt.KeyboardModifier.ControlModifier)
    assert marked() == {*first}
    qtbot.keyClick(made.table, Qt.Key.Key_Space)
    assert names(made.page.selected) == [1, 3]
    click(third[0])
    assert names(made.page.selected) == [3]
    qtbot.keyClick(made.table, Qt.Key.Key_Escape)
    assert not marked()


def test_what_happens_meanwhile_takes_no_word_out_of_the_hand(made, qtbot):
    go_to(made, 3)
    qtbot.keyClick(made.table, Qt.Key.Key_N)
    line = made.table.viewport().findChild(QLineEdit)
    qtbot.keyClicks(line, "half a sen")
    sixth = run(6)
    made.state.runs.by_key[sixth.key] = sixth
    made.state.runs.listed.disconnect()
    made.page.refresh()
    assert line.isVisible()
    assert line.text() == "half a sen"
    qtbot.keyClick(line, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: bool(made.model.lines_of([sixth.key])))


def test_a_click_on_the_arrow_folds_and_a_second_one_opens_nothing(made, qtbot):
    opened = []
    made.table.opened.disconnect()
    made.table.opened.connect(opened.append)
    first = made.model.index_of(made.model.lines_of(["/p/runs/0001-r"])[0])
    at = made.table.visualRect(first).center()
    at.setX(int(made.table.painter_of_rows.left_of(first)))
    for click in (qtbot.mouseClick, qtbot.mouseDClick):
        click(made.table.viewport(), Qt.MouseButton.LeftButton, pos=at)
    assert opened == []
    at.setX(at.x() + 80)
    qtbot.mouseDClick(made.table.viewport(), Qt.MouseButton.LeftButton, pos=at)
    assert opened == ["/p/runs/0001-r"]


def test_the_line_of_a_race_has_the_menu_of_the_race(made, monkeypatch):
    runs = [run(n, value=n / 10) for n in (1, 2)]
    for each in runs:
        each.race = "race-1"
    made.state.runs.by_key = {each.key: each for each in runs}
    made.page.refresh()
    opened = []
    monkeypatch.setattr(
        "pushforward.studio.app.places.runs.runs_page.open_menu",
        lambda *each: opened.append(each[2]),
    )
    race = next(row for row in made.model.rows if row.title)
    made.table.menu_wanted.emit(race, made.table.rect().center())
    assert opened[0][0][0] == "Compare"

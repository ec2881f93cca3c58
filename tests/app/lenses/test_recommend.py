"""The recommend lens: a person's history changed by hand, answered by the model, and taken back."""

import asyncio
from dataclasses import replace

import numpy as np
import pytest
from msgspec import structs
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog

from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.data_type_registry import kind
from pushforward.studio.app.core.runs import RunState, Series
from pushforward.studio.app.data.tile_frames import columns_for
from pushforward.studio.app.data_types.interactions.catalogue import MIME
from pushforward.studio.app.data_types.interactions.preview_text import format_score
from pushforward.studio.app.data_types.interactions.recommend_view import VIEW
from pushforward.studio.app.data_types.interactions.type import ASPECT, LINES, histories
from pushforward.studio.app.data_types.interactions.what_if import WhatIf
from pushforward.studio.app.engine.actions import Actions
from pushforward.studio.app.engine.requests.request_base import Answer, Refused
from pushforward.studio.app.lenses.samples.points_view import VIEW as SAMPLES
from pushforward.studio.app.lenses.samples.tile_samples_view import VIEW as TILES
from pushforward.studio.protocol.catalog import Catalog, EntrySpec
from pushforward.studio.protocol.messages import ErrorInfo, GetRows, Operate
from pushforward.studio.protocol.spec import Pick, RunSpec

TITLES = tuple(f"Film {name}" for name in "ABCDEFGHIJKLMNOPQRST")


class Model:
    """An engine that recommends the items after the last one of the history."""

    alive = True

    def __init__(self):
        self.asked, self.told, self.rows, self.refuses = [], [], 0, False
        self.steps = []
        self.learned, self.learns = 0, 0  # items that lists have moved on, and do by each answer
        self.long = False  # whether somebody has more items than the model reads
        self.longest_first = False

    async def ask(self, command):
        if isinstance(command, GetRows):
            self.rows += 1
            facts = {
                "columns": [*TITLES, TITLES[0]],
                "items": list(range(300, 321)),
                "item": "movieId",
                "person": "userId",
                "n": 2,
            }
            x = np.array([[3, 1, 2, 0, 0], [7, 0, 0, 0, 0]], np.int32)
            lengths = np.array([17, 2] if self.longest_first else [0, 2])
            earlier = [*range(4, 4 + lengths[0]), 8, 9]
            more = {"earlier": np.array(earlier), "earlier.lengths": lengths} if self.long else {}
            return Answer(facts, {"x": x, "person": np.array([4, 9]), **more})
        if isinstance(command, Operate) and command.operator != "recommend" and not command.file:
            return self.explain(command)
        if not isinstance(command, Operate) or command.file:
            self.told.append(command)
            return Answer({})
        self.asked.append(command.inputs["histories"][0])
        self.steps.append(command.step)
        if self.refuses:
            raise Refused(ErrorInfo(kind="user", message="There is no checkpoint yet."))
        histories = command.inputs["histories"]
        self.learned += self.learns
        lasts = [([item for item in row if item][-1:] or [0])[0] for row in histories]
        item = np.array([[(last + i + self.learned) % 20 + 1 for i in range(12)] for last in lasts])
        score = np.tile(-np.arange(12.0), (len(item), 1))
        return Answer({"step": 5}, {"item": item, "score": score})

    def tell(self, command): ...

    def explain(self, command):
        """Explain by the number of each item: the larger, the more it matters."""
        if command.operator == "item-map":
            place = np.random.default_rng(0).normal(size=(21, 2))
            path = place[: len(command.inputs["histories"][0])]
            return Answer({}, {"place": place, "path": path, "cloud": place[:5]})
        items = command.inputs["histories"][0]
        best = [(items[-1] + i) % 20 + 1 for i in range(10)]
        influence = np.tile(np.array(items, float)[:, None], (1, 10))
        return Answer({}, {
            "item": np.array(best), "score": np.zeros(10), "left": np.arange(len(items)),
            "influence": influence, "exact": np.array([0]), "removal": np.array([0.9, 0.8, 0.1]),
        })  # fmt: skip


@pytest.fixture
def opened(loop):
    state, model = AppState(), Model()
    state.catalog = Catalog(
        entries=[EntrySpec(kind="dataset", slug="films", title="Films", summary="", source="",
                           fields=[], kinds=["interactions"])],
        devices=[],
    )  # fmt: skip
    run = RunState(
        key="r",
        name="r",
        step=9,
        spec=RunSpec(name="r", family=Pick(slug="pop"), dataset=Pick(slug="films")),
    )
    state.runs.by_key["r"] = run
    state.engine = replace(state.engine, state="ready")
    view = VIEW.factory(state, Actions(state, model))
    view.resize(900, 600)
    view.show()
    yield view, state, model
    view.close()


async def quiet():
    for _ in range(5):
        await asyncio.sleep(0.005)


async def test_a_change_is_answered_and_taken_back(opened):
    view, state, model = opened
    assert not VIEW.applies(state)
    state.runs.select("r")
    await quiet()
    assert VIEW.applies(state)
    assert not SAMPLES.applies(state)
    assert not TILES.applies(state)
    assert model.asked[-1] == [3, 1, 2]
    assert "1: Film C" in view.next.accessibleDescription()
    view.history.setCurrentRow(2)
    QTest.keyClick(view.history, Qt.Key.Key_Delete)
    await quiet()
    assert (view.items, model.asked[-1]) == ([3, 1], [3, 1])
    assert view.history.item(2).text().endswith("left out"), "what is left out stays to be seen"
    assert "1: Film B" in view.next.accessibleDescription()
    view.history.setCurrentRow(1)
    QTest.keyClick(view.history, Qt.Key.Key_Up, Qt.KeyboardModifier.AltModifier)
    await quiet()
    assert view.items == [1, 3]
    view.search.setText("film q")
    QTest.keyClick(view.search, Qt.Key.Key_Return)
    await quiet()
    assert view.items == [1, 3, 17]
    assert view.history.item(3).text().endswith("added")
    assert view.what_if.changes == 3
    assert "3 changes" in view._where.accessibleName()
    assert "Kendall" in view._told.accessibleName()
    others = QAction("Undo", view)
    others.setShortcut(QKeySequence.StandardKey.Undo)
    view.addAction(others)  # as the window has one for all that can be taken back
    others.triggered.connect(lambda: model.asked.append(others))
    for expected in ([1, 3], [3, 1], [3, 1, 2]):
        QTest.keyClick(view.history, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
        await quiet()
        assert view.items == view.history.numbers == expected
    assert others not in model.asked
    assert not view.undo.isEnabled()
    view.take_back()
    assert view.items == [3, 1, 2]


async def test_what_a_change_moves_is_told_by_one_model_however_it_learns(opened):
    view, state, model = opened
    state.runs.select("r")
    await quiet()
    model.learns = 3
    view.add(4)
    await quiet()
    # Without the change 2 is the last item, with it 4: all of the list has come up two places.
    assert [each.moved for each in view.next.shown] == [2] * 10
    state.runs.by_key["r"].checkpoints = [7]
    view._ask(again=True)
    await quiet()
    assert [each.moved for each in view.next.shown] == [2] * 10
    assert view.next._compared
    view.take_back()
    await quiet()
    assert not view.next._compared


async def test_what_is_under_the_mouse_stays_while_a_training_goes_on(opened):
    view, state, _ = opened
    run = state.runs.by_key["r"]
    run.spec = structs.replace(
        run.spec, metrics=[Pick(slug="ndcg-at-10"), Pick(slug="recall-at-10")]
    )
    view.resize(900, 420)
    state.runs.select("r")
    await quiet()
    for item in range(4, 20):
        view.add(item)
    view.history.setCurrentRow(2)
    view.history.verticalScrollBar().setValue(1)
    await quiet()

    def seen():
        history, bar = view.history, view.history.verticalScrollBar()
        places = (each.mapTo(view, QPoint(0, 0)) for each in (history, view.search, view.next))
        return history.currentItem(), history.currentRow(), bar.value(), history.size(), *places

    before = seen()
    for slug in ("ndcg-at-10", "recall-at-10"):
        run.series[f"quality/{slug}"] = Series()
        run.series[f"quality/{slug}"].extend([5], [0.25])
        state.runs.metrics_appended.emit("r")
        await quiet()
        assert seen() == before
    run.checkpoints = [7]
    view._ask(again=True)
    view._show()
    await quiet()
    assert seen() == before
    state.runs.changed.emit("r")  # the run was read anew
    await quiet()
    assert seen() == before
    QTest.keyClick(view.history, Qt.Key.Key_Delete)
    assert view.items[:3] == [3, 1, 4]


async def test_another_run_begins_at_the_newest_with_nothing_searched_or_chosen(opened):
    view, state, model = opened
    state.runs.by_key["q"] = replace(state.runs.by_key["r"], key="q")
    model.long = True
    state.runs.select("r")
    await quiet()
    view.person.step(1)
    await quiet()
    view.history.setCurrentRow(3)
    view.search.setText("film q")
    model.longest_first = True
    state.runs.select("q")
    await quiet()
    view.resize(900, 300)
    await quiet()
    bar = view.history.horizontalScrollBar()  # of one row
    assert bar.maximum() > 0
    assert bar.value() == bar.maximum()
    assert (view.search.text(), view.history.currentRow()) == ("", -1)
    view.history.toggle()
    assert len(view.items) == 20, "nothing is chosen"


async def test_quick_changes_are_answered_once_by_the_newest(opened):
    view, state, model = opened
    state.runs.select("r")
    await quiet()
    before = len(model.asked)
    for item in (4, 5, 6, 7):
        view.add(item)
    await quiet()
    assert model.asked[-1] == view.items == [3, 1, 2, 4, 5, 6, 7]
    assert len(model.asked) - before < 4
    assert "the model reads the last 5" in view._where.accessibleName()
    QTest.keyClick(view.person, Qt.Key.Key_Up)
    await quiet()
    assert model.asked[-1] == [7]
    assert "the model reads" not in view._where.accessibleName()
    view.person.step(5)
    assert view.person.user == "9"
    assert model.rows == 1, "people are asked for once"


async def test_a_person_has_their_whole_history(opened):
    view, state, model = opened
    model.long = True
    state.runs.select("r")
    await quiet()
    assert view.items == [3, 1, 2]
    view.person.step(1)
    await quiet()
    assert view.items == model.asked[-1] == [8, 9, 7]


async def test_the_model_of_the_step_that_the_clock_is_at_answers(opened):
    _, state, model = opened
    state.runs.select("r")
    await quiet()
    state.playback.set(step=4)
    await quiet()
    before = list(model.steps)
    state.runs.by_key["r"].checkpoints = [4, 9]
    state.runs.changed.emit("r")  # a newer checkpoint says nothing of step 4
    await quiet()
    assert model.steps == before
    state.playback.set(step=None)
    await quiet()
    assert model.steps == [None, 4, None]


async def test_people_go_by_their_numbers_and_others_are_refused_in_words(opened):
    view, state, _ = opened
    state.runs.select("r")
    await quiet()
    assert view._called.text() == "userId"
    assert view.person.accessibleDescription() == "4 to 9"
    for typed, says in (
        ("5", "There is no userId 5. They go from 4 to 9."),
        ("77", "There is no userId 77. They go from 4 to 9."),
        ("x", "There is no userId x. They go from 4 to 9."),
        ("", "No userId was typed. They go from 4 to 9."),
    ):
        view.person.setText(typed)
        QTest.keyClick(view.person, Qt.Key.Key_Return)
        assert view._where.accessibleName() == says
        assert view.person.text() == "4"
    view.person.setText("9")
    QTest.keyClick(view.person, Qt.Key.Key_Return)
    await quiet()
    assert (view.items, view.person.place) == ([7], 1)


async def test_items_of_one_title_are_told_apart(opened):
    view, state, _ = opened
    state.runs.select("r")
    await quiet()
    found = view.search.completer().model().stringList()
    assert found[:2] == ["Film A (movieId 300)", "Film B"]
    view.search.setText(found[20])
    QTest.keyClick(view.search, Qt.Key.Key_Return)
    assert view.items[-1] == 21


async def test_lists_of_everybody_are_written_once_there_is_a_checkpoint(opened):
    view, state, model = opened
    state.runs.select("r")
    await quiet()
    assert not view.export.button.isEnabled()
    assert "needs a checkpoint" in view.export.button.toolTip()
    state.runs.by_key["r"].checkpoints = [5]
    state.runs.changed.emit("r")
    assert view.export.button.isEnabled()
    view.export.to_csv()
    view.findChild(QFileDialog).fileSelected.emit("/x/lists.csv")
    await quiet()
    [asked] = [each for each in model.told if isinstance(each, Operate)]
    assert (asked.operator, asked.file, asked.inputs) == ("recommend", "/x/lists.csv", {})
    assert asked.overwrite  # the dialog for saving has asked


async def test_what_cannot_be_shown_is_said(opened):
    view, state, model = opened
    model.refuses = True
    state.runs.by_key["r"].state = "running"
    state.runs.select("r")
    await quiet()
    assert view.empty.accessibleName() == "Nothing learned yet. There is no checkpoint yet."
    assert not view.page.isVisible()
    model.refuses = False
    view._ask(again=True)
    await quiet()
    assert view.page.isVisible()
    view.search.setText("no such film")
    QTest.keyClick(view.search, Qt.Key.Key_Return)
    assert "no such film" in view._told.accessibleName()
    assert view.items == [3, 1, 2]


def test_a_tile_shows_titles_and_small_ones_bars(qapp):
    from tests.app.test_kinds import painted

    x = np.array([[1, 2, 0], [3, 0, 0]])
    tiles = histories({"x": x, "columns": np.array(TITLES)})
    assert len(tiles) == 2
    assert (painted(tiles, 0) != painted(tiles, 1)).any()
    facts = kind("interactions").facts(x, TITLES, {"n": 50})
    assert facts == "50 users · 20 items · histories of about 1 item, at most 2"


async def test_in_a_low_window_the_list_keeps_its_lines(opened):
    view, state, _model = opened
    state.runs.select("r")
    await quiet()
    view.resize(700, 200)
    await quiet()
    page = view.page.widget()
    assert page.height() >= page.minimumSizeHint().height()
    assert view.next.height() >= view.next.minimumSizeHint().height()


def test_titles_of_a_page_can_be_read_in_a_small_window(qapp):
    """Beside the form of a setup at 1280 x 720 there are 660 x 430 pixels for the page."""
    page, gap = kind("interactions").page, 6
    across = columns_for(page, 660, 430, ASPECT)
    down = -(-page // across)
    high = min((430 - gap * down) / down, (660 - gap * across) / across / ASPECT)
    assert int(0.74 * (high - 8) / LINES) >= 9  # pixels of the letters


async def test_the_history_clock_cuts_the_history_and_shows_what_really_came(opened):
    view, state, model = opened
    state.runs.select("r")
    await quiet()
    assert not view._came.accessibleName()
    QTest.keyClick(view.strip, Qt.Key.Key_Left)
    await quiet()
    assert (view.items, state.playback.flow) == ([3, 1], 2 / 3)
    assert view._came.accessibleName() == "Next in the data: Film B, rank 1 of 21"
    assert [each.came for each in view.next.shown[:2]] == [True, False]
    state.playback.set(flow=0.0)
    await quiet()
    assert model.asked[-1] == [3]


async def test_reasons_stand_beside_the_list_with_null_models_and_similar_users(opened):
    view, state, _ = opened
    state.runs.select("r")
    await asyncio.sleep(0.3)
    assert [reason.title for reason in view.next.shown[0].reasons] == ["Film C", "Film B", "Film A"]
    assert "without the last 3 by 0.80" in view.panel.reason.nulls.text()
    assert not view.panel.reason.near.text(), "the other user shares nothing"
    view.add(7)
    await asyncio.sleep(0.3)
    assert "userId 9: 1 of 4 shared, does not have this item" in view.panel.reason.near.text()
    view.panel.open(1)
    await asyncio.sleep(0.3)
    assert view.panel.map.map.path.shape == (4, 2)


async def test_lists_of_other_runs_of_the_data_stand_beside(opened):
    view, state, _ = opened
    state.runs.by_key["q"] = replace(state.runs.by_key["r"], key="q", name="0002-other")
    state.runs.select("r")
    await quiet()
    assert view.compared.candidates() == []
    state.runs.by_key["q"].checkpoints = [3]
    [other] = view.compared.candidates()
    view.compared.toggle(other.key)
    await quiet()
    assert [each.name for each in view.next.lists] == ["r", "2 other"]
    assert view.next.lists[0].items[0].item == view.next.lists[1].items[0].item
    assert view.next.grab().width() > 0
    view.compared.toggle("q")
    await quiet()
    assert len(view.next.lists) == 1


async def test_a_dropped_item_is_added_where_it_was_dropped(opened):
    view, state, model = opened
    state.runs.select("r")
    await quiet()
    view.history.dropped.emit(9, 1)
    await quiet()
    assert model.asked[-1] == [3, 9, 1, 2]
    assert view.history.currentRow() == 1
    catalogue = view.panel.items
    catalogue.filter.setText("film q")
    assert catalogue.shown.rowCount() == 1
    dragged = catalogue.shown.mimeData([catalogue.shown.index(0, 0)])
    assert bytes(dragged.data(MIME).data()) == b"17"
    view.next.select(2)
    QTest.keyClick(view.next, Qt.Key.Key_Return)
    assert len(view.items) == 5


def test_changes_are_counted_by_items_and_not_by_places():
    what_if = WhatIf([1, 2, 3, 4])
    what_if.set([*what_if.entries[1:], what_if.entries[0]])
    assert (what_if.items, what_if.changes) == ([2, 3, 4, 1], 1)
    what_if.add(9)
    what_if.toggle(4)
    assert (what_if.items, what_if.changes) == ([2, 3, 4, 1], 1)
    what_if.reset()
    assert (what_if.items, what_if.changes, what_if.can_undo) == ([1, 2, 3, 4], 0, True)


async def test_a_low_narrow_window_shows_the_whole_preview(opened):
    view, state, _ = opened
    state.runs.select("r")
    await quiet()
    two = view.history.height()
    view.resize(660, 528)  # what a window of 1280 x 720 leaves
    await quiet()
    one = view.history.height()
    assert one < two, "one row of cards"
    assert view.page.verticalScrollBar().maximum() == 0, "nothing is below the edge"
    assert view.bar.minimumSizeHint().width() <= 660
    assert view.page.widget().minimumSizeHint().width() <= 660
    view.resize(1000, 900)
    await quiet()
    assert view.history.height() > one


async def test_an_item_removed_from_the_catalogue_leaves_the_list_until_undone(opened):
    view, state, model = opened
    state.runs.select("r")
    await quiet()
    first, second = (each.item for each in view.next.shown[:2])
    view.next.select(1)
    QTest.keyClick(view.next, Qt.Key.Key_Up)
    asked = len(model.asked)
    QTest.keyClick(view.next, Qt.Key.Key_Delete)
    await quiet()
    assert view.next.shown[0].item == second
    assert first not in [each.item for each in view.next.shown]
    assert view.next.shown[0].moved == 1
    assert len(model.asked) == asked, "the ranks are known"
    assert "1 change" in view._where.accessibleName()
    view.take_back()
    await quiet()
    assert view.next.shown[0].item == first


async def test_the_selection_follows_its_item_and_a_late_list_is_dimmed(opened):
    view, state, model = opened
    state.runs.select("r")
    await quiet()
    view.next.select(3)
    item = view.next.shown[3].item
    view._toggle(2)  # the list moves by one place
    await quiet()
    assert view.next.shown[view.next.current].item == item
    assert view.panel._item == item
    answers, wait = model.ask, asyncio.Event()

    async def late(command):
        await wait.wait()
        return await answers(command)

    model.ask = late
    view.add(9)
    await asyncio.sleep(0.2)
    assert view.next._stale
    assert "Updating" in view._told.accessibleName()
    wait.set()
    await quiet()
    assert not view.next._stale


async def test_the_clock_begins_before_the_test_items_and_says_what_was_trained_on(opened):
    view, state, model = opened
    answers = model.ask

    async def split(command):
        answer = await answers(command)
        if isinstance(command, GetRows):
            answer.arrays.update(trained=np.array([1, 0]), tested=np.array([2, 0]))
        return answer

    model.ask = split
    state.runs.select("r")
    await quiet()
    assert view.items == [3, 1]
    assert view._came.accessibleName() == "Next in the data: Film B, rank 1 of 21"
    view.person.step(1)
    await quiet()
    assert view.items == [7], "of a user who is not divided, the whole history"
    view.person.step(-1)
    QTest.keyClick(view.strip, Qt.Key.Key_Home)
    view._people.trained[:] = [2, 0]
    view.strip.moved.emit(2)
    view.strip.moved.emit(1)
    await quiet()
    assert view._came.accessibleName().endswith("(in the training data)")


@pytest.mark.parametrize(
    ("score", "text"), [(0.5, "0.5"), (5.67e-9, "6e-9"), (0.0, "0"), (0.00888, "0.0089")]
)
def test_a_score_is_short(score, text):
    assert format_score(score) == text

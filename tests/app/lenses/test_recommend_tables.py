"""Pinned users, the table of users and the catalogue of a recommender."""

import asyncio
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.runs import RunState
from pushforward.studio.app.data_types.interactions.items_view import VIEW as ITEMS
from pushforward.studio.app.data_types.interactions.pinned_view import VIEW as PINNED
from pushforward.studio.app.data_types.interactions.recommend_view import VIEW as PREVIEW
from pushforward.studio.app.data_types.interactions.users_view import VIEW as USERS
from pushforward.studio.app.engine.actions import Actions
from pushforward.studio.app.engine.requests.request_base import Answer
from pushforward.studio.protocol.catalog import Catalog, EntrySpec
from pushforward.studio.protocol.messages import GetRows, Operate
from pushforward.studio.protocol.spec import Pick, RunSpec

ITEMS_N, USERS_N = 20, 40
TITLES = [f"Film {i}" for i in range(1, ITEMS_N + 1)]
RNG = np.random.default_rng(0)
X = np.stack([RNG.permutation(ITEMS_N)[:12] + 1 for _ in range(USERS_N)])
X[0, 4:] = 0


class Engine:
    """An engine whose lists turn by one item a step."""

    alive = True

    def __init__(self):
        self.step, self.asked = 1, []

    async def ask(self, command):
        if isinstance(command, GetRows):
            facts = {"columns": TITLES, "categories": ["War|Drama", "Comedy"] * 10, "n": USERS_N}
            times = np.where(X > 0, 10**9 + np.arange(12) * 10**7, 0)
            return Answer(
                facts, {"x": X, "person": np.arange(1, 41), "time": times, "rating": X / 4.0}
            )
        if not isinstance(command, Operate):
            return Answer({})
        self.asked.append(command)
        return Answer(
            {"step": self.step}, getattr(self, command.operator.replace("-", "_"))(command)
        )

    def recommend(self, command):
        n = len(command.inputs["histories"])
        items = (np.arange(12) * 3 + self.step) % ITEMS_N + 1
        return {"item": np.tile(items, (n, 1)), "score": np.tile(-1.0 - np.arange(12), (n, 1))}

    def recommend_why(self, command):
        items = command.inputs["histories"][0]
        return {
            "item": np.array([1]), "left": np.arange(len(items)), "exact": np.array([1]),
            "influence": np.ones((len(items), 1)), "removal": np.zeros(3),
        }  # fmt: skip

    def item_map(self, command):
        place = np.random.default_rng(1).normal(size=(ITEMS_N, 2))
        found = {"place": place, "path": place[:3], "cloud": place[:9]}
        if command.config.get("item"):
            found |= {"neighbour": np.array([3, 4]), "similarity": np.array([0.9, 0.5])}
        return found

    def recommend_users(self, command):
        values = np.linspace(0, 1, USERS_N)
        return {
            "user": np.arange(1, 41), "length": np.where(np.arange(40) < 5, 3, 11), "x": X,
            "targets": np.ones(40, int), "list": np.tile(np.arange(1, 11), (40, 1)),
            "taken": np.arange(ITEMS_N), "ndcg@10": values, "popularity: ndcg@10": values / 2,
            "diversity@10": np.full(40, 0.5),
        }  # fmt: skip

    def tell(self, command): ...


@pytest.fixture
def studio(loop):
    state, engine = AppState(), Engine()
    dataset = EntrySpec(
        kind="dataset", slug="films", title="Films", summary="", source="", fields=[],
        kinds=["interactions"],
    )  # fmt: skip
    state.catalog = Catalog(entries=[dataset], devices=[])
    spec = RunSpec(name="r", family=Pick(slug="pop"), dataset=Pick(slug="films"))
    state.runs.by_key["r"] = RunState(key="r", name="r", step=9, spec=spec, checkpoints=[1])
    state.engine = replace(state.engine, state="ready")
    state.runs.select("r")
    views = []

    def open_view(spec):
        view = spec.factory(state, Actions(state, engine))
        view.resize(1000, 700)
        view.show()
        views.append(view)
        return view

    yield open_view, state, engine
    for view in views:
        view.close()


async def quiet(rounds=8):
    for _ in range(rounds):
        await asyncio.sleep(0.01)


async def test_pinned_users_move_with_the_model_and_are_on_the_map(studio):
    open_view, state, engine = studio
    view = open_view(PINNED)
    await quiet()
    titles = [card.persona.title for card in view.cards]
    assert titles[0] == "New user"
    assert titles[-1] == "Long history"
    assert any(title.endswith("lover") for title in titles)
    [lists] = [each for each in engine.asked if each.operator == "recommend"]
    assert lists.inputs["histories"][0] == [0], "a new user has no history"
    card = view.cards[-1]
    assert len(card.persona.later) == 2
    assert [each.moved for each in card.items] == [0] * 10
    engine.step = 2
    state.runs.by_key["r"].checkpoints = [1, 2]
    view._ask_lists()
    await quiet()
    assert {each.moved for each in card.items} != {0}
    assert "since step 1" in view._told.accessibleName()
    assert view.map.map.path.shape == (3, 2)
    QTest.keyClick(view.cards[1], Qt.Key.Key_Return)
    assert "One item" in view._where.accessibleName()
    assert card.grab().width() > 0
    view.person.step(7)
    view.pin.click()
    await quiet()
    assert view.cards[-1].persona.note.startswith("user 8")
    lists = [each for each in engine.asked if each.operator == "recommend"][-1]
    assert len(lists.inputs["histories"]) == len(view.cards)


async def test_users_are_sorted_filtered_brushed_and_opened(studio):
    open_view, state, _ = studio
    preview = open_view(PREVIEW)
    view = open_view(USERS)
    await quiet()
    assert "Validation: 40 of 40 users" in view._told.accessibleName()
    assert view.table.cell(0, 0).text() == "40", "the best first"
    assert view.histogram.text == "mean 0.5, popularity 0.25"
    view.cold.setChecked(True)
    assert "5 of 40" in view._told.accessibleName()
    view.cold.setChecked(False)
    area = view.histogram._area
    QTest.mousePress(
        view.histogram, Qt.MouseButton.LeftButton, pos=QPoint(int(area.center().x()), 50)
    )
    QTest.mouseMove(view.histogram, QPoint(int(area.right()), 50))
    view.histogram.range = (0.5, 1.0)
    QTest.mouseRelease(view.histogram, Qt.MouseButton.LeftButton, pos=QPoint(int(area.right()), 50))
    assert "20 of 40" in view._told.accessibleName()
    view.metrics.setCurrentIndex(1)
    view.metrics.activated.emit(1)
    assert view.table.heading(2).text() == "Diversity at 10"
    wanted = []
    state.window.show_lens.connect(wanted.append)
    view._open(0)
    await quiet()
    assert wanted == ["samples/recommend"]
    assert preview.person.user == view.table.cell(0, 0).text()
    assert len(preview.items) == len(preview._whole) - 1


async def test_items_show_what_is_recommended_and_their_neighbours(studio):
    open_view, _, engine = studio
    view = open_view(ITEMS)
    await quiet()
    assert "20 items, lists of 40 users" in view._told.accessibleName()
    assert "Coverage: 50 % of the items" in view._shares.text()
    view.filter.setText("drama")
    assert "10 items" in view._told.accessibleName()
    view.table.selectRow(0)
    await asyncio.sleep(0.2)
    assert view.near.cell(0, 0).text() == "Film 3"
    assert engine.asked[-1].config["item"] == TITLES.index(view.table.cell(0, 0).text()) + 1
    assert view.tail.grab().width() > 0

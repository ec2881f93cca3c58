"""Recommenders under several protocols, in a table of the window."""

import asyncio
from dataclasses import replace

import numpy as np
import pytest

from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.runs import RunState
from pushforward.studio.app.data_types.interactions.protocols_view import VIEW
from pushforward.studio.app.engine.actions import Actions
from pushforward.studio.app.engine.requests.request_base import Answer, Refused
from pushforward.studio.protocol.catalog import Catalog, EntrySpec
from pushforward.studio.protocol.events import ErrorInfo
from pushforward.studio.protocol.spec import Pick, RunSpec
from tests.app.lenses.test_recommend import quiet

N = 50


def run(place, family, protocol, state="finished", seed=0):
    spec = RunSpec(
        name=f"{family} of {protocol}",
        family=Pick(slug=family),
        dataset=Pick(slug="films", config={"protocol": protocol}),
        training={"seed": seed},
    )
    name = f"{place:04}-{family}"
    return RunState(key=name, name=name, spec=spec, state=state, step=9, checkpoints=[9])


class Engine:
    def __init__(self):
        self.asked, self.refused = [], ""

    async def ask(self, command):
        self.asked.append(command)
        key = command.run
        if key == self.refused:
            raise Refused(ErrorInfo(kind="user", message="no users are in the test split."))
        base = np.random.default_rng(0).uniform(size=N)
        users = np.arange(N) if "pop" in key else np.arange(N)[::-1]
        better = 0.0 if "pop" in key else 0.25
        values = base[users] + better
        return Answer({}, {"user": users, "ndcg@10": values, "recall@20": values / 2,
                           "popularity: ndcg@10": values})  # fmt: skip

    def tell(self, command):
        self.asked.append(command)


@pytest.fixture
def opened(loop):
    state, engine = AppState(), Engine()
    entries = [
        EntrySpec(kind=kind, slug=slug, title=title, summary="", source="", fields=[],
                  kinds=["interactions"])
        for kind, slug, title in (("dataset", "films", "Films"), ("family", "pop", "Popularity"),
                                  ("family", "ease", "EASE"))
    ]  # fmt: skip
    state.catalog = Catalog(entries=entries, devices=[])
    runs = [
        run(1, "pop", "ratio"), run(2, "ease", "ratio"), run(3, "ease", "ratio", seed=1),
        run(4, "pop", "last-item"), run(5, "ease", "last-item", "running"),
    ]  # fmt: skip
    state.runs.by_key.update({each.key: each for each in runs})
    state.engine = replace(state.engine, state="ready")
    view = VIEW.factory(state, Actions(state, engine))
    view.resize(1100, 500)
    view.show()
    yield view, state, engine
    view.close()


def texts(view):
    table = view.table
    columns = table.model().columnCount()
    return [[table.cell(r, c).text() for c in range(columns)] for r in range(2)]


async def measured(view):
    for _ in range(400):
        await asyncio.sleep(0.01)
        if view._query.answer and not view._query.busy:
            return


async def test_models_are_compared_within_each_protocol_by_user(opened):
    view, state, engine = opened
    state.runs.select("0001-pop")
    await measured(view)
    assert {c.config["split"] for c in engine.asked} == {"test"}
    pop, ease = texts(view)
    assert (pop[0], ease[0]) == ("Popularity", "EASE")
    assert ease[1].endswith("2 seeds ± 0.000")
    # Paired by user, though the users of both are in another order.
    assert ease[2] == "+0.250 *"
    view.table.selectRow(1)
    view._show_tests()
    assert (
        "EASE less Popularity. 80:20 per user: +0.250 [+0.250, +0.250], p <" in view._tests.text()
    )
    assert pop[2] == "–"
    assert (pop[5], ease[3], ease[5]) == ("not trained", "running", "not trained")
    asked = len(engine.asked)
    view.metrics.setCurrentIndex(view.metrics.findData("recall@20"))
    view._ask()
    await measured(view)
    assert texts(view)[1][2].startswith("+0.125 *")
    assert len(engine.asked) == asked, "each run is ranked once"


async def test_missing_runs_are_queued_and_a_refusal_is_shown(opened, monkeypatch):
    view, state, engine = opened
    engine.refused = "0004-pop"
    state.runs.select("0001-pop")
    await measured(view)
    assert texts(view)[0][3] == "no users are in the test split."
    queued = []
    monkeypatch.setattr(view._actions.training, "queue", queued.extend)
    view.train.click()
    assert [(s.family.slug, s.dataset.config["protocol"]) for s in queued] == [
        ("pop", "time"),
        ("ease", "time"),
    ]
    assert queued[0].name == "pop of ratio, Global time split"


async def test_without_a_recommender_there_is_no_table(opened):
    _, state, _ = opened
    assert not VIEW.applies(state)
    state.runs.select("0001-pop")
    await quiet()
    assert VIEW.applies(state)

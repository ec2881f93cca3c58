"""A query asks once, keeps the newest answer, drops stale ones and recovers from a lost engine."""

import asyncio
from dataclasses import replace

import pytest
from PySide6.QtCore import QObject

from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.engine.query import Query
from pushforward.studio.app.engine.requests.request_base import Refused
from pushforward.studio.protocol.messages import ErrorInfo
from tests.qtloop import until


class Source:
    """Answers a number with ten times that, once it may."""

    def __init__(self) -> None:
        self.requested: list[int] = []
        self.gate = asyncio.Event()
        self.fails = False

    async def fetch(self, key: int) -> int:
        self.requested.append(key)
        await self.gate.wait()
        if self.fails:
            raise Refused(ErrorInfo(kind="engine", message="The engine is gone."))
        return 10 * key


@pytest.fixture
def source(loop: asyncio.AbstractEventLoop) -> Source:
    return Source()


@pytest.fixture
def owner(loop: asyncio.AbstractEventLoop) -> QObject:
    return QObject()


async def test_a_key_is_requested_once_and_its_answer_is_kept(source, owner):
    query = Query(owner, source.fetch)
    assert query.ask(3) is None
    assert query.ask(3) is None
    assert query.busy
    source.gate.set()
    await until(lambda: not query.busy)
    assert query.ask(3) == 30
    assert source.requested == [3]
    query.ask(3, again=True)
    await until(lambda: not query.busy)
    assert source.requested == [3, 3]


async def test_replaced_keys_are_never_requested_while_one_is_loading(source, owner):
    query = Query(owner, source.fetch, debounce_ms=1)
    for key in range(5):
        query.ask(key)
    await until(lambda: bool(source.requested))
    for key in range(5, 50):
        query.ask(key)
    assert source.requested == [4]
    source.gate.set()
    await until(lambda: not query.busy)
    assert source.requested == [4, 49]
    query.ask(7)
    query.cancel()
    assert not query.busy
    assert query.answer is None


@pytest.mark.parametrize(("progressive", "shown"), [(False, [20]), (True, [10, 20])])
async def test_a_stale_answer_is_shown_only_where_the_view_wants_it(
    source, owner, progressive, shown
):
    query = Query(owner, source.fetch, progressive=progressive)
    answers = []
    query.changed.connect(lambda: answers.append(query.answer))
    query.ask(1)
    await until(lambda: bool(source.requested))
    query.ask(2)
    source.gate.set()
    await until(lambda: not query.busy)
    assert answers == shown


async def test_the_answer_to_a_cancelled_key_is_dropped(source, owner):
    query = Query(owner, source.fetch, progressive=True)
    query.ask(1)
    await until(lambda: bool(source.requested))
    query.cancel()
    source.gate.set()
    await until(lambda: not query.busy)
    assert query.answer is None
    assert query.ask(1) is None
    await until(lambda: not query.busy)
    assert query.answer == 10


async def test_a_failed_key_is_requested_again_when_the_engine_is_back(source, owner):
    state = AppState()
    query = Query(owner, source.fetch, state=state)
    source.gate.set()
    source.fails = True
    query.ask(1)
    assert (source.requested, query.busy) == ([], True), "the engine is starting"
    state.engine = replace(state.engine, state="ready")
    state.engine_changed.emit()
    await until(lambda: not query.busy)
    assert isinstance(query.error, Refused)
    query.ask(1)
    assert source.requested == [1]
    source.fails = False
    for name in ("restarting", "ready", "busy", "ready"):
        state.engine = replace(state.engine, state=name)
        state.engine_changed.emit()
    await until(lambda: not query.busy)
    assert (query.answer, query.error) == (10, None)
    assert source.requested == [1, 1]

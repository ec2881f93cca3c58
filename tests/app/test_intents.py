"""Sequences that intents start: told when refused, and closed whatever becomes of them."""

import asyncio
import inspect

from pushforward.studio.app.core import async_tasks


async def test_a_sequence_that_is_cancelled_before_it_begins_is_closed(bench, wait):
    await bench.start()
    begun = []

    async def sequence() -> None:
        begun.append(True)

    work = sequence()
    before = set(async_tasks._running)
    bench.actions.training._do(work)
    (task,) = async_tasks._running - before
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await wait(lambda: inspect.getcoroutinestate(work) == inspect.CORO_CLOSED)
    assert not begun

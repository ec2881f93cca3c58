"""What the client's tests share: a recorder of events and states, and patience with a limit."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from pushforward.studio.client.client import EngineClient, EngineState
from pushforward.studio.client.connection import Arrays
from pushforward.studio.protocol.messages import Event, JobChanged, Progress


def run(work: Coroutine[Any, Any, None], seconds: float = 60.0) -> None:
    """Run an async test, at most for so long; what goes wrong in a callback fails it too."""

    async def guarded() -> None:
        errors: list[dict[str, Any]] = []
        asyncio.get_running_loop().set_exception_handler(lambda _, context: errors.append(context))
        await asyncio.wait_for(work, seconds)
        assert not errors, errors

    asyncio.run(guarded())


class Ear:
    """Hears everything that a client says."""

    def __init__(self, client: EngineClient) -> None:
        self.events: list[tuple[Event, Arrays]] = []
        self.states: list[EngineState] = [client.state]
        self._news = asyncio.Event()
        client.subscribe(self._event)
        client.watch_state(self._state)

    def _event(self, event: Event, arrays: Arrays) -> None:
        self.events.append((event, arrays))
        self._news.set()

    def _state(self, state: EngineState) -> None:
        self.states.append(state)
        self._news.set()

    def of(self, kind: type, job: str = "") -> list[Any]:
        """The events of a kind so far, of one job if given."""
        return [e for e, _ in self.events if isinstance(e, kind) and job in ("", _job(e))]

    def job_states(self, job: str) -> list[str]:
        """The states that a job went through."""
        return [e.info.state for e in self.of(JobChanged, job)]

    def last(self, job: str) -> Progress:
        """The newest progress of a job."""
        return self.of(Progress, job)[-1]

    async def until(self, true: Callable[[], bool], seconds: float = 30.0) -> None:
        """Wait until something has happened."""

        async def wait() -> None:
            while not true():
                self._news.clear()
                await self._news.wait()

        try:
            await asyncio.wait_for(wait(), seconds)
        except TimeoutError:
            last = [type(e).__name__ for e, _ in self.events[-10:]]
            raise AssertionError(f"waited in vain; last events {last}, {self.states}") from None


def _job(event: Any) -> str:
    return event.info.job if isinstance(event, JobChanged) else getattr(event, "job", "")

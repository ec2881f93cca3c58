"""Real samples of runs: those that they learn from, and those that are held out."""

from dataclasses import dataclass
from typing import Literal

from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.run_comparison import comparable
from pushforward.studio.app.core.runs import RunState
from pushforward.studio.app.engine.requests.request_base import (
    Answer,
    Intents,
    Link,
    Refused,
    floats,
)
from pushforward.studio.protocol.messages import GetTarget

__all__ = ["RealSamples"]

USUAL = 4096


@dataclass(eq=False)
class _Request:
    """A request for ``n`` samples of a run."""

    run: RunState
    n: int
    state: Literal["waiting", "answered", "refused"] = "waiting"


class RealSamples(Intents):
    """Fetches real samples of runs, each once for all views.

    What a lost engine has not answered is requested again when the engine is back; what it refused
    is requested again when another run is selected. A run that is read anew is another run.
    """

    def __init__(self, state: AppState, link: Link) -> None:
        super().__init__(state, link)
        self._requests: dict[tuple[str, bool], _Request] = {}  # by run and "held out"
        self._engine_lost = not state.engine.ready
        state.engine_changed.connect(self._follow_engine)
        state.runs.selected.connect(self._forget_refused)

    def need(self, key: str, n: int = USUAL, *, at_least: bool = False) -> None:
        """Fetch samples that a run learns from.

        Args:
            key: the run.
            n: how many to fetch where there are none yet.
            at_least: fetch n also where there are fewer, as far as the data have them.
        """
        run = self.state.runs.by_key.get(key)
        if run is None or run.spec is None:
            return
        if run.target is None or (at_least and len(run.target) < min(n, run.learned or n)):
            self._request(run, n, held_out=False)

    def need_held_out(self, key: str, n: int) -> None:
        """Fetch n samples that a run does not learn from; where there are none, of the others."""
        run = self.state.runs.by_key.get(key)
        if run is not None and run.spec is not None:
            self._request(run, n, held_out=True)

    def pending(self, key: str) -> bool:
        """Whether samples that a run learns from are loading, or wait for the engine."""
        request = self._requests.get((key, False))
        return request is not None and request.state == "waiting"

    def reload(self, key: str) -> None:
        """Fetch again what a run learns from, as its edits have changed it."""
        run = self.state.runs.by_key.get(key)
        if run is None:
            return
        run.held, run.holds_out = None, False  # the held-out samples are those of other data
        n = USUAL if run.target is None else max(USUAL, len(run.target))
        self._send(_Request(run, n), held_out=False)

    def _request(self, run: RunState, n: int, *, held_out: bool) -> None:
        last = self._requests.get((run.key, held_out))
        if last is not None and last.run is run and (last.n >= n or run.target is None):
            return
        request = self._requests[run.key, held_out] = _Request(run, n)
        if self.state.engine.ready:
            self._send(request, held_out=held_out)

    def _send(self, request: _Request, *, held_out: bool) -> None:
        key = request.run.key
        load = self._load_held_out if held_out else self._load
        self._do(load(request), "The real samples cannot be shown", topic=f"real:{key}", run=key)

    async def _ask(self, request: _Request, *, held_out: bool) -> Answer | None:
        """Return the answer, None where the engine is lost or the run is gone."""
        key = request.run.key
        try:
            answer = await self._ask_if_alive(GetTarget(run=key, n=request.n, held=held_out))
        except Refused:
            request.state = "refused"
            raise
        if answer is not None:
            request.state = "answered"
        return answer if key in self.state.runs.by_key else None

    async def _load(self, request: _Request) -> None:
        answer = await self._ask(request, held_out=False)
        if answer is None:
            return
        run, result = self.state.runs.by_key[request.run.key], answer.result or {}
        run.target = floats(answer, "x")
        run.learned = result.get("n")
        run.measured_by_own = bool(result.get("own"))
        run.target_told = {name: values for name, values in answer.arrays.items() if name != "x"}
        self._share_limit(run, result.get("most"))
        self._describe(run, answer)

    async def _load_held_out(self, request: _Request) -> None:
        answer = await self._ask(request, held_out=True)
        if answer is None:
            return
        run = self.state.runs.by_key[request.run.key]
        run.holds_out = bool((answer.result or {}).get("held"))
        if not run.holds_out:
            self.need(run.key, request.n, at_least=True)
            self.state.runs.changed.emit(run.key)
            return
        run.held = floats(answer, "x")
        run.held_told = {name: values for name, values in answer.arrays.items() if name != "x"}
        self._describe(run, answer)

    def _describe(self, run: RunState, answer: Answer) -> None:
        """Note what the answer tells about all samples of a run."""
        result = answer.result or {}
        run.columns = tuple(result.get("columns", ()))
        run.classes = tuple(map(str, result.get("names") or ()))
        run.alike = dict(result.get("alike") or {})
        self.state.runs.changed.emit(run.key)

    def _share_limit(self, run: RunState, most: int | None) -> None:
        """Note how many samples a metric can use at most, also for runs on the same data."""
        run.most = most
        for other in self.state.runs.by_key.values():
            if not other.edits and not run.edits and comparable(run, other, self.state.catalog):
                other.most = most

    def _forget_refused(self, _key: str) -> None:
        self._requests = {k: r for k, r in self._requests.items() if r.state != "refused"}

    def _follow_engine(self) -> None:
        ready = self.state.engine.ready
        if ready and self._engine_lost:
            runs = self.state.runs.by_key
            self._requests = {k: r for k, r in self._requests.items() if k[0] in runs}
            for (_, held_out), request in list(self._requests.items()):
                if request.state == "waiting":
                    self._send(request, held_out=held_out)
        self._engine_lost = not ready

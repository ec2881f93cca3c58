"""What the views ask of the engine: records to draw, layers, data to preview."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.run_comparison import comparable
from pushforward.studio.app.core.runs import RunState
from pushforward.studio.app.engine.requests.record_watching import Watching
from pushforward.studio.app.engine.requests.request_base import Answer, Intents, Link, floats
from pushforward.studio.protocol.messages import GetNearest, GetTarget, QueryLayer

__all__ = ["LookingIntents"]

TARGET = 4096


class LookingIntents(Intents):
    """Intents about what is on the canvas; ``watching`` is told by the lenses what they look at."""

    def __init__(self, state: AppState, link: Link) -> None:
        super().__init__(state, link)
        self.watching = Watching(link.tell, self._watchable)
        state.runs.record_arrived.connect(self._arrived)
        state.runs.listed.connect(self.watching.update)
        state.runs.changed.connect(self._changed)

    def _arrived(self, key: str) -> None:
        run = self.state.runs.by_key.get(key)
        if run is not None:
            self.watching.arrived(run.job)

    def _changed(self, _key: str) -> None:
        self.watching.update()

    def _watchable(self, job: str) -> bool:
        """Whether the engine of this window works on a job for a run."""
        run = self.state.runs.by_job(job)
        return run is not None and not run.background

    def load_target(self, key: str, n: int = TARGET) -> None:
        """Fetch n of the points that a run learns, to be shown behind its particles."""
        run = self.state.runs.by_key.get(key)
        if run is not None and run.target is None and run.spec is not None:
            self._do(self._load_target(key, n), "The target points cannot be shown", run=key)

    def load_more_target(self, key: str, n: int) -> None:
        """Fetch n of them where fewer were fetched before. There may be no more: ask once."""
        run = self.state.runs.by_key.get(key)
        if run is None or run.spec is None:
            return
        if run.target is None or len(run.target) < min(n, run.learned or n):
            self._do(self._load_target(key, n), "The data cannot be shown", run=key)

    def load_held(self, key: str, n: int) -> None:
        """Fetch n of the data that a run has not learned; where there are none, of those that it
        learns, as many.
        """
        run = self.state.runs.by_key.get(key)
        if run is not None and run.spec is not None:
            self._do(self._load_held(key, n), "The data cannot be shown", run=key)

    async def _load_held(self, key: str, n: int) -> None:
        answer = await self._ask_if_alive(GetTarget(run=key, n=n, held=True))
        run = self.state.runs.by_key.get(key)
        if answer is None or run is None:
            return
        run.holds_out = bool((answer.result or {}).get("held"))
        if not run.holds_out:
            self.load_more_target(key, n)
            self.state.runs.changed.emit(key)
            return
        run.held = floats(answer, "x")
        run.held_told = {name: values for name, values in answer.arrays.items() if name != "x"}
        run.classes = tuple(map(str, (answer.result or {}).get("names") or ()))
        run.columns = tuple((answer.result or {}).get("columns", ()))
        run.alike = dict((answer.result or {}).get("alike") or {})
        self.state.runs.changed.emit(key)

    def reload_target(self, key: str) -> None:
        """Fetch them again, as the edits of the run have made them."""
        run = self.state.runs.by_key.get(key)
        if run is not None:
            run.held, run.holds_out = None, False  # what is learned is something else now
        n = TARGET if run is None or run.target is None else max(TARGET, len(run.target))
        self._do(self._load_target(key, n), "The changed target cannot be shown", run=key)

    async def _load_target(self, key: str, n: int) -> None:
        answer = await self._ask_if_alive(GetTarget(run=key, n=n))
        run = self.state.runs.by_key.get(key)
        if answer is None or run is None:
            return
        result: dict[str, Any] = answer.result or {}
        run.target = floats(answer, "x")
        run.learned = result.get("n")
        run.measured_by_own = bool(result.get("own"))
        self._tell_most(run, result.get("most"))
        run.columns = tuple(result.get("columns", ()))
        run.classes = tuple(map(str, result.get("names") or ()))
        run.alike = dict(result.get("alike") or {})
        run.target_told = {name: values for name, values in answer.arrays.items() if name != "x"}
        self.state.runs.changed.emit(key)

    def _tell_most(self, run: RunState, most: int | None) -> None:
        """Note how many samples the data of a run allow a figure to be of; of others that learn the
        same, too, which stand beside it.
        """
        run.most = most
        for other in self.state.runs.by_key.values():
            if not other.edits and not run.edits and comparable(run, other, self.state.catalog):
                other.most = most

    async def nearest(self, question: GetNearest) -> Answer:
        """Return which of all that a run learns are nearest to some data.

        Raises:
            Refused: the engine is gone, or does not compare data of this kind.
        """
        return await self.link.ask(question)

    async def query_layer(
        self,
        key: str,
        layer: str,
        bounds: tuple[float, float, float, float],
        *,
        resolution: int = 64,
        t: float = 1.0,
        step: int | None = None,
    ) -> tuple[int, NDArray[np.float32]]:
        """Return (step of the weights used, grid (r, r) or (r, r, 2)) of a run's layer.

        Raises:
            Refused: the engine cannot evaluate it.
        """
        answer = await self.link.ask(
            QueryLayer(
                run=key, layer=layer, bounds=list(bounds), resolution=resolution, t=t, step=step
            )
        )
        result: dict[str, Any] = answer.result or {}
        return int(result.get("step", 0)), floats(answer, "layer")

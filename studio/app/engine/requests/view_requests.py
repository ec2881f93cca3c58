"""What the views ask of the engine: records to draw, layers, data to preview."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.engine.requests.record_watching import Watching
from pushforward.studio.app.engine.requests.request_base import Answer, Intents, Link, floats
from pushforward.studio.protocol.messages import GetNearest, QueryLayer

__all__ = ["LookingIntents"]


class LookingIntents(Intents):
    """Intents about the canvas; lenses declare to ``watching`` what they watch."""

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

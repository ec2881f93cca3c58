"""What the lens of a scene asks of the engine: the scene itself, and a map of its classes."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pushforward.studio.app.engine.requests.request_base import Answer, Intents, floats
from pushforward.studio.protocol.messages import Operate, PreviewData

__all__ = ["SceneData", "SceneIntents", "SceneMap"]

CLASSIFY = "classify-scene"


@dataclass(frozen=True, eq=False)
class SceneData:
    """A scene: ``colours`` (H, W, 3) bytes, ``truth`` (H, W), classes from 1 on and 0 for unknown,
    ``cube`` (H, W, bands), ``wavelengths`` (bands,) in nm or empty, ``names`` of the classes, and
    the places (n, 2), row and column, of ``learned`` pixels that are looked at.
    """

    colours: NDArray[np.uint8]
    truth: NDArray[np.int64]
    cube: NDArray[np.float32]
    wavelengths: NDArray[np.float32]
    names: tuple[str, ...]
    learned: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class SceneMap:
    """What a model says of each pixel at a step: ``classes`` (H, W) from 1 on, how probable (H, W)
    it finds them, and the places (n, 2), row and column, of the ``unseen`` pixels that say how good
    that is.
    """

    step: int
    classes: NDArray[np.int64]
    confidence: NDArray[np.float32]
    unseen: NDArray[np.int64]


class SceneIntents(Intents):
    """Intents about scenes; what was asked for is handed to whoever asked."""

    def load(self, key: str, tell: Callable[[SceneData], None]) -> None:
        """Fetch the scene that a run learns from."""
        run = self.state.runs.by_key.get(key)
        if run is not None and run.spec is not None:
            self._do(self._load(key, tell), "The scene cannot be shown", run=key)

    def classify(
        self, key: str, tell: Callable[[SceneMap], None], ended: Callable[[], None]
    ) -> None:
        """Have every pixel classified by the newest checkpoint of a run, and say when that has
        ended, whichever way.
        """
        self._do(self._classify(key, tell, ended), "The scene was not classified", run=key)

    def write(self, key: str, file: str) -> None:
        """Write the map of a run to a .png or .npy file, in the place of one that is there: the
        dialog for saving has asked.
        """
        command = Operate(run=key, operator=CLASSIFY, file=file, overwrite=True)
        self._tell(command, "The map was not written", key)

    async def _load(self, key: str, tell: Callable[[SceneData], None]) -> None:
        run = self.state.runs.by_key[key]
        assert run.spec is not None
        project = str(Path(key).parents[1])
        command = PreviewData(dataset=run.spec.dataset, project=project, n=100_000)
        answer = await self._ask_if_alive(command)
        if answer is None:
            return
        tell(
            SceneData(
                colours=floats(answer, "colours").astype(np.uint8),
                truth=_whole(answer, "truth"),
                cube=floats(answer, "cube"),
                wavelengths=floats(answer, "wavelengths"),
                names=tuple((answer.result or {}).get("names", ())),
                learned=_whole(answer, "position"),
            )
        )

    async def _classify(
        self, key: str, tell: Callable[[SceneMap], None], ended: Callable[[], None]
    ) -> None:
        try:
            answer = await self.link.ask(Operate(run=key, operator=CLASSIFY, inline=True))
            step = int((answer.result or {}).get("step", 0))
            found, unseen = _whole(answer, "map"), _whole(answer, "unseen")
            tell(SceneMap(step, found, floats(answer, "confidence"), unseen))
        finally:
            ended()


def _whole(answer: Answer, name: str) -> NDArray[np.int64]:
    return np.rint(floats(answer, name)).astype(np.int64)

"""Requests about a scene: the scene itself, and what operators find of each of its pixels."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.data_types.cubes.map_scores import ClassBand
from pushforward.studio.app.engine.requests.operator_requests import OperatingIntents
from pushforward.studio.app.engine.requests.request_base import Answer, Intents, Link, floats
from pushforward.studio.protocol.messages import Operate, PreviewData
from pushforward.studio.protocol.spec import Pick

__all__ = [
    "CLASSIFY",
    "GENERATE",
    "REFINE",
    "SUGGEST",
    "SceneData",
    "SceneMap",
    "SceneRequests",
    "make_map",
]

CLASSIFY, REFINE, SUGGEST = "classify-scene", "refine-scene", "label-next"
GENERATE = "generate-spectra"
MOST_PROBABILITIES = 8_000_000  # numbers that are requested at once
ALL = 100_000  # pixels of a preview

Whole = NDArray[np.int64]


def _nowhere() -> Whole:
    return np.empty((0, 2), np.int64)


@dataclass(frozen=True, eq=False)
class SceneData:
    """A scene.

    Attributes:
        colours: (H, W, 3) bytes, false colours.
        truth: (H, W), classes from 1 on, 0 where the class is unknown.
        cube: (H, W, bands).
        wavelengths: (bands,) in nm, or empty.
        names: of the classes.
        learned: (n, 2), rows and columns of training pixels.
        validation: (n, 2), pixels that choose settings.
        test: (n, 2), pixels that measure.
        unit: of the values, "" where it is unknown.
        where: how it lies on the ground, as its import stored it.
    """

    colours: NDArray[np.uint8]
    truth: Whole
    cube: NDArray[np.float32]
    wavelengths: NDArray[np.float32]
    names: tuple[str, ...]
    learned: Whole
    validation: Whole = field(default_factory=_nowhere)
    test: Whole = field(default_factory=_nowhere)
    unit: str = ""
    where: Mapping[str, Any] = field(default_factory=dict)

    @property
    def size(self) -> tuple[int, int]:
        """Rows and columns."""
        return int(self.truth.shape[0]), int(self.truth.shape[1])


@dataclass(frozen=True, eq=False)
class SceneMap:
    """A map of a scene at a training step.

    Attributes:
        step: of the checkpoint.
        classes: (H, W), from 1 on.
        confidence: (H, W), probability of the class.
        unseen: (n, 2), rows and columns of labelled pixels that were not learned from.
        margin: (H, W), difference of the two largest probabilities, None where it is unknown.
        probabilities: (classes, H, W), None where they are unknown.
        note: what the operator says of it.
        every: side of the blocks of which one pixel was classified, 1 for a whole map.
    """

    step: int
    classes: Whole
    confidence: NDArray[np.float32]
    unseen: Whole
    margin: NDArray[np.float32] | None = None
    probabilities: NDArray[np.float32] | None = None
    note: str = ""
    every: int = 1


class SceneRequests(Intents):
    """Fetches scenes and maps; a refusal is raised, for the query that asks."""

    def __init__(self, state: AppState, link: Link, operating: OperatingIntents) -> None:
        super().__init__(state, link)
        self._operating = operating

    def offers(self, operator: str, setting: str = "") -> bool:
        """Return whether the engine has an operator, with a setting where one is named."""
        catalog = self.state.catalog
        entry = catalog.get("operator", operator) if catalog is not None else None
        if entry is None:
            return False
        return not setting or any(each.path == setting for each in entry.fields)

    async def load(self, dataset: Pick, project: Path) -> SceneData:
        """Return a scene, with the pixels that a run of these settings learns from.

        Raises:
            Refused: the engine cannot read it.
        """
        command = PreviewData(dataset=dataset, project=str(project), n=ALL)
        answer = await self.link.ask(command)
        facts = answer.result or {}
        return SceneData(
            colours=floats(answer, "colours").astype(np.uint8),
            truth=_read_integers(answer, "truth"),
            cube=floats(answer, "cube"),
            wavelengths=floats(answer, "wavelengths"),
            names=tuple(facts.get("names", ())),
            learned=_places(answer, "position"),
            validation=_places(answer, "validation"),
            test=_places(answer, "test"),
            unit=str(facts.get("unit", "")),
            where=dict(facts.get("where") or {}),
        )

    async def classify(self, key: str, step: int | None, numbers: int, every: int = 1) -> SceneMap:
        """Return the class of every pixel by a checkpoint of a run, by the weights in training for
        None, with probabilities where there are at most `MOST_PROBABILITIES` of the ``numbers``
        that they take; of each block of ``every`` x ``every`` pixels one is classified.

        Raises:
            Refused: the run has no checkpoint yet and is not training, or the engine is gone.
        """
        config: dict[str, Any] = {}
        if numbers <= MOST_PROBABILITIES and self.offers(CLASSIFY, "probabilities"):
            config["probabilities"] = True
        if every > 1 and self.offers(CLASSIFY, "every"):
            config["every"] = every
        answer = await self._operating.ask(key, CLASSIFY, config=config, step=step, live=True)
        facts = answer.result or {}
        step, note = int(facts.get("step", 0)), str(facts.get("note", ""))
        return make_map(step, answer.arrays, note, int(config.get("every", 1)))

    async def suggest(self, key: str, n: int) -> Whole:
        """Return rows and columns (n, 2) of the pixels that are most useful to label next.

        Raises:
            Refused: as for `classify`.
        """
        answer = await self._operating.ask(key, SUGGEST, config={"n": n})
        return _read_integers(answer, "pixels")

    async def generate(self, key: str, step: int | None, bands: int) -> list[ClassBand]:
        """Return mean and quantiles of generated spectra of each class, in the bands of the scene.

        Raises:
            Refused: as for `classify`.
        """
        answer = await self._operating.ask(key, GENERATE, config={}, step=step)
        names = ("mean", "low", "high")
        values = np.stack([floats(answer, name) for name in names], axis=1)
        every = max(1, -(-values.shape[2] // max(1, bands)))  # of a large scene not all are sent
        return [ClassBand(*each[:, ::every]) for each in values]

    def write(
        self, key: str, file: str, operator: str = CLASSIFY, config: dict[str, Any] | None = None
    ) -> None:
        """Write a map of a run to a file, replacing one that exists: the dialog has asked."""
        command = Operate(
            run=key, operator=operator, config=config or {}, file=file, overwrite=True
        )
        self._tell(command, "The map was not written", key)

    def spawn(self, work: Callable[[], Any], title: str, key: str) -> None:
        """Run a sequence; if it is refused, show why under a title."""
        self._do(work(), title, run=key)


def make_map(
    step: int, arrays: Mapping[str, NDArray[Any]], note: str = "", every: int = 1
) -> SceneMap:
    """Return a map from the arrays of an operator."""
    values = {name: np.asarray(arrays[name]) for name in ("margin", "probabilities")
              if name in arrays}  # fmt: skip
    return SceneMap(
        step=step,
        classes=np.asarray(arrays["map"]).astype(np.int64),
        confidence=np.asarray(arrays["confidence"]),
        unseen=np.asarray(arrays["unseen"]).astype(np.int64),
        margin=values.get("margin"),
        probabilities=values.get("probabilities"),
        note=note,
        every=every,
    )


def _read_integers(answer: Answer, name: str) -> Whole:
    return np.rint(floats(answer, name)).astype(np.int64)


def _places(answer: Answer, name: str) -> Whole:
    return _read_integers(answer, name) if name in answer.arrays else _nowhere()

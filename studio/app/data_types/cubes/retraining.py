"""Train the model of a run again on its labels and those that were painted by hand."""

from pathlib import Path
from typing import Any

import numpy as np
from msgspec import structs
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from pushforward.observables.scenes.label_text import encode_labels
from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.data_types.cubes.scene_model import SceneModel
from pushforward.studio.app.engine.actions import Actions
from pushforward.studio.protocol.messages import StartTraining
from pushforward.studio.protocol.spec import Pick, RunSpec

__all__ = ["Retraining", "combine_labels", "describe_split"]

FEW = 200  # test pixels: with fewer the accuracy is uncertain by more than 3 points
SPLITS = {
    "random": "Random split: training pixels lie next to test pixels, so that accuracies are high.",
    "apart": "Disjoint split: no window of a test pixel holds a training pixel.",
    "block": "Block split: training and test pixels lie in different squares.",
    "field": "Field split: training and test pixels lie in different fields.",
    "map": "Split by a second map.",
    "hand": "Trained on labels set by hand; all other labelled pixels test.",
}


def describe_split(model: SceneModel) -> str:
    """Return which pixels were learned from and which measure, in one or two sentences."""
    scene, run = model.scene, model.run
    if scene is None or run is None or run.spec is None:
        return ""
    n = len(model.unseen)
    config = run.spec.dataset.config
    chosen = str(config.get("split", "random"))
    words = SPLITS.get(chosen, "")
    validation = f", validation {len(scene.validation):,}" if len(scene.validation) else ""
    few = f" {n} test pixels are too few to conclude anything." if 0 < n < FEW else ""
    return f"Training {len(scene.learned):,}{validation}, test {n:,} pixels. {words}{few}"


def combine_labels(
    truth: NDArray[np.int64], learned: NDArray[np.int64], painted: NDArray[np.int16]
) -> NDArray[np.int16]:
    """Return the labels (H, W) to train on: those of the training pixels (n, 2), and the painted
    ones, which win.
    """
    labels = np.zeros(truth.shape, np.int16)
    places = tuple(learned.T)
    labels[places] = truth[places]
    return np.where(painted > 0, painted, labels)


class Retraining(QObject):
    """Starts the training of a new run with more labels, and shows it.

    Signals:
        changed(): it can be started now, or cannot any more.
    """

    changed = Signal()

    def __init__(self, state: AppState, actions: Actions, model: SceneModel) -> None:
        super().__init__(model)
        self._state, self._actions, self._model = state, actions, model
        self._starting = False
        model.labels.stroked.connect(self.changed)
        state.engine_changed.connect(self.changed)

    @property
    def why_not(self) -> str:
        """Why no training can be started, "" where it can."""
        model = self._model
        if model.scene is None or model.run is None:
            return "No scene is shown."
        if not model.labels.count:
            return "Paint labels on the map first."
        if not self._added():
            return "This run is trained on all painted labels already."
        if self._state.engine.state not in ("ready", "busy"):
            return "The engine is not running."
        return "The training is being queued…" if self._starting else ""

    def describe(self) -> str:
        """Return how many labels the new run is trained on."""
        model = self._model
        if model.scene is None:
            return ""
        n = len(model.scene.learned)
        added = int(np.count_nonzero(self._labels())) - n
        corrected = self._added() - added
        changed = f" and {corrected:,} corrected" if corrected else ""
        return f"{n:,} + {added:,} labels{changed}. Retraining makes a new run."

    def _added(self) -> int:
        """Return how many labels differ from those that the run is trained on."""
        scene = self._model.scene
        if scene is None:
            return 0
        before = np.zeros(scene.size, np.int64)
        places = tuple(scene.learned.T)
        before[places] = scene.truth[places]
        return int(np.count_nonzero(self._labels() != before))

    def _labels(self) -> NDArray[np.int16]:
        model = self._model
        assert model.scene is not None
        return combine_labels(model.scene.truth, model.scene.learned, model.labels.labels)

    def make_spec(self) -> RunSpec:
        """Return the run of the model with the labels of the map."""
        run = self._model.run
        assert run is not None
        assert run.spec is not None
        spec = run.spec
        config: dict[str, Any] = {
            **spec.dataset.config,
            "split": "hand",
            "hand": encode_labels(self._labels()),
        }
        return structs.replace(spec, dataset=Pick(slug=spec.dataset.slug, config=config), edits=[])

    def start(self) -> None:
        """Queue the training."""
        run = self._model.run
        if self.why_not or run is None:
            return
        self._starting = True
        self.changed.emit()
        command = StartTraining(spec=self.make_spec(), project=str(Path(run.key).parents[1]))
        self._model.requests.spawn(
            lambda: self._start(command), "The training did not start", run.key
        )

    async def _start(self, command: StartTraining) -> None:
        try:
            answer = await self._actions.link.ask(command)
        finally:
            self._starting = False
            self.changed.emit()
        key = str(answer.result["run"])
        self._actions.runs.know(key, command.spec)
        self._actions.runs.show(key)
        self._state.window.show_lens.emit("samples/scene")

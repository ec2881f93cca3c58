"""Train the model of a run again on its labels and those that were painted by hand."""

import re
from collections.abc import Callable, Coroutine
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
from pushforward.studio.protocol.messages import BranchRun, StartTraining
from pushforward.studio.protocol.spec import Pick, RunSpec

__all__ = ["Retraining", "combine_labels", "describe_split"]

LABELLED = re.compile(r", [\d,]+ labels$")
LEAST_STEPS = 100  # of a training that continues
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
        model.maps_changed.connect(self.changed)
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
        words = f"{n:,} + {added:,} labels{changed}."
        if self.from_step is None:
            return f"{words} Training starts over, as a new run."
        return f"{words} A new run continues from step {self.from_step:,}."

    @property
    def from_step(self) -> int | None:
        """The step whose weights training can continue from: that of the map; None without a map,
        and for a model that is fitted in one pass.
        """
        model, catalog = self._model, self._state.catalog
        run, found = model.run, model.map
        if run is None or run.spec is None or found is None or not found.step:
            return None
        family = catalog.get("family", run.spec.family.slug) if catalog is not None else None
        return None if family is not None and family.passes else found.step

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
        config: dict[str, Any] = {
            **run.spec.dataset.config,
            "split": "hand",
            "hand": encode_labels(self._labels()),
        }
        pick = Pick(slug=run.spec.dataset.slug, config=config)
        return structs.replace(run.spec, dataset=pick, edits=[])

    def make_branch(self, step: int) -> BranchRun:
        """Return the run that continues from the weights at a step, with the labels of the map, for
        as many steps as this run was trained.
        """
        run, spec = self._model.run, self.make_spec()
        assert run is not None
        own = int(spec.training.get("steps") or step) - (run.branch_step or 0)
        name = f"{LABELLED.sub('', spec.name)}, {np.count_nonzero(self._labels()):,} labels"
        steps = step + max(own, LEAST_STEPS)
        return BranchRun(run=run.key, step=step, name=name, dataset=spec.dataset, steps=steps)

    def start(self) -> None:
        """Continue the training with the labels of the map, or start it over where the model cannot
        continue.
        """
        step = self.from_step
        if step is None:
            self.start_over()
        else:
            command = self.make_branch(step)
            self._begin(lambda: self._actions.branching.send(command))

    def start_over(self) -> None:
        """Train the same model from new weights, with the labels of the map."""
        if self._model.run is not None:
            command = StartTraining(
                spec=self.make_spec(), project=str(Path(self._model.run.key).parents[1])
            )
            self._begin(lambda: self._start_over(command))

    def _begin(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        run = self._model.run
        if self.why_not or run is None:
            return
        self._starting = True
        self.changed.emit()
        self._model.requests.spawn(
            lambda: self._until_shown(work), "The training did not start", run.key
        )

    async def _until_shown(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        try:
            await work()
        finally:
            self._starting = False
            self.changed.emit()
        self._state.window.show_lens.emit("samples/scene")

    async def _start_over(self, command: StartTraining) -> None:
        answer = await self._actions.link.ask(command)
        key = str(answer.result["run"])
        self._actions.runs.know(key, command.spec)
        self._actions.runs.show(key)

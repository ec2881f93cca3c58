"""A scene without a run: its map to paint labels on, and a training on these labels."""

from pathlib import Path

import numpy as np
from PySide6.QtWidgets import QWidget

from pushforward.observables.scenes.label_text import encode_labels
from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.imported_data import pick_of
from pushforward.studio.app.data_types.cubes.retraining import combine_labels
from pushforward.studio.app.data_types.cubes.scene_model import SceneModel
from pushforward.studio.app.data_types.cubes.scene_view import SceneView
from pushforward.studio.app.design.basic import (
    Elided,
    button,
    column,
    icon_button,
    label,
    row,
)
from pushforward.studio.app.design.literal_text import set_tip
from pushforward.studio.app.design.menu import open_menu
from pushforward.studio.app.engine.actions import Actions
from pushforward.studio.counts import format_count

__all__ = ["SceneLabelling"]


class SceneLabelling(QWidget):
    """The map of a data set with the tools that label, and what follows from the labels."""

    def __init__(self, state: AppState, actions: Actions, slug: str) -> None:
        super().__init__()
        self._state, self._actions = state, actions
        self._slug = slug
        pick = pick_of(slug, state.datasets)
        self.model = SceneModel(state, actions, (state.project or Path(), pick))
        self.view = SceneView(state, actions, self.model)
        self.count_text = Elided("", "muted")
        self._problem = label("", "danger", wrap=True)
        self.train = button("Train on these labels", self._train, kind="primary", icon="play")
        clear = button("Clear labels", self.model.labels.clear)
        self.files = icon_button("export", "Export labels, or load them", self._open_files)
        column(
            row((self.count_text, 1), self.files, clear, self.train),
            self._problem,
            (self.view, 1),
            parent=self,
            gap=6,
        )
        self.model.scene_changed.connect(self.refresh)
        self.model.labels.stroked.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Say how many labels there are, and whether a model can be trained on them."""
        scene, labels = self.model.scene, self.model.labels
        self._problem.setText(labels.problem)
        self._problem.setVisible(bool(labels.problem))
        why = ""
        if scene is None:
            self.count_text.set_text("Loading the scene…")
            why = "The scene is not loaded yet."
        elif not scene.names:
            self.count_text.set_text("This scene has no classes.")
            why = "Import the scene again with class names, then paint labels."
        else:
            known = int((scene.truth > 0).sum())
            painted = labels.labels[labels.labels > 0]
            classes = len(np.unique(painted))
            painted_text = (
                f"{labels.count:,} pixels painted in {format_count(classes, 'class', 'classes')}"
                if labels.count
                else "No pixel painted yet"
            )
            self.count_text.set_text(
                f"{painted_text}; ground truth {known:,}. P brush, L polygon, W wand, 1 to 9 class"
            )
            if not labels.count:
                why = "Paint labels on the map first."
            elif classes < 2 and not known:
                why = "Paint at least two classes."
        self.train.setEnabled(not why)
        set_tip(self.train, why or "Set up a model that learns these labels and the ground truth")

    def _open_files(self) -> None:
        corner = self.files.rect().bottomLeft()
        open_menu(self.files, corner, self.view.export.label_entries())

    def _train(self) -> None:
        scene = self.model.scene
        if scene is None:
            return
        labels = combine_labels(scene.truth, scene.learned, self.model.labels.labels)
        config = {"split": "hand", "hand": encode_labels(labels)}
        self._actions.setup.open_on(self._slug, config, "classify")

"""Compare, for scenes: two maps by a swipe or by their difference, and all runs in a table."""

from typing import Any

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage, QShowEvent
from PySide6.QtWidgets import QComboBox, QSizePolicy

from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.display_names import name_of, number
from pushforward.studio.app.core.latest_metrics import figure_of, floors_of
from pushforward.studio.app.core.runs import RunState
from pushforward.studio.app.data.views.lens_view import LensView
from pushforward.studio.app.data.views.view_spec import ViewSpec
from pushforward.studio.app.data_types.cubes import scene_images as images
from pushforward.studio.app.data_types.cubes.map_scores import confusion_of, score
from pushforward.studio.app.data_types.cubes.scene_model import SceneModel, applies
from pushforward.studio.app.data_types.cubes.scene_requests import SceneMap
from pushforward.studio.app.data_types.cubes.swipe_canvas import SwipeCanvas
from pushforward.studio.app.design.basic import Elided, column, label, row, section, view_bar
from pushforward.studio.app.design.forms.editors import Segments
from pushforward.studio.app.design.table import Column, Table
from pushforward.studio.app.engine.actions import Actions
from pushforward.studio.app.engine.query import Query
from pushforward.studio.literal import one_line

__all__ = ["VIEW", "SceneCompareView"]

OWN = {"prediction": "Prediction", "crf": "After CRF", "position": "Position only",
       "truth": "Ground truth"}  # fmt: skip
ROW, MOST_ROWS = 30, 6  # of the table: pixels, and rows that are seen at once
METRICS = ("accuracy", "average-accuracy", "kappa", "calibration-error")
SPLITS = {"random": "random", "apart": "disjoint squares", "block": "blocks", "field": "fields",
          "map": "second map", "hand": "by hand"}  # fmt: skip
HEADS = (
    Column("Run"),
    Column("Split", "How labelled pixels are divided", Qt.AlignmentFlag.AlignLeft),
    Column("OA", "Overall accuracy, %"),
    Column("AA", "Average accuracy, %"),
    Column("κ", "Kappa × 100"),
    Column("ECE", "Expected calibration error × 100; 0 for exact probabilities"),
    Column("Floor", "Overall accuracy of the baseline on the same labels, %"),
)


class SceneCompareView(LensView):
    """Two maps on one canvas, and the accuracies of all runs on the scene."""

    def __init__(self, state: AppState, actions: Actions) -> None:
        super().__init__(state, actions)
        self.model = SceneModel.shared(state, actions)
        self.canvas = SwipeCanvas("Two maps", self.model.camera)
        self.left, self.right = QComboBox(), QComboBox()
        self._how = Segments(["Swipe", "Difference"], "Compare by")
        self._how.widen()
        self._how.select(0)
        self._difference = False
        self._text = Elided("", "muted")
        self.table = Table("Runs on this scene", HEADS, selectable=False)
        self._other: Query[tuple[str, int], SceneMap] = Query(self, self._classify, state=state)
        self._lay_out()
        self._connect()
        self.refresh()

    def _lay_out(self) -> None:
        for box, name in ((self.left, "Left map"), (self.right, "Right map")):
            box.setAccessibleName(name)
            box.setMinimumWidth(90)
            box.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        choices = row(self.left, label("and", "muted"), self.right)
        self.bar = view_bar(self, self._how, None)
        column(
            choices,
            self._text,
            (self.canvas, 1),
            section("Runs on this scene"),
            self.table,
            parent=self,
            gap=6,
            margins=(14, 8, 14, 10),
        )

    def _connect(self) -> None:
        model, state = self.model, self._state
        for signal in (model.scene_changed, model.maps_changed, model.marked):
            signal.connect(self.refresh)
        state.runs.listed.connect(self.refresh)
        state.runs.metrics_appended.connect(lambda *_: self._fill_table())
        model.cursor_moved.connect(lambda: self.canvas.point(model.cursor))
        self.canvas.pointed.connect(model.point)
        self._how.chosen.connect(self._choose_how)
        self._other.changed.connect(self._show_maps)
        for box in (self.left, self.right):
            box.activated.connect(lambda _: self._show_maps())

    def _choose_how(self, index: int) -> None:
        self._difference = index == 1
        self._show_maps()

    # What there is to compare

    def _rivals(self) -> list[RunState]:
        """Return the other runs on the same data that have a checkpoint."""
        run = self.model.run
        if run is None or run.spec is None:
            return []
        slug = run.spec.dataset.slug
        return [
            each
            for each in self._state.runs.by_key.values()
            if each.key != run.key
            and each.spec is not None
            and each.spec.dataset.slug == slug
            and each.checkpoints
        ]

    def refresh(self) -> None:
        """Offer the maps that there are, and show the chosen ones."""
        model = self.model
        some = model.scene is not None
        for each in (self.canvas, self.left, self.right, self._text, self.table):
            each.setVisible(some)
        self.empty.setVisible(not some)
        if not some:
            self.empty.tell("Loading the scene…", model.error or "Its maps follow.")
            return
        own = [(title, name) for name, title in OWN.items() if model.classes_of(name) is not None]
        others = [(f"Run {number(r.name)}: {name_of(r)}", f"run:{r.key}") for r in self._rivals()]
        usual = others[0][1] if others else "crf" if model.refined is not None else "position"
        for box, first in ((self.left, "prediction"), (self.right, usual)):
            self._offer(box, [*own, *others], first)
        self._show_maps()
        self._fill_table()

    @staticmethod
    def _offer(box: QComboBox, choices: list[tuple[str, str]], usual: str) -> None:
        data = [box.itemData(i) for i in range(box.count())]
        if data == [name for _, name in choices]:
            return
        chosen = box.currentData() or usual
        box.clear()
        for title, name in choices:
            box.addItem(one_line(title), name)
        place = box.findData(chosen)
        box.setCurrentIndex(place if place >= 0 else max(0, box.findData(usual)))

    async def _classify(self, key: tuple[str, int]) -> SceneMap:
        return await self.model.requests.classify(key[0], key[1], 1 << 60)

    def _found(self, name: str) -> tuple[Any, Any]:
        """Return a map (H, W) and the pixels that measure it, (None, None) while it is unknown."""
        model = self.model
        if not name.startswith("run:"):
            return model.classes_of(name), model.unseen
        run = self._state.runs.by_key.get(name.removeprefix("run:"))
        if run is None or not run.checkpoints:
            return None, None
        found = self._other.ask((run.key, max(run.checkpoints)))
        return (found.classes, found.unseen) if found is not None else (None, None)

    # What is shown

    def _show_maps(self) -> None:
        model, scene = self.model, self.model.scene
        if scene is None or not self.isVisible():
            return
        names = [str(box.currentData() or "") for box in (self.left, self.right)]
        pair = [self._found(name) for name in names]
        (one, _), (other, _) = pair
        if one is None or other is None or one.shape != other.shape:
            text = str(self._other.error or "") or model.why_no_map
            self.canvas.show_pair(None, None, text or "The map is being computed…")
            self._text.set_text("")
            return
        count = len(scene.names)
        if self._difference:
            image = images.difference_image(one, other, count)
            base = images.colour_image(scene.cube, (model.band,))
            grey = np.where(image > 0, image, base // 2 & 0x7F7F7F | np.uint32(0xFF000000))
            self.canvas.show_pair(images.to_image(grey), None)
        else:
            self.canvas.show_pair(self._paint(one, count), self._paint(other, count))
        n = int((one != other).sum())
        self._text.set_text(
            f"{self._score(*pair[0])} and {self._score(*pair[1])}; {n:,} of {one.size:,} pixels "
            f"({100 * n / one.size:.1f} %) differ"
        )

    def _paint(self, classes: Any, count: int) -> QImage:
        return images.to_image(images.class_image(classes, count, self.model.isolated))

    def _score(self, classes: Any, unseen: Any) -> str:
        scene = self.model.scene
        assert scene is not None
        if unseen is None or not len(unseen):
            return "OA –"
        found = score(confusion_of(classes, scene.truth, unseen, len(scene.names)))
        return f"OA {100 * found.overall:.1f} %" if found is not None else "OA –"

    def _fill_table(self) -> None:
        run = self.model.run
        if run is None or run.spec is None:
            return
        slug = run.spec.dataset.slug
        rows = []
        for each in self._state.runs.by_key.values():
            if each.spec is None or each.spec.dataset.slug != slug:
                continue
            split = str(each.spec.dataset.config.get("split", "random"))
            values = [figure_of(each, metric) for metric in METRICS]
            texts = ["–" if value is None else f"{100 * value[1]:.1f}" for value in values]
            floor = floors_of(each, METRICS[0]).get(METRICS[0])
            texts.append("–" if floor is None else f"{100 * floor:.1f}")
            rows.append([f"{number(each.name)} {name_of(each)}", SPLITS.get(split, split), *texts])
        self.table.show_rows(rows)
        self.table.setFixedHeight(40 + ROW * min(MOST_ROWS, max(1, len(rows))))

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.model.select()
        self.refresh()


VIEW = ViewSpec(
    id="scene-compare",
    lens="compare",
    title="Maps",
    order=39,
    applies=applies,
    factory=SceneCompareView,
)

"""Which classes of a scene are taken for which, before and after the CRF; a cell selects pixels."""

from typing import Any

import numpy as np
from PySide6.QtCore import QPointF, Signal
from PySide6.QtGui import QColor, QPainter, QShowEvent
from PySide6.QtWidgets import QWidget

from pushforward.studio.app.charts.confusion_matrix import Confusion, ConfusionPlot
from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.data.views.lens_view import LensView
from pushforward.studio.app.data.views.view_spec import ViewSpec
from pushforward.studio.app.data_types.cubes.class_list import class_name
from pushforward.studio.app.data_types.cubes.map_canvas import MapCanvas
from pushforward.studio.app.data_types.cubes.map_overlays import paint_used
from pushforward.studio.app.data_types.cubes.scene_model import SceneModel, applies
from pushforward.studio.app.design.basic import Elided, button, column, label, row, view_bar
from pushforward.studio.app.engine.actions import Actions
from pushforward.studio.literal import one_line

__all__ = ["VIEW", "ConfusionView"]

MAPS = ("prediction", "crf")
SELECTED = QColor("#ff5fa2")


class _Cells(ConfusionPlot):
    """A confusion matrix whose cells can be clicked.

    Signals:
        chosen(int, int): true and predicted class, from 0.
    """

    chosen = Signal(int, int)

    def chose(self, at: QPointF) -> None:
        k = len(self.shown.names) if self.shown is not None else 0
        predicted, true = round(at.x()), k - 1 - round(at.y())
        if 0 <= predicted < k and 0 <= true < k:
            self.chosen.emit(true, predicted)


class ConfusionView(LensView):
    """A matrix for the map, one for the map after the CRF, and where the selected pixels are."""

    def __init__(self, state: AppState, actions: Actions) -> None:
        super().__init__(state, actions)
        self.model = SceneModel.shared(state, actions)
        self.cells = {name: _Cells() for name in MAPS}
        self._titles = {name: label("", "heading") for name in MAPS}
        self._texts = {name: Elided("", "muted") for name in MAPS}
        self._boxes: dict[str, QWidget] = {}
        self.canvas = MapCanvas("Selected pixels", self.model.camera)
        self.canvas.overlays = [self._paint_selected]
        self._selected = Elided("Click a cell to select its pixels", "muted")
        self._clear = button("Clear selection", lambda: self.model.select_pixels(None), kind="link")
        self.bar = view_bar(self, None, self._clear)
        self._lay_out()
        model = self.model
        for signal in (model.scene_changed, model.maps_changed):
            signal.connect(self.refresh)
        model.marked.connect(self._show_selected)
        model.layers_changed.connect(self._show_map)
        model.cursor_moved.connect(lambda: self.canvas.point(model.cursor))
        self.canvas.pointed.connect(model.point)
        for name, cells in self.cells.items():
            cells.chosen.connect(lambda t, p, name=name: self.select(name, t, p))
            cells.hovered.connect(lambda t, p, name=name: self._hover(name, t, p))
        self.refresh()

    def _lay_out(self) -> None:
        body = row(parent=self, gap=16, margins=(14, 8, 14, 10))
        left = column(gap=10)
        for name in MAPS:
            box = QWidget()
            part = column(parent=box, gap=4)
            line = row(self._titles[name], (self._texts[name], 1))
            part.addLayout(line)
            part.addWidget(self.cells[name], 1)
            self.cells[name].setAccessibleName(f"Confusion of classes, {name}")
            left.addWidget(box, 1)
            self._boxes[name] = box
        right = column(self._selected, (self.canvas, 1), gap=4)
        body.addLayout(left, 3)
        body.addLayout(right, 2)

    def refresh(self) -> None:
        """Show the matrices of the maps that there are."""
        model, scene = self.model, self.model.scene
        shown = scene is not None and model.confusion("prediction") is not None
        for each in (*self._boxes.values(), self.canvas, self._selected):
            each.setVisible(shown)
        self.empty.setVisible(not shown)
        if not shown or scene is None:
            text = model.error or (model.why_no_map if scene is not None else "Loading the scene…")
            if scene is not None and model.map is not None:
                text = "No labelled pixel is left to measure with."
            self.empty.tell("No confusion matrix yet", text)
            return
        names = tuple(one_line(class_name(i, n)) for i, n in enumerate(scene.names, start=1))
        for name, title in zip(MAPS, ("Prediction", "After CRF"), strict=True):
            found = model.confusion(name)
            self._boxes[name].setVisible(found is not None)
            if found is not None:
                self.cells[name].set_confusion(Confusion(names, found.astype(np.float64)))
                self._titles[name].setText(title)
                self._describe(name)
        self._show_map()
        self._show_selected()

    def _describe(self, name: str) -> None:
        found = self.model.scores(name)
        if found is not None:
            self._texts[name].set_text(
                f"OA {100 * found.overall:.1f} %, AA {100 * found.average:.1f} %, "
                f"κ {100 * found.kappa:.1f} over {found.pixels:,} test pixels"
            )

    def _hover(self, name: str, true: int, predicted: int) -> None:
        confusion = self.cells[name].shown
        if true < 0 or confusion is None:
            self._describe(name)
            return
        n, of = confusion.counts[true, predicted], confusion.counts[true].sum()
        first, second = confusion.names[true], confusion.names[predicted]
        self._texts[name].set_text(f"{first} classified as {second}: {n:,.0f} of {of:,.0f}")

    def select(self, name: str, true: int, predicted: int) -> None:
        """Select the test pixels of a cell of a map, in all views."""
        model, scene = self.model, self.model.scene
        classes: Any = model.classes_of(name)
        if scene is None or classes is None:
            return
        mask = np.zeros(scene.size, bool)
        mask[tuple(model.unseen.T)] = True
        model.select_pixels(mask & (scene.truth == true + 1) & (classes == predicted + 1))

    def _show_map(self) -> None:
        if self.model.scene is not None:
            self.canvas.show_image(self.model.stack.composed())

    def _show_selected(self) -> None:
        mask = self.model.selected
        n = 0 if mask is None else int(mask.sum())
        text = f"{n:,} pixels selected" if mask is not None else "Click a cell to select its pixels"
        self._selected.set_text(text)
        self._clear.setEnabled(mask is not None)
        self.canvas.update()

    def _paint_selected(self, painter: QPainter, canvas: MapCanvas) -> None:
        if self.model.selected is not None:
            paint_used(painter, canvas, np.argwhere(self.model.selected), SELECTED)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.model.select()
        self._state.looked.look("scene")


VIEW = ViewSpec(
    id="scene-confusion",
    lens="samples",
    title="Confusion",
    order=11,
    applies=applies,
    factory=ConfusionView,
)

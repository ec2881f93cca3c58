"""The large map of a scene with its tools: look, paint, polygon, magic wand, eraser, pin."""

import sys
from functools import partial
from typing import Any

from PySide6.QtCore import QEvent, QPointF, QRect, Qt
from PySide6.QtGui import QColor, QKeyEvent, QPainter
from PySide6.QtWidgets import QPushButton, QWidget

from pushforward.studio.app.data_types.cubes import map_overlays as overlays
from pushforward.studio.app.data_types.cubes.class_list import class_name
from pushforward.studio.app.data_types.cubes.label_tools import (
    brush_stroke,
    fill_polygon,
    grow_region,
)
from pushforward.studio.app.data_types.cubes.map_canvas import MapCanvas
from pushforward.studio.app.data_types.cubes.scene_model import SceneModel
from pushforward.studio.app.data_types.cubes.tool_options import LABELS, SIZES, ToolOptions
from pushforward.studio.app.design.basic import (
    Elided,
    column,
    icon_button,
    label,
    restyle,
    row,
    separator,
)
from pushforward.studio.app.design.edit_shortcuts import take_key
from pushforward.studio.app.design.theme import theme
from pushforward.studio.literal import one_line

__all__ = ["MapBoard"]

PAINTS = ("brush", "eraser")
HEAD = 30  # pixels of the line above the map
TOOLS = (
    ("cursor", "cursor", "Look: drag moves the map, the wheel zooms (V)"),
    ("brush", "brush", "Paint labels (P); [ and ] size the brush, Alt takes a class from the map"),
    ("polygon", "polygon", "Polygon: click its corners, Enter or a double click closes it (L)"),
    ("wand", "wand", "Magic wand: the connected pixels with a similar spectrum (W)"),
    ("eraser", "eraser", "Erase labels (X, or the right mouse button)"),
    ("pin", "pin", "Pin a spectrum; click a pin to remove it (I)"),
)
KEYS = {"V": "cursor", "P": "brush", "L": "polygon", "W": "wand", "X": "eraser", "I": "pin"}
MAC_DIGITS = (29, 18, 19, 20, 21, 23, 22, 26, 28, 25)
"""Codes of the keys 0 to 9 on macOS."""
TRAIN, VALIDATION, TEST = QColor("white"), QColor("#f0a868"), QColor("#8a93a0")


class MapBoard(QWidget):
    """A column of tools, the map, and a line above it."""

    def __init__(self, model: SceneModel) -> None:
        super().__init__()
        self._model = model
        self._last: QPointF | None = None
        self._corners: list[QPointF] = []
        self._painted = 0
        self._erasing = self._peeking = False
        self.used = self.test = False
        self.outlines = True
        self.canvas = MapCanvas("Map of the scene", model.camera)
        self.title, self.extent = label("", "heading"), Elided("", "muted")
        self.options = ToolOptions(model)
        self._buttons: dict[str, QPushButton] = {}
        self._undo = icon_button("undo", "Undo (Ctrl+Z)", model.labels.stack.undo)
        self._redo = icon_button("redo", "Redo (Ctrl+Shift+Z)", model.labels.stack.redo)
        self._lay_out()
        self.canvas.overlays = [self._paint_truth, self._paint_places, self._paint_tool]
        self._connect()
        self._show_tool()

    def _lay_out(self) -> None:
        tools = column(gap=2)
        for name, icon, tip in TOOLS:
            button = icon_button(icon, tip, partial(self._choose_tool, name))
            button.setCheckable(True)
            self._buttons[name] = button
            tools.addWidget(button)
        tools.addWidget(separator())
        tools.addWidget(self._undo)
        tools.addWidget(self._redo)
        tools.addStretch(1)
        head = row(self.title, self.options, None, self.extent)
        head.addStrut(HEAD)  # the map does not move when a tool is chosen
        right = column(head, (self.canvas, 1), gap=6)
        row(tools, (right, 1), parent=self, gap=10)

    def _connect(self) -> None:
        model, canvas = self._model, self.canvas
        canvas.pointed.connect(model.point)
        canvas.pressed.connect(self._press)
        canvas.moved.connect(self._move)
        canvas.released.connect(self._release)
        canvas.double_clicked.connect(lambda _: self._close_polygon())
        model.layers_changed.connect(self.refresh)
        model.area_changed.connect(self._refresh_area)
        model.scene_changed.connect(self.refresh)
        model.cursor_moved.connect(lambda: canvas.point(model.cursor))
        model.marked.connect(canvas.update)
        model.camera.changed.connect(self._show_extent)
        model.tool_changed.connect(self._show_tool)
        model.labels.stack.canUndoChanged.connect(self._undo.setEnabled)
        model.labels.stack.canRedoChanged.connect(self._redo.setEnabled)
        for each in (self._undo, self._redo):
            each.setEnabled(False)
        theme.changed.connect(self.refresh)

    # What is shown

    def refresh(self) -> None:
        """Show the composition of all layers."""
        model = self._model
        if not self.isVisible():
            return
        self.canvas.show_image(None if model.scene is None else model.stack.composed())
        self.canvas.point(model.cursor)
        shown = [each for each in model.stack.layers if each.is_visible and each.name != "labels"]
        text = shown[-1].title if shown else "Nothing is switched on"
        if len(shown) > 1:
            text += f" over {shown[0].title.lower()}"
        self.title.setText(text)
        self._show_extent()

    def _refresh_area(self, area: QRect) -> None:
        image = self._model.stack.composed()
        if image is not None:
            self.canvas.update_area(image, area)

    def _show_extent(self) -> None:
        camera, scene = self._model.camera, self._model.scene
        if scene is None:
            return
        height, width = scene.size
        if camera.zoom <= 1.0:
            text = f"{width} × {height} pixels, {scene.cube.shape[2]} bands"
        else:
            box = camera.visible(self.canvas.size().toSizeF())
            size = self.canvas.size().toSizeF()
            first, last = (camera.to_scene(p, size) for p in (box.topLeft(), box.bottomRight()))
            columns = f"columns {int(first.x())} to {min(width, int(last.x()) + 1) - 1}"
            rows = f"rows {int(first.y())} to {min(height, int(last.y()) + 1) - 1}"
            text = f"{columns}, {rows}, zoom {camera.zoom:.1f}"
        self.extent.set_text(text)

    def _choose_tool(self, name: str) -> None:
        """Take a tool; the keys of the map work at once."""
        self._model.set_tool(tool=name)
        self.canvas.setFocus()

    def _show_tool(self) -> None:
        model = self._model
        labels = model.tool in LABELS
        self.title.setVisible(not labels)
        self.extent.setVisible(not labels)
        for name, button in self._buttons.items():
            button.setChecked(name == model.tool)
            restyle(button, held="true" if name == model.tool else "false")
        self.canvas.pans = model.tool == "cursor"
        if model.tool != "polygon":
            self._corners = []
        self.canvas.update()

    def _paint_truth(self, painter: QPainter, canvas: MapCanvas) -> None:
        model = self._model
        if self.outlines and not self._peeking:
            dark = theme.colors().name == "dark"
            overlays.paint_fields(painter, canvas, model.fields, dark)
            overlays.paint_numbers(painter, canvas, model.fields)
        if model.selected is not None:
            overlays.paint_used(painter, canvas, _places(model.selected), QColor("#ff5fa2"))

    def _paint_places(self, painter: QPainter, canvas: MapCanvas) -> None:
        model, scene = self._model, self._model.scene
        if scene is not None and self.used:
            if self.test:
                overlays.paint_used(painter, canvas, scene.test, TEST)
            overlays.paint_used(painter, canvas, scene.validation, VALIDATION)
            overlays.paint_used(painter, canvas, scene.learned, TRAIN)
        overlays.paint_suggested(painter, canvas, model.suggested, model.suggestion)
        overlays.paint_pins(painter, canvas, model.pins)

    def _paint_tool(self, painter: QPainter, canvas: MapCanvas) -> None:
        model = self._model
        ink = QColor(model.ink(model.number))
        if model.tool in PAINTS:
            overlays.paint_brush(painter, canvas, model.brush, ink)
        overlays.paint_polygon(painter, canvas, self._corners, ink)

    # Strokes

    @property
    def _number(self) -> int:
        return 0 if self._erasing else self._model.number

    def _what(self) -> str:
        scene = self._model.scene
        assert scene is not None
        if self._erasing:
            return "Erase labels"
        return f"Label as {one_line(class_name(self._number, scene.names[self._number - 1]))}"

    def _press(self, at: QPointF, how: tuple[Any, Any]) -> None:
        model = self._model
        modifiers, button = how
        row_, column = int(at.y()), int(at.x())
        if model.scene is None or not model.scene.names:
            return
        if modifiers & Qt.KeyboardModifier.AltModifier:
            self._sample_class(row_, column)
            return
        right = button == Qt.MouseButton.RightButton
        self._erasing = model.tool == "eraser" or right
        if model.tool in PAINTS:
            model.labels.begin()
            self._painted, self._last = 0, at
            self._move(at)
        elif model.tool == "polygon":
            if right:
                self._corners = self._corners[:-1]
            else:
                self._corners.append(at)
            self.canvas.update()
        elif model.tool == "wand":
            patch = grow_region(model.scene.cube, row_, column, model.tolerance)
            model.labels.apply(patch, self._number, f"{self._what()} by wand")
        elif model.tool == "pin":
            model.toggle_pin(row_, column)

    def _move(self, at: QPointF) -> None:
        model = self._model
        if model.tool not in PAINTS or self._last is None or model.scene is None:
            return
        patch = brush_stroke(self._last, at, model.brush, model.scene.size)
        if patch is not None:
            self._painted += model.labels.paint(patch, self._number)
        self._last = at

    def _release(self, _at: QPointF) -> None:
        if self._last is not None:
            self._last = None
            self._model.labels.end(f"{self._what()}, {self._painted} pixels")

    def _close_polygon(self) -> None:
        model = self._model
        if self._model.tool == "polygon" and model.scene is not None:
            patch = fill_polygon(self._corners, model.scene.size)
            self._corners = []
            if patch is not None:
                model.labels.apply(patch, self._number, f"{self._what()} by polygon")
            self.canvas.update()

    def _sample_class(self, row_: int, column: int) -> None:
        number = self._model.class_at(row_, column)
        if number:
            self._model.set_tool(number=number)

    # Keys

    def event(self, event: QEvent) -> bool:
        stack = self._model.labels.stack
        if isinstance(event, QKeyEvent) and take_key(
            event,
            undo=stack.undo if stack.canUndo() else None,
            redo=stack.redo if stack.canRedo() else None,
        ):
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not self.press_key(event):
            super().keyPressEvent(event)

    def press_key(self, event: QKeyEvent) -> bool:
        """Do what a key means on the map; return whether it means anything."""
        model, key, text = self._model, event.key(), event.text().upper()
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            return False
        if text in KEYS:
            model.set_tool(tool=KEYS[text])
        elif text in ("[", "]"):
            place = SIZES.index(model.brush) + (1 if text == "]" else -1)
            model.set_tool(brush=SIZES[min(max(place, 0), len(SIZES) - 1)])
        elif (digit := digit_of(event)) is not None:
            self._choose_class(digit, event)
        elif text == "N":
            model.ask_next()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if self._corners:
                self._close_polygon()
            else:
                model.accept_prediction()
        elif key == Qt.Key.Key_Escape and (
            self._corners or model.isolated or model.selected is not None
        ):
            self._leave()
        else:
            return False
        return True

    def _choose_class(self, digit: int, event: QKeyEvent) -> None:
        """1 to 9 choose a class, with Shift 10 more; 0 is 10."""
        number = digit or 10
        if event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            number += 10
        scene = self._model.scene
        if scene is not None and number <= len(scene.names):
            self._model.set_tool(number=number)

    def _leave(self) -> None:
        model = self._model
        if self._corners:
            self._corners = []
            self.canvas.update()
        elif model.selected is not None:
            model.select_pixels(None)
        else:
            model.isolate(next(iter(model.isolated)))


def _places(mask: Any) -> Any:
    import numpy as np

    return np.argwhere(mask)


def digit_of(event: QKeyEvent) -> int | None:
    """Return the digit of a key of the row of digits, None for any other key; with Shift its symbol
    depends on the keyboard, but its place does not.
    """
    digit = event.key() - Qt.Key.Key_0
    if 0 <= digit <= 9:
        return digit
    if not event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
        return None
    if sys.platform == "darwin":
        code = event.nativeVirtualKey()
        return MAC_DIGITS.index(code) if code in MAC_DIGITS else None
    place = event.nativeScanCode() - (2 if sys.platform == "win32" else 10)
    return (place + 1) % 10 if 0 <= place <= 9 else None

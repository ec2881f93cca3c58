"""What the labelling tools of a map paint with: the class, and the size or the tolerance."""

from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QIcon, QPixmap
from PySide6.QtWidgets import QSlider, QWidget

from pushforward.studio.app.data_types.cubes.class_list import class_name
from pushforward.studio.app.data_types.cubes.scene_model import SceneModel
from pushforward.studio.app.design.basic import button, label, row
from pushforward.studio.app.design.menu import open_menu
from pushforward.studio.literal import one_line

__all__ = ["LABELS", "SIZES", "ToolOptions"]

SIZES = (1, 2, 3, 4, 5, 7, 9, 12, 16, 24, 32)  # pixels of the brush
LABELS = ("brush", "polygon", "wand", "eraser")
"""Tools that change labels."""
WIDE, SHORT = 62, 16  # pixels of the slider; letters of a class


class ToolOptions(QWidget):
    """Shown above the map while a tool that labels is chosen."""

    def __init__(self, model: SceneModel) -> None:
        super().__init__()
        self._model = model
        tip = "Class to paint (1 to 9, Shift for 11 on)"
        self.chosen = button("", self._open_classes, kind="chip", tip=tip)
        self.chosen.setAccessibleName("Class to paint")
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setFixedWidth(WIDE)
        self.text = label("", "muted")
        row(self.chosen, self.slider, self.text, None, parent=self, gap=6)
        self.slider.valueChanged.connect(self._change)
        model.tool_changed.connect(self.refresh)
        model.scene_changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Show the options of the tool."""
        model, scene = self._model, self._model.scene
        tool = model.tool
        self.setVisible(tool in LABELS)
        wand, sized = tool == "wand", tool in ("brush", "eraser", "wand")
        self.slider.blockSignals(True)
        self.slider.setRange(*((1, 60) if wand else (0, len(SIZES) - 1)))
        self.slider.setValue(round(4 * model.tolerance) if wand else SIZES.index(model.brush))
        self.slider.setAccessibleName("Tolerance" if wand else "Size of the brush")
        self.slider.blockSignals(False)
        self.slider.setVisible(sized)
        self.text.setVisible(sized)
        self.text.setText(f"{model.tolerance:.1f}°" if wand else f"{model.brush} px")
        self.chosen.setVisible(tool != "eraser" and scene is not None and bool(scene.names))
        if scene is not None and scene.names:
            name = one_line(class_name(model.number, scene.names[model.number - 1]))
            self.chosen.setText(f" {name if len(name) <= SHORT else name[: SHORT - 1] + '…'}")
            chip = QPixmap(12, 12)
            chip.fill(QColor(model.ink(model.number)))
            self.chosen.setIcon(QIcon(chip))

    def _change(self, value: int) -> None:
        if self._model.tool == "wand":
            self._model.set_tool(tolerance=value / 4)
        else:
            self._model.set_tool(brush=SIZES[value])

    def _open_classes(self) -> None:
        scene = self._model.scene
        names = scene.names if scene is not None else ()
        entries = [
            (one_line(class_name(number, name)), partial(self._model.set_tool, number=number))
            for number, name in enumerate(names, start=1)
        ]
        open_menu(self.chosen, self.chosen.rect().bottomLeft(), entries)

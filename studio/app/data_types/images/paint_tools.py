"""The tools that paint on an image: brush and eraser, their size and ink, and the way back."""

from dataclasses import replace
from functools import partial

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSlider, QWidget

from pushforward.studio.app.core.undo_history import Edits
from pushforward.studio.app.data_types.images.colour_panel import ColourPanel
from pushforward.studio.app.data_types.images.edit_canvas import EditCanvas
from pushforward.studio.app.data_types.images.image_edits import TASKS, Sheet, Task, brushed
from pushforward.studio.app.design.basic import column, icon_button, label, restyle, row
from pushforward.studio.app.design.icons import repaint_on_theme
from pushforward.studio.app.design.literal_text import PushButton, set_tip
from pushforward.studio.app.design.theme import theme

__all__ = ["PaintTools"]

Place = tuple[float, float]
RADII = (0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0, 12.0)  # of the brush, in pixels of the image
BRUSH = 0.1  # of the shorter side, the brush at first
COLOURS = 3
HIGH = 26  # pixels of a tool


SIDE, TOOL = 18, 26  # pixels: of the colour, and of the tools beside it


class Swatch(PushButton):
    """A small square of one colour; another one can be ``asked`` for by a click, or is chosen
    elsewhere.
    """

    def __init__(self, what: str) -> None:
        super().__init__("")
        self._what, self.asked = what, False
        self.setProperty("kind", "icon")
        self.setAutoDefault(False)
        self.setFixedSize(QSize(TOOL, TOOL))
        self.colour = QColor("white")
        repaint_on_theme(self)
        self.show_colour(self.colour)

    def show_colour(self, colour: QColor, *, asked: bool | None = None) -> None:
        """Show a colour, and say which one it is."""
        self.colour, self.asked = colour, self.asked if asked is None else asked
        said = f"{self._what}: {colour.name()}"
        set_tip(self, f"{said}. Click to change" if self.asked else said)
        self.setAccessibleName(said)
        policies = Qt.FocusPolicy
        self.setFocusPolicy(policies.TabFocus if self.asked else policies.NoFocus)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        if self.asked:
            super().paintEvent(event)
        edge = (TOOL - SIDE) / 2 + 0.5
        box = QRectF(self.rect()).adjusted(edge, edge, -edge, -edge)
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(QColor(theme.colors().muted), 1))
            painter.setBrush(self.colour)
            painter.drawRoundedRect(box, 4, 4)


class PaintTools(QWidget):
    """A row of tools over a canvas, which paint on the sheet that lies there.

    Signals:
        painted: the sheet is another one: a stroke went on, or a step was taken back or again.
        emptied: a sheet on which nothing is drawn yet.
    """

    painted = Signal()
    emptied = Signal(object)

    def __init__(self, edits: Edits[Sheet], canvas: EditCanvas) -> None:
        super().__init__()
        self._edits, self._canvas = edits, canvas
        self._task: Task = TASKS[0]
        self._radius = 1.5
        self._side = 0  # of the images that the brush was made for
        self._last: Place | None = None  # where a stroke was last
        self._ink: tuple[float, ...] = (1.0,)
        self.brush = icon_button("brush", "Brush: Enter or the mouse paints, [ and ] size it")
        self.brush.setCheckable(True)
        self.eraser = icon_button("eraser", "Eraser (the right button of the mouse, Shift+Enter)")
        self.eraser.setCheckable(True)
        self._take_tool(erases=False)
        self.brush.clicked.connect(lambda: self._take_tool(erases=False))
        self.eraser.clicked.connect(lambda: self._take_tool(erases=True))
        self.wider = icon_button("brush-wide", "Wider brush (])", partial(self.size_by, 1))
        self.narrower = icon_button("brush-narrow", "Narrower brush ([)", partial(self.size_by, -1))
        self._new = icon_button("page", "New image: all black, to draw on", self.empty)
        self._wipe = icon_button("trash", "Clear all marks", self.wipe)
        self._negative = icon_button("contrast", "Invert brightness", self.negate)
        self._back = icon_button("undo", "Undo (Ctrl+Z)", self.undo)
        self._again = icon_button("redo", "Redo (Ctrl+Shift+Z or Ctrl+Y)", self.redo)
        self.width_said = label("", "small")
        self._brightness = self._slider()
        self.ink = Swatch("Brush colour")
        self.ink.clicked.connect(self._ask_colour)
        tools = (self.brush, self.eraser, self.narrower, self.width_said, self.wider, self._new,
                 self._wipe, self.ink, self._brightness, None,
                 self._negative, self._back, self._again)  # fmt: skip
        self.setMinimumHeight(HIGH)  # in a low window tools are not flattened
        column(row(*tools, gap=2), parent=self)
        canvas.stroke.connect(self._stroke)
        canvas.sized.connect(self.size_by)

    def _slider(self) -> QSlider:
        found = QSlider(Qt.Orientation.Horizontal)
        found.setRange(0, 100)
        found.setValue(100)
        found.setMinimumWidth(28)
        found.setMaximumWidth(60)
        found.setAccessibleName("Brush brightness")
        set_tip(found, "Brush brightness")
        found.valueChanged.connect(lambda value: self._take_ink((value / 100,)))
        return found

    def show_for(self, task: Task, channels: int, side: int) -> None:
        """Show the tools of a task for images with ``channels`` channels and a shorter side of
        ``side`` pixels; the brush sizes depend on it.
        """
        self._task = task
        if side != self._side:
            self._side = side
            self._radius = min(RADII, key=lambda radius: abs(2 * radius - BRUSH * side))
        if channels != COLOURS and len(self._ink) == COLOURS:
            self._take_ink((self._brightness.value() / 100,))  # it was of an image in colour
        paints, colour = task.brush != "", task.brush == "colour"
        tools: tuple[QWidget, ...] = (
            self.brush, self.eraser, self.wider, self.narrower, self.width_said,
        )  # fmt: skip
        for tool in tools:
            tool.setVisible(paints)
        self._wipe.setVisible(task.brush == "mask")
        self._new.setVisible(colour)
        self.ink.setVisible(colour)
        self._brightness.setVisible(colour and channels != COLOURS)
        self.ink.show_colour(self._ink_seen, asked=channels == COLOURS)
        self._back.setEnabled(self._edits.can_undo)
        self._again.setEnabled(self._edits.can_redo)
        self._tell()

    def size_by(self, by: int) -> None:
        """Change the brush size by a number of steps."""
        place = min(max(RADII.index(self._radius) + by, 0), len(RADII) - 1)
        self._radius = RADII[place]
        self._tell()

    def empty(self) -> None:
        """Begin with a sheet that is as the eraser leaves it: on one of the pen's colour nothing
        that is drawn would be seen.
        """
        sheet = self._edits.now
        if sheet is not None:
            far = float(sum(sheet.image.shape))
            middle = sheet.image.shape[1] / 2, sheet.image.shape[2] / 2
            empty = brushed(sheet, middle, far, 0.0)
            self.emptied.emit(replace(empty, title="Sketch", label=""))

    def wipe(self) -> None:
        """Clear all marks."""
        if self._edits.now is not None and self._edits.now.marked.any():
            self._edits.put(replace(self._edits.now, mask=None))
            self.painted.emit()

    def negate(self) -> None:
        """Make what is dark light, and what is light dark."""
        if (sheet := self._edits.now) is not None:
            self._edits.put(replace(sheet, image=1.0 - sheet.image))
            self.painted.emit()

    def undo(self) -> None:
        """Take the last step back."""
        self._edits.undo()
        self.painted.emit()

    def redo(self) -> None:
        """Take the step again that was taken back last."""
        self._edits.redo()
        self.painted.emit()

    def _take_tool(self, *, erases: bool) -> None:
        for tool, held in ((self.brush, not erases), (self.eraser, erases)):
            tool.setChecked(held)
            restyle(tool, held="true" if held else "false")

    def _take_ink(self, ink: tuple[float, ...]) -> None:
        self._ink = ink
        self.ink.show_colour(self._ink_seen)

    @property
    def _ink_seen(self) -> QColor:
        return QColor.fromRgbF(*(self._ink * COLOURS)[:COLOURS])

    def _ask_colour(self) -> None:
        if not self.ink.asked:
            return  # the slider beside it says how bright it is
        panel = ColourPanel(self.ink, self._ink_seen)
        panel.chosen.connect(
            lambda chosen: self._take_ink((chosen.redF(), chosen.greenF(), chosen.blueF()))
        )
        panel.open()

    def _tell(self) -> None:
        self.width_said.setText(f"{2 * self._radius:g} px")
        self._canvas.show_brush(self._radius, paints=bool(self._task.brush))

    def _stroke(self, begins: bool, at_row: float, at_column: float, erases: bool) -> None:
        if begins:
            self._edits.begin()
        sheet = self._edits.now
        if sheet is None:
            return
        at, since = (at_row, at_column), None if begins else self._last
        self._last = at
        self._edits.amend(self._under_brush(sheet, at, since, erases=erases))
        self.painted.emit()

    def _under_brush(self, sheet: Sheet, at: Place, since: Place | None, *, erases: bool) -> Sheet:
        erases = erases or self.eraser.isChecked()
        if self._task.brush == "mask":
            return brushed(sheet, at, self._radius, not erases, since)
        painted = brushed(sheet, at, self._radius, 0.0 if erases else self._ink, since)
        return replace(painted, label="")

"""The canvas by keyboard: pan, zoom, fit, go from particle to particle."""

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent

if TYPE_CHECKING:
    from studio.app.plots.canvas import ParticleCanvas

__all__ = ["ZOOM_STEP", "press"]

ZOOM_STEP = 1.2
_PAN = {
    Qt.Key.Key_Left: (40, 0),
    Qt.Key.Key_Right: (-40, 0),
    Qt.Key.Key_Up: (0, 40),
    Qt.Key.Key_Down: (0, -40),
}


def press(canvas: "ParticleCanvas", event: QKeyEvent) -> bool:
    """Act on a key and say whether it meant something: Shift and arrows pan (plain arrows step
    the clocks), + and - zoom, 0 or F fits, [ and ] go through the particles, Esc lets go.
    """
    key, keys = Qt.Key(event.key()), Qt.Key
    if key in _PAN and event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
        canvas.pan(*_PAN[key])
    elif key in (keys.Key_Plus, keys.Key_Equal):
        canvas.zoom(ZOOM_STEP)
    elif key == keys.Key_Minus:
        canvas.zoom(1 / ZOOM_STEP)
    elif key in (keys.Key_0, keys.Key_F):
        canvas.fit()
    elif key == keys.Key_Escape and canvas.selection >= 0:
        canvas.picked.emit(-1)
    elif key in (keys.Key_BracketLeft, keys.Key_BracketRight) and canvas.count:
        step = 1 if key == keys.Key_BracketRight else -1
        canvas.picked.emit((canvas.selection + step) % canvas.count)
    else:
        return False
    return True

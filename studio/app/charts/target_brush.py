"""A brush that adds, moves and removes target points on the canvas."""

import math
from collections.abc import Callable

import numpy as np
from PySide6.QtCore import QLineF, QPointF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from pushforward.studio.app.charts.camera import Camera
from pushforward.studio.app.charts.canvas_tool import Place
from pushforward.studio.app.charts.particle_canvas import ParticleCanvas
from pushforward.studio.app.charts.plot_style import CanvasStyle
from pushforward.studio.app.core.canvas_tools import Hand
from pushforward.studio.protocol.spec import EditPoints

__all__ = ["Brush"]

LEAST = 3.0  # logical pixels; a shorter drag moves nothing


class Brush:
    """The brush tool and its circle.

    Args:
        canvas: the canvas.
        hand: the tool and its width.
        edit: called with each finished stroke; its step, count and seed are placeholders.
    """

    printed = False

    def __init__(
        self, canvas: ParticleCanvas, hand: Hand, edit: Callable[[EditPoints], None]
    ) -> None:
        self._canvas, self._hand, self._edit = canvas, hand, edit
        self._here: Place | None = None
        self._from: Place | None = None

    @property
    def radius(self) -> float:
        """How far it reaches, in data units: a share of what is seen."""
        camera = self._canvas.camera
        return self._hand.radius * min(camera.width, camera.height) / camera.scale

    def press(self, place: Place) -> None:
        self._from = self._here = place
        self._canvas.update()

    def move(self, place: Place | None) -> None:
        self._here = place
        self._canvas.update()

    def release(self, place: Place) -> None:
        start, self._from = self._from, None
        self._canvas.update()
        if start is None:
            return
        dx, dy = place[0] - start[0], place[1] - start[1]
        far = math.hypot(dx, dy) * self._canvas.camera.scale
        tool = self._hand.tool
        if tool == "move" and far >= LEAST:
            self._edit(self._stroke("move", start, (dx, dy)))
        elif tool in ("add", "remove"):
            self._edit(self._stroke(tool, place))

    def _stroke(self, action: str, centre: Place, offset: Place = (0.0, 0.0)) -> EditPoints:
        return EditPoints(step=0, action=action, centre=centre, radius=self.radius, offset=offset)

    def paint(self, painter: QPainter, camera: Camera, style: CanvasStyle) -> None:
        """Paint the circle under the mouse, and where a drag takes it."""
        if self._here is None:
            return
        inks = {"add": style.good, "move": style.accent, "remove": style.warm}
        ink = QColor(inks.get(self._hand.tool, style.muted))
        ground = QColor(ink)
        ground.setAlphaF(0.14)
        reach = self.radius * camera.scale
        here = QPointF(*camera.to_pixels(np.array(self._here)))
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(ink, 1.5))
        painter.setBrush(ground)
        painter.drawEllipse(here, reach, reach)
        if self._from is not None and self._hand.tool == "move":
            start = QPointF(*camera.to_pixels(np.array(self._from)))
            painter.setPen(QPen(ink, 1.2, Qt.PenStyle.DashLine))
            painter.drawLine(QLineF(start, here))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawEllipse(start, reach, reach)
        painter.restore()

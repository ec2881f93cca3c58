"""What can be added to a canvas: something painted over the particles, or held in the hand."""

from typing import Protocol

from PySide6.QtGui import QPainter

from pushforward.studio.app.charts.camera import Camera
from pushforward.studio.app.charts.plot_style import CanvasStyle

__all__ = ["Overlay", "Tool"]

Place = tuple[float, float]


class Overlay(Protocol):
    """Something over the particles; ``printed`` says whether an exported picture has it."""

    printed: bool

    def paint(self, painter: QPainter, camera: Camera, style: CanvasStyle) -> None:
        """Paint it, in logical pixels."""


class Tool(Protocol):
    """What the left mouse button does instead of panning and picking; places are in data units."""

    def press(self, place: Place) -> None:
        """The button went down."""

    def move(self, place: Place | None) -> None:
        """The mouse is elsewhere; None when it left the canvas."""

    def release(self, place: Place) -> None:
        """The button came up."""

"""The cover of scenes: the scene in false colours next to its map of classes."""

from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter

from pushforward.studio.app.core.data_type import Arrays, Cover
from pushforward.studio.app.data_types.cubes.scene_portrait import paint_maps
from pushforward.studio.app.design.tokens import Tokens

__all__ = ["COVER"]


def _paint(painter: QPainter, rect: QRectF, arrays: Arrays, palette: Tokens) -> None:
    """Paint "colours" (H, W, 3) and "truth" (H, W)."""
    paint_maps(painter, rect, arrays["colours"], [arrays["truth"]])


COVER = Cover(needs=("colours", "truth"), paint=_paint)

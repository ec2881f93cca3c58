"""Painting of a jet along the flow: discs, fading trails, and rings at the denoised estimate."""

from itertools import pairwise

import numpy as np
from PySide6.QtCore import QLineF, QPointF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from pushforward.studio.app.data_types.jets.jet_flow import JetWay
from pushforward.studio.app.data_types.jets.jet_paint import Floats, Frame, paint_cone, paint_discs
from pushforward.studio.app.design.tokens import Tokens

__all__ = ["paint_way"]

FADE = 0.22  # of the flow time, in which a trail has lost two thirds of its strength
STRONGEST, WEAKEST = 0.75, 0.04  # a trail where it is, and where it is left out
RINGS = 12  # constituents that have a ring: the hardest
RING = 2.6  # pixels of its radius, in a plane of 400
LARGE = 200.0  # pixels of a plane that shows all of a trail


def paint_way(
    painter: QPainter, frame: Frame, way: JetWay, t: float, palette: Tokens,
    *, trails: bool = True, rings: bool = False,
) -> None:  # fmt: skip
    """Paint a jet at a flow time into a frame."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    paint_cone(painter, frame, palette)
    angles, share = way.discs(t)
    if trails and way.moves:
        _paint_trails(painter, frame, way, t, share > 0, palette)
    paint_discs(painter, frame, angles, share, palette)
    expected = way.rings(t) if rings and way.moves and t < 1.0 else None
    if expected is not None:
        _paint_rings(painter, frame, angles, expected, share, palette)


def _paint_trails(
    painter: QPainter, frame: Frame, way: JetWay, t: float, here: np.ndarray, palette: Tokens
) -> None:
    """Paint the ways of all constituents up to now: younger parts are stronger."""
    ink = QColor(palette.scale[0])
    wide = 1.4 if frame.side >= LARGE else 1.0
    places = way.trail(t)
    spots = [(when, frame.places(angles[here]).tolist()) for when, angles in places]
    for (_, first), (when, last) in pairwise(spots):
        strength = STRONGEST * float(np.exp((when - t) / FADE))
        if strength < WEAKEST:
            continue
        ink.setAlphaF(strength)
        painter.setPen(QPen(ink, wide, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
        painter.drawLines([QLineF(*one, *other) for one, other in zip(first, last, strict=True)])


def _paint_rings(
    painter: QPainter, frame: Frame, angles: Floats, expected: Floats, share: Floats,
    palette: Tokens,
) -> None:  # fmt: skip
    """Paint where the hardest constituents are expected, with a dotted line from where they are."""
    hardest = [i for i in np.argsort(-share)[:RINGS].tolist() if share[i] > 0]
    here, there = frame.places(angles).tolist(), frame.places(expected).tolist()
    ink = QColor(palette.warm)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(ink, 1.0, Qt.PenStyle.DotLine))
    painter.drawLines([QLineF(*here[i], *there[i]) for i in hardest])
    painter.setPen(QPen(ink, 1.2))
    radius = RING * max(0.6, frame.side / 400)
    for i in hardest:
        painter.drawEllipse(QPointF(*there[i]), radius, radius)

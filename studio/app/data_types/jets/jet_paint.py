"""How a jet looks: its constituents as discs in the eta-phi plane, or as an image of that plane.

Both are coloured by which share of the jet's pT is where, on one scale (`shade`), so that jets of
any momentum can be compared.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from pushforward.observables.jets import cone
from pushforward.studio.app.charts.backdrop import image_of
from pushforward.studio.app.charts.raster import Colours
from pushforward.studio.app.core.data_type import Arrays
from pushforward.studio.app.design.tokens import Tokens

__all__ = [
    "LEAST",
    "MOST",
    "PIXELS",
    "RADIUS",
    "Frame",
    "bar_of",
    "image_pixels",
    "paint_cone",
    "paint_discs",
    "paint_image",
    "pixels_of",
    "radii_of",
    "radius_of",
    "shades_of",
]

Floats = NDArray[np.float64]

RADIUS = "radius"  # of the cone, as the arrays of jets have it
REACH = 1.125  # radii of the cone, of the plane around the axis of the jet
LARGEST = 0.11  # the radius of a constituent with the jet's whole momentum, of the side of a tile
SMALLEST = 0.006
LEAST, MOST = 0.002, 0.4  # shares of the pT at the ends of the scale of colours
PIXELS = 36  # of an image each way: 0.025 x 0.025 where R is 0.4
SHADES = 64
EDGED = 5.0  # pixels of a radius: the edge that tells discs apart would make rings of small ones


@dataclass(frozen=True)
class Frame:
    """Where the plane is in a rectangle: a square around its middle, with room for a cone of a
    radius R.
    """

    rect: QRectF
    radius: float = cone.USUAL

    @property
    def side(self) -> float:
        """Of the square, in pixels."""
        return float(min(self.rect.width(), self.rect.height()))

    @property
    def scale(self) -> float:
        """Pixels for a radian."""
        return self.side / (2 * self.reach)

    @property
    def reach(self) -> float:
        """From the middle to an edge, in eta and phi."""
        return REACH * self.radius

    @property
    def pixel(self) -> float:
        """How wide a pixel of an image is, in eta and phi."""
        return 2 * self.reach / PIXELS

    def place(self, eta: float, phi: float) -> QPointF:
        """Return where a place of the plane is."""
        middle = self.rect.center()
        return QPointF(middle.x() + eta * self.scale, middle.y() - phi * self.scale)

    def places(self, angles: Floats) -> Floats:
        """Return where places (..., 2) of the plane are, in pixels."""
        middle = self.rect.center()
        at = np.array([middle.x(), middle.y()])
        return np.asarray(at + angles * np.array([self.scale, -self.scale]))

    def at(self, point: QPointF) -> tuple[float, float]:
        """Return which eta and phi are at a point."""
        middle = self.rect.center()
        return (point.x() - middle.x()) / self.scale, (middle.y() - point.y()) / self.scale


def radius_of(arrays: Arrays) -> float:
    """Return the radius of the cone of jets, or of one, the usual one where nothing says it."""
    return float(np.ravel(arrays[RADIUS])[0]) if RADIUS in arrays else cone.USUAL


def bar_of(share: Floats) -> Floats:
    """Return where shares of the pT are on the scale of colours, in [0, 1]: by their logarithm."""
    with np.errstate(divide="ignore"):
        place = np.log(np.maximum(share, 0.0) / LEAST) / np.log(MOST / LEAST)
    return np.asarray(np.clip(place, 0.0, 1.0))


@lru_cache(maxsize=8)
def _shades(scale: tuple[str, ...]) -> tuple[QColor, ...]:
    """Return the colours of the scale from one end to the other."""
    made = [QColor(each) for each in scale]
    ends = np.array([[each.red(), each.green(), each.blue()] for each in made], np.float64)
    along = np.linspace(0, len(scale) - 1, SHADES)
    rgb = np.stack([np.interp(along, range(len(scale)), ends[:, c]) for c in range(3)], axis=1)
    return tuple(QColor(*map(round, each)) for each in rgb.tolist())


def shades_of(share: Floats, palette: Tokens) -> list[QColor]:
    """Return the colours of shares (N,) of the pT of a jet."""
    known = _shades(palette.scale)
    return [known[place] for place in np.rint(bar_of(share) * (SHADES - 1)).astype(int).tolist()]


def radii_of(share: Floats, side: float) -> Floats:
    """Return the radii of constituents with shares (N,) of the pT, in a plane of a side: as large
    in area as in momentum.
    """
    return np.asarray(side * np.maximum(SMALLEST, LARGEST * np.sqrt(np.maximum(share, 0.0))))


def paint_cone(painter: QPainter, frame: Frame, palette: Tokens) -> None:
    """Paint the circle that jets are clustered with."""
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(QColor(palette.line), 1.0))
    across = frame.radius * frame.scale
    painter.drawEllipse(frame.rect.center(), across, across)


def paint_discs(
    painter: QPainter, frame: Frame, angles: Floats, share: Floats, palette: Tokens
) -> None:
    """Paint constituents at angles (N, 2) with shares (N,) of the pT; a share of 0 is none.

    Soft ones lie over hard ones, which would hide them.
    """
    side = frame.side
    edge, no_edge = QPen(QColor(palette.background), 1.0), QPen(Qt.PenStyle.NoPen)
    order = np.argsort(-share, kind="stable")[: int((share > 0).sum())]
    places, radii = frame.places(angles[order]).tolist(), radii_of(share[order], side).tolist()
    for (x, y), radius, ink in zip(places, radii, shades_of(share[order], palette), strict=True):
        painter.setPen(edge if radius >= EDGED else no_edge)
        painter.setBrush(ink)
        painter.drawEllipse(QPointF(x, y), radius, radius)


def image_pixels(angles: Floats, share: Floats, radius: float) -> Floats:
    """Return images of the eta-phi plane, (n, PIXELS, PIXELS), the largest phi first: the share of
    the pT in each pixel, summed over the constituents, angles (n, N, 2) and shares (n, N). Those
    beyond the plane, which is as wide as a cone of that radius needs, are left out.
    """
    n, reach = len(angles), REACH * radius
    cells = np.floor((angles + reach) / (2 * reach) * PIXELS).astype(np.int64)
    inside = ((cells >= 0) & (cells < PIXELS)).all(axis=2) & (share > 0)
    jets, _ = np.nonzero(inside)
    eta, phi = cells[inside].T
    flat = (jets * PIXELS + (PIXELS - 1 - phi)) * PIXELS + eta
    total = np.bincount(flat, share[inside], n * PIXELS * PIXELS)
    return np.asarray(total.reshape(n, PIXELS, PIXELS))


def pixels_of(image: Floats, palette: Tokens, low: float = LEAST, high: float = MOST) -> Colours:
    """Return an image of shares as colours of the scale, by their logarithm between two shares;
    what is empty is clear.
    """
    shades = np.array([each.rgba() for each in _shades(palette.scale)], np.uint32)
    with np.errstate(divide="ignore"):
        place = np.log(np.maximum(image, 1e-30) / low) / np.log(high / low)
    at = np.rint(np.clip(place, 0.0, 1.0) * (SHADES - 1)).astype(np.intp)
    return np.where(image > 0, shades[at], np.uint32(0)).astype(np.uint32)


def paint_image(
    painter: QPainter, frame: Frame, image: Floats, palette: Tokens,
    low: float = LEAST, high: float = MOST,
) -> None:  # fmt: skip
    """Paint an image of the plane."""
    made = image_of(pixels_of(image, palette, low, high))
    middle, half = frame.rect.center(), frame.side / 2
    box = QRectF(middle.x() - half, middle.y() - half, frame.side, frame.side)
    painter.drawImage(box, made, QRectF(made.rect()))

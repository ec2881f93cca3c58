"""What stands still behind the particles: heat, target points, arrows, meshes.

The canvas paints it into one image and keeps that until something in it changes; exports paint
it into a PNG or an SVG. Coordinates are logical pixels.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPen

from pushforward.studio.app.charts.arrows import Arrows, paint_arrows
from pushforward.studio.app.charts.camera import Camera
from pushforward.studio.app.charts.generator_mesh import Links, paint_links, paint_mesh
from pushforward.studio.app.charts.grid_fields import Heat, heat_image, lookup
from pushforward.studio.app.charts.particle_timeline import Timeline
from pushforward.studio.app.charts.plot_style import CanvasStyle
from pushforward.studio.app.charts.raster import Colours, Raster

__all__ = [
    "Backdrop",
    "BackdropImage",
    "colour",
    "image_of",
    "paint_backdrop",
    "view_of",
    "with_paths",
]

PATH_ALPHA = 0.4
PATHS = 240  # particles whose whole way is drawn when paths are on
TARGET_LIMIT = 6000  # more target points than this only make a grey cloud


@dataclass(frozen=True, eq=False)
class Backdrop:
    """What to paint. ``paths`` are the ways (T, m, 2) of some particles, in ``path_colours`` (m,);
    ``mesh`` is a grid of latents pushed forward, (r, r, 2).
    """

    target: NDArray[np.float32] | None = None
    heat: Heat | None = None
    arrows: tuple[Arrows, ...] = ()
    mesh: NDArray[np.float32] | None = None
    links: Links | None = None
    axes: bool = True
    paths: NDArray[np.float32] | None = None
    path_colours: Colours | None = None


def colour(name: str, alpha: float = 1.0) -> QColor:
    """Return a colour with an alpha in [0, 1]."""
    made = QColor(name)
    made.setAlphaF(alpha)
    return made


def image_of(pixels: Colours) -> QImage:
    """Return premultiplied ARGB pixels (h, w) as an image of its own."""
    pixels = np.ascontiguousarray(pixels)
    height, width = pixels.shape
    form = QImage.Format.Format_ARGB32_Premultiplied
    return QImage(pixels.data.cast("B"), width, height, width * 4, form).copy()


def view_of(raster: Raster, dpr: float) -> QImage:
    """Return a raster as an image that shares its memory: valid until it is drawn to again."""
    form = QImage.Format.Format_ARGB32_Premultiplied
    shared = QImage(raster.memory(), raster.width, raster.height, raster.stride * 4, form)
    shared.setDevicePixelRatio(dpr)
    return shared


def paint_backdrop(
    painter: QPainter,
    camera: Camera,
    style: CanvasStyle,
    backdrop: Backdrop,
    target: QImage | None = None,
) -> None:
    """Paint background and layers, back to front; ``target`` is the target points painted
    before.
    """
    painter.fillRect(QRectF(0, 0, camera.width, camera.height), QColor(style.background))
    if backdrop.heat is not None:
        _heat(painter, camera, style, backdrop.heat)
    if target is not None:
        painter.drawImage(0, 0, target)
    elif backdrop.target is not None and len(backdrop.target):
        _target(painter, camera, style, backdrop.target)
    for arrows in backdrop.arrows:
        paint_arrows(painter, camera, style, arrows)
    if backdrop.mesh is not None:
        paint_mesh(painter, camera, style, backdrop.mesh)
    if backdrop.links is not None:
        paint_links(painter, camera, backdrop.links)
    if backdrop.paths is not None and backdrop.path_colours is not None:
        _paths(painter, camera, backdrop.paths, backdrop.path_colours)


def with_paths(backdrop: Backdrop, timeline: Timeline, colours: Colours) -> Backdrop:
    """Return the backdrop with the whole ways of some of the particles."""
    some = np.arange(0, timeline.n, max(1, timeline.n // PATHS))
    ways = timeline.x[:, some][:, :, timeline.dims]
    return replace(backdrop, paths=ways, path_colours=colours[some])


class BackdropImage:
    """The backdrop as an image, painted again only where it changed.

    Target points are thousands of discs and change with the camera only, so they have an image
    of their own: heat and arrows may then follow the flow clock.
    """

    def __init__(self) -> None:
        self._image: QImage | None = None
        self._target: QImage | None = None
        self._of: tuple[object, ...] = ()
        self._target_of: tuple[object, ...] = ()

    def get(self, camera: Camera, dpr: float, style: CanvasStyle, backdrop: Backdrop) -> QImage:
        """Return the image, in device pixels."""
        now = (camera, dpr, style, *vars(backdrop).values())
        if self._image is None or not _same(now, self._of):
            points = backdrop.target
            if points is None or not len(points):
                self._target, self._target_of = None, ()
            elif not _same((camera, dpr, style, points), self._target_of):
                self._target_of = (camera, dpr, style, points)
                self._target = _blank(camera, dpr, QImage.Format.Format_ARGB32_Premultiplied)
                with QPainter(self._target) as painter:
                    _target(painter, camera, style, points)
            self._of = now
            self._image = _blank(camera, dpr, QImage.Format.Format_RGB32)
            with QPainter(self._image) as painter:
                paint_backdrop(painter, camera, style, backdrop, self._target)
        return self._image


def _same(new: tuple[object, ...], old: tuple[object, ...]) -> bool:
    """Compare arrays by identity and the rest by value."""
    if len(new) != len(old):
        return False
    arrays = np.ndarray
    return all(
        a is b or not (isinstance(a, arrays) or isinstance(b, arrays) or a != b)
        for a, b in zip(new, old, strict=True)
    )


def _blank(camera: Camera, dpr: float, form: QImage.Format) -> QImage:
    width, height = round(camera.width * dpr), round(camera.height * dpr)
    image = QImage(max(1, width), max(1, height), form)
    image.setDevicePixelRatio(dpr)
    image.fill(0)
    return image


def _heat(painter: QPainter, camera: Camera, style: CanvasStyle, heat: Heat) -> None:
    strength = style.heat
    table = lookup(style.cold_heat, style.warm_heat, strength, diverging=heat.diverging)
    if not heat.diverging:
        table = lookup(style.cold_heat, style.cold_heat, strength, diverging=False)
    x0, x1, y0, y1 = heat.bounds
    (left, top), (right, bottom) = camera.to_pixels(np.array([[x0, y1], [x1, y0]]))
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    painter.drawImage(
        QRectF(left, top, right - left, bottom - top), image_of(heat_image(heat, table))
    )
    painter.restore()


def _target(
    painter: QPainter, camera: Camera, style: CanvasStyle, target: NDArray[np.float32]
) -> None:
    shown = target[:: max(1, len(target) // TARGET_LIMIT), :2]
    pixels = camera.to_pixels(shown)
    inside = (pixels > -4).all(axis=1) & (pixels < (camera.width + 4, camera.height + 4)).all(
        axis=1
    )
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour(style.target, 0.42 if style.dark else 0.5))
    for x, y in pixels[inside]:
        painter.drawEllipse(QPointF(x, y), 1.1, 1.1)
    painter.restore()


def _paths(painter: QPainter, camera: Camera, paths: NDArray[np.float32], colours: Colours) -> None:
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    ways = camera.to_pixels(np.nan_to_num(paths)).transpose(1, 0, 2)
    for way, ink in zip(ways, colours, strict=True):
        painter.setPen(QPen(colour(f"#{int(ink) & 0xFFFFFF:06x}", PATH_ALPHA), 1.0))
        painter.drawPolyline([QPointF(x, y) for x, y in way])
    painter.restore()

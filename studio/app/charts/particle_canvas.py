"""The particle canvas: fixed particles with constant colours on layers. It draws and reports user
actions, and knows no run, engine or file. It draws only when something changes, and computes only
while visible.
"""

from collections.abc import Sequence

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import (
    QFocusEvent,
    QHideEvent,
    QKeyEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

from pushforward.studio.app.charts.backdrop import (
    Backdrop,
    BackdropImage,
    colour,
    paint_backdrop,
    view_of,
    with_paths,
)
from pushforward.studio.app.charts.camera import Bounds, Camera, Covered, robust_bounds
from pushforward.studio.app.charts.camera_box import ZOOM_STEP, CameraBox
from pushforward.studio.app.charts.canvas_tool import Overlay, Tool
from pushforward.studio.app.charts.particle_colours import identity_colours, one_colour
from pushforward.studio.app.charts.particle_layer import Particles
from pushforward.studio.app.charts.particle_path import Life, paint_life
from pushforward.studio.app.charts.particle_timeline import Timeline
from pushforward.studio.app.charts.plot_style import CanvasStyle
from pushforward.studio.app.charts.plot_view import Sheet
from pushforward.studio.app.charts.print_particles import SCALE, print_particles
from pushforward.studio.app.charts.raster import Colours
from pushforward.studio.app.charts.smooth_path import smooth_path, velocity_on
from pushforward.studio.app.charts.transition import Transition
from pushforward.studio.app.design.theme import colors
from pushforward.studio.hue_wheel import middle_of

__all__ = ["ParticleCanvas"]

PICK_RADIUS = 14.0  # logical pixels
BUTTONS = (
    QEvent.Type.MouseButtonPress,
    QEvent.Type.MouseButtonRelease,
    QEvent.Type.MouseButtonDblClick,
)
PAN = {  # logical pixels
    Qt.Key.Key_Left: (40, 0),
    Qt.Key.Key_Right: (-40, 0),
    Qt.Key.Key_Up: (0, 40),
    Qt.Key.Key_Down: (0, -40),
}


class Picture(pg.GraphicsObject):  # type: ignore[misc]
    """What a canvas draws into its box, on the screen or on paper; the mouse goes through it."""

    def __init__(self, canvas: "ParticleCanvas") -> None:
        super().__init__(canvas.box)
        self._canvas = canvas
        canvas.box.sigResized.connect(self._resized)

    def _resized(self) -> None:
        self.prepareGeometryChange()

    def boundingRect(self) -> QRectF:
        return QRectF(self._canvas.box.rect())

    def shape(self) -> QPainterPath:
        return QPainterPath()

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        if widget is None:  # a scene that is rendered has none
            self._canvas.print_on(painter)
        else:
            self._canvas.paint_on(painter)


class ParticleCanvas(Sheet):
    """Draws a timeline of particles at a flow time, with layers, and lets people look closer.

    Signals:
        hovered: (x, y) in data units under the mouse, or None when it left.
        picked: the particle clicked, -1 for none.
        view_changed: what is seen changed; ``camera`` says to what.
        arrived: the particles are where the record has them, after a transition.
        painted: a picture was drawn.

    ``overlays`` are painted over the particles, in order. A ``tool`` takes the left button; the
    others then pan.
    """

    hovered = Signal(object)
    picked = Signal(int)
    view_changed = Signal()
    arrived = Signal()
    painted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Particles")
        self.setMinimumSize(160, 120)
        # All is drawn at every frame, and covers what was there.
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setViewportUpdateMode(self.ViewportUpdateMode.FullViewportUpdate)
        self.setCacheMode(self.CacheModeFlag.CacheNone)
        self.box = CameraBox()
        self.backdrop = Backdrop()
        self.style_ = CanvasStyle.of(colors())
        self.uniform = ""  # one colour for all, where identity means nothing
        self.selection = -1
        self.chosen: NDArray[np.int64] = np.empty(0, np.int64)
        self.show_paths = False
        # What something lies over, in ways of which the one that leaves most is taken.
        self.covered: Sequence[Covered] = ()
        self.playing = False  # the flow clock runs: trails go on from record to record
        self._layer = Particles()
        self._timeline: Timeline | None = None
        self._start: NDArray[np.float32] | None = None
        self._middle: NDArray[np.float64] | None = None
        self._identity: Colours = np.empty(0, dtype=np.uint32)
        self._life: Life | None = None
        self._flow = 1.0
        self._behind = BackdropImage()
        self._ways: Backdrop | None = None
        self._seen: tuple[Camera, float] | None = None
        self._data: object = None
        self._views: dict[object, Bounds] = {}  # those that the person has chosen, by data
        self._ring = False  # focus came by keyboard: show where it is
        self._path: Timeline | None = None  # from the record before to this one
        self._transition = Transition(self)
        self._transition.ended.connect(self._arrive)
        self._transition.ticked.connect(self.update)
        self.overlays: list[Overlay] = []
        self._picture = Picture(self)
        self.setCentralItem(self.box)
        self._listen()

    def _listen(self) -> None:
        box = self.box
        box.sigRangeChanged.connect(self._on_view_changed)
        box.sigResized.connect(self.fit_unless_touched)
        box.clicked.connect(self._pick)
        box.all_wanted.connect(self.fit)
        self.scene().sigMouseMoved.connect(self._hover)

    # What is drawn

    def set_style(self, style: CanvasStyle) -> None:
        """Set the colours of the drawing."""
        self.style_ = style
        for rim in self.box.rims:
            rim.restyle(style)
        self._identify()
        self._layer.refresh()
        self._stale()

    def set_uniform(self, ink: str) -> None:
        """Draw all particles in one colour, or by identity again ("")."""
        self.uniform = ink
        self._recolour()
        self._layer.refresh()
        self.update()

    def set_chosen(self, rows: NDArray[np.int64]) -> None:
        """Let some particles keep their colour while the others step back; without any, all do."""
        if not np.array_equal(rows, self.chosen):
            self.chosen = rows
            self._recolour()
            self._layer.refresh()
            self.update()

    def set_identity(self, start: NDArray[np.float32] | None) -> None:
        """Set where each particle started, (m, 2): its colour in all records from now on. There
        may be more of them than a record has particles; its first ones are meant. When more
        become known, those that were keep their colour; None forgets all.
        """
        self._start = start
        if start is None:
            self._middle = None
        self._identify()
        self._layer.refresh()
        self.update()

    def set_record(self, timeline: Timeline | None, *, smooth: bool = False) -> None:
        """Set the record to draw. With ``smooth`` the particles move over to where it has them,
        unless the flow clock runs, which moves them anyway.
        """
        before, self._timeline = self._timeline, timeline
        same = before is not None and timeline is not None and before.n == timeline.n
        if timeline is None or not same:
            self.selection, self._life = -1, None
        if timeline is not None and (self._start is None or len(self._start) < timeline.n):
            self._start = timeline.planar(0).T
        seconds = self._transition.arrive()
        if smooth and same and timeline and not self.playing and self.isVisible():
            self._move_over(timeline, seconds)
        else:
            self._transition.stop()
            # While the flow clock stands, the whole trail of the new record is due.
            self._layer.set_timeline(timeline, at=self._flow if same and self.playing else None)
        if not same:
            self._identify()
            self.fit_unless_touched()
        if self.show_paths:
            self._stale()
        self.update()

    def _move_over(self, timeline: Timeline, seconds: float) -> None:
        """Move from where the particles are shown to where the new record has them."""
        there = timeline.drawn_at(self._flow)
        start = self._layer.places() if self._seen else there
        velocity = np.zeros_like(there)
        if self._path is not None:
            share = np.float32(seconds / self._transition.seconds)
            velocity = velocity_on(self._path, self._transition.now) * share
        self._path = smooth_path(start, velocity, there)
        self._layer.set_timeline(self._path, at=0.0)
        self._transition.start(seconds)

    @property
    def count(self) -> int:
        """How many particles there are."""
        return self._timeline.n if self._timeline else 0

    @property
    def flow(self) -> float:
        """The flow time drawn."""
        return self._flow

    def set_flow(self, t: float) -> None:
        """Set the flow time, in [0, 1]."""
        if t != self._flow:
            self._flow = t
            self._transition.stop()
            self.update()

    def set_backdrop(self, backdrop: Backdrop) -> None:
        """Set what stands still behind the particles."""
        if backdrop != self.backdrop:
            self.backdrop = backdrop
            for rim in self.box.rims:
                rim.setVisible(backdrop.axes)
            self._stale()

    def set_layers(
        self,
        *,
        particles: bool | None = None,
        trails: bool | None = None,
        paths: bool | None = None,
    ) -> None:
        """Show or hide what moves."""
        if particles is not None:
            self._layer.heads = particles
        if trails is not None:
            self._layer.trails = trails
        if paths is not None and paths != self.show_paths:
            self.show_paths = paths
            self._stale()
        self._layer.refresh()
        self.update()

    def set_life(self, life: Life | None) -> None:
        """Show the life of a particle, or of none."""
        self._life = life
        self.selection = life.particle if life else -1
        self._recolour()
        self._layer.refresh()
        self.update()

    @property
    def life(self) -> Life | None:
        """The life that is shown."""
        return self._life

    @property
    def identity(self) -> Colours:
        """The colour of each particle known, (m,)."""
        return self._identity

    def ink(self, particle: int) -> str:
        """Return the colour of a particle, "#rrggbb"."""
        colours = self._identity
        return f"#{int(colours[particle]) & 0xFFFFFF:06x}" if 0 <= particle < len(colours) else ""

    # Looking

    @property
    def camera(self) -> Camera:
        """Where the data lie now."""
        (x0, x1), (y0, y1) = self.box.viewRange()
        wide, high = float(self.width()), float(self.height())
        return Camera(wide, high, (x0 + x1) / 2, (y0 + y1) / 2, wide / (x1 - x0))

    @property
    def tool(self) -> Tool | None:
        """What the left mouse button holds."""
        return self.box.tool

    @tool.setter
    def tool(self, tool: Tool | None) -> None:
        self.box.tool = tool

    def fit(self) -> None:
        """Show all target points, or all particles where there is no target."""
        points = self.backdrop.target
        bounds = robust_bounds(points) if points is not None else None
        if bounds is None and self._timeline is not None:
            bounds = robust_bounds(self._timeline.planar(len(self._timeline.t) - 1).T)
        self.box.touched = False
        camera = self.camera.fitted(bounds or (-1.0, 1.0, -1.0, 1.0), *self.covered)
        self.box.look_at(camera.bounds)

    def fit_unless_touched(self) -> None:
        """Fit, unless the person has chosen where to look."""
        if not self.box.touched:
            self.fit()

    def turn_to(self, data: object) -> bool:
        """Look at other data as the person last looked at those, or at all of them; what was chosen
        for these is kept until they are shown again. Return whether they are others.
        """
        if data == self._data:
            return False
        if self.box.touched:
            self._views[self._data] = self.camera.bounds
        else:
            self._views.pop(self._data, None)
        self._data = data
        self.box.touched = data in self._views
        if self.box.touched:
            self.box.look_at(self._views[data])
        else:
            self.fit()
        return True

    def zoom(self, factor: float) -> None:
        """Magnify around the middle."""
        self.box.touched = True
        self.box.scaleBy((1 / factor, 1 / factor))

    def pan(self, dx: float, dy: float) -> None:
        """Pan by a number of pixels."""
        scale = self.camera.scale
        self.box.touched = True
        self.box.translateBy(-dx / scale, dy / scale)

    def _on_view_changed(self) -> None:
        self._stale()
        self.view_changed.emit()

    # Painting

    def update(self) -> None:
        """Draw again soon."""
        self.viewport().update()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        self.painted.emit()

    def render_on(self, painter: QPainter) -> None:
        """Render the whole scene for paper, in logical pixels."""
        page = QRectF(self.rect())
        for rim in self.box.rims:
            rim.keep(False)
        self.scene().render(painter, page, page)
        for rim in self.box.rims:
            rim.keep(True)

    def paint_on(self, painter: QPainter) -> None:
        """Paint everything for the screen."""
        dpr, camera = self.devicePixelRatioF(), self.camera
        if self._seen != (camera, dpr):
            self._layer.set_view(camera, dpr)
            self._seen = camera, dpr
        behind = self._behind.get(camera, dpr, self.style_, self.full_backdrop())
        moving = view_of(self._layer.draw(self._transition.now if self.moving else self._flow), dpr)
        painter.drawImage(0, 0, behind)
        painter.drawImage(0, 0, moving)
        self._paint_over(painter, camera, self._layer, dpr, self.overlays)
        if self._ring and self.hasFocus():
            painter.setPen(QPen(colour(self.style_.accent, 0.9), 1.5))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(QRectF(self.rect()).adjusted(1, 1, -1, -1))

    def print_on(self, painter: QPainter) -> None:
        """Paint everything for paper, sharp at any size."""
        camera, layer = self.camera, self._layer.copy()
        layer.set_timeline(self._timeline)
        paint_backdrop(painter, camera, self.style_, self.full_backdrop())
        print_particles(painter, camera, layer, self._flow)
        printed = [overlay for overlay in self.overlays if overlay.printed]
        self._paint_over(painter, camera, layer, SCALE, printed)

    def _paint_over(
        self,
        painter: QPainter,
        camera: Camera,
        layer: Particles,
        dpr: float,
        overlays: Sequence[Overlay],
    ) -> None:
        if self._life is not None and self.selection < layer.place.shape[1]:
            x, y = layer.place[:, self.selection] / dpr
            paint_life(painter, camera, self.style_, self._life, (float(x), float(y)))
        for overlay in overlays:
            overlay.paint(painter, camera, self.style_)

    def full_backdrop(self) -> Backdrop:
        """Return the backdrop with the paths, if they are shown."""
        timeline = self._timeline
        if not self.show_paths or timeline is None or not timeline.moves:
            return self.backdrop
        if self._ways is None:
            self._ways = with_paths(self.backdrop, timeline, self._identity)
        return self._ways

    def _stale(self) -> None:
        self._ways = None
        self.update()

    def _identify(self) -> None:
        if self._start is not None:
            self._middle = middle_of(self._start) if self._middle is None else self._middle
            style = self.style_
            self._identity = identity_colours(
                self._start, dark=style.dark, scheme=style.identity, middle=self._middle
            )
        self._recolour()

    def _recolour(self) -> None:
        colours = self._identity[: self.count]
        grey = one_colour("#4a5058" if self.style_.dark else "#c3c8cf", self.count)
        if self.uniform:
            colours = one_colour(self.uniform, self.count)
        elif self.selection >= 0:
            colours = grey
        if len(self.chosen) and self.selection < 0:
            some = self.chosen[self.chosen < len(colours)]
            grey[some] = colours[some]
            colours = grey
        self._layer.set_colours(colours)

    # Moving

    def _arrive(self) -> None:
        # The trails of the transition stay; the record takes over where they end.
        self._layer.set_timeline(self._timeline, at=self._flow)
        self._path = None
        self.arrived.emit()

    @property
    def moving(self) -> bool:
        """Whether the canvas is redrawing by itself."""
        return self._transition.active

    def hideEvent(self, event: QHideEvent) -> None:
        self._transition.stop()
        self._layer.set_timeline(self._timeline)
        super().hideEvent(event)

    # Mouse and keys

    def viewportEvent(self, event: QEvent) -> bool:
        """Keep the mouse to itself: what lies below would take what the box lets through."""
        taken = bool(super().viewportEvent(event))
        if event.type() in BUTTONS:
            event.accept()
        return taken

    def _pick(self, place: QPointF) -> None:
        self.picked.emit(self.nearest(place))

    def _hover(self, place: QPointF) -> None:
        at = self.camera.to_data(place.x(), place.y())
        self.hovered.emit(at)
        if self.tool is not None:
            self.tool.move(at)

    def focusInEvent(self, event: QFocusEvent) -> None:
        reasons = Qt.FocusReason
        by_key = (reasons.TabFocusReason, reasons.BacktabFocusReason, reasons.ShortcutFocusReason)
        self._ring = event.reason() in by_key
        super().focusInEvent(event)
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        self.hovered.emit(None)
        if self.tool is not None:
            self.tool.move(None)
        super().leaveEvent(event)

    def nearest(self, place: QPointF) -> int:
        """Return the particle drawn nearest to a pixel, -1 if none is near."""
        dpr = self._seen[1] if self._seen else 0.0
        return self._layer.nearest(place.x() * dpr, place.y() * dpr, PICK_RADIUS * dpr)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Shift and arrows pan (plain arrows step the clocks), + and - zoom, 0 or F fits, [ and ]
        go through the particles, Esc lets go.
        """
        key, keys = Qt.Key(event.key()), Qt.Key
        if key in PAN and event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self.pan(*PAN[key])
        elif key in (keys.Key_Plus, keys.Key_Equal):
            self.zoom(ZOOM_STEP)
        elif key == keys.Key_Minus:
            self.zoom(1 / ZOOM_STEP)
        elif key in (keys.Key_0, keys.Key_F):
            self.fit()
        elif key == keys.Key_Escape and (self.selection >= 0 or len(self.chosen)):
            self.picked.emit(-1)
        elif key in (keys.Key_BracketLeft, keys.Key_BracketRight) and self.count:
            step = 1 if key == keys.Key_BracketRight else -1
            self.picked.emit((self.selection + step) % self.count)
        else:
            event.ignore()

"""Samples, for jets: the mean image of each type, generated and real, and where they differ."""

import asyncio

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, QTimer
from PySide6.QtGui import QColor, QHelpEvent, QPainter, QPaintEvent, QShowEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QVBoxLayout, QWidget
from shiboken6 import isValid

from studio.app import tasks, words
from studio.app.actions import Actions
from studio.app.askonce import AskOnce
from studio.app.icons import repaint_on_theme
from studio.app.kinds.jet_means import Mean, TypeMeans, means_by_type, pull
from studio.app.kinds.jet_paint import PIXELS, REACH, Floats, Frame, paint_cone, paint_image
from studio.app.kinds.kind import LABEL, Arrays, named
from studio.app.kinds.measuring import in_order
from studio.app.kinds.statistics import rows_of
from studio.app.plots.backdrop import image_of
from studio.app.plots.export import Picture, painted_picture
from studio.app.plots.sampled import Sampled
from studio.app.state.session import AppState
from studio.app.theme import font, theme
from studio.app.tokens import Tokens
from studio.app.viewspec import ViewSpec, shows_moving
from studio.app.widgets.basic import Elided, button, icon_button, label, row, view_bar
from studio.app.widgets.colourkey import ColourKey
from studio.app.widgets.exporting import ask_picture
from studio.app.widgets.heldchip import held_chip
from studio.app.widgets.overlays import EmptyState
from studio.literal import one_line

__all__ = ["VIEW", "JetMeansView", "MeansPicture"]

PARTICLES, REAL = 2048, 4096  # live of the run, and of the data
SOON_MS = 250
LOW, HIGH = 1e-5, 0.1  # mean shares of the pT of a jet in a pixel, at the ends of the scale
FULL = 5.0  # deviations by chance at which a pixel has its full colour
GAP, TOP, SIDE = 12, 34, 76  # pixels between images, above them, and left of them
ROWS = ("Generated", "Real", "Difference")
PIXEL = f"Pixels of {2 * REACH / PIXELS:g} × {2 * REACH / PIXELS:g}, logarithmic"
applies = shows_moving("jet-means")


class MeansPicture(QWidget):
    """Types across; generated, real and their difference down. The mouse tells the pixel."""

    def __init__(self) -> None:
        super().__init__()
        self.shown: list[TypeMeans] = []
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(QSize(320, 240))
        self.setAccessibleName("Mean images of jets by type")
        repaint_on_theme(self)

    def show_means(self, shown: list[TypeMeans]) -> None:
        """Show other means."""
        self.shown = shown
        said = (f"{each.name or 'all'}: {_count(each.made)} generated, {_count(each.real)} real"
                for each in shown)  # fmt: skip
        self.setAccessibleDescription("; ".join(said))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            self.paint_on(painter, self.size(), theme.colors())

    def cell(self, place: int, line: int, size: QSize) -> QRectF:
        """Return where an image is, in a picture of a size."""
        columns = max(1, len(self.shown))
        room = min(
            (size.width() - SIDE - GAP * columns) / columns,
            (size.height() - TOP - GAP * len(ROWS)) / len(ROWS),
        )
        return QRectF(SIDE + place * (room + GAP), TOP + line * (room + GAP), room, room)

    def paint_on(self, painter: QPainter, size: QSize, tokens: Tokens) -> None:
        """Paint all images."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(font(12))
        for line, title in enumerate(ROWS):
            box = self.cell(0, line, size)
            painter.setPen(QColor(tokens.muted))
            middle = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
            painter.drawText(QRectF(0, box.top(), SIDE, box.height()), middle, title)
        for place, each in enumerate(self.shown):
            self._paint_type(painter, place, each, size, tokens)

    def _paint_type(
        self, painter: QPainter, place: int, each: TypeMeans, size: QSize, tokens: Tokens
    ) -> None:
        head = self.cell(place, 0, size)
        painter.setPen(QColor(tokens.text))
        painter.setFont(font(13))
        above = QRectF(head.left(), 0, head.width(), 16)
        painter.drawText(above, Qt.AlignmentFlag.AlignLeft, one_line(each.name) or "All")
        painter.setPen(QColor(tokens.muted))
        painter.setFont(font(11))
        count = f"{_count(each.made)} | {_count(each.real)}"
        painter.drawText(above.translated(0, 16), Qt.AlignmentFlag.AlignLeft, count)
        for line, image in enumerate((each.made, each.real, None)):
            box = self.cell(place, line, size)
            painter.fillRect(box, QColor(tokens.panel))
            if image is not None:
                paint_image(painter, Frame(box), image.mean, tokens, LOW, HIGH)
            elif line == 2 and each.made is not None and each.real is not None:
                _paint_pull(painter, box, pull(each.made, each.real), tokens)
            paint_cone(painter, Frame(box), tokens)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            said = self.said_at(QPointF(event.pos()))
            QToolTip.showText(event.globalPos(), said, self)
            return True
        return super().event(event)

    def said_at(self, at: QPointF) -> str:
        """Say the pixel at a point, "" outside of the images."""
        for place, each in enumerate(self.shown):
            for line in range(len(ROWS)):
                box = self.cell(place, line, self.size())
                if box.contains(at):
                    return _said(each, *Frame(box).at(at))
        return ""


def _count(mean: Mean | None) -> str:
    return f"{mean.n:,}" if mean is not None else "none"


def _said(each: TypeMeans, eta: float, phi: float) -> str:
    """Say a pixel: where it is, and which share of the pT is there."""
    column = min(PIXELS - 1, max(0, int((eta + REACH) / (2 * REACH) * PIXELS)))
    line = min(PIXELS - 1, max(0, int((REACH - phi) / (2 * REACH) * PIXELS)))
    parts = [f"Δη {eta:.2f}, Δφ {phi:.2f}".replace("-", "\N{MINUS SIGN}")]
    for title, mean in (("generated", each.made), ("real", each.real)):
        if mean is not None:
            share = 100 * float(mean.mean[line, column])
            parts.append(f"{title} {words.figure(share)} % of the pT")
    if each.made is not None and each.real is not None:
        off = float(pull(each.made, each.real)[line, column])
        if np.isfinite(off):
            parts.append(f"{off:+.1f} deviations".replace("-", "\N{MINUS SIGN}"))
    return "\n".join(parts)


def _paint_pull(painter: QPainter, box: QRectF, far: Floats, tokens: Tokens) -> None:
    """Paint deviations: blue where there is too much, orange where there is too little."""
    strength = np.nan_to_num(np.clip(np.abs(far) / FULL, 0, 1))[..., None]
    ends = [QColor(each) for each in (tokens.warm, tokens.accent)]
    inks = np.array([[c.red(), c.green(), c.blue()] for c in ends])[(far > 0).astype(int)]
    red, green, blue = np.moveaxis(np.rint(inks * strength).astype(np.uint32), -1, 0)
    alpha = np.rint(255 * strength[..., 0]).astype(np.uint32)
    pixels = alpha << np.uint32(24) | red << np.uint32(16) | green << np.uint32(8) | blue
    image = image_of(pixels.astype(np.uint32))
    painter.drawImage(box, image, QRectF(image.rect()))


class JetMeansView(QWidget):
    """Means of all jets that there are of a run, as those of the data."""

    def __init__(self, state: AppState, actions: Actions) -> None:
        super().__init__()
        self._state, self._actions = state, actions
        self._once = AskOnce(self, state)
        self._busy = self._again = False
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(SOON_MS)
        self._timer.timeout.connect(self._measure)
        self._sampled = Sampled(self, state, actions, PARTICLES, applies)
        self.picture = MeansPicture()
        self._words = Elided("", "muted")
        self._share, self._far = ColourKey(), ColourKey()
        sample = button("Sample now", actions.training.sample, tip="Draw new samples into the run")
        export = icon_button("export", "Export picture: PNG, SVG or PDF", self._export)
        self.bar = view_bar(self, None, held_chip(self._sampled), sample, export)
        body = QVBoxLayout(self)
        body.setContentsMargins(16, 10, 16, 12)
        body.setSpacing(10)
        body.addLayout(row(self._words, label(PIXEL, "small")))
        body.addWidget(self.picture, 1)
        body.addLayout(row(self._share, self._far, None, gap=20))
        self.setProperty("surface", "canvas")
        self._empty = EmptyState(self)
        self._connect()
        self._sampled.select()

    def _connect(self) -> None:
        self._sampled.selected.connect(lambda: self.picture.show_means([]))
        for news in (self._sampled.shown, self._sampled.told):
            news.connect(self._later)
        self._sampled.failed.connect(self._words.set_text)
        self._state.engine_changed.connect(self._later)
        theme.changed.connect(self._tell)

    def _later(self, _news: object = None) -> None:
        if self.isVisible() and not self._timer.isActive():
            self._timer.start()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._later()

    def _sides(self) -> tuple[Arrays | None, Arrays | None]:
        """Return generated and real jets, as far as there are: real ones that were held out."""
        run, now = self._sampled.run, self._sampled.now
        if run is None:
            return None, None
        made = real = None
        if now is not None:
            made = rows_of(now.x, named(now.told, now.classes or run.classes))
        if run.held is not None:
            real = rows_of(run.held, named(run.held_told, run.classes))
        elif run.target is not None:
            real = rows_of(run.target, named(run.target_told, run.classes))
        return made, real

    def _measure(self) -> None:
        run = self._sampled.run
        if run is not None and self._once.due(run):
            self._actions.looking.load_held(run.key, REAL)
        self._tell()
        made, real = self._sides()
        if made is None and real is None:
            return
        self._again = self._busy
        if not self._busy:
            self._busy = True
            tasks.spawn(self._find(made, real))

    async def _find(self, made: Arrays | None, real: Arrays | None) -> None:
        run = self._sampled.run
        both = [side[LABEL] for side in (made, real) if side is not None and LABEL in side]
        order = run.classes if run is not None else ()
        names = in_order(np.concatenate(both), order) if both else []
        try:
            found = await asyncio.to_thread(means_by_type, made, real, names)
        finally:
            self._busy = False
        if isValid(self) and run is self._sampled.run:
            self.picture.show_means(found)
            self._tell()
            if self._again:
                self._measure()

    def _tell(self) -> None:
        some = bool(self.picture.shown)
        self.picture.setVisible(some)
        self._empty.setVisible(not some)
        run = self._sampled.run
        held = run is not None and run.held is not None
        which = "real: held out" if held else "real: those that it learns"
        self._words.set_text(" · ".join(filter(None, (self._sampled.origin, which))))
        ends = f"{100 * LOW:g} %", f"{100 * HIGH:g} %"
        self._share.show_scale(("mean share of a jet's pT", *ends) if some else None)
        far = ("difference", f"\N{MINUS SIGN}{FULL:g}σ", f"+{FULL:g}σ")
        self._far.show_scale(far if some else None, ("warm", "background", "accent"))
        if not some:
            words_ = "Their mean images follow with the first steps of the training."
            self._empty.tell("No jets yet", words_)

    def export_picture(self) -> Picture:
        """Return the images for paper, with what their colours and their axes are."""
        size, keys = self.picture.size(), (self._share, self._far)
        line = max(key.sizeHint().height() for key in keys)
        page = QSize(size.width(), size.height() + 2 * line)

        def paint(painter: QPainter, vector: bool) -> None:
            tokens = theme.colors()
            painter.fillRect(QRectF(0, 0, page.width(), page.height()), QColor(tokens.background))
            self.picture.paint_on(painter, size, tokens)
            painter.setPen(QColor(tokens.muted))
            painter.setFont(font(11))
            told = f"Δη across, Δφ up, within {REACH:g} of the axis. {PIXEL}."
            below = QRectF(0, size.height(), page.width(), line)
            painter.drawText(below, Qt.AlignmentFlag.AlignVCenter, told)
            painter.translate(0, size.height() + line)
            for key in keys:
                key.paint_on(painter, tokens)
                painter.translate(key.sizeHint().width() + GAP, 0)

        return painted_picture(page, paint, printed=True)

    def _export(self) -> None:
        ask_picture(self, self._state, "mean-images")


VIEW = ViewSpec(
    id="jet-means",
    lens="samples",
    title="Means",
    order=25,
    applies=applies,
    factory=JetMeansView,
)

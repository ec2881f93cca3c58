"""A set of data as a card: some of it as its kind paints it, its name, kind, size and licence."""

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPixmap

from pushforward.studio.app.core.data_type import Arrays
from pushforward.studio.app.core.data_type_registry import kind
from pushforward.studio.app.core.dataset_list import DataSet
from pushforward.studio.app.design.cards.picture_card import PictureCard
from pushforward.studio.app.design.theme import font, theme
from pushforward.studio.app.places.data.cover_painter import paint_cover
from pushforward.studio.literal import one_line

__all__ = ["DataSetCard"]


class DataSetCard(PictureCard):
    """Signals:
    wanted: it is seen, and has no rows to show yet.
    """

    wanted = Signal()

    def __init__(self, data: DataSet) -> None:
        super().__init__(data.title, data.summary)
        self.data = data
        self._kind = kind(data.kind)
        self._arrays: Arrays | None = None
        self._asked = self._failed = False
        self._picture: tuple[object, QPixmap] | None = None
        self.setCheckable(True)
        self.describe()

    def show_rows(self, arrays: Arrays | None) -> None:
        """Show some samples; None if unavailable, to be requested again when `ask_again` is
        true.
        """
        self._arrays, self._failed = arrays, arrays is None
        self._picture = None
        self.update()

    def ask_again(self) -> None:
        """Ask for rows when it is seen next, if it has none."""
        self._asked, self._failed = self._arrays is not None, False
        self.update()

    def facts(self, room: int | None) -> str:
        size, terms = one_line(self.data.size), one_line(self.data.terms)
        end = f" · {terms}" if terms else ""
        if room is None:
            return f"{self._kind.title.lower()} · {size}{end}"
        # Of the two the size is the one that says enough by its beginning.
        metrics = QFontMetrics(font(11))
        left = max(0, room - metrics.horizontalAdvance(end))
        return metrics.elidedText(size, Qt.TextElideMode.ElideRight, left) + end

    def draw_picture(self, painter: QPainter, area: QRectF) -> None:
        if not self._asked:
            self._asked = True
            self.wanted.emit()
        if self._arrays is None:
            painter.setFont(font(11))
            painter.setPen(QColor(theme.colors().muted))
            said = "No preview" if self._failed else self._kind.loading
            painter.drawText(area, int(Qt.AlignmentFlag.AlignCenter), said)
            return
        painter.drawPixmap(QPointF(area.left(), area.top()), self._painted(area))

    def _painted(self, area: QRectF) -> QPixmap:
        """Return the picture, which is painted once for each size and theme."""
        size, ratio, tokens = area.size().toSize(), self.devicePixelRatioF(), theme.colors()
        look = (size, ratio, tokens)
        if self._picture is None or self._picture[0] != look:
            picture = QPixmap(QSize(size * ratio))
            picture.setDevicePixelRatio(ratio)
            picture.fill(Qt.GlobalColor.transparent)
            with QPainter(picture) as painter:
                painter.setRenderHint(QPainter.RenderHint.Antialiasing)
                painter.setFont(font(13))
                whole = QRectF(0, 0, size.width(), size.height())
                assert self._arrays is not None
                paint_cover(painter, whole, self._kind, self._arrays, tokens)
            self._picture = (look, picture)
        return self._picture[1]

"""A grid of tiles, each a datum: painted by its kind, picked or selected, however many there are.

Few tiles, as those that move in a lens, fill their area and one of them is picked. Tiles that are
``browsed`` are scrolled, zoomed and selected as the items of any view of Qt are.
"""

import math
from collections.abc import Callable

from PySide6.QtCore import (
    QEvent,
    QItemSelection,
    QItemSelectionModel,
    QMimeData,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QPointF,
    QRect,
    QRectF,
    QSize,
    Qt,
    QTimer,
    Signal,
)
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QGuiApplication,
    QHelpEvent,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QRegion,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import (
    QAbstractItemView,
    QListView,
    QSizePolicy,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QToolTip,
)

from pushforward.studio.app.charts.cross_fade import CrossFade
from pushforward.studio.app.charts.raster import Colours
from pushforward.studio.app.core.data_type import SaysParts, Tiles
from pushforward.studio.app.data.tile_frames import columns_for
from pushforward.studio.app.data.tile_model import Rows, TileModel
from pushforward.studio.app.data.tile_paint import GAP, Below, TilePaint
from pushforward.studio.app.data.tile_sheet import Sheets
from pushforward.studio.app.design.icons import repaint_on_theme
from pushforward.studio.app.design.literal_text import tip_text
from pushforward.studio.app.design.theme import theme

__all__ = ["LARGEST", "SMALLEST", "TileGrid"]

SMALLEST, LARGEST = 16, 320  # the height of a tile in pixels, where it is chosen
ZOOM_STEP = 1.15
WORDY = 36  # the height at which "99.6 %" fits below a square one
MOVES = {
    Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_Home,
    Qt.Key.Key_End, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown,
}  # fmt: skip


class Dragged(QStyledItemDelegate):
    """Paints the tiles that hang on the mouse; the grid paints its own."""

    def __init__(self, grid: QListView, paint: Callable[[QPainter, QRect, int], None]) -> None:
        super().__init__(grid)
        self._paint = paint

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        half = GAP // 2
        rect: QRect = option.rect
        self._paint(painter, rect.adjusted(half, half, -half, -half), index.row())


class TileGrid(QListView):
    """Shows tiles in rows; with ``strip`` all in one row.

    Signals:
        picked: the row that was clicked or walked to, -1 for none.
        opened: a tile that is not browsed was clicked twice.
        chosen: the person selected other rows, see `rows`.
        zoomed: the person chose another height for the tiles in pixels, 0 for that of a page.
        arranged: other tiles are seen, or at another size.
        menu_wanted: what can be done with browsed tiles is asked, at a place of the viewport.
    """

    picked = Signal(int)
    opened = Signal()
    chosen = Signal()
    zoomed = Signal(int)
    arranged = Signal()
    menu_wanted = Signal(QPoint)

    def __init__(self, name: str, *, strip: bool = False, browsed: bool = False) -> None:
        super().__init__()
        self._items = TileModel()
        self._paint = TilePaint(kept=browsed)
        self._picked = self._inspected = -1
        self._chosen: set[int] = set()  # the places that are selected
        self._strip, self._browsed = strip, browsed
        self._message = ""
        self._page = 0  # tiles that are seen at once, 0 for all
        self._least = 0
        self._height = 0  # of a tile, as it was chosen; 0: as large as a page allows
        self._columns = 1
        self._telling = False
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.timeout.connect(self._go_on)
        self._sheets = Sheets()
        self._fade = CrossFade(self, self.viewport().grab, self.viewport().update)
        self.setModel(self._items)
        if browsed:
            self._items.take = self._take
            self.setItemDelegate(Dragged(self, self._paint_one))
            self.setDragDropMode(QAbstractItemView.DragDropMode.DragOnly)
        self._set_up()
        self.setAccessibleName(name)
        repaint_on_theme(self)

    def _set_up(self) -> None:
        self.setProperty("role", "tiles")
        self.setProperty("opaque", self._browsed)  # so that it scrolls without painting all
        self.setFlow(QListView.Flow.LeftToRight)
        self.setWrapping(True)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setUniformItemSizes(True)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        modes = QAbstractItemView.SelectionMode
        self.setSelectionMode(modes.ExtendedSelection if self._browsed else modes.NoSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(QSize(120, 56 if self._strip else 120))
        self.verticalScrollBar().valueChanged.connect(self.arranged)

    # What is shown

    @property
    def count(self) -> int:
        """How many tiles there are, those left out not counted."""
        return self._items.rowCount()

    @property
    def order(self) -> Rows:
        """The rows that are shown, as they follow each other."""
        return self._items.order

    @property
    def words(self) -> list[str]:
        """What stands below the tile of each row."""
        return self._paint.below.words

    @property
    def tiles(self) -> Tiles | None:
        """What is shown."""
        return self._items.tiles

    def show_tiles(
        self,
        tiles: Tiles | None,
        *,
        noun: str = "tiles",
        inks: Colours | None = None,
        words: list[str] | None = None,
        message: str = "",
        order: Rows | None = None,
        page: int = 0,
        least: int = 0,
        smooth: bool = False,
    ) -> None:
        """Show tiles called ``noun``; ``inks`` (n,) are their colours, ``words`` their captions,
        and ``message`` the text if empty. ``order`` (k,) are the rows to show; ``page`` is the
        number visible without zoom, 0 for all, fewer if they would be below ``least`` pixels high.
        ``smooth`` fades from the old to the new content of the same tiles.
        """

        def show() -> None:
            inspected = self._inspected
            anew = self._items.show(tiles, order, noun)
            self._paint.show(tiles, forget=anew)
            self._paint.below = Below(inks, words or [])
            self._message, self._page, self._least = message, page, least
            self.setAccessibleDescription(f"{self.count} {noun}" if self.count else message)
            self.inspect(inspected if self._items.place(inspected) >= 0 else -1)
            self._arrange()
            self._repaint()

        same = tiles is not None and 0 < len(tiles) == self.count
        self._fade.run(show, smooth=smooth and same and self.isVisible())

    @property
    def fading(self) -> bool:
        """Whether tiles fade from what they showed before."""
        return self._fade.active

    def _repaint(self) -> None:
        """Paint anew, without a fade."""
        self._fade.stop()
        self.viewport().update()

    @property
    def direct(self) -> bool:
        """Whether the tiles themselves are painted, sharp at any scale and all of them, rather than
        pictures of them that are kept: for paper.
        """
        return not self._paint.kept

    @direct.setter
    def direct(self, on: bool) -> None:
        self._paint.kept = self._browsed and not on

    @property
    def waiting(self) -> int:
        """How many of the tiles that are seen wait to be painted."""
        return len(self._paint.missing)

    def say_by(self, say: Callable[[int], str]) -> None:
        """Let a function say the datum of a row in a line, for screen readers and copies."""
        self._items.say = say

    def copy(self) -> None:
        """Copy the tiles that are selected, as a picture and in words."""
        self.copy_rows(self.rows)

    def copy_rows(self, rows: Rows) -> None:
        """Copy the tiles of some rows."""
        tiles = self._items.tiles
        if tiles is not None and len(rows):
            said = [self._items.say(row) for row in rows.tolist()]
            QGuiApplication.clipboard().setMimeData(self._sheets.make_mime(tiles, rows, said))

    def _take(self, rows: Rows) -> QMimeData:
        tiles = self._items.tiles
        if tiles is None:
            return QMimeData()
        said = [self._items.say(row) for row in rows.tolist()]
        return self._sheets.file(tiles, rows, said, self._items.noun)

    def _paint_one(self, painter: QPainter, rect: QRect, place: int) -> None:
        tiles = self._items.tiles
        if tiles is not None:
            tiles.paint(painter, QRectF(rect), self._items.row(place), theme.colors())

    # What is selected

    @property
    def selection(self) -> int:
        """The tile that is picked, -1 for none."""
        return self._picked

    def select(self, tile: int) -> None:
        """Mark one tile, -1 for none."""
        if tile != self._picked:
            self._picked = tile
            self._repaint()

    @property
    def rows(self) -> Rows:
        """The rows that are selected."""
        return self._items.rows_of(self.selectionModel().selection())

    def choose(self, rows: Rows) -> None:
        """Select rows: those that are shown of them."""
        items = self._items.items(rows)
        self._telling = True
        flags = QItemSelectionModel.SelectionFlag
        self.selectionModel().select(items, flags.ClearAndSelect)
        self._telling = False
        # The model may have put other rows where those that were selected stood.
        self._chosen = set(self._items.places_of(items).tolist())
        self._repaint()

    @property
    def inspected(self) -> int:
        """The row that is looked at more closely, -1 for none."""
        return self._inspected

    def inspect(self, row: int) -> None:
        """Put the white ring around the tile of a row, -1 for none, and the keyboard there."""
        self._inspected = row
        place = self._items.place(row)
        if self._browsed and place != self.currentIndex().row():
            self._telling = True
            flags = QItemSelectionModel.SelectionFlag
            self.selectionModel().setCurrentIndex(self._items.index(place), flags.NoUpdate)
            self._telling = False
        self._repaint()

    def selectionChanged(self, selected: QItemSelection, deselected: QItemSelection) -> None:
        super().selectionChanged(selected, deselected)
        if not self._browsed:
            return
        items = self.selectionModel().selection()
        self._chosen = set(self._items.places_of(items).tolist())
        self._repaint()  # those that are not selected step back, or no more
        if not self._telling:
            self.chosen.emit()

    def currentChanged(self, current: object, previous: object) -> None:
        super().currentChanged(current, previous)  # type: ignore[arg-type]
        if self._browsed and not self._telling:
            self._inspected = self._items.row(self.currentIndex().row())
            self._repaint()
            self.picked.emit(self._inspected)

    # Where the tiles are

    @property
    def tile_height(self) -> int:
        """The height of a tile in pixels."""
        return self._items.cell.height() - GAP - self._paint.below.height

    def zoom(self, height: int) -> None:
        """Give tiles a height in pixels; 0 makes them as large as a page of them allows. What is
        seen first stays in sight.
        """
        first = self._items.index(self.in_sight()[0])
        self._height = min(LARGEST, max(SMALLEST, height)) if height else 0
        self._arrange()
        if first.isValid():
            self.scrollTo(first, QAbstractItemView.ScrollHint.PositionAtTop)

    def in_sight(self) -> tuple[int, int]:
        """Return the first and one past the last visible tile; less than half visible does not
        count.
        """
        top, high = self.verticalScrollBar().value(), self._items.cell.height()
        first = round(top / high) * self._columns
        last = round((top + self.viewport().height()) / high) * self._columns
        return min(first, self.count), min(last, self.count)

    def _arrange(self) -> None:
        """Compute the tile size and the number of columns, centred."""
        tiles, below = self._items.tiles, self._paint.below.height
        n, aspect = self.count, tiles.aspect if tiles is not None and len(tiles) else 1.0
        width, height = self.width(), self.height()
        if self._browsed:
            width -= self.verticalScrollBar().sizeHint().width()
        page = self._page or n
        # The largest one that is seen whole: of a larger one a part would stand for the datum.
        most = min((width - 2 * GAP) / aspect, height - 2 * GAP - below)
        if self._height:
            high = max(float(SMALLEST), min(float(self._height), most))
            columns = self._columns_of(high * aspect, width)
        else:
            columns = max(1, n if self._strip else columns_for(page, width, height, aspect))
            rows = max(1, math.ceil(page / columns))
            each = (width - GAP * (columns + 1)) / columns
            high = max(4.0, min((height - GAP * (rows + 1)) / rows - below, each / aspect))
            least = min(float(max(self._least, WORDY if self._paint.below.words else 0)), most)
            if self._browsed and high < least:
                high = least
                columns = self._columns_of(high * aspect, width)
        cell = QSize(int(high * aspect) + GAP, int(high) + below + GAP)
        rows = math.ceil(n / columns)
        side = max(0, width - columns * cell.width()) if n else 0  # words have all of the room
        top = GAP // 2
        scrolls = self._browsed and rows * cell.height() + top > height
        policies = Qt.ScrollBarPolicy
        self.setVerticalScrollBarPolicy(
            policies.ScrollBarAlwaysOn if scrolls else policies.ScrollBarAlwaysOff
        )
        # A pixel more than the columns take: the view wraps where an item would touch its edge.
        self.setViewportMargins(max(0, side // 2 - 1), top, max(0, side - side // 2 - 1), 0)
        if cell != self._items.cell or columns != self._columns:
            self._items.cell, self._columns = cell, columns
            self.setGridSize(cell)
        self.arranged.emit()

    def _columns_of(self, wide: float, width: int) -> int:
        return max(1, int((width - GAP) // (wide + GAP)))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fade.stop()
        self._arrange()

    def row_at(self, point: QPoint) -> int:
        """Return the row of the tile at a point of the viewport, -1 for none."""
        return self._items.row(self.indexAt(point).row())

    def area(self, row: int) -> QRectF:
        """Return where the tile of a row is, in pixels of the viewport; empty where it is not
        shown.
        """
        place = self._items.place(row)
        return self._cell(place) if place >= 0 else QRectF()

    def _cell(self, tile: int) -> QRectF:
        """Return where the tile of a place is, in pixels of the viewport."""
        x, y = self._corner(tile)
        below = self._paint.below.height
        return QRectF(x, y, self._items.cell.width() - GAP, self._items.cell.height() - GAP - below)

    def _corner(self, place: int) -> tuple[int, int]:
        row, column = divmod(place, self._columns)
        y = row * self._items.cell.height() - self.verticalScrollBar().value()
        return column * self._items.cell.width() + GAP // 2, y + GAP // 2

    # Painting

    def paintEvent(self, event: QPaintEvent) -> None:
        # Not by a delegate: asking for each item costs more than painting it.
        tokens = theme.colors()
        with QPainter(self.viewport()) as painter:
            if self._fade.paint(painter):
                return
            area = QRectF(self.viewport().rect())
            if not self.count:
                painter.setPen(QColor(tokens.muted))
                words = int(Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap)
                painter.drawText(area.adjusted(16, 8, -16, -8), words, self._message)
                return
            self._paint_tiles(painter, event.region())
            if self.hasFocus() and max(self._picked, self._inspected) < 0:
                painter.setPen(QPen(QColor(tokens.accent), 1))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawRect(area.adjusted(0.5, 0.5, -0.5, -0.5))
        if self._paint.missing:
            self._later.start()

    def _paint_tiles(self, painter: QPainter, region: QRegion) -> None:
        size = self._cell(0).size().toSize()
        order, rings = self._items.order, []
        places = self._places_in(region.boundingRect())
        rows = order[places.start : places.stop].tolist()
        self._paint.begin(size, self.devicePixelRatioF(), rows)
        some = bool(self._chosen)
        for place in places:
            x, y = self._corner(place)
            row = int(order[place])
            selected = place in self._chosen or (row == self._picked and not self._browsed)
            whole = place not in self._paint.missing or self._covered(place, region)
            self._paint.paint(painter, x, y, place, row, dim=some and not selected, whole=whole)
            if selected or (self._browsed and row == self._inspected):
                rings.append((x, y, self._browsed and row == self._inspected))
        for x, y, inspected in rings:
            self._paint.ring(painter, x, y, inspected=inspected)

    def _places_in(self, rect: QRect) -> range:
        """Return the places in those rows of the grid that meet a rectangle of the viewport."""
        top, high = self.verticalScrollBar().value() + rect.top(), self._items.cell.height()
        first = max(0, top // high)
        last = (top + rect.height() - 1) // high + 1
        return range(min(self.count, first * self._columns), min(self.count, last * self._columns))

    def _around(self, place: int) -> QRect:
        """Return where a place is, with what is around its tile, in pixels of the viewport."""
        x, y = self._corner(place)
        return QRect(QPoint(x - GAP // 2, y - GAP // 2), self._items.cell)

    def _covered(self, place: int, region: QRegion) -> bool:
        """Whether a region has all that is seen of a place."""
        seen = self._around(place) & self.viewport().rect()
        return QRegion(seen).subtracted(region).isEmpty()

    def _go_on(self) -> None:
        """Paint those tiles for which there was no time. What is still missing is not painted over
        and over meanwhile: that took as long as the tiles.
        """
        self._paint.missing &= set(self._places_in(self.viewport().rect()))
        order = self._items.order
        done = self._paint.go_on({each: int(order[each]) for each in sorted(self._paint.missing)})
        for place in done:
            self.viewport().update(self._around(place))
        if self._paint.missing:
            self._later.start()

    # Mouse and keys

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if self._browsed:
            super().mousePressEvent(event)
        else:
            self.picked.emit(self.indexAt(event.position().toPoint()).row())

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if self._browsed:
            super().mouseDoubleClickEvent(event)
        elif self.row_at(event.position().toPoint()) >= 0:
            self.opened.emit()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        if not self._browsed or not self.count:
            event.ignore()
            return
        keyboard = event.reason() == QContextMenuEvent.Reason.Keyboard
        self.menu_wanted.emit(
            self.visualRect(self.currentIndex()).center() if keyboard else event.pos()
        )

    def viewportEvent(self, event: QEvent) -> bool:
        """Say what of a tile the mouse rests on, where that is something of its own."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            place, tiles = self.indexAt(event.pos()).row(), self._items.tiles
            if place >= 0 and isinstance(tiles, SaysParts):
                at, row = QPointF(event.pos()), self._items.row(place)
                if said := tiles.said_at(self._cell(place), row, at):
                    QToolTip.showText(event.globalPos(), tip_text(said), self.viewport())
                    return True
        return super().viewportEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        if not self._browsed:
            event.ignore()
        elif event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self._resize_tiles(ZOOM_STEP ** (event.angleDelta().y() / 120))
            event.accept()
        else:
            super().wheelEvent(event)

    def _resize_tiles(self, factor: float) -> None:
        height = self.tile_height * factor
        self._turn_to(math.ceil(height) if factor > 1 else math.floor(height))

    def _turn_to(self, height: int) -> None:
        self.zoom(height)
        self.zoomed.emit(self._height)

    def event(self, event: QEvent) -> bool:
        """Keep the keys that move here, with Shift as well, from becoming shortcuts."""
        shortcut = event.type() == QEvent.Type.ShortcutOverride
        if shortcut and isinstance(event, QKeyEvent) and event.key() in MOVES:
            keep = Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.KeypadModifier
            if not event.modifiers() & ~keep:
                event.accept()
                return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows walk, Shift extends; of browsed tiles + and - zoom, 0 fits a page, Ctrl+C
        copies what is selected, and Esc lets go of it.
        """
        keys, key = Qt.Key, Qt.Key(event.key())
        if key == keys.Key_Escape and self._let_go():
            return
        if not self._browsed:
            self._walk(event)
        elif key in (keys.Key_Plus, keys.Key_Equal, keys.Key_Minus):
            self._resize_tiles(1 / ZOOM_STEP if key == keys.Key_Minus else ZOOM_STEP)
        elif event.matches(QKeySequence.StandardKey.Copy):
            self.copy()
        elif key == keys.Key_0:
            self._turn_to(0)
        elif key in MOVES or event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            super().keyPressEvent(event)
        else:
            event.ignore()  # letters and Space are the window's

    def _let_go(self) -> bool:
        """Let go of what is selected; return whether anything was."""
        if self._browsed and self.selectionModel().hasSelection():
            self.clearSelection()
            return True
        if not self._browsed and self.selection >= 0:
            self.picked.emit(-1)
            return True
        return False

    def _walk(self, event: QKeyEvent) -> None:
        keys = Qt.Key
        steps = {
            keys.Key_BracketRight: 1, keys.Key_BracketLeft: -1, keys.Key_Right: 1,
            keys.Key_Left: -1, keys.Key_Down: self._columns, keys.Key_Up: -self._columns,
        }  # fmt: skip
        by = steps.get(keys(event.key()))
        if by is not None and self.count:
            self.picked.emit((max(0, self.selection) + by) % self.count)
        else:
            event.ignore()

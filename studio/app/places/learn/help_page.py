"""The help: a list of pages, a search in all of them, and the page itself."""

from functools import partial

from PySide6.QtCore import QSize, Qt, QTimer, QUrl, Signal
from PySide6.QtGui import (
    QAbstractTextDocumentLayout,
    QColor,
    QDesktopServices,
    QKeyEvent,
    QResizeEvent,
    QTextBlock,
    QTextCursor,
    QTextDocument,
)
from PySide6.QtWidgets import (
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QTextBrowser,
    QTextEdit,
    QWidget,
)

from pushforward.studio.app.charts.recorded_motion import recording_of
from pushforward.studio.app.core import help_pages
from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.help_pages import Page
from pushforward.studio.app.design.basic import button, column, label, row
from pushforward.studio.app.design.literal_text import set_tip
from pushforward.studio.app.design.theme import colors, theme
from pushforward.studio.app.engine.actions import Actions
from pushforward.studio.app.places.learn import help_document
from pushforward.studio.app.places.learn.recorded_canvas import RecordedCanvas

__all__ = ["PAPER", "HelpView"]

SLUG = Qt.ItemDataRole.UserRole
READING = 720  # logical pixels: lines no longer than the eye follows
SIDE = 20  # pixels on the left of a page
BESIDE = 24  # pixels beside a title in the list
PAPER = SIDE + READING + 20  # so wide is what is read
KEEP = QTextCursor.MoveMode.KeepAnchor
RELAID = 120  # milliseconds after the last change of the width


class Sheet(QTextBrowser):
    """Shows a page; a link is only said, never followed by itself.

    Signals:
        wanted: the address of a link that was clicked.
    """

    wanted = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.setOpenLinks(False)
        self.setFrameShape(QTextBrowser.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setProperty("role", "paper")
        self.setAccessibleName("Help page")
        self.anchorClicked.connect(lambda url: self.wanted.emit(url.toString()))

    def loadResource(self, kind: int, name: QUrl | str) -> object:
        url = QUrl(name)
        if kind == QTextDocument.ResourceType.ImageResource.value and url.scheme() == "picture":
            return help_document.picture(url, colors())
        return None  # nothing comes from anywhere else


class Titles(QListWidget):
    """Lists pages by their titles; one that is too long for a line takes two."""

    def __init__(self) -> None:
        super().__init__()
        self.setWordWrap(True)
        self.setTextElideMode(Qt.TextElideMode.ElideNone)

    def fit(self) -> None:
        """Give each title as many lines as it needs."""
        metrics, room = self.fontMetrics(), self.viewport().width() - BESIDE
        for item in map(self.item, range(self.count())):
            item.setData(Qt.ItemDataRole.SizeHintRole, None)
            line = self.sizeHintForIndex(self.indexFromItem(item)).height()
            if metrics.horizontalAdvance(item.text()) > room:
                item.setSizeHint(QSize(0, line + metrics.lineSpacing()))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self.fit()


class HelpView(QWidget):
    """The help page; ``column`` is the list of pages, placed by the shell."""

    def __init__(self, state: AppState, actions: Actions, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state, self._actions = state, actions
        self._pages: list[Page] = []
        self._shown: Page | None = None
        self._height = 0.0  # of the page as it is laid out
        self.canvases: list[tuple[QTextCursor, RecordedCanvas]] = []
        self._way: list[str] = []  # pages read before, newest last
        self.column = QWidget()
        self.finder = QLineEdit()
        self.finder.setPlaceholderText("Search the help")
        self.finder.setAccessibleName("Search the help")
        self.finder.setClearButtonEnabled(True)
        self.finder.textChanged.connect(self._search)
        self.finder.returnPressed.connect(self._next_hit)
        self.list = Titles()
        self.list.setAccessibleName("Pages")
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.currentItemChanged.connect(self._listed)
        self.count = label("", "small")
        self.back = button("Back", self.go_back, kind="quiet", icon="back")
        self.sheet = Sheet()
        self.sheet.wanted.connect(self.follow)
        self.sheet.verticalScrollBar().valueChanged.connect(self._place_canvases)
        self._relay = QTimer(self)
        self._relay.setSingleShot(True)
        self._relay.setInterval(RELAID)
        self._relay.timeout.connect(self._lay_out_page)
        self._lay_out()
        state.help_changed.connect(self._wanted)
        state.catalog_changed.connect(self._read)
        theme.changed.connect(self._lay_out_page)

    def _lay_out(self) -> None:
        self.setProperty("surface", "canvas")
        column(
            row(self.back, None),
            self.finder,
            self.count,
            self.list,
            parent=self.column,
            margins=(16, 4, 12, 12),
        )
        column(self.sheet, parent=self, margins=(SIDE, 20, 0, 0))

    # Pages

    def _read(self) -> None:
        if self._pages:
            self._pages = help_pages.all_pages(self._state.catalog)
            self._search(self.finder.text())

    def _wanted(self) -> None:
        """Show the page that the state asks for."""
        if not self._pages:
            self._pages = help_pages.all_pages(self._state.catalog)
            self._search("")
        slug, _, place = self._state.help_page.partition("#")
        page = next((p for p in self._pages if p.slug == slug), self._pages[0])
        if page is not self._shown:
            self._shown = page
            self._lay_out_page()
            self.sheet.verticalScrollBar().setValue(0)
            self._first_hit()
        self._mark()
        if place:
            self._go_to(place.replace("%20", " "))
        if not (self.finder.hasFocus() or self.list.hasFocus()):
            self.sheet.setFocus(Qt.FocusReason.OtherFocusReason)  # it is read by its keys, too

    def _lay_out_page(self) -> None:
        page = self._shown
        if page is None:
            return
        bar = self.sheet.verticalScrollBar()
        at = bar.value() / max(1.0, self._height)  # of the old, which its new style has changed
        width = min(READING, max(200, self.sheet.viewport().width() - 24))
        self.sheet.setViewportMargins(0, 0, max(24, self.sheet.width() - READING - 24), 0)
        help_document.lay_out(self.sheet.document(), page, colors(), width)
        self.sheet.setAccessibleDescription(page.title)
        self._highlight()
        self._height = self._settle().documentSize().height()
        bar.setValue(round(at * self._height))
        self._make_canvases()

    def _make_canvases(self) -> None:
        """Lay a canvas over each picture of a training that is recorded."""
        for _, canvas in self.canvases:
            canvas.deleteLater()
        self.canvases = []
        for cursor, recipe in help_document.recipes_of_pictures(self.sheet.document()):
            recording = recording_of(recipe)
            if recording is not None:
                canvas = RecordedCanvas(recording, self.sheet.viewport())
                canvas.opened.connect(partial(self.follow, f"recipe:{recipe}"))
                self.canvases.append((cursor, canvas))
        self._place_canvases()

    def _place_canvases(self) -> None:
        """Keep the canvases over their pictures while the page is scrolled."""
        for cursor, canvas in self.canvases:
            look = cursor.charFormat().toImageFormat()
            at = self.sheet.cursorRect(cursor)
            left = round(at.left() - look.width()) if at.left() >= look.width() else at.left()
            canvas.setGeometry(left, at.top(), round(look.width()), round(look.height()))
            canvas.show()

    def _mark(self) -> None:
        """Show in the list which page is read, without going anywhere."""
        self.list.blockSignals(True)
        for index in range(self.list.count()):
            item = self.list.item(index)
            if self._shown is not None and item.data(SLUG) == self._shown.slug:
                self.list.setCurrentItem(item)
        self.list.blockSignals(False)

    def _listed(self, item: QListWidgetItem | None) -> None:
        slug = item.data(SLUG) if item is not None else None
        if slug:
            self._go(str(slug))

    def _go(self, address: str) -> None:
        if self._shown is not None and address.partition("#")[0] != self._shown.slug:
            self._way.append(self._shown.slug)
        self._state.show_help(address)

    def go_back(self) -> None:
        """Return to the page read before, or to where the help was called from."""
        if self._way:
            self._state.show_help(self._way.pop())
        else:
            self._state.leave_help()

    def follow(self, link: str) -> None:
        """Do what a link says."""
        kind, _, rest = link.partition(":")
        if kind == "help":
            self._go(rest)
        elif kind == "recipe":
            recipe = next((r for r in self._state.recipes if r.slug == rest), None)
            if recipe is not None:
                self._actions.race.open_recipe(recipe)
        elif kind in ("https", "http"):
            QDesktopServices.openUrl(QUrl(link))

    # Search

    def _search(self, text: str) -> None:
        found = help_pages.search(self._pages, text)
        self.list.blockSignals(True)
        self.list.clear()
        group = ""
        for page in found:
            if page.group != group and not text.strip():
                group = page.group
                heading = QListWidgetItem(group.upper())
                heading.setFlags(Qt.ItemFlag.NoItemFlags)
                self.list.addItem(heading)
            item = QListWidgetItem(page.title)
            item.setData(SLUG, page.slug)
            set_tip(item, page.summary)
            self.list.addItem(item)
        self.list.fit()
        self.list.blockSignals(False)
        self.count.setVisible(bool(text.strip()))
        self.count.setText(f"{len(found)} {'page' if len(found) == 1 else 'pages'}")
        self._mark()
        here = self._shown is not None and any(p.slug == self._shown.slug for p in found)
        if text.strip() and found and not here:
            self._state.show_help(found[0].slug)
        self._highlight()
        self._first_hit()

    def _highlight(self) -> None:
        """Mark every place of the words searched for."""
        marks: list[QTextEdit.ExtraSelection] = []
        for word in self.finder.text().split():
            cursor = self.sheet.document().find(word)
            while len(word) > 1 and not cursor.isNull():
                mark = QTextEdit.ExtraSelection()
                mark.cursor = cursor
                ground = QColor(colors().warm)
                ground.setAlphaF(0.35)
                mark.format.setBackground(ground)
                marks.append(mark)
                cursor = self.sheet.document().find(word, cursor)
        self.sheet.setExtraSelections(marks)

    def _first_hit(self) -> None:
        """Go to where the first word stands in the page first, which may be far below its top."""
        words = self.finder.text().split()
        if words and len(words[0]) > 1:
            cursor = self.sheet.document().find(words[0])
            if not cursor.isNull():
                self._scroll_to(cursor.block())

    def _next_hit(self) -> None:
        """Go to the next place of the first word, from the top again after the last."""
        words = self.finder.text().split()
        if not words:
            return
        document = self.sheet.document()
        cursor = document.find(words[0], self.sheet.textCursor())
        if cursor.isNull():
            cursor = document.find(words[0])
        self._show_cursor(cursor)

    def _go_to(self, place: str) -> None:
        cursor = self._heading(place) or self.sheet.document().find(place)
        self._show_cursor(cursor)
        if not cursor.isNull():
            self._scroll_to(cursor.block())

    def _heading(self, place: str) -> QTextCursor | None:
        """Return some words selected in the first heading that has them; None where none does."""
        block = self.sheet.document().begin()
        while block.isValid():
            at = block.text().find(place) if block.blockFormat().headingLevel() else -1
            if at >= 0:
                cursor = QTextCursor(block)
                cursor.setPosition(block.position() + at)
                cursor.setPosition(cursor.position() + len(place), KEEP)
                return cursor
            block = block.next()
        return None

    def _settle(self) -> QAbstractTextDocumentLayout:
        """Lay out the whole page, so that positions of sections are final."""
        layout = self.sheet.document().documentLayout()
        layout.documentSize()
        return layout

    def _scroll_to(self, block: QTextBlock) -> None:
        """Bring a block to the top."""
        top = self._settle().blockBoundingRect(block).top()
        self.sheet.verticalScrollBar().setValue(round(top))

    def _show_cursor(self, cursor: QTextCursor) -> None:
        if not cursor.isNull():
            self.sheet.setTextCursor(cursor)
            self.sheet.ensureCursorVisible()

    # Events

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self._state.leave_help()
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._relay.start()

"""The gallery *Ask this model*: a card for each lab of the selected run, with its preview."""

from functools import cache, partial

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QEnterEvent, QHideEvent, QKeyEvent, QPainter, QPixmap, QShowEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.discovery import Failure, load_modules
from pushforward.studio.app.data.views.lab_frame import LabView
from pushforward.studio.app.data.views.lab_status import LabStatus
from pushforward.studio.app.data.views.lens_view import LensView
from pushforward.studio.app.data.views.live_lab_frame import AskedLive
from pushforward.studio.app.data.views.view_spec import Previewing, ViewSpec
from pushforward.studio.app.design.basic import Elided, button, clear, row, scrolled, view_bar
from pushforward.studio.app.design.cards.picture_card import PictureCard
from pushforward.studio.app.design.flow_layout import Wrapping
from pushforward.studio.app.design.search_field import SearchBox
from pushforward.studio.app.engine.actions import Actions

__all__ = ["VIEW", "GalleryView", "LabCard"]

WIDTH, HEIGHT = 372, 210  # pixels of a card and of its picture
PAGE = QSize(930, 525)  # the size at which a lab is laid out for its thumbnail
ID = "ask"
POLL_MS = 150
PATIENCE = 200  # polls: a preview of slow data comes later, when the lab is opened


@cache
def lab_views() -> list[ViewSpec]:
    """Return the views of all labs, in their order."""
    found: dict[str, ViewSpec] = {}
    for module in load_modules(("labs", "data_types"), ("_lab",)):
        view = None if isinstance(module, Failure) else getattr(module, "VIEW", None)
        if isinstance(view, ViewSpec) and view.id != ID:
            found[view.id] = view
    return sorted(found.values(), key=lambda view: view.order)


def labs(state: AppState) -> list[ViewSpec]:
    """Return the views of labs that apply to the selected run."""
    return [view for view in lab_views() if view.applies(state)]


def is_over(view: QWidget) -> bool:
    """Return whether a lab shows a result, or will show none by itself."""
    return not isinstance(view, Previewing) or view.filled or bool(view.trouble)


class LabCard(PictureCard):
    """The title of a lab, and a picture of its preview; *Open* and *Refine* while it is pointed at.

    Signals:
        refined: the whole result is wanted, by the button or by R.
    """

    refined = Signal()

    def __init__(self, spec: ViewSpec) -> None:
        super().__init__(spec.title, "")
        self.does = QWidget(self)
        open_ = button("Open", self.click, kind="chip", tip="Open the lab (Enter)")
        tip = "Compute the whole result, and keep it (R)"
        self.refine = button("Refine", self.refined.emit, kind="primary", tip=tip)
        row(open_, self.refine, parent=self.does, gap=6)
        self.does.hide()
        self.able = False  # whether it can be refined
        self.spec = spec
        self.thumbnail: QPixmap | None = None
        self.picture = HEIGHT
        self._state = "waiting"
        self.describe()

    def show_state(self, state: str, thumbnail: QPixmap | None = None) -> None:
        """Show a line below the title, and a picture if there is one."""
        self._state, self.thumbnail = state, thumbnail or self.thumbnail
        self.describe()

    def facts(self, room: int | None) -> str:
        return self._state

    def _offer(self, shown: bool) -> None:
        self.refine.setVisible(self.able)
        self.does.adjustSize()
        self.does.move(self.width() - self.does.width() - 12, 10)
        self.does.setVisible(shown and not self.reason)

    def enterEvent(self, event: QEnterEvent) -> None:
        super().enterEvent(event)
        self._offer(True)

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._offer(False)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        plain = event.modifiers() == Qt.KeyboardModifier.NoModifier
        if event.key() == Qt.Key.Key_R and plain and self.able:
            self.refined.emit()
        else:
            super().keyPressEvent(event)

    def draw_picture(self, painter: QPainter, area: QRectF) -> None:
        if self.thumbnail is None:
            return
        size = self.thumbnail.deviceIndependentSize()
        scale = min(area.width() / size.width(), area.height() / size.height())
        fitted = QRectF(0, 0, size.width() * scale, size.height() * scale)
        fitted.moveCenter(area.center())
        painter.drawPixmap(fitted, self.thumbnail, QRectF(self.thumbnail.rect()))

    def sizeHint(self) -> QSize:
        return QSize(WIDTH, self.picture + 88)


class GalleryView(LensView):
    """Computes the previews one after the other, while it is visible.

    A lab that shows nothing by itself has a card without a picture.
    """

    def __init__(self, state: AppState, actions: Actions) -> None:
        super().__init__(state, actions)
        self.cards: list[LabCard] = []
        self._pending: list[LabCard] = []
        self._lab: QWidget | None = None  # computes the preview of the first pending card
        self._polls, self._asked = 0, False
        self._shown: tuple[str, int | None] = "", None
        self.words = Elided("", "muted")
        self.again = button("Refresh", self._start, tip="Compute all previews again")
        self.filter = SearchBox("Filter labs")
        self.filter.setPlaceholderText("Filter")
        self.filter.setFixedWidth(150)
        self.filter.textChanged.connect(self._filter)
        self._refining: LabCard | None = None  # the card whose lab computes the whole result
        self.bar = view_bar(self, self.words, None, self.filter, self.again)
        page = QWidget()
        self._grid = Wrapping(12, 12)
        self._grid.setContentsMargins(16, 12, 16, 12)
        page.setLayout(self._grid)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(scrolled(page), 1)
        self._timer = QTimer(self)
        self._timer.setInterval(POLL_MS)
        self._timer.timeout.connect(self._poll)
        state.runs.selected.connect(self._select)
        state.runs.changed.connect(self._follow)
        state.playback.changed.connect(self._follow)
        self._select(state.runs.selection)

    @property
    def step(self) -> int | None:
        """The newest checkpoint that is not after the selected training step."""
        steps, selected = self.run.checkpoints if self.run else [], self._state.playback.step
        return max((each for each in steps if selected is None or each <= selected), default=None)

    def _select(self, key: str) -> None:
        self._key = key
        self._follow()

    def _follow(self, _key: str = "") -> None:
        """Compute the previews again for another run or checkpoint."""
        if self.isVisible() and (self._key, self.step) != self._shown:
            self._start()

    def _start(self) -> None:
        self._end_lab()
        self._shown = self._key, self.step
        clear(self._grid)
        self.cards = [LabCard(spec) for spec in labs(self._state)]
        for card in self.cards:
            opened = f"{card.spec.lens}/{card.spec.id}"
            card.clicked.connect(partial(self._state.window.show_lens.emit, opened))
            card.refined.connect(partial(self._refine, card))
            self._grid.addWidget(card)
        self._pending = list(self.cards) if self.step is not None else []
        self._filter()
        self._tell()
        self._next()

    def _filter(self, _text: str = "") -> None:
        """Show the cards whose title has all words of the filter."""
        words = self.filter.text().lower().split()
        for card in self.cards:
            card.setVisible(all(word in card.spec.title.lower() for word in words))

    def _refine(self, card: LabCard) -> None:
        """Let the lab of a card compute the whole result, before the previews that wait."""
        if card in self._pending:
            self._pending.remove(card)
        self._end_lab()
        self._pending.insert(0, card)
        self._refining = card
        self._next()

    def _tell(self) -> None:
        done = sum(card.thumbnail is not None for card in self.cards)
        step = self.step
        at = f"at step {step:,}" if step is not None else "Previews start at the first checkpoint"
        self.words.set_text(f"{len(self.cards)} labs {at}, {done} previews" if step else at)

    def _next(self) -> None:
        """Let the next lab compute its preview out of sight."""
        if not self._pending or not self.isVisible():
            self._timer.stop()
            return
        card = self._pending[0]
        self._lab = lab = card.spec.factory(self._state, self._actions)
        lab.setParent(self, Qt.WindowType.Window)
        lab.setAttribute(Qt.WidgetAttribute.WA_DontShowOnScreen)
        lab.resize(PAGE)
        lab.show()
        doing = "refining…" if card is self._refining else "computing the preview…"
        card.show_state(doing)
        self._asked = False  # whether the whole result was requested
        self._polls = 0
        self._timer.start()

    def _poll(self) -> None:
        """Take the picture of the lab as soon as it shows something, then go on."""
        lab = self._lab
        if lab is None:
            self._timer.stop()
            return
        self._polls += 1
        if not is_over(lab) and self._polls < PATIENCE:
            return
        if self._pending[0] is self._refining and self._still_refines(lab):
            return
        card = self._pending.pop(0)
        card.able = isinstance(lab, LabView | AskedLive)
        self._refining = None
        if isinstance(lab, Previewing) and lab.filled:
            status = getattr(lab, "status", None)
            mark = status.mark.text() if isinstance(status, LabStatus) else ""
            card.show_state(mark.lower() or "measured", lab.grab())
        elif isinstance(lab, Previewing) and lab.trouble:
            card.refuse(lab.trouble)
        else:
            card.show_state("open to use")
        self._end_lab()
        self._tell()
        self._next()

    def _still_refines(self, lab: QWidget) -> bool:
        """Request the whole result once; return whether it is not there yet."""
        if not isinstance(lab, LabView | AskedLive) or not lab.filled:
            return False
        if self._asked:
            return lab.is_preview
        self._asked = True
        if isinstance(lab, LabView):
            lab.measure()
        else:
            lab.refine()
        return True

    def _end_lab(self) -> None:
        self._timer.stop()
        if self._lab is not None:
            self._lab.hide()
            self._lab.deleteLater()
            self._lab = None

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if (self._key, self.step) != self._shown or not self.cards:
            self._start()
        elif self._lab is None:
            self._next()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._end_lab()


def applies(state: AppState) -> bool:
    """Return whether at least two labs apply to the selected run."""
    return len(labs(state)) > 1


VIEW = ViewSpec(
    id=ID, lens="samples", title="Ask this model", order=21, applies=applies, factory=GalleryView
)

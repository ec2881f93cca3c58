"""The columns next to the canvas: docked if there is room, else floating on demand."""

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtWidgets import QApplication, QSplitter, QWidget

from pushforward.studio.app.design.basic import restyle

__all__ = ["Flank"]

LEFT_OVER = 96  # pixels of what is below that a floating column leaves free


class Flank(QObject):
    """A side column. Docked, it is shown unless hidden by the user; without room it floats, from
    request to dismissal.

    Signals: changed: its visibility.

    Attributes:
        floats: whether it has no room of its own.
        width: its width in pixels once chosen by the user.
    """

    changed = Signal()

    def __init__(self, part: QWidget, middle: QWidget, side: str, width: int) -> None:
        """``part`` belongs to a ``side``, "left" or "right", of what is in the ``middle`` of a
        splitter, and is ``width`` pixels wide at first.
        """
        super().__init__(part)
        split = part.parentWidget()
        assert isinstance(split, QSplitter)
        self.part, self._middle, self._split = part, middle, split
        self.floats = False
        self.width = width
        self._side = side
        self._offered = True
        self._hidden = False  # docked
        self._asked = self._passing = False  # floating
        split.installEventFilter(self)
        split.splitterMoved.connect(self._resized)

    @property
    def shown(self) -> bool:
        """Whether it is shown."""
        return self._offered and (self._asked if self.floats else not self._hidden)

    def arrange(self, *, offered: bool, floats: bool) -> None:
        """Say whether there is something in it, and whether it has to float."""
        self._offered = offered
        if floats != self.floats:
            self._move(floats)
        if not offered or not floats:
            self._asked = False
        self._show()

    def ask(self, *, passing: bool = False) -> None:
        """Show it; ``passing`` if it closes with what was requested."""
        self._passing = passing and (self._passing or not self.shown)
        self._hidden, self._asked = False, self._offered and self.floats
        self._show()
        self.changed.emit()

    def call(self) -> bool:
        """Show it in passing if it floats and is not there; return whether it was shown."""
        if not self._offered or not self.floats or self.shown:
            return False
        self.ask(passing=True)
        return True

    def dismiss(self, *, passing: bool = False) -> bool:
        """Take it away where it floats, or only where it was shown in ``passing``; return whether
        it was there.
        """
        if not self.floats or not self.shown or (passing and not self._passing):
            return False
        self._asked = self._passing = False
        self._leave_keyboard()
        self._show()
        self.changed.emit()
        return True

    def toggle(self) -> None:
        """Show it, or hide it."""
        if not self.shown:
            self.ask()
        elif not self.dismiss():
            self.hide()

    def hide(self) -> None:
        """Hide it where it is docked, now or later."""
        self._hidden = True
        self._show()
        self.changed.emit()

    def _leave_keyboard(self) -> None:
        """Give the keyboard to what was below: else any widget would have it."""
        focused = QApplication.focusWidget()
        if focused is not None and self.part.isAncestorOf(focused):
            self._middle.setFocus(Qt.FocusReason.OtherFocusReason)

    def _resized(self) -> None:
        if self.shown and not self.floats:
            self.width = self.part.width()

    def _move(self, floats: bool) -> None:
        self.floats = floats
        self._asked = self._passing = False
        restyle(self.part, floats=self._side if floats else "")
        if floats:
            self.part.setParent(self._split.parentWidget())
        else:
            self._split.insertWidget(0 if self._side == "left" else self._split.count(), self.part)
            sizes = self._split.sizes()
            at, rest = self._split.indexOf(self.part), self._split.indexOf(self._middle)
            sizes[rest] += sizes[at] - self.width
            sizes[at] = self.width
            self._split.setSizes(sizes)

    def _show(self) -> None:
        self.part.setVisible(self.shown)
        if self.floats and self.shown:
            self._place()

    def _place(self) -> None:
        area = self._split.geometry()
        width = max(self.part.minimumWidth(), min(self.width, area.width() - LEFT_OVER))
        left = area.left() if self._side == "left" else area.right() + 1 - width
        self.part.setGeometry(left, area.top(), width, area.height())
        self.part.raise_()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.Resize, QEvent.Type.Move) and self.floats and self.shown:
            self._place()
        return False

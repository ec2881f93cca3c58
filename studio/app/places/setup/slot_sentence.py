"""A sentence with controls in it: large type, and slots that open what can be chosen."""

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QFont, QFontMetrics, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QStyle, QStyleOptionButton, QWidget

from pushforward.studio.app.design.basic import label, restyle, row
from pushforward.studio.app.design.flow_layout import Wrapping
from pushforward.studio.app.design.icons import SIZE, pixmap
from pushforward.studio.app.design.literal_text import PushButton, set_tip
from pushforward.studio.app.design.theme import font, theme

__all__ = ["Clause", "Sentence", "Slot", "sentence_label"]

LARGE = 19  # pixels of the type
WIDEST = 380  # pixels of a slot: a longer title is cut, and its tip has it all
ASIDE = 12  # pixels at either side of a title
HEIGHT = 34
SPACE = 9  # pixels between words
CHEVRON, GAP = 14, 8


class Slot(PushButton):
    """A choice in a sentence; Enter, Space, Down and a click open what there is to choose from.

    Signals:
        wanted: it is to be opened, with a letter that was typed on it, "" for none.
    """

    wanted = Signal(str)

    def __init__(self, name: str) -> None:
        super().__init__("")
        self._name = name
        self.setProperty("kind", "slot")
        self.setAutoDefault(False)
        self.setFont(font(LARGE, QFont.Weight.DemiBold))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(HEIGHT)
        self.clicked.connect(lambda: self.wanted.emit(""))
        theme.changed.connect(self.update)

    def say(self, title: str, tip: str = "", *, missing: bool = False) -> None:
        """Show what is chosen; ``missing`` marks that something has to be."""
        if title != self.text():
            self.setText(title)
            self.updateGeometry()
        self.setAccessibleName(f"{self._name}: {title}")
        self.setAccessibleDescription(tip)
        set_tip(self, "\n".join(filter(None, [title if self._cut else "", tip])))
        restyle(self, missing="true" if missing else "false")

    @property
    def kept(self) -> str:
        """What is chosen, "" for nothing yet."""
        return "" if self.property("missing") == "true" else self.text()

    @property
    def _metrics(self) -> QFontMetrics:
        return QFontMetrics(font(LARGE, QFont.Weight.DemiBold))

    @property
    def _full_width(self) -> int:
        # One more: a width that was rounded down is too narrow for its own text.
        return self._metrics.horizontalAdvance(self.text()) + 2 * ASIDE + CHEVRON + GAP + 1

    @property
    def _cut(self) -> bool:
        return self._full_width > WIDEST

    def sizeHint(self) -> QSize:
        return QSize(min(self._full_width, WIDEST), HEIGHT)

    def minimumSizeHint(self) -> QSize:
        return QSize(80, HEIGHT)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        plain = event.modifiers() in (
            Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier,
        )  # fmt: skip
        if event.key() == Qt.Key.Key_Down:
            self.wanted.emit("")
        elif plain and event.text().strip() and event.text().isprintable():
            self.wanted.emit(event.text())
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        option = QStyleOptionButton()
        self.initStyleOption(option)
        option.text = ""
        tokens = theme.colors()
        with QPainter(self) as painter:
            self.style().drawControl(QStyle.ControlElement.CE_PushButton, option, painter, self)
            painter.setFont(font(LARGE, QFont.Weight.DemiBold))
            missing = self.property("missing") == "true"
            painter.setPen(tokens.warm if missing else tokens.text)
            room = self.width() - 2 * ASIDE - CHEVRON - GAP
            text = self._metrics.elidedText(self.text(), Qt.TextElideMode.ElideRight, room)
            area = self.rect().adjusted(ASIDE, 0, 0, -1)
            painter.drawText(area, int(Qt.AlignmentFlag.AlignVCenter), text)
            mark = pixmap("chevron-down", tokens.muted, SIZE, self.devicePixelRatioF())
            painter.drawPixmap(
                self.width() - ASIDE - CHEVRON, (self.height() - SIZE) // 2 + 1, mark
            )


def sentence_label(words: str) -> QLabel:
    """Return words of a sentence, as high as what is chosen in it."""
    made = label(words, "sentence")
    made.setFixedHeight(HEIGHT)
    made.ensurePolished()  # else it is laid out as wide as small type is
    return made


class Clause(QWidget):
    """Words, a control, and what follows it: a part of a sentence that stays on one line where
    there is room for it.
    """

    def __init__(self, before: str, control: QWidget, after: str = "") -> None:
        super().__init__()
        held = QWidget()
        self._after, self.after = after, sentence_label(after)
        held.setLayout(row(control, 2, self.after, gap=0))
        self.after.setVisible(bool(after))  # not before it has a parent: it would be a window
        line = Wrapping(SPACE, 4)
        line.addWidget(sentence_label(before))
        line.addWidget(held)
        self.setLayout(line)

    def end(self, last: bool) -> None:
        """Let it be followed by what follows it, or end the sentence."""
        text = "." if last else self._after
        self.after.setText(text)
        self.after.setVisible(bool(text))


class Sentence(QWidget):
    """Clauses that are broken into lines between them, and within none."""

    def __init__(self) -> None:
        super().__init__()
        self._layout = Wrapping(SPACE, 8)
        self.setLayout(self._layout)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def show_clauses(self, clauses: Sequence[QWidget]) -> None:
        """Show these clauses in this order; others that were shown before are hidden."""
        if list(clauses) == self.clauses:
            return
        while (item := self._layout.takeAt(0)) is not None:
            gone = item.widget()
            if gone is not None and gone not in clauses:
                gone.hide()
        for each in clauses:
            self._layout.addWidget(each)
            each.show()
            if isinstance(each, Clause):
                each.end(each is clauses[-1])
        self.updateGeometry()

    @property
    def clauses(self) -> list[QWidget]:
        """What is shown."""
        items = (self._layout.itemAt(place) for place in range(self._layout.count()))
        widgets = (item.widget() for item in items if item is not None)
        return [widget for widget in widgets if widget is not None]

"""One sentence and its tree, large."""

from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from pushforward.studio.app.data_types.graphs.sentence_paint import SentencePicture
from pushforward.studio.app.design.icons import repaint_on_theme
from pushforward.studio.app.design.theme import theme

__all__ = ["SentencePlot"]


class SentencePlot(QWidget):
    """Shows a picture of a sentence, or nothing."""

    def __init__(self, called: str) -> None:
        super().__init__()
        self.picture: SentencePicture | None = None
        self._called = called
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(QSize(280, 120))
        self.setAccessibleName(called)
        repaint_on_theme(self)

    def show_picture(self, picture: SentencePicture | None) -> None:
        """Show another one."""
        self.picture = picture
        links = [] if picture is None else [each for each in picture.links if each.certain >= 0.5]
        words = () if picture is None else picture.words
        said = "; ".join(f"{words[each.one]} to {words[each.other]}" for each in links)
        self.setAccessibleName(f"{self._called}: {said}" if said else self._called)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        if self.picture is not None:
            with QPainter(self) as painter:
                rect = QRectF(self.rect()).adjusted(4, 2, -4, -2)
                self.picture.paint(painter, rect, theme.colors())

"""A card around a plot: its menu, and where the plot goes from it."""

from functools import partial
from typing import Protocol

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QFrame, QMenu, QWidget

from pushforward.studio.app.charts.curves import Curve
from pushforward.studio.app.charts.interactive_plot import Explored
from pushforward.studio.app.charts.picture_export import copy_picture
from pushforward.studio.app.design.basic import Elided, column, restyle
from pushforward.studio.app.design.literal_text import keyless

__all__ = ["Curves", "PlotCard", "PointedCard"]


class Curves(Protocol):
    """What a plot shows, for a file."""

    @property
    def curves(self) -> list[Curve]: ...

    @property
    def across(self) -> str:
        """What is along the axis."""


class PlotCard(QFrame):
    """A frame with a plot that its owner lays out.

    Signals:
        picture_wanted: the plot is to go to a file as a picture.
        values_wanted: its values are.
    """

    picture_wanted = Signal()
    values_wanted = Signal()

    plot: Explored

    @property
    def scene(self) -> Curves:
        """What is drawn."""
        raise NotImplementedError

    def __init__(self, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title = title
        self.setProperty("surface", "panel")

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for title, do in (
            ("Show all", self.plot.show_all),
            ("Copy picture", partial(copy_picture, self)),
            ("Export picture…", self.picture_wanted.emit),
            ("Export values…", self.values_wanted.emit),
        ):
            menu.addAction(keyless(title)).triggered.connect(lambda _=False, do=do: do())
        menu.popup(event.globalPos())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Copy the picture."""
        if event.matches(QKeySequence.StandardKey.Copy):
            copy_picture(self)
        else:
            super().keyPressEvent(event)


class PointedCard(PlotCard):
    """A plot below its name and a line that says something of all of it, or of what the mouse is
    over.
    """

    def __init__(self, title: str) -> None:
        super().__init__(title)
        self._said = Elided("", "small")
        self._whole, self._level = "", ""

    def lay_out(self, tip: str = "") -> None:
        """Put name, line and plot below each other; ``tip`` is what there is to know of it."""
        name = Elided(self.title, "strong", tip=tip)
        column(name, self._said, (self.plot, 1), parent=self, gap=2, margins=(12, 8, 8, 4))

    def say(self, text: str, level: str = "") -> None:
        """Say something of all of it; ``level`` is whether that is good, "" for neither."""
        self._whole, self._level = text, level
        self.say_of("")

    def say_of(self, text: str) -> None:
        """Say what the mouse is over, "" for nothing."""
        restyle(self._said, level="" if text else self._level)
        self._said.set_text(text or self._whole)

"""A card around a plot: its menu, and where the plot goes from it."""

from typing import Protocol

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtWidgets import QFrame, QMenu, QWidget

from studio.app.plots.curves import Curve
from studio.app.plots.explored import Explored
from studio.app.widgets.literal import keyless

__all__ = ["Curves", "PlotCard"]


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
            ("Export picture…", self.picture_wanted.emit),
            ("Export values…", self.values_wanted.emit),
        ):
            menu.addAction(keyless(title)).triggered.connect(lambda _=False, do=do: do())
        menu.popup(event.globalPos())

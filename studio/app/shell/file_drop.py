"""Files dragged onto the window: where they may be dropped is shown while they hover."""

from pathlib import Path

from PySide6.QtCore import QMimeData, Qt
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QFrame, QWidget

from pushforward.studio.app.design.basic import column, label
from pushforward.studio.app.design.drop_action import copied
from pushforward.studio.app.engine.actions import Actions

__all__ = ["DropZone", "files_of"]


def files_of(data: QMimeData) -> list[Path]:
    """Return the local files and folders that are dragged."""
    return [Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()]


class DropZone(QFrame):
    """Lies over the canvas while something is dragged."""

    def __init__(self, actions: Actions, host: QWidget) -> None:
        super().__init__(host)
        self._actions = actions
        self._host = host
        self.setProperty("role", "drop")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        layout = column(None, parent=self, gap=None, margins=None)
        for text, role in (
            ("Drop to import", "title"),
            ("Data files, a folder of data, or a project", "muted"),
        ):
            line = label(text, role)
            line.setAlignment(Qt.AlignmentFlag.AlignCenter)
            layout.addWidget(line)
        layout.addStretch(1)
        self.hide()

    def meet(self, event: QDragEnterEvent) -> None:
        """Accept files that are dragged into the window, and show where to drop them."""
        if files_of(event.mimeData()):
            copied(event)
            self.appear()

    def receive(self, event: QDropEvent) -> None:
        """Take the files that are dropped."""
        copied(event)
        self.take(files_of(event.mimeData()))

    def appear(self) -> None:
        """Show where to drop."""
        self.setGeometry(self._host.rect().adjusted(12, 12, -12, -12))
        self.show()
        self.raise_()

    def take(self, files: list[Path]) -> None:
        """Open a project, or look into files and folders of data, which are taken together."""
        self.hide()
        if files:
            self._actions.project.open_or_import(files)

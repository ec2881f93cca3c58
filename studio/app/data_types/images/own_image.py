"""A picture of one's own in a lab: dropped, pasted or opened, and what the model says of it."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QMimeData, QObject, Signal
from PySide6.QtGui import (
    QDragEnterEvent,
    QDropEvent,
    QGuiApplication,
    QKeyEvent,
)
from PySide6.QtWidgets import QFileDialog, QSizePolicy, QWidget
from shiboken6 import isValid

from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.data_type import Kind
from pushforward.studio.app.core.data_type_registry import kind_of_run
from pushforward.studio.app.core.runs import RunState
from pushforward.studio.app.data.tile_grid import TileGrid
from pushforward.studio.app.data_types.images.image_file import FILTER, ImageRead, carries
from pushforward.studio.app.data_types.images.image_sources import ImageReader
from pushforward.studio.app.design.basic import Elided, button, column, label, row
from pushforward.studio.app.design.drop_action import copied
from pushforward.studio.app.design.edit_shortcuts import take_key
from pushforward.studio.app.design.file_dialog import folder_of_files, open_dialog
from pushforward.studio.app.engine.actions import Actions
from pushforward.studio.app.engine.query import DEBOUNCE_MS, Query
from pushforward.studio.app.engine.requests.request_base import Refused

__all__ = ["Image", "OwnImage", "OwnImageResult"]

HIGH = 104  # pixels of the strip
TARGET = 512  # real images that tell the size of them; the edit lab asks for as many
Image = NDArray[np.float32]
ASKED = "Running the model…"
LATER = "The image size is not known yet. Wait until the data are loaded."


@dataclass(frozen=True, eq=False)
class OwnImageResult:
    """What came of a picture: images (n, C, H, W), the words below each, and a sentence."""

    images: Image
    words: list[str]
    text: str


Ask = Callable[[str, Image], Awaitable[OwnImageResult]]
"""Function from a run and an image (C, H, W), values in [0, 1], to the result.

Raises:
    Refused: not possible.
"""


class OwnImage(QWidget):
    """An own image at the top of a lab, hidden without one. ``open`` is its button, shown if the
    data type accepts images.

    Signals: changed: the image changed or was removed.

    Args:
        view: the lab, which accepts drops and paste.
        state: of the application.
        actions: user actions.
        ask: function of the image.
        hint: what a drop does, as a continued sentence.
        how: controls of the request, next to the name of the image; see `again`.
    """

    changed = Signal()

    def __init__(
        self,
        view: QWidget,
        state: AppState,
        actions: Actions,
        ask: Ask,
        hint: str,
        how: Sequence[QWidget] = (),
    ) -> None:
        super().__init__()
        self._view, self._state, self._actions = view, state, actions
        self._ask, self._hint = ask, hint
        self._key = ""
        self._before = ""  # what was said before a picture was held over the lab
        self._asked: Image | None = None
        self._fitted = ""  # what was done to it
        self._of: dict[str, ImageRead] = {}  # by run
        self._query: Query[tuple[str, Image], None] = Query(
            self, self._learn, debounce_ms=DEBOUNCE_MS
        )
        self.reader = ImageReader(self, self._take, self._refuse, self._say)
        tip = "Open your own image file (or drop or paste an image)"
        self.open = button("Picture…", self._open, tip=tip)
        self.title, self.trouble = Elided("", "strong", middle=True), label("", "danger", wrap=True)
        self.said = label("", "small", wrap=True)
        self.close_ = button("Put away", self._dismiss, kind="chip", tip="Maximise the lab")
        self.tiles = TileGrid("Your own image", strip=True)
        self.tiles.setFixedHeight(HIGH)
        body = column(parent=self, gap=4, margins=(16, 10, 16, 0))
        line = row(self.title, *how, self.close_)
        line.setStretch(0, 1)
        body.addLayout(line)
        for part in (self.trouble, self.tiles, self.said):
            body.addWidget(part)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self.hide()
        view.setAcceptDrops(True)
        view.installEventFilter(self)
        state.runs.selected.connect(self._select)
        state.catalog_changed.connect(self._meet_kind)
        self._select(state.runs.selection)

    @property
    def _run(self) -> RunState | None:
        return self._state.runs.by_key.get(self._key)

    @property
    def shape(self) -> tuple[int, ...]:
        """(C, H, W) of the images of the run, () while that is not known."""
        run = self._run
        return run.target.shape[1:] if run is not None and run.target is not None else ()

    @property
    def _kind(self) -> Kind:
        return kind_of_run(self._run, self._state.catalog)

    def _select(self, key: str) -> None:
        self._key = key
        self._meet_kind()
        self.put_away()
        self._bring_back()

    def _bring_back(self) -> None:
        """Show the picture that was laid on the lab of this run before, where somebody looks."""
        kept = self._of.get(self._key)
        if kept is not None and self._asked is None and self._view.isVisible() and self.shape:
            self._lay(*kept)

    def _dismiss(self) -> None:
        self._of.pop(self._key, None)
        self.put_away()

    def _meet_kind(self) -> None:
        self.open.setVisible(self._kind.pictures)

    def put_away(self) -> None:
        """Show no picture."""
        self._asked = None
        self._query.cancel()
        self.reader.cancel()
        self.tiles.hide()
        for each in (self.title, self.said, self.trouble):
            each.setText("")
        self.hide()
        self.changed.emit()

    @property
    def image(self) -> Image | None:
        """The picture that is there, (C, H, W), as the data are."""
        return self._asked

    def again(self) -> None:
        """Ask about the picture anew: how it is asked has changed."""
        if self._asked is not None:
            self._say(f"{self._fitted} {ASKED}")
            self._query.ask((self._key, self._asked), again=True)

    # How one comes

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Take what is dropped on the lab, and what is pasted while it has the keyboard."""
        if not self._kind.pictures:
            return super().eventFilter(watched, event)
        if isinstance(event, QDropEvent) and event.type() == QEvent.Type.Drop:
            copied(event)
            self._take_carried(event.mimeData())
            return True
        if isinstance(event, QDragEnterEvent) and carries(event.mimeData()):
            self._meet()
            copied(event)
            self._before = self.said.text()
            self._say(f"Drop it: {self._hint}.")
            return True
        if event.type() == QEvent.Type.DragLeave:
            self._say(self._before)
        if event.type() == QEvent.Type.Show:
            self._meet()
            self._bring_back()
            self._state.paste = self.paste
        if event.type() == QEvent.Type.Hide and self._state.paste == self.paste:
            self._state.paste = None
        if isinstance(event, QKeyEvent) and take_key(event, paste=self.paste):
            return True
        return super().eventFilter(watched, event)

    def paste(self) -> None:
        """Read the image on the clipboard."""
        self._take_carried(QGuiApplication.clipboard().mimeData())

    def _take_carried(self, mime: QMimeData) -> None:
        if self._has_shape():
            self.reader.read_carried(mime, self.shape)

    def _open(self) -> None:
        mode = QFileDialog.FileMode.ExistingFile
        folder = folder_of_files(self._state.project)
        dialog = open_dialog(self, "Open an image", mode, FILTER, folder)
        dialog.fileSelected.connect(lambda file: self.take_file(Path(file)))
        dialog.open()

    def take_file(self, path: Path) -> None:
        """Read an image file."""
        if self._has_shape():
            self.reader.read_file(path, self.shape)

    def _meet(self) -> None:
        """See to it that the size of the images is known."""
        if self._run is not None:
            self._actions.real_samples.need(self._run.key, TARGET)

    def _has_shape(self) -> bool:
        """Return whether the size of the images is known; otherwise say so."""
        self._meet()
        if not self.shape:
            self._refuse(LATER)
        return bool(self.shape)

    def _refuse(self, why: str) -> None:
        self._say("", wrong=why)

    def _take(self, read: ImageRead, _second: bool) -> None:
        self._of[self._key] = read
        self._lay(*read)

    def _lay(self, image: Image, name: str, said: str) -> None:
        self._asked, self._fitted = image, said
        self.title.set_text(name)
        self._say(said)
        self._show(OwnImageResult(image[None], ["as seen"], said))
        self.changed.emit()
        self.again()

    async def _learn(self, question: tuple[str, Image]) -> None:
        key, image = question
        try:
            told = await self._ask(key, image)
        except Refused as refused:
            if isValid(self) and image is self._asked:
                wrong = f"{refused.error.message} {refused.error.hint}".strip()
                self._say(self._fitted, wrong=wrong)
            return
        if isValid(self) and image is self._asked:
            self._say(f"{self._fitted} {told.text}".strip())
            self._show(told)

    # Showing

    def _say(self, text: str, *, wrong: str = "") -> None:
        self.said.setText(text)
        self.trouble.setText(wrong)
        self.trouble.setVisible(bool(wrong))
        self.setVisible(bool(text or wrong or self._asked is not None))

    def _show(self, told: OwnImageResult) -> None:
        kind = self._kind
        self.tiles.show_tiles(kind.tiles({"x": told.images}), noun=kind.many, words=told.words)
        self.tiles.show()
        self.show()

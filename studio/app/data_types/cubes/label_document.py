"""Labels painted by hand: kept in a file of the project after each stroke, with undo and redo."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QRect, Signal
from PySide6.QtGui import QUndoCommand, QUndoStack

from pushforward.observables.scenes.label_text import decode_labels, encode_labels
from pushforward.studio.store import atomic
from pushforward.studio.store.errors import StoreError

if TYPE_CHECKING:
    from pushforward.studio.app.data_types.cubes.label_tools import Patch

__all__ = ["LabelDocument", "label_file"]

Labels = NDArray[np.int16]
MOST_STEPS = 200


def label_file(project: Path, dataset: str) -> Path:
    """Return where the labels of a data set are kept in a project."""
    name = "".join(c if c.isalnum() or c in "-_." else "-" for c in dataset)
    return project / "labels" / f"{name}.json"


class LabelDocument(QObject):
    """The labels of one scene: classes from 1 on, 0 for none.

    Attributes:
        labels: (H, W).
        stack: the strokes, for undo and redo.
        problem: why the file cannot be written or read, "" where it can.

    Signals:
        changed(QRect): labels changed in an area of the scene.
        stroked(): a stroke ended, was undone or redone, and is on the disk.
    """

    changed = Signal(QRect)
    stroked = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.labels: Labels = np.zeros((0, 0), np.int16)
        self.stack = QUndoStack(self)
        self.stack.setUndoLimit(MOST_STEPS)
        self.problem = ""
        self._file: Path | None = None
        self._written = 0  # when, in ns, as far as this document knows
        self._before: Labels | None = None
        self._saving = False
        self.stack.indexChanged.connect(self._save)

    @property
    def count(self) -> int:
        """Number of pixels with a label."""
        return int(np.count_nonzero(self.labels))

    @property
    def strokes(self) -> int:
        """How many strokes can be undone."""
        return self.stack.index()

    def open(self, file: Path, shape: tuple[int, int]) -> None:
        """Read the labels of a scene (rows, columns), none where there is no file yet."""
        if (file, shape, _time(file)) == (self._file, self.labels.shape, self._written):
            return
        self._file, self._before, self.problem = file, None, ""
        self._written = _time(file)
        self.labels = np.zeros(shape, np.int16)
        try:
            found = json.loads(file.read_text(encoding="utf-8"))
            if [found["height"], found["width"]] == list(shape):
                self.labels = decode_labels(str(found["labels"]), shape)
            else:
                self.problem = "The labels kept for this data set are of a scene of another size."
        except FileNotFoundError:
            pass
        except (OSError, ValueError, KeyError, TypeError) as error:
            self.problem = f"{file.name} cannot be read: {error}"
        self._saving = False
        self.stack.clear()
        self._saving = True
        self.changed.emit(QRect(0, 0, shape[1], shape[0]))

    def begin(self) -> None:
        """Begin a stroke."""
        self._before = self.labels.copy()

    def paint(self, patch: "Patch", number: int) -> int:
        """Give the pixels of a patch a class, 0 for none; return how many labels changed."""
        under = patch.cut(self.labels)
        touched = patch.mask & (under != number)
        under[touched] = number
        if touched.any():
            self.changed.emit(patch.area)
        return int(touched.sum())

    def end(self, text: str) -> None:
        """End a stroke, which becomes one step of undo if it changed anything."""
        before, self._before = self._before, None
        if before is None:
            return
        places = np.flatnonzero(before.ravel() != self.labels.ravel())
        if len(places):
            old, new = before.ravel()[places], self.labels.ravel()[places]
            self.stack.push(_Stroke(self, text, places, old, new))

    def apply(self, patch: "Patch", number: int, text: str) -> int:
        """Paint a patch as one stroke; return how many labels changed."""
        self.begin()
        changed = self.paint(patch, number)
        self.end(text)
        return changed

    def clear(self) -> None:
        """Remove all labels, which can be undone."""
        self.replace(np.zeros_like(self.labels), "Clear labels")

    def replace(self, labels: Labels, text: str) -> None:
        """Replace all labels (H, W) by others, which can be undone."""
        self.begin()
        self.labels[:] = labels
        self.changed.emit(QRect(0, 0, self.labels.shape[1], self.labels.shape[0]))
        self.end(text)

    def text(self) -> str:
        """Return all labels as the setting of a split by hand."""
        return encode_labels(self.labels)

    def _save(self, _index: int) -> None:
        """Write the labels; they are on the disk when this returns."""
        if self._file is None or not self._saving:
            return
        height, width = self.labels.shape
        kept = {"height": height, "width": width, "labels": self.text()}
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            atomic.write_bytes(self._file, json.dumps(kept).encode(), durable=False)
            self.problem, self._written = "", _time(self._file)
        except (OSError, StoreError) as error:
            self.problem = f"The labels could not be saved: {error}"
        self.stroked.emit()


def _time(file: Path) -> int:
    """Return when a file was written, in ns; 0 where there is none."""
    try:
        return file.stat().st_mtime_ns
    except OSError:
        return 0


class _Stroke(QUndoCommand):
    """The labels of some pixels before and after a stroke."""

    def __init__(
        self,
        document: LabelDocument,
        text: str,
        places: NDArray[np.int64],
        old: Labels,
        new: Labels,
    ) -> None:
        super().__init__(text)
        self._document, self._places, self._old, self._new = document, places, old, new

    def undo(self) -> None:
        self._put(self._old)

    def redo(self) -> None:
        self._put(self._new)

    def _put(self, values: Labels) -> None:
        labels = self._document.labels
        labels.ravel()[self._places] = values
        rows, columns = np.unravel_index(self._places, labels.shape)
        top, left = int(rows.min()), int(columns.min())
        area = QRect(left, top, int(columns.max()) - left + 1, int(rows.max()) - top + 1)
        self._document.changed.emit(area)

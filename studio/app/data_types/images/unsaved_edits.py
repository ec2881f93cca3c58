"""What is painted in the edit lab and not applied yet is kept on the disk, so that it is not lost
with the window.
"""

import hashlib
import io
import zipfile
from pathlib import Path

import numpy as np
from PySide6.QtCore import QObject

from pushforward.studio.app.core.timers import single_shot
from pushforward.studio.app.data_types.images.image_edits import TASKS, Sheet, Task
from pushforward.studio.home import data_folder

__all__ = ["Unapplied", "file_of", "read"]

READING = OSError, EOFError, KeyError, ValueError, IndexError, StopIteration, zipfile.BadZipFile
"""What a file that is cut off, or of something else, may raise."""
SOON = 500  # milliseconds after the last stroke


class Unapplied(QObject):
    """Writes the sheet of a run a moment after it was painted on; what was applied is a result of
    the run, and is kept no longer.
    """

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._waiting: tuple[str, Task, Sheet | None] | None = None
        self._timer = single_shot(self, self.flush, SOON)

    def keep(self, run: str, task: Task, sheet: Sheet | None) -> None:
        """Keep what is painted for a task on a sheet of a run soon; None for nothing."""
        if self._waiting is not None and self._waiting[0] != run:
            self.flush()
        self._waiting = run, task, sheet
        self._timer.start()

    def flush(self) -> None:
        """Write at once what waits to be: a sheet is small."""
        self._timer.stop()
        if self._waiting is not None:
            waiting, self._waiting = self._waiting, None
            _write(*waiting)


def file_of(run: str) -> Path:
    """Return where the sheet of a run is kept."""
    name = hashlib.sha256(run.encode()).hexdigest()[:16]
    return data_folder() / "sheets" / f"{name}.npz"


def read(run: str) -> tuple[Task, Sheet] | None:
    """Return what was painted on a sheet of a run, and for what; None where that is nothing, or
    cannot be read any more.
    """
    try:
        with np.load(io.BytesIO(file_of(run).read_bytes()), allow_pickle=False) as found:
            words = [str(each) for each in found["words"]]
            task = next(each for each in TASKS if each.title == words[0])
            image = np.asarray(found["image"], np.float32)
            mask = np.asarray(found["mask"], bool)
    except READING:
        return None
    if mask.shape != image.shape[1:] or len(words) != 4:
        return None
    return task, Sheet(image, words[1], words[2], mask if mask.any() else None, words[3])


def _write(run: str, task: Task, sheet: Sheet | None) -> None:
    """Keep a sheet, or none; a full or read-only disk costs only that."""
    from pushforward.studio.store import atomic
    from pushforward.studio.store.errors import StoreError

    file = file_of(run)
    try:
        if sheet is None:
            file.unlink(missing_ok=True)
            return
        words = np.array([task.title, sheet.title, sheet.label, sheet.fitted])
        packed = io.BytesIO()
        np.savez(packed, words=words, image=sheet.image, mask=sheet.marked)
        file.parent.mkdir(parents=True, exist_ok=True)
        atomic.write_bytes(file, packed.getvalue(), durable=False)
    except (OSError, StoreError):
        return

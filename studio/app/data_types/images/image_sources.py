"""Where an image on the table comes from: the data, what is selected, or a file."""

from pathlib import Path
from typing import Any

import numpy as np
from PySide6.QtCore import QMimeData

from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.data_type import LABEL
from pushforward.studio.app.core.runs import RunState
from pushforward.studio.app.data_types.images.image_edits import Sheet
from pushforward.studio.app.data_types.images.image_file import read_carried, read_image

__all__ = ["Pictures"]


class Pictures:
    """Sheets of one run after the other."""

    def __init__(self, state: AppState) -> None:
        self._state = state
        self._key = ""
        self._next = 0  # of the data

    def of(self, key: str) -> None:
        """Begin with another run."""
        self._key, self._next = key, 0

    @property
    def _run(self) -> RunState | None:
        return self._state.runs.by_key.get(self._key)

    @property
    def shape(self) -> tuple[int, ...]:
        """(C, H, W) of the images of the run, () while that is not known."""
        run = self._run
        return run.target.shape[1:] if run is not None and run.target is not None else ()

    def next_real(self) -> Sheet | None:
        """Return the next of the data, None where there are none."""
        run = self._run
        if run is None or run.target is None or not len(run.target):
            return None
        place = self._next % len(run.target)
        self._next += 1
        told = run.target_told.get(LABEL)
        known = told is not None and run.classes
        name = run.classes[int(told[place])] if known and told is not None else ""
        title = f"Real image {place:,}" + (f", class {name}" if name else "")
        return Sheet(run.target[place].astype(np.float32), title, name)

    def selected(self) -> list[Sheet]:
        """Return the first two of what is selected of this run, in whichever lens."""
        selection = self._state.selection
        source = selection.source
        known = selection.known(source)
        if source is None or known is None or source.run != self._key:
            return []
        sheets = [self._sheet(known.arrays, known.title, row) for row in selection.rows[:2]]
        return [each for each in sheets if each is not None]

    def of_file(self, path: Path) -> tuple[Sheet, str]:
        """Return the picture in a file, made as the data are, and what was done to it.

        Raises:
            Unreadable: it is none; one sentence.
        """
        image, said = read_image(path, self.shape)
        return Sheet(image, path.name), said

    def carried(self, mime: QMimeData) -> tuple[Sheet, str]:
        """Return the picture that is dropped or pasted, as `of_file`.

        Raises:
            Unreadable: it is none; one sentence.
        """
        image, name, said = read_carried(mime, self.shape)
        return Sheet(image, name), said

    def _sheet(self, arrays: Any, title: str, place: int) -> Sheet | None:
        x = np.asarray(arrays["x"])
        if x.shape[1:] != self.shape or place >= len(x):
            return None
        name = str(arrays[LABEL][place]) if LABEL in arrays else ""
        run = self._run
        known = name if run is not None and name in run.classes else ""
        called = f"{title} {place:,}" + (f", {name}" if name else "")
        return Sheet(x[place].astype(np.float32), called, known)

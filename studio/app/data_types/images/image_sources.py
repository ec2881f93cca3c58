"""Where an image of a lab comes from: the data, the selection, a file or the clipboard."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PySide6.QtCore import QMimeData, QObject

from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.data_type import LABEL
from pushforward.studio.app.core.runs import RunState
from pushforward.studio.app.data_types.images.image_edits import Sheet
from pushforward.studio.app.data_types.images.image_file import (
    ImageRead,
    ImageSource,
    Unreadable,
    find_carried,
    name_source,
    read_source,
)
from pushforward.studio.app.engine.query import Query

__all__ = ["ImageReader", "Pictures"]


class ImageReader:
    """Reads images on a thread, so that a large file does not stop the window. The newest request
    wins.

    Args:
        parent: owner of the requests.
        take: called with each image, and with ``second`` of its request.
        refuse: called with the reason why an image cannot be read.
        wait: called with the status while an image is read.
    """

    def __init__(
        self,
        parent: QObject,
        take: Callable[[ImageRead, bool], None],
        refuse: Callable[[str], None],
        wait: Callable[[str], None],
    ) -> None:
        self._take, self._refuse, self._wait = take, refuse, wait
        self._query: Query[tuple[ImageSource, str, tuple[int, ...], bool], ImageRead]
        self._query = Query(parent, self._read, errors=(Unreadable, OSError))
        self._query.changed.connect(self._changed)

    @property
    def busy(self) -> bool:
        """Whether an image is being read."""
        return self._query.busy

    def read_file(self, path: Path, shape: tuple[int, ...], *, second: bool = False) -> None:
        """Read a file."""
        self._start((path, "", shape, second))

    def read_carried(self, mime: QMimeData, shape: tuple[int, ...]) -> None:
        """Read what is dropped or pasted."""
        try:
            source, more = find_carried(mime)
        except Unreadable as error:
            self.cancel()
            self._refuse(str(error))
            return
        self._start((source, more, shape, False))

    def cancel(self) -> None:
        """Drop the image that is being read."""
        self._query.cancel()

    def _start(self, request: tuple[ImageSource, str, tuple[int, ...], bool]) -> None:
        self._wait(f"Reading {name_source(request[0])}…")
        self._query.ask(request, again=True)

    async def _read(self, request: tuple[ImageSource, str, tuple[int, ...], bool]) -> ImageRead:
        source, more, shape, _ = request
        return await asyncio.to_thread(read_source, source, shape, more)

    def _changed(self) -> None:
        if self._query.error is not None:
            self._refuse(str(self._query.error))
        elif self._query.answer is not None and self._query.key is not None:
            self._take(self._query.answer, self._query.key[3])


class Pictures:
    """Sheets of one run after the other."""

    def __init__(self, state: AppState) -> None:
        self._state = state
        self._key = ""
        self._next = 0  # of the data

    def begin_run(self, key: str) -> None:
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
        known = selection.find_offered(source)
        if source is None or known is None or source.run != self._key:
            return []
        sheets = [self._sheet(known.arrays, known.title, row) for row in selection.rows[:2]]
        return [each for each in sheets if each is not None]

    def _sheet(self, arrays: Any, title: str, place: int) -> Sheet | None:
        x = np.asarray(arrays["x"])
        if x.shape[1:] != self.shape or place >= len(x):
            return None
        name = str(arrays[LABEL][place]) if LABEL in arrays else ""
        run = self._run
        known = name if run is not None and name in run.classes else ""
        called = f"{title} {place:,}" + (f", {name}" if name else "")
        return Sheet(x[place].astype(np.float32), called, known)

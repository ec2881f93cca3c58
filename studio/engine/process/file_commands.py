"""Send files of a project to a client that cannot see this disk, between and during trainings.

Only regular files inside a project are sent: no link is followed out of it, and no pipe or device
is opened.
"""

import hashlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from pushforward.studio.engine.process.background import Background
from pushforward.studio.engine.process.commands import Answer, handles, respond, within
from pushforward.studio.engine.process.engine import Engine
from pushforward.studio.engine.process.failures import Refused
from pushforward.studio.protocol import messages as m
from pushforward.studio.store.links import stay_inside
from pushforward.studio.store.regular_files import open_regular

__all__: list[str] = []

MAX_FILES = 200_000


@handles(m.ListFiles)
def _list(engine: Engine, command: m.ListFiles) -> None:
    def listed() -> Answer:
        folder = _inside(command.project)
        if not folder.is_dir():
            raise Refused(f"There is no folder {folder}.", path="project")
        return Answer({"files": sorted(_files(folder))})

    _answer_later(engine, command.id, listed)


@handles(m.ReadFile)
def _read(engine: Engine, command: m.ReadFile) -> None:
    n = within("n", command.n, m.FILE_PIECE)
    if command.offset < 0:
        raise Refused(f"offset must not be negative, got {command.offset}.", path="offset")

    def piece() -> Answer:
        with open_regular(_inside(command.file)) as file:
            file.seek(command.offset)
            return Answer(arrays={"data": np.frombuffer(file.read(n), np.uint8)})

    _answer_later(engine, command.id, piece)


@handles(m.HashFile)
def _hash(engine: Engine, command: m.HashFile) -> None:
    def hashed() -> Answer:
        digest = hashlib.sha256()
        with open_regular(_inside(command.file)) as file:
            while data := file.read(m.FILE_PIECE):
                digest.update(data)
        return Answer({"sha256": digest.hexdigest()})

    _answer_later(engine, command.id, hashed)


def _answer_later(engine: Engine, to: int, call: Callable[[], Answer]) -> None:
    """Answer from a thread: a slow disk must not hold a training up."""
    Background(lambda: respond(engine, to, call))


def _inside(path: str) -> Path:
    """Return a path, if it lies in a project and no link leads it out.

    Raises:
        Refused: it does not.
        StoreError: a link leads out.
    """
    found = Path(os.path.normpath(path))
    if not any((each / "project.toml").is_file() for each in (found, *found.parents)):
        raise Refused(f"{found} is in no project.", "Only files of projects are sent.")
    stay_inside(found)
    return found


def _files(folder: Path) -> Iterator[tuple[str, int, int]]:
    """Yield relative path, size and time of the last change (ns since 1970) of each file.

    Raises:
        Refused: there are too many.
    """
    count = 0
    for place, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in names:
            path = Path(place, name)
            if name.startswith(".") or path.is_symlink() or not path.is_file():
                continue
            count += 1
            if count > MAX_FILES:
                raise Refused(f"{folder} has more than {MAX_FILES:,} files.")
            try:
                status = path.stat()
            except FileNotFoundError:
                continue  # replaced or thinned out by a training meanwhile
            yield path.relative_to(folder).as_posix(), status.st_size, status.st_mtime_ns

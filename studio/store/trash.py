"""Deleting moves to ``trash/``, from where it can be put back.

An entry is a folder ``<date>-<time>-<name>`` with ``origin.json`` and the thing itself; the note
is written before the move, so that a kill in between loses nothing.
"""

import os
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

import msgspec

from pushforward.studio.store.atomic import make_folder, sync_folder
from pushforward.studio.store.errors import StoreError, explain
from pushforward.studio.store.links import stay_inside
from pushforward.studio.store.text import read_json, write_json

__all__ = ["Trash", "Trashed"]


class _Origin(msgspec.Struct):
    """``origin.json``: where the thing was, relative to the project, and when it went (unix)."""

    path: str
    time: float


@dataclass(frozen=True)
class Trashed:
    """A thing in the trash: its entry, where it was (relative to the project), when it went."""

    path: Path
    origin: str
    time: float


class Trash:
    """The trash of one project."""

    def __init__(self, project: Path) -> None:
        self.project = project
        self.folder = project / "trash"

    def put(self, path: Path) -> Path:
        """Move a file or folder of the project into the trash; return its entry.

        Raises:
            StoreError: it is not there, not inside the project, or the disk refused.
        """
        # Not resolved itself: a link in the project is moved, not what it points to.
        path = Path(os.path.normpath(Path(path).absolute()))
        path = path.parent.resolve() / path.name
        origin = self._origin(path)
        entry = self._new_entry(path.name)
        try:
            write_json(entry / "origin.json", _Origin(origin, time.time()))
            path.rename(entry / path.name)
        except OSError as error:
            shutil.rmtree(entry, ignore_errors=True)
            raise explain(error, path, "move to the trash") from error
        sync_folder(path.parent)
        return entry

    def entries(self) -> list[Trashed]:
        """Return the content of the trash, oldest first; empty entries are skipped."""
        found = []
        for entry in sorted(self.folder.iterdir()) if self.folder.is_dir() else []:
            try:
                origin = read_json(entry / "origin.json", _Origin)
            except StoreError:
                continue
            if (entry / Path(origin.path).name).exists():
                found.append(Trashed(entry, origin.path, origin.time))
        return found

    def restore(self, entry: Path) -> Path:
        """Put a thing back where it was; return that path.

        Raises:
            StoreError: the entry is damaged or empty, its place is taken, or the disk refused.
        """
        entry = Path(entry).absolute()
        if entry.parent != self.folder:
            raise StoreError(f"{entry} is not in the trash of this project.", kind="user")
        stay_inside(entry)
        origin = read_json(entry / "origin.json", _Origin)
        target = (self.project / origin.path).resolve()
        if not target.is_relative_to(self.project.resolve()):
            raise StoreError(f"{entry} would be restored outside of the project.", kind="data")
        place, *rest = Path(origin.path).parts
        if place == "runs" and len(rest) > 1 and not (self.project / place / rest[0]).exists():
            message = f"{target.name} belongs to the run {rest[0]}, which does not exist."
            raise StoreError(message, "Restore the run first.", kind="user")
        if target.exists():
            raise StoreError(
                f"{target} exists again.", "Rename it or move it to the trash first.", kind="user"
            )
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            (entry / target.name).rename(target)
        except OSError as error:
            raise explain(error, target, "restore") from error
        sync_folder(target.parent)
        shutil.rmtree(entry, ignore_errors=True)
        return target

    def empty(self) -> None:
        """Delete the content of the trash permanently."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _origin(self, path: Path) -> str:
        root = self.project.resolve()
        inside = path.is_relative_to(root) and not path.is_relative_to(root / "trash")
        if not inside or path == root:
            raise StoreError(f"{path} is not inside the project {self.project}.", kind="user")
        if not path.exists():
            raise StoreError(f"{path} does not exist.", "It may be in the trash already.")
        return path.relative_to(root).as_posix()

    def _new_entry(self, name: str) -> Path:
        make_folder(self.folder)
        stem = f"{time.strftime('%Y%m%d-%H%M%S', time.gmtime())}-{name}"
        number = 1
        while True:
            entry = self.folder / (stem if number == 1 else f"{stem}~{number}")
            try:
                entry.mkdir()
            except FileExistsError:
                number += 1
            except OSError as error:
                raise explain(error, entry) from error
            else:
                return entry

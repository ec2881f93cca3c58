"""A project of another computer, mirrored here by need.

What lists and curves are made of (records, states, labels, metrics, logs) is copied as it changes.
Of all other files only the names are here, as empty files, until one is needed: snapshots when they
are looked at. Checkpoints stay there; `fetching.fetch_run` copies a run whole.

The other side is not trusted: only plain names below ``runs`` and ``data`` are written, as regular
files, and never more of one than it announced.
"""

import asyncio
import shutil
from collections.abc import Iterable
from pathlib import Path

import msgspec

from pushforward.studio.client.client import EngineClient
from pushforward.studio.client.errors import CommandFailed, EngineError
from pushforward.studio.launchers.fetching import (
    RemoteFile,
    check_name,
    fetch_file,
    list_files,
    read_range,
)
from pushforward.studio.launchers.path_map import PathMap
from pushforward.studio.store import atomic
from pushforward.studio.store.errors import Damaged, StoreError
from pushforward.studio.store.links import stay_inside
from pushforward.studio.store.project import Project

__all__ = ["Mirror", "is_mirror"]

MANIFEST = ".mirror.json"
_TEXTS = (".toml", ".json", ".jsonl", ".txt")
_GROWING = (".jsonl", ".txt")
_MOST_TEXT = 64 << 20  # bytes of a text that is copied without being asked for
_MOST_FILES = 50_000
_OVERLAP = 4096  # bytes that are compared before a growing file is appended to
_INDEX = "flow.h5"  # links to other files, which nothing here needs


class _Manifest(msgspec.Struct, kw_only=True):
    """Size and time of the last change there of each file, and whether its content is here."""

    files: dict[str, tuple[int, int, bool]] = {}


def is_mirror(folder: Path) -> bool:
    """Return whether a project is the mirror of one on another computer."""
    return (folder / MANIFEST).is_file()


class Mirror:
    """Copies of a project's files in ``paths.local``, which is made if it is not there."""

    def __init__(self, client: EngineClient, paths: PathMap, title: str) -> None:
        self._client = client
        self.paths = paths
        self._lock = asyncio.Lock()
        folder = paths.local
        Project.open_or_create(folder, title)
        try:
            data = (folder / MANIFEST).read_bytes()
            self._files = msgspec.json.decode(data, type=_Manifest).files
        except (OSError, msgspec.DecodeError):
            self._files = {}
            self._save()

    async def sync(self) -> bool:
        """Bring the mirror up to date; return whether anything has changed.

        Raises:
            EngineError: the connection ended.
            StoreError: the disk here is full, or the other side sent what is refused.
        """
        async with self._lock:
            try:
                listed = await list_files(self._client, self.paths.remote)
            except CommandFailed:
                return False  # nothing was trained there yet
            found = {file.path: file for file in listed if _belongs(file.path)}
            if len(found) > _MOST_FILES:
                raise StoreError(
                    f"The project there has {len(found):,} files; at most {_MOST_FILES:,} are "
                    "mirrored.",
                    "Use a folder of its own for each study.",
                )
            for path in found:
                check_name(path)
            changed = [file for file in found.values() if self._differs(file)]
            gone = self._files.keys() - found.keys()
            # A run appears in the lists as soon as its record is here: that one comes last.
            for file in sorted(changed, key=lambda file: file.path.endswith("/run.toml")):
                await self._update(file)
            self._remove(gone)
            if changed or gone:
                self._save()
            return bool(changed or gone)

    async def bring(self, path: Path) -> None:
        """Copy the content of a file here, if only its name is.

        Raises:
            StoreError: it cannot be had now.
        """
        try:
            name = path.relative_to(self.paths.local).as_posix()
        except ValueError:
            return
        if name not in self._files:  # written just now: the engine announces it at once
            await self._sync_or_explain(name)
        async with self._lock:
            size, changed, here = self._files.get(name, (0, 0, True))
            if here:
                return
            try:
                await self._copy(RemoteFile(name, size, changed))
            except (CommandFailed, EngineError) as error:
                raise _not_fetched(name, error) from error
            self._save()

    async def _sync_or_explain(self, name: str) -> None:
        try:
            await self.sync()
        except EngineError as error:
            raise _not_fetched(name, error) from error

    def _differs(self, file: RemoteFile) -> bool:
        size, changed, _ = self._files.get(file.path, (-1, -1, False))
        return (size, changed) != (file.size, file.changed)

    async def _update(self, file: RemoteFile) -> None:
        target = self._target(file.path)
        try:
            if not (file.path.endswith(_TEXTS) and file.size <= _MOST_TEXT):
                target.write_bytes(b"")
                self._files[file.path] = (file.size, file.changed, False)
            elif file.path.endswith(_GROWING):
                await self._grow(file, target)
            else:
                await self._copy(file)
        except (CommandFailed, Damaged):
            self._files.pop(file.path, None)  # it changes just now: at the next sync

    async def _grow(self, file: RemoteFile, target: Path) -> None:
        """Append what a growing file has more than here; copy it again if it was rewritten.

        It has no hash to compare with, since it may grow between the two.
        """
        start, known = _end_of(target, file.size)
        more = await read_range(self._client, self._remote(file.path), start, file.size)
        if known and more.startswith(known):
            with target.open("ab") as growing:
                growing.write(more[len(known) :])
        else:
            if start:
                more = await read_range(self._client, self._remote(file.path), 0, file.size)
            atomic.write_bytes(target, more, durable=False)
        self._files[file.path] = (file.size, file.changed, True)

    async def _copy(self, file: RemoteFile) -> None:
        target = self._target(file.path)
        atomic.check_space(target.parent, file.size)
        with atomic.replacing(target, durable=False) as partial:
            partial.unlink(missing_ok=True)
            await fetch_file(self._client, self._remote(file.path), file.size, partial)
        self._files[file.path] = (file.size, file.changed, True)

    def _target(self, path: str) -> Path:
        target = self.paths.local / path
        target.parent.mkdir(parents=True, exist_ok=True)
        stay_inside(target)
        return target

    def _remote(self, path: str) -> str:
        return f"{self.paths.remote}/{path}"

    def _remove(self, gone: Iterable[str]) -> None:
        for path in list(gone):
            del self._files[path]
            (self.paths.local / path).unlink(missing_ok=True)
            if path.endswith("/run.toml"):
                shutil.rmtree((self.paths.local / path).parent, ignore_errors=True)

    def _save(self) -> None:
        data = msgspec.json.encode(_Manifest(files=self._files))
        atomic.write_bytes(self.paths.local / MANIFEST, data, durable=False)


def _not_fetched(name: str, error: CommandFailed | EngineError) -> StoreError:
    return StoreError(
        f"{name} cannot be fetched: {error.info.message}",
        "It is on the other computer: try again when the connection is back.",
    )


def _end_of(file: Path, most: int) -> tuple[int, bytes]:
    """Return the last bytes of a file here and where they start; none if it has more than most."""
    have = file.stat().st_size if file.exists() else 0
    if not 0 < have <= most:
        return 0, b""
    start = max(0, have - _OVERLAP)
    with file.open("rb") as old:
        old.seek(start)
        return start, old.read()


def _belongs(path: str) -> bool:
    """Return whether a file is mirrored: those of runs and data, but for indices of links."""
    top, _, rest = path.partition("/")
    return top in ("runs", "data") and bool(rest) and not path.endswith(f"/{_INDEX}")

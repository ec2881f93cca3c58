"""Copy a run from another computer into a project here, verified.

The other side is not trusted: it names files, and only plain names below the run's own folder are
written, each as long as it was announced and with the hash that its bytes have there. Nothing that
it sends is run.
"""

import asyncio
import hashlib
import os
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

from pushforward.studio.client.client import EngineClient
from pushforward.studio.protocol.messages import FILE_PIECE, HashFile, ListFiles, ReadFile
from pushforward.studio.store import atomic
from pushforward.studio.store.atomic import check_space, make_folder, partial_path
from pushforward.studio.store.errors import Damaged
from pushforward.studio.store.links import stay_inside
from pushforward.studio.store.names import is_plain
from pushforward.studio.store.project import Project
from pushforward.studio.store.run import RunFolder

__all__ = [
    "Progress",
    "RemoteFile",
    "check_name",
    "fetch_file",
    "fetch_into",
    "fetch_run",
    "list_files",
    "list_runs",
    "read_range",
    "replace_files",
    "run_files",
]

Progress = Callable[[int, int], None]
"""Called with the bytes so far and in all."""

_AHEAD = 4  # pieces on their way, so that a slow answer does not leave the line idle


async def list_runs(client: EngineClient, folder: str) -> list[str]:
    """Return the folder names of the runs of a project there, by number.

    Raises:
        CommandFailed: there is no project.
        EngineLost: the connection ended.
    """
    files = await list_files(client, folder)
    parts = [PurePosixPath(file.path).parts for file in files]
    return sorted({p[1] for p in parts if len(p) == 3 and (p[0], p[2]) == ("runs", "run.toml")})


async def fetch_run(
    client: EngineClient, run: str, project: Project, progress: Progress | None = None
) -> RunFolder:
    """Copy the run of an absolute path there into a project here, under the next free number.

    Raises:
        CommandFailed: there is no such run.
        EngineLost: the connection ended; nothing is left here.
        StoreError: the disk is full (`DiskFull`), or what came is damaged or not a run.
    """
    runs = project.path / "runs"
    make_folder(runs)
    hidden = partial_path(runs / "fetched")
    try:
        await _fetch_folder(client, run, hidden, progress)
        record = RunFolder(hidden).record
        return project.new_run(record, lambda new: _move(hidden, new.path))
    finally:
        shutil.rmtree(hidden, ignore_errors=True)


async def fetch_into(
    client: EngineClient, remote: str, run: RunFolder, progress: Progress | None = None
) -> None:
    """Replace the files of a run here, but its record, by those that it has there.

    Raises:
        CommandFailed: there is no such run.
        EngineLost: the connection ended; nothing is changed here.
        StoreError: the disk is full (`DiskFull`), or what came is damaged or of another run.
    """
    hidden = partial_path(run.path)
    try:
        await _fetch_folder(client, remote, hidden, progress)
        if RunFolder(hidden).record != run.record:
            raise Damaged(f"{remote} has another record than {run.path}.")
        replace_files(hidden, run)
    finally:
        shutil.rmtree(hidden, ignore_errors=True)


def replace_files(source: Path, run: RunFolder) -> None:
    """Give a run the files of a folder, and remove those that are not there; hidden ones and the
    record stay. The status comes last: it says that the others are here.

    Raises:
        StoreError: a link leads out of the run, or the disk refused.
    """
    files = [path for path in source.rglob("*") if path.is_file() and path.name != "run.toml"]
    names = {path.relative_to(source).as_posix() for path in files}
    for path in sorted(files, key=lambda path: path.name == "status.json"):
        target = run.path / path.relative_to(source)
        stay_inside(target)
        target.parent.mkdir(parents=True, exist_ok=True)
        with atomic.replacing(target) as partial:
            path.replace(partial)
    for name in run_files(run):
        if name != "run.toml" and name not in names:
            (run.path / name).unlink()


def run_files(run: RunFolder) -> list[str]:
    """Return the regular files of a run below its folder, without hidden ones and links."""
    found = []
    for folder, below, names in os.walk(run.path):
        below[:] = [name for name in below if not name.startswith(".")]
        paths = (Path(folder, name) for name in names if not name.startswith("."))
        plain = (path for path in paths if path.is_file() and not path.is_symlink())
        found += [path.relative_to(run.path).as_posix() for path in plain]
    return sorted(found)


async def _fetch_folder(
    client: EngineClient, remote: str, hidden: Path, progress: Progress | None
) -> None:
    """Copy the files of a folder there into a hidden one here.

    Raises:
        CommandFailed: there is no such folder.
        EngineLost: the connection ended.
        StoreError: the disk is full, or what came is damaged.
    """
    files = await list_files(client, remote)
    for file in files:
        check_name(file.path)
    total = sum(file.size for file in files)
    check_space(hidden.parent, total)
    done = 0
    for file in files:
        target = hidden / file.path
        target.parent.mkdir(parents=True, exist_ok=True)
        before = done

        def piece_done(n: int, before: int = before) -> None:
            if progress is not None:
                progress(before + n, total)

        await fetch_file(client, f"{remote}/{file.path}", file.size, target, piece_done)
        done += file.size
        piece_done(file.size)


class RemoteFile(NamedTuple):
    """A file there: its path below the listed folder, its bytes, and when it was changed last
    (ns since 1970; 0 from an engine that does not say).
    """

    path: str
    size: int
    changed: int


async def list_files(client: EngineClient, folder: str) -> list[RemoteFile]:
    """Return the files of a project there, or of a folder in it.

    Raises:
        CommandFailed: there is no project.
        EngineLost: the connection ended.
    """
    answer = await client.request(ListFiles(project=folder))
    return [
        RemoteFile(str(path), int(size), int(more[0]) if more else 0)
        for path, size, *more in answer.result["files"]
    ]


def check_name(path: str) -> None:
    """Refuse a name that could be written anywhere but below the run.

    Raises:
        Damaged: it is absolute, leads upwards, is hidden, or no name on some system.
    """
    if not is_plain(path):
        raise Damaged(f"The other computer names a file {path[:80]!r}, which is not written here.")


async def fetch_file(
    client: EngineClient,
    remote: str,
    size: int,
    target: Path,
    progress: Callable[[int], None] = lambda n: None,
) -> None:
    """Copy a file to a path where there is none, and compare the hashes.

    Raises:
        Damaged: it arrived with other bytes than it has there.
        CommandFailed: it is gone there.
        EngineLost: the connection ended.
    """
    digest = hashlib.sha256()
    offsets = range(0, size, FILE_PIECE)
    with target.open("xb") as file:
        for start in range(0, len(offsets), _AHEAD):
            for piece in await _pieces(client, remote, offsets[start : start + _AHEAD], size):
                file.write(piece)
                digest.update(piece)
            progress(file.tell())
    answer = await client.request(HashFile(file=remote))
    if answer.result["sha256"] != digest.hexdigest():
        raise Damaged(
            f"{remote} arrived with other bytes than it has there.",
            "It may have changed meanwhile: pause the training, then try again.",
        )


async def read_range(client: EngineClient, remote: str, start: int, end: int) -> bytes:
    """Return the bytes of a file there from ``start`` to ``end``.

    Raises:
        Damaged: it is shorter by now.
        CommandFailed: it is gone there.
        EngineLost: the connection ended.
    """
    offsets = range(start, end, FILE_PIECE)
    found = b""
    for at in range(0, len(offsets), _AHEAD):
        for piece in await _pieces(client, remote, offsets[at : at + _AHEAD], end):
            found += piece.tobytes()
    return found


async def _pieces(
    client: EngineClient, remote: str, offsets: Sequence[int], size: int
) -> list[Any]:
    """Return consecutive pieces of a file, requested at once.

    Raises:
        Damaged: a piece is not as long as the file's announced size requires.
    """
    lengths = [min(FILE_PIECE, size - offset) for offset in offsets]
    reads = [
        client.request(ReadFile(file=remote, offset=offset, n=n))
        for offset, n in zip(offsets, lengths, strict=True)
    ]
    pieces = [answer.arrays["data"] for answer in await asyncio.gather(*reads)]
    if [len(piece) for piece in pieces] != lengths:
        raise Damaged(f"{remote} is shorter than it was.", "It is being changed: try again.")
    return pieces


def _move(source: Path, target: Path) -> None:
    """Move all files of a run but its record, which the new run has already."""
    for path in sorted(source.iterdir()):
        if path.name != "run.toml":
            shutil.move(path, target / path.name)

"""Copy a run from another computer into a project here, verified.

The other side is not trusted: it names files, and only plain names below the run's own folder are
written, each as long as it was announced and with the hash that its bytes have there. Nothing that
it sends is run.
"""

import asyncio
import hashlib
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

from pushforward.studio.client.client import EngineClient
from pushforward.studio.protocol.messages import FILE_PIECE, HashFile, ListFiles, ReadFile
from pushforward.studio.store.atomic import check_space, make_folder, partial_path
from pushforward.studio.store.errors import Damaged
from pushforward.studio.store.project import Project
from pushforward.studio.store.run import RunFolder

__all__ = [
    "Progress",
    "RemoteFile",
    "check_name",
    "fetch_file",
    "fetch_run",
    "list_files",
    "list_runs",
    "read_range",
]

Progress = Callable[[int, int], None]
"""Called with the bytes so far and in all."""

_AHEAD = 4  # pieces on their way, so that a slow answer does not leave the line idle
_LONGEST = 240  # characters of a path below a run
_FORBIDDEN = set('\\:*?"<>|') | {chr(code) for code in range(32)}


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
    files = await list_files(client, run)
    for file in files:
        check_name(file.path)
    total = sum(file.size for file in files)
    runs = project.path / "runs"
    make_folder(runs)
    check_space(runs, total)
    hidden = partial_path(runs / "fetched")
    try:
        done = 0
        for file in files:
            target = hidden / file.path
            target.parent.mkdir(parents=True, exist_ok=True)
            before = done

            def piece_done(n: int, before: int = before) -> None:
                if progress is not None:
                    progress(before + n, total)

            await fetch_file(client, f"{run}/{file.path}", file.size, target, piece_done)
            done += file.size
            piece_done(file.size)
        record = RunFolder(hidden).record
        return project.new_run(record, lambda new: _move(hidden, new.path))
    finally:
        shutil.rmtree(hidden, ignore_errors=True)


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
    parts = path.split("/")
    plain = len(path) <= _LONGEST and not set(path) & _FORBIDDEN
    if not plain or any(
        not part or part.startswith(".") or part.endswith((".", " ")) for part in parts
    ):
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

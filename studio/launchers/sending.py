"""Copy data sets and runs to another computer, each file once.

A file that has the same hash there is not sent again. Files there take their names once they have
arrived whole.
"""

import asyncio
import hashlib
import os
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from pushforward.studio.client.client import EngineClient
from pushforward.studio.client.errors import CommandFailed
from pushforward.studio.launchers.fetching import Progress, list_files, read_range, run_files
from pushforward.studio.protocol.messages import FILE_PIECE, AddRun, HashFile, WriteFile
from pushforward.studio.protocol.spec import project_name
from pushforward.studio.store.dataset import DatasetFolder
from pushforward.studio.store.errors import StoreError
from pushforward.studio.store.project import Project
from pushforward.studio.store.run import RunFolder

__all__ = ["send_dataset", "send_file", "send_run"]

_RECORD = "dataset.toml"
_OWN = ("run.toml", "status.json", "background.log", "stop-request")
"""Files of a run that each computer writes itself: the status names a process."""
_AHEAD = 4  # pieces on their way


async def send_file(
    client: EngineClient,
    source: Path,
    remote: str,
    progress: Callable[[int], None] = lambda n: None,
) -> bool:
    """Copy a file to a path of a project there; return False if it is there already.

    Raises:
        CommandFailed: the other computer refused it, for example as its disk is full.
        EngineLost: the connection ended.
    """
    with source.open("rb") as file:
        digest = (await asyncio.to_thread(hashlib.file_digest, file, "sha256")).digest()
        try:
            answer = await client.request(HashFile(file=remote))
            if answer.result["sha256"] == digest.hex():
                return False
        except CommandFailed:
            pass  # it is not there
        size = file.seek(0, os.SEEK_END)
        # The first one makes the file and the last one ends it: the others may overtake each other.
        await client.request(WriteFile(file=remote, offset=0, data=_piece(file, 0)))
        offsets = range(FILE_PIECE, size, FILE_PIECE)
        for start in range(0, len(offsets), _AHEAD):
            ahead = offsets[start : start + _AHEAD]
            pieces = [WriteFile(file=remote, offset=at, data=_piece(file, at)) for at in ahead]
            await asyncio.gather(*(client.request(each) for each in pieces))
            progress(min(size, ahead[-1] + FILE_PIECE))
        await client.request(WriteFile(file=remote, offset=size, data=b"", digest=digest))
    return True


async def send_dataset(
    client: EngineClient, data: DatasetFolder, folder: str, progress: Progress | None = None
) -> bool:
    """Copy a data set into the project of a folder there, under its name; return False if the
    project has these data already.

    Raises:
        StoreError: the project there has other data of this name.
        CommandFailed: the other computer refused it.
        EngineLost: the connection ended.
    """
    remote = f"{folder}/data/{data.path.name}"
    there = await _read_hash(client, remote)
    if there == data.record.hash:
        return False
    if there:
        raise StoreError(
            f"The project on the other computer has other data with the name {data.path.name!r}.",
            "Delete them there, or import these data here under another name.",
            kind="user",
        )
    files = [path for path in sorted(data.path.rglob("*")) if path.is_file()]
    files.sort(key=lambda path: path.name == _RECORD)  # what makes it a data set comes last
    total, done = sum(path.stat().st_size for path in files), 0
    for path in files:

        def piece_done(n: int, before: int = done) -> None:
            if progress is not None:
                progress(before + n, total)

        below = path.relative_to(data.path).as_posix()
        await send_file(client, path, f"{remote}/{below}", piece_done)
        done += path.stat().st_size
        piece_done(0, done)
    return True


async def _read_hash(client: EngineClient, remote: str) -> str:
    """Return the hash of the rows of a data set there, "" if there is none.

    Raises:
        EngineLost: the connection ended.
    """
    try:
        size = next(f.size for f in await list_files(client, remote) if f.path == _RECORD)
        text = await read_range(client, f"{remote}/{_RECORD}", 0, min(size, FILE_PIECE))
        return str(tomllib.loads(text.decode())["hash"])
    except (CommandFailed, StopIteration, ValueError, KeyError):
        return ""


async def send_run(
    client: EngineClient, run: RunFolder, folder: str, progress: Progress | None = None
) -> str:
    """Copy a run, and the data that it learns from, into the project of a folder there; return its
    folder there. A run that is there and further than here is left as it is.

    Raises:
        StoreError: the project there has other data of the same name, or the data are gone here.
        CommandFailed: the other computer refused it.
        EngineLost: the connection ended.
    """
    record = (run.path / "run.toml").read_bytes()
    answer = await client.request(AddRun(project=folder, record=record))
    remote = str(answer.result["run"])
    name = project_name(run.record.spec.dataset.slug)
    if name is not None:
        data = Project.open(run.project).dataset(name)
        await send_dataset(client, data, folder, progress)
    there = [file.path for file in await list_files(client, remote)]
    here = run_files(run)
    if "" != _newest(there) >= _newest(here):
        return remote
    for path in here:
        if path not in _OWN:
            await send_file(client, run.path / path, f"{remote}/{path}")
    return remote


def _newest(files: list[str]) -> str:
    """Return the last of the checkpoints of a run by its name, "" if it has none."""
    return max((file for file in files if file.startswith("checkpoints/")), default="")


def _piece(file: BinaryIO, offset: int) -> bytes:
    file.seek(offset)
    return file.read(FILE_PIECE)

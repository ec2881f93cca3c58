"""The worker process that reads external files.

A damaged or malicious file can crash, stall or exhaust the libraries that read it, so this process
has limits on memory and computing time; `studio.engine.data.file_reader` starts it and reports its
end. Requests and answers are frames of `studio.protocol.wire` on its standard streams.
"""

import os
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from queue import Queue
from typing import Any, BinaryIO, NoReturn

import msgspec

from pushforward.studio.formats.files import inspect, rows
from pushforward.studio.formats.folders import bytes_below
from pushforward.studio.formats.inspection import Inspection
from pushforward.studio.formats.limits import MEMORY
from pushforward.studio.protocol.messages import Array, ErrorInfo
from pushforward.studio.protocol.wire import Buffer, Decoder, encode, pack_arrays
from pushforward.studio.store.errors import StoreError, human_bytes
from pushforward.studio.store.schema import Schema

__all__ = [
    "Ended",
    "Inspect",
    "Inspected",
    "Opened",
    "Read",
    "Refusal",
    "Some",
    "main",
    "named",
    "no_memory",
    "seconds_for",
]

_MOST_SECONDS = 600


class Inspect(msgspec.Struct, frozen=True, tag="Inspect"):
    """Request of `studio.formats.inspect`."""

    files: list[str]
    importer: str = ""
    options: dict[str, Any] = {}


class Read(msgspec.Struct, frozen=True, tag="Read"):
    """Request of `studio.formats.rows`."""

    files: list[str]
    importer: str = ""
    options: dict[str, Any] = {}


class Inspected(msgspec.Struct, frozen=True, tag="Inspected"):
    """Answers `Inspect`."""

    found: Inspection


class Opened(msgspec.Struct, frozen=True, tag="Opened"):
    """Answers `Read` first: what the rows are, and how many, where that is known."""

    schema: Schema
    total: int | None = None


class Some(msgspec.Struct, frozen=True, tag="Some"):
    """Answer to `Read`, repeated: a block of rows, with the arrays as payload."""

    arrays: dict[str, Array]


class Ended(msgspec.Struct, frozen=True, tag="Ended"):
    """Answers `Read` last: those were all rows."""


class Refusal(msgspec.Struct, frozen=True, tag="Refusal"):
    """Answer to any request: the error of the file."""

    error: ErrorInfo


def main() -> NoReturn:
    """Answer requests until the input ends."""
    requests = os.fdopen(os.dup(0), "rb", buffering=0)
    answers = os.fdopen(os.dup(1), "wb")
    # A stray print of a library must not get between the answers.
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    _limit_memory()
    waiting: Queue[Inspect | Read] = Queue()
    threading.Thread(target=_listen, args=(requests, waiting), daemon=True).start()
    while True:
        request = waiting.get()
        _limit_time(seconds_for([Path(file) for file in request.files]))
        _answer(request, answers)
        answers.flush()


def _listen(requests: BinaryIO, waiting: "Queue[Inspect | Read]") -> None:
    """Take requests, also while a file is read: the end of the input is the end of the process."""
    decoder = Decoder(Inspect | Read)
    try:
        while data := requests.read(2**16):
            for request, _ in decoder.feed(data):
                waiting.put(request)
    finally:
        os._exit(0)  # nobody is left to answer to


def _answer(request: Inspect | Read, answers: BinaryIO) -> None:
    paths = [Path(file) for file in request.files]
    try:
        for frame in _frames(request, paths):
            for part in frame:
                answers.write(part)
        return
    except StoreError as error:
        refusal = Refusal(error.info())
    except MemoryError:
        refusal = Refusal(no_memory(paths))
    for part in encode(refusal):
        answers.write(part)


def _frames(request: Inspect | Read, paths: Sequence[Path]) -> Iterator[list[Buffer]]:
    if isinstance(request, Inspect):
        yield encode(Inspected(inspect(paths, request.importer, request.options)))
        return
    found = rows(paths, request.importer, request.options)
    yield encode(Opened(found.schema, found.total))
    for block in found.blocks:
        places, payload = pack_arrays(block)
        yield encode(Some(places), payload)
    yield encode(Ended())


def seconds_for(paths: Sequence[Path]) -> int:
    """Return the computing time for files: what they may unpack to grows with their size."""
    size = 0
    for path in paths:
        with suppress(OSError, StoreError):
            size += (
                bytes_below(path, 20_000 * _MOST_SECONDS) if path.is_dir() else path.stat().st_size
            )
    return min(30 + size // 20_000, _MOST_SECONDS)


def no_memory(paths: Sequence[Path]) -> ErrorInfo:
    """Say that files need more memory than one may."""
    return ErrorInfo(
        kind="data",
        message=f"{named(paths)} cannot be read with {human_bytes(MEMORY)} of memory, which is the "
        "limit for one file.",
        hint="Save a random subset of its rows, or only the columns that you need, and import "
        "that. If the file is small, it is damaged.",
    )


def named(paths: Sequence[Path]) -> str:
    """Return the name of a file, or of the first of several."""
    more = f" and {len(paths) - 1:,} more" if len(paths) > 1 else ""
    return f"{paths[0].name}{more}" if paths else "Nothing"


def _limit_memory() -> None:
    if sys.platform == "win32":
        return  # there, the process that started us watches
    import resource

    _, most = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    limit = MEMORY if most == resource.RLIM_INFINITY else min(MEMORY, most)
    try:
        resource.setrlimit(resource.RLIMIT_AS, (limit, most))
    except ValueError:
        return  # macOS counts what a process could map, which is more from the start


def _limit_time(seconds: int) -> None:
    if sys.platform == "win32":
        return
    import resource

    used = resource.getrusage(resource.RUSAGE_SELF)
    spent = int(used.ru_utime + used.ru_stime)
    _, most = resource.getrlimit(resource.RLIMIT_CPU)
    limit = spent + seconds
    if most == resource.RLIM_INFINITY or limit < most:
        resource.setrlimit(resource.RLIMIT_CPU, (limit, most))

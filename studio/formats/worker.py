"""Files from elsewhere are looked into by a process of its own, since its end is not ours.

The libraries that read them can be made to crash, to stall, or to ask for any memory by a file
that was damaged or built for it. This process has a limit on its memory and its computing time
that the operating system keeps; `studio.engine.data.reading` starts it and says what became of it.
Requests and answers are frames of `studio.protocol.wire` on its standard streams, and end with
its input.
"""

import os
import sys
import threading
from pathlib import Path
from queue import Queue
from typing import BinaryIO, NoReturn

import msgspec

from studio.formats.base import Inspection
from studio.formats.files import inspect, read
from studio.formats.limits import MEMORY
from studio.protocol.messages import Array, ErrorInfo
from studio.protocol.wire import Decoder, encode, pack_arrays
from studio.store.errors import StoreError, human_bytes

__all__ = [
    "Inspect",
    "Inspected",
    "Points",
    "Read",
    "Refusal",
    "main",
    "no_memory",
    "seconds_for",
]

_MOST_SECONDS = 600


class Inspect(msgspec.Struct, frozen=True, tag="Inspect"):
    """Asks for `studio.formats.inspect`."""

    file: str


class Read(msgspec.Struct, frozen=True, tag="Read"):
    """Asks for `studio.formats.read`."""

    file: str
    item: str = ""
    columns: list[str] = []


class Inspected(msgspec.Struct, frozen=True, tag="Inspected"):
    """Answers `Inspect`."""

    found: Inspection


class Points(msgspec.Struct, frozen=True, tag="Points"):
    """Answers `Read`; the payload is x (n, d) float32."""

    arrays: dict[str, Array]


class Refusal(msgspec.Struct, frozen=True, tag="Refusal"):
    """Answers either: what is wrong with the file."""

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
        _limit_time(seconds_for(Path(request.file)))
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
    path = Path(request.file)
    try:
        if isinstance(request, Inspect):
            frame = encode(Inspected(inspect(path)))
        else:
            places, payload = pack_arrays({"x": read(path, request.item, request.columns)})
            frame = encode(Points(places), payload)
    except StoreError as error:
        frame = encode(Refusal(error.info()))
    except MemoryError:
        frame = encode(Refusal(no_memory(path)))
    for part in frame:
        answers.write(part)


def seconds_for(path: Path) -> int:
    """Return the computing time for a file: what it may unpack to grows with its size."""
    try:
        size = path.stat().st_size
    except OSError:
        size = 0
    return min(30 + size // 20_000, _MOST_SECONDS)


def no_memory(path: Path) -> ErrorInfo:
    """Say that a file needs more memory than one may."""
    return ErrorInfo(
        kind="data",
        message=f"{path.name} cannot be read with {human_bytes(MEMORY)} of memory, which is the "
        "limit for one file.",
        hint="Save a random subset of its rows, or only the columns that you need, and import "
        "that. If the file is small, it is damaged.",
    )


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

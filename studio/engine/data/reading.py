"""Looking into files from elsewhere, at arm's length: the process that does it may die of them.

See `studio.formats.worker` for why, and for what it may take.
"""

import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from studio.formats.base import Inspection
from studio.formats.limits import MEMORY, FormatError
from studio.formats.worker import (
    Inspect,
    Inspected,
    Points,
    Read,
    Refusal,
    no_memory,
    seconds_for,
)
from studio.launch import import_worker_command, own_env, popen_options
from studio.protocol.wire import Decoder, WireError, encode, unpack_arrays
from studio.store.errors import StoreError
from studio.store.names import check_text

__all__ = ["Reading", "inspect", "reading"]

A = TypeVar("A", Inspected, Points)
T = TypeVar("T")

_PATIENCE = 3
_LOOK = 0.1  # seconds between two looks at how much memory it has
_DAMAGED_HINT = "Copy it again from where it came from, or export it anew, as CSV if need be."


class WorkerFailed(Exception):
    """The process that reads files failed by a fault of the program; the message has its words."""


class Reading(Generic[T]):
    """One request to a process of its own. Whoever waits calls `poll` several times a second: it
    also keeps the limits where the operating system does not.
    """

    def __init__(
        self, request: Inspect | Read, answer: type[A], content: Callable[[A, memoryview], T]
    ) -> None:
        """Start the process. ``content`` takes the result from the answer and its payload.

        Raises:
            OSError: the program cannot be started.
            StoreError: the file has a name that no message can hold.
        """
        self._path = Path(request.file)
        check_text(self._path)
        self._content: Callable[[Any, memoryview], T] = content
        self._seconds = seconds_for(self._path)
        # Computing time is limited there; here the waiting, on a busy machine or a slow disk.
        self._deadline = time.monotonic() + _PATIENCE * self._seconds
        self._looked = 0.0
        self._decoder = Decoder(answer | Refusal)
        self._answers: list[tuple[Any, memoryview]] = []
        self._refusal: StoreError | None = None
        self._frame = encode(request)
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed by `stop`
        try:
            self._process = _start(self._errors.fileno())
        except BaseException:
            self._errors.close()
            raise
        self._thread = threading.Thread(target=self._listen, name="reading", daemon=True)
        self._thread.start()

    def poll(self, seconds: float) -> bool:
        """Wait so long at most, and end a process that is over its limits; say whether there is a
        result.
        """
        self._thread.join(seconds)
        if not self._thread.is_alive():
            return True
        now = time.monotonic()
        if now > self._deadline:
            self._give_up(_waited_too_long(self._path, _PATIENCE * self._seconds))
        elif now - self._looked > _LOOK:
            self._looked = now
            if _memory(self._process.pid) > MEMORY:
                info = no_memory(self._path)
                self._give_up(FormatError(info.message, info.hint, info.kind))
        return False

    def result(self) -> T:
        """Wait for the end and return what was asked for.

        Raises:
            StoreError: the file is missing, cannot be imported, or ended the process.
            WorkerFailed: a fault of the program.
        """
        while not self.poll(_LOOK):
            pass
        if self._answers:
            answer, payload = self._answers[0]
            if not isinstance(answer, Refusal):
                return self._content(answer, payload)
            error = answer.error
            raise FormatError(error.message, error.hint, error.kind)
        raise self._refusal or self._end()

    def stop(self) -> None:
        """End the process, wherever it is."""
        self._process.kill()
        self._thread.join()
        self._errors.close()

    def _listen(self) -> None:
        """Send the request, take the answer and collect the process."""
        with self._process as process:
            assert process.stdin is not None
            assert process.stdout is not None
            try:
                for part in self._frame:
                    process.stdin.write(part)
                process.stdin.flush()
                while not self._answers and (data := os.read(process.stdout.fileno(), 2**20)):
                    self._answers += self._decoder.feed(data)
                process.stdin.close()
            except (BrokenPipeError, WireError):
                pass  # it is gone, or beside itself: its exit status says why

    def _give_up(self, refusal: StoreError) -> None:
        if self._refusal is None:
            self._refusal = refusal
            self._process.kill()

    def _end(self) -> Exception:
        """Say why the process ended without an answer."""
        code = self._process.returncode
        if code < 0 and sys.platform != "win32":
            if -code == signal.SIGXCPU:
                return _took_too_long(self._path, self._seconds)
            return _crashed(self._path)
        if code >= 2**31:
            return _crashed(self._path)  # Windows: an exception of the processor
        self._errors.seek(0)
        words = self._errors.read().decode("utf-8", "replace").strip()
        last = words.rpartition("\n")[2] or f"the process that reads files ended with {code}"
        return WorkerFailed(f"{last}\n{words[-4000:]}")


def inspect(path: Path) -> Inspection:
    """As `studio.formats.inspect`, at arm's length.

    Raises:
        StoreError: the file is missing or cannot be imported.
    """
    looking = Reading(Inspect(str(path)), Inspected, lambda answer, _: answer.found)
    try:
        return looking.result()
    finally:
        looking.stop()


def reading(path: Path, item: str, columns: list[str]) -> Reading[NDArray[np.float32]]:
    """Begin to do as `studio.formats.read`, at arm's length.

    Raises:
        OSError: the program cannot be started.
    """

    def points(answer: Points, payload: memoryview) -> NDArray[np.float32]:
        return unpack_arrays(answer.arrays, payload)["x"]

    return Reading(Read(str(path), item, columns), Points, points)


def _start(errors: int) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        import_worker_command(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=errors,
        # One thread: each more reserves memory that counts.
        **popen_options({**own_env(), "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}),
    )


def _memory(pid: int) -> int:
    import psutil

    try:
        return int(psutil.Process(pid).memory_info().rss)
    except psutil.NoSuchProcess:
        return 0


def _took_too_long(path: Path, seconds: int) -> FormatError:
    return FormatError(
        f"{path.name} could not be read within {seconds} seconds of computing.",
        "Save a random subset of its rows and import that. If the file is small, it is damaged.",
    )


def _waited_too_long(path: Path, seconds: int) -> FormatError:
    return FormatError(
        f"{path.name} could not be read within {seconds} seconds.",
        "If the machine is busy or the disk is slow, try again later, or copy it to a fast disk. "
        "Otherwise save a random subset of its rows and import that.",
    )


def _crashed(path: Path) -> FormatError:
    return FormatError(
        f"{path.name} is damaged: the process that read it came to an end.", _DAMAGED_HINT
    )

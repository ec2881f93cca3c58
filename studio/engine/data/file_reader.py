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
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec

from pushforward.studio.formats.inspection import Inspection
from pushforward.studio.formats.limits import MEMORY, FormatError
from pushforward.studio.formats.worker import (
    Ended,
    Inspect,
    Inspected,
    Opened,
    Read,
    Refusal,
    Some,
    named,
    no_memory,
    seconds_for,
)
from pushforward.studio.launch import import_worker_command, own_env, popen_options
from pushforward.studio.protocol.wire import Decoder, WireError, encode, unpack_arrays
from pushforward.studio.store.errors import StoreError
from pushforward.studio.store.names import check_text
from pushforward.studio.store.parts import Block

__all__ = ["Reading", "inspect", "reading"]

_PATIENCE = 3
_LOOK = 0.1  # seconds between two looks at what it takes
_AHEAD = 2
"""Maximum number of queued answers; the worker process buffers the rest."""
_DAMAGED_HINT = "Copy it from its source again, or export it again, for example as CSV."


class WorkerFailed(Exception):
    """The process that reads files failed by a fault of the program; the message has its words."""


class Reading:
    """One request to a reader process, and its answers, of which few are buffered. The caller must
    call `poll` several times a second, which also enforces the limits where the operating system
    does not.
    """

    def __init__(self, request: Inspect | Read) -> None:
        """Start the process.

        Raises:
            OSError: the program cannot be started.
            StoreError: a file has a name that no message can hold.
        """
        self._paths = [Path(file) for file in request.files]
        for path in self._paths:
            check_text(path)
        self._seconds = seconds_for(self._paths)
        self._patience = float(_PATIENCE * self._seconds)
        self._deadline = time.monotonic() + self._patience
        self._looked = 0.0
        self._answers: deque[tuple[Any, memoryview]] = deque()
        self._changed = threading.Condition()
        self._ended = self._stopped = False
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
        """Wait for at most ``seconds``, stop a process beyond its limits, and return whether an
        answer is ready or none will come.
        """
        with self._changed:
            ready = self._changed.wait_for(lambda: self._answers or self._ended, seconds)
        self._keep_limits(waiting=not ready)
        return bool(ready)

    def take(self) -> tuple[Any, memoryview]:
        """Wait for the next answer and return it with its payload.

        Raises:
            StoreError: a file is missing, cannot be imported, or ended the process.
            WorkerFailed: a fault of the program.
        """
        while not self.poll(_LOOK):
            pass
        with self._changed:
            found = self._answers.popleft() if self._answers else None
            self._changed.notify_all()
        # Computing time is limited there; here the waiting, on a busy machine or a slow disk.
        self._deadline = time.monotonic() + self._patience
        if found is None:
            raise self._refusal or self._end()
        if isinstance(found[0], Refusal):
            error = found[0].error
            raise FormatError(error.message, error.hint, error.kind)
        return found

    def opened(self) -> Opened:
        """Wait for the first answer to `Read` and return it; `take` says what it raises."""
        answer, _ = self.take()
        assert isinstance(answer, Opened)
        return answer

    def blocks(self) -> Iterator[Block]:
        """Yield the blocks of rows, after `opened`; `take` says what it raises."""
        while True:
            answer, payload = self.take()
            if isinstance(answer, Ended):
                return
            assert isinstance(answer, Some)
            try:
                yield unpack_arrays(answer.arrays, payload)
            except WireError as error:
                raise _crashed(self._paths) from error

    def give_up(self) -> None:
        """Stop the process; a waiting caller gets a refusal."""
        self._give_up(StoreError(f"{named(self._paths)} was not read completely.", kind="user"))

    def stop(self) -> None:
        """End the process, wherever it is."""
        self._process.kill()
        with self._changed:
            self._stopped = True
            self._changed.notify_all()
        self._thread.join()
        self._errors.close()

    def _listen(self) -> None:
        """Send the request, take the answers and collect the process."""
        decoder = Decoder(Inspected | Opened | Some | Ended | Refusal)
        try:
            # What is left of the request is written again when its pipe is closed, and fails again.
            with suppress(BrokenPipeError), self._process as process:
                assert process.stdin is not None
                assert process.stdout is not None
                try:
                    for part in self._frame:
                        process.stdin.write(part)
                    process.stdin.flush()
                    last = False
                    while not last and (data := os.read(process.stdout.fileno(), 2**20)):
                        last = any([self._put(each) for each in decoder.feed(data)])
                    process.stdin.close()
                except (BrokenPipeError, WireError):
                    pass  # it is gone, or beside itself: its exit status says why
        finally:
            with self._changed:
                self._ended = True
                self._changed.notify_all()

    def _put(self, answer: tuple[Any, memoryview]) -> bool:
        """Hold an answer as soon as there is room; say whether it is the last."""
        with self._changed:
            self._changed.wait_for(lambda: len(self._answers) < _AHEAD or self._stopped)
            if not self._stopped:
                self._answers.append(answer)
            self._changed.notify_all()
        return isinstance(answer[0], Inspected | Ended | Refusal)

    def _keep_limits(self, *, waiting: bool) -> None:
        now = time.monotonic()
        if waiting and now > self._deadline:
            self._give_up(_waited_too_long(self._paths, int(self._patience)))
        elif now - self._looked > _LOOK:
            self._looked = now
            memory, seconds = _measure_process(self._process.pid)
            if memory > MEMORY:
                info = no_memory(self._paths)
                self._give_up(FormatError(info.message, info.hint, info.kind))
            elif seconds > self._seconds + 1:
                self._give_up(_took_too_long(self._paths, self._seconds))

    def _give_up(self, refusal: StoreError) -> None:
        if self._refusal is None:
            self._refusal = refusal
            self._process.kill()

    def _end(self) -> Exception:
        """Say why the process ended without an answer."""
        code = self._process.returncode
        if code < 0 and sys.platform != "win32":
            if -code == signal.SIGXCPU:
                return _took_too_long(self._paths, self._seconds)
            return _crashed(self._paths)
        if code >= 2**31:
            return _crashed(self._paths)  # Windows: an exception of the processor
        self._errors.seek(0)
        words = self._errors.read().decode("utf-8", "replace").strip()
        last = words.rpartition("\n")[2] or f"the process that reads files ended with {code}"
        return WorkerFailed(f"{last}\n{words[-4000:]}")


def inspect(
    paths: Sequence[Path],
    importer: str = "",
    options: Mapping[str, Any] | None = None,
    begun: Callable[[Reading], None] = lambda _: None,
) -> Inspection:
    """Inspect files as `studio.formats.inspect` does, in a separate process; for a folder, its
    content. ``begun`` receives the `Reading`, to cancel it.

    Raises:
        StoreError: a file is missing or cannot be imported, or it was cancelled.
    """
    looking = Reading(Inspect(list(map(str, paths)), importer, dict(options or {})))
    begun(looking)
    try:
        answer, _ = looking.take()
        assert isinstance(answer, Inspected)
        found = answer.found
    finally:
        looking.stop()
    if not found.instead or found.importer:
        return found
    # Looked into anew: its files are larger, and may take as much longer.
    folder = inspect([Path(found.instead)], "", options, begun)
    return msgspec.structs.replace(folder, instead=found.instead)


def reading(
    paths: Sequence[Path], importer: str = "", options: Mapping[str, Any] | None = None
) -> Reading:
    """Begin to do as `studio.formats.rows`, at arm's length: `Reading.opened` and then
    `Reading.blocks` give what that does.

    Raises:
        OSError: the program cannot be started.
    """
    return Reading(Read(list(map(str, paths)), importer, dict(options or {})))


def _start(errors: int) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        import_worker_command(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=errors,
        # One thread: each more reserves memory that counts.
        **popen_options({**own_env(), "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}),
    )


def _measure_process(pid: int) -> tuple[int, float]:
    """Return the memory of a process and the seconds that it has computed."""
    import psutil

    try:
        process = psutil.Process(pid)
        times = process.cpu_times()
        return int(process.memory_info().rss), float(times.user + times.system)
    except psutil.NoSuchProcess:
        return 0, 0.0


def _took_too_long(paths: Sequence[Path], seconds: int) -> FormatError:
    return FormatError(
        f"{named(paths)} could not be read within {seconds} seconds of computing.",
        "Save a random subset of its rows and import that. If the file is small, it is damaged.",
    )


def _waited_too_long(paths: Sequence[Path], seconds: int) -> FormatError:
    return FormatError(
        f"{named(paths)} could not be read within {seconds} seconds.",
        "If the machine is busy or the disk is slow, try again later, or copy it to a fast disk. "
        "Otherwise save a random subset of its rows and import that.",
    )


def _crashed(paths: Sequence[Path]) -> FormatError:
    return FormatError(
        f"{named(paths)} is damaged: the process that read it crashed.", _DAMAGED_HINT
    )

"""One writer at a time: a lock of the operating system on a folder.

The system frees it when its process ends, however that ends, and no child inherits it; so there
are no stale locks, and nothing has to be guessed from what a dead process wrote. It is the
process that holds a lock: taken twice in one process, it is free once both have let go.

Some network file systems have no locks. There the file ``.lock.claim``, which only one process can
create, is the lock. It outlives a process that is killed, so it can be stale: it is replaced only
if its process is known to be dead, which cannot be known from another machine or container, or
after a restart. The error then names the file, for the user to delete.

The file ``.lock`` says who holds it, for people; that it exists says nothing. It is removed with
the lock, but after a kill it stays until the next one takes it.
"""

import errno
import os
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import RLock

import msgspec

from pushforward.studio.store.atomic import partial_path
from pushforward.studio.store.errors import StoreError, explain
from pushforward.studio.store.links import open_to_append
from pushforward.studio.store.process import here, is_same, this_process

__all__ = ["NAME", "Busy", "Lock"]

NAME = ".lock"
POLL = 0.05
DYING = 5.0  # seconds; on a busy machine a killed process lets go a moment after its death
NOTING = 1.0  # seconds; whoever has just taken it writes down who it is a moment later
# What file systems without locks answer.
_UNKNOWN = {errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOLCK}
_TAKEN = {errno.EAGAIN, errno.EWOULDBLOCK, errno.EACCES, errno.EDEADLK}
_FAR = 1 << 30  # Windows locks bytes, and keeps others from reading them: one beyond the text


class Busy(StoreError):
    """Another process holds the lock; ``pid`` is 0 where it is not known."""

    def __init__(self, message: str, hint: str, pid: int) -> None:
        super().__init__(message, hint, "user")
        self.pid = pid


class _Holder(msgspec.Struct):
    """Content of the lock file: a process, its start time (seconds since boot on Linux, otherwise
    unix seconds), the host name, and its `studio.store.process.here`.
    """

    pid: int = 0
    started: float = 0.0
    host: str = ""
    place: str = ""

    def is_dead(self) -> bool:
        """Whether it has certainly ended. Containers can share a host name, but not a place."""
        return bool(self.pid) and self.place == here() and not is_same(self.pid, self.started)

    def patience(self) -> float:
        """For how many seconds it is waited for in any case."""
        if not self.pid:
            return NOTING
        # It has ended, and the system is about to close its files.
        return DYING if self.is_dead() else 0.0


class _OpenLock:
    """An open file with a lock on it, and how often this process took it."""

    def __init__(self, handle: int) -> None:
        self.handle = handle
        self.count = 1


_open_locks: dict[str, _OpenLock] = {}
_guard = RLock()


class Lock:
    """The lock of a folder, one of each ``name``. ``what`` begins the sentence for those who do not
    get it: "The run 0007-rings is being trained".
    """

    def __init__(self, folder: Path, what: str, name: str = NAME) -> None:
        self.path = Path(folder).absolute() / name
        self.what = what
        self._key = os.path.realpath(self.path)

    def take(self, patience: float = 0.0) -> None:
        """Acquire the lock, waiting at most ``patience`` seconds.

        Raises:
            Busy: another process has it; the message says which.
            StoreError: the folder is missing or not writable, or the disk failed.
        """
        begun = time.monotonic()
        while not self._try():
            holder = self._holder()
            if time.monotonic() - begun >= max(patience, holder.patience()):
                is_near = holder.host in ("", socket.gethostname())
                raise self.busy(holder.pid, "" if is_near else f" on {holder.host}")
            time.sleep(POLL)

    def release(self) -> None:
        """Let go, once for each time it was taken; if it is not held, nothing happens."""
        with _guard:
            held = _open_locks.get(self._key)
            if held is None:
                return
            held.count -= 1
            if held.count:
                return
            del _open_locks[self._key]
            ours = self._is_there(held.handle)
            # Removed while it is held, so that nobody else holds a file that is no longer there.
            # Windows removes no open file: there it stays if somebody has just opened it.
            if os.name == "nt":
                os.close(held.handle)
            if ours:
                with suppress(OSError):
                    self.path.unlink()
            if os.name != "nt":
                os.close(held.handle)
            if _holder_of(self._claimed) == _this_holder():
                with suppress(OSError):
                    self._claimed.unlink()

    @property
    def _claimed(self) -> Path:
        """The file whose creation is the lock, on file systems without locks."""
        return self.path.with_name(f"{self.path.name}.claim")

    def _claim(self) -> bool:
        """Create the claim; False if another process has it. A claim of a dead process is first
        removed by an atomic rename.

        Raises:
            OSError: the disk failed.
        """
        while True:
            with suppress(FileExistsError):
                self._create_claim()
            # Read back: it may have been set aside while it was still empty.
            if _holder_of(self._claimed) == _this_holder():
                return True
            if _is_left_over(self._claimed):
                if not self._set_aside():
                    return False
            elif self._claimed.exists():
                return False

    def _create_claim(self) -> None:
        """Create the claim with this process in it, or not at all.

        Raises:
            FileExistsError: there is one.
            OSError: the disk failed.
        """
        handle = os.open(self._claimed, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(msgspec.json.encode(_this_holder()))
        except BaseException:  # a full disk: an empty claim would keep everybody out
            self._claimed.unlink(missing_ok=True)
            raise

    def _set_aside(self) -> bool:
        """Remove a claim that is left over; False if another process has claimed meanwhile."""
        aside = partial_path(self._claimed)
        try:
            self._claimed.rename(aside)
        except FileNotFoundError:
            return True
        except PermissionError:  # Windows: a process still has it open
            return False
        is_left_over = _is_left_over(aside)
        if not is_left_over:
            with suppress(OSError):
                os.link(aside, self._claimed)
        aside.unlink(missing_ok=True)
        return is_left_over

    @contextmanager
    def hold(self, patience: float = 0.0) -> Iterator[None]:
        """Hold it within a block; see `take`."""
        self.take(patience)
        try:
            yield
        finally:
            self.release()

    def _try(self) -> bool:
        with _guard:
            if self._key in _open_locks:
                _open_locks[self._key].count += 1
                return True
            while True:
                handle = self._open()
                try:
                    taken = _lock(handle)
                    if taken is None:
                        taken = self._claim()
                    if taken and self._is_there(handle):
                        _note(handle)
                        _open_locks[self._key] = _OpenLock(handle)
                        return True
                except OSError as error:
                    os.close(handle)
                    raise explain(error, self.path, "lock") from error
                os.close(handle)
                if not taken:
                    return False

    def _open(self) -> int:
        try:
            with open_to_append(self.path) as file:
                return os.dup(file.fileno())  # not inherited by children
        except OSError as error:
            raise explain(error, self.path.parent, "write to") from error

    def _is_there(self, handle: int) -> bool:
        """Whether the file that was locked is still the one in the folder."""
        try:
            return os.path.samestat(os.fstat(handle), os.stat(self.path))
        except FileNotFoundError:
            return False

    def _holder(self) -> _Holder:
        return _holder_of(self.path)

    def busy(self, pid: int, where: str = "") -> Busy:
        """The refusal that names the process which has it, 0 for one that is not known."""
        who = f"process {pid}{where}" if pid else "another process"
        hint = "Stop it there, or wait until it ends."
        if self._claimed.exists() and _holder_of(self._claimed) != _this_holder():
            hint += f" If it no longer runs, delete {self._claimed}."
        return Busy(f"{self.what} by {who}.", hint, pid)


def _holder_of(path: Path) -> _Holder:
    """Return the holder named in a file; empty if the file was just created or deleted."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=_Holder)
    except (OSError, msgspec.DecodeError):
        return _Holder()


def _this_holder() -> _Holder:
    return _Holder(*this_process(), socket.gethostname(), here())


def _is_left_over(claim: Path) -> bool:
    """Whether a claim is of a dead process, or of one that never wrote who it is."""
    holder = _holder_of(claim)
    if holder.pid:
        return holder.is_dead()
    try:
        stat = claim.stat()
    except OSError:  # it has just gone
        return False
    return not stat.st_size and time.time() - stat.st_mtime > NOTING


def _lock(handle: int) -> bool | None:
    """Lock an open file; False if another process has it, None where the file system knows no
    locks.

    Raises:
        OSError: the disk failed.
    """
    try:
        if sys.platform == "win32":
            import msvcrt

            os.lseek(handle, _FAR, os.SEEK_SET)
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in _TAKEN:
            return False
        if error.errno not in _UNKNOWN:
            raise
        return None
    return True


def _note(handle: int) -> None:
    """Write down who holds it. A full disk costs only this."""
    with suppress(OSError):
        os.ftruncate(handle, 0)
        os.write(handle, msgspec.json.encode(_this_holder()))

"""Atomic file writes: readers see the old or the new file, whenever the writer dies.

A writer fills a temporary file in the same folder (``.<name>.<pid>-<random>.partial``), flushes it
to disk and renames it over the target. `sweep` removes the temporary files of dead processes.
"""

import os
import re
import secrets
import shutil
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from pushforward.studio.store.errors import DiskFull, StoreError, explain, human_bytes
from pushforward.studio.store.links import stay_inside
from pushforward.studio.store.process import exists, here

__all__ = [
    "check_space",
    "make_folder",
    "partial_path",
    "replacing",
    "sweep",
    "sync_folder",
    "write_bytes",
    "write_text",
]

RESERVE = 16 * 2**20
"""Bytes that are left free: status files and logs must go on when a checkpoint no longer fits."""

# A process, a token, and where the process runs; earlier versions did not say the last.
_TEMP = re.compile(r"\..*\.(\d+)-[0-9a-f]{8}(?:-([0-9a-f]{8}))?\.partial")
_DAY = 86_400.0


@contextmanager
def replacing(path: Path, *, exclusive: bool = False, durable: bool = True) -> Iterator[Path]:
    """Yield a temporary path; on success it replaces ``path`` atomically.

    ``exclusive`` refuses to replace anything. ``durable=False`` skips the flush: still atomic if
    the process is killed, but a power cut may restore the old file.

    Raises:
        StoreError: the operating system refused (`DiskFull` if there is no room), a link leads out
            of the project, or the target is not a file.
        FileExistsError: ``exclusive``, and the path exists.
    """
    path = Path(path)
    stay_inside(path.parent)
    _may_be_replaced(path)
    temp = partial_path(path)
    try:
        yield temp
        if durable:
            _sync_file(temp)
        _publish(temp, path, exclusive)
        if durable:
            sync_folder(path.parent)
    except OSError as error:
        if exclusive and isinstance(error, FileExistsError):
            raise
        raise explain(error, path) from error
    finally:
        with suppress(OSError):
            temp.unlink(missing_ok=True)


def partial_path(path: Path) -> Path:
    """Return a hidden name in the folder of a path, under which this process fills what will
    become it; `sweep` removes it, a file or a folder, once the process is dead.
    """
    token = f"{os.getpid()}-{secrets.token_hex(4)}-{here()}"
    return path.with_name(f".{path.name[:60]}.{token}.partial")


def write_bytes(
    path: Path,
    data: bytes | bytearray | memoryview,
    *,
    exclusive: bool = False,
    durable: bool = True,
) -> None:
    """Write a whole file atomically; see `replacing` for the flags and the errors."""
    with (
        replacing(path, exclusive=exclusive, durable=durable) as temp,
        open(temp, "wb") as file,
    ):
        file.write(data)


def write_text(path: Path, text: str, *, durable: bool = True) -> None:
    """Write a whole UTF-8 file atomically; see `replacing`."""
    write_bytes(path, text.encode(), durable=durable)


def make_folder(path: Path) -> None:
    """Make a folder in one that is there, and force its entry to the disk; nothing is done where it
    is there already.

    Raises:
        StoreError: the operating system refused, or a link leads out of the project.
    """
    stay_inside(path)
    if path.is_dir():
        return
    try:
        path.mkdir(exist_ok=True)
        sync_folder(path.parent)
    except FileNotFoundError as error:
        raise explain(error, path.parent) from error
    except OSError as error:
        raise explain(error, path) from error


def check_space(folder: Path, need_bytes: int) -> None:
    """Check that ``need_bytes`` fit on the disk of a folder (which need not exist yet).

    Raises:
        DiskFull: they do not, with both numbers.
    """
    there = Path(folder).absolute()
    while not there.exists() and there != there.parent:
        there = there.parent
    free = shutil.disk_usage(there).free
    if free < need_bytes + RESERVE:
        raise DiskFull(
            f"Not enough space on the disk of {folder}: {human_bytes(need_bytes)} needed and "
            f"{human_bytes(RESERVE)} to be left for status and log, but {human_bytes(free)} free.",
            "Free some space, or move the project to a larger disk.",
        )


def sweep(folder: Path) -> list[str]:
    """Remove the temporary files and folders of dead writers in a folder; return their names.
    Called by the owner before writing. Files of living processes are kept, as are those of other
    machines or containers less than a day old.

    Raises:
        StoreError: a link leads out of the project.
    """
    stay_inside(folder)
    removed = []
    for path in _entries(folder):
        match = _TEMP.fullmatch(path.name)
        if match is None:
            continue
        with suppress(OSError):
            young = time.time() - path.stat().st_mtime < _DAY
            elsewhere = match[2] is not None and match[2] != here()
            if young and (elsewhere or exists(int(match[1]))):
                continue
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink()
            removed.append(path.name)
    return removed


def sync_folder(folder: Path) -> None:
    """Force a folder's entries (a rename, a new file) to the disk, where the system can."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _may_be_replaced(path: Path) -> None:
    """Make sure that no device or pipe is renamed away: an administrator may do that."""
    try:
        mode = os.lstat(path).st_mode
    except OSError:
        return
    if not (stat.S_ISREG(mode) or stat.S_ISLNK(mode)):
        raise StoreError(
            f"{path} is not a file, so it is not replaced by one.",
            "Choose another path, or remove it first.",
            kind="user",
        )


def _entries(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except FileNotFoundError:
        return []


def _sync_file(path: Path) -> None:
    with open(path, "rb+") as file:
        os.fsync(file.fileno())


def _publish(temp: Path, path: Path, exclusive: bool) -> None:
    if not exclusive:
        _replace(temp, path)
        return
    try:
        os.link(temp, path)
    except FileExistsError:
        raise
    except OSError:
        # Some file systems (exFAT, network shares) have no hard links: claim the name instead.
        with open(path, "xb"):
            pass
        _replace(temp, path)


def _replace(temp: Path, path: Path, tries: int = 20) -> None:
    """Rename over the target. Windows refuses while a reader has it open, for a moment."""
    for left in reversed(range(tries)):
        try:
            os.replace(temp, path)
        except PermissionError:
            if os.name != "nt" or left == 0:
                raise
            time.sleep(0.025)
        else:
            return

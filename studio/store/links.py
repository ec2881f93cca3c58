"""Links in a project: nothing is written through one. A project may come from another person, with
links that lead anywhere. Links above a project are followed, as is everything outside of projects
and runs, such as export files.
"""

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from pushforward.studio.store.errors import StoreError
from pushforward.studio.store.regular_files import open_handle

__all__ = ["open_to_append", "stay_inside"]

_HOMES = ("project.toml", "run.toml")
_JUNCTION = getattr(stat, "IO_REPARSE_TAG_MOUNT_POINT", -1)


def stay_inside(path: Path) -> None:
    """Make sure that a path is reached through no link that leads out of its run or project.

    Raises:
        StoreError: it is (kind "data"); the link is named.
    """
    for link in _links(path):
        home = _home(link.parent)
        if home is not None and not Path(os.path.realpath(link)).is_relative_to(home):
            raise _refused(link, f"leads out of {home}")


def open_to_append(path: Path) -> BinaryIO:
    """Open a file, made if it is not there, for reading and for appending, unbuffered.

    Raises:
        StoreError: it is a link, or no file, or is reached through a link that leads out.
        OSError: the operating system refused.
    """
    path = Path(path)
    if _is_link(path):
        raise _refused(path, "is not a file")
    stay_inside(path)
    flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | getattr(os, "O_NOFOLLOW", 0)
    return os.fdopen(open_handle(path, flags), "ab+", buffering=0)


def _links(path: Path) -> Iterator[Path]:
    """Yield the links among a path and all folders above it.

    A marker of a project is no end: it may lie behind a link that leads out.
    """
    # In strings, not in `Path`s, which cost more than what is asked: a training asks at each line.
    each, below = os.path.abspath(path), ""
    while each != below:
        if _is_link(each):
            yield Path(each)
        each, below = os.path.dirname(each), each


def _home(folder: Path) -> Path | None:
    """Return the run or project that a folder lies in, its own links resolved; None for none.

    A marker that was laid into a received folder can only make this smaller.
    """
    real = Path(os.path.realpath(folder))
    for each in (real, *real.parents):
        if any((each / name).is_file() for name in _HOMES):
            return each
    return None


def _is_link(path: Path | str) -> bool:
    try:
        status = os.lstat(path)
    except OSError:
        return False
    return stat.S_ISLNK(status.st_mode) or getattr(status, "st_reparse_tag", 0) == _JUNCTION


def _refused(link: Path, what: str) -> StoreError:
    target = os.path.realpath(link)
    return StoreError(
        f"{link} is a link to {target} and {what}: links are not written through.",
        "Replace the link by its target. If you did not create it, do not trust this folder.",
        kind="data",
    )

"""Where the host of a folder's engine listens: a Unix socket that only this account can reach."""

import hashlib
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from pushforward.studio.home import cache_folder, make_private
from pushforward.studio.store.errors import StoreError

__all__ = ["Endpoint", "endpoint_of"]

_LONGEST = 100  # bytes of a socket's path; systems allow 104 or 108


@dataclass(frozen=True)
class Endpoint:
    """The files of a host: its socket, what its engine wrote to standard error, how it ended."""

    folder: Path
    socket: Path
    log: Path
    end: Path


def endpoint_of(folder: Path) -> Endpoint:
    """Return the endpoint of a folder, which need not exist; makes the folder of sockets.

    Raises:
        StoreError: other accounts could reach the folder of the sockets, or this is Windows.
    """
    if os.name == "nt":
        raise StoreError(
            "An engine that outlives its connection needs Unix sockets, which Python does not have "
            "on Windows.",
            "Use a computer with Linux or macOS, or the Windows Subsystem for Linux.",
            kind="user",
        )
    folder = folder.absolute().resolve()
    name = hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]
    place = cache_folder().absolute() / "engines"
    if len(os.fsencode(place)) + len(name) + 6 > _LONGEST:
        place = Path(tempfile.gettempdir()) / f"pushforward-{os.getuid()}"
    if not make_private(place):
        raise StoreError(
            f"Other accounts can change {place}, so that they could take over the engine.",
            "Make it, and the folders above it, writable by you alone.",
            kind="user",
        )
    files = [place / f"{name}.{suffix}" for suffix in ("sock", "log", "end")]
    return Endpoint(folder, *files)

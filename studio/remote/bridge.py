"""A bridge from standard input and output to the host of a folder's engine.

This is what a client runs, through ssh or here. The host is started if there is none. When the
client is gone, the bridge ends and the engine goes on; when the engine has ended, the bridge ends
as it did.
"""

import json
import os
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

from pushforward.studio.launch import own_command, popen_options
from pushforward.studio.remote.endpoint import Endpoint, endpoint_of
from pushforward.studio.store.errors import StoreError

__all__ = ["bridge", "find_host"]

_CHUNK = 1 << 20
_PATIENCE = 30.0  # seconds for a host to listen, on a cold disk
_POLL = 0.05
_TAIL = 8192  # bytes of the engine's last words
_SIGNALLED = 128  # as shells do: the status of a process that a signal ended


def bridge(folder: Path) -> int:
    """Connect this process's standard streams to the engine of a folder; return its exit status.

    Raises:
        StoreError: the folder cannot be used, or another computer's engine has it.
    """
    endpoint = endpoint_of(folder)
    endpoint.folder.mkdir(parents=True, exist_ok=True)
    connection = find_host(endpoint) or _start_host(endpoint)
    output = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)  # stray prints go to the log
    threading.Thread(target=_send_input, args=(connection,), daemon=True).start()
    try:
        while data := connection.recv(_CHUNK):
            view = memoryview(data)
            while len(view) > 0:
                view = view[output.write(view) :]
    except OSError:
        return 0  # the client is gone, or a newer one has taken over
    return _last_words(endpoint)


def find_host(endpoint: Endpoint) -> socket.socket | None:
    """Return a connection to the running host, None if there is none."""
    connection = socket.socket(socket.AF_UNIX)
    try:
        connection.connect(str(endpoint.socket))
    except OSError:
        connection.close()
        return None
    return connection


def _start_host(endpoint: Endpoint) -> socket.socket:
    """Start a host that outlives this process, and connect to it.

    Raises:
        StoreError: it ended at once, or does not listen in time.
    """
    command = own_command("engine", "--serve", str(endpoint.folder))
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        **popen_options(outlives=True),
    )
    begun = time.monotonic()
    while time.monotonic() - begun < _PATIENCE:
        # Another bridge may have been faster: its host serves as well.
        if (connection := find_host(endpoint)) is not None:
            return connection
        if process.poll() is not None and process.stderr is not None:
            said = process.stderr.read().decode(errors="replace").strip()
            raise StoreError(f"No engine could be started for {endpoint.folder}: {said}", said)
        time.sleep(_POLL)
    raise StoreError(
        f"The engine of {endpoint.folder} does not listen after {_PATIENCE:g} seconds.",
        f"See what it wrote: {endpoint.log}",
    )


def _send_input(connection: socket.socket) -> None:
    """Forward standard input until it ends; then the host sees the end as well."""
    try:
        while data := os.read(0, _CHUNK):
            connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)
    except OSError:
        return  # the host is gone, which the other direction notices


def _last_words(endpoint: Endpoint) -> int:
    """Return the exit status of the engine, 0 if it runs on; print the end of its log."""
    try:
        status = int(json.loads(endpoint.end.read_text(encoding="utf-8"))["status"])
    except (OSError, ValueError, KeyError, TypeError):
        return 0
    if status:
        with endpoint.log.open("rb") as log:
            log.seek(max(0, endpoint.log.stat().st_size - _TAIL))
            sys.stderr.buffer.write(log.read())
            sys.stderr.flush()
    return _SIGNALLED - status if status < 0 else status

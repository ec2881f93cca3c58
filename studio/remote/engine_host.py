"""The host of an engine: keeps it running while clients come and go.

It starts the engine as a child, listens on the socket of the folder's endpoint and forwards whole
frames between the engine and the newest client. A frame that a dropped client had sent in part
never reaches the engine, and a new client gets no frame from before its own `Attach`. The engine
notices no loss of a connection: its input stays open, so trainings go on.

A host without a client whose engine has nothing to do ends after `IDLE_SECONDS`. One folder has one
host: the lock says on which computer.
"""

import asyncio
import json
import os
import signal
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

import msgspec

from pushforward.studio.launch import SERVED_FOLDER, engine_command, own_env, popen_options
from pushforward.studio.protocol.messages import Attach, JobChanged, JobInfo, Shutdown, Snapshot
from pushforward.studio.protocol.raw_frames import FrameCutter, RawFrame
from pushforward.studio.protocol.wire import WireError, encode
from pushforward.studio.remote.endpoint import Endpoint, endpoint_of
from pushforward.studio.store.lock import Lock

__all__ = ["IDLE_SECONDS", "EngineHost", "host_lock", "serve"]

IDLE_SECONDS = 600.0
_LOCK = ".engine.lock"
_CHUNK = 1 << 20
_ACTIVE = ("queued", "running")
_jobs = msgspec.msgpack.Decoder(JobChanged | Snapshot)


class _Client:
    """A connected client. Frames are withheld from it until the engine has announced itself."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self.writer = writer
        self.announced = False


class EngineHost:
    """Keeps one engine; `run` returns its exit status (negative: the signal that ended it)."""

    def __init__(self, endpoint: Endpoint, idle: float = IDLE_SECONDS) -> None:
        self._endpoint = endpoint
        self._idle = idle
        self._client: _Client | None = None
        self._hello: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self._states: dict[str, str] = {}
        self._input: asyncio.StreamWriter | None = None  # None before the start and after the end
        self._timer: asyncio.TimerHandle | None = None

    async def run(self, log: BinaryIO) -> int:
        """Start the engine, serve clients, and return once the engine has ended."""
        loop = asyncio.get_running_loop()
        for name in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
            loop.add_signal_handler(name, self._leave)
        environment = {**own_env(), SERVED_FOLDER: str(self._endpoint.folder)}
        process = await asyncio.create_subprocess_exec(
            *engine_command(),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=log,
            **popen_options(environment),
        )
        self._input = process.stdin
        server = await asyncio.start_unix_server(self._serve, self._endpoint.socket)
        self._await_client()
        try:
            if process.stdout is not None:
                await self._forward_events(process.stdout)
            status = await process.wait()
        finally:
            self._input = None
            server.close()
            self._endpoint.socket.unlink(missing_ok=True)
        self._endpoint.end.write_text(json.dumps({"status": status}), encoding="utf-8")
        self._drop_client()
        return status

    # From the engine

    async def _forward_events(self, output: asyncio.StreamReader) -> None:
        cutter = FrameCutter()
        while data := await output.read(_CHUNK):
            for frame in cutter.feed(data):
                self._forward_event(frame)
            client = self._client
            if client is not None:
                with suppress(ConnectionError):  # gone, or replaced by a newer one
                    await client.writer.drain()

    def _forward_event(self, frame: RawFrame) -> None:
        if frame.tag == "Hello":
            self._hello.set_result(frame.data)
            return  # each client gets it first
        if frame.tag in ("JobChanged", "Snapshot"):
            self._note_jobs(frame.header)
        client = self._client
        if client is None:
            return
        client.announced |= frame.tag == "Ready"
        if client.announced:
            client.writer.write(frame.data)

    def _note_jobs(self, header: bytes) -> None:
        message = _jobs.decode(header)
        jobs: list[JobInfo] = message.jobs if isinstance(message, Snapshot) else [message.info]
        self._states.update({info.job: info.state for info in jobs})

    # From clients

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve a client until it is gone; an older one is dropped, as its connection is dead."""
        self._drop_client()
        client = self._client = _Client(writer)
        cutter = FrameCutter()
        try:
            writer.write(await asyncio.shield(self._hello))
            self._send(b"".join(encode(Attach(id=0))))
            while self._client is client and (data := await reader.read(_CHUNK)):
                self._send(b"".join(frame.data for frame in cutter.feed(data)))
                if self._input is not None:
                    await self._input.drain()
        except (ConnectionError, WireError):
            pass  # it is dropped below, and the engine goes on
        finally:
            if self._client is client:
                self._client = None
                self._await_client()
            writer.close()

    def _send(self, data: bytes) -> None:
        if self._input is not None:
            self._input.write(data)

    def _drop_client(self) -> None:
        client, self._client = self._client, None
        if client is None:
            return
        if self._input is not None:
            client.writer.transport.abort()  # what it has not taken in is lost anyway
        else:
            client.writer.close()  # after the engine's last words

    # The end

    def _await_client(self) -> None:
        """Leave if nobody comes within the idle time and nothing is to be done."""
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(self._idle, self._leave_if_idle)

    def _leave_if_idle(self) -> None:
        if self._client is not None:
            return
        if any(state in _ACTIVE for state in self._states.values()):
            self._await_client()
        else:
            self._leave()

    def _leave(self) -> None:
        """Let the engine save what runs and leave."""
        self._send(b"".join(encode(Shutdown(id=0))))


def host_lock(folder: Path) -> Lock:
    """Return the lock that the host of a folder holds."""
    return Lock(folder, f"The engine of {folder} is run", _LOCK)


def serve(folder: Path, idle: float = IDLE_SECONDS) -> int:
    """Be the host of a folder until its engine ends; return its exit status.

    Raises:
        StoreError: another host has the folder (kind "user", it names the computer), or the folder
            cannot be written.
    """
    endpoint = endpoint_of(folder)
    lock = host_lock(endpoint.folder)
    lock.take(patience=1.0)
    try:
        endpoint.socket.unlink(missing_ok=True)  # of a host that was killed
        endpoint.end.unlink(missing_ok=True)
        descriptor = os.open(endpoint.log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as log:
            return asyncio.run(_run(endpoint, idle, log))
    finally:
        lock.release()


async def _run(endpoint: Endpoint, idle: float, log: BinaryIO) -> int:
    return await EngineHost(endpoint, idle).run(log)

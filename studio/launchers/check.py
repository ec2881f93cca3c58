"""Whether another computer can be used, step by step, and what to do where not."""

import asyncio
import shlex
import subprocess
from collections.abc import AsyncIterator
from dataclasses import dataclass

from pushforward.studio.client.child import ChildProcess
from pushforward.studio.client.client import EngineClient
from pushforward.studio.client.errors import EngineStartFailed
from pushforward.studio.launch import popen_options
from pushforward.studio.launchers.ssh import SshLauncher
from pushforward.studio.protocol.messages import Event, Hello
from pushforward.studio.store.errors import human_bytes

__all__ = ["Step", "check_computer"]

_ADVICE = {
    "could not resolve": "Check the name, or give it a Host entry in ~/.ssh/config.",
    "host key verification failed": "Connect once by hand (ssh HOST) and compare the host key.",
    "remote host identification has changed": "Its host key has changed: ask who runs it why.",
    "permission denied": "Set up a key: ssh-copy-id HOST; or load it: ssh-add.",
    "timed out": "Is it on, and is the network (or VPN) up?",
    "connection refused": "No ssh server listens there: is the port right?",
    "no such file": "Is ssh installed on this computer?",
    "command not found": "Install Pushforward Studio there, or say how it starts: --command.",
}


@dataclass(frozen=True)
class Step:
    """One step of a check: what was tried, what was found, and what to do if it failed."""

    title: str
    ok: bool
    found: str
    advice: str = ""


async def check_computer(launcher: SshLauncher, version: str) -> AsyncIterator[Step]:
    """Yield the steps as they are done; the first that fails is the last.

    ``version`` is that of this program, which the other one should have.
    """
    reached = await _run(launcher, "true")
    yield _step("reach it", reached, "ssh connects, the key is accepted")
    if reached.status:
        return
    hello: list[Hello] = []
    client = EngineClient(
        lambda: ChildProcess(launcher.command()), timeouts=launcher.timeouts, auto_restart=False
    )

    def note(event: Event, arrays: object) -> None:
        if isinstance(event, Hello):
            hello.append(event)

    client.subscribe(note)
    try:
        ready = await client.start()
    except EngineStartFailed as error:
        text = f"{error.info.message} {error.info.details}".strip()
        yield Step("start an engine", False, text, _advice(text) or error.info.hint)
        return
    same = hello[0].version == version
    python = ready.versions.get("python", "?")
    found = f"version {hello[0].version}, Python {python}, torch {ready.versions.get('torch', '?')}"
    advice = "" if same else f"This computer has {version}: install the same version there."
    yield Step("start an engine", same, found, advice)
    yield Step("device", True, ready.device)
    space = await _run(launcher, f"df -Pk {shlex.quote(ready.folder)} | tail -1")
    fields = space.output.split()
    if space.status == 0 and len(fields) > 3 and fields[3].isdecimal():
        free = human_bytes(int(fields[3]) * 1024)
        yield Step("disk", True, f"{free} free in {ready.folder}")
    await client.detach()


@dataclass(frozen=True)
class _Done:
    status: int
    output: str
    errors: str


async def _run(launcher: SshLauncher, words: str) -> _Done:
    def call() -> _Done:
        done = subprocess.run(
            launcher.shell(words), capture_output=True, text=True, check=False, **popen_options()
        )
        return _Done(done.returncode, done.stdout, done.stderr)

    try:
        return await asyncio.to_thread(call)
    except OSError as error:
        return _Done(127, "", str(error))


def _step(title: str, done: _Done, found: str) -> Step:
    if done.status == 0:
        return Step(title, True, found)
    text = done.errors.strip() or f"ssh ended with status {done.status}"
    return Step(title, False, text.splitlines()[-1], _advice(text))


def _advice(text: str) -> str:
    return next((what for sign, what in _ADVICE.items() if sign in text.lower()), "")

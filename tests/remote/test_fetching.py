"""Runs copied from another computer, and what a hostile one may try."""

import asyncio
import hashlib
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pushforward.studio.client.child import ChildProcess
from pushforward.studio.client.client import EngineClient
from pushforward.studio.client.connection import Answer
from pushforward.studio.client.errors import CommandFailed
from pushforward.studio.launchers.address import Address, parse_address
from pushforward.studio.launchers.fetching import fetch_run, list_runs
from pushforward.studio.protocol import messages as m
from pushforward.studio.store.errors import StoreError
from pushforward.studio.store.project import Project
from pushforward.studio.store.run import RunRecord
from tests.client.harness import run
from tests.remote.test_detached_engine import spec


def test_a_run_is_copied_file_by_file_and_nothing_outside_a_project_is_sent(tmp_path: Path) -> None:
    there = Project.create(tmp_path / "there", "There")
    original = there.new_run(RunRecord(spec=spec()))
    (original.path / "checkpoints").mkdir()
    content = os.urandom(2 * m.FILE_PIECE + 17)
    (original.path / "checkpoints" / "a.bin").write_bytes(content)
    (original.path / "empty.txt").touch()
    secret = tmp_path / "secret"
    secret.write_text("secret")
    (original.path / "link").symlink_to(secret)
    here = Project.create(tmp_path / "here", "Here")
    here.new_run(RunRecord(spec=spec()))

    async def test() -> None:
        client = EngineClient(ChildProcess, auto_restart=False)
        await client.start()
        assert await list_runs(client, str(there.path)) == [original.name]
        seen: list[tuple[int, int]] = []
        copied = await fetch_run(
            client, str(original.path), here, lambda *state: seen.append(state)
        )
        assert copied.number == 2
        assert copied.record == original.record
        assert (copied.path / "checkpoints" / "a.bin").read_bytes() == content
        assert (copied.path / "empty.txt").read_bytes() == b""
        assert not (copied.path / "link").exists()
        assert seen[-1][0] == seen[-1][1] >= len(content)
        for path in (secret, original.path / "link", there.path / ".." / "secret"):
            with pytest.raises(CommandFailed):
                await client.request(m.ReadFile(file=str(path), offset=0, n=10))
        with pytest.raises(CommandFailed, match="no project"):
            await client.request(m.ListFiles(project=str(tmp_path)))
        with pytest.raises(CommandFailed):
            await client.request(m.ReadFile(file=str(original.path / "run.toml"), offset=-1, n=10))
        await client.stop()

    run(test())


class HostileClient:
    """A client whose other side answers as a compromised computer might."""

    def __init__(self, files: dict[str, bytes], **lies: Any) -> None:
        self.files = files
        self.lies = lies

    async def request(self, command: Any) -> Answer:
        await asyncio.sleep(0)
        if isinstance(command, m.ListFiles):
            sizes = self.lies.get("sizes", {})
            return Answer({"files": [[p, sizes.get(p, len(b))] for p, b in self.files.items()]})
        content = next(b for p, b in self.files.items() if command.file.endswith(p))
        if isinstance(command, m.HashFile):
            return Answer({"sha256": self.lies.get("hash", hashlib.sha256(content).hexdigest())})
        data = content[command.offset : command.offset + command.n]
        return Answer(arrays={"data": np.frombuffer(data + self.lies.get("more", b""), np.uint8)})


@pytest.mark.parametrize(
    "name",
    [
        "../evil", "/etc/passwd", "a/../../evil", ".bashrc", "a/.ssh/authorized_keys", "a//b", "",
        "a\\b", "C:evil", "line\nbreak", "x" * 300, "dot.", "a/./b",
    ],
)  # fmt: skip
def test_a_name_that_could_lead_elsewhere_is_refused(name: str, tmp_path: Path) -> None:
    attack(tmp_path, HostileClient({"run.toml": b"", name: b"evil"}))


@pytest.mark.parametrize(
    "lies",
    [
        {"hash": "0" * 64},
        {"more": b"more than announced"},
        {"sizes": {"a.bin": 5}},
        {"sizes": {"a.bin": 1 << 60}},
    ],
    ids=["another hash", "too long", "cut", "too large for the disk"],
)
def test_other_bytes_than_announced_are_refused(lies: dict[str, Any], tmp_path: Path) -> None:
    attack(tmp_path, HostileClient({"a.bin": b"abc"}, **lies))


def test_what_is_no_run_is_refused(tmp_path: Path) -> None:
    attack(tmp_path, HostileClient({"run.toml": b"format = 'evil"}))
    attack(tmp_path, HostileClient({"a.bin": b"abc"}))


def attack(folder: Path, client: Any) -> None:
    """Fetch, and see that it is refused and that nothing was left behind."""
    project = Project.open_or_create(folder / "here")
    before = {path for path in folder.rglob("*") if path.name != ".lock"}
    with pytest.raises(StoreError):
        asyncio.run(fetch_run(client, "/there/runs/0001-x", project))
    after = {path for path in folder.rglob("*") if path.name != ".lock"}
    assert after - before <= {project.path / "runs"}


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("gpu", Address("gpu", "~/pushforward-runs")),
        ("me@gpu:work", Address("me@gpu", "~/work")),
        ("gpu:/data/x", Address("gpu", "/data/x")),
        ("gpu:~/x", Address("gpu", "~/x")),
    ],
)
def test_addresses_are_read_as_by_scp(text: str, address: Address) -> None:
    assert parse_address(text) == address

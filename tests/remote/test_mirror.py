"""The mirror of a project on another computer, and the paths in messages."""

import asyncio
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pushforward.studio.client.child import ChildProcess
from pushforward.studio.client.client import EngineClient
from pushforward.studio.client.connection import Answer
from pushforward.studio.launchers.computers import Computer, configured_hosts, mirror_folder
from pushforward.studio.launchers.mirror import Mirror, is_mirror
from pushforward.studio.launchers.path_map import ForeignPath, PathMap
from pushforward.studio.protocol import messages as m
from pushforward.studio.store.errors import StoreError
from pushforward.studio.store.project import Project
from pushforward.studio.store.run import RunRecord
from tests.client.harness import run
from tests.remote.test_detached_engine import spec
from tests.remote.test_fetching import HostileClient


def test_texts_are_copied_as_they_change_and_other_files_when_they_are_needed(
    tmp_path: Path,
) -> None:
    there = Project.create(tmp_path / "there", "There")
    original = there.new_run(RunRecord(spec=spec()))
    (original.path / "flow").mkdir()
    snapshot = np.random.default_rng(0).bytes(m.FILE_PIECE + 5)
    (original.path / "flow" / "step-00000001.h5").write_bytes(snapshot)
    (original.path / "metrics.jsonl").write_text("a\n" * 5000)

    async def test() -> None:
        client = EngineClient(ChildProcess, auto_restart=False)
        await client.start()
        mirror = Mirror(client, PathMap(str(there.path), tmp_path / "here"), "There")
        assert await mirror.sync()
        assert not await mirror.sync()
        assert is_mirror(tmp_path / "here")
        [copied] = Project.open(tmp_path / "here").runs()
        assert copied.record == original.record
        place = copied.path / "flow" / "step-00000001.h5"
        assert place.read_bytes() == b""
        await mirror.bring(place)
        assert place.read_bytes() == snapshot

        for text in ("a\n" * 5000 + "b\n", "c\n" * 9000, "short\n"):  # grown, resumed, cut
            (original.path / "metrics.jsonl").write_text(text)
            assert await mirror.sync()
            assert (copied.path / "metrics.jsonl").read_text() == text
        late = original.path / "flow" / "step-00000002.h5"
        late.write_bytes(b"late")
        await mirror.bring(copied.path / "flow" / late.name)  # before the next sync
        assert (copied.path / "flow" / late.name).read_bytes() == b"late"
        there.trash(original.path)
        assert await mirror.sync()
        assert Project.open(tmp_path / "here").runs() == []
        await client.stop()

    run(test())


@pytest.mark.parametrize("name", ["runs/../../evil", "runs//etc/x", "data/.ssh/keys", "runs/a\\b"])
def test_a_name_that_leads_elsewhere_is_refused(name: str, tmp_path: Path) -> None:
    client: Any = HostileClient({"runs/0001-a/run.toml": b"", name: b"evil"})
    mirror = Mirror(client, PathMap("/there", tmp_path / "here"), "There")
    before = set(tmp_path.rglob("*"))
    with pytest.raises(StoreError):
        asyncio.run(mirror.sync())
    assert set(tmp_path.rglob("*")) == before


def test_the_markers_of_a_project_are_never_taken_from_the_other_side(tmp_path: Path) -> None:
    client: Any = HostileClient({".mirror.json": b"evil", "project.toml": b"evil"})
    mirror = Mirror(client, PathMap("/there", tmp_path / "here"), "There")
    assert not asyncio.run(mirror.sync())
    assert Project.open(tmp_path / "here").name == "There"


def test_paths_of_messages_are_those_of_the_mirror(tmp_path: Path) -> None:
    paths = PathMap("/home/me/work", tmp_path)
    here = str(tmp_path / "runs" / "0001-a")
    command = paths.outgoing(m.ResumeTraining(run=here))
    assert command.run == "/home/me/work/runs/0001-a"
    with pytest.raises(ForeignPath):
        paths.outgoing(m.ResumeTraining(run="/elsewhere/runs/0001-a"))
    info = m.JobInfo(job="1", kind="training", state="running", title="a", run=command.run)
    assert paths.incoming(m.JobChanged(info=info)).info.run == here
    assert paths.incoming(m.Snapshot(jobs=[info])).jobs[0].run == here
    assert paths.incoming(Answer({"run": command.run}).result) == {"run": here}
    for evil in ("/etc/passwd", "/home/me/work/../x", "/home/me/workshop/x", "/home/me/work/a\\b"):
        assert paths.incoming({"run": evil}) == {"run": ""}


def test_hosts_of_a_configuration_are_offered_but_no_patterns(tmp_path: Path) -> None:
    file = tmp_path / "config"
    file.write_text("Host gpu other\n HostName x\nHost *.lab !bad\nhost=third\n# Host no\n")
    assert configured_hosts(file) == ["gpu", "other", "third"]
    assert configured_hosts(tmp_path / "none") == []


def test_each_computer_and_folder_has_a_mirror_of_its_own() -> None:
    a, b = Computer(host="gpu"), Computer(host="gpu", folder="~/other")
    assert mirror_folder(a) != mirror_folder(b)
    assert mirror_folder(Computer(host="me@../x")).parent == mirror_folder(a).parent

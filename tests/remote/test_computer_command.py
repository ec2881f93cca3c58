"""``pushforward computer`` over a real sshd on the loopback."""

from pathlib import Path

import pytest

from pushforward.studio.cli.parser import main
from pushforward.studio.store.project import Project
from pushforward.studio.store.run import RunRecord
from tests.remote.ssh_server import MISSING, remote_engine, ssh_server
from tests.remote.test_detached_engine import hosts, spec

pytestmark = pytest.mark.skipif(bool(MISSING), reason=MISSING or "")


def test_a_computer_is_tested_its_runs_listed_fetched_and_its_engine_stopped(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    there = Project.create(tmp_path / "there", "There")
    run = there.new_run(RunRecord(spec=spec()))
    (tmp_path / "server").mkdir()
    with ssh_server(tmp_path / "server") as server:
        words = ["--command", remote_engine(tmp_path / "home")]
        words += [f"--ssh-option={word}" for word in server.options]
        address = f"{server.host}:{there.path}"
        assert main(["computer", "test", address, *words]) == 0
        said = capsys.readouterr().out
        assert all(f"ok    {step}" in said for step in ("reach it", "start an engine", "disk"))
        assert main(["computer", "list", address, *words]) == 0
        assert capsys.readouterr().out.split() == [run.name]
        here = tmp_path / "here"
        assert main(["computer", "fetch", address, run.name, "--out", str(here), *words]) == 0
        [copied] = Project.open(here).runs()
        assert copied.record == run.record
        assert len(hosts(there.path)) == 1
        assert main(["computer", "stop", address, *words]) == 0
        assert not hosts(there.path)

        (server.folder / "known").write_text("")
        assert main(["computer", "test", address, *words]) == 1
        said = capsys.readouterr().out
        assert "Host key verification failed" in said
        assert "Connect once by hand" in said


def test_without_the_program_there_it_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with ssh_server(tmp_path) as server:
        words = ["--command", "no-such-program engine"]
        words += [f"--ssh-option={word}" for word in server.options]
        assert main(["computer", "test", server.host, *words]) == 1
        said = capsys.readouterr().out
        assert "FAIL  start an engine" in said
        assert "Install Pushforward Studio there" in said

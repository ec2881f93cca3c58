"""The zip for faults: what is in it, and that nothing private is."""

import json
import logging
import os
import platform
import socket
import zipfile
from pathlib import Path
from urllib.parse import quote

import msgspec
import numpy as np
import pytest

from pushforward.studio import diagnostics, journal
from pushforward.studio.__main__ import main
from pushforward.studio.app.core import preferences
from pushforward.studio.launchers.computers import Computer
from pushforward.studio.privacy import Scrubber
from pushforward.studio.protocol.messages import ErrorInfo
from pushforward.studio.protocol.spec import Pick, RunSpec
from pushforward.studio.store.errors import StoreError
from pushforward.studio.store.project import Project
from pushforward.studio.store.run import RunRecord

USER, HOST, NAME = "ada-lovelace", "analytical-engine", "Genome of Zoë"


@pytest.fixture
def person(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Somebody with a name, a machine and a home folder."""
    home = tmp_path / "people" / USER
    home.mkdir(parents=True)
    for key in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(key, str(home))
    for key in ("USER", "LOGNAME", "USERNAME"):
        monkeypatch.setenv(key, USER)
    monkeypatch.setenv("PUSHFORWARD_HOME", str(home / ".config" / "studio"))
    monkeypatch.setattr(platform, "node", lambda: f"{HOST}.example.org")
    monkeypatch.setattr(socket, "gethostname", lambda: HOST)
    return home


@pytest.fixture
def project(person: Path) -> Project:
    made = Project.create(person / "work" / "secret genome", NAME)
    spec = RunSpec(
        name="Hidden run",
        family=Pick(slug="edm"),
        dataset=Pick(slug="project:patients"),
        training={"steps": 100},
    )
    run = made.new_run(RunRecord(spec=spec, seed=0, device="cpu"))
    error = ErrorInfo(
        kind="disk",
        message=f"{run.path}/log.txt is gone",
        hint="",
        details=f'File "{person}/x.py", line 1\n{USER}@{HOST}',
    )
    run.update_status(state="failed", step=40, total=100, error=error)
    made.add_dataset("patients", np.zeros((12, 2), dtype=np.float32), ["x", "y"], "points.csv")
    kept = preferences.Preferences()
    kept.opened(made.path, NAME, 1.0)
    kept.opened(person / "gone" / "other", "Other study", 2.0)
    kept.computers = [Computer(host="byron@difference.example.org")]
    kept.files = str(person / "of" / "genome" / "Hidden" / "people")
    preferences.save(kept)
    return made


def logged(person: Path, project: Project) -> None:
    log = journal.start("studio", crashes=False)
    assert log is not None
    say = logging.getLogger("pushforward.test")
    for text in (
        f"{project.path} was opened by {USER} on {HOST}",
        f"file://{quote(str(project.path))}/data/patients/points.h5",
        f"two lines:\n{USER}",
        f"run {project.runs()[0].name} of {NAME}",
        f"told: {person}/work/other.csv, '/media/Secret Disk/a.csv', /mnt/vault/b.csv",
        f"{os.path.realpath(person)}: {USER.upper()}",
        "Connecting to difference.example.org as Byron: byron@difference.example.org refused",
        "Could not read /media/Hidden Disk/of people/a.csv: it is gone",
        r"/opt/secret/x.csv, \\vault\people\a.csv and //vault/people/b.csv are open",
    ):
        say.info("%s", text)
    log.close()
    journal.keep_crash("engine", f'Fatal Python error: Aborted\n  File "{person}/y.py", line 3')


def everything(file: Path) -> str:
    with zipfile.ZipFile(file) as archive:
        assert archive.testzip() is None
        return "\n".join(f"{n}\n{archive.read(n).decode()}" for n in archive.namelist())


PRIVATE = (
    *(USER, HOST, NAME, "Zo\\u00eb", "secret", "genome", "Hidden", "patients", "Other study"),
    *("byron", "difference"),
    *("vault", "Secret Disk", "people", "pytest-of"),
)


def leaks(text: str) -> list[str]:
    """The lines in which something private stands."""
    return [
        line
        for line in text.splitlines()
        if any(word.casefold() in line.casefold() for word in PRIVATE)
    ]


def test_nothing_private_is_in_it(person: Path, project: Project, tmp_path: Path) -> None:
    logged(person, project)
    file = tmp_path / "out.zip"
    kept = preferences.load()
    facts = {"problems": [f"{person}/plugins/mine.py"], "host": f"{HOST}.example.org"}
    folders = [project.path, *(Path(each.path) for each in kept.recent)]
    told = msgspec.to_builtins(kept)
    names = diagnostics.write(file, projects=folders, preferences=told, facts=facts)
    text = everything(file)
    assert str(person) not in text
    assert leaks(text) == []
    assert "~/plugins/mine.py" in text
    assert "<project 1>" in text
    assert "run 0001 of <project 1>" in text
    assert len(names) == 6


def test_what_helps_is_in_it(person: Path, project: Project, tmp_path: Path) -> None:
    logged(person, project)
    file = tmp_path / "out.zip"
    diagnostics.write(file, projects=[project.path], facts={"devices": [{"name": "cpu"}]})
    with zipfile.ZipFile(file) as archive:
        report = json.loads(archive.read("report.json"))
        runs = json.loads(archive.read("runs.json"))
        logs = [name for name in archive.namelist() if name.startswith("logs/")]
    assert report["packages"]["torch"] != "not installed"
    assert report["python"].startswith(platform.python_version())
    assert report["devices"] == [{"name": "cpu"}]
    [run] = runs["<project 1>"]
    assert (run["number"], run["model"], run["state"], run["step"]) == (1, "edm", "failed", 40)
    assert run["data"] == "of the project"
    assert run["error"]["message"] == "<project 1>/runs/0001/log.txt is gone"
    assert {Path(name).suffix for name in logs} == {".log", ".crash"}


def test_a_place_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(StoreError):
        diagnostics.write(tmp_path / "file" / "out.zip")


def test_on_the_command_line(
    person: Path, project: Project, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "out.zip"
    assert main(["diagnostics", "--out", str(file), "--project", str(project.path)]) == 0
    assert str(file) in capsys.readouterr().out
    text = everything(file)
    assert leaks(text) == []
    assert '"name": "cpu"' in text
    assert '"state": "failed"' in text
    before = file.read_bytes()
    assert main(["diagnostics", "--out", str(file)]) == 2  # an older one is not replaced unasked
    assert "use --overwrite" in capsys.readouterr().err
    assert file.read_bytes() == before


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("steps/s and n/a, 3/4, https://arxiv.org/abs/1", None),
        ("/usr/lib/libcuda.so and /proc/cpuinfo", None),
        ("at /data/secret/x.csv: gone", "at <path> gone"),
        ("'C:\\Users\\ada\\x.csv' or D:/a/b", "'<path>' or <path>"),
        ("/usr/bin/python3 --project=/mnt/lab/data", "/usr/bin/python3 --project=<path>"),
        ("/usr/bin/python3 file:///mnt/lab/x", "/usr/bin/python3 file://<path>"),
        ("/proc/self/maps cannot open:/mnt/lab/x", "/proc/self/maps cannot open:<path>"),
        ("PATH=/usr/bin:/mnt/lab/my tools/bin", "PATH=/usr/bin:<path>"),
        ("'/usr/bin/env A=/mnt/lab/x'", "'/usr/bin/env A=<path>'"),
        ("/usr/lib/x.so and/or https://a.org/b:1", None),
        ("/data/set and/or other", "<path> and/or other"),
        ("/data/my set/x.csv", "<path>"),
        ("planned by ann", None),
        ("/data/my set.csv: gone", "<path>: gone"),
        (r"at \\vault\share\my file.csv: gone", "at <path>: gone"),
        ("/mnt/lab/a.csv b.csv", "<path> b.csv"),
        ("smb://vault/share/x and sftp://ann@vault/x", "smb://<path> and sftp://<path>"),
        ("ssh: connect to ann@login.lab.org port 22", "ssh: connect to <user>@<host> port 22"),
        ("ann@login:/scratch/ann/x", "<user>@<host>:<path>"),
        ("https://ann:key@lab.org/x?y=1", "https://<user>@<host>/x?y=1"),
        ("mail ann.b@lab.org, D(x, s) @ 3", "mail <user>@<host>, D(x, s) @ 3"),
    ],
)
def test_only_what_is_private_is_taken_out(text: str, left: str | None) -> None:
    assert Scrubber()(text) == (text if left is None else left)

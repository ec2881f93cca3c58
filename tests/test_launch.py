"""No process of ours takes code from a folder that it is started in, or that it works on."""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import qasync
from PySide6.QtWidgets import QApplication

from studio.app.engine_process import EngineProcess
from studio.cli import background
from studio.client import EngineClient
from studio.client.child import ChildProcess
from studio.client.transport import Transport
from studio.launch import own_command, own_env, own_folder
from studio.protocol.spec import Pick, RunSpec
from studio.store.run import RunFolder

ROOT = Path(__file__).resolve().parents[1]
NAMES = ("torch", "numpy", "msgspec", "multiprocessing", "argparse", "sitecustomize", "models")


@pytest.fixture
def marker(tmp_path: Path) -> Path:
    """A file that appears when any of the traps is imported."""
    return tmp_path / "it-ran"


def trap(folder: Path, marker: Path, *, package: bool = True) -> None:
    """Lay Python files into a folder that would be imported if anybody looked there."""
    line = f"open({str(marker)!r}, 'a').write(__name__ + chr(10))\n"
    for name in NAMES:
        (folder / f"{name}.py").write_text(line)
    if package:
        (folder / "studio").mkdir()
        (folder / "studio" / "__init__.py").write_text(line)
        (folder / "studio" / "__main__.py").write_text(line)


@pytest.fixture
def here(tmp_path: Path, marker: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A trapped folder that this process stands in."""
    folder = tmp_path / "here"
    folder.mkdir()
    trap(folder, marker)
    monkeypatch.chdir(folder)
    # Also where a person's environment names the working folder.
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([".", "", os.environ.get("PYTHONPATH", "")]))
    yield folder
    assert not marker.exists(), marker.read_text()


@pytest.fixture
def run(tmp_path: Path, here: Path, marker: Path) -> RunFolder:
    """A trapped run folder that a short training can go on with."""
    from studio.engine.jobs import headless

    spec = RunSpec(
        name="received",
        family=Pick(slug="edm", config={"net": {"width": 16}}),
        dataset=Pick(slug="two-moons"),
        training={
            "steps": 10,
            "batch": 32,
            "samples": 200,
            "particles": 32,
            "frames": 3,
            "evaluate_samples": 32,
            "device": "cpu",
        },
    )
    folder = headless.create(spec, tmp_path / "project")
    folder.update_status(state="paused", pid=0)
    trap(folder.path, marker)
    return folder


async def lives(transport: type) -> None:
    """Start an engine, see that it is of this installation, and let it go."""
    made: list[Transport] = []

    def make() -> Transport:
        made.append(transport())
        return made[-1]

    client = EngineClient(make)
    ready = await client.start()
    assert "torch" in ready.versions
    folder = os.readlink(f"/proc/{made[0].pid}/cwd") if sys.platform == "linux" else own_folder()
    assert Path(folder) == own_folder()
    outcome = await client.stop()
    assert outcome is not None
    assert outcome.exit.status == 0


def test_the_engine_of_the_command_line(here: Path) -> None:
    asyncio.run(lives(ChildProcess))


def test_the_engine_of_the_window(here: Path, qapp: QApplication) -> None:
    loop = qasync.QEventLoop(qapp)
    try:
        loop.run_until_complete(asyncio.wait_for(lives(EngineProcess), 60))
    finally:
        loop.close()
        asyncio.set_event_loop(None)


def test_a_training_in_the_background(run: RunFolder) -> None:
    os.chdir(run.path)
    background.start(Path())
    deadline = time.monotonic() + 120
    while run.status().state not in ("finished", "failed"):
        assert time.monotonic() < deadline, (run.path / "background.log").read_text()
        time.sleep(0.1)
    assert run.status().state == "finished"


def test_what_a_process_of_ours_starts_itself(here: Path) -> None:
    code = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'import torch'])"
    done = subprocess.run([sys.executable, "-c", code], cwd=here, env=own_env(), check=True)
    assert done.returncode == 0


def test_the_installed_command(here: Path, tmp_path: Path) -> None:
    script = tmp_path / "bin" / "pushforward"
    script.parent.mkdir()
    script.write_text("import sys\nfrom studio.__main__ import main\nsys.exit(main())\n")
    done = subprocess.run(
        [sys.executable, str(script), "list", "models"],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        check=True,
    )
    assert b"edm" in done.stdout


def test_the_module_leaves_the_folder_that_it_is_started_in(tmp_path: Path, marker: Path) -> None:
    trap(tmp_path, marker, package=False)
    done = subprocess.run(
        [sys.executable, "-m", "studio", "list", "models"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        check=True,
    )
    assert b"edm" in done.stdout
    assert not marker.exists(), marker.read_text()


def test_the_module_finds_itself_in_a_checkout() -> None:
    env = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    subprocess.run([sys.executable, "-m", "studio", "--version"], cwd=ROOT, env=env, check=True)


def test_only_absolute_folders_are_searched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([".", "", "rel", str(tmp_path)]))
    assert own_command("engine")[:4] == [sys.executable, "-P", "-m", "studio"]
    assert own_env()["PYTHONPATH"].split(os.pathsep) == [str(ROOT), str(tmp_path)]

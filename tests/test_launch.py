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

from pushforward.studio.app.engine.process_transport import EngineProcess
from pushforward.studio.client.child import ChildProcess
from pushforward.studio.client.client import EngineClient
from pushforward.studio.client.transport import Transport
from pushforward.studio.home import cache_folder, make_private
from pushforward.studio.launch import own_command, own_env, own_folder
from pushforward.studio.protocol.spec import Pick, RunSpec
from pushforward.studio.store.run import RunFolder
from pushforward.studio.workflows import background
from tests.tiers import EXHAUSTIVE

ROOT = Path(__file__).resolve().parents[1]
NAMES = (
    "torch",
    "numpy",
    "msgspec",
    "multiprocessing",
    "argparse",
    "sitecustomize",
    "models",
    "studio",
)


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
        (folder / "pushforward").mkdir()
        (folder / "pushforward" / "__init__.py").write_text(line)
        (folder / "pushforward" / "__main__.py").write_text(line)


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
    from pushforward.studio.engine.jobs import headless

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


@EXHAUSTIVE
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


@EXHAUSTIVE
def test_what_a_process_of_ours_starts_itself(here: Path) -> None:
    code = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'import torch'])"
    done = subprocess.run([sys.executable, "-c", code], cwd=here, env=own_env(), check=True)
    assert done.returncode == 0


def test_the_installed_command(here: Path, tmp_path: Path) -> None:
    script = tmp_path / "bin" / "pushforward"
    script.parent.mkdir()
    script.write_text(
        "import sys\nfrom pushforward.studio.__main__ import main\nsys.exit(main())\n"
    )
    done = subprocess.run(
        [sys.executable, str(script), "list", "models"],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        check=True,
    )
    assert b"edm" in done.stdout


@EXHAUSTIVE
def test_the_module_leaves_the_folder_that_it_is_started_in(tmp_path: Path, marker: Path) -> None:
    trap(tmp_path, marker, package=False)
    done = subprocess.run(
        [sys.executable, "-m", "pushforward", "list", "models"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        check=True,
    )
    assert b"edm" in done.stdout
    assert not marker.exists(), marker.read_text()


def test_the_module_finds_itself_in_a_checkout() -> None:
    env = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    subprocess.run(
        [sys.executable, "-m", "pushforward", "--version"], cwd=ROOT, env=env, check=True
    )


def test_only_absolute_folders_are_searched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([".", "", "rel", str(tmp_path)]))
    assert own_command("engine")[:4] == [sys.executable, "-P", "-m", "pushforward"]
    assert own_env()["PYTHONPATH"].split(os.pathsep) == [str(ROOT), str(tmp_path)]


CACHES = (
    "import os; from torch._inductor.runtime.cache_dir_utils import cache_dir, triton_cache_dir; "
    "print(cache_dir(), triton_cache_dir(0), sep=chr(10))"
)


@pytest.fixture
def no_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment does not say where PyTorch keeps compiled code."""
    for name in ("TORCHINDUCTOR_CACHE_DIR", "TRITON_CACHE_DIR"):
        monkeypatch.delenv(name, raising=False)


@EXHAUSTIVE
def test_compiled_code_is_kept_where_no_other_account_can_write(
    no_cache: None, tmp_path: Path
) -> None:
    shared = tmp_path / "tmp"
    shared.mkdir(0o1777)
    done = subprocess.run(
        [sys.executable, "-c", CACHES],
        env={**own_env(), "TMPDIR": str(shared)},
        capture_output=True,
        check=True,
        text=True,
    )
    for folder in done.stdout.splitlines():
        assert Path(folder).is_relative_to(cache_folder() / "compiled")
    assert (cache_folder() / "compiled").stat().st_mode & 0o777 == 0o700
    assert not list(shared.glob("torchinductor*")), "what another account could have filled first"


def test_the_command_line_keeps_compiled_code_there_too(no_cache: None) -> None:
    code = (
        "import os, sys; from pushforward.studio.__main__ import main; "
        "sys.argv = ['pushforward', '--version']"
        "\ntry: main()\nexcept SystemExit: pass\nprint(os.environ['TORCHINDUCTOR_CACHE_DIR'])"
    )
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, check=True)
    assert done.stdout.decode().splitlines()[-1] == str(cache_folder() / "compiled")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no modes")
def test_a_cache_folder_that_others_could_fill_is_not_used(
    no_cache: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = cache_folder() / "compiled"
    folder.mkdir(parents=True)
    folder.chmod(0o777)
    other = Path(own_env()["TORCHINDUCTOR_CACHE_DIR"])
    assert other != folder
    assert other.stat().st_mode & 0o777 == 0o700
    other.rmdir()

    folder.chmod(0o755)
    assert make_private(folder), "only read by others so far"
    assert folder.stat().st_mode & 0o777 == 0o700
    cache_folder().chmod(0o777)
    assert not make_private(folder), "anybody can put another one in its place"
    cache_folder().chmod(0o755)
    folder.rmdir()
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    folder.symlink_to(elsewhere)
    assert not make_private(folder), "a link"
    folder.unlink()
    folder.mkdir()
    monkeypatch.setattr(os, "getuid", lambda: folder.stat().st_uid + 1)
    assert not make_private(folder), "somebody else's"


def test_a_cache_folder_of_the_environment_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", str(tmp_path))
    monkeypatch.delenv("TRITON_CACHE_DIR", raising=False)
    env = own_env()
    assert env["TORCHINDUCTOR_CACHE_DIR"] == str(tmp_path)
    assert env["TRITON_CACHE_DIR"] == str(tmp_path / "triton")

"""Build the wheel and the source distribution, and check both: dist/*.whl, dist/*.tar.gz.

Needs the dependency group `build`. With `--install` both are installed into empty environments, and
run from a folder that has its own models.py and studio/; that takes minutes and needs a network.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path

from links import FOLDERS

from builds.common import DIST, BuildFailed, project_version, report, run_program, say, this_python

HELP = "the wheel and the source distribution (dist/*.whl, dist/*.tar.gz)"
TRAPS = ("models.py", "observables.py", "verify.py", "studio/__init__.py", "torch.py")
"""Files of a user's folder that must not be imported."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument("--install", action="store_true", help="install both, with pip and uv")


def run(given: argparse.Namespace) -> None:
    """Build both, check their metadata and contents, and install them if asked."""
    began = time.monotonic()
    for old in (*DIST.glob("*.whl"), *DIST.glob("*.tar.gz")):
        old.unlink()
    run_program(this_python("-m", "build", "--outdir", str(DIST)))
    name = f"pushforward-{project_version()}"
    wheel, sdist = DIST / f"{name}-py3-none-any.whl", DIST / f"{name}.tar.gz"
    run_program(this_python("-m", "twine", "check", "--strict", str(wheel), str(sdist)))
    check_wheel(wheel, run_program(["git", "ls-files", *FOLDERS], quiet=True).splitlines())
    report(wheel, began)
    report(sdist, began)
    if given.install:
        try_pip(wheel, sdist)
        try_uv(wheel)


def check_wheel(wheel: Path, sources: Iterable[str]) -> None:
    """Check what a wheel holds; ``sources`` are the files of the folders that it maps.

    Raises:
        BuildFailed: it has other packages than ``pushforward``, or lacks a file.
    """
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    tops = {n.partition("/")[0] for n in names if ".dist-info/" not in n}
    if tops != {"pushforward"}:
        raise BuildFailed(f"the wheel holds {', '.join(sorted(tops))}; only pushforward is ours")
    expected = {"pushforward/py.typed", *(f"pushforward/{name}" for name in sources)}
    if missing := expected - set(names):
        raise BuildFailed(f"the wheel lacks {len(missing)} files, among them {min(missing)}")


def try_pip(*packages: Path) -> None:
    """Install each package with pip into an empty environment, and run it."""
    for package in packages:
        with tempfile.TemporaryDirectory(prefix="pushforward-pip-") as made:
            folder = Path(made)
            run_program(this_python("-m", "venv", str(folder / "env")))
            programs = folder / "env" / ("Scripts" if os.name == "nt" else "bin")
            python = str(programs / "python")
            run_program([python, "-m", "pip", "install", "-q", str(package)])
            say(run_program([python, "-m", "pip", "check"], quiet=True).strip())
            run_installed(programs / "pushforward", folder)
            say(f"pip install {package.name}: it runs")


def try_uv(wheel: Path) -> None:
    """Install the wheel with `uv tool install`, and run it."""
    with tempfile.TemporaryDirectory(prefix="pushforward-uv-") as made:
        folder = Path(made)
        place = {"UV_TOOL_DIR": made + "/tools", "UV_TOOL_BIN_DIR": made + "/bin"}
        uv = shutil.which("uv") or str(Path(sys.executable).with_name("uv"))
        run_program([uv, "tool", "install", "-q", "-p", sys.executable, str(wheel)], env=place)
        run_installed(folder / "bin" / "pushforward", folder)
        say(f"uv tool install {wheel.name}: it runs")


def run_installed(program: Path, folder: Path) -> None:
    """List recipes and train the first one in a folder whose modules have our names."""
    here = folder / "elsewhere"
    for name in TRAPS:
        (here / name).parent.mkdir(parents=True, exist_ok=True)
        (here / name).write_text("raise SystemExit('a file of the user was imported')\n")
    env = {**os.environ, "PUSHFORWARD_HOME": str(folder / "home")}
    env.pop("PYTHONPATH", None)
    _run(program, ["list", "recipes"], here, env)
    _run(
        program,
        ["run", "--first", "--set", "training.steps=20", "--out", str(folder / "p")],
        here,
        env,
    )


def _run(program: Path, arguments: list[str], folder: Path, env: Mapping[str, str]) -> None:
    done = subprocess.run(
        [program, *arguments], cwd=folder, env=env, capture_output=True, text=True, check=False
    )
    if done.returncode:
        said = (done.stderr or done.stdout).strip()
        raise BuildFailed(f"`pushforward {' '.join(arguments)}` failed: {said}")

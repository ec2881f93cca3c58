"""The virtual environment: the locked packages, PyTorch, and the project itself."""

import hashlib
import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path

from steps.pip import install
from steps.system import VERSION, python_version
from steps.talk import ROOT, run, say
from steps.torch_build import bring_torch

LOCKS = ROOT / "packaging" / "lock"


@dataclass(frozen=True)
class Environment:
    """A virtual environment in the checkout: of this Python, with or without the test tools."""

    folder: Path

    @property
    def python(self) -> Path:
        return self.folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")

    @property
    def stamp(self) -> Path:
        return self.folder / "pushforward-setup.json"

    def program(self, name: str) -> str:
        """Return the path of a program that a package installed."""
        return str(self.python.parent / name)

    def done(self) -> dict[str, object]:
        """Return what was set up here the last time, empty where nothing was finished."""
        if not (self.python.exists() and self.stamp.exists()):
            return {}
        found = json.loads(self.stamp.read_text(encoding="utf-8"))
        return found if isinstance(found, dict) else {}


def environment_of_this_python() -> Environment:
    """Return ``.venv``, or ``.venv-3.13`` where that one belongs to another version of Python."""
    main = Environment(ROOT / ".venv")
    if main.python.exists() and python_version(str(main.python)) != VERSION:
        return Environment(ROOT / f".venv-{VERSION}")
    return main


def newest_environment() -> Environment:
    return Environment(ROOT / ".venv-newest")


def fingerprint() -> str:
    """Return what an environment depends on: it is made anew when this changes."""
    content = hashlib.sha256(sys.version.encode())
    for path in [ROOT / "pyproject.toml", *sorted(LOCKS.glob("*.txt"))]:
        content.update(path.read_bytes())
    return content.hexdigest()


def make_environment(environment: Environment, tests: bool, torch: str) -> None:
    """Create the environment and install the locked packages, PyTorch and the project, once."""
    done = environment.done()
    same = done.get("fingerprint") == fingerprint()
    # What the tests need includes what the studio needs; a choice of PyTorch stays until another
    # one is asked for, and who needs none takes any.
    before = done.get("torch", "skip")
    chosen = before if torch == "skip" or (torch == "auto" and before in ("cpu", "cuda")) else torch
    if same and chosen == before and (done.get("tests") or not tests):
        return
    tests = tests or bool(done.get("tests"))
    _create(environment)
    say("installing the packages (some minutes the first time)")
    lock = LOCKS / ("tests.txt" if tests else "studio.txt")
    install(
        environment.python,
        ["--require-hashes", "--no-deps", "-r", str(lock)],
        "installing the packages",
    )
    bring_torch(environment.python, torch)
    _install_project(environment, "--no-deps")
    environment.stamp.write_text(
        json.dumps({"fingerprint": fingerprint(), "tests": tests, "torch": chosen}),
        encoding="utf-8",
    )


def make_newest(environment: Environment, torch: str) -> None:
    """Create or renew the environment with the newest of everything, whatever the lock says."""
    _create(environment)
    say("installing the newest of every package")
    install(environment.python, ["--upgrade", "pip", "uv"], "installing pip")
    bring_torch(environment.python, torch, newest=True)
    install(
        environment.python,
        ["--upgrade", "--upgrade-strategy", "eager", "--group", "dev", "--group", "setup"],
        "installing the newest test tools",
    )
    _install_project(environment, "--upgrade", "--upgrade-strategy", "eager")


def _create(environment: Environment) -> None:
    if environment.python.exists():
        return
    say(f"creating the virtual environment in {environment.folder.name}")
    run(
        [sys.executable, "-m", "venv", str(environment.folder)],
        "creating the virtual environment",
        f"delete {environment.folder.name} and start again; on Debian and Ubuntu install "
        "python3-venv first",
    )


def _install_project(environment: Environment, *options: str) -> None:
    install(
        environment.python,
        ["--no-build-isolation", *options, "-e", "."],
        "installing the project",
    )

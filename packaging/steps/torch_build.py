"""PyTorch by need: which of its builds this machine gets.

The build with CUDA takes 6 GB, the one without a tenth of it, and a plain installation on Linux
brings the first whatever the machine is. So PyTorch stands outside the locked packages:

- a PyTorch that is there and fits is kept;
- where this machine configured an index or a folder of wheels, that is used as it is;
- else uv, which knows PyTorch's own indices, picks the build for what the machine has;
- where those cannot be reached, the plain one is taken, checked against its locked hashes.
"""

import os
import sys
from pathlib import Path

from steps.pip import configured_sources, install, pip
from steps.talk import ROOT, StepFailed, answer, attempt, say

CHOICES = ("auto", "cpu", "cuda", "skip")
VARIABLE = "PUSHFORWARD_TORCH"
LOCK = ROOT / "packaging" / "lock" / "torch.txt"

_PROBE = """
import json, torch
print(json.dumps([torch.__version__, torch.version.cuda or getattr(torch.version, "hip", None)]))
"""


def default_choice() -> str:
    """Return the choice that the environment variable makes, ``auto`` without one."""
    choice = os.environ.get(VARIABLE, "auto")
    if choice not in CHOICES:
        raise StepFailed(
            f"the environment variable {VARIABLE} is {choice!r}",
            f"set it to one of {', '.join(CHOICES)}, or unset it",
        )
    return choice


def locked_version() -> str:
    """Return the version that the lock names, as ``2.13.0``."""
    for line in LOCK.read_text(encoding="utf-8").splitlines():
        if line.startswith("torch=="):
            return line.removeprefix("torch==").split()[0]
    raise StepFailed(f"{LOCK.name} names no torch", "renew it: python3 packaging/lock.py")


def accepted_range() -> str:
    """Return what the project accepts, as ``torch>=2.6``."""
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return next(line for line in project["dependencies"] if line.startswith("torch"))


def present(python: Path) -> tuple[str, bool] | None:
    """Return the version of the PyTorch that can be imported, and whether it is a GPU build."""
    import json

    said = answer([str(python), "-c", _PROBE])
    if said is None:
        return None
    version, gpu = json.loads(said.splitlines()[-1])
    return version, gpu is not None


def described(found: tuple[str, bool]) -> str:
    version, gpu = found
    return f"PyTorch {version} ({'GPU build' if gpu else 'CPU build'})"


def fits(found: tuple[str, bool] | None, choice: str) -> bool:
    """Whether a PyTorch is new enough and of the kind that was asked for."""
    if found is None:
        return False
    version, gpu = found
    lowest = accepted_range().split(">=")[1].split(",")[0]
    if numbers(version) < numbers(lowest):
        return False
    return choice == "auto" or gpu == (choice == "cuda")


def numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("+", maxsplit=1)[0].split(".")[:2])


def bring_torch(python: Path, choice: str, newest: bool = False) -> None:
    """Make sure that PyTorch is in the environment as ``choice`` asks, and say which it is."""
    if choice == "skip":
        say("leaving PyTorch alone, as asked: without it the engine does not start")
        return
    found = present(python)
    if found is not None and fits(found, choice) and not newest:
        say(f"keeping {described(found)}")
        return
    if found is not None and not newest:
        say(f"replacing {described(found)}")
        attempt(pip(python, "uninstall", "-q", "-y", "-r", str(LOCK)))
    how = _install(python, choice, newest)
    found = present(python)
    if found is None:
        raise StepFailed(
            "PyTorch was installed but cannot be imported",
            f"see why: {python} -c 'import torch'; another build may fit: --torch cpu",
        )
    say(f"{described(found)}: {how}")
    if choice in ("cpu", "cuda") and not fits(found, choice):
        say(f"this is not the {choice} build that was asked for: no source here offers it")


def _install(python: Path, choice: str, newest: bool) -> str:
    """Install PyTorch and return how its build was chosen."""
    say("installing PyTorch (large; this takes some minutes the first time)")
    sources = configured_sources(python)
    if sources:
        _from_configured(python, newest)
        return f"from what this machine's pip is told to use ({', '.join(sources)})"
    if choice == "cuda" and sys.platform == "darwin":
        raise StepFailed("there is no CUDA on macOS", "leave --torch out: the GPU is used by Metal")
    plain_fits = sys.platform == "darwin" or (
        choice == "cuda" and sys.platform.startswith("linux")
    )  # where the plain package is the wanted build already
    if plain_fits:
        _plain(python, newest)
        return "the plain package for this machine"
    said = _by_uv(python, "cpu" if choice == "cpu" else "auto", newest)
    if said is None:
        return "the CPU build, as asked" if choice == "cpu" else "chosen for this machine by uv"
    say("PyTorch's own indices cannot be used from here; taking the plain package instead")
    _plain(python, newest)
    return "the plain package, since PyTorch's own indices could not be used"


def _from_configured(python: Path, newest: bool) -> None:
    """Take PyTorch from a configured index: the locked version where it has that."""
    upgrade = ["--upgrade", accepted_range()]
    if newest:
        install(python, upgrade, "installing PyTorch")
        return
    locked = f"torch=={locked_version()}"
    if attempt(pip(python, "install", "-q", locked)) is not None:
        say(f"what this machine's pip uses does not offer {locked}; trying {accepted_range()}")
        install(python, upgrade, "installing PyTorch")


def _by_uv(python: Path, backend: str, newest: bool) -> str | None:
    """Let uv pick the build; return None if it did, else what it said."""
    wanted = ["--upgrade", accepted_range()] if newest else [f"torch=={locked_version()}"]
    return attempt(
        [str(python), "-m", "uv", "pip", "install", "-q", "--python", str(python),
         "--torch-backend", backend, *wanted],
        # A network that lets nothing through must not cost minutes before the plain package.
        {**os.environ, "UV_HTTP_CONNECT_TIMEOUT": "15", "UV_HTTP_RETRIES": "1"},
    )  # fmt: skip


def _plain(python: Path, newest: bool) -> None:
    # Every package that only PyTorch brings is in its lock, the others are installed already.
    locked = ["--require-hashes", "--no-deps", "-r", str(LOCK)]
    install(python, ["--upgrade", accepted_range()] if newest else locked, "installing PyTorch")

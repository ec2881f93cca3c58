#!/usr/bin/env python3
"""Set up Pushforward Studio on a fresh machine, then open it or run all its tests.

    python3 packaging/bootstrap.py open    set up, then open the studio
    python3 packaging/bootstrap.py test    set up, then run every check and test
    python3 packaging/bootstrap.py setup   set up only

Needs nothing but Python 3.11 to 3.13: the standard library only, on Linux, macOS and Windows.
Each step says what it does; one that fails says what failed and what to do. Started again, it
finds its work done and goes straight on.
"""

import argparse
import ctypes
import hashlib
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
STAMP = VENV / "pushforward-setup.txt"
LOWEST, BEYOND = (3, 11), (3, 14)

# What Qt loads from the system on Linux: shared object -> Debian and Ubuntu package.
QT_LIBRARIES = {
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libX11.so.6": "libx11-6",
    "libdbus-1.so.3": "libdbus-1-3",
    "libfontconfig.so.1": "libfontconfig1",
    "libfreetype.so.6": "libfreetype6",
    "libglib-2.0.so.0": "libglib2.0-0t64",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-randr.so.0": "libxcb-randr0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libX11-xcb.so.1": "libx11-xcb1",
}
TEST_PROGRAMS = {"Xvfb": "xvfb", "xauth": "xauth"}


class StepFailed(Exception):
    """A step failed: what, and what to do about it."""

    def __init__(self, what: str, advice: str) -> None:
        super().__init__(what)
        self.advice = advice


def say(text: str) -> None:
    print(f"[pushforward] {text}", flush=True)


def run(command: list[str], what: str, advice: str) -> None:
    """Run a command, its output going straight to the terminal."""
    if subprocess.run(command, cwd=ROOT, check=False).returncode != 0:
        raise StepFailed(f"{what} failed: {' '.join(map(str, command))}", advice)


def check_python() -> None:
    if not LOWEST <= sys.version_info[:2] < BEYOND:
        raise StepFailed(
            f"this is Python {sys.version.split()[0]}",
            "start this script with Python 3.11, 3.12 or 3.13, e.g. python3.12 packaging/...",
        )


def has_library(name: str) -> bool:
    try:
        ctypes.CDLL(name)
    except OSError:
        return False
    return True


def missing_packages(tests: bool) -> list[str]:
    """Return the Debian packages of the system libraries and programs that are not there."""
    if not sys.platform.startswith("linux"):
        return []
    wanted = [package for name, package in QT_LIBRARIES.items() if not has_library(name)]
    if tests:
        wanted += [package for name, package in TEST_PROGRAMS.items() if not shutil.which(name)]
    try:
        import ensurepip  # noqa: F401  (Debian ships it apart)
    except ImportError:
        wanted.append(f"python{sys.version_info.major}.{sys.version_info.minor}-venv")
    return wanted


def install_system(packages: list[str]) -> None:
    """Install Debian packages, as root or through sudo; elsewhere say what is missing."""
    if not packages:
        return
    line = f"apt-get install --no-install-recommends {' '.join(packages)}"
    if not shutil.which("apt-get"):
        raise StepFailed(
            f"system libraries are missing ({', '.join(packages)} by their Debian names)",
            "install the packages of the same content with your system's package manager",
        )
    prefix: list[str] = []
    if os.geteuid() != 0:
        if not shutil.which("sudo"):
            raise StepFailed("system libraries are missing", f"as root, run: {line}")
        prefix = ["sudo"]
    say(f"installing {len(packages)} system packages: {' '.join(packages)}")
    run([*prefix, "apt-get", "update", "-q"], "updating the package list", f"as root, run: {line}")
    environment = ["env", "DEBIAN_FRONTEND=noninteractive"]
    run(
        [*prefix, *environment, *line.split()[:2], "-y", "-q", *line.split()[2:]],
        "installing system libraries",
        f"as root, run: {line}",
    )


def venv_python() -> Path:
    return VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def fingerprint(tests: bool) -> str:
    """Return what the environment depends on: it is made anew when this changes."""
    content = (ROOT / "pyproject.toml").read_bytes() + Path(__file__).read_bytes()
    return f"{hashlib.sha256(content).hexdigest()} {sys.version} tests={tests}"


def make_environment(tests: bool) -> None:
    """Create ``.venv`` and install the project and its packages into it, once."""
    wanted = fingerprint(tests)
    done = STAMP.read_text() if STAMP.exists() and venv_python().exists() else ""
    if done in (wanted, fingerprint(True)):
        return
    if not venv_python().exists():
        say("creating the virtual environment in .venv")
        run(
            [sys.executable, "-m", "venv", str(VENV)],
            "creating the virtual environment",
            "delete .venv and start again; on Debian and Ubuntu install python3-venv first",
        )
    say("installing the packages (PyTorch is large; this takes some minutes the first time)")
    extra = "[dev]" if tests else ""
    run(
        [str(venv_python()), "-m", "pip", "install", "--disable-pip-version-check", "-q", "-e",
         f".{extra}"],
        "installing the packages",
        "check the network connection and the free disk space (3 GB), then start again",
    )  # fmt: skip
    STAMP.write_text(wanted)


def has_display() -> bool:
    if sys.platform.startswith("linux"):
        return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
    return True


def open_studio() -> int:
    """Open the studio, or without a display train the first recipe of the gallery."""
    python = str(venv_python())
    if has_display():
        say("opening the studio")
        return subprocess.run([python, "-m", "studio"], cwd=ROOT, check=False).returncode
    say("there is no display here (DISPLAY and WAYLAND_DISPLAY are not set), so no window")
    say("training the first recipe of the gallery instead")
    command = [python, "-m", "studio", "run", "--first", "--out", str(ROOT / "build" / "first-run")]
    return subprocess.run(command, cwd=ROOT, check=False).returncode


def checks() -> list[tuple[str, list[str], dict[str, str]]]:
    """Return what the tests consist of: a title, a command and what it adds to the environment."""
    python = str(venv_python())
    pytest = [python, "-m", "pytest", "-q"]
    found = [
        ("ruff", [python, "-m", "ruff", "check", "."], {}),
        ("format", [python, "-m", "ruff", "format", "--check", "."], {}),
        ("mypy", [python, "-m", "mypy"], {}),
        ("layers", [str(venv_python().parent / "lint-imports"), "--no-cache"], {}),
    ]
    if sys.platform.startswith("linux"):
        # A real X server, which pytest-xvfb starts; everything else needs no screen.
        found.append(("pytest on a screen", [*pytest, "-m", "xvfb"], {"QT_QPA_PLATFORM": "xcb"}))
    found.append(("pytest", [*pytest, "--durations=10"], {"QT_QPA_PLATFORM": "offscreen"}))
    return found


def run_tests(extra: list[str]) -> int:
    """Run every check; pytest goes last, so that its closing line is the last one."""
    failed = []
    for title, command, more in checks():
        say(f"{title}: {Path(command[0]).name} {' '.join(command[1:])}")
        arguments = extra if title == "pytest" else []
        environment = {**os.environ, **more}
        done = subprocess.run([*command, *arguments], cwd=ROOT, env=environment, check=False)
        if done.returncode != 0:
            failed.append(title)
            print(f"[pushforward] {title} failed: see above", file=sys.stderr, flush=True)
    return 1 if failed else 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("what", choices=["open", "test", "setup"])
    arguments, extra = parser.parse_known_args()
    tests = arguments.what == "test"
    begun = time.monotonic()
    try:
        check_python()
        install_system(missing_packages(tests))
        make_environment(tests)
    except StepFailed as failure:
        print(f"[pushforward] {failure}\n[pushforward] what to do: {failure.advice}",
              file=sys.stderr)  # fmt: skip
        return 1
    say(f"set up ({time.monotonic() - begun:.0f} s)")
    if arguments.what == "open":
        return open_studio()
    return run_tests(extra) if tests else 0


if __name__ == "__main__":
    sys.exit(main())

"""The Python that runs this, and the system libraries that Qt needs on Linux."""

import ctypes
import os
import shutil
import sys

from steps.talk import StepFailed, answer, run, say

LOWEST, BEYOND = (3, 11), (3, 14)
VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"

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


def check_python() -> None:
    if not LOWEST <= sys.version_info[:2] < BEYOND:
        raise StepFailed(
            f"this is Python {sys.version.split()[0]}",
            "start this script with Python 3.11, 3.12 or 3.13, e.g. python3.12 packaging/...",
        )


def python_version(interpreter: str) -> str | None:
    """Return the version of a Python as "3.13", or None if it does not run."""
    return answer([interpreter, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"])


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
        wanted.append(f"python{VERSION}-venv")
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

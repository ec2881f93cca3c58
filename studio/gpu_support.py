"""Add a PyTorch for NVIDIA GPUs to an installed bundle, which brings one for CPUs only.

The wheels come from a folder that the user chooses. They are unpacked into a folder of the user,
which the engine searches before the bundle's own. Nothing is downloaded.
"""

import base64
import csv
import hashlib
import io
import re
import shutil
import subprocess
import sys
import sysconfig
import threading
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from pushforward.studio.home import data_folder
from pushforward.studio.launch import popen_options

__all__ = [
    "Driver",
    "GpuSupportError",
    "Plan",
    "activate",
    "find_driver",
    "install",
    "installed_build",
    "make_plan",
    "remove",
    "support_folder",
]

_CHUNK = 1 << 20
_DONE = "installed.txt"
_WHEEL = re.compile(
    r"(?P<name>[^-]+)-(?P<version>[^-]+)(-\d[^-]*)?-(?P<tags>[^-]+-[^-]+-[^-]+)\.whl"
)
_BUILD = re.compile(r"\+cu(\d+)(\d)\Z")
_REQUIRES = re.compile(r"Requires-Dist: ([A-Za-z0-9._-]+)")
_MINIMUM_DRIVERS = {11: (450, 80), 12: (525, 60), 13: (580, 65)}
"""Least driver for each major version of CUDA; minor versions need no later one
(CUDA Compatibility,
docs.nvidia.com/deploy/cuda-compatibility).
"""
_GPU_PACKAGES = ("nvidia", "cuda", "triton")
"""Beginnings of the packages that only builds for GPUs need; the bundle has all others."""


class GpuSupportError(Exception):
    """GPU support cannot be added; the message says why and what to do."""


class Cancelled(Exception):
    """The user cancelled; nothing is left of it."""


@dataclass(frozen=True)
class Driver:
    """The NVIDIA driver of this machine, and the name of its first GPU."""

    version: str
    gpu: str

    def supports(self, cuda: tuple[int, int]) -> bool:
        """Whether programs for a version of CUDA run with it."""
        least = _MINIMUM_DRIVERS.get(cuda[0])
        return least is not None and _numbers(self.version) >= least


@dataclass(frozen=True)
class Plan:
    """What would be installed.

    Attributes:
        build: for example "2.13.0+cu126".
        wheels: the files, PyTorch first.
        size: bytes after unpacking.
        target: the folder it goes to.
    """

    build: str
    wheels: tuple[Path, ...]
    size: int
    target: Path


def support_folder() -> Path:
    """Return the folder of GPU support; it need not exist."""
    return data_folder() / "gpu"


def installed_build() -> str:
    """Return the build that is installed, "" if there is none for this Python."""
    try:
        build, python = (support_folder() / _DONE).read_text(encoding="utf-8").split()
    except (OSError, ValueError):
        return ""
    return build if python == _python_tag() else ""


def activate(search_path: list[str]) -> str:
    """Put GPU support, if installed, first in a search path of modules; return its build or ""."""
    build = installed_build()
    if build:
        search_path.insert(0, str(support_folder()))
    return build


def find_driver() -> Driver | None:
    """Return the NVIDIA driver, None if there is none."""
    command = ["nvidia-smi", "--query-gpu=driver_version,name", "--format=csv,noheader"]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=10, check=False, **popen_options()
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    version, _, gpu = done.stdout.partition("\n")[0].partition(", ")
    return Driver(version, gpu) if done.returncode == 0 and _numbers(version) else None


def make_plan(folder: Path, driver: Driver, version: str) -> Plan:
    """Choose the newest build for a driver among the wheels of a folder.

    Args:
        folder: with wheels of PyTorch and of the NVIDIA packages that it requires.
        driver: of this machine.
        version: of PyTorch in this bundle, for example "2.13.0+cpu"; another one is not taken.

    Raises:
        GpuSupportError: no wheel fits, or a required one is missing.
    """
    wanted = version.partition("+")[0]
    fitting = [
        wheel for wheel in _wheels(folder, "torch") if _version_of(wheel).startswith(f"{wanted}+cu")
    ]
    if not fitting:
        raise GpuSupportError(
            f"{folder} has no wheel of PyTorch {wanted} with CUDA for {_python_tag()} on this "
            "system. Choose a folder that has one."
        )
    usable = [wheel for wheel in fitting if driver.supports(_cuda_of(wheel))]
    if not usable:
        offered = ", ".join(_version_of(wheel) for wheel in fitting)
        raise GpuSupportError(
            f"Driver {driver.version} is too old for {offered}. Update the driver."
        )
    torch = max(usable, key=_cuda_of)
    wheels = tuple(_with_requirements(folder, torch))
    size = sum(info.file_size for wheel in wheels for info in _open(wheel).infolist())
    return Plan(_version_of(torch), wheels, size, support_folder())


def install(plan: Plan, progress: Callable[[float], None], cancel: threading.Event) -> None:
    """Unpack the wheels of a plan; an earlier build stays until this one is complete.

    Args:
        plan: from `make_plan`.
        progress: is called, on this thread, with the share that is done (0 to 1).
        cancel: set it to stop.

    Raises:
        Cancelled: nothing was changed.
        GpuSupportError: a wheel is damaged, or the disk is full; nothing was changed.
    """
    partial = plan.target.with_name(f"{plan.target.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    try:
        partial.mkdir(parents=True)
        free = shutil.disk_usage(partial).free
        if free < plan.size:
            raise GpuSupportError(
                f"{plan.target.parent} has {free / 1e9:.1f} GB free; {plan.size / 1e9:.1f} GB are "
                "needed. Free some space."
            )
        done = 0
        for wheel in plan.wheels:
            for count in _unpack(wheel, partial):
                if cancel.is_set():
                    raise Cancelled
                done += count
                progress(min(1.0, done / max(plan.size, 1)))
        (partial / _DONE).write_text(f"{plan.build} {_python_tag()}\n", encoding="utf-8")
        shutil.rmtree(plan.target, ignore_errors=True)
        partial.rename(plan.target)
    except OSError as error:
        raise GpuSupportError(f"{plan.target} cannot be written: {error.strerror}.") from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def remove() -> None:
    """Delete GPU support; the bundle's own PyTorch is used again after a restart.

    Raises:
        GpuSupportError: the system refused.
    """
    try:
        if support_folder().exists():
            shutil.rmtree(support_folder())
    except OSError as error:
        raise GpuSupportError(f"{support_folder()} cannot be deleted: {error.strerror}.") from error


def _unpack(wheel: Path, folder: Path) -> Iterator[int]:
    """Unpack a wheel and compare each file with its hash; yield the bytes of each step."""
    with _open(wheel) as archive:
        hashes = _hashes(archive, wheel)
        for info in archive.infolist():
            target = _target(folder, info.filename, wheel)
            if target is None:
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            digest = hashlib.sha256()
            with archive.open(info) as source, target.open("wb") as copy:
                while chunk := source.read(_CHUNK):
                    digest.update(chunk)
                    copy.write(chunk)
                    yield len(chunk)
            expected = hashes.get(info.filename)
            if expected and _encode(digest.digest()) != expected:
                raise GpuSupportError(
                    f"{wheel.name} is damaged: {info.filename} differs from its hash. Get it again."
                )


def _target(folder: Path, name: str, wheel: Path) -> Path | None:
    """Return where a file of a wheel goes, None for a folder.

    Raises:
        GpuSupportError: it would be outside the folder.
    """
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or "\\" in name or ":" in name:
        raise GpuSupportError(f"{wheel.name} is not safe: it has a file {name!r}.")
    return None if name.endswith("/") else folder.joinpath(*path.parts)


def _hashes(archive: zipfile.ZipFile, wheel: Path) -> dict[str, str]:
    """Return the SHA-256 hashes that a wheel's RECORD lists."""
    record = next((n for n in archive.namelist() if n.endswith(".dist-info/RECORD")), None)
    if record is None:
        raise GpuSupportError(f"{wheel.name} is not a wheel: it has no RECORD.")
    rows = csv.reader(io.StringIO(archive.read(record).decode()))
    return {row[0]: row[1].removeprefix("sha256=") for row in rows if len(row) > 1 and row[1]}


def _with_requirements(folder: Path, torch: Path) -> Iterator[Path]:
    """Yield a wheel and those of the packages for GPUs that it requires, directly or not."""
    waiting, seen = [torch], {"torch"}
    while waiting:
        wheel = waiting.pop()
        yield wheel
        for name in _requirements(wheel):
            if name in seen or not name.startswith(_GPU_PACKAGES):
                continue
            seen.add(name)
            found = _wheels(folder, name)
            if not found:
                raise GpuSupportError(
                    f"{folder} has no wheel of {name}, which {wheel.name} requires."
                )
            waiting.append(found[-1])


def _requirements(wheel: Path) -> Sequence[str]:
    with _open(wheel) as archive:
        names = [n for n in archive.namelist() if n.endswith(".dist-info/METADATA")]
        text = archive.read(names[0]).decode() if names else ""
    lines = [line for line in text.splitlines() if "extra ==" not in line]
    return [_normal(match[1]) for line in lines if (match := _REQUIRES.match(line))]


def _wheels(folder: Path, name: str) -> list[Path]:
    """Return the wheels of a package that this Python and system can use, by version."""
    found = []
    for file in folder.glob("*.whl"):
        match = _WHEEL.fullmatch(file.name)
        if match and _normal(match["name"]) == name and _fits(match["tags"]):
            found.append(file)
    return sorted(found, key=lambda file: (_numbers(_version_of(file)), file.name))


def _fits(tags: str) -> bool:
    """Whether a wheel with some tags runs here."""
    python, _, platform = tags.split("-")
    machine = re.sub(r"[-.]", "_", sysconfig.get_platform()).partition("_")[2]
    systems = {"linux": "linux", "win32": "win"}
    here = systems.get(sys.platform, sys.platform) in platform and machine in platform
    return python.split(".")[0] in (_python_tag(), "py3", "py2") and (platform == "any" or here)


def _python_tag() -> str:
    return f"cp{sys.version_info.major}{sys.version_info.minor}"


def _version_of(wheel: Path) -> str:
    match = _WHEEL.fullmatch(wheel.name)
    return match["version"].replace("%2B", "+") if match else ""


def _cuda_of(wheel: Path) -> tuple[int, int]:
    match = _BUILD.search(_version_of(wheel))
    return (int(match[1]), int(match[2])) if match else (0, 0)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version.partition("+")[0]))


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _encode(digest: bytes) -> str:
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def _open(wheel: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(wheel)
    except (OSError, zipfile.BadZipFile) as error:
        raise GpuSupportError(f"{wheel.name} cannot be read. Get it again.") from error

"""GPU support from a local folder of small wheels."""

import base64
import hashlib
import sys
import sysconfig
import threading
import zipfile
from pathlib import Path

import pytest

from pushforward.studio import gpu_support
from pushforward.studio.gpu_support import Cancelled, Driver, GpuSupportError

TAG = f"cp{sys.version_info.major}{sys.version_info.minor}"
NATIVE = sysconfig.get_platform().replace("-", "_").replace(".", "_")
DRIVER = Driver("570.12.01", "A GPU")
HERE = "2.13.0+cpu"


def make_wheel(
    folder: Path,
    name: str,
    version: str,
    *,
    tag: str = "",
    requires: str = "",
    damage: bool = False,
) -> Path:
    """Write a wheel with one module, and return it."""
    package = name.replace("-", "_")
    info = f"{package}-{version}.dist-info"
    lines = "".join(f"Requires-Dist: {line}\n" for line in requires.split("|") if line)
    files = {
        f"{package}/__init__.py": f"__version__ = {version!r}\n",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{lines}",
    }
    rows = [f"{path},sha256={digest(text)},{len(text)}" for path, text in files.items()]
    file = folder / f"{package}-{version}-{tag or f'{TAG}-{TAG}-{NATIVE}'}.whl"
    with zipfile.ZipFile(file, "w") as archive:
        for path, text in files.items():
            archive.writestr(path, text + ("#" if damage and path.endswith(".py") else ""))
        archive.writestr(f"{info}/RECORD", "\n".join([*rows, f"{info}/RECORD,,"]))
    return file


def digest(text: str) -> str:
    sha = hashlib.sha256(text.encode()).digest()
    return base64.urlsafe_b64encode(sha).rstrip(b"=").decode()


@pytest.fixture
def wheels(tmp_path: Path) -> Path:
    """Two builds for CUDA 12, one for CUDA 13, another version, and what they require."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    needs = 'nvidia-cublas-cu12==12.6 ; platform_system == "Linux"|sympy|tb ; extra == "x"'
    for build in ("2.13.0+cu126", "2.13.0+cu128", "2.13.0+cu130", "2.12.0+cu128", "2.13.0+cpu"):
        make_wheel(folder, "torch", build, requires=needs)
    make_wheel(folder, "torch", "2.13.0+cu129", tag="cp39-cp39-win_arm64")
    make_wheel(folder, "nvidia-cublas-cu12", "12.6", tag=f"py3-none-{NATIVE}")
    return folder


def test_the_newest_build_that_the_driver_supports_is_planned(wheels: Path) -> None:
    plan = gpu_support.make_plan(wheels, DRIVER, HERE)
    assert plan.build == "2.13.0+cu128"
    assert [file.name.partition("-")[0] for file in plan.wheels] == ["torch", "nvidia_cublas_cu12"]
    assert plan.size > 0
    assert plan.target == gpu_support.support_folder()
    assert gpu_support.make_plan(wheels, Driver("580.65.06", ""), HERE).build == "2.13.0+cu130"


def test_what_does_not_fit_is_refused_with_the_reason(wheels: Path, tmp_path: Path) -> None:
    with pytest.raises(GpuSupportError, match=r"Driver 470\.1 is too old"):
        gpu_support.make_plan(wheels, Driver("470.1", ""), HERE)
    with pytest.raises(GpuSupportError, match=r"no wheel of PyTorch 2\.14\.0"):
        gpu_support.make_plan(wheels, DRIVER, "2.14.0+cpu")
    next(wheels.glob("nvidia*")).unlink()
    with pytest.raises(GpuSupportError, match="nvidia-cublas-cu12, which"):
        gpu_support.make_plan(wheels, DRIVER, HERE)


def test_it_is_installed_with_progress_and_found_first(wheels: Path) -> None:
    shares: list[float] = []
    plan = gpu_support.make_plan(wheels, DRIVER, HERE)
    gpu_support.install(plan, shares.append, threading.Event())
    assert shares == sorted(shares)
    assert shares[-1] <= 1.0
    assert gpu_support.installed_build() == plan.build
    path = ["bundle"]
    assert gpu_support.activate(path) == plan.build
    assert path == [str(plan.target), "bundle"]
    assert (Path(path[0]) / "torch" / "__init__.py").is_file()
    gpu_support.remove()
    assert gpu_support.installed_build() == ""
    assert gpu_support.activate(path[1:]) == ""


def test_a_cancelled_installation_keeps_the_earlier_one(wheels: Path) -> None:
    gpu_support.install(
        gpu_support.make_plan(wheels, DRIVER, HERE), lambda share: None, threading.Event()
    )
    newer = gpu_support.make_plan(wheels, Driver("580.65.06", ""), HERE)
    cancel = threading.Event()
    with pytest.raises(Cancelled):
        gpu_support.install(newer, lambda share: cancel.set(), cancel)
    assert gpu_support.installed_build() == "2.13.0+cu128"
    assert [f.name for f in newer.target.parent.glob("gpu*")] == ["gpu"]


def test_a_damaged_wheel_is_refused(wheels: Path) -> None:
    make_wheel(wheels, "torch", "2.13.0+cu130", damage=True)
    plan = gpu_support.make_plan(wheels, Driver("580.65.06", ""), HERE)
    with pytest.raises(GpuSupportError, match="differs from its hash"):
        gpu_support.install(plan, lambda share: None, threading.Event())
    assert gpu_support.installed_build() == ""


def test_a_wheel_writes_nothing_outside_its_folder(wheels: Path) -> None:
    file = next(wheels.glob("nvidia*"))
    with zipfile.ZipFile(file, "a") as archive:
        archive.writestr("../outside.py", "")
    plan = gpu_support.make_plan(wheels, DRIVER, HERE)
    with pytest.raises(GpuSupportError, match="not safe"):
        gpu_support.install(plan, lambda share: None, threading.Event())
    assert not (plan.target.parent / "outside.py").exists()


def test_the_driver_is_read_from_nvidia_smi(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert gpu_support.find_driver() is None
    if sys.platform != "win32":
        program = tmp_path / "nvidia-smi"
        program.write_text("#!/bin/sh\necho '570.12.01, NVIDIA A GPU'\n")
        program.chmod(0o755)
        assert gpu_support.find_driver() == Driver("570.12.01", "NVIDIA A GPU")

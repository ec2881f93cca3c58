"""Build the bundle: one folder with the programs `pushforward` and `pushforward-engine`.

Needs a Python with a shared library, PyInstaller (dependency group `build`), and on Linux `strip`.
The result, dist/pushforward, runs without Python on this system, or a newer one of its kind.
"""

import argparse
import hashlib
import json
import os
import shutil
import sys
import sysconfig
import time
from pathlib import Path

from builds.common import (
    BUILD,
    BUNDLE,
    DIST,
    ROOT,
    BuildFailed,
    commit,
    folder_size,
    project_version,
    report,
    run_program,
    say,
    this_python,
)
from builds.licences import write_licences

HELP = "the folder with both programs (dist/pushforward)"
LIMIT = 750_000_000
"""Bytes that a bundle for CPUs may have."""
SMALL = 100_000
"""Bytes of files that are not worth a link."""
SPEC = ROOT / "packaging" / "bundle" / "pushforward.spec"
SUFFIX = ".exe" if sys.platform == "win32" else ""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument("--version", default=project_version(), help="version that it states")
    parser.add_argument("--check-only", action="store_true", help="check the bundle that is there")


def run(given: argparse.Namespace) -> None:
    """Build the bundle and check it."""
    if not given.check_only:
        make_bundle(given.version)
    check_bundle(BUNDLE)


def make_bundle(version: str) -> None:
    """Make dist/pushforward anew."""
    began = time.monotonic()
    if sys.platform == "linux" and not sysconfig.get_config_var("Py_ENABLE_SHARED"):
        raise BuildFailed("this Python has no shared library; use one built with --enable-shared")
    info = _write_build_info(version)
    environment = {
        "PUSHFORWARD_BUILD_INFO": str(info),
        "PUSHFORWARD_VERSION": version,
        **_version_resource(version),
    }
    run_program(
        this_python(
            "-m", "PyInstaller", "--noconfirm", "--log-level", "WARN",
            "--distpath", str(DIST), "--workpath", str(BUILD / "pyinstaller"), str(SPEC),
        ),
        env=environment,
    )  # fmt: skip
    strip_libraries(BUNDLE / "_internal")
    link_duplicates(BUNDLE / "_internal")
    write_licences(BUNDLE)
    report(BUNDLE, began)


def check_bundle(bundle: Path) -> None:
    """Import every module inside the bundle and compare its size with the limit.

    Raises:
        BuildFailed: there is no bundle, a module cannot be imported, or it is too large.
    """
    engine = bundle / f"pushforward-engine{SUFFIX}"
    if not engine.exists():
        raise BuildFailed(f"{engine} does not exist: run `packaging/build.py bundle`")
    say(run_program([engine, "self-check"], quiet=True, folder=bundle).strip())
    size = folder_size(bundle)
    if size > LIMIT and not _has_cuda(bundle):
        raise BuildFailed(f"the bundle has {size / 1e6:.0f} MB, more than {LIMIT / 1e6:.0f}")


def strip_libraries(folder: Path) -> None:
    """Remove symbols and debug information from all libraries, on Linux (some 290 MB)."""
    if sys.platform != "linux":
        return
    before = folder_size(folder)
    files = [file for file in folder.rglob("*.so*") if file.is_file() and not file.is_symlink()]
    run_program(["strip", "--strip-unneeded", *files])
    say(f"stripped: {before / 1e6:.0f} MB, then {folder_size(folder) / 1e6:.0f} MB")


def link_duplicates(folder: Path) -> None:
    """Replace equal files by hard links to one of them, on Linux."""
    if sys.platform != "linux":
        return
    seen: dict[bytes, Path] = {}
    for file in sorted(folder.rglob("*")):
        if file.is_symlink() or not file.is_file() or file.stat().st_size < SMALL:
            continue
        with file.open("rb") as data:
            digest = hashlib.file_digest(data, "sha256").digest()
        first = seen.setdefault(digest, file)
        if first is not file:
            file.unlink()
            file.hardlink_to(first)


def _write_build_info(version: str) -> Path:
    """Write what `About` says of this build: version and commit."""
    file = BUILD / "build-info" / "build.json"
    shutil.rmtree(file.parent, ignore_errors=True)
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps({"version": version, "commit": commit()}), encoding="utf-8")
    return file


def _version_resource(version: str) -> dict[str, str]:
    """Return the variables that name the icon and the version resource of Windows programs."""
    variables: dict[str, str] = {}
    if sys.platform == "win32":
        from builds.versions import write_version_file

        variables["PUSHFORWARD_VERSION_FILE"] = str(write_version_file(version))
    if sys.platform in ("win32", "darwin") and (icon := os.environ.get("PUSHFORWARD_ICON")):
        variables["PUSHFORWARD_ICON"] = icon
    return variables


def _has_cuda(bundle: Path) -> bool:
    return any(bundle.rglob("*torch_cuda*"))

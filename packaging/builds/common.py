"""What the builds share: folders, version, and external programs that must succeed."""

import os
import subprocess
import sys
import time
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path

__all__ = [
    "BUILD",
    "BUNDLE",
    "DIST",
    "ROOT",
    "BuildFailed",
    "commit",
    "folder_size",
    "project_version",
    "report",
    "run_program",
    "say",
]

ROOT = Path(__file__).resolve().parents[2]
DIST = ROOT / "dist"
BUILD = ROOT / "build"
BUNDLE = DIST / "pushforward"


class BuildFailed(Exception):
    """A build cannot go on; the message says why and what to do."""


def say(text: str) -> None:
    """Print one line at once."""
    print(text, flush=True)


def project_version() -> str:
    """Return the version that pyproject.toml states."""
    with (ROOT / "pyproject.toml").open("rb") as file:
        return str(tomllib.load(file)["project"]["version"])


def commit() -> str:
    """Return the short commit of the checkout, "+" after it if files differ."""
    try:
        head = run_program(["git", "rev-parse", "--short=12", "HEAD"], quiet=True).strip()
        changed = run_program(["git", "status", "--porcelain", "-uno"], quiet=True).strip()
    except BuildFailed:
        return ""
    return head + ("+" if changed else "")


def run_program(
    command: Sequence[str | Path],
    *,
    quiet: bool = False,
    folder: Path = ROOT,
    env: Mapping[str, str] | None = None,
) -> str:
    """Run a program and return its output ("" unless ``quiet``).

    Raises:
        BuildFailed: it is not installed or returned an error.
    """
    words = [str(word) for word in command]
    environment = {**os.environ, **(env or {})}
    try:
        done = subprocess.run(
            words, cwd=folder, env=environment, check=False, text=True, capture_output=quiet
        )
    except FileNotFoundError as error:
        raise BuildFailed(f"{words[0]} is not installed") from error
    if done.returncode:
        details = (done.stderr or "").strip()
        raise BuildFailed(f"`{' '.join(words)}` failed with {done.returncode}. {details}".strip())
    return done.stdout or ""


def folder_size(folder: Path) -> int:
    """Return the bytes of all files below a folder, a hard or symbolic link counted once."""
    seen: dict[tuple[int, int], int] = {}
    for file in folder.rglob("*"):
        if file.is_file() and not file.is_symlink():
            status = file.stat()
            seen[status.st_dev, status.st_ino] = status.st_size
    return sum(seen.values())


def report(result: Path, began: float) -> None:
    """Print the size of a result and the time since ``began`` (of `time.monotonic`)."""
    size = folder_size(result) if result.is_dir() else result.stat().st_size
    say(f"{result.relative_to(ROOT)}: {size / 1e6:.0f} MB in {time.monotonic() - began:.0f} s")


def this_python(*arguments: str) -> list[str]:
    """Return a command of the Python that runs this build."""
    return [sys.executable, *arguments]

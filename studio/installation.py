"""Facts of this installation: its commit, and the licences of its parts.

A bundle has them in two files, written when it is built. A checkout or a wheel has no such files:
the commit comes from git, the licences from the metadata of the installed packages.
"""

import re
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import msgspec

from pushforward.studio.launch import popen_options
from pushforward.studio.version import build_facts

__all__ = ["Part", "collect_parts", "commit", "parts"]

PROGRAM = "pushforward"
LICENCES_FILE = Path(__file__).parents[1] / "licences.json"
_LICENCE_FILES = ("licen", "copying", "notice", "copyright")
_NAME = re.compile(r"[A-Za-z0-9._-]+")


class Part(msgspec.Struct, frozen=True):
    """A package that this installation contains; ``text`` is its licence."""

    name: str
    version: str
    licence: str
    text: str = ""


def commit() -> str:
    """Return the short commit that was built or is checked out, "" where it is unknown."""
    if facts := build_facts():
        return facts.get("commit", "")
    root = Path(__file__).resolve().parents[1]
    if not (root / ".git").exists():
        return ""
    command = ["git", "-C", str(root), "rev-parse", "--short=12", "HEAD"]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=5, check=False, **popen_options()
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def parts() -> list[Part]:
    """Return the parts of this installation, Python first."""
    if LICENCES_FILE.exists():
        return msgspec.json.decode(LICENCES_FILE.read_bytes(), type=list[Part])
    return collect_parts()


def collect_parts(root: str = PROGRAM) -> list[Part]:
    """Return Python and the installed packages that a package requires, with their licences."""
    file = Path(sysconfig.get_path("stdlib")) / "LICENSE.txt"
    text = file.read_text(encoding="utf-8") if file.exists() else sys.copyright
    found = [Part("Python", sys.version.split()[0], "PSF-2.0", text)]
    for name in sorted(_required(root)):
        package = metadata.distribution(name)
        stated, text = _stated_licence(package), "\n\n".join(_licence_texts(package))
        shown = stated or ("see its text" if text else "not stated")
        found.append(Part(package.metadata["Name"], package.version, shown, text))
    return found


def _required(root: str) -> set[str]:
    """Return the installed packages that one requires, without extras, and that one itself."""
    found: set[str] = set()
    waiting = [root]
    while waiting:
        name = waiting.pop().lower().replace("_", "-")
        if name in found:
            continue
        try:
            requires = metadata.requires(name) or []
        except metadata.PackageNotFoundError:
            continue  # required on another system only
        found.add(name)
        for line in requires:
            match = _NAME.match(line)
            if match and "extra ==" not in line:
                waiting.append(match[0])
    return found


def _stated_licence(package: metadata.Distribution) -> str:
    """Return the licence that the metadata states, in one line, "" if none."""
    data = package.metadata
    fields = [*(data.get_all("License-Expression") or []), *(data.get_all("License") or [])]
    stated = str(fields[0]) if fields else ""
    if not stated or len(stated) > 100:
        classes = [str(c) for c in data.get_all("Classifier") or []]
        named = [c.rpartition(" :: ")[2] for c in classes if c.startswith("License ::")]
        stated = ", ".join(named) or stated.partition("\n")[0]
    return " ".join(stated.split())


def _licence_texts(package: metadata.Distribution) -> Iterator[str]:
    for path in package.files or []:
        inside = ".dist-info" in str(path) and path.suffix not in (".py", ".pyc")
        if inside and any(name in path.name.lower() for name in _LICENCE_FILES):
            file = Path(str(path.locate()))
            if file.is_file():
                yield file.read_text(encoding="utf-8", errors="replace")

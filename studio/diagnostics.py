"""A zip for bug reports: versions, events, nothing private.

Every text goes through one `Scrubber`. Needs neither Qt nor torch: what only the window or the
engine knows is passed as ``facts``.
"""

import io
import json
import os
import platform
import sys
import time
import zipfile
from collections.abc import Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

import msgspec

from pushforward.studio import journal
from pushforward.studio.privacy import Scrubber
from pushforward.studio.protocol.spec import PROJECT_PREFIX
from pushforward.studio.store.atomic import write_bytes
from pushforward.studio.store.errors import StoreError, explain
from pushforward.studio.store.project import Project
from pushforward.studio.store.run import RunFolder

__all__ = ["CONTENTS", "LEFT_OUT", "file_name", "write"]

CONTENTS = (
    "Versions of the studio, Python, Qt, torch and the other packages",
    "The system, its processors and memory, the devices found",
    "Parts that could not be loaded, and your preferences",
    "The last logs of the window and the engine, and crash reports",
    "Runs by number: model, data set, state, steps, error",
)
LEFT_OUT = (
    "Your data are not included. Your name, that of the machine and your folders are replaced: the "
    "home folder by ~, each project by a number."
)
PACKAGES = (
    "pushforward", "PySide6-Essentials", "shiboken6", "pyqtgraph", "qasync", "torch", "numpy",
    "scipy", "h5py", "msgspec", "safetensors", "POT", "networkx", "psutil", "platformdirs",
    "tomli-w",
)  # fmt: skip
VARIABLES = (
    "LANG", "LC_ALL", "XDG_SESSION_TYPE", "XDG_CURRENT_DESKTOP", "QT_QPA_PLATFORM",
    "QT_SCALE_FACTOR", "OMP_NUM_THREADS", "CUDA_VISIBLE_DEVICES", "PYTHONPATH",
)  # fmt: skip
LOGS = 3  # of a kind
TAIL = 256 * 1024  # bytes of each log
PROJECTS, RUNS = 5, 50  # so many projects are looked into, and so many runs of each are told


def file_name() -> str:
    """Return a name for the zip with the time in it."""
    return f"pushforward-diagnostics-{time.strftime('%Y%m%d-%H%M')}.zip"


def write(
    file: Path,
    *,
    projects: Sequence[Path] = (),
    preferences: Mapping[str, Any] | None = None,
    facts: Mapping[str, Any] | None = None,
) -> list[str]:
    """Write the zip and return the names of its files.

    Args:
        file: an older one of that name is replaced.
        projects: project folders, the most important first.
        preferences: the user's preferences, as plain data.
        facts: further facts, such as devices and problems of the catalogue, as plain data.

    Raises:
        StoreError: it cannot be written.
    """
    folders = list(dict.fromkeys(Path(path).absolute() for path in projects))
    opened = {n: found for n, path in enumerate(folders, 1) if (found := _opened(path))}
    scrub = Scrubber(folders, _names(folders, opened, preferences or {}))
    runs = {f"<project {n}>": _runs(p) for n, p in list(opened.items())[:PROJECTS]}
    texts = {
        "about.txt": "\n".join([*CONTENTS, LEFT_OUT, ""]),
        "report.json": _json(_report(facts or {}), scrub),
        # Not where files were chosen last: a folder that is no project's may be called anything.
        "preferences.json": _json({**(preferences or {}), "files": ""}, scrub),
        "runs.json": _json(runs, scrub),
        **_logs(),
    }
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in texts.items():
            archive.writestr(name, scrub(text))
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise explain(error, file) from error
    write_bytes(file, data.getvalue())
    return list(texts)


def _json(value: Any, scrub: Scrubber) -> str:
    # Word for word: where JSON writes a line feed as "\\n", a name after it would not be found.
    plain = _scrubbed(msgspec.to_builtins(value), scrub)
    return json.dumps(plain, indent=2, ensure_ascii=False)


def _scrubbed(value: Any, scrub: Scrubber) -> Any:
    if isinstance(value, str):
        return scrub(value)
    if isinstance(value, dict):
        return {scrub(str(key)): _scrubbed(item, scrub) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_scrubbed(item, scrub) for item in value]
    return value


def _report(facts: Mapping[str, Any]) -> dict[str, Any]:
    import psutil

    memory = psutil.virtual_memory()
    return {
        "packages": {name: _version(name) for name in PACKAGES},
        "python": sys.version,
        "frozen": bool(getattr(sys, "frozen", False)),
        "system": platform.platform(),
        "machine": platform.machine(),
        "processors": os.cpu_count(),
        "memory": {"total": memory.total, "available": memory.available},
        "environment": {name: os.environ[name] for name in VARIABLES if name in os.environ},
        **facts,
    }


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "not installed"


def _opened(path: Path) -> Project | None:
    try:
        return Project.open(path)
    except StoreError:
        return None  # moved, or on a disk that is not there


def _names(
    folders: Sequence[Path], opened: Mapping[int, Project], preferences: Mapping[str, Any]
) -> dict[str, str]:
    """Return the private names, each with its replacement."""
    numbers = {path: n for n, path in enumerate(folders, 1)}
    names = {}
    for recent in preferences.get("recent", []):
        number = numbers.get(Path(recent["path"]).absolute())
        names[recent["name"]] = f"<project {number}>" if number else "<project>"
    for n, project in opened.items():
        names |= {project.name: f"<project {n}>", project.path.name: f"<project {n}>"}
        names |= {run.name: f"{run.number:04}" for run in project.runs()}
        names |= {data.name: "<data set>" for data in project.datasets()}
    for n, computer in enumerate(preferences.get("computers", []), 1):
        account, _, host = computer["host"].rpartition("@")
        names |= {name: f"<computer {n}>" for name in (computer["host"], host)}
        names |= {account: "<user>"} if account else {}
    return names


def _runs(project: Project) -> list[dict[str, Any]]:
    found = project.runs()[-RUNS:]
    return [_run(run) for run in found] + [{"problem": text} for text in project.problems()]


def _run(run: RunFolder) -> dict[str, Any]:
    record = run.record
    try:
        status = run.status()
    except StoreError as error:
        return {"number": run.number, "problem": error.message}
    slug = record.spec.dataset.slug
    return {
        "number": run.number,
        "model": record.spec.family.slug,
        "data": "of the project" if slug.startswith(PROJECT_PREFIX) else slug,
        "training": record.spec.training,
        "edits": len(record.spec.edits),
        "device": record.device,
        "versions": record.versions,
        "created": record.created,
        "state": status.state,
        "step": status.step,
        "total": status.total,
        "seconds": status.seconds,
        "background": status.background,
        "error": status.error,
    }


def _logs() -> dict[str, str]:
    texts = {}
    for kind in ("studio", "engine"):
        for suffix in ("log", "crash"):
            for path in journal.kept(kind, suffix)[:LOGS]:
                texts[f"logs/{path.name}"] = _tail(path)
    return texts


def _tail(path: Path) -> str:
    try:
        with open(path, "rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - TAIL))
            return file.read().decode("utf-8", errors="replace")
    except OSError as error:
        return f"cannot be read: {error.strerror}"

"""Start our processes: command, environment, working folder.

A project may come from another person, and the program may start in any folder, so no Python file
there may be imported. Our processes use Python's safe path (inherited by the environment) and work
in the installation folder; paths passed to them are absolute.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, MutableMapping
from pathlib import Path
from typing import TypedDict

from pushforward.studio.home import cache_folder, make_private

__all__ = [
    "ENGINE",
    "IMPORT_WORKER",
    "PAINT_RECORD",
    "PRINT_PAGE",
    "SERVED_FOLDER",
    "engine_command",
    "has_python",
    "import_worker_command",
    "is_bundle",
    "own_command",
    "own_env",
    "own_folder",
    "own_rank",
    "popen_options",
    "protect_compile_cache",
    "script_command",
    "script_env",
]

ENGINE = "engine"
IMPORT_WORKER = "import-worker"
PAINT_RECORD = "paint-record"
PRINT_PAGE = "print-page"
SERVED_FOLDER = "PUSHFORWARD_SERVED_FOLDER"
"""Environment variable of an engine that outlives its connection: the folder that it serves."""
TORCH_CACHE, TRITON_CACHE = "TORCHINDUCTOR_CACHE_DIR", "TRITON_CACHE_DIR"


class PopenOptions(TypedDict):
    """Some of the arguments of `subprocess.Popen`."""

    cwd: Path
    env: Mapping[str, str]
    start_new_session: bool
    creationflags: int


def own_command(*arguments: str) -> list[str]:
    """The command that runs ``pushforward`` of this installation with some arguments."""
    if is_bundle():
        # The window's program has no torch; the engine's, beside it, has all other commands.
        suffix = ".exe" if sys.platform == "win32" else ""
        return [str(Path(sys.executable).with_name(f"pushforward-engine{suffix}")), *arguments]
    return [sys.executable, "-P", "-m", "pushforward", *arguments]


def engine_command() -> list[str]:
    """The command that starts an engine of this installation."""
    return own_command(ENGINE)


def import_worker_command() -> list[str]:
    """The command that starts a process which looks into files from elsewhere."""
    return own_command(IMPORT_WORKER)


def has_python() -> bool:
    """Whether this Python can run external scripts."""
    return not is_bundle()


def script_command(script: Path, python: str, *arguments: str) -> list[str]:
    """The command that runs a script that is no part of this program, by another Python or, where
    none is named, the one that runs this.
    """
    return [python or sys.executable, str(script), *arguments]


def script_env() -> dict[str, str]:
    """The environment of an external script, without our modules or its neighbours."""
    env = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return {**env, "PYTHONSAFEPATH": "1"}


def own_env() -> dict[str, str]:
    """The environment of our processes: it imports this code, and none from the working folder."""
    env = dict(os.environ)
    here = str(_code())
    others = env.get("PYTHONPATH", "").split(os.pathsep)
    # One that is not absolute, or empty, would mean the working folder.
    others = [path for path in others if os.path.isabs(path) and path != here]
    env["PYTHONPATH"] = os.pathsep.join([here, *others])
    env["PYTHONSAFEPATH"] = "1"
    protect_compile_cache(env)
    return env


def own_rank() -> int:
    """Return the rank of this process among those that share a training, 0 for the one that
    records, or where there is no other.
    """
    text = os.environ.get("RANK", "0")
    return int(text) if text.isdecimal() and "WORLD_SIZE" in os.environ else 0


def protect_compile_cache(env: MutableMapping[str, str]) -> None:
    """Set where PyTorch and Triton keep compiled code: a folder that only this account can write.

    By default it is a folder of a known name in the shared temporary folder, and what lies there
    is unpickled: another account could put code into it first. A folder that the environment names
    already is kept.
    """
    if TORCH_CACHE not in env:
        env[TORCH_CACHE] = _private_folder()
    env.setdefault(TRITON_CACHE, os.path.join(env[TORCH_CACHE], "triton"))


def own_folder() -> Path:
    """The folder that a process of ours works in: that of the installation."""
    return Path(sys.executable).resolve().parent if is_bundle() else _code()


def popen_options(env: Mapping[str, str] | None = None, *, outlives: bool = False) -> PopenOptions:
    """Options of `subprocess.Popen` for our processes: no window, and their own session, so that
    Ctrl+C in a terminal does not reach them. With ``outlives`` they survive our exit.
    """
    flags = 0
    if sys.platform == "win32":
        flags = subprocess.CREATE_NEW_PROCESS_GROUP
        flags |= (
            subprocess.DETACHED_PROCESS | subprocess.CREATE_BREAKAWAY_FROM_JOB
            if outlives
            else subprocess.CREATE_NO_WINDOW
        )
    return PopenOptions(
        cwd=own_folder(),
        env=own_env() if env is None else env,
        start_new_session=sys.platform != "win32",
        creationflags=flags,
    )


def _private_folder() -> str:
    """Return a private folder: in the cache folder, else a new temporary one."""
    folder = (cache_folder() / "compiled").absolute()
    try:
        if make_private(folder):
            return str(folder)
    except OSError:
        pass
    return tempfile.mkdtemp(prefix="pushforward-compiled-")


def is_bundle() -> bool:
    """Whether this process is a program of a bundle, which brings its own Python."""
    return bool(getattr(sys, "frozen", False))


def _code() -> Path:
    """Return the folder from which ``pushforward`` is imported."""
    return Path(__file__).absolute().parents[2]

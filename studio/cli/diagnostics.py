"""Write a zip for bug reports: versions, devices, logs, runs; nothing private. Folders and names
are replaced: the home folder by ~, each project by a number.
"""

import argparse
import os
from pathlib import Path
from typing import Any

from pushforward.studio.cli.arguments import add_overwrite
from pushforward.studio.cli.terminal import say
from pushforward.studio.workflows.errors import UsageError

__all__ = ["HELP", "add_arguments", "run"]

HELP = "write a zip of versions, devices and logs, without private paths"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument(
        "--out", type=Path, metavar="FILE", help="the zip (default: in this folder)"
    )
    add_overwrite(parser)
    parser.add_argument(
        "--project",
        action="append",
        default=[],
        type=Path,
        dest="projects",
        metavar="DIR",
        help="include the runs of this project (repeatable; default: recent projects)",
    )


def run(arguments: argparse.Namespace) -> int:
    """Write it and say where it is."""
    import msgspec

    from pushforward.studio import diagnostics
    from pushforward.studio.app.core import preferences

    file = arguments.out or Path.cwd() / diagnostics.file_name()
    if arguments.out and os.path.lexists(file) and not arguments.overwrite:
        raise UsageError(f"{file} exists; choose another name, or use --overwrite")
    kept = preferences.load()
    recent = [Path(each.path) for each in kept.recent]
    names = diagnostics.write(
        file,
        projects=[*arguments.projects, *recent],
        preferences=msgspec.to_builtins(kept),
        facts=_facts(),
    )
    say(f"{file}: {len(names)} files, {file.stat().st_size:,} bytes")
    for line in (*diagnostics.CONTENTS, diagnostics.LEFT_OUT):
        say(f"  {line}")
    return 0


def _facts() -> dict[str, Any]:
    """What the engine would say of this machine, or why it cannot: that may be the fault."""
    try:
        from pushforward.studio.engine.process.devices import devices
        from pushforward.studio.engine.process.discovery import discover

        return {"devices": devices(), "problems": discover()}
    except (ImportError, OSError, RuntimeError) as error:
        return {"engine": f"cannot be loaded: {type(error).__name__}: {error}"}

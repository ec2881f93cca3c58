#!/usr/bin/env python3
"""Build what is released: `packaging/build.py bundle`, `deb`, `wheel`, `docs`,
`windows`, `macos`.

Each command is a module of packaging/builds with HELP, `add_arguments` and `run`; a new one needs
no change here. Results are in dist/, intermediate files in build/ (both ignored by git). Run it
with a Python that has the project and the dependency group `build`.
"""

import argparse
import importlib
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from builds.common import BuildFailed

BUILDS = Path(__file__).resolve().parent / "builds"
HELPERS = {"__init__", "common", "licences", "versions"}


def parser() -> argparse.ArgumentParser:
    """Return the parser with one command for each module of packaging/builds."""
    top = argparse.ArgumentParser(prog="packaging/build.py", description=__doc__)
    commands = top.add_subparsers(dest="command", required=True, metavar="WHAT")
    for name in sorted({file.stem for file in BUILDS.glob("*.py")} - HELPERS):
        module = importlib.import_module(f"builds.{name}")
        command = commands.add_parser(name, help=module.HELP, description=module.__doc__)
        module.add_arguments(command)
        command.set_defaults(run=module.run)
    return top


def main(arguments: list[str] | None = None) -> int:
    """Run one build and return its exit status."""
    given = parser().parse_args(arguments)
    try:
        given.run(given)
    except BuildFailed as failed:
        print(f"{given.command}: {failed}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

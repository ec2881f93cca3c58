"""The version of this program, and what a bundle states of its build."""

import json
from functools import cache
from pathlib import Path

__all__ = ["BUILD_FILE", "build_facts", "program_version"]

BUILD_FILE = Path(__file__).parents[1] / "build.json"
"""Written when a bundle is built; checkouts and wheels have none."""


def program_version() -> str:
    """Return the version of the installed package, "source" for a checkout without one."""
    stated = build_facts().get("version", "")
    if stated:
        return stated
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("pushforward")
    except PackageNotFoundError:
        return "source"


@cache
def build_facts() -> dict[str, str]:
    """Return version and commit of the build, nothing outside a bundle."""
    if not BUILD_FILE.exists():
        return {}
    facts: dict[str, str] = json.loads(BUILD_FILE.read_text(encoding="utf-8"))
    return facts

"""Every check and test of the project, on this Python and on the others that are here."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from steps.environment import Environment
from steps.system import BEYOND, LOWEST, VERSION, python_version
from steps.talk import ROOT, complain, say

# As many workers as cores and no more than eight, as each holds a torch: with half as many again
# all took about as long, and what a test waits for came too late. Those that are done steal.
WORKERS = ["-n", "logical", "--maxprocesses", "8", "--dist", "worksteal"]
VARIABLE = "PUSHFORWARD_FAST_TESTS"

Check = tuple[str, list[str], dict[str, str]]


def types_check(environment: Environment) -> Check:
    """Return the check of the types, which takes one core half a minute: see `beside`."""
    return ("mypy", [str(environment.python), "-m", "mypy"], {})


def small_checks(environment: Environment) -> list[Check]:
    """Return a title, a command and what it adds to the process environment, for each check but
    that of the types and the tests that need no screen.
    """
    python = str(environment.python)
    found: list[Check] = [
        ("ruff", [python, "-m", "ruff", "check", "."], {}),
        ("format", [python, "-m", "ruff", "format", "--check", "."], {}),
        ("layers", [environment.program("lint-imports"), "--no-cache"], {}),
    ]
    if sys.platform.startswith("linux"):
        # A real X server, which pytest-xvfb starts; everything else needs no screen.
        # Its tests are whole stories, few, and all in one folder: no other is looked through.
        screen = [python, "-m", "pytest", "-q", "-m", "xvfb", "tests/e2e"]
        found.append(("pytest on a screen", screen, {"QT_QPA_PLATFORM": "xcb"}))
    return found


def tests_check(environment: Environment, whole: bool) -> Check:
    """Return the tests that need no screen: the whole of them, or the short suite."""
    command = [str(environment.python), "-m", "pytest", "-q", *WORKERS, "--durations=10"]
    if whole:
        command += ["-m", ""]  # in place of the selection in pyproject.toml
    return ("pytest", command, {"QT_QPA_PLATFORM": "offscreen"})


def fast_types_check(environment: Environment) -> Check:
    """Return mypy on the packages that never import PyTorch.

    The lock holds another NumPy for each Python, and each NumPy has its own annotations.
    """
    packages = [word for name in packages_without_torch() for word in ("-p", name)]
    return ("mypy without PyTorch", [str(environment.python), "-m", "mypy", *packages], {})


def packages_without_torch() -> list[str]:
    """Return the packages and modules that an import contract keeps away from PyTorch."""
    import tomllib  # late: an older Python gets as far as being refused in words

    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = settings["tool"]["importlinter"]["contracts"]
    found = {
        module
        for contract in contracts
        if "torch" in contract.get("forbidden_modules", ())
        for module in contract["source_modules"]
    }
    return sorted(found)


def fast_check(environment: Environment) -> list[Check]:
    """Return the tests that need no PyTorch: the screen, the client, the messages, the disk."""
    command = [str(environment.python), "-m", "pytest", "-q", *WORKERS]
    requested = os.environ.get(VARIABLE, "1")
    return [("fast tests", command, {"QT_QPA_PLATFORM": "offscreen", VARIABLE: requested})]


def run_checks(checks: list[Check], extra: list[str]) -> list[str]:
    """Run checks one after the other; return the titles of those that failed."""
    failed = []
    for title, command, more in checks:
        _name(title, command)
        # What the person adds is for the tests, e.g. -k or -x.
        arguments = extra if title in ("pytest", "fast tests") else []
        environment = _environment(more)
        done = subprocess.run([*command, *arguments], cwd=ROOT, env=environment, check=False)
        failed += _failed(title, done.returncode)
    return failed


@contextmanager
def beside(check: Check) -> Iterator[list[str]]:
    """Run a check beside what is done within, which waits for packages and screens meanwhile; then
    wait for it and say what it said. The list is empty before that, and if it did not fail.
    """
    title, command, more = check
    found: list[str] = []
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(
            command, cwd=ROOT, env=_environment(more), stdout=said, stderr=subprocess.STDOUT
        )
        try:
            yield found
            process.wait()
        finally:
            process.kill()
        said.seek(0)
        _name(title, command)
        print(said.read().decode(errors="replace"), end="", flush=True)
    found += _failed(title, process.returncode)


def _name(title: str, command: list[str]) -> None:
    say(f"{title}: {Path(command[0]).name} {' '.join(command[1:])}")


def _environment(more: dict[str, str]) -> dict[str, str]:
    environment = {**os.environ, **more}
    # Hundreds of processes start: each would compile anew all that it imports.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    return environment


def _failed(title: str, status: int) -> list[str]:
    if status == 0:
        return []
    complain(f"{title} failed: see above")
    return [title]


def other_pythons() -> list[str]:
    """Return one interpreter for each other supported version of Python that is on this machine."""
    found: dict[str, str] = {}
    supported = [f"3.{minor}" for minor in range(LOWEST[1], BEYOND[1])]
    candidates = [f"python{version}" for version in supported] + ["/usr/bin/python3"]
    for candidate in candidates:
        version = python_version(candidate)
        if version in supported and version != VERSION:
            found.setdefault(version, candidate)
    return list(found.values())


def run_on_other_pythons() -> list[str]:
    """Run the fast tests on every other Python here, each in an environment of its own; of the
    window only some, as all of it is tested on this Python.
    """
    failed = []
    others = other_pythons()
    if not others:
        say("no other supported Python is on this machine")
    script = str(ROOT / "packaging" / "bootstrap.py")
    for python in others:
        say(f"the fast tests with {python}")
        environment = {**os.environ, VARIABLE: "elsewhere"}
        done = subprocess.run([python, script, "fast"], cwd=ROOT, env=environment, check=False)
        if done.returncode != 0:
            failed.append(f"fast tests with {python}")
    return failed

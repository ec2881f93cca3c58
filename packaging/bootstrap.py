#!/usr/bin/env python3
"""Set up Pushforward Studio on a fresh machine, then open it or run its tests.

    python3 packaging/bootstrap.py open         set up, then open the studio
    python3 packaging/bootstrap.py test         set up, then run every check and the short suite
    python3 packaging/bootstrap.py test --all   set up, then run every check and every test
    python3 packaging/bootstrap.py fast         set up without PyTorch, then run the tests without
    python3 packaging/bootstrap.py setup        set up only

Needs nothing but Python 3.11 to 3.13: the standard library only, on Linux, macOS and Windows.
Each step says what it does; one that fails says what failed and what to do. Started again, it
finds its work done and goes straight on. What follows is handed to pytest.
"""

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from steps.checks import (
    beside,
    fast_check,
    fast_types_check,
    run_checks,
    run_on_other_pythons,
    small_checks,
    tests_check,
    types_check,
)
from steps.environment import (
    Environment,
    environment_of_this_python,
    make_environment,
    make_newest,
    newest_environment,
)
from steps.system import check_python, install_system, missing_packages
from steps.talk import ROOT, StepFailed, complain, say
from steps.torch_build import CHOICES, VARIABLE, default_choice


def has_display() -> bool:
    if sys.platform.startswith("linux"):
        return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
    return True


def open_studio(environment: Environment) -> int:
    """Open the studio, or without a display train the first recipe."""
    program = environment.program("pushforward")
    if has_display():
        say("opening the studio")
        return subprocess.run([program], cwd=ROOT, check=False).returncode
    say("there is no display here (DISPLAY and WAYLAND_DISPLAY are not set), so no window")
    say("training the first recipe instead")
    command = [program, "run", "--first", "--out", str(ROOT / "build" / "first-run")]
    return subprocess.run(command, cwd=ROOT, check=False).returncode


def parsed(words: list[str] | None = None) -> tuple[argparse.Namespace, list[str]]:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=["open", "test", "fast", "setup"])
    parser.add_argument(
        "--torch",
        choices=CHOICES,
        help="which PyTorch: what this machine needs (auto), without or with CUDA (cpu, cuda), or "
        f"none because you bring your own (skip); the environment variable {VARIABLE} says the "
        "same",
    )
    parser.add_argument(
        "--newest",
        action="store_true",
        help="with test: in .venv-newest, with the newest release of every package, not the "
        "locked ones",
    )
    parser.add_argument(
        "--all",
        action="store_true",
        help="with test: every test, not the short suite only, and the same as --every-python",
    )
    parser.add_argument(
        "--every-python",
        action="store_true",
        help="with test: the fast tests also with every other supported Python on this machine",
    )
    arguments, extra = parser.parse_known_args(words)
    of_test = (arguments.newest, arguments.every_python, arguments.all)
    if arguments.what != "test" and any(of_test):
        parser.error("--newest, --every-python and --all go with test")
    if arguments.newest and arguments.torch == "skip":
        parser.error("--newest tests everything, PyTorch too: it cannot be skipped")
    return arguments, extra


def set_up(arguments: argparse.Namespace) -> Environment:
    """Do every step up to a finished environment, and return it."""
    tests = arguments.what in ("test", "fast")
    check_python()
    torch = arguments.torch or default_choice()
    install_system(missing_packages(tests))
    if arguments.newest:
        environment = newest_environment()
        make_newest(environment, torch)
    else:
        environment = environment_of_this_python()
        make_environment(environment, tests, torch)
    return environment


def main() -> int:
    arguments, extra = parsed()
    begun = time.monotonic()
    if arguments.what == "fast" and arguments.torch is None:
        arguments.torch = "skip"
    try:
        environment = set_up(arguments)
    except StepFailed as failure:
        complain(f"{failure}\n[pushforward] what to do: {failure.advice}")
        return 1
    say(f"set up ({time.monotonic() - begun:.0f} s)")
    if arguments.what == "open":
        return open_studio(environment)
    failed = []
    if arguments.what == "fast":
        with beside(fast_types_check(environment)) as types:
            failed = run_checks(fast_check(environment), extra)
        failed = [*types, *failed]
    elif arguments.what == "test":
        with beside(types_check(environment)) as types:
            if arguments.every_python or arguments.all:
                failed += run_on_other_pythons()
            failed += run_checks(small_checks(environment), extra)
        # The tests go last, so that their closing line is the last one.
        failed += [*types, *run_checks([tests_check(environment, arguments.all)], extra)]
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

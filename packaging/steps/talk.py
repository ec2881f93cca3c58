"""Saying what a step does, running its commands, and failing with advice."""

import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


class StepFailed(Exception):
    """A step failed: what, and what to do about it."""

    def __init__(self, what: str, advice: str) -> None:
        super().__init__(what)
        self.advice = advice


def say(text: str) -> None:
    print(f"[pushforward] {text}", flush=True)


def complain(text: str) -> None:
    print(f"[pushforward] {text}", file=sys.stderr, flush=True)


def run(command: Sequence[str], what: str, advice: str) -> None:
    """Run a command, its output going straight to the terminal."""
    if subprocess.run(command, cwd=ROOT, check=False).returncode != 0:
        raise StepFailed(f"{what} failed: {' '.join(command)}", advice)


def attempt(command: Sequence[str], environment: Mapping[str, str] | None = None) -> str | None:
    """Run a command quietly; return None if it succeeded, else what it said."""
    done = subprocess.run(
        command,
        cwd=ROOT,
        env=environment,
        check=False,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    return None if done.returncode == 0 else done.stdout.strip() or "it said nothing"


def answer(command: Sequence[str]) -> str | None:
    """Return what a command prints, or None if it fails or is not there."""
    try:
        done = subprocess.run(
            command, cwd=ROOT, check=False, capture_output=True, text=True, timeout=60
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None

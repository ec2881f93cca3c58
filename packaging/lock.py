#!/usr/bin/env python3
"""Renew the lock: every package that a set-up installs, with its version and hashes.

    python3 packaging/lock.py              keep what is locked unless pyproject.toml asks for more
    python3 packaging/lock.py --upgrade    the newest of everything that pyproject.toml allows

uv resolves for every supported Python and system at once. What is held back and why stands in
``pyproject.toml``. Writes ``packaging/lock/studio.txt`` (what the studio needs), ``tests.txt``
(that and the test tools) and ``torch.txt`` (PyTorch and what only its plain packages bring, which
``steps/torch_build.py`` installs by need).
"""

import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from steps.environment import LOCKS, environment_of_this_python
from steps.talk import StepFailed, complain, run, say

# The extras that the tests use: what they write is read back by the programs that users have.
TESTED_EXTRAS = ("onnx", "tensorboard")
# What PyTorch's builds with CUDA bring, and nothing else does.
CUDA = re.compile(r"^(nvidia-[\w-]+|cuda-[\w-]+|triton|torch)==")


def compiled(python: str, target: Path, arguments: list[str]) -> None:
    """Resolve ``pyproject.toml`` into a file, keeping the versions that stand there."""
    run(
        [python, "-m", "uv", "pip", "compile", "-q", "pyproject.toml", "--universal",
         "--python-version", "3.11", "--generate-hashes", "--no-header", "--no-annotate",
         "--no-emit-index-url", *arguments, "-o", str(target)],
        "resolving the packages",
        "mend the requirement that it names, in pyproject.toml",
    )  # fmt: skip


def split(text: str) -> tuple[str, str]:
    """Return the requirements that are PyTorch's own, and the others."""
    entries = re.split(r"\n(?=\S)", text.strip())
    own = [entry for entry in entries if CUDA.match(entry)]
    others = [entry for entry in entries if not CUDA.match(entry)]
    return "\n".join(own) + "\n", "\n".join(others) + "\n"


def renew(upgrade: bool) -> None:
    """Resolve the tests' packages, then the studio's within them, and write all three files."""
    python = str(environment_of_this_python().python)
    everything = LOCKS / "everything.txt"
    torch, tests, studio = (LOCKS / f"{name}.txt" for name in ("torch", "tests", "studio"))
    LOCKS.mkdir(exist_ok=True)
    if not upgrade and torch.exists() and tests.exists():
        everything.write_text(torch.read_text() + tests.read_text())
    extras = [word for extra in TESTED_EXTRAS for word in ("--extra", extra)]
    compiled(python, everything, ["--group", "dev", "--group", "setup", *extras])
    own, others = split(everything.read_text())
    torch.write_text(own)
    tests.write_text(others)
    compiled(python, studio, ["--group", "setup", "-c", str(everything)])
    studio.write_text(split(studio.read_text())[1])
    everything.unlink()
    counts = [len(re.findall(r"^\S+==", text, re.MULTILINE)) for text in (others, own)]
    say(f"locked {counts[0]} packages, and {counts[1]} of PyTorch's")


def main() -> int:
    try:
        renew("--upgrade" in sys.argv[1:])
    except StepFailed as failure:
        complain(f"{failure}\n[pushforward] what to do: {failure.advice}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""The environment's own pip: installing with it, and how this machine configured it."""

from collections.abc import Sequence
from pathlib import Path

from steps.talk import StepFailed, answer, attempt

OFFLINE = (
    "connect this machine to the network, or set up from a folder of wheels: see "
    '"Without a network" in README.md'
)
# What pip and uv say when nothing answers them: no name server, no route, nothing listening.
NO_NETWORK = (
    "Temporary failure in name resolution",
    "Name or service not known",
    "nodename nor servname",
    "getaddrinfo failed",
    "Network is unreachable",
    "NewConnectionError",
    "NameResolutionError",
)
NO_SPACE = ("No space left on device", "not enough space on the disk")
SOURCES = ("index-url", "extra-index-url", "find-links", "no-index")


def pip(python: Path, *arguments: str) -> list[str]:
    return [str(python), "-m", "pip", "--disable-pip-version-check", *arguments]


def install(python: Path, arguments: Sequence[str], what: str) -> None:
    """Install with pip; what it says is shown only where no plain sentence tells it."""
    said = attempt(pip(python, "install", "-q", "--retries", "2", *arguments))
    if said is not None:
        raise explained(said, what)


def explained(said: str, what: str) -> StepFailed:
    """Return what a failed installation means to a person."""
    if any(sign in said for sign in NO_SPACE):
        return StepFailed(
            f"{what} failed: the disk is full",
            "free 3 GB (8 GB with CUDA), then start again",
        )
    if any(sign in said for sign in NO_NETWORK):
        return StepFailed(f"{what} failed: no package could be fetched, the network is out of "
                          "reach", OFFLINE)  # fmt: skip
    last = "\n".join(said.splitlines()[-12:])
    return StepFailed(
        f"{what} failed; the installer said:\n{last}",
        "mend what it names; where packages come from a mirror or a folder of wheels, it has to "
        "hold those that packaging/lock names",
    )


def configured_sources(python: Path) -> list[str]:
    """Return the names of the settings that say where this machine's pip finds packages."""
    said = answer(pip(python, "config", "list")) or ""
    keys = [line.split("=", 1)[0] for line in said.splitlines() if "=" in line]
    return [key for key in keys if key.rsplit(".", 1)[-1] in SOURCES]

"""The computers that the user has set up, and where their projects are mirrored."""

import hashlib
import re
from pathlib import Path

import msgspec

from pushforward.studio.home import data_folder
from pushforward.studio.launchers.address import DEFAULT_FOLDER
from pushforward.studio.launchers.ssh import DEFAULT_COMMAND, SshLauncher
from pushforward.studio.protocol.slurm import Slurm

__all__ = ["Computer", "configured_hosts", "mirror_folder"]


class Computer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Another computer: its name for ssh, the folder of a project there, what starts an engine
    there, more arguments of ssh, and the jobs of Slurm that ``--on`` makes there, if it does.
    """

    host: str
    folder: str = DEFAULT_FOLDER
    command: str = DEFAULT_COMMAND
    options: list[str] = []
    slurm: Slurm | None = None

    @property
    def title(self) -> str:
        """The host, with the folder if it is not the usual one."""
        return self.host if self.folder == DEFAULT_FOLDER else f"{self.host}:{self.folder}"

    def launcher(self) -> SshLauncher:
        """Return what reaches its engine.

        Raises:
            ValueError: the host or the folder cannot be used.
        """
        return SshLauncher(self.host, self.folder, self.command, tuple(self.options))


def mirror_folder(computer: Computer) -> Path:
    """Return the folder here in which the project of a computer is mirrored."""
    key = hashlib.sha256(f"{computer.host}\n{computer.folder}".encode()).hexdigest()[:8]
    name = re.sub(r"[^A-Za-z0-9.-]+", "-", computer.host).strip(".-") or "computer"
    return data_folder().absolute() / "computers" / f"{name}-{key}"


def configured_hosts(config: Path | None = None) -> list[str]:
    """Return the hosts of an ssh configuration (default ``~/.ssh/config``), but for patterns."""
    path = config or Path.home() / ".ssh" / "config"
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []
    found: dict[str, None] = {}
    for line in lines:
        keyword, *names = re.split(r"[\s=]+", line.strip())
        if keyword.lower() == "host":
            found.update(dict.fromkeys(n for n in names if n and not set(n) & set("*?!")))
    return list(found)

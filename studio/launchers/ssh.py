"""Engines on another computer, through the system's ssh.

Keys, passwords, jump hosts and host keys are ssh's: what ``~/.ssh/config`` says of a host holds.
Nothing is asked in between (BatchMode): a host whose key is unknown, or which wants a password, is
refused with ssh's own words.
"""

import shlex
from dataclasses import dataclass, field

from pushforward.studio.client.transport import Timeouts

__all__ = ["DEFAULT_COMMAND", "SshLauncher"]

DEFAULT_COMMAND = "pushforward engine"
_OPTIONS = (
    "BatchMode=yes",
    "ConnectTimeout=15",
    # A dead network ends the connection after 15 seconds; the engine goes on.
    "ServerAliveInterval=5",
    "ServerAliveCountMax=3",
)


@dataclass(frozen=True)
class SshLauncher:
    """An engine that outlives its connection, in a folder of another computer.

    host: a name of ``~/.ssh/config``, or ``user@host``.
    folder: of the project there; "~/" at its start is the home folder there.
    remote: the command of an engine there, as a shell reads it: "source venv/bin/activate &&
        pushforward engine".
    options: more arguments of ssh.

    Raises:
        ValueError: the host is empty or looks like an option, or the folder is empty.
    """

    host: str
    folder: str
    remote: str = DEFAULT_COMMAND
    options: tuple[str, ...] = field(default=())

    def __post_init__(self) -> None:
        if not self.host or self.host.startswith("-") or any(c.isspace() for c in self.host):
            raise ValueError(f"Not the name of a computer: {self.host!r}.")
        if not self.folder:
            raise ValueError("The folder on the other computer is missing.")

    @property
    def title(self) -> str:
        """Name for people."""
        return self.host

    @property
    def outlives(self) -> bool:
        """It does: a laptop may sleep, and the network may drop."""
        return True

    @property
    def timeouts(self) -> Timeouts:
        """How long the client waits: a connection and a cold start come first."""
        return Timeouts(hello=60.0, ready=120.0, unresponsive=15.0)

    def command(self) -> list[str]:
        """Return the command of ssh that bridges to the engine."""
        return self.shell(f"{self.remote} --detached {_quoted(self.folder)}")

    def stop_command(self) -> list[str]:
        """Return the command of ssh that saves what is trained there, and ends the engine."""
        return self.shell(f"{self.remote} --stop {_quoted(self.folder)}")

    def shell(self, words: str) -> list[str]:
        """Return the command that runs a line in the login shell there."""
        settings = [word for option in _OPTIONS for word in ("-o", option)]
        return ["ssh", "-T", *settings, *self.options, "--", self.host, words]


def _quoted(folder: str) -> str:
    """Quote a path for a shell, but let it expand a leading "~/"."""
    if folder == "~":
        return folder
    if folder.startswith("~/"):
        return "~/" + shlex.quote(folder[2:])
    return shlex.quote(folder)

"""The seam between a client and the place where its engine runs."""

from typing import Protocol

from pushforward.studio.client.transport import Timeouts

__all__ = ["Launcher"]


class Launcher(Protocol):
    """Starts an engine somewhere, or finds the one that still runs there.

    All that a client needs is a command whose standard streams are the engine's: each transport
    (`studio.client.child.ChildProcess`, the window's `EngineProcess`) runs it in the same way.
    """

    @property
    def title(self) -> str:
        """Name for people: "this computer", "gpu-server"."""

    @property
    def outlives(self) -> bool:
        """Whether the engine goes on when the connection is gone."""

    @property
    def timeouts(self) -> Timeouts:
        """How long the client waits."""

    def command(self) -> list[str]:
        """Return the command that connects to the engine, starting one if there is none."""

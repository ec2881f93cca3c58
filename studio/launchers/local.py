"""Engines on this computer."""

from dataclasses import dataclass
from pathlib import Path

from pushforward.studio.client.transport import Timeouts
from pushforward.studio.launch import engine_command

__all__ = ["LocalLauncher"]


@dataclass(frozen=True)
class LocalLauncher:
    """An engine that is a child of its client; with a ``folder``, one that outlives it."""

    folder: Path | None = None

    @property
    def title(self) -> str:
        """Name for people."""
        return "this computer"

    @property
    def outlives(self) -> bool:
        """Whether the engine goes on when the connection is gone."""
        return self.folder is not None

    @property
    def timeouts(self) -> Timeouts:
        """How long the client waits; an engine that outlives it may have to be started first."""
        return Timeouts(hello=40.0) if self.outlives else Timeouts()

    def command(self) -> list[str]:
        """Return the command of the engine, or of the bridge to it."""
        if self.folder is None:
            return engine_command()
        return [*engine_command(), "--detached", str(self.folder.absolute())]

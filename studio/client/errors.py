"""What can go wrong with a request, as exceptions that carry a sentence for people."""

from pushforward.studio.protocol.messages import ErrorInfo

__all__ = ["CommandFailed", "EngineError", "EngineLost", "EngineStartFailed"]


class EngineError(Exception):
    """Base of the client's errors; ``info`` is what to show."""

    def __init__(self, info: ErrorInfo) -> None:
        super().__init__(info.message)
        self.info = info


class CommandFailed(EngineError):
    """The engine refused a command; nothing changed."""


class EngineLost(EngineError):
    """The engine is gone, or was not there; the answer will never come."""


class EngineStartFailed(EngineError):
    """The engine did not come up."""

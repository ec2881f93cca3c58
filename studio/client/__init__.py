"""The client of the engine: starts it, talks to it, notices when it is gone. No Qt, no torch."""

from pushforward.studio.client.client import EngineClient, EngineState
from pushforward.studio.client.connection import Answer
from pushforward.studio.client.errors import (
    CommandFailed,
    EngineError,
    EngineLost,
    EngineStartFailed,
)
from pushforward.studio.client.outcome import ProcessOutcome
from pushforward.studio.client.transport import Timeouts

__all__ = [
    "Answer",
    "CommandFailed",
    "EngineClient",
    "EngineError",
    "EngineLost",
    "EngineStartFailed",
    "EngineState",
    "ProcessOutcome",
    "Timeouts",
]

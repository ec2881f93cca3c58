"""The client of the engine: starts it, talks to it, notices when it is gone. No Qt, no torch."""

from studio.client.client import EngineClient, EngineState
from studio.client.connection import Answer
from studio.client.errors import CommandFailed, EngineError, EngineLost, EngineStartFailed
from studio.client.outcome import ProcessOutcome
from studio.client.transport import Timeouts

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

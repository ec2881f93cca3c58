"""From an exception to a sentence for people: what happened, and what to do."""

import traceback
from pathlib import Path

import torch

from pushforward.models.config import ConfigError
from pushforward.models.guidance.base import BlownUp
from pushforward.studio.engine.process.refusal import Refused
from pushforward.studio.protocol.messages import ErrorInfo
from pushforward.studio.protocol.wire import WireError
from pushforward.studio.store.errors import StoreError, explain

__all__ = ["NumericFailure", "Refused", "describe"]

# torch reports exhausted memory of the CPU as a plain RuntimeError; these are its words for it.
_MEMORY_WORDS = (
    "not enough memory",
    "out of memory",
    "can't allocate memory",
    "cannot allocate memory",
    "defaultcpuallocator",
    "failed to allocate",
)
_DEVICE_WORDS = ("cuda error", "no kernel image", "cudnn", "cublas", "mps backend", "device-side")
_MEMORY_ADVICE = (
    "Resume with a smaller batch (training.batch), fewer particles or a smaller network, "
    "or close other programs. The last checkpoint is intact."
)


class NumericFailure(Exception):
    """A loss or a weight is not a finite number any more."""


def describe(error: BaseException) -> ErrorInfo:
    """Name an exception for people; anything unknown is a bug, with its traceback folded in."""
    details = "".join(traceback.format_exception(error))
    if isinstance(error, Refused):
        return error.info
    if isinstance(error, ConfigError):
        return ErrorInfo(kind="user", message=str(error), path=error.path, details=details)
    if isinstance(error, StoreError):
        return ErrorInfo(kind=error.kind, message=error.message, hint=error.hint, details=details)
    if isinstance(error, BlownUp):
        return ErrorInfo(kind="user", message=_sentence(str(error)), details=details)
    if isinstance(error, NumericFailure):
        return _numeric(error, details)
    if _is_memory(error):
        return _memory(error, details)
    if isinstance(error, OSError):
        return _os_error(error, details)
    if _is_device(error):
        return ErrorInfo(
            kind="device",
            message=f"The device failed: {_first_line(error)}",
            hint="Restart the engine; if it happens again, train on the CPU "
            "(training.device = cpu).",
            details=details,
        )
    if isinstance(error, WireError):
        return ErrorInfo(kind="engine", message=f"Garbled message: {error}", details=details)
    return ErrorInfo(
        kind="bug",
        message=f"An error inside the program: {type(error).__name__}: {_first_line(error)}",
        hint="Please report it with the details; the last checkpoint is intact.",
        details=details,
    )


def _sentence(words: str) -> str:
    return f"{words[:1].upper()}{words[1:]}."


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [""])[0][:300]


def _is_memory(error: BaseException) -> bool:
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    text = str(error).lower()
    return isinstance(error, RuntimeError) and any(word in text for word in _MEMORY_WORDS)


def _is_device(error: BaseException) -> bool:
    text = str(error).lower()
    return isinstance(error, RuntimeError) and any(word in text for word in _DEVICE_WORDS)


def _memory(error: BaseException, details: str) -> ErrorInfo:
    where = "the GPU" if isinstance(error, torch.OutOfMemoryError) else "the machine"
    return ErrorInfo(
        kind="memory",
        message=f"Out of memory on {where}.",
        hint=_MEMORY_ADVICE,
        details=details,
    )


def _numeric(error: NumericFailure, details: str) -> ErrorInfo:
    return ErrorInfo(
        kind="numeric",
        message=str(error),
        hint="Lower the learning rate, clip the gradient (clip = 1), or look for extreme values "
        "in the data; then resume from the last checkpoint, which is from before.",
        details=details,
    )


def _os_error(error: OSError, details: str) -> ErrorInfo:
    info = explain(error, Path(error.filename or "a file"), "use").info()
    return ErrorInfo(kind=info.kind, message=info.message, hint=info.hint, details=details)

"""The averaged weights of a model as one safetensors file, settings in its metadata."""

from pathlib import Path

from pushforward.studio.engine.exports.export import Request
from pushforward.studio.engine.jobs.weight_export import encode_weights

__all__ = ["write"]


def write(request: Request, path: Path) -> str:
    """Write the file; return a sentence about it."""
    data, step = encode_weights(request.run, request.step, length=request.length)
    path.write_bytes(data)
    return f"These are the weights of step {step:,}."

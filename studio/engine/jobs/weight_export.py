"""Taking weights away, with their config."""

import json
from pathlib import Path
from typing import Any, TypeAlias

import msgspec
import numpy as np
from numpy.typing import NDArray

from pushforward.studio.engine.process.failures import Refused
from pushforward.studio.engine.run.checkpoint_state import FAMILY, saved_columns, saved_data
from pushforward.studio.engine.run.destination import check_destination
from pushforward.studio.engine.run.model_loading import chosen_checkpoint
from pushforward.studio.store.atomic import write_bytes
from pushforward.studio.store.run import RunFolder

__all__ = ["encode_weights", "export_weights"]

Tensor: TypeAlias = NDArray[Any]


def export_weights(
    run: RunFolder,
    file: Path,
    step: int | None = None,
    *,
    length: float | None = None,
    overwrite: bool = False,
) -> int:
    """Write the averaged weights of the newest checkpoint (not after ``step`` if that is given),
    over another ``length`` than the run's own if that is, to a .safetensors file; return its step.

    Tensors keep their names in the family's state; where it averages nothing, the weights
    themselves are written. The metadata hold the run's spec and the data's units, as JSON.

    Raises:
        Refused: another suffix, no good checkpoint, no such length, or the file is there already
            and ``overwrite`` does not say that it may be replaced.
        StoreError: the disk refused.
    """
    if file.suffix.lower() != ".safetensors":
        raise Refused("Weights are written as .safetensors.", f"Call it {file.stem}.safetensors.")
    data, found = encode_weights(run, step, length=length)
    check_destination(file, overwrite)
    write_bytes(file, data)
    return found


def encode_weights(
    run: RunFolder, step: int | None = None, *, length: float | None = None
) -> tuple[bytes, int]:
    """Return the content of a safetensors file as `export_weights` writes it, and its step.

    Raises:
        Refused: there is no good checkpoint, or no such length.
    """
    from safetensors.numpy import save

    checkpoint, _ = chosen_checkpoint(run, step, length)
    tensors = {
        name.removeprefix(FAMILY): np.ascontiguousarray(value)
        for name, value in checkpoint.tensors.items()
        if name.startswith(FAMILY)
    }
    data = saved_data(checkpoint)
    metadata = {
        "spec": msgspec.json.encode(run.record.spec).decode(),
        "step": str(checkpoint.step),
        "columns": json.dumps(saved_columns(checkpoint)),
        "mean": json.dumps(data.mean.tolist()),
        "std": json.dumps(data.std.tolist()),
        "run": run.name,
        **({} if length is None else {"length": str(length)}),
    }
    return save(_weights(tensors), metadata), checkpoint.step


def _weights(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """Choose the averaged weights, else all that is no optimiser's or generator's state."""
    averaged = {name: value for name, value in tensors.items() if "ema" in name.split("/")}
    if averaged:
        return averaged
    return {
        name: value
        for name, value in tensors.items()
        if value.dtype.kind == "f" and "optimizer" not in name.split("/")
    }

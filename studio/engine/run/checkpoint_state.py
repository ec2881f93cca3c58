"""What a checkpoint holds: the family's exact state, its data spec, and the config.

Names in the file: "family/<tensor>", and "data/<tensor>" of the spec as
`studio.engine.data.specs.pack_spec` names them; values: "family" (the plain part of the state),
the plain ones of the data spec, "columns" and "spec" (the run's, as plain data). A checkpoint is
enough to sample from: neither the data set nor the run folder is needed.
"""

from dataclasses import replace
from typing import Any

import msgspec
import numpy as np
import torch

from pushforward.models.contracts.learner import Learner
from pushforward.models.contracts.spec import DataSpec
from pushforward.models.contracts.state import State
from pushforward.models.training.posthoc import averaged_over
from pushforward.studio.engine.data.specs import pack_spec, unpack_spec
from pushforward.studio.engine.process.failures import NumericFailure
from pushforward.studio.protocol.spec import RunSpec
from pushforward.studio.store.checkpoint import Checkpoint

__all__ = ["FAMILY", "averaged", "pack", "restore", "saved_columns", "saved_data"]

FAMILY = "family/"
DATA = "data/"
Tensors = dict[str, np.ndarray[Any, Any]]


def pack(
    family: Learner[Any], step: int, spec: RunSpec, columns: tuple[str, ...]
) -> tuple[Tensors, dict[str, Any]]:
    """Return the tensors and values of a checkpoint.

    Raises:
        NumericFailure: a tensor is not finite: such a state is not worth keeping.
    """
    state = family.state()
    for name, tensor in state.tensors.items():
        if tensor.is_floating_point() and not bool(torch.isfinite(tensor).all()):
            raise NumericFailure(f"The weights {name} are not finite at step {step:,}.")
    tensors = {f"{FAMILY}{name}": tensor.numpy() for name, tensor in state.tensors.items()}
    told, said = pack_spec(family.spec)
    tensors |= {f"{DATA}{name}": tensor.numpy() for name, tensor in told.items()}
    values = {
        "family": state.values,
        **said,
        "columns": list(columns),
        "spec": msgspec.to_builtins(spec),
    }
    return tensors, values


def restore(family: Learner[Any], checkpoint: Checkpoint) -> None:
    """Put the state of a checkpoint into a family of the same config.

    Raises:
        ValueError: it does not fit.
    """
    family.load_state(_state(checkpoint))


def averaged(checkpoint: Checkpoint, length: float) -> tuple[Checkpoint, float]:
    """Return a checkpoint with weights averaged over another length, for use but not for training,
    and the deviation of that average from the requested one (`averaged_over`).

    Raises:
        ValueError: invalid length, or the run stored no averages.
    """
    state, off = averaged_over(_state(checkpoint), length)
    made = {f"{FAMILY}{name}": tensor.numpy() for name, tensor in state.tensors.items()}
    return replace(checkpoint, tensors=checkpoint.tensors | made), off


def _state(checkpoint: Checkpoint) -> State:
    tensors = {
        # The arrays of a checkpoint are read-only views of its bytes; torch wants its own.
        name.removeprefix(FAMILY): torch.from_numpy(np.array(array))
        for name, array in checkpoint.tensors.items()
        if name.startswith(FAMILY)
    }
    return State(tensors, dict(checkpoint.values["family"]))


def saved_data(checkpoint: Checkpoint) -> DataSpec:
    """Return the data spec of the training."""
    tensors = {
        name.removeprefix(DATA): torch.from_numpy(np.array(array))
        for name, array in checkpoint.tensors.items()
        if name.startswith(DATA)
    }
    return unpack_spec(tensors, checkpoint.values)


def saved_columns(checkpoint: Checkpoint) -> tuple[str, ...]:
    """Return the column names of the data."""
    return tuple(checkpoint.values["columns"])

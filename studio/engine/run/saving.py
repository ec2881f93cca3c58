"""What a checkpoint holds: the family's exact state, its data spec, and the config.

Names in the file: "family/<tensor>", "data/mean", "data/std", and "data/mixture/means", ".../std",
".../weights" where the law of the data is known; values: "family" (the plain part of the state),
"modality", "shape", "columns" and "spec" (the run's, as plain data). A checkpoint is enough to
sample from: neither the data set nor the run folder is needed.
"""

from typing import Any

import msgspec
import numpy as np
import torch

from models.base import DataSpec, Family, State
from models.oracle import GaussianMixture
from studio.engine.process.failures import NumericFailure
from studio.protocol.spec import RunSpec
from studio.store.checkpoint import Checkpoint

__all__ = ["FAMILY", "pack", "restore", "saved_columns", "saved_data"]

FAMILY = "family/"
MIXTURE = "data/mixture/"
Tensors = dict[str, np.ndarray[Any, Any]]


def pack(
    family: Family, step: int, spec: RunSpec, columns: tuple[str, ...]
) -> tuple[Tensors, dict[str, Any]]:
    """Return the tensors and values of a checkpoint.

    Raises:
        NumericFailure: a tensor is not finite: such a state is not worth keeping.
    """
    state = family.state()
    for name, tensor in state.tensors.items():
        if tensor.is_floating_point() and not bool(torch.isfinite(tensor).all()):
            raise NumericFailure(f"The weights {name} are not finite at step {step:,}.")
    data = family.spec
    tensors = {f"{FAMILY}{name}": tensor.numpy() for name, tensor in state.tensors.items()}
    tensors["data/mean"] = data.mean.numpy()
    tensors["data/std"] = data.std.numpy()
    if data.mixture is not None:
        tensors |= {f"{MIXTURE}{name}": x.numpy() for name, x in vars(data.mixture).items()}
    values = {
        "family": state.values,
        "modality": data.modality,
        "shape": list(data.shape),
        "columns": list(columns),
        "spec": msgspec.to_builtins(spec),
    }
    return tensors, values


def restore(family: Family, checkpoint: Checkpoint) -> None:
    """Put the state of a checkpoint into a family of the same config.

    Raises:
        ValueError: it does not fit.
    """
    tensors = {
        # The arrays of a checkpoint are read-only views of its bytes; torch wants its own.
        name.removeprefix(FAMILY): torch.from_numpy(np.array(array))
        for name, array in checkpoint.tensors.items()
        if name.startswith(FAMILY)
    }
    family.load_state(State(tensors, dict(checkpoint.values["family"])))


def saved_data(checkpoint: Checkpoint) -> DataSpec:
    """Return the data spec of the training."""
    return DataSpec(
        checkpoint.values["modality"],
        tuple(checkpoint.values["shape"]),
        torch.from_numpy(np.array(checkpoint.tensors["data/mean"])),
        torch.from_numpy(np.array(checkpoint.tensors["data/std"])),
        _saved_mixture(checkpoint),
    )


def _saved_mixture(checkpoint: Checkpoint) -> GaussianMixture | None:
    """Return the law of the data; None where it was not known, or the run is of before."""
    if f"{MIXTURE}means" not in checkpoint.tensors:
        return None
    means, std, weights = (
        torch.from_numpy(np.array(checkpoint.tensors[f"{MIXTURE}{name}"]))
        for name in ("means", "std", "weights")
    )
    return GaussianMixture(means, std, weights)


def saved_columns(checkpoint: Checkpoint) -> tuple[str, ...]:
    """Return the column names of the data."""
    return tuple(checkpoint.values["columns"])

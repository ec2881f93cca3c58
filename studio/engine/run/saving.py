"""What a checkpoint holds: the family's exact state, its data spec, and the config.

Names in the file: "family/<tensor>", "data/mean", "data/std", and "data/mixture/means", ".../std",
".../weights" where the law of the data is known; values: "family" (the plain part of the state),
"kind", "shape", "columns" and "spec" (the run's, as plain data). A checkpoint is enough to
sample from: neither the data set nor the run folder is needed.
"""

from collections.abc import Mapping
from typing import Any

import msgspec
import numpy as np
import torch

from models.contracts.learner import Learner
from models.contracts.spec import DataSpec, Given, Part
from models.contracts.state import State
from models.oracle import GaussianMixture
from studio.engine.process.failures import NumericFailure
from studio.protocol.spec import RunSpec
from studio.store.checkpoint import Checkpoint

__all__ = ["FAMILY", "pack", "restore", "saved_columns", "saved_data"]

FAMILY = "family/"
GIVEN = "data/given/"
LAW = "data/law/"
MIXTURE = "data/mixture/"
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
    data = family.spec
    tensors = {f"{FAMILY}{name}": tensor.numpy() for name, tensor in state.tensors.items()}
    tensors["data/mean"] = data.mean.numpy()
    tensors["data/std"] = data.std.numpy()
    if data.masks is not None:
        tensors["data/masks"] = data.masks.numpy()
    tensors |= {f"{LAW}{name}": values.numpy() for name, values in data.law.items()}
    for name, known in data.given.items():
        for number, value in (("mean", known.mean), ("std", known.std)):
            if value is not None:
                tensors[f"{GIVEN}{name}/{number}"] = value.numpy()
    if data.mixture is not None:
        tensors |= {f"{MIXTURE}{name}": x.numpy() for name, x in vars(data.mixture).items()}
    values = {
        "family": state.values,
        "kind": data.kind,
        "shape": list(data.shape),
        "symbols": data.symbols,
        "parts": [[part.name, part.start, part.stop] for part in data.parts],
        "given": {
            name: {
                "shape": list(g.shape),
                "classes": g.classes,
                "names": list(g.names),
                "log": g.log,
            }
            for name, g in data.given.items()
        },
        "columns": list(columns),
        "spec": msgspec.to_builtins(spec),
    }
    return tensors, values


def restore(family: Learner[Any], checkpoint: Checkpoint) -> None:
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
    values = checkpoint.values
    law = {
        name.removeprefix(LAW): _tensor(checkpoint, name)
        for name in checkpoint.tensors
        if name.startswith(LAW)
    }
    return DataSpec(
        # Earlier versions called it so.
        values.get("kind") or values["modality"],
        tuple(values["shape"]),
        _tensor(checkpoint, "data/mean"),
        _tensor(checkpoint, "data/std"),
        _saved_mixture(checkpoint),
        symbols=values.get("symbols"),
        parts=tuple(Part(*part) for part in values.get("parts", ())),
        masks=_tensor(checkpoint, "data/masks") if "data/masks" in checkpoint.tensors else None,
        given={name: _given(checkpoint, name, g) for name, g in values.get("given", {}).items()},
        law=law,
    )


def _given(checkpoint: Checkpoint, name: str, said: Mapping[str, Any]) -> Given:
    mean, std = (
        _tensor(checkpoint, key)
        if (key := f"{GIVEN}{name}/{number}") in checkpoint.tensors
        else None
        for number in ("mean", "std")
    )
    return Given(
        tuple(said["shape"]),
        said["classes"],
        tuple(said["names"]),
        mean,
        std,
        said.get("log", False),
    )


def _tensor(checkpoint: Checkpoint, name: str) -> torch.Tensor:
    return torch.from_numpy(np.array(checkpoint.tensors[name]))


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

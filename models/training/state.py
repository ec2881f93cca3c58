"""Everything that trains as a flat `models.contracts.state.State`, bit for bit, and back.

Names are ``<part>/<name>``; tensors are detached contiguous CPU copies, values are plain JSON, so
that a state fits a safetensors file. Hyperparameters are not state: they come from the config.
"""

from typing import Any

import torch
from torch import Tensor, nn

from pushforward.models.contracts.state import State
from pushforward.models.training.ema import Ema
from pushforward.models.training.optim import ScheduledOptimizer

__all__ = [
    "pack_ema",
    "pack_module",
    "pack_optimizer",
    "unpack_ema",
    "unpack_module",
    "unpack_optimizer",
]


def pack_module(state: State, part: str, module: nn.Module) -> None:
    """Add the parameters and buffers of a network."""
    for name, value in module.state_dict().items():
        state.keep(f"{part}/{name}", value)


def unpack_module(state: State, part: str, module: nn.Module) -> None:
    """Restore the parameters and buffers of a network.

    Raises:
        ValueError: a tensor is missing, left over, or of another shape.
    """
    wanted = module.state_dict()
    found = {name.removeprefix(f"{part}/") for name in state.tensors if name.startswith(f"{part}/")}
    if left := sorted(found - wanted.keys()):
        raise ValueError(f"the saved state has {part}/{left[0]}, which this config does not have")
    with torch.no_grad():
        for name, target in wanted.items():
            target.copy_(state.tensor(f"{part}/{name}", target.shape))


def pack_ema(state: State, part: str, ema: Ema[Any]) -> None:
    """Add averaged weights and how often they were updated."""
    pack_module(state, part, ema.module)
    state.values[f"{part}/count"] = ema.count


def unpack_ema(state: State, part: str, ema: Ema[Any]) -> None:
    """Restore what `pack_ema` added.

    Raises:
        ValueError: it does not fit.
    """
    unpack_module(state, part, ema.module)
    ema.count = int(state.value(f"{part}/count"))


def pack_optimizer(state: State, part: str, optimizer: ScheduledOptimizer) -> None:
    """Add the moments of every parameter and the number of steps done."""
    for index, entries in optimizer.torch.state_dict()["state"].items():
        for name, value in entries.items():
            state.keep(f"{part}/{index}.{name}", value)
    state.values[f"{part}/count"] = optimizer.count


def unpack_optimizer(state: State, part: str, optimizer: ScheduledOptimizer) -> None:
    """Restore what `pack_optimizer` added.

    Raises:
        ValueError: it does not fit.
    """
    optimizer.count = int(state.value(f"{part}/count"))
    data = optimizer.torch.state_dict()
    indices = [index for group in data["param_groups"] for index in group["params"]]
    parameters = [p for group in optimizer.torch.param_groups for p in group["params"]]
    entries: dict[int, dict[str, Tensor]] = {}
    for name, value in state.tensors.items():
        if not name.startswith(f"{part}/"):
            continue
        index, _, key = name.removeprefix(f"{part}/").partition(".")
        if int(index) not in indices:
            raise ValueError(f"the saved state has {name!r}, which this config does not have")
        if value.ndim:
            state.tensor(name, parameters[int(index)].shape)
        entries.setdefault(int(index), {})[key] = value.clone()
    kinds = {key for moments in entries.values() for key in moments}
    whole = len(entries) == len(indices) and all(m.keys() == kinds for m in entries.values())
    if optimizer.count and not whole:
        raise ValueError(f"the saved state lacks moments of {part!r}: it is not whole")
    optimizer.torch.load_state_dict({"state": entries, "param_groups": data["param_groups"]})

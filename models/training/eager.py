"""PyTorch's optimisers without its compiler, which nothing here compiles with.

With its first optimiser a process imports `torch._dynamo`, 800 modules and more than a second of
computing, only to tell it to keep out of what the optimiser does.
"""

import inspect
from typing import Any, TypeVar, cast

import torch

__all__ = ["eager"]

_BOOKKEEPING = ("add_param_group", "zero_grad", "state_dict", "load_state_dict")

T = TypeVar("T", bound=torch.optim.Optimizer)


def eager(optimizer: type[T]) -> type[T]:
    """Return the same class of optimisers as it computes where nothing is compiled: to the bit, and
    without a word to the compiler.
    """
    methods: dict[str, Any] = {
        name: inspect.unwrap(getattr(optimizer, name)) for name in _BOOKKEEPING
    }
    # What surrounds a step also keeps it from being a part of the graph that it moves.
    methods["step"] = torch.no_grad()(inspect.unwrap(optimizer.step))
    return cast(type[T], type(optimizer.__name__, (optimizer,), methods))

"""Layers whose weights are left to be drawn, which PyTorch would draw from its own random numbers.

The meta device does so, too, for ten times the time a layer; and its first use in a process imports
sympy, for a third of a second.
"""

from collections.abc import Callable
from functools import cache
from typing import Any, ParamSpec, TypeVar

from torch import nn

__all__ = ["blank"]

P = ParamSpec("P")
M = TypeVar("M", bound=nn.Module)


def blank(layer: Callable[P, M], *arguments: P.args, **settings: P.kwargs) -> M:
    """Return a layer of a class that draws its weights in ``reset_parameters``, on the CPU: what
    its weights are is what happened to be in memory.
    """
    made: M = _blank(layer)(*arguments, **settings)
    return made


@cache
def _blank(layer: Any) -> Any:
    return type(layer.__name__, (layer,), {"reset_parameters": lambda self: None})

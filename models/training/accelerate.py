"""CUDA graphs where they are faster: a switch that measures, and never changes a result.

A small network on a GPU spends its time on starting kernels, and a graph starts all of them at
once. Whether that wins depends on the network, the batch and the machine: it is tried, compared
with the plain function and timed, once for each kind of call. Anywhere else than on a CUDA device
the plain function is called, and nothing is tried.
"""

import time
from collections.abc import Callable, Hashable
from typing import TypeAlias

import torch
from torch import Tensor

__all__ = ["Switch", "captured", "on_cuda", "seconds"]

Function: TypeAlias = Callable[..., Tensor]
Tensors: TypeAlias = tuple[Tensor, ...]
_WARM_UP, _TIMED = 3, 5
_KEPT = 8  # graphs of a switch, each with memory of its own; the least recently used goes first


class Switch:
    """Calls a function plainly, or as a graph that has been found equal and faster.

    Args:
        capture: makes the fast form from a function and the tensors of its first call.
        clock: how long a call takes.
        applies: whether it is worth trying for these tensors.
    """

    def __init__(
        self,
        capture: Callable[[Function, Tensors], Function] | None = None,
        clock: Callable[[Function, Tensors], float] | None = None,
        applies: Callable[[Tensors], bool] | None = None,
    ) -> None:
        self._capture = capture or captured
        self._clock = clock or seconds
        self._applies = applies or on_cuda
        self._fast: dict[Hashable, Function | None] = {}

    def __call__(self, function: Function, *tensors: Tensor, key: Hashable = ()) -> Tensor:
        """Return function(*tensors).

        The function must depend on nothing but its tensors, numbers told apart by ``key``, and
        weights that are only ever updated in place; it draws no random numbers and reads no tensor
        on the host.
        """
        if not self._applies(tensors):
            return function(*tensors)
        kind = (key, tuple((t.shape, t.dtype, t.device) for t in tensors))
        if kind in self._fast:
            fast = self._fast.pop(kind)
        else:
            fast = self._trial(function, tensors)
            while len(self._fast) >= _KEPT:
                del self._fast[next(iter(self._fast))]
        self._fast[kind] = fast
        return (fast or function)(*tensors)

    def _trial(self, function: Function, tensors: Tensors) -> Function | None:
        """Return the fast form if it is one: no error, the same bits, less time."""
        try:
            fast = self._capture(function, tensors)
        except RuntimeError:
            return None  # Something in it cannot be captured, or memory is short.
        if not torch.equal(fast(*tensors), function(*tensors)):
            return None
        faster = self._clock(fast, tensors) < self._clock(function, tensors)
        return fast if faster else None


def on_cuda(tensors: Tensors) -> bool:
    """Return whether all tensors are on a CUDA device."""
    return all(t.is_cuda for t in tensors)


def captured(function: Function, tensors: Tensors) -> Function:
    """Return a CUDA graph of the function, for tensors of these shapes.

    Source: https://docs.pytorch.org/docs/stable/notes/cuda.html, "Graph capture": the warm-up runs
    on a side stream, so that nothing of it is in the private memory of the graph.

    Raises:
        RuntimeError: it cannot be captured.
    """
    inputs = tuple(t.clone() for t in tensors)
    side = torch.cuda.Stream()  # type: ignore[no-untyped-call]
    side.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(side):
        for _ in range(_WARM_UP):  # Libraries choose their kernels before the capture.
            function(*inputs)
    torch.cuda.current_stream().wait_stream(side)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        output = function(*inputs)

    def replay(*tensors: Tensor) -> Tensor:
        for place, value in zip(inputs, tensors, strict=True):
            place.copy_(value)
        graph.replay()
        return output.clone()

    return replay


def seconds(function: Function, tensors: Tensors) -> float:
    """Return how long a call takes on a CUDA device, the best of a few."""
    best = float("inf")
    for _ in range(_TIMED):
        torch.cuda.synchronize()
        start = time.perf_counter()
        function(*tensors)
        torch.cuda.synchronize()
        best = min(best, time.perf_counter() - start)
    return best

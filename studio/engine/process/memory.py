"""How much memory a training uses, measured, and how much it will use, estimated."""

import threading
from dataclasses import dataclass
from typing import Any

import psutil
import torch
from torch import Tensor

from pushforward.models.contracts.learner import Learner
from pushforward.models.tensors import make_generator
from pushforward.models.training.posthoc import most_bytes

__all__ = ["Needs", "device_memory", "needs_of", "process_memory"]

# Weights, gradients, two moments of Adam and the averaged weights, float32.
_BYTES_PER_PARAMETER = 4 * 5
_PROBE = (4, 8)
_PROBED_PARAMETERS = 20_000_000
_process = psutil.Process()


def process_memory() -> int:
    """Return the resident bytes of this process."""
    return int(_process.memory_info().rss)


def device_memory(device: torch.device) -> int | None:
    """Return the bytes that torch holds on a GPU, None on the CPU."""
    if device.type == "cuda":
        return int(torch.cuda.memory_reserved(device))
    if device.type == "mps":
        return int(torch.mps.driver_allocated_memory())
    return None


@dataclass(frozen=True)
class Needs:
    """Memory requirement of a family.

    Attributes:
        parameters: number of trained parameters.
        row: bytes saved by autograd per sample of a batch.
        kept: bytes of the stored weight averages and their copies.
    """

    parameters: int
    row: float
    kept: int = 0

    def bytes(self, batch: int, data: int) -> int:
        """Return the bytes of a training: weights and optimiser state, activations of ``batch``
        samples, and ``data`` bytes of data.
        """
        weights = self.parameters * _BYTES_PER_PARAMETER + self.kept
        return round(weights + self.row * batch + data)


def needs_of(family: Learner[Any]) -> Needs:
    """Measure what a family needs: of a row, what autograd saves for a batch of 8 less that for a
    batch of 4. Of a very large network only the parameters are counted.

    The family is stepped, so hand in one that is thrown away.
    """
    parameters = family.parameter_count()
    kept = most_bytes(family.parts)
    if parameters > _PROBED_PARAMETERS:
        return Needs(parameters, 0.0, kept)
    few, more = (_saved_bytes(family, n) for n in _PROBE)
    return Needs(parameters, max(0, more - few) / (_PROBE[1] - _PROBE[0]), kept)


def _saved_bytes(family: Learner[Any], n: int) -> int:
    """Bytes that one step on n rows saves for its backward passes."""
    rows = family.spec.example(n, make_generator(0)).to(family.device)
    total = 0
    lock = threading.Lock()

    def pack(x: Tensor) -> Tensor:
        nonlocal total
        with lock:
            total += x.numel() * x.element_size()
        return x

    def unpack(x: Any) -> Any:
        return x

    with torch.autograd.graph.saved_tensors_hooks(pack, unpack):
        family.step(rows)
    return total

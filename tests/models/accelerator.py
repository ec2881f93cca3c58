"""An accelerator that does not exist: tensors of the CPU that say that they are on a GPU.

Inside `accelerator` each tensor that is moved to, or made on, its device is marked, and so is what
is computed from it. Reading a marked tensor on the host, which makes the host wait for a real GPU,
is counted with the line that did it; so is each blocking copy to the device. An operation on
tensors of both places, which a real GPU refuses, raises an error, and so does float64 on an Apple
GPU. What PyTorch's own Python code does inside of one call is not looked into.
"""

import sys
import traceback
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

__all__ = ["GPU", "MPS", "Accelerator", "accelerator"]

GPU = torch.device("cuda", 0)
MPS = torch.device("mps", 0)
_CPU = torch.device("cpu")
_MARK = "_on_gpu"
_ROOT = Path(__file__).parents[2]

_READS = {
    "item", "tolist", "numpy", "__array__", "__bool__", "__float__", "__int__", "__index__",
    "__complex__", "__contains__", "__format__", "is_nonzero", "equal", "allclose", "nonzero",
    "argwhere", "masked_select", "unique", "unique_consecutive", "bincount",
}  # fmt: skip
"""What returns numbers to Python, or a shape that depends on them."""
_ANYWHERE = {"to", "copy_", "type_as", "__set__", "__get__", "__getitem__", "__setitem__",
    "_has_compatible_shallow_copy_type", "__deepcopy__"}  # fmt: skip
"""What takes tensors of both places; an index on the host is copied to the device."""


class Generator(torch.Generator):
    """A generator of the CPU that says where it would be."""

    place: torch.device

    def __new__(cls, device: torch.device | str = "cpu") -> "Generator":
        made = super().__new__(cls)
        made.place = torch.device(device)
        return made

    def __init__(self, device: torch.device | str = "cpu") -> None:
        pass

    @property
    def device(self) -> torch.device:  # type: ignore[override]
        return self.place


class Accelerator(TorchFunctionMode):
    """Counts what the host waits for.

    Args:
        device: what it says it is.

    Attributes:
        reads: how often each line read a tensor of the device.
        copies: how often each line copied to the device and waited for it.
    """

    def __init__(self, device: torch.device) -> None:
        super().__init__()
        self.device = device
        self.reads: Counter[str] = Counter()
        self.copies: Counter[str] = Counter()

    def clear(self) -> None:
        """Forget what was counted."""
        self.reads.clear()
        self.copies.clear()

    def __torch_function__(
        self,
        func: Any,
        types: Any,
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        kwargs = dict(kwargs or {})
        name = func.__name__
        if name in ("__get__", "__set__"):
            return self._attribute(func, args)
        if name in ("pin_memory", "is_pinned"):
            return args[0] if name == "pin_memory" else False
        # The other argument of a deep copy is what was copied before.
        inputs = [args[0]] if name == "__deepcopy__" else list(_tensors((args, kwargs)))
        marked = any(is_on_gpu(t) for t in inputs)
        target = _target(name, args, kwargs)
        if target is not None:
            args = tuple(_CPU if _is_device(a) else a for a in args)
            kwargs = {k: _CPU if k == "device" else v for k, v in kwargs.items()}
        if name in ("to", "cpu", "cuda"):
            return self._move(func, args, kwargs, target)
        if marked:
            self._count(name, args, kwargs)
            if name not in _ANYWHERE:
                _check_places(name, inputs)
        result = func(*args, **kwargs)
        if target is not None and target.type != "cpu":
            if name in ("tensor", "as_tensor", "asarray"):
                self.copies[_line()] += 1
            self._mark(result)
        elif marked and target is None:
            self._mark(result)
        return result

    def _attribute(self, func: Any, args: tuple[Any, ...]) -> Any:
        """Read or write an attribute of a tensor."""
        name, it = func.__self__.__name__, args[0]
        if func.__name__ == "__set__":
            if name == "data" and is_on_gpu(args[1]):
                self._mark(it)
            return func(*args)
        if is_on_gpu(it) and name in ("device", "is_cuda", "is_cpu"):
            known = {"is_cuda": self.device.type == "cuda", "is_cpu": False}
            return self.device if name == "device" else known[name]
        result = func(*args)
        if is_on_gpu(it):
            self._mark(result)
        return result

    def _move(
        self,
        func: Any,
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        target: torch.device | None,
    ) -> Any:
        """Return a tensor on another device, or of another type."""
        it, name = args[0], func.__name__
        if name != "to":
            target = _CPU if name == "cpu" else self.device
        elif target is None and isinstance(other := args[1], Tensor):
            target = self.device if is_on_gpu(other) else _CPU
            args = (it, other.dtype, *args[2:])
        here, result = is_on_gpu(it), func(*args, **kwargs) if name == "to" else it
        there = here if target is None else target.type != "cpu"
        if here and not there:
            if _is_clipping():
                return it
            self.reads[f"{_line()} {name}"] += 1
        if there and not here and not kwargs.get("non_blocking"):
            self.copies[_line()] += 1
        if here != there:
            result = result.clone()
        if there:
            self._mark(result)
        return result

    def _mark(self, result: Any) -> None:
        for tensor in _tensors(result):
            if self.device.type == "mps" and tensor.dtype == torch.float64:
                raise TypeError(f"an Apple GPU has no float64, at {_line()}")
        _mark(result)

    def _count(self, name: str, args: Any, kwargs: Any) -> None:
        read = name in _READS and is_on_gpu(args[0])
        if name == "__getitem__":
            read = any(is_on_gpu(i) and i.dtype == torch.bool for i in _tensors(args[1:]))
        elif name == "__setitem__":
            masks = [i for i in _tensors(args[1:2]) if i.dtype == torch.bool]
            value = args[2]
            read = bool(masks) and isinstance(value, Tensor) and value.dim() > 0
        elif name == "repeat_interleave":
            counts = args[1] if len(args) > 1 else kwargs.get("repeats")
            read = isinstance(counts, Tensor) and "output_size" not in kwargs
        elif name == "where":
            read = len(args) == 1
        elif name == "copy_":
            read = is_on_gpu(args[1]) and not is_on_gpu(args[0])
        if read:
            self.reads[f"{_line()} {name}"] += 1
        index = name in ("__getitem__", "__setitem__") and is_on_gpu(args[0])
        if index and any(not is_on_gpu(i) and i.dim() for i in _tensors(args[1:])):
            self.copies[_line()] += 1


@contextmanager
def accelerator(device: torch.device = GPU) -> Iterator[Accelerator]:
    """Have a device while the block runs."""
    copy = nn.Parameter.__deepcopy__

    def copied(self: nn.Parameter, memo: dict[int, Any]) -> nn.Parameter:
        made = copy(self, memo)
        if is_on_gpu(self):
            _mark(made)
        return made

    with (
        mock.patch.object(torch, "Generator", Generator),
        mock.patch.object(nn.Parameter, "__deepcopy__", copied),
        mock.patch.object(torch.backends.cudnn, "is_acceptable", return_value=False),
        Accelerator(device) as made,
    ):
        yield made


def is_on_gpu(value: Any) -> bool:
    """Return whether a tensor is marked."""
    return isinstance(value, Tensor) and getattr(value, "__dict__", {}).get(_MARK, False)


def _mark(value: Any) -> None:
    for tensor in _tensors(value):
        tensor.__dict__[_MARK] = True


def _tensors(value: Any) -> Iterator[Tensor]:
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, tuple | list):
        for each in value:
            yield from _tensors(each)
    elif isinstance(value, dict):
        for each in value.values():
            yield from _tensors(each)


def _is_device(value: Any) -> bool:
    return isinstance(value, torch.device) or (
        isinstance(value, str) and value.split(":")[0] in ("cpu", "cuda", "mps")
    )


def _target(name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> torch.device | None:
    """Return the device that a call names."""
    found = kwargs.get("device")
    if found is None and name == "to":
        found = next((a for a in args[1:] if _is_device(a)), None)
    return None if found is None else torch.device(found)


def _check_places(name: str, inputs: list[Tensor]) -> None:
    if any(not is_on_gpu(t) and t.dim() for t in inputs):
        raise RuntimeError(f"{name}: tensors of the host and of the device, at {_line()}")


def _is_clipping() -> bool:
    """Return whether torch clips gradients: it groups them by the device where they really are."""
    return sys._getframe(3).f_code.co_filename.endswith("clip_grad.py")


def _line() -> str:
    for frame in reversed(traceback.extract_stack()):
        path = Path(frame.filename)
        if _ROOT in path.parents and ".venv" not in path.parts and path.name != Path(__file__).name:
            return f"{path.relative_to(_ROOT)}:{frame.lineno}"
    return "?"

"""Small tensor helpers that every layer of the maths shares."""

from collections.abc import Callable, MutableMapping
from typing import TypeAlias

import torch
from torch import Tensor
from torch.utils.weak import WeakIdKeyDictionary

__all__ = [
    "dropped",
    "expand_like",
    "in_parts",
    "make_generator",
    "mean_of_places",
    "noise_like",
    "real_places",
    "resident",
    "slope_of",
    "upload",
    "weighed",
    "widest_float",
]

# On a CPU the activations of so many points stay in its cache: an MLP of 3 x 128 units takes 1.1 us
# a point, and 2.1 where they do not. A GPU wants many points at once, and memory for them.
_PART = {"cpu": 1024}
_PART_ELSEWHERE = 65_536
# Networks for images are the wider the larger these are, and need fewer at once to be busy.
_NUMBERS, _FEWEST = 16, 64


_Place: TypeAlias = tuple[torch.device, torch.dtype]
_COPIES: MutableMapping[Tensor, dict[_Place, Tensor]] = WeakIdKeyDictionary()


def resident(constant: Tensor, like: Tensor | torch.device) -> Tensor:
    """Return a constant of the host on a device, copied there once: each copy from ordinary memory
    makes the host wait for all that a GPU has to do.

    Args:
        constant: a tensor that never changes; the copies live as long as it does.
        like: the device, or a tensor that has it and the type that floating point numbers get.
    """
    floats = isinstance(like, Tensor) and constant.is_floating_point() and like.is_floating_point()
    dtype = like.dtype if isinstance(like, Tensor) and floats else constant.dtype
    device = like.device if isinstance(like, Tensor) else like
    if constant.device == device:
        return constant.to(dtype)
    copies = _COPIES.setdefault(constant, {})
    if (device, dtype) not in copies:
        with torch.inference_mode(False):
            copies[device, dtype] = constant.to(device, dtype)
    return copies[device, dtype]


def upload(values: Tensor, device: torch.device | str) -> Tensor:
    """Return values of the host on a device. To an NVIDIA GPU they go by way of pinned memory, so
    that the host does not wait.
    """
    device = torch.device(device)
    if device.type != "cuda" or values.is_cuda:
        return values.to(device)
    pinned = values if values.is_pinned() else values.pin_memory()
    return pinned.to(device, non_blocking=True)


def widest_float(device: torch.device) -> torch.dtype:
    """Return float64, or float32 on an Apple GPU, which has nothing longer."""
    return torch.float32 if device.type == "mps" else torch.float64


def expand_like(t: Tensor, x: Tensor) -> Tensor:
    """Append axes to t, (B,) or 0-d, until it broadcasts against x, (B, ...)."""
    return t.reshape(t.shape + (1,) * (x.ndim - t.ndim))


def make_generator(
    seed: int, stream: int = 0, device: torch.device | str = "cpu"
) -> torch.Generator:
    """Return a generator for one numbered stream of a seed; streams do not overlap in use.

    One that lives on the device of a training draws there without a transfer. Kinds of device draw
    different numbers from one seed.
    """
    generator = torch.Generator(device)
    # Two mixed words keep seed 1, stream 0 apart from seed 0, stream 1.
    generator.manual_seed((seed * 0x9E3779B97F4A7C15 + stream * 0xBF58476D1CE4E5B9) % 2**63)
    return generator


def noise_like(x: Tensor, generator: torch.Generator | None) -> Tensor:
    """Return unit Gaussian noise in the shape, type and place of x.

    Raises:
        ValueError: there is no generator.
    """
    if generator is None:
        raise ValueError("noise is to be drawn: pass a torch.Generator")
    device = generator.device
    z = torch.empty(x.shape, device=device, dtype=x.dtype).normal_(generator=generator)
    return z if device == x.device else upload(z, x.device)


def dropped(x: Tensor, share: float, generator: torch.Generator) -> Tensor:
    """Return x with a share of its numbers set to 0 and the others scaled up (dropout; Srivastava
    et al. 2014), drawn from the generator; x itself for a share of 0.
    """
    if not share:
        return x
    kept = torch.rand(x.shape, generator=generator, device=x.device) >= share
    return x * kept / (1.0 - share)


def mean_of_places(values: Tensor, places: Tensor | None) -> Tensor:
    """Return the mean of values (n, *shape) over the places that are not padded, 0-d; where one is
    padded they are 0.

    Args:
        values: of some rows.
        places: mean number of real places per row (`models.contracts.batch.Batch.places`) of the
            whole batch; None without padding.
    """
    if places is None:
        return values.mean()
    return values.sum() / (places * len(values) * values[0, 0].numel())


def real_places(size: Tensor, places: int) -> Tensor:
    """Return which places are real of rows whose first ``size`` (n,) are, (n, places) bool."""
    return torch.arange(places, device=size.device) < size[:, None]


def in_parts(function: Callable[..., Tensor], *tensors: Tensor) -> Tensor:
    """Return function(*tensors), evaluated in parts whose size suits the device. All tensors have
    the same number of rows; row i of the result depends only on row i of each.
    """
    size = _PART.get(tensors[0].device.type, _PART_ELSEWHERE)
    size = max(_FEWEST, size // max(1, tensors[0][:1].numel() // _NUMBERS))
    # A graph for export has a batch of any size, which no split may fix.
    if torch.compiler.is_compiling() or len(tensors[0]) <= size:
        return function(*tensors)
    parts = zip(*(torch.split(tensor, size) for tensor in tensors), strict=True)
    return torch.cat([function(*part) for part in parts])


def slope_of(function: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    """Return the gradient at x (n, *shape) of a function to (n,) that mixes no rows, (n, *shape),
    also where gradients are switched off; of no weight is one computed.
    """
    with torch.inference_mode(False), torch.enable_grad():
        place = x.detach().clone().requires_grad_()
        (slope,) = torch.autograd.grad(function(place).sum(), place)
    return slope


def weighed(y: Tensor, w: Tensor) -> Tensor:
    """Return a number whose gradient by y is w, to the bit. Given w as ``grad_outputs`` instead,
    torch first loads a computer algebra of 500 modules, which takes seconds.
    """
    return (y * (w.clone() if w.is_inference() else w.detach())).sum()

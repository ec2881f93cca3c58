"""Averages of weights whose length is chosen after the training (Karras et al. 2024,
arXiv:2312.02696, section 3).

Two power-function averages are kept up while a network trains, and copies of both are laid aside
now and then. From these any length is made later, at the step of any checkpoint
(`models.training.profiles`). Power functions look the same at every scale, so copies are laid aside
at steps that grow by a factor, and the accuracy does not depend on how long the training was; the
oldest ones go, so that a checkpoint grows by a bounded amount: 8 bytes a number for the averages
and 4 for each of at most 8 pairs of copies in half precision.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Generic, TypeVar

import torch
from torch import Tensor, nn

from pushforward.models.contracts.state import Packed, State
from pushforward.models.training.profiles import combination, exponent

__all__ = ["LENGTHS", "NONE_KEPT", "SETTING", "PosthocAverages", "averaged_over", "most_bytes"]

M = TypeVar("M", bound=nn.Module)

LENGTHS = (0.05, 0.10)
"""Of the two averages that are kept up (section 3.2)."""

SETTING = "EMA profiles"
"""What the setting is called that has a training keep them."""

NONE_KEPT = (
    "the run kept no averages that another one could be made of; train one with the "
    f"setting “{SETTING}” on (training.lengths)"
)
"""Why a length cannot be chosen."""

_COPIES = 8
_GROWTH = 1.15  # of the steps at which copies are laid aside
_PART, _NOW = "lengths", "now"
_AVERAGED = "ema"  # the part that holds the weights that a model is used with


class _Counted(State):
    """Counts what the averages of parts would add to a state, and copies nothing."""

    bytes = 0

    def keep(self, name: str, tensor: Tensor) -> None:
        if f"/{_PART}/{_NOW}." in name:
            copies = _COPIES * torch.float16.itemsize
            self.bytes += tensor.numel() * (tensor.element_size() + copies)


def most_bytes(parts: Mapping[str, Packed]) -> int:
    """Return how much memory the averages of the parts of a learner take, with as many copies as
    are ever laid aside; 0 where it keeps none.
    """
    counted = _Counted({})
    for name, part in parts.items():
        part.pack(counted, name)
    return counted.bytes


class PosthocAverages(Generic[M]):
    """The two averages of a network, and copies of them.

    Args:
        source: the network that trains; its parameters are averaged from here on.
        copies: in which precision copies are laid aside.
    """

    def __init__(self, source: M, copies: torch.dtype = torch.float16) -> None:
        named = list(source.named_parameters())
        self._names = [name for name, _ in named]
        self._theta: list[Tensor] = [parameter for _, parameter in named]
        self._powers = [exponent(length) for length in LENGTHS]
        self._means = [[p.detach().clone() for p in self._theta] for _ in LENGTHS]
        self._dtype = copies
        self._copies: dict[int, list[list[Tensor]]] = {}
        self.count = 0

    @torch.no_grad()
    def update(self) -> None:
        """Move both averages towards the current weights: by 1 - (1 - 1/n)^(g + 1) in step n, which
        is the integral of the density over it (section 3.1).
        """
        self.count += 1
        for power, mean in zip(self._powers, self._means, strict=True):
            share = 1.0 - (1.0 - 1.0 / self.count) ** (power + 1.0)
            torch._foreach_lerp_(mean, self._theta, share)
        if self.count >= _GROWTH * max(self._copies, default=0):
            self._lay_aside()

    def restart(self) -> None:
        """Begin as if the weights had always been what they are."""
        with torch.no_grad():
            for mean in self._means:
                torch._foreach_copy_(mean, self._theta)
        self._copies.clear()

    def _lay_aside(self) -> None:
        kept = [[m.to("cpu", self._dtype, copy=True) for m in mean] for mean in self._means]
        self._copies[self.count] = kept
        while len(self._copies) > _COPIES:
            del self._copies[min(self._copies)]

    def pack(self, state: State, part: str) -> None:
        """Add averages, copies and their steps."""
        part = f"{part}/{_PART}"
        for place, mean in enumerate(self._means):
            for name, tensor in zip(self._names, mean, strict=True):
                state.keep(f"{part}/{_NOW}.{place}.{name}", tensor)
        for step, kept in self._copies.items():
            for place, mean in enumerate(kept):
                for name, tensor in zip(self._names, mean, strict=True):
                    state.keep(f"{part}/{step}.{place}.{name}", tensor)
        state.values[f"{part}/count"] = self.count
        state.values[f"{part}/steps"] = sorted(self._copies)

    def unpack(self, state: State, part: str, count: int) -> None:
        """Restore what `pack` added; where nothing was, begin after ``count`` steps as if the
        weights had always been what they are.

        Raises:
            ValueError: it does not fit.
        """
        part = f"{part}/{_PART}"
        if f"{part}/count" not in state.values:
            self.count = count
            self.restart()
            return
        self.count = int(state.value(f"{part}/count"))
        for place, mean in enumerate(self._means):
            for name, tensor in zip(self._names, mean, strict=True):
                tensor.copy_(state.tensor(f"{part}/{_NOW}.{place}.{name}", tensor.shape))
        self._copies = {
            int(step): [
                [
                    state.tensor(f"{part}/{step}.{place}.{name}", like.shape).clone()
                    for name, like in zip(self._names, self._theta, strict=True)
                ]
                for place in range(len(LENGTHS))
            ]
            for step in state.value(f"{part}/steps")
        }


def averaged_over(state: State, length: float) -> tuple[State, float]:
    """Return a state with averaged weights of another length, and the distance of its density from
    the requested one over the norm of that: the largest of all networks.

    Only the averages that a model is used with are replaced; do not train from such a state.

    Raises:
        ValueError: there is no such length, or no network kept the averages for it.
    """
    power = exponent(length)
    if not any(name.endswith(f"/{_PART}/count") for name in state.values):
        raise ValueError(NONE_KEPT)
    tensors, worst = dict(state.tensors), 0.0
    for key in state.values:
        owner, _, end = key.rpartition(f"/{_PART}/")
        if end != "count" or not (count := int(state.values[key])):
            continue
        steps = {str(step): int(step) for step in state.values[f"{owner}/{_PART}/steps"]}
        steps = {name: step for name, step in steps.items() if step < count} | {"now": count}
        kept = [(name, place) for name in steps for place in range(len(LENGTHS))]
        powers = torch.tensor([exponent(LENGTHS[place]) for _, place in kept])
        found = combination(
            powers, torch.tensor([steps[name] for name, _ in kept]), power, float(count)
        )
        worst = max(worst, found.error)
        for name in [n for n in tensors if n.startswith(f"{owner}/{_PART}/{_NOW}.0.")]:
            parameter = name.removeprefix(f"{owner}/{_PART}/{_NOW}.0.")
            target = f"{owner}/{_AVERAGED}/{parameter}"
            parts = [state.tensor(f"{owner}/{_PART}/{n}.{p}.{parameter}") for n, p in kept]
            tensors[target] = _mixed(parts, found.weights, tensors[target])
    return replace(state, tensors=tensors), worst


def _mixed(parts: list[Tensor], weights: Tensor, like: Tensor) -> Tensor:
    total: Any = sum(w * part.double() for w, part in zip(weights.tolist(), parts, strict=True))
    return torch.as_tensor(total).to(like.dtype)

"""Invertible layers from data to noise, and back: what a normalising flow is made of.

The layers are those of zuko (Rozet et al., MIT licence), whose splines and masks are not written a
second time here. It is imported where a network is made: nothing else needs it.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Annotated, Any

import torch
from torch import Tensor, nn

from pushforward.models.config import Config, param
from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.spec import DataSpec
from pushforward.models.nets.given import GivenFeatures

__all__ = ["FlowConfig", "InvertibleLayers", "seeded"]


class FlowConfig(Config, frozen=True):
    """Size of a flow."""

    transforms: Annotated[
        int,
        param("Layers", "Number of invertible layers.", low=1, high=64),
    ] = 5
    width: Annotated[
        int,
        param(
            "Width",
            "Units of each hidden layer of the inner networks.",
            low=1,
            high=4096,
            log=True,
        ),
    ] = 64
    depth: Annotated[
        int, param("Depth", "Number of hidden layers of the inner networks.", low=1, high=32)
    ] = 2

    @property
    def hidden(self) -> list[int]:
        """The sizes of the hidden layers inside."""
        return [self.width] * self.depth


def seeded(make: Callable[[], nn.Module], generator: torch.Generator) -> nn.Module:
    """Return what a function makes whose initial weights come from the global random numbers, with
    weights from a passed generator instead; the global ones are left as they were. Buffers, which
    are masks and orders, are constants that need not be saved.
    """
    seed = int(torch.randint(2**62, (), generator=generator))
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)
        made = make()
    for module in made.modules():
        for name, value in list(module.named_buffers(recurse=False)):
            module.register_buffer(name, value, persistent=False)
    return made


class InvertibleLayers(nn.Module):
    """x (B, *shape) -> log p(x) (B,), by z = f(x) ~ N(0, I): log N(z) + log |det df/dx|.

    Called as all networks are (`models.nets.calling`).

    Args:
        make: makes zuko's flow for a number of dimensions and of conditions.
        spec: of the data.
        name: of what the layers are, under which their weights are saved.
        passes: evaluations of the network of a layer that its inverse takes.
        generator: where the initial weights come from (a generator of the CPU).
    """

    def __init__(
        self,
        make: Callable[[int, int], Any],
        spec: DataSpec,
        *,
        name: str,
        passes: int,
        generator: torch.Generator,
    ) -> None:
        super().__init__()
        self.shape = spec.shape
        self.passes = passes
        self.told = GivenFeatures(spec) if spec.given else None
        told = self.told.dim if self.told is not None else 0
        flow = seeded(lambda: make(math.prod(spec.shape), told), generator)
        # Without the law of its noise, whose mean and deviation would be saved as if they learned.
        transforms: Sequence[nn.Module] = flow.transform.transforms  # type: ignore[assignment,union-attr]
        self._name = name
        self.add_module(name, nn.ModuleList(transforms))

    @property
    def layers(self) -> nn.ModuleList:
        """The layers, the first one next to the data."""
        found = self.get_submodule(self._name)
        assert isinstance(found, nn.ModuleList)
        return found

    def forward(
        self,
        x: Tensor,
        clock: Tensor | None = None,
        given: Mapping[str, Tensor] | None = None,
        mask: Tensor | None = None,
    ) -> Tensor:
        z, volume = self.to_noise(Batch(x, mask, given or {}))
        flat = z.flatten(1)
        gaussian = -0.5 * (flat.square() + math.log(2.0 * math.pi)).sum(dim=1)
        return gaussian + volume

    def to_noise(self, rows: Batch) -> tuple[Tensor, Tensor]:
        """Return where the data are as noise, z (n, *shape), and log |det dz/dx| (n,)."""
        z, volume = rows.x.flatten(1), rows.x.new_zeros(len(rows))
        context = self._context(rows)
        for layer in self.layers:
            z, change = layer(context).call_and_ladj(z)
            volume = volume + change
        return z.reshape(rows.x.shape), volume

    def to_data(self, latents: Batch) -> Iterator[Tensor]:
        """Yield the points after each layer from noise to data, (n, *shape) each."""
        x, context = latents.x.flatten(1), self._context(latents)
        for layer in reversed(self.layers):
            transform = layer(context)
            x = transform.inv(x)
            yield x.reshape(latents.x.shape)

    def _context(self, rows: Batch) -> Tensor | None:
        return None if self.told is None else self.told(rows.given)

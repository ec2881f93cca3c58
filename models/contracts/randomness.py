"""The position of a random generator as part of a state."""

import hashlib

import torch

from pushforward.models.contracts.state import State

__all__ = ["RandomState", "pack_generator", "unpack_generator"]


def pack_generator(state: State, part: str, generator: torch.Generator) -> None:
    """Add the position of a random generator, and the kind of device that it draws on."""
    state.tensors[f"{part}/generator"] = generator.get_state().clone()
    state.values[f"{part}/device"] = generator.device.type


def unpack_generator(state: State, part: str, generator: torch.Generator) -> None:
    """Restore what `pack_generator` added.

    The generators of different kinds of device do not translate. A run that moves to another kind
    goes on with fresh noise, which the saved position seeds: the same whenever it moves from there,
    and none that was used before.

    Raises:
        ValueError: it is missing.
    """
    saved = state.tensor(f"{part}/generator").contiguous()
    if state.value(f"{part}/device") == generator.device.type:
        generator.set_state(saved)
    else:
        digest = hashlib.sha256(saved.numpy().tobytes()).digest()
        generator.manual_seed(int.from_bytes(digest[:8], "little") >> 1)


class RandomState:
    """A generator as a part of a learner; a `models.contracts.state.Packed`."""

    def __init__(self, generator: torch.Generator) -> None:
        self._generator = generator

    def pack(self, state: State, part: str) -> None:
        """Add where the generator is."""
        pack_generator(state, part, self._generator)

    def unpack(self, state: State, part: str) -> None:
        """Put the generator where it was."""
        unpack_generator(state, part, self._generator)

    def parameter_count(self) -> int:
        """Return 0."""
        return 0

"""Small tensor helpers that every layer of the maths shares."""

import torch
from torch import Tensor

__all__ = ["expand_like", "make_generator"]


def expand_like(t: Tensor, x: Tensor) -> Tensor:
    """Append axes to t, (B,) or 0-d, until it broadcasts against x, (B, ...)."""
    return t.reshape(t.shape + (1,) * (x.ndim - t.ndim))


def make_generator(seed: int, stream: int = 0) -> torch.Generator:
    """Return a CPU generator for one numbered stream of a seed; streams do not overlap in use."""
    generator = torch.Generator()
    # Two mixed words keep seed 1, stream 0 apart from seed 0, stream 1.
    generator.manual_seed((seed * 0x9E3779B97F4A7C15 + stream * 0xBF58476D1CE4E5B9) % 2**63)
    return generator

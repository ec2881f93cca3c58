"""Symbols as bits, plus or minus one: the binary digits of their numbers."""

import torch
from torch import Tensor

__all__ = ["BitCode"]


class BitCode:
    """The code of K symbols in m = ceil(log2 K) bits.

    Args:
        symbols: K.
        device: where it is used.

    Attributes:
        bits: m, at least 1.
        words: (K, m) float32, the code of each symbol.
    """

    def __init__(self, symbols: int, device: torch.device | str = "cpu") -> None:
        self.bits = max(1, (symbols - 1).bit_length())
        digits = torch.arange(symbols)[:, None] >> torch.arange(self.bits)
        self.words = (2.0 * (digits & 1) - 1.0).to(device)

    def write(self, x: Tensor) -> Tensor:
        """Return the bits of symbols, (n, L) -> (n, L, m)."""
        return self.words[x]

    def read(self, bits: Tensor) -> Tensor:
        """Return the symbols whose bits are nearest, (n, L, m) -> (n, L): of m bits some words are
        no symbol.
        """
        return (bits @ self.words.T).argmax(dim=-1)

    def mean(self, law: Tensor) -> Tensor:
        """Return the mean of the bits under a law of symbols, (n, L, K) -> (n, L, m)."""
        return law @ self.words

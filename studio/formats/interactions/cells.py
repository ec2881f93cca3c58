"""Cells of a column of text, parsed for all rows of a block at once."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Cells"]

DIGITS = 18
"""Of an integer that 64 bits hold."""
_PRIME = np.uint64(1099511628211)
_OFFSET = np.uint64(14695981039346656037)
_DOT, _ZERO, _SPACE = 46, 48, 32

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Cells:
    """Cells as ranges of bytes: cell i is ``data[start[i]:end[i]]``, without surrounding spaces."""

    data: NDArray[np.uint8]
    start: Ints
    end: Ints

    def __len__(self) -> int:
        return len(self.start)

    @classmethod
    def between(cls, data: NDArray[np.uint8], start: Ints, end: Ints) -> "Cells":
        """Return cells, with the spaces around them removed."""
        padded = np.append(data, np.uint8(0))
        while (spaces := (padded[start] == _SPACE) & (start < end)).any():
            start = start + spaces
        while (spaces := (padded[end - 1] == _SPACE) & (start < end)).any():
            end = end - spaces
        return cls(padded, start, end)

    @classmethod
    def of_texts(cls, texts: Sequence[str]) -> "Cells":
        """Return the cells of texts."""
        raw = [text.strip().encode() for text in texts]
        ends = np.cumsum([len(each) for each in raw], dtype=np.int64)
        data = np.frombuffer(b"".join(raw) + b"\0", np.uint8)
        return cls(data, np.concatenate([[0], ends[:-1]]).astype(np.int64), ends)

    def text(self, place: int) -> str:
        """Return one cell as text; bytes that are not UTF-8 are read as Latin-1."""
        raw = self.data[self.start[place] : self.end[place]].tobytes()
        try:
            return raw.decode()
        except UnicodeDecodeError:
            return raw.decode("latin-1")

    def integers(self) -> tuple[Ints, Mask]:
        """Return each cell as an integer >= 0 and whether it is one of at most 18 digits."""
        width = self.end - self.start
        valid = (width > 0) & (width <= DIGITS)
        most = min(int(width.max(initial=0)), DIGITS)
        # The digits of all cells, from the last one: (n, most).
        back = np.arange(1, most + 1)
        digits = self.data[np.maximum(self.end[:, None] - back, 0)] - np.uint8(_ZERO)
        digits[back > width[:, None]] = 0
        valid &= (digits <= 9).all(axis=1)
        value = np.zeros(len(self), np.int64)
        for at in range(most):
            value += digits[:, at].astype(np.int64) * 10**at
        return value, valid

    def decimals(self) -> tuple[Floats, Mask]:
        """Return each cell as a finite number and whether it is one."""
        width = self.end - self.start
        plain = (width > 0) & (width <= DIGITS)
        value = np.zeros(len(self))
        scale, dotted = np.ones(len(self)), np.zeros(len(self), bool)
        for at in range(min(int(width.max(initial=0)), DIGITS)):
            inside = at < width
            byte = self.data[np.where(inside, self.start + at, self.start)].astype(np.int64)
            digit = inside & (byte >= _ZERO) & (byte <= _ZERO + 9)
            dot = inside & (byte == _DOT) & ~dotted
            plain &= ~inside | digit | dot
            value = np.where(digit, 10 * value + (byte - _ZERO), value)
            scale = np.where(digit & dotted, 10 * scale, scale)
            dotted |= dot
        plain &= width > dotted  # a dot alone is no number
        value = value / scale
        valid = plain.copy()
        for place in np.flatnonzero(~plain).tolist():  # signs and exponents are rare
            text = self.text(place)
            try:
                number = float(text) if "_" not in text else np.nan
            except ValueError:
                continue
            if np.isfinite(number):
                value[place], valid[place] = number, True
        return value, valid

    def seconds(self) -> tuple[Floats, Mask]:
        """Return each cell as a number or, of a date such as 2024-05-01 12:30, as seconds since
        1970, and whether it is either.
        """
        value, valid = self.integers()
        if valid.all():
            return value.astype(np.float64), valid
        number, valid = self.decimals()
        for place in np.flatnonzero(~valid).tolist():
            text = self.text(place).removesuffix("Z").removesuffix(" UTC")
            try:
                when = np.datetime64(text, "s")
            except ValueError:
                continue
            if not np.isnat(when):
                number[place], valid[place] = float(when.astype(np.int64)), True
        return number, valid

    def hashes(self) -> Ints:
        """Return 64-bit FNV-1a hashes of the cells."""
        width = self.end - self.start
        value = np.full(len(self), _OFFSET)
        with np.errstate(over="ignore"):
            for at in range(int(width.max(initial=0))):
                inside = at < width
                byte = self.data[np.where(inside, self.start + at, self.start)]
                value = np.where(inside, (value ^ byte) * _PRIME, value)
        return value.view(np.int64)

"""Valid bytes, altered: what damage does, and what somebody would write who wants harm."""

import re
from collections.abc import Sequence
from itertools import pairwise

from hypothesis import strategies as st

__all__ = ["mutated", "pieces"]

HEAD = 512
"""Most of what a reader believes stands in front."""
WORDS = [0, 1, 2**7, 2**8 - 1, 2**15, 2**16 - 1, 2**31, 2**32 - 1, 2**40, 2**63, 2**64 - 1]
TEXTS = [b"-1", b"0", b"1e999", b"4294967296", b"999999999999", b"nan", b"(", b'"', b"\0", b"\n"]
IN_PLACE = ["byte", "bit", "word"]
SHIFTING = ["text", "number", "copy", "cut", "end"]
"""These move what follows, which most binary formats notice at once."""
NUMBER = re.compile(rb"\d+")


@st.composite
def mutated(draw: st.DrawFn, seeds: Sequence[bytes]) -> bytes:
    """One of the seeds with a few alterations; now and then something else altogether."""
    if draw(st.integers(0, 19)) == 0:
        return draw(st.binary(max_size=200))
    data = bytearray(draw(st.sampled_from(seeds)))
    kinds = draw(st.sampled_from([IN_PLACE, IN_PLACE, SHIFTING, IN_PLACE + SHIFTING]))
    for _ in range(draw(st.integers(1, 5))):
        _alter(draw, data, seeds, draw(st.sampled_from(kinds)))
    return bytes(data)


def _alter(draw: st.DrawFn, data: bytearray, seeds: Sequence[bytes], kind: str) -> None:
    near = draw(st.booleans())
    at = draw(st.integers(0, max(0, min(len(data), HEAD if near else len(data)) - 1)))
    if kind == "byte":
        some = draw(st.binary(min_size=1, max_size=4))
        data[at : at + len(some)] = some
    elif kind == "bit" and data:
        data[at] ^= 1 << draw(st.integers(0, 7))
    elif kind == "word":
        size = draw(st.sampled_from([1, 2, 4, 8]))
        word = draw(st.sampled_from(WORDS) | st.integers(0, len(data)))
        order = draw(st.sampled_from(["little", "big"]))
        data[at : at + size] = (word % 2 ** (8 * size)).to_bytes(size, order)
    elif kind == "text":
        data[at:at] = draw(st.sampled_from(TEXTS)) * draw(st.sampled_from([1, 1, 1, 3, 2000]))
    elif kind == "number":
        places = [match.span() for match in NUMBER.finditer(data[: HEAD if near else None])]
        if places:
            start, stop = draw(st.sampled_from(places))
            data[start:stop] = draw(st.sampled_from(TEXTS))
    elif kind == "copy":
        other = draw(st.sampled_from(seeds))
        start = draw(st.integers(0, len(other)))
        data[at:at] = other[start : start + draw(st.integers(1, 200))]
    elif kind == "cut":
        del data[at : at + draw(st.integers(1, 200))]
    else:
        del data[at:]


@st.composite
def pieces(draw: st.DrawFn, data: bytes) -> list[bytes]:
    """Return bytes as they may come through a pipe."""
    cuts = sorted(draw(st.lists(st.integers(0, len(data)), max_size=6)))
    edges = [0, *cuts, len(data)]
    return [data[a:b] for a, b in pairwise(edges)]

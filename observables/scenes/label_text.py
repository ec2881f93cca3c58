"""Labels of pixels as text that fits into a setting: run lengths of the map, row by row.

A run is ``length`` or ``length:class``, runs are separated by spaces, and unlabelled pixels at the
end are left out: ``"7 3:2"`` is seven unlabelled pixels, then three of class 2.
"""

import re

import numpy as np
from numpy.typing import NDArray

__all__ = ["decode_labels", "encode_labels"]

_RUN = re.compile(r"(\d{1,10})(?::(\d{1,5}))?\Z")


def encode_labels(labels: NDArray[np.integer]) -> str:
    """Return a map of labels (H, W), classes from 1 on and 0 for none, as text."""
    flat = np.asarray(labels).ravel()
    if len(flat) == 0 or not flat.any():
        return ""
    flat = flat[: int(np.flatnonzero(flat)[-1]) + 1]
    starts = np.concatenate([[0], np.flatnonzero(np.diff(flat)) + 1])
    lengths = np.diff(np.concatenate([starts, [len(flat)]]))
    pairs = zip(lengths.tolist(), flat[starts].tolist(), strict=True)
    return " ".join(f"{n}:{c}" if c else str(n) for n, c in pairs)


def decode_labels(text: str, shape: tuple[int, int]) -> NDArray[np.int16]:
    """Return the map (H, W) of labels of a text, classes from 1 on and 0 for none.

    Raises:
        ValueError: the text has another form, or more pixels than the shape.
    """
    flat, place = np.zeros(shape[0] * shape[1], np.int16), 0
    for word in text.split():
        found = _RUN.match(word)
        if found is None:
            raise ValueError(f"{word!r} is no run of labels: write length or length:class")
        length, label = int(found[1]), int(found[2] or 0)
        if place + length > len(flat):
            raise ValueError(
                f"the labels are those of a larger scene than {shape[0]} x {shape[1]} pixels"
            )
        if label > np.iinfo(np.int16).max:
            raise ValueError(f"there is no class {label}")
        flat[place : place + length] = label
        place += length
    return flat.reshape(shape)

"""Texts: characters in lines, as sure as the model was of each of them."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pushforward.studio.app.core.data_type import (
    MEMORISATION,
    Arrays,
    Kind,
    Measured,
    Tiles,
    how_many,
)
from pushforward.studio.app.data.pairwise_distance import Distances
from pushforward.studio.app.data_types.texts.text_tiles import numbers, spelled, texts
from pushforward.studio.app.data_types.texts.token_predictions import scene, step
from pushforward.studio.counts import format_count
from pushforward.studio.protocol.extras import TOLD, WRITTEN

__all__ = ["KIND", "pieces", "spelled"]

ASPECT = 2.0


def pieces(arrays: Arrays) -> Tiles:
    """Return tiles of texts (see `studio.app.data_types.texts.text_tiles`)."""
    return texts(arrays, ASPECT)


def _measures(arrays: Arrays) -> Measured:
    """Say of each text how many words it has, how long the longest is, and, where it is known, how
    sure the model was of its characters.
    """
    x = numbers(arrays["x"])
    words = ["".join(chr(c) if c > 0 else " " for c in row).split() for row in x.tolist()]
    found = {
        "Words": np.array([len(each) for each in words]),
        "Longest word": np.array([max(map(len, each), default=0) for each in words]),
    }
    if WRITTEN in arrays:
        found["Sureness"] = np.asarray(arrays[WRITTEN])[..., 0].mean(axis=1)
    return found


def _marks(arrays: Arrays) -> NDArray[Any]:
    """Return which character stands where, so that the square of the distance is the number of
    places that differ: (n, L * different characters).
    """
    x = numbers(arrays["x"])
    marks = (x[..., None] == np.arange(1, 128)).reshape(len(x), -1)
    found: NDArray[Any] = marks.astype(np.float32) / np.float32(math.sqrt(2.0))
    return found


def _facts(x: NDArray[Any], columns: tuple[str, ...], facts: Mapping[str, Any]) -> str:
    parts = [
        f"{format_count(how_many(x, facts), 'text')} of {format_count(x.shape[1], 'character')}"
    ]
    if alphabet := str(facts.get("alphabet") or ""):
        parts.append(f"{len(alphabet)} different characters")
    return " · ".join(parts)


KIND = Kind(
    slug="texts",
    about="Language and other sequences: text, written character by character",
    title="Text",
    one="text",
    many="texts",
    moving="texts",
    loading="Loading texts",
    layout="tiles",
    fits=lambda shape: len(shape) == 1,
    tiles=pieces,
    facts=_facts,
    measures=_measures,
    apart=Distances("characters at the same place", _marks),
    groups={
        "Writing": ("bits-per-character", "ngram-distance"),
        "Memorisation": MEMORISATION,
    },
    imports="plain text",
    page=24,
    parts=TOLD,
    scene=scene,
    step=step,
    legend=(
        "blue: sure · orange: a guess · outline: just written · block: masked · hover for "
        "alternatives"
    ),
    suffixes=("txt", "npz", "h5"),
    order=60,
)

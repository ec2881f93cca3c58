"""The letters of a typed word."""

from typing import Annotated

import torch

from pushforward.models.config import Config, ConfigError, param
from pushforward.models.data.common import PLANE, data_generator
from pushforward.models.data.strokes import GLYPHS, HEIGHT, segments
from pushforward.models.kinds.points import PointSet
from pushforward.models.registry import dataset

__all__ = ["WordConfig", "word"]

_LONGEST = 24


class WordConfig(Config, frozen=True):
    """What is written, and how steady the hand is."""

    text: Annotated[
        str, param("Text", f"Letters A to Z, digits and blanks; at most {_LONGEST} characters.")
    ] = "FLOW"
    jitter: Annotated[
        float,
        param(
            "Jitter",
            "Standard deviation around the strokes, in letter heights.",
            low=0.0,
            high=1.0,
        ),
    ] = 0.02


@dataset(
    "word",
    title="Word",
    summary="Points along the strokes of a word that you type.",
    source="This project's own stroke font",
    holds="points",
    config=WordConfig,
)
def word(config: WordConfig, n: int, seed: int) -> PointSet:
    """Draw n points (n, 2), uniform along the strokes; letters have height 1, centred.

    Raises:
        ConfigError: the text is empty, too long, or has a character without strokes.
    """
    generator = data_generator(n, seed)
    pieces = segments(_checked(config.text)) / HEIGHT
    start, end = pieces[:, 0], pieces[:, 1]
    length = (end - start).norm(dim=1)
    piece = torch.multinomial(length, n, replacement=True, generator=generator)
    along = torch.rand((n, 1), generator=generator)
    x = start[piece] + along * (end - start)[piece]
    ends = pieces.reshape(-1, 2)
    middle = (ends.amin(dim=0) + ends.amax(dim=0)) / 2
    noise = config.jitter * torch.randn((n, 2), generator=generator)
    return PointSet(x - middle + noise, PLANE)


def _checked(text: str) -> str:
    text = text.upper().strip()
    if not text:
        raise ConfigError("text", "is empty; type a word of letters and digits")
    if len(text) > _LONGEST:
        raise ConfigError("text", f"must have at most {_LONGEST} characters, got {len(text)}")
    strange = next((c for c in text if c != " " and c not in GLYPHS), None)
    if strange is not None:
        raise ConfigError("text", f"cannot write {strange!r}; use A to Z, 0 to 9 and blanks")
    return text

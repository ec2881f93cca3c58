"""Alice's Adventures in Wonderland, character by character."""

from functools import cache
from pathlib import Path
from typing import Annotated

import torch

from pushforward.models.config import Config, param
from pushforward.models.contracts.data import Splits
from pushforward.models.kinds.texts import TextSet, numbers_of
from pushforward.models.registry import dataset
from pushforward.studio.engine.data.bundled_files import not_what_it_should_be
from pushforward.studio.formats.texts.alphabets import LETTERS, AlphabetName, tidy
from pushforward.studio.resources import folder

__all__ = ["AliceConfig", "alice"]

_SHARE = 0.9  # of the novel that is learned from
_STEP = 8  # characters from the beginning of one piece to that of the next


class AliceConfig(Config, frozen=True):
    """Which characters are read, and how many together."""

    alphabet: Annotated[
        AlphabetName,
        param(
            "Alphabet",
            "Letters a to z and the space, or all characters.",
            choices={"letters": "a to z and blank", "written": "All characters"},
        ),
    ] = "letters"
    length: Annotated[
        int, param("Length", "Number of characters per text.", low=8, high=512, unit="characters")
    ] = 64


@dataset(
    "alice",
    title="Alice in Wonderland",
    summary=(
        "*Alice in Wonderland* in pieces: 140,000 characters of English prose; the last tenth "
        "is held out."
    ),
    source="Carroll 1865; the file of the Canterbury corpus, Arnold and Bell 1997, "
    "doi:10.1109/DCC.1997.582019",
    holds="texts",
    config=AliceConfig,
    finite=True,
    size="15,390 pieces of 64 characters",
    licence="Public domain",
    made=(
        "White space is collapsed. Letters: lower case without accents, everything else "
        "becomes a space. Pieces overlap with stride 8."
    ),
)
def alice(config: AliceConfig) -> Splits:
    """Return pieces of the first nine tenths to learn from, and of the last to measure with.

    Raises:
        Refused: the file is missing or damaged; the path is "dataset".
    """
    text = tidy(_read(folder("datasets") / "alice" / "alice.txt"), config.alphabet).strip()
    alphabet = LETTERS if config.alphabet == "letters" else "".join(sorted(set(text)))
    at = round(_SHARE * len(text))
    parts = (text[:at], text[at:])
    train, test = (TextSet(_cut(part, config.length), alphabet) for part in parts)
    # Pieces that overlap are no independent ones: of the others there are enough to measure with.
    return Splits(train, test.take(slice(None, None, max(1, config.length // _STEP))))


def _cut(text: str, length: int) -> torch.Tensor:
    return numbers_of(text).unfold(0, length, _STEP).contiguous()


@cache
def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError) as error:
        raise not_what_it_should_be(path, "text", str(error)) from error

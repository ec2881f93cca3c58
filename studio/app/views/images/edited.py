"""What came of an edit, as it is shown: tiles with a line each, and what was before. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from studio.app import words
from studio.app.state.editing import Image, Sheet, Task

__all__ = ["Edited", "edited"]

Images = NDArray[np.float32]
MORPHED, TRANSLATED = "morph", "translate"
SPREAD = 6.0  # standard deviations of noise between black and white


@dataclass(frozen=True, eq=False)
class Edited:
    """Images (n, C, H, W) that came of an edit, each with what it is in a word or two, and what
    stands before them, (C, H, W). ``first`` is the one that is looked at first, ``others`` whether
    each is of the class or the run that the image was to become, ``seed`` what they were drawn
    with, None where nothing was drawn.
    """

    task: Task
    images: Images
    names: tuple[str, ...]
    before: Image
    first: int
    others: tuple[bool, ...]
    seed: int | None
    seconds: float
    note: str
    name: str

    @property
    def facts(self) -> str:
        """How it was made, in a line."""
        seed = () if self.seed is None else (f"seed {self.seed}",)
        return " · ".join((*seed, words.duration(self.seconds), self.name))


def edited(
    task: Task,
    sheet: Sheet,
    arrays: Mapping[str, NDArray[Any]],
    config: Mapping[str, Any],
    seconds: float,
    note: str,
    name: str,
) -> Edited:
    """Return what came of a task that was handed a sheet, from the arrays of its result.

    Raises:
        KeyError: they lack what the operator says that it makes.
    """
    made = np.asarray(arrays["x"], np.float32)
    parts, names, first = [made], [str(i + 1) for i in range(len(made))], 0
    if "way" in arrays:
        names = [f"{share:.2f}" for share in arrays["way"].tolist()]
        first = len(made) // 2 if task.second else len(made) - 1
    elif "latent" in arrays:
        noise = np.asarray(arrays["latent"], np.float32) / SPREAD + 0.5
        parts, names, first = [noise, made], ["noise", task.title.lower()], 1
    elif "mean" in arrays:
        mean = np.asarray(arrays["mean"], np.float32)[:1]
        parts, names = [mean, made], ["mean", *names]
    if task.operator == MORPHED:
        others = [share >= 0.5 for share in arrays["way"].tolist()]
    else:
        others = [task.operator == TRANSLATED] * sum(map(len, parts))
    images = np.concatenate(parts)
    before = np.asarray(arrays[task.seen], np.float32)[0] if task.seen else sheet.image
    seed = config.get("seed")
    return Edited(
        task, images, tuple(names), before, first, tuple(others),
        None if seed is None else int(seed), seconds, note, name,
    )  # fmt: skip

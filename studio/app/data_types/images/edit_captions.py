"""Captions and tiles of edit results. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pushforward.studio.app.core import snapshot_text
from pushforward.studio.app.core.runs import RunState
from pushforward.studio.app.data_types.images.image_edits import Image, Sheet, Task
from pushforward.studio.app.text import number_format
from pushforward.studio.counts import format_count

__all__ = ["Edited", "edited"]

Images = NDArray[np.float32]
MORPHED, TRANSLATED = "morph", "translate"
SPREAD = 6.0  # standard deviations of noise between black and white


@dataclass(frozen=True, eq=False)
class Edited:
    """Images (n, C, H, W) that came of an edit, each with what it is in a word or two, and what
    stands before them, (C, H, W). ``first`` is the one that is looked at first, ``others`` whether
    each is of the class or the run that the image was to become, ``seed`` what they were drawn
    with, None where nothing was drawn, ``said`` what they are, in a sentence or two, and ``step``
    that of the weights. ``name`` is that of the result, "" of a preview.
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
    said: str = ""
    step: int = 0

    def facts(self, run: RunState | None) -> str:
        """Say how it was made, in a line, and how far the training of the run is since."""
        seed = () if self.seed is None else (f"seed {self.seed}",)
        step = f"step {self.step:,}{snapshot_text.trained_further(self.step, run)}"
        kept = (number_format.duration(self.seconds), self.name) if self.name else ()
        return " · ".join((*seed, step, *kept))


def edited(
    task: Task,
    sheet: Sheet,
    arrays: Mapping[str, NDArray[Any]],
    config: Mapping[str, Any],
    seconds: float,
    note: str,
    name: str,
    given: Mapping[str, Any] | None = None,
    step: int = 0,
) -> Edited:
    """Return what came of a task that was handed a sheet, from the arrays of its result; ``given``
    are the conditions that were chosen for it, ``step`` is that of the weights.

    Raises:
        KeyError: they lack what the operator says that it makes.
    """
    made = np.asarray(arrays["x"], np.float32)
    parts, names, first = [made], [str(i + 1) for i in range(len(made))], 0
    if "way" in arrays:
        names = [f"{round(100 * share, 1):g}%" for share in arrays["way"].tolist()]
        first = len(made) // 2 if task.second or task.drawn else len(made) - 1
    elif "latent" in arrays:
        noise = np.asarray(arrays["latent"], np.float32) / SPREAD + 0.5
        names = ["its noise", "made of it" if task.operator == TRANSLATED else "comes back"]
        parts, first = [noise, made], 1
    elif "mean" in arrays:
        mean = np.asarray(arrays["mean"], np.float32)[:1]
        parts, names = [mean, made], ["mean", *names]
    if task.operator == MORPHED:
        others = [share >= 0.5 for share in arrays["way"].tolist()]
    else:
        others = [task.operator == TRANSLATED] * sum(map(len, parts))
    said = _caption(task, sheet, arrays, config, given or {}, len(made))
    images = np.concatenate(parts)
    before = made[0] if task.drawn else sheet.image
    if task.seen:
        before = np.asarray(arrays[task.seen], np.float32)[0]
    seed = config.get("seed")
    return Edited(
        task, images, tuple(names), before, first, tuple(others),
        None if seed is None else int(seed), seconds, note, name, said, step,
    )  # fmt: skip


def _caption(
    task: Task,
    sheet: Sheet,
    arrays: Mapping[str, NDArray[Any]],
    config: Mapping[str, Any],
    given: Mapping[str, Any],
    n: int,
) -> str:
    """Say what the images of a result are, and what the words below them mean."""
    if task.operator == MORPHED:
        own = given.get("label") or sheet.label
        start = f"class {own}" if own else "no class"
        to = f"class {config.get('to', '')}"
        return (
            f"From {start} (0%: reconstruction of the image) to {to} (100%). Below each the weight "
            f"of {to} in the score that guides it."
        )
    if task.drawn:
        angle = float(np.asarray(arrays["angle"], np.float64)[0])
        return (
            f"From one random latent (0%) to another (100%), {angle:.0f}° apart, along the great "
            "circle between them. Another seed gives other endpoints."
        )
    if "way" in arrays:
        return "From this image (0%) to the second one (100%), along their latents."
    if "latent" in arrays:
        noise = "Its latent by the ODE; grey is 0, black −3 and white 3."
        if task.operator == TRANSLATED:
            return f"{noise} Decoded by the ODE of the other run or class: "
        off = number_format.figure(float(np.asarray(arrays["error"], np.float64).mean()))
        return (
            f"{noise} Reconstruction by the ODE: {off} standard deviations of the data "
            "a pixel from the image."
        )
    each = f"{format_count(n, 'draw')}, each with different noise" if n > 1 else ""
    if "mean" in arrays:
        return f"The posterior mean, and {each or 'one of these'}."
    return f"{each}." if each else ""

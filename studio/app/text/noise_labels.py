"""How noisy the particles of a stage of a training step are, in words. Pure."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pushforward.studio.app.text import number_format

__all__ = ["middle_row", "noise_of", "noises", "span_of"]

Scene = Mapping[str, NDArray[Any]]
CLOCKS = {
    "level": ("Noise level", "s"),
    "time": ("Flow time", "t"),
    "step": ("Noise step", "t"),
}
"""Name and symbol of the noise coordinate of each clock in `CLOCKS` of `models.contracts.learner`.
"""


def noises(scene: Scene) -> list[tuple[str, str]]:
    """Return what says the noise of a scene, and how much it is, each in words."""
    return [
        (f"{title} {sign}", f"median {_figure(np.median(scene[name]))}, {_between(scene[name])}")
        for name, (title, sign) in CLOCKS.items()
        if name in scene
    ]


def span_of(scene: Scene) -> str:
    """Return the range of the noise of a scene, "s 0.0055 to 9.94", "" where nothing says it."""
    said = [f"{sign} {_between(scene[k])}" for k, (_, sign) in CLOCKS.items() if k in scene]
    return ", ".join(said)


def noise_of(scene: Scene, row: int = 0) -> str:
    """Return how noisy one particle is, "noise level s = 0.42", "" where nothing says it."""
    return ", ".join(
        f"{title.lower()} {sign} = {_figure(scene[name][row])}"
        for name, (title, sign) in CLOCKS.items()
        if name in scene
    )


def middle_row(scenes: Iterable[Scene]) -> int:
    """Return the row of a batch that pictures of its stages are best of: neither clean nor lost, as
    the noise of half of them is less; the first where no stage says how much there is.
    """
    every = list(scenes)
    rows = min((len(each) for scene in every for each in scene.values()), default=0)
    for scene in every:
        for name in CLOCKS:
            if name in scene and rows:
                return int(np.argsort(scene[name][:rows], kind="stable")[rows // 2])
    return 0


def _between(values: NDArray[Any]) -> str:
    return f"{_figure(values.min())} to {_figure(values.max())}"


def _figure(value: Any) -> str:
    number = float(value)
    return f"{int(number):,}" if number.is_integer() else number_format.figure(number)

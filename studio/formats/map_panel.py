"""The map of a scene over the training, as a panel of a page or a film.

Its flow clock paints class after class; the training clock repaints what the model changes its mind
about.
"""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pushforward.studio.formats.cubes.palette import class_colours
from pushforward.studio.formats.page_data import encode_webp, pack_bytes

__all__ = ["MapPanel"]

DIM = 0.55  # of the scene below the map: what is not painted yet is still seen


@dataclass(frozen=True, eq=False)
class MapPanel:
    """Classes of all pixels of a scene.

    Attributes:
        title: such as the name of the run.
        note: a line about it.
        steps: training steps (S,), rising.
        classes: (S, H, W) bytes, from 1 on.
        truth: (H, W) bytes, from 1 on, 0 where the class is unknown.
        tested: (H, W) bool, labelled pixels that measure the map.
        scene: (H, W, 3) bytes, false colours.
        names: of the classes.
    """

    title: str
    note: str
    steps: NDArray[np.int64]
    classes: NDArray[np.uint8]
    truth: NDArray[np.uint8]
    tested: NDArray[np.bool_]
    scene: NDArray[np.uint8]
    names: tuple[str, ...]

    @cached_property
    def times(self) -> NDArray[np.float64]:
        """Shares of the classes that are painted (K + 1,), from none to all."""
        return np.linspace(0, 1, len(self.names) + 1)

    @cached_property
    def accuracy(self) -> list[float]:
        """Share of the test pixels with their class at each step; [] without test pixels."""
        truth = self.truth[self.tested]
        return [float((each[self.tested] == truth).mean()) for each in self.classes if len(truth)]

    def take(self, rows: NDArray[np.intp], columns: NDArray[np.intp]) -> "MapPanel":
        """Return the panel with some steps; the classes stay."""
        return replace(self, steps=self.steps[rows], classes=self.classes[rows])

    def encode(self) -> dict[str, Any]:
        """Return what the page draws: each map as its difference from the one before."""
        changes = self.classes.copy()
        changes[1:] ^= self.classes[:-1]
        height, width = self.truth.shape
        return {
            "type": "map",
            "size": (width, height),
            "classes": pack_bytes(changes.tobytes()),
            "truth": pack_bytes(self.truth.tobytes()),
            "scene": encode_webp(self.scene),
            "names": self.names,
            "colours": class_colours(len(self.names)),
            "accuracy": [round(each, 4) for each in self.accuracy],
        }

    def tell_flow(self, flow: float) -> str:
        """Return which classes are painted at a flow time."""
        return f"{round(flow * len(self.names))} of {len(self.names)} classes"

    def draw(self, flow: float, training: float, size: int, *, dark: bool) -> Any:
        """Return the panel at both clocks as a picture within size x size pixels."""
        from PIL import Image

        place = training * (len(self.steps) - 1)
        low = min(int(place), max(len(self.steps) - 2, 0))
        weight = place - low
        later = self._paint(min(low + 1, len(self.steps) - 1), flow, dark=dark)
        mixed = self._paint(low, flow, dark=dark) * (1 - weight) + later * weight
        picture = Image.fromarray(np.rint(mixed).astype(np.uint8))
        scale = size / max(picture.size)
        shape = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
        return picture.resize(shape, Image.Resampling.NEAREST)

    def _paint(self, row: int, flow: float, *, dark: bool) -> NDArray[np.float64]:
        grey = self.scene.mean(axis=2, keepdims=True).repeat(3, axis=2)
        below = grey * DIM if dark else 255 - (255 - grey) * DIM
        table = np.array([(0, 0, 0), *class_colours(len(self.names))], np.float64)
        painted = self.classes[row] <= round(flow * len(self.names))
        found: NDArray[np.float64] = np.where(painted[..., None], table[self.classes[row]], below)
        return found

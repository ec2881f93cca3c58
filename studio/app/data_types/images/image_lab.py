"""Labs that compare sets of data, and place the user's own image among them."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from PySide6.QtWidgets import QWidget

from pushforward.studio.app.charts.distribution_bins import beyond, edges_of, shares_of
from pushforward.studio.app.charts.histogram import HistogramPlot, HistogramScene, Steps
from pushforward.studio.app.charts.legend import LineKey
from pushforward.studio.app.charts.line_styles import ink
from pushforward.studio.app.charts.plot_style import CanvasStyle
from pushforward.studio.app.core.display_names import data_title
from pushforward.studio.app.data.views.lab import Finding
from pushforward.studio.app.data.views.lab_frame import LabView
from pushforward.studio.app.data_types.images.own_image import Image, OwnImage, OwnImageResult
from pushforward.studio.app.design.theme import colors

__all__ = ["PictureLab", "ratio_words", "show_sets"]

YOURS = "your picture"


class PictureLab(LabView):
    """A lab that also accepts the user's own image; a subclass asks the model about it in
    `ask_own`.

    Attributes:
        hint: what happens to an image that is dropped on the lab.
        own: shows the image and its result.
        mark: the measured value of the image, None without one.
    """

    hint = ""
    mark: float | None = None

    def controls(self) -> list[QWidget]:
        self.own = OwnImage(self, self._state, self._actions, self.ask_own, self.hint)
        self.own.changed.connect(self._forget)
        return [self.own.open]

    def above(self) -> list[QWidget]:
        return [self.own]

    def take(self, finding: Finding | None) -> None:
        super().take(finding)
        if finding is not None:
            self.own.again()  # to compare it with the new result

    async def ask_own(self, key: str, image: Image) -> OwnImageResult:
        """Ask the model of a run about a picture.

        Raises:
            Refused: it cannot say.
        """
        raise NotImplementedError

    def called(self, name: str, usual: str) -> str:
        """Return the name of an image set; the chosen one for "other"."""
        slug = str((self.config.get("other") or {}).get("slug") or "")
        return data_title(slug, self._state.catalog) if name == "other" and slug else usual

    def keep(self, image: Image, value: float) -> None:
        """Mark what was measured of a picture, if it still is the one that lies there."""
        if image is self.own.image and self.filled:
            self.mark = value
            self.draw()

    def _forget(self) -> None:
        if self.mark is not None:
            self.mark = None
            self.refresh()


def ratio_words(sets: Mapping[str, NDArray[np.float64]]) -> str:
    """Say what stands below the histogram of sets by their titles, "" for a single one."""
    first, *others = sets
    if not others:
        return ""
    return f"Ratio of each distribution to {first.lower()}. Triangles: outside 0.5 to 1.5."


def show_sets(
    plot: HistogramPlot,
    key: LineKey,
    name: str,
    sets: Mapping[str, NDArray[np.float64]],
    mark: float | None,
    unit: str = "",
) -> None:
    """Show how a number is spread over sets by their titles, the others over the first, and where a
    picture of one's own is.
    """
    (first, real), *others = sets.items()
    edges, tokens = edges_of(real, *(values for _, values in others)), colors()
    models = tuple(
        Steps(title, ink(k, tokens), k, shares_of(values, edges), beyond(values, edges))
        for k, (title, values) in enumerate(others)
    )
    scene = HistogramScene(
        name, edges, shares_of(real, edges), len(real), models, unit=unit,
        beyond=beyond(real, edges), mark=None if mark is None else (YOURS, mark),
    )  # fmt: skip
    plot.set_scene(scene)
    names = scene.key(CanvasStyle.of(tokens))
    key.show_names([(f"{first}, n = {len(real):,}", names[0][1]), *names[1:]])

"""The chip that puts a lasso into the hand: a line drawn around particles selects them."""

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray

from pushforward.studio.app.charts.lasso import Lasso
from pushforward.studio.app.charts.particle_canvas import ParticleCanvas
from pushforward.studio.app.design.literal_text import PushButton, set_tip

__all__ = ["LassoChip"]

Line = NDArray[np.float64]


class LassoChip(PushButton):
    """Lasso switch for some canvases; ``caught`` is called with the canvas and the line (m, 2) in
    data units.
    """

    def __init__(
        self, canvases: Sequence[ParticleCanvas], caught: Callable[[ParticleCanvas, Line], None]
    ) -> None:
        super().__init__("Lasso")
        self._tools = [(canvas, Lasso(canvas, partial(caught, canvas))) for canvas in canvases]
        self.setProperty("kind", "chip")
        self.setAutoDefault(False)
        self.setCheckable(True)
        self.setAccessibleName("Lasso")
        set_tip(self, "Draw a line around points to select them")
        for canvas, tool in self._tools:
            canvas.overlays = [*canvas.overlays, tool]
        self.toggled.connect(self._take)

    @property
    def tools(self) -> list[Lasso]:
        """The lasso of each canvas."""
        return [tool for _, tool in self._tools]

    def _take(self, on: bool) -> None:
        for canvas, tool in self._tools:
            if on:
                canvas.tool = tool
            elif canvas.tool is tool:
                canvas.tool = None
            canvas.update()

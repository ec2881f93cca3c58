"""The moving layer: a timeline, a camera, colours and a raster make one image per instant.

Trails depend on flow time only, never on how often something was drawn: they fade by one step
each 1/40 of flow time, so that slow motion, pauses and scrubbing show the same picture.
"""

import math

import numpy as np
from numpy.typing import NDArray

from pushforward.studio.app.charts.camera import Affine, Camera
from pushforward.studio.app.charts.particle_colours import with_alpha
from pushforward.studio.app.charts.particle_timeline import Timeline
from pushforward.studio.app.charts.raster import (
    FADE_STEPS,
    LINE_BUDGET,
    Colours,
    Planar,
    Raster,
    fade,
)

__all__ = ["Particles", "dot_size"]

TICK = 1 / 40  # flow time between two fades
TRAIL_ALPHA = 0.55
CROWD = 200_000  # above it heads fade as trails do: one image, one pass
AHEAD = 8  # ticks that playing may advance at once before the trail is drawn anew
REDRAW_BUDGET = 2_000_000  # pixels that a trail drawn anew may write


def dot_size(n: int, dpr: float) -> int:
    """Return the dot diameter in device pixels for n particles."""
    if n > CROWD:  # a texture rather than dots: the same few device pixels at every scale
        return 1 if n > 500_000 else 2
    logical = 3.0 if n <= 20_000 else 2.0 if n <= 50_000 else 1.6
    return max(1, round(logical * dpr))


class Particles:
    """Draws a timeline at a time, with trails.

    Set ``camera``, ``colours``, ``trails`` and the timeline through the methods; `draw` then
    brings the raster to a time by the cheapest way that is right.
    """

    def __init__(self) -> None:
        self.raster = Raster(1, 1)
        self.trails = True
        self.heads = True
        self._dpr = 1.0
        self._affine: Affine = (1.0, 0.0, -1.0, 0.0)
        self._timeline: Timeline | None = None
        self._colours: Colours = np.empty(0, dtype=np.uint32)
        self._faint: Colours = self._colours
        self._here: Planar = np.empty((2, 0), dtype=np.float32)
        self._next: Planar = self._here
        self._time: float | None = None

    @property
    def timeline(self) -> Timeline | None:
        """What is drawn."""
        return self._timeline

    @property
    def place(self) -> Planar:
        """Where the particles were drawn last, (2, n) device pixels."""
        return self._here

    @property
    def colours(self) -> Colours:
        """The colour of each particle, (n,)."""
        return self._colours

    def copy(self) -> "Particles":
        """Return a layer that draws the same into a raster of its own."""
        other = Particles()
        other.trails, other.heads = self.trails, self.heads
        other.set_colours(self._colours)
        timeline = self._timeline
        if timeline is not None:
            other.set_timeline(Timeline(timeline.t, timeline.x, timeline.dims))
        return other

    def places(self) -> NDArray[np.float32]:
        """Return where the particles were drawn last, in data units, (n, 2)."""
        sx, ox, sy, oy = self._affine
        scaled = np.stack([(self._here[0] - ox) / sx, (self._here[1] - oy) / sy], axis=1)
        return np.asarray(scaled, dtype=np.float32)

    def nearest(self, px: float, py: float, radius: float) -> int:
        """Return the particle nearest to a device pixel, -1 if none is within a radius of it."""
        if self._here.shape[1] == 0:
            return -1
        square = (self._here[0] - np.float32(px)) ** 2 + (self._here[1] - np.float32(py)) ** 2
        particle = int(np.argmin(square))
        return particle if float(square[particle]) <= radius**2 else -1

    def set_view(self, camera: Camera, dpr: float) -> None:
        """Set size and camera; trails are drawn anew."""
        width = max(1, round(camera.width * dpr))
        height = max(1, round(camera.height * dpr))
        if (width, height) != (self.raster.width, self.raster.height):
            self.raster = Raster(width, height)
        self._dpr = dpr
        self._affine = camera.affine(dpr)
        self._time = None

    def set_timeline(self, timeline: Timeline | None, *, at: float | None = None) -> None:
        """Set what is drawn. With ``at`` the trails stay, and go on from that time."""
        self._timeline = timeline
        n = timeline.n if timeline else 0
        if self._here.shape[1] != n:
            self._here = np.empty((2, n), dtype=np.float32)
            self._next = np.empty_like(self._here)
            # Another record may come before these are drawn, and move on from where they are.
            if timeline is not None:
                timeline.pixels(1.0, self._affine, self._here)
            at = None
        if timeline is not None and at is not None:
            timeline.pixels(at, self._affine, self._here)
        self._time = at

    def set_colours(self, colours: Colours) -> None:
        """Set the colour of each particle (n,); what is drawn already keeps its own."""
        self._colours = colours
        self._faint = with_alpha(colours, TRAIL_ALPHA)

    def refresh(self) -> None:
        """Draw the trails anew at the next `draw`."""
        self._time = None

    def draw(self, t: float) -> Raster:
        """Bring the image to a time and return it."""
        timeline = self._timeline
        if timeline is None or self._colours.shape[0] != timeline.n:
            self.raster.clear()
            self.raster.begin()
            return self.raster
        if self._time is not None and 0 <= t - self._time <= AHEAD * TICK:
            self._advance(timeline, self._time, t)
        else:
            self._redraw(timeline, t)
        self._time = t
        self._show(timeline)
        return self.raster

    def _show(self, timeline: Timeline) -> None:
        size = dot_size(timeline.n, self._dpr)
        crowd = timeline.n > CROWD
        if crowd and self.heads:
            self.raster.heads(self._here, self._colours, size, trail=True)
        self.raster.begin()
        if self.heads and not crowd:
            self.raster.heads(self._here, self._colours, size)

    @property
    def _width(self) -> int:
        return max(1, round(self._dpr)) if self._colours.shape[0] <= 2500 else 1

    def _advance(self, timeline: Timeline, before: float, t: float) -> None:
        """Move on from the last time: stroke up to each tick, fade, go on."""
        if not self.trails:
            self.raster.clear()
            timeline.pixels(t, self._affine, self._here)
            return
        tick = math.floor(before / TICK) + 1
        budget = LINE_BUDGET // max(1, math.ceil((t - before) / TICK))
        while tick * TICK <= t:
            self._move(timeline, tick * TICK, budget)
            self.raster.fade()
            tick += 1
        if t > before:
            self._move(timeline, t, budget)

    def _move(self, timeline: Timeline, t: float, budget: int) -> None:
        timeline.pixels(t, self._affine, self._next)
        if timeline.n <= CROWD:
            self.raster.stroke(self._here, self._next, self._faint, self._width, budget)
        self._here, self._next = self._next, self._here

    def _redraw(self, timeline: Timeline, t: float) -> None:
        """Draw the trail that leads to a time: oldest first, in colours faded beforehand."""
        self.raster.clear()
        ages = min(FADE_STEPS, max(2, REDRAW_BUDGET // (4 * max(1, timeline.n))))
        if not self.trails or not timeline.moves:
            timeline.pixels(t, self._affine, self._here)
            return
        now = math.floor(t / TICK)
        first = max(now - ages + 1, math.floor(float(timeline.t[0]) / TICK))
        timeline.pixels(min(t, first * TICK), self._affine, self._here)
        faded = [self._faint]
        for _ in range(first, now):
            older = faded[-1].copy()
            fade(older)
            faded.append(older)
        for tick in range(first, now + 1):
            end = min(t, (tick + 1) * TICK)
            timeline.pixels(end, self._affine, self._next)
            colours = faded[now - tick]
            self.raster.stroke(self._here, self._next, colours, self._width, REDRAW_BUDGET // ages)
            self._here, self._next = self._next, self._here

"""Denoising sequence: from noise to data by any sampler, with the denoised estimate; or from an own
image at any noise level.
"""

from pathlib import Path

import msgspec
import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QSlider, QVBoxLayout, QWidget

from pushforward.studio.app.charts.line_plot import LinePlot, LineSeries
from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.data_type_registry import kind_of_run
from pushforward.studio.app.core.diffusion_choices import guidance_of
from pushforward.studio.app.core.display_names import file_stem
from pushforward.studio.app.core.sampling_settings import drawn_by
from pushforward.studio.app.data.denoising_frames import FilmFound
from pushforward.studio.app.data.tile_grid import TileGrid
from pushforward.studio.app.data.views.lab import Finding, Lab
from pushforward.studio.app.data.views.lab_frame import LabView
from pushforward.studio.app.data.views.view_spec import shows_moving
from pushforward.studio.app.data_types.images.own_image import Image, OwnImage, OwnImageResult
from pushforward.studio.app.design.basic import Elided, column, icon_button, label, row, section
from pushforward.studio.app.design.file_dialog import ask_write
from pushforward.studio.app.design.forms.editors import Segments
from pushforward.studio.app.design.literal_text import set_tip
from pushforward.studio.app.engine.actions import Actions
from pushforward.studio.app.engine.requests.request_base import Refused
from pushforward.studio.app.text import number_format
from pushforward.studio.figures import short
from pushforward.studio.protocol.parts import ErrorInfo
from pushforward.studio.protocol.spec import Pick

__all__ = ["VIEW", "FilmView"]

LAB = Lab(operator="film", result="way", preview={"n": 8, "frames": 24}, samples="n")
ONE = "film-of-rows"
LEVELS = (0.1, 0.2, 0.3, 0.5, 0.7, 1.0, 1.5, 2.0, 3.0, 5.0, 8.0, 12.0, 20.0, 40.0, 80.0)
"""Noise levels from which the film of a picture may begin."""
WAYS = {"drawn": "Draw noise", "own": "Invert"}
DRAWS = 8  # films of a picture under noise that is drawn; one that is inverted has a single one
STRIP = 9  # frames beside each other
HIGH = 92  # pixels of a strip
LOW, LOW_STRIP = 110, 84  # of a grid, and of a strip, where there is little room
TALL = 620  # logical pixels from which grids, strips and curve stand one below the other
WIDE = 560  # logical pixels from which both grids stand side by side
SMALLEST = 256  # pixels of the longer side of an exported film, at least
SECONDS = 4.0  # that an exported film takes
FORMATS = "GIF film (*.gif);;Film as an animated PNG (*.apng);;Sheet of all frames (*.png)"
VIDEO = "MP4 film (*.mp4)"


class FilmView(LabView):
    """The denoising frames of samples by the flow clock, and one sample along the flow."""

    lab, low = LAB, True
    settings_title = "New film…"

    def __init__(self, state: AppState, actions: Actions) -> None:
        self.found: FilmFound | None = None  # of the run
        self.film_of_own: FilmFound | None = None
        self._own_fact, self._own_step = "", 0
        self._picked = 0
        self._frame = -1
        super().__init__(state, actions)
        self.own.changed.connect(self._own_changed)
        state.playback.changed.connect(self._moved)

    def controls(self) -> list[QWidget]:
        tip = "Export: write the film as a GIF, an animated PNG, a sheet or, by ffmpeg, an MP4"
        self.write = icon_button("export", tip, self._write)
        hint = "adds noise to the image and shows how the model removes it"
        self.way_up = Segments(list(WAYS.values()), "Source of the noise")
        self.way_up.select(0)
        self.way_up.widen()
        set_tip(self.way_up, "Random noise, or the latent by the ODE")
        self._way = "drawn"
        self.level = QSlider(Qt.Orientation.Horizontal)
        self.level.setAccessibleName("Noise level at which the film begins")
        self.level.setRange(0, len(LEVELS) - 1)
        self.level.setValue(LEVELS.index(1.0))
        self.level.setFixedWidth(110)
        set_tip(self.level, "Noise level in standard deviations of the data")
        self._level = label("", "strong")
        self._level.setMinimumWidth(40)
        how = self.way_up, label("from", "muted"), self.level, self._level
        self.own = OwnImage(self, self._state, self._actions, self._ask, hint, how)
        self.way_up.chosen.connect(self._choose_way)
        self.level.valueChanged.connect(self._choose_level)
        self._tell_level()
        return [self.own.open, self.write]

    def above(self) -> list[QWidget]:
        return [self.own]

    # A picture of one's own

    @property
    def noise(self) -> float:
        """The noise level at which the film of a picture begins."""
        return LEVELS[self.level.value()]

    async def _ask(self, key: str, image: Image) -> OwnImageResult:
        """Film what the model makes of a picture from a noise level, by the sampler that is shown.

        Raises:
            Refused: it cannot, or what it answered is no film.
        """
        way, noise = self._way, self.noise
        config = {"noise": noise, "way": way, "draws": DRAWS if way == "drawn" else 1}
        config |= {name: self.config[name] for name in ("sampler", "seed") if name in self.config}
        inputs = {"rows": [image.tolist()]}
        answer = await self._actions.operating.ask(key, ONE, config=config, inputs=inputs)
        try:
            film = FilmFound.of(answer.arrays)
            moved = np.asarray(answer.arrays["moved"], np.float64)
        except (KeyError, ValueError) as error:
            message = f"The result cannot be shown: {error}"
            raise Refused(ErrorInfo(kind="bug", message=message)) from error
        if image is self.own.image:
            self.film_of_own, self._picked, self._frame = film, 0, -1
            step = (answer.result or {}).get("step", 0)
            self._own_fact = f"{self._sampler_name()}, from s {float(film.s[0]):g}, step {step:,}"
            self._own_step = step
            self.refresh()
        images = np.concatenate([image[None], film.way[:1, 0], film.way[-1]])
        back = [f"made {i + 1}" for i in range(film.count)] if way == "drawn" else ["comes back"]
        away = number_format.figure(float(moved.mean()))
        ended = "Final samples" if way == "drawn" else "It comes back"
        text = f"{ended} {away} standard deviations of the data a pixel from where it was."
        return OwnImageResult(images, ["as seen", f"s {float(film.s[0]):g}", *back], text)

    def _choose_way(self, place: int) -> None:
        self._way = list(WAYS)[place]
        self.own.again()

    def _choose_level(self, _: int) -> None:
        self._tell_level()
        self.own.again()

    def _tell_level(self) -> None:
        self._level.setText(f"s {self.noise:g}")

    def _own_changed(self) -> None:
        """Show the run's own film, until there is one of the picture."""
        self.film_of_own, self._frame = None, -1
        self.refresh()

    def lay_out(self, page: QWidget) -> None:
        self.where = Elided("", "muted")
        self.now = TileGrid("Where the samples are")
        self.ahead = TileGrid("Denoised estimates")
        self.way = TileGrid("One sample along the flow", strip=True)
        self.foreseen = TileGrid("Denoised estimate along the flow", strip=True)
        for grid in (self.now, self.ahead):
            grid.setMinimumHeight(150)
            grid.picked.connect(self._pick)
        for strip in (self.way, self.foreseen):
            strip.setFixedHeight(HIGH)
            strip.picked.connect(self._go_to)
        self.curve = LinePlot("Along the flow", "flow time", "RMS of a pixel", marked=True)
        self.ends = label("", "small", wrap=True)
        self.curve.least = (0.0, 1.0), (0.0, 1.2)
        self.curve.setMinimumHeight(130)
        self.curve.chosen_at.connect(lambda t: self._state.playback.set(flow=float(t)))
        self._beside = False  # whether the curve is beside the grids
        self._grids = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._grids.setSpacing(20)
        for title, said, grid in (
            ("x", "now", self.now), ("D(x, s)", "foreseen", self.ahead),
        ):  # fmt: skip
            box = column(row(label(title, "strong"), label(said, "muted"), None), (grid, 1), gap=4)
            self._grids.addLayout(box, 1)
        self._which = section("Sample 0 along the flow")
        self._body = body = QVBoxLayout(page)
        body.setContentsMargins(16, 10, 16, 12)
        body.setSpacing(6)
        body.addWidget(self.words)  # the bar has no room for so much
        body.addWidget(self.where)
        body.addLayout(self._grids, 3)
        body.addWidget(self._which)
        body.addWidget(self.way)
        body.addWidget(self.foreseen)
        body.addWidget(self.curve, 2)
        body.addWidget(self.ends)

    def take(self, finding: Finding | None) -> None:
        super().take(finding)
        self.found, self._frame, self._picked = None, -1, 0
        if finding is not None:
            self.found = FilmFound.of(finding.arrays)
            self.fact = f"{self._sampler_name()}, seed {self.config.get('seed', 0)}, "

    def show_facts(self) -> None:
        if self.film_of_own is not None:
            self.say_of(self._own_fact, self._own_step)
        elif self.finding is not None:
            self.say_of(f"{self.fact}step {self.finding.step:,}", self.finding.step)

    @property
    def is_preview(self) -> bool:
        return self.film_of_own is None and super().is_preview

    @property
    def stale(self) -> bool:
        return self.film_of_own is None and super().stale

    @property
    def _sampler(self) -> Pick | None:
        """What drew the film, None where an earlier version does not say."""
        found = self.config.get("sampler")
        return msgspec.convert(found, Pick) if found else None

    @property
    def _is_guided(self) -> bool:
        """Whether the samples are led, so that a step takes more evaluations."""
        run, drawn = self.run, self._sampler
        if run is None or run.spec is None or drawn is None:
            return False
        return bool(guidance_of(msgspec.structs.replace(run.spec, sampler=drawn)))

    def _sampler_name(self) -> str:
        """Say by which sampler."""
        run, drawn = self.run, self._sampler
        if drawn is None:
            return "the model's own sampler"
        return drawn_by(run.spec if run is not None else None, drawn, self._state.catalog)

    @property
    def film(self) -> FilmFound | None:
        """The one that is shown: that of a picture of one's own, or that of the run."""
        return self.film_of_own or self.found

    @property
    def filled(self) -> bool:
        return self.film is not None

    def refresh(self) -> None:
        super().refresh()
        self.write.setVisible(self.filled)

    def draw(self) -> None:
        found = self.film
        assert found is not None
        kind = kind_of_run(self.run, self._state.catalog)
        self._frame = frame = found.at(self._state.playback.flow)
        picked = self._picked = min(self._picked, found.count - 1)
        self.where.set_text(found.describe(frame, picked, led=self._is_guided))
        for grid, of in ((self.now, found.way), (self.ahead, found.foreseen)):
            grid.show_tiles(kind.tiles({"x": of[frame]}), noun=kind.moving)
            grid.select(picked)
        self._which.setText(f"SAMPLE {picked} ALONG THE FLOW")
        self._which.setAccessibleName(f"Sample {picked} along the flow")
        frames = found.strip(STRIP, frame)
        near = int(np.abs(frames - frame).argmin())
        levels = [f"s {short(float(s), 2)}" for s in found.s[frames]]
        times = [f"t {float(t):.2f}" for t in found.t[frames]]
        for strip, of, said in (
            (self.way, found.way, times), (self.foreseen, found.foreseen, levels),
        ):  # fmt: skip
            strip.show_tiles(kind.tiles({"x": of[frames, picked]}), noun=kind.moving, words=said)
            strip.select(near)
        self._draw_curve(found, frame, picked)

    def _draw_curve(self, found: FilmFound, frame: int, picked: int) -> None:
        t = found.t.astype(np.float64)
        some = found.s > 0
        noise = (found.score[:, picked] * found.s).astype(np.float64)
        lines = [
            LineSeries("s |score| = |D − x| / s", t[some], noise[some]),
            LineSeries(
                "from D to the sample, in data std", t, found.left[:, picked].astype(np.float64)
            ),
        ]
        self.curve.show_lines(lines, float(t[frame]))
        self.ends.setText(found.ends())

    def _moved(self) -> None:
        found = self.film
        if found is None or not self.isVisible():
            return
        if found.at(self._state.playback.flow) != self._frame:
            self.draw()

    def _pick(self, place: int) -> None:
        if place >= 0 and self.film is not None:
            self._picked = place
            self.draw()

    def _go_to(self, place: int) -> None:
        if place >= 0 and (film := self.film) is not None:
            frame = film.strip(STRIP, self._frame)[place]
            self._state.playback.set(flow=float(film.t[frame]), playing=False)

    def _write(self) -> None:
        found, run = self.film, self.run
        if found is not None and run is not None:
            from pushforward.studio.formats.video import encoder

            name = f"{file_stem(run)}-film.gif"
            formats = f"{FORMATS};;{VIDEO}" if encoder() else FORMATS
            ask_write(
                self, self._state, "Export film", name, formats, lambda path: written(found, path)
            )

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Adapt the layout: the denoised estimate below if narrow; the curve at the side if low and
        wide.
        """
        super().resizeEvent(event)
        direction = QBoxLayout.Direction
        wide = self.width() >= WIDE
        self._grids.setDirection(direction.LeftToRight if wide else direction.TopToBottom)
        beside = wide and self.height() < TALL
        if beside != self._beside:
            self._beside = beside
            if beside:
                self._grids.addWidget(self.curve, 1)
            else:
                self._body.insertWidget(self._body.indexOf(self.ends), self.curve, 2)
            for grid in (self.now, self.ahead):
                grid.setMinimumHeight(LOW if beside else 150)
            for strip in (self.way, self.foreseen):
                strip.setFixedHeight(LOW_STRIP if beside else HIGH)


def written(found: FilmFound, path: Path) -> None:
    """Write a film: all samples frame by frame, or as a sheet with a row a sample.

    Raises:
        StoreError: the disk refused, or the suffix is none of a film.
    """
    from pushforward.studio.formats.animation import write_animation
    from pushforward.studio.formats.pictures import sheet, write_png
    from pushforward.studio.formats.video import VIDEO_SUFFIXES, write_video

    if path.suffix.lower() == ".png":
        flat = found.way.swapaxes(0, 1).reshape(-1, *found.way.shape[2:])
        write_png(path, sheet(flat, columns=len(found.t)))
        return
    frames = np.stack([sheet(frame, smallest=SMALLEST) for frame in found.way])
    write = write_video if path.suffix.lower() in VIDEO_SUFFIXES else write_animation
    write(path, frames, SECONDS)


VIEW = LAB.view(
    FilmView, id="film", lens="samples", title="Film", order=22, timed=True,
    applies=shows_moving("film"),
)  # fmt: skip

"""Watch, for tiles: fixed latents as data, one of them through flow time, and, where the
kind has one, all of them in the plane of a projection.
"""

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QSplitter, QWidget

from pushforward.studio.app.charts.backdrop import Backdrop
from pushforward.studio.app.charts.lasso import SAME_PLACE, inside, shared
from pushforward.studio.app.charts.lasso_chip import LassoChip
from pushforward.studio.app.charts.particle_canvas import ParticleCanvas
from pushforward.studio.app.charts.particle_colours import identity_colours
from pushforward.studio.app.charts.particle_timeline import Timeline
from pushforward.studio.app.charts.plot_style import CanvasStyle
from pushforward.studio.app.core import snapshot_text
from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.data_type import Arrays, Kind, named
from pushforward.studio.app.core.data_type_registry import kind_of_run
from pushforward.studio.app.core.run_comparison import training_value
from pushforward.studio.app.core.runs import FlowRecord, RunState
from pushforward.studio.app.core.selection import Offered, Source
from pushforward.studio.app.data.tile_frames import SHOWN, frame_at
from pushforward.studio.app.data.tile_grid import TileGrid
from pushforward.studio.app.data.tile_pane import describe_sample as facts_of
from pushforward.studio.app.data.tile_parts import TileParts
from pushforward.studio.app.data.views.lens_view import LensView
from pushforward.studio.app.data.views.motion_label import MotionChip
from pushforward.studio.app.data.views.run_placeholder import tell_none
from pushforward.studio.app.data.views.view_spec import ViewSpec, shows_moving
from pushforward.studio.app.design.basic import Elided, column, label, row, section
from pushforward.studio.app.design.literal_text import set_tip
from pushforward.studio.app.design.theme import colors, theme
from pushforward.studio.app.engine.actions import Actions
from pushforward.studio.app.engine.record_follower import Following
from pushforward.studio.app.engine.requests.record_watching import Looking
from pushforward.studio.protocol.extras import PROJECTION

__all__ = ["VIEW", "TilesView"]

LATENTS = "Fixed latents. Training changes only how the model maps them to samples."

TARGET = 512  # of the data that are fetched with the names of their classes
STRIP = 9  # frames of the film strip
UNBOUNDED = (-1.0, 1.0, -1.0, 1.0)  # tiles have no window; the protocol wants one


applies = shows_moving("tiles")


class TilesView(LensView):
    """Grid, projection, film strip; the selected datum is the same in all three."""

    def __init__(self, state: AppState, actions: Actions) -> None:
        super().__init__(state, actions)
        self._record: FlowRecord | None = None
        self._classes: tuple[str, ...] = ()  # their names, as they were drawn
        self._picked = 0
        self.grid = TileGrid("The fixed latents")
        self.strip = TileGrid("One latent along the flow", strip=True)
        self._parts = TileParts(self.grid), TileParts(self.strip)
        self.projection = ParticleCanvas()
        self._lasso = LassoChip([self.projection], self._catch)
        self._where = Elided("", "muted")
        self._which = Elided("", "muted")
        self._seen = label("", "small", wrap=True)
        self._legend = Elided("", "muted")
        self._legend.hide()
        self._chip = MotionChip(self)
        self._following = Following(self, state, actions, self._looking, applies)
        self._lay_out()
        self._connect()
        self._restyle()
        self._select()

    def _lay_out(self) -> None:
        fixed = section("Fixed latents")
        set_tip(fixed, LATENTS)
        left = _pane(row(fixed, None, self._where), self.grid, self._legend)
        seen = row(section("In features of the reference classifier"), None, self._lasso)
        right = _pane(seen, self.projection, self._seen)
        halves = QSplitter(Qt.Orientation.Horizontal)
        halves.setChildrenCollapsible(False)
        halves.setHandleWidth(24)
        halves.setProperty("gap", True)
        halves.addWidget(left)
        halves.addWidget(right)
        halves.setStretchFactor(0, 3)
        halves.setStretchFactor(1, 2)
        halves.setSizes([3000, 2000])  # whatever their captions are as they are shown first
        self._halves, self._right = halves, right
        film = _pane(row(section("Along the flow"), None, self._which), self.strip)
        film.setFixedHeight(128)
        self._film = film
        foot = row(self._chip, None, gap=None)
        column((halves, 1), film, foot, parent=self, margins=(16, 10, 16, 10))

    def _connect(self) -> None:
        follow = self._following
        follow.selected.connect(self._select)
        follow.changed.connect(self._changed)
        follow.changed.connect(self._ask_names)
        follow.shown.connect(self._show)
        follow.failed.connect(lambda step, why: self._where.set_text(f"Step {step:,}: {why}"))
        follow.moved.connect(lambda: self._draw())
        self._state.engine_changed.connect(self._ask_names)
        self._state.catalog_changed.connect(self._changed)
        self._state.queue_changed.connect(self._changed)
        theme.changed.connect(self._restyle)
        self._state.selection.changed.connect(self._show_chosen)
        self.grid.picked.connect(self._pick)
        self.projection.picked.connect(self._pick)

    def _looking(self, run: RunState) -> Looking:
        extras = (PROJECTION,) if self._kind.projection else ()
        return Looking(run.job, (), UNBOUNDED, 1, SHOWN, (*extras, *self._kind.parts))

    @property
    def _kind(self) -> Kind:
        return kind_of_run(self._following.run, self._state.catalog)

    # What is shown

    def _select(self) -> None:
        self._record, self._picked, self._classes = None, 0, ()
        self.projection.set_record(None)
        self.projection.set_identity(None)
        self._show_chosen()
        self._changed()

    def _changed(self) -> None:
        run = self._following.run
        self._chip.show_run(run, self._state.catalog)
        kind = self._kind
        self.grid.setAccessibleName(f"{kind.moving.capitalize()} of the fixed latents")
        self.projection.setAccessibleName(
            f"All {kind.moving} in features of the reference classifier"
        )
        self._right.setVisible(bool(kind.projection))
        self._tell_empty(run)

    def _tell_empty(self, run: RunState | None) -> None:
        some = self._record is not None
        self._halves.setVisible(some)
        record = self._record
        self._film.setVisible(record is not None and len(record.t) > 1)  # one step has no way
        self.empty.setVisible(not some)
        self._chip.setVisible(some and self._chip.has_motion)  # else it would stand on those words
        if some or run is None:
            return
        tell_none(self.empty, self._state, self._actions, run, self._kind.moving)

    def _show(self, record: FlowRecord) -> None:
        if not self._kind.fits(record.x.shape[2:]):
            return
        self._record = record
        self._tell_empty(self._following.run)
        places = record.extras.get(PROJECTION)
        timeline = None if places is None else Timeline(record.t, places[:, :SHOWN])
        target = record.extras.get("projection-target")
        self.projection.set_backdrop(Backdrop(target=target, axes=False))
        self.projection.set_identity(_circle(len(record.x[0][:SHOWN])))
        self.projection.set_record(timeline, smooth=self._state.playback.smooth)
        self._seen.setText(
            self._kind.projection if timeline is not None else "This snapshot has no projection."
        )
        own = self._kind.parts
        parts = not own or any(name in record.extras for name in own)
        self._legend.set_text(self._kind.legend if parts else "")
        self._legend.setVisible(parts and bool(self._kind.legend))
        self._draw(smooth=self._state.playback.smooth)
        self._ask_names()
        self._following.mark_drawn()

    def _draw(self, *, smooth: bool = False) -> None:
        """Draw the record at the flow time; ``smooth`` fades from the one that is shown."""
        record = self._record
        if record is None:
            return
        now = self._state.playback.flow
        self.projection.playing = self._state.playback.playing
        self.projection.set_flow(now)
        frame = frame_at(record.t, now)
        kind = self._kind
        told = self._latent_conditions(record)
        shown = kind.tiles(kind.rows(record.x, record.extras, frame, slice(SHOWN), told))
        inks = self._inks(len(shown))
        self.grid.show_tiles(shown, noun=kind.moving, inks=inks, smooth=smooth)
        self._offer(record, kind, frame, told)
        picture = snapshot_text.name_snapshot(record, self._following.run)
        count = f"{len(shown)}{self._of_all(len(shown))} {kind.moving}"
        self._where.set_text(f"{picture}, t = {float(record.t[frame]):.2f}, {count}")
        self._draw_strip(record)

    def _of_all(self, n: int) -> str:
        """Return " of 64" where a snapshot shows n of the particles, and others will show more."""
        run = self._following.run
        spec = run.spec if run is not None else None
        whole = training_value(spec, "particles", self._state.catalog)
        return f" of {whole:,}" if whole is not None and n < min(whole, SHOWN) else ""

    def _offer(self, record: FlowRecord, kind: Kind, frame: int, told: Arrays) -> None:
        """Offer the moving samples of the current frame to the inspector."""
        run = self._following.run
        if run is None or not self.isVisible():
            return  # another lens shows them, perhaps as they are at another time
        rows = kind.rows(record.x, record.extras, frame, told=told)

        def tell(row: int) -> list[tuple[str, str]]:
            return facts_of(
                kind, kind.measures({n: each[row : row + 1] for n, each in rows.items()})
            )

        offered = Offered(rows, "Latent", tell)
        self._state.selection.offer(Source(run.key, "particles"), offered)

    def _draw_strip(self, record: FlowRecord) -> None:
        picked = min(max(self._picked, 0), record.x.shape[1] - 1, SHOWN - 1)
        self.grid.select(picked)
        frames = np.unique(np.linspace(0, len(record.t) - 1, STRIP).round().astype(int))
        times = [f"t = {float(record.t[f]):.2f}" for f in frames]
        kind = self._kind
        told = self._latent_conditions(record)
        way = kind.tiles(kind.way(record.x, record.extras, picked, frames, told))
        self.strip.show_tiles(way, noun=kind.moving, words=times)
        now = int(np.argmin(np.abs(record.t[frames] - self._state.playback.flow)))
        self.strip.select(now)
        said = way.describe(now)
        self._which.set_text(f"latent {picked}: {said}" if said else f"latent {picked}")

    def _latent_conditions(self, record: FlowRecord) -> Arrays:
        """Return the conditions of the fixed latents."""
        run, kind = self._following.run, self._kind
        if run is None or not kind.told:
            return {}
        told = named(record.conditions, self._classes, asked=run.target is not None)
        return told | kind.holding(run.alike, record.x.shape[1])

    def _ask_names(self) -> None:
        """Load the class names of the latents' conditions once, then redraw."""
        run, record = self._following.run, self._record
        if (
            run is None
            or record is None
            or not any(n in record.conditions for n in self._kind.told)
        ):
            return
        if run.classes != self._classes:
            self._classes = run.classes
            self._draw()
        elif not run.classes:
            self._actions.real_samples.need(run.key, TARGET)

    def _pick(self, picture: int) -> None:
        run = self._following.run
        if run is not None and picture >= 0:
            source = Source(run.key, "particles")
            self._state.selection.set(source, np.array([picture]), "click")
        else:
            self._state.selection.clear()
            self._follow(0)

    def _catch(self, _canvas: ParticleCanvas, line: NDArray[np.float64]) -> None:
        """Select the latents that are within a line of the projection, and say how many of the data
        are there.
        """
        run, record = self._following.run, self._record
        places = record.extras.get(PROJECTION) if record is not None else None
        if run is None or record is None or places is None:
            return
        frame = frame_at(record.t, self._state.playback.flow)
        rows = np.flatnonzero(inside(line, places[frame, :SHOWN]))
        beside = shared(SAME_PLACE, line, record.extras.get("projection-target"))
        self._state.selection.set(Source(run.key, "particles"), rows, "lasso", beside)

    def _show_chosen(self) -> None:
        """Follow the latent that is selected, in whichever lens; of several the first, and let the
        others step back.
        """
        run = self._following.run
        rows = self._state.selection.of(Source(run.key, "particles") if run is not None else None)
        rows = rows[rows < SHOWN]
        several = rows if len(rows) > 1 else rows[:0]
        self.grid.choose(several)
        self.projection.set_chosen(several)
        if len(rows):
            self._follow(int(rows[0]))

    def _follow(self, picture: int) -> None:
        self._picked = picture
        if self._record is not None:
            self._draw_strip(self._record)

    def _inks(self, n: int) -> NDArray[np.uint32]:
        style = self.projection.style_
        return identity_colours(
            _circle(n), dark=style.dark, scheme=style.identity, middle=np.zeros(2)
        )

    def _restyle(self) -> None:
        self.projection.set_style(CanvasStyle.of(colors()))
        self._draw()


def _pane(head: QHBoxLayout, *widgets: QWidget) -> QWidget:
    """Return a pane with a line on top; the first widget takes what height there is."""
    pane = QWidget()
    body = column(head, parent=pane, gap=4)
    for place, widget in enumerate(widgets):
        body.addWidget(widget, 0 if place else 1)
    return pane


def _circle(n: int) -> NDArray[np.float32]:
    """Return n places around a circle: they start as noise, so their colour is their number."""
    turn = np.arange(n) / max(n, 1) * 2 * np.pi
    return np.stack([np.cos(turn), np.sin(turn)], axis=1).astype(np.float32)


VIEW = ViewSpec(
    id="tiles",
    lens="watch",
    title="Latents",
    order=10,
    applies=applies,
    factory=TilesView,
)

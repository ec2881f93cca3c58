"""Samples, for representations: real and generated samples in one plane of their features."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QColor, QPen, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QBoxLayout, QVBoxLayout, QWidget

from pushforward.studio.app.charts.lasso import inside
from pushforward.studio.app.charts.lasso_chip import LassoChip
from pushforward.studio.app.charts.legend import LineKey
from pushforward.studio.app.charts.particle_canvas import ParticleCanvas
from pushforward.studio.app.charts.particle_colours import one_colour
from pushforward.studio.app.charts.particle_timeline import Timeline
from pushforward.studio.app.charts.picture_export import Picture, widget_picture
from pushforward.studio.app.charts.plot_style import CanvasStyle
from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.data_type import Arrays
from pushforward.studio.app.core.data_type_registry import kind_of_run
from pushforward.studio.app.data.tile_grid import TileGrid
from pushforward.studio.app.data.views.lab import can_ask
from pushforward.studio.app.data.views.lab_status import LabStatus
from pushforward.studio.app.data.views.lens_view import LensView
from pushforward.studio.app.data.views.view_spec import ViewSpec
from pushforward.studio.app.design.basic import (
    Elided,
    button,
    column,
    label,
    row,
    section,
    view_bar,
)
from pushforward.studio.app.design.forms.editors import Segments
from pushforward.studio.app.design.theme import colors, theme
from pushforward.studio.app.engine.actions import Actions
from pushforward.studio.app.engine.query import DEBOUNCE_MS, Query
from pushforward.studio.app.engine.requests.request_base import Answer, Refused
from pushforward.studio.app.labs.representation.map_overlay import HollowDots, PointedPicture
from pushforward.studio.app.text import number_format

__all__ = ["VIEW", "MapLab"]

OPERATOR = "embedding-map"
METHODS = {"pca": "PCA", "tsne": "t-SNE"}
COLOURS = ("By class", "By source")
PREVIEW = 200  # real samples, and as many generated ones
SIZES = {"pca": (PREVIEW, 800, 5000), "tsne": (PREVIEW, 800)}
NARROW = 560  # pixels, below which brushed samples lie below the map
MOST = 60  # brushed samples of a kind that are shown


@dataclass(frozen=True)
class Key:
    """Key of a map: the run and the step, None for the newest."""

    run: str
    step: int | None
    method: str
    n: int


class MapLab(LensView):
    """The map, and the samples inside of a lasso. It follows the training clock."""

    def __init__(self, state: AppState, actions: Actions) -> None:
        super().__init__(state, actions)
        self._query: Query[Key, tuple[Key, Answer]] = Query(
            self, self._fetch, state=state, debounce_ms=DEBOUNCE_MS, progressive=True
        )
        self._query.changed.connect(self.refresh)
        self.arrays: Arrays = {}
        self._colour = self._method = 0
        self._n = PREVIEW
        self._lay_out()
        state.runs.selected.connect(self._select)
        state.runs.changed.connect(self._changed)
        state.engine_changed.connect(self._ask)
        state.playback.changed.connect(self._ask)
        theme.changed.connect(self._restyle)
        self._restyle()
        self._select(state.runs.selection)

    def _lay_out(self) -> None:
        self.words = Elided("", "muted")
        self.method = Segments(list(METHODS.values()), "Method")
        self.method.select(0)
        self.method.widen()
        self.method.chosen.connect(self._choose_method)
        self.colour = Segments(list(COLOURS), "Colour")
        self.colour.select(0)
        self.colour.widen()
        self.colour.chosen.connect(self._choose_colour)
        self.canvas = ParticleCanvas()
        self.canvas.setAccessibleName("Embedding map")
        self.canvas.set_layers(trails=False)
        self.holes = HollowDots(lambda: self.canvas.moving)
        self.pointed = PointedPicture()
        self.lasso = LassoChip([self.canvas], lambda _, line: self._catch(line))
        self.canvas.overlays = [self.holes, *self.canvas.overlays, self.pointed]
        self.canvas.hovered.connect(self._point)
        self.canvas.arrived.connect(self.canvas.update)
        tools = (self.colour, self.lasso)
        tip = "Place more real samples, and as many generated ones"
        self.more = button("", self._refine, kind="primary", tip=tip)
        self.bar = view_bar(self, self.method, self.words, None, *tools, self.more)
        self.status = LabStatus()
        self.key = label("● real   ○ generated", "muted")
        self.colours = LineKey()
        self.note = label("", "muted", wrap=True)
        left, right = QVBoxLayout(), QVBoxLayout()
        for box in (left, right):
            box.setSpacing(6)
        left.addLayout(row(section("Features in one plane"), None, self.key))
        left.addWidget(self.colours)
        left.addWidget(self.canvas, 1)
        left.addWidget(self.note)
        self.brushed, self.clear = section("Brushed"), button("Clear", self._clear, kind="link")
        self.real_words, self.made_words = label("Real", "muted"), label("Generated", "muted")
        self.real, self.made = TileGrid("Brushed real samples"), TileGrid("Brushed generated ones")
        self.shares = label("", "small", wrap=True)
        right.addLayout(row(self.brushed, None, self.clear))
        for words, grid in ((self.real_words, self.real), (self.made_words, self.made)):
            grid.setMinimumHeight(90)
            right.addWidget(words)
            right.addWidget(grid, 1)
        right.addWidget(self.shares)
        self.side = QWidget()
        self.side.setLayout(right)
        right.setContentsMargins(0, 0, 0, 0)
        self._halves = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._halves.setSpacing(16)
        self._halves.addLayout(left, 5)
        self._halves.addWidget(self.side, 2)
        self.page = QWidget()
        self.page.setLayout(self._halves)
        self._halves.setContentsMargins(16, 10, 16, 12)
        column(self.status, (self.page, 1), parent=self)

    # What is asked

    async def _fetch(self, key: Key) -> tuple[Key, Answer]:
        config, ask = {"method": key.method, "n": key.n}, self._actions.operating.ask
        return key, await ask(key.run, OPERATOR, config=config, step=key.step)

    def _select(self, key: str) -> None:
        if key != self._key:
            self._key, self.arrays, self._n = key, {}, PREVIEW
            self._query.cancel()
            self.canvas.set_record(None)
            self._clear()
        self._ask()

    def _changed(self, key: str) -> None:
        if key == self._key:
            self._ask()

    def _ask(self) -> None:
        run, ready = self.run, self._state.engine.state in ("ready", "busy")
        if run is not None and run.checkpoints and ready and self.isVisible():
            clock = self._state.playback
            step = None if clock.live else clock.step
            newest = max(run.checkpoints) if step is None else step
            kept = max((s for s in run.checkpoints if s <= newest), default=min(run.checkpoints))
            self._query.ask(Key(self._key, kept, list(METHODS)[self._method], self._n))
        self.refresh()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._ask()

    def _refine(self) -> None:
        if (larger := self._larger()) is not None:
            self._n = larger
            self._ask()

    def _larger(self) -> int | None:
        """Return the next larger number of samples, None where there is none."""
        return next((n for n in SIZES[list(METHODS)[self._method]] if n > self._n), None)

    # Showing

    @property
    def filled(self) -> bool:
        """Whether there is a map to show."""
        return bool(self.arrays)

    @property
    def trouble(self) -> str:
        """Why there is no map, "" if there is one or it is not known yet."""
        return "" if self.filled else str(self._query.error or "")

    def refresh(self) -> None:
        """Show the newest answer, or why there is none."""
        found, error, run = self._query.answer, self._query.error, self.run
        key, answer = found if found is not None else (None, None)
        if answer is not None and answer.arrays is not self.arrays:
            self.arrays = answer.arrays
            self._draw()
            step = int((answer.result or {}).get("step", 0))
            self.words.set_text(f"step {step:,}")
            self.note.setText(str((answer.result or {}).get("note", "")))
        filled = self.filled
        shown = int((~np.asarray(self.arrays["generated"], bool)).sum()) if filled else 0
        preview = filled and self._n == PREVIEW
        wanted, waits = self._query.key, ""
        if filled and key is not None and wanted is not None and error is None:
            if wanted.method != key.method:
                waits = f"Computing {METHODS[wanted.method]}… Still shown: {METHODS[key.method]}."
            elif wanted.n != key.n:
                waits = f"Placing {wanted.n:,} real and as many generated samples…"
        self.status.show_state(f"Preview, n = {shown}" if preview else "", waits)
        larger = self._larger()
        self.more.setVisible(filled and larger is not None)
        self.more.setText(f"Place {larger or 0:,}")
        self.page.setVisible(filled)
        for control in (self.method, self.colour, self.lasso):
            control.setEnabled(filled)
        if filled:
            self.empty.hide()
        elif isinstance(error, Refused):
            self.empty.tell("The map cannot be shown", error.error.message)
        elif run is not None and not run.checkpoints:
            self.empty.tell("No map yet", "It follows once the run has saved a checkpoint.")
        else:
            self.empty.tell(
                "Loading the map…", f"Features of {2 * self._n:,} samples are being computed."
            )

    def _draw(self) -> None:
        place = np.asarray(self.arrays["place"], np.float32)
        self.canvas.set_record(Timeline(np.ones(1, np.float32), place[None]), smooth=True)
        generated = np.asarray(self.arrays["generated"], bool)
        self.holes.places = place[generated].astype(np.float64)
        self._paint_colours()
        kind = kind_of_run(self.run, self._state.catalog)
        self.pointed.tiles = kind.tiles({"x": np.asarray(self.arrays["x"])})
        self.pointed.row = -1
        real = int((~generated).sum())
        self.key.setText(f"● real {real:,}   ○ generated {int(generated.sum()):,}")

    def _choose_method(self, place: int) -> None:
        self._method = place
        self._n = min(self._n, SIZES[list(METHODS)[place]][-1])
        self._ask()

    def _choose_colour(self, place: int) -> None:
        self._colour = place
        if self.arrays:
            self._paint_colours()
            self.canvas.update()

    def _paint_colours(self) -> None:
        """Give each group a place on a circle: the canvas turns directions into hues."""
        groups = np.asarray(self.arrays["class"], np.int64)
        if self._colour or (groups < 0).all():
            groups = np.asarray(self.arrays["generated"]).astype(np.int64)
        count = max(2, int(groups.max()) + 1)
        turn = 2 * np.pi * groups / count
        start = np.stack([np.cos(turn), np.sin(turn)], axis=1).astype(np.float32)
        self.canvas.set_identity(None)
        self.canvas.set_identity(start)
        self._paint_rings()
        self._show_colours(groups)

    def _show_colours(self, groups: NDArray[np.int64]) -> None:
        """Show which colour is which class, or which source."""
        inks, names = self.canvas.identity, self.run.classes if self.run is not None else ()
        by_source = self._colour or (np.asarray(self.arrays["class"]) < 0).all()
        said = []
        for group in np.unique(groups[groups >= 0]).tolist():
            name = names[group] if group < len(names) else str(group)
            title = ("real", "generated")[group] if by_source else name
            at = int(np.flatnonzero(groups == group)[0])
            said.append((title, QPen(QColor.fromRgba(int(inks[at])), 4)))
        self.colours.show_names(said)

    def _paint_rings(self) -> None:
        """Give rings the colours of their dots; those outside of the lasso step back."""
        generated = np.asarray(self.arrays["generated"], bool)
        inks = self.canvas.identity[: len(generated)].copy()
        if len(self.canvas.chosen):
            outside = np.ones(len(inks), bool)
            outside[self.canvas.chosen] = False
            inks[outside] = one_colour(colors().line, 1)[0]
        self.holes.inks = inks[generated]

    # Pointing and brushing

    def _point(self, at: object) -> None:
        """Show the sample under the mouse."""
        row_at = -1
        if isinstance(at, tuple) and self.arrays and not self.lasso.isChecked():
            away = np.linalg.norm(np.asarray(self.arrays["place"]) - np.array(at), axis=1)
            nearest = int(away.argmin())
            row_at = nearest if away[nearest] * self.canvas.camera.scale < 14 else -1
        if row_at != self.pointed.row:
            self.pointed.row = row_at
            if row_at >= 0:
                x, y = np.asarray(self.arrays["place"])[row_at].tolist()
                self.pointed.place = (x, y)
                self.pointed.words = self._describe(row_at)
            self.canvas.update()

    def _describe(self, place: int) -> tuple[str, ...]:
        generated = bool(self.arrays["generated"][place])
        number = place - int((~np.asarray(self.arrays["generated"], bool)).sum()) * generated
        label_ = int(self.arrays["class"][place])
        names = self.run.classes if self.run is not None else ()
        name = names[label_] if 0 <= label_ < len(names) else str(label_)
        said = f"predicted class {name}" if generated else f"class {name}"
        nearest = number_format.figure(float(self.arrays["nearest"][place]))
        return (
            f"{'Generated' if generated else 'Real'} {number + 1:,}",
            said if label_ >= 0 else "class unknown",
            f"nearest real: {nearest} × mean",
        )

    def _catch(self, line: NDArray[np.float64]) -> None:
        rows = np.flatnonzero(inside(line, np.asarray(self.arrays["place"])))
        self.canvas.set_chosen(rows)
        self._paint_rings()
        self._show_brushed(rows)

    def _clear(self) -> None:
        self.canvas.set_chosen(np.empty(0, np.int64))
        if self.arrays:
            self._paint_rings()
        self._show_brushed(np.empty(0, np.int64))

    def _show_brushed(self, rows: NDArray[np.int64]) -> None:
        kind = kind_of_run(self.run, self._state.catalog)
        generated = np.asarray(self.arrays.get("generated", ()), bool)
        self.clear.setVisible(bool(len(rows)))
        said = []
        for grid, words, title, wanted in (
            (self.real, self.real_words, "Real", False),
            (self.made, self.made_words, "Generated", True),
        ):
            mine = rows[generated[rows] == wanted] if len(rows) else rows
            total = int((generated == wanted).sum())
            of = f": {len(mine):,} of {total:,}" if len(rows) else ""
            words.setText(f"{title}{of}")
            shown = {"x": np.asarray(self.arrays["x"])[mine[:MOST]]} if len(mine) else None
            message = "None here" if len(rows) else "Draw a lasso around dots"
            tiles = kind.tiles(shown) if shown is not None else None
            grid.show_tiles(tiles, noun=kind.many, message="" if shown else message)
            if len(mine):
                said.append(f"{title}: {self._classes_of(mine)}.")
        self.shares.setText("\n".join(said))

    def _classes_of(self, rows: NDArray[np.int64]) -> str:
        """Return the most frequent classes of some rows with their shares."""
        classes = np.asarray(self.arrays["class"], np.int64)[rows]
        known = classes[classes >= 0]
        if not len(known):
            return "unknown"
        names = self.run.classes if self.run is not None else ()
        counts = np.bincount(known)
        best = np.argsort(-counts, kind="stable")[:3]
        return ", ".join(
            f"{number_format.percent(counts[c] / len(known))} "
            f"{names[c] if c < len(names) else f'class {c}'}"
            for c in best.tolist()
            if counts[c]
        )

    def _restyle(self) -> None:
        self.canvas.set_style(CanvasStyle.of(colors()))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Where it is narrow, brushed samples lie below the map."""
        super().resizeEvent(event)
        direction = QBoxLayout.Direction
        wide = self.width() >= NARROW
        self._halves.setDirection(direction.LeftToRight if wide else direction.TopToBottom)

    def export_picture(self) -> Picture:
        """Return the map and the brushed samples as they are seen."""
        return widget_picture(self.page)


def applies(state: AppState) -> bool:
    """Return whether the selected run is a representation of samples that are shown as tiles."""
    return can_ask(state, OPERATOR) and (
        kind_of_run(state.runs.current, state.catalog).layout == "tiles"
    )


VIEW = ViewSpec(
    id="embedding-map", lens="samples", title="Map", order=12, applies=applies, factory=MapLab
)

"""Watch for jets: fixed latents of every type from noise to jets, next to nearest real jets; one of
them large, with its trajectory and the denoised estimate.
"""

from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QWidget

from pushforward.observables.jets import cone
from pushforward.studio.app.charts.picture_export import Picture, copy_picture, widget_picture
from pushforward.studio.app.core import snapshot_text
from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.data_type import LABEL, Kind, Tiles, named
from pushforward.studio.app.core.data_type_registry import kind_of_run
from pushforward.studio.app.core.runs import FlowRecord, RunState
from pushforward.studio.app.core.selection import Offered, Source
from pushforward.studio.app.data.chart_export import ask_picture
from pushforward.studio.app.data.distribution_controls import PartChoice
from pushforward.studio.app.data.nearest_search import NearestSearch, Neighbours
from pushforward.studio.app.data.tile_frames import frame_at
from pushforward.studio.app.data.tile_grid import TileGrid
from pushforward.studio.app.data.tile_pane import describe_sample
from pushforward.studio.app.data.tile_sheet import Sheets
from pushforward.studio.app.data.views.lens_view import LensView
from pushforward.studio.app.data.views.motion_label import MotionChip
from pushforward.studio.app.data.views.run_placeholder import tell_none
from pushforward.studio.app.data.views.view_spec import ViewSpec, shows_moving
from pushforward.studio.app.data_types.jets.jet_board import Cell, JetBoard, Line
from pushforward.studio.app.data_types.jets.jet_flow import JetWay, asked_of, rows_of_types
from pushforward.studio.app.data_types.jets.jet_legend import JetKey
from pushforward.studio.app.data_types.jets.jet_paint import RADIUS
from pushforward.studio.app.data_types.jets.jet_plane import JetPlane
from pushforward.studio.app.data_types.jets.sampler_picker import OtherSampler
from pushforward.studio.app.data_types.jets.type import said_constituent
from pushforward.studio.app.design.basic import Elided, button, column, row, view_bar
from pushforward.studio.app.design.menu import open_menu
from pushforward.studio.app.engine.actions import Actions
from pushforward.studio.app.engine.record_follower import Following
from pushforward.studio.app.engine.requests.record_watching import Looking
from pushforward.studio.figures import short
from pushforward.studio.protocol.extras import DENOISED, LEVELS

__all__ = ["VIEW", "JetFlowView", "short_level"]

PARTICLES, NAMED = 64, 512  # latents that are watched, and real jets that come with their types
BESIDE = 256  # latents that real jets are sought for at most
ASKED, ASKED_BY = ("pt", "mass"), "pt-mass"  # what real jets are near to, and its name
ACROSS, DOWN = 2, 5  # jets of a line, and lines of one type alone
NOWHERE = (-1.0, 1.0, -1.0, 1.0)
STRIP = 92  # pixels
applies = shows_moving("jet-flow")


class JetFlowView(LensView):
    """Board, plane and strip; what is picked on the board is seen large."""

    def __init__(self, state: AppState, actions: Actions) -> None:
        super().__init__(state, actions)
        self._record: FlowRecord | None = None
        self._own: FlowRecord | None = None  # of the training; the other one is a film
        self._type = ""
        self._classes: tuple[str, ...] = ()
        self._nameless = False  # what the types are called is not known yet
        self._sheets = Sheets()
        self._sought = NearestSearch(self, actions)
        self._latents: dict[str, NDArray[Any]] = {}  # that real jets were sought for
        self._near: Neighbours | None = None  # these, row i that of latent i
        self.plane, self.board = JetPlane(), JetBoard()
        self.strip = TileGrid("The jet along its flow", strip=True)
        self.strip.setFixedHeight(STRIP)
        self._title, self._where = Elided("", "strong"), Elided("", "muted")
        self._where.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._which = Elided("", "muted")
        self._chip = MotionChip(self)
        self.other = OtherSampler(state, actions)
        self.key = JetKey()
        self._following = Following(self, state, actions, self._looking, applies)
        self._lay_out()
        self._connect()
        self._select()

    def _lay_out(self) -> None:
        self.types = PartChoice(short=True)
        self.swap = button("Real in place", None, kind="chip", tip=("Show the nearest real jets "
                                                                    "instead of the generated "
                                                                    "ones (R)"))  # fmt: skip
        self.trails = button("Trails", None, kind="chip", tip="Trajectories of the constituents")
        self.rings = button(
            "D(x, s)", None, kind="chip", tip="Denoised estimate of the constituents (orange)"
        )
        for chip, on in ((self.swap, False), (self.trails, True), (self.rings, True)):
            chip.setCheckable(True)
            chip.setChecked(on)
        self.bar = view_bar(self, self.types, None, self.swap, self.trails, self.rings)
        self._page = QWidget()
        left = column(gap=6)
        head = row((self._title, 1), self._where)
        left.addLayout(head)
        left.addWidget(self.plane, 1)
        left.addWidget(self.strip)
        left.addLayout(row(self.key, None))
        left.addStretch()
        right = column(self._which, (self.board, 1), row(self.other, None), gap=6)
        halves = row((left, 1), (right, 1), gap=16)
        column(
            (halves, 1), row(self._chip, None), parent=self._page, gap=6, margins=(16, 10, 16, 8)
        )
        column(self._page, parent=self)

    def _connect(self) -> None:
        follow, state = self._following, self._state
        follow.selected.connect(self._select)
        follow.changed.connect(self._changed)
        follow.shown.connect(self._show)
        follow.failed.connect(lambda step, why: self._which.set_text(f"Step {step:,}: {why}"))
        follow.moved.connect(self._move)
        state.engine_changed.connect(self._changed)
        state.catalog_changed.connect(self._changed)
        state.queue_changed.connect(self._changed)
        state.selection.changed.connect(self._show_chosen)
        self._sought.found.connect(self._draw)
        self.other.filmed.connect(self._filmed)
        self.other.failed.connect(self._which.set_text)
        self.types.chosen.connect(self._look_at)
        self.board.picked.connect(self._pick)
        self.board.menu_wanted.connect(self._open_menu)
        self.strip.picked.connect(self._stop_at)
        self.plane.hovered.connect(self._point)
        self.plane.resized.connect(self._show_key)
        self.swap.toggled.connect(self._draw)
        for chip in (self.trails, self.rings):
            chip.toggled.connect(self._draw)

    def _looking(self, run: RunState) -> Looking:
        return Looking(run.job, (), NOWHERE, 2, PARTICLES, (DENOISED, LEVELS))

    @property
    def _kind(self) -> Kind:
        return kind_of_run(self._following.run, self._state.catalog)

    # What is shown

    def _select(self) -> None:
        self._record, self._own, self._type, self._classes = None, None, "", ()
        self._latents, self._near = {}, None
        self.board.show_lines(())
        self.plane.show_way(None)
        self._changed()

    def _changed(self) -> None:
        run = self._following.run
        self._chip.show_run(run, self._state.catalog)
        self.other.show_run(run)
        some = self._record is not None
        self._page.setVisible(some)
        self.empty.setVisible(not some)
        if run is None:
            return
        if some:
            self._actions.real_samples.need(run.key, NAMED, at_least=True)
        if some and (run.classes, self._names_come(run)) != (self._classes, self._nameless):
            self._classes = run.classes
            self._draw()  # types have their names
        if not some:
            tell_none(self.empty, self._state, self._actions, run, self._kind.moving)

    def _show(self, record: FlowRecord) -> None:
        if not self._kind.fits(record.x.shape[2:]):
            return
        self._own = record
        self.other.look_at(self._state.playback.step)
        if self.other.chosen is None:
            self._take(record)
        self._following.mark_drawn()

    def _filmed(self, film: FlowRecord | None) -> None:
        """Show what goes by another sampler, or the run's own flow again: other latents."""
        if (record := film or self._own) is not None:
            self._latents, self._near = {}, None
            self._take(record)

    def _take(self, record: FlowRecord) -> None:
        self._record = record
        self._changed()
        self._draw()

    def _draw(self, _on: bool = False) -> None:
        """Draw the record anew."""
        record, run = self._record, self._following.run
        if record is None or run is None:
            return
        labels = self._labels(record, run)
        names = list(rows_of_types(labels, 1, run.classes))
        self._nameless = self._names_come(run)
        if self._nameless:
            names = []
        self.types.offer("Type", names if len(names) > 1 else [], self._type)
        self.board.trails = self.plane.trails = self.trails.isChecked()
        self.plane.rings = self.rings.isChecked()
        self.board.swapped = self.swap.isChecked()
        has = DENOISED in record.extras
        self.rings.setVisible(has)
        self._show_key()
        self._seek(record, run)
        by = "asked pT, mass" if self._was_asked(record) else "constituents"
        come = "reading them" if self._answers else ""
        self.board.near_by = by if self._near is not None else come
        lines = self._lines(record, run, labels)
        if self._nameless:  # a number that nobody knows would stand there as a type
            lines = [replace(line, name="") for line in lines]
        self.board.show_lines(lines)
        self._offer(record, run)
        self._show_chosen()
        self._move()
        shown = sum(len(line.made) for line in self.board.lines)
        step = snapshot_text.at_snapshot(record, run)
        if record is not self._own:
            step = f"weights of step {record.step:,}"
        every = record.x.shape[1]
        more = ", more by type" if shown < every and len(names) > 1 and not self._type else ""
        self._which.set_text(f"{step} · {shown} of {every} latents{more}")
        sought = "The nearest real jets are searched in all training data."
        self._which.set_more(sought if self._near is not None else "")

    def _show_key(self) -> None:
        record = self._record
        rings = record is not None and DENOISED in record.extras and self.rings.isChecked()
        self.key.show_side(self.plane.box.width(), rings=rings)

    @staticmethod
    def _labels(record: FlowRecord, run: RunState) -> NDArray[Any]:
        known = named(record.conditions, run.classes)
        return known.get(LABEL, np.full(record.x.shape[1], "jet"))

    def _names_come(self, run: RunState) -> bool:
        """Whether somebody will still say what the types are called."""
        return not run.classes and run.target is None and self._answers

    @property
    def _answers(self) -> bool:
        """Whether the engine answers, or soon will."""
        return self._state.engine.state != "lost"

    def _lines(self, record: FlowRecord, run: RunState, labels: NDArray[Any]) -> list[Line]:
        types = rows_of_types(labels, ACROSS, run.classes)
        if not self._type and len(types) > 1:
            return [self._line(record, name, rows) for name, rows in types.items()]
        name = self._type or next(iter(types), "")
        rows = rows_of_types(labels, ACROSS * DOWN).get(name, [])
        parts = [rows[i : i + ACROSS] for i in range(0, len(rows), ACROSS)]
        return [self._line(record, name, part) for part in parts]

    def _line(self, record: FlowRecord, name: str, rows: list[int]) -> Line:
        """Return a line of jets, each with the real one that is nearest to it."""
        made = tuple(Cell(JetWay.of(record, at, self._radius), at) for at in rows)
        return Line(name, made, tuple(map(self._real_cell, rows)))

    def _real_cell(self, row: int) -> Cell | None:
        """Return the real jet that is nearest to a latent, None where it is not known yet."""
        near = self._near
        if near is None or row >= len(near.far) or not np.isfinite(near.far[row, 0]):
            return None
        some = near.arrays
        mask = some["mask"][row] if "mask" in some else None
        way = JetWay.still(some["x"][row], mask, self._radius)
        return Cell(way, row, real=True, number=int(near.number[row, 0]))

    @property
    def _radius(self) -> float:
        """R of the cone of the jets that are supported."""
        run = self._following.run
        return cone.USUAL if run is None else run.alike.get(RADIUS, cone.USUAL)

    @staticmethod
    def _was_asked(record: FlowRecord) -> bool:
        """Return whether the latents have conditions that real jets can match."""
        return all(name in record.conditions for name in ASKED)

    def _seek(self, record: FlowRecord, run: RunState) -> None:
        """Search the training jets nearest to the conditions of the latents; without conditions, to
        the generated jets.
        """
        given = {name: each[:BESIDE] for name, each in record.conditions.items()}
        x, many = record.x[-1, :BESIDE], len(self._latents.get("x", ()))
        if self._was_asked(record):
            by, known = ASKED_BY, {"x": np.zeros_like(x), **given}
            if many >= len(x):  # of moments between the first and the last there are fewer
                known = self._latents
        else:
            by, known = self._kind.sought, {"x": x, **given}
            if record.mask is not None:
                known["mask"] = record.mask[:BESIDE]
        self._latents = known
        self._near = self._sought.ask(run, by, known, 1) or self._near

    # What is picked

    def _source(self, *, real: bool) -> Source | None:
        run = self._following.run
        if run is None:
            return None
        if real:
            return Source(run.key, "near", "asked")
        if self._record is not self._own:  # none of the run's particles
            return Source(run.key, "samples", self.other.describe)
        return Source(run.key, "particles")

    def _offer(self, record: FlowRecord, run: RunState) -> None:
        """Let the inspector know the latents as they are now, and the real jets."""
        if not self.isVisible():
            return  # another lens shows them, perhaps as they are at another time
        kind, of = self._kind, self._source(real=False)
        if of is None:
            return
        frame = frame_at(record.t, self._state.playback.flow)
        told_of = named(record.conditions, run.classes)
        rows = kind.rows(record.x, record.extras, frame, told=told_of)
        if record.mask is not None:
            rows["mask"] = record.mask

        def tell(at: int) -> list[tuple[str, str]]:
            some = {name: each[at : at + 1] for name, each in rows.items()}
            return describe_sample(
                kind, kind.measures(some), asked_of(record.conditions, at) | run.alike
            )

        self._state.selection.offer(of, Offered(rows, "Generated jet", tell))
        near, near_of = self._near, self._source(real=True)
        known = self._state.selection.find_offered(near_of)
        if near is None or near_of is None or (known and known.arrays is near.arrays):
            return

        def tell_real(at: int) -> list[tuple[str, str]]:
            one = {name: each[at : at + 1] for name, each in near.arrays.items()}
            given = {name: each[0] for name, each in one.items()}
            return describe_sample(kind, kind.measures(one), given, real=True)

        offered = Offered(near.arrays, "Training jet", tell_real, numbers=near.number[:, 0])
        self._state.selection.offer(near_of, offered)

    def _pick(self, cell: Cell) -> None:
        source = self._source(real=cell.real)
        if source is not None:
            self._state.selection.set(source, np.array([cell.row]), "click")

    def _copied_jet(self, cell: Cell) -> tuple[Tiles, list[str]]:
        """Return the current jet with a line of facts."""
        now = {name: np.asarray(each)[None] for name, each in cell.way.at(self.board.flow).items()}
        kind = self._kind
        facts = (" ".join(fact) for fact in describe_sample(kind, kind.measures(now)))
        return kind.tiles(now), [" · ".join([self._called(cell), *facts])]

    def copy(self, cell: Cell | None = None) -> None:
        """Put a jet on the clipboard as a picture and in words, the large one without any."""
        if (cell := cell or self.board.chosen) is not None:
            tiles, said = self._copied_jet(cell)
            rows = np.zeros(1, np.int64)
            QGuiApplication.clipboard().setMimeData(self._sheets.make_mime(tiles, rows, said))

    def _open_menu(self, cell: Cell, at: QPoint) -> None:
        self._pick(cell)
        open_menu(
            self.board,
            at,
            [
                ("Copy", partial(self.copy, cell)),
                ("Generated jets" if self.swap.isChecked() else "Real in place",
                 self.swap.toggle),
                ("Copy picture of all", partial(copy_picture, self)),
                ("Export picture…", partial(ask_picture, self, self._state, "jet-flow")),
            ],
        )  # fmt: skip

    def _show_chosen(self) -> None:
        """Show large what is selected, in whichever lens, or the first jet there is."""
        record = self._record
        cells = [cell for _, cell in self.board.cells()] if record is not None else []
        if not cells or record is None:
            return
        found = None
        for real in (False, True):
            rows = self._state.selection.of(self._source(real=real))
            if len(rows):
                at = int(rows[0])
                found = next((c for c in cells if (c.row, c.real) == (at, real)), None)
                if found is None and not real and at < record.x.shape[1]:
                    found = Cell(JetWay.of(record, at, self._radius), at)
        shown = found or cells[0]
        self.board.chosen = shown
        self.board.update()
        self.plane.show_way(shown.way)
        self._title.set_text(self._called(shown))
        self._show_strip(shown.way)

    def _called(self, cell: Cell) -> str:
        line = next((each for each in self.board.lines if cell in (*each.made, *each.real)), None)
        known = line is not None and line.name not in ("", "jet")
        kind = f"{line.name} jet" if line is not None and known else "jet"
        kind = kind[:1].upper() + kind[1:]
        return f"Real: {kind} {cell.number:,}" if cell.real else f"{kind} {cell.row}"

    def _show_strip(self, way: JetWay) -> None:
        self.strip.setVisible(way.moves)
        if not way.moves:
            return
        frames = way.stops
        levels = [way.level(float(way.t[f])) for f in frames]
        texts = [
            f"s {short_level(level)}" if level is not None else f"t {float(way.t[f]):.2f}"
            for f, level in zip(frames, levels, strict=True)
        ]
        arrays = {
            "x": way.x[frames],
            "mask": np.repeat(way.mask[None], len(frames), axis=0),
            RADIUS: np.full(len(frames), way.radius),
        }
        self.strip.show_tiles(self._kind.tiles(arrays), noun=self._kind.many, words=texts)
        self._mark_strip()

    def _mark_strip(self) -> None:
        way = self.plane.way
        if way is not None and way.moves:
            times = np.asarray(way.t)[way.stops]
            self.strip.select(int(np.argmin(np.abs(times - self._state.playback.flow))))

    def _stop_at(self, place: int) -> None:
        way = self.plane.way
        if way is not None and 0 <= place < len(way.stops):
            flow = float(way.t[way.stops[place]])
            self._state.playback.set(flow=flow, playing=False)

    def _look_at(self, name: str) -> None:
        self._type = name
        self._draw()

    # Clocks and mouse

    def _move(self) -> None:
        flow = self._state.playback.flow
        self.plane.set_flow(flow)
        self.board.set_flow(flow)
        self._mark_strip()
        self._point(-1)
        record, run = self._record, self._following.run
        if record is not None and run is not None and not self._state.playback.playing:
            self._offer(record, run)

    def _point(self, place: int) -> None:
        """Describe the constituent under the mouse, else the flow time of the jet."""
        way, flow = self.plane.way, self._state.playback.flow
        if way is None:
            return
        if place >= 0:
            self._where.set_text(said_constituent(way.at(flow), place))
            return
        level = way.level(flow)
        at = f"s = {short(level, 2)}, " if level is not None else ""
        self._where.set_text(f"{at}t = {flow:.2f}" if way.moves else "")

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """R switches between generated and real jets; copy takes the large one."""
        if event.key() == Qt.Key.Key_R and not event.modifiers():
            self.swap.toggle()
        elif event.matches(QKeySequence.StandardKey.Copy):
            self.copy()
        else:
            super().keyPressEvent(event)

    def export_picture(self) -> Picture:
        """Return the whole view as a picture."""
        return widget_picture(self._page)


def short_level(level: float) -> str:
    """Write a noise level in four letters, as there is room for below a small picture."""
    if level >= 0.1 or level <= 0.0:
        return short(level, 2)
    return f"{level:.2f}" if level >= 0.01 else f"{level:.0e}".replace("e-0", "e-")


VIEW = ViewSpec(
    id="jet-flow",
    lens="watch",
    title="Jet flow",
    order=5,
    applies=applies,
    factory=JetFlowView,
)

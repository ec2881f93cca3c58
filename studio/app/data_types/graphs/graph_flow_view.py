"""Watch for graphs: one fixed latent from noise to a graph, as drawing and matrix with fixed nodes;
edges that remain, vanish or are predicted.
"""

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from pushforward.studio.app.charts.line_plot import LinePlot, LineSeries
from pushforward.studio.app.charts.picture_export import Picture, widget_picture
from pushforward.studio.app.core import snapshot_text
from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.data_type import Kind, named
from pushforward.studio.app.core.data_type_registry import kind_of_run
from pushforward.studio.app.core.runs import FlowRecord, RunState
from pushforward.studio.app.core.selection import Offered, Source
from pushforward.studio.app.data.tile_frames import frame_at
from pushforward.studio.app.data.tile_grid import TileGrid
from pushforward.studio.app.data.tile_pane import describe_sample
from pushforward.studio.app.data.views.lens_view import LensView
from pushforward.studio.app.data.views.motion_label import MotionChip
from pushforward.studio.app.data.views.run_placeholder import tell_none
from pushforward.studio.app.data.views.view_spec import ViewSpec, shows_moving
from pushforward.studio.app.data_types.graphs.adjacency_matrix import AdjacencyPlot
from pushforward.studio.app.data_types.graphs.graph_flow import ORDERS, GraphWay
from pushforward.studio.app.data_types.graphs.graph_plane import GraphPlane
from pushforward.studio.app.data_types.graphs.graph_rows import Numbers, pair_of
from pushforward.studio.app.design.basic import Elided, column, icon_button, label, row, view_bar
from pushforward.studio.app.design.forms.editors import ChoiceList
from pushforward.studio.app.engine.actions import Actions
from pushforward.studio.app.engine.record_follower import Following
from pushforward.studio.app.engine.requests.record_watching import Looking
from pushforward.studio.counts import format_count
from pushforward.studio.figures import short
from pushforward.studio.protocol.extras import DENOISED, LEVELS, PLACES, SIZE

__all__ = ["VIEW", "GraphFlowView"]

PARTICLES = 64  # latents that are watched
NOWHERE = (-1.0, 1.0, -1.0, 1.0)
STRIP, CURVES = 96, 150  # pixels
TALL = 620  # pixels of the view from which on it has curves
TIME, NODES = "flow time", "nodes"
LEGEND = "solid: in the final graph · orange: removed later"
FORESEEN = " · dashed: foreseen"
STILL_LEGEND = "opacity of an edge = its probability"
TYPED_LEGEND, TYPED_CELLS = " · lines: type", ", numbers: type"
CELLS = "below the diagonal: now, above: expected"
CELLS_AT_END = "below the diagonal: now, above: at the end"
applies = shows_moving("graph-flow")


class GraphFlowView(LensView):
    """Plane, matrix, strip and curves of one graph."""

    def __init__(self, state: AppState, actions: Actions) -> None:
        super().__init__(state, actions)
        self._record: FlowRecord | None = None
        self._wanted = 0  # the graph that was asked for, which a record may lack
        self.plane, self.matrix = GraphPlane(), AdjacencyPlot()
        self.strip = TileGrid("Graph along the flow", strip=True)
        self.strip.setFixedHeight(STRIP)
        self.edges = LinePlot("Edges", TIME, "edges")
        self.settled = LinePlot("Final graph in grey", TIME, "share")
        self.settled.least = (0.0, 1.0), (0.0, 1.0)
        self._title, self._where = Elided("", "strong"), Elided("", "muted")
        self._said, self._which = Elided("", "muted"), Elided("", "muted")
        for line in (self._where, self._said):
            line.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._legend = label("", "small", wrap=True)
        self._absent = label("", "warm", wrap=True)
        self._absent.hide()
        self._chip = MotionChip(self)
        self._following = Following(self, state, actions, self._looking, applies)
        self._lay_out()
        self._connect()
        self._select()

    def _lay_out(self) -> None:
        self.which = ChoiceList([], "Which graph")
        self.which.setMinimumContentsLength(14)
        self.before = icon_button(
            "chevron-left", "Previous graph (Page Up)", lambda: self._turn(-1)
        )
        self.after = icon_button("chevron-right", "Next graph (Page Down)", lambda: self._turn(1))
        self.order = ChoiceList(list(ORDERS), "Order of the nodes in the matrix")
        self.bar = view_bar(
            self, self.before, self.which, self.after, None, label("Order", "muted"), self.order
        )
        self._page = QWidget()
        left, right = QVBoxLayout(), QVBoxLayout()
        matrix = label("Adjacency", "strong")
        self._cells = label(CELLS, "small", wrap=True)
        below = row(self._cells)
        legend = row((self._legend, 1), self._which)
        for half, head, grows, plane, foot in (
            (left, (self._title, self._where), 0, self.plane, legend),
            (right, (matrix, self._said), 1, self.matrix, below),
        ):
            half.setSpacing(4)
            line = row(*head, gap=8)
            line.setStretch(grows, 1)
            half.addLayout(line)
            half.addWidget(plane, 1)
            half.addLayout(foot)
        halves = row((left, 3), (right, 2), gap=16)
        self._curves = QWidget()
        curves = row(parent=self._curves, gap=12)
        for curve in (self.edges, self.settled):
            curve.setFixedHeight(CURVES)
            curve.chosen_at.connect(self._choose)
            curves.addWidget(curve)
        column(
            self._absent,
            (halves, 1),
            self.strip,
            self._curves,
            row(self._chip, None),
            parent=self._page,
            gap=6,
            margins=(16, 10, 16, 8),
        )
        column(self._page, parent=self)

    def _connect(self) -> None:
        follow, state = self._following, self._state
        follow.selected.connect(self._select)
        follow.changed.connect(self._changed)
        follow.shown.connect(self._show)
        follow.failed.connect(lambda step, why: self._which.set_text(f"Step {step:,}: {why}"))
        follow.moved.connect(self._move)
        for signal in (state.catalog_changed, state.queue_changed, state.engine_changed):
            signal.connect(self._changed)
        state.selection.changed.connect(self._follow_selection)
        self.which.activated.connect(self._pick)
        self.order.currentIndexChanged.connect(lambda _: self._draw())
        self.strip.picked.connect(self._stop_at)
        self.plane.hovered.connect(lambda node: self._point(node, -1))
        self.matrix.hovered.connect(self._point)

    def _looking(self, run: RunState) -> Looking:
        return Looking(run.job, (), NOWHERE, 2, PARTICLES, (PLACES, DENOISED, LEVELS))

    @property
    def _kind(self) -> Kind:
        return kind_of_run(self._following.run, self._state.catalog)

    # What is shown

    def _select(self) -> None:
        self._record, self._wanted = None, 0
        self.plane.show_way(None, np.empty(0, np.int64))
        self.matrix.show_way(None, np.empty(0, np.int64))
        self._changed()

    def _changed(self) -> None:
        run = self._following.run
        self._chip.show_run(run, self._state.catalog)
        some = self._record is not None
        self._page.setVisible(some)
        self.empty.setVisible(not some)
        if not some:
            self.which.offer([])  # those of the run before
        if run is None or some:
            return
        tell_none(self.empty, self._state, self._actions, run, self._kind.many)

    def _show(self, record: FlowRecord) -> None:
        kind = self._kind
        if kind.graph is None or not kind.fits(record.x.shape[2:]) or PLACES not in record.extras:
            return
        self._record = record
        n = record.x.shape[1]
        titles = [f"{kind.one.capitalize()} {i}" for i in range(n)]
        if [self.which.itemText(i) for i in range(self.which.count())] != titles:
            self.which.offer(titles)
        self._changed()
        self._draw()
        self._following.mark_drawn()

    @property
    def _picked(self) -> int:
        """The displayed graph: snapshots in between may have only the first graphs; the requested
        one returns with later snapshots.
        """
        n = 0 if self._record is None else self._record.x.shape[1]
        return max(0, min(self._wanted, n - 1))

    def _say_absent(self) -> None:
        """Show a note if another graph than the requested one is displayed."""
        one, n = self._kind.one, 0 if self._record is None else self._record.x.shape[1]
        absent = self._picked != self._wanted
        self._absent.setVisible(absent)
        if absent:
            kept = f"This snapshot has the first {n:,} {self._kind.many}: this is {one} "
            back = f"{self._picked}, and {one} {self._wanted} comes back."
            self._absent.setText(kept + back)

    def _draw(self) -> None:
        """Draw the record anew."""
        record, run = self._record, self._following.run
        if record is None or run is None:
            return
        read = self._kind.graph
        assert read is not None
        way = GraphWay.of(record, self._picked, read)
        order = ORDERS[self.order.currentText()](way.square)
        names: Numbers = np.empty(len(order), np.int64)
        names[order] = np.arange(len(order))
        self.which.setCurrentIndex(self._picked)
        self._say_absent()
        self.plane.show_way(way, names)
        self.matrix.show_way(way, order)
        legend = LEGEND + FORESEEN * (way.expected is not None) if way.moves else STILL_LEGEND
        self._legend.setText(legend + (TYPED_LEGEND if way.typed else ""))
        cells = CELLS if way.expected is not None else CELLS_AT_END
        self._cells.setText(cells + (TYPED_CELLS if way.typed else ""))
        self._show_strip(record, way)
        if way.moves:
            low, high = float(way.across[0]), float(way.across[-1])
            self.settled.least = (low, high), (0.0, 1.0)
            for curve in (self.edges, self.settled):
                curve.plane.bottom.set_name(NODES if way.built else TIME)
            self.edges.show_lines([LineSeries("edges", way.across, way.edges.astype(np.float64))])
            self.settled.show_lines([LineSeries("as at the end", way.across, way.settled)])
        self._curves.setVisible(way.moves and self.height() >= TALL)
        self._offer(record, run)
        self._which.set_text(snapshot_text.name_snapshot(record, run))
        self._move()

    def _show_strip(self, record: FlowRecord, way: GraphWay) -> None:
        self.strip.setVisible(way.moves)
        if way.moves:
            kind, frames = self._kind, np.array(way.stops)
            frame = kind.way(record.x, record.extras, self._picked, frames)
            if way.typed:
                frame[SIZE] = np.full(len(frames), way.size)
            tiles = kind.tiles(frame)
            texts = [_moment(way, float(way.t[frame])) for frame in way.stops]
            self.strip.show_tiles(tiles, noun=kind.many, words=texts)

    @property
    def _source(self) -> Source | None:
        run = self._following.run
        return None if run is None else Source(run.key, "particles")

    def _offer(self, record: FlowRecord, run: RunState) -> None:
        """Let the inspector know the latents as they are now."""
        if not self.isVisible():
            return  # another lens shows them, perhaps as they are at another time
        kind, source = self._kind, self._source
        assert source is not None
        flow, way = self._state.playback.flow, self.plane.way
        frame = frame_at(record.t, flow)
        if way is not None and way.built and flow < 1.0:
            frame = way.frame(flow)
        told_of = named(record.conditions, run.classes)
        rows = kind.rows(record.x, record.extras, frame, told=told_of)

        def tell(at: int) -> list[tuple[str, str]]:
            return describe_sample(
                kind, kind.measures({name: e[at : at + 1] for name, e in rows.items()})
            )

        self._state.selection.offer(source, Offered(rows, f"Generated {kind.one}", tell))

    # What is picked

    def _turn(self, by: int) -> None:
        if self._record is not None:
            self._pick((self._picked + by) % self._record.x.shape[1])

    def _pick(self, place: int) -> None:
        if self._source is not None:
            self._state.selection.set(self._source, np.array([place]), "click")

    def _follow_selection(self) -> None:
        rows = self._state.selection.of(self._source)
        n = 0 if self._record is None else self._record.x.shape[1]
        if len(rows) and int(rows[0]) < max(n, PARTICLES) and int(rows[0]) != self._wanted:
            self._wanted = int(rows[0])
            self._draw()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Page up and down lead from graph to graph."""
        by = {Qt.Key.Key_PageUp: -1, Qt.Key.Key_PageDown: 1}.get(Qt.Key(event.key()))
        if by is not None:
            self._turn(by)
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        moves = self.plane.way is not None and self.plane.way.moves
        self._curves.setVisible(moves and self.height() >= TALL)

    # Clocks and mouse

    def _choose(self, across: float) -> None:
        """Go to where a curve was clicked."""
        if (way := self.plane.way) is not None:
            flow = float(np.interp(across, way.across, np.asarray(way.t, np.float64)))
            self._state.playback.set(flow=flow, playing=False)

    def _stop_at(self, place: int) -> None:
        way = self.plane.way
        if way is not None and 0 <= place < len(way.stops):
            flow = float(way.t[way.stops[place]])
            self._state.playback.set(flow=flow, playing=False)

    def _move(self) -> None:
        way, flow = self.plane.way, self._state.playback.flow
        if way is None:
            return
        self.plane.set_flow(flow)
        self.matrix.set_flow(flow)
        across = float(way.nodes_at(flow)) if way.built else flow
        for curve in (self.edges, self.settled):
            if way.moves and self._curves.isVisible():
                curve.show_lines(curve.lines, across)
        if way.moves:
            self.strip.select(way.stop(flow))
        called = f"{self._kind.one.capitalize()} {self._picked}"
        at = f" at t = {flow:.2f}" if way.moves else ""
        if way.built:
            at = f" at node {way.nodes_at(flow)} of {way.size}"
        self._title.set_text(called + at)
        pairs, level = way.at(flow), way.level(flow)
        said = [f"σ = {short(level, 2)}"] if level else []
        edge = self._kind.by_hand.edge if self._kind.by_hand is not None else "edge"
        said.append(
            f"{format_count(int(pairs.here.sum()), edge)}, {int(way.last.sum())} at the end"
        )
        self._where.set_text(", ".join(said))
        self._where.updateGeometry()
        self._say(*self.matrix.under)
        record, run = self._record, self._following.run
        if record is not None and run is not None and not self._state.playback.playing:
            self._offer(record, run)

    def _point(self, one: int, other: int) -> None:
        """Show what is pointed at in both pictures."""
        self.plane.light(one)
        self.matrix.light(one, other)
        self._say(one, other)

    def _say(self, one: int, other: int) -> None:
        """Say a node, or a pair of nodes, by the numbers in the matrix."""
        way = self.plane.way
        if way is None or one < 0:
            self._said.set_text("")
            return
        pairs, names = way.at(self._state.playback.flow), self.plane.names
        if other < 0 or other == one:
            now = way.graphs.square(pairs.now[None])[0, one] >= 0.5
            letters = way.letters_at(self._state.playback.flow)[one]
            called = f"node {names[one] + 1}{f', {letters}' if letters else ''}"
            self._said.set_text(f"{called}: degree {int(now.sum())}")
            return
        at = pair_of(way.graphs.nodes, one, other)
        edge = self._called(int(pairs.kinds[at])) if pairs.here[at] else "no edge"
        expected = f", p {pairs.foreseen[at]:.2f}" if way.expected is not None else ""
        self._said.set_text(f"pair {names[one] + 1} to {names[other] + 1}: {edge}{expected}")

    def _called(self, kind: int) -> str:
        """Return what an edge of a type is called, from 1."""
        hand, run = self._kind.by_hand, self._following.run
        names = hand.edges(run.columns if run is not None else ()) if hand is not None else ()
        return names[kind - 1] if names else "an edge"

    def export_picture(self) -> Picture:
        """Return the whole view as a picture."""
        return widget_picture(self._page)


def _moment(way: GraphWay, t: float) -> str:
    """Return what stands below a picture of the strip: by what a model counts, its nodes or t."""
    return format_count(way.nodes_at(t), "node") if way.built else f"t {t:.2f}"


VIEW = ViewSpec(
    id="graph-flow",
    lens="watch",
    title="Graph flow",
    order=5,
    applies=applies,
    factory=GraphFlowView,
)

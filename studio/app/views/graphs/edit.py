"""The edit lab of graphs: one of the data, of the samples, or drawn by hand, edited node by node
and completed by the model.
"""

import asyncio
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QScrollArea, QVBoxLayout, QWidget
from shiboken6 import isValid

from studio.app import tasks, words
from studio.app.actions import Actions
from studio.app.askonce import AskOnce
from studio.app.forms.editors import ChoiceList
from studio.app.forms.form import Form
from studio.app.intents import disk
from studio.app.intents.base import Refused
from studio.app.kinds.graph_rows import SIZE, GraphRows
from studio.app.kinds.kind import Arrays, Kind
from studio.app.kinds.registry import kind_of_run
from studio.app.plots.moreknown import MoreKnown
from studio.app.state import drafts, operators
from studio.app.state.graph_editing import (
    KEEP,
    GraphSheet,
    Keep,
    handed,
    joined,
    laid_anew,
    marked,
    sheet_of,
    with_node,
    without_node,
)
from studio.app.state.operators import Asking
from studio.app.state.runs import RunState
from studio.app.state.session import AppState
from studio.app.state.undoing import Edits
from studio.app.viewspec import ViewSpec, shows_moving
from studio.app.widgets.basic import Elided, button, icon_button, label, row, section, view_bar
from studio.app.widgets.editkeys import take_key
from studio.app.widgets.foundview import can_ask
from studio.app.widgets.graphcanvas import GraphCanvas
from studio.app.widgets.literal import set_tip
from studio.app.widgets.overlays import EmptyState
from studio.app.widgets.pane import told
from studio.app.widgets.tilegrid import TileGrid
from studio.protocol.catalog import EntrySpec, FieldSpec
from studio.protocol.extras import PLACES
from studio.protocol.messages import JobInfo, ResultWritten
from studio.protocol.spec import Pick, RunSpec

__all__ = ["VIEW", "GraphEditView"]

OPERATOR, DRAWS = "inpaint", 6
TARGET = 512  # real graphs that are fetched to choose from
HINT = (
    "Click: a node. Drag from one to another, or click one and then the other: an edge; click an "
    "edge: away with it. Right click: away with a node. Keys: arrows, Enter, Insert, Delete, M "
    "marks."
)
LINES = ("Validity", "Nodes", "Edges", "Clustering", "Nearest")
SHOWN = shows_moving("graph-edit")


class GraphEditView(QWidget):
    """One graph, what the model may do with it, and what came of it."""

    def __init__(self, state: AppState, actions: Actions) -> None:
        super().__init__()
        self._state, self._actions = state, actions
        self._once = AskOnce(self, state)
        self._more = MoreKnown(self, state, actions)
        self.edits = Edits[GraphSheet]()
        self._known: tuple[GraphSheet, Arrays] | None = None  # a sheet as arrays, made once
        self._key, self._job, self._over = "", "", ""
        self._asked: GraphSheet | None = None
        self._found: tuple[GraphSheet, GraphRows, Arrays] | None = None
        self._shown = 0  # of what was found
        self._real = 0  # of the data, that comes next
        self.config: dict[str, Any] = {"draws": DRAWS}
        self._form: Form | None = None
        self._wrong: set[str] = set()
        self.setProperty("surface", "canvas")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._lay_out()
        self.empty = EmptyState(self)
        self._connect()
        self._select(state.runs.selection)

    # Layout

    def _lay_out(self) -> None:
        self.real = button("Real one", self.take_real, tip="Take the next of the data")
        self.go = button("Complete", self._go, kind="primary", tip="Let the model do it")
        self.bar = view_bar(self, None, self.real, self.go)
        self.title, self.facts = Elided("", "strong"), Elided("", "muted")
        self.canvas = GraphCanvas()
        self.undo = icon_button("undo", "Undo (Ctrl+Z)", self._undo)
        self.redo = icon_button("redo", "Redo (Ctrl+Shift+Z)", self._redo)
        self.tidy = button("Lay out", self._tidy, kind="chip", tip="Place the nodes anew")
        hint = label(HINT, "small", wrap=True)
        left, right = QVBoxLayout(), QVBoxLayout()
        for half in (left, right):
            half.setSpacing(6)
        head = row(self.title, self.undo, self.redo, self.tidy)
        head.setStretch(0, 1)
        left.addLayout(head)
        left.addWidget(self.canvas, 1)
        left.addWidget(self.facts)
        left.addWidget(hint)
        self.keep = ChoiceList([title for title, _ in KEEP.values()], "What the model keeps")
        self.says = Elided("", "muted")
        self.trouble = label("", "danger", wrap=True)
        self.results = TileGrid("What came of it")
        self.results.setMinimumHeight(120)
        self.use = button("Go on with this", self.go_on, kind="chip", tip="Edit this one further")
        self.said = Elided("", "small")
        self._area = QScrollArea()
        self._area.setWidgetResizable(True)
        self._area.setFrameShape(QScrollArea.Shape.NoFrame)
        self._area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._area.setMinimumHeight(96)
        first = row(label("Keep", "muted"), self.keep, self.says)
        first.setStretch(2, 1)
        right.addLayout(first)
        right.addWidget(self.trouble)
        right.addLayout(row(section("Results"), None, self.use))
        right.addWidget(self.results, 3)
        right.addWidget(self.said)
        right.addWidget(self._area, 2)
        self.page = QWidget()
        halves = QHBoxLayout(self.page)
        halves.setContentsMargins(16, 10, 16, 10)
        halves.setSpacing(20)
        halves.addLayout(left, 5)
        halves.addLayout(right, 4)
        body = QVBoxLayout(self)
        body.setContentsMargins(0, 0, 0, 0)
        body.addWidget(self.page)

    def _connect(self) -> None:
        state, canvas = self._state, self.canvas
        state.runs.selected.connect(self._select)
        state.runs.changed.connect(self._changed)
        state.selection.changed.connect(self._take_selected)
        state.result_written.connect(self._written)
        state.job_ended.connect(self._ended)
        state.engine_changed.connect(self._meet)
        state.catalog_changed.connect(self._show_form)
        self._more.changed.connect(self.refresh)
        self.keep.currentIndexChanged.connect(lambda _: self.refresh())
        self.results.picked.connect(self._pick)
        canvas.joined.connect(lambda one, other: self._edit(joined, one, other))
        canvas.removed.connect(lambda node: self._edit(without_node, node))
        canvas.marked.connect(lambda node: self._edit(marked, node))
        canvas.added.connect(self._add)

    # Which run, and which graph

    @property
    def _run(self) -> RunState | None:
        return self._state.runs.by_key.get(self._key)

    @property
    def _kind(self) -> Kind:
        return kind_of_run(self._run, self._state.catalog)

    @property
    def _data(self) -> GraphRows | None:
        """The real graphs that are known."""
        run = self._run
        if run is None or run.target is None or not self._kind.fits(run.target.shape[1:]):
            return None
        return GraphRows.of({"x": run.target, **run.target_told})

    @property
    def nodes(self) -> int:
        """How many nodes a graph may have, 0 while that is not known."""
        data = self._data
        return 0 if data is None else data.nodes

    def _select(self, key: str) -> None:
        self._key, self._job, self._asked, self._found = key, "", None, None
        self.edits.clear()
        self._real, self.config = 0, {"draws": DRAWS}
        self._show_form()
        self._meet()
        self.refresh()

    def _changed(self, key: str) -> None:
        if key == self._key:
            self._meet()
            self.refresh()

    def _meet(self) -> None:
        """Ask for some of the data where somebody looks, and take the first one."""
        run = self._run
        if run is None or not self.isVisible() or not can_edit(self._state):
            return
        if self._once.due(run):
            self._actions.looking.load_target(run.key, TARGET)
        if self.edits.now is None and self._data is not None:
            self._take_selected()
            if self.edits.now is None:
                self.take_real()

    def take(self, sheet: GraphSheet) -> None:
        """Work on another graph, which can be taken back."""
        self.edits.put(sheet)
        self.canvas.show_sheet(sheet, fit=True)
        self.refresh()

    def take_real(self) -> None:
        """Take the next of the data."""
        data = self._data
        if data is not None and len(data.x):
            place = self._real % len(data.x)
            self._real += 1
            n = int(data.size[place])
            self.take(sheet_of(data.adjacency[place, :n, :n], f"Real graph {place:,}"))

    def _take_selected(self) -> None:
        """Take what is selected in any lens."""
        selection = self._state.selection
        source, known = selection.source, selection.known(selection.source)
        if source is None or known is None or source.run != self._key or not self.isVisible():
            return
        rows = selection.rows[:1]
        if not len(rows) or not self._kind.fits(np.asarray(known.arrays["x"]).shape[1:]):
            return
        one = {name: np.asarray(each)[rows] for name, each in known.arrays.items()}
        graph = GraphRows.of(one)
        if graph.nodes == self.nodes:
            n = int(graph.size[0])
            self.take(sheet_of(graph.adjacency[0, :n, :n], f"{known.title} {int(rows[0]):,}"))

    # Editing

    def _edit(self, change: Any, *at: int) -> None:
        now = self.edits.now
        if now is not None:
            self._put(change(now, *at))

    def _put(self, sheet: GraphSheet) -> None:
        self.edits.put(sheet)
        self.canvas.show_sheet(sheet)
        self.refresh()

    def _add(self, x: float, y: float) -> None:
        now = self.edits.now
        if now is None:
            return
        if now.size >= self.nodes:
            self._say(f"Graphs of these data have at most {self.nodes} nodes.")
            return
        self._put(with_node(now, (x, y)))

    def _tidy(self) -> None:
        if self.edits.now is not None:
            self.edits.put(laid_anew(self.edits.now))
            self.canvas.show_sheet(self.edits.now, fit=True)
            self.refresh()

    def _undo(self) -> None:
        self.edits.undo()
        self.canvas.show_sheet(self.edits.now)
        self.refresh()

    def _redo(self) -> None:
        self.edits.redo()
        self.canvas.show_sheet(self.edits.now)
        self.refresh()

    # Completing

    @property
    def _entry(self) -> EntrySpec | None:
        """The operator with its settings, as the run allows them, but for what is handed."""
        catalog, run = self._state.catalog, self._run
        entry = catalog.get("operator", OPERATOR) if catalog is not None else None
        if entry is None or catalog is None or run is None or run.spec is None:
            return None
        made = operators.settings(entry, run, catalog, self.config, [])
        typed = {f"{operators.INPUTS}.{slot.name}" for slot in entry.takes}
        return msgspec.structs.replace(made, fields=[f for f in made.fields if f.path not in typed])

    def _show_form(self) -> None:
        entry = self._entry
        self._form = None
        if entry is None:
            self._area.setWidget(QWidget())
            return
        self._form = Form(entry)
        self._form.edited.connect(self._configure)
        self._form.rejected.connect(lambda field, _typed: self._reject(field.path))
        self._form.show_config(self.config)
        self._area.setWidget(self._form)

    def _configure(self, field: FieldSpec, value: Any) -> None:
        self._wrong.discard(field.path)
        spec = RunSpec(name="", family=Pick(slug="", config=self.config), dataset=Pick(slug=""))
        self.config = drafts.put(spec, "family", field, value).family.config
        assert self._form is not None
        if field.chooses and (entry := self._entry) is not None:
            self._form.show_entry(entry)
        self._form.show_config(self.config)
        self.refresh()

    def _reject(self, path: str) -> None:
        self._wrong.add(path)
        self.refresh()

    @property
    def _keep(self) -> Keep:
        return list(KEEP)[max(0, self.keep.currentIndex())]

    def _handed(self) -> dict[str, Any]:
        """Return what is handed to the model.

        Raises:
            ValueError: it cannot begin; a sentence for a person.
        """
        run, now = self._run, self.edits.now
        if run is None or now is None or not self.nodes:
            raise ValueError("The data of this run are not read yet.")
        if not run.checkpoints:
            raise ValueError("This run has no checkpoint yet.")
        return handed(now, self.nodes, self._keep)

    def _go(self) -> None:
        if self._job:
            self._actions.operating.cancel(self._job)
            return
        try:
            inputs = self._handed()
        except ValueError as error:
            self._say(str(error))
            return
        self._say("")
        self._asked = self.edits.now
        tasks.spawn(self._start(self._key, Asking(dict(self.config), {}, inputs)))

    async def _start(self, key: str, asking: Asking) -> None:
        self.go.setEnabled(False)
        try:
            job = await self._actions.operating.start(key, OPERATOR, asking)
        except Refused as refused:
            if isValid(self):
                self._say(f"{refused.error.message} {refused.error.hint}".strip())
                self.refresh()
            return
        if isValid(self) and key == self._key:
            self._job = job if job != self._over else ""
            self.refresh()

    def _ended(self, info: JobInfo) -> None:
        self._over = info.job
        if info.job == self._job:
            self._job = ""
            self.refresh()

    def _written(self, event: ResultWritten) -> None:
        mine = self._asked is not None and event.operator == OPERATOR
        if mine and event.run == self._key and event.result and self._job in ("", event.job):
            tasks.spawn(self._load(Path(event.result)))

    async def _load(self, place: Path) -> None:
        asked, key = self._asked, self._key
        try:
            record, arrays = await asyncio.to_thread(disk.result, place)
        except Refused as error:
            if isValid(self) and key == self._key:
                self._say(f"The result cannot be read: {error}")
            return
        if not isValid(self) or key != self._key or asked is None or asked is not self._asked:
            return
        x = np.asarray(arrays["x"], np.float32)
        # Nodes stay where they are: what came of it is seen at the places of what was drawn.
        places = np.zeros((len(x), self.nodes, 2), np.float32)
        places[:, : asked.size] = asked.places / max(1.0, float(np.abs(asked.places).max()) / 1.2)
        shown = {"x": x, PLACES: places, SIZE: np.full(len(x), asked.size)}
        self._found, self._shown = (asked, GraphRows.of(shown), shown), 0
        self.said.set_text(f"{words.duration(record.seconds)} · {place.name}")
        self.said.set_more(record.note)
        self.refresh()

    def _pick(self, place: int) -> None:
        if place >= 0 and self._found is not None:
            self._shown = place
            self.refresh()

    def go_on(self) -> None:
        """Edit further what came of it."""
        if self._found is not None:
            asked, graphs, _ = self._found
            square = graphs.adjacency[self._shown, : asked.size, : asked.size]
            title = asked.title.removeprefix("Completed: ")
            none = np.zeros(asked.size, bool)
            self._put(GraphSheet(square, asked.places, f"Completed: {title}", none))

    # Showing

    def _say(self, wrong: str) -> None:
        self.trouble.setText(wrong)
        self.trouble.setVisible(bool(wrong))

    def refresh(self) -> None:
        """Show the graph, what is known of it, what came of it, and what can be done."""
        now, run = self.edits.now, self._run
        self.page.setVisible(now is not None)
        for control in (self.real, self.go):
            control.setVisible(now is not None)
        self.empty.setVisible(now is None)
        if now is None or run is None:
            ready = "Some of the data are on their way."
            later = "The data are read when the engine is ready."
            self.empty.tell("Nothing to edit yet", ready if self._once.ready else later)
            return
        self.title.set_text(now.title)
        self.says.set_text(KEEP[self._keep][1])
        self.undo.setEnabled(self.edits.can_undo)
        self.redo.setEnabled(self.edits.can_redo)
        self.facts.set_text(self._facts(run, now))
        self._show_results(run)
        wrong = ""
        try:
            self._handed()
        except ValueError as error:
            wrong = str(error)
        self.go.setText("Cancel" if self._job else "Complete")
        self.go.setEnabled(bool(self._job) or not self._wrong)
        ready = "Let the model draw the rest (Ctrl+Enter)"
        set_tip(self.go, "End it; nothing is kept" if self._job else wrong or ready)

    def _facts(self, run: RunState, sheet: GraphSheet) -> str:
        """Say what is counted in the graph, and whether it is as the data are."""
        if self._known is None or self._known[0] is not sheet:
            x: NDArray[np.float32] = sheet.row(self.nodes)[None]
            self._known = sheet, {"x": x, SIZE: np.array([sheet.size])}
        arrays = self._known[1]
        known = self._kind.measures({**arrays, **self._more.of(run, self._kind, arrays)})
        facts = told(self._kind, {name: known[name] for name in LINES if name in known})
        said = [value if name == LINES[0] else f"{name.lower()} {value}" for name, value in facts]
        if n := int(sheet.marked.sum()):
            said.append(f"{n} marked")
        return " · ".join(said)

    def _show_results(self, run: RunState) -> None:
        found = self._found
        self.use.setVisible(found is not None)
        self.said.setVisible(found is not None)
        if found is None:
            message = (
                "It is on its way." if self._job else "Complete, and what comes of it is here."
            )
            self.results.show_tiles(None, message=message)
            return
        shown = found[2]
        more = self._more.of(run, self._kind, shown)
        marks = {name: more[name] for name in self._kind.marked if name in more}
        tiles = self._kind.tiles({**shown, **marks})
        known = self._kind.measures({**shown, **more})
        texts = known["Validity"].astype(str).tolist() if "Validity" in known else []
        self.results.show_tiles(tiles, noun=self._kind.many, words=texts)
        self.results.select(self._shown)

    # Events

    def event(self, event: QEvent) -> bool:
        """Ctrl+Z is about the graph here, as long as something of it can be taken back."""
        if isinstance(event, QKeyEvent) and take_key(
            event,
            undo=self._undo if self.edits.can_undo else None,
            redo=self._redo if self.edits.can_redo else None,
            go=self._go,
        ):
            return True
        return super().event(event)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._meet()
        self.refresh()


def can_edit(state: AppState) -> bool:
    """Whether the selected run makes graphs, and its model can complete some."""
    return SHOWN(state) and can_ask(state, OPERATOR)


VIEW = ViewSpec(
    id="graph-edit",
    lens="samples",
    title="Edit",
    order=24,
    applies=can_edit,
    factory=GraphEditView,
)

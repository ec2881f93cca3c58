"""The edit lab of graphs: one of the data, of the samples, or drawn by hand, edited node by node,
and completed or translated by the model.
"""

import asyncio
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np
from PySide6.QtCore import QEvent
from PySide6.QtGui import QHideEvent, QKeyEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget
from shiboken6 import isValid

from pushforward.studio.app.core import async_tasks, operator_settings
from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.data_type import Arrays, Kind
from pushforward.studio.app.core.data_type_registry import kind_of_run
from pushforward.studio.app.core.runs import RunState
from pushforward.studio.app.core.undo_history import Edits, Table
from pushforward.studio.app.data.sample_findings import MoreKnown
from pushforward.studio.app.data.tile_grid import TileGrid
from pushforward.studio.app.data.tile_pane import describe_sample
from pushforward.studio.app.data.validity import VALIDITY, why_of
from pushforward.studio.app.data.views.lens_view import LensView
from pushforward.studio.app.data.views.task_form import TaskForm
from pushforward.studio.app.data.views.view_spec import ViewSpec, shows_moving
from pushforward.studio.app.data_types.graphs.graph_canvas import GraphCanvas
from pushforward.studio.app.data_types.graphs.graph_edit_spec import ByHand
from pushforward.studio.app.data_types.graphs.graph_edits import (
    OPERATORS,
    Cut,
    GraphSheet,
    GraphTask,
    joined,
    laid_anew,
    marked,
    operator_inputs,
    sheet_of,
    tasks_for,
    typed,
    with_node,
    without_node,
)
from pushforward.studio.app.design.basic import (
    Elided,
    button,
    column,
    icon_button,
    label,
    row,
    section,
    view_bar,
)
from pushforward.studio.app.design.edit_shortcuts import take_key
from pushforward.studio.app.design.forms.editors import ChoiceList
from pushforward.studio.app.design.literal_text import set_tip
from pushforward.studio.app.engine.actions import Actions
from pushforward.studio.app.engine.job import Job, Jobs
from pushforward.studio.app.engine.requests import project_files
from pushforward.studio.app.engine.requests.request_base import Refused
from pushforward.studio.app.text import number_format
from pushforward.studio.graph_layout import Lay, lay_out
from pushforward.studio.protocol.extras import PLACES, SIZE

__all__ = ["VIEW", "GraphEditView"]

LOW = 420  # pixels of the view from which on there is room for what keys and clicks do
TARGET = 512  # real graphs that are fetched to choose from
HINT = (
    "Click an empty place to add {node}. Drag from one to another, or click both, to add {edge}; "
    "click {edge} to {next}. Right click removes {node}. Shift and click, or M, marks it. Keys: "
    "arrows, Enter, Insert, Delete"
)
TYPED = ", 1 to {most} for its type; double-click for the chosen type"
UNABLE = (
    "This model cannot complete {a} {one}: only models that denoise can. What you edit is still "
    "measured and compared with the data."
)
SHOWN = shows_moving("graph-edit")


@dataclass(frozen=True, eq=False)
class EditRequest:
    """What the model was given: a graph, by which task, and how those of its run lie in rows."""

    sheet: GraphSheet
    task: str
    cut: Cut


@dataclass(frozen=True, eq=False)
class EditResult:
    """The result: the graphs, its status and its facts."""

    asked: EditRequest
    arrays: Arrays
    about: str
    note: str


@dataclass
class Desk:
    """What came of what was asked of a run, to be found there again.

    Attributes:
        real: which of the data comes next.
        came: what came of what the model was given last.
        shown: which of these.
    """

    real: int = 0
    came: EditResult | None = None
    shown: int = 0


class GraphEditView(LensView):
    """One graph, what the model may do with it, and what came of it: of each run its own."""

    def __init__(self, state: AppState, actions: Actions) -> None:
        super().__init__(state, actions)
        self._more = MoreKnown.shared(state, actions)
        self.edits = Edits[GraphSheet]()
        self._on_table = Table(self.edits, self._undo)
        self._jobs = Jobs[EditRequest](self, state, actions)
        self._desks: dict[str, Desk] = {}
        self.desk = Desk()  # that of the run
        self._able = False  # the model can do something with a graph
        self._known: tuple[GraphSheet, Arrays] | None = None  # a sheet as arrays, made once
        self._learned = False  # what the model can be asked for
        self._read: tuple[Any, Cut, list[Any]] | None = None  # the data that were read last
        self._lay_out()
        self._connect()
        self._select(state.runs.selection)

    # Layout

    def _lay_out(self) -> None:
        self.real = button("Real one", self._take_another, tip="Next real sample")
        self.go = button("Apply", self._go, kind="primary", tip="Apply the model")
        self.bar = view_bar(self, None, self.real, self.go)
        self.title, self.facts = Elided("", "strong", middle=True), Elided("", "muted")
        self.canvas = GraphCanvas()
        self.undo = icon_button("undo", "Undo (Ctrl+Z)", self._undo)
        self.redo = icon_button("redo", "Redo (Ctrl+Shift+Z or Ctrl+Y)", self._redo)
        self.tidy = button("Tidy", self._tidy, kind="chip", tip="Lay out the nodes again")
        self.type = ChoiceList([], "Type of new and double-clicked nodes")
        self.type.setMinimumContentsLength(1)  # beside the title there is little room
        self.hint = label("", "small", wrap=True)
        left, right = QVBoxLayout(), QVBoxLayout()
        for half in (left, right):
            half.setSpacing(6)
        head = row((self.title, 1), self.type, self.undo, self.redo, self.tidy)
        left.addLayout(head)
        left.addWidget(self.canvas, 1)
        left.addWidget(self.facts)
        left.addWidget(self.hint)
        self.form = TaskForm[GraphTask](self._state, tasks_for(OPERATORS), "Operation")
        self.says = label("", "small", wrap=True)
        self.trouble = label("", "danger", wrap=True)
        self.results = TileGrid("Result")
        self.results.setMinimumHeight(120)
        self.use = button("Edit this", self.go_on, kind="chip", tip="Use as input")
        self.said = Elided("", "small")
        right.addLayout(row(self.form.what, None))
        right.addWidget(self.says)
        right.addWidget(self.trouble)
        self._of_results = section("Results")
        right.addLayout(row(self._of_results, None, self.use))
        right.addWidget(self.results, 3)
        right.addWidget(self.said)
        right.addWidget(self.form, 2)
        right.addStretch()
        self.page = QWidget()
        self._halves = halves = QHBoxLayout(self.page)
        halves.setContentsMargins(16, 10, 16, 10)
        halves.setSpacing(20)
        halves.addLayout(left, 5)
        halves.addLayout(right, 4)
        column(self.page, parent=self)

    def _connect(self) -> None:
        state, canvas = self._state, self.canvas
        state.runs.selected.connect(self._select)
        state.runs.changed.connect(self._changed)
        state.selection.changed.connect(self._take_selected)
        self._jobs.changed.connect(self.refresh)
        self._jobs.finished.connect(lambda job: async_tasks.spawn(self._load(job)))
        self._jobs.refused.connect(self._refuse)
        self._jobs.lost.connect(self._lost)
        state.engine_changed.connect(self._meet)
        state.catalog_changed.connect(self._offer)
        self._more.changed.connect(self.refresh)
        self.form.chosen.connect(self.refresh)
        self.form.edited.connect(self.refresh)
        self.results.picked.connect(self._pick)
        canvas.joined.connect(lambda one, other: self._edit(joined, one, other, self._edge_types))
        canvas.typed.connect(lambda node, kind: self._edit(typed, node, kind))
        canvas.chosen.connect(lambda node: self._edit(typed, node, self._type))
        canvas.removed.connect(lambda node: self._edit(without_node, node))
        canvas.marked.connect(lambda node: self._edit(marked, node))
        canvas.added.connect(self._add)
        self.type.activated.connect(self._give_type)

    # Which run, and which graph

    @property
    def _kind(self) -> Kind:
        return kind_of_run(self.run, self._state.catalog)

    @property
    def _hand(self) -> ByHand | None:
        """How graphs of the kind are edited."""
        return self._kind.by_hand

    @property
    def _lay(self) -> Lay:
        """What places their nodes."""
        return lay_out if self._hand is None else self._hand.lay

    def _graphs(self) -> list[Any]:
        """Return the real graphs that are known, the types of their nodes and edges."""
        run, hand = self.run, self._hand
        if run is None or run.target is None or hand is None:
            return []
        if self._read is None or self._read[0] is not run.target:
            if not self._kind.fits(run.target.shape[1:]):
                return []
            cut, graphs = hand.read({"x": run.target, **run.target_told})
            self._read = run.target, cut, graphs
            self.canvas.dress(hand.paint, cut)
            self.type.offer(list(hand.names(run.columns)))
            self.type.setVisible(self.type.count() > 0)
            self.hint.setText(hint_of(hand, cut))
        return self._read[2]

    @property
    def cut(self) -> Cut | None:
        """How graphs of the data lie in rows, None while that is not known."""
        return self._read[1] if self._graphs() and self._read is not None else None

    @property
    def _edge_types(self) -> int:
        return 1 if (cut := self.cut) is None else cut.edge_types

    @property
    def _type(self) -> int:
        """The type that is chosen for nodes."""
        return max(0, self.type.currentIndex())

    def _select(self, key: str) -> None:
        self._key, self.desk = key, self._desks.setdefault(key, Desk())
        self.edits.turn_to(key)
        self._learned, self._read = False, None
        self._say("")
        self._offer()
        self._meet()
        if self.edits.now is not None:
            self.canvas.show_sheet(self.edits.now, fit=True)
        self.refresh()

    def _offer(self) -> None:
        """Offer what the model can do, which the catalogue says, with its settings."""
        able = {each.slug for each in operator_settings.offered(self.run, self._state.catalog)}
        kind, hand = self._kind, self._hand
        called = (kind.one, hand.node, hand.edge) if hand is not None else ()
        found = tasks_for(able, *called)
        self._able, self._learned = bool(found), False
        self.form.begin(self._key, found)

    def _changed(self, key: str) -> None:
        if key == self._key:
            self._meet()
            self.refresh()

    def _meet(self) -> None:
        """Ask for some of the data where somebody looks, and take the first one."""
        run = self.run
        if run is None or not self.isVisible() or not SHOWN(self._state):
            return
        self._actions.real_samples.need(run.key, TARGET)
        if not self._learned and run.checkpoints and self._state.engine.ready:
            self._learned = True
            async_tasks.spawn(self._learn(run.key))
        if not self._graphs():
            return
        if self.edits.now is None:
            self._take_selected()
        if self.edits.now is None:
            self.take_real()

    async def _learn(self, key: str) -> None:
        """Load the conditions of the model; the number of nodes comes from the graph."""
        try:
            able = await self._actions.operating.able(key)
        except Refused:
            return  # the button says what is missing
        if isValid(self) and key == self._key:
            own = [each for each in able.conditions if each.name != SIZE]
            self.form.know(msgspec.structs.replace(able, conditions=own))

    def take(self, sheet: GraphSheet) -> None:
        """Work on another graph, which can be taken back."""
        self._put(sheet, fit=True)

    def take_real(self) -> None:
        """Next real sample."""
        if graphs := self._graphs():
            place = self.desk.real % len(graphs)
            self.desk.real += 1
            types, square = graphs[place]
            self.take(sheet_of(square, f"Real {self._kind.one} {place:,}", types, self._lay))

    def _take_another(self) -> None:
        self.take_real()
        self.canvas.setFocus()  # its Ctrl+Z takes this back

    def _take_selected(self) -> None:
        """Take what is selected in any lens."""
        selection = self._state.selection
        source, known = selection.source, selection.find_offered(selection.source)
        if source is None or known is None or source.run != self._key or not self.isVisible():
            return
        rows, hand = selection.rows[:1], self._hand
        fits = self._kind.fits(np.asarray(known.arrays["x"]).shape[1:])
        if not len(rows) or hand is None or not fits:
            return
        one = {name: np.asarray(each)[rows] for name, each in known.arrays.items()}
        cut, ((types, square),) = hand.read(one)
        if cut == self.cut:
            self.take(sheet_of(square, f"{known.title} {int(rows[0]):,}", types, hand.lay))

    # Editing

    def _edit(self, change: Any, *at: int) -> None:
        now = self.edits.now
        if now is not None:
            self._put(change(now, *at))

    def _put(self, sheet: GraphSheet, *, fit: bool = False) -> None:
        self.edits.put(sheet)
        self._say("")  # what was wrong was said of what lay there before
        self.canvas.show_sheet(sheet, fit=fit)
        self.refresh()

    def _add(self, x: float, y: float) -> None:
        now, cut, hand = self.edits.now, self.cut, self._hand
        if now is None or cut is None or hand is None:
            return
        if now.size >= cut.nodes:
            many = self._kind.many.capitalize()
            self._say(f"{many} of these data have at most {cut.nodes} {hand.node}s.")
            return
        self._put(with_node(now, (x, y), self._type))

    def _give_type(self, kind: int) -> None:
        """Give the node that is held the type that was chosen."""
        if self.canvas.held >= 0:
            self._edit(typed, self.canvas.held, kind)

    def _tidy(self) -> None:
        if self.edits.now is not None:
            self._put(laid_anew(self.edits.now, self._lay), fit=True)

    def _undo(self) -> None:
        self.edits.undo()
        self._turned()

    def _redo(self) -> None:
        self.edits.redo()
        self._turned()

    def _turned(self) -> None:
        self._say("")
        self.canvas.show_sheet(self.edits.now)
        self.canvas.setFocus()  # for the keys that do the same
        self.refresh()

    # Completing

    def _operator_inputs(self) -> dict[str, Any]:
        """Return what is handed to the model.

        Raises:
            ValueError: it cannot begin; a sentence for a person.
        """
        run, now, cut = self.run, self.edits.now, self.cut
        if run is None or now is None or cut is None:
            raise ValueError("The data of this run are still loading.")
        if not run.checkpoints:
            raise ValueError("This run has no checkpoint yet.")
        if not self._able or self.form.entry is None:
            raise ValueError(UNABLE.format(one=self._kind.one, a=_article(self._kind.one)))
        return operator_inputs(now, cut, self.form.task.keep)

    def _go(self) -> None:
        if self._jobs.running(self._key) is not None:
            self._jobs.cancel(self._key)
            return
        entry = self.form.entry
        try:
            inputs = self._operator_inputs()
        except ValueError as error:
            self._say(str(error))
            return
        sheet, cut = self.edits.now, self.cut
        assert entry is not None
        assert sheet is not None
        assert cut is not None
        self._say("")
        asked = EditRequest(sheet, self.form.task.title, cut)
        asking = operator_settings.asking(self.form.config, entry, inputs)
        self._jobs.start(self._key, self.form.task.operator, asked, asking)

    def _refuse(self, job: Job[EditRequest], refused: Refused) -> None:
        if job.run == self._key:
            self._say(self.form.show_refused(refused))

    def _lost(self, job: Job[EditRequest]) -> None:
        """Say of what was asked of an engine that is gone that it does not come any more."""
        if job.run == self._key:
            self._say("The engine stopped while working on this. Apply again.")

    async def _load(self, job: Job[EditRequest]) -> None:
        desk, asked, place = self._desks[job.run], job.context, job.result
        assert place is not None
        try:
            record, arrays = await asyncio.to_thread(project_files.result, place)
        except Refused as error:
            if isValid(self) and job.run == self._key:
                self._say(f"The result cannot be read: {error}")
            return
        if not isValid(self) or job is not self._jobs.latest(job.run):
            return
        x, sheet = np.asarray(arrays["x"], np.float32), asked.sheet
        # Nodes stay where they are: what came of it is seen at the places of what was drawn.
        places = np.zeros((len(x), asked.cut.nodes, 2), np.float32)
        places[:, : sheet.size] = sheet.places / max(1.0, float(np.abs(sheet.places).max()) / 1.2)
        shown = {"x": x, PLACES: places, SIZE: np.full(len(x), sheet.size)}
        about = f"{number_format.duration(record.seconds)} · {place.name}"
        desk.came, desk.shown = EditResult(asked, shown, about, record.note), 0
        self.refresh()

    def _pick(self, place: int) -> None:
        if place >= 0 and self.desk.came is not None:
            self.desk.shown = place
            self.refresh()

    def go_on(self) -> None:
        """Edit further what came of it."""
        came = self.desk.came
        if came is not None and self._hand is not None:
            asked = came.asked
            types, square = self._hand.read(came.arrays)[1][self.desk.shown]
            title = f"{asked.task}: {asked.sheet.title.removeprefix(f'{asked.task}: ')}"
            none = np.zeros(len(square), bool)
            self._put(GraphSheet(square.astype(np.int64), asked.sheet.places, title, none, types))
            self.canvas.setFocus()  # its Ctrl+Z takes this back

    # Showing

    def _say(self, wrong: str) -> None:
        self.trouble.setText(wrong)
        self.trouble.setVisible(bool(wrong))

    def refresh(self) -> None:
        """Show the graph, what is known of it, what came of it, and what can be done."""
        now, run = self.edits.now, self.run
        self.page.setVisible(now is not None)
        for control in (self.real, self.go):
            control.setVisible(now is not None)
        self.empty.setVisible(now is None)
        if now is None or run is None:
            ready = "Loading data…"
            later = "The data load when the engine is ready."
            self.empty.tell("Nothing to edit yet", ready if self._state.engine.ready else later)
            return
        self.title.set_text(now.title)
        able = self._able
        for part in (self.form, self.form.what, self.results, self._of_results, self.go):
            part.setVisible(able)
        self._halves.setStretch(1, 4 if able else 2)
        self.says.setText(
            self.form.task.says
            if able
            else UNABLE.format(one=self._kind.one, a=_article(self._kind.one))
        )
        self.undo.setEnabled(self.edits.can_undo)
        self.redo.setEnabled(self.edits.can_redo)
        self.facts.set_text(self._facts(run, now))
        self._show_results(run)
        wrong = ""
        try:
            self._operator_inputs()
        except ValueError as error:
            wrong = str(error)
        waits = self._jobs.running(self._key)
        self.go.setText("Cancel" if waits else "Apply")
        self.go.setEnabled(bool(waits.id) if waits else self.form.is_right)
        ready = "Apply the model (Ctrl+Enter)"
        set_tip(self.go, "Cancel without a result" if waits else wrong or ready)

    def _facts(self, run: RunState, sheet: GraphSheet) -> str:
        """Say what is counted in the graph, and whether it is as the data are."""
        cut, hand = self.cut, self._hand
        if cut is None or hand is None:
            return ""
        if self._known is None or self._known[0] is not sheet:
            self._known = sheet, {"x": sheet.row(cut)[None], SIZE: np.array([sheet.size])}
        arrays = self._known[1]
        known = self._kind.measures({**arrays, **self._more.of(run, self._kind, arrays)})
        facts = describe_sample(
            self._kind, {name: known[name] for name in hand.says if name in known}
        )
        plain = hand.says[: hand.plain]
        said = [value if name in plain else f"{name.lower()} {value}" for name, value in facts]
        if n := int(sheet.marked.sum()):
            said.append(f"{n} marked")
        return " · ".join(said)

    def _show_results(self, run: RunState) -> None:
        came = self.desk.came
        self.use.setVisible(came is not None)
        self.said.setVisible(came is not None)
        if came is None:
            waits = self._jobs.running(self._key)
            message = "Loading…" if waits else "The result will appear here."
            self.results.show_tiles(None, message=message)
            return
        self.said.set_text(came.about)
        self.said.set_more(came.note)
        shown = came.arrays
        more = self._more.of(run, self._kind, shown)
        marks = {name: more[name] for name in self._kind.marked if name in more}
        tiles = self._kind.tiles({**shown, **marks})
        known = self._kind.measures({**shown, **more})
        said = known[VALIDITY].astype(str).tolist() if VALIDITY in known else []
        texts = [why_of(each) or each for each in said]
        self.results.show_tiles(tiles, noun=self._kind.many, words=texts)
        self.results.select(self.desk.shown)

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

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.hint.setVisible(self.height() >= LOW)  # else it takes the room of the drawing

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._state.table = self._on_table
        self._meet()
        self.refresh()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        if self._state.table is self._on_table:
            self._state.table = None


def hint_of(hand: ByHand, cut: Cut) -> str:
    """Return a sentence on how to edit graphs by hand."""
    then = (
        "give it the next type, and remove it after the last" if cut.edge_types > 1 else "remove it"
    )
    node, edge = (f"{_article(each)} {each}" for each in (hand.node, hand.edge))
    said = HINT.format(node=node, edge=edge, next=then)
    return said + (TYPED.format(most=min(9, cut.node_types)) if cut.node_types else "") + "."


def _article(noun: str) -> str:
    return "an" if noun[0] in "aeiou" else "a"


VIEW = ViewSpec(
    id="graph-edit",
    lens="samples",
    title="Edit",
    order=24,
    applies=SHOWN,
    factory=GraphEditView,
)

"""The edit lab of graphs: takes real ones, says what is wrong with them, and has them completed."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from pushforward.studio.app.core.selection import Offered, Source
from pushforward.studio.app.data_types.graphs.graph_edit_lab import VIEW, GraphEditView
from pushforward.studio.app.data_types.graphs.graph_edits import (
    Cut,
    GraphSheet,
    sheet_of,
    tasks_for,
)
from pushforward.studio.app.data_types.graphs.graph_rows import ends
from pushforward.studio.app.engine.requests import project_files
from pushforward.studio.app.engine.requests.request_base import Answer
from pushforward.studio.protocol.catalog import EntrySpec, SlotSpec
from pushforward.studio.protocol.messages import GetTarget, JobInfo, Operate, ResultWritten
from tests.qtloop import until

NODES = 5
PATH = [(0, 1), (1, 2), (2, 3)]


def row(size: int, edges: list[tuple[int, int]]) -> np.ndarray:
    first, second = ends(NODES)
    joined = [(i, j) in edges for i, j in zip(first.tolist(), second.tolist(), strict=True)]
    return np.float32(np.where(joined, 1.0, -1.0) * (second < size))


DATA = np.stack([row(4, PATH), row(4, PATH), row(5, [*PATH, (3, 4)])])
SIZES = np.array([4, 4, 5])


MOLECULES = Cut(4, node_types=9, edge_types=3)


def ethanol() -> GraphSheet:
    square = np.zeros((3, 3), np.int64)
    square[[0, 1, 1, 2], [1, 0, 2, 1]] = 1
    return sheet_of(square, "", np.array([0, 0, 2]))


@pytest.fixture
def view(lens: Any, qtbot: QtBot) -> GraphEditView:
    return made_view(lens, qtbot, "graphs", DATA, {"size": SIZES})


def made_view(
    lens: Any, qtbot: QtBot, kind: str, data: np.ndarray, told: dict[str, Any]
) -> GraphEditView:
    state, run = lens.state, lens.run
    state.engine = replace(state.engine, state="ready")
    entries = [
        EntrySpec(
            kind="dataset", slug=run.spec.dataset.slug, title="", summary="", source="",
            fields=[], kinds=[kind],
        ),
        EntrySpec(
            kind="operator", slug="inpaint", title="Complete", summary="", source="", fields=[],
            needs=["denoiser"],
            takes=[SlotSpec(name=n, title=n, help="") for n in ("rows", "known")],
        ),
        EntrySpec(
            kind="operator", slug="revise", title="Translate", summary="", source="", fields=[],
            takes=[SlotSpec(name="rows", title="Rows", help="")],
        ),
    ]  # fmt: skip
    state.catalog.entries.extend(entries)
    run.checkpoints = [5]
    plain = lens.link.ask

    async def ask(command: Any) -> Answer:
        answer = await plain(command)
        if isinstance(command, GetTarget):
            return Answer({"columns": []}, {"x": data, **told})
        return Answer({"job": "j9"}) if isinstance(command, Operate) else answer

    lens.link.ask = ask
    made = VIEW.factory(state, lens.actions)
    made.resize(1000, 640)
    qtbot.addWidget(made)
    return made


async def shown(
    view: GraphEditView, lens: Any, data: np.ndarray = DATA, **told: np.ndarray
) -> None:
    assert VIEW.applies(lens.state)
    view.show()
    lens.run.target, lens.run.target_told = data, told or {"size": SIZES}
    lens.state.runs.changed.emit(lens.run.key)
    await until(lambda: view.edits.now is not None)


async def test_a_graph_is_edited_and_said_to_be_as_the_data_or_not(view: Any, lens: Any) -> None:
    await shown(view, lens)
    assert view.title.accessibleName() == "Real graph 0"
    await until(lambda: "valid" in view.facts.accessibleName())
    view.canvas.joined.emit(0, 3)
    view.canvas.joined.emit(0, 2)
    await until(lambda: "2 cycles" in view.facts.accessibleName(), 5)
    assert "edges 5" in view.facts.accessibleName()
    view._undo()
    view._undo()
    assert view.edits.now.edges == 3
    assert not view.redo.isHidden()
    view.canvas.added.emit(0.0, 2.0)
    view.canvas.added.emit(0.0, 3.0)
    assert view.edits.now.size == NODES
    assert "at most 5 nodes" in view.trouble.text()


async def test_nothing_is_lost_by_a_look_at_another_run_or_with_the_engine(
    view: Any, lens: Any
) -> None:
    await shown(view, lens)
    view.canvas.joined.emit(0, 3)
    edited = view.edits.now
    lens.state.runs.selected.emit("/p/runs/0002-other")
    lens.state.runs.selected.emit(lens.run.key)
    assert view.edits.now is edited
    view._go()
    await until(lambda: view.go.text() == "Cancel")
    lens.state.jobs_lost.emit([JobInfo(job="j9", kind="operator", state="running", title="")])
    assert view.go.text() == "Apply"
    assert "Apply again" in view.trouble.text()
    view._undo()
    assert view.edits.now.edges == 3
    assert not view.trouble.text(), "of this one nothing is wrong"


async def test_what_is_selected_in_another_lens_is_taken(view: Any, lens: Any) -> None:
    await shown(view, lens)
    source = Source(lens.run.key, "particles")
    arrays = {"x": np.stack([row(3, [(0, 1)]), row(5, [(0, 4)])])}
    lens.state.selection.offer(source, Offered(arrays, "Generated graph", lambda at: []))
    lens.state.selection.set(source, np.array([1]), "click")
    assert view.title.accessibleName() == "Generated graph 1"
    assert (view.edits.now.size, view.edits.now.edges) == (5, 1)
    view._undo()
    assert view.title.accessibleName() == "Real graph 0"


async def test_the_model_completes_it_and_one_goes_on_with_what_came(
    view: Any, lens: Any, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    await shown(view, lens)
    view.take(sheet_of(np.zeros((4, 4), bool), "Nothing"))
    view._go()
    assert "Nothing is left to keep" in view.trouble.text()
    view._undo()
    qtbot.keyClick(view.canvas, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    await until(lambda: lens.link.of(Operate))
    (command,) = lens.link.of(Operate)
    assert command.operator == "inpaint"
    assert command.config == {"draws": 6}
    assert command.inputs["rows"] == [row(4, PATH).tolist()]
    assert sum(command.inputs["known"][0]) == 3
    await until(lambda: view.go.text() == "Cancel")
    made = np.stack([row(4, [*PATH, (0, 3)]), row(4, [*PATH, (1, 3)])])
    record = SimpleNamespace(seconds=1.0, note="", config={})
    monkeypatch.setattr(project_files, "result", lambda place: (record, {"x": made}))
    lens.state.result_written.emit(
        ResultWritten(
            job="j9", run=lens.run.key, operator="inpaint", step=5, result="/r/0001-inpaint"
        )
    )
    await until(lambda: view.desk.came is not None)
    lens.state.job_ended.emit(JobInfo(job="j9", kind="operator", state="finished", title=""))
    assert view.go.text() == "Apply"
    places = view.results.tiles.arrays["places"]
    assert (places[0] == places[1]).all(), "nodes stay where they were drawn"
    view.results.picked.emit(1)
    view.form.setFocus()
    view.use.click()
    assert view.edits.now.square[1, 3]
    assert view.title.accessibleName() == "Add edges: Real graph 0"
    qtbot.keyClick(view.focusWidget(), Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert not view.edits.now.square[1, 3]
    qtbot.keyClick(view.focusWidget(), Qt.Key.Key_Y, Qt.KeyboardModifier.ControlModifier)
    assert view.edits.now.square[1, 3]


async def test_a_model_that_can_complete_none_says_so_and_graphs_are_edited_all_the_same(
    view: Any, lens: Any
) -> None:
    """GraphRNN had no such lens, and no word why."""
    able = ("inpaint", "revise")
    lens.state.catalog.entries[:] = [e for e in lens.state.catalog.entries if e.slug not in able]
    await shown(view, lens)
    view._offer()
    view.refresh()
    assert view.says.text().startswith("This model cannot complete a graph")
    assert not view.go.isVisible()
    assert not view.form.isVisible()
    view.canvas.joined.emit(0, 3)
    assert view.edits.now.square[0, 3]
    assert "edges" in view.facts.accessibleName()


async def test_a_molecule_is_edited_with_its_valency_and_translated(
    lens: Any, qtbot: QtBot
) -> None:
    data = ethanol().row(MOLECULES)[None]
    view = made_view(lens, qtbot, "molecules", data, {"size": np.array([3])})
    await shown(view, lens, data, size=np.array([3]))
    assert view.title.accessibleName() == "Real molecule 0"
    assert view.facts.accessibleName().startswith("valid · C2H6O")
    assert view.type.itemText(2) == "O"
    assert "click a bond to give it the next type" in view.hint.text()
    for _ in range(2):
        view.canvas.joined.emit(1, 2)
    assert "3 bonds at O" in view.facts.accessibleName()
    view._undo()
    assert "valid" in view.facts.accessibleName()
    view.type.setCurrentIndex(1)
    view.canvas.added.emit(0.0, 1.0)
    view.canvas.chosen.emit(0)
    assert view.edits.now.types.tolist() == [1, 0, 2, 1]
    view.form.what.setCurrentIndex(1)
    view.form.begin(lens.run.key, tasks_for(["fill-in", "revise"], "molecule", "atom", "bond"))
    assert view.form.what.currentText() == view.form.task.title == "Make marked anew"
    assert view.form.task.operator == "fill-in", "of another run the task is done otherwise"
    view._offer()
    titles = [task.title for task in view.form.tasks]
    assert (titles[0], titles[-1]) == ("Add bonds", "Translate")
    assert "All bonds are kept" in view.form.tasks[0].says
    view.form.what.setCurrentIndex(2)
    view._go()
    await until(lambda: lens.link.of(Operate))
    (command,) = lens.link.of(Operate)
    assert command.operator == "revise"
    assert command.inputs == {"rows": [view.edits.now.row(MOLECULES).tolist()]}

"""Results of a run: lines under it, opened where rows are browsed, or where their files are."""

from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from studio.app.intents import operating
from studio.app.plots.sampled import read_newest
from studio.app.state.reduce import reduce
from studio.app.state.runs import RunState
from studio.app.state.runtable import tree as table_tree
from studio.app.state.tree import result_line, tree
from studio.protocol import messages as m
from studio.store.results import ResultRecord, Results
from tests.app.conftest import Bench
from tests.app.test_operating import ready

Wait = Callable[..., Coroutine[Any, Any, None]]


def made(folder: Path, operator: str, **arrays: np.ndarray) -> str:
    record = ResultRecord(operator=operator, title=operator, run="r", step=5, config={"seed": 0})
    return Results(folder / "results").write(record, arrays).name


def test_results_stand_under_their_run_before_its_branches() -> None:
    run = RunState(key="/p/1", name="0001-r", results=["0001-generate", "0002-make"])
    branch = RunState(key="/p/2", name="0002-r", parent="0001-r")
    lines = tree([run, branch], results=True)
    assert [line.key for line in lines] == [
        "/p/1", result_line("/p/1", "0001-generate"), result_line("/p/1", "0002-make"), "/p/2"
    ]  # fmt: skip
    assert lines[0].branches == 3
    assert (lines[1].above, lines[1].result, lines[1].run, lines[1].depth) == (
        "/p/1", "0001-generate", False, 1
    )  # fmt: skip
    assert [line.key for line in table_tree([run, branch])] == ["/p/1", "/p/2"]


def test_a_result_is_read_by_its_name_also_when_there_are_newer_ones(tmp_path: Path) -> None:
    first = made(tmp_path, "generate", x=np.zeros((2, 2), np.float32))
    made(tmp_path, "generate", x=np.ones((3, 2), np.float32))
    newest, opened = read_newest(str(tmp_path)), read_newest(str(tmp_path), "", first)
    assert newest is not None
    assert opened is not None
    assert (len(newest.x), len(opened.x)) == (3, 2)
    assert read_newest(str(tmp_path), opened.file, first) is None


async def test_a_result_is_a_line_that_opens_it(
    bench: Bench, wait: Wait, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = await ready(bench)
    del bench.state.runs.by_key[run.key]
    run.key = str(tmp_path)
    bench.state.runs.by_key[run.key] = run
    bench.state.runs.select(run.key)
    first = made(tmp_path, "generate", x=np.zeros((2, 2), np.float32))
    second = made(tmp_path, "make", found=np.zeros(3))
    for name in (first, second):
        event = m.ResultWritten(
            job="job-1", run=run.key, operator="", step=5, result=str(tmp_path / "results" / name)
        )
        reduce(bench.state, event)
    listed = bench.window.sidebar.runs
    words = listed.words(result_line(run.key, second))
    assert words is not None
    assert words.text == "2 Make"
    listed.tree.chosen.emit(result_line(run.key, first))
    await wait(lambda: bench.state.opened == {run.key: first})
    assert bench.window.canvas.lenses.shown == "samples"
    model = listed.model
    chosen = listed.tree.selectionModel().isSelected(model.index_of(result_line(run.key, first)))
    assert chosen
    # What is no rows is shown where its files are.
    shown: list[Path] = []
    monkeypatch.setattr(operating, "show_in_folder", shown.append)
    listed.tree._go_to(model.index_of(result_line(run.key, second)))
    QTest.keyClick(listed.tree, Qt.Key.Key_Return)
    await wait(lambda: shown)
    assert shown == [tmp_path / "results" / second]
    assert [title for title, _ in listed.entries(result_line(run.key, second))] == [
        "Show", "Show in folder"
    ]  # fmt: skip
    listed.tree.chosen.emit(run.key)
    assert not bench.state.opened

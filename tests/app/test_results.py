"""Results of a run: lines under it, opened where rows are browsed, or where their files are."""

import shutil
from collections.abc import Callable, Coroutine
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from pushforward.studio.app.core.reduce import reduce
from pushforward.studio.app.core.run_groups import tree as table_tree
from pushforward.studio.app.core.run_summary import result_words
from pushforward.studio.app.core.run_tree import result_line, tree
from pushforward.studio.app.core.runs import RunState
from pushforward.studio.app.engine.requests import operator_requests, project_files
from pushforward.studio.app.engine.sample_source import _look, read_usual
from pushforward.studio.protocol import messages as m
from pushforward.studio.protocol.catalog import Catalog, EntrySpec
from pushforward.studio.store.errors import StoreError
from pushforward.studio.store.project import Project
from pushforward.studio.store.results import ResultFolder, ResultRecord, Results
from pushforward.studio.store.run import RunFolder
from tests.app.conftest import Bench
from tests.app.test_operating import ready

Wait = Callable[..., Coroutine[Any, Any, None]]


def made(folder: Path, operator: str, **arrays: np.ndarray) -> str:
    record = ResultRecord(operator=operator, title=operator, run="r", step=5, config={"seed": 0})
    return Results(folder / "results").write(record, arrays).name


def in_project(project: Project) -> Path:
    folder = project.path / "runs" / "0001-r"
    folder.mkdir(parents=True)
    return folder


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


def test_what_is_looked_at_is_what_was_opened_or_just_made_or_else_usual(tmp_path: Path) -> None:
    def made_of(n: int, **given: float) -> str:
        record = ResultRecord(operator="generate", title="", run="r", step=5, given=given)
        arrays = {"x": np.zeros((n, 2), np.float32)}
        return str(Results(tmp_path / "results").write(record, arrays).arrays)

    assert _look(str(tmp_path), "", None, "") == (None, "")
    plain, chosen = made_of(2), made_of(3, pt=5e8)
    usual = read_usual(str(tmp_path))
    assert usual is not None
    assert usual.file == plain, "nobody asked for those of a condition since the start"
    found, newest = _look(str(tmp_path), plain, plain, "")
    assert found is not None
    assert (found.file, newest) == (chosen, chosen), "it has just been made"
    assert _look(str(tmp_path), plain, chosen, "") == (None, chosen)
    opened, _ = _look(str(tmp_path), plain, chosen, Path(chosen).parent.name)
    assert opened is not None
    assert opened.given == "pt = 5e8"


def test_what_is_of_a_condition_is_shown_where_there_is_nothing_else(tmp_path: Path) -> None:
    record = ResultRecord(operator="generate", title="", run="r", step=5, given={"pt": 1.0})
    Results(tmp_path / "results").write(record, {"x": np.zeros((3, 2), np.float32)})
    found = read_usual(str(tmp_path))
    assert found is not None
    assert found.given == "pt = 1"


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
    monkeypatch.setattr(operator_requests, "show_in_folder", shown.append)
    listed.tree._go_to(model.index_of(result_line(run.key, second)))
    QTest.keyClick(listed.tree, Qt.Key.Key_Return)
    await wait(lambda: shown)
    assert shown == [tmp_path / "results" / second]
    assert [title for title, _ in listed.entries(result_line(run.key, second))] == [
        "Show", "Show in folder", "Rename", "Delete"
    ]  # fmt: skip
    deleted: list[tuple[str, str]] = []
    monkeypatch.setattr(bench.actions.operating, "delete", lambda *which: deleted.append(which))
    QTest.keyClick(listed.tree, Qt.Key.Key_Delete)
    assert deleted == [(run.key, second)]
    listed.tree.chosen.emit(run.key)
    assert not bench.state.opened


async def test_a_result_has_the_name_that_a_person_gives_it(
    bench: Bench, wait: Wait, tmp_path: Path
) -> None:
    project = Project.create(tmp_path / "p", "p")
    run = await ready(bench)
    bench.state.runs.by_key.clear()
    run.key = str(in_project(project))
    bench.state.runs.by_key[run.key] = run
    run.results = [made(Path(run.key), "solver-lab", found=np.zeros(3))]
    bench.state.runs.listed.emit()
    (name,) = run.results
    listed, place = bench.window.sidebar.runs, Path(run.key) / "results" / name
    index = listed.model.index_of(result_line(run.key, name))
    assert listed.model.setData(index, "  the good   one ")
    await wait(lambda: (place / "label.toml").exists())
    assert index.data() == "1 the good one"
    assert listed.model.data(index, Qt.ItemDataRole.EditRole) == "the good one"
    assert project_files._result_names(RunFolder(Path(run.key))) == {name: "the good one"}
    assert project_files._result_titles(RunFolder(Path(run.key))) == {name: "solver-lab"}
    bench.follow_notice()
    await wait(lambda: index.data() == "1 Solver lab")
    await wait(lambda: ResultFolder(place).label().name == "")


async def test_a_result_is_called_by_its_operator_as_soon_as_that_is_known(bench: Bench) -> None:
    run = RunState(key="/p/1", name="0001-r", results=["0001-sdedit"])
    bench.state.runs.by_key[run.key] = run
    bench.state.runs.listed.emit()
    model = bench.window.sidebar.runs.model
    told: list[str] = []
    model.dataChanged.connect(lambda at, _: told.append(model.line_at(at).key))
    bench.state.catalog_changed.emit()
    assert result_line(run.key, "0001-sdedit") in told


async def test_a_deleted_result_comes_back_with_undo(
    bench: Bench, wait: Wait, tmp_path: Path
) -> None:
    project = Project.create(tmp_path / "p", "p")
    folder = in_project(project)
    run = await ready(bench)
    bench.state.runs.by_key.clear()
    run.key = str(folder)
    bench.state.runs.by_key[run.key] = run
    run.results = [made(Path(run.key), "solver-lab", found=np.zeros(3)) for _ in range(2)]
    first, second = run.results
    bench.state.opened[run.key] = first
    bench.actions.operating.delete(run.key, first)
    await wait(lambda: run.results == [second])
    assert not bench.state.opened
    assert not (Path(run.key) / "results" / first).exists()
    (gone,) = project_files.trashed(project.path).things
    assert (gone.what, gone.name, gone.run) == ("result", "1 solver-lab", "0001-r")
    bench.follow_notice()
    await wait(lambda: run.results == [first, second])
    assert (Path(run.key) / "results" / first).is_dir()


def test_a_result_is_not_put_back_beside_a_run_that_is_gone(tmp_path: Path) -> None:
    project = Project.create(tmp_path / "p", "p")
    run = in_project(project)
    name = made(run, "solver-lab", found=np.zeros(3))
    entry = project.trash(run / "results" / name)
    shutil.rmtree(run)
    with pytest.raises(StoreError, match="0001-r, which does not exist"):
        project.restore(entry)
    assert not run.exists()


def test_a_result_of_an_earlier_version_is_called_what_its_operator_is_called_now() -> None:
    entry = EntrySpec(
        kind="operator", slug="invert", title="Invert", summary="", source="", fields=[],
        formerly=["encode"],
    )  # fmt: skip
    found = Catalog(entries=[entry], devices=[])
    assert result_words(None, "0009-encode", found).text == "9 Invert"
    assert found.get("family", "encode") is None


def test_a_result_is_called_what_was_written_until_the_catalogue_is_there() -> None:
    name = "0009-sdedit"
    run = RunState(key="/p/1", name="0001-r", results=[name], result_titles={name: "SDEdit"})
    assert result_words(run, name, None).text == "9 SDEdit"
    assert result_words(None, name, None).text == "9 Sdedit"
    run.result_names[name] = "the good one"
    assert result_words(run, name, None).spoken == "Result 9 the good one, SDEdit"


async def test_of_many_results_the_newest_are_seen_and_a_click_shows_all(
    bench: Bench, wait: Wait, tmp_path: Path
) -> None:
    """Eleven edits of one run pushed all other runs out of sight."""
    project = Project.create(tmp_path / "p", "p")
    run = await ready(bench)
    bench.state.runs.by_key.clear()
    run.key = str(in_project(project))
    bench.state.runs.by_key[run.key] = run
    run.results = [f"{n:04d}-make" for n in range(1, 12)]
    listed = bench.window.sidebar.runs
    listed.refresh()
    heading, _, first, *seen = listed.tree.open_keys
    assert listed.words(heading).text == "Two moons"
    assert [key.rpartition("/")[2] for key in seen] == run.results[-4:]
    words = listed.words(first)
    assert words is not None
    assert words.text == "7 earlier"
    assert [title for title, _ in listed.entries(first)] == ["Show all results"]
    index = listed.model.index_of(first)
    assert not listed.model.flags(index) & Qt.ItemFlag.ItemIsEditable
    listed.tree._go_to(index)
    QTest.keyClick(listed.tree, Qt.Key.Key_Delete)
    QTest.keyClick(listed.tree, Qt.Key.Key_Return)
    assert [key.rpartition("/")[2] for key in listed.tree.open_keys[2:]] == run.results


def test_five_results_are_all_seen() -> None:
    run = RunState(key="/p/runs/0001-r", name="0001-r", results=["0001-a"] * 5)
    assert [line.earlier for line in tree([run], results=True)] == [False] * 6
    more = replace(run, results=["0001-a"] * 6)
    assert [line.earlier for line in tree([more], results=True)] == [False, True, *[False] * 4]
    assert tree([more], results=True)[0].branches == 5
    assert len(tree([more], results=True, whole={more.key})) == 7

"""A received run or project with links in it: nothing is written where they lead."""

import os
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from pushforward.studio.store.errors import StoreError
from pushforward.studio.store.links import open_to_append, stay_inside
from pushforward.studio.store.project import Project
from pushforward.studio.store.run import RunFolder, RunRecord
from tests.store.scenarios import SPEC, generated, record, tensors

pytestmark = pytest.mark.skipif(os.name == "nt", reason="links need a right there")


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project.create(tmp_path / "project", "p")


@pytest.fixture
def run(project: Project) -> RunFolder:
    return project.new_run(RunRecord(spec=SPEC))


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    """Somebody's folder, with names in it that a run has too."""
    folder = tmp_path / "outside"
    folder.mkdir()
    for name in ("step-00000001.safetensors", "step-00000001.h5", ".a.99999999-01234567.partial"):
        (folder / name).write_text("precious")
    (folder / "file").write_text("precious")
    return folder


def untouched(outside: Path) -> None:
    assert {p.read_text() for p in outside.iterdir()} == {"precious"}
    assert len(list(outside.iterdir())) == 4


@pytest.mark.parametrize(
    "write",
    [
        pytest.param(lambda run: run.checkpoints.save(2, tensors(2), {}), id="checkpoints"),
        pytest.param(lambda run: run.flow.keep(record(2)), id="flow"),
        pytest.param(lambda run: run.flow.truncate_after(0), id="flow-cut"),
        pytest.param(lambda run: run.flow.recover(), id="flow-mended"),
        pytest.param(lambda run: generated(run.path, np.ones((2, 2))), id="results"),
        pytest.param(lambda run: run.recover(), id="swept"),
    ],
)
def test_a_folder_of_a_run_that_leads_elsewhere(
    run: RunFolder, outside: Path, write: Callable[[RunFolder], object]
) -> None:
    for name in ("checkpoints", "flow", "results"):
        (run.path / name).symlink_to(outside)
    with pytest.raises(StoreError, match=r"is a link to .* leads out of") as refused:
        write(run)
    assert refused.value.kind == "data"
    untouched(outside)


@pytest.mark.parametrize(
    "write",
    [
        pytest.param(lambda run: run.events.append("started"), id="events.jsonl"),
        pytest.param(lambda run: run.metrics.append({"loss": ([1], [1.0])}), id="metrics.jsonl"),
        pytest.param(lambda run: run.lock.take(), id=".lock"),
        pytest.param(lambda run: run.recover(), id="log.txt"),
        pytest.param(lambda run: open_to_append(run.path / "log.txt"), id="the log"),
    ],
)
def test_a_file_of_a_run_that_leads_elsewhere(
    run: RunFolder, outside: Path, write: Callable[[RunFolder], object]
) -> None:
    for name in ("log.txt", "events.jsonl", "metrics.jsonl", ".lock"):
        (run.path / name).symlink_to(outside / "file")
    with pytest.raises(StoreError, match="is a link to"):
        write(run)
    untouched(outside)


def test_a_file_that_is_replaced_takes_the_place_of_a_link(run: RunFolder, outside: Path) -> None:
    (run.path / "status.json").symlink_to(outside / "file")
    run.update_status(step=3)
    assert not (run.path / "status.json").is_symlink()
    assert run.status().step == 3
    untouched(outside)


@pytest.mark.parametrize("name", ["runs", "data", "trash"])
def test_a_folder_of_a_project_that_leads_elsewhere(
    project: Project, outside: Path, name: str
) -> None:
    (project.path / name).symlink_to(outside)
    (project.path / "note").write_text("a note")
    change = {
        "runs": lambda: project.new_run(RunRecord(spec=SPEC)),
        "data": lambda: project.add_dataset("d", np.eye(2), ["x", "y"]),
        "trash": lambda: project.trash(project.path / "note"),
    }[name]
    with pytest.raises(StoreError, match=f"{name} is a link to"):
        change()
    untouched(outside)


def test_an_entry_of_the_trash_that_leads_elsewhere(project: Project, outside: Path) -> None:
    (project.path / "note").write_text("a note")
    entry = project.trash(project.path / "note")
    elsewhere = outside.with_name("another")
    entry.rename(elsewhere)
    entry.symlink_to(elsewhere)
    with pytest.raises(StoreError, match="is a link to"):
        project.restore(entry)
    assert (elsewhere / "note").read_text() == "a note"


def test_a_marker_behind_a_link_makes_nothing_of_it(run: RunFolder, outside: Path) -> None:
    Project.create(outside / "other", "another project of the person's")
    (run.path / "flow").symlink_to(outside / "other")
    with pytest.raises(StoreError, match="is a link to"):
        run.flow.keep(record(2))


def test_a_run_by_itself_is_its_own_bound(tmp_path: Path, run: RunFolder, outside: Path) -> None:
    alone = RunFolder(run.path.rename(tmp_path / "received"))
    (alone.path / "results").symlink_to(outside)
    with pytest.raises(StoreError, match="is a link to"):
        generated(alone.path, np.ones((2, 2)))
    untouched(outside)


def test_links_above_a_project_are_the_persons_own(tmp_path: Path, run: RunFolder) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "work").symlink_to(run.path.parents[2])
    same = RunFolder(tmp_path / "home" / "work" / run.path.relative_to(run.path.parents[2]))
    same.events.append("started")
    same.checkpoints.save(2, tensors(2), {})
    with same.lock.hold():
        assert run.events.read()[0].kind == "started"
    stay_inside(tmp_path / "home" / "work" / "anything.csv")


@pytest.mark.skipif(sys.platform == "win32", reason="no such files there")
def test_a_pipe_in_the_place_of_a_file_is_no_end_of_waiting(run: RunFolder) -> None:
    os.mkfifo(run.path / "events.jsonl")
    with pytest.raises(StoreError, match="is a named pipe, where a file should be"):
        run.events.append("started")


def test_one_line_at_a_time(run: RunFolder) -> None:
    from pushforward.studio.store import lines

    with pytest.raises(ValueError, match="one line"):
        lines.append(run.log_path, b"two\nlines")

"""A writer killed at any moment leaves the old or the new, never a mixture, and never nothing."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import h5py
import numpy as np
import pytest

from pushforward.studio.store.checkpoint import Checkpoints
from pushforward.studio.store.flow import FlowStore
from pushforward.studio.store.metrics import MetricsLog
from pushforward.studio.store.project import Project
from pushforward.studio.store.run import RunFolder, RunRecord
from pushforward.studio.store.samples import SampleSets
from tests.store.scenarios import SPEC, frames, tensors

pytestmark = pytest.mark.skipif(os.name == "nt", reason="needs fork and SIGKILL")
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def deaths(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("deaths")
    subprocess.run(
        [sys.executable, "-m", "tests.store.killer", str(out)], cwd=ROOT, check=True, timeout=100
    )
    return out


def folders(deaths: Path, scenario: str, at_least: int) -> Iterator[Path]:
    """Yield what each death left; the last one is the undisturbed act."""
    left = sorted(p for p in (deaths / scenario).iterdir() if p.name != "whole")
    assert len(left) >= at_least, "the writer was not killed as often as it should have been"
    yield from left
    yield deaths / scenario / "whole"


def test_status_is_the_old_or_the_new(deaths):
    seen = [RunFolder(f).status() for f in folders(deaths, "status", 4)]
    assert {(s.state, s.step) for s in seen} == {("running", 1), ("paused", 2)}
    assert seen[-1].state == "paused"


def test_checkpoints_are_all_intact_and_the_best_is_never_lost(deaths):
    newest = set()
    for folder in folders(deaths, "checkpoint", 8):
        store = Checkpoints(folder)
        for step in store.steps():
            found = store.load(store.path(step))
            assert found.step == step
            assert found.values == {"step": step}
            np.testing.assert_array_equal(found.tensors["w"], tensors(step)["w"])
        checkpoint, skipped = store.newest()
        assert skipped == []
        assert checkpoint is not None
        newest.add(checkpoint.step)
        assert store.best() in (1, 4)
        assert len(store.steps()) >= 3
    assert newest == {3, 4}


def test_flow_index_and_records_agree(deaths):
    longest = set()
    for folder in folders(deaths, "flow", 8):
        store = FlowStore(folder)
        assert store.steps()[0] == 1
        longest.add(store.steps()[-1])
        with h5py.File(folder / "flow.h5") as index:
            for name in index:
                step = int(index[name].attrs["step"])
                np.testing.assert_array_equal(index[name]["x"][()], frames(step))
        for step in store.steps():
            np.testing.assert_array_equal(store.load(step).x, frames(step))
        assert store.recover() == []
        with h5py.File(folder / "flow.h5") as index:
            assert index.attrs["steps"].tolist() == store.steps()
    assert longest == {4, 5}


def test_a_run_appears_whole_or_not_at_all(deaths):
    counts = set()
    for folder in folders(deaths, "new run", 5):
        project = Project.open(folder)
        assert project.problems() == []
        counts.add(len(project.runs()))
        assert all(run.record.spec == SPEC for run in project.runs())
        fresh = project.new_run(RunRecord(spec=SPEC))
        assert fresh.number > max(r.number for r in project.runs() if r != fresh)
    assert counts == {1, 2}


def test_a_data_set_appears_whole_or_not_at_all(deaths):
    counts = set()
    for folder in folders(deaths, "data set", 6):
        project = Project.open(folder)
        assert project.problems() == []
        counts.add(len(project.datasets()))
        for data in project.datasets():
            np.testing.assert_array_equal(data.read(), np.eye(3, 2))
        if not project.datasets():
            project.add_dataset("d", np.eye(3, 2), ["x", "y"])
    assert counts == {0, 1}


@pytest.mark.parametrize("scenario", ["trash", "restore"])
def test_a_run_is_in_its_place_or_in_the_trash(deaths, scenario):
    places = set()
    for folder in folders(deaths, scenario, 2):
        project = Project.open(folder)
        here, gone = len(project.runs()), len(project.trashed())
        assert here + gone == 1
        places.add(here)
        if gone:
            project.restore(project.trashed()[0].path)
        assert project.runs()[0].record.spec == SPEC
    assert places == {0, 1}


def test_a_cut_curve_is_whole_or_cut(deaths):
    lengths = set()
    for folder in folders(deaths, "truncate", 4):
        steps, values = MetricsLog(folder / "metrics.jsonl").read()[0]["loss"]
        assert [float(s) for s in steps] == values
        lengths.add(len(steps))
    assert lengths == {6, 3}


def test_sample_sets_are_whole(deaths):
    counts = set()
    for folder in folders(deaths, "samples", 4):
        store = SampleSets(folder)
        counts.add(len(store.paths()))
        for number, path in enumerate(store.paths()):
            np.testing.assert_array_equal(store.read(path).x, np.full((4, 2), number))
    assert counts == {1, 2}


def test_left_over_temporary_files_are_swept_by_the_owner(deaths):
    dirty = 0
    for folder in folders(deaths, "status", 4):
        left = list(folder.glob(".*.partial"))
        dirty += len(left)
        RunFolder(folder).recover()
        assert not list(folder.glob(".*.partial"))
    assert dirty > 0

"""Projects of every format that was ever written open today, and reading does not touch them.

The folders in ``golden`` are frozen: a change of format adds one beside them, and a step in
`studio.store.migrate`.
"""

import hashlib
import math
import shutil
from pathlib import Path

import h5py
import numpy as np
import pytest

from pushforward.studio.store import migrate
from pushforward.studio.store.errors import Damaged, StoreError
from pushforward.studio.store.project import Project
from pushforward.studio.store.splits import Split, shares

GOLDEN = Path(__file__).parent / "golden"


def digest(folder: Path) -> dict[str, str]:
    return {
        str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest()
        for p in sorted(folder.rglob("*"))
        if p.is_file()
    }


@pytest.fixture
def golden(tmp_path):
    return Path(shutil.copytree(GOLDEN, tmp_path / "golden"))


@pytest.fixture
def run(golden):
    return Project.open(golden / "format-1").run("0001-golden-run")


def test_format_1_lists_everything(golden):
    project = Project.open(golden / "format-1")
    assert project.name == "Golden"
    assert [r.name for r in project.runs()] == ["0001-golden-run"]
    assert [d.name for d in project.datasets()] == ["three-points"]
    assert [t.origin for t in project.trashed()] == ["runs/0002-thrown-away"]
    assert project.problems() == []


def test_format_1_run_record_and_status(run):
    record, status = run.record, run.status()
    assert record.spec.family.config == {
        "s_min": 0.002,
        "lr_end": None,
        "net": {"width": 8, "layers": 2},
    }
    assert (record.seed, record.device, record.parent) == (7, "cpu", None)
    assert record.created.isoformat() == "2026-11-25T00:00:00+00:00"
    assert (status.state, status.step, status.seconds) == ("failed", 300, 9.75)
    assert status.error is not None
    assert status.error.hint == "Lower the learning rate."


def test_format_1_data_set(golden, run):
    data = Project.open(golden / "format-1").dataset("three-points")
    np.testing.assert_array_equal(data.read(), np.float32([[0.5, -1], [2, 3.25], [-4, 0]]))
    assert data.columns == ("u", "v")
    assert data.record.hash == run.record.dataset_hash


def test_format_1_curves_and_events(run):
    columns, floors = run.metrics.read()
    assert columns["loss"][0] == [1, 2, 3]
    assert columns["loss"][1][0] == 1.5
    assert math.isnan(columns["loss"][1][1])
    assert columns["quality/sliced-w2"] == ([3], [0.125])
    assert floors == {"sliced-w2": 0.0625}
    assert [(e.kind, e.step, e.data) for e in run.events.read()] == [
        ("started", 0, {}),
        ("edited", 2, {"path": "lr", "value": 0.001}),
    ]


def test_format_1_checkpoints(run):
    checkpoint, skipped = run.checkpoints.newest()
    assert skipped == []
    assert checkpoint is not None
    assert (checkpoint.step, checkpoint.values) == (300, {"loss": math.inf, "step": 300})
    np.testing.assert_array_equal(checkpoint.tensors["w"], np.float32([[0, 1, 2], [3, 4, 5]]) * 300)
    assert (run.checkpoints.best(), run.checkpoints.pinned()) == (200, [100])


def test_format_1_flow_and_samples(run):
    record = run.flow.load(300)
    np.testing.assert_array_equal(record.x, np.arange(300, 308).reshape(2, 2, 2))
    assert (record.bounds, list(record.layers)) == ((-1, 1, -2, 2), ["critic"])
    with h5py.File(run.path / "flow.h5") as index:
        assert index["step-00000010/x"].shape == (2, 2, 2)
    samples = run.samples.read(run.samples.paths()[0])
    assert samples.columns == ("u", "v")
    assert samples.attrs == {"step": 300, "seed": 3, "sampler": {"slug": "heun"}}


def test_files_made_by_hand_are_format_0(golden):
    project = Project.open(golden / "format-0")
    assert project.name == "By hand"
    (run,) = project.runs()
    assert run.record.format == migrate.CURRENT["run"]
    assert run.record.spec.family.config == {"latent": 2}
    assert run.status().state == "queued"


def test_format_2_tells_the_critic_from_the_rescaling(golden):
    (run,) = Project.open(golden / "format-2").runs()
    assert run.record.format == migrate.CURRENT["run"]
    assert run.record.spec.family.config == {
        "loss": "logistic",
        "rescaling": "vanilla",
        "shift": 5.0,
        "penalty": 0.1,
    }


def test_format_3_holds_rows_of_any_kind(golden):
    data = Project.open(golden / "format-3").dataset("three-jets")
    assert (data.record.kind, data.record.classes) == ("jets", ["gluon", "top"])
    assert data.facts == {"unit": "GeV", "cut": None}
    data.verify()
    found = data.open().rows([2, 0])
    np.testing.assert_array_equal(found["x"][1], np.arange(6, dtype=np.float32).reshape(2, 3) / 2)
    assert found["mask"].tolist() == [[True, True], [True, True]]
    assert found["label"].tolist() == [2**53 + 1, 0]
    assert found["hits"].tolist() == [1, 7, 65535]
    assert found["hits.lengths"].tolist() == [1, 2]


def test_format_4_says_how_a_part_of_the_data_was_chosen(golden):
    (run,) = Project.open(golden / "format-4").runs()
    assert run.record.spec.training["subset"] == "seed"
    (earlier,) = Project.open(golden / "format-2").runs()
    assert earlier.record.spec.training == {"subset": "first", "steps": 300, "seed": 7}


def test_format_5_shares_rows_out_within_their_classes(golden):
    data = Project.open(golden / "format-5").dataset("two-types")
    assert (data.record.format, data.record.split.within) == (3, "label")
    label = data.open().rows(range(40))["label"]
    data.verify()
    for value in (0, 1):
        expected = shares(20, Split(seed=2, validation=0.2, test=0.1))
        np.testing.assert_array_equal(data.shares()[label == value], expected)
    earlier = Project.open(golden / "format-3").dataset("three-jets")
    assert (earlier.record.format, earlier.record.split.within) == (3, "")


@pytest.mark.parametrize("loss", ["hinge", "ipm", "non-saturating"])
@pytest.mark.parametrize("slug", ["gan", "edm"])
def test_the_loss_of_a_gan_of_format_1_has_its_new_name(slug, loss):
    family = {"slug": slug, "config": {"loss": loss, "latent": 3}}
    old = {"format": 1, "seed": 4, "spec": {"name": "x", "family": family}}
    new = migrate.upgrade("run", old, Path("run.toml"))
    renamed = "logistic" if (slug, loss) == ("gan", "non-saturating") else loss
    config = {"loss": renamed, "latent": 3}
    family = {"slug": slug, "config": config}
    spec = {"name": "x", "family": family, "training": {"subset": "first"}}
    assert new == {"format": migrate.CURRENT["run"], "seed": 4, "spec": spec}
    assert old["spec"]["family"]["config"]["loss"] == loss, "what was read is left alone"


@pytest.mark.parametrize(
    "version", ["format-0", "format-1", "format-2", "format-3", "format-4", "format-5"]
)
def test_reading_never_writes(golden, version):
    before = digest(golden / version)
    project = Project.open(golden / version)
    for run in project.runs():
        run.status(), run.metrics.read(), run.events.read(), run.checkpoints.newest()
        run.flow.nearest(0), run.samples.paths(), run.alive(), run.interrupted()
    for data in project.datasets():
        data.verify(), data.facts, data.open().rows([0])
    project.trashed(), project.problems()
    assert digest(golden / version) == before


def test_a_later_format_is_refused_with_advice(golden):
    path = golden / "format-1" / "runs" / "0001-golden-run" / "run.toml"
    path.write_text(path.read_text().replace("format = 1", "format = 99"))
    project = Project.open(golden / "format-1")
    assert project.runs() == []
    (problem,) = project.problems()
    assert "format 99" in problem
    assert "Update Pushforward Studio" in problem


def test_steps_are_taken_one_by_one(monkeypatch):
    monkeypatch.setitem(migrate.CURRENT, "run", 3)
    monkeypatch.setitem(
        migrate.STEPS,
        "run",
        {
            1: lambda d: {"steps": d["iterations"], "format": 2},
            2: lambda d: {"training": {"steps": d["steps"]}, "format": 3},
        },
    )
    old = {"format": 1, "iterations": 5}
    new = migrate.upgrade("run", old, Path("run.toml"))
    assert new == {"format": 3, "training": {"steps": 5}}


@pytest.mark.parametrize("number", ["one", -1, True, 1.0, None])
def test_a_senseless_format_number_is_damage(number):
    with pytest.raises(Damaged, match="format number"):
        migrate.upgrade("run", {"format": number}, Path("run.toml"))


def test_a_format_that_never_was_is_refused():
    with pytest.raises(StoreError, match="never"):
        migrate.upgrade("dataset", {"format": 0}, Path("dataset.toml"))

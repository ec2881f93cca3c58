"""Runs of every format that was ever written open, sample and train on today as they did.

The folders in ``tests/golden`` are frozen, as `tests.golden.make` says. What they gave when they
were made is compared within a tolerance that another machine and release of PyTorch stay in.
"""

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tests.golden.make as golden
from pushforward.studio.engine.data import reference_classifier
from pushforward.studio.engine.jobs import headless
from pushforward.studio.engine.process.discovery import discover
from pushforward.studio.engine.run.model_loading import load
from pushforward.studio.engine.run.resolve import check, resolve
from pushforward.studio.resources import load_recipe
from pushforward.studio.store.edits import effective_spec, made_edits
from pushforward.studio.store.project import Project
from pushforward.studio.store.run import RunFolder
from tests.engine.same import sampled

discover()
GOLDEN = Path(golden.__file__).parent
RUNS = sorted(GOLDEN.glob("format-*/project/runs/*"))
RECIPES = sorted(GOLDEN.glob("format-*/recipes/*.toml"))
# Where a recipe left a setting to a default that is another today: what it was. Runs hold them all.
LEFT_OPEN: dict[str, dict[str, Any]] = {
    "discriminator-flow-images": {"penalty": 0.03, "critic_optimizer": {"lr": 1e-3}},
    "score-flow-images": {
        "start_width": 1.0,
        "teacher_share": 0.5,
        "s_high": 5.0,
        "rho": 3.0,
        "pairs": 4,
        "score_optimizer": {"schedule": "cosine"},
    },
    "score-gan-images": {
        "teacher_levels": "log-normal",
        "score_steps": 5,
        "s_low": 1.0,
        "s_high": 5.0,
        "rho": 3.0,
        "generator_optimizer": {"lr": 1e-3, "beta1": 0.9, "beta2": 0.999},
    },
}


def title(path: Path) -> str:
    return f"{path.relative_to(GOLDEN).parts[0]}-{path.stem}"


def expected(path: Path) -> dict[str, np.ndarray[Any, Any]]:
    """What a run or a recipe gave when its format was born."""
    format_ = GOLDEN / path.relative_to(GOLDEN).parts[0]
    with np.load(format_ / "expected.npz") as arrays:
        return {name: arrays[f"{path.stem}/{name}"] for name in ("samples", "losses")}


def copied(path: Path, target: Path) -> RunFolder:
    """A copy of a run in a copy of its project, where there is no other run."""
    project = path.parents[1]
    shutil.copytree(project, target, ignore=shutil.ignore_patterns("runs"))
    return RunFolder(Path(shutil.copytree(path, target / "runs" / path.name)))


def assert_close(found: np.ndarray, wanted: np.ndarray, tolerance: float = 1e-3) -> None:
    assert np.isfinite(found).all()
    np.testing.assert_allclose(found, wanted, rtol=tolerance, atol=tolerance)


@pytest.fixture(autouse=True)
def _cache(tmp_path_factory, monkeypatch):
    """A judge of images is trained once for all tests, and not into the person's own cache."""
    folder = tmp_path_factory.getbasetemp() / "judges"
    monkeypatch.setattr(reference_classifier, "cache_folder", lambda: folder)


@pytest.fixture(params=RUNS, ids=title)
def path(request):
    return request.param


@pytest.fixture
def run(path, tmp_path):
    return copied(path, tmp_path / "project")


def test_there_are_some():
    assert len(RUNS) >= 20
    assert len(RECIPES) >= 18


def test_a_project_has_no_problem():
    for project in GOLDEN.glob("format-*/project"):
        assert Project.open(project).problems() == []
        assert len(Project.open(project).runs()) == len(list((project / "runs").iterdir()))


def test_a_run_opens(run):
    status = run.status()
    assert (status.state, status.step, status.error) == ("finished", golden.STEPS, None)
    assert run.events.read()[-1].kind == "finished"
    curves, floors = run.metrics.read()
    steps, losses = curves["loss"]
    assert steps == list(range(1, golden.STEPS + 1))
    assert np.isfinite(losses).all()
    assert any(name.startswith("quality/") for name in curves)
    assert floors
    kept = run.flow.steps()
    assert kept[-1] == golden.STEPS
    for step in kept:
        record = run.flow.load(step)
        assert record.step == step
        assert record.x.shape[1] == run.record.spec.training["particles"]
        assert all(np.isfinite(a).all() for a in (record.t, record.x, *record.layers.values()))
    _, problems = resolve(effective_spec(run))
    assert problems == []


def test_its_checkpoint_loads_and_draws_the_samples_of_then(path, run):
    assert load(run).step == golden.STEPS
    assert_close(sampled(run, golden.SAMPLES), expected(path)["samples"])


def test_it_goes_on_as_it_did(path, run):
    """The losses of the next steps also tell whether the moments of the optimisers, the position in
    the data and that of the random numbers are what they were.
    """
    assert_close(golden.trained_on(run), expected(path)["losses"], 2e-5)
    assert run.status().step == golden.STEPS + golden.MORE
    assert run.flow.steps()[-1] == golden.STEPS + golden.MORE


@pytest.mark.parametrize("path", RECIPES, ids=title)
def test_a_recipe_trains_as_it_did(path, tmp_path):
    """With settings that are not the defaults: one that is lost on the way changes the losses."""
    spec = load_recipe(path).run
    spec.family.config.update(LEFT_OPEN.get(path.stem, {}))
    _, problems = resolve(spec)
    assert problems == []
    run = headless.create(spec, tmp_path / "project")
    assert headless.run(run.path).state == "finished"
    assert_close(golden.losses(run), expected(path)["losses"])
    assert_close(sampled(run, golden.SAMPLES), expected(path)["samples"])


def of(name: str, tmp_path: Path) -> list[RunFolder]:
    """Copies of the runs of a name, of each format one."""
    paths = [path for path in RUNS if path.name.partition("-")[2] == name]
    assert paths
    return [copied(path, tmp_path / title(path)) for path in paths]


def test_what_a_person_changed_is_known(tmp_path):
    for run in of("gan-points", tmp_path):
        setting, points = made_edits(run)
        assert (setting.step, setting.path, setting.value) == (8, "penalty", 0.5)
        assert (points.step, points.action, points.count) == (8, "add", 30)
        assert load(run).edits == [setting, points]
        assert run.checkpoints.pinned() == [12]
        samples = run.samples.read(run.samples.paths()[0])
        assert samples.x.shape == (6, 2)
        assert samples.attrs["step"] == 12


def test_a_branch_knows_its_parent(tmp_path):
    for run in of("edm-points-branch", tmp_path):
        assert (run.record.parent, run.record.branch_step) == ("0001-edm-points", 12)
        (edit,) = run.record.spec.edits
        assert (edit.step, edit.path, edit.value) == (12, "optimizer.lr", 0.01)
    for run, parent in zip(
        of("edm-points-branch", tmp_path / "a"), of("edm-points", tmp_path / "b"), strict=True
    ):
        ours, theirs = golden.losses(run), golden.losses(parent)
        np.testing.assert_array_equal(ours[:13], theirs[:13])  # the change shows a step later
        assert ours[13] != theirs[13]


def test_imported_points_are_found(tmp_path):
    for run in of("imported", tmp_path):
        project = run.path.parents[1]
        data = check(run.record.spec).load_data(project)
        assert data.rows.columns == ("a", "b", "c")
        assert data.hash == run.record.dataset_hash
        assert load(run).columns == ("a", "b", "c")

"""The Python API does what the command line does, in a process without a window."""

import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import pushforward
from pushforward.models.registry import registry
from pushforward.studio.engine.process.discovery import discover
from pushforward.studio.store.run import RunFolder

STEPS = {"training.steps": 30}
SMALL = {"family.net.width": 16, "training.evaluate_samples": 64}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("api") / "project"


@pytest.fixture(scope="module")
def run(project: Path) -> pushforward.Run:
    return pushforward.train("edm@two-moons", settings=STEPS, out=project)


def test_importing_it_loads_nothing_heavy() -> None:
    code = "import sys, pushforward as pf; dir(pf); {}print(*sys.modules)"
    for calls, heavy in (
        ("", {"torch", "PySide6", "h5py", "numpy", "rich"}),
        ("pf.recipes(); assert repr(pf.models()); pf.data; pf.metrics; ", {"torch", "PySide6"}),
    ):
        command = [sys.executable, "-c", code.format(calls)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        assert not heavy & set(done.stdout.split())


def test_models_are_listed_by_the_package_of_models() -> None:
    discover()  # the list itself may come from the catalogue that is kept
    assert "edm" in [each.slug for each in pushforward.models()]
    assert {each.slug for each in pushforward.models()} == {
        entry.slug for entry in registry.all("family")
    }
    assert "edm-eight-gaussians" in repr(pushforward.recipes())


def test_every_public_name_is_there() -> None:
    assert all(getattr(pushforward, name) is not None for name in pushforward.__all__)
    with pytest.raises(AttributeError, match="has no attribute 'nonsense'"):
        _ = pushforward.nonsense


def test_a_training_reports_its_progress_and_is_a_run_of_the_project(project: Path) -> None:
    seen: list[tuple[int, int]] = []
    run = pushforward.train(
        "edm@two-moons",
        settings={**STEPS, "family.net.width": 16},
        out=project,
        on_progress=lambda step, total: seen.append((step, total)),
    )
    assert (run.state, run.step, run.total) == ("finished", 30, 30)
    assert (run.model_name, run.dataset) == ("edm", "two-moons")
    assert seen[-1] == (30, 30)
    assert run.path in [each.path for each in pushforward.runs(project)]
    assert pushforward.open(project).path == run.path  # the newest
    assert RunFolder(run.path).record.spec.family.config["net"]["config"]["width"] == 16
    steps, values = run.metrics()["loss"]
    assert len(steps) == len(values) > 0
    assert np.isfinite(values).all()


def test_samples_depend_on_the_seed_alone(run: pushforward.Run) -> None:
    first, again, other = (run.sample(50, seed=seed) for seed in (1, 1, 2))
    assert first.x.shape == (50, 2)
    assert np.array_equal(np.asarray(first), again.x)
    assert not np.array_equal(first.x, other.x)
    heun = run.sample(50, seed=1, sampler="heun", steps=3)
    assert not np.array_equal(first.x, heun.x)


def test_an_evaluation_has_floors_and_a_verdict(run: pushforward.Run) -> None:
    found = run.evaluate(1000, metrics=("sliced-w2", "authenticity"))
    assert set(found) == {"sliced-w2", "authenticity"}
    assert found.n == 1000
    value = found["sliced-w2"]
    assert value.value is not None
    assert value.floor is not None
    assert value.value > value.floor
    assert value.verdict == "worse"
    assert found.verdict.startswith("Differs from real data by 2 of 2 metrics")
    assert found.memorisation is found["authenticity"]
    assert re.search(r"^sliced-w2 .* ± .* differs", repr(found), re.M)
    assert "<th" in found._repr_html_()
    assert found.rows()[0]["floor"] == value.floor


def test_a_run_is_resumed_to_more_steps(project: Path) -> None:
    run = pushforward.train("gan@two-moons", settings={"training.steps": 10}, out=project)
    resumed = pushforward.train(run.path, settings={"training.steps": 20})
    assert (resumed.path, resumed.step, resumed.state) == (run.path, 20, "finished")
    with pytest.raises(pushforward.PushforwardError, match=r"keeps its settings: family\.ema"):
        pushforward.train(run.path, settings={"family.ema": 0.5})


def test_an_operation_takes_and_returns_arrays(run: pushforward.Run) -> None:
    x = run.sample(4, seed=1)
    found = run.do("inpaint", image=x, mask=np.array([1, 0]), seed=2)
    assert found.samples is not None
    assert np.array_equal(found.samples.x[:, 0], x.x[:, 0])
    assert not np.array_equal(found.samples.x[:, 1], x.x[:, 1])
    assert np.asarray(found).shape == (4, 2)
    assert "inpaint" in run.operators()
    with pytest.raises(pushforward.PushforwardError, match=r"no 'imagge'; did you mean image"):
        run.do("inpaint", imagge=x)
    with pytest.raises(pushforward.PushforwardError, match="did you mean inpaint"):
        run.do("inpant")


def test_a_flow_goes_from_noise_to_the_samples_of_the_window(run: pushforward.Run) -> None:
    frames, times = run.flow(16, sampler="heun", steps=4)
    assert frames.shape == (len(times), 16, 2)
    assert (times[0], times[-1]) == (0.0, 1.0)
    record = RunFolder(run.path).flow.load(30)
    assert np.allclose(run.flow(16).frames[-1], record.x[-1][:16], atol=1e-4)


def test_a_model_is_a_module_in_standardised_or_data_units(run: pushforward.Run) -> None:
    import torch

    model, raw = run.model(), run.model("data")
    assert isinstance(model, torch.nn.Module)
    assert model.role == "denoiser"
    assert sum(each.numel() for each in model.parameters()) > 0
    x = torch.randn(5, 2)
    expected = model.restore(model(model.standardise(x), 0.5))
    assert torch.allclose(raw(x, 0.5), expected)
    with pytest.raises(TypeError, match="needs a second argument"):
        model(x)


def test_own_data_are_added_and_trained_on(project: Path) -> None:
    x = np.random.default_rng(0).normal(size=(300, 2))
    name = pushforward.data.add("mine", x, out=project)
    assert name == "project:mine"
    assert name in pushforward.data.datasets(project)
    run = pushforward.train(f"edm@{name}", steps=5, seed=3, out=project, settings=SMALL)
    assert run.dataset == name
    assert run.settings["training.seed"] == 3
    with pytest.raises(pushforward.PushforwardError, match="is no data set"):
        pushforward.data.add("bad", np.zeros(3), out=project)
    with pytest.raises(pushforward.PushforwardError, match="There is no file"):
        pushforward.data.add("bad", project / "none.csv", out=project)


def test_a_data_frame_is_added(project: Path) -> None:
    class Frame:  # what pandas and others have in common
        def to_csv(self, path: Path, index: bool) -> None:
            np.savetxt(path, np.random.default_rng(1).normal(size=(200, 2)), delimiter=",")

    assert pushforward.data.add("frame", Frame(), out=project) == "project:frame"


def test_metrics_are_functions_of_arrays() -> None:
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(2, 400, 2))
    same, other = pushforward.metrics.sliced_w2(a, b), pushforward.metrics.sliced_w2(a + 2, b)
    mean, std = pushforward.metrics.noise_floor("sliced-w2", b, n=200)
    assert same < other
    assert same < mean + 4 * std < other
    with pytest.raises(pushforward.PushforwardError, match=r"at least 20 samples .* there are 10"):
        pushforward.metrics.noise_floor("mmd", b[:20])
    assert "sliced_w2" in dir(pushforward.metrics)
    with pytest.raises(AttributeError, match="no metric is called 'sliced-w3'; did you mean"):
        _ = pushforward.metrics.sliced_w3
    with pytest.raises(pushforward.PushforwardError, match=r"points \(n, d\) or images"):
        pushforward.metrics.sliced_w2(np.zeros((3, 3, 3)), b)


def test_a_notebook_shows_picture_settings_and_metrics(run: pushforward.Run) -> None:
    shown = run._repr_html_()
    for part in ("data:image/png;base64", "family.net.width", "sliced-w2", "step 30 of 30"):
        assert part in shown
    assert "data:image/png;base64" in run.sample(10)._repr_html_()


@pytest.mark.parametrize(
    ("what", "settings", "message"),
    [
        ("edm-sprial", {}, "'edm-sprial' is neither a recipe, a file nor a run folder"),
        ("edm@two-moons", {"family.widht": 3}, r"^family\.widht: unknown setting; did you mean"),
        ("edm@two-moons", {"training.steps": -1}, "steps"),
    ],
)
def test_errors_name_what_is_wrong(
    what: str, settings: dict[str, Any], message: str, project: Path
) -> None:
    with pytest.raises(pushforward.PushforwardError, match=message):
        pushforward.train(what, settings=settings, out=project)


@pytest.fixture
def interruptible() -> Iterator[None]:
    """Ctrl+C is heard, also where the tests run as a job in the background, which ignores it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
def test_an_interrupt_saves_a_checkpoint_that_is_resumed(project: Path) -> None:
    def interrupt(step: int, total: int) -> None:
        if step:
            signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        pushforward.train(
            "gan@two-moons",
            settings={"training.steps": 100_000},
            out=project,
            on_progress=interrupt,
        )
    run = pushforward.open(project)
    assert run.state == "paused"
    assert RunFolder(run.path).checkpoints.steps()[-1] == run.step > 0
    ended = pushforward.train(run.path, settings={"training.steps": run.step + 5})
    assert (ended.path, ended.state) == (run.path, "finished")


def test_an_error_of_the_callback_reaches_the_caller_and_spares_the_run(project: Path) -> None:
    def fail(step: int, total: int) -> None:
        raise LookupError("of the caller")

    with pytest.raises(LookupError, match="of the caller"):
        pushforward.train("gan@two-moons", settings=STEPS, out=project, on_progress=fail)
    assert pushforward.open(project).state == "paused"


def test_folders_that_are_none_are_named(tmp_path: Path) -> None:
    with pytest.raises(pushforward.PushforwardError, match=r"it has no run\.toml"):
        pushforward.Run(tmp_path)
    for wrong in (pushforward.open, pushforward.runs):
        with pytest.raises(pushforward.PushforwardError, match=re.escape(str(tmp_path))):
            wrong(tmp_path)


def test_a_flow_and_a_report_are_written_as_pages(run: pushforward.Run, tmp_path: Path) -> None:
    page = run.share(tmp_path / "flow.html", run, particles=20, theme="dark")
    assert page == tmp_path / "flow.html"
    assert '"theme":"dark"' in page.read_text(encoding="utf-8")
    assert "<polyline" in run.report(tmp_path / "report.html").read_text(encoding="utf-8")
    with pytest.raises(pushforward.PushforwardError, match="is there already"):
        run.report(page)

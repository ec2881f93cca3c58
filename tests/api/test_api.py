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
from pushforward.studio.store.run import RunFolder

STEPS = {"training.steps": 30}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("api") / "project"


@pytest.fixture(scope="module")
def run(project: Path) -> pushforward.Run:
    return pushforward.train("edm@two-moons", settings=STEPS, out=project)


def test_importing_it_loads_nothing_heavy() -> None:
    code = "import sys, pushforward; dir(pushforward); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"torch", "PySide6", "h5py", "numpy"} & set(done.stdout.split())


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
    assert (run.model, run.dataset) == ("edm", "two-moons")
    assert seen[-1] == (30, 30)
    assert run.path in [each.path for each in pushforward.open(project)]
    assert RunFolder(run.path).record.spec.family.config["net"]["config"]["width"] == 16
    steps, values = run.metrics()["loss"]
    assert len(steps) == len(values) > 0
    assert np.isfinite(values).all()


def test_samples_depend_on_the_seed_alone(run: pushforward.Run) -> None:
    first, again, other = (run.sample(50, seed=seed) for seed in (1, 1, 2))
    assert first.x.shape == (50, 2)
    assert np.array_equal(np.asarray(first), again.x)
    assert not np.array_equal(first.x, other.x)
    heun = pushforward.sample(run.path, 50, seed=1, sampler="heun", settings={"steps": 3})
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


def test_a_run_is_resumed_to_more_steps(project: Path) -> None:
    run = pushforward.train("gan@two-moons", settings={"training.steps": 10}, out=project)
    resumed = pushforward.train(run.path, settings={"training.steps": 20})
    assert (resumed.path, resumed.step, resumed.state) == (run.path, 20, "finished")
    with pytest.raises(pushforward.PushforwardError, match=r"keeps its settings: family\.ema"):
        pushforward.train(run.path, settings={"family.ema": 0.5})


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
    run = pushforward.open(project)[-1]
    assert run.state == "paused"
    assert RunFolder(run.path).checkpoints.steps()[-1] == run.step > 0
    ended = pushforward.train(run.path, settings={"training.steps": run.step + 5})
    assert (ended.path, ended.state) == (run.path, "finished")


def test_an_error_of_the_callback_reaches_the_caller_and_spares_the_run(project: Path) -> None:
    def fail(step: int, total: int) -> None:
        raise LookupError("of the caller")

    with pytest.raises(LookupError, match="of the caller"):
        pushforward.train("gan@two-moons", settings=STEPS, out=project, on_progress=fail)
    assert pushforward.open(project)[-1].state == "paused"


def test_folders_that_are_none_are_named(tmp_path: Path) -> None:
    with pytest.raises(pushforward.PushforwardError, match=r"it has no run\.toml"):
        pushforward.sample(tmp_path, 10)
    with pytest.raises(pushforward.PushforwardError, match=re.escape(str(tmp_path))):
        pushforward.open(tmp_path)

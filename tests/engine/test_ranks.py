"""Several processes that train one run: against one process, on resuming, and where one dies."""

import os
import signal
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import psutil

from pushforward.studio.engine.jobs import headless
from pushforward.studio.engine.process.discovery import discover
from pushforward.studio.engine.run.validation import Validator
from pushforward.studio.protocol.spec import ChangeSetting, Pick, RunSpec
from pushforward.studio.store.run import RunFolder

TINY: dict[str, Any] = {
    "batch": 33,  # in shares of 16 and 17
    "samples": 400,
    "particles": 64,
    "frames": 4,
    "evaluate_samples": 64,
    "evaluate_every": 1000,
    "device": "cpu",
    "threads": 1,
}


def spec(family: str = "edm", steps: int = 20, **training: Any) -> RunSpec:
    config: dict[str, Any] = {"net": {"slug": "mlp", "config": {"width": 16}}}
    if family == "edm":
        config["optimizer"] = {"clip": 0.5}
    return RunSpec(
        name=family,
        family=Pick(slug=family, config=config if family == "edm" else {}),
        dataset=Pick(slug="two-moons"),
        training={**TINY, "steps": steps, **training},
    )


def trained(project: Path, what: RunSpec, **more: Any) -> RunFolder:
    run = headless.create(what, project)
    status = headless.run(run.path, **more)
    assert status.state == "finished", status.error
    return run


def tensors(run: RunFolder, step: int | None = None) -> dict[str, np.ndarray[Any, Any]]:
    steps = run.checkpoints.steps()
    return dict(
        run.checkpoints.load(run.checkpoints.path(steps[-1] if step is None else step)).tensors
    )


def children() -> list[psutil.Process]:
    """Return the other processes of a training, and nothing of the tests' own."""
    found = psutil.Process().children(recursive=True)
    return [each for each in found if "--resume" in each.cmdline()]


def test_two_processes_train_as_one_and_resume_bit_for_bit(tmp_path: Path) -> None:
    one = trained(tmp_path / "one", spec())
    change = ChangeSetting(step=10, path="optimizer.lr", value=3e-4)
    two = trained(tmp_path / "two", spec(devices=2))
    assert not children()
    first, second = tensors(one), tensors(two)
    assert first.keys() == second.keys()
    for name, tensor in first.items():
        if name.startswith("family/") and tensor.dtype.kind == "f":
            np.testing.assert_allclose(second[name], tensor, rtol=2e-4, atol=2e-5, err_msg=name)
        elif tensor.dtype.kind != "f":
            assert np.array_equal(second[name], tensor), name  # random numbers, counts
    losses = [run.metrics.read()[0]["loss"][1] for run in (one, two)]
    np.testing.assert_allclose(losses[1], losses[0], rtol=1e-5)
    # Stopped in the middle and resumed: the same bits, also of averages and optimiser.
    edited = msgspec.structs.replace(spec(devices=2, checkpoint_steps=6), edits=[change])
    whole = trained(tmp_path / "edited", edited)
    halves = headless.create(edited, tmp_path / "halves")
    stopped = headless.run(halves.path, stop=lambda: bool(halves.checkpoints.steps()))
    assert stopped.state == "paused"
    assert 0 < stopped.step < 20
    assert headless.run(halves.path).state == "finished"
    for name, tensor in tensors(whole).items():
        assert np.array_equal(tensors(halves)[name], tensor), name
    differ = [n for n, tensor in tensors(whole).items() if not np.array_equal(second[n], tensor)]
    assert differ  # the edit reached both processes
    # Another number of processes is allowed, and said.
    assert headless.run(halves.path, steps=24, devices=1).state == "finished"
    assert "Trained by 2 processes so far, by 1 from here on" in halves.log_path.read_text()
    assert not children()


def test_a_process_that_dies_ends_the_training_with_a_checkpoint_to_resume(tmp_path: Path) -> None:
    run = headless.create(spec(steps=100_000, devices=2, checkpoint_steps=5), tmp_path)
    killed: list[int] = []

    def stop() -> bool:
        if not killed and run.checkpoints.steps():
            [child] = children()
            killed.append(child.pid)
            os.kill(child.pid, signal.SIGKILL)
        return False

    status = headless.run(run.path, stop=stop)
    assert status.state == "failed"
    assert status.error is not None
    assert "A process of the training has ended" in status.error.message
    assert not children()
    done = run.checkpoints.steps()[-1]
    assert headless.run(run.path, steps=done + 5, devices=1).state == "finished"


def test_a_model_that_cannot_share_batches_says_so() -> None:
    discover()
    [problem] = Validator().validate(spec("mmd-flow", devices=2), None).problems
    assert problem.path == "training.devices"
    assert "It moves particles and trains no network." in problem.message
    assert not Validator().validate(spec("edm", devices=2), None).problems

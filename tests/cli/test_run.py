"""Training from the command line, with real runs of a second."""

import os
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import msgspec
import pytest

from pushforward.studio.__main__ import main
from pushforward.studio.client.follow import RunFollower, background_runs
from pushforward.studio.engine.process.catalogue import build
from pushforward.studio.engine.process.discovery import discover
from pushforward.studio.launch import own_command, own_env
from pushforward.studio.protocol.messages import (
    CheckpointWritten,
    JobChanged,
    Kept,
    Metrics,
    Progress,
)
from pushforward.studio.store.lock import Busy
from pushforward.studio.store.project import Project
from pushforward.studio.store.run import RunFolder
from pushforward.studio.workflows import background
from pushforward.studio.workflows.command_line import command_for
from pushforward.studio.workflows.settings import apply
from pushforward.studio.workflows.stopping import Stop
from pushforward.studio.workflows.target import find
from tests.cli.conftest import sets
from tests.patience import Patience
from tests.tiers import EXHAUSTIVE


def losses(run: RunFolder) -> tuple[list[int], list[float]]:
    return run.metrics.read()[0]["loss"]


def test_a_recipe_is_trained_and_leaves_a_run_and_a_picture(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", "edm-eight-gaussians", "--out", str(project), *sets()]) == 0
    out = capsys.readouterr().out
    [run] = Project.open(project).runs()
    assert str(run.path) in out
    assert "Finished after 60 steps" in out
    assert "60/60" in out
    assert "loss" in out
    assert run.status().state == "finished"
    assert run.record.spec.training["steps"] == 60
    assert run.record.spec.family.config["net"]["config"]["width"] == 16
    assert run.checkpoints.steps()[-1] == 60
    assert (run.path / "picture.png").stat().st_size > 1000


def test_the_first_recipe_needs_no_name(project: Path) -> None:
    assert main(["run", "--first", "--out", str(project), *sets()]) == 0
    assert Project.open(project).runs()


def test_a_run_is_trained_anew_with_a_change_beside_it(moons: RunFolder, project: Path) -> None:
    before = (moons.path / "run.toml").read_bytes()
    assert main(["run", str(moons.path)]) == 0
    assert main(["run", str(moons.path), "--set", "training.seed=1"]) == 0
    _, same, other = Project.open(project).runs()
    assert losses(same) == losses(moons)
    assert losses(other) != losses(moons)
    assert (moons.path / "run.toml").read_bytes() == before


def test_resume_goes_on_to_a_raised_total(moons: RunFolder, project: Path) -> None:
    longer = ["--resume", "--set", "training.steps=90"]
    assert main(["run", str(moons.path), *longer]) == 0
    assert moons.status().step == 90
    assert losses(moons)[0][-1] == 90
    assert len(Project.open(project).runs()) == 1


def test_resume_stops_at_a_lowered_total_or_says_why_not(
    moons: RunFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    _hand_over(moons, 90)
    shorter = ["run", str(moons.path), "--resume", "--set"]
    for steps in (30, 60):
        assert main([*shorter, f"training.steps={steps}"]) == 2
        err = capsys.readouterr().err
        assert f"{moons.name} has done 60 steps and cannot end at {steps}." in err
        assert "more than 60" in err
    assert main([*shorter, "training.steps=70"]) == 0
    assert (moons.status().step, moons.status().total) == (70, 70)
    assert losses(moons)[0][-1] == 70


def test_resume_of_a_recipe_finds_its_unfinished_run(moons: RunFolder, project: Path) -> None:
    _hand_over(moons, 70)
    assert main(["run", "edm@two-moons", "--out", str(project), "--resume"]) == 0
    assert Project.open(project).runs() == [moons]
    assert moons.status().step == 70


@pytest.mark.parametrize(
    ("more", "complaint"),
    [
        (["--set", "training.seed=3"], "with --resume only training.steps may change"),
        (["--set", "training.steps=many"], "a whole number, not 'many'"),
        (["--out", "elsewhere"], "remove --out"),
    ],
)
def test_resume_changes_nothing_else(
    moons: RunFolder, more: list[str], complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", str(moons.path), "--resume", *more]) == 2
    assert complaint in capsys.readouterr().err


def test_a_failed_training_says_why(moons: RunFolder, capsys: pytest.CaptureFixture[str]) -> None:
    for step in moons.checkpoints.steps():
        moons.checkpoints.path(step).write_bytes(b"nothing good")
    assert main(["run", str(moons.path), "--resume", "--set", "training.steps=90"]) == 1
    assert moons.status().state == "failed"
    err = capsys.readouterr().err
    assert f"All checkpoints of {moons.name} are damaged." in err
    assert "Traceback" not in err


@pytest.mark.parametrize("target", ["edm-eight-gaussians", "gan-ring-of-five"])
def test_a_run_copied_as_a_command_has_the_same_losses(project: Path, target: str) -> None:
    settings = sets() if target.startswith("edm") else sets()[:-2]
    assert main(["run", target, "--out", str(project), *settings]) == 0
    [run] = Project.open(project).runs()
    words = shlex.split(command_for(run.record.spec))
    assert words[:2] == ["pushforward", "run"]
    again = project.with_name("again")
    assert main([*words[1:], "--out", str(again)]) == 0
    [copy] = Project.open(again).runs()
    assert copy.record.spec == run.record.spec
    assert losses(copy) == losses(run)


@pytest.mark.skipif(sys.platform == "win32", reason="sends SIGINT")
def test_ctrl_c_saves_and_stops_and_resume_goes_on(project: Path) -> None:
    command = own_command("run", "edm@two-moons", "--out", str(project), *sets())
    command += ["--set", "training.steps=1000000"]
    with subprocess.Popen(
        command, env=own_env(), stdout=subprocess.PIPE, text=True, preexec_fn=hear_signals
    ) as child:
        run = _begun(project)
        child.send_signal(signal.SIGINT)
        out, _ = child.communicate(timeout=30)
        assert child.returncode == 130
    status = run.status()
    assert status.state == "paused"
    assert run.checkpoints.steps()[-1] == status.step
    assert f"pushforward run {run.path} --resume" in out
    assert (run.path / "picture.png").exists()
    assert main(["run", str(run.path), "--resume", "--set", "training.steps=x"]) == 2


def hear_signals() -> None:
    """Undo for a child what ``nohup`` or a shell in the background did for the tests."""
    for name in ("SIGHUP", "SIGINT", "SIGTERM"):
        signal.signal(getattr(signal, name), signal.SIG_DFL)


def _begun(project: Path, seconds: float = 60.0) -> RunFolder:
    """Wait until the only run of a project trains."""
    patience = Patience(seconds)
    while not patience.is_over():
        if (project / "project.toml").exists():
            for run in Project.open(project).runs():
                if run.metrics.read()[0].get("loss"):
                    return run
        time.sleep(0.05)
    raise AssertionError("no training began")


def test_a_training_goes_on_in_the_background_and_is_followed(
    moons: RunFolder, project: Path
) -> None:
    run = moons
    (run.path / background.STOP_FILE).touch()  # an old request does not count
    _hand_over(run, 10**6)
    pid = background.start(run.path)
    assert background_runs(project) == [run.path]
    follower = RunFollower(run.path)
    events = _follow(follower, lambda seen: any(e.step > 60 for e in _of(seen, Progress)))
    try:
        assert [e.info.state for e in _of(events, JobChanged)] == ["queued", "running"]
        status = run.status()
        assert (status.pid, status.background, status.state) == (pid, True, "running")
        assert os.getsid(pid) == pid != os.getsid(0)  # our end is not its end
        first = events[0]
        assert isinstance(first, JobChanged)
        assert first.info.run == str(run.path)
        assert _of(events, Kept)
        assert _of(events, CheckpointWritten)
        rows = [s for e in _of(events, Metrics) for s in e.columns.get("loss", ([], []))[0]]
        assert rows == sorted(set(rows))
        assert _of(events, Progress)[-1].memory > 10**7
    finally:
        background.ask_to_stop(run.path)
    late = _follow(follower, lambda seen: follower.ended)
    assert run.status().state == "paused"
    assert run.checkpoints.steps()[-1] == run.status().step > 60
    assert not (run.path / background.STOP_FILE).exists()
    assert background_runs(project) == []
    assert "Stopped at step" in (run.path / "background.log").read_text()
    assert late[-1].info.state == "cancelled"
    assert late[-1].info.error is None


@EXHAUSTIVE
def test_a_stop_that_is_asked_for_while_the_process_still_loads_is_heard(
    moons: RunFolder, project: Path
) -> None:
    run = moons
    _hand_over(run, 10**6)
    background.start(run.path)
    background.ask_to_stop(run.path)
    follower = RunFollower(run.path)
    try:
        _follow(follower, lambda seen: follower.ended)
    finally:
        background.ask_to_stop(run.path)
    assert run.status().state == "paused"
    assert background_runs(project) == []


@EXHAUSTIVE
def test_a_run_whose_process_still_loads_is_not_started_twice(
    moons: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = moons
    _hand_over(run, 10**6)
    pid = background.start(run.path)
    monkeypatch.setattr(background, "PATIENCE", 0.0)
    try:
        with pytest.raises(Busy, match=f"is being trained by process {pid}\\."):
            background.start(run.path)
    finally:
        background.ask_to_stop(run.path)
    follower = RunFollower(run.path)
    _follow(follower, lambda seen: follower.ended)


def test_a_request_of_before_does_not_stop_a_training_in_the_terminal(moons: RunFolder) -> None:
    background.ask_to_stop(moons.path)
    assert main(["run", str(moons.path), "--resume", "--set", "training.steps=90"]) == 0
    assert moons.status().step == 90


def test_what_is_stopped_before_its_first_step_has_no_checkpoint(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """E19: it said that a checkpoint was saved."""
    monkeypatch.setattr(Stop, "__call__", lambda stop: True)
    main(["run", "edm@two-moons", "--out", str(project), *sets()])
    (run,) = Project.open(project).runs()
    assert run.status().step == 0
    assert run.checkpoints.steps() == []
    said = "".join(capsys.readouterr())
    assert "before the first checkpoint. Resuming starts from step 0." in said
    assert "a checkpoint is saved" not in said
    monkeypatch.undo()
    assert main(["run", str(run.path), "--resume"]) == 0
    assert run.status().step == 60


def _hand_over(run: RunFolder, total: int) -> None:
    """Leave a run as an engine leaves it whose studio is closed while it trains."""
    status = msgspec.structs.replace(run.status(), state="paused", total=total, pid=0)
    run.write_status(status)


def _of(events: list[Any], kind: type) -> list[Any]:
    return [e for e in events if isinstance(e, kind)]


def _follow(follower: RunFollower, true: Any, seconds: float = 60.0) -> list[Any]:
    """Poll until something has happened; return all that was told."""
    patience, events = Patience(seconds), []
    while not true(events):
        assert not patience.is_over(), events[-5:]
        events += follower.poll()
        time.sleep(0.1)
    return events


def test_every_kind_of_value_comes_back_from_its_text() -> None:
    changed = apply(
        find("edm-word").spec,
        [
            "dataset.text=a = b",
            "family.optimizer.lr=1e-05",
            "training.threads=2",
            "metrics=mmd,sliced-w2",
            "metrics.mmd.most=100",
            "name=It's a name",
        ],
    )
    words = shlex.split(command_for(changed))
    given = [words[i + 1] for i, word in enumerate(words) if word == "--set"]
    assert apply(find(words[2]).spec, given) == changed
    assert changed.training["threads"] == 2
    assert changed.dataset.config["text"] == "a = b"


@pytest.mark.parametrize(("dataset", "usual"), [("digits", 128), ("ring-of-five", 512)])
def test_only_what_is_usual_for_the_data_is_left_out(dataset: str, usual: int) -> None:
    catalog = build(discover())
    for batch in (128, 512):
        spec = apply(find(f"edm@{dataset}").spec, [f"training.batch={batch}"])
        command = command_for(spec, catalog=catalog)
        assert (f"training.batch={batch}" in command) == (batch != usual)


def test_a_run_on_images_leaves_a_sheet_of_them(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    small = [
        word
        for text in (
            "family.generator.width=4",
            "family.critic.width=4",
            "training.steps=12",
            "training.particles=9",
            "training.evaluate_every=12",
            "training.device=cpu",
        )
        for word in ("--set", text)
    ]
    assert main(["run", "digits-gan", "--out", str(project), *small]) == 0
    [run] = Project.open(project).runs()
    picture = run.path / "picture.png"
    assert str(picture) in capsys.readouterr().out
    header = picture.read_bytes()[:24]
    assert header.startswith(b"\x89PNG")
    width, height = (int.from_bytes(header[i : i + 4], "big") for i in (16, 20))
    assert width == height >= 512
    qualities = run.metrics.read()[0]
    assert qualities["quality/frechet-judge"][0][-1] == 12

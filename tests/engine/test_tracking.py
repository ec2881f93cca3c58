"""Curves in experiment trackers, read back with the trackers' own readers."""

import json
import os
import signal
import socket
import struct
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import get_args, get_type_hints
from urllib.request import urlopen

import pytest

from pushforward.studio.engine.jobs import headless
from pushforward.studio.engine.process.refusal import Refused
from pushforward.studio.engine.run.resolve import check
from pushforward.studio.engine.run.settings import TrainingConfig
from pushforward.studio.engine.tracking import tensorboard as tensorboard_files
from pushforward.studio.engine.tracking import tracker as trackers
from pushforward.studio.engine.tracking.mlflow import FILE, KEY
from pushforward.studio.engine.tracking.tracker import TRACKERS, TrackedRun, run_key
from pushforward.studio.engine.tracking.tracking import Tracking
from pushforward.studio.engine.tracking.wandb import STEP
from pushforward.studio.protocol.messages import Log, Progress
from pushforward.studio.store.run import RunFolder
from tests.engine.test_operating import spec
from tests.patience import Patience

STEPS = 12
FOREIGN = pytest.mark.filterwarnings("ignore")
"""For libraries whose own code warns."""


def needs(slug: str) -> None:
    """Skip a test whose tracker is not installed."""
    if find_spec(TRACKERS[slug].package) is None:
        pytest.skip(f"{TRACKERS[slug].title} is not installed: pip install 'pushforward[{slug}]'")


def train(project: Path, slug: str, **training) -> RunFolder:
    """Train a small run with a tracker."""
    status = headless.run(spec(tracker=slug, **training), project=project)
    assert status.state == "finished", status.error
    return RunFolder(project / "runs" / "0001-a-test")


def expected(run: RunFolder) -> dict[str, list[tuple[int, float]]]:
    """Return the curves of a run's own file, as pairs of step and value."""
    columns, _ = run.metrics.read()
    return {name: list(zip(*curve, strict=True)) for name, curve in columns.items()}


def assert_same(found: dict[str, list[tuple[int, float]]], run: RunFolder) -> None:
    """Compare the curves of a tracker with those of the run, to single precision."""
    curves = expected(run)
    assert len(curves["loss"]) == STEPS
    assert found.keys() == curves.keys()
    for name, pairs in curves.items():
        assert [step for step, _ in found[name]] == [step for step, _ in pairs], name
        values = [value for _, value in found[name]]
        assert values == pytest.approx([value for _, value in pairs], rel=1e-6), name


def read_events(folder: Path) -> dict[str, list[tuple[int, float]]]:
    """Return the curves of TensorBoard's files, as its own reader sees them."""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(str(folder), size_guidance={"scalars": 0}).Reload()
    return {
        name: [(each.step, each.value) for each in events.Scalars(name)]
        for name in events.Tags()["scalars"]
    }


def read_mlflow(uri: str, run: RunFolder) -> tuple[dict, dict[str, str], str]:
    """Return curves, settings and state of a run of MLflow, through its own client."""
    from mlflow.tracking import MlflowClient

    client = MlflowClient(tracking_uri=uri)
    experiment = client.get_experiment_by_name("project")
    key = run_key(run.path / "run.toml")
    (found,) = client.search_runs([experiment.experiment_id], f"tags.`{KEY}` = '{key}'")
    curves = {}
    for name in found.data.metrics:
        history = client.get_metric_history(found.info.run_id, name)
        curves[name] = sorted((each.step, each.value) for each in history)
    return curves, found.data.params, found.info.status


@contextmanager
def mlflow_server(folder: Path) -> Iterator[str]:
    """Run a tracking server of MLflow, and give its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    uri = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "mlflow", "server", "--port", str(port), "--workers", "1"]
    store = ["--backend-store-uri", f"sqlite:///{folder / 'server.db'}"]
    place = ["--default-artifact-root", str(folder / "artifacts")]
    with subprocess.Popen([*command, *store, *place], start_new_session=True) as server:
        try:
            patience = Patience(120)
            while not answers(f"{uri}/health"):
                assert server.poll() is None, "the server ended"
                assert not patience.is_over(), "the server does not answer"
            yield uri
        finally:
            os.killpg(server.pid, signal.SIGTERM)


def answers(address: str) -> bool:
    """Return whether a server answers."""
    try:
        with urlopen(address, timeout=1) as answer:
            return answer.status == 200
    except OSError:
        return False


def read_offline(file: Path) -> tuple[dict[str, list[tuple[int, float]]], dict[str, str]]:
    """Return the curves and settings of an offline file of W&B, by W&B's own messages.

    The file is a log of LevelDB (blocks of 32 KB; checksum, length and type before each piece).
    """
    from wandb.proto.wandb_internal_pb2 import Record

    data, place, whole = file.read_bytes(), 7, b""
    curves: dict[str, list[tuple[int, float]]] = {}
    settings = {}
    while place + 7 <= len(data):
        if 32768 - place % 32768 < 7:
            place += 32768 - place % 32768
            continue
        _, length, kind = struct.unpack("<IHB", data[place : place + 7])
        whole += data[place + 7 : place + 7 + length]
        place += 7 + length
        if kind not in (1, 4):  # a first or middle piece
            continue
        record, whole = Record.FromString(whole), b""
        row = {
            item.key or "/".join(item.nested_key): json.loads(item.value_json)
            for item in record.history.item
        }
        for name, value in row.items():
            if not name.startswith("_") and name != STEP:
                curves.setdefault(name, []).append((row[STEP], value))
        for item in record.run.config.update:
            settings[item.key or "/".join(item.nested_key)] = json.loads(item.value_json)
    return curves, settings


def test_each_tracker_is_offered_and_has_a_module() -> None:
    setting = get_type_hints(TrainingConfig)["tracker"]
    assert set(get_args(setting)) == {"none", *TRACKERS}
    for slug in TRACKERS:
        assert (Path(trackers.__file__).parent / f"{slug}.py").is_file()


def test_a_tracker_that_is_not_installed_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trackers.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(Refused, match="MLflow is not installed") as refused:
        check(spec(tracker="mlflow"))
    assert refused.value.info.path == "training.tracker"
    assert "pushforward[mlflow]" in refused.value.info.hint
    check(spec(tracker="mlflow"), any_device=True)  # a run of another computer can be opened
    check(spec(tracker="none"))


def test_tensorboard_has_the_curves_and_the_settings(tmp_path: Path) -> None:
    needs("tensorboard")
    run = train(tmp_path / "project", "tensorboard")
    folder = run.path / tensorboard_files.FOLDER
    assert_same(read_events(folder), run)

    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(str(folder)).Reload()
    (text,) = events.Tensors("settings/text_summary")
    assert "training.batch | 32" in text.tensor_proto.string_val[0].decode()


def test_curves_are_in_tensorboard_while_the_training_runs(tmp_path: Path) -> None:
    needs("tensorboard")
    run = headless.create(spec(tracker="tensorboard", steps=100_000), tmp_path / "project")
    seen: list[int] = []

    def look(event: object) -> None:
        if isinstance(event, Progress) and event.step and not seen:
            seen.extend(step for step, _ in read_events(folder).get("loss", []))

    folder = run.path / tensorboard_files.FOLDER
    status = headless.run(run.path, on_event=look, stop=lambda: bool(seen))
    assert status.state == "paused"
    assert seen
    assert seen[-1] < status.step


def test_a_resumed_training_goes_on_where_its_checkpoint_is(tmp_path: Path) -> None:
    needs("tensorboard")
    run = train(tmp_path / "project", "tensorboard", steps=8)
    assert headless.run(run.path, steps=STEPS).state == "finished"
    assert_same(read_events(run.path / tensorboard_files.FOLDER), run)


@FOREIGN
def test_mlflow_has_the_curves_and_the_settings_in_one_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    needs("mlflow")
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    project = tmp_path / "project"
    run = train(project, "mlflow", steps=8)
    assert headless.run(run.path, steps=STEPS).state == "finished"
    found, settings, state = read_mlflow(f"sqlite:///{project / FILE}", run)
    assert_same(found, run)
    assert state == "FINISHED"
    assert settings["training.batch"] == "32"
    assert settings["model"] == "edm"


@FOREIGN
def test_a_server_of_mlflow_gets_the_curves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    needs("mlflow")
    with mlflow_server(tmp_path) as uri:
        monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
        run = train(tmp_path / "project", "mlflow")
        found, _, state = read_mlflow(uri, run)
        assert_same(found, run)
        assert state == "FINISHED"
    assert not (tmp_path / "project" / FILE).exists()


@FOREIGN
def test_weights_and_biases_has_the_curves_and_the_settings_offline(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    needs("wandb")
    monkeypatch.delenv("WANDB_MODE", raising=False)
    # The default is offline: no account and no network are needed.
    monkeypatch.delenv("WANDB_API_KEY", raising=False)
    run = train(tmp_path / "project", "wandb")
    (file,) = (run.path / "wandb").glob("offline-run-*/*.wandb")
    found, settings = read_offline(file)
    assert_same(found, run)
    assert settings["training.batch"] == "32"


class Slow:
    """A tracker that takes its time, or fails."""

    place = "nowhere"

    def __init__(self, fails: bool) -> None:
        self.fails = fails
        self.steps: list[int] = []
        self.finished: bool | None = None

    def log(self, columns):
        if self.fails:
            raise ConnectionError("no route to host\nsecond line")
        self.steps += columns["loss"][0]

    def close(self, finished: bool) -> None:
        self.finished = finished


def tracked(fails: bool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    """Return a tracker, what sends curves to it, and the lines of the log."""
    slow, lines = Slow(fails), []
    monkeypatch.setattr(tensorboard_files, "open_tracker", lambda run: slow)
    run = TrackedRun("0001-a", "a", tmp_path, tmp_path, "0" * 16, {}, 0)
    return slow, Tracking("tensorboard", run, lambda *line: lines.append(line)), lines


def test_all_values_arrive_before_the_training_ends(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    slow, tracking, lines = tracked(False, monkeypatch, tmp_path)
    for step in range(1, 2001):
        tracking.log({"loss": ([step], [0.5])})
    for _ in tracking.finish():
        pass
    tracking.stop()  # a job that has ended does so once more
    assert slow.steps == list(range(1, 2001))
    assert slow.finished is True
    assert lines == [("info", "Curves are sent to TensorBoard: nowhere")]


def test_a_tracker_that_fails_is_left_out_with_a_warning(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    _, tracking, lines = tracked(True, monkeypatch, tmp_path)
    tracking.log({"loss": ([1], [0.5])})
    for _ in tracking.finish():
        pass
    expected = "TensorBoard failed: ConnectionError: no route to host."
    assert lines[-1] == ("warning", f"{expected} The training continues without it.")


def test_a_training_that_is_stopped_says_so_to_the_tracker(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    slow, tracking, _ = tracked(False, monkeypatch, tmp_path)
    tracking.log({"loss": ([1], [0.5])})
    tracking.stop()
    patience = Patience(60)
    while slow.finished is None:
        assert not patience.is_over()
    assert slow.finished is False
    assert slow.steps == [1]


def test_a_training_survives_its_tracker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(run: TrackedRun) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr(tensorboard_files, "open_tracker", fail)
    lines: list[str] = []

    def hear(event: object) -> None:
        if isinstance(event, Log) and event.level == "warning":
            lines.append(event.text)

    needs("tensorboard")
    run = headless.create(spec(tracker="tensorboard"), tmp_path / "project")
    assert headless.run(run.path, on_event=hear).state == "finished"
    assert any("the disk is full" in line for line in lines)
    assert len(expected(run)["loss"]) == STEPS

"""The reducer: one case for each event, and what each does to the state."""

import ast
import inspect
import typing

import msgspec
import numpy as np
import pytest

from pushforward.studio.app.core import reduce as reducer
from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.reduce import reduce
from pushforward.studio.app.core.runs import LOG_LINES, RunState, Series
from pushforward.studio.protocol import messages as m
from pushforward.studio.protocol.catalog import ProblemSpec
from tests.client.fakes.catalog import catalog

RUN = "/projects/rings/runs/0001-edm"


@pytest.fixture
def state(qapp):
    made = AppState()
    made.runs.by_key[RUN] = RunState(key=RUN, name="0001-edm", job="7", state="running", total=100)
    made.jobs["7"] = info()
    return made


def info(state="running", **more):
    return m.JobInfo(
        **{"job": "7", "kind": "training", "state": state, "title": "edm", "run": RUN, "total": 100}
        | more
    )


def test_every_event_of_the_protocol_has_a_case():
    tree = ast.parse(inspect.getsource(reducer.reduce))
    handled = {
        node.cls.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.MatchClass) and isinstance(node.cls, ast.Attribute)
    }
    assert handled == {event.__name__ for event in typing.get_args(m.Event)}


def test_the_engine_says_hello_and_becomes_ready_on_a_device_with_its_reason(state):
    reduce(state, m.Hello(protocol=1, version="0", pid=1))
    assert state.engine.state == "starting"
    reduce(state, m.Ready(versions={"torch": "2.9"}, device="cuda:0: the first GPU"))
    assert (state.engine.state, state.engine.device) == ("ready", "cuda:0")
    assert state.engine.reason == "the first GPU"


def test_a_module_that_cannot_be_loaded_is_told_and_the_rest_is_offered(state):
    offer = catalog()
    broken = ProblemSpec(
        module="pushforward.models.families.mine", message="SyntaxError", details="line 3"
    )
    reduce(state, m.CatalogEvent(catalog=msgspec.structs.replace(offer, problems=[broken])))
    assert state.catalog is not None
    assert [b.text for b in state.notices.banners] == [
        "pushforward.models.families.mine could not be loaded"
    ]


def test_a_snapshot_marks_runs_that_the_engine_does_not_know_as_interrupted(state):
    reduce(state, m.Snapshot(jobs=[]))
    assert state.runs.by_key[RUN].state == "interrupted"
    assert state.runs.by_key[RUN].job == ""
    assert state.jobs == {}


def test_the_queue_keeps_its_order_and_a_job_that_starts_leaves_it(state):
    for place, job in enumerate("abc"):
        reduce(state, m.JobChanged(info=info("queued", job=job, run=""), place=place))
    reduce(state, m.JobChanged(info=info("queued", job="c", run=""), place=0))
    reduce(state, m.JobChanged(info=info("queued", job="d", run="", race="a"), place=1))
    assert state.queue == ["c", "a", "b"]
    reduce(state, m.JobChanged(info=info("running", job="c", run="")))
    assert state.queue == ["a", "b"]


def test_a_failed_training_is_a_lasting_banner_with_the_advice_and_never_finished(state, qtbot):
    error = m.ErrorInfo(kind="memory", message="The GPU is full.", hint="Halve the batch.")
    with qtbot.waitSignal(state.job_ended):
        reduce(state, m.JobChanged(info=info("failed", error=error)))
    run = state.runs.by_key[RUN]
    assert (run.state, run.error, run.job) == ("failed", error, "")
    banner = state.notices.banners[0]
    assert (banner.why, banner.todo) == ("The GPU is full.", "Halve the batch.")


def test_an_end_is_announced_once(state):
    reduce(state, m.JobChanged(info=info("finished", step=100)))
    assert [notice.level for notice in state.notices.history] == ["good"]
    assert state.runs.by_key[RUN].step == 100


def test_a_run_of_another_project_is_not_listed(state):
    elsewhere = info("running", job="9", run="/other/runs/0001-edm")
    reduce(state, m.JobChanged(info=elsewhere))
    assert list(state.runs.by_key) == [RUN]


def test_progress_and_metrics_reach_their_run(state, qtbot):
    progress = m.Progress(
        job="7", step=40, total=100, steps_per_second=9.5, seconds_left=6.0, memory=2**20
    )
    with qtbot.waitSignal(state.runs.progressed, check_params_cb=lambda key: key == RUN):
        reduce(state, progress)
    columns = {"loss": ([1, 2], [0.5, 0.25])}
    reduce(state, m.Metrics(job="7", columns=columns, floors={"sliced-w2": 0.05}))
    run = state.runs.by_key[RUN]
    assert (run.step, run.steps_per_second, run.seconds_left) == (40, 9.5, 6.0)
    assert run.series["loss"].values.tolist() == [0.5, 0.25]
    assert run.floors == {"sliced-w2": 0.05}


def test_a_curve_is_cut_where_a_run_goes_on_from_an_earlier_step(state):
    reduce(state, m.Metrics(job="7", columns={"loss": ([1, 2, 3], [3.0, 2.0, 1.0])}))
    reduce(state, m.Metrics(job="7", columns={"loss": ([2], [9.0])}))
    series = state.runs.by_key[RUN].series["loss"]
    assert (series.steps.tolist(), series.values.tolist()) == ([1, 2], [3.0, 9.0])


def test_a_record_becomes_the_live_particles_with_layers_by_name(state):
    arrays = {
        "t": np.linspace(0, 1, 3, dtype=np.float32),
        "x": np.zeros((3, 5, 2), dtype=np.float32),
        "layer:velocity": np.zeros((3, 4, 4, 2), dtype=np.float32),
    }
    reduce(state, m.Record(job="7", step=12, bounds=[-1, 1, -2, 2], arrays={}), arrays)
    live = state.runs.by_key[RUN].live
    assert (live.step, live.x.shape, live.bounds) == (12, (3, 5, 2), (-1, 1, -2, 2))
    assert set(live.layers) == {"velocity"}


def test_kept_steps_checkpoints_and_log_lines_are_listed(state):
    reduce(state, m.Kept(job="7", step=8, steps=[1, 8]))
    for step in (50, 20, 50):
        reduce(state, m.CheckpointWritten(job="7", step=step, file="x"))
    reduce(state, m.Log(level="warning", text="slow", job="7"))
    run = state.runs.by_key[RUN]
    assert (run.kept, run.checkpoints, run.log) == ([1, 8], [20, 50], ["warning: slow"])


def test_checkpoints_that_were_thinned_out_are_listed_no_longer(state):
    """The training clock showed nine marks for four files."""
    for step, steps in ((20, [20]), (50, [20, 50]), (90, [50, 90])):
        reduce(state, m.CheckpointWritten(job="7", step=step, file="x", steps=steps))
    assert state.runs.by_key[RUN].checkpoints == [50, 90]


def test_the_log_on_the_screen_is_bounded(state):
    for number in range(LOG_LINES + 5):
        reduce(state, m.Log(level="info", text=str(number), job="7"))
    log = state.runs.by_key[RUN].log
    assert (len(log), log[0], log[-1]) == (LOG_LINES, "5", str(LOG_LINES + 4))


def test_events_of_unknown_jobs_change_nothing(state):
    before = vars(state.runs.by_key[RUN]).copy()
    reduce(state, m.Metrics(job="?", columns={"loss": ([1], [1.0])}))
    reduce(state, m.Record(job="?", step=1, bounds=[], arrays={}), {})
    reduce(state, m.Kept(job="?", step=1, steps=[1]))
    assert vars(state.runs.by_key[RUN]) == before


def test_a_background_run_does_not_make_the_engine_busy(state):
    state.jobs.clear()
    reduce(state, m.Ready(versions={}, device="cpu"))
    reduce(state, m.JobChanged(info=info(job="background:x")))
    assert state.engine.state == "ready"
    assert state.running is None


@pytest.mark.parametrize(
    ("own", "expected"),
    [([], [1, 2, 3, 4]), ([3, 4, 5], [1, 2, 3, 4, 5]), ([1, 2], [1, 2]), ([9], [1, 2, 3, 4, 9])],
)
def test_a_curve_can_be_preceded_by_that_of_a_parent(own: list[int], expected: list[int]) -> None:
    series = Series()
    series.extend(own, [10.0] * len(own))
    series.precede([1, 2, 3, 4], [0.0] * 4)
    assert series.steps.tolist() == expected
    assert [v for s, v in zip(series.steps, series.values, strict=True) if s in own] == [
        10.0
    ] * len(own)


def test_what_was_seen_of_steps_that_are_done_again_is_no_more(state):
    run = state.runs.by_key[RUN]
    arrays = {"t": np.ones(1, np.float32), "x": np.zeros((1, 3, 2), np.float32)}
    reduce(state, m.Kept(job="7", step=8, steps=[0, 4, 8]))
    reduce(state, m.Record(job="7", step=9, bounds=[], arrays={}), arrays)
    ahead = m.Progress(job="7", step=9, total=100, steps_per_second=1, seconds_left=1, memory=1)
    reduce(state, ahead)
    assert (run.live.step, run.kept) == (9, [0, 4, 8])
    reduce(state, msgspec.structs.replace(ahead, step=5))  # resumed from an earlier checkpoint
    assert (run.live, run.kept) == (None, [0, 4])


def test_figures_of_steps_that_a_resumed_training_does_again_are_no_more(state, qtbot):
    run = state.runs.by_key[RUN]
    columns = {
        "loss": ([1, 253, 1197], [3.0, 2.0, 1.0]),
        "quality/sliced-w2": ([16, 1008], [0.9, 0.1]),
        "cost/floor/sliced-w2": ([16, 1008], [0.06, 0.05]),
        "quality/mmd": ([1008], [0.1]),
    }
    reduce(state, m.Metrics(job="7", columns=columns, floors={}))
    reduce(state, m.Snapshot(jobs=[]))  # the engine is another one
    assert run.series["loss"].steps.tolist() == [1, 253, 1197]
    again = info(job="8", step=253, total=1500)
    with qtbot.waitSignal(state.runs.metrics_appended, check_params_cb=lambda key: key == RUN):
        reduce(state, m.JobChanged(info=again, place=-1))
    assert {name: curve.steps.tolist() for name, curve in run.series.items()} == {
        "loss": [1, 253],
        "quality/sliced-w2": [16],
        "cost/floor/sliced-w2": [16],
    }
    assert run.floors["sliced-w2"] == 0.06


def test_progress_behind_the_curves_cuts_them(state):
    reduce(state, m.Metrics(job="7", columns={"loss": ([1, 50], [2.0, 1.0])}, floors={}))
    reduce(
        state,
        m.Progress(job="7", step=40, total=100, steps_per_second=1.0, seconds_left=None, memory=1),
    )
    assert state.runs.by_key[RUN].series["loss"].steps.tolist() == [1]

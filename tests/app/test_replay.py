"""A branch that does its parent's steps again says so until it is where it leaves."""

from pathlib import Path

import pytest

from pushforward.studio.app.core.branch_replay import replay_of
from pushforward.studio.app.core.runs import RunState
from pushforward.studio.app.engine.requests import project_files
from pushforward.studio.protocol import messages as m
from pushforward.studio.protocol.spec import Pick, RunSpec
from pushforward.studio.store.project import Project
from pushforward.studio.store.run import RunRecord

SPEC = RunSpec(name="g", family=Pick(slug="gan"), dataset=Pick(slug="ring-of-five"))


def run(**more):
    more = {"state": "running", "step": 100, "branch_step": 500, "steps_per_second": 50.0, **more}
    return RunState(key="/p/runs/0002-g", name="0002-g", **more)


def test_how_far_and_how_long_up_to_where_it_leaves():
    replay = replay_of(run())
    assert (replay.share, replay.seconds_left) == (0.2, 8.0)
    assert replay.text == "Replaying to step 500"
    replay = replay_of(run(step=450, branch_start=400))
    assert replay.share == 0.5
    assert replay.text == "Replaying to step 500"
    assert replay.origin == "from the checkpoint at step 400"
    assert replay_of(run(state="paused")).seconds_left is None


@pytest.mark.parametrize(
    "more",
    [{"step": 500}, {"step": 501}, {"branch_step": None}, {"state": "queued"}, {"state": "failed"}],
)
def test_nothing_is_said_where_nothing_is_replayed(more):
    assert replay_of(run(**more)) is None


@pytest.mark.parametrize("start", [0, 400])
def test_row_status_bar_and_canvas_say_it_until_the_branch_begins(bench, qapp, start):
    key = "/p/runs/0002-g"
    state, window = bench.state, bench.window
    window.resize(1400, 800)
    window.show()
    state.project = Path("/p")

    def tell(step):
        info = m.JobInfo(
            job="1", kind="training", title="g", state="running", run=key, step=step, total=900,
            spec=SPEC, parent="0001-g", branch_step=500,
        )  # fmt: skip
        bench.studio._event(m.JobChanged(info=info), {})
        state.runs.by_key[key].branch_start = start
        progress = m.Progress(
            job="1", step=step, total=900, steps_per_second=50.0, seconds_left=99.0, memory=1
        )
        bench.studio._event(progress, {})

    tell(450)
    bench.actions.runs.select(key)
    strip = window.canvas.replay

    def row():
        return window.sidebar.runs.words(key)

    assert strip.isVisible()
    assert strip.text.text().startswith("Replaying to step 500")
    assert "1 s left" in strip.facts.accessibleName()
    assert row().progress == pytest.approx((450 - start) / (500 - start))
    assert row().note.startswith("replay ")
    assert "Replaying to step 500" in row().spoken
    assert window.statusbar._left.text().startswith("Replaying to step 500")
    assert window.statusbar._left.text().endswith("1 s left")
    tell(500)
    assert strip.isHidden()
    assert row().note == "55 %"
    assert window.statusbar._left.text() == "99 s left" or "min" in window.statusbar._left.text()
    state.show_help()
    tell(450)
    assert strip.isHidden(), "the help is about no run"


def test_a_project_knows_where_its_branches_began(tmp_path):
    project = Project.create(tmp_path / "p", "p")
    first = project.new_run(RunRecord(spec=SPEC))
    record = RunRecord(spec=SPEC, parent=first.name, branch_step=7)
    project.new_run(record, lambda folder: folder.events.append("branched", 5) and None)
    one, two = project_files.read(project.path).runs
    assert (one.branch_start, two.branch_start) == (0, 5)

"""Projects on a real disk: open, select, delete and undo; the draft; words; preferences."""

import asyncio
import re
import threading

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QLabel, QPushButton

from pushforward.studio.app.core import draft_spec, preferences
from pushforward.studio.app.core.display_names import called
from pushforward.studio.app.engine.requests import project_files
from pushforward.studio.app.engine.requests import project_requests as project_intents
from pushforward.studio.app.text import number_format
from pushforward.studio.home import config_folder
from pushforward.studio.protocol import messages as m
from pushforward.studio.protocol.spec import Pick, RunSpec
from pushforward.studio.store.project import Project
from pushforward.studio.store.run import RunRecord, RunStatus
from pushforward.studio.store.schema import points_schema
from tests.client.fakes.catalog import catalog

SPEC = RunSpec(name="edm", family=Pick(slug="edm"), dataset=Pick(slug="eight-gaussians"))


@pytest.fixture
def project(tmp_path):
    made = Project.create(tmp_path / "rings", "rings")
    for _ in range(2):
        run = made.new_run(RunRecord(spec=SPEC, seed=0, device="cpu"))
        run.update_status(state="finished", step=100, total=100)
        run.metrics.append({"loss": ([1, 2], [2.0, 1.0]), "quality/sliced-w2": ([2], [0.079])})
    made.add_dataset("mine", np.zeros((12, 2), dtype=np.float32), ["x", "y"], "points.csv")
    return made


async def opened(bench, wait, project):
    await bench.start()
    bench.actions.project.open(project.path)
    await wait(lambda: bench.state.place == "run")
    await wait(lambda: all(run.series for run in bench.state.runs.by_key.values()))


async def test_a_project_lists_its_runs_with_their_quality_and_its_data(bench, wait, project):
    await opened(bench, wait, project)
    state = bench.state
    assert [run.name for run in state.runs.by_key.values()] == [r.name for r in project.runs()]
    assert state.runs.current.name == project.runs()[-1].name
    assert state.runs.current.series["loss"].values.tolist() == [2.0, 1.0]
    assert [(d.name, d.rows) for d in state.datasets] == [("mine", 12)]
    lines = bench.window.sidebar.runs
    line = lines.words(state.runs.selection)
    assert (line.note, line.dot) == ("0.079", "good")
    role = Qt.ItemDataRole.AccessibleTextRole
    heard = lines.model.index_of(state.runs.selection).data(role)
    assert heard.endswith("trained, Sliced W2 0.079")
    await wait(lambda: [r.path for r in state.recent] == [project.path])


async def test_the_folder_of_a_run_opens_its_project_at_that_run(bench, wait, project):
    first, last = project.runs()
    await bench.start()
    bench.actions.project.open(first.path)
    await wait(lambda: bench.state.place == "run")
    assert bench.state.project == project.path
    assert bench.state.runs.current.name == first.name != last.name


async def test_a_disk_that_does_not_answer_hides_only_its_own_projects(
    bench, wait, project, monkeypatch
):
    answers, dead = threading.Event(), project.path.parent / "dead"
    usual = project_files.is_project

    def is_project(path):
        if path == dead:
            answers.wait()
        return usual(path)

    monkeypatch.setattr(project_files, "is_project", is_project)
    monkeypatch.setattr(project_intents, "ANSWERS", 0.05)
    kept = preferences.Preferences()
    for number, path in enumerate((project.path, dead, project.path.parent / "gone")):
        kept.opened(path, path.name, float(number))
    try:
        await bench.actions.project.show_recent(kept)
        assert [each.path for each in bench.state.recent] == [project.path]
    finally:
        answers.set()


async def test_a_run_with_damaged_curves_says_so_and_the_others_have_theirs(bench, wait, project):
    whole, damaged = project.runs()
    damaged.metrics.path.unlink()
    damaged.metrics.path.mkdir()
    await bench.start()
    bench.actions.project.open(project.path)
    await wait(lambda: bench.state.notices.banners)
    banner = bench.state.notices.banners[0]
    assert banner.text == f"The curves of {damaged.name} cannot be read"
    assert banner.runs == (str(damaged.path),)
    await wait(lambda: bench.state.runs.by_key[str(whole.path)].series)
    assert [each.text for each in bench.state.notices.banners] == [banner.text]


async def test_a_run_that_died_is_interrupted_whatever_its_file_says(bench, wait, project):
    project.runs()[0].update_status(state="running", step=40, pid=1, process_started=123_456.0)
    await opened(bench, wait, project)
    assert bench.state.runs.by_key[str(project.runs()[0].path)].state == "interrupted"


async def test_a_deleted_run_is_in_the_trash_until_undo_brings_it_back(bench, wait, project):
    await opened(bench, wait, project)
    key = bench.state.runs.selection
    bench.actions.project.delete_runs([key])
    await wait(lambda: key not in bench.state.runs.by_key)
    await wait(lambda: any("is deleted" in n.text for n in bench.state.notices.history))
    assert len(project.runs()) == 1
    bench.follow_notice()
    await wait(lambda: key in bench.state.runs.by_key)
    assert len(project.runs()) == 2
    assert bench.state.runs.selection == key


async def test_a_deleted_data_set_comes_back_too(bench, wait, project):
    await opened(bench, wait, project)
    bench.actions.data.delete_dataset("mine")
    await wait(lambda: bench.state.datasets == [])
    await wait(lambda: bench.state.notices.history)
    assert project.datasets() == []
    bench.follow_notice()
    await wait(lambda: [d.name for d in bench.state.datasets] == ["mine"])


async def test_who_misses_a_deleted_data_set_is_said_and_it_is_restored(bench, wait, project):
    await opened(bench, wait, project)
    spec = RunSpec(name="own", family=Pick(slug="edm"), dataset=Pick(slug="project:mine"))
    run = project.new_run(RunRecord(spec=spec, seed=0, device="cpu"))
    run.update_status(state="paused")
    key = next(key for key in bench.state.runs.by_key if key != bench.state.runs.selection)
    bench.state.runs.by_key[key].spec = spec
    registry, said = bench.window.registry, bench.state.notices
    bench.actions.data.delete_dataset("mine")
    await wait(lambda: any(n.text == "mine was not deleted" for n in said.history))
    assert project.datasets()
    run.update_status(state="finished")
    bench.actions.data.delete_dataset("mine")
    await wait(lambda: bench.state.datasets == [])
    await wait(lambda: said.history[-1].text == "mine is deleted")
    assert said.history[-1].why == (
        "1 run has learned from it: it cannot be resumed or measured until it is restored from the "
        "trash."
    )
    registry.trigger("restore")
    await wait(lambda: bench.window.findChildren(QDialog))
    (dialog,) = bench.window.findChildren(QDialog)
    assert "data set, deleted today" in [each.text() for each in dialog.findChildren(QLabel)]
    (back,) = [b for b in dialog.findChildren(QPushButton) if b.text() == "Restore"]
    back.click()
    await wait(lambda: project.datasets())
    await wait(lambda: [d.name for d in bench.state.datasets] == ["mine"])
    dialog.reject()
    bench.actions.project.delete_runs([key])
    await wait(lambda: key not in bench.state.runs.by_key and project.trashed())
    (thing,) = (await bench.actions.project.trashed(project.path)).things
    bench.actions.project.restore(project.path, thing)
    await wait(lambda: key in bench.state.runs.by_key)
    assert thing.what == "run"


async def test_the_trash_is_emptied_when_that_was_confirmed(bench, wait, project):
    await opened(bench, wait, project)
    registry, state = bench.window.registry, bench.state
    registry.trigger("empty-trash")
    await wait(lambda: any("already empty" in n.text for n in state.notices.history))
    name = called(state.runs.current.name)
    bench.actions.project.delete_runs([state.runs.selection])
    await wait(lambda: project.trashed())
    registry.trigger("empty-trash")
    await wait(lambda: bench.window.findChildren(QDialog))
    (dialog,) = bench.window.findChildren(QDialog)
    texts = " ".join(each.text() for each in dialog.findChildren(QLabel))
    assert f"{name} cannot be restored" in texts
    assert re.search(r"This frees \d+ B\.", texts)
    assert len(project.trashed()) == 1
    dialog.accept()
    await wait(lambda: any(n.text == "The trash is empty" for n in state.notices.history))
    assert project.trashed() == []


async def test_a_running_run_is_not_deleted(bench, wait, project):
    await opened(bench, wait, project)
    run = bench.state.runs.current
    run.job = "1"
    bench.actions.project.delete_runs([run.key])
    await asyncio.sleep(0.05)
    assert len(project.runs()) == 2
    assert bench.state.notices.history[-1].todo == "Stop it first."


async def test_a_folder_that_is_no_project_is_refused_with_the_reason(bench, wait, tmp_path):
    await bench.start()
    bench.actions.project.open(tmp_path)
    await wait(lambda: bench.state.notices.banners)
    banner = bench.state.notices.banners[0]
    assert banner.text == f"{tmp_path.name} cannot be opened"
    assert banner.why
    assert banner.todo


async def test_an_imported_data_set_is_listed_and_shown(bench, wait, project):
    await opened(bench, wait, project)
    schema = points_schema(["a", "b"])
    notes = [f"note {k}" for k in range(505)]
    with project.new_dataset("fresh", schema, "new.csv", notes=notes) as writer:
        writer.add({"x": np.ones((5, 2), dtype=np.float32)})
    done = m.JobInfo(job="9", kind="import", state="finished", title="fresh")
    told = {"columns": ["a", "b"], "n": 4, "shares": {"learned": 4, "measured": 1}}
    x = np.ones((4, 2), np.float32)
    bench.engine.script[m.PreviewData] = lambda command: (told, {"x": x})
    bench.engine.emit(m.JobChanged(info=done))
    await wait(lambda: bench.state.place == "data")
    assert bench.state.dataset == "project:fresh"
    page = bench.window.canvas.data.currentWidget()
    known = page.known
    await wait(known.texts["Split"].isVisible)
    known.notes.open(True)
    assert known.noted.text().startswith("note 0\nnote 1\n")
    assert known.noted.text().endswith("\nnote 503\nnote 504"), "all of them"
    assert known.texts["Split"].text().startswith("Train 4, validation 1")
    page.train.click()
    assert bench.state.draft.spec.dataset.slug == "project:fresh"
    setup = bench.window.canvas.setup
    await wait(lambda: "train 4" in setup.shares.text())


async def test_data_of_a_project_are_not_shown_in_another(bench, wait, project, tmp_path):
    await opened(bench, wait, project)
    bench.actions.data.select("project:fresh")
    other = Project.create(tmp_path / "other", "other")
    bench.actions.project.open(other.path)
    await wait(lambda: bench.state.project == other.path)
    assert bench.state.dataset == ""
    bench.actions.data.select("two-moons")
    bench.actions.project.open(project.path)
    await wait(lambda: bench.state.project == project.path)
    assert bench.state.dataset == "two-moons", "that is in every project"


def test_a_default_leaves_no_trace_in_the_draft():
    entry = catalog().get("family", "edm")
    width = next(f for f in entry.fields if f.path == "net.width")
    changed = draft_spec.put(SPEC, "family", width, 256)
    assert changed.family.config == {"net": {"width": 256}}
    assert draft_spec.changed(changed.family.config, width)
    assert draft_spec.put(changed, "family", width, width.default).family.config == {}
    assert SPEC.family.config == {}  # nothing was changed in place


def test_another_choice_starts_at_its_defaults():
    changed = draft_spec.repick(SPEC, "family", "gan")
    assert changed.family == Pick(slug="gan")
    assert draft_spec.repick(SPEC, "sampler", "").sampler is None


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0787, "0.0787"), (12.345, "12.3"), (0.0, "0"), (3.2e-5, "3.20e-5"), (123456.7, "1.23e5")],
)
def test_figures(value, text):
    assert number_format.figure(value) == text


def test_durations_sizes_and_days():
    assert [number_format.duration(s) for s in (40, 240, 9000)] == ["40 s", "4 min", "2.5 h"]
    assert number_format.megabytes(412 * 2**20) == "412 MB"
    assert number_format.megabytes(3 * 2**30) == "3.0 GB"
    now = 1_800_000_000.0
    assert number_format.ago(now, now) == "today"
    assert number_format.ago(now - 86_400, now) == "yesterday"


def test_preferences_survive_and_a_damaged_file_does_not_stop_the_start(home):
    kept = preferences.Preferences(theme="light", scale=150, layout={"width": 900})
    for number in range(preferences.RECENT + 3):
        kept.opened(config_folder() / str(number % 14), str(number), float(number))
    preferences.save(kept)
    again = preferences.load()
    assert (again.theme, again.scale, again.layout) == ("light", 150, {"width": 900})
    assert len(again.recent) == preferences.RECENT
    assert again.recent[0].name == str(preferences.RECENT + 2)
    (config_folder() / "preferences.toml").write_text("theme = [broken")
    assert preferences.load().theme == "system"


async def test_a_project_opens_with_the_training_that_was_interrupted_last(bench, wait, tmp_path):
    made = Project.create(tmp_path / "cut", "cut")
    at = {"finished": (100, 5.0), "running": (40, 9.0), "queued": (0, 10.0)}
    for state, (step, heartbeat) in at.items():  # of a window that is gone
        run = made.new_run(RunRecord(spec=SPEC, seed=0, device="cpu"))
        pid = 2**22 + 1
        run.write_status(RunStatus(state=state, step=step, total=100, heartbeat=heartbeat, pid=pid))
    trained = made.runs()[1]
    await bench.start()
    bench.actions.project.open(made.path)
    await wait(lambda: bench.state.place == "run")
    assert bench.state.runs.current.name == trained.path.name
    assert bench.state.runs.current.state == "interrupted"
    trained.write_status(RunStatus(state="finished", step=100, total=100, heartbeat=11.0))
    bench.actions.project.open(made.path)
    await wait(lambda: bench.state.runs.current.name == made.runs()[-1].path.name)


async def test_who_went_on_while_data_came_in_is_left_there(bench, wait, project):
    await opened(bench, wait, project)
    bench.state.go("discover")
    bench.engine.script[m.ImportData] = lambda command: {"job": "9"}
    bench.actions.data.import_data(["new.csv"], "fresh", "csv", {})
    await wait(lambda: bench.actions.data._from == {"9": "discover"})
    bench.state.go("help")
    with project.new_dataset("fresh", points_schema(["a", "b"]), "new.csv") as writer:
        writer.add({"x": np.ones((5, 2), dtype=np.float32)})
    done = m.JobInfo(job="9", kind="import", state="finished", title="fresh")
    bench.engine.emit(m.JobChanged(info=done))
    notices = bench.state.notices
    await wait(lambda: "fresh is in the project" in [each.text for each in notices.history])
    assert bench.state.place == "help"
    told = next(each for each in notices.history if each.text == "fresh is in the project")
    told.actions[0].run()
    assert (bench.state.place, bench.state.dataset) == ("data", "project:fresh")


async def test_runs_that_wait_can_leave_the_queue_together(bench, wait, project):
    await opened(bench, wait, project)
    runs = [*bench.state.runs.by_key.values()]
    for place, run in enumerate(runs):
        run.job, run.state = f"{place}", "queued"
    bench.actions.project.delete_runs([run.key for run in runs])
    (leave,) = bench.state.notices.history[-1].actions
    assert leave.title == "Remove 2 from the queue"
    runs[0].state = "running"  # began meanwhile
    leave.run()
    await wait(lambda: any(isinstance(each, m.Control) for each in bench.engine.received))
    controls = [each for each in bench.engine.received if isinstance(each, m.Control)]
    assert [(each.job, each.action) for each in controls] == [(runs[1].job, "cancel")]

"""What a run can do, asked in the window: offered, filled in, refused in words, done, found."""

from pathlib import Path
from types import SimpleNamespace

import msgspec
import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QPushButton

from pushforward.studio.app.core import file_manager, operator_settings
from pushforward.studio.app.core.data_type_registry import kind
from pushforward.studio.app.core.operator_settings import Asking, Unreadable
from pushforward.studio.app.core.runs import RunState
from pushforward.studio.app.core.selection import Offered, Source
from pushforward.studio.app.data.views.operator_menu import OperatorChip
from pushforward.studio.app.design.forms.editors import ChoiceEditor
from pushforward.studio.app.places.runs.operator_sheet import OperateSheet
from pushforward.studio.protocol import messages as m
from pushforward.studio.protocol.capabilities import Able, AbleTo, Condition, OtherSet
from pushforward.studio.protocol.catalog import EntrySpec, FieldSpec, SlotSpec
from pushforward.studio.protocol.spec import Pick, RunSpec
from pushforward.studio.store.results import ResultRecord, Results
from tests.client.fakes.catalog import catalog
from tests.client.fakes.engine import Refusal


def setting(path, kind, default, **more):
    return FieldSpec(
        path=path, kind=kind, title=path.capitalize(), help="", default=default, **more
    )


def operator(slug, *fields, **more):
    return EntrySpec(
        kind="operator", slug=slug, title=slug.capitalize(), summary=f"Does {slug}.", source="",
        fields=list(fields), **more,
    )  # fmt: skip


MAKE = operator(
    "make",
    setting("n", "int", 4096, low=1.0),
    setting("sampler", "pick", {"slug": "", "config": {}}, of="sampler"),
    needs=["denoiser"],
)
ASK = operator("ask", needs=["denoiser"], takes=[SlotSpec(name="rows", title="Rows", help="Any.")])
SORT = operator("sort", needs=["denoiser"], kinds=["images"])
RANK = operator("rank", needs=["recommend"])
CONDITIONS = [
    Condition(name="type", names=["one", "two"], whole=True),
    Condition(name="speed", low=2.0, high=9.0, least=0.0, unit="m/s"),
    Condition(name="size", low=3.0, high=20.0, whole=True, least=1.0, most=24.0),
]
ABLE = Able(
    step=500,
    operators=[
        AbleTo(operator="make", suffixes=[".csv", ".npz"], conditions=True),
        AbleTo(operator="ask", suffixes=[".npz"]),
        AbleTo(operator="rank", reason="Rank needs a model that recommends."),
    ],
    conditions=CONDITIONS,
)


def offer():
    made = catalog()
    return msgspec.structs.replace(made, entries=[*made.entries, MAKE, ASK, SORT, RANK])


def run(**more):
    spec = RunSpec(name="r", family=Pick(slug="edm"), dataset=Pick(slug="two-moons"))
    return RunState(key="/p/runs/0001-r", name="0001-r", spec=spec, checkpoints=[500], **more)


def test_rows_that_say_something_else_than_data_say_how_they_are_written():
    slot = SlotSpec(name="known", title="Known", help="1 or 0.", example="[[1, 0]]")
    held = operator("hold", needs=["denoiser"], takes=[slot])
    spec = RunSpec(name="", family=Pick(slug="edm"), dataset=Pick(slug="ring-of-five"))
    run = RunState(key="r", name="r", spec=spec)
    (field,) = operator_settings.settings(held, run, catalog(), {}, []).fields
    assert field.meant == "such as [[1, 0]]"
    for typed, why in (("", "is missing"), ("1, 0", "must be rows in brackets")):
        with pytest.raises(Unreadable, match=rf"{why}[;,] for example \[\[1, 0\]\]"):
            operator_settings.asking({"inputs": {"known": typed}}, held)
    assert operator_settings.asking({"inputs": {"known": "[[1, 0]]"}}, held).inputs == {
        "known": [[1, 0]]
    }


def test_what_a_model_can_do_with_its_kind_of_data_is_offered():
    assert [each.slug for each in operator_settings.offered(run(), offer())] == ["make", "ask"]
    assert operator_settings.offered(None, offer()) == []
    assert operator_settings.offered(run(), None) == []


def test_settings_conditions_and_rows_are_one_form():
    entry = operator_settings.settings(MAKE, run(), offer(), {}, CONDITIONS)
    fields = {field.path: field for field in entry.fields}
    assert list(fields) == ["n", "sampler.slug", "given.type", "given.speed", "given.size"]
    # Only samplers that fit the model, beside its own.
    known = {each.slug for each in offer().entries_of("sampler")}
    assert {choice.value for choice in fields["sampler.slug"].choices} <= {"", *known}
    assert [choice.value for choice in fields["given.type"].choices] == ["", "one", "two"]
    speed, size = fields["given.speed"], fields["given.size"]
    assert (speed.kind, speed.above, speed.unit, speed.optional) == ("float", 0.0, "m/s", True)
    assert (size.kind, size.low, size.high) == ("int", 1.0, 24.0)
    assert "2 to 9" in speed.meant
    (rows,) = operator_settings.settings(ASK, run(), offer(), {}, []).fields
    assert rows.path == "inputs.rows"


def test_conditions_are_called_what_people_call_them():
    called = kind("jets").called
    pt = Condition(name="pt", unit="GeV", low=800.0, high=1600.0)
    label = Condition(name="label", names=["gluon", "top"])
    fields = operator_settings.settings(MAKE, run(), offer(), {}, [pt, label], called).fields
    assert [field.title for field in fields if field.group == "Conditions"] == ["pT", "Type"]


def test_how_many_frames_a_film_will_have_is_said_before_it_is_made():
    film = operator("film", setting("frames", "int", 48, low=2.0), needs=["denoiser"])
    own = run()
    own.spec = msgspec.structs.replace(own.spec, sampler=Pick(slug="heun", config={"steps": 18}))
    said = operator_settings.frames(film, own, offer(), {})
    assert said.endswith("goes in 18 steps: 19 frames, including the noise.")
    config = {"frames": 10, "sampler": {"slug": "heun", "config": {"steps": 60}}}
    said = operator_settings.frames(film, own, offer(), config)
    assert said.endswith("goes in 60 steps: 10 of 61 frames are kept.")
    assert operator_settings.frames(MAKE, own, offer(), {}) == ""


def test_a_model_without_samplers_is_not_asked_for_one():
    still = run()
    still.spec = msgspec.structs.replace(still.spec, family=Pick(slug="gan"))
    paths = [
        field.path for field in operator_settings.settings(MAKE, still, offer(), {}, []).fields
    ]
    assert paths == ["n"]


def test_what_was_filled_in_is_what_is_asked():
    config = {"n": 9, "given": {"type": "two", "speed": None}}
    assert operator_settings.asking(config, MAKE) == Asking({"n": 9}, {"type": "two"}, {})
    assert operator_settings.asking({}, ASK).inputs == {"rows": "data"}
    everybody = SlotSpec(name="people", title="People", help="Any.", unless="all")
    assert operator_settings.asking({}, operator("ask", takes=[everybody])).inputs == {
        "people": "all"
    }
    typed = {"inputs": {"rows": "[[0, 1], [2, 3]]"}}
    assert operator_settings.asking(typed, ASK).inputs == {"rows": [[0, 1], [2, 3]]}
    for bad in ("1, 2", "{}", "[1, 2]", "[[0"):
        with pytest.raises(Unreadable) as caught:
            operator_settings.asking({"inputs": {"rows": bad}}, ASK)
        assert caught.value.path == "inputs.rows"


async def ready(bench):
    bench.script[m.GetAble] = lambda command: msgspec.to_builtins(ABLE)
    await bench.start()
    bench.state.catalog = offer()
    bench.state.catalog_changed.emit()
    known = run()
    bench.state.runs.by_key[known.key] = known
    bench.state.runs.select(known.key)
    bench.state.go("run")
    return known


async def sheet(bench, wait, slug="make"):
    bench.window.registry.trigger(f"operate-{slug}")
    await wait(lambda: bench.window.findChildren(OperateSheet))
    (found,) = bench.window.findChildren(OperateSheet)
    await wait(lambda: found.go.isEnabled() or found.trouble.text())
    return found


async def test_an_operator_is_a_command_and_its_form_is_made_of_what_it_declares(bench, wait):
    await ready(bench)
    assert "operate-make" in [each.id for each in bench.window.registry.passing()]
    made = await sheet(bench, wait)
    assert made.step.text() == "With the weights of step 500"
    assert {"n", "given.type", "given.speed", "given.size"} <= made.form.rows.keys()
    # As many as the kind of data is drawn by, which is said to the engine in any case.
    assert made.form.rows["n"].editor.line.text().replace(",", "") == "4096"
    made.form.rows["given.size"].editor.line.setText("30")
    made.form.rows["given.size"].editor._typed("30")
    assert not made.go.isEnabled()
    made.form.rows["given.size"].editor._typed("20")
    made.form.edited.emit(made.form.rows["given.type"].field, "two")
    asked = []
    bench.script[m.Operate] = bench.engine.script[m.Operate] = lambda c: asked.append(c) or {}
    made.go.click()
    await wait(lambda: asked)
    (command,) = asked
    assert (command.operator, command.given, command.file) == (
        "make",
        {"type": "two", "size": 20},
        "",
    )
    assert command.config == {"n": 4096}
    await wait(lambda: not bench.window.findChildren(OperateSheet))


async def test_an_operator_that_is_for_few_proposes_few(bench, wait):
    """A film was proposed of all the samples that a kind is drawn by, too small to be seen."""
    await ready(bench)
    few = operator("make", setting("n", "int", 16, low=1.0), needs=["denoiser"])
    bench.state.catalog.entries[:] = [
        few if each is MAKE else each for each in bench.state.catalog.entries
    ]
    made = await sheet(bench, wait)
    assert made.form.rows["n"].editor.line.text() == "16"


async def test_a_condition_that_no_data_have_is_said_in_the_sheet(bench, wait):
    await ready(bench)
    made = await sheet(bench, wait)
    assert not made.advice.text()
    made.form.rows["given.speed"].editor._typed("5000")
    assert made.advice.text() == (
        "speed=5,000 m/s is outside the training data, 2 to 9 m/s: the result is an extrapolation."
    )
    assert made.go.isEnabled()
    made.form.rows["given.speed"].editor._typed("9")
    assert made.advice.isHidden()
    made.reject()


async def test_a_lab_says_beforehand_about_how_long_it_takes(bench, wait):
    lab = operator("likelihood-lab", setting("rows", "int", 100, low=16.0), needs=["denoiser"])
    asked = []

    def taking(command):
        asked.append(command)
        rows = command.config.get("rows", 100)
        return {"seconds": 1.2 * rows if rows < 1000 else None}

    await ready(bench)
    bench.engine.script[m.Operate] = taking
    bench.state.catalog = msgspec.structs.replace(
        bench.state.catalog, entries=[*bench.state.catalog.entries, lab]
    )
    bench.state.catalog_changed.emit()
    able = msgspec.structs.replace(ABLE, operators=[AbleTo(operator="likelihood-lab")])
    bench.engine.script[m.GetAble] = lambda command: msgspec.to_builtins(able)
    made = await sheet(bench, wait, "likelihood-lab")
    await wait(lambda: "2 min" in made.step.text())
    assert made.step.text() == "With the weights of step 500, about 2 min"
    assert asked[0].estimate
    made.form.rows["rows"].editor._typed("50")
    await wait(lambda: "60 s" in made.step.text())
    made.form.rows["rows"].editor._typed("5000")
    await wait(lambda: made.step.text() == "With the weights of step 500")
    made.reject()


async def test_a_sheet_has_what_was_filled_in_before_it_was_cancelled(bench, wait):
    await ready(bench)
    made = await sheet(bench, wait)
    made.form.rows["n"].editor._typed("36")
    made.form.rows["given.speed"].editor._typed("5000")
    made.reject()
    await wait(lambda: not bench.window.findChildren(OperateSheet))
    again = await sheet(bench, wait)
    assert again.form.rows["n"].editor.line.text() == "36"
    assert again.advice.text().startswith("speed=5,000 m/s lies outside")
    asked = []
    bench.engine.script[m.Operate] = lambda command: asked.append(command) or {}
    again.go.click()
    await wait(lambda: asked)
    assert (asked[0].config, asked[0].given) == ({"n": 36}, {"speed": 5000.0})


async def test_what_the_engine_refuses_is_said_in_the_sheet(bench, wait):
    await ready(bench)
    made = await sheet(bench, wait)

    def refuse(command):
        raise Refusal("speed must be finite", path="given.speed")

    bench.engine.script[m.Operate] = refuse
    made.go.click()
    await wait(lambda: made.form.rows["given.speed"].problem.text())
    assert made.isVisible()
    assert made.go.isEnabled()
    made.reject()


async def test_what_is_said_takes_no_line_of_the_sheet(bench, wait):
    await ready(bench)
    entries = [
        msgspec.structs.replace(each, summary="Says what it does in words. " * 8)
        if each.slug == "make"
        else each
        for each in offer().entries
    ]
    bench.state.catalog = msgspec.structs.replace(bench.state.catalog, entries=entries)
    made = await sheet(bench, wait)
    await wait(lambda: made.isVisible())
    summary = next(each for each in made.findChildren(QLabel) if "Says what" in each.text())

    def refuse(command):
        raise Refusal("Results cannot be written as .txt.", hint="Use one of .npy, .png.")

    bench.engine.script[m.Operate] = refuse
    made.go.click()
    await wait(lambda: made.trouble.isVisible())
    assert made.height() >= made.layout().totalHeightForWidth(made.width())
    await wait(lambda: summary.height() >= summary.heightForWidth(summary.width()))
    made.reject()


async def test_a_run_that_cannot_do_it_says_why(bench, wait):
    await ready(bench)
    bench.state.window.open_operator.emit("/p/runs/0001-r", "rank")
    await wait(lambda: bench.window.findChildren(OperateSheet))
    (made,) = bench.window.findChildren(OperateSheet)
    await wait(lambda: made.trouble.text())
    assert "recommends" in made.trouble.text()
    assert not made.go.isEnabled()
    made.reject()


@pytest.mark.parametrize(("slug", "does"), [("solver-lab", "Measure"), ("make", "Make")])
async def test_what_is_called_by_a_noun_is_measured(bench, wait, slug, does):
    await ready(bench)
    entry = operator(slug, needs=["denoiser"])
    run_ = bench.state.runs.current
    assert OperateSheet(bench.state, bench.actions, run_, entry, bench.window).go.text() == does


async def test_a_short_job_is_seen_and_can_be_ended(bench, wait):
    known = await ready(bench)
    strip = bench.window.canvas.jobs
    assert strip.isHidden()
    info = m.JobInfo(
        job="j9", kind="operator", title="Make: 0001-r", state="running", run=known.key
    )
    bench.engine.emit(m.JobChanged(info=info))
    await wait(lambda: strip.isVisible())
    bench.engine.emit(
        m.Progress(
            job="j9", step=3, total=10, steps_per_second=0.0, seconds_left=None, memory=0,
            doing="Make",
        )
    )  # fmt: skip
    line = strip.lines["j9"]
    page = bench.window.canvas.pages
    during = page.mapTo(bench.window, page.rect().topLeft()), page.size()
    host = strip.parentWidget()
    assert strip.geometry().bottom() < host.height()
    assert strip.width() <= host.width()
    await wait(lambda: line.facts.text() == "3 of 10")
    assert (line.bar.value(), line.bar.maximum()) == (3, 10)
    told = []
    bench.engine.script[m.Control] = lambda command: told.append(command) or {}
    alone = strip.height()
    other = msgspec.structs.replace(info, job="j10", state="queued")
    bench.engine.emit(m.JobChanged(info=other, place=0))
    await wait(lambda: len(strip.lines) == 2)
    assert strip.height() > 1.5 * alone, "both are seen whole"
    bench.engine.emit(m.JobChanged(info=msgspec.structs.replace(other, state="cancelled")))
    await wait(lambda: list(strip.lines) == ["j9"])
    assert strip.height() == alone
    line = strip.lines["j9"]
    line.stop.click()
    assert line.facts.text() == "Cancelling…", "at once, however long the engine takes"
    assert not line.stop.isEnabled()
    await wait(lambda: told)
    assert (told[0].job, told[0].action) == ("j9", "cancel")
    bench.engine.emit(m.JobChanged(info=msgspec.structs.replace(info, state="cancelled")))
    await wait(lambda: strip.isHidden())
    assert not strip.lines
    after = page.mapTo(bench.window, page.rect().topLeft()), page.size()
    assert after == during, "no page moves for it"


async def test_what_cannot_be_ended_goes_on_and_says_so(bench, wait):
    known = await ready(bench)
    info = m.JobInfo(job="j9", kind="evaluation", title="E", state="running", run=known.key)
    bench.engine.emit(m.JobChanged(info=info))
    strip = bench.window.canvas.jobs
    await wait(lambda: strip.isVisible())

    def refuse(command):
        raise Refusal("It has ended already.")

    bench.engine.script[m.Control] = refuse
    line = strip.lines["j9"]
    line.stop.click()
    await wait(line.stop.isEnabled)
    assert not bench.state.ending
    bench.engine.emit(
        m.Progress(
            job="j9", step=7, total=19, steps_per_second=0.0, seconds_left=60.0, memory=0,
            doing="Floor of FPND",
        )
    )  # fmt: skip
    await wait(lambda: line.facts.text() == "7 of 19, 60 s left, Floor of FPND")


async def test_what_waits_says_for_what_and_for_how_long(bench, wait):
    """Sampling waited 45 s behind an evaluation, and said that it waits."""
    known = await ready(bench)
    info = m.JobInfo(job="j9", kind="evaluation", title="E", state="running", run=known.key)
    bench.engine.emit(m.JobChanged(info=info))
    waits = m.JobInfo(job="j10", kind="operator", title="Make", state="queued", run=known.key)
    bench.engine.emit(m.JobChanged(info=waits, place=0))
    strip = bench.window.canvas.jobs
    await wait(lambda: len(strip.lines) == 2)
    assert strip.lines["j10"].facts.text() == "Waits for E"
    bench.engine.emit(
        m.Progress(
            job="j9", step=7, total=19, steps_per_second=0.0, seconds_left=60.0, memory=0,
            doing="Floor of Classifier two-sample test between two halves of the data",
        )
    )  # fmt: skip
    await wait(lambda: strip.lines["j10"].facts.text() == "Waits for E, 60 s left")
    far = strip.lines["j9"].facts
    await wait(lambda: far.text().startswith("7 of 19, 60 s left, Floor"))
    assert far.text().endswith("…"), "and is not cut within a letter"


async def test_a_result_is_said_to_be_in_runs_and_the_same_again_is_opened(bench, wait):
    known = await ready(bench)

    def written(name, **more):
        bench.engine.emit(
            m.ResultWritten(
                job="j", run=known.key, operator="likelihood-lab", step=500,
                result=f"{known.key}/results/{name}", **more,
            )
        )  # fmt: skip

    def told():
        return bench.state.notices.history[-1].why

    written("0001-likelihood-lab")
    await wait(lambda: bench.state.notices.history)
    assert told() == "Step 500, kept as result 1 under r in Runs"
    written("0002-likelihood-lab")
    await wait(lambda: "result 2" in told())
    written("0001-likelihood-lab", again=True)
    await wait(lambda: "The same as before: result 1 under r in Runs" in told())
    assert known.results == ["0001-likelihood-lab", "0002-likelihood-lab"]
    assert bench.state.opened[known.key] == "0001-likelihood-lab"


async def test_where_the_results_are_is_said_and_shown(bench, wait, tmp_path, monkeypatch):
    known = await ready(bench)
    opened = []
    desktop = SimpleNamespace(openUrl=lambda url: opened.append(url.toLocalFile()))
    monkeypatch.setattr(file_manager, "QDesktopServices", desktop)
    file = tmp_path / "made.csv"
    bench.engine.emit(
        m.ResultWritten(
            job="j", run=known.key, operator="make", step=500, file=str(file), note="It is a guess."
        )
    )
    await wait(lambda: "made.csv is written" in [n.text for n in bench.state.notices.history])
    notice = bench.state.notices.history[-1]
    assert notice.why == f"{tmp_path}. It is a guess."
    (show,) = [b for b in bench.window.findChildren(QPushButton) if b.text() == "Show in folder"]
    show.click()
    assert [Path(each) for each in opened] == [tmp_path]


async def test_sample_now_draws_as_many_as_are_shown_with_another_seed_each_time(bench, wait):
    """A thousand graphs were replaced by 36, the same ones by each click."""
    known = await ready(bench)
    asked = []
    bench.engine.script[m.Operate] = lambda command: asked.append(command) or {}
    known.spec = msgspec.structs.replace(
        known.spec,
        dataset=Pick(slug="project:own", config={"kind": "graphs"}),
        training={"seed": 5},
    )
    source = Source(known.key, "samples", "f")
    bench.state.selection.offer(source, Offered({"x": np.zeros((1000, 4))}, "graph", lambda _: []))
    known.results = []
    bench.actions.training.sample()
    known.results = ["0001-generate"]
    bench.actions.training.sample()
    await wait(lambda: len(asked) == 2)
    assert [each.config for each in asked] == [{"n": 1000, "seed": 5}, {"n": 1000, "seed": 6}]


async def test_sample_now_draws_as_many_as_the_kind_is_drawn_by(bench, wait):
    known = await ready(bench)
    asked = []
    bench.engine.script[m.Operate] = lambda command: asked.append(command) or {}
    bench.actions.training.sample()
    await wait(lambda: asked)
    assert asked[0].config["n"] == 4096
    known.spec = msgspec.structs.replace(
        known.spec, dataset=Pick(slug="project:own", config={"kind": "graphs"})
    )
    bench.actions.training.sample()
    await wait(lambda: len(asked) == 2)
    assert asked[1].config["n"] == 36


@pytest.mark.parametrize("kind", ["training", "race"])
async def test_what_is_asked_now_is_asked_of_the_selected_run_whatever_trains(bench, wait, kind):
    shown = await ready(bench)
    other = run(job="job-2")
    other.key = "/p/runs/0002-other"
    bench.state.runs.by_key[other.key] = other
    race = "job-1" if kind == "race" else ""
    if race:
        bench.state.jobs[race] = m.JobInfo(job=race, kind="race", title="Race", state="running")
    bench.state.jobs["job-2"] = m.JobInfo(
        job="job-2", kind="training", title="2", state="running", run=other.key, race=race
    )
    asked = []
    for command in (m.Operate, m.Evaluate, m.Control):
        bench.engine.script[command] = lambda command: asked.append(command) or {}
    bench.actions.training.sample()
    bench.actions.training.evaluate()
    await wait(lambda: len(asked) == 2)
    assert [type(each) for each in asked] == [m.Operate, m.Evaluate]
    assert [each.run for each in asked] == [shown.key] * 2
    bench.state.runs.select(other.key)
    other.step = 5
    bench.actions.training.sample(7)
    said = bench.state.notices.history[-1]
    assert (said.text, said.why) == ("Drawing 7 points", "With the model at step 5")
    bench.actions.training.evaluate()
    await wait(lambda: len(asked) == 4)
    assert [(c.job, c.action, c.n) for c in asked[2:]] == [
        ("job-2", "sample", 7), ("job-2", "evaluate", 1),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("doing", "said"),
    [
        ("training the judge of these data", "First it is training the judge of these data"),
        ("", "By the model before its first step"),
    ],
)
async def test_sampling_before_the_first_step_says_what_comes_first(bench, doing, said):
    known = await ready(bench)
    known.job, known.step = "job-2", 0
    bench.state.jobs["job-2"] = m.JobInfo(
        job="job-2", kind="training", title="1", state="running", run=known.key
    )
    bench.state.doing["job-2"] = doing
    bench.engine.script[m.Control] = lambda command: {}
    bench.actions.training.sample(9)
    assert bench.state.notices.history[-1].why == said


@pytest.mark.parametrize("gone", [False, True])
async def test_a_second_click_on_cancel_is_no_error(bench, wait, gone):
    known = await ready(bench)
    info = m.JobInfo(job="j9", kind="evaluation", title="E", state="running", run=known.key)
    bench.state.jobs["j9"] = info
    asked = []

    def end(command):
        asked.append(command)
        if gone:  # it ended by itself meanwhile
            bench.state.jobs.pop("j9", None)
            raise Refusal("It has ended already.")

    bench.engine.script[m.Control] = end
    bench.actions.operating.cancel("j9")
    bench.actions.operating.cancel("j9")
    await wait(lambda: asked and not bench.state.ending)
    assert len(asked) == 1
    # A view may know of a job that the queue has not told of yet: it is asked for all the same.
    bench.state.jobs.pop("j9", None)
    bench.actions.operating.cancel("j9")
    await wait(lambda: len(asked) == 2 and not bench.state.ending)
    titles = [each.text for each in bench.state.notices.banners]
    assert "It could not be ended" not in titles


async def test_what_waits_in_the_queue_can_neither_be_drawn_from_nor_measured(bench):
    known = await ready(bench)
    known.job, known.state, known.checkpoints = "job-2", "queued", []
    for id in ("sample", "evaluate"):
        assert "waits in the queue" in bench.window.registry[id].why_not()


async def test_samples_are_not_offered_of_a_model_that_makes_none(bench):
    """It only classifies, say: the engine would refuse it, after a file was chosen."""
    known = await ready(bench)
    assert not bench.window.registry["sample"].why_not()
    catalog = bench.state.catalog
    sorts = msgspec.structs.replace(catalog.get("family", "edm"), slug="sorts", carrier="")
    bench.state.catalog = msgspec.structs.replace(catalog, entries=[*catalog.entries, sorts])
    known.spec = msgspec.structs.replace(known.spec, family=Pick(slug="sorts"))
    for id in ("sample", "export-samples"):
        assert bench.window.registry[id].why_not() == "The model of this run generates no samples."


async def test_a_file_that_a_dialog_has_asked_about_may_be_replaced(bench, wait):
    from pushforward.studio.app.core.operator_settings import Asking
    from pushforward.studio.app.data_types.cubes.scene_requests import SceneRequests

    known = await ready(bench)
    asked = []
    for command in (m.Operate, m.ExportWeights):
        bench.engine.script[command] = lambda command: asked.append(command) or {}
    await bench.actions.operating.start(known.key, "make", Asking({}, {}, {}), "/x/made.csv")
    bench.actions.export.weights(known.key, "/x/weights.safetensors")
    requests = SceneRequests(bench.state, bench.studio.link, bench.actions.operating)
    requests.write(known.key, "/x/map.png")
    await wait(lambda: len(asked) == 3)
    assert all(each.overwrite for each in asked)
    await bench.actions.operating.start(known.key, "make", Asking({}, {}, {}))
    assert not asked[-1].overwrite


def test_what_matters_for_other_kinds_of_data_is_not_asked():
    """Of images the lab of likelihoods asked how fine its map of the plane is."""
    places = msgspec.structs.replace(setting("map", "int", 64), kinds=["jets"])
    entry = operator("lab", setting("rows", "int", 100), places)
    fields = operator_settings.settings(entry, run(), offer(), {}, []).fields
    assert [each.path for each in fields] == ["rows"]


def test_sets_that_a_model_cannot_be_asked_about_are_greyed_and_say_why(qtbot):
    """Emoji of 32 x 32 were offered to a model of digits of 8 x 8, and refused when asked."""
    pick = setting("other", "pick", {"slug": "", "config": {}}, of="dataset")
    reason = "Emoji has rows of the form 3 x 32 x 32, those that the model learned 1 x 8 x 8."
    others = [
        OtherSet(slug="project:mine", title="mine"),
        OtherSet(slug="emoji", title="Emoji", reason=reason),
        OtherSet(slug="eight-gaussians", title="Eight Gaussians"),
    ]
    entry = operator("lab", pick)
    (field,) = operator_settings.settings(entry, run(), offer(), {}, [], others=others).fields
    assert [each.value for each in field.choices] == ["", *(each.slug for each in others)]
    editor = ChoiceEditor(field)
    qtbot.addWidget(editor)
    model, tip = editor.box.model(), Qt.ItemDataRole.ToolTipRole
    assert [model.item(place).isEnabled() for place in range(4)] == [True, True, False, True]
    assert "3 x 32 x 32" in editor.box.itemData(2, tip)
    view = editor.box.view()  # there is room for why below it, which hovering alone would show
    assert view.sizeHintForRow(2) > view.sizeHintForRow(1)
    assert view.minimumWidth() > view.fontMetrics().horizontalAdvance("Eight Gaussians") + 36
    taken = []
    editor.edited.connect(taken.append)
    editor.box.setCurrentIndex(1)
    QTest.keyClick(editor.box, Qt.Key.Key_Down)  # passes over what cannot be chosen
    assert taken == ["eight-gaussians"]


async def test_who_lets_something_be_filled_in_is_led_to_where_it_is_shown(bench):
    """The window stayed in the lens from which it was asked."""
    from pushforward.studio.app.core.operator_settings import Asking

    known = await ready(bench)
    wanted = []
    bench.state.window.show_lens.connect(wanted.append)
    bench.engine.script[m.Operate] = lambda command: {"job": "1"}
    bench.state.go("run")
    bench.state.runs.select(known.key)
    for operator, file in (("impute", ""), ("impute", "/x/filled.npz"), ("make", "")):
        await bench.actions.operating.start(known.key, operator, Asking({}, {}, {}), file)
    assert wanted == ["quality/filled"]


async def test_rows_that_are_opened_are_browsed_whatever_view_of_the_samples_was_seen(
    bench, wait, tmp_path
):
    """One that was clicked while the lens showed what purifying mends changed nothing there."""
    known = await ready(bench)
    wanted = []
    bench.state.window.show_lens.connect(wanted.append)
    folder = tmp_path / "0001-r"
    folder.mkdir()
    known.key = str(folder)
    bench.state.runs.by_key[known.key] = known
    record = ResultRecord(operator="make", title="Make", run="0001-r", step=7)
    made = Results(folder / "results").write(record, {"x": np.zeros((3, 2), np.float32)}, ())
    bench.actions.operating.show(known.key, made.name)
    await wait(lambda: wanted)
    assert wanted == ["samples/scatter"]


async def test_a_lens_of_samples_lists_what_the_model_can_do(bench, wait):
    known = await ready(bench)
    chip = OperatorChip(bench.state, bench.actions)
    assert [title for title, _ in chip.entries()] == ["Make…", "Ask…"]
    assert chip.isEnabled()
    assert "Make, Ask" in chip.toolTip()
    known.checkpoints = []
    bench.state.runs.changed.emit(known.key)
    assert not chip.isEnabled()
    assert chip.toolTip() == "The run has no checkpoint yet."
    dict(chip.entries())["Make…"]()
    await wait(lambda: bench.window.findChildren(OperateSheet))
    bench.state.runs.select("")
    assert chip.isHidden()
    chip.deleteLater()


async def test_of_a_run_that_kept_them_the_sheet_asks_over_which_length_weights_are_averaged(
    bench, wait
):
    known = await ready(bench)
    known.spec = msgspec.structs.replace(known.spec, training={"lengths": True})
    made = await sheet(bench, wait)
    field = made.form.rows[operator_settings.LENGTH]
    field.editor._typed("0.5")
    assert not made.go.isEnabled(), "no average is made well over so long"
    field.editor._typed("0.1")
    asked = []
    bench.script[m.Operate] = bench.engine.script[m.Operate] = lambda c: asked.append(c) or {}
    made.go.click()
    await wait(lambda: asked)
    assert (asked[0].length, asked[0].config) == (0.1, {"n": 4096})
    await wait(lambda: not bench.window.findChildren(OperateSheet))
    known.spec = msgspec.structs.replace(known.spec, training={})
    plain = await sheet(bench, wait)
    assert operator_settings.LENGTH not in plain.form.rows
    plain.reject()


DRAW = operator(
    "draw", setting("other", "run", {}, role="denoiser", of="jet-variables"), needs=["denoiser"]
)
VARIABLES = EntrySpec(
    kind="dataset", slug="variables", title="Variables", summary="", source="", fields=[],
    kinds=["jet-variables"],
)  # fmt: skip


@pytest.mark.parametrize("fitting", [0, 1, 2])
async def test_a_run_that_is_needed_is_proposed_where_one_fits_and_asked_for_before_it_closes(
    bench, wait, fitting
):
    """The sheet closed, the job failed, and what was filled in was lost."""
    await ready(bench)
    state = bench.state
    entries = [*state.catalog.entries, DRAW, VARIABLES]
    state.catalog = msgspec.structs.replace(state.catalog, entries=entries)
    state.catalog_changed.emit()
    able = msgspec.structs.replace(ABLE, operators=[AbleTo(operator="draw", suffixes=[".npz"])])
    bench.engine.script[m.GetAble] = lambda command: msgspec.to_builtins(able)
    for place in range(fitting):
        name = f"000{7 + place}-v"
        spec = RunSpec(name="v", family=Pick(slug="edm"), dataset=Pick(slug="variables"))
        state.runs.by_key[name] = RunState(key=name, name=name, spec=spec, checkpoints=[9])
    bench.window.registry.trigger("operate-draw")
    await wait(lambda: [s for s in bench.window.findChildren(OperateSheet) if s.form is not None])
    (made,) = bench.window.findChildren(OperateSheet)
    assert made.go.isEnabled() == (fitting == 1)
    if fitting == 1:
        assert made._config["other"] == {"run": "0007-v", "step": None}
    else:
        said = "Choose a run for Other." if fitting else "Other: no suitable run in this project."
        assert made.advice.text().startswith(said)
        assert made.go.toolTip().startswith(said)
    if fitting == 2:
        (field,) = made._runs(made._entry())
        made._edited(field, {"run": "0008-v", "step": None})
        assert made.go.isEnabled()
        assert made.advice.isHidden()
    made.reject()

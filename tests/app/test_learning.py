"""Runs that learn from runs, on the screen: chosen in the setup, shown under what they took."""

import msgspec
import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtWidgets import QLabel, QPushButton

from pushforward.studio.app.core import field_carrier_switch, run_comparison, training_sources
from pushforward.studio.app.core.display_names import numbered
from pushforward.studio.app.core.run_groups import groups
from pushforward.studio.app.core.run_summary import title_of
from pushforward.studio.app.core.run_tree import tree
from pushforward.studio.app.core.runs import RunState
from pushforward.studio.app.design.basic import Link
from pushforward.studio.app.design.flash_frame import Flash
from pushforward.studio.protocol.catalog import InputSpec
from pushforward.studio.protocol.messages import ErrorInfo
from pushforward.studio.protocol.spec import Pick, RunRef, RunSpec
from tests.app.test_branching import trained
from tests.client.fakes.catalog import catalog

TEACHER = InputSpec(
    name="teacher", ability="critic", title="Teacher", help="A critic.", same_data=True
)


def offer():
    """The catalogue of the fake with a model that learns from a critic."""
    made = catalog()
    gan = made.get("family", "gan")
    pupil = msgspec.structs.replace(gan, slug="a-pupil", title="Pupil", inputs=[TEACHER])
    return msgspec.structs.replace(made, entries=[pupil, *made.entries])


def run(number, family="gan", dataset="ring", state="finished", inputs=None, **config):
    spec = RunSpec(
        name="r",
        family=Pick(slug=family),
        dataset=Pick(slug=dataset, config=config),
        inputs={name: RunRef(run=ref, step=step) for name, (ref, step) in (inputs or {}).items()},
    )
    return RunState(key=f"/p/runs/{number:04d}-r", name=f"{number:04d}-r", spec=spec, state=state)


def test_runs_that_will_do_are_offered_newest_first():
    runs = [
        run(1),
        run(2, state="paused"),
        run(3, family="edm"),
        run(4, dataset="other"),
        run(5),
    ]
    wanted = run(9, family="a-pupil").spec
    found = training_sources.fitting(TEACHER, wanted, runs, offer())
    assert [each.name for each in found] == ["0005-r", "0001-r"]
    anywhere = msgspec.structs.replace(TEACHER, same_data=False)
    assert len(training_sources.fitting(anywhere, wanted, runs, offer())) == 3


def test_a_run_like_the_setup_is_proposed_else_the_newest_and_none_where_it_is_not_meant():
    known = offer()
    runs = [run(1, n=5), run(2), run(3)]
    wanted = run(9, family="a-pupil").spec
    assert training_sources.proposed(wanted, runs, known) == wanted, (
        "nothing is to be proposed here"
    )
    pupil = known.get("family", "a-pupil")
    meant = msgspec.structs.replace(TEACHER, proposed=True)
    pupil = msgspec.structs.replace(pupil, inputs=[meant])
    others = [each for each in known.entries if each.slug != "a-pupil"]
    known = msgspec.structs.replace(known, entries=[pupil, *others])
    assert training_sources.proposed(wanted, runs, known).inputs == {
        "teacher": RunRef(run="0003-r")
    }
    like = training_sources.proposed(wanted, runs, known, like=runs[0].spec)
    assert like.inputs == {"teacher": RunRef(run="0001-r")}
    chosen = run(9, family="a-pupil", inputs={"teacher": ("0002-r", 5)}).spec
    assert training_sources.proposed(chosen, runs, known) == chosen
    assert [entry.slug for entry in training_sources.students(runs[1], known)] == ["a-pupil"]
    assert not training_sources.students(run(4, family="edm"), known), (
        "it lacks what a teacher must be"
    )


def test_a_setting_of_the_data_that_is_not_said_has_its_default():
    slug = next(e.slug for e in catalog().entries_of("dataset") if e.fields)
    field = catalog().get("dataset", slug).fields[0]
    said = run(1, dataset=slug, **{field.path: field.default})
    other = run(2, dataset=slug, **{field.path: "another"})
    wanted = run(3, dataset=slug).spec
    found = training_sources.fitting(TEACHER, wanted, [said, other], offer())
    assert [each.name for each in found] == ["0001-r"]


def test_runs_of_before_a_setting_of_the_data_are_beside_those_that_have_its_default():
    known = catalog()
    slug = next(e.slug for e in known.entries_of("dataset") if e.fields)
    field = known.get("dataset", slug).fields[0]
    before, said = run(1, dataset=slug), run(6, dataset=slug, **{field.path: field.default})
    other = run(7, dataset=slug, **{field.path: "another"})
    assert run_comparison.comparable(before, said, known)
    assert not run_comparison.comparable(before, other, known)
    found = groups([before, said, other], "data", known)
    assert [[each.key[-6:-2] for each in group.runs] for group in found] == [
        ["0007"], ["0006", "0001"]
    ]  # fmt: skip
    assert run_comparison.why_not([before, said], known) == ""


def test_the_tree_has_them_under_what_they_took_and_says_what():
    parent, pupil = run(3), run(7, family="a-pupil", inputs={"teacher": ("0003-r", 5000)})
    lines = tree([parent, pupil])
    assert [(line.key, line.depth) for line in lines] == [(parent.key, 0), (pupil.key, 1)]
    assert title_of(pupil) == "7 r · teacher: run 3, step 5,000"
    assert [line.depth for line in tree([pupil])] == [0]


def test_the_switch_prefers_models_that_need_no_run_and_drops_what_is_not_needed():
    spec = run(1, family="edm").spec
    gan = catalog().get("family", "gan")
    made = field_carrier_switch.switch(spec, offer(), field=gan.field, carrier=gan.carrier)
    assert made.spec.family.slug == "gan"
    pupil = run(7, family="a-pupil", inputs={"teacher": ("0003-r", None)}).spec
    assert field_carrier_switch.choose(pupil, offer(), "gan").spec.inputs == {}


async def test_the_sentence_grows_by_a_run_and_the_inspector_has_a_link(bench, wait, qtbot):
    parent = await trained(bench, wait)
    bench.state.catalog = bench.engine.jobs.offer = offer()
    bench.state.catalog_changed.emit()
    bench.actions.setup.open(parent.spec)
    bench.actions.setup.choose("family", "a-pupil")
    said = bench.window.canvas.setup.sentence
    slot = said.runs["inputs.teacher"]
    assert slot.text() == "a teacher"
    bench.state.window.show_setting.emit("inputs.teacher")
    await wait(lambda: slot.hasFocus())
    qtbot.keyClick(slot, Qt.Key.Key_Space)
    rows = said.picker.body.list
    assert [rows.item(i).text() for i in range(rows.count())] == [numbered(parent)]
    qtbot.keyClick(said.picker.line, Qt.Key.Key_Return)
    assert bench.state.draft.spec.inputs == {"teacher": RunRef(run=parent.name)}
    assert slot.text() == f"teacher run {numbered(parent)}"
    assert slot.hasFocus()
    child = run(7, family="a-pupil", inputs={"teacher": (parent.name, 20)})
    bench.state.runs.by_key[child.key] = child
    bench.state.runs.listed.emit()
    bench.actions.runs.select(child.key)
    origins = bench.window.inspector.run.origins
    words = f"Teacher: run {parent.name[:4].lstrip('0')}, step 20"
    await wait(lambda: words in [b.text() for b in origins.findChildren(QPushButton)])
    del bench.state.runs.by_key[parent.key]
    bench.state.runs.listed.emit()
    said = f"{words}; that run was deleted, its copy is used."
    await wait(lambda: said in [each.text() for each in origins.findChildren(QLabel)])


async def test_the_reason_that_a_run_is_missing_is_whole_and_leads_to_its_slot(bench, wait, qtbot):
    parent = await trained(bench, wait)
    bench.window.resize(1280, 420)
    bench.state.catalog = bench.engine.jobs.offer = offer()
    bench.state.catalog_changed.emit()
    bench.actions.setup.open(parent.spec)
    bench.actions.setup.choose("family", "a-pupil")
    setup, page = bench.window.inspector.setup, bench.window.canvas.setup
    slot = page.sentence.runs["inputs.teacher"]
    said = "Pupil needs a teacher: choose a trained run of this project, one that has a critic"
    draft = bench.state.draft
    draft.problems = [ErrorInfo(kind="refused", message=said, path="inputs.teacher")]
    bench.state.draft_checked.emit()
    await wait(lambda: setup.findChildren(Link))
    link = next(each for each in setup.findChildren(Link) if each.text() == said)
    await wait(lambda: len(link.lines(link.width())) > 1)
    assert " ".join(link.lines(link.width())) == said
    await wait(lambda: link.height() >= link.heightForWidth(link.width()))
    bar = page._scroll.verticalScrollBar()
    bar.setValue(bar.maximum())

    def seen():
        top = slot.mapTo(page._scroll.viewport(), QPoint(0, 0)).y()
        return 0 <= top <= page._scroll.viewport().height() - slot.height()

    assert not seen()
    qtbot.mouseClick(link, Qt.MouseButton.LeftButton)
    assert seen()
    await wait(slot.hasFocus)
    (frame,) = page.findChildren(Flash)
    assert frame.geometry().contains(QRect(slot.mapTo(page.sentence, QPoint(0, 0)), slot.size()))
    # The next setup begins at its top.
    bar.setValue(bar.maximum())
    bench.actions.setup.open(parent.spec)
    assert bar.value() == 0


@pytest.mark.parametrize(("name", "said"), [("0012-edm", "run 12"), ("by-hand", "by-hand")])
def test_runs_are_called_by_their_number(name, said):
    assert training_sources.number_of(name) == said

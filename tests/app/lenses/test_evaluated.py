"""What was measured because somebody asked: read from the run, seen beside its floors, with n."""

import asyncio
from types import SimpleNamespace

import msgspec
import pytest
from PySide6.QtWidgets import QApplication, QLabel

from pushforward.studio.app.core.evaluation_results import Evaluated, newest
from pushforward.studio.app.core.runs import RunState, Series
from pushforward.studio.app.data.metric_list import qualities
from pushforward.studio.app.engine.requests import project_files
from pushforward.studio.app.lenses.quality.evaluation_table import EvaluatedCard, _setting
from pushforward.studio.app.lenses.quality.quality_view import QualityView
from pushforward.studio.app.places.runs.evaluation_sheet import EvaluateSheet
from pushforward.studio.protocol import messages as m
from pushforward.studio.protocol.catalog import EntrySpec, FieldSpec
from pushforward.studio.protocol.spec import Pick, RunSpec
from pushforward.studio.store.events import EventLog
from tests.client.fakes.catalog import catalog

SAID = {
    "values": {"accuracy": 0.9, "energy": 0.02}, "floors": {"energy": 0.01, "spread/energy": 0.002},
    "n": 500, "counts": {"accuracy": 480}, "seed": 3, "intervals": {"accuracy": [0.88, 0.92]},
}  # fmt: skip


def event(data, kind="evaluated", step=40):
    return SimpleNamespace(kind=kind, step=step, data=data)


def test_the_newest_that_can_be_read_is_taken():
    older = {**SAID, "n": 7, "seed": 1}
    found = newest([event(older, step=20), event(SAID), event({}, kind="resumed")])
    assert found is not None
    assert (found.step, found.seed) == (40, 3)
    assert found.counts == {"accuracy": 480, "energy": 500}
    assert found.intervals == {"accuracy": (0.88, 0.92)}
    assert newest([]) is None


def test_a_figure_that_there_is_none_of_says_why_below_the_others(lens, qtbot):
    why = "FID is left out: it needs the weights of a network."
    for said, lines in ((SAID, 2), ({**SAID, "values": {}}, 0)):
        lens.run.evaluated = newest([event({**said, "notes": [why]})])
        assert len(lens.run.evaluated.values) == lines
        view = QualityView(lens.state, lens.actions)
        qtbot.addWidget(view)
        view.show()
        assert view.evaluated.isVisible()
        assert view.evaluated.notes.text() == why


def test_the_first_evaluation_is_shown_where_one_looks_already(lens, qtbot):
    """Its notes laid the card out before it had a line: an error in that ended the program."""
    lens.measure("quality/energy", [40], [0.02])
    view = QualityView(lens.state, lens.actions)
    qtbot.addWidget(view)
    view.resize(664, 470)
    view.show()
    QApplication.processEvents()
    errors = []
    for why in ("FID is left out: it needs the weights of a network. " * 3, "It is left out."):
        lens.run.evaluated = newest([event({**SAID, "notes": [why]})])
        with qtbot.capture_exceptions() as found:
            view._redraw()
            QApplication.processEvents()
        errors += found
        assert view.evaluated.isVisible()
    assert errors == []


def test_what_so_few_cannot_say_is_said_once(lens, qtbot):
    """Ten lines said the same, and the two that told the model from real were lost among them."""
    slugs = ["energy", "mmd", "sliced-w2"]
    said = {
        "values": {"energy": 0.01, "mmd": 0.01, "sliced-w2": 0.9}, "n": 250, "seed": 0,
        "floors": {slug: 0.01 for slug in slugs} | {f"spread/{slug}": 0.01 for slug in slugs},
        "intervals": {},
    }  # fmt: skip
    card = EvaluatedCard(lens.state)
    qtbot.addWidget(card)
    card.resize(500, 300)
    card.show_figures(newest([event(said)]))
    card.show()
    told = [each.text() for each in card.findChildren(QLabel) if each.isVisible()]
    assert sum("too few samples" in each for each in told) == 1
    assert card.about.text().endswith("use 1,000.")
    card.show_figures(newest([event(said)]), 250)
    assert card.about.text().endswith("use 1,000, more than these data have.")
    assert any("× the floor" in each for each in told)
    names = [each.accessibleName() for each in card.findChildren(QLabel)]
    assert any("is too few to be sure" in each for each in names), "each is heard whole"
    card.show_figures(newest([event({**said, "n": 2000})]))
    assert card.about.isHidden()


def test_a_third_among_the_settings_has_no_sixteen_digits():
    field = FieldSpec(path="ratio", kind="float", title="Ratio", help="", default=1 / 3)
    assert _setting(field, 1 / 3) == "0.333"


def test_with_which_settings_a_figure_was_measured_stands_below_the_figures(lens, qtbot):
    levels = FieldSpec(path="levels", kind="int", title="Grey levels", help="", default=256)
    lens.state.catalog.entries.append(msgspec.structs.replace(metric("energy"), fields=[levels]))
    settings = {"energy": {"levels": 17}, "unknown": {"levels": 2}}
    lens.run.evaluated = newest([event({**SAID, "settings": settings})])
    view = QualityView(lens.state, lens.actions)
    qtbot.addWidget(view)
    view.show()
    assert view.evaluated.notes.text() == "Measured with: ENERGY: grey levels 17."


PARTS = {"accuracy": {"corn": 0.8, "oats": 1.0}, "recall": {"corn": 0.8, "oats": 1.0}}


def test_parts_that_are_numbers_of_one_unit_are_called_by_their_numbers(lens, qtbot):
    parts = {"accuracy": {f"{k} cycles per image": 0.1 * k for k in (1, 2, 3)}}
    lens.run.evaluated = newest([event({**SAID, "values": {"accuracy": 0.2}, "parts": parts})])
    view = QualityView(lens.state, lens.actions)
    qtbot.addWidget(view)
    view.show()
    card = view.parts.cards["accuracy"]
    assert card.scene.names == ("1", "2", "3")
    said = [each.accessibleName() or each.text() for each in card.findChildren(QLabel)]
    assert any(each.startswith("by cycles per image; step 40") for each in said)


def test_the_parts_of_figures_are_bars_each_once(lens, qtbot):
    values = {**SAID["values"], "recall": 0.9}
    lens.run.evaluated = newest([event({**SAID, "values": values, "parts": PARTS})])
    view = QualityView(lens.state, lens.actions)
    qtbot.addWidget(view)
    view.show()
    assert list(view.parts.cards) == ["accuracy"], "the same parts are not shown again"
    card = view.parts.cards["accuracy"]
    assert card.isVisible()
    assert card.mapTo(view, card.rect().topRight()).x() < view.width()
    assert card.scene.names == ("corn", "oats")
    assert card.scene.values.tolist() == [0.8, 1.0]
    assert card.scene.level == 0.9, "the mean of the parts is the figure"
    assert "corn: 0.8" in card.plot.accessibleDescription()
    assert card.scene.floor is None
    floors = {"accuracy": {"corn": [0.7, 0.02]}}
    said = {**SAID, "values": values, "parts": PARTS, "part_floors": floors}
    lens.run.evaluated = newest([event(said)])
    view._redraw()
    scene = view.parts.cards["accuracy"].scene
    assert scene.describe_bar(0) == "corn: 0.8, floor 0.7 ± 0.02"
    assert scene.describe_bar(1) == "oats: 1", "of a part without a floor none is told"
    assert not scene.outside.any(), "one below a floor is no worse"
    lens.run.evaluated = newest([event(SAID)])
    view._redraw()
    assert view.parts.isHidden()


@pytest.mark.parametrize(
    "bad",
    [
        {}, {"values": 3}, {**SAID, "n": "many"}, {**SAID, "floors": []}, {**SAID, "parts": [3]},
        {**SAID, "parts": {"accuracy": {"a": "b", "c": 1}}}, {**SAID, "settings": {"energy": 3}},
        {**SAID, "parts": PARTS, "part_floors": {"accuracy": {"corn": 0.7}}},
    ],
)  # fmt: skip
def test_what_somebody_spoilt_is_left_out(bad):
    assert newest([event(bad)]) is None
    assert newest([event(SAID), event(bad)]).step == 40


def test_figures_stand_beside_their_floors_with_how_many_they_are_of(lens, qtbot):
    view = QualityView(lens.state, lens.actions)
    qtbot.addWidget(view)
    view.show()
    assert view.evaluated.isHidden()
    lens.run.evaluated = newest([event(SAID)])
    lens.state.runs.metrics_appended.emit(lens.run.key)
    qtbot.waitUntil(view.evaluated.isVisible)
    texts = [each.text() for each in view.evaluated.findChildren(QLabel)]
    assert "Evaluated at step 40, seed 3" in texts
    assert "0.9 (0.88 to 0.92)" in texts
    assert "floor 0.01 ±\u00a00.002" in texts
    assert {"480", "500"} <= set(texts)
    # Another run was not asked about.
    other = RunState(key="/p/runs/0002-o", name="0002-o", spec=lens.run.spec)
    lens.state.runs.by_key[other.key] = other
    lens.state.runs.select(other.key)
    qtbot.waitUntil(view.evaluated.isHidden)


def test_every_figure_has_its_verdict_and_not_the_first_alone(lens, qtbot):
    lens.state.catalog.entries.extend([metric("energy", better="lower"), metric("recall")])
    floors = {"energy": 0.01, "spread/energy": 0.002, "accuracy": 0.9, "spread/accuracy": 0.03}
    said = {**SAID, "values": {"accuracy": 0.9, "energy": 0.2, "recall": 0.5}, "floors": floors}
    lens.run.evaluated = newest([event(said)])
    view = QualityView(lens.state, lens.actions)
    qtbot.addWidget(view)
    view.show()
    texts = [each for each in view.evaluated.findChildren(QLabel) if each.isVisible()]
    (worse,) = [each for each in texts if each.text() == "20 × the floor"]
    assert "warm" in (worse.property("role"), worse.property("level"))
    (few,) = [each for each in texts if "use\u00a01,000" in each.text()]
    assert few.property("level") == "", "480 do not say that it is as good"
    view.resize(1200, 700)
    assert len([each for each in texts if not each.isVisible()]) == 2, "a column has them now"


def test_each_quality_says_of_how_many_it_is(lens):
    lens.measure("quality/energy", [10], [0.5])
    lens.run.series["cost/samples"] = Series()
    lens.run.series["cost/samples"].extend([10], [2000])
    lens.run.floors = {"energy": 0.4}
    assert qualities(lens.run, lens.state)[0][2] == "floor 0.4, n\u00a0=\u00a02,000"


def metric(slug, **more):
    return EntrySpec(
        kind="metric", slug=slug, title=slug.upper(), summary=f"Says {slug}.", source="", fields=[],
        **more,
    )  # fmt: skip


LEVELS = FieldSpec(path="levels", kind="int", title="Levels", help="", default=256, low=2)
OF_POINTS = msgspec.structs.replace(
    metric("fpd", kinds=["points"], needs=["denoiser"], heavy=True), fields=[LEVELS]
)
OTHERS = [metric("fid", kinds=["images"]), metric("density", needs=["likelihood"])]


async def test_the_metrics_that_fit_are_chosen_in_a_sheet_and_kept(bench, wait, qtbot):
    await bench.start()
    state, made = bench.state, catalog()
    state.catalog = msgspec.structs.replace(made, entries=[*made.entries, OF_POINTS, *OTHERS])
    state.catalog_changed.emit()
    own = Pick(slug="sliced-w2", config={"projections": 7})
    spec = RunSpec(
        name="r", family=Pick(slug="edm"), dataset=Pick(slug="eight-gaussians"), metrics=[own],
        training={"evaluate_samples": 300},
    )  # fmt: skip
    run = RunState(key="/p/runs/0001-r", name="0001-r", spec=spec, checkpoints=[40])
    state.runs.by_key[run.key] = run
    state.runs.select(run.key)
    state.go("run")
    bench.window.palette_box.open()
    qtbot.keyClicks(bench.window.palette_box.line, ">fpd")
    assert bench.window.palette_box.list.currentIndex().data() == "Evaluate…"
    bench.window.palette_box.dismiss()

    def opened():
        assert bench.window.registry.trigger("evaluate-by")
        return bench.window.findChildren(EvaluateSheet)[-1]

    sheet = opened()
    on = {slug: switch.isChecked() for slug, switch in sheet.switches.items()}
    assert on == {"sliced-w2": True, "fpd": False}
    assert "takes long" in sheet.switches["fpd"].accessibleName()
    sheet.switches["sliced-w2"].click()
    assert not sheet.go.isEnabled()
    assert "at least one metric" in sheet.trouble.text()
    sheet.switches["sliced-w2"].click()
    sheet.switches["fpd"].click()
    sheet.form.rows["n"].editor._typed("1")
    assert not sheet.go.isEnabled()
    sheet.form.rows["n"].editor._typed("50")
    more = sheet.settings["fpd"]
    assert more.isHidden()
    more.button.click()
    assert more.isVisible()
    more.form.rows["levels"].editor._typed("1")
    assert not sheet.go.isEnabled()
    assert sheet.trouble.text() == "FPD: Levels must be at least 2."
    more.form.rows["levels"].editor._typed("17")
    assert sheet.go.isEnabled()
    sheet.reject()
    asked, seen = [], []
    state.window.show_lens.connect(seen.append)
    bench.engine.script[m.Evaluate] = lambda command: asked.append(command) or {}
    opened().go.click()
    await wait(lambda: seen)
    fpd = Pick(slug="fpd", config={"levels": 17})
    assert asked == [m.Evaluate(id=asked[0].id, run=run.key, n=50, metrics=[own, fpd])]
    assert seen == ["quality"]


async def test_the_sheet_offers_no_more_than_the_data_have_and_knows_what_was_picked(bench):
    """It took n = 1,000 of data that allow 250, and forgot the metrics after a restart."""
    await bench.start()
    state, made = bench.state, catalog()
    heard = msgspec.structs.replace(OF_POINTS, slug="heard", title="Heard", conditional=True)
    told = FieldSpec(path="conditional", kind="bool", title="Told", help="", default=True)
    families = [
        msgspec.structs.replace(each, fields=[*each.fields, told]) if each.slug == "edm" else each
        for each in made.entries
    ]
    state.catalog = msgspec.structs.replace(made, entries=[*families, OF_POINTS, heard])
    spec = RunSpec(
        name="r", family=Pick(slug="edm"), dataset=Pick(slug="eight-gaussians"),
        metrics=[Pick(slug="sliced-w2")], training={"evaluate_samples": 300},
    )  # fmt: skip
    run = RunState(key="/p/runs/0001-r", name="0001-r", spec=spec, checkpoints=[40])
    state.runs.by_key[run.key] = run
    state.runs.select(run.key)
    state.go("run")
    state.asked[("points", "evaluate")] = {"n": 1000}

    def opened():
        assert bench.window.registry.trigger("evaluate-by")
        return bench.window.findChildren(EvaluateSheet)[-1]

    def on(sheet):
        return {slug for slug, switch in sheet.switches.items() if switch.isChecked()}

    sheet = opened()
    assert on(sheet) == {"sliced-w2", "heard"}, "of a model that is told something"
    assert sheet.limit.isHidden()
    run.most = 250
    state.runs.changed.emit(run.key)  # as soon as it is known
    assert sheet.limit.text().startswith("At most 250 of these data")
    assert sheet.form.entry.fields[0].default == 250
    assert "n" not in sheet._config, "what was asked of other data is no offer here"
    sheet.form.rows["n"].editor._typed("1000")
    assert not sheet.go.isEnabled()
    sheet.form.rows["n"].editor._typed("200")
    assert sheet.go.isEnabled()
    sheet.all.click()
    assert on(sheet) == set(sheet.switches)
    sheet.usual.click()
    assert on(sheet) == {"sliced-w2", "heard"}
    sheet.reject()
    run.evaluated = Evaluated(40, 0, {"fpd": 0.2})
    run.spec = msgspec.structs.replace(spec, family=Pick(slug="edm", config={"conditional": False}))
    assert on(opened()) == {"sliced-w2", "fpd"}, "what it was evaluated by"


async def test_evaluate_now_measures_as_many_as_the_training_and_is_read_when_done(
    bench, wait, tmp_path
):
    await bench.start()
    training = next(e for e in catalog().entries_of("training"))
    assert isinstance(training, EntrySpec)
    folder = tmp_path / "p" / "runs" / "0001-r"
    folder.mkdir(parents=True)
    spec = RunSpec(
        name="r", family=Pick(slug="edm"), dataset=Pick(slug="two-moons"),
        training={"evaluate_samples": 300},
    )  # fmt: skip
    run = RunState(key=str(folder), name="0001-r", spec=spec, checkpoints=[40])
    bench.state.runs.by_key[run.key] = run
    bench.state.runs.select(run.key)
    asked = []
    bench.engine.script[m.Evaluate] = lambda command: asked.append(command) or {}
    bench.actions.training.evaluate()
    await wait(lambda: asked)
    assert asked[0].n == 300
    EventLog(folder / "events.jsonl").append("evaluated", 40, **SAID)
    info = m.JobInfo(
        job="e", kind="evaluation", title="Evaluation of 0001-r", state="running", run=run.key
    )
    bench.engine.emit(m.JobChanged(info=info))
    bench.engine.emit(m.JobChanged(info=msgspec.structs.replace(info, state="finished")))
    await wait(lambda: run.evaluated is not None)
    assert isinstance(run.evaluated, Evaluated)
    assert run.evaluated.step == 40
    said = [notice.text for notice in bench.state.notices.history]
    assert "Evaluation of 0001-r is done" in said
    await asyncio.sleep(0)
    assert project_files.evaluated(run.key) == run.evaluated
    # One whose figures are not all there does not say that all is well.
    EventLog(folder / "events.jsonl").append(
        "evaluated", 40, **{**SAID, "notes": ["FID: no file."]}
    )
    bench.engine.emit(m.JobChanged(info=msgspec.structs.replace(info, job="f")))
    ended = msgspec.structs.replace(info, job="f", state="finished")
    bench.engine.emit(m.JobChanged(info=ended))
    await wait(lambda: run.evaluated.notes)
    notice = bench.state.notices.history[-1]
    assert (notice.level, notice.why) == ("warning", "FID: no file.")
    assert "but for some figures" in notice.text


def test_no_name_is_cut_off_for_a_verdict(lens, qtbot):
    """At 1440x900 all names of ten figures were three dots, for verdicts that were all the same."""
    card = EvaluatedCard(lens.state)
    qtbot.addWidget(card)
    card.show_figures(newest([event({**SAID, "counts": {}, "n": 250})]))
    name, verdict = card._columns[0][1], card._columns[-1][1]
    for room, beside in ((0, True), (-1, False)):
        card.resize(card._whole_width() + room, 400)
        QApplication.processEvents()
        assert verdict.isHidden() != beside
        assert name.text() == name.accessibleName().partition(":")[0]
    assert not any("250" in each.text() for each in card._columns[-1]), "n stands beside it"

"""The guidance lab in the Samples lens: what is asked as the slider moves, and what is shown."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from pushforward.studio.app.core.guidance_results import Found, lacking
from pushforward.studio.app.data.views.guidance_frame import (
    STRENGTHS,
    GuidanceView,
    with_label_dropout,
)
from pushforward.studio.app.engine.requests.request_base import Answer, Refused
from pushforward.studio.app.labs import guidance_lab
from pushforward.studio.app.text import number_format
from pushforward.studio.protocol.catalog import EntrySpec, FieldSpec
from pushforward.studio.protocol.messages import ErrorInfo, GetAble, Operate, ResultWritten
from pushforward.studio.protocol.spec import Pick
from pushforward.studio.store.results import ResultRecord, Results
from tests.qtloop import until

N = 20


def arrays(strengths: list[float], label: int = 1, law: bool = True) -> dict[str, Any]:
    k = np.array(strengths, np.float32)
    samples = np.tile(np.linspace(-1, 1, 2 * N, dtype=np.float32).reshape(1, N, 2), (len(k), 1, 1))
    known = np.ones_like(k) if law else np.full_like(k, np.nan)
    found = {
        "strengths": k, "label": np.array(label), "samples": samples,
        "share": 1 - 0.5 / (1 + k), "spread": 2.0 / (1 + k), "tilted-spread": 1.5 * known,
        "distance": 0.1 * k, "tilted-distance": 0.2 * known, "floor": np.array(0.05, np.float32),
        "class-spread": np.array(0.5, np.float32), "real": samples[0],
        "real-label": np.arange(N) % 2, "bounds": np.array([-2, 2, -2, 2], np.float32),
    }  # fmt: skip
    if law:
        found |= {"map": np.zeros((len(k), 4, 4), np.float32), "class-map": np.zeros((4, 4))}
    return found


def test_figures_rise_and_leave_out_what_blew_up() -> None:
    said = arrays([3.0, 1.0, 9.0])
    said["share"][2] = np.nan
    found = Found.of(said)
    assert [each.strength for each in found.figures] == [1.0, 3.0]
    assert found.figures[0].deviation == pytest.approx(np.sqrt(1.0 / 0.5))
    assert found.at(9.0) is None
    with pytest.raises(KeyError, match="bounds"):
        Found.of({name: value for name, value in said.items() if name != "bounds"})


def field(path: str, default: Any, kind: str) -> FieldSpec:
    return FieldSpec(path=path, kind=kind, title=path, help="", default=default)


@pytest.fixture
def able(lens):
    """A run whose model is told classes, and a link that answers as the lab does."""
    catalog, run, link = lens.state.catalog, lens.run, lens.link
    lab = EntrySpec(
        kind="operator", slug="guidance-lab", title="Guidance lab", summary="", source="",
        fields=[], needs=["denoiser"],
    )  # fmt: skip
    family = msgspec.structs.replace(
        catalog.entries[0],
        fields=[field("conditional", False, "bool"), field("label_dropout", 0.0, "float")],
    )
    catalog.entries[:] = [family, lab]
    config = {"conditional": True, "label_dropout": 0.1}
    run.spec = msgspec.structs.replace(run.spec, family=Pick(slug="edm", config=config))
    run.checkpoints = [100]
    lens.state.engine = replace(lens.state.engine, state="ready")
    plain, link.refusal, link.law = link.ask, "", True

    async def ask(command: Any) -> Answer:
        await plain(command)
        if isinstance(command, GetAble):
            named = {"name": "label", "names": ["left", "right"]}
            return Answer({"step": 100, "operators": [], "conditions": [named]})
        if isinstance(command, Operate) and command.inline:
            if link.refusal:
                raise Refused(ErrorInfo(kind="bad-request", message=link.refusal))
            label = ["left", "right"].index(command.given["label"])
            strengths = command.config["strengths"]
            return Answer({"step": 100}, arrays(strengths, label, law=link.law))
        return Answer({})

    link.ask = ask
    return lens


@pytest.fixture
def view(able, qtbot) -> GuidanceView:
    made = GuidanceView(able.state, able.actions)
    qtbot.addWidget(made)
    made.resize(900, 700)
    made.show()
    return made


def asked(lens) -> list[Operate]:
    """Return the requests of samples; those of previews of the curve have several strengths."""
    inline = [each for each in lens.link.of(Operate) if each.inline]
    return [each for each in inline if len(each.config["strengths"]) == 1]


async def test_the_slider_leads_and_the_exact_law_stands_beside(able, view) -> None:
    await until(lambda: view.found is not None)
    first = asked(able)[-1]
    assert (first.config["strengths"], first.given) == ([2.0], {"label": "left"})
    assert len(view.led.points) == N
    assert view.exact.isVisible()
    assert view.own.isHidden()
    assert view.led.full_range(view.led.plane) == view.exact.full_range(view.exact.plane), (
        "the same axes"
    )
    before = len(asked(able))
    for place in range(10, 30):
        view.slider.setValue(place)
    await until(lambda: not view._query.busy)
    assert len(asked(able)) - before <= 2, "what was overtaken is never asked"
    assert asked(able)[-1].config["strengths"] == [STRENGTHS[29]]
    assert view.table.cell(0, 1).text() == number_format.percent(1 - 0.5 / (1 + STRENGTHS[29]), 1)
    view.classes.choose(1)
    await until(lambda: view.found.label == 1)
    view.rescale.setValue(5)
    await until(lambda: not view._query.busy)
    assert asked(able)[-1].config["rescale"] == 0.5


async def test_what_blows_up_is_said_and_the_last_answer_stays(able, view) -> None:
    await until(lambda: view.found is not None)
    able.link.refusal = "the guidance is too strong: it led samples out of all bounds"
    view.lead(100.0)
    await until(lambda: view.refused.isVisible())
    assert view.refused.text().startswith("Strength 100: the guidance is too strong")
    assert len(view.led.points) == N
    able.link.refusal = ""
    view.lead(1.0)
    await until(lambda: not view.refused.isVisible())


async def test_without_a_law_the_data_of_the_class_stand_beside(able, view) -> None:
    await until(lambda: view.found is not None)
    able.link.law = False
    view.lead(3.0)
    await until(lambda: view.own.isVisible())
    assert view.exact.isHidden()
    assert view.table.model().rowCount() == 3
    assert not view.law._group.button(0).isEnabled()


async def test_a_measured_curve_and_seen_answers_are_one(able, view) -> None:
    await until(lambda: view.found is not None)
    await until(lambda: view.status.mark.text() == "Preview, 5 strengths, n = 500")
    assert view.charts.by_strength.lines[0].x.tolist() == [0.0, 1.0, 2.0, 4.0, 8.0]
    run = able.run
    record = ResultRecord(
        operator="guidance-lab", title="Guidance lab", run="r", step=100,
        config={"rescale": 0.0, "low": 0.0, "high": 1000.0},
    )  # fmt: skip
    name = Results(Path(run.key) / "results").write(record, arrays([0.0, 1.0, 8.0, 50.0], 0)).name
    run.results.append(name)
    able.state.result_written.emit(
        ResultWritten(job="j", run=run.key, operator="guidance-lab", step=100, result=name)
    )
    await until(lambda: view.status.mark.isHidden())
    assert view.charts.by_strength.lines[0].x.tolist() == [0.0, 1.0, 2.0, 8.0], (
        "50 is out of the picture, and the preview at 4 gives way to what was measured"
    )
    view.charts.chosen_at.emit(1.04)
    assert view.strength == 1.0
    view.measure.click()
    await until(lambda: any(not each.inline for each in able.link.of(Operate)))


async def test_a_curve_of_another_step_class_or_rescale_is_not_drawn(able, view) -> None:
    await until(lambda: view.status.mark.text() == "Preview, 5 strengths, n = 500")
    view.rescale.setValue(5)
    able.link.refusal = "no"
    await until(lambda: not view._query.busy)
    view.classes.choose(1)
    await until(lambda: "Strength 2: no" in view.refused.text())
    assert view._asked.label == 0, "these samples stay"
    assert not len(view.charts.by_strength.lines[0].x), "their curve would be taken for the other"
    able.link.refusal = ""
    view.classes.choose(0)
    view.rescale.setValue(0)
    run = able.run
    record = ResultRecord(
        operator="guidance-lab", title="Guidance lab", run="r", step=40, config={"rescale": 0.0}
    )
    name = Results(Path(run.key) / "results").write(record, arrays([0.5, 1.0, 7.0], 0)).name
    run.results.append(name)
    able.state.result_written.emit(
        ResultWritten(job="j", run=run.key, operator="guidance-lab", step=40, result=name)
    )
    await until(lambda: "step 40, the samples are of step 100" in view.refused.text())
    assert view.status.mark.text() == "Preview, 5 strengths, n = 500"
    assert view.charts.by_strength.lines[0].x.tolist() == [0.0, 1.0, 2.0, 4.0, 8.0]


async def test_a_run_that_was_never_told_a_class_says_how_to_get_one(able, view) -> None:
    run, state = able.run, able.state
    run.spec = msgspec.structs.replace(run.spec, family=Pick(slug="edm"))
    assert lacking(run, state.catalog) == "This model is unconditional."
    assert guidance_lab.applies(state)
    state.runs.selected.emit(run.key)
    assert view.page.isHidden()
    view.empty._button.click()
    assert state.draft.spec.family.config == {"conditional": True, "label_dropout": 0.1}
    always = Pick(slug="edm", config={"conditional": True})
    run.spec = msgspec.structs.replace(run.spec, family=always)
    assert "always conditioned" in lacking(run, state.catalog)
    assert with_label_dropout(run.spec, state).family.config["label_dropout"] == 0.1


def test_it_is_not_for_models_that_could_not_be_told_a_class(lens) -> None:
    assert lacking(lens.run, lens.state.catalog) is None
    assert not guidance_lab.applies(lens.state)

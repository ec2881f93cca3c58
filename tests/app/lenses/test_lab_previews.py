"""Each lab requests a preview when it is opened, and the whole measurement on *More*."""

from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import msgspec
import numpy as np
import pytest

from pushforward.studio.app.core.app_state import EngineStatus
from pushforward.studio.app.data.views.lab_frame import LabView
from pushforward.studio.app.data_types.images import anomaly_lab, film_lab, purification_lab
from pushforward.studio.app.data_types.series import imputation_lab
from pushforward.studio.app.engine.requests.request_base import Answer, Refused
from pushforward.studio.app.labs import averaging_lab, bound_lab, likelihood_lab, solver_lab
from pushforward.studio.app.labs.representation import probe_lab
from pushforward.studio.protocol.catalog import EntrySpec
from pushforward.studio.protocol.messages import JobInfo, Operate, ResultWritten
from pushforward.studio.protocol.parts import ErrorInfo
from pushforward.studio.store.results import ResultRecord, Results
from tests.app.lenses.test_bound import FOUND
from tests.qtloop import until

MODULES = (
    anomaly_lab, averaging_lab, bound_lab, film_lab, imputation_lab, likelihood_lab, probe_lab,
    purification_lab, solver_lab,
)  # fmt: skip
TRAINING = JobInfo(job="t", kind="training", state="running", title="Training", run="/p/runs/7-a")


@pytest.fixture
def engine(lens: Any) -> list[Operate]:
    """A free engine and a run with two checkpoints; returns the requests to operators."""
    state, asked, plain = lens.state, [], lens.link.ask
    points = EntrySpec(
        kind="dataset", slug="two-moons", title="", summary="", source="", fields=[],
        kinds=["points"],
    )  # fmt: skip
    state.catalog.entries.append(points)
    state.engine = EngineStatus(state="ready")
    lens.run.checkpoints, lens.run.step = [10, 20], 20

    async def ask(command: Any) -> Answer:
        if not isinstance(command, Operate):
            return await plain(command)
        asked.append(command)
        if not command.inline:
            return Answer({"job": "m"})
        said = {"step": command.step, "note": "", "config": command.config}
        return Answer(said, FOUND if command.operator == "bound" else {})

    lens.link.ask = ask
    return asked


def opened(lens: Any, qtbot: Any, module: ModuleType, *, visible: bool = True) -> Any:
    """Return the view of a lab whose operator the catalogue offers."""
    entry = EntrySpec(
        kind="operator", slug=module.LAB.operator, title="Bound explorer", summary="", source="",
        fields=[], needs=[],
    )  # fmt: skip
    lens.state.catalog.entries.append(entry)
    view = module.VIEW.factory(lens.state, lens.actions)
    qtbot.addWidget(view)
    view.resize(900, 700)
    if visible:
        view.show()
    return view


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.LAB.operator)
async def test_opening_a_lab_requests_its_preview_and_more_the_whole(
    lens: Any, qtbot: Any, engine: list[Operate], module: ModuleType
) -> None:
    view = opened(lens, qtbot, module)
    await until(lambda: engine)
    preview = engine[0]
    assert (preview.operator, preview.inline, preview.step) == (module.LAB.operator, True, 20)
    assert preview.config == module.LAB.preview_config(lens.state)
    assert module.LAB.samples in preview.config
    view.more.click()
    await until(lambda: len(engine) > 1)
    whole = engine[1]
    assert (whole.operator, whole.inline, whole.step) == (module.LAB.operator, False, 20)
    assert whole.config == {}


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.LAB.operator)
def test_the_settings_of_a_preview_are_accepted_by_its_operator(module: ModuleType) -> None:
    from pushforward.models.config import decode
    from pushforward.models.registry import discover, registry

    discover()
    lab, entry = module.LAB, registry.get("operator", module.LAB.operator)
    whole = entry.config()
    for config in (lab.preview, {**lab.preview, **lab.costly}):
        found = decode(entry.config, dict(config))
        usual = getattr(whole, lab.samples)
        assert getattr(found, lab.samples) <= usual or usual == 0, "a preview is smaller"


async def test_a_preview_is_marked_and_a_result_replaces_it(
    lens: Any, qtbot: Any, engine: list[Operate]
) -> None:
    view = opened(lens, qtbot, bound_lab)
    await until(lambda: view.filled)
    assert view.status.mark.text() == "Preview, n = 64"
    assert view.more.isVisibleTo(view.bar)
    assert not view.stale
    store(lens, 20)
    await until(lambda: not view.is_preview)
    assert view.status.mark.text() == ""
    assert not view.more.isVisibleTo(view.bar), "there is no more than the whole"
    assert len(engine) == 1


async def test_a_preview_of_images_takes_fewer_samples(
    lens: Any, qtbot: Any, engine: list[Operate]
) -> None:
    dataset = lens.state.catalog.get("dataset", "two-moons")
    lens.state.catalog.entries.remove(dataset)
    lens.state.catalog.entries.append(msgspec.structs.replace(dataset, kinds=["images"]))
    view = opened(lens, qtbot, bound_lab)
    await until(lambda: view.filled)
    assert view.status.mark.text() == "Preview, n = 16"


async def test_a_stored_result_is_shown_instead_of_a_preview(
    lens: Any, qtbot: Any, engine: list[Operate]
) -> None:
    store(lens, 20)
    view = opened(lens, qtbot, bound_lab)
    await until(lambda: view.filled)
    assert not view.is_preview
    assert engine == []


async def test_a_hidden_lab_requests_nothing(lens: Any, qtbot: Any, engine: list[Operate]) -> None:
    view = opened(lens, qtbot, bound_lab, visible=False)
    lens.state.queue_changed.emit()
    lens.state.engine_changed.emit()
    lens.state.runs.selected.emit(lens.run.key)
    lens.run.checkpoints = [10, 20, 30]
    lens.state.runs.changed.emit(lens.run.key)
    view.show()
    await until(lambda: view.filled)
    assert [each.step for each in engine] == [30], "only when it was shown"


async def test_while_a_training_runs_the_preview_waits_and_says_so(
    lens: Any, qtbot: Any, engine: list[Operate]
) -> None:
    lens.state.jobs["t"] = TRAINING
    view = opened(lens, qtbot, bound_lab)
    text = view.empty.accessibleName()
    assert text.startswith("Waiting for the engine. Training")
    assert text.endswith("The preview starts when the engine is free.")
    assert engine == []
    lens.state.jobs["t"] = msgspec.structs.replace(TRAINING, state="paused")
    lens.state.queue_changed.emit()
    await until(lambda: view.filled)
    assert view.empty.isHidden()


async def test_values_of_another_step_are_grey_until_they_are_recomputed(
    lens: Any, qtbot: Any, engine: list[Operate]
) -> None:
    view = opened(lens, qtbot, bound_lab)
    await until(lambda: view.filled)
    assert view._veil.isHidden()
    lens.state.playback.set(step=15)
    assert view.stale
    assert view._veil.isVisible()
    assert view.status.text.text().startswith("Values of step 20.")
    await until(lambda: not view.stale)
    assert view._veil.isHidden()
    assert [each.step for each in engine] == [20, 10], "the newest checkpoint before step 15"


async def test_values_of_another_run_are_grey_until_those_of_the_selected_one_arrive(
    lens: Any, qtbot: Any, engine: list[Operate]
) -> None:
    other = replace(lens.run, key=f"{lens.run.key}-b", name="0002-b", results=[])
    lens.state.runs.by_key[other.key] = other
    view = opened(lens, qtbot, bound_lab)
    await until(lambda: view.filled)
    lens.state.runs.select(other.key)
    assert not view.filled
    assert view._veil.isVisible()
    await until(lambda: view.filled)
    assert engine[-1].run == other.key
    assert view._veil.isHidden()


async def test_a_refusal_is_shown_and_not_repeated(
    lens: Any, qtbot: Any, engine: list[Operate], monkeypatch: pytest.MonkeyPatch
) -> None:
    count = []

    async def refuse(command: Any) -> Answer:
        count.append(command)
        raise Refused(ErrorInfo(kind="user", message="Too few samples."))

    monkeypatch.setattr(lens.link, "ask", refuse)
    view = opened(lens, qtbot, bound_lab)
    await until(lambda: "Too few samples." in view.empty.accessibleName())
    lens.state.queue_changed.emit()
    view.hide()
    view.show()
    assert len(count) == 1


async def test_progress_stands_above_the_preview_and_can_be_cancelled(
    lens: Any, qtbot: Any, engine: list[Operate]
) -> None:
    view: LabView = opened(lens, qtbot, bound_lab)
    await until(lambda: view.filled)
    lens.state.jobs["m"] = JobInfo(
        job="m", kind="operator", state="running", title="Bound explorer: r", run=lens.run.key,
        step=20, total=200,
    )  # fmt: skip
    lens.state.queue_changed.emit()
    assert view.status.text.text().startswith("Measuring. 20 of 200")
    assert view.filled, "the preview stays"
    assert not view.more.isEnabled()
    view.status.button.click()
    assert lens.state.ending == {"m"}
    assert view.status.text.text() == "Cancelling"


def store(lens: Any, step: int) -> None:
    """Write a result of the bound explorer into the run."""
    record = ResultRecord(operator="bound", title="Bound explorer", run="0001-r", step=step)
    name = Results(Path(lens.run.key) / "results").write(record, FOUND).name
    lens.run.results.append(name)
    lens.state.result_written.emit(
        ResultWritten(job="j", run=lens.run.key, operator="bound", step=step, result=name)
    )


def test_the_fake_result_has_the_array_that_marks_one() -> None:
    assert isinstance(FOUND[bound_lab.LAB.result], np.ndarray)

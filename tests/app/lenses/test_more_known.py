"""What is found of images after they are seen: nearest of the data, and what the judge sees."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from pushforward.studio.app.core.data_type_registry import kind
from pushforward.studio.app.core.runs import FlowRecord, RunState
from pushforward.studio.app.core.selection import Offered, Source
from pushforward.studio.app.data.pairwise_distance import CHUNK, nearest_of
from pushforward.studio.app.data.sample_findings import KEPT, MoreKnown
from pushforward.studio.app.engine.requests.request_base import Answer, Refused
from pushforward.studio.app.lenses.samples.tile_samples_view import TileSamplesView
from pushforward.studio.app.places.runs.inspector.sample_panel import RowsPanel
from pushforward.studio.protocol.catalog import EntrySpec
from pushforward.studio.protocol.messages import ErrorInfo, GetTarget, Operate
from tests.qtloop import until

IMAGES = kind("images")


def test_the_nearest_is_that_of_all_pairs_and_of_the_data_themselves_another_one() -> None:
    rng = np.random.default_rng(0)
    x, among = rng.random((CHUNK + 3, 9)) + 100, rng.random((40, 9)) + 100
    apart = np.linalg.norm(x[:, None] - among, axis=2)
    assert nearest_of(x, among, own=False) == pytest.approx(apart.min(axis=1))
    copied = np.concatenate([among[:5], x])
    assert (nearest_of(copied, among, own=False)[:5] == 0.0).all(), "a copy is a copy"
    apart = np.linalg.norm(among[:, None] - among, axis=2) + np.diag(np.full(40, np.inf))
    assert nearest_of(among, among, own=True) == pytest.approx(apart.min(axis=1))
    assert np.isnan(nearest_of(among[:1], among[:1], own=True)).all()


@pytest.fixture
def judged(lens: Any) -> Any:
    lens.state.catalog.entries.append(
        EntrySpec(kind="operator", slug="ask-judge", title="Ask", summary="", source="", fields=[])
    )
    lens.run.checkpoints = [9]
    lens.run.classes = ("nought", "one")
    lens.run.target = np.random.default_rng(1).random((20, 1, 4, 4)).astype(np.float32)
    lens.state.engine = replace(lens.state.engine, state="ready")
    plain, lens.link.refusal = lens.link.ask, ""

    async def ask(command: Any) -> Answer:
        await plain(command)
        if isinstance(command, Operate) and lens.link.refusal:
            raise Refused(ErrorInfo(kind="bad-request", message=lens.link.refusal))
        if isinstance(command, GetTarget):
            raise Refused(ErrorInfo(kind="bad-request", message="no more"))
        n = len(command.inputs["rows"]) if isinstance(command, Operate) else 0
        return Answer(
            {}, {"class": np.arange(n) % 2, "sure": np.linspace(0.5, 1, n), "margin": np.arange(n)}
        )

    lens.link.ask = ask
    return lens


async def test_each_image_is_judged_once_and_can_be_sorted_by_what_was_found(judged: Any) -> None:
    more, changed = MoreKnown(judged.state, judged.state, judged.actions), []
    more.changed.connect(lambda: changed.append(1))
    data = {"x": judged.run.target[:6] + 0.01}
    assert more.of(judged.run, IMAGES, data) == {}
    await until(lambda: len(changed) == 2)
    found = more.of(judged.run, IMAGES, data)
    measures = IMAGES.measures({**data, **found})
    assert measures["Prediction"].tolist() == ["nought", "one"] * 3
    assert measures["Confidence"][-1] == 100.0
    assert measures["Margin"].tolist() == [*range(6)], "which of those that are 100 % comes first"
    assert measures["Distance"] == pytest.approx(np.full(6, 0.04), abs=1e-3)
    more.of(judged.run, IMAGES, {"x": data["x"]})
    assert len(judged.link.of(Operate)) == 1, "the same images are asked about once"
    judged.run.target = judged.run.target[:10].copy()
    more.of(judged.run, IMAGES, data)
    await until(lambda: len(changed) == 3)
    assert len(judged.link.of(Operate)) == 1, "more data change what is nearest, not what is seen"


async def test_without_a_judge_there_are_distances_alone(judged: Any) -> None:
    judged.link.refusal = "these data have no reference classifier"
    more, changed = MoreKnown(judged.state, judged.state, judged.actions), []
    more.changed.connect(lambda: changed.append(1))
    real = {"x": judged.run.target}
    more.of(judged.run, IMAGES, real, own=True)
    await until(lambda: bool(changed) and bool(judged.link.of(Operate)))
    found = more.of(judged.run, IMAGES, real, own=True)
    assert set(found) == {"nearest"}
    assert float(found["nearest"].min()) > 0.1
    assert more.of(judged.run, kind("points"), real) == {}


async def test_what_is_new_to_a_part_of_the_training_data_is_said_to_be_so(judged: Any) -> None:
    """Of 10,000 molecules 4,096 were there, and the others were never looked among."""
    molecules, run = kind("molecules"), judged.run
    more, changed = MoreKnown(judged.state, judged.state, judged.actions), []
    more.changed.connect(lambda: changed.append(1))
    atoms, pairs = 9 * 3, 3 * 3
    ethene, ethane = np.zeros((2, atoms + pairs), np.float32)
    for row, order in ((ethene, 1), (ethane, 0)):
        row[: 2 * 9] = -1.0
        row[[0, 9]] = 1.0
        row[atoms::3] = -1.0
        row[atoms + 3 * order] = 1.0
    run.target, run.learned = np.stack([ethene] * 3), 8
    data = {"x": np.stack([ethene, ethane])}
    more.of(run, molecules, data)
    await until(lambda: bool(changed))
    assert "new" not in more.of(run, molecules, data), "the rest is still to come"
    (wanted,) = judged.link.of(GetTarget)
    assert wanted.n == molecules.browsed
    run.target = run.target.copy()  # there is no more to be had
    await until(lambda: "new" in more.of(run, molecules, data))
    assert more.of(run, molecules, data)["new"].tolist() == ["known", "new to 3 of 8"]
    run.learned, run.target = 3, run.target.copy()
    more.of(run, molecules, data)
    await until(lambda: "new" in more.of(run, molecules, data))
    assert len(judged.link.of(GetTarget)) == 1
    assert more.of(run, molecules, data)["new"].tolist() == ["known", "new"]


async def test_what_is_known_of_the_data_outlives_many_pictures(judged: Any) -> None:
    """The marks of real data went and came back while a training was watched."""
    more = MoreKnown(judged.state, judged.state, judged.actions)
    real = {"x": judged.run.target}
    more.of(judged.run, IMAGES, real, own=True)
    await until(lambda: "nearest" in (more.find_known(judged.run, real) or {}))
    for _ in range(KEPT + 1):
        more.of(judged.run, IMAGES, {"x": judged.run.target[:2].copy()})
        assert "nearest" in more.of(judged.run, IMAGES, real, own=True)


async def test_what_one_run_made_is_held_against_nothing_of_the_run_that_is_selected_next(
    judged: Any, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Others hear of it before a lens does, and let it be drawn anew: its rows are the last run's
    still. Of another size they brought an error, and of the same one they would be compared.
    """
    state, run, rng = judged.state, judged.run, np.random.default_rng(2)
    state.catalog.entries.append(
        EntrySpec(
            kind="dataset", slug="two-moons", title="Digits", summary="", source="", fields=[],
            kinds=["images"],
        )
    )  # fmt: skip
    held: list[tuple[int, ...]] = []

    def recorded(x: Any, among: Any, *, own: bool) -> Any:
        held.append((x.shape[1], among.shape[1]))
        return np.zeros(len(x))

    monkeypatch.setattr("pushforward.studio.app.data.sample_findings.nearest_of", recorded)
    other = RunState(key=str(tmp_path / "other"), name="0002-r", spec=run.spec, classes=("a",))
    other.target = rng.random((20, 3, 8, 8)).astype(np.float32)
    state.runs.by_key[other.key] = other
    run.job = ""
    views: list[TileSamplesView] = []
    state.runs.selected.connect(lambda _: [view._fill_anew() for view in views])
    views.append(TileSamplesView(state, judged.actions))
    (view,) = views
    view.show()
    x = rng.random((2, 5, 1, 4, 4)).astype(np.float32)
    run.live = FlowRecord.from_arrays(3, t=np.linspace(0, 1, 2, dtype=np.float32), x=x)
    state.runs.record_arrived.emit(run.key)
    await until(lambda: len(held) == 2)
    state.runs.select(other.key)
    await until(lambda: len(held) == 3)
    await until(lambda: not view._sampled._query.busy)
    assert set(held) == {(16, 16), (192, 192)}
    view.close()
    view.deleteLater()


async def test_the_inspector_holds_a_row_against_data_of_its_own_run(
    judged: Any, tmp_path: Any
) -> None:
    state, run, rng = judged.state, judged.run, np.random.default_rng(3)
    other = RunState(key=str(tmp_path / "other"), name="0002-r", spec=run.spec)
    other.target = rng.random((20, 3, 8, 8)).astype(np.float32)
    state.runs.by_key[other.key] = other
    panel = RowsPanel(state, judged.actions)
    panel.show()
    asked: list[str] = []
    panel._found.of = lambda of, *rest: asked.append(of.key) or []  # type: ignore[method-assign]
    source = Source(run.key, "samples", "f")
    x = rng.random((4, 1, 4, 4)).astype(np.float32)
    state.selection.offer(source, Offered({"x": x}, "Generated image", lambda at: []))
    state.selection.set(source, np.array([1]), "click")
    assert set(asked) == {run.key}
    state.runs.select(other.key)
    panel.refresh()
    assert set(asked) == {run.key}
    panel.close()
    panel.deleteLater()

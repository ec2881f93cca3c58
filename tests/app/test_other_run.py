"""Rows of another run beside those of one: the same latents in the same places, or why not."""

from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication

from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.data_type_registry import kind
from pushforward.studio.app.core.runs import RunState
from pushforward.studio.app.core.selection import Selection, Source
from pushforward.studio.app.data.browser import Browser
from pushforward.studio.app.data.other_run import OtherRun
from pushforward.studio.app.data.shared_latents import differ, find_comparable_runs
from pushforward.studio.app.engine.sample_source import ShownSamples
from pushforward.studio.protocol.messages import ResultWritten
from pushforward.studio.protocol.records import FlowRecord
from pushforward.studio.protocol.spec import Pick, RunSpec
from pushforward.studio.store.flow import FlowStore
from pushforward.studio.store.results import ResultRecord, Results
from tests.client.fakes.catalog import catalog

Wait = Callable[..., Coroutine[Any, Any, None]]
MADE = Source("/p/runs/0001-a", "particles")


def run(name: str, family: str = "edm", data: str = "eight-gaussians", **training: Any) -> RunState:
    spec = RunSpec(name=name, family=Pick(slug=family), dataset=Pick(slug=data), training=training)
    return RunState(key=f"/p/runs/{name}", name=name, spec=spec, step=5)


def test_runs_on_the_same_data_that_have_begun_may_stand_beside() -> None:
    one, other, elsewhere = run("0002-b"), run("0001-a"), run("0003-c", data="ring")
    nothing = run("0004-d")
    nothing.step = 0
    runs = {each.key: each for each in (one, other, elsewhere, nothing)}
    assert find_comparable_runs(one, runs, catalog()) == [other]


@pytest.mark.parametrize(
    ("other", "seed", "why"),
    [
        (run("0002-b", seed=4), None, ""),
        (run("0002-b", seed=5), None, "seed 5, this one 4"),
        (run("0002-b", seed=5), 7, ""),  # samples of one seed
        (run("0002-b", seed=4, particles=9), None, "different number of particles"),
        (run("0002-b", data="ring", seed=4), None, "other data"),
        (run("0002-b", family="gan", seed=4), None, "different latents"),
    ],
)
def test_it_is_said_why_rows_are_not_of_the_same_latents(
    other: RunState, seed: int | None, why: str
) -> None:
    said = differ(run("0001-a", seed=4), other, catalog(), seed)
    assert why in said
    assert bool(why) == bool(said)


def test_generators_of_other_latents_are_told_apart() -> None:
    one, other = run("0001-a", "gan", seed=0), run("0002-b", "gan", seed=0)
    assert other.spec is not None
    wide = Pick(slug="gan", config={"generator": {"config": {"latent": 3}}})
    assert not differ(one, other, catalog(), None)
    other.spec = msgspec.structs.replace(other.spec, family=wide)
    said = differ(one, other, catalog(), None)
    assert "different latents" in said
    flow = differ(run("0003-c", seed=0), one, catalog(), 7)
    assert (
        "those of a generator and not of a flow: the samples do not correspond one to one"
    ) in flow


@pytest.fixture
def browser(qapp: QApplication) -> Iterator[Browser]:
    made = Browser(Selection())
    made.resize(800, 500)
    made.show()
    yield made
    made.close()
    made.deleteLater()


def pictures(*light: float) -> dict[str, np.ndarray]:
    return {"x": np.float32(light)[:, None, None, None] * np.ones((1, 1, 4, 4), np.float32)}


def test_the_same_latents_stand_in_the_same_places_and_are_selected_together(
    browser: Browser,
) -> None:
    images, one, two = kind("images"), pictures(0.5, 0.1, 0.9), pictures(0.2, 0.8, 0.3)
    browser.show_data(images, one, MADE, two, MADE, "", beside="Run 2")
    browser.order.setCurrentText("Brightness, low first")
    assert browser.made.grid.order.tolist() == browser.real.grid.order.tolist() == [1, 0, 2]
    browser.filter.setText("brightness < 60")
    assert browser.real.grid.order.tolist() == [1, 0]  # as the first, whatever theirs are
    browser._selection.set(MADE, np.array([1]), "tiles")
    assert browser.real.grid.rows.tolist() == [1]
    assert browser.picked.text() == "1 selected, 33 %"
    browser.made.grid.setCurrentIndex(browser.made.grid.model().index(1))
    assert browser.real.grid.inspected == browser.made.grid.inspected == 0
    assert browser.nearest.isHidden()
    known = browser._selection.find_offered(MADE)
    assert known is not None
    assert known.arrays["x"] is one["x"]
    # Those of other latents go their own ways.
    browser.show_data(images, one, MADE, two, None, "", beside="Run 2")
    assert browser.real.grid.order.tolist() == [0, 2]


def test_samples_are_still_told_of_when_the_pane_shows_the_fixed_ones(browser: Browser) -> None:
    images, drawn = kind("images"), Source(MADE.run, "samples", "drawn.h5")
    browser.show_data(images, pictures(0.1, 0.5, 0.9), drawn, None, None, "")
    known = browser._selection.find_offered(drawn)
    assert known is not None
    told = known.tell(2)
    assert dict(told)["Brightness"] == "90 %"
    browser.show_data(images, pictures(0.2), MADE, None, None, "")
    assert browser._selection.find_offered(drawn) is known
    assert known.tell(2) == told


def test_without_a_choice_the_pane_says_what_it_shows(browser: Browser) -> None:
    pane = browser.real
    pane.offer_choice(["Real"])
    assert pane.choice.isHidden()
    pane.offer_choice(["Real", "Run 2"])
    pane.choice.setCurrentIndex(1)
    pane.offer_choice(["Real", "Run 1", "Run 2"])
    assert pane.choice.currentText() == "Run 2"
    pane.offer_choice(["Real", "Run 1"])
    assert pane.choice.currentText() == "Real"


async def test_particles_and_samples_of_the_same_seed_are_read(
    qapp: QApplication, wait: Wait, tmp_path: Path
) -> None:
    one, other = run("0001-a", seed=0), run("0002-b", seed=0)
    other.key = str(tmp_path)
    x = np.arange(12, dtype=np.float32).reshape(2, 3, 2)
    FlowStore(tmp_path).keep(FlowRecord.from_arrays(5, np.float32([0, 1]), x))
    state = AppState()
    state.catalog = catalog()
    parent = QObject()
    found = OtherRun(parent, state)
    found.choose(other, one, ShownSamples(np.zeros((3, 2), np.float32), (), "", 5))
    await wait(lambda: found.shown is not None)
    assert found.shown is not None
    np.testing.assert_array_equal(found.shown.x, x[-1])
    assert found.aligned
    drawn = ShownSamples(np.zeros((3, 2), np.float32), (), "", 5, file="/a.h5", seed=7)
    found.choose(other, one, drawn)
    await wait(lambda: found.note)
    assert found.note == "Run 2 has no 3 samples of seed 7."
    assert found.draws
    for seed in (7, 8):
        record = ResultRecord(
            operator="generate", title="Generate", run="0002-b", step=5, config={"seed": seed}
        )
        Results(tmp_path / "results").write(record, {"x": x[seed - 7]})
        other.results.append(f"000{seed - 6}-generate")
    news = []
    found.changed.connect(lambda: news.append(found.choose(other, one, drawn)))
    written = ResultWritten(job="1", run=other.key, operator="generate", step=5)
    state.result_written.emit(written)
    await wait(lambda: found.shown is not None)
    assert found.shown is not None
    np.testing.assert_array_equal(found.shown.x, x[0])
    assert found.aligned
    assert not found.draws
    found.changed.disconnect()
    odd = ShownSamples(np.zeros((3, 5), np.float32), (), "", 5)
    found.choose(other, one, odd)
    await wait(lambda: "different shape" in found.note)
    assert found.shown is None

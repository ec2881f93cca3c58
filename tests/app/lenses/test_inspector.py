"""The inspector follows what was selected last, and Escape goes back to the run."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QPushButton

from pushforward.studio.app.core.data_type_registry import kind
from pushforward.studio.app.core.runs import FlowRecord, RunState
from pushforward.studio.app.core.selection import Offered, Source
from pushforward.studio.app.data.browser import Browser
from pushforward.studio.app.data.nearest_samples import measured
from pushforward.studio.app.design.clock_slider import ClockSlider
from pushforward.studio.app.engine.requests.request_base import Answer
from pushforward.studio.app.places.runs.inspector.sample_panel import RowsPanel
from pushforward.studio.app.places.runs.inspector.stage_panel import at_hand
from pushforward.studio.app.shell.inspector import PANELS, Inspector
from pushforward.studio.protocol.catalog import EntrySpec
from pushforward.studio.protocol.messages import GetNearest
from pushforward.studio.protocol.spec import ChangeSetting, EditPoints, Pick
from pushforward.studio.store.flow import FlowStore
from tests.qtloop import until

N = 40


@pytest.fixture
def inspector(lens: Any, qtbot: Any) -> Inspector:
    made = Inspector(lens.state, lens.actions)
    qtbot.addWidget(made)
    made.resize(312, 800)
    made.show()
    return made


def images(lens: Any) -> tuple[Source, Source]:
    """Let a lens show generated and real images."""
    entry = EntrySpec(
        kind="dataset", slug="letters", title="L", summary="", source="", fields=[],
        kinds=["images"],
    )  # fmt: skip
    lens.state.catalog.entries.append(entry)
    spec = lens.run.spec
    lens.run.spec = type(spec)(name="r", family=spec.family, dataset=Pick(slug="letters"))
    x = np.linspace(0, 1, N, dtype=np.float32)[:, None, None, None] * np.ones((N, 1, 4, 4), "f4")
    made, real = Source(lens.run.key, "samples", "a.h5"), Source(lens.run.key, "data", "0")
    browser = Browser(lens.state.selection)
    browser.show_data(kind("images"), {"x": x + 0.01}, made, {"x": x}, real, "")
    lens.browser = browser
    return made, real


def words(widget: Any) -> str:
    QApplication.processEvents()  # what was added to a layout is seen with the next event
    seen = [each for each in widget.findChildren(QLabel) if each.isVisible()]
    return " | ".join(each.text() for each in seen)


def near(inspector: Inspector) -> str:
    """Return what is said of the nearest real ones."""
    panel = inspector.findChild(RowsPanel)
    assert panel is not None
    return panel.near_words.text()


def test_there_is_a_panel_for_everything_of_a_run(lens: Any, inspector: Inspector) -> None:
    for thing in PANELS:
        lens.state.looked.look(thing, "0")
        assert inspector.back.isVisible()
    lens.state.looked.look("run")
    assert not inspector.back.isVisible()
    assert inspector.run.isVisible()


async def test_a_tile_is_seen_large_with_its_measures_and_the_nearest_real_ones(
    lens: Any, inspector: Inspector
) -> None:
    made, _ = images(lens)
    lens.state.selection.set(made, np.array([7]), "tiles")
    await until(lambda: near(inspector).startswith("Of 40 real images, by pixels"))
    assert "(Euclidean distance, each pixel from 0 to 1)" in near(inspector)
    assert "from their nearest (median), this one" in near(inspector)
    told = words(inspector)
    assert "Generated image 7" in told
    assert "Brightness" in told
    assert "1 of 40, 2.5 %" in told
    assert "Of 40 real images, by pixels" in told
    QTest.keyClick(inspector, Qt.Key.Key_Escape)
    assert lens.state.selection.source is None
    assert inspector.run.isVisible()


async def test_what_is_much_nearer_than_real_ones_are_may_be_a_copy(
    lens: Any, inspector: Inspector
) -> None:
    made, real = images(lens)
    copies = lens.state.selection.find_offered(real).arrays["x"]
    lens.browser.show_data(kind("images"), {"x": copies.copy()}, made, {"x": copies}, real, "")
    lens.state.selection.set(made, np.array([7]), "tiles")
    await until(lambda: near(inspector).endswith("it may be a copy."))


async def test_the_nearest_is_of_the_same_class_and_as_many_are_told_in_both_places(
    lens: Any, inspector: Inspector
) -> None:
    """A generated top was held against quarks, of 2,048 in one place and of 4,096 in the other."""
    made, real = images(lens)
    there = lens.state.selection.find_offered(real).arrays["x"]
    classes = np.array(["quark", "top"] * (N // 2))
    mine = {"x": there + 0.01, "label": np.array(["quark"] * N)}
    browser = lens.browser
    browser.show_data(kind("images"), mine, made, {"x": there, "label": classes}, real, "")
    lens.state.selection.set(made, np.array([7]), "tiles")
    of = f"{N // 2} real images of class quark"
    await until(lambda: near(inspector).startswith(f"Of {of}, by "))
    browser.nearest.show()
    browser.made.grid.inspect(7)
    browser.nearest.setChecked(True)
    await until(lambda: f"nearest of {of}" in browser._near_line.text())
    order = browser.real.grid.order
    assert (classes[order[: N // 2]] == "quark").all()
    assert (classes[order[N // 2 :]] == "top").all()


def test_far_is_what_is_of_another_class_and_usual_is_told_of_each_class() -> None:
    x = np.linspace(0, 1, N, dtype=np.float32)[:, None, None, None] * np.ones((N, 1, 4, 4), "f4")
    classes = np.array(["quark", "top"] * (N // 2))
    usual: dict[str, float | None] = {}
    real = {"x": x, "label": classes}
    found = measured({"x": x, "label": classes}, 6, real, kind("images"), usual)
    assert np.isinf(found.far[1::2]).all()
    assert (found.far[6], found.among, found.copied) == (0.0, N // 2, True)
    assert usual == {"quark": pytest.approx(4 * 2 / (N - 1), rel=1e-4)}  # every other one is it
    unlabelled = measured({"x": x}, 6, real, kind("images"))
    assert (unlabelled.among, unlabelled.describe_searched(kind("images"))) == (N, "40 real images")


def test_several_are_counted_and_shown_alone(lens: Any, inspector: Inspector) -> None:
    made, _ = images(lens)
    lens.state.selection.set(made, np.arange(10), "tiles", ("Real, same place", 3, 30))
    told = words(inspector)
    assert "10 pictures" in told
    assert "10 of 40, 25 %" in told
    assert "3 of 30, 10 %" in told
    only = next(b for b in inspector.findChildren(QPushButton) if b.text() == "Only these")
    only.click()
    assert lens.browser.made.grid.count == 10
    assert lens.browser.real.grid.count == N
    only.click()
    assert lens.browser.made.grid.count == N
    clear = next(b for b in inspector.findChildren(QPushButton) if b.text() == "Clear")
    clear.click()
    assert inspector.run.isVisible()


def test_what_is_selected_is_copied_with_its_words(lens: Any, inspector: Inspector) -> None:
    made, _ = images(lens)
    lens.state.selection.set(made, np.array([39]), "tiles")
    copy = next(b for b in inspector.findChildren(QPushButton) if b.text() == "Copy")
    copy.click()
    assert QApplication.clipboard().text().startswith("Generated image 39 · Brightness")
    assert not QApplication.clipboard().image().isNull()


def test_a_particle_is_told_by_its_lens_and_leads_to_watch(lens: Any, inspector: Inspector) -> None:
    source = Source(lens.run.key, "particles")
    x = np.zeros((5, 2), np.float32)
    life = Offered({"x": x}, "Particle", lambda row: [("Now at", f"{row}, 0")])
    lens.state.selection.offer(source, life)
    lens.state.selection.set(source, np.array([3]), "click")
    assert "Particle 3" in words(inspector)
    assert "3, 0" in words(inspector)
    asked: list[str] = []
    lens.state.window.show_lens.connect(asked.append)
    watch = next(b for b in inspector.findChildren(QPushButton) if b.text() == "In Watch")
    watch.click()
    assert asked == ["watch"]


def test_data_of_another_run_are_forgotten(lens: Any) -> None:
    selection = lens.state.selection
    for run in ("/p/runs/1", "/p/runs/2"):
        offer = Offered({"x": np.zeros((5, 2))}, "Point", lambda row: [])
        selection.offer(Source(run, "data", "0"), offer)
    assert selection.real("/p/runs/1") is None
    assert selection.real("/p/runs/2") is not None


def test_a_change_says_what_came_of_it(lens: Any, inspector: Inspector) -> None:
    lens.run.edits = [
        ChangeSetting(step=5, path="lr", value=0.1),
        EditPoints(step=40, action="add", centre=(0.0, 0.0), radius=0.1, count=400),
    ]
    lens.measure("quality/w2", [30, 60], [0.4, 0.2])
    store = FlowStore(lens.run.key)
    for step in (0, 20):
        store.keep(
            FlowRecord.from_arrays(
                step, np.ones(1, "f4"), np.zeros((1, 3, 2), "f4"), {}, (0, 1, 0, 1)
            )
        )
    lens.run.kept = store.steps()
    lens.state.looked.look("event", "1")
    told = words(inspector)
    assert "Change after step 40" in told
    assert "400 target points added" in told
    assert "0.4 at step 30" in told
    assert "0.2 at step 60" in told
    next(b for b in inspector.findChildren(QPushButton) if b.text() == "Look at before").click()
    assert lens.state.playback.step == 20


def test_a_diamond_on_the_timeline_is_the_event(lens: Any, qtbot: Any) -> None:
    slider = ClockSlider("Training step", accent=True)
    qtbot.addWidget(slider)
    slider.resize(400, 30)
    slider.show()
    slider.show_state(0.0, 1.0, "", notes=((0.25, "one"), (0.75, "two")))
    noted: list[int] = []
    slider.noted.connect(noted.append)
    place = slider.rect().center()
    place.setX(round(slider._x(0.75)))
    QTest.mouseClick(slider, Qt.MouseButton.LeftButton, pos=place)
    QTest.mouseClick(slider, Qt.MouseButton.LeftButton, pos=slider.rect().center())
    assert noted == [1]


def test_a_layer_says_how_it_comes_to_the_screen(lens: Any, inspector: Inspector) -> None:
    lens.state.looked.look("layer", "log-density")
    told = words(inspector)
    assert "Log-density" in told
    assert "only while shown" in told


def test_runs_beside_each_other_are_judged_each(lens: Any, inspector: Inspector) -> None:
    other = RunState(key="/p/runs/0002-s", name="0002-s", spec=lens.run.spec)
    lens.state.runs.by_key[other.key] = other
    lens.measure("quality/w2", [30], [0.4])
    lens.run.floors = {"w2": 0.2}
    lens.state.runs.choose((lens.run.key, other.key))
    told = words(inspector)
    assert "2 runs compared" in told
    assert "2 × the floor" in told
    assert "Not measured yet" in told
    lens.state.runs.choose(())
    assert inspector.run.isVisible()


def test_a_stage_says_how_far_its_particles_go() -> None:
    two = np.array([[0.0, 0.0], [1.0, 0.0]], np.float32)
    arrays = {"t": np.ones(1), "x": two[None], "scene:real": two, "scene:particles": two,
              "scene:moved": two + np.float32([0, 3])}  # fmt: skip
    facts = dict(at_hand(FlowRecord(1, arrays, (0, 1, 0, 1))))
    assert facts == {"Data": "2", "Particles": "2", "Went": "median 3"}


async def test_the_nearest_jets_are_sought_among_all_that_are_learned(
    lens: Any, inspector: Inspector
) -> None:
    """The nearest one changed with how many of the data lenses had fetched."""
    asked, questions = lens.link.ask, []
    x = np.zeros((4, 3, 3), np.float32)
    x[:, 0, 2] = np.log1p([100.0, 90.0, 80.0, 70.0])

    async def answer(command: Any) -> Answer:
        if not isinstance(command, GetNearest):
            return await asked(command)
        questions.append(command)
        return Answer(
            {"n": 900, "among": [300], "usual": [0.1], "names": ["W", "top"]},
            {"x": x, "label": np.ones(4, int), "far": np.array([[0.01, 0.2, 0.3, 0.4]]),
             "number": np.array([[7, 8, 9, 10]])},
        )  # fmt: skip

    lens.state.engine = replace(lens.state.engine, state="ready")
    lens.link.ask = answer
    entry = EntrySpec(
        kind="dataset", slug="jets", title="J", summary="", source="", fields=[], kinds=["jets"]
    )
    lens.state.catalog.entries.append(entry)
    lens.run.spec = type(lens.run.spec)(
        name="r", family=lens.run.spec.family, dataset=Pick(slug="jets")
    )
    lens.run.classes = ("W", "top")
    made = Source(lens.run.key, "samples", "a.h5")
    rows = {"x": x, "label": np.array(["top"] * 4), "pt": np.full(4, 100.0)}
    lens.state.selection.offer(made, Offered(rows, "Generated jet", lambda _: []))
    lens.state.selection.set(made, np.array([2]), "tiles")
    await until(lambda: near(inspector).startswith("Of 300 training jets of class top, by "))
    assert near(inspector).endswith("it may be a copy.")
    (question,) = questions
    assert (question.by, question.n, question.usual) == ("constituents", 4, True)
    assert question.given == {"pt": [100.0], "label": [1]}
    learned = Source(lens.run.key, "near", "x")
    there = Offered(rows, "Training jet", lambda _: [], numbers=np.array([7, 8, 9, 10]))
    lens.state.selection.offer(learned, there)
    lens.state.selection.set(learned, np.array([1]), "tiles")
    assert inspector.findChild(RowsPanel).title.text() == "Training jet 8"
    assert not inspector.findChild(RowsPanel).near_words.isVisible(), "it is one of them"


async def test_what_is_known_of_a_graph_beside_others_stands_whatever_lens_it_was_found_in(
    lens: Any, inspector: Inspector
) -> None:
    """A lens that tells of edges alone: validity, class and copies are found by the inspector."""
    entry = EntrySpec(
        kind="dataset", slug="paths", title="P", summary="", source="", fields=[], kinds=["graphs"]
    )
    lens.state.catalog.entries.append(entry)
    spec = lens.run.spec
    lens.run.spec = type(spec)(name="r", family=spec.family, dataset=Pick(slug="paths"))
    path, ring = np.array([1, -1, 1], "f4"), np.ones(3, "f4")
    lens.run.target = np.stack([path] * 4)
    made, rows = Source(lens.run.key, "particles"), {"x": np.stack([ring, path, ring])}

    def edges(at: int) -> list[tuple[str, str]]:
        return [("Edges", str(int((rows["x"][at] > 0).sum())))]

    lens.run.job = ""
    lens.state.selection.offer(made, Offered(rows, "Generated graph", edges))
    lens.state.selection.set(made, np.array([2]), "click")
    panel = inspector.findChild(RowsPanel)
    assert panel is not None
    await until(lambda: "Validity" in words(panel.facts))
    told = words(panel.facts)
    assert "Validity | invalid: 1 cycle | Class | 1 | Copies | 2 | Nearest | " in told
    many = len(lens.run.target)
    assert f"Compared with | {many} real graphs" in told, "nearest of how many"
    assert told.count("Edges") == 1, "what the lens tells is not told again"
    lens.state.selection.set(made, np.array([1]), "click")
    assert "Validity | valid | Class | 2 | Copies | 1 | Nearest | 0 | " in words(panel.facts)
    few = {"x": rows["x"][:1]}
    lens.state.selection.offer(made, Offered(few, "Generated graph", edges))
    told = words(inspector)
    assert "This snapshot has only the first 1 graphs." in told
    assert "1 of 1" not in told, "it is none of these"

"""A training step of what are no points is told, stage by stage."""

from typing import Any

import numpy as np
import pytest
from msgspec import structs
from pytestqt.qtbot import QtBot

from pushforward.studio.app.core import data_type_registry as kinds
from pushforward.studio.app.core.runs import FlowRecord
from pushforward.studio.app.core.selection import Source
from pushforward.studio.app.data.tile_frames import SHOWN
from pushforward.studio.app.engine.requests.request_base import Answer
from pushforward.studio.app.lenses.explain import breakdown_view as moment
from pushforward.studio.app.lenses.explain import steps_view
from pushforward.studio.app.lenses.explain.stage_list import StageList
from pushforward.studio.protocol.catalog import EntrySpec
from pushforward.studio.protocol.extras import CANDIDATES, CHANCES, PLACES
from pushforward.studio.protocol.spec import Pick
from tests.app.lenses.test_moment import STAGES
from tests.app.lenses.test_tiles import record
from tests.qtloop import until


def with_stages(lens: Any, kind: str) -> None:
    entry = structs.replace(lens.state.catalog.entries[0], stages=STAGES, motion="dx = v dt")
    data = EntrySpec(
        kind="dataset", slug="mine", title="Mine", summary="", source="", fields=[], kinds=[kind]
    )
    lens.state.catalog.entries[:] = [entry, data]
    lens.run.spec = structs.replace(lens.run.spec, dataset=Pick(slug="mine"))


def test_one_view_explains_points_and_the_other_all_else(lens: Any) -> None:
    for kind, drawn in (("points", True), ("images", False), ("graphs", False)):
        with_stages(lens, kind)
        assert moment.explainable(lens.state) == drawn
        assert steps_view.VIEW.applies(lens.state) != drawn


def test_the_stages_are_told_with_their_sources_and_lead_to_the_model(
    lens: Any, qtbot: QtBot
) -> None:
    with_stages(lens, "sounds")
    view = steps_view.StepsView(lens.state, lens.actions)
    qtbot.addWidget(view)
    view.resize(700, 500)
    view.show()
    assert view.stages.count() == len(STAGES)
    assert view.title.text() == "A training step of EDM"
    assert "for data it is only listed" in view.note.text()
    view.about.click()
    assert (lens.state.place, lens.state.help_page) == ("help", "model-edm")


def test_beside_the_stages_stand_the_losses_and_what_the_model_makes(
    lens: Any, qtbot: QtBot
) -> None:
    with_stages(lens, "sounds")
    view = steps_view.StepsView(lens.state, lens.actions)
    qtbot.addWidget(view)
    view.resize(700, 500)
    view.show()
    assert not view.made.isVisible()
    assert not view.curves.isVisible()
    lens.measure("loss", [1, 5], [2.0, 0.5])
    lens.measure("quality/sliced-w2", [5], [0.1])  # that stands in Quality
    lens.state.runs.metrics_appended.emit(lens.run.key)
    qtbot.waitUntil(view.curves.isVisible)
    assert list(view.curves._lines) == ["loss"]
    assert view.curves._lines["loss"][0].text() == "0.5"
    lens.state.playback.set(step=1)
    qtbot.waitUntil(lambda: view.curves._lines["loss"][0].text() == "2")
    lens.state.playback.set(step=None)
    lens.run.live = record(7, 64)
    lens.state.runs.record_arrived.emit(lens.run.key)
    assert view.made.isVisible()
    assert (view.made.count, view._of.accessibleName()) == (SHOWN, "step 7")


async def test_where_nothing_moves_it_shows_what_the_model_answers(lens: Any, qtbot: QtBot) -> None:
    """Half of the lens stood empty beside the stages of a recommender."""
    with_stages(lens, "interactions")
    told = iter(
        [
            Answer(
                {"columns": ["Alien", "Brazil", "Casablanca"]},
                {"x": np.array([[1, 2, 0], [3, 0, 0]])},
            ),
            Answer({"step": 9}, {"item": np.array([[3, 1]])}),
        ]
    )
    asked: list[Any] = []

    async def ask(command: Any) -> Answer:
        asked.append(command)
        return next(told)

    lens.link.ask = ask
    view = steps_view.StepsView(lens.state, lens.actions)
    qtbot.addWidget(view)
    view.resize(1100, 600)
    lens.run.checkpoints, lens.run.job = [5, 9], ""
    view.show()
    await until(lambda: view.portrait.there)
    assert [type(each).__name__ for each in asked] == ["PreviewData", "Operate"]
    assert (asked[1].operator, asked[1].inputs) == ("recommend", {"histories": [[1, 2, 0]]})
    assert view.portrait.isVisible()
    assert view._whose.accessibleName() == "step 9, the first of the data"
    empty = view.portrait.grab().toImage()
    view.portrait._query.answer = None
    assert view.portrait.grab().toImage() != empty
    lens.state.runs.changed.emit(lens.run.key)
    assert len(asked) == 2  # once for each checkpoint


async def test_a_stage_of_graphs_has_them_in_one_place_with_their_noise(
    lens: Any, qtbot: QtBot
) -> None:
    """Stages of graphs and of jets were only told; a graph and its noise lay apart."""
    with_stages(lens, "graphs")
    view = steps_view.StepsView(lens.state, lens.actions)
    qtbot.addWidget(view)
    view.resize(900, 600)
    view.show()
    square = np.array([[1.0, -1.0, 1.0, 1.0, -1.0, 1.0]] * 3)  # 4 nodes, 6 pairs
    noisy = square + np.array([[0.9], [0.1], [0.4]])
    scene = {"real": square, "particles": noisy, "level": np.array([4.0, 0.1, 0.4])}
    scene |= {"given:size": np.array([4, 4, 4])}
    arrays = {f"scene:{name}": each for name, each in scene.items()}
    lens.state.moment.begin(lens.run.key, 7, live=False)
    empty = FlowRecord.from_arrays(7, np.zeros(1), np.zeros((1, 0, 6)))
    lens.state.moment.add(STAGES[0].name, empty.holding(**arrays))
    assert view.steps.titles == ["The data", "The particles, noise level s = 0.4"]
    real, particles = (grid.tiles.arrays for grid in view.steps.grids)
    assert np.array_equal(particles["x"], noisy[2:])  # of the three the one in the middle
    assert np.array_equal(real[PLACES], particles[PLACES])
    assert real[PLACES].any()
    assert view._where.accessibleName() == "stage 1 of 3, graph 3 of the batch"


def test_a_stage_of_jets_says_their_type_once_it_is_known() -> None:
    jets = kinds.kind("jets")
    x = np.array([[[0.1, 0.0, 3.0], [0.0, 0.0, 0.0]]])
    scene = {"real": x, "particles": x + 0.2, "level": np.array([0.5]), "given:label": ["top"]}
    data, noisy = jets.scene({name: np.asarray(each) for name, each in scene.items()})
    assert data.tiles.describe(0).startswith("top, ")
    assert noisy.title == "The particles, noise level s = 0.5"
    assert "top" not in noisy.tiles.describe(0)


async def test_of_texts_a_step_is_drawn_and_a_moment_can_be_frozen(lens: Any, qtbot: QtBot) -> None:
    """Stages of a text were only told."""
    with_stages(lens, "texts")
    view = steps_view.StepsView(lens.state, lens.actions)
    qtbot.addWidget(view)
    view.resize(900, 600)
    view.show()
    assert view.note.isHidden()
    assert view.bar.isVisibleTo(view)
    text = np.array([[[97, 0], [0, 0]], [[97, 98], [0, 0]]])  # (T, n, L)
    told = {CANDIDATES: np.full((2, 2, 2, 1), 98, np.uint8), CHANCES: np.ones((2, 2, 2, 1))}
    lens.run.live = FlowRecord.from_arrays(7, np.array([0.0, 1.0]), text, extras=told)
    lens.state.runs.record_arrived.emit(lens.run.key)
    assert view.steps.titles == ["Before", "Prediction", "Sampled"]
    assert "latent 0, t = 0.00 to 1.00" in view._where.accessibleName()
    assert view.steps.grids[0].tiles.describe(0) == "a□"
    lens.state.selection.set(Source(lens.run.key, "particles"), np.array([1]), "click")
    assert view.steps.grids[0].tiles.describe(0) == "□□"
    moment = lens.state.moment
    moment.begin(lens.run.key, 7, resume=False)
    stage = {"scene:real": text[1], "scene:particles": text[0]}
    moment.add(STAGES[0].name, lens.run.live.holding(**stage))
    assert view.steps.titles == ["The data", "Noised input"]
    assert view._of_what.text() == "Inputs of stage 1"
    view._freezing.next.click()
    assert view._of_what.text() == "It comes"
    moment.walked()
    assert view._of_what.text() == "This step skips this stage"
    moment.clear()
    assert len(view.steps.titles) == 3


def test_a_title_is_broken_in_the_room_that_it_was_measured_for(qtbot: QtBot) -> None:
    """A title that missed its line by the space between rows lay over its formula."""
    stages = StageList()
    qtbot.addWidget(stages)
    stages.set_stages(STAGES)
    stages.resize(300, 200)
    stages.show()
    item = stages.visualItemRect(stages.item(0))
    assert stages._rows.width == item.width()


def test_a_source_that_is_longer_than_its_line_has_more_lines(qtbot: QtBot) -> None:
    stages = StageList()
    qtbot.addWidget(stages)
    first = STAGES[0]
    long = structs.replace(first, source=", ".join(["You et al. 2018, sections 2 and 3"] * 4))
    stages.set_stages([first, long])
    stages.resize(300, 400)
    stages.show()
    heights = [stages.visualItemRect(stages.item(row)).height() for row in (0, 1)]
    assert heights[1] >= heights[0] + 20


async def test_a_step_of_a_recommender_shows_how_its_answer_moves(lens: Any, qtbot: QtBot) -> None:
    """Recommenders and classifiers of scenes had a list of stages, and no picture."""
    with_stages(lens, "interactions")
    lens.run.columns = ("Alien", "Brazil", "Cube")
    view = steps_view.StepsView(lens.state, lens.actions)
    qtbot.addWidget(view)
    view.resize(900, 600)
    view.show()
    answers = {"answers": np.array([[2, 1, 3]]), "wanted": np.array([3])}
    lens.state.moment.begin(lens.run.key, 7, live=False)
    empty = FlowRecord.from_arrays(7, np.zeros(1), np.zeros((1, 0, 3)))
    for stage, chances in zip(STAGES, ([0.5, 0.3, 0.2], [0.3, 0.2, 0.5]), strict=False):
        scene = {"real": np.array([[1, 2, 3]]), "chances": np.array([chances]), **answers}
        arrays = {f"scene:{name}": each for name, each in scene.items()}
        lens.state.moment.add(stage.name, empty.holding(**arrays))
    lens.state.moment.walked()
    assert view.steps.titles[1] == "Probability of the last item"
    tiles = view.steps.grids[1].tiles
    assert tiles.arrays["chances"].tolist() == [[0.5, 0.3, 0.2]]
    view._freezing.next.click()
    moving = view.steps.grids[1].tiles.arrays["chances"]
    assert moving[0, 2] < 0.5, "it moves from what it was"
    await until(lambda: not view._motion.active)
    assert view.steps.grids[1].tiles.arrays["chances"].tolist() == [[0.3, 0.2, 0.5]]
    assert not view.grab().isNull()


def test_the_answers_of_a_scene_are_classes_by_their_names() -> None:
    cubes = kinds.kind("cubes")
    scene = {"real": np.random.default_rng(0).normal(size=(1, 4, 5, 5)), "wanted": np.array([0])}
    scene |= {"answers": np.array([[1, 0]]), "chances": np.array([[0.9, 0.1]])}
    window, answer = cubes.scene({**scene, "classes": np.array(["Corn", "Oats"])})
    assert (window.title, answer.title) == ("The data", "Probability of the class")


def test_between_two_stages_an_answer_that_is_new_grows_from_nothing() -> None:
    before = {"answers": np.array([[1, 2]]), "chances": np.array([[0.6, 0.4]])}
    after = {"answers": np.array([[2, 3]]), "chances": np.array([[0.8, 0.2]])}
    assert steps_view.blend(before, after, 0.5)["chances"].tolist() == [[pytest.approx(0.6), 0.1]]
    assert steps_view.blend(before, after, 1.0)["chances"].tolist() == [[0.8, 0.2]]
    moved = steps_view.blend({"particles": np.zeros(2)}, {"particles": np.full(2, 4.0)}, 0.25)
    assert moved["particles"].tolist() == [1.0, 1.0]

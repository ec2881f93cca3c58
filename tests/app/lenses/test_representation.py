"""Views, map, probes and sweep of representations."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from msgspec import structs
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from pushforward.studio.app.core.runs import RunState, Series
from pushforward.studio.app.data.views.lab import Finding
from pushforward.studio.app.engine.requests.request_base import Answer, Refused
from pushforward.studio.app.labs.representation import map_lab, probe_lab, sweep_lab, views_lab
from pushforward.studio.app.labs.representation.encoder_sweep import (
    METRIC,
    REAL_SHARE,
    SEEDS,
    SIGMA,
    Point,
    collect_points,
    describe_sweep,
    missing_runs,
)
from pushforward.studio.app.labs.representation.source_offer import offer_source
from pushforward.studio.app.places.setup.slot_options import inputs
from pushforward.studio.protocol.catalog import EntrySpec, InputSpec
from pushforward.studio.protocol.curve_names import QUALITY
from pushforward.studio.protocol.messages import Operate, StartTraining
from pushforward.studio.protocol.parts import ErrorInfo
from pushforward.studio.protocol.spec import Pick, RunRef, RunSpec
from pushforward.studio.resources import recipes
from tests.qtloop import until

RNG = np.random.default_rng(0)


def pictures(*shape: int) -> np.ndarray:
    return RNG.random((*shape, 1, 8, 8)).astype(np.float32)


def views(sigma: float, *, source: bool = True) -> dict[str, np.ndarray]:
    """Return what the operator answers: of three columns the last is the chosen one."""
    found = {
        "anchor": pictures(1), "pixels": pictures(4), "pairs": pictures(2, 3),
        "similarity": np.eye(3), "positive": np.full(8, 0.9), "negative": np.zeros(20),
        "pair-classes": np.array([0, 1, 0]),
    }  # fmt: skip
    if source:
        found |= {
            "neighbours": pictures(3, 4), "sigmas": np.array([0.1, 1.0, sigma]),
            "classes": np.array([[3] * 4, [3, 3, 5, 5], [3] * 4]), "anchor-class": np.array([3]),
            "changed": np.array([0.0, 0.5, 0.1]),
        }  # fmt: skip
    return found


def embedded() -> dict[str, np.ndarray]:
    place = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0]], np.float32)
    return {
        "place": place, "generated": np.array([False, False, True, True]), "x": pictures(4),
        "class": np.array([0, 1, 0, 1]), "nearest": np.array([1.0, 1.0, 0.5, 2.0]),
    }  # fmt: skip


@pytest.fixture
def model(lens: Any) -> list[Operate]:
    """Give the run of the lens a representation of images; return what its operators are asked."""
    state, run, asked = lens.state, lens.run, []
    state.engine = replace(state.engine, state="ready")
    config = {"latent": {"kind": "gaussian", "sigma": 0.3}}
    run.spec = structs.replace(
        run.spec, family=Pick(slug="representation", config=config), dataset=Pick(slug="digits")
    )
    run.checkpoints = [5, 10]
    family = structs.replace(
        state.catalog.entries[0], slug="representation", title="Representation",
        capabilities=["represent"], carrier="",
    )  # fmt: skip
    dataset = EntrySpec(
        kind="dataset", slug="digits", title="", summary="", source="", fields=[], kinds=["images"]
    )
    slugs = ("representation-views", "embedding-map", "probe-representation")
    operators = [
        EntrySpec(kind="operator", slug=slug, title=slug, summary="", source="", fields=[],
                  needs=["represent"])
        for slug in slugs
    ]  # fmt: skip
    state.catalog.entries.extend([family, dataset, *operators])

    async def ask(command: Any) -> Answer:
        if not isinstance(command, Operate):
            lens.link.told.append(command)
            return Answer({})
        asked.append(command)
        if command.operator == "embedding-map":
            return Answer({"step": command.step, "note": "As varied."}, embedded())
        if command.config["sigma"] > 2.9:
            raise Refused(ErrorInfo(kind="user", message="No such views.", hint=""))
        return Answer({"step": 10}, views(command.config["sigma"]))

    lens.link.ask = ask
    return asked


def opened(spec: Any, lens: Any, qtbot: QtBot) -> Any:
    assert spec.applies(lens.state)
    view = spec.factory(lens.state, lens.actions)
    view.resize(1000, 760)
    qtbot.addWidget(view)
    qtbot.addWidget(view.bar)
    view.show()
    return view


# Views


async def test_views_begin_with_the_runs_own_sigma_and_follow_the_slider(
    lens: Any, qtbot: QtBot, model: list[Operate]
) -> None:
    view = opened(views_lab.VIEW, lens, qtbot)
    await until(lambda: view.found is not None)
    assert model[0].config == {
        "anchor": 0, "sigma": pytest.approx(0.3), "kind": "gaussian", "n": 64,
    }  # fmt: skip
    assert view.status.mark.text() == "Preview, n = 64"
    shown = view.board._shown
    assert shown.sigmas.tolist() == pytest.approx([0.1, 0.3, 1.0])
    assert shown.chosen == 1
    assert [shown.is_changed(2, row) for row in range(4)] == [False, False, True, True]
    assert "10 ± 7 % of 64 neighbours" in view.note.text()
    assert view.class_of_anchor.text() == "Anchor: class 3"
    assert view.key_of_board.isVisibleTo(view)
    lens.run.checkpoints.append(15)
    lens.state.runs.changed.emit(lens.run.key)
    await until(lambda: view.found[0].step == 15)
    view.sigma.setValue(40)
    await until(lambda: model[-1].config["sigma"] == 2.0)
    await until(lambda: view.board._shown.chosen == 2)
    QTest.keyClick(view, Qt.Key.Key_N)
    await until(lambda: model[-1].config["anchor"] == 1)
    assert view.matrix._shown.is_false_negative(0, 2)
    assert not view.matrix._shown.is_false_negative(0, 1)
    assert not view.grab().isNull()


async def test_a_click_on_a_column_chooses_its_sigma(
    lens: Any, qtbot: QtBot, model: list[Operate]
) -> None:
    view = opened(views_lab.VIEW, lens, qtbot)
    await until(lambda: view.found is not None)
    side = view.board._side(view.board._shown)
    QTest.mouseClick(view.board, Qt.MouseButton.LeftButton, pos=QPoint(round(2.5 * (side + 6)), 60))
    await until(lambda: model[-1].config["sigma"] == 1.0)


async def test_a_run_on_real_data_has_pixel_views_and_offers_a_generator(
    lens: Any, qtbot: QtBot, model: list[Operate], tmp_path: Path
) -> None:
    async def ask(command: Operate) -> Answer:
        return Answer({"step": 10}, views(0.5, source=False))

    lens.link.ask = ask
    view = opened(views_lab.VIEW, lens, qtbot)
    await until(lambda: view.found is not None)
    assert not view.board.isVisibleTo(view)
    assert view.without.isVisibleTo(view)
    assert view.pixels.count == 4
    # Nothing that maps latents to samples is trained: a VAE is proposed, and the encoder follows.
    lens.state.project = str(tmp_path)
    offer_vae(lens)
    title, act = offer_source(lens.state, lens.actions, lens.run)
    assert title == "Train a VAE, then this encoder"
    lens.link.ask = started = Started(tmp_path)
    act()
    await until(lambda: len(started.specs) == 1)
    assert started.specs[0].family.slug == "vae"
    await until(lambda: any("follows" in each.text for each in lens.state.notices.history))
    lens.state.runs.by_key[started.key] = RunState(
        key=started.key, name="0009-vae", spec=started.specs[0], state="finished"
    )
    lens.state.runs.changed.emit(started.key)
    await until(lambda: len(started.specs) == 2)
    assert started.specs[1].inputs["source"].run == "0009-vae"
    assert started.specs[1].family.slug == "representation"
    title, act = offer_source(lens.state, lens.actions, lens.run)
    assert title == "Train it from run 9"


def offer_vae(lens: Any) -> None:
    """Let the representation have a source, and the catalogue a VAE that can be it."""
    family = structs.replace(
        lens.state.catalog.get("family", "representation"),
        inputs=[InputSpec(name="source", ability="deterministic", title="Source", help="",
                          same_data=True, optional=True, proposed=True, used=True,
                          without=("the data", ""))],
    )  # fmt: skip
    vae = structs.replace(
        family, slug="vae", inputs=[], capabilities=["samples", "deterministic"], kinds=["images"]
    )
    entries = [each for each in lens.state.catalog.entries if each.slug != "representation"]
    lens.state.catalog.entries[:] = [*entries, family, vae]


async def test_a_recipe_takes_the_newest_source_or_trains_one_first(
    lens: Any, qtbot: QtBot, model: list[Operate], tmp_path: Path
) -> None:
    state, setup = lens.state, lens.actions.setup
    state.project = str(tmp_path)
    offer_vae(lens)
    state.recipes = recipes()
    recipe = next(each for each in state.recipes if each.slug == "digits-genrep")
    lens.link.ask = started = Started(tmp_path)
    setup.open_recipe(recipe)
    draft = state.draft
    assert draft.spec.family.config["latent"]["kind"] == "gaussian"
    assert list(draft.pending) == ["source"]
    needs = state.catalog.get("family", "representation").inputs[0]
    titles = [each.title for each in inputs(needs, state, draft, state.catalog)]
    assert len(titles) == 2
    assert titles[0] == "The data"
    assert titles[1].endswith("trained first")
    setup.choose_input("source", None)
    assert not draft.pending, "it learns from the data"
    setup.train_input_first("source")
    lens.actions.training.start()
    await until(lambda: len(started.specs) == 1)
    assert started.specs[0].family.slug == "vae"
    source = RunState(key=started.key, name="0009-vae", spec=started.specs[0], state="finished")
    state.runs.by_key[started.key] = source
    await until(lambda: any("is trained first" in each.text for each in state.notices.history))
    state.runs.changed.emit(started.key)
    await until(lambda: len(started.specs) == 2)
    assert started.specs[1].inputs["source"].run == "0009-vae"
    assert started.specs[1].family == recipe.run.family
    setup.open_recipe(recipe)
    assert state.draft.spec.inputs["source"].run == "0009-vae"
    assert not state.draft.pending


class Started:
    """An engine that begins each training in the folder 0009-vae."""

    def __init__(self, project: Path) -> None:
        self.key = str(project / "runs" / "0009-vae")
        self.specs: list[RunSpec] = []

    async def __call__(self, command: Any) -> Answer:
        if isinstance(command, StartTraining):
            self.specs.append(command.spec)
            return Answer({"run": self.key, "job": f"j{len(self.specs)}"})
        return Answer({})


async def test_a_refusal_is_shown_in_the_place_of_views(
    lens: Any, qtbot: QtBot, model: list[Operate]
) -> None:
    config = {"latent": {"kind": "gaussian", "sigma": 3.0}}
    family = Pick(slug="representation", config=config)
    lens.run.spec = structs.replace(lens.run.spec, family=family)
    view = opened(views_lab.VIEW, lens, qtbot)
    await until(lambda: view.wrong == "No such views.")
    assert view.empty.isVisible()


# The map


async def test_the_map_follows_the_training_clock_and_says_what_is_brushed(
    lens: Any, qtbot: QtBot, model: list[Operate]
) -> None:
    view = opened(map_lab.VIEW, lens, qtbot)
    await until(lambda: view.canvas.count == 4)
    assert model[0].step == 10
    lens.state.playback.set(step=5)
    await until(lambda: model[-1].step == 5)
    await until(lambda: view.words.accessibleName() == "step 5")
    view._catch(np.array([[-0.5, -0.5], [0.5, -0.5], [0.5, 1.5], [-0.5, 1.5]]))
    assert (view.real.count, view.made.count) == (1, 1)
    assert view.real_words.text() == "Real: 1 of 2"
    assert "Real: 100\xa0% class 0." in view.shares.text()
    assert [name for name, _ in view.colours.names] == ["0", "1"]
    assert view.clear.isVisibleTo(view)
    view._clear()
    assert view.real.count == 0
    view._point((0.0, 1.0))
    assert view.pointed.words[0] == "Generated 1"
    assert view.pointed.words[2] == "nearest real: 0.5 × mean"
    view._point(None)
    assert view.pointed.row == -1
    view.method.chosen.emit(1)
    assert "Computing t-SNE" in view.status.text.text(), "the map of PCA is still shown"
    await until(lambda: model[-1].config["method"] == "tsne")
    await until(lambda: not view.status.text.text())
    view.colour.chosen.emit(1)
    assert [name for name, _ in view.colours.names] == ["real", "generated"]
    assert not view.grab().isNull()


# Probes


async def test_probes_are_compared_with_raw_values_in_words(
    lens: Any, qtbot: QtBot, model: list[Operate]
) -> None:
    view = opened(probe_lab.VIEW, lens, qtbot)
    few = np.zeros((4, 2, 20))
    few[0], few[1] = 0.7 + 0.01 * RNG.random((2, 20)), 0.6
    few[0, 1] = 0.6 + 0.1 * np.tile([-1.0, 1.0], 10)
    arrays = {
        "labels": np.array([1, 5]), "few": few, "all": np.array([0.9, 0.97, 0.9, 0.9]),
        "knn": np.array([0.9, 0.9, 0.9, 0.9]), "tested": np.array(500),
        "sizes": np.array([10, 100]), "real": np.array([[0.6, 0.62], [0.8, 0.8]]),
    }  # fmt: skip
    view.take(Finding(arrays, {}, 9))
    view.refresh()
    verdicts = [view.table.cell(row, 3).text().split(maxsplit=3)[3] for row in range(4)]
    assert verdicts == ["better", "not shown", "worse", "not shown"]
    assert [view.table.cell(row, 7).text() for row in range(4)] == ["–"] * 4, "no encoder of them"
    # Two encoders on 10 samples are too few to say that the run is above them.
    assert view.worth_words.text().startswith("Worth fewer than 100 real samples")
    arrays["few"] = np.concatenate([few, [few[0] + 0.1, few[0]]])
    arrays |= {name: np.full(6, 0.9) for name in ("all", "knn")}
    view.take(Finding(arrays, {}, 9))
    view.refresh()
    assert [view.table.cell(row, 7).text() for row in range(2)] == ["-10.0 ± 0.0 worse"] * 2
    assert not view.other.isVisibleTo(view)


# The sweep


def swept(sigma: float, seed: int, value: float | None, name: str, **more: Any) -> RunState:
    latent = {"kind": "gaussian" if sigma else "none", "sigma": sigma}
    spec = RunSpec(
        name=name,
        family=Pick(slug="representation", config={"latent": latent, **more}),
        dataset=Pick(slug="digits"),
        training={"seed": seed, "steps": 200},
        inputs={"source": RunRef(run="0001-vae")},
    )
    run = RunState(key=f"/{name}", name=name, spec=spec, state="finished", step=200)
    if value is not None:
        run.series[QUALITY + METRIC] = Series()
        run.series[QUALITY + METRIC].extend([200], [value])
    return run


def test_runs_that_differ_in_sigma_and_seed_only_are_one_sweep() -> None:
    first = swept(0.0, 0, 0.7, "a")
    runs = [
        first, swept(0.0, 1, 0.72, "b"), swept(0.2, 0, 0.69, "c"),
        swept(0.2, 0, 0.5, "d", temperature=0.1), swept(0.5, 0, None, "e"),
    ]  # fmt: skip
    points = collect_points(first, runs, SIGMA)
    assert [(each.at, dict(each.values)) for each in points] == [
        (0.0, {0: 0.7, 1: 0.72}),
        (0.2, {0: 0.69}),
    ]
    specs = missing_runs(first, runs, SIGMA)
    assert len(specs) == len(SIGMA.values) * len(SEEDS) - 4, (
        "a run without a value is trained or queued"
    )
    assert all(each.inputs == first.spec.inputs for each in specs if first.spec)
    alone = swept(0.0, 0, 0.7, "f")
    assert missing_runs(alone, [], SIGMA)[0].family.config["latent"]["kind"] == "none"


def test_runs_that_differ_in_the_share_of_real_samples_are_another_sweep() -> None:
    first = swept(0.2, 0, 0.7, "a")
    runs = [
        first, swept(0.2, 0, 0.72, "b", real_share=0.5), swept(0.5, 0, 0.6, "c", real_share=0.5),
        swept(0.2, 1, 0.71, "d", real_share=0.5),
    ]  # fmt: skip
    points = collect_points(first, runs, REAL_SHARE)
    assert [(each.at, dict(each.values)) for each in points] == [
        (0.0, {0: 0.7}),
        (0.5, {0: 0.72, 1: 0.71}),
    ]
    specs = missing_runs(first, runs, REAL_SHARE)
    assert len(specs) == len(REAL_SHARE.values) * len(SEEDS) - 3
    assert {spec.family.config["latent"]["sigma"] for spec in specs} == {0.2}
    said = "real = 50\u00a0% against 0\u00a0%: not shown. At least 2 paired seeds"
    assert describe_sweep(points, REAL_SHARE).startswith(said)
    assert not collect_points(swept(0.2, 0, 0.7, "e", objective="inverter"), runs, REAL_SHARE)


@pytest.mark.parametrize(
    ("gains", "word"),
    [([0.05, 0.06, 0.055], "better"), ([0.05, -0.05, 0.01], "not shown"), ([-0.05] * 3, "worse")],
)
def test_the_verdict_is_by_paired_seeds(gains: list[float], word: str) -> None:
    plain = Point(0.0, {0: 0.7, 1: 0.6, 2: 0.65})
    best = Point(0.2, {seed: plain.values[seed] + gain for seed, gain in enumerate(gains)})
    assert describe_sweep([plain, best], SIGMA).startswith(f"Best σ = 0.2 against 0: {word}.")


async def test_a_dot_opens_its_run_and_missing_runs_are_queued(
    lens: Any, qtbot: QtBot, model: list[Operate], tmp_path: Path
) -> None:
    for name, sigma, value in (("0002-a", 0.0, 0.7), ("0003-b", 0.2, 0.6)):
        run = swept(sigma, 0, value, name)
        lens.state.runs.by_key[run.key] = run
    lens.state.runs.select("/0002-a")
    view = opened(sweep_lab.VIEW, lens, qtbot)
    await until(lambda: len(view.plot.points) == 2)
    assert "not shown" in view.verdict.text()
    view.plot.chose(QPointF(1.1, 0.6))
    assert lens.state.runs.selection == "/0003-b"
    view.plot.pointed(QPointF(0.0, 0.7))
    assert view.plot.plane.heading.text == "σ = 0, seed 0: 70.0\xa0%"
    lens.state.project = str(tmp_path)
    view.values.setText("0, 0.1, x")
    assert not view.train.isVisibleTo(view)
    assert view.progress.text().startswith("Type values from 0 to 10")
    view.values.setText("0, 0.1, 0.2")
    view.seeds.chosen.emit(0)
    assert view.train.text().startswith("Train 1 run, about"), "σ = 0.1, the others are trained"
    view.seeds.chosen.emit(1)
    view.train.click()
    await until(lambda: len(lens.link.of(StartTraining)) == 7)
    names = [command.spec.name for command in lens.link.of(StartTraining)]
    assert names[0] == "sigma 0p1 seed 0"
    view.axes.chosen.emit(1)
    assert len(view.plot.points) == 1, "σ of the selected run only, and no real sample"
    assert not view.grab().isNull()

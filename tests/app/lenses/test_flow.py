"""Watch, for points: what it asks of the engine, what it shows, and when it is silent."""

import asyncio
import re
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from msgspec import structs
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from pushforward.studio.app.charts.camera import covers
from pushforward.studio.app.charts.layer_panel import LayerPanel, LayerRow
from pushforward.studio.app.data.views.motion_label import citation
from pushforward.studio.app.lenses.watch.particles_view import VIEW, WatchView
from pushforward.studio.engine.process.catalogue import build
from pushforward.studio.engine.process.discovery import discover
from pushforward.studio.protocol.catalog import Catalog, EntrySpec, LayerSpec
from pushforward.studio.protocol.messages import Credit, GetTarget, QueryLayer, Watch
from pushforward.studio.protocol.spec import Pick
from pushforward.studio.store.flow import FlowStore
from tests.app.lenses.conftest import make_record

FAMILIES = build(discover()).entries_of("family")
Wait = Callable[..., Coroutine[Any, Any, None]]


@pytest.fixture
def window(lens: Any) -> Iterator[QWidget]:
    made = QWidget()
    box = QVBoxLayout(made)
    box.setContentsMargins(0, 0, 0, 0)
    made.view = WatchView(lens.state, lens.actions)
    box.addWidget(made.view)
    made.resize(500, 400)
    made.show()
    QApplication.processEvents()
    yield made
    made.close()
    made.deleteLater()
    QApplication.sendPostedEvents()


def shown(view: WatchView) -> int | None:
    return view._record.step if view._record else None


def test_showing_asks_for_records_and_grants_two(lens: Any, window: QWidget) -> None:
    watch = lens.link.of(Watch)[-1]
    assert watch.on
    assert watch.job == "j1"
    assert watch.layers == ["velocity"]
    assert len(watch.bounds) == 4
    assert watch.credits == 2


def test_each_record_drawn_returns_one_credit(lens: Any, window: QWidget) -> None:
    for step in (1, 2, 3):
        lens.arrive(step)
        window.view.canvas.grab()
    assert [c.n for c in lens.link.of(Credit)] == [1, 1, 1]
    assert shown(window.view) == 3


def test_a_hidden_lens_says_so_and_draws_nothing(lens: Any, window: QWidget) -> None:
    lens.arrive(1)
    window.view.hide()
    assert lens.link.of(Watch)[-1].on is False
    before = len(lens.link.told)
    lens.arrive(2)
    assert shown(window.view) == 1
    assert len(lens.link.told) == before
    window.view.show()
    assert lens.link.of(Watch)[-1].on is True
    assert shown(window.view) == 2


def test_a_minimised_window_is_a_hidden_one(lens: Any, window: QWidget) -> None:
    window.setWindowState(Qt.WindowState.WindowMinimized)
    QApplication.processEvents()
    assert lens.link.of(Watch)[-1].on is False
    window.setWindowState(Qt.WindowState.WindowNoState)
    QApplication.processEvents()
    assert lens.link.of(Watch)[-1].on is True


def test_scrubbing_stops_the_watch_and_going_live_resumes_it(lens: Any, window: QWidget) -> None:
    lens.arrive(90)
    lens.state.playback.set(step=10)
    assert lens.link.of(Watch)[-1].on is False
    lens.state.playback.set(step=None)
    # Looking away made void what was granted before.
    assert [(w.on, w.credits) for w in lens.link.of(Watch)] == [(True, 2), (False, 0), (True, 2)]


def test_the_end_of_a_job_ends_the_watch(lens: Any, window: QWidget) -> None:
    lens.arrive(5)
    lens.run.job, lens.run.state = "", "finished"
    lens.state.runs.changed.emit(lens.run.key)
    assert window.view._following.watching is False


async def test_scrubbing_shows_kept_records_and_the_latest_wish_wins(
    lens: Any, window: QWidget, wait: Wait
) -> None:
    lens.keep(10, 20, 30, 40)
    lens.arrive(50)
    for step in (10, 20, 30):
        lens.state.playback.set(step=step)
    await wait(lambda: shown(window.view) == 30)
    lens.arrive(60)
    assert shown(window.view) == 30
    lens.state.playback.set(step=None)
    assert shown(window.view) == 60


async def test_neighbours_are_read_ahead(lens: Any, window: QWidget, wait: Wait) -> None:
    lens.keep(10, 20, 30, 40)
    lens.state.playback.set(step=20)
    await wait(lambda: shown(window.view) == 20)
    await wait(lambda: (lens.run.key, 30) in window.view._following._loader._kept)
    lens.state.playback.set(step=30)
    assert shown(window.view) == 30  # at once, without the disk


async def test_a_finished_run_shows_its_last_record(lens: Any, window: QWidget, wait: Wait) -> None:
    lens.run.job, lens.run.state = "", "finished"
    lens.keep(10, 20)
    await wait(lambda: shown(window.view) == 20)


async def test_live_shows_the_newest_of_live_and_kept_and_says_its_step(
    lens: Any, window: QWidget, wait: Wait
) -> None:
    lens.arrive(5, n=50)
    assert "snapshot of step 5" in window.view._readout.text()
    lens.keep(10)
    await wait(lambda: shown(window.view) == 10)
    assert "between step 5 and 10" in window.view._readout.text()
    await wait(lambda: "snapshot of step 10" in window.view._readout.text())
    assert window.view.canvas.count == 50  # no flicker between fewer particles and all
    lens.arrive(8, n=50)  # it was on its way
    assert shown(window.view) == 10
    lens.arrive(12, n=50)
    assert shown(window.view) == 12


async def test_a_kept_record_of_a_few_does_not_take_the_place_of_all(
    lens: Any, window: QWidget, wait: Wait
) -> None:
    """Between records of 64 molecules, those kept of 16 came and went."""
    lens.arrive(5, n=50)
    lens.keep(10, n=16)
    await wait(lambda: (lens.run.key, 10) in window.view._following._loader._kept)
    window.view._following.follow()
    assert (shown(window.view), window.view.canvas.count) == (5, 50)
    lens.run.step = 20  # more than 4 % of the steps later the picture is too old
    window.view._following.follow()
    assert (shown(window.view), window.view.canvas.count) == (10, 16)
    lens.arrive(12, n=50)
    assert shown(window.view) == 12
    lens.run.job, lens.run.state = "", "finished"
    lens.keep(20, n=16)
    await wait(lambda: shown(window.view) == 20)


def test_a_record_that_comes_too_late_to_be_shown_returns_its_credit(
    lens: Any, window: QWidget
) -> None:
    lens.arrive(20)
    window.view.canvas.grab()
    before = len(lens.link.of(Credit))
    lens.state.runs.record_arrived.emit(lens.run.key)
    assert [c.n for c in lens.link.of(Credit)[before:]] == [1]


async def test_when_a_run_ends_its_last_kept_record_takes_over(
    lens: Any, window: QWidget, wait: Wait
) -> None:
    lens.keep(10, 60)
    lens.arrive(55, n=50)  # live records may hold fewer particles
    assert window.view.canvas.count == 50
    lens.run.job, lens.run.state = "", "finished"
    lens.state.runs.changed.emit(lens.run.key)
    await wait(lambda: shown(window.view) == 60)
    assert window.view.canvas.count == 200


async def test_without_a_flow_colours_come_from_the_first_kept_record(
    lens: Any, window: QWidget, wait: Wait
) -> None:
    """Whichever record is seen first, now or after a restart, a particle has one colour."""
    lens.keep(1)
    first = FlowStore(Path(lens.run.key)).load(1).x[0]
    lens.arrive(90, frames=1)
    canvas = window.view.canvas
    await wait(lambda: canvas._start is not None and np.array_equal(canvas._start, first))
    before = [canvas.ink(i) for i in range(10)]
    lens.arrive(95, frames=1)
    assert [canvas.ink(i) for i in range(10)] == before


async def test_a_damaged_record_is_told_and_harms_nothing(
    lens: Any, window: QWidget, wait: Wait
) -> None:
    lens.keep(10, 20, 30)
    path = FlowStore(Path(lens.run.key)).path(20)
    path.write_bytes(path.read_bytes()[:200])
    lens.state.playback.set(step=20)
    await wait(lambda: "cannot be shown" in window.view.panel._note.text())
    lens.state.playback.set(step=10)
    await wait(lambda: shown(window.view) == 10)


def test_the_flow_clock_moves_the_canvas(lens: Any, window: QWidget) -> None:
    lens.arrive(50)
    lens.state.playback.set(flow=0.25)
    assert window.view.canvas.flow == 0.25
    window.view.canvas.grab()
    place = window.view.canvas.camera.to_pixels(
        0.75 * lens.run.live.x[0] + 0.25 * lens.run.live.x[-1]
    )
    assert np.allclose(window.view.canvas._layer.place.T, place, atol=0.05)


async def test_the_target_is_asked_for_once_the_engine_is_ready(
    lens: Any, window: QWidget, wait: Wait
) -> None:
    assert lens.link.of(GetTarget) == []
    lens.state.engine = lens.state.engine.__class__(state="ready")
    lens.state.engine_changed.emit()
    await wait(lambda: window.view.canvas.backdrop.target is not None)
    lens.state.engine_changed.emit()
    await asyncio.sleep(0)
    assert len(lens.link.of(GetTarget)) == 1
    window.view.panel.set_on("target", False)
    assert window.view.canvas.backdrop.target is None


async def test_data_of_another_kind_are_not_asked_for(lens: Any) -> None:
    """A scene has no place in the plane, and its windows would be fetched for nothing."""
    entry = EntrySpec(
        kind="dataset", slug="fields", title="F", summary="", source="", fields=[], kinds=["cubes"]
    )
    lens.state.catalog = Catalog(entries=[entry], devices=[])
    lens.run.spec = structs.replace(lens.run.spec, dataset=Pick(slug="fields"))
    lens.run.target = np.zeros((20, 3, 9, 9), np.float32)
    view = WatchView(lens.state, lens.actions)
    lens.state.engine = replace(lens.state.engine, state="ready")
    lens.state.engine_changed.emit()
    lens.state.runs.changed.emit(lens.run.key)
    await asyncio.sleep(0.01)
    assert lens.link.of(GetTarget) == []
    assert view.canvas.backdrop.target is None
    view.deleteLater()


async def test_log_density_is_computed_only_on_demand(
    lens: Any, window: QWidget, wait: Wait
) -> None:
    lens.arrive(50)
    await asyncio.sleep(0.02)
    assert lens.link.of(QueryLayer) == []
    window.view.panel.set_on("log-density", True)
    await wait(lambda: window.view.canvas.backdrop.heat is not None)
    query = lens.link.of(QueryLayer)[0]
    assert (query.layer, query.step) == ("log-density", None)
    assert "log-density" not in lens.link.of(Watch)[-1].layers
    assert not window.view.panel.legend.isHidden()


def test_only_one_heat_layer_is_on_at_a_time(lens: Any, window: QWidget) -> None:
    lens.arrive(50)
    panel = window.view.panel
    panel.set_on("density", True)
    assert window.view.canvas.backdrop.heat is not None
    panel.set_on("log-density", True)
    assert not panel.on("density")


async def test_a_particle_has_a_life(lens: Any, window: QWidget, wait: Wait) -> None:
    lens.keep(10, 20, 30)
    lens.arrive(40)
    window.view.canvas.grab()
    window.view.canvas.picked.emit(7)
    await wait(
        lambda: window.view.canvas.life is not None and window.view.canvas.life.training is not None
    )
    life = window.view.canvas.life
    assert np.allclose(life.flow, lens.run.live.x[:, 7])
    assert life.training.shape == (3, 2)
    assert "Particle 7" in window.view._one.card.accessibleName()
    window.view.canvas.picked.emit(-1)
    assert window.view.canvas.life is None
    assert window.view._one.card.isHidden()


def test_the_canvas_is_described_in_words(lens: Any, window: QWidget) -> None:
    lens.arrive(50)
    words = window.view.canvas.accessibleDescription()
    assert "200 particles" in words
    assert "step 50" in words


@pytest.mark.parametrize(
    ("state", "job", "words"),
    [
        ("queued", "j1", "queue"),
        ("running", "j1", "first training steps"),
        ("failed", "", "ended before"),
        ("finished", "", "no recorded particles"),
    ],
)
def test_empty_states_say_what_belongs_here(
    lens: Any, window: QWidget, state: str, job: str, words: str
) -> None:
    lens.run.state, lens.run.job = state, job
    lens.state.runs.changed.emit(lens.run.key)
    assert words in window.view.empty.accessibleName()
    assert window.view.empty.isVisible()
    lens.arrive(1)


def test_another_run_starts_afresh(lens: Any, window: QWidget) -> None:
    lens.arrive(50)
    lens.state.runs.select("")
    assert shown(window.view) is None
    assert not window.view._following.watching
    assert VIEW.applies(lens.state) is False
    lens.state.runs.select(lens.run.key)
    assert shown(window.view) == 50
    assert VIEW.applies(lens.state) is True


def test_every_layers_name_fits_beside_its_switch(qapp: QApplication, qtbot: QtBot) -> None:
    titles = {layer.title: layer.name for entry in FAMILIES for layer in entry.layers}
    panel = LayerPanel()
    qtbot.addWidget(panel)
    panel.set_rows([LayerRow(slug, title, on=False) for title, slug in titles.items()])
    panel.show()
    names = {name.text(): name for name in panel.findChildren(QLabel)}
    for title in titles:
        assert names[title].fontMetrics().horizontalAdvance(title) <= names[title].width(), title


@pytest.mark.parametrize("slug", [entry.slug for entry in FAMILIES])
def test_every_motion_names_whose_it_is(slug: str) -> None:
    """The work behind the family itself, not one that a part of it was taken from."""
    (source,) = (entry.source for entry in FAMILIES if entry.slug == slug)
    others = {
        "analog-bits": "Chen 2023",
        "autoregressive": "Germain 2015",
        "causal-transformer": "Radford 2018",
        "cld": "Dockhorn 2022",
        "cell": "Rendsburg 2020",
        "classifier": "Ravuri and Vinyals 2019",
        "consistency-distillation": "Song 2023",
        "consistency-training": "Song 2023",
        "counted-flow": "Durkan 2019",
        "csdi": "Tashiro 2021",
        "d3pm": "Austin 2021",
        "ddgan": "Xiao 2022",
        "digress": "Vignac 2023",
        "edge-list": "Goyal 2020",
        "edm": "Karras 2022",
        "energy-based": "Tieleman 2008",
        "exact-flow": "Karras 2022",
        "flow-matching": "Lipman 2022",
        "gran": "Liao 2019",
        "graph-af": "Shi 2020",
        "graph-nvp": "Madhawa 2019",
        "graph-rnn": "You 2018",
        "graph-vae": "Simonovsky and Komodakis 2018",
        "hierarchical-vae": "Sønderby 2016",
        "gru4rec": "Petrov and Macdonald 2022",
        "latent-diffusion": "Rombach 2022",
        "mmd-flow": "Arbel 2019",
        "mmd-generator": "Li 2015",
        "masked-types": "Vignac 2023",
        "mol-gan": "De Cao and Kipf 2018",
        "motif-by-motif": "Maziarz 2022",
        "monoflow": "Yi 2023",
        "noisy-classifier": "Dhariwal and Nichol 2021",
        "normalising-flow": "Papamakarios 2021",
        "one-step-distillation": "Luhman and Luhman 2021",
        "pfgm-plus-plus": "Xu 2023",
        "pixel-d3pm": "Austin 2021",
        "pop": "Cremonesi 2010",
        "progressive-distillation": "Salimans and Ho 2022",
        "recovery-likelihood": "Gao 2021",
        "reflow": "Liu 2022",
        "truncated-diffusion": "Zheng 2022",
        "rule-sequence": "Kusner 2017",
        "timegrad": "Rasul 2021",
        "vae": "Kingma and Welling 2014",
        "vgae": "Kipf and Welling 2016",
        "vq-vae": "van den Oord 2017",
    }
    if slug in others or "Franceschi" in source:
        assert citation(source) == others.get(slug, "Franceschi 2023")
    else:
        assert re.fullmatch(r"[^,;:]+ \d{4}|by definition", citation(source))


CRITIC = LayerSpec(name="critic", title="Critic", kind="scalar", symbol="log p/q", timed=True)


def _with_critic(lens: Any, *steps: int) -> None:
    """Keep records of which those of ``steps`` have a critic."""
    entry = lens.state.catalog.entries[0]
    lens.state.catalog.entries[0] = structs.replace(entry, layers=[*entry.layers, CRITIC])
    lens.state.catalog_changed.emit()
    lens.state.runs.changed.emit(lens.run.key)
    lens.keep(10, 20, 30)
    store = FlowStore(Path(lens.run.key))
    for step in steps:
        kept = store.load(step)
        grid = np.full((len(kept.t), 8, 8), 2.0, np.float32)
        store.keep(kept.holding(**{"layer:critic": grid}))


async def test_a_step_that_was_kept_without_its_heat_shows_none_whatever_was_shown_before(
    lens: Any, window: QWidget, wait: Wait
) -> None:
    _with_critic(lens, 10)
    lens.run.checkpoints = [30]
    canvas, panel, playback = window.view.canvas, window.view.panel, lens.state.playback
    playback.set(step=30)  # its weights are in a checkpoint, but of another step: see the link
    await wait(lambda: len(lens.link.of(QueryLayer)) == 1)
    playback.set(step=10)
    await wait(lambda: shown(window.view) == 10 and canvas.backdrop.heat is not None)
    playback.set(step=20)
    await wait(lambda: shown(window.view) == 20)
    await asyncio.sleep(0.05)
    assert canvas.backdrop.heat is None
    assert panel.legend.isHidden()
    assert "has no critic" in panel._note.text()
    assert len(lens.link.of(QueryLayer)) == 1


async def test_a_layer_covers_all_that_is_seen_where_the_weights_of_its_step_are_known(
    lens: Any, window: QWidget, wait: Wait, monkeypatch: pytest.MonkeyPatch
) -> None:
    _with_critic(lens)
    store = FlowStore(Path(lens.run.key))
    for step in (20, 30):
        kept = store.load(step)
        store.keep(kept.holding(**{"layer:critic": np.full((1, 8, 8), 2.0, np.float32)}))
    lens.run.checkpoints, lens.run.job = [30], ""
    asked = []

    async def answer(
        key: str, layer: str, bounds: Any, *, resolution: int, step: int
    ) -> tuple[int, object]:
        asked.append(bounds)
        return 30, np.full((resolution, resolution), 3.0, np.float32)

    monkeypatch.setattr(lens.actions.looking, "query_layer", answer)
    canvas, layers, playback = window.view.canvas, window.view.layers, lens.state.playback

    def reaches() -> bool:
        heat = canvas.backdrop.heat
        return heat is not None and covers(heat.bounds, canvas.camera.bounds)

    playback.set(step=30)
    await wait(lambda: shown(window.view) == 30)
    canvas.zoom(0.2)
    layers.refresh()
    assert not reaches()
    await wait(reaches)
    many = len(asked)
    layers.refresh()
    canvas.zoom(0.5)
    layers.refresh()
    await wait(lambda: len(asked) == many + 1 and reaches())
    playback.set(step=20)
    await wait(lambda: shown(window.view) == 20)
    assert canvas.backdrop.heat.bounds == store.load(20).window, "its weights are not known"
    assert len(asked) == many + 1


async def test_a_late_answer_for_another_step_is_not_shown(
    lens: Any, window: QWidget, wait: Wait, monkeypatch: pytest.MonkeyPatch
) -> None:
    _with_critic(lens)
    lens.run.checkpoints = [20, 30]
    late = asyncio.Event()

    async def answer(
        key: str, layer: str, bounds: object, *, resolution: int, step: int
    ) -> tuple[int, object]:
        if step == 20:
            await late.wait()
        return step, np.full((resolution, resolution), float(step), np.float32)

    monkeypatch.setattr(lens.actions.looking, "query_layer", answer)
    layers, playback = window.view.layers, lens.state.playback
    playback.set(step=20)
    await wait(lambda: layers._asking is not None)
    playback.set(step=10)
    await wait(lambda: shown(window.view) == 10)
    late.set()
    await wait(lambda: layers._asking is None)
    assert window.view.canvas.backdrop.heat is None
    playback.set(step=30)
    await wait(lambda: window.view.canvas.backdrop.heat is not None)
    assert float(window.view.canvas.backdrop.heat.grid.max()) == 30.0
    assert window.view.panel._note.text() == ""


async def test_a_layer_of_an_older_checkpoint_says_of_which_step_it_is(
    lens: Any, window: QWidget, wait: Wait
) -> None:
    lens.keep(10, 20)
    lens.run.checkpoints = [15]
    window.view.panel.set_on("log-density", True)
    lens.state.playback.set(step=20)
    await wait(lambda: window.view.canvas.backdrop.heat is not None)
    assert window.view.panel._note.text() == "Log-density of step 3"
    lens.state.playback.set(step=10)
    await wait(lambda: "no checkpoint up to step 10." in window.view.panel._note.text())
    assert window.view.canvas.backdrop.heat is None


def _words(panel: LayerPanel) -> dict[str, str]:
    return {slug: word.text() for slug, word in panel._words.items() if not word.isHidden()}


async def test_a_layer_that_is_on_and_not_drawn_says_why(
    lens: Any, window: QWidget, wait: Wait
) -> None:
    _with_critic(lens, 10)
    panel, canvas = window.view.panel, window.view.canvas
    lens.run.spec.training["particles"] = 4096
    whole = make_record(40, n=50)
    lens.run.live = replace(whole, arrays={k: whole.arrays[k] for k in ("t", "x")})
    lens.state.runs.record_arrived.emit(lens.run.key)
    await wait(lambda: shown(window.view) == 40)
    assert canvas.backdrop.arrows == ()
    assert _words(panel) == {"velocity": "next picture", "critic": "next picture"}
    assert panel._note.text().startswith("Velocity and critic: shown with the next full snapshot.")
    assert panel._few.text() == "50 of 4,096 particles shown to keep training fast. Show more…"
    wanted: list[str] = []
    lens.state.window.show_preference.connect(wanted.append)
    panel._few.click()
    assert wanted == ["view_share"]

    panel.set_on("critic", False)
    lens.arrive(50, n=4096)
    assert _words(panel) == {}
    assert panel._note.text() == panel._few.text() == ""
    assert len(canvas.backdrop.arrows) == 1

    panel.set_on("critic", True)
    lens.state.playback.set(step=20)
    await wait(lambda: shown(window.view) == 20)
    assert _words(panel) == {"critic": "not kept"}
    assert panel._note.text() == "This snapshot has no critic."
    assert panel._few.isHidden(), "no preference changes what was kept"


def test_a_note_makes_the_panel_no_higher_than_it_needs(lens: Any, window: QWidget) -> None:
    panel = window.view.panel
    panel.fold.open(True)
    before = panel.height()
    panel.say("Critic: no checkpoint up to step 321 was kept, so that nothing can be computed.")
    lines = panel._note.heightForWidth(176)
    assert before < panel.height() <= before + lines + 8


def test_on_a_small_canvas_the_layers_are_folded_away_until_somebody_opens_them(
    lens: Any, window: QWidget
) -> None:
    view = window.view
    lens.arrive(1)
    window.resize(900, 700)
    QApplication.processEvents()
    assert view.panel.fold.opened
    window.resize(480, 400)
    QApplication.processEvents()
    assert not view.panel.fold.opened
    assert view.panel.height() < 60
    view.panel.fold.head.click()
    window.resize(470, 390)
    QApplication.processEvents()
    assert view.panel.fold.opened
    window.resize(900, 700)
    QApplication.processEvents()
    assert view.panel.fold.opened

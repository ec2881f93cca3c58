"""The first start: a run that trains by itself, its switch, and the tour."""

import pytest
from PySide6.QtCore import QPoint, QRect, Qt

from pushforward.studio.app.core import preferences
from pushforward.studio.app.core.field_carrier_switch import GENERATOR
from pushforward.studio.app.engine.requests import welcome_requests
from pushforward.studio.protocol import messages as m


def starts(bench):
    return [each.spec for each in bench.engine.received if isinstance(each, m.StartTraining)]


@pytest.fixture(autouse=True)
def a_recipe_of_the_simulated_engine(monkeypatch):
    monkeypatch.setattr(welcome_requests, "RECIPE", "edm-eight-gaussians")


async def welcomed(bench, wait):
    await bench.start()
    bench.window.welcome()
    await wait(lambda: bench.state.place == "run" and bench.state.runs.current is not None)
    return bench.window.canvas.welcome


def test_only_the_first_start_is_one(tmp_path):
    kept = preferences.load()
    assert kept.starts_first
    preferences.change(welcomed=True)
    assert not preferences.load().starts_first
    kept.opened(tmp_path, "jets", 0.0)
    assert not kept.starts_first


async def test_the_first_start_trains_particles_on_eight_modes(bench, wait):
    strip = await welcomed(bench, wait)
    (spec,) = starts(bench)
    assert spec.dataset.slug == "eight-gaussians"
    entry = bench.state.catalog.get("family", spec.family.slug)
    assert entry.carrier != GENERATOR
    assert strip.isVisible()
    assert not bench.window.left.shown
    strip.discover.click()
    assert bench.state.place == "discover"
    assert not strip.isVisible()


async def test_the_switch_exchanges_particles_and_generator(bench, wait):
    strip = await welcomed(bench, wait)
    state, first = bench.state, bench.state.runs.selection
    strip.carrier.chosen.emit(1)
    await wait(lambda: state.runs.selection not in ("", first) and not state.starting)
    carrier = state.catalog.get("family", starts(bench)[-1].family.slug).carrier
    assert carrier == GENERATOR
    controls = [each for each in bench.engine.received if isinstance(each, m.Control)]
    assert [each.action for each in controls] == ["cancel"]
    strip.carrier.chosen.emit(0)
    await wait(lambda: state.runs.selection == first)
    assert len(starts(bench)) == 2, "the first run is shown again, not trained anew"


async def test_the_tour_has_five_stops_at_their_widgets_and_can_be_repeated(bench, qtbot, wait):
    await welcomed(bench, wait)
    tour, page = bench.window.tour, bench.window.centralWidget()
    for _ in range(2):
        assert bench.window.registry.trigger("tour")
        seen = []
        clocks = [
            QRect(clock.mapTo(page, QPoint(0, 0)), clock.size())
            for clock in (bench.window._timebar.training, bench.window._timebar.flow)
        ]
        for stop in tour._path:
            assert tour.isVisible()
            assert page.rect().contains(tour.geometry())
            assert not any(tour.geometry().intersects(place) for place in clocks)
            centre = stop.widget().mapTo(page, stop.widget().rect().center())
            assert not tour.geometry().contains(centre)
            seen.append(tour.text.text())
            tour.next.click()
        assert len(set(seen)) == 5
        assert not tour.isVisible()
    bench.window.registry.trigger("tour")
    qtbot.keyClick(bench.window, Qt.Key.Key_Tab)
    tour.turn(-1)
    assert tour.isVisible()
    qtbot.keyClick(tour.next, Qt.Key.Key_Escape)
    assert not tour.isVisible()


async def test_f_hides_all_but_the_canvas_and_the_clocks(bench, qtbot, wait):
    await welcomed(bench, wait)
    window = bench.window
    parts = (window.topbar, window.rail, window.statusbar, window.canvas.lenses.tabs)
    assert window.registry.trigger("focus")
    assert not any(part.isVisible() for part in (*parts, window.sidebar, window.inspector))
    assert window._timebar.isVisible()
    assert window.canvas.isVisible()
    qtbot.keyClick(window, Qt.Key.Key_Escape)
    assert all(part.isVisible() for part in parts)
    window.registry.trigger("focus")
    bench.state.go("discover")
    assert all(part.isVisible() for part in parts[:3])


async def test_the_first_run_is_called_off_where_a_setup_is_opened_before_it(bench, wait):
    bench.window.welcome()
    assert bench.state.starting
    bench.state.go("setup")
    await wait(lambda: not bench.state.starting)
    await bench.start()
    assert not starts(bench)


async def test_the_tour_ends_on_another_page(bench, wait):
    await welcomed(bench, wait)
    bench.window.registry.trigger("tour")
    assert bench.window.tour.isVisible()
    bench.state.go("data")
    assert not bench.window.tour.isVisible()

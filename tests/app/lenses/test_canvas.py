"""The canvas as a widget: it looks, picks and stands still at no cost."""

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QImage, QWheelEvent
from PySide6.QtWidgets import QApplication, QHBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from pushforward.studio.app.charts.arrows import Arrows
from pushforward.studio.app.charts.backdrop import Backdrop
from pushforward.studio.app.charts.camera_box import link
from pushforward.studio.app.charts.grid_fields import Heat
from pushforward.studio.app.charts.particle_canvas import ParticleCanvas
from pushforward.studio.app.charts.particle_path import Life
from pushforward.studio.app.charts.particle_timeline import Timeline
from pushforward.studio.app.charts.plot_style import CanvasStyle
from pushforward.studio.app.charts.smooth_path import smooth_path, velocity_on
from pushforward.studio.app.core.data_columns import Column, columns_of
from pushforward.studio.app.core.runs import FlowRecord
from pushforward.studio.app.design.tokens import DARK, LIGHT

Record = Callable[..., FlowRecord]


@pytest.fixture
def canvas(qtbot: QtBot) -> ParticleCanvas:
    made = ParticleCanvas()
    qtbot.addWidget(made)
    made.resize(300, 240)
    made.set_style(CanvasStyle.of(DARK))
    made.show()
    QApplication.processEvents()
    return made


def timeline(record: FlowRecord) -> Timeline:
    return Timeline(record.t, record.x)


def picture(canvas: ParticleCanvas) -> np.ndarray:
    image = canvas.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    data = np.frombuffer(image.constBits(), dtype=np.uint32)
    return data.reshape(image.height(), image.bytesPerLine() // 4)[:, : image.width()].copy()


def test_an_empty_canvas_paints_its_background(canvas: ParticleCanvas) -> None:
    canvas.set_backdrop(Backdrop(axes=False))
    assert np.unique(picture(canvas)).tolist() == [int("ff" + DARK.background[1:], 16)]


def test_particles_appear_in_their_colour_at_their_place(
    canvas: ParticleCanvas, record: Record
) -> None:
    canvas.set_backdrop(Backdrop(axes=False))
    canvas.set_record(timeline(record(50)))
    canvas.set_flow(1.0)
    canvas.fit()
    image = picture(canvas)
    pixels = canvas.camera.to_pixels(record(50).x[-1])
    alone = 0
    for i, (x, y) in enumerate(pixels):
        if 2 < x < 297 and 2 < y < 237:
            alone += int(image[int(y), int(x)] & 0xFFFFFF == int(canvas.ink(i)[1:], 16))
    assert alone > 0.8 * len(pixels)


def test_colours_stay_with_the_particles_across_records(
    canvas: ParticleCanvas, record: Record
) -> None:
    canvas.set_identity(record(10).x[0])
    canvas.set_record(timeline(record(10)))
    before = [canvas.ink(i) for i in range(20)]
    canvas.set_record(timeline(record(90)))
    assert [canvas.ink(i) for i in range(20)] == before
    canvas.set_record(timeline(record(90, n=50)))  # the engine may send only the first ones
    assert [canvas.ink(i) for i in range(20)] == before
    more = np.concatenate([record(10).x[0], np.full((300, 2), 9, dtype=np.float32)])
    canvas.set_identity(more)  # others become known: those that were keep theirs
    assert [canvas.ink(i) for i in range(20)] == before
    canvas.set_style(CanvasStyle.of(LIGHT))
    assert [canvas.ink(i) for i in range(20)] != before
    canvas.set_style(CanvasStyle.of(replace(DARK, identity="blue-yellow")))
    assert [canvas.ink(i) for i in range(20)] != before


def test_a_standing_canvas_runs_no_timer(canvas: ParticleCanvas, record: Record) -> None:
    canvas.set_record(timeline(record(10)))
    canvas.set_flow(0.3)
    assert not canvas.moving


def test_single_frame_records_glide_and_come_to_rest(
    canvas: ParticleCanvas, record: Record, qtbot: QtBot
) -> None:
    canvas.set_record(timeline(record(10, frames=1)))
    picture(canvas)
    canvas.set_record(timeline(record(90, frames=1)), smooth=True)
    assert canvas.moving
    qtbot.waitUntil(lambda: not canvas.moving, timeout=3000)
    picture(canvas)
    place = canvas.camera.to_pixels(record(90, frames=1).x[0])
    assert np.allclose(canvas._layer.place.T, place, atol=0.01)


def test_hiding_stops_a_glide(canvas: ParticleCanvas, record: Record) -> None:
    canvas.set_record(timeline(record(10, frames=1)))
    picture(canvas)
    canvas.set_record(timeline(record(90, frames=1)), smooth=True)
    canvas.hide()
    assert not canvas.moving
    canvas.set_record(timeline(record(95, frames=1)), smooth=True)
    assert not canvas.moving


def turn(canvas: ParticleCanvas, at: QPoint, notches: int) -> None:
    """Turn the wheel over a place, up for positive notches."""
    place, viewport = QPointF(at), canvas.viewport()
    event = QWheelEvent(
        place, QPointF(viewport.mapToGlobal(at)), QPoint(), QPoint(0, 120 * notches),
        Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase,
        False,
    )  # fmt: skip
    QApplication.sendEvent(viewport, event)


def test_the_wheel_zooms_at_the_cursor(canvas: ParticleCanvas, record: Record) -> None:
    canvas.set_record(timeline(record(10)))
    before, scale = canvas.camera.to_data(40, 50), canvas.camera.scale
    turn(canvas, QPoint(40, 50), 2)
    assert canvas.camera.to_data(40, 50) == pytest.approx(before)
    assert canvas.camera.scale == pytest.approx(1.44 * scale)
    turn(canvas, QPoint(40, 50), -2)
    assert canvas.camera.scale == pytest.approx(scale)


def test_a_double_click_shows_all_again(
    canvas: ParticleCanvas, record: Record, qtbot: QtBot
) -> None:
    canvas.set_record(timeline(record(10)))
    picture(canvas)
    fitted = canvas.camera
    turn(canvas, QPoint(40, 50), 3)
    assert canvas.camera != fitted
    for click in (qtbot.mouseClick, qtbot.mouseDClick):
        click(canvas.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(150, 120))
    qtbot.mouseRelease(canvas.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(150, 120))
    assert canvas.camera == fitted


def test_linked_boxes_look_where_any_of_them_was_moved_to(qtbot: QtBot, record: Record) -> None:
    row = QWidget()
    qtbot.addWidget(row)
    beside = QHBoxLayout(row)
    canvases = [ParticleCanvas() for _ in range(3)]
    for one in canvases:
        beside.addWidget(one)
        one.set_record(timeline(record(10)))
    row.resize(900, 300)
    row.show()
    link([one.box for one in canvases])
    for moved in canvases:
        turn(moved, QPoint(70, 50), 1)
        moved.pan(11, -7)
        cameras = [(one.camera.x, one.camera.y, one.camera.scale) for one in canvases]
        for camera in cameras:
            assert camera == pytest.approx(cameras[0], rel=0.01)  # one may be a pixel wider
    assert all(one.box.touched for one in canvases)
    canvases[1].fit()
    assert not any(one.box.touched for one in canvases)
    link([canvases[0].box])
    link([canvases[1].box])
    before = canvases[1].camera
    canvases[0].zoom(2)
    assert canvases[1].camera == before


def test_dragging_pans_and_does_not_pick(
    canvas: ParticleCanvas, record: Record, qtbot: QtBot
) -> None:
    canvas.set_record(timeline(record(10)))
    picked: list[int] = []
    canvas.picked.connect(picked.append)
    held = canvas.camera.to_data(100, 100)
    qtbot.mousePress(canvas.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(100, 100))
    qtbot.mouseMove(canvas.viewport(), QPoint(130, 90))
    qtbot.mouseRelease(canvas.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(130, 90))
    assert canvas.camera.to_data(130, 90) == pytest.approx(held, abs=1e-6)
    assert picked == []


def test_a_click_picks_the_nearest_particle_or_none(
    canvas: ParticleCanvas, record: Record, qtbot: QtBot
) -> None:
    canvas.set_record(timeline(record(10)))
    picture(canvas)
    picked: list[int] = []
    canvas.picked.connect(picked.append)
    pixels = canvas.camera.to_pixels(record(10).x[-1])
    lonely = int(
        np.argmax(
            np.hypot(*(pixels - np.median(pixels, axis=0)).T)
            * ((pixels > 5).all(axis=1) & (pixels < (295, 235)).all(axis=1))
        )
    )
    spot = QPoint(*np.rint(pixels[lonely]).astype(int).tolist())
    qtbot.mouseClick(canvas.viewport(), Qt.MouseButton.LeftButton, pos=spot)
    assert picked == [lonely]
    canvas.set_record(None)
    picture(canvas)
    qtbot.mouseClick(canvas.viewport(), Qt.MouseButton.LeftButton, pos=spot)
    assert picked == [lonely, -1]


def test_the_keyboard_does_what_the_mouse_does(
    canvas: ParticleCanvas, record: Record, qtbot: QtBot
) -> None:
    canvas.set_record(timeline(record(10)))
    fitted = canvas.camera
    qtbot.keyClick(canvas, Qt.Key.Key_Plus)
    assert canvas.camera.scale == pytest.approx(1.2 * fitted.scale)
    qtbot.keyClick(canvas, Qt.Key.Key_Minus)
    assert canvas.camera.scale == pytest.approx(fitted.scale)
    qtbot.keyClick(canvas, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    assert canvas.camera.x > fitted.x
    qtbot.keyClick(canvas, Qt.Key.Key_0)
    assert canvas.camera == fitted
    picked: list[int] = []
    canvas.picked.connect(picked.append)
    qtbot.keyClick(canvas, Qt.Key.Key_BracketRight)
    canvas.set_life(Life(0, "#ffffff", record(10).x[:, 0]))
    qtbot.keyClick(canvas, Qt.Key.Key_BracketLeft)
    qtbot.keyClick(canvas, Qt.Key.Key_Escape)
    assert picked == [0, 199, -1]


def test_plain_arrows_are_left_to_the_clocks(canvas: ParticleCanvas, qtbot: QtBot) -> None:
    before = canvas.camera
    qtbot.keyClick(canvas, Qt.Key.Key_Left)
    assert canvas.camera == before


def test_every_layer_is_seen(canvas: ParticleCanvas, record: Record) -> None:
    rng = np.random.default_rng(0)
    target = rng.normal(size=(100, 2)).astype(np.float32)
    grid = np.ones((8, 8), dtype=np.float32)
    box = (-3.0, 3.0, -3.0, 3.0)
    canvas.set_backdrop(Backdrop(target=target, axes=False))
    canvas.fit()
    plain = Backdrop(axes=False)
    layers = {
        "target": Backdrop(target=target, axes=False),
        "heat": Backdrop(heat=Heat(grid, box, "d", -1, 1, True), axes=False),
        "arrows": Backdrop(arrows=(Arrows(np.ones((8, 8, 2), np.float32), box),), axes=False),
        "axes": Backdrop(),
    }
    canvas.set_backdrop(plain)
    empty = picture(canvas)
    for name, backdrop in layers.items():
        canvas.set_backdrop(backdrop)
        assert (picture(canvas) != empty).mean() > 0.001, name


def test_paths_and_life_are_drawn(canvas: ParticleCanvas, record: Record) -> None:
    canvas.set_record(timeline(record(100)))
    canvas.set_layers(particles=False, trails=False)
    empty = picture(canvas)
    canvas.set_layers(paths=True)
    assert (picture(canvas) != empty).mean() > 0.01
    canvas.set_layers(paths=False)
    canvas.set_life(Life(3, "#ff0000", record(100).x[:, 3], record(100).x[:, 4]))
    assert (picture(canvas) != empty).mean() > 0.001


def test_a_picture_of_twice_the_pixels_is_sharp(
    qtbot: QtBot, record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At a device pixel ratio of 2 the raster has twice the pixels, and dots twice the size."""
    monkeypatch.setattr(ParticleCanvas, "devicePixelRatioF", lambda self: 2.0)
    canvas = ParticleCanvas()
    qtbot.addWidget(canvas)
    canvas.resize(200, 160)
    canvas.set_record(timeline(record(10)))
    canvas.show()
    picture(canvas)
    assert (canvas._layer.raster.width, canvas._layer.raster.height) == (400, 320)


def test_it_survives_records_of_any_kind(canvas: ParticleCanvas, record: Record) -> None:
    for other in (record(1, n=1), record(2, frames=1), record(3, n=1000), None, record(4)):
        canvas.set_record(timeline(other) if other else None, smooth=True)
        picture(canvas)


@pytest.mark.parametrize("size", [(600, 480), (300, 480), (600, 240), (220, 240), (301, 241)])
def test_no_number_of_another_size_stays_on_the_axes(
    canvas: ParticleCanvas, size: tuple[int, int]
) -> None:
    canvas.box.touched = True
    canvas.box.look_at((-5, 5, -4, 4))
    picture(canvas)
    canvas.resize(*size)
    picture(canvas)
    canvas.box.look_at((-5, 5, -4, 4))
    canvas.pan(7, 3)
    kept = picture(canvas)
    for rim in canvas.box.rims:
        rim.keep(False)
        rim.keep(True)
    assert np.array_equal(kept, picture(canvas))


def test_a_record_that_comes_before_the_first_was_drawn_moves_on_from_where_that_is(
    canvas: ParticleCanvas, record: Record
) -> None:
    canvas.set_record(timeline(record(50)))
    picture(canvas)
    some = timeline(record(50, n=7))
    canvas.set_record(some)
    ends = some.planar(len(some.t) - 1).T
    assert canvas._layer.places() == pytest.approx(ends, abs=0.05)


def test_what_a_person_looks_at_is_kept_for_its_data_and_others_are_seen_whole(
    canvas: ParticleCanvas, record: Record
) -> None:
    canvas.set_record(timeline(record(50)))
    canvas.turn_to("ring")
    canvas.zoom(4)
    canvas.pan(30, 10)
    near = canvas.camera
    assert not canvas.turn_to("ring"), "a run on the same data is looked at from the same place"
    assert canvas.camera == near
    assert canvas.turn_to("spirals")
    assert canvas.camera.scale < near.scale / 2
    assert not canvas.box.touched
    canvas.turn_to("ring")
    assert canvas.box.touched
    assert (canvas.camera.x, canvas.camera.y) == pytest.approx((near.x, near.y))
    assert canvas.camera.scale == pytest.approx(near.scale)
    canvas.fit()
    canvas.turn_to("spirals")
    canvas.turn_to("ring")
    assert not canvas.box.touched, "the person has let go of it"


def test_a_logarithm_is_counted_by_what_it_is_of(canvas: ParticleCanvas) -> None:
    """Masses between 20 and 200 GeV, by their logarithms, are marked and said in GeV."""
    mass = Column("Mass", "GeV", log=True)
    left, bottom = canvas.box.rims
    before = dict(bottom._marks(-1.0, 1.0, 400.0))
    canvas.box.name_axes(Column("η"), mass)
    marks = {text: at for at, text in left._marks(math.log(15.0), math.log(250.0), 400.0)}
    assert marks == pytest.approx({"20": math.log(20), "50": math.log(50), "100": math.log(100),
                                   "200": math.log(200)})  # fmt: skip
    assert dict(bottom._marks(-1.0, 1.0, 400.0)) == before
    assert mass.format(math.log(83.1)) == "Mass 83.1 GeV"
    assert Column("η").format(-0.25) == "η −0.25"
    assert [each.heading for each in columns_of({"log(m/GeV)": mass}, ("log(m/GeV)", "pt"))] == [
        "Mass (GeV)",
        "pt",
    ]
    seen = picture(canvas)
    canvas.box.name_axes(None, None)
    assert (picture(canvas) != seen).any()


def drawn(canvas: ParticleCanvas) -> np.ndarray:
    """Where the particles are drawn after a picture, (n, 2) in data units."""
    picture(canvas)
    return canvas._layer.places()


def test_particles_of_a_flow_move_over_at_the_flow_time_that_is_shown(
    canvas: ParticleCanvas, record: Record, qtbot: QtBot
) -> None:
    first, second = timeline(record(10)), timeline(record(90))
    canvas.set_record(first)
    canvas.set_flow(0.4)
    start = drawn(canvas)
    canvas.set_record(second, smooth=True)
    assert canvas.moving
    with qtbot.waitSignal(canvas.arrived, timeout=5000):
        assert np.abs(drawn(canvas) - second.drawn_at(0.4)).max() > 0.1
    assert start == pytest.approx(first.drawn_at(0.4), abs=0.05)
    assert drawn(canvas) == pytest.approx(second.drawn_at(0.4), abs=0.05)


def test_scrubbing_the_flow_shows_the_record_at_once(
    canvas: ParticleCanvas, record: Record
) -> None:
    canvas.set_record(timeline(record(10)))
    picture(canvas)
    canvas.set_record(timeline(record(90)), smooth=True)
    canvas.set_flow(0.2)
    assert not canvas.moving
    assert drawn(canvas) == pytest.approx(timeline(record(90)).drawn_at(0.2), abs=0.05)


def test_paths_that_follow_each_other_join_without_a_kink() -> None:
    rng = np.random.default_rng(0)
    a, b, c = rng.normal(size=(3, 20, 2)).astype(np.float32)
    first = smooth_path(a, np.zeros_like(a), b, frames=4001)
    second = smooth_path(b, velocity_on(first, 1.0), c, frames=4001)
    assert first.x[0] == pytest.approx(a)
    assert first.x[-1] == pytest.approx(b, abs=1e-5)
    assert second.x[-1] == pytest.approx(c, abs=1e-5)
    assert velocity_on(first, 0.0) == pytest.approx(np.zeros_like(a), abs=0.02)
    assert velocity_on(second, 0.0) == pytest.approx(velocity_on(first, 1.0), abs=0.02)


def test_a_steady_motion_stays_at_constant_velocity() -> None:
    a, b = np.random.default_rng(1).normal(size=(2, 20, 2)).astype(np.float32)
    path = smooth_path(a, b - a, b)
    assert np.diff(path.x, axis=0) == pytest.approx(np.tile((b - a) / 8, (8, 1, 1)), abs=1e-6)

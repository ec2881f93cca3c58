"""Jets on their way: where their constituents are, and how the lens of Watch shows many of them."""

import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QContextMenuEvent, QPainter, QPixmap
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from pushforward.observables.jets.cone import USUAL
from pushforward.observables.jets.kinematics import masses
from pushforward.studio.app.core.runs import FlowRecord
from pushforward.studio.app.core.selection import Source
from pushforward.studio.app.data.tile_pane import short
from pushforward.studio.app.data_types.jets import jet_flow_view
from pushforward.studio.app.data_types.jets.jet_board import Cell, JetBoard, Line
from pushforward.studio.app.data_types.jets.jet_flow import JetWay, rows_of_types
from pushforward.studio.app.data_types.jets.jet_flow_view import VIEW, JetFlowView, short_level
from pushforward.studio.app.data_types.jets.jet_paint import Frame
from pushforward.studio.app.data_types.jets.type import momenta
from pushforward.studio.app.design.theme import theme
from pushforward.studio.app.engine.requests.request_base import Answer
from pushforward.studio.protocol.catalog import EntrySpec, FieldSpec
from pushforward.studio.protocol.extras import DENOISED, LEVELS
from pushforward.studio.protocol.messages import GetNearest, GetTarget, Operate, Watch
from tests.qtloop import until

N, PLACES, FRAMES = 12, 6, 5
TYPES = ("gluon", "light quark", "top")


def record_of(step: int = 5, *, foreseen: bool = True) -> FlowRecord:
    """Return jets that go straight from noise to their places, of which two are padded."""
    rng = np.random.default_rng(0)
    start, end = rng.normal(scale=0.2, size=(2, N, PLACES, 3)).astype(np.float32)
    start[..., 2], end[..., 2] = np.log1p(100.0), np.log1p(200.0)
    t = np.linspace(0, 1, FRAMES, dtype=np.float32)
    w = t[:, None, None, None]
    mask = np.broadcast_to(np.arange(PLACES) < 4, (N, PLACES))
    x = ((1 - w) * start + w * end) * mask[..., None]
    label = np.arange(N) % 3
    given = {"label": label, "pt": 1000.0 + np.arange(N), "mass": np.full(N, 80.0),
             "size": np.full(N, 4)}  # fmt: skip
    extras: dict[str, Any] = {}
    if foreseen:
        levels = np.float32([20.0, 5.0, 1.0, 0.1, 0.0])
        extras = {DENOISED: np.broadcast_to(end * mask[..., None], x.shape), LEVELS: levels}
    arrays = {f"given:{name}": values for name, values in given.items()}
    return FlowRecord.from_arrays(step, t, x.astype(np.float32), extras=extras, mask=mask, **arrays)


# A jet on its way


def test_a_jet_is_between_its_frames_and_its_trail_leads_there() -> None:
    record = record_of()
    way = JetWay.of(record, 3, USUAL)
    middle, _ = way.discs(0.375)
    assert middle == pytest.approx((record.x[1, 3, :, :2] + record.x[2, 3, :, :2]) / 2)
    trail = way.trail(0.375)
    assert [when for when, _ in trail] == [0.0, 0.25, 0.375]
    assert trail[-1][1] == pytest.approx(middle)
    assert way.discs(1.0)[0] == pytest.approx(record.x[-1, 3, :, :2])
    assert way.discs(1.0)[1].sum() == pytest.approx(1.0), "shares of the pT"
    assert (way.discs(0.5)[1][4:] == 0).all(), "padded places are none"


def test_the_noise_level_falls_by_its_logarithm_and_ends_at_none() -> None:
    way = JetWay.of(record_of(), 0, USUAL)
    levels = [way.level(t) for t in (0.0, 0.125, 0.25, 1.0)]
    assert levels == pytest.approx([20.0, 10.0, 5.0, 0.0], rel=1e-5)
    assert 0.0 < way.level(0.9) < 0.1, "before the end, where it is 0"
    assert JetWay.of(record_of(foreseen=False), 0, USUAL).level(0.5) is None
    still = JetWay.still(np.zeros((PLACES, 3)), None, USUAL)
    assert (still.moves, still.bracket(0.5)) == (False, (0, 0.0))


def test_each_type_has_its_first_rows() -> None:
    assert rows_of_types(np.array(["t", "g", "t", "t"]), 2) == {"g": [1], "t": [0, 2]}
    assert list(rows_of_types(np.array(["t", "g"]), 1, ("t", "g"))) == ["t", "g"]


def test_what_is_said_of_a_jet_is_as_it_is_at_that_time() -> None:
    way = JetWay.of(record_of(), 3, USUAL)
    cell = Cell(way, 3)
    for t in (0.6, 0.9, 1.0):
        x, pt = momenta(way.at(t))
        mass = float(masses(x[None, :, :2], pt[None])[0])
        assert cell.words(t) == f"m {mass:,.0f} GeV  N 4"
    assert cell.words(0.0) == cell.words(0.375) == "noise"
    assert cell.words(0.6) != cell.words(1.0)
    assert cell.words(1.0, brief=True) == f"{way.mass(1.0):,.0f} GeV"


class Written(QPainter):
    """A painter that keeps the texts it draws into boxes, and how wide both are."""

    def __init__(self, device: QPixmap) -> None:
        super().__init__(device)
        self.texts: list[tuple[str, float, float]] = []

    def drawText(self, box: QRectF, flags: Any, text: str) -> None:  # type: ignore[override]
        self.texts.append((text, self.fontMetrics().horizontalAdvance(text), box.width()))


@pytest.mark.parametrize("many", [1, 2, 3, 4])
def test_a_mass_below_a_small_tile_loses_no_digit(qapp: QApplication, many: int) -> None:
    """ "133 GeV" was painted centred into less room than it needs: ".33 GeV" was seen."""
    cell, board = Cell(JetWay.of(record_of(), 3, USUAL), 3), JetBoard()
    board.resize(240, 200)
    board.show_lines([Line("t", (cell,) * many, (None,) * many)])
    sheet = QPixmap(board.size())
    with Written(sheet) as painter:
        board.paint_on(painter, theme.colors())
        below = painter.texts[-many:]
    mass = f"{cell.way.mass(1.0):,.0f}"
    for text, needs, room in below:
        assert needs <= room
        assert text in (cell.words(1.0), f"{mass} GeV", mass, "")
    assert (below[0][0] == cell.words(1.0)) == (many == 1)


# The lens


@pytest.fixture
def view(lens: Any, qtbot: QtBot) -> JetFlowView:
    state = lens.state
    state.engine = replace(state.engine, state="ready")
    asked = lens.link.ask

    async def answer(command: Any) -> Answer:
        found = await asked(command)
        if isinstance(command, GetTarget):
            return Answer(
                {"names": list(TYPES)}, {"x": record_of().x[-1], "label": np.arange(N) % 3}
            )
        if isinstance(command, Operate):
            return film_of(command)
        return nearest_of(command) if isinstance(command, GetNearest) else found

    lens.link.ask = answer
    state.catalog.entries.append(
        EntrySpec(
            kind="dataset", slug=lens.run.spec.dataset.slug, title="", summary="", source="",
            fields=[], kinds=["jets"],
        )
    )  # fmt: skip
    steps = FieldSpec(path="steps", kind="int", title="Steps", help="", default=18)
    known = [
        ("operator", "film", "", [], ["denoiser"]),
        ("sampler", "heun", "Heun", [steps], []),
        ("sampler", "rk45", "RK45", [], []),
    ]
    state.catalog.entries.extend(
        EntrySpec(kind=kind, slug=slug, title=title, summary="", source="", fields=fields,
                  needs=needs)
        for kind, slug, title, fields, needs in known
    )  # fmt: skip
    made = VIEW.factory(state, lens.actions)
    made.resize(900, 640)
    qtbot.addWidget(made)
    return made


def nearest_of(command: GetNearest) -> Answer:
    """Return what the engine says: real jets of the type of each that was asked about."""
    end, label = record_of().x[-1], np.array(command.given["label"])
    m = len(label)
    return Answer(
        {"n": 900, "among": [300] * m, "usual": [None] * m, "names": list(TYPES)},
        {"x": end[:m], "label": label, "pt": np.full(m, 1e3), "mass": np.full(m, 151.0),
         "far": np.zeros((m, 1)), "number": 500 + np.arange(m)[:, None]},
    )  # fmt: skip


def film_of(command: Operate) -> Answer:
    """Return a film as the engine makes one: here of the jets of the record in another order."""
    record = record_of()
    way, n = record.x[:, ::-1], FRAMES
    given = {name: each[::-1] for name, each in record.conditions.items()}
    made = {"t": record.t, "s": np.float32([20.0, 5.0, 1.0, 0.1, 0.0]), "nfe": np.arange(n),
            "way": way, "foreseen": np.repeat(way[-1:], n, 0), "score": np.ones((n, N)),
            "left": np.ones((n, N)), "x": way[-1], "mask": record.mask}  # fmt: skip
    return Answer({"step": 4}, {**made, **given})


def arrive(lens: Any, record: FlowRecord) -> None:
    lens.run.live, lens.run.step = record, record.step
    lens.run.target = record.x[-1]
    lens.run.target_told = {"label": np.arange(N) % 3}
    lens.run.classes = TYPES
    lens.state.runs.record_arrived.emit(lens.run.key)
    lens.state.runs.changed.emit(lens.run.key)


async def shown(view: JetFlowView, lens: Any, record: FlowRecord | None = None) -> None:
    assert VIEW.applies(lens.state)
    view.show()
    arrive(lens, record or record_of())
    await until(lambda: len(view.board.lines) == 3 and view._near is not None)


async def test_types_stand_below_each_other_beside_real_jets(view: Any, lens: Any) -> None:
    await shown(view, lens)
    assert [line.name for line in view.board.lines] == list(TYPES)
    assert [cell.row for cell in view.board.lines[2].made] == [2, 5]
    assert [cell.number for cell in view.board.lines[2].real] == [502, 505]
    (question,) = lens.link.of(GetNearest)
    assert (question.by, question.given["pt"][3], question.given["label"][:3]) == (
        "pt-mass", 1003.0, [0, 1, 2]
    )  # fmt: skip
    said = view._which.accessibleName()
    assert "searched in all training data" in view._which.toolTip()
    assert ("more by type" in said) == (said.split(" of ")[0] != said.split(" of ")[1].split()[0])
    assert view.board.near_by == "asked pT, mass"
    lens.run.live = record_of(6)
    lens.state.runs.record_arrived.emit(lens.run.key)
    await until(lambda: view._record.step == 6)
    assert len(lens.link.of(GetNearest)) == 1, "what they were asked for stays, and so do these"
    assert view._title.text().startswith("Gluon jet 0")
    await until(lambda: lens.link.of(GetTarget))
    assert lens.link.of(GetTarget)[0].n == 512
    assert DENOISED in lens.link.of(Watch)[0].extras


async def test_types_have_no_names_until_somebody_says_them(view: Any, lens: Any) -> None:
    """When a run is opened its data are read first: "class 0" was no type of jets."""
    lens.run.target, lens.run.classes = None, ()
    lens.run.step, lens.run.job = 5, ""
    view.show()
    view._changed()
    assert view.empty.accessibleName().startswith("Reading the jets"), "nothing says there are none"
    lens.run.live = record_of()
    lens.state.runs.record_arrived.emit(lens.run.key)
    await until(lambda: len(view.board.lines) == 3)
    assert [line.name for line in view.board.lines] == [""] * 3
    assert view.types.isHidden()
    assert view._title.text() == "Jet 0"
    assert view.board.near_by == "reading them"
    view.swap.toggle()
    assert not any(cell.real for _, cell in view.board.cells())
    assert not view.board._in_place, "generated ones are not called real"
    view.swap.toggle()
    arrive(lens, record_of())
    await until(lambda: view.board.lines[0].name == "gluon")
    assert not view.types.isHidden()
    assert view._title.text() == "Gluon jet 0"


async def test_what_is_picked_is_seen_large_and_by_the_inspector(view: Any, lens: Any) -> None:
    await shown(view, lens)
    view.board.picked.emit(view.board.lines[2].made[1])
    selection = lens.state.selection
    assert selection.source == Source(lens.run.key, "particles")
    assert selection.rows.tolist() == [5]
    assert view._title.text() == "Top jet 5"
    facts = dict(selection.find_offered(selection.source).tell(5))
    assert re.search(r" GeV \(asked 1,005, [+−]\d[^)]* %\)$", facts["pT"])
    assert facts["Constituents"] == "4 (asked 4)"
    view.board.picked.emit(view.board.lines[0].real[0])
    assert selection.source.what == "near"
    assert selection.find_offered(selection.source).numbers[selection.rows].tolist() == [500]
    assert view._title.text() == "Real: Gluon jet 500"
    facts = dict(selection.find_offered(selection.source).tell(0))
    assert re.search(r" GeV \(whole jet 151, [+−]\d[^)]* %\)$", facts["Mass"])
    assert " GeV (whole jet 1,000, " in facts["pT"]
    assert not view.plane.way.moves


async def test_the_flow_goes_by_another_sampler_where_one_is_chosen(view: Any, lens: Any) -> None:
    await shown(view, lens)
    other = view.other
    titles = [other.samplers.itemText(at) for at in range(other.samplers.count())]
    assert titles == ["as trained", "Heun"], "of RK45 nobody can say how many steps it takes"
    assert other.steps.isHidden()
    own = view._record
    other.samplers.setCurrentIndex(1)
    other.samplers.activated.emit(1)
    await until(lambda: view._record is not own)
    (asked,) = lens.link.of(Operate)
    assert asked.config["sampler"] == {"slug": "heun", "config": {"steps": 18}}
    assert asked.inline
    np.testing.assert_array_equal(view._record.x, own.x[:, ::-1])
    np.testing.assert_array_equal(view._record.conditions["pt"], own.conditions["pt"][::-1])
    assert "weights of step 4" in view._which.accessibleName()
    assert view._source(real=False).of == "Heun, 18 steps"
    assert view._source(real=False).what == "samples", "these are none of the run's particles"
    arrive(lens, record_of(6))
    assert view._record.step == 4, "what the training brings is not drawn over it"
    other.steps.setCurrentIndex(0)
    other.steps.activated.emit(0)
    await until(lambda: len(lens.link.of(Operate)) == 2)
    assert lens.link.of(Operate)[1].config["sampler"]["config"] == {"steps": 3}
    other.samplers.setCurrentIndex(0)
    other.samplers.activated.emit(0)
    assert view._record.step == 6
    assert view._source(real=False).what == "particles"


async def test_all_move_with_the_flow_clock_and_a_stop_of_the_strip_sets_it(
    view: Any, lens: Any
) -> None:
    await shown(view, lens)
    lens.state.playback.set(flow=0.25)
    assert (view.plane.flow, view.board.flow) == (0.25, 0.25)
    assert "s = 5" in view._where.accessibleName()
    view.strip.picked.emit(3)
    assert lens.state.playback.flow == pytest.approx(0.75)
    assert view.strip.selection == 3
    way = view.plane.way
    place = Frame(view.plane.box).place(*way.discs(0.75)[0][0])
    view.plane._point(place)
    assert view._where.accessibleName().startswith("row ")
    assert "GeV" in view._where.accessibleName()


async def test_real_jets_take_the_place_of_generated_ones(
    view: Any, lens: Any, qtbot: QtBot
) -> None:
    await shown(view, lens)
    assert not view.board.cells()[0][1].real
    qtbot.keyClick(view, Qt.Key.Key_R)
    assert view.board.cells()[0][1].real
    seen = [(cell.row, cell.real) for _, cell in view.board.cells()]
    assert len(set(seen)) == len(seen), "and these theirs: none is seen twice"
    qtbot.keyClick(view, Qt.Key.Key_R)
    assert not view.board.cells()[0][1].real


async def test_a_jet_is_copied_as_it_is_shown_and_has_a_menu(
    view: Any, lens: Any, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[dict[str, Any]] = []
    monkeypatch.setattr(
        jet_flow_view, "open_menu", lambda _on, _at, entries: opened.append(dict(entries))
    )
    await shown(view, lens)
    view.board.picked.emit(view.board.lines[2].made[1])
    for t in (0.25, 1.0):
        lens.state.playback.set(flow=t)
        qtbot.keyClick(view, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
        taken = QApplication.clipboard()
        mass = view.board.chosen.way.mass(t)
        assert taken.text().startswith(f"Top jet 5 · Mass {short(np.float64(mass))} GeV · ")
        assert taken.image().width() > 50
    box, cell = view.board.cells()[2]
    at = box.center().toPoint()
    event = QContextMenuEvent(
        QContextMenuEvent.Reason.Mouse, at, view.board.mapToGlobal(at),
        Qt.KeyboardModifier.NoModifier,
    )  # fmt: skip
    view.board.contextMenuEvent(event)
    (menu,) = opened
    assert list(menu) == ["Copy", "Real in place", "Copy picture of all", "Export picture…"]
    assert lens.state.selection.rows.tolist() == [cell.row], "what is asked about is selected"
    menu["Copy"]()
    assert taken.text().startswith("Gluon jet 3 · Mass ")


async def test_one_type_alone_has_more_jets(view: Any, lens: Any, qtbot: QtBot) -> None:
    await shown(view, lens)
    view.types.chosen.emit("top")
    assert [cell.row for line in view.board.lines for cell in line.made] == [2, 5, 8, 11]
    view.board.setFocus()
    qtbot.keyClick(view.board, Qt.Key.Key_Down)
    assert lens.state.selection.rows.tolist() == [8]
    view.types.chosen.emit("")
    assert len(view.board.lines) == 3


async def test_without_a_denoiser_there_are_no_rings(view: Any, lens: Any) -> None:
    await shown(view, lens, record_of(foreseen=False))
    assert view.rings.isHidden()
    assert "s =" not in view._where.accessibleName()
    view.grab()


async def test_without_a_record_it_says_why(view: Any, lens: Any) -> None:
    view.show()
    await until(lambda: not view.empty.isHidden())
    assert view._page.isHidden()


@pytest.mark.parametrize(
    ("level", "said"),
    [(20.0, "20"), (2.8, "2.8"), (0.58, "0.58"), (0.0414, "0.04"), (0.002, "2e-3"), (0.0, "0")],
)
def test_a_noise_level_below_a_small_picture_is_short(level: float, said: str) -> None:
    """Of 0.041 there was no room for the number: "s" stood there alone."""
    assert short_level(level) == said

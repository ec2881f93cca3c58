"""The h explorer: live and scrubbed, what is compared, how it is used."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from msgspec import structs
from PySide6.QtCore import QPointF, Qt

from pushforward.studio.app.charts.picture_export import write_picture
from pushforward.studio.app.lenses.explain.breakdown_view import MomentView
from pushforward.studio.app.lenses.explain.rescaling_view import VIEW
from pushforward.studio.app.text import number_format
from pushforward.studio.protocol.catalog import StageSpec
from pushforward.studio.protocol.messages import ApplyEdit, BranchRun, Watch
from pushforward.studio.protocol.records import FlowRecord
from pushforward.studio.protocol.spec import ChangeSetting, Pick, RunSpec
from pushforward.studio.store.flow import FlowStore
from tests.client.fakes.catalog import catalog


@pytest.fixture
def explorer(lens, qtbot):
    """The lens on a MonoFlow with the vanilla loss."""
    lens.state.catalog = catalog()
    lens.run.spec = RunSpec(
        name="r",
        family=Pick(slug="monoflow", config={"rescaling": "vanilla"}),
        dataset=Pick(slug="eight-gaussians"),
    )
    view = VIEW.factory(lens.state, lens.actions)
    qtbot.addWidget(view)
    view.resize(900, 640)
    view.show()
    return view


def arrive(lens, step, values=None):
    lens.arrive(step)
    if values is not None:
        d = np.tile(np.asarray(values, np.float32), (len(lens.run.live.t), 1))
        lens.run.live = replace(lens.run.live, arrays={**lens.run.live.arrays, "extra:critic": d})
        lens.state.runs.record_arrived.emit(lens.run.key)


def keep(lens, step, values=None):
    lens.arrive(step)
    record = lens.run.live
    extras = {} if values is None else {"critic": np.tile(np.float32(values), (len(record.t), 1))}
    store = FlowStore(Path(lens.run.key))
    store.keep(
        FlowRecord.from_arrays(step, record.t, record.x, record.layers, record.bounds, extras)
    )
    lens.run.kept = store.steps()
    lens.state.runs.kept_changed.emit(lens.run.key)


def test_it_is_offered_where_there_is_an_h_to_choose(lens):
    assert not VIEW.applies(lens.state)
    lens.state.catalog = catalog()
    for slug, offered in (("monoflow", True), ("gan", False), ("edm", False)):
        lens.run.spec = RunSpec(
            name="r", family=Pick(slug=slug), dataset=Pick(slug="eight-gaussians")
        )
        assert VIEW.applies(lens.state) is offered


def test_it_asks_for_the_critic_at_the_particles_only_while_it_is_seen(explorer, lens):
    watch = lens.link.of(Watch)[-1]
    assert (watch.on, watch.extras, watch.layers) == (True, ["critic"], [])
    explorer.hide()
    assert lens.link.of(Watch)[-1].on is False
    explorer.show()
    assert lens.link.of(Watch)[-1].on is True
    lens.state.playback.set(step=3)
    assert lens.link.of(Watch)[-1].on is False


def test_before_any_record_it_shows_the_curve_alone(explorer):
    assert explorer.plot.shown.bars is None
    assert explorer.verdict.accessibleName() == "Vanilla"
    assert "first snapshot" in explorer.words.text()


def test_vanishing_is_said_with_a_figure(explorer, lens):
    arrive(lens, 20, np.full(200, -8.0))
    assert explorer.verdict.accessibleName().startswith("Vanishing at step 20")
    assert "3.35e-4" in explorer.words.text() or "0.000335" in explorer.words.text()
    assert explorer.plot.shown.median == -8.0
    assert explorer.plot.shown.bars.share.sum() == pytest.approx(1.0)


def test_another_h_is_compared_and_used_from_now_on(explorer, lens, qtbot, wait):
    arrive(lens, 20, np.full(200, -8.0))
    explorer.list.setFocus()
    qtbot.keyClick(explorer.list, Qt.Key.Key_Up)  # from vanilla to logit
    assert explorer.plot.shown.ghost.title == "Logit"
    assert explorer.choice._word.text() == "With this h: well scaled"
    assert explorer.choice.use.isVisible()


async def test_use_from_now_on_is_an_edit_of_the_run(explorer, lens, qtbot, wait):
    arrive(lens, 20, np.full(200, -8.0))
    explorer.list.select("logit")
    explorer._pick("logit")
    explorer._set_shift(2.0)
    qtbot.mouseClick(explorer.choice.use, Qt.MouseButton.LeftButton)
    await wait(lambda: len(lens.link.of(ApplyEdit)) == 2)
    assert [(e.edit.path, e.edit.value) for e in lens.link.of(ApplyEdit)] == [
        ("rescaling", "logit"),
        ("shift", 2.0),
    ]


def test_an_edit_that_took_hold_is_the_h_from_its_step_on(explorer, lens):
    arrive(lens, 20, np.zeros(200))
    lens.run.edits = [ChangeSetting(step=30, path="rescaling", value="logit")]
    lens.state.runs.edited.emit(lens.run.key)
    assert explorer.plot.shown.shape.title == "Vanilla"
    arrive(lens, 31, np.zeros(200))
    assert explorer.plot.shown.shape.title == "Logit"


async def test_scrubbing_reads_what_was_kept_and_offers_a_branch(explorer, lens, qtbot, wait):
    keep(lens, 10, np.full(200, -8.0))
    lens.run.job, lens.run.state = "", "finished"
    lens.state.playback.set(step=10)
    await wait(lambda: explorer.verdict.accessibleName().startswith("Vanishing at step 10"))
    assert not explorer.choice.branch.isVisible()
    explorer._pick("logit")
    assert explorer.choice.branch.text() == "Branch from step 10 with this h"
    assert not explorer.choice.use.isVisible()
    qtbot.mouseClick(explorer.choice.branch, Qt.MouseButton.LeftButton)
    await wait(lambda: lens.link.of(BranchRun))
    (command,) = lens.link.of(BranchRun)
    assert (command.run, command.step) == (lens.run.key, 10)
    assert command.changes == [ChangeSetting(step=10, path="rescaling", value="logit")]


async def test_a_record_without_the_critic_says_so(explorer, lens, wait):
    keep(lens, 10)
    lens.state.playback.set(step=10)
    await wait(lambda: "has no critic values" in explorer.words.text())
    assert explorer.plot.shown.bars is None


def test_a_shift_is_typed_and_stepped(explorer, lens, qtbot):
    arrive(lens, 20, np.full(200, -8.0))
    line = explorer.choice.shift
    line.setFocus()
    line.selectAll()
    qtbot.keyClicks(line, "5")
    assert explorer.plot.shown.ghost.shift == 5.0
    qtbot.keyClick(line, Qt.Key.Key_Up)
    assert explorer.plot.shown.ghost.shift == 6.0
    line.selectAll()
    qtbot.keyClicks(line, "x")
    assert line.property("invalid") == "true"
    assert explorer.plot.shown.ghost.shift == 6.0


def test_one_that_leads_away_is_flagged_with_its_reason(explorer, lens):
    arrive(lens, 20, np.zeros(200))
    explorer._pick("plugged-forward-kl")
    assert explorer.choice._reason.text() == "h falls where u > −1."
    assert explorer.choice._word.text() == "With this h: leads away"


def test_the_picture_is_exported(explorer, lens, tmp_path):
    arrive(lens, 20, np.zeros(200))
    explorer._pick("plugged-forward-kl")
    for name in ("h.png", "h.svg"):
        write_picture(explorer.export_picture(), tmp_path / name)
        assert (tmp_path / name).stat().st_size > 5000
    assert "the critic d = log p/q" in (tmp_path / "h.svg").read_text()


def test_without_the_settings_of_its_run_it_says_so(explorer, lens):
    lens.state.runs.select("")
    assert explorer.empty.isVisible()
    assert not explorer.plot.isVisible()


def test_pointing_at_the_plot_says_the_values_of_both_and_both_planes_are_looked_at(explorer, lens):
    arrive(lens, 20, np.zeros(200))
    explorer._pick("logit")
    plot = explorer.plot
    above, below = plot.planes
    plot.pointed(QPointF(0.0, 0.0))
    shown = plot.shown
    told = [
        number_format.figure(float(s.height(np.zeros(1))[0])) for s in (shown.ghost, shown.shape)
    ]
    assert above.heading.text == f"h(0) = {', '.join(told)}"
    assert below.heading.text.startswith("h′(0) = ")
    plot.pointed(None)
    assert above.heading.text == "h, what particles climb"
    heights = below.seen[1]
    plot.look_closer(above, (-1.0, 1.0), (0.0, 0.5))
    assert [plane.seen[0] for plane in plot.planes] == [(-1.0, 1.0)] * 2
    assert (above.seen[1], below.seen[1]) == ((0.0, 0.5), heights)
    plot.show_all()
    assert above.seen[0] == shown.span


@pytest.fixture
def moment(lens, qtbot):
    """The breakdown of a step of the same run."""
    lens.state.catalog = catalog()
    entries = lens.state.catalog.entries
    for place, entry in enumerate(entries):
        if entry.slug in ("monoflow", "edm"):
            stages = [StageSpec(name="fit", title="Fit", formula="", source="")]
            entries[place] = structs.replace(entry, stages=stages)
    lens.run.spec = RunSpec(
        name="r",
        family=Pick(slug="monoflow", config={"rescaling": "vanilla"}),
        dataset=Pick(slug="eight-gaussians"),
    )
    view = MomentView(lens.state, lens.actions)
    qtbot.addWidget(view)
    view.resize(1200, 700)
    view.show()
    return view


def test_the_breakdown_shows_h_beside_the_critic_and_marks_the_particle(moment, lens):
    assert lens.link.of(Watch)[-1].extras == ["critic"]
    arrive(lens, 20, np.linspace(-3.0, 1.0, 200))
    assert moment.curves.isVisible()
    assert moment.curves.shown.shape.title == "Vanilla"
    assert moment.curves.shown.median == pytest.approx(-1.0)
    across = np.tile(np.linspace(-2.0, 2.0, 9, dtype=np.float32), (1, 9, 1))  # d is x
    scene = {"scene:particles": np.float32([[-1.5, 0.0], [-1.0, 0.0], [1.0, 0.5]])}
    arrays = {**lens.run.live.arrays, "layer:critic": across, **scene}
    lens.state.moment.begin(lens.run.key, 20, live=False)
    lens.state.moment.add("fit", FlowRecord(20, arrays, (-2.0, 2.0, -2.0, 2.0)))
    assert moment.curves.shown.median == pytest.approx(-1.0, abs=0.05)
    moment._point((1.0, 0.5))
    assert moment.curves.shown.median == pytest.approx(1.0, abs=0.05)
    moment.resize(900, 440)
    assert moment.curves.isHidden(), "in a low view the stages need the room"


def test_a_run_without_a_critic_has_no_curves(moment, lens):
    lens.run.spec = RunSpec(name="r", family=Pick(slug="edm"), dataset=Pick(slug="eight-gaussians"))
    moment._draw()
    assert moment.curves.isHidden()

"""The guidance lab of images: live images, and a curve where the judge was asked."""

import asyncio
import itertools
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from PySide6.QtCore import QPointF
from PySide6.QtWidgets import QApplication

from pushforward.studio.app.charts.axis import marks_within
from pushforward.studio.app.charts.plot_plane import Word
from pushforward.studio.app.charts.tradeoff_chart import SHARE, SIZE, Stop, TradeoffPlot
from pushforward.studio.app.data.views.guidance_frame import STRENGTHS as STOPS
from pushforward.studio.app.data_types.images.image_guidance_lab import (
    ALL,
    SHOWN,
    VIEW,
    GuidedImages,
    ImageGuidanceView,
    Judged,
)
from pushforward.studio.app.engine.requests.request_base import Answer, Refused
from pushforward.studio.protocol.catalog import EntrySpec, FieldSpec
from pushforward.studio.protocol.messages import (
    Control,
    ErrorInfo,
    GetAble,
    JobInfo,
    Operate,
    ResultWritten,
)
from pushforward.studio.protocol.spec import Pick
from pushforward.studio.store.results import ResultRecord, Results
from tests.app.lenses import underway
from tests.qtloop import until

STRENGTHS = (3.0, 0.0, 1.0)


def arrays(strengths: Any, asked: list[int], *, measured: bool) -> dict[str, Any]:
    k = len(strengths)
    images = np.ones((k, len(asked), 1, 4, 4), np.float32)
    found = {"strengths": np.array(strengths), "pictures": images, "asked": np.array(asked)}
    if measured:
        accuracy = 1 - 0.5 / (1 + np.array(strengths))
        found["accuracy"] = np.stack([accuracy, accuracy - 0.1, accuracy + 0.1], axis=1)
        found["coverage"] = found["accuracy"][::-1].copy()
        found["accuracy"][0] = np.nan  # led out of all bounds
        found |= {"real-accuracy": np.array(0.98), "real-coverage": np.array(0.95)}
    return found


def test_figures_rise_and_those_that_blew_up_are_left_out() -> None:
    led = GuidedImages.of(arrays(STRENGTHS, [0, 1, 2], measured=True))
    assert [each.strength for each in led.figures] == [0.0, 1.0]
    assert led.figures[1].accuracy == pytest.approx((0.75, 0.65, 0.85))
    assert (led.label, led.figures[0].real_coverage) == (0, 0.95)
    assert GuidedImages.of(arrays([1.0], [2, 2], measured=False)).label == 3
    with pytest.raises(KeyError):
        GuidedImages.of({"strengths": np.ones(1)})
    with pytest.raises(ValueError, match="as many classes"):
        GuidedImages.of({**arrays([1.0], [2, 2], measured=False), "asked": np.zeros(5)})


def told(path: str, default: Any, kind: str) -> FieldSpec:
    return FieldSpec(path=path, kind=kind, title=path, help="", default=default)


@pytest.fixture
def lab(lens: Any) -> Iterator[ImageGuidanceView]:
    catalog, run, link = lens.state.catalog, lens.run, lens.link
    operator = EntrySpec(
        kind="operator", slug="image-guidance", title="Guidance of images", summary="", source="",
        fields=[], needs=["denoiser"],
    )  # fmt: skip
    images = EntrySpec(
        kind="dataset", slug="two-moons", title="Digits", summary="", source="", fields=[],
        kinds=["images"],
    )  # fmt: skip
    fields = [told("conditional", False, "bool"), told("label_dropout", 0.0, "float")]
    family = msgspec.structs.replace(catalog.entries[0], fields=fields)
    catalog.entries[:] = [family, operator, images]
    config = {"conditional": True, "label_dropout": 0.1}
    run.spec = msgspec.structs.replace(run.spec, family=Pick(slug="edm", config=config))
    run.checkpoints = [100]
    lens.state.engine = replace(lens.state.engine, state="ready")
    plain = link.ask

    async def ask(command: Any) -> Answer:
        await plain(command)
        if isinstance(command, GetAble):
            named = {"name": "label", "names": ["nought", "one", "two"]}
            return Answer({"step": 100, "operators": [], "conditions": [named]})
        if isinstance(command, Operate) and command.operator == "ask-judge":
            return Answer({"step": 100}, {"class": np.array([0, 1, 2, 1])})
        if isinstance(command, Operate) and command.inline:
            name = command.given.get("label")
            asked = [0, 1, 2, 0] if name is None else [["nought", "one", "two"].index(name)] * 4
            found = arrays(command.config["strengths"], asked, measured=command.config["measure"])
            return Answer({"step": 100}, found)
        return Answer({})

    link.ask = ask
    made = ImageGuidanceView(lens.state, lens.actions)
    made.resize(900, 600)
    made.show()
    QApplication.processEvents()
    yield made
    made.close()
    made.deleteLater()
    QApplication.sendPostedEvents()


def test_a_click_finds_the_stop_by_both_axes_and_no_name_covers_another(qtbot) -> None:
    plot = TradeoffPlot("fidelity by diversity", "strength", "coverage", "label accuracy")
    qtbot.addWidget(plot)
    plot.resize(400, 300)
    plot.show()
    places = [(0.0, 0.7, 0.1), (1.0, 0.95, 0.95), (1.01, 0.951, 0.951), (8.0, 0.7, 1.0)]
    stops = [Stop(at, (x, x, x), (y, y, y)) for at, x, y in places]
    plot.show_stops(stops, at=1.01, real=(0.97, None))
    chosen: list[float] = []
    plot.chosen_at.connect(chosen.append)
    plot.chose(QPointF(0.72, 0.15))
    plot.chose(QPointF(0.72, 0.95))
    assert chosen == [0.0, 8.0], "both are at .7 across"
    words = [item.textItem.toPlainText() for item in plot.plane._passing if isinstance(item, Word)]
    assert words == ["1.01", "0", "8"], "the one that is looked at is named, not the one under it"
    plot.show_stops([])
    plot.chose(QPointF(0.5, 0.5))
    assert len(chosen) == 2


def test_no_name_of_a_strength_covers_another(qtbot) -> None:
    """At 1280x720 that of 1.5 lay over that of 2, whose dot is more than 20 pixels from it."""
    plot = TradeoffPlot("fidelity by diversity", "strength", "coverage", "label accuracy")
    qtbot.addWidget(plot)
    plot.resize(330, 240)
    plot.show()
    places = [(0.0, 0.64, 0.1), (0.5, 0.67, 0.5), (1.0, 0.94, 0.93), (1.25, 0.965, 0.995),
              (2.0, 0.92, 1.0), (8.0, 0.54, 1.0)]  # fmt: skip
    plot.show_stops([Stop(at, (x, x, x), (y, y, y)) for at, x, y in places], at=2.0)
    plot.grab()
    names = [item for item in plot.plane._passing if isinstance(item, Word)]
    assert {"2", "0", "0.5", "8"} <= {each.textItem.toPlainText() for each in names}
    boxes = [each.textItem.sceneBoundingRect() for each in names]
    pairs = itertools.combinations(boxes, 2)
    assert not any(one.adjusted(1, 1, -1, -1).intersects(two) for one, two in pairs)


def test_a_share_is_never_above_one_and_what_is_all_one_is_seen_at_a_sensible_scale(qtbot) -> None:
    plot = TradeoffPlot("", "strength", "coverage", "label accuracy", (SHARE, SHARE))
    qtbot.addWidget(plot)
    plot.resize(400, 300)
    plot.show_stops([Stop(at, (1.0, 0.9, 1.0), (0.0, 0.0, 0.1)) for at in (0.0, 1.0)])
    across, up = plot.full_range(plot.plane)
    assert across[0] == pytest.approx(0.8, abs=0.02)
    assert up[1] == pytest.approx(0.2, abs=0.02)
    for low, high in (across, up, (0.9, 1.3), (-0.2, 0.1)):
        assert all(0.0 <= at <= 1.0 for at, _ in marks_within(*SHARE)(low, high, 700.0))
    sizes = TradeoffPlot("", "strength", "deviation", "share", (SIZE, SHARE))
    qtbot.addWidget(sizes)
    sizes.show_stops([Stop(0.0, (1.4,) * 3, (1.0,) * 3), Stop(1.0, (1.4,) * 3, (1.0,) * 3)])
    assert sizes.full_range(sizes.plane)[0] == pytest.approx((1.284, 1.516))


async def test_images_follow_the_slider_and_the_curve_is_what_was_measured(lens, lab) -> None:
    assert VIEW.applies(lens.state)
    record = ResultRecord(
        operator="image-guidance", title="Guidance of images", run="0001-r", step=100, config={}
    )
    measured = arrays([0.0, 1.0, 2.0, 3.0], [0, 1, 2, 0], measured=False)
    measured |= {
        "accuracy": np.tile([0.9, 0.85, 0.93], (4, 1)),
        "coverage": np.tile([0.7, 0.6, 0.8], (4, 1)),
        "real-accuracy": np.array(0.98), "real-coverage": np.array(0.95), "n": np.array(1200),
        "n-real": np.array(300),
    }  # fmt: skip
    made = Results(Path(lens.run.key) / "results").write(record, measured)
    lens.run.results.append(made.name)
    await until(lambda: lab.found is not None)
    event = ResultWritten(
        job="j", run=lens.run.key, operator="image-guidance", step=100, result=str(made.path)
    )
    lens.state.result_written.emit(event)
    first = next(each for each in lens.link.of(Operate) if each.inline)
    assert (first.config["measure"], first.given) == (False, {})
    assert lab.classes.name == ALL
    assert lab.grid.count == 4
    await until(lambda: "3 of 4" in lab.right.text())
    assert lab.right.text() == "Accuracy 75\u00a0% (30 to 95), 3 of 4", "live, of what is seen"
    assert lab._refused == ""
    await until(lambda: any(lab._known.values()))
    assert lab.charts.isVisibleTo(lab)
    assert [line.title for line in lab.charts.by_strength.lines] == ["label accuracy", "coverage"]
    path = lab.charts.tradeoff
    await until(lambda: lab.status.mark.isHidden())
    assert [stop.setting for stop in path.stops] == [0.0, 1.0, 2.0, 3.0]
    assert (path.stops[1].across, path.stops[1].up) == ((0.7, 0.6, 0.8), (0.9, 0.85, 0.93))
    across, up = path.full_range(path.plane)
    assert across[0] < 0.7 < 0.95 < across[1], "real images are in the picture, too"
    assert up[1] > 0.98
    assert lab.table.heading(1).text() == "guided, n\u00a0=\u00a01,200"
    assert lab.table.heading(2).text() == "real, n\u00a0=\u00a0300"
    assert path.accessibleName().endswith("n\u00a0=\u00a01,200")
    assert lab.table.cell(0, 1).text() == "90\u00a0% (85 to 93)"
    assert lab.table.cell(1, 2).text() == "95\u00a0%"
    lab.resize(661, 456)  # the canvas in a window of 1280
    await until(lambda: lab.table.width() < 400)
    assert lab.table.horizontalHeader().length() <= lab.table.viewport().width(), (
        "the real ones are seen, too"
    )
    assert STOPS[lab.slider.maximum()] == 8.0, "as far as Measure goes"
    fewer = Judged(2.0, (0.8,) * 3, (0.5,) * 3, 0.9, 0.9, (50, 50))
    kept = dict(lab._known[0, 0.0])
    lab._keep(0, 0.0, [fewer])
    assert list(lab._known[0, 0.0]) == [2.0], "no path is made of figures of other numbers"
    lab._known[0, 0.0] = kept
    lab.lead(2.5)
    await until(lambda: lab._asked.strength == 2.5)
    assert not lab.table.isVisibleTo(lab)
    assert "not measured" in lab.unknown.text()
    lab.classes.choose(2)
    await until(lambda: lab._asked.label == 2)
    led = [each for each in lens.link.of(Operate) if each.operator == "image-guidance"]
    assert led[-1].given == {"label": "one"}
    await until(lambda: lab.status.mark.isVisibleTo(lab))
    assert lab.status.mark.text() == f"Preview, 3 strengths, n = {SHOWN}", "nothing was measured"
    stops = lab.charts.tradeoff.stops
    assert [stop.setting for stop in stops] == [2.0, 5.0], "the answer to 0 left all bounds"
    lab._measure()
    await until(lambda: [each for each in lens.link.of(Operate) if not each.inline])
    [measuring] = [each for each in lens.link.of(Operate) if not each.inline]
    assert measuring.given == {"label": "one"}


async def test_while_it_is_measured_it_says_how_far_it_is_and_can_be_ended(lens, lab) -> None:
    answers = lens.link.ask

    async def ask(command: Any) -> Answer:
        if isinstance(command, Operate) and command.config.get("measure"):
            raise Refused(ErrorInfo(kind="bad-request", message="no classifier"))
        return await answers(command)

    lens.link.ask = ask  # without a preview of the curve
    lab._select(lens.run.key)
    await until(lambda: lab.found is not None)
    assert lab.unknown.text().startswith("Not measured yet")
    assert lab.status.isHidden()
    assert lab.measure.isEnabled()
    assert not lab.how_far.isVisibleTo(lab)
    underway.begins(lens, "Guidance of images: 0001-r")
    assert not lab.unknown.isVisibleTo(lab)
    assert not lab.measure.isEnabled()
    assert "cancel it" in lab.measure.toolTip()
    assert lab.how_far.isVisibleTo(lab)
    assert lab.how_far.said.text().startswith("Measuring the curve. 20 of 200, 57 s left. ")
    underway.goes_on(lens)
    assert "150 of 200, 15 s left" in lab.how_far.said.text()
    lab.how_far.cancel.click()
    assert lab.how_far.said.text().startswith("Cancelling. ")
    assert not lab.how_far.cancel.isVisibleTo(lab)
    await until(lambda: any(each.action == "cancel" for each in lens.link.of(Control)))
    del lens.state.jobs["j"]
    lens.state.queue_changed.emit()
    assert lab.measure.isEnabled()
    assert lab.unknown.isVisibleTo(lab)
    assert not lab.how_far.isVisibleTo(lab)


async def test_behind_a_long_job_it_says_for_what_it_waits_and_shows_what_was_measured(
    lens, lab
) -> None:
    """It said that samples are on their way, and hid the curve."""
    await until(lambda: lab.found is not None)
    answers, go_on = lens.link.ask, asyncio.Event()

    async def ask(command: Any) -> Answer:
        if isinstance(command, Operate) and command.inline:
            await go_on.wait()
        return await answers(command)

    lens.link.ask = ask
    lab._select(lens.run.key)
    await until(lambda: lab._query.busy)
    lens.state.jobs["j"] = JobInfo(
        job="j", kind="operator", state="running", title="Likelihood lab", run=lens.run.key
    )
    lens.state.left["j"] = 7.0
    lens.state.queue_changed.emit()
    assert lab.empty.isVisibleTo(lab)
    assert "Waits for Likelihood lab, 7 s left" in lab.empty._text.text()
    lab._keep(0, 0.0, [Judged(at, (0.8,) * 3, (0.5,) * 3, 0.9, 0.9, (50, 50)) for at in (0.0, 2.0)])
    lab.refresh()
    assert lab.charts.isVisibleTo(lab)
    assert lab.empty.isHidden()
    assert lab.waits.text().startswith("Waits for Likelihood lab, 7 s left")
    del lens.state.jobs["j"]
    lens.state.queue_changed.emit()
    go_on.set()
    await until(lambda: lab.found is not None)
    await until(lambda: not lab.waits.isVisibleTo(lab))
    assert lab.grid.count == 4

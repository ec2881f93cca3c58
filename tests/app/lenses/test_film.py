"""The denoising film in the Samples lens: it follows the flow clock, and is written to files."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtGui import QImage, QImageReader
from PySide6.QtWidgets import QApplication

from pushforward.studio.app.data.denoising_frames import FilmFound
from pushforward.studio.app.data_types.images.film_lab import STRIP, FilmView, written
from pushforward.studio.protocol.catalog import EntrySpec
from pushforward.studio.protocol.messages import ResultWritten
from pushforward.studio.store.results import ResultRecord, Results
from tests.qtloop import until

T, N, SIDE = 12, 5, 4


def arrays() -> dict[str, Any]:
    rng = np.random.default_rng(0)
    t = np.linspace(0, 1, T, dtype=np.float32)
    s = np.append(np.geomspace(20, 0.01, T - 1), 0).astype(np.float32)
    x = rng.random((2, T, N, 1, SIDE, SIDE)).astype(np.float32)
    score = np.outer(1 / np.maximum(s, 1e-3), np.arange(1, N + 1)).astype(np.float32)
    score[-1] = np.nan
    return {
        "t": t, "s": s, "nfe": np.arange(T), "way": x[0], "foreseen": x[1], "score": score,
        "left": np.outer(1 - t, np.ones(N)).astype(np.float32), "x": x[0, -1],
    }  # fmt: skip


def test_a_frame_is_the_nearest_to_a_flow_time_and_says_what_is_known_there() -> None:
    found = FilmFound.of(arrays())
    assert [found.at(t) for t in (0.0, 0.5, 0.96, 1.0)] == [0, 5, 11, 11]
    same = replace(found, t=np.minimum(found.t, found.t[-2]))
    assert same.at(1.0) == 11, "of two at one time the last, without noise"
    assert found.strip(STRIP).tolist()[0] == 0
    assert found.strip(STRIP).tolist()[-1] == T - 1
    for now in range(T):
        strip = found.strip(STRIP, now).tolist()
        assert now in strip, "the strip says the time of the frame that is seen"
        assert strip == sorted(set(strip))
        assert (strip[0], strip[-1], len(strip)) == (0, T - 1, STRIP)
    assert found.describe(0, 1).startswith(
        "frame 1 of 12, t = 0.00, s = 20, 0 evaluations, |score| 0.1"
    )
    assert found.describe(T - 1, 0) == "frame 12 of 12, t = 1.00, s = 0, 11 evaluations"
    assert found.describe(T - 1, 0, led=True).endswith("11 evaluations with guidance")
    assert "t = 1.00" in replace(found, t=np.minimum(found.t * 1.2, 1)).ends()
    assert "0/0" not in replace(found, s=found.s + 1).ends(), "it has every dot"
    assert replace(found, s=found.s * 0).ends() == ""
    with pytest.raises(ValueError, match="numbers of frames"):
        FilmFound.of({**arrays(), "s": np.ones(3)})
    with pytest.raises(KeyError):
        FilmFound.of({"t": np.ones(3)})


def test_a_film_is_written_frame_by_frame_or_as_a_sheet_with_a_row_a_sample(tmp_path: Path) -> None:
    found = FilmFound.of(arrays())
    written(found, tmp_path / "film.gif")
    assert QImageReader(str(tmp_path / "film.gif")).imageCount() == T
    written(found, tmp_path / "film.png")
    sheet = QImage(str(tmp_path / "film.png"))
    assert sheet.width() / sheet.height() == pytest.approx(T / N, rel=0.05)


@pytest.fixture
def view(lens: Any) -> Iterator[FilmView]:
    images = EntrySpec(
        kind="dataset", slug="two-moons", title="Digits", summary="", source="", fields=[],
        kinds=["images"],
    )  # fmt: skip
    lens.state.catalog.entries.append(images)
    made = FilmView(lens.state, lens.actions)
    made.resize(900, 640)
    made.show()
    QApplication.processEvents()
    yield made
    made.close()
    made.deleteLater()
    QApplication.sendPostedEvents()


async def test_it_follows_the_flow_clock_and_one_sample_closely(lens: Any, view: FilmView) -> None:
    assert not view.write.isVisibleTo(view)
    assert view.empty.isVisibleTo(view)
    sampler = {"slug": "ddim", "config": {"steps": 11}}
    record = ResultRecord(
        operator="film",
        title="Film",
        run="0001-r",
        step=100,
        config={"seed": 3, "sampler": sampler},
    )
    made = Results(Path(lens.run.key) / "results").write(record, arrays())
    lens.run.results.append(made.name)
    event = ResultWritten(
        job="j", run=lens.run.key, operator="film", step=100, result=str(made.path)
    )
    lens.state.result_written.emit(event)
    await until(lambda: view.found is not None)
    assert view.words.accessibleName() == "ddim in 11 steps, seed 3, step 100"
    lens.run.step = 2000
    view.refresh()
    further = "step 100; the training is at step 2,000"
    assert view.words.accessibleName() == f"ddim in 11 steps, seed 3, {further}"
    assert view.where.accessibleName().startswith("frame 12 of 12")
    assert (view.now.count, view.ahead.count, view.way.count) == (N, N, STRIP)
    lens.state.playback.set(flow=0.0)
    assert view.where.accessibleName().startswith("frame 1 of 12")
    view.ahead.picked.emit(3)
    assert view.now.selection == 3
    assert "|score| 0.2" in view.where.accessibleName()
    view.foreseen.picked.emit(STRIP - 1)
    assert lens.state.playback.flow == 1.0
    assert [line.title for line in view.curve.lines] == [
        "s |score| = |D − x| / s", "from D to the sample, in data std",
    ]  # fmt: skip
    assert np.allclose(view.curve.lines[0].y, 4.0, rtol=0.01), "the score times s, of sample 3"
    assert len(view.curve.lines[0].y) == T - 1, "of no noise it would be 0/0"
    assert view.ends.text().startswith("The first curve ends at s = 0.01, t = 0.91: at s = 0")


async def test_in_a_low_window_all_of_it_is_seen(lens: Any, view: FilmView) -> None:
    """At 1280 x 720 the curve had to be scrolled for."""
    record = ResultRecord(operator="film", title="Film", run="0001-r", step=100)
    made = Results(Path(lens.run.key) / "results").write(record, arrays())
    lens.run.results.append(made.name)
    event = ResultWritten(
        job="j", run=lens.run.key, operator="film", step=100, result=str(made.path)
    )
    lens.state.result_written.emit(event)
    await until(lambda: view.found is not None)
    view.resize(662, 468)
    bar = view._room.verticalScrollBar()
    await until(lambda: bar.maximum() == 0)
    assert view.curve.height() >= 110
    assert view.page.width() <= 662
    view.resize(822, 648)
    await until(lambda: view.curve.y() > view.way.y())
    await until(lambda: bar.maximum() == 0)

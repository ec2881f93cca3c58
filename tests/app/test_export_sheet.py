"""The sheet that writes rows to a file: what is selected, shown or new; where to; how far it is."""

import itertools
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from pushforward.studio.app.core.display_names import file_stem, number
from pushforward.studio.app.core.export_rows import Taking, free_name, steps
from pushforward.studio.app.core.runs import RunState
from pushforward.studio.app.core.selection import Offered, Source
from pushforward.studio.app.data.tile_pane import Pane
from pushforward.studio.app.data_types.plain_type import plain
from pushforward.studio.app.places.runs import export_sheet
from pushforward.studio.app.places.runs.export_sheet import ExportSheet
from pushforward.studio.protocol import messages as m
from pushforward.studio.protocol.label import Label
from tests.app.conftest import Bench
from tests.app.test_operating import operator, ready
from tests.client.fakes.engine import Refusal

Wait = Callable[..., Coroutine[Any, Any, None]]
ROWS = np.array([17, 3])


def source(run: RunState, what: str = "particles", of: str = "") -> Source:
    return Source(run.key, what, of)  # type: ignore[arg-type]


def offer(bench: Bench, of: Source, n: int = 64) -> None:
    arrays = {"x": np.zeros((n, 2), np.float32)}
    bench.state.selection.offer(
        of, Offered(arrays, "Generated point", lambda row: [], lambda: "here")
    )


async def opened(bench: Bench, tmp_path: Path) -> tuple[RunState, ExportSheet]:
    """Open the sheet of a run with kept moments, of which 64 particles are shown."""
    run = await ready(bench)
    run.kept, run.checkpoints = [10, 400], [250, 500]
    offer(bench, source(run))
    bench.window.registry.trigger("export-samples")
    sheet = bench.window._export
    assert sheet is not None
    sheet._set_file(tmp_path / "a.csv", agreed=False)
    return run, sheet


def test_what_is_taken_is_asked_of_the_engine_as_it_is_meant() -> None:
    drawn = Source("/r", "samples", "/r/results/0001-generate/arrays.h5")
    chosen = Taking("/r", "chosen", drawn, (2, 5), 100, step=7)
    assert chosen.many == 2
    assert chosen.command("/f.npz", overwrite=True) == m.ExportRows(
        run="/r", what="samples", of=drawn.of, rows=[2, 5], file="/f.npz", overwrite=True
    )
    fixed = Taking("/r", "all", Source("/r", "particles"), (), 64, step=7)
    assert fixed.many == 64
    assert fixed.command("/f", overwrite=False) == m.ExportRows(
        run="/r", what="particles", step=7, n=64, file="/f"
    )
    real = Taking("/r", "chosen", Source("/r", "data", "0"), (1,), 512)
    command = real.command("/f", overwrite=False)
    assert isinstance(command, m.ExportRows)
    assert (command.n, command.of, command.step) == (512, "", None)
    filtered = Taking("/r", "shown", Source("/r", "particles"), (9, 4), 64, step=7)
    assert filtered.many == 2
    assert filtered.command("/f", overwrite=False) == m.ExportRows(
        run="/r", what="particles", step=7, rows=[9, 4], file="/f"
    )
    new = Taking("/r", "new", count=9, seed=3, step=250)
    assert new.command("/f", overwrite=False) == m.Operate(
        run="/r", operator="generate", config={"n": 9, "seed": 3}, step=250, file="/f"
    )


def test_rows_are_of_the_steps_that_they_were_kept_at() -> None:
    run = RunState(key="/r", name="0001-r", kept=[1, 9], checkpoints=[4, 8])
    assert steps(run, "new", None) == [8, 4]
    assert steps(run, "all", Source("/r", "particles")) == [9, 1]
    assert steps(run, "all", Source("/r", "samples", "f")) == []
    assert steps(run, "chosen", Source("/r", "data")) == []


def test_no_file_is_taken_twice(tmp_path: Path) -> None:
    assert free_name(tmp_path, "run-4", "csv").name == "run-4.csv"
    (tmp_path / "run-4.csv").touch()
    assert free_name(tmp_path, "run-4", "csv").name == "run-4-2.csv"


async def test_it_follows_what_is_selected_until_the_person_says_what_is_meant(
    bench: Bench, tmp_path: Path
) -> None:
    run, sheet = await opened(bench, tmp_path)
    assert sheet.isVisible()
    assert bench.window.inspector.isAncestorOf(sheet)
    assert sheet.taken == "all"
    assert sheet.go.text() == "Export 64, 1 kB"
    bench.state.selection.set(source(run), ROWS, "lasso")
    assert sheet.go.text().startswith("Export 2")
    taking = sheet.taking
    assert taking is not None
    assert (taking.taken, taking.rows, taking.step) == ("chosen", (3, 17), 400)
    sheet.what.chosen.emit(3)
    bench.state.selection.set(source(run), ROWS[:1], "click")
    assert sheet.taken == "new"
    assert sheet.go.text().startswith("Export 10,000")
    sheet.count.setText("")
    assert not sheet.go.isEnabled()
    assert "number" in sheet.go.toolTip()
    sheet.what.chosen.emit(0)
    bench.state.selection.clear()
    assert sheet.taken == "all"  # there is nothing selected any more
    bench.state.selection.set(Source("/p/runs/0009-other", "particles"), ROWS, "lasso")
    assert sheet.taken == "all"  # nothing of this run is
    assert not sheet.what._group.button(0).isEnabled()
    QTest.keyClick(sheet, Qt.Key.Key_Escape)
    assert not sheet.isVisible()


async def test_however_many_are_selected_what_is_written_fits_beside_each_other(
    bench: Bench, wait: Wait, tmp_path: Path
) -> None:
    run, sheet = await opened(bench, tmp_path)
    offer(bench, source(run), 20_000)
    bench.state.selection.set(source(run), np.arange(12_345), "lasso")
    assert sheet.of.text() == "12,345 of 20,000"
    await wait(lambda: sheet.width() == bench.window.inspector.width())
    assert sheet.minimumSizeHint().width() <= sheet.width()
    buttons = [sheet.what._group.button(i) for i in range(4)]
    for left, right in itertools.pairwise(buttons):
        assert left.geometry().right() < right.geometry().left()
    assert all(each.width() >= each.sizeHint().width() for each in buttons)


async def test_what_a_filter_of_the_tiles_shows_can_be_written(
    bench: Bench, tmp_path: Path
) -> None:
    run, sheet = await opened(bench, tmp_path)
    titles = [sheet.what._group.button(i) for i in range(4)]
    assert not titles[1].isEnabled()
    pane = Pane("Generated", bench.state.selection)
    x = np.linspace(-1.0, 1.0, 48).reshape(12, 2, 2).astype(np.float32)
    pane.show_data({"x": x}, plain("pairs"), source(run, "samples", "f"), page=9)
    assert (sheet.taken, sheet.of.text()) == ("all", "12")
    means = pane.measured["Mean"]
    assert pane.arrange("", "mean > 0") == ""
    assert (sheet.taken, sheet.of.text()) == ("shown", f"{(means > 0).sum()} of 12")
    assert sheet.taking is not None
    assert sheet.taking.rows == tuple(np.flatnonzero(means > 0))
    assert sheet.go.text().startswith("Export 6")
    pane.arrange("", "mean > 9")
    assert not sheet.go.isEnabled()
    assert sheet.of.text() == "0 of 12"
    sheet.what.chosen.emit(1)
    pane.arrange("", "")
    assert sheet.taken == "all"  # there is no filter any more


async def test_drawn_samples_have_one_step_and_say_where_they_come_from(
    bench: Bench, tmp_path: Path
) -> None:
    run, sheet = await opened(bench, tmp_path)
    assert [sheet.step.itemText(i) for i in range(sheet.step.count())] == ["400 newest", "10"]
    assert not sheet.seed.isEnabled()
    offer(bench, source(run, "samples", "/p/a.h5"), 10)
    assert sheet.origin.text() == "here"
    assert sheet.origin.isVisibleTo(sheet)
    assert not sheet.step.isVisibleTo(sheet)
    assert sheet.go.text().startswith("Export 10,")


async def test_it_says_how_far_it_is_ends_it_and_shows_where_the_file_is(
    bench: Bench, wait: Wait, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, sheet = await opened(bench, tmp_path)
    asked: list[Any] = []
    bench.engine.script[m.ExportRows] = lambda c: asked.append(c) or {"job": "job-9"}
    bench.engine.script[m.Control] = lambda c: asked.append(c) or {}
    shown: list[Path] = []
    monkeypatch.setattr(export_sheet, "show_in_folder", shown.append)
    assert not sheet.show_file.isEnabled()
    sheet.go.click()
    await wait(lambda: sheet.cancel.isVisible())
    assert asked == [
        m.ExportRows(
            id=asked[0].id,
            run=run.key,
            what="particles",
            step=400,
            n=64,
            file=str(tmp_path / "a.csv"),
        )
    ]
    info = m.JobInfo(job="job-9", kind="export", state="running", title="", run=run.key, total=64)
    bench.state.jobs["job-9"] = info
    bench.state.job_progressed.emit("job-9")
    assert sheet.bar.maximum() == 64
    sheet.cancel.click()
    await wait(lambda: len(asked) == 2)
    assert (asked[1].job, asked[1].action) == ("job-9", "cancel")
    bench.state.job_ended.emit(m.JobInfo(job="job-9", kind="export", state="cancelled", title=""))
    assert not sheet.show_file.isEnabled()
    sheet.go.click()
    await wait(lambda: sheet.cancel.isVisible())
    bench.state.job_ended.emit(m.JobInfo(job="job-9", kind="export", state="finished", title=""))
    sheet.show_file.click()
    assert shown == [tmp_path / "a.csv"]
    assert not sheet.bar.isVisible()


async def test_a_refusal_stands_in_the_sheet_and_a_dialog_agrees_to_replace(
    bench: Bench, wait: Wait, tmp_path: Path
) -> None:
    _, sheet = await opened(bench, tmp_path)

    def refuse(command: m.ExportRows) -> dict[str, Any]:
        if command.overwrite:
            return {"job": "job-9"}
        raise Refusal("It is there.")

    bench.engine.script[m.ExportRows] = refuse
    sheet.go.click()
    await wait(lambda: sheet.trouble.text())
    assert sheet.trouble.text() == "It is there."
    assert sheet.go.isEnabled()
    sheet._file_chosen(str(tmp_path / "a.npz"))
    assert sheet.format.currentText() == "NumPy (.npz)"
    assert not sheet.trouble.text()
    sheet.go.click()
    await wait(lambda: sheet.cancel.isVisible())


async def test_an_engine_that_ends_takes_what_it_wrote_and_leaves_the_sheet_usable(
    bench: Bench, wait: Wait, tmp_path: Path
) -> None:
    run, sheet = await opened(bench, tmp_path)
    bench.engine.script[m.ExportRows] = lambda c: {"job": "job-9"}
    sheet.go.click()
    await wait(lambda: sheet.cancel.isVisible())
    info = m.JobInfo(job="job-9", kind="export", state="running", title="", run=run.key)
    bench.state.jobs_lost.emit([info])
    assert "Export again" in sheet.trouble.text()
    assert sheet.go.isEnabled()
    assert sheet.cancel.isHidden()


async def test_files_are_named_after_run_and_model_and_lie_in_the_project(
    bench: Bench, tmp_path: Path
) -> None:
    run, sheet = await opened(bench, tmp_path)
    assert run.spec is not None
    bench.state.project = project = tmp_path / "project"
    project.mkdir()
    sheet.begin()
    assert sheet._file.parent == project, "nobody has said where files go"
    assert sheet._file.name == f"{file_stem(run)}.csv"
    family = run.spec.family.slug
    assert family in file_stem(run)
    run.label = Label(name="Sharper")
    assert file_stem(run) == f"{number(run.name)}-sharper-{family}"
    sheet.begin()
    assert sheet.beside.text() == f"Also writes {sheet._file.name}.json with the provenance."
    sheet._file_chosen(str(tmp_path / "b.npz"))
    assert sheet.beside.isHidden(), "other formats hold it inside"
    sheet.begin()
    assert sheet._file.parent == tmp_path, "where the person last said"


async def test_a_film_of_the_flow_is_led_to_where_one_can_be_made(
    bench: Bench, tmp_path: Path
) -> None:
    wanted: list[str] = []
    bench.state.window.show_lens.connect(wanted.append)
    _, sheet = await opened(bench, tmp_path)
    assert sheet.film.isHidden(), "the model makes none"
    catalog = bench.state.catalog
    assert catalog is not None
    more = [*catalog.entries, operator("film", needs=["denoiser"])]
    bench.state.catalog = msgspec.structs.replace(catalog, entries=more)
    sheet.begin()
    assert not sheet.film.isHidden()
    sheet.film.click()
    assert wanted == ["samples/film"]
    assert not sheet.isVisible()

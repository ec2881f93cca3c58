"""Sharing from the window: the dialog's settings reach the engine, and so do the compared runs."""

from pathlib import Path

from PySide6.QtWidgets import QFileDialog

from pushforward.studio.app.core.runs import RunState
from pushforward.studio.app.places.runs.share_sheet import ShareSheet
from pushforward.studio.engine.process.catalogue import build
from pushforward.studio.engine.process.discovery import discover
from pushforward.studio.protocol import messages as m
from pushforward.studio.protocol.spec import Pick, RunSpec


def add_run(bench, key: str, race: str = "") -> RunState:
    run = RunState(key=key, name=Path(key).name)
    run.kept, run.race = [0, 100], race
    bench.state.runs.by_key[key] = run
    return run


async def test_the_settings_of_the_dialog_reach_the_engine(bench, tmp_path, wait) -> None:
    await bench.start()
    asked: list[m.ShareFlow] = []
    bench.engine.script[m.ShareFlow] = lambda command: asked.append(command) or {"job": "1"}
    run = add_run(bench, str(tmp_path / "runs" / "0001-a"))
    command = bench.window.registry["share"]
    assert command.why_not() == "No run is selected."
    bench.state.runs.selection = run.key
    assert not command.why_not()
    command.run()
    [sheet] = bench.window.findChildren(ShareSheet)
    assert "runs" not in sheet.form.rows, "there is one"
    fields = {path: row.field for path, row in sheet.form.rows.items()}
    for path, value in (("format", "gif"), ("clock", "training"), ("size", 320)):
        sheet.form.edited.emit(fields[path], value)
    sheet.go.click()
    [dialog] = sheet.findChildren(QFileDialog)
    assert dialog.defaultSuffix() == "gif"
    dialog.fileSelected.emit(str(tmp_path / "a.gif"))
    await wait(lambda: asked)
    [found] = asked
    assert (found.runs, found.file) == ([run.key], str(tmp_path / "a.gif"))
    assert (found.clock, found.size, found.particles) == ("training", 320, 1000)


async def test_maps_and_lists_are_shared_but_no_features(bench, tmp_path) -> None:
    await bench.start()
    discover()
    bench.state.catalog = bench.engine.jobs.offer = build([])
    why_not = bench.window.registry["share"].why_not
    kinds = [("sasrec", "streaming"), ("classifier", "indian-pines"), ("classifier", "mnist")]
    found = []
    for family, dataset in kinds:
        run = add_run(bench, str(tmp_path / "runs" / f"{family}-{dataset}"))
        run.spec = RunSpec(name="", family=Pick(slug=family), dataset=Pick(slug=dataset))
        run.kept, run.checkpoints = [], [0, 100]
        bench.state.runs.selection = run.key
        found.append(why_not())
    assert found[:2] == ["", ""]
    assert "neither particles" in found[2]
    run = bench.state.runs.by_key[str(tmp_path / "runs" / "sasrec-streaming")]
    bench.state.runs.selection, run.checkpoints = run.key, []
    assert why_not() == "The run has no checkpoint yet."
    run.checkpoints = [0]
    bench.window.registry["share"].run()
    [sheet] = bench.window.findChildren(ShareSheet)
    assert "particles" not in sheet.form.rows


async def test_a_report_of_a_race_has_all_its_runs(bench, tmp_path, wait) -> None:
    await bench.start()
    asked: list[m.WriteReport] = []
    bench.engine.script[m.WriteReport] = lambda command: asked.append(command) or {"job": "1"}
    keys = [add_run(bench, str(tmp_path / "runs" / name), "r").key for name in ("0001-a", "0002-b")]
    bench.state.runs.selection = keys[0]
    bench.window.registry["report"].run()
    [dialog] = bench.window.findChildren(QFileDialog)
    dialog.fileSelected.emit(str(tmp_path / "a.pdf"))
    await wait(lambda: asked)
    assert (asked[0].runs, asked[0].file) == (keys, str(tmp_path / "a.pdf"))

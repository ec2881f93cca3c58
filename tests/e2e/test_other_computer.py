"""The window trains on another computer: a real sshd on the loopback."""

import shlex
from pathlib import Path

import pytest
from PySide6.QtWidgets import QPushButton

from pushforward.studio.app.core import async_tasks, preferences
from pushforward.studio.app.shell.computers_sheet import ComputersSheet
from pushforward.studio.launchers.computers import Computer, mirror_folder
from pushforward.studio.remote.stopping import stop
from pushforward.studio.store.flow import FlowStore
from pushforward.studio.store.project import Project
from tests.e2e.conftest import Person
from tests.engine.same import assert_same_run
from tests.qtloop import until
from tests.remote.ssh_server import MISSING, SshServer, remote_engine, ssh_server

pytestmark = [
    pytest.mark.exhaustive,
    pytest.mark.skipif(bool(MISSING), reason=MISSING or ""),
]


async def test_a_run_is_trained_elsewhere_watched_through_a_cut_and_brought_here(
    person: Person, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "server").mkdir()
    there = tmp_path / "there"
    with ssh_server(tmp_path / "server") as server:
        try:
            await _story(person, tmp_path, server, there)
        finally:
            monkeypatch.setenv("PUSHFORWARD_HOME", str(tmp_path / "home"))
            stop(there)


async def _story(person: Person, tmp_path: Path, server: SshServer, there: Path) -> None:
    state, actions = person.state, person.studio.actions
    await person.open()
    async_tasks.spawn(actions.computers.watch())
    here = Project.create(tmp_path / "here", "Here")
    await actions.project.show(here.path)

    # Set up and tested.
    sheet = ComputersSheet(state, actions, person.window)
    sheet.open()
    sheet.host.setEditText(server.host)
    sheet.folder.setText(str(there))
    sheet.command.setText(remote_engine(tmp_path / "home"))
    sheet.options.setText(shlex.join(server.options))
    person.click(sheet.test)
    await until(lambda: sheet.test.isEnabled() and sheet.steps.count() >= 4, 90)
    sheet.dialog.grab().save(str(tmp_path / "1-tested.png"))
    person.click(sheet.save)
    [computer] = preferences.load().computers
    assert computer == Computer(
        host=server.host, folder=str(there), command=sheet_command(tmp_path),
        options=list(server.options),
    )  # fmt: skip
    await until(lambda: bool(_buttons(sheet, "Open")), 10)
    sheet.dialog.grab().save(str(tmp_path / "2-listed.png"))
    person.click(_buttons(sheet, "Open")[0])
    mirror = mirror_folder(computer)
    await until(lambda: state.project == mirror and state.engine.ready, 90)
    assert state.computer == computer.title
    person.look("3-opened")

    # Trained there, seen here.
    run = await person.train("edm-eight-gaussians", steps=600, batch=32, device="cpu")
    assert run.key.startswith(str(mirror))
    await until(lambda: run.state == "running" and run.live is not None, 90)
    await until(lambda: state.bandwidth > 0, 10)
    person.look("4-training")

    # The connection is cut: said, and made again; the training continues.
    server.drop_connections()
    await until(lambda: any("reconnecting" in n.text for n in state.notices.banners), 20)
    assert run.state == "running"
    person.look("5-reconnecting")
    await until(lambda: state.engine.ready and not state.notices.banners, 60)
    await until(lambda: run.state == "finished", 240)
    original = there / "runs" / run.name
    await until(lambda: run.kept[-1:] == [600], 20)
    newest = FlowStore(Path(run.key)).path(600)
    await until(lambda: newest.exists() and newest.stat().st_size > 0, 20)
    person.look("6-finished")

    # Snapshots come when they are looked at; checkpoints stay there.
    assert FlowStore(original).steps() == FlowStore(Path(run.key)).steps()
    step = run.kept[1]
    assert FlowStore(Path(run.key)).path(step).stat().st_size == 0
    state.playback.set(step=step)
    await until(lambda: FlowStore(Path(run.key)).path(step).stat().st_size > 0, 20)
    [checkpoint] = list((Path(run.key) / "checkpoints").glob("*00600.safetensors"))
    assert checkpoint.stat().st_size == 0

    # Brought here, whole.
    actions.computers.bring_here(run.key)
    await until(lambda: bool(state.transfers), 10)
    await until(lambda: not state.transfers, 60)
    [copied] = here.runs()
    assert_same_run(copied, Project.open(there).runs()[0])
    actions.project.open(here.path)
    await until(lambda: state.project == here.path and state.engine.ready, 60)
    assert state.computer == ""
    person.look("7-here")


def sheet_command(tmp_path: Path) -> str:
    return remote_engine(tmp_path / "home")


def _buttons(sheet: ComputersSheet, title: str) -> list[QPushButton]:
    buttons = sheet.dialog.findChildren(QPushButton)
    return [each for each in buttons if each.text() == title and each.isVisible()]

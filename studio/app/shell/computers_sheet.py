"""The list of other computers: add, edit, remove, test, open, stop."""

import shlex
from functools import partial

from PySide6.QtWidgets import QComboBox, QFormLayout, QLineEdit, QVBoxLayout, QWidget
from shiboken6 import isValid

from pushforward.studio.app.core import async_tasks, preferences
from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.design.basic import Elided, button, clear, label, restyle, row, section
from pushforward.studio.app.design.dialog import Dialog
from pushforward.studio.app.engine.actions import Actions
from pushforward.studio.launchers.address import DEFAULT_FOLDER
from pushforward.studio.launchers.check import Step, check_computer
from pushforward.studio.launchers.computers import Computer, configured_hosts
from pushforward.studio.launchers.ssh import DEFAULT_COMMAND
from pushforward.studio.version import program_version

__all__ = ["ComputersSheet"]

WIDTH = 620


class ComputersSheet:
    """A modal dialog; each change is saved at once."""

    def __init__(self, state: AppState, actions: Actions, parent: QWidget) -> None:
        self._state, self._actions = state, actions
        self._edited: Computer | None = None
        self.dialog = Dialog(parent, "Computers", WIDTH)
        about = "Train on another computer through ssh. Its engine continues without a connection."
        self.dialog.body.addWidget(label(about, "muted", wrap=True))
        self.list = QVBoxLayout()
        self.dialog.body.addLayout(self.list)
        self.heading = section("Add a computer")
        self.dialog.body.addWidget(self.heading)
        self._add_form()
        self.steps = QVBoxLayout()
        self.steps.setSpacing(4)
        self.dialog.body.addLayout(self.steps)
        self.dialog.add_buttons(button("Close", self.dialog.accept))
        self.refresh()

    def open(self) -> None:
        """Show it."""
        self.dialog.open()
        self.host.setFocus()

    # The list

    def refresh(self) -> None:
        """List the computers."""
        clear(self.list)
        computers = preferences.load().computers
        if not computers:
            self.list.addWidget(label("No computers yet.", "muted"))
        for computer in computers:
            self.list.addLayout(self._line(computer))

    def _line(self, computer: Computer) -> QVBoxLayout:
        here = self._state.computer == computer.title
        name = Elided(computer.title, "strong", tip=computer.command)
        opened = button("Open", partial(self._open, computer), kind="primary")
        opened.setEnabled(not here)
        made = row(
            name,
            None,
            opened,
            button("Test", partial(self._test, computer), tip="Test the connection"),
            button("Stop", partial(self._stop, computer), tip="Save what trains, end the engine"),
            button("Edit", partial(self._edit, computer)),
            button("Remove", partial(self._remove, computer)),
        )
        box = QVBoxLayout()
        box.addLayout(made)
        if here:
            box.addWidget(label("The engine runs there now.", "good"))
        return box

    def _open(self, computer: Computer) -> None:
        self.dialog.accept()
        self._actions.computers.open(computer)

    def _stop(self, computer: Computer) -> None:
        self._show([Step("stop its engine", True, "in progress…")])
        async_tasks.spawn(self._stopped(computer))

    async def _stopped(self, computer: Computer) -> None:
        words = await self._actions.computers.stop(computer)
        self._show([Step("stop its engine", True, words)])
        if isValid(self.dialog):
            self.refresh()

    def _remove(self, computer: Computer) -> None:
        self._keep([each for each in preferences.load().computers if each != computer])

    def _keep(self, computers: list[Computer]) -> None:
        preferences.change(computers=computers)
        self.refresh()

    # The form

    def _add_form(self) -> None:
        self.host = QComboBox()
        self.host.setEditable(True)
        self.host.addItems(["", *configured_hosts()])
        self.host.setAccessibleName("Host")
        self.command, self.folder, self.options = QLineEdit(), QLineEdit(), QLineEdit()
        form = QFormLayout()
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        lines = {"Folder": self.folder, "Command": self.command, "ssh options": self.options}
        form.addRow(label("Host"), self.host)
        for name, line in lines.items():
            line.setAccessibleName(name)
            form.addRow(label(name), line)
        self.problem = label("", "danger", wrap=True)
        self.problem.hide()
        self.test = button("Test connection", self._test_form)
        self.save = button("Add", self._save)
        self.dialog.body.addLayout(form)
        help = "Host: a name of ~/.ssh/config or user@host. Command: what starts an engine there."
        self.dialog.body.addWidget(label(help, "muted", wrap=True))
        self.dialog.body.addWidget(self.problem)
        self.dialog.body.addLayout(row(None, self.test, self.save))
        self._fill(None)

    def _fill(self, computer: Computer | None) -> None:
        self._edited = computer
        self.host.setEditText(computer.host if computer is not None else "")
        self.folder.setText(computer.folder if computer is not None else DEFAULT_FOLDER)
        self.command.setText(computer.command if computer is not None else DEFAULT_COMMAND)
        self.options.setText(shlex.join(computer.options) if computer is not None else "")
        title = "Add a computer" if computer is None else f"Edit {computer.title}"
        self.heading.setText(title.upper())
        self.heading.setAccessibleName(title)
        self.save.setText("Add" if computer is None else "Save")

    def _edit(self, computer: Computer) -> None:
        self._fill(computer)
        self.host.setFocus()

    def _typed(self) -> Computer | None:
        """Return what the form says, None with the problem shown."""
        try:
            computer = Computer(
                host=self.host.currentText().strip(),
                folder=self.folder.text().strip() or DEFAULT_FOLDER,
                command=self.command.text().strip() or DEFAULT_COMMAND,
                options=shlex.split(self.options.text()),
            )
            computer.launcher()
        except ValueError as error:
            self.problem.setText(str(error))
            self.problem.show()
            return None
        self.problem.hide()
        return computer

    def _save(self) -> None:
        computer, edited = self._typed(), self._edited
        if computer is None:
            return
        computers = preferences.load().computers
        if edited in computers:
            computers = [computer if each == edited else each for each in computers]
        elif computer not in computers:
            computers = [*computers, computer]
        self._fill(None)
        self._keep(computers)

    # The test

    def _test_form(self) -> None:
        computer = self._typed()
        if computer is not None:
            self._test(computer)

    def _test(self, computer: Computer) -> None:
        if self._state.computer == computer.title:
            # An engine has one client: a test would take it over.
            self._show([Step("reach it", True, "the engine is connected now")])
            return
        async_tasks.spawn(self._tested(computer))

    async def _tested(self, computer: Computer) -> None:
        self.test.setEnabled(False)
        done: list[Step] = []
        self._show(done, "Connecting…")
        async for step in check_computer(computer.launcher(), program_version()):
            done.append(step)
            self._show(done, "Testing…")
        self._show(done)
        if isValid(self.dialog):
            self.test.setEnabled(True)

    def _show(self, steps: list[Step], more: str = "") -> None:
        if not isValid(self.dialog):
            return
        clear(self.steps)
        for step in steps:
            mark = label(f"{'✓' if step.ok else '✗'} {step.title}: {step.found}", wrap=True)
            restyle(mark, role="good" if step.ok else "danger")
            self.steps.addWidget(mark)
            if step.advice:
                self.steps.addWidget(label(step.advice, "muted", wrap=True))
        if more:
            self.steps.addWidget(label(more, "muted"))

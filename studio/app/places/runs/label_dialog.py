"""Asks what a person has to say of a run: one line, which Enter takes."""

from collections.abc import Callable

from PySide6.QtWidgets import QDialog, QLineEdit, QWidget

from pushforward.studio.app.design.basic import button, label
from pushforward.studio.app.design.dialog import Dialog

__all__ = ["ask_line"]


def ask_line(
    parent: QWidget, title: str, help: str, text: str, taken: Callable[[str], None]
) -> QDialog:
    """Ask for a line of text, which is ``text`` so far; ``taken`` is called with what it became."""
    made = Dialog(parent, title, 420)
    line = QLineEdit(text)
    line.setAccessibleName(title)
    line.selectAll()
    take, cancel = button("Save", made.accept, kind="primary"), button("Cancel", made.reject)
    made.body.addWidget(line)
    made.body.addWidget(label(help, "muted", wrap=True))
    made.add_buttons(cancel, take)
    made.accepted.connect(lambda: taken(line.text()))
    line.setFocus()
    made.open()
    return made

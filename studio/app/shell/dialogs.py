"""The few dialogs. None blocks: they are opened, and say by a signal what was chosen."""

import time
from collections.abc import Callable
from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QDialog,
    QGridLayout,
    QScrollArea,
    QWidget,
)

from pushforward.studio.app.commands.command_registry import Registry
from pushforward.studio.app.core.notices import Notices
from pushforward.studio.app.design.basic import button, column, label, section, separator
from pushforward.studio.app.design.dialog import Dialog
from pushforward.studio.app.design.fold import Fold
from pushforward.studio.app.engine.requests.project_files import Deleted, TrashContents
from pushforward.studio.app.places.data.import_text import file_size
from pushforward.studio.app.shell.top_bar import native
from pushforward.studio.app.text.number_format import ago

__all__ = [
    "ask_empty_trash",
    "ask_restore",
    "show_history",
    "show_shortcuts",
]

NAMED = 6  # of what is in the trash


def _scrolled(page: QWidget) -> QScrollArea:
    area = QScrollArea()
    area.setWidgetResizable(True)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setWidget(page)
    return area


KEYS_OF_RUNS = (
    ("Rename", "F2"), ("Tag", "T"), ("Note", "N"), ("Pin as baseline", "B"),
    ("Add to the selection", "Space"), ("Open", "Return"), ("Delete selection", "Del"),
)  # fmt: skip


def show_shortcuts(parent: QWidget, registry: Registry) -> QDialog:
    """List every command that has keys, by menu as the registry knows them, and the keys of the
    table of runs.
    """
    made = Dialog(parent, "Keyboard shortcuts", 460)
    page = QWidget()
    grid = QGridLayout(page)
    grid.setColumnStretch(0, 1)
    grid.setVerticalSpacing(6)
    listed: dict[str, list[tuple[str, str]]] = {}
    for command in registry:
        if command.shortcut:
            pair = command.title, native(command.shortcut)
            listed.setdefault(command.menu, []).append(pair)
    listed["Table of runs"] = [(title, native(key)) for title, key in KEYS_OF_RUNS]
    line = 0
    for menu, pairs in listed.items():
        grid.addWidget(section(menu), line, 0, 1, 2)
        line += 1
        for title, keys in pairs:
            grid.addWidget(label(title), line, 0)
            grid.addWidget(label(keys, "key"), line, 1, Qt.AlignmentFlag.AlignRight)
            line += 1
    grid.setRowStretch(line, 1)
    made.body.addWidget(_scrolled(page), 1)
    made.add_buttons(button("Close", made.accept))
    made.resize(480, 560)
    made.open()
    return made


def show_history(parent: QWidget, notices: Notices) -> QDialog:
    """List past messages, newest first, with their details folded."""
    made = Dialog(parent, "Past messages", 520)
    page = QWidget()
    body = column(parent=page, margins=None)
    if not notices.history:
        body.addWidget(label("No messages yet.", "muted"))
    for notice in reversed(notices.history):
        clock = time.strftime("%H:%M:%S", time.localtime(notice.at))
        body.addWidget(label(f"{clock}  {notice.level}", "small"))
        body.addWidget(label(notice.counted, "strong", wrap=True))
        for part in (notice.why, notice.todo):
            if part:
                body.addWidget(label(part, "muted", wrap=True))
        if notice.details:
            fold = Fold("Details")
            text = label(notice.details, "muted", wrap=True)
            text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            fold.body.addWidget(text)
            body.addWidget(fold)
        body.addWidget(separator())
    body.addStretch(1)
    made.body.addWidget(_scrolled(page), 1)
    made.add_buttons(button("Close", made.accept))
    made.resize(560, 520)
    made.open()
    return made


def ask_empty_trash(parent: QWidget, found: TrashContents, chosen: Callable[[], None]) -> QDialog:
    """Ask whether what was deleted is to go for good, and say what that frees."""
    made = Dialog(parent, "Empty the trash?", 420)
    shown = ", ".join(found.names[:NAMED])
    more = len(found.names) - NAMED
    names = f"{shown} and {more:,} more" if more > 0 else shown
    words = f"{names} cannot be restored afterwards. This frees {file_size(found.size)}."
    made.body.addWidget(label(words, "muted", wrap=True))
    cancel = button("Cancel", made.reject)
    made.accepted.connect(chosen)
    made.body.addSpacing(6)
    made.add_buttons(cancel, button("Delete for good", made.accept, kind="primary"))
    cancel.setFocus()
    made.open()
    return made


def ask_restore(
    parent: QWidget, found: TrashContents, chosen: Callable[[Deleted], None]
) -> QDialog:
    """Ask what of the trash is to be brought back, the newest first; the dialog stays open, for
    there may be more.
    """
    made = Dialog(parent, "Restore from the trash", 460)
    page = QWidget()
    grid = QGridLayout(page)
    grid.setColumnStretch(0, 1)
    for line, thing in enumerate(reversed(found.things)):
        back = button("Restore", tip=f"Bring {thing.name} back")
        back.setAccessibleName(f"Restore {thing.name}")
        back.clicked.connect(partial(back.setEnabled, False))
        back.clicked.connect(partial(chosen, thing))
        grid.addWidget(label(thing.name), line, 0)
        grid.addWidget(label(f"{thing.what}, deleted {ago(thing.time)}", "muted"), line, 1)
        grid.addWidget(back, line, 2)
    grid.setRowStretch(len(found.things), 1)
    made.body.addWidget(_scrolled(page), 1)
    close = button("Close", made.accept)
    made.add_buttons(close)
    close.setFocus()
    made.resize(480, 320)
    made.open()
    return made

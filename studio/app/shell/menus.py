"""Menus and shortcuts from the command registry."""

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeyEvent, QKeySequence
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QComboBox,
    QMenu,
    QTabBar,
    QWidget,
)

from pushforward.studio.app.commands.command_registry import Command, Registry
from pushforward.studio.app.data.tile_grid import TileGrid
from pushforward.studio.app.design.literal_text import keyless, set_tip
from pushforward.studio.app.places.runs.sidebar.run_tree_view import RunTree

__all__ = ["main_menu", "make_actions", "needs_key", "takes_key"]


def make_actions(
    registry: Registry, window: QWidget, refuse: Callable[[Command], None]
) -> dict[str, QAction]:
    """Return an action for each command, with its shortcut, added to the window. ``refuse`` says
    why the keys of a command do nothing now; of a single key, which anybody may press, it is not.
    """

    def trigger(command: Command) -> None:
        if not registry.trigger(command.id) and "+" in command.shortcut:
            refuse(command)

    made = {}
    for command in registry:
        action = QAction(keyless(command.title), window)
        if command.shortcut:
            action.setShortcut(QKeySequence(command.shortcut))
        action.setShortcutContext(Qt.ShortcutContext.WindowShortcut)
        action.triggered.connect(lambda _=False, command=command: trigger(command))
        window.addAction(action)
        made[command.id] = action
    return made


def main_menu(registry: Registry, actions: dict[str, QAction], parent: QWidget) -> QMenu:
    """Return one menu with a submenu for each group; each shows what can be done when opened.

    The actions themselves stay enabled, or their shortcuts would go deaf until the next opening.
    """
    menu = QMenu(parent)
    groups: dict[str, tuple[QMenu, list[Command]]] = {}
    for command in registry:
        if command.menu not in groups:
            groups[command.menu] = (menu.addMenu(keyless(command.menu)), [])
        groups[command.menu][1].append(command)
    for each, commands in groups.values():
        each.setToolTipsVisible(True)
        each.aboutToShow.connect(
            lambda m=each, c=commands: _fill(m, [*c, *registry.passing(c[0].menu)], registry)
        )
    return menu


def _fill(menu: QMenu, commands: list[Command], registry: Registry) -> None:
    menu.clear()
    for old in menu.findChildren(QMenu):
        old.deleteLater()
    within: dict[str, QMenu] = {}
    for command in commands:
        if command.within and command.within not in within:
            within[command.within] = menu.addMenu(keyless(command.within))
            within[command.within].setToolTipsVisible(True)
        entry = within.get(command.within, menu).addAction(keyless(command.title))
        if command.shortcut:
            keys = QKeySequence(command.shortcut)
            native = keys.toString(QKeySequence.SequenceFormat.NativeText)
            entry.setText(f"{keyless(command.title)}\t{native}")
        why = command.why_not()
        entry.setEnabled(not why)
        set_tip(entry, why or command.title)
        entry.triggered.connect(lambda _=False, id=command.id: registry.trigger(id))


ARROWS = (Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Up, Qt.Key.Key_Down)
MOVES = (*ARROWS, Qt.Key.Key_Home, Qt.Key.Key_End)


def needs_key(widget: QWidget | None, event: QKeyEvent) -> bool:
    """Whether the focused control needs a key that would otherwise be a shortcut.

    Without this, Space on a focused button would play the flow instead of pressing the button.
    """
    keypad = Qt.KeyboardModifier.KeypadModifier
    if event.modifiers() not in (Qt.KeyboardModifier.NoModifier, keypad):
        return False
    return takes_key(widget, Qt.Key(event.key()))


def takes_key(widget: QWidget | None, key: Qt.Key) -> bool:
    """Whether a control does something with a key that is pressed alone."""
    if isinstance(widget, QAbstractButton):
        group = widget.group()
        # Of several the chosen one stays chosen: Space would do nothing there.
        chosen = group is not None and group.exclusive() and widget.isChecked()
        return key in ARROWS or (key == Qt.Key.Key_Space and not chosen)
    if isinstance(widget, TileGrid):
        return key in MOVES  # Space plays the flow there: what is walked to is selected
    if isinstance(widget, RunTree) and key == Qt.Key.Key_Space:
        return not widget.is_chosen  # Space plays the flow of the run that is seen
    if isinstance(widget, QComboBox | QAbstractItemView):
        return key == Qt.Key.Key_Space or key in MOVES
    return isinstance(widget, QAbstractSlider | QTabBar) and key in MOVES

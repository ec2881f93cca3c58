"""The stylesheet: how the tokens are worn by Qt's own widgets.

Variants are chosen with dynamic properties, never with colours in code: ``role`` on labels, fields
and lists, ``kind`` on buttons, ``surface`` and ``rule`` on what holds others.
"""

from dataclasses import asdict
from string import Template

from pushforward.studio import resources
from pushforward.studio.app.design.tokens import RADIUS, RADIUS_PANEL, Tokens

__all__ = ["stylesheet"]

_BASE = """
* { outline: 0; }
QMainWindow, QDialog { background: $panel; }
QWidget[surface="canvas"] { background: $background; }
QWidget[surface="panel"] { background: $panel; }
QFrame[surface="raised"] {
    background: $raised; border: 1px solid $line; border-radius: ${panel_radius}px;
}
QFrame[surface="card"] {
    background: $panel; border: 1px solid $line; border-radius: ${panel_radius}px;
}
QFrame[surface="changed"], QFrame[surface="sheet"] {
    background: $raised; border: 0; border-top: 1px solid $line;
}
QFrame[rule="top"] { border: 0; border-top: 1px solid $line; }
QFrame[rule="left"] { border: 0; border-left: 1px solid $line; }
QFrame[role="separator"] { background: $line; border: 0; max-height: 1px; min-height: 1px; }
QFrame[role="upright"] { background: $line; border: 0; max-width: 1px; min-width: 1px; }
QLabel { background: transparent; }
QLabel[role="title"] { font-size: 24px; font-weight: 600; }
QLabel[role="title"][dim="true"] { color: $muted; }
QLabel[role="heading"] { font-size: 14px; font-weight: 600; }
QLabel[role="strong"] { font-weight: 600; }
QLabel[role="sentence"] { font-size: 19px; }
QLabel[role="muted"] { color: $muted; }
QLabel[role="small"] { color: $muted; font-size: 11px; }
QLabel[role="small"][level="good"] { color: $good; }
QLabel[role="small"][level="warm"] { color: $warm; }
QLabel[role="section"] { color: $muted; font-size: 11px; letter-spacing: 0.6px; }
QLabel[role="danger"] { color: $danger; }
QLabel[role="wrong"] { color: $danger; background: $panel; padding: 6px 8px;
    border: 1px solid $danger; border-radius: 4px; }
QLabel[role="accent"] { color: $accent; }
QLabel[role="good"] { color: $good; }
QLabel[role="warm"] { color: $warm; }
QLabel[role="heading"][level="good"] { color: $good; }
QLabel[role="heading"][level="warm"] { color: $warm; }
QLabel[role="heading"][level="danger"] { color: $danger; }
QToolTip {
    background: $raised; color: $text; border: 1px solid $line; padding: 4px 6px;
}
"""

_BUTTONS = """
QPushButton, QToolButton {
    background: $raised; color: $text; border: 1px solid $line; border-radius: ${radius}px;
    padding: 5px 11px; min-height: 18px;
}
QPushButton:hover, QToolButton:hover { background: $hover; }
QPushButton:pressed, QToolButton:pressed { background: $line; }
QPushButton:focus, QToolButton:focus { border: 1px solid $accent; }
QPushButton:disabled, QToolButton:disabled { color: $muted; background: $panel; }
QPushButton::menu-indicator, QToolButton::menu-indicator { image: none; width: 0; }
QPushButton[kind="primary"] {
    background: $accent; color: $on_accent; border: 1px solid $accent; font-weight: 600;
}
QPushButton[kind="primary"]:hover { background: $accent_hover; border-color: $accent_hover; }
QPushButton[kind="primary"]:focus { border: 2px solid $text; padding: 4px 10px; }
QPushButton[kind="primary"]:disabled {
    background: $raised; color: $muted; border-color: $line; font-weight: 600;
}
QPushButton[kind="quiet"], QToolButton[kind="quiet"] {
    background: transparent; border-color: transparent; padding: 4px 6px;
}
QPushButton[kind="quiet"]:hover, QToolButton[kind="quiet"]:hover { background: $hover; }
QPushButton[kind="quiet"]:focus, QToolButton[kind="quiet"]:focus { border-color: $accent; }
QPushButton[kind="status"] {
    background: transparent; border: 1px solid transparent; color: $muted; padding: 0 7px;
    min-height: 20px;
}
QPushButton[kind="status"]:hover, QPushButton[kind="status"]:checked {
    background: $raised; color: $text;
}
QPushButton[kind="status"]:focus { border-color: $accent; }
QPushButton[kind="icon"] {
    background: transparent; border: 1px solid transparent; padding: 0; min-height: 0;
}
QPushButton[kind="icon"]:hover { background: $hover; }
QPushButton[kind="icon"][held="true"] { background: $raised; border-color: $accent; }
QPushButton[kind="icon"]:focus { border-color: $accent; }
QPushButton[kind="link"] {
    background: transparent; border: 1px solid transparent; color: $accent; padding: 1px 2px;
    text-align: left; min-height: 16px;
}
QPushButton[kind="link"]:hover { text-decoration: underline; }
QPushButton[kind="link"]:focus { border-color: $accent; }
QPushButton[kind="chip"] {
    background: transparent; color: $muted; border-radius: 13px; padding: 3px 12px;
    min-height: 18px;
}
QPushButton[kind="chip"]:hover { background: $hover; }
QPushButton[kind="chip"]:focus { border-color: $accent; }
QPushButton[kind="chip"]:checked { background: $text; color: $background; border-color: $text; }
QPushButton[kind="option"] { padding: 2px 9px; }
QPushButton[kind="option"][dim="true"] { color: $muted; background: transparent; }
QPushButton[kind="option"][chosen="true"] { border-color: $accent; }
QPushButton[kind="option"][current="true"] { border-color: $accent; background: $hover; }
QPushButton[kind="option"]:focus, QPushButton[kind="why"]:focus {
    border: 2px solid $accent; padding: 1px 8px;
}
QPushButton[kind="why"] {
    background: transparent; border: 1px solid transparent; color: $muted; padding: 1px 2px;
    font-size: 11px; text-align: left;
}
QPushButton[kind="why"]:focus { padding: 0 1px; }
QPushButton[kind="why"][current="true"] { border-color: $line; }
QPushButton[kind="segment"] {
    background: transparent; border: 0; border-radius: 5px; padding: 3px 6px; min-height: 18px;
    color: $muted;
}
QPushButton[kind="segment"]:hover { color: $text; }
QPushButton[kind="segment"]:checked {
    background: $accent; color: $on_accent; font-weight: 600;
}
QPushButton[kind="segment"]:focus { border: 1px solid $accent; padding: 2px 5px; }
QPushButton[kind="segment"]:checked:focus { border: 2px solid $text; padding: 1px 4px; }
QPushButton[kind="segment"]:disabled { color: $muted; background: transparent; }
QPushButton[kind="slot"] {
    background: $raised; border: 1px solid $line; border-radius: ${panel_radius}px; padding: 0;
}
QPushButton[kind="slot"]:hover { background: $hover; }
QPushButton[kind="slot"][missing="true"] { border-color: $warm; }
QPushButton[kind="slot"]:focus { border: 2px solid $accent; }
QFrame[type="large"] QPushButton[kind="segment"] { font-size: 19px; padding: 3px 12px; }
QFrame[type="large"] QPushButton[kind="segment"]:checked { background: $line; color: $text; }
QFrame[type="large"] QPushButton[kind="segment"]:focus { padding: 2px 11px; }
QFrame[type="large"] QPushButton[kind="segment"]:checked:focus {
    border: 2px solid $accent; padding: 1px 10px;
}
QFrame[role="segments"] {
    background: $raised; border: 1px solid $line; border-radius: ${radius}px;
}
"""

_FIELDS = """
QLineEdit, QPlainTextEdit, QTextEdit, QComboBox {
    background: $raised; color: $text; border: 1px solid $line; border-radius: ${radius}px;
    padding: 4px 8px; min-height: 18px; selection-background-color: $accent;
    selection-color: $on_accent;
}
QLineEdit:hover, QComboBox:hover { border-color: $muted; }
QLineEdit:focus, QPlainTextEdit:focus, QTextEdit:focus, QComboBox:focus {
    border: 1px solid $accent;
}
QLineEdit QToolButton { background: transparent; border: 0; padding: 0; min-height: 0; }
QLineEdit[role="search"] { padding: 6px 8px; }
QFileDialog QToolButton { padding: 2px; min-height: 0; }
QLineEdit[invalid="true"] { border: 1px solid $danger; }
QLineEdit:disabled, QComboBox:disabled { color: $muted; background: $panel; }
QComboBox::drop-down { border: 0; width: 20px; }
QComboBox::down-arrow { image: url("$icons/chevron-down-$name.svg"); width: 12px; height: 12px; }
QComboBox QAbstractItemView {
    background: $raised; border: 1px solid $line; padding: 4px; outline: 0;
}
/* Dropped over itself, as a menu, a list would have the frame of a menu around its own. */
QComboBox { combobox-popup: 0; }
QComboBoxPrivateContainer { background: $raised; border: 0; }
QTextEdit[role="paper"], QTextEdit[role="paper"]:focus {
    background: transparent; border: 0; padding: 0;
}
QAbstractItemView::indicator {
    width: 14px; height: 14px; border: 1px solid $muted; border-radius: 4px; background: $raised;
}
QAbstractItemView::indicator:checked {
    background: $accent; border-color: $accent; image: url("$icons/check-$name.svg");
}
"""

_LISTS = """
QListView, QTreeView, QTableView {
    background: $panel; border: 0; outline: 0; alternate-background-color: $panel;
}
QTreeView[role="table"] { background: $background; }
QTableView[role="bare"] { background: transparent; border: 0; }
QListView[role="tiles"] { background: transparent; }
QListView[role="tiles"][opaque="true"] { background: $background; }
QListView::item, QTreeView::item { padding: 4px 8px; border-radius: ${radius}px; }
QListView::item:hover, QTreeView::item:hover { background: $raised; color: $text; }
QListView::item:selected, QTreeView::item:selected { background: $raised; color: $text; }
QTableView { gridline-color: $line; border: 1px solid $line; border-radius: ${radius}px; }
QTableView::item { padding: 0 8px; }
QHeaderView::section {
    background: $panel; color: $muted; border: 0; border-bottom: 1px solid $line; padding: 4px 8px;
}
QTableCornerButton::section { background: $panel; border: 0; border-bottom: 1px solid $line; }
QMenu { background: $raised; border: 1px solid $line; padding: 4px; }
QMenu::item { padding: 5px 24px 5px 12px; border-radius: 4px; }
QMenu::item:selected { background: $hover; color: $text; }
QMenu::item:disabled { color: $muted; }
QMenu::separator { height: 1px; background: $line; margin: 4px 8px; }
QTabBar { background: transparent; }
QTabBar::tab {
    background: transparent; color: $muted; padding: 6px 12px; margin-right: 6px; border: 0;
    border-bottom: 2px solid transparent;
}
QTabBar::tab:hover { color: $text; }
QTabBar::tab:selected { color: $text; border-bottom: 2px solid $accent; }
QTabBar::tab:focus { color: $accent; }
QScrollArea { border: 0; background: transparent; }
QScrollArea > QWidget > QWidget { background: transparent; }
QScrollBar:vertical { background: transparent; width: 10px; margin: 0; }
QScrollBar:horizontal { background: transparent; height: 10px; margin: 0; }
QScrollBar::handle { background: $line; border-radius: 3px; margin: 2px; min-height: 24px; }
QScrollBar::handle:hover { background: $muted; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }
QSplitter::handle { background: $line; }
QSplitter::handle:horizontal { width: 1px; }
QSplitter::handle:vertical { height: 1px; }
QSplitter[gap="true"]::handle { background: transparent; }
QSlider::groove:horizontal { background: $line; height: 4px; border-radius: 2px; }
QSlider::sub-page:horizontal { background: $accent; height: 4px; border-radius: 2px; }
QSlider::handle:horizontal {
    background: $text; width: 12px; height: 12px; margin: -4px 0; border-radius: 6px;
}
QSlider::handle:horizontal:focus { border: 2px solid $accent; width: 10px; height: 10px; }
QProgressBar {
    background: $line; border: 0; border-radius: 2px; max-height: 4px; text-align: center;
}
QProgressBar::chunk { background: $accent; border-radius: 2px; }
"""

_SHELL = """
QFrame[floats="left"] { border: 0; border-right: 1px solid $line; }
QFrame[floats="right"] { border: 0; border-left: 1px solid $line; }
QFrame[role="banner"] { border: 0; border-bottom: 1px solid $line; background: $raised; }
QFrame[role="banner"][level="error"] { border-left: 3px solid $danger; }
QFrame[role="banner"][level="warning"] { border-left: 3px solid $warm; }
QFrame[role="banner"][level="good"] { border-left: 3px solid $good; }
QFrame[role="banner"][level="info"] { border-left: 3px solid $accent; }
QFrame[role="toast"] {
    background: $raised; border: 1px solid $line; border-radius: ${panel_radius}px;
}
QFrame[role="palette"] {
    background: $panel; border: 1px solid $line; border-radius: ${panel_radius}px;
}
QFrame[role="palette"] QListView { background: transparent; }
QFrame[role="drop"] { background: $panel; border: 2px dashed $accent; border-radius: 10px; }
QLabel[role="key"] {
    border: 1px solid $line; border-radius: 4px; padding: 0 5px; color: $muted; font-size: 11px;
}
"""


def stylesheet(tokens: Tokens) -> str:
    """Return the application's stylesheet for a scheme."""
    values = asdict(tokens)
    values |= {
        "radius": str(RADIUS),
        "panel_radius": str(RADIUS_PANEL),
        "icons": resources.folder("icons").as_posix(),
    }
    return Template(_BASE + _BUTTONS + _FIELDS + _LISTS + _SHELL).substitute(values)

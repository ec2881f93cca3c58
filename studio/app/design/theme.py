"""The scheme in force: which tokens (`studio.app.design.tokens`) colour the application now.

`colors` returns the tokens of the scheme in force; `changed` says that they are others now.
The scheme follows the system unless the person chose one. Widgets that paint themselves read the
tokens when they paint and repaint on `changed`; everything else is coloured by the palette and
the stylesheet, which are replaced as a whole.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Literal

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontDatabase, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication

from pushforward.studio import resources
from pushforward.studio.app.design.stylesheet import stylesheet
from pushforward.studio.app.design.tokens import DARK, LIGHT, Identity, Tokens

__all__ = ["Mode", "Theme", "changed", "colors", "font", "theme"]

Mode = Literal["system", "dark", "light"]


def font(size: int = 13, weight: QFont.Weight = QFont.Weight.Normal) -> QFont:
    """Return the text font at a size in pixels, with figures of equal width.

    FreeType draws light text on dark heavier than dark on light; there, plain text is set a step
    lighter, so that both schemes look alike. On paper every sign has the glyph of its character: a
    PDF knows no other, and what is copied out of it or sought in it would lack all figures.
    """
    made = QFont("Inter")
    made.setPixelSize(size)
    heavy = theme.colors().name == "dark" and sys.platform.startswith("linux")
    plain = weight == QFont.Weight.Normal
    made.setWeight(QFont.Weight.Light if heavy and plain else weight)
    if theme.printing:
        made.setFeature(QFont.Tag("calt"), 0)
    else:
        made.setFeature(QFont.Tag("tnum"), 1)
    return made


class Theme(QObject):
    """The scheme in force, and the switch."""

    changed = Signal()
    chosen = Signal()  # a person has, whether or not anything looks different now

    def __init__(self) -> None:
        super().__init__()
        self._mode: Mode = "system"
        self._identity: Identity = "hue"
        self._tokens = DARK
        self._printing = False
        self._installed = False

    @property
    def printing(self) -> bool:
        """Whether what is painted now is for print."""
        return self._printing

    @property
    def mode(self) -> Mode:
        """What the person chose: "system", "dark" or "light"."""
        return self._mode

    def colors(self) -> Tokens:
        """Return the tokens in force."""
        return self._tokens

    @property
    def identity(self) -> Identity:
        """Return the colours that the person chose to tell particles apart."""
        return self._identity

    def install(self, app: QApplication, mode: Mode = "system", identity: Identity = "hue") -> None:
        """Set style, fonts, palette and stylesheet of an application, and follow the system."""
        app.setStyle("Fusion")
        for path in sorted(resources.folder("fonts").glob("*.otf")):
            QFontDatabase.addApplicationFont(str(path))
        if not self._installed:
            QGuiApplication.styleHints().colorSchemeChanged.connect(self._follow)
        self._installed = True
        self._mode = mode
        self._identity = identity
        self._tokens = self._wanted()
        self._apply()

    def set_mode(self, mode: Mode) -> None:
        """Choose a scheme, or to follow the system; takes effect at once."""
        self._mode = mode
        self._follow()
        self.chosen.emit()

    def set_identity(self, identity: Identity) -> None:
        """Choose the colours that tell particles apart; takes effect at once."""
        self._identity = identity
        self._follow()
        self.chosen.emit()

    @contextmanager
    def on_paper(self) -> Iterator[None]:
        """Paint dark on white within the block, without signals."""
        before = self._tokens, self._printing
        self._tokens = replace(LIGHT, background="#ffffff", identity=self._identity)
        self._printing = True
        try:
            yield
        finally:
            self._tokens, self._printing = before

    def _wanted(self) -> Tokens:
        light = self._mode == "light"
        if self._mode == "system":
            light = QGuiApplication.styleHints().colorScheme() == Qt.ColorScheme.Light
        return replace(LIGHT if light else DARK, identity=self._identity)

    def _follow(self, *_: object) -> None:
        wanted = self._wanted()
        if wanted != self._tokens:
            self._tokens = wanted
            self._apply()
            self.changed.emit()

    def _apply(self) -> None:
        app = QApplication.instance()
        if isinstance(app, QApplication):
            app.setFont(font())
            app.setPalette(_palette(self._tokens))
            # One stylesheet after another is told to each widget once for itself and once for
            # every widget around it; none, and then one, once each: a sixth of the time.
            app.setStyleSheet("")
            app.setStyleSheet(stylesheet(self._tokens))


def _palette(tokens: Tokens) -> QPalette:
    role = QPalette.ColorRole
    colors = {
        role.Window: tokens.panel,
        role.WindowText: tokens.text,
        role.Base: tokens.raised,
        role.AlternateBase: tokens.panel,
        role.Text: tokens.text,
        role.Button: tokens.raised,
        role.ButtonText: tokens.text,
        role.BrightText: tokens.danger,
        role.Highlight: tokens.accent,
        role.HighlightedText: tokens.on_accent,
        role.Accent: tokens.accent,
        role.Link: tokens.accent,
        role.ToolTipBase: tokens.raised,
        role.ToolTipText: tokens.text,
        role.PlaceholderText: tokens.muted,
        role.Mid: tokens.line,
        role.Dark: tokens.line,
        role.Light: tokens.hover,
    }
    palette = QPalette()
    for name, color in colors.items():
        palette.setColor(name, QColor(color))
    for name in (role.Text, role.ButtonText, role.WindowText):
        palette.setColor(QPalette.ColorGroup.Disabled, name, QColor(tokens.muted))
    return palette


theme = Theme()
colors = theme.colors
changed = theme.changed

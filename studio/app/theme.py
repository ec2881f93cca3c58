"""Colours, space and type: the only place where they are written down.

`colors` returns the tokens of the scheme in force; `changed` says that they are others now.
The scheme follows the system unless the person chose one. Widgets that paint themselves read the
tokens when they paint and repaint on `changed`; everything else is coloured by the palette and
the stylesheet, which are replaced as a whole.
"""

import sys
from dataclasses import dataclass, replace
from typing import Literal

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontDatabase, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication

from studio import resources

__all__ = [
    "DARK",
    "LIGHT",
    "RADIUS",
    "RADIUS_CARD",
    "RADIUS_PANEL",
    "SPACE",
    "Identity",
    "Mode",
    "Theme",
    "Tokens",
    "changed",
    "colors",
    "contrast",
    "font",
    "theme",
]

Mode = Literal["system", "dark", "light"]
Identity = Literal["hue", "blue-yellow"]

SPACE = 4  # all distances are multiples of it
RADIUS = 6  # controls
RADIUS_PANEL = 8
RADIUS_CARD = 10


@dataclass(frozen=True, kw_only=True)
class Tokens:
    """The colours of a scheme, as "#rrggbb"; ``text`` and ``muted`` hold 4.5:1 on every surface.

    Surfaces, back to front: background (canvas), panel (bars, columns), raised (fields, buttons,
    the selected row), hover. ``accent`` is for what needs attention, with ``on_accent`` written
    on it; ``warm``, ``good`` and ``danger`` mark states, never alone without a word or a shape.
    ``identity`` is the wheel of colours that tells particles apart (`studio.app.plots.identity`).
    """

    name: str
    background: str
    panel: str
    raised: str
    hover: str
    line: str
    text: str
    muted: str
    accent: str
    accent_hover: str
    on_accent: str
    warm: str
    good: str
    danger: str
    identity: Identity = "hue"


DARK = Tokens(
    name="dark",
    background="#14161a",
    panel="#1a1d22",
    raised="#22262d",
    hover="#2b3038",
    line="#2b3038",
    text="#e6e8eb",
    muted="#969da8",
    accent="#5eb1ef",
    accent_hover="#7cc1f4",
    on_accent="#0d1116",
    warm="#f0a868",
    good="#6fce93",
    danger="#f2868a",
)
# The warm tone is a shade darker than in the drawing: #b45f06 misses 4.5:1 on the canvas.
LIGHT = Tokens(
    name="light",
    background="#f7f8fa",
    panel="#ffffff",
    raised="#f0f2f5",
    hover="#e9ecf1",
    line="#dfe3e8",
    text="#1d2127",
    muted="#59616d",
    accent="#0f6cbd",
    accent_hover="#0c5a9e",
    on_accent="#ffffff",
    warm="#a35405",
    good="#1f7a43",
    danger="#b3261e",
)


def contrast(first: str, second: str) -> float:
    """Return the contrast ratio of two colours, from 1 to 21 (WCAG 2.2, relative luminance)."""

    def luminance(color: str) -> float:
        channels = (int(color[i : i + 2], 16) / 255 for i in (1, 3, 5))
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    low, high = sorted((luminance(first), luminance(second)))
    return (high + 0.05) / (low + 0.05)


def font(size: int = 13, weight: QFont.Weight = QFont.Weight.Normal) -> QFont:
    """Return the text font at a size in pixels, with figures of equal width.

    FreeType draws light text on dark heavier than dark on light; there, plain text is set a step
    lighter, so that both schemes look alike.
    """
    made = QFont("Inter")
    made.setPixelSize(size)
    heavy = theme.colors().name == "dark" and sys.platform.startswith("linux")
    plain = weight == QFont.Weight.Normal
    made.setWeight(QFont.Weight.Light if heavy and plain else weight)
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
        self._installed = False

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
        from studio.app.style import stylesheet

        app = QApplication.instance()
        if isinstance(app, QApplication):
            app.setFont(font())
            app.setPalette(_palette(self._tokens))
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

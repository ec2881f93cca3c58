"""The icons: one set of small line drawings, coloured by the theme and sharp at every scale."""

from functools import lru_cache

from PySide6.QtCore import QByteArray, QObject, QRectF, QSize, Qt
from PySide6.QtGui import QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QAbstractButton, QWidget

from pushforward.studio import resources
from pushforward.studio.app.design.theme import theme

__all__ = ["IconWearer", "app_icon", "icon", "paint", "pixmap", "repaint_on_theme"]

SIZE = 16


@lru_cache(maxsize=256)
def _renderer(name: str, color: str) -> QSvgRenderer:
    source = (resources.folder("icons") / f"{name}.svg").read_text(encoding="utf-8")
    return QSvgRenderer(QByteArray(source.replace("currentColor", color).encode()))


def paint(painter: QPainter, name: str, rect: QRectF, color: str) -> None:
    """Draw an icon into a rectangle."""
    _renderer(name, color).render(painter, rect)


def pixmap(name: str, color: str, size: int = SIZE, ratio: float = 1.0) -> QPixmap:
    """Return an icon as a picture, ``size`` in device-independent pixels."""
    picture = QPixmap(QSize(round(size * ratio), round(size * ratio)))
    picture.setDevicePixelRatio(ratio)
    picture.fill(Qt.GlobalColor.transparent)
    with QPainter(picture) as painter:
        paint(painter, name, QRectF(0, 0, size, size), color)
    return picture


def icon(name: str, color: str = "") -> QIcon:
    """Return an icon in a colour of the theme in force (its text colour if none is named)."""
    made = QIcon()
    tokens = theme.colors()
    for ratio in (1.0, 2.0, 3.0):
        made.addPixmap(pixmap(name, color or tokens.text, SIZE, ratio))
        faded = pixmap(name, tokens.muted, SIZE, ratio)
        made.addPixmap(faded, QIcon.Mode.Disabled)
    return made


def app_icon() -> QIcon:
    """Return the icon of the application."""
    return QIcon(str(resources.folder("icons") / "app.svg"))


class IconWearer(QObject):
    """Keeps a button's icon in the colours of the theme, for as long as the button lives.

    ``token`` names the colour ("text", "muted", "on_accent", ...).
    """

    def __init__(self, button: QAbstractButton, name: str, token: str = "text") -> None:
        super().__init__(button)
        self._button = button
        self._name = name
        self._token = token
        button.setIconSize(QSize(SIZE, SIZE))
        theme.changed.connect(self._apply)
        self._apply()

    def wear(self, name: str) -> None:
        """Change to another icon."""
        if name != self._name:
            self._name = name
            self._apply()

    def _apply(self) -> None:
        self._button.setIcon(icon(self._name, getattr(theme.colors(), self._token)))


def repaint_on_theme(widget: QWidget) -> None:
    """Repaint a self-painting widget when the colours change, for as long as it lives."""
    theme.changed.connect(widget.update)

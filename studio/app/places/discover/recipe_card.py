"""A recipe as a card with a picture of a real run."""

from pathlib import Path

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPixmap

from pushforward.studio import resources
from pushforward.studio.app.core.data_type_registry import kind
from pushforward.studio.app.design.cards.picture_card import PictureCard
from pushforward.studio.app.design.literal_text import set_tip
from pushforward.studio.app.design.theme import font, theme
from pushforward.studio.app.text import number_format
from pushforward.studio.protocol.spec import Recipe

__all__ = ["RecipeCard"]

SIZES = 4  # at which a picture is kept


class RecipeCard(PictureCard):
    """A recipe: picture, title, what it is, and a line of facts: the model, the data, the time, the
    kind of data. Of these the last is left out first, then the data, and the model never is.
    """

    def __init__(self, recipe: Recipe) -> None:
        super().__init__(recipe.title, recipe.summary)
        self.recipe = recipe
        self._scaled: dict[tuple[str, int, int], QPixmap | None] = {}
        self._what: list[str] = []
        self._time = number_format.duration(recipe.expected_seconds)
        self._kind = kind(recipe.kind).title.lower()
        set_tip(self, recipe.source)
        self.describe()

    def show_what(self, parts: list[str]) -> None:
        """Say what is trained on what: the titles of the model and of the data."""
        self._what = parts
        self.describe()

    def facts(self, room: int | None) -> str:
        model, data, time = self._what[:1], self._what[1:], [self._time]
        lines = ([*model, *data, *time, self._kind], [*model, *data, *time], [*model, *time])
        told = [" · ".join(line) for line in lines]
        if room is None:
            return told[0]
        metrics = QFontMetrics(font(11))
        fitting = (line for line in told if metrics.horizontalAdvance(line) <= room)
        return next(fitting, metrics.elidedText(told[-1], Qt.TextElideMode.ElideMiddle, room))

    def draw_picture(self, painter: QPainter, area: QRectF) -> None:
        device = painter.device()
        ratio = device.devicePixelRatioF() if device is not None else 1.0
        picture = self._picture(theme.colors().name, (area.size() * ratio).toSize())
        if picture is None:
            return
        size = picture.size().toSizeF() / ratio
        left = area.center().x() - size.width() / 2
        top = area.center().y() - size.height() / 2
        painter.drawPixmap(QRectF(QPointF(left, top), size), picture, QRectF(picture.rect()))

    def _picture(self, scheme: str, room: QSize) -> QPixmap | None:
        """Return the picture at the size at which it is shown: to scale it takes longer than to
        paint all else of a card, and a search goes to and fro between two sizes.
        """
        wanted = (scheme, room.width(), room.height())
        if wanted not in self._scaled:
            path: Path = resources.thumbnail(self.recipe.slug, scheme)
            whole = QPixmap(str(path)) if path.is_file() else QPixmap()
            keep = Qt.AspectRatioMode.KeepAspectRatio
            smooth = Qt.TransformationMode.SmoothTransformation
            if len(self._scaled) == SIZES:
                del self._scaled[next(iter(self._scaled))]  # the one made first
            self._scaled[wanted] = None if whole.isNull() else whole.scaled(room, keep, smooth)
        return self._scaled[wanted]

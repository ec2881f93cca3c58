"""A recipe as a card with a picture of a real run."""

from pathlib import Path

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QEnterEvent, QFontMetrics, QPainter, QPixmap

from pushforward.studio import resources
from pushforward.studio.app.charts.recorded_motion import Recording, recording_of
from pushforward.studio.app.charts.transition import Transition
from pushforward.studio.app.core.data_type_registry import kind
from pushforward.studio.app.design.cards.picture_card import PictureCard
from pushforward.studio.app.design.literal_text import set_tip
from pushforward.studio.app.design.theme import font, theme
from pushforward.studio.app.text import number_format
from pushforward.studio.protocol.spec import Recipe

__all__ = ["RecipeCard"]

SIZES = 4  # at which a picture is kept
SECONDS = 4.0  # that a recorded training plays while the mouse is over the card


class RecipeCard(PictureCard):
    """A recipe: picture, title, what it is, and a line of facts: the model, the data, the time, the
    kind of data. Of these the last is left out first, then the data, and the model never is. Where
    the training is recorded it plays again and again while the mouse is over the card.
    """

    def __init__(self, recipe: Recipe) -> None:
        super().__init__(recipe.title, recipe.summary)
        self.recipe = recipe
        self._scaled: dict[tuple[str, int, int], QPixmap | None] = {}
        self._what: list[str] = []
        self._motion: Transition | None = None
        self._recording: Recording | None = None
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

    @property
    def plays(self) -> bool:
        """Whether the recorded training plays."""
        return self._motion is not None and self._motion.active

    def enterEvent(self, event: QEnterEvent) -> None:
        super().enterEvent(event)
        self._recording = recording_of(self.recipe.slug)
        if self._recording is not None:
            self._motion = Transition(self)
            self._motion.ticked.connect(self.update)
            self._motion.ended.connect(self._again)
            self._motion.start(SECONDS)

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        if self._motion is not None:
            self._motion.deleteLater()
            self._motion = None
            self.update()

    def _again(self) -> None:
        if self._motion is not None and self.isVisible():
            self._motion.start(SECONDS)

    def draw_picture(self, painter: QPainter, area: QRectF) -> None:
        if self._motion is not None and self._recording is not None:
            self._recording.paint(painter, area, min(1.0, 1.2 * self._motion.now))
            return
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

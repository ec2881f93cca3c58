"""A recording of a widget: its pictures with their times and captions, and their file.

Pictures are kept compressed while they are taken, and drawn with a heading and a caption when the
file is written, which a thread may do.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QImage, QImageWriter, QPainter

from pushforward.studio.formats.animation import write_animation
from pushforward.studio.formats.limits import FormatError
from pushforward.studio.formats.video import VIDEO_SUFFIXES, stream_video

__all__ = ["FRAMES_PER_SECOND", "LONGEST", "Look", "Recording", "write_recording"]

FRAMES_PER_SECOND = 20
LONGEST = 60.0
"""Seconds that a recording takes at most."""
GIF_WIDTH, GIF_FRAMES = 720, 240
"""Pixels and frames of an animation that is not a video, at most: each frame takes memory."""
HEAD, FOOT, EDGE = 40, 44, 16  # pixels
HOLD = 1.0  # seconds for which the last frame stays
FAST = 10  # of 100: how hard a picture that is kept is compressed


@dataclass(frozen=True)
class Look:
    """Colours and fonts of a recording, taken when it begins: a thread cannot ask the theme.

    Attributes:
        background, text, muted: colours.
        title, small: fonts.
    """

    background: str
    text: str
    muted: str
    title: QFont
    small: QFont


@dataclass(frozen=True)
class Shot:
    """A picture.

    Attributes:
        at: seconds since the start.
        data: the picture as PNG.
        note: what stands at the right of the heading, such as the training step.
        caption: what stands below.
    """

    at: float
    data: bytes
    note: str
    caption: str


@dataclass
class Recording:
    """The pictures of a recording, in order of time.

    Attributes:
        title: the heading.
        look: its colours and fonts.
        size: of the first picture, in pixels; later ones are fitted into it.
    """

    title: str
    look: Look
    size: QSize = field(default_factory=QSize)
    shots: list[Shot] = field(default_factory=list)

    @property
    def seconds(self) -> float:
        """From the first to the last picture."""
        return self.shots[-1].at - self.shots[0].at if self.shots else 0.0

    @property
    def is_full(self) -> bool:
        """Whether it has the maximum length."""
        return self.seconds >= LONGEST

    def add(self, image: QImage, at: float, note: str = "", caption: str = "") -> None:
        """Add a picture that was taken ``at`` seconds."""
        if not self.shots:
            self.size = image.size()
        data = QByteArray()
        buffer = QBuffer(data)
        buffer.open(QIODevice.OpenModeFlag.WriteOnly)
        writer = QImageWriter(buffer, b"png")
        writer.setCompression(FAST)
        writer.write(image)
        self.shots.append(Shot(at, bytes(data.data()), note, caption))

    def frames(self, rate: float, width: int = 0, most: int = 0) -> Iterator[NDArray[np.uint8]]:
        """Yield the frames (h, w, 3) at a rate: at each time the picture that was newest then.

        Args:
            rate: frames a second.
            width: of a frame at most, in pixels; 0 for that of the pictures.
            most: number of frames at most; 0 for no limit. More are thinned evenly.
        """
        start = self.shots[0].at
        count = max(1, round(self.seconds * rate) + 1)
        times = np.linspace(0.0, self.seconds, min(count, most) if most else count)
        at = np.array([shot.at - start for shot in self.shots])
        places = np.searchsorted(at, times, side="right") - 1
        known, frame = -1, np.empty(0, np.uint8)
        for place in places.clip(0):
            if place != known:
                known, frame = int(place), self._frame(self.shots[int(place)], width)
            yield frame

    def _frame(self, shot: Shot, width: int) -> NDArray[np.uint8]:
        """Draw a picture with its heading and its caption."""
        captioned = any(each.caption for each in self.shots)
        foot = FOOT if captioned else 0
        image = QImage(
            self.size.width(), self.size.height() + HEAD + foot, QImage.Format.Format_RGB888
        )
        image.fill(QColor(self.look.background))
        body = QImage.fromData(shot.data)
        with QPainter(image) as painter:
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            if body.size() == self.size:
                painter.drawImage(0, HEAD, body)
            else:  # the window was resized meanwhile
                fitted = body.size().scaled(self.size, Qt.AspectRatioMode.KeepAspectRatio)
                place = QRectF(0, 0, fitted.width(), fitted.height())
                place.moveCenter(QRectF(0, HEAD, self.size.width(), self.size.height()).center())
                painter.drawImage(place, body)
            self._write_words(painter, image.width(), image.height(), shot, foot)
        if width and image.width() > width:
            image = image.scaledToWidth(width, Qt.TransformationMode.SmoothTransformation)
            image = image.convertToFormat(QImage.Format.Format_RGB888)
        return _array(image)

    def _write_words(
        self, painter: QPainter, width: int, height: int, shot: Shot, foot: int
    ) -> None:
        centre = Qt.AlignmentFlag.AlignVCenter
        line = QRectF(EDGE, 0, width - 2 * EDGE, HEAD)
        painter.setFont(self.look.small)
        painter.setPen(QColor(self.look.muted))
        painter.drawText(line, centre | Qt.AlignmentFlag.AlignRight, shot.note)
        beside = QFontMetrics(painter.font()).horizontalAdvance(shot.note)
        painter.setFont(self.look.title)
        painter.setPen(QColor(self.look.text))
        room = int(line.width()) - beside - EDGE
        title = QFontMetrics(painter.font()).elidedText(
            self.title, Qt.TextElideMode.ElideRight, room
        )
        painter.drawText(line, centre, title)
        if foot and shot.caption:
            below = QRectF(EDGE, height - foot, width - 2 * EDGE, foot)
            painter.drawText(below, Qt.AlignmentFlag.AlignCenter, shot.caption)


def write_recording(recording: Recording, path: Path) -> int:
    """Write a recording; return the size of the file in bytes. The suffix chooses the format (.gif,
    .apng, .webp, .mp4, .webm).

    Raises:
        FormatError: nothing was recorded, or the format cannot be written here.
        StoreError: the disk refused.
    """
    if not recording.shots:
        raise FormatError("Nothing was recorded.", "Record again.", kind="user")
    if path.suffix.lower() in VIDEO_SUFFIXES:
        frames = recording.frames(FRAMES_PER_SECOND)
        for _ in stream_video(path, frames, str(FRAMES_PER_SECOND), HOLD * FRAMES_PER_SECOND):
            pass
        return path.stat().st_size
    few = np.stack(list(recording.frames(FRAMES_PER_SECOND, GIF_WIDTH, GIF_FRAMES)))
    write_animation(path, few, max(recording.seconds, len(few) / FRAMES_PER_SECOND), HOLD)
    return path.stat().st_size


def _array(image: QImage) -> NDArray[np.uint8]:
    """Return a picture of three bytes a pixel as an array (h, w, 3)."""
    line = image.bytesPerLine()
    data = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), line)
    return data[:, : 3 * image.width()].reshape(image.height(), image.width(), 3).copy()

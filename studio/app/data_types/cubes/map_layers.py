"""The layers of a map, composed into one image: pictures with an opacity, back to front."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from PySide6.QtCore import QRect
from PySide6.QtGui import QImage, QPainter

__all__ = ["Layer", "Stack"]


@dataclass(frozen=True, eq=False)
class Layer:
    """A picture over others.

    Attributes:
        name: stable slug.
        title: what it shows.
        image: (H, W), None while it is not known.
        fact: a short value next to it, as its accuracy.
        opacity: from 0 to 1.
        visible: whether it is switched on.
        missing: why there is no image, "" where there is one.
    """

    name: str
    title: str
    image: QImage | None = None
    fact: str = ""
    opacity: float = 1.0
    visible: bool = False
    missing: str = ""

    @property
    def is_visible(self) -> bool:
        """Whether it can be seen."""
        return self.visible and self.image is not None and self.opacity > 0.0


class Stack:
    """Layers in order, back to front, and their composition, painted again where it changed."""

    def __init__(self) -> None:
        self.layers: list[Layer] = []
        self._composed: QImage | None = None

    def get(self, name: str) -> Layer | None:
        """Return a layer by its name."""
        return next((each for each in self.layers if each.name == name), None)

    def set_layers(self, layers: Sequence[Layer]) -> None:
        """Replace all layers."""
        self.layers = list(layers)
        self._composed = None

    def change(self, name: str, **changes: object) -> None:
        """Change attributes of a layer."""
        self.layers = [
            replace(each, **changes) if each.name == name else each  # type: ignore[arg-type]
            for each in self.layers
        ]
        self._composed = None

    def change_quietly(self, name: str, **changes: object) -> None:
        """Change attributes of a layer that do not show in the composition."""
        composed = self._composed
        self.change(name, **changes)
        self._composed = composed

    def move(self, name: str, by: int) -> None:
        """Move a layer towards the front, or with a negative number towards the back."""
        place = next((i for i, each in enumerate(self.layers) if each.name == name), -1)
        to = min(max(place + by, 0), len(self.layers) - 1)
        if place >= 0 and to != place:
            self.layers.insert(to, self.layers.pop(place))
            self._composed = None

    def update(self, name: str, image: QImage, area: QRect) -> None:
        """Replace the image of a layer that differs in an area alone."""
        self.layers = [
            replace(each, image=image) if each.name == name else each for each in self.layers
        ]
        if self._composed is not None:
            with QPainter(self._composed) as painter:
                painter.setClipRect(area)
                painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Source)
                painter.fillRect(area, 0)
                painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_SourceOver)
                self._paint(painter, area)

    def composed(self) -> QImage | None:
        """Return all visible layers as one image, None where there is none."""
        if self._composed is None:
            first = next((each.image for each in self.layers if each.is_visible), None)
            if first is None:
                return None
            form = QImage.Format.Format_ARGB32_Premultiplied
            self._composed = QImage(first.size(), form)
            self._composed.fill(0)
            with QPainter(self._composed) as painter:
                self._paint(painter, first.rect())
        return self._composed

    def _paint(self, painter: QPainter, area: QRect) -> None:
        for each in self.layers:
            if each.is_visible and each.image is not None:
                painter.setOpacity(each.opacity)
                painter.drawImage(area.topLeft(), each.image, area)

"""The portrait of a trained run: what stands for it in a picture where nothing of it moves."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray
from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter

if TYPE_CHECKING:
    from pushforward.studio.app.design.tokens import Tokens

__all__ = ["Portrait"]


@dataclass(frozen=True)
class Portrait:
    """How a run looks, by what an operator makes of it.

    Attributes:
        operator: the slug of what is asked of the run.
        paint: paints the portrait into a rectangle, from the arrays of a preview of the data, with
            "columns" for the names that they come with, and, over these, what the operator made.
        hands: for each slot of the operator, the array of the preview whose first rows fill it.
        rows: how many these are.
    """

    operator: str
    paint: Callable[[QPainter, QRectF, Mapping[str, NDArray[Any]], "Tokens"], None]
    hands: Mapping[str, str] = field(default_factory=dict)
    rows: int = 0

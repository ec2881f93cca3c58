"""A chart on one plane: its title, its axes, and when it is drawn."""

from collections.abc import Iterable

from PySide6.QtCore import QPointF
from PySide6.QtWidgets import QGraphicsItem, QWidget

from pushforward.studio.app.charts.axis import Marks, value_marks
from pushforward.studio.app.charts.interactive_plot import Explored

__all__ = ["Chart"]


class Chart(Explored):
    """A chart with a title above one plane.

    A subclass returns its marks from `items`, their extent from `whole`, and writes above the plane
    in `write_heading`. It calls `restyle` when its attributes are set.
    """

    def __init__(
        self,
        title: str,
        across: str = "",
        up: str = "",
        *,
        marks: tuple[Marks, Marks] = (value_marks, value_marks),
        heading: bool = True,
        least: tuple[int, int] = (260, 190),
        square: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        """Create an empty chart.

        Args:
            title: shown above the plane, and read by screen readers.
            across: name of the horizontal axis.
            up: name of the vertical axis.
            marks: ticks of the horizontal and the vertical axis.
            heading: whether there is room for the title and the legend.
            least: minimum width and height in pixels.
            square: whether both axes have one scale.
            parent: the widget around it.
        """
        super().__init__(parent)
        self._title = title
        self._under: QPointF | None = None
        self.plane = self.add_plane(*marks, heading=heading)
        self.plane.box.setAspectLocked(square)
        self.plane.bottom.set_name(across)
        self.plane.left.set_name(up)
        self.setAccessibleName(title)
        self.setMinimumSize(*least)

    def name(self, title: str) -> None:
        """Change the title; it is drawn with what is shown next."""
        self._title = title
        self.setAccessibleName(title)

    def pointed(self, at: QPointF | None) -> None:
        """Show the values under the mouse above the plane."""
        self._under = at
        self.write_heading()

    def redraw(self) -> None:
        """Draw all marks again."""
        across, up = self.full_range(self.plane)
        self.plane.look_at(self.part or across, self.parts.get(self.plane, up))
        self.plane.draw(list(self.items()))
        self.write_heading()

    def items(self) -> Iterable[QGraphicsItem]:
        """Return the marks, back to front."""
        return ()

    def write_heading(self) -> None:
        """Write the title and the legend, or the values under the mouse."""
        self.plane.heading.tell(self._title, [])

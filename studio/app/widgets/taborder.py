"""The order in which Tab visits: as the eye does, from the layouts, whenever a part was built."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLayout, QScrollArea, QWidget

__all__ = ["chain", "stops"]


def stops(widget: QWidget) -> Iterator[QWidget]:
    """Yield the widgets below one that take the keyboard with Tab, in the order of the layouts."""
    if isinstance(widget, QScrollArea):
        inside = widget.widget()
        if inside is not None:
            yield from stops(inside)
        return
    layout = widget.layout()
    if layout is not None:
        yield from _in(layout)


def _in(layout: QLayout) -> Iterator[QWidget]:
    for place in range(layout.count()):
        item = layout.itemAt(place)
        widget, inner = (item.widget(), item.layout()) if item is not None else (None, None)
        if inner is not None:
            yield from _in(inner)
        elif widget is not None:
            tabbed = widget.focusPolicy() & Qt.FocusPolicy.TabFocus
            if tabbed and widget.focusProxy() is None:
                yield widget
            yield from stops(widget)


def chain(widgets: Sequence[QWidget]) -> None:
    """Let Tab go through widgets one after the other."""
    for one, other in pairwise(widgets):
        QWidget.setTabOrder(one, other)

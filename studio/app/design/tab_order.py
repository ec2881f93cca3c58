"""The order in which Tab visits: as the eye does, from the layouts, whenever a part was built."""

from collections.abc import Iterator, Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLayout, QScrollArea, QSplitter, QStackedWidget, QWidget

__all__ = ["in_order", "next_stop", "takes_tab"]


def takes_tab(widget: QWidget) -> bool:
    """Whether Tab stops at a widget."""
    return bool(widget.focusPolicy() & Qt.FocusPolicy.TabFocus) and widget.focusProxy() is None


def in_order(widget: QWidget) -> Iterator[QWidget]:
    """Yield the widgets below one, in the order of the layouts; of a stack those of its page. What
    lies over a layout comes after what is in it, from the top.
    """
    inside: list[QWidget | None] = []
    if isinstance(widget, QScrollArea):
        inside = [widget.widget()]
    elif isinstance(widget, QStackedWidget):
        inside = [widget.currentWidget()]
    elif isinstance(widget, QSplitter):
        inside = [widget.widget(place) for place in range(widget.count())]
    else:
        layout = widget.layout()
        inside = list(_in(layout)) if layout is not None else []
        inside += _over(widget, inside)
    for each in filter(None, inside):
        yield each
        yield from in_order(each)


def _over(widget: QWidget, inside: list[QWidget | None]) -> list[QWidget]:
    """Return the children that no layout places. What takes the keyboard itself has none that do:
    they are parts of how it is drawn.
    """
    if takes_tab(widget):
        return []
    only = Qt.FindChildOption.FindDirectChildrenOnly
    found = [each for each in widget.findChildren(QWidget, options=only) if not each.isWindow()]
    return sorted(set(found) - set(inside), key=lambda each: (each.y(), each.x()))


def _in(layout: QLayout) -> Iterator[QWidget]:
    for place in range(layout.count()):
        item = layout.itemAt(place)
        widget, inner = (item.widget(), item.layout()) if item is not None else (None, None)
        if inner is not None:
            yield from _in(inner)
        elif widget is not None:
            yield widget


def next_stop(order: Sequence[QWidget], focused: QWidget | None, by: int) -> QWidget | None:
    """Return where Tab (1) or Shift and Tab (-1) leads from what has the keyboard, which need not
    be a stop itself; None where nothing takes it.
    """
    at = -1
    while focused is not None and at < 0:
        at = order.index(focused) if focused in order else -1
        focused = focused.parentWidget()
    start = at if at >= 0 or by > 0 else 0
    for further in range(1, len(order) + 1):
        each = order[(start + by * further) % len(order)]
        if takes_tab(each) and each.isVisible() and each.isEnabled():
            return each
    return None

"""A page of what scrolls that asks for no more room than it has to."""

from PySide6.QtWidgets import QWidget

__all__ = ["LowPage"]


class LowPage(QWidget):
    """Where it is higher than its room, no higher than it has to be: what is below stays near."""

    def heightForWidth(self, width: int) -> int:
        layout = self.layout()
        return layout.totalMinimumHeightForWidth(width) if layout is not None else 0

"""Left and Right in a tree: close and open a node, then move out and in, in every style."""

from PySide6.QtCore import QItemSelectionModel, Qt
from PySide6.QtWidgets import QTreeView

__all__ = ["SIDEWAYS", "go_sideways"]

SIDEWAYS = (Qt.Key.Key_Left, Qt.Key.Key_Right)


def go_sideways(view: QTreeView, key: int) -> None:
    """Do what one of these keys asks of the line that has the keyboard; select nothing."""
    index = view.currentIndex().siblingAtColumn(0)
    model, right = view.model(), key == Qt.Key.Key_Right
    below = model.rowCount(index) > 0
    if below and view.isExpanded(index) != right:
        view.setExpanded(index, right)
        return
    target = model.index(0, 0, index) if right and below else index if right else index.parent()
    if target.isValid():
        flag = QItemSelectionModel.SelectionFlag.NoUpdate
        view.selectionModel().setCurrentIndex(target, flag)

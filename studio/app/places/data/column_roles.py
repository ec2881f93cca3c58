"""What a column of a table is used for in the import dialog: the choice, and what follows."""

from collections.abc import Sequence

from PySide6.QtCore import QAbstractItemModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtWidgets import QComboBox, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from pushforward.studio.formats.inspection import Column

__all__ = [
    "CONDITION",
    "COORDINATE",
    "LABEL",
    "TIP",
    "WEIGHT",
    "RoleDelegate",
    "role_reasons",
    "roles_for",
]

COORDINATE, LABEL, CONDITION, WEIGHT = "Coordinate", "Label", "Condition", "Weight"
TIP = (
    "Coordinate: learned. Label: class that a model can be conditioned on. Condition: number that "
    "a model can be conditioned on. Weight: rows are kept in proportion to it."
)
Index = QModelIndex | QPersistentModelIndex


def roles_for(column: Column) -> list[str]:
    """Return what a column can be used for, the usual role first."""
    return [LABEL] if column.kind == "text" else [COORDINATE, LABEL, CONDITION, WEIGHT]


def role_reasons(columns: Sequence[Column], roles: Sequence[str]) -> list[str]:
    """Return what is wrong with the roles of the chosen columns, with what to do."""
    found = []
    for role in (LABEL, WEIGHT):
        names = [c.name for c, each in zip(columns, roles, strict=True) if each == role]
        if len(names) > 1:
            listed = f"{', '.join(names[:-1])} and {names[-1]}"
            found.append(f"Choose one {role.lower()}, not {len(names)}: {listed}.")
    for column, role in zip(columns, roles, strict=True):
        if role in (CONDITION, WEIGHT) and (column.kind != "number" or column.nan):
            found.append(f"{role} {column.name} must have a number in every row.")
        if role == WEIGHT and column.minimum is not None and column.minimum < 0:
            found.append(f"Weight {column.name} has negative values: use another column.")
        if role == LABEL and (column.kind == "empty" or (column.kind == "number" and column.nan)):
            found.append(f"Label {column.name} has empty cells: fill them in.")
    return found


class RoleDelegate(QStyledItemDelegate):
    """Edits the role of a column by a list, which opens by a click or by Enter."""

    def createEditor(
        self, parent: QWidget, option: QStyleOptionViewItem, index: Index
    ) -> QComboBox:
        made = QComboBox(parent)
        made.addItems(index.data(Qt.ItemDataRole.UserRole) or [])
        made.activated.connect(lambda _: self.commitData.emit(made))
        made.activated.connect(lambda _: self.closeEditor.emit(made))
        return made

    def setEditorData(self, editor: QWidget, index: Index) -> None:
        assert isinstance(editor, QComboBox)
        editor.setCurrentText(str(index.data()))
        editor.showPopup()

    def setModelData(self, editor: QWidget, model: QAbstractItemModel, index: Index) -> None:
        assert isinstance(editor, QComboBox)
        model.setData(index, editor.currentText())

"""How many of the rows of new data validate and test, and by which seed they are chosen."""

from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from pushforward.studio.app.core.draft_spec import Typed
from pushforward.studio.app.design.basic import label, row
from pushforward.studio.app.design.forms.editor_factory import make
from pushforward.studio.app.design.forms.editors import Editor
from pushforward.studio.app.design.literal_text import set_tip
from pushforward.studio.protocol.catalog import FieldSpec

__all__ = ["SplitChoice"]

MOST = 45  # per cent of either, so that some are left to learn from
FIELDS = (
    FieldSpec(
        path="validation", kind="float", title="Validation", unit="%", default=10.0, above=0.0,
        high=MOST, help=("Fraction of samples for validation: used to choose settings, never "
                        "for training."),
    ),
    FieldSpec(
        path="test", kind="float", title="Test", unit="%", default=10.0, above=0.0, high=MOST,
        help=("Fraction of samples for testing; metrics compare with them. A test set supplied "
              "with the data is used as it is."),
    ),
    FieldSpec(
        path="seed", kind="int", title="Seed", default=0, low=0, high=2**53,
        help=("Seed of the split. The same seed and fractions choose the same samples of the "
             "same data."),
    ),
)  # fmt: skip
WIDE = 74  # pixels of an editor


class SplitChoice(QWidget):
    """Three fields in a line.

    Signals:
        changed: another value, or one that cannot be taken.
    """

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._values: dict[str, Any] = {field.path: field.default for field in FIELDS}
        self._typed: dict[str, Typed] = {}
        self.editors: dict[str, Editor] = {}
        line = row(parent=self)
        for field in FIELDS:
            self.editors[field.path] = editor = make(field)
            editor.setFixedWidth(WIDE)
            editor.edited.connect(lambda value, path=field.path: self._edited(path, value))
            editor.rejected.connect(lambda typed, path=field.path: self._rejected(path, typed))
            title = label(field.title, "muted")
            for each in (title, editor):
                set_tip(each, field.help)
                line.addWidget(each)
        line.addStretch(1)

    @property
    def shares(self) -> tuple[float, float]:
        """The shares that validate and that test, of 1."""
        return self._values["validation"] / 100, self._values["test"] / 100

    @property
    def seed(self) -> int:
        """What chooses them."""
        return int(self._values["seed"])

    @property
    def problems(self) -> list[str]:
        """What was typed and cannot be taken."""
        return [f"{typed.title} {typed.why}." for typed in self._typed.values()]

    def _edited(self, path: str, value: Any) -> None:
        self._typed.pop(path, None)
        self._values[path] = value
        self.changed.emit()

    def _rejected(self, path: str, typed: Typed) -> None:
        self._typed[path] = typed
        self.changed.emit()

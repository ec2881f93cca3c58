"""Which importer takes the files, and what it is told: shown only where there is a choice."""

from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QVBoxLayout, QWidget

from studio.app.forms.form import Form
from studio.app.state.drafts import Typed
from studio.app.widgets.basic import label, row
from studio.formats.inspection import Inspection, Offer
from studio.literal import one_line
from studio.protocol.catalog import EntrySpec, FieldSpec

__all__ = ["ImporterChoice"]

CHOSEN_BELOW = ("item", "columns")
"""Kinds of options that are chosen from what was found, not in a form."""


class ImporterChoice(QWidget):
    """The importers that take the files, and a form of the options of the one chosen.

    Signals:
        changed: another importer, or another value of an option.
    """

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.importer = ""
        self.options: dict[str, Any] = {}
        self._offers: list[Offer] = []
        self._typed: dict[str, Typed] = {}
        self.form: Form | None = None
        self.list = QComboBox()
        self.list.setAccessibleName("What the files are taken for")
        self.list.activated.connect(self._choose)
        self._line = QWidget()
        self._line.setLayout(row(label("Take as"), self.list, None))
        self._body = QVBoxLayout(self)
        self._body.setContentsMargins(0, 0, 0, 0)
        self._body.addWidget(self._line)

    @property
    def problems(self) -> list[str]:
        """What was typed and cannot be taken."""
        return [f"{typed.title} {typed.why}." for typed in self._typed.values()]

    def show_found(self, found: Inspection) -> None:
        """Show the importers that take the files, and the one that was used."""
        self._offers = found.offers
        self.list.blockSignals(True)
        self.list.clear()
        for offer in found.offers:
            self.list.addItem(one_line(offer.title), offer.slug)
        self.list.setCurrentIndex(self.list.findData(found.importer))
        self.list.blockSignals(False)
        self._line.setVisible(len(found.offers) > 1)
        if found.importer != self.importer:
            self.importer = found.importer
            self._fill_form()
        if self.form is not None:
            self.form.show_unused(found.unused)
        self.setVisible(len(found.offers) > 1 or self.form is not None)

    def _choose(self, index: int) -> None:
        if self._offers[index].slug != self.importer:
            self.importer = self._offers[index].slug
            self._fill_form()
            self.changed.emit()

    def _fill_form(self) -> None:
        self.options, self._typed = {}, {}
        if self.form is not None:
            self._body.removeWidget(self.form)
            self.form.deleteLater()
            self.form = None
        offer = next((o for o in self._offers if o.slug == self.importer), None)
        fields = [f for f in offer.options if f.kind not in CHOSEN_BELOW] if offer else []
        if offer is None or not fields:
            return
        self.form = Form(
            EntrySpec(
                kind="importer",
                slug=offer.slug,
                title=offer.title,
                summary="",
                source="",
                fields=fields,
            )
        )
        self.form.edited.connect(self._edited)
        self.form.rejected.connect(self._rejected)
        self._body.addWidget(self.form)

    def _edited(self, field: FieldSpec, value: Any) -> None:
        self._typed.pop(field.path, None)
        self.options = {**self.options, field.path: value}
        if self.form is not None:
            self.form.show_config(self.options)
        self.changed.emit()

    def _rejected(self, field: FieldSpec, typed: Typed) -> None:
        self._typed[field.path] = typed
        self.changed.emit()

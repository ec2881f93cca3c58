"""Importer and its options, shown only if there is a choice. A few options are below it; many, as
column roles, in their own column (`ImporterChoice.beside`).
"""

from typing import Any

import msgspec
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QWidget

from pushforward.studio.app.core.draft_spec import Typed
from pushforward.studio.app.design.basic import Elided, column, label, row, scrolled
from pushforward.studio.app.design.forms.form import Form
from pushforward.studio.formats.inspection import Inspection, Offer
from pushforward.studio.literal import one_line
from pushforward.studio.protocol.catalog import Choice, EntrySpec, FieldSpec

__all__ = ["ImporterChoice"]

CHOSEN_BELOW = ("item", "columns")
"""Kinds of options that are chosen from what was found, not in a form."""
FEW = 6  # options that stand below each other above what was found
BESIDE = 392  # pixels for more
AS_FOUND = "By its name."
NOT_THERE = "Not in the files."
LIKELIEST = "Several formats fit; this is the most likely."
NONE = "none"
"""What an option of the kind "source" is where no column is to be taken."""


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
        self.list.setAccessibleName("File format")
        self.list.activated.connect(self._choose)
        self._line = QWidget()
        self.guess = Elided("", "muted")
        self._line.setLayout(row(label("Take as"), self.list, self.guess, None))
        self._body = column(self._line, parent=self, gap=None)
        self.beside = scrolled(QWidget())
        self.beside.setAccessibleName("Columns")
        self.beside.setFixedWidth(BESIDE)
        self.beside.hide()
        self._found = Inspection(files=[], importer="", kind="", format="", bytes=0)

    @property
    def problems(self) -> list[str]:
        """What was typed and cannot be taken."""
        return [f"{typed.title} {typed.why}." for typed in self._typed.values()]

    def show_found(self, found: Inspection) -> None:
        """Show the importers that take the files, and the one that was used."""
        self._offers, self._found = found.offers, found
        self.list.blockSignals(True)
        self.list.clear()
        for offer in found.offers:
            self.list.addItem(one_line(offer.title), offer.slug)
        self.list.setCurrentIndex(self.list.findData(found.importer))
        self.list.blockSignals(False)
        self._line.setVisible(len(found.offers) > 1)
        kinds = {offer.kind for offer in found.offers}
        first = found.importer == found.offers[0].slug if found.offers else False
        self.guess.set_text(LIKELIEST if len(kinds) > 1 and first else "")
        if found.importer != self.importer:
            self.importer = found.importer
            self._fill_form()
        elif self.form is not None and (entry := self._entry()) is not None:
            self.form.show_entry(entry)  # there may be other columns to choose from
            self.form.show_config(self.options)
        if self.form is not None:
            self.form.show_unused(found.unused)
            self.form.leave_out(found.settled)
        many = self.form is not None and len(self.form.rows) > FEW
        self.beside.setVisible(many)
        self.setVisible(len(found.offers) > 1 or (self.form is not None and not many))

    def _choose(self, index: int) -> None:
        if self._offers[index].slug != self.importer:
            self.importer = self._offers[index].slug
            self._fill_form()
            self.changed.emit()

    def _fill_form(self) -> None:
        self.options, self._typed = {}, {}
        if self.form is not None:
            self._body.removeWidget(self.form)
            self.beside.takeWidget()
            self.form.deleteLater()
            self.form = None
        entry = self._entry()
        if entry is None or not entry.fields:
            return
        self.form = Form(entry)
        self.form.edited.connect(self._edited)
        self.form.rejected.connect(self._rejected)
        if len(entry.fields) > FEW:
            self.beside.setWidget(self.form)
        else:
            self._body.addWidget(self.form)

    def _entry(self) -> EntrySpec | None:
        """Return the options of the importer that is chosen, as the settings of an entry."""
        offer = next((o for o in self._offers if o.slug == self.importer), None)
        if offer is None:
            return None
        fields = [self._chosen_from(f) for f in offer.options if f.kind not in CHOSEN_BELOW]
        return EntrySpec(
            kind="importer",
            slug=offer.slug,
            title=offer.title,
            summary="",
            source="",
            fields=fields,
        )

    def _chosen_from(self, field: FieldSpec) -> FieldSpec:
        """Return a field of the kind "source" as a choice from the columns that were found."""
        if field.kind != "source":
            return field
        found = self._found
        there = found.sources.get(field.path, []) if found.importer == self.importer else []
        looks = found.taken.get(field.path, "") if there else ""
        chosen = self.options.get(field.path)
        # What was chosen stays to be seen, also where other files do not have it.
        names = [*there, *([chosen] if chosen and chosen not in (*there, NONE) else [])]
        choices = [
            Choice(
                value="",
                title=f"{one_line(looks)}, as found"
                if looks
                else "none"
                if there
                else "none found",
                help=AS_FOUND,
            ),
            *(Choice(value=name, title=one_line(name)) for name in names),
        ]
        if looks or chosen == NONE:  # where none looks like it, two entries would say so
            choices.append(Choice(value=NONE, title="none", help=NOT_THERE))
        return msgspec.structs.replace(field, kind="choice", choices=choices)

    def _edited(self, field: FieldSpec, value: Any) -> None:
        self._typed.pop(field.path, None)
        self.options = {**self.options, field.path: value}
        if self.form is not None:
            self.form.show_config(self.options)
        self.changed.emit()

    def _rejected(self, field: FieldSpec, typed: Typed) -> None:
        self._typed[field.path] = typed
        self.changed.emit()

"""The switch on the screen: which field says where particles go, and whether a network is carried.

Everything in it comes from the catalogue. What cannot be combined is shown, disabled, with the
reason and the nearest thing that can.
"""

import re
from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtGui import QStandardItem, QStandardItemModel
from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from studio.app.actions import Actions
from studio.app.forms import editors
from studio.app.forms.form import LABEL_WIDTH
from studio.app.help.pages import family_slug
from studio.app.state import drafts, switch
from studio.app.state.draft import Draft
from studio.app.state.rescaling import chosen_h
from studio.app.state.session import AppState
from studio.app.widgets.basic import Elided, button, clear, label, row
from studio.app.widgets.formula import Formula
from studio.app.widgets.literal import set_tip
from studio.protocol.catalog import Catalog, EntrySpec
from studio.protocol.spec import RunSpec

__all__ = ["SwitchPanel"]

OTHER = "other:"
_WORK = re.compile(r"[A-Z][\w\-]+(?: et al\.| and [A-Z][\w\-]+)? \d{4}")
FIELD_TIPS = {
    "score": "The slope of log p, known from a denoiser.",
    "score-difference": "The slope of log p − log q, from two denoisers: of data and of particles.",
    "critic": "The slope of a critic d = log p/q, rescaled by h.",
    "kernel": "The slope of a kernel's witness function (MMD): nothing is learnt.",
    "exact": "The slope of log p itself, for data whose law is known.",
}
GENERATOR_TIPS = (
    "Particles are free: each goes where the field sends it.",
    "A network pushes noise forward, and follows where the field sends its particles.",
)
WITHOUT_TIPS = (
    "From the prior to the data along flow time, anew for each sample.",
    "The same particles all along: each training step moves them.",
)


class SwitchPanel(QWidget):
    """Field, generator, how free particles move; below, the motion that results."""

    def __init__(self, state: AppState, actions: Actions) -> None:
        super().__init__()
        self._state, self._actions = state, actions
        self.field = editors.ChoiceList([], "Field")
        self.field.activated.connect(self._field_chosen)
        self.generator = editors.Segments(["None", "Network"], "Generator")
        self.generator.chosen.connect(self._generator_chosen)
        self.without = editors.Segments(["flow time", "training"], "Particles move along")
        self.without.chosen.connect(self._without_chosen)
        self.variant = editors.ChoiceList([], "Model")
        self.variant.activated.connect(self._variant_chosen)
        self._slugs: list[str] = []
        self._offered: tuple[object, ...] = ()
        self._lines = {
            "field": self._line("Field", self.field),
            "generator": self._line("Generator", self.generator),
            "without": self._line("Move along", self.without),
            "variant": self._line("Model", self.variant),
        }
        self.note = label("", "small", wrap=True)
        self._offers = QVBoxLayout()
        self._offers.setSpacing(0)
        self.motion = Formula()
        self.rescaling = Formula(15, "muted")
        self.warning = label("", "warm", wrap=True)
        self.title = label("", "strong", wrap=True)
        self.summary = label("", "muted", wrap=True)
        self.source = label("", "small", wrap=True)
        self.about = button("About this model", self._tell_more, kind="link")
        set_tip(self.about, "Its stages and all its settings, in the help (F1)")
        self._lay_out()

    def _line(self, title: str, editor: QWidget) -> QWidget:
        name = Elided(title)
        name.setFixedWidth(LABEL_WIDTH)
        name.setBuddy(editor)
        line = QWidget()
        inside = row(name, editor, gap=4)
        inside.setStretch(1, 1)
        line.setLayout(inside)
        return line

    def _lay_out(self) -> None:
        card = QFrame()
        card.setProperty("surface", "raised")
        inside = QVBoxLayout(card)
        inside.setContentsMargins(12, 10, 12, 10)
        inside.setSpacing(4)
        for each in (self.motion, self.rescaling):
            inside.addWidget(each)
        inside.addSpacing(2)
        for words in (self.warning, self.title, self.summary, self.source):
            inside.addWidget(words)
        inside.addWidget(self.about, 0, Qt.AlignmentFlag.AlignLeft)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        for line in self._lines.values():
            layout.addWidget(line)
        layout.addWidget(self.note)
        layout.addLayout(self._offers)
        layout.addSpacing(2)
        layout.addWidget(card)

    # Showing

    def refresh(self) -> None:
        """Show the draft as it is now."""
        draft, catalog = self._state.draft, self._state.catalog
        if draft is None or catalog is None:
            return
        entry = drafts.entry_of(draft.spec, "family", catalog)
        kind = catalog.kind_of(draft.spec.dataset)
        self._offer_fields(catalog, kind)
        field = entry.field if entry is not None else ""
        chosen = field if field in switch.FIELDS else f"{OTHER}{draft.spec.family.slug}"
        self.field.setCurrentIndex(self.field.findData(chosen))
        self._show_carriers(catalog, entry, kind)
        self._say(draft, catalog, entry, kind)
        self._show_motion(draft.spec, catalog, entry)

    def _offer_fields(self, catalog: Catalog, kind: str) -> None:
        if self._offered == (id(catalog), kind):
            return
        self._offered = (id(catalog), kind)
        rows = []
        for field, title in switch.FIELDS.items():
            reasons = [switch.why_not(catalog, field, c, kind) for c in switch.CARRIERS]
            any_modality = [c for c in switch.CARRIERS if switch.cell(catalog, field, c)]
            if any_modality:  # a field without any family is not worth a line
                rows.append((field, title, reasons[0] if all(reasons) else ""))
        others = switch.others(catalog, kind)
        self.field.clear()
        for field, title, reason in rows:
            self.field.addItem(title, field)
            self._mark(self.field.count() - 1, reason, reason or FIELD_TIPS[field])
        if others:
            self.field.addItem("Other models", "")
            self._mark(self.field.count() - 1, "heading", "")
        for each in others:
            self.field.addItem(each.title, f"{OTHER}{each.slug}")
            self._mark(self.field.count() - 1, "", each.summary)

    def _mark(self, index: int, reason: str, tip: str) -> None:
        model = self.field.model()
        item = model.item(index) if isinstance(model, QStandardItemModel) else None
        if isinstance(item, QStandardItem):
            item.setEnabled(not reason)
            set_tip(item, tip)

    def _show_carriers(self, catalog: Catalog, entry: EntrySpec | None, kind: str) -> None:
        field = entry.field if entry is not None else ""
        carrier = entry.carrier if entry is not None else ""
        in_grid = field in switch.FIELDS
        self._lines["generator"].setVisible(in_grid)
        if in_grid:
            reasons = {c: switch.why_not(catalog, field, c, kind) for c in switch.CARRIERS}
            free = [c for c in switch.WITHOUT if not reasons[c]]
            self.generator.allow(0, "" if free else reasons["flow"], GENERATOR_TIPS[0])
            self.generator.allow(1, reasons[switch.GENERATOR], GENERATOR_TIPS[1])
            self.generator.select(int(carrier == switch.GENERATOR))
            both = len(free) == len(switch.WITHOUT) and carrier != switch.GENERATOR
            for place, tip in enumerate(WITHOUT_TIPS):
                self.without.allow(place, "", tip)
            if carrier in switch.WITHOUT:
                self.without.select(switch.WITHOUT.index(carrier))
        self._lines["without"].setVisible(in_grid and both)
        alike = switch.cell(catalog, field, carrier, kind) if in_grid else []
        self._slugs = [each.slug for each in alike]
        self._lines["variant"].setVisible(len(alike) > 1)
        if [self.variant.itemText(i) for i in range(self.variant.count())] != [
            each.title for each in alike
        ]:
            self.variant.clear()
            self.variant.addItems([each.title for each in alike])
        if entry is not None and entry.slug in self._slugs:
            self.variant.setCurrentIndex(self._slugs.index(entry.slug))

    def _say(self, draft: Draft, catalog: Catalog, entry: EntrySpec | None, kind: str) -> None:
        """Say what was taken instead, or why the generator cannot be turned, and offer a way."""
        note, offers = draft.note, []
        if not note and entry is not None and entry.field in switch.FIELDS:
            with_one = entry.carrier == switch.GENERATOR
            other = "" if with_one else switch.GENERATOR
            wanted = switch.WITHOUT[0] if with_one else switch.GENERATOR
            free = any(switch.cell(catalog, entry.field, c, kind) for c in switch.WITHOUT)
            if not (with_one and free):
                note = switch.why_not(catalog, entry.field, wanted, kind)
            if note:
                instead = switch.switch(draft.spec, catalog, carrier=other, aside=draft.aside)
                found = catalog.get("family", instead.spec.family.slug)
                if found is not None and found is not entry:
                    offers.append((f"Take {found.title} instead", other))
        self.note.setText(note)
        self.note.setVisible(bool(note))
        clear(self._offers)
        for text, carrier in offers:
            way = button(text, partial(self._actions.setup.switch, carrier=carrier), kind="link")
            self._offers.addWidget(way, 0, Qt.AlignmentFlag.AlignLeft)

    def _show_motion(self, spec: RunSpec, catalog: Catalog, entry: EntrySpec | None) -> None:
        self.motion.set_text(entry.motion if entry is not None else "")
        self.title.setText(entry.title if entry is not None else spec.family.slug)
        self.summary.setText(entry.summary if entry is not None else "")
        self.source.setText(_works(entry.source) if entry is not None else "")
        set_tip(self.source, entry.source if entry is not None else "")
        self.about.setVisible(entry is not None)
        h = chosen_h(spec, catalog)
        self.rescaling.set_text(h.formula if h is not None else "")
        set_tip(self.rescaling, h.spec.title if h is not None else "")
        reason = h.spec.reason if h is not None else ""
        warning = f"Not monotone: {reason.partition(':')[0].rstrip('.')}." if reason else ""
        self.warning.setText(warning)
        set_tip(self.warning, reason)
        self.warning.setVisible(bool(warning))

    def fits(self, search: str) -> bool:
        """Whether a search for a setting finds the switch."""
        words = "field generator carrier particles move network motion model family"
        return all(word in words for word in search.lower().split())

    def _tell_more(self) -> None:
        draft = self._state.draft
        if draft is not None:
            self._state.show_help(family_slug(draft.spec.family.slug))

    # Turning

    def _field_chosen(self, index: int) -> None:
        value = str(self.field.itemData(index) or "")
        if value.startswith(OTHER):
            self._actions.setup.choose("family", value.removeprefix(OTHER))
        elif value:
            self._actions.setup.switch(field=value)

    def _generator_chosen(self, index: int) -> None:
        self._actions.setup.switch(carrier=switch.GENERATOR if index else "")

    def _without_chosen(self, index: int) -> None:
        self._actions.setup.switch(carrier=switch.WITHOUT[index])

    def _variant_chosen(self, index: int) -> None:
        self._actions.setup.choose("family", self._slugs[index])


def _works(source: str) -> str:
    """Return the works that a source names, by author and year; the source itself if none."""
    found = list(dict.fromkeys(_WORK.findall(source)))
    return "; ".join(found) or source

"""Forms generated from setting descriptions.

The form stores no values: it gets a config (only non-defaults) and reports changes and invalid
input, which stays in its line with the reason until fixed. Settings without effect are hidden;
advanced ones are folded; a search shows matches with the reason if they have no effect.
`show_entry` exchanges settings that depend on a choice, and leaves others alone.
"""

from collections.abc import Collection, Mapping
from typing import Any

import msgspec
from PySide6.QtCore import QRect, QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QLabel, QLineEdit, QVBoxLayout, QWidget

from pushforward.studio.app.core.draft_spec import Typed, changed, value_at
from pushforward.studio.app.core.setting_options import Offers
from pushforward.studio.app.design.basic import column, discard, icon_button, label, row
from pushforward.studio.app.design.fold import Fold
from pushforward.studio.app.design.forms.editor_factory import make
from pushforward.studio.app.design.literal_text import set_tip
from pushforward.studio.app.text import setting_values
from pushforward.studio.protocol.catalog import EntrySpec, FieldSpec

__all__ = ["Form"]

LABEL_WIDTH = 118
UNDER = 2  # pixels between a setting and what is wrong with it
INDENT = 10  # pixels that the settings of what is chosen above stand in
BEHIND = 12  # pixels beside what is said behind a text
APART = 4  # pixels above a heading, and above a setting that others follow from


class Row(QWidget):
    """A setting's line: its title, a dot if it was changed, the editor, and below it what is
    wrong.
    """

    reset = Signal()

    def __init__(self, field: FieldSpec) -> None:
        super().__init__()
        self.field = field
        self.editor = make(field)
        self.title = label(field.title, wrap=True)
        self.title.setBuddy(self.editor.heir)
        self._reset = icon_button("reset", f"Reset {field.title}")
        self._reset.setFixedSize(QSize(20, 20))
        self._reset.clicked.connect(self.reset)
        keep = self._reset.sizePolicy()
        keep.setRetainSizeWhenHidden(True)  # nothing jumps when a value changes
        self._reset.setSizePolicy(keep)
        self._reset.hide()
        self._dot = label("•", "accent")
        self._dot.setAccessibleName("changed")
        self._dot.setVisible(False)
        head = QWidget()
        head.setFixedWidth(LABEL_WIDTH)
        line = row(self.title, self._dot, self._reset, gap=2)
        line.setStretch(0, 1)  # a long title takes a second line, and never the room of the marks
        line.setContentsMargins(INDENT if self.follows else 0, 0, 0, 0)
        head.setLayout(line)
        self.problem = label("", "danger", wrap=True)
        self.problem.hide()
        self.problem.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._below = True  # it is said there, and not behind what was typed
        both = row(head, (self.editor, 1), gap=4)
        layout = column(
            both,
            self.problem,
            parent=self,
            gap=UNDER,
            margins=(0, APART if self.leads else 0, 0, 0),
        )
        self._note = label("", "small", wrap=True)
        self._note.hide()
        layout.addWidget(self._note)
        self._help = _help(field)
        set_tip(self, self._help)

    @property
    def leads(self) -> bool:
        """Whether it stands above settings that follow from it, as their heading."""
        return self.field.chooses or self.field.kind == "part"

    @property
    def follows(self) -> bool:
        """Whether it is a setting of what is chosen above it."""
        return bool(self.field.under or self.field.inside) and not self.field.advanced

    def show_changed(self, is_changed: bool) -> None:
        """Mark the setting as different from its default."""
        self._dot.setVisible(is_changed)
        self._reset.setVisible(is_changed)

    def show_problem(self, message: str) -> None:
        """Say what is wrong with it, "" for nothing: behind what was typed, where that leaves room,
        so that nothing moves; else below. What that took of room is kept: while somebody types, a
        value may be wrong and right again, and the settings below stay where they are.
        """
        self.problem.setText(message)
        self._place_problem()
        self.problem.setVisible(bool(message))

    def show_note(self, text: str) -> None:
        """Show a note below, "" for none."""
        self._note.setText(text)
        self._note.setVisible(bool(text))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self.problem.text():
            self._place_problem()

    def _place_problem(self) -> None:
        room = self._room_behind()
        inside = room is not None
        if inside == self._below and (layout := self.layout()) is not None:
            self._below = not inside
            if inside:
                layout.removeWidget(self.problem)
            else:
                layout.addWidget(self.problem)
            self.problem.setWordWrap(not inside)
        if room is not None:
            self.problem.setGeometry(room)
            self.problem.raise_()
        elif self.problem.text() and self.isVisible():
            self.problem.setMinimumHeight(max(self.problem.minimumHeight(), self._said_height))
            keep = self.problem.sizePolicy()
            keep.setRetainSizeWhenHidden(True)
            self.problem.setSizePolicy(keep)

    def _room_behind(self) -> QRect | None:
        """Return where what is wrong has room behind what was typed, None where it has not."""
        line = self.editor.findChild(QLineEdit)
        if line is None or not self.problem.text() or self._keeps_room:
            return None
        wide = self.problem.fontMetrics().horizontalAdvance(self.problem.text()) + BEHIND
        typed = line.fontMetrics().horizontalAdvance(line.text()) + 2 * BEHIND
        unit = line.textMargins().right()  # which stands at the end
        if wide + typed + unit > line.width():
            return None
        corner = line.mapTo(self, line.rect().topRight())
        return QRect(corner.x() - unit - wide, corner.y(), wide, line.height())

    @property
    def _keeps_room(self) -> bool:
        return self.problem.sizePolicy().retainSizeWhenHidden()

    @property
    def _said_height(self) -> int:
        return max(0, self.problem.heightForWidth(self.width()))

    @property
    def wrong_height(self) -> int:
        """How much higher it is for what is wrong with it, in pixels."""
        if not self._keeps_room:
            return 0
        return max(self.problem.minimumHeight(), self._said_height) + UNDER

    def show_relevance(self, reason: str) -> None:
        """Disable it while it does not matter, saying why."""
        self.editor.setEnabled(not reason)
        set_tip(self, reason or self._help)

    def fits(self, search: str) -> bool:
        """Whether a search finds it."""
        field = self.field
        words = [field.title, field.path, field.help, field.group, field.unit]
        words += [choice.title for choice in field.choices if field.chooses]
        haystack = " ".join(words).lower()
        return all(word in haystack for word in search.lower().split())


class Form(QWidget):
    """The settings of one catalogue entry."""

    edited = Signal(object, object)  # the field, its new value
    rejected = Signal(object, object)  # the field, what was `Typed` and cannot be taken

    def __init__(self, entry: EntrySpec, *, folds: bool = True) -> None:
        """Advanced settings are folded, or else shown only where `show_everything` says so."""
        super().__init__()
        self._folds, self._everything = folds, folds
        self.entry = msgspec.structs.replace(entry, fields=[])
        self.rows: dict[str, Row] = {}
        self._config: Mapping[str, Any] = {}
        self._base: Mapping[str, Any] = {}
        self._typed: dict[str, Typed] = {}
        self._offers = Offers()
        self._search = ""
        self._kind = ""
        self._unused: Mapping[str, str] = {}
        self._left_out: Collection[str] = ()
        self._essentials: Collection[str] | None = None  # None: all that are not advanced
        self.shown = self.count = 0
        self._groups: dict[str, tuple[QLabel, list[Row]]] = {}
        self._layout = column(parent=self, gap=6)
        self.fold = Fold("Advanced")
        self._layout.addWidget(self.fold)  # first: shown without a parent it is a window
        self.show_entry(entry)
        self.show_config({})

    def show_entry(self, entry: EntrySpec) -> None:
        """Show the settings of an entry; the lines of those that stay as they were are kept, with
        the keyboard in them and what is typed there. `show_config` fills them.
        """
        before, self.entry = self.rows, entry
        self.rows = {}
        for field in entry.fields:
            kept = before.get(field.path)
            if kept is not None and kept.field == field:
                self.rows[field.path] = kept
                continue
            self.rows[field.path] = made = Row(field)
            made.editor.show_offers(self._offers)
            self._connect(made)
        self._typed = {path: typed for path, typed in self._typed.items() if path in self.rows}
        self._lay_out([each for path, each in before.items() if self.rows.get(path) is not each])

    def _lay_out(self, gone: list[Row]) -> None:
        """Plain settings in their groups, the advanced ones below in a fold."""
        for old in [*(heading for heading, _ in self._groups.values()), *gone]:
            for layout in (self._layout, self.fold.body):
                layout.removeWidget(old)
            discard(old)
        self._groups = {}
        # The entry's own settings come before those of its parts.
        rows = sorted(
            self.rows.values(), key=lambda row: bool(row.field.group or row.leads or row.follows)
        )
        advanced = [r for r in rows if r.field.advanced and self._folds]
        plain = [r for r in rows if r not in advanced]
        # The heading of what follows from a choice is the choice.
        headed = {row.field.title for row in plain if row.leads}
        for each in plain:
            self._add(self._layout, each, headed)
        for each in advanced:
            self._add(self.fold.body, each)
        self._layout.addWidget(self.fold)
        self.fold.setVisible(bool(advanced))

    def _add(self, layout: QVBoxLayout, each: Row, headed: Collection[str] = ()) -> None:
        group = each.field.group
        key = f"{id(layout)}:{group}"
        if each.follows and group in headed:
            group = ""
        if group and key not in self._groups:
            heading = label(group, "muted")
            heading.setContentsMargins(0, APART, 0, 0)
            layout.addWidget(heading)
            self._groups[key] = (heading, [])
        if group:
            self._groups[key][1].append(each)
        layout.addWidget(each)

    def _connect(self, each: Row) -> None:
        each.editor.edited.connect(lambda value: self._edited(each, value))
        each.editor.rejected.connect(lambda typed: self._rejected(each, typed))
        each.reset.connect(lambda: self._reset(each))

    def _reset(self, each: Row) -> None:
        each.editor.settle()
        self._edited(each, value_at(self._base, each.field))

    def _edited(self, each: Row, value: Any) -> None:
        self._typed.pop(each.field.path, None)
        each.show_problem("")
        self.edited.emit(each.field, value)
        # What does not matter any more is out of sight: a wrong text in it must not hold things up.
        for path in [path for path in self._typed if self._irrelevant(self.rows[path].field)]:
            other = self.rows[path]
            other.editor.settle()
            self._edited(other, value_at(self._config, other.field))

    def _rejected(self, each: Row, typed: Typed) -> None:
        self._typed[each.field.path] = typed
        each.show_problem(_sentence(typed.why))
        self.rejected.emit(each.field, typed)

    @property
    def is_right(self) -> bool:
        """Whether every setting that matters can be read."""
        return not self._typed

    def show_typed(self, typed: Mapping[str, Typed]) -> None:
        """Say which texts, by path, stand in place of values; `show_config` shows them."""
        self._typed = {path: each for path, each in typed.items() if path in self.rows}

    def show_config(self, config: Mapping[str, Any], base: Mapping[str, Any] | None = None) -> None:
        """Show the values of a config; a line being typed in keeps what is typed. What differs from
        ``base``, or from its default, is marked as changed.
        """
        self._config, self._base = config, base or {}
        for path, each in self.rows.items():
            typed = self._typed.get(path)
            if typed is not None:
                each.editor.show_typed(typed)
            else:
                each.editor.show_value(value_at(config, each.field))
            each.show_problem(_sentence(typed.why) if typed is not None else "")
            each.show_changed(changed(config, each.field, self._base))
        self._show_rows()

    def show_offers(self, offers: Offers) -> None:
        """Say what settings can refer to."""
        if offers != self._offers:
            self._offers = offers
            for each in self.rows.values():
                each.editor.show_offers(offers)

    def show_kind(self, kind: str) -> None:
        """Leave out the settings that do not matter for this kind of data, "" for any."""
        if kind != self._kind:
            self._kind = kind
            self._show_rows()

    def show_everything(self, on: bool) -> None:
        """Show also the advanced settings."""
        if on != self._everything:
            self._everything = on
            self._show_rows()

    def show_essentials(self, paths: Collection[str]) -> None:
        """Show only these settings until all are shown."""
        if paths != self._essentials:
            self._essentials = paths
            self._show_rows()

    @property
    def plain(self) -> list[FieldSpec]:
        """The settings that are not advanced and have an effect now."""
        fields = [field for field in self.entry.fields if field.path not in self._left_out]
        return [field for field in fields if not field.advanced and not self._irrelevant(field)]

    def search(self, text: str) -> int:
        """Show only what a search finds; return how many settings that is."""
        self._search = text.strip()
        return self._show_rows()

    def show_problem(self, path: str, message: str) -> bool:
        """Say at a setting what is wrong with it; False if the form does not have it."""
        each = self.row_of(path)
        if each is None:
            return False
        if each.field.path not in self._typed:  # else it is about a value that is not seen
            here = each.field.path.startswith(path)
            name = path.rpartition(".")[2]
            each.show_problem(_sentence(message) if here else f"{name}: {message}")
            self._show_rows()  # one that is not shown is, now
        return True

    def show_notes(self, notes: Mapping[str, str]) -> None:
        """Say at settings, by path, what follows from them as they are."""
        for path, each in self.rows.items():
            each.show_note(notes.get(path, ""))

    @property
    def wrong_height(self) -> int:
        """How much higher it is for what is wrong with its settings, in pixels."""
        return sum(row.wrong_height for row in self.rows.values() if not row.isHidden())

    def row_of(self, path: str) -> Row | None:
        """Return the line of a setting. One that is no setting of what is chosen is where that is
        chosen.
        """
        if path in self.rows:
            return self.rows[path]
        while path:
            chooser = self.rows.get(f"{path}.slug")
            if chooser is not None:
                return chooser
            path = path.rpartition(".")[0]
        return None

    def show_unused(self, reasons: Mapping[str, str]) -> None:
        """Disable the settings that say nothing here, by path, each with the reason; they stay in
        sight.
        """
        self._unused = reasons
        self._show_rows()

    def leave_out(self, paths: Collection[str]) -> None:
        """Say which settings are chosen elsewhere, by path, and have no line here."""
        if paths != self._left_out:
            self._left_out = paths
            self._show_rows()

    def focus(self, path: str) -> bool:
        """Bring the keyboard to a setting; False if the form does not have it."""
        each = self.row_of(path)
        if each is None or each.field.path in self._left_out:
            return False
        if each.field.advanced and self._folds:
            self.fold.open(True)
        each.setVisible(True)
        each.editor.take_keyboard()
        return True

    def _show_rows(self) -> int:
        found = self.count = 0
        for each in self.rows.values():
            reason = self._irrelevant(each.field)
            held = self._unused.get(each.field.path, "") or self._fixed(each.field)
            here = each.field.path not in self._left_out
            self.count += here and not reason
            plain = self._everything or self._is_essential(each) or each.problem.text()
            wanted = here and (each.fits(self._search) if self._search else plain and not reason)
            each.show_relevance(reason or held)
            each.setVisible(bool(wanted))
            found += bool(wanted)
        for heading, members in self._groups.values():
            heading.setVisible(any(not each.isHidden() for each in members))
        folded = self._folds and self.rows.values()
        hits = [r for r in folded or () if r.field.advanced and not r.isHidden()]
        self.fold.setVisible(bool(hits))
        if self._search and hits:
            self.fold.open(True)
        self.shown = found
        return found

    def _is_essential(self, each: Row) -> bool:
        if self._essentials is None:
            return not each.field.advanced
        return each.field.path in self._essentials

    def _fixed(self, field: FieldSpec) -> str:
        """Return why a setting is what it is, "" where a person chooses."""
        if not field.fixed:
            return ""
        return (
            f"{_sentence(self._kind)} have this condition, so every model of them is "
            "conditioned on it."
        )

    def _irrelevant(self, field: FieldSpec) -> str:
        """Return why a setting does not matter now, "" if it does."""
        if self._kind and field.kinds and self._kind not in field.kinds:
            return f"Matters only for {' and '.join(field.kinds)}."
        part = self.rows.get(field.inside)
        if part is not None and value_at(self._config, part.field) is None:
            return f"Used only if {part.field.title} is on."
        depends = field.depends
        if depends is None or depends.path not in self.rows:
            return ""
        other = self.rows[depends.path].field
        above = self._irrelevant(other)
        if above:
            return above
        if value_at(self._config, other) in depends.values:
            return ""
        titles = " or ".join(setting_values.title_of(other, value) for value in depends.values)
        return f"Used only if {other.title} is {titles}."


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def _help(field: FieldSpec) -> str:
    """Return the help of a setting with its range and its default."""
    facts = []
    limits = setting_values.bounds(field)
    if limits:
        facts.append(f"{limits}{f' {field.unit}' if field.unit else ''}")
    facts.append(f"default {setting_values.title_of(field, field.default)}")
    return f"{field.help}\n{'; '.join(facts)}".strip()

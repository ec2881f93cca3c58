"""The table of an evaluation on request: value, floor, n."""

from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QWidget

from pushforward.studio.app.core import draft_spec, run_verdict
from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.display_names import metric_title
from pushforward.studio.app.core.evaluation_results import Evaluated
from pushforward.studio.app.design.basic import Elided, clear, column, label, restyle
from pushforward.studio.app.design.literal_text import set_tip
from pushforward.studio.app.text import metric_reference, number_format, setting_values
from pushforward.studio.protocol.catalog import EntrySpec, FieldSpec

__all__ = ["EvaluatedCard"]

HEADS = ("Metric", "Value", "Better", "Held against", "n", "Verdict")
COUNT, VERDICT = 4, 5  # columns
DOUBTFUL = (
    "Metrics without a mark are within the noise floor. This is too few samples to be sure; use {}."
)
GAP, MARGIN = 18, 14  # pixels between two columns, and beside all


class EvaluatedCard(QFrame):
    """A line per metric, with reasons of missing ones and the settings below; hidden without an
    evaluation.
    """

    def __init__(self, state: AppState) -> None:
        super().__init__()
        self._state = state
        self._shown: Evaluated | None = None
        self._most: int | None = None
        self._besides: list[QWidget] = []  # verdicts in a column of their own
        self._belows: list[QWidget] = []  # and below their metrics
        self._columns: list[list[QWidget]] = [[] for _ in HEADS]
        self.setProperty("surface", "raised")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.title, self.about = label("", "strong"), label("", "small", wrap=True)
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(GAP)
        self._grid.setVerticalSpacing(4)
        self._grid.setColumnStretch(0, 1)
        layout = column(
            self.title, self.about, self._grid, parent=self, margins=(MARGIN, 10, MARGIN, 12)
        )
        self.notes = label("", "small", wrap=True)
        layout.addWidget(self.notes)
        self.hide()

    def show_figures(self, found: Evaluated | None, most: int | None = None) -> None:
        """Show the figures of an evaluation, None for none; ``most`` is of how many samples the
        data allow one.
        """
        self.setVisible(found is not None and bool(found.values or found.notes))
        if found is None or (found, most) == (self._shown, self._most):
            return
        self._shown, self._most = found, most
        # What follows may lay out what is there so far: an error in that would end the program.
        self._besides, self._belows = [], []
        self._columns = [[] for _ in HEADS]
        few = metric_reference.few(min(found.counts.values(), default=None))
        told = f"Evaluated at step {found.step:,}, seed {found.seed}"
        self.title.setText(f"{told}; {few}" if few else told)
        doubtful = self._doubtful(found)
        once = len(doubtful) > 1  # a sentence that stands everywhere is read nowhere
        self.about.setText(DOUBTFUL.format(metric_reference.takes(most)) if once else "")
        self.about.setVisible(once)
        said = " ".join(filter(None, (*found.notes, self._settings(found))))
        self.notes.setText(said)
        self.notes.setVisible(bool(said))
        clear(self._grid)
        right = Qt.AlignmentFlag.AlignRight
        for place, head in enumerate(HEADS):
            alignment = right if place else Qt.AlignmentFlag.AlignLeft
            made = label(head, "small")
            self._grid.addWidget(made, 0, place, alignment)
            self._columns[place].append(made)
        self._besides.append(made)
        for number, (slug, value) in enumerate(found.values.items()):
            line = 1 + 2 * number
            entry = self._entry(slug)
            against = metric_reference.bar(entry, found.floors, slug) or "\u2013"
            better = entry.better if entry is not None else ""
            said, level = self._verdict(found, entry, slug, value)
            texts = (_value(found, entry, slug, value), better, against)
            title = metric_title(slug, self._state.catalog)
            name = Elided(title, "muted")
            set_tip(name, metric_reference.explained(entry))
            count = f"{found.counts[slug]:,}" if slug in found.counts else ""
            heard = ", ".join(filter(None, (*texts, f"n = {count}", said)))
            name.setAccessibleName(f"{title}: {heard}")
            said = "" if once and slug in doubtful else said
            self._grid.addWidget(name, line, 0)
            for place, text in enumerate((*texts, count), 1):
                cell = label(text, "small" if place == COUNT else "")
                self._grid.addWidget(cell, line, place, right)
                self._columns[place].append(cell)
            beside, below = label(said, level), label(said, "small")
            restyle(below, level=level)
            self._grid.addWidget(beside, line, VERDICT, right)
            self._grid.addWidget(below, line + 1, 0, 1, COUNT + 1)
            self._besides.append(beside)
            self._columns[0].append(name)
            self._columns[VERDICT].append(beside)
            self._belows += [below] if said else []
            below.setVisible(False)
        self._place()

    def _place(self) -> None:
        """Say verdicts in a column, or below where a name would be cut off for it."""
        wide = self._shown is not None and self.width() >= self._whole_width()
        for each in self._besides:
            each.setVisible(wide)
        for each in self._belows:
            each.setVisible(not wide)

    def _whole_width(self) -> int:
        """Return from which width on all there is to say has room side by side."""
        wide = [[each.sizeHint().width() for each in column] for column in self._columns]
        widest = (max(column, default=0) for column in wide)
        return sum(widest) + GAP * (len(self._columns) - 1) + 2 * MARGIN

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place()

    def _doubtful(self, found: Evaluated) -> set[str]:
        """Return the metrics with too few samples for a verdict."""
        stand = {
            slug: run_verdict.compare_metric_with_floor(
                self._entry(slug), found.floors, slug, value, found.counts.get(slug)
            )
            for slug, value in found.values.items()
            if slug in found.floors and not metric_reference.few(found.counts.get(slug))
        }
        return {slug for slug, each in stand.items() if each == "few"}

    def _verdict(
        self, found: Evaluated, entry: EntrySpec | None, slug: str, value: float
    ) -> tuple[str, str]:
        """Return the verdict of a metric value and its colour."""
        n, ends = found.counts.get(slug), found.intervals.get(slug)
        said, level = run_verdict.judged(
            entry, found.floors, slug, value, n, ends=ends, most=self._most
        )
        # How many they are stands beside it.
        of = f"n\u00a0=\u00a0{n or 0:,}"
        return said.replace(f" at {of}", "", 1).removeprefix(f"{of} "), level

    def _settings(self, found: Evaluated) -> str:
        """Say with which settings figures were measured: of how many grey levels, say."""
        told = []
        for slug, config in found.settings.items():
            entry = self._entry(slug)
            fields = entry.fields if entry is not None else []
            each = [
                f"{field.title.lower()} {_setting(field, draft_spec.value_at(config, field))}"
                for field in fields
                if draft_spec.matters(dict(config), field, fields)
            ]
            if entry is not None and each:
                told.append(f"{entry.title}: {', '.join(each)}")
        return f"Measured with: {'; '.join(told)}." if told else ""

    def _entry(self, slug: str) -> EntrySpec | None:
        catalog = self._state.catalog
        return catalog.get("metric", slug) if catalog is not None else None


def _setting(field: FieldSpec, value: Any) -> str:
    """Format a setting with few digits."""
    if field.kind == "float" and isinstance(value, float):
        return f"{number_format.figure(value)} {field.unit}".rstrip()
    return setting_values.title_of(field, value)


def _value(found: Evaluated, entry: EntrySpec | None, slug: str, value: float) -> str:
    if slug not in found.intervals:
        return metric_reference.measured(entry, value)
    low, high = map(number_format.figure, found.intervals[slug])
    return f"{metric_reference.measured(entry, value)} ({low} to {high})"

"""The headline metric of a run: large, with its reference and a verdict."""

from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.latest_metrics import newest_figure
from pushforward.studio.app.core.memorisation import format_memorisation, memory_of
from pushforward.studio.app.core.metric_values import interval, outdated
from pushforward.studio.app.core.run_verdict import verdict_of
from pushforward.studio.app.core.runs import RunState
from pushforward.studio.app.design.basic import Elided, label, restyle, row
from pushforward.studio.app.design.literal_text import set_tip
from pushforward.studio.app.text import metric_reference, number_format
from pushforward.studio.protocol.curve_names import QUALITY

__all__ = ["Headline"]


class Headline(QWidget):
    """Title, value and floor, verdict, and step; dim when stale."""

    def __init__(self, state: AppState) -> None:
        super().__init__()
        self._state = state
        self.title = Elided("", "strong")
        self.value, self.floor = label("", "title"), Elided("", "muted")
        self.unit = label("", "muted")
        self.words, self.when = label("", wrap=True), label("", "small", wrap=True)
        self.memory = label("", "small", wrap=True)
        self._line = line = row(self.value, self.unit, None, gap=8)
        self._body = layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addWidget(self.title)
        layout.addLayout(line)
        layout.addWidget(self.floor)
        layout.addWidget(self.words)
        layout.addWidget(self.memory)
        layout.addWidget(self.when)

    def _fit(self) -> None:
        """Put the floor next to the value, or below if it would be cut."""
        parts = [self.value, self.unit] if self.unit.text() else [self.value]
        wide = sum(each.sizeHint().width() + self._line.spacing() for each in parts)
        beside = wide + self.floor.sizeHint().width() <= self.width()
        if beside != (self._line.indexOf(self.floor) >= 0):
            if beside:
                self._line.insertWidget(2, self.floor)
            else:
                self._line.removeWidget(self.floor)
                self._body.insertWidget(2, self.floor)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def show_run(self, run: RunState, slug: str = "") -> None:
        """Show a metric of a run, by default its first; hidden before it is measured."""
        found = verdict_of(run, self._state.catalog, slug)
        self.setVisible(found is not None)
        if found is None:
            return
        catalog = self._state.catalog
        entry = catalog.get("metric", found.slug) if catalog is not None else None
        self.title.set_text(found.title)
        for part in (self.title, self.floor):
            set_tip(part, metric_reference.explained(entry))
        nothing = found.says_nothing
        self.value.setText("n too small" if nothing else number_format.figure(found.value))
        self.unit.setText(entry.unit if entry is not None and not nothing else "")
        self.unit.setVisible(bool(self.unit.text()))
        restyle(self.value, dim="true" if found.stale else "false")
        said = metric_reference.measured(entry, found.value) if nothing else ""
        self.floor.set_text(", ".join(filter(None, [said, found.floor])))
        self._fit()
        self.words.setText(found.words)
        # Before the catalogue is there nobody knows which way is better.
        self.words.setVisible(bool(found.words) and catalog is not None)
        restyle(self.words, role=found.level if not found.stale else "muted")
        memory, known = format_memorisation(run, catalog), memory_of(run, catalog)
        if known is not None and known.slug == found.slug:
            memory = ""  # it is the metric that stands above
        self.memory.setText(memory)
        restyle(self.memory, role=known.level if known and known.level == "warm" else "small")
        self.memory.setVisible(bool(memory))
        between = interval(run, found.slug)
        old = outdated(run, f"{QUALITY}{found.slug}")
        own = metric_reference.AGAINST_OWN if run.measured_by_own else ""
        floors = newest.floors if (newest := newest_figure(run, found.slug)) is not None else {}
        limit = metric_reference.limit(entry, floors, found.slug, found.n)
        interval_text = between and f"95 %: {between}"
        more = [limit, found.when, own, interval_text, old, metric_reference.side(entry)]
        self.when.setText("; ".join(filter(None, more)))
        value = metric_reference.measured(entry, found.value)
        told = [value, found.floor, found.words, found.when, memory]
        self.setAccessibleName(f"{found.title}: {', '.join(filter(None, told))}")

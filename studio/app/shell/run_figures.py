"""The figures of a run in the inspector: quality in the groups of its kind, then what the training
says of itself.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QGridLayout, QLabel, QWidget

from studio.app import held
from studio.app.state.comparison import COST, QUALITY, samples_at
from studio.app.state.runs import PHASE, RunState
from studio.app.state.verdict import stands, tells
from studio.app.widgets.basic import Elided, clear, label, restyle, row, section
from studio.app.widgets.literal import set_tip
from studio.app.widgets.qualities import interval, outdated
from studio.protocol.catalog import EntrySpec

__all__ = ["Figure", "FigureGroups", "figures", "grouped"]

MORE, TRAINING = "Quality", "Training"
GAP = 8  # pixels between name, value and floor


@dataclass(frozen=True)
class Figure:
    """A line of the inspector; ``stale`` where the training has gone on a good way since, ``slug``
    that of its metric, "" of what the training says of itself; ``near`` where it cannot be told
    from its floor.
    """

    name: str
    value: str
    floor: str
    when: str
    stale: bool
    tip: str = ""
    slug: str = ""
    near: bool = False


def figures(
    run: RunState,
    name_of: Callable[[str], str],
    entry_of: Callable[[str], EntrySpec | None] = lambda slug: None,
) -> list[Figure]:
    """Return the newest figures of a run, quality before the family's own curves, each with the
    step that it is of, and what it is held against.
    """
    rows = []
    names = sorted(run.series, key=lambda name: (not name.startswith(QUALITY), name))
    for name in names:
        series = run.series[name]
        if not len(series) or name.startswith(COST) or name == PHASE:
            continue
        kind = name.removeprefix(QUALITY) if name.startswith(QUALITY) else ""
        slug, at = name.removeprefix(QUALITY), int(series.steps[-1])
        entry = entry_of(slug) if name.startswith(QUALITY) else None
        value = held.measured(entry, float(series.values[-1]))
        floor = held.bar(entry, run.floors, slug)
        when = f"at step {at:,}"
        n = samples_at(run, at) if name.startswith(QUALITY) else None
        when += f", n = {n:,}" if n is not None else ""
        when += f": {held.few(n)}" if held.few(n) else ""
        between = interval(run, slug, at) if name.startswith(QUALITY) else ""
        when += f", {between}" if between else ""
        phase = run.phase_at(at)
        if phase != run.phase_at(run.step):  # beside what another one makes now
            when += f", of the {run.phases[phase].name}" if phase >= 0 else ""
        last = float(series.values[-1])
        told = not kind or tells(run, entry, kind, n)
        near = stands(entry, run.floors, slug, last, n, tells=told) == "same"
        old = outdated(run, name) if name.startswith(QUALITY) else ""
        when += f"; {old}" if old else ""
        stale = bool(old) or run.step - at > max(1, run.step // held.STALE)
        tip = held.explained(entry)
        rows.append(Figure(name_of(name), value, floor, when, stale, tip, kind, near))
    return rows


def grouped(
    rows: Sequence[Figure], groups: Mapping[str, Sequence[str]], *, but: str = ""
) -> list[tuple[str, list[Figure]]]:
    """Return figures in the groups of slugs that a kind of data declares, then those of other
    metrics, then what the training says of itself; ``but`` is a metric that stands elsewhere.
    """
    titles = {slug: title for title, slugs in groups.items() for slug in slugs}
    found: dict[str, list[Figure]] = {title: [] for title in (*groups, MORE, TRAINING)}
    for figure in rows:
        if not figure.slug or figure.slug != but:
            title = titles.get(figure.slug, MORE) if figure.slug else TRAINING
            found[title].append(figure)
    return [(title, each) for title, each in found.items() if each]


class FigureGroups(QWidget):
    """A heading a group, with the step that most of its figures are of, and a line a figure; one of
    another step says so below its line, and is dim where it is old.
    """

    def __init__(self) -> None:
        super().__init__()
        self._built: list[tuple[str, list[tuple[str, bool]]]] = []
        self._heads: list[Elided] = []
        self.lines: list[tuple[QLabel, QLabel, QLabel]] = []  # of each figure: value, floor, when
        self._names: list[Elided] = []
        self._floors: list[str] = []
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(GAP)
        self._grid.setVerticalSpacing(3)
        self._grid.setColumnStretch(0, 1)
        self._grid.setColumnMinimumWidth(1, 48)
        self._grid.setColumnMinimumWidth(2, 60)

    def show_groups(self, groups: list[tuple[str, list[Figure]]]) -> None:
        """Show the figures as they are now."""
        self.setVisible(bool(groups))
        built = [
            (title, [(each.name, bool(each.floor)) for each in rows]) for title, rows in groups
        ]
        if built != self._built:
            self._built = built
            self._build(groups)
        lines = iter(self.lines)
        self._floors = [each.floor for _, rows in groups for each in rows]
        for head, (_, rows) in zip(self._heads, groups, strict=True):
            whens = [each.when for each in rows]
            most = max(whens, key=whens.count)
            head.set_text(most)
            for figure, (value, floor, when) in zip(rows, lines, strict=False):
                value.setText(figure.value)
                restyle(value, role="muted" if figure.stale else "")
                restyle(floor, level="good" if figure.near else "")
                when.setText(figure.when)
                when.setVisible(figure.when != most)
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """Write a floor in two lines where it would else cut a name."""
        held = [
            (name, value, floor, text)
            for name, (value, floor, _), text in zip(
                self._names, self.lines, self._floors, strict=True
            )
            if text
        ]
        names = max((name.sizeHint().width() for name, _, _, _ in held), default=0)
        values = max((_wide(value, value.text()) for _, value, _, _ in held), default=0)
        room = self.width() - names - values - 2 * GAP
        for _, _, floor, text in held:
            floor.ensurePolished()
            floor.setText(text if _wide(floor, text) <= room else text.replace(" ±", "\n±"))

    def _build(self, groups: list[tuple[str, list[Figure]]]) -> None:
        clear(self._grid)
        for line in range(self._grid.rowCount()):
            self._grid.setRowMinimumHeight(line, 0)  # it was that of another heading
        self._heads, self.lines, self._names = [], [], []
        right = Qt.AlignmentFlag.AlignRight
        line = 0
        for title, rows in groups:
            head = Elided("", "small")
            self._heads.append(head)
            self._grid.setRowMinimumHeight(line, 26)
            heading = row(section(title), None, head)
            heading.setAlignment(Qt.AlignmentFlag.AlignBottom)
            self._grid.addLayout(heading, line, 0, 1, 3)
            line += 1
            for figure in rows:
                name = Elided(figure.name)
                set_tip(name, figure.tip)
                parts = (label(), label("", "small"), label("", "small", wrap=True))
                parts[1].setAlignment(right)
                self.lines.append(parts)
                self._names.append(name)
                self._grid.addWidget(name, line, 0)
                # What has no floor may be as long as it is without making names of others shorter.
                self._grid.addWidget(parts[0], line, 1, 1, 1 if figure.floor else 2, right)
                if figure.floor:
                    self._grid.addWidget(parts[1], line, 2, right)
                self._grid.addWidget(parts[2], line + 1, 0, 1, 3)
                line += 2


def _wide(line: QLabel, text: str) -> int:
    return line.fontMetrics().horizontalAdvance(text)

"""The figures of several runs in a table: what they came to, and what that took."""

import math

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QLabel, QVBoxLayout, QWidget

from studio.app import held, words
from studio.app.state import comparison
from studio.app.state.comparison import QUALITY
from studio.app.state.runs import RunState
from studio.app.state.session import AppState
from studio.app.widgets.badge import Badge
from studio.app.widgets.basic import Elided, clear, label, restyle
from studio.app.widgets.comparenames import measure_title, short_name
from studio.app.widgets.literal import set_tip
from studio.protocol.events import SPREAD

__all__ = ["Finals", "short_count"]

LETTERS = 14  # of the measure's title over its column
COLUMNS = ("", "", "time", "steps", "params", "NFE")
TIPS = (
    "",
    "",
    "Training time",
    "Training steps done",
    "Parameters of all networks",
    "Network evaluations that one sample takes",
)


def short_count(n: int) -> str:
    """Return a large number in three digits: "33.5 k", "1.2 M"."""
    for size, unit in ((1e9, " G"), (1e6, " M"), (1e3, " k")):
        if n >= size:
            return f"{n / size:.3g}{unit}"
    return str(n)


class Finals(QWidget):
    """A line a run: value, time, steps, parameters, evaluations; the best value stands out."""

    def __init__(self, state: AppState) -> None:
        super().__init__()
        self._state = state
        self._measure = ""
        self._heads: list[QLabel] = []
        self._cells: list[list[QLabel]] = []
        self._names: list[Elided] = []
        self._caption = label("", "small", wrap=True)
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(8)
        self._grid.setVerticalSpacing(5)
        self._grid.setColumnStretch(1, 1)
        layout = QVBoxLayout(self)
        self.setMinimumWidth(350)
        layout.setContentsMargins(10, 12, 10, 8)
        layout.setSpacing(8)
        layout.addLayout(self._grid)
        layout.addWidget(self._caption)
        layout.addStretch(1)

    def show_runs(self, runs: list[RunState], measure: str) -> None:
        """Show the figures as they are now."""
        if len(runs) != len(self._cells):
            self._build(len(runs))
        self._measure = measure
        values = [_newest(run, measure) for run in runs]
        # What could not be measured has not won.
        best = self._best([v for v in values if v is not None and math.isfinite(v)], runs)
        title = measure_title(measure, self._state) if measure else ""
        self._heads[0].setText(_cut(title))
        set_tip(self._heads[0], title)
        for place, (run, value) in enumerate(zip(runs, values, strict=True)):
            self._names[place].set_text(short_name(run))
            won = value is not None and value == best
            texts = self._texts(run, value, won)
            for cell, text in zip(self._cells[place], texts, strict=True):
                cell.setText(text)
            restyle(self._cells[place][0], role="good" if won else "")
            set_tip(self._cells[place][0], "The best of these" if won else "")
            heads = (title, *COLUMNS[2:])
            spoken = ", ".join(f"{head} {text}" for head, text in zip(heads, texts, strict=True))
            self._names[place].setAccessibleName(f"{run.name}: {spoken}")
        even = "" if best is not None or len(values) < 2 else self._even(runs)
        self._caption.setText(" ".join(filter(None, [self._floor(runs), even])))

    def _best(self, values: list[float], runs: list[RunState]) -> float | None:
        """Return the best of some values; of a loss there is none, two families mean two things
        by it, and where all are equal, or the best two are no further apart than the metric is
        known, nobody has won.
        """
        if not self._measure.startswith(QUALITY) or len(set(values)) < 2:
            return None
        first, second, *_ = sorted(values, reverse=self._higher_is_better())
        return first if abs(first - second) > self._spread(runs) else None

    def _spread(self, runs: list[RunState]) -> float:
        """Return how far real data are spread about the floor; 0 where nobody measured that."""
        slug = self._measure.removeprefix(QUALITY)
        return max((run.floors.get(SPREAD + slug, 0.0) for run in runs), default=0.0)

    def _even(self, runs: list[RunState]) -> str:
        if not self._measure.startswith(QUALITY) or not self._spread(runs):
            return ""
        return "Nobody has a star: the best are no further apart than the spread."

    def _build(self, count: int) -> None:
        clear(self._grid)
        self._heads = [label("", "small") for _ in COLUMNS[1:]]
        for column, (head, name, tip) in enumerate(
            zip(self._heads, COLUMNS[1:], TIPS[1:], strict=True)
        ):
            head.setText(name)
            set_tip(head, tip)
            self._grid.addWidget(head, 0, column + 2, Qt.AlignmentFlag.AlignRight)
        self._names, self._cells = [], []
        for place in range(count):
            self._names.append(Elided("", middle=True))
            self._cells.append([label() for _ in self._heads])
            self._grid.addWidget(Badge(place), place + 1, 0)
            self._grid.addWidget(self._names[-1], place + 1, 1)
            for column, cell in enumerate(self._cells[-1]):
                self._grid.addWidget(cell, place + 1, column + 2, Qt.AlignmentFlag.AlignRight)

    def _texts(self, run: RunState, value: float | None, won: bool) -> list[str]:
        nfe = comparison.nfe(run)
        return [
            "–" if value is None else f"{'★ ' if won else ''}{words.figure(value)}",
            f"{words.figure(run.seconds)} s" if run.seconds else "–",
            f"{run.step:,}",
            "–" if run.parameters is None else short_count(run.parameters),
            "–" if nfe is None else str(nfe),
        ]

    def _higher_is_better(self) -> bool:
        catalog = self._state.catalog
        slug = self._measure.removeprefix(QUALITY)
        entry = catalog.get("metric", slug) if catalog is not None else None
        return entry is not None and entry.better == "higher"

    def _floor(self, runs: list[RunState]) -> str:
        """Say what the values are held against, with how it was measured."""
        if not self._measure.startswith(QUALITY):
            return ""
        slug = self._measure.removeprefix(QUALITY)
        floor = next(filter(None, (words.floor(run.floors, slug) for run in runs)), "")
        if not floor:
            return ""
        catalog = self._state.catalog
        n = comparison.training_value(runs[0].spec, "evaluate_samples", catalog)
        seed = comparison.training_value(runs[0].spec, "seed", catalog)
        of = f", {n:,} samples" if n else ""
        entry = catalog.get("metric", slug) if catalog is not None else None
        word = held.bar_word(entry).capitalize()
        what = entry.bar if entry is not None and word != "Floor" else "data against data"
        better = held.side(entry)
        told = f"{word} {floor} ({what}{of}, seed {seed})"
        return f"{told}; {better}." if better else f"{told}."


def _cut(title: str) -> str:
    """Return a title without what stands in brackets, short enough for a narrow column."""
    short = title.partition(" (")[0]
    return short if len(short) <= LETTERS else f"{short[: LETTERS - 1]}…"


def _newest(run: RunState, measure: str) -> float | None:
    series = run.series.get(measure)
    return float(series.values[-1]) if series is not None and len(series) else None

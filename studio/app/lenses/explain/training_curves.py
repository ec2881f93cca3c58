"""What a training says of itself, a line a curve: its name, its value where the training clock
stands, and how it went.
"""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QLabel, QWidget

from pushforward.studio.app.charts.sparkline import Sparkline
from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.data_type_registry import family_of_run
from pushforward.studio.app.core.run_comparison import measures
from pushforward.studio.app.core.run_snapshot import run_at
from pushforward.studio.app.core.runs import PHASE, RunState
from pushforward.studio.app.design.basic import Elided, clear, label
from pushforward.studio.app.text import number_format
from pushforward.studio.protocol.curve_names import QUALITY

__all__ = ["TrainingCurves"]

NAME, CURVE = 112, 26  # pixels: the width of a name, the height of a curve


class TrainingCurves(QWidget):
    """The terms of the loss and what else a family reports; hidden while there is none."""

    def __init__(self, state: AppState) -> None:
        super().__init__()
        self._state = state
        self._lines: dict[str, tuple[QLabel, Sparkline]] = {}
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(10)
        self._grid.setVerticalSpacing(2)
        self._grid.setColumnMinimumWidth(0, NAME)
        self._grid.setColumnStretch(2, 1)

    def show_run(self, run: RunState | None) -> None:
        """Show the curves of a run as they are now."""
        found = measures([run]) if run is not None else []
        names = [name for name in found if not name.startswith(QUALITY) and name != PHASE]
        self.setVisible(bool(names))
        if names != list(self._lines):
            self._build(names)
        if run is None:
            return
        then = run_at(run, self._state.playback.step)
        family = family_of_run(run, self._state.catalog)
        units = family.units if family is not None else {}
        for name, (value, curve) in self._lines.items():
            series, so_far = run.series[name], then.series[name].values
            said = number_format.figure(float(so_far[-1])) if len(so_far) else ""
            value.setText(f"{said} {units.get(name, '')}".rstrip() if said else "")
            curve.show_series(series.steps.copy(), series.values.copy(), None)

    def _build(self, names: list[str]) -> None:
        clear(self._grid)
        self._lines = {}
        for line, name in enumerate(names):
            value, curve = label(), Sparkline()
            curve.setFixedHeight(CURVE)
            self._grid.addWidget(Elided(number_format.plain(name), "muted"), line, 0)
            self._grid.addWidget(value, line, 1, Qt.AlignmentFlag.AlignRight)
            self._grid.addWidget(curve, line, 2)
            self._lines[name] = value, curve

"""The Compare lens: some runs side by side, with one camera, one clock and one chart."""

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QEvent, QObject, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QKeyEvent,
    QPainter,
    QResizeEvent,
    QShowEvent,
)
from PySide6.QtWidgets import (
    QBoxLayout,
    QGridLayout,
    QMenu,
    QPushButton,
    QSplitter,
    QWidget,
)

from pushforward.studio.app.charts.camera_box import link
from pushforward.studio.app.charts.picture_export import Picture
from pushforward.studio.app.core import leader_board, run_comparison
from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.comparison_labels import told_apart
from pushforward.studio.app.core.display_names import (
    data_title,
    metric_title,
    number,
    numbered,
)
from pushforward.studio.app.core.latest_metrics import floors_of
from pushforward.studio.app.core.memorisation import memory_of
from pushforward.studio.app.core.runs import RunState
from pushforward.studio.app.core.timers import single_shot
from pushforward.studio.app.data.chart_export import ask_picture
from pushforward.studio.app.data.views.lens_view import LensView
from pushforward.studio.app.data.views.view_spec import ViewSpec
from pushforward.studio.app.design.basic import (
    Elided,
    button,
    column,
    icon_button,
    restyle,
    row,
    scrolled,
    view_bar,
)
from pushforward.studio.app.design.literal_text import keyless, set_tip
from pushforward.studio.app.design.scroll_page import LowPage
from pushforward.studio.app.design.theme import colors, font, theme
from pushforward.studio.app.engine.actions import Actions
from pushforward.studio.app.engine.record_follower import Following
from pushforward.studio.app.lenses.compare.compare_chart import CompareChart
from pushforward.studio.app.lenses.compare.compare_pane import ComparePane
from pushforward.studio.app.lenses.compare.leader_board import LeaderBoard
from pushforward.studio.app.lenses.compare.results_table import Finals
from pushforward.studio.app.text import number_format
from pushforward.studio.literal import one_line
from pushforward.studio.protocol.curve_names import QUALITY

__all__ = ["VIEW", "CompareView", "columns_for"]

LEAVE = "Double click: one alone; Esc: end"
REDRAW_MS = 150
HEAD = 46  # what a pane needs above its canvas
TITLE = 24  # above each canvas on paper
NAMED = 150  # of a pane, so that its name can be told from others
GAP = 1
BESIDE = 400  # pixels of the chart from which the table stands beside it: it has a low head
CHART = 200  # pixels of its height, at least
MOST = (1 << 24) - 1  # as Qt has it where nothing bounds a height
STEPS_ALIKE = 0.04  # of the later step: the age bound of a live picture
UNRANKED = "Runs cannot be ranked by this measure; losses of different models do not compare."
RANKED = 2  # runs from which on the leader board is shown at first
COLUMNS = 4  # of the table beside the chart: of more runs there is one alone, Table


def columns_for(count: int, width: int, height: int) -> int:
    """Return the number of columns that gives ``count`` panes the largest squares with readable
    names.
    """

    def side(columns: int) -> float:
        rows = -(-count // columns)
        return min(width / columns, height / rows - HEAD)

    best = max(range(1, count + 1), key=side)
    named = max(range(1, max(1, width // NAMED) + 1), key=side) if width else best
    return named if best * NAMED > width and 3 * side(named) >= 2 * side(best) else best


class CompareView(LensView):
    """Panes above, a chart and the final figures below."""

    def __init__(self, state: AppState, actions: Actions) -> None:
        super().__init__(state, actions)
        self.panes: list[ComparePane] = []
        self._runs: list[RunState] = []
        self._board_wanted: bool | None = None  # None until the user has chosen
        self.chart = CompareChart(state)
        self.finals = Finals(state)
        self._field = QWidget()
        self._grid = QGridLayout(self._field)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(GAP)
        self._timer = single_shot(self, self._show_figures, REDRAW_MS)
        self._lay_out()
        self._connect()
        self.refresh()

    def _lay_out(self) -> None:
        self._field.setProperty("surface", "panel")
        self._field.installEventFilter(self)
        below = LowPage()
        self._side = QBoxLayout(QBoxLayout.Direction.LeftToRight, below)
        self._side.setContentsMargins(0, 0, 0, 0)
        self._side.setSpacing(0)
        self._side.addWidget(self.chart, 3)
        self._side.addWidget(self.finals, 2)
        below.setProperty("surface", "panel")
        below.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        room = scrolled(below)
        room.setMinimumHeight(CHART)
        self.split = QSplitter(Qt.Orientation.Vertical)
        self.split.setChildrenCollapsible(False)
        self.scene = QWidget()
        self.board = LeaderBoard()
        self.board.opened.connect(self._select_place)
        row(self.board, (self._field, 1), parent=self.scene, gap=0)
        self.split.addWidget(self.scene)
        self.split.addWidget(room)
        self.split.setStretchFactor(0, 1)
        self.split.setSizes([600, 230])
        self._told = Elided("", "muted")
        fit = button("Show all", self._fit, tip="Fit all cameras to the points")
        picture = icon_button("export", "Export picture: PNG or SVG", self._export)
        tip = "Rank the runs by the metric of the chart, at the step of the training clock"
        self.ranked = button("Leader board", self._toggle_board, tip=tip)
        self.ranked.setCheckable(True)
        self.bar = view_bar(self, self._told, None, self.ranked, fit, picture)
        column(self.split, parent=self)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def _arrange(self) -> None:
        """Move the table below the chart if both do not fit side by side."""
        alone = self.finals.isHidden()
        beside = alone or self.width() >= BESIDE + self.finals.minimumWidth()
        ways = QBoxLayout.Direction
        self._side.setDirection(ways.LeftToRight if beside else ways.TopToBottom)
        self.chart.setMinimumHeight(0 if beside else CHART)
        self.chart.setMaximumHeight(MOST if beside else CHART)  # so that one sees that more follows
        self.finals.show_whole(not beside)

    def _connect(self) -> None:
        runs = self._state.runs
        for signal in (runs.compared, runs.listed, self._state.catalog_changed):
            signal.connect(self.refresh)
        runs.selected.connect(lambda _: self.refresh())
        runs.changed.connect(self._changed)
        for news in (runs.metrics_appended, runs.progressed):
            news.connect(self._soon)
        self._state.playback.changed.connect(self._soon)
        theme.changed.connect(self._soon)
        self._state.engine_changed.connect(self._load)
        self.chart.sought.connect(self._seek)
        self.chart.measured.connect(self._soon)

    # Which runs

    def refresh(self) -> None:
        """Show the runs that are compared now."""
        runs = run_comparison.compared(self._state.runs)
        self._tell_empty(runs)
        if not self.isVisible():
            return
        while len(self.panes) < len(runs):
            self._add_pane()
        shown = [run.key for run in runs] != [run.key for run in self._runs]
        self._runs = runs
        for pane, run in zip(self.panes, runs, strict=False):
            pane.show_run(run)
        self._name_panes()
        if shown:
            self._place()
            link([pane.canvas.box for pane in self.panes[: len(runs)]])
            for pane in self.panes[:1]:  # the others follow
                pane.canvas.turn_to(run_comparison.data_of(pane.run))
            self._turn_to_budget()
        self._load()
        self._share_target()
        self._show_figures()

    def _name_panes(self) -> None:
        """Call each run by what tells it from the others, and by its number."""
        for pane, run, apart in zip(self.panes, self._runs, told_apart(self._runs), strict=False):
            numbered = number(run.name) in apart.split()
            pane.call(apart if numbered else f"{number(run.name)} {apart}".strip())

    def _turn_to_budget(self) -> None:
        """Measure a race in what it was about."""
        for axis, _ in run_comparison.AXES:
            if self._runs and self._runs[0].budget == axis:
                self.chart.set_axis(axis)

    def _add_pane(self) -> None:
        pane = ComparePane(self._state, self._actions, len(self.panes))
        self.panes.append(pane)
        pane.canvas.picked.connect(self._pick)
        pane.grid.picked.connect(self._pick)
        pane.opened.connect(lambda: self._end(pane.run))
        following: Following = pane.beside
        following.shown.connect(self._identify)
        following.shown.connect(self._even)
        pane.starts.changed.connect(self._identify)

    def _changed(self, key: str) -> None:
        shown = [run.key for run in self._runs]
        wanted = [run.key for run in run_comparison.compared(self._state.runs)]
        if key in shown or wanted != shown:
            self.refresh()

    def _load(self) -> None:
        """Fetch what only the engine knows of the runs: their data and their size."""
        for run in self._runs[:1]:
            self._actions.real_samples.need(run.key)
        for run in self._runs:
            self._actions.comparing.count_parameters(run.key)

    def _share_target(self) -> None:
        target = next((run.target for run in self._runs if run.target is not None), None)
        for pane in self.panes[: len(self._runs)]:
            pane.set_target(target)

    def _tell_empty(self, runs: list[RunState]) -> None:
        self.split.setVisible(bool(runs))
        self.empty.setVisible(not runs)
        for part in self.bar.findChildren(QPushButton):
            part.setVisible(bool(runs))
        self._describe(runs)
        if runs:
            return
        how = (
            f"Hold Ctrl and click 2 to {run_comparison.MOST} runs in the sidebar, or start a race."
        )
        current = self._state.runs.current
        other = run_comparison.rival(self._state.runs, self._state.catalog)
        if current is not None and other is not None:
            name = numbered(other)
            show = partial(self._actions.comparing.show, [current.key, other.key])
            self.empty.tell("Nothing to compare yet", how, f"Compare with {name}", show)
        else:
            why = f"No other run uses the same data. {how}"
            another = "Set up another run"
            self.empty.tell("Nothing to compare yet", why, another, self._actions.setup.new)

    # The way back

    def _end(self, run: RunState | None) -> None:
        """End the comparison, and look at one of the runs alone."""
        if run is not None:
            self._actions.comparing.end(run.key)

    def leave(self) -> bool:
        """End the comparison, if there is one, with the run that was selected of it."""
        current = self._state.runs.current
        if not self._runs or current is None:
            return False
        self._end(current)
        return True

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc, where no datum is picked any more, ends the comparison."""
        if event.key() != Qt.Key.Key_Escape or not self.leave():
            super().keyPressEvent(event)

    # One colour, one camera, one particle

    def _identify(self) -> None:
        """Colour a particle as its own run does in every lens, by where it started."""
        for pane in self.panes[: len(self._runs)]:
            starts = pane.starts.places
            if starts is not None and pane.colours_of is not starts:
                pane.colour_by(starts)

    def _even(self) -> None:
        """Show as many tiles in each pane as all have: fewer of one would be drawn larger."""
        panes = self.panes[: len(self._runs)]
        records = [pane.beside.record for pane in panes]
        fewest = min((each.x.shape[1] for each in records if each is not None), default=0)
        for pane in panes:
            pane.show_at_most(fewest)
        self._describe(self._runs)

    def _describe(self, runs: list[RunState]) -> None:
        """Say what is compared, first of all whether the steps shown differ."""
        records = [pane.beside.record for pane in self.panes if pane.run in runs]
        steps = [record.step for record in records if record is not None]
        warning = _steps_differ(steps)
        restyle(self._told, role="warm" if warning else "muted")
        self._told.set_text(warning + _about(runs, self._state))

    def _select_place(self, place: int) -> None:
        if place < len(self._runs):
            self._state.runs.select(self._runs[place].key)

    def _toggle_board(self) -> None:
        self._board_wanted = self.ranked.isChecked()
        self._show_board()

    def _show_board(self) -> None:
        """Rank the runs at the step of the training clock, where the measure has a direction."""
        runs, name = self._runs, self.chart.measure
        better = self._better(name)
        wanted = len(runs) > RANKED if self._board_wanted is None else self._board_wanted
        self.ranked.setEnabled(bool(better))
        set_tip(self.ranked, "" if better else UNRANKED)
        self.ranked.setChecked(wanted and bool(better))
        self.board.setVisible(wanted and bool(better))
        if self.board.isHidden() or not runs:
            return
        current = self._state.runs.current or runs[0]
        spent = run_comparison.share(current, self._state.playback.step)
        floors = floors_of(current, name.removeprefix(QUALITY))
        floor = number_format.floor(floors, name.removeprefix(QUALITY))
        self.board.show_standings(
            metric_title(name.removeprefix(QUALITY), self._state.catalog),
            told_apart(runs),
            leader_board.standings_at(runs, name, spent, better),
            leader_board.rank_lines(runs, name, spent, better),
            f"noise floor {floor}" if floor else "",
            [memory_of(run, self._state.catalog) for run in runs],
        )

    def _better(self, name: str) -> str:
        """Return "lower", "higher" or "near" (its floor) for a curve, "" where none is better, as
        of the losses of different models.
        """
        catalog, slug = self._state.catalog, name.removeprefix(QUALITY)
        if name.startswith(QUALITY) and catalog is not None:
            entry = catalog.get("metric", slug)
            return entry.better if entry is not None else ""
        families = {run.spec.family.slug if run.spec is not None else "" for run in self._runs}
        return "lower" if "loss" in name and len(families) == 1 else ""

    def _pick(self, particle: int) -> None:
        for pane in self.panes:
            pane.pick(particle)

    # Figures

    def _soon(self, key: str = "") -> None:
        known = not key or any(run.key == key for run in self._runs)
        if known and self.isVisible() and not self._timer.isActive():
            self._timer.start()

    def _show_figures(self) -> None:
        if self._runs and self.isVisible():
            self.chart.show_runs(self._runs)
            self._show_board()
            self.finals.setVisible(len(self._runs) <= COLUMNS)
            if len(self._runs) <= COLUMNS:
                self.finals.show_runs(self._runs, self.chart.measure)
            self._arrange()

    def _seek(self, spent: float) -> None:
        """Look at the kept steps nearest to a share of the budget."""
        run = self._state.runs.current
        step = run_comparison.kept_at(run, spent) if run is not None else None
        if step is not None:
            self._state.playback.set(step=step)

    # Places

    def _place(self) -> None:
        """Lay the panes out so that their canvases are as large as can be."""
        count = len(self._runs)
        for pane in self.panes:
            self._grid.removeWidget(pane)
        columns = columns_for(count, self._field.width(), self._field.height()) if count else 1
        for place, pane in enumerate(self.panes):
            if place < count:
                self._grid.addWidget(pane, place // columns, place % columns)
            pane.setVisible(place < count)
        for place in range(run_comparison.MOST):
            self._grid.setColumnStretch(place, 1 if place < columns else 0)
            self._grid.setRowStretch(place, 1 if place * columns < count else 0)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._field and event.type() == QEvent.Type.Resize:
            self._place()
        return super().eventFilter(watched, event)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.refresh()

    # Taking it away

    def export_picture(self) -> Picture:
        """Return the canvases side by side for paper, each under its name."""
        return _Row(
            [(pane.run, pane.picture()) for pane in self.panes if pane.run and not pane.isHidden()]
        )

    def _fit(self) -> None:
        if self.panes:
            self.panes[0].canvas.fit()  # the others follow

    def _export(self) -> None:
        ask_picture(self, self._state, "compare")

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        entries: list[tuple[str, Callable[[], object]]] = [
            ("Show all", self._fit),
            ("Show all particles", lambda: self._pick(-1)),
            ("Export picture…", self._export),
        ]
        for title, do in entries:
            menu.addAction(keyless(title)).triggered.connect(lambda _=False, do=do: do())
        menu.popup(event.globalPos())


def _steps_differ(steps: list[int]) -> str:
    """Return a warning where pictures of different steps stand next to each other, "" else."""
    if not steps or max(steps) - min(steps) <= STEPS_ALIKE * max(steps):
        return ""
    listed = [f"{step:,}" for step in steps]
    return f"Steps differ: {', '.join(listed[:-1])} and {listed[-1]}. "


def _about(runs: list[RunState], state: AppState) -> str:
    """Say how many runs are compared, on which data, and on which terms."""
    if not runs:
        return ""
    data = {
        data_title(run.spec.dataset.slug, state.catalog) for run in runs if run.spec is not None
    }
    budgets = {run.budget for run in runs if run.race and run.race == runs[0].race}
    terms = f", at an equal budget of {budgets.pop()}" if len(budgets) == 1 else ""
    return f"{len(runs)} runs on {' and '.join(sorted(data))}{terms}. {LEAVE}"


class _Row:
    """Pictures of runs in a row, as one `studio.app.charts.picture_export.Picture`."""

    printed = False

    def __init__(self, parts: list[tuple[RunState, Picture]]) -> None:
        self._parts = parts

    @property
    def size(self) -> QSize:
        """The size of all together."""
        wide = sum(picture.size.width() for _, picture in self._parts)
        high = max((picture.size.height() for _, picture in self._parts), default=0)
        return QSize(wide, high + TITLE)

    def paint(self, painter: QPainter, *, vector: bool) -> None:
        """Paint each under its name."""
        tokens = colors()
        painter.fillRect(QRectF(QPointF(0, 0), self.size.toSizeF()), QColor(tokens.background))
        for run, picture in self._parts:
            painter.setPen(QColor(tokens.text))
            painter.setFont(font(13))
            painter.drawText(QPointF(8, 17), one_line(run.name))
            painter.save()
            painter.translate(0, TITLE)
            painter.setClipRect(QRectF(QPointF(0, 0), picture.size.toSizeF()))
            picture.paint(painter, vector=vector)
            painter.restore()
            painter.translate(picture.size.width(), 0)


VIEW = ViewSpec(
    id="compare",
    lens="compare",
    title="Side by side",
    order=40,
    applies=lambda state: state.runs.current is not None,
    factory=CompareView,
)

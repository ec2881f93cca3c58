"""Samples, for recommenders: all held-out users with their metrics, sorted, filtered, brushed."""

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QWidget

from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.data.views.view_spec import ViewSpec
from pushforward.studio.app.data_types.interactions.chosen_user import chosen_user
from pushforward.studio.app.data_types.interactions.recommend_requests import People
from pushforward.studio.app.data_types.interactions.recommender_frame import applies
from pushforward.studio.app.data_types.interactions.tables_frame import (
    FLOOR,
    TablesView,
    UserFigures,
)
from pushforward.studio.app.data_types.interactions.user_histogram import UserHistogram
from pushforward.studio.app.design.basic import Elided, column, label, view_bar
from pushforward.studio.app.design.literal_text import set_tip
from pushforward.studio.app.design.switch import Switch
from pushforward.studio.app.design.table import Column, Table
from pushforward.studio.app.engine.actions import Actions
from pushforward.studio.app.text.number_format import figure

__all__ = ["VIEW", "UsersView"]

COLD = 10
"""Items of a history up to which a user is a cold start."""
ROWS = 1000  # users that are listed
TITLES = {
    "ndcg": "NDCG", "recall": "Recall", "mrr": "MRR", "hit": "Hit rate", "popularity": "Popularity",
    "lift": "Popularity lift", "novelty": "Novelty", "diversity": "Diversity",
    "calibration": "Calibration",
}  # fmt: skip


def metric_name(slug: str) -> str:
    """Return "NDCG at 10" for "ndcg@10"."""
    name, _, k = slug.partition("@")
    return f"{TITLES.get(name, name.capitalize())} at {k}"


class UsersView(TablesView):
    """A histogram of a metric, and below it a line for each user."""

    def __init__(self, state: AppState, actions: Actions) -> None:
        super().__init__(state, actions)
        self.metrics = QComboBox()
        self.metrics.setAccessibleName("Metric")
        self.metrics.setMinimumWidth(150)
        self.cold = Switch(f"Cold start: histories of up to {COLD} items")
        self._told = Elided("", "muted")
        cold = label("Cold start", "muted")
        set_tip(cold, f"Only histories of up to {COLD} items")
        self.bar = view_bar(self, self.metrics, self.cold, cold, None, self._told)
        self.metrics.setEnabled(False)
        self.histogram = UserHistogram()
        self.table = Table("Users", (), sortable=True)
        self.page = QWidget()
        column(self.histogram, (self.table, 1), parent=self.page, margins=(16, 10, 16, 10))
        column(self.page, parent=self)
        self._rows: NDArray[np.int64] = np.zeros(0, np.int64)
        self._user: dict[str, int] = {}  # numbers by identifier
        self.metrics.activated.connect(lambda _: self._show_metric())
        self.cold.toggled.connect(lambda _: self._show_metric())
        self.histogram.brushed.connect(lambda _: self._show_rows())
        self.table.activated.connect(lambda index: self._open(index.row()))

    @property
    def slug(self) -> str:
        """The chosen metric."""
        return str(self.metrics.currentData() or "ndcg@10")

    def fill(self, people: People, figures: UserFigures) -> None:
        """Show the metrics of all users."""
        before = self.slug
        self.metrics.setEnabled(True)
        self.metrics.clear()
        for name in figures.metrics:
            self.metrics.addItem(metric_name(name), name)
        self.metrics.setCurrentIndex(max(0, self.metrics.findData(before)))
        self._show_metric()

    def _some(self, figures: UserFigures) -> NDArray[np.bool_]:
        return figures.length <= COLD if self.cold.isChecked() else figures.length >= 0

    def _show_metric(self) -> None:
        figures = self.figures
        if figures is None:
            return
        some, floor = self._some(figures), figures.values.get(f"{FLOOR}{self.slug}")
        values = figures.values[self.slug][some]
        self.histogram.show_values(values, None if floor is None else floor[some])
        self._show_rows()

    def _show_rows(self) -> None:
        figures, people = self.figures, self._people
        if figures is None or people is None:
            return
        values, floor = figures.values[self.slug], figures.values.get(f"{FLOOR}{self.slug}")
        some = self._some(figures)
        if self.histogram.range is not None:
            low, high = self.histogram.range
            last = high >= self.histogram.edges[-1]
            some = some & (values >= low) & ((values < high) | (last & (values <= high)))
        rows = np.flatnonzero(some)
        order = rows[np.argsort(-values[rows], kind="stable")]
        self._rows = order[:ROWS]
        gain = values - floor if floor is not None else np.full(len(values), np.nan)
        first = figures.lists[:, 0] if figures.lists.shape[1] else np.zeros(len(values), int)
        texts, keys = [], []
        for i in self._rows.tolist():
            title = people.catalogue.title(int(first[i])) if first[i] else ""
            numbers = [float(values[i]), *([float(floor[i])] if floor is not None else [])]
            numbers.append(float(gain[i]))
            cells = [figure(each) if np.isfinite(each) else "–" for each in numbers]
            user = int(figures.user[i])
            texts.append(
                [people.name_of.get(user, str(user)), f"{figures.length[i]:,}", *cells, title]
            )
            keys.append([float(user), float(figures.length[i]), *numbers, float(first[i])])
        self.table.set_columns(self._columns(people, with_floor=floor is not None))
        self.table.show_rows(texts, keys=keys)
        self._user = {
            text[0]: int(figures.user[i]) for text, i in zip(texts, self._rows, strict=True)
        }
        shown = f"Showing {ROWS:,}. " if len(rows) > ROWS else ""
        chosen = f"{len(rows):,} of " if len(rows) < len(values) else ""
        self._told.set_text(
            f"{shown}Validation: {chosen}{len(values):,} of {figures.total:,} users, full ranking"
        )

    def _columns(self, people: People, *, with_floor: bool) -> list[Column]:
        floor = Column("Popularity", "The same metric of the most popular items")
        return [
            Column(people.called),
            Column("Items", "Items of the history that the model is asked with"),
            Column(metric_name(self.slug)),
            *([floor] if with_floor else []),
            Column("Gain", "The metric less that of popularity"),
            Column("First recommended", side=Qt.AlignmentFlag.AlignLeft),
        ]

    def _open(self, line: int) -> None:
        """Open a user in the preview, at the item before the held-out ones."""
        cell = self.table.cell(line, 0)
        user = self._user.get(cell.text()) if cell is not None else None
        if user is None or self.figures is None:
            return
        at = np.flatnonzero(self.figures.user == user)
        known = int(self.figures.length[at[0]]) if len(at) else 0
        chosen_user(self._state).open(user, known)


VIEW = ViewSpec(
    id="recommend-users",
    lens="samples",
    title="Users",
    order=20,
    applies=applies,
    factory=UsersView,
)

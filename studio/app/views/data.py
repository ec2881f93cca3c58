"""The canvas of a data set of the project: its points, its columns, and the next step."""

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QVBoxLayout, QWidget

from studio.app import tasks, words
from studio.app.actions import Actions
from studio.app.intents.base import Refused
from studio.app.kinds.kind import Kind, named
from studio.app.kinds.registry import fitting, kind_of
from studio.app.state.naming import imported
from studio.app.state.own_data import pick_of
from studio.app.state.session import AppState, DataInfo
from studio.app.widgets.basic import button, label, row
from studio.app.widgets.datapreview import DataPreview
from studio.app.widgets.fold import Fold
from studio.counted import counted, shared_out
from studio.literal import one_line

__all__ = ["DataView", "statistics_of"]

NOTED = 12  # notes that are shown
COLUMNS = 8  # columns that are named, and whose statistics are said


def statistics_of(data: DataInfo | None, facts: Mapping[str, Any], drawn: int) -> str:
    """Say mean and deviation of the columns, of all rows where the import measured them, else of
    the rows that are drawn, and of which rows and columns they are.
    """
    if data is not None and data.mean and data.std:
        found, of = {"mean": data.mean, "std": data.std}, f"all {counted(data.rows, 'row')}"
    else:
        found = {name: tuple(facts.get(name) or ()) for name in ("mean", "std")}
        of = f"the {counted(drawn, 'row')} drawn here"
    lines = [
        f"{name} {', '.join(map(words.figure, values[:COLUMNS]))}"
        for name, values in found.items()
        if values
    ]
    if not lines:
        return ""
    wide = max(map(len, found.values()))
    left_out = f", the first {COLUMNS} of {wide} columns" if wide > COLUMNS else ""
    return " · ".join([*lines, f"of {of}{left_out}"])


class DataView(QWidget):
    """Shows the selected data set."""

    def __init__(self, state: AppState, actions: Actions) -> None:
        super().__init__()
        self._state = state
        self._actions = actions
        self.setProperty("surface", "canvas")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.title = label("", "title", wrap=True)
        self.facts = label("", "muted", wrap=True)
        self.shares = label("", "muted", wrap=True)
        self.notes = Fold("Notes of the import")
        self.noted = label("", "muted", wrap=True)
        self.notes.body.addWidget(self.noted)
        self.points = DataPreview()
        self.statistics = label("", "muted", wrap=True)
        self.train = button("Train on this", self._train, kind="primary", icon="play")
        body = QVBoxLayout(self)
        body.setContentsMargins(36, 28, 36, 20)
        body.setSpacing(6)
        head = row(self.train)
        head.insertWidget(0, self.title, 1)  # a name is broken only where it has no room
        body.addLayout(head)
        body.addWidget(self.facts)
        body.addWidget(self.shares)
        body.addWidget(self.notes)
        body.addSpacing(8)
        body.addWidget(self.points, 1)
        body.addWidget(self.statistics)
        state.place_changed.connect(self.refresh)
        state.datasets_changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Show the data set; its points come a moment later."""
        state = self._state
        data = next((d for d in state.datasets if d.name == state.dataset), None)
        if data is None or state.place != "data":
            return
        self.title.setText(data.name)
        columns = ", ".join(map(one_line, data.columns[:COLUMNS]))
        rows = counted(data.rows, self._kind.one, self._kind.many)
        self.facts.setText(" · ".join(filter(None, [rows, columns])))
        self.points.show_data(None, self._kind, data.columns, self._kind.loading)
        self.statistics.setText(" ")
        self.shares.hide()
        more = f"\nand {len(data.notes) - NOTED:,} more" if len(data.notes) > NOTED else ""
        self.noted.setText("\n".join(map(one_line, data.notes[:NOTED])) + more)
        self.notes.setVisible(bool(data.notes))
        tasks.spawn(self._load(data.name))

    @property
    def _kind(self) -> Kind:
        state = self._state
        return kind_of(pick_of(imported(state.dataset), state.datasets), state.catalog)

    async def _load(self, name: str) -> None:
        try:
            points, parts, facts = await self._actions.setup.preview(imported(name))
        except Refused as refused:
            self.points.show_data(None, self._kind, (), refused.error.message)
            return
        if name != self._state.dataset:
            return
        columns = tuple(facts.get("columns") or ())
        kind = fitting(self._kind, points.shape[1:])
        told = named(parts, tuple(facts.get("names") or ()))
        self.points.show_data(points, kind, columns, "", told)
        self.shares.setText(shared_out(facts.get("shares") or {}))
        self.shares.setVisible(bool(self.shares.text()))
        data = next((d for d in self._state.datasets if d.name == name), None)
        # Of data that are no table nobody knows what such a number is of.
        tabled = kind.layout == "plane"
        self.statistics.setText(statistics_of(data, facts, len(points)) if tabled else "")

    def _train(self) -> None:
        self._actions.setup.open_on(imported(self._state.dataset))

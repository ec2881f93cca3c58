"""The page of a set of data: some of it to be seen, all that is known of it, and the next step."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QBoxLayout, QStackedWidget, QWidget

from pushforward.studio.app.charts.point_picture import PointsPreview
from pushforward.studio.app.core import async_tasks
from pushforward.studio.app.core.app_state import AppState, DataInfo
from pushforward.studio.app.core.data_type import LABEL, Kind, named
from pushforward.studio.app.core.data_type_registry import fitting, kind
from pushforward.studio.app.core.dataset_list import DataSet, all_sets
from pushforward.studio.app.core.display_names import imported
from pushforward.studio.app.core.selection import Selection, Source
from pushforward.studio.app.data.row_filter import example, hint, orders, sorting
from pushforward.studio.app.data.statistics import classes_of, columns_of, of_all, rows_of
from pushforward.studio.app.data.tile_pane import Pane
from pushforward.studio.app.data_types.cubes.scene_cover_view import CoverView
from pushforward.studio.app.data_types.points.point_data import PointData
from pushforward.studio.app.design.basic import Elided, button, column, label, restyle, row
from pushforward.studio.app.design.filter_field import FilterLine
from pushforward.studio.app.design.forms.editors import ChoiceList
from pushforward.studio.app.design.literal_text import set_tip
from pushforward.studio.app.engine.actions import Actions
from pushforward.studio.app.engine.requests.request_base import Refused
from pushforward.studio.app.places.data.dataset_facts import DataFacts
from pushforward.studio.counts import format_count, format_split
from pushforward.studio.literal import one_line
from pushforward.studio.protocol.catalog import EntrySpec
from pushforward.studio.protocol.extras import PLACES

__all__ = ["PAGE", "DataSetPage"]

Arrays = Mapping[str, NDArray[Any]]
FACTS = 340  # pixels for what is known
WIDE = 820  # a narrower page has it below


class DataSetPage(QWidget):
    """Shows the data set that is selected."""

    def __init__(self, state: AppState, actions: Actions) -> None:
        super().__init__()
        self._state, self._actions = state, actions
        self._shown: DataSet | None = None
        self.title = Elided("", "title")
        self.facts = label("", "muted", wrap=True)
        self.train = button("Set up a run", self._train, kind="primary", icon="play")
        self.more = button("", self._make, icon="plus")
        self.label = button("Label", self._label, icon="brush")
        self.label.setCheckable(True)
        self._labelling: QWidget | None = None
        self.folder = button("Show in folder", self._show_folder, icon="folder")
        self.delete = button("Delete", self._delete, icon="trash")
        self.every = button("All data", lambda: actions.data.select(""), kind="link")
        self.none = PointsPreview()
        self.points = PointData()
        self._selection = Selection(self)
        self.tiles = Pane("Some of the data", self._selection)
        self.order = ChoiceList([], "Order of the data")
        self.order.setMinimumWidth(170)
        self.order.setMaximumWidth(200)
        self.filter = FilterLine()
        self.filter.setPlaceholderText("Filter")
        self.filter.setAccessibleName("Filter")
        self.filter.setClearButtonEnabled(True)
        self.filter.setMinimumWidth(180)
        self.filter.setMaximumWidth(240)
        self.wrong = label("", "warm", wrap=True)
        self.wrong.hide()
        self._finders = QWidget()
        self._finders.setLayout(row(self.order, self.filter, None))
        self.order.currentTextChanged.connect(self._arrange)
        self.filter.textChanged.connect(self._arrange)
        self.cover = CoverView()
        self.preview = QStackedWidget()
        self.preview.addWidget(self.none)
        self.preview.addWidget(self.points)
        self._tiled = QWidget()
        self._tiled.setLayout(column(self.cover, self._finders, self.wrong, self.tiles, gap=12))
        self.preview.addWidget(self._tiled)
        self.known = DataFacts()
        self._lay_out()
        for signal in (state.place_changed, state.datasets_changed, state.catalog_changed):
            signal.connect(self.refresh)
        state.project_changed.connect(self._forget)
        self.refresh()

    def _lay_out(self) -> None:
        head = row((self.title, 1), self.folder, self.delete, self.more, self.label, self.train)
        self._side = row((self.preview, 1), self.known, gap=24)
        column(
            row(self.every, None),
            head,
            self.facts,
            8,
            (self._side, 1),
            parent=self,
            gap=6,
            margins=(28, 20, 20, 16),
        )

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape leads back to all data."""
        if event.key() == Qt.Key.Key_Escape:
            self._actions.data.select("")
        else:
            super().keyPressEvent(event)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if not event.spontaneous():
            self._focus()

    def _focus(self) -> None:
        """Give the keyboard to the next step: Enter goes on."""
        first = self.train if self.train.isEnabled() else self.every
        first.setFocus(Qt.FocusReason.OtherFocusReason)

    def resizeEvent(self, event: QResizeEvent) -> None:
        wide = self.width() >= WIDE
        directions = QBoxLayout.Direction
        self._side.setDirection(directions.LeftToRight if wide else directions.TopToBottom)
        self._side.setStretch(1, 0 if wide else 1)
        self.known.setMaximumWidth(FACTS if wide else 16777215)
        self.known.setMinimumWidth(FACTS if wide else 0)

    # What is shown

    @property
    def _data(self) -> DataSet | None:
        state = self._state
        sets = all_sets(state.catalog, state.datasets)
        return next((each for each in sets if each.slug == state.dataset), None)

    @property
    def _is_imported(self) -> DataInfo | None:
        state = self._state
        return next((d for d in state.datasets if imported(d.name) == state.dataset), None)

    @property
    def _maker(self) -> EntrySpec | None:
        """What makes more of such data."""
        catalog, data = self._state.catalog, self._data
        entries = catalog.entries if catalog is not None and data is not None else []
        its = data.kind if data is not None else ""
        return next((e for e in entries if e.kind == "maker" and its in e.kinds), None)

    def _forget(self) -> None:
        """Forget what is shown: in another project other data may be called so."""
        self._shown = None

    def refresh(self) -> None:
        """Show the data set; its rows come a moment later."""
        if self._state.place != "data" or not self._state.dataset:
            return
        data, own = self._data, self._is_imported
        maker = self._maker
        self.more.setVisible(maker is not None)
        self.more.setText(f"{maker.title}…" if maker is not None else "")
        self.folder.setVisible(own is not None)
        self.delete.setVisible(own is not None)
        self.train.setEnabled(data is not None)
        its = kind(data.kind) if data is not None else None
        self.label.setVisible(its is not None and its.labelling is not None)
        self.known.setVisible(data is not None and self._labelling is None)
        if data is None:
            self._shown = None
            self._show_none("")
            self._focus()
            self.title.set_text(self._state.dataset)
            waits = self._state.catalog is None
            self.facts.setText("" if waits else "There is no such data set in this project.")
            return
        if data == self._shown:
            return
        self._shown = data
        self._end_labelling()
        self._focus()
        self._say(data, own)
        async_tasks.spawn(self._load(data))

    def _say(self, data: DataSet, own: DataInfo | None) -> None:
        its = kind(data.kind)
        self.title.set_text(data.title)
        columns = ", ".join(map(one_line, own.columns[:8])) if own is not None else ""
        parts = (its.title, data.size, data.terms, columns)
        self.facts.setText(" · ".join(filter(None, parts)))
        self.known.say("About", data.summary)
        self.known.say("Made", data.made)
        self.known.say("Source", data.source)
        self.known.say("Licence", data.licence)
        self.known.say("Split", "")
        self.known.show_columns(of_all(own), f"all {format_count(own.rows, 'row')}" if own else "")
        self.known.show_classes({}, "")
        self.known.show_notes(own.notes if own is not None else ())
        self._show_none(its.loading)

    def _show_none(self, message: str) -> None:
        self.preview.setCurrentWidget(self.none)
        self.none.show_points(None, (), message)

    async def _load(self, data: DataSet) -> None:
        try:
            x, parts, facts = await self._actions.setup.preview(data.slug)
        except Refused as refused:
            if data == self._shown:
                self._show_none(refused.error.message)
            return
        if data == self._shown:
            self._show_rows(fitting(kind(data.kind), x.shape[1:]), x, parts, facts)

    def _show_rows(
        self, its: Kind, x: NDArray[np.float32], parts: Arrays, facts: Mapping[str, Any]
    ) -> None:
        columns = tuple(facts.get("columns") or ())
        # The engine calls the classes of images so.
        told = dict(parts) if "labels" not in parts else {**parts, LABEL: parts["labels"]}
        told = named(told, tuple(facts.get("names") or ()))
        rows = rows_of(x, told)
        drawn = f"the {format_count(len(x), 'row')} looked at"
        self._show_preview(its, x, told, columns)
        measured = of_all(self._is_imported)
        if not measured:
            self.known.show_columns(columns_of(its, rows, columns), drawn)
        counts = facts.get("counts")
        n = int(facts.get("n") or len(x))
        all_of_them = f"the {format_count(n, its.one, its.many)} for training"
        classes = classes_of(rows, facts)
        # Only counts of all classes are in the order of their numbers.
        colours = its.class_colours(len(classes)) if its.class_colours and counts else ()
        self.known.show_classes(classes, all_of_them if counts else drawn, colours)
        said = [_split(format_split(facts.get("shares") or {})), str(facts.get("repeats") or "")]
        self.known.say("Split", " ".join(filter(None, said)))

    def _show_preview(
        self, its: Kind, x: NDArray[np.float32], told: Arrays, columns: tuple[str, ...]
    ) -> None:
        if its.layout == "plane":
            self.preview.setCurrentWidget(self.points)
            self.points.show_points(x, columns)
            return
        if PLACES in told and len(told[PLACES]) < len(x):  # others are laid out as they are seen
            told = {name: each for name, each in told.items() if name != PLACES}
        some = its.some(x, told, (), len(x))
        common = {**its.common(some), **({"columns": np.asarray(columns)} if columns else {})}
        source = Source("", "data", self._state.dataset)
        self.tiles.show_data(some, its, source, page=its.page, common=common)
        self._offer_orders(its)
        self.cover.show_data(its, told)
        if self._labelling is None:
            self.preview.setCurrentWidget(self._tiled)

    def _offer_orders(self, its: Kind) -> None:
        """Offer what the rows can be sorted and filtered by."""
        measures = self.tiles.measures
        sorts = orders(measures)
        for finder in (self.order, self.filter):
            finder.blockSignals(True)
        self.order.offer(sorts, [its.hints.get(sorting(each), "") for each in sorts])
        self.filter.clear()
        self.filter.setPlaceholderText(example(measures, its))
        set_tip(self.filter, hint(measures, its.units))
        for finder in (self.order, self.filter):
            finder.blockSignals(False)
        self._finders.setVisible(len(sorts) > 1)
        self._arrange()

    def _arrange(self) -> None:
        order = self.order.currentText() if self.order.currentIndex() > 0 else ""
        why = self.tiles.arrange(order, self.filter.text())
        restyle(self.filter, invalid="true" if why else "false")
        self.wrong.setText(why)
        self.wrong.setVisible(bool(why))

    # Operation

    def _make(self) -> None:
        if (maker := self._maker) is not None:
            self._state.window.generate_data.emit(maker.slug)

    def _label(self) -> None:
        """Show the data with tools that label them, or go back to the overview."""
        its = kind(self._shown.kind) if self._shown is not None else None
        if self._labelling is not None or its is None or its.labelling is None:
            self._end_labelling()
            return
        self._actions.setup.need_project()
        self._labelling = its.labelling(self._state, self._actions, self._state.dataset)
        self.preview.addWidget(self._labelling)
        self.preview.setCurrentWidget(self._labelling)
        self.known.hide()
        self.label.setChecked(True)

    def _end_labelling(self) -> None:
        self.label.setChecked(False)
        if self._labelling is not None:
            self.preview.removeWidget(self._labelling)
            self._labelling.deleteLater()
            self._labelling = None
            self.preview.setCurrentWidget(self._tiled)
            self.known.show()

    def _train(self) -> None:
        self._actions.setup.open_on(self._state.dataset)

    def _show_folder(self) -> None:
        if (own := self._is_imported) is not None:
            self._actions.data.show_folder(own.name)

    def _delete(self) -> None:
        if (own := self._is_imported) is not None:
            self._actions.data.delete_dataset(own.name)
            self._actions.data.select("")


def _split(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}." if text else ""


PAGE = DataSetPage

"""Compare, for recommenders: models under each evaluation protocol, with intervals and tests."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from msgspec import structs
from numpy.typing import NDArray
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QComboBox, QWidget

from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.data_type_registry import family_of_run
from pushforward.studio.app.core.runs import RunState
from pushforward.studio.app.data.views.lens_view import LensView
from pushforward.studio.app.data.views.view_spec import ViewSpec
from pushforward.studio.app.data_types.interactions.recommend_requests import USERS
from pushforward.studio.app.data_types.interactions.recommender_frame import applies
from pushforward.studio.app.data_types.interactions.tables_frame import FLOOR
from pushforward.studio.app.data_types.interactions.users_view import metric_name
from pushforward.studio.app.design.basic import Elided, button, column, label, view_bar
from pushforward.studio.app.design.literal_text import set_tip
from pushforward.studio.app.design.table import Column, Table
from pushforward.studio.app.engine.actions import Actions
from pushforward.studio.app.engine.query import Query
from pushforward.studio.app.engine.requests.request_base import Refused
from pushforward.studio.counts import format_count
from pushforward.studio.literal import one_line
from pushforward.studio.protocol.spec import RunSpec
from pushforward.studio.protocol_table import (
    PROTOCOLS,
    USUAL,
    Cell,
    UserValues,
    compare_protocols,
    protocol_of,
    strip_protocol,
    with_protocol,
)

__all__ = ["VIEW", "ProtocolsView"]

MOST = 1_000_000  # test users of a run
NOTE = (
    "Test users, full ranking without seen items; 95 % intervals of a bootstrap over users. "
    "Differences are paired by user: * p < 0.05, n.s. not significant, after Holm's correction "
    "over the table. Values of different protocols are not comparable."
)


@dataclass(frozen=True)
class Measured:
    """Metrics (n,) of the test users (n,) of a run by name, or why there are none."""

    users: NDArray[np.int64]
    metrics: dict[str, NDArray[np.float64]]
    error: str = ""


@dataclass(frozen=True)
class Question:
    """Which runs (key, step, model, protocol) are compared, by which metric, with which model."""

    runs: tuple[tuple[str, int, str, str], ...]
    metric: str
    reference: str


Cells = dict[tuple[str, str], Cell]


class ProtocolsView(LensView):
    """A table with a row for each model and two columns for each protocol."""

    def __init__(self, state: AppState, actions: Actions) -> None:
        super().__init__(state, actions)
        self._measured: dict[tuple[str, int], Measured] = {}
        self._query: Query[Question, Cells] = Query(self, self._fetch, state=state)
        self.reference, self.metrics = QComboBox(), QComboBox()
        for box, name in ((self.reference, "Reference"), (self.metrics, "Metric")):
            box.setAccessibleName(name)
            box.setMinimumWidth(150)
            box.activated.connect(lambda _: self._ask())
        self.metrics.addItem(metric_name("ndcg@10"), "ndcg@10")
        self.train = button("Train missing", self._train)
        self._told = Elided("", "muted")
        self.table = Table("Models under each protocol", (Column("Model"),))
        self.table.selection_changed.connect(self._show_tests)
        self._tests = label("", wrap=True)
        self._note = label(NOTE, "small", wrap=True)
        self.bar = view_bar(
            self, label("Reference", "muted"), self.reference, self.metrics, None, self.train
        )
        self.page = QWidget()
        column(
            (self.table, 1),
            self._told,
            self._tests,
            self._note,
            parent=self.page,
            margins=(16, 10, 16, 12),
        )
        column(self.page, parent=self)
        self._query.changed.connect(self._show)
        runs = state.runs
        runs.selected.connect(lambda _: self.refresh())
        for signal in (runs.listed, state.engine_changed, state.catalog_changed):
            signal.connect(self.refresh)
        runs.changed.connect(lambda _: self.refresh())

    # Runs

    def _runs(self) -> list[RunState]:
        """Return the recommenders of the data of the selected run."""
        run = self._state.runs.current if applies(self._state) else None
        if run is None or run.spec is None:
            return []
        slug = run.spec.dataset.slug
        every = self._state.runs.by_key.values()
        return [each for each in every if each.spec is not None and each.spec.dataset.slug == slug]

    def models(self) -> dict[str, list[RunState]]:
        """Return the runs of each model; several seeds and protocols are one model."""
        groups: list[tuple[RunSpec, list[RunState]]] = []
        for run in self._runs():
            assert run.spec is not None
            training = {k: v for k, v in run.spec.training.items() if k != "seed"}
            spec = structs.replace(strip_protocol(run.spec), training=training)
            known = next((runs for other, runs in groups if other == spec), None)
            if known is None:
                groups.append((spec, [run]))
            else:
                known.append(run)
        titles = [self._title(runs[0]) for _, runs in groups]
        return {
            f"{title} {titles[: i + 1].count(title)}" if titles.count(title) > 1 else title: runs
            for i, (title, (_, runs)) in enumerate(zip(titles, groups, strict=True))
        }

    def _title(self, run: RunState) -> str:
        entry = family_of_run(run, self._state.catalog)
        slug = run.spec.family.slug if run.spec is not None else run.name
        return one_line(entry.title if entry is not None else slug)

    def protocols(self) -> list[str]:
        """Return the three usual protocols, and that of held-out users where a run has it."""
        used = {protocol_of(run.spec) for run in self._runs() if run.spec is not None}
        return [each for each in PROTOCOLS if each in USUAL or each in used]

    def missing(self) -> list[RunSpec]:
        """Return the runs that fill the table."""
        found = []
        for runs in self.models().values():
            specs = [run.spec for run in runs if run.spec is not None]
            there = {protocol_of(spec) for spec in specs}
            found += [with_protocol(specs[0], each) for each in USUAL if each not in there]
        return found

    def _train(self) -> None:
        self._actions.training.queue(self.missing())

    # Measuring

    def refresh(self) -> None:
        """Follow the runs."""
        if not self.isVisible():
            return
        models = self.models()
        if not models:
            self.page.hide()
            self.empty.tell("No recommenders", "Train a model of this data first.")
            return
        self.empty.hide()
        self.page.show()
        chosen = self.reference.currentText()
        if [self.reference.itemText(i) for i in range(self.reference.count())] != list(models):
            self.reference.clear()
            self.reference.addItems(list(models))
            self.reference.setCurrentIndex(max(0, self.reference.findText(chosen)))
        count = len(self.missing())
        self.train.setEnabled(count > 0 and self._state.engine.ready)
        set_tip(
            self.train,
            f"Queue {format_count(count, 'run')}: each model under each protocol"
            if count
            else "Each model has a run under each protocol.",
        )
        self._ask()

    def _ask(self) -> None:
        runs = tuple(
            (run.key, max(run.checkpoints), model, protocol_of(run.spec))
            for model, every in self.models().items()
            for run in every
            if run.state == "finished" and run.checkpoints and run.spec is not None
        )
        metric = str(self.metrics.currentData())
        self._query.ask(Question(runs, metric, self.reference.currentText()))
        self._show()

    async def _fetch(self, question: Question) -> Cells:
        """Rank the items for the test users of runs that are not measured yet, and compare."""
        found = []
        for place, (key, step, model, protocol) in enumerate(question.runs):
            if (key, step) not in self._measured:
                count = len(question.runs)
                self._told.set_text(f"Ranking for test users: run {place + 1} of {count}…")
                self._measured[key, step] = await self._measure(key)
            measured = self._measured[key, step]
            if question.metric in measured.metrics:
                values = measured.metrics[question.metric]
                found.append(UserValues(model, protocol, measured.users, values))
        if not found:
            return {}
        return await asyncio.to_thread(compare_protocols, found, question.reference)

    async def _measure(self, key: str) -> Measured:
        config = {"users": MOST, "split": "test"}
        try:
            answer = await self._actions.operating.ask(key, USERS, config=config)
        except Refused as refused:
            return Measured(np.zeros(0, np.int64), {}, refused.error.message)
        metrics = {
            name: np.asarray(values, np.float64)
            for name, values in answer.arrays.items()
            if "@" in name and not name.startswith(FLOOR)
        }
        return Measured(np.asarray(answer.arrays["user"], np.int64), metrics)

    # The table

    def _show(self) -> None:
        protocols, models = self.protocols(), self.models()
        cells, error = self._query.answer or {}, self._query.error
        self._offer_metrics()
        reference = self.reference.currentText()
        rows = []
        for model, runs in models.items():
            row = [model]
            for protocol in protocols:
                cell = cells.get((model, protocol))
                row += list(format_cell(cell)) if cell else [self._why(runs, protocol), ""]
            rows.append(row)
        self.table.set_columns(self._columns(protocols, reference, cells))
        self.table.show_rows(rows)
        self._show_tests()
        if error is not None:
            self._told.set_text(str(error))
        elif not self._query.busy:
            self._told.set_text(
                f"{format_count(len(models), 'model')} by {self.metric_title}. Tests: select one."
            )

    def _show_tests(self) -> None:
        """Show the tests of the selected model in full."""
        cells, rows = self._query.answer or {}, self.table.selected_rows
        first = self.table.cell(rows[0], 0) if rows else None
        model = first.text() if first is not None else ""
        found = [
            f"{PROTOCOLS[protocol]}: {test}"
            for protocol in self.protocols()
            if (cell := cells.get((model, protocol))) and (test := format_test(cell))
        ]
        who = f"{model} less {self.reference.currentText()}. " if found else ""
        self._tests.setText(f"{who}{'; '.join(found)}")
        self._tests.setVisible(bool(found))

    @property
    def metric_title(self) -> str:
        """The name of the chosen metric."""
        return metric_name(str(self.metrics.currentData()))

    def _offer_metrics(self) -> None:
        names = next((list(m.metrics) for m in self._measured.values() if m.metrics), [])
        if len(names) > self.metrics.count():
            chosen = self.metrics.currentData()
            self.metrics.clear()
            for name in names:
                self.metrics.addItem(metric_name(name), name)
            self.metrics.setCurrentIndex(max(0, self.metrics.findData(chosen)))

    @staticmethod
    def _columns(protocols: Sequence[str], reference: str, cells: Cells) -> list[Column]:
        found = [Column("Model")]
        for protocol in protocols:
            users = max((c.own.n for (_, p), c in cells.items() if p == protocol), default=0)
            of = f"Mean over {users:,} test users with its 95 % interval" if users else ""
            found.append(Column(PROTOCOLS[protocol], of))
            tip = f"Paired difference from {reference}; select a row for its interval and p"
            found.append(Column("Difference", tip))
        return found

    def _why(self, runs: Sequence[RunState], protocol: str) -> str:
        """Say why a model has no value under a protocol."""
        own = [r for r in runs if r.spec is not None and protocol_of(r.spec) == protocol]
        if not own:
            return "not trained"
        done = [run for run in own if run.state == "finished" and run.checkpoints]
        if not done:
            return own[-1].state
        measured = self._measured.get((done[-1].key, max(done[-1].checkpoints)))
        return "ranking…" if measured is None else measured.error

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.refresh()


def format_cell(cell: Cell) -> tuple[str, str]:
    """Return a value with its interval and seeds, and its difference from the reference."""
    seeds = f", {cell.runs} seeds ± {cell.own.spread:.3f}" if cell.runs > 1 else ""
    if cell.compared is None:
        return f"{cell.own}{seeds}", "–"
    mark = "*" if cell.compared.is_significant else "n.s."
    return f"{cell.own}{seeds}", f"{cell.compared.difference:+.3f} {mark}"


def format_test(cell: Cell) -> str:
    """Return a difference with its interval and the corrected p-value, "" for none."""
    if cell.compared is None:
        return ""
    p = cell.compared.p
    chance = "p < 0.001" if p < 0.001 else f"p = {p:.3f}" if p < 0.1 else f"p = {p:.2f}"
    share = f"better for {100 * cell.compared.share:.0f} % of users who differ"
    return f"{cell.compared}, {chance}, {share}"


VIEW = ViewSpec(
    id="recommend-protocols",
    lens="compare",
    title="Protocols",
    order=39,
    applies=applies,
    factory=ProtocolsView,
)

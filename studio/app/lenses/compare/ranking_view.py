"""Compared runs as lines of one table: samples, likelihood, what a sample costs, and figures."""

from collections.abc import Collection

import numpy as np
from PySide6.QtCore import QSize
from PySide6.QtGui import QImage, QPixmap, QResizeEvent, QShowEvent

from pushforward.studio.app.charts.line_styles import ink
from pushforward.studio.app.charts.point_picture import scatter
from pushforward.studio.app.core import run_comparison
from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.comparison_labels import told_apart
from pushforward.studio.app.core.data_type import named
from pushforward.studio.app.core.data_type_registry import family_of_run, kind_of_run
from pushforward.studio.app.core.display_names import data_title, metric_title, name_of, number
from pushforward.studio.app.core.latest_metrics import floors_of
from pushforward.studio.app.core.run_ranking import (
    APART,
    NONE,
    Cell,
    likelihood_of,
    measured_by,
    of_unequal,
    standings,
)
from pushforward.studio.app.core.runs import RunState
from pushforward.studio.app.core.timers import single_shot
from pushforward.studio.app.data.tile_frames import frame_at
from pushforward.studio.app.data.views.lens_view import LensView
from pushforward.studio.app.data.views.view_spec import ViewSpec
from pushforward.studio.app.design.basic import Elided, button, column, view_bar
from pushforward.studio.app.design.literal_text import set_tip
from pushforward.studio.app.design.table import Column
from pushforward.studio.app.design.theme import colors, theme
from pushforward.studio.app.engine.actions import Actions
from pushforward.studio.app.engine.paired_record import PairedRecord
from pushforward.studio.app.engine.requests.record_watching import Looking
from pushforward.studio.app.lenses.compare.ranking_table import (
    PICTURE,
    StandingsTable,
    badged,
    strip,
)
from pushforward.studio.app.text import metric_reference, number_format
from pushforward.studio.protocol.catalog import EntrySpec

__all__ = ["VIEW", "StandingsView"]

REDRAW_MS = 200
NOWHERE = (-1.0, 1.0, -1.0, 1.0)
PARTICLES = 1024  # of each run, live
TILES = 24  # of each run, at most
HEADS = (
    Column("Model", "The samples shown are from the same fixed latents."),
    Column(
        "Likelihood",
        "Negative log-likelihood of unseen data: exact, a bound, or unavailable; in nats per "
        "sample or bits",
    ),
    Column("Evaluations", run_comparison.EVALUATIONS),
    Column("Time", "Seconds of training"),
)


class StandingsView(LensView):
    """Compares runs without ranking: each value is compared with its own floor."""

    def __init__(self, state: AppState, actions: Actions) -> None:
        super().__init__(state, actions)
        self._runs: list[RunState] = []
        self._besides: list[PairedRecord] = []
        self._timer = single_shot(self, self._draw, REDRAW_MS)
        self.table = StandingsTable()
        self.table.opened.connect(self._open)
        self._told = Elided("", "muted")
        self.measure = button("Measure likelihoods", actions.comparing.measure_likelihoods)
        self.bar = view_bar(self, self._told, None, self.measure)
        column(self.table, parent=self, margins=(16, 8, 16, 12))
        runs = state.runs
        for signal in (runs.compared, runs.listed, state.catalog_changed, state.queue_changed):
            signal.connect(self._soon)
        for news in (runs.selected, runs.changed, runs.metrics_appended, runs.progressed):
            news.connect(lambda _key: self._soon())
        state.engine_changed.connect(self._soon)
        state.playback.changed.connect(self._soon)
        theme.changed.connect(self._soon)

    def _soon(self) -> None:
        if self.isVisible() and not self._timer.isActive():
            self._timer.start()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._draw()

    def _draw(self) -> None:
        """Show the runs that are compared as they are now."""
        runs = run_comparison.compared(self._state.runs)
        if not self.isVisible():
            return
        self._follow(runs)
        catalog, metrics = self._state.catalog, measured_by(runs, self._state.catalog)
        titles = [
            Column(metric_title(slug, catalog), metric_reference.explained(self._entry(slug)))
            for slug in metrics
        ]
        names = list(zip(self._called(runs), map(name_of, runs), strict=True))
        unequal = of_unequal(runs, metrics)
        cells = standings(runs, metrics, catalog, unequal)
        floors = self._floors(runs, metrics, unequal)
        tiled = any(kind_of_run(run, catalog).layout == "tiles" for run in runs)
        self.table.show_runs([*HEADS, *titles], names, cells, floors, tiled=tiled)
        self._paint()
        data = {data_title(run.spec.dataset.slug, catalog) for run in runs if run.spec is not None}
        self._told.set_text(f"{len(runs)} runs on {' and '.join(sorted(data))}. Esc: end")
        why = self._why_not()
        self.measure.setEnabled(not why)
        set_tip(self.measure, why or "Measure the likelihood of unseen data for each run")

    def _follow(self, runs: list[RunState]) -> None:
        self._runs = runs
        while len(self._besides) < len(runs):
            beside = PairedRecord(self, self._state, self._actions, self._looking, lambda _: True)
            beside.shown.connect(lambda _record: self._soon())
            self._besides.append(beside)
        for place, beside in enumerate(self._besides):
            beside.show(runs[place].key if place < len(runs) else "")
        for run in runs[:1]:
            self._actions.real_samples.need(run.key)

    def _looking(self, run: RunState) -> Looking:
        parts = kind_of_run(run, self._state.catalog).parts
        return Looking(run.job, (), NOWHERE, 2, PARTICLES, parts)

    def _called(self, runs: list[RunState]) -> list[str]:
        """Return the models of the runs where no two are the same, else what tells them apart."""
        families = [family_of_run(run, self._state.catalog) for run in runs]
        short = [each.short or each.title for each in families if each is not None]
        return short if len(set(short)) == len(runs) else told_apart(runs)

    def _floors(
        self, runs: list[RunState], metrics: list[str], unequal: Collection[str]
    ) -> list[Cell]:
        """Return what stands below each column behind the names: of figures of unequal numbers of
        samples each run has its own.
        """
        bars = []
        for slug in metrics:
            every = (floors_of(run, slug) for run in runs)
            floors = next((each for each in every if slug in each), {})
            alike = Cell(
                number_format.floor(floors, slug),
                tip=metric_reference.bar(self._entry(slug), floors, slug),
            )
            same = slug in floors and slug not in unequal
            bars.append(alike if same else self._own_floors(runs, slug))
        return [self._law(runs), Cell(""), Cell(""), *bars]

    def _own_floors(self, runs: list[RunState], slug: str) -> Cell:
        every = [floors_of(run, slug) for run in runs]
        own = [number_format.figure(each[slug]) if slug in each else NONE for each in every]
        if all(each == NONE for each in own):
            return Cell(NONE)
        bar_name = metric_reference.bar_name(self._entry(slug))
        return Cell(
            ", ".join(own),
            tip=f"{bar_name.capitalize()} of each run, in order. {APART}",
        )

    def _law(self, runs: list[RunState]) -> Cell:
        """Return the reference likelihood of the data, if measured."""
        for run in runs:
            slug, found = likelihood_of(run, self._state.catalog).slug, run.evaluated
            if slug and found is not None and slug in found.floors:
                entry = self._entry(slug)
                tip = f"The bar: {entry.bar}" if entry is not None else ""
                return Cell(number_format.figure(found.floors[slug]), tip=tip)
        return Cell("")

    def _entry(self, slug: str) -> EntrySpec | None:
        return self._state.catalog.get("metric", slug) if self._state.catalog is not None else None

    def _why_not(self) -> str:
        """Return why likelihoods cannot be measured now, "" if they can."""
        state = self._state
        able = [run for run in self._runs if likelihood_of(run, state.catalog).slug]
        if not able:
            return "None of these models has a likelihood."
        if not any(run.checkpoints for run in able):
            return "None of these runs has a checkpoint yet."
        keys = {run.key for run in able}
        if any(job.kind == "evaluation" and job.run in keys for job in state.jobs.values()):
            return "Runs are being evaluated."
        return ""

    def _open(self, row: int) -> None:
        if row < len(self._runs):
            self._actions.runs.select(self._runs[row].key)

    def leave(self) -> bool:
        """End the comparison with the run that was selected of it."""
        current = self._state.runs.current
        if not self._runs or current is None:
            return False
        self._actions.comparing.end(current.key)
        return True

    # Pictures

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._soon()

    def _paint(self) -> None:
        ratio = self.devicePixelRatioF()
        records = [each.record for each in self._besides[: len(self._runs)]]
        # The same latent has the same place in each line.
        fewest = min((each.x.shape[1] for each in records if each is not None), default=0)
        for place, (run, beside) in enumerate(zip(self._runs, self._besides, strict=False)):
            self.table.show_strip(place, self._strip(run, beside, fewest))
            picture = badged(self._picture(run, beside, place), place, number(run.name), ratio)
            self.table.show_picture(place, picture)

    def _strip(self, run: RunState, beside: PairedRecord, most: int) -> QPixmap | None:
        """Return the first fixed latents of a run as tiles in a line, no more than ``most``; None
        where they are no tiles or not there.
        """
        record, kind = beside.record, kind_of_run(run, self._state.catalog)
        if record is None or kind.layout != "tiles" or not kind.fits(record.x.shape[2:]):
            return None
        beside.mark_drawn()
        frame = frame_at(record.t, self._state.playback.flow)
        some = slice(min(most, TILES, kind.page))
        told = named(record.conditions, run.classes)
        told |= kind.holding(run.alike, record.x.shape[1])
        tiles = kind.tiles(kind.rows(record.x, record.extras, frame, some, told))
        return strip(tiles, self.table.viewport().width(), self.devicePixelRatioF())

    def _picture(self, run: RunState, beside: PairedRecord, place: int) -> QImage | None:
        """Return the samples of a run in the plane, None where they are no points or not there."""
        record, kind = beside.record, kind_of_run(run, self._state.catalog)
        if record is None or kind.layout != "plane" or not kind.fits(record.x.shape[2:]):
            return None
        beside.mark_drawn()
        ratio = self.devicePixelRatioF()
        size = QSize(PICTURE * ratio)
        x = record.x[frame_at(record.t, self._state.playback.flow)]
        target = self._runs[0].target
        like = target if target is not None and kind.fits(target.shape[1:]) else None
        shade = ink(place, colors())
        image = scatter(
            np.asarray(x), size.width(), size.height(), max(1, round(ratio)), shade, like
        )
        image.setDevicePixelRatio(ratio)
        return image


VIEW = ViewSpec(
    id="standings",
    lens="compare",
    title="Table",
    order=41,
    applies=lambda state: len(run_comparison.compared(state.runs)) > 1,
    factory=StandingsView,
)

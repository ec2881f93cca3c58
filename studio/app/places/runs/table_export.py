"""The table of runs as a file of comma-separated values: what is listed, in its order."""

import csv
import io
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QWidget

from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.display_names import data_title, metric_in_unit, name_of, number
from pushforward.studio.app.core.latest_metrics import floors_of
from pushforward.studio.app.core.memorisation import memory_of
from pushforward.studio.app.core.run_groups import data_taken
from pushforward.studio.app.core.run_methods import model_title
from pushforward.studio.app.core.runs import RunState
from pushforward.studio.app.design.file_dialog import ask_write
from pushforward.studio.app.places.runs.table.table_model import Row
from pushforward.studio.formats.cells import harmless
from pushforward.studio.protocol.events import SPREAD
from pushforward.studio.store.atomic import write_text

__all__ = ["as_csv", "ask_table"]

HEAD = (
    "run", "name", "folder", "state", "model", "data", "data_taken", "step", "metric", "value",
    "measured_at", "floor", "floor_spread", "memory_metric", "memory_value", "memory_floor",
    "memory_floor_spread", "memory_verdict", "seconds", "baseline", "tags", "note",
)  # fmt: skip


def as_csv(rows: Sequence[Row], state: AppState) -> str:
    """Return runs as CSV, a line each; a run that is in several groups is there once."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(HEAD)
    told: set[str] = set()
    for row in rows:
        if row.run is not None and not row.pinned and row.run.key not in told:
            told.add(row.run.key)
            writer.writerow(map(_harmless, _line(row, row.run, state)))
    return out.getvalue()


def _harmless(cell: object) -> object:
    """Return a cell whose words no spreadsheet takes for a formula; a number stays one."""
    return harmless(cell) if isinstance(cell, str) else cell


def _line(row: Row, run: RunState, state: AppState) -> list[object]:
    catalog, metric = state.catalog, row.group.metric
    step, value = row.figure or ("", "")
    floors = floors_of(run, metric)
    return [
        number(run.name),
        name_of(run),
        run.name,
        run.state,
        model_title(run, catalog),
        data_title(run.spec.dataset.slug, catalog) if run.spec is not None else "",
        data_taken(run, catalog),
        run.step,
        metric_in_unit(metric, catalog),
        value,
        step,
        floors.get(metric, ""),
        floors.get(SPREAD + metric, ""),
        *_memory(run, state),
        run.seconds,
        int(run.label.baseline),
        ", ".join(run.label.tags),
        run.label.note,
    ]


def _memory(run: RunState, state: AppState) -> list[object]:
    """Return the metric of memorisation of a run, its value, floor and verdict; "" if unknown."""
    found = memory_of(run, state.catalog)
    if found is None:
        return [""] * 5
    cells = (found.title, found.value, found.floor_mean, found.floor_spread, found.brief)
    return ["" if each is None else each for each in cells]


def ask_table(parent: QWidget, rows: Sequence[Row], state: AppState) -> QFileDialog:
    """Ask for a file, and write the runs that are listed now into it."""
    text = as_csv(rows, state)  # what is seen when the person asks, not when they answer

    def write(path: Path) -> None:
        write_text(path, text)

    name = f"{(state.project_name or 'runs').replace('/', '-')}-runs.csv"
    return ask_write(parent, state, "Export the table of runs", name, "CSV (*.csv)", write)

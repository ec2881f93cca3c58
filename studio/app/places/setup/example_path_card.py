"""The way from the prior to the data, as a run like the one that is set up took it."""

import asyncio

import numpy as np
from PySide6.QtCore import Qt

from pushforward.studio.app.core import display_names, draft_spec, training_sources
from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.data_type_registry import kind_of, kind_of_run
from pushforward.studio.app.core.draft import Draft
from pushforward.studio.app.core.runs import FlowRecord, RunState
from pushforward.studio.app.data.tile_grid import TileGrid
from pushforward.studio.app.engine.query import Query
from pushforward.studio.app.engine.record_reader import read_newest
from pushforward.studio.app.places.setup.setup_card import Card
from pushforward.studio.store.errors import StoreError

__all__ = ["PathCard", "run_like"]

ROWS, FRAMES = 3, 12
TALL, TIMED = 52, 67  # pixels of a row, and of the last one, which has the times below it
FLOW = "flow"  # the carrier whose particles have a way


class PathCard(Card):
    """Hidden where there is no such run, or nothing in it moves along flow time."""

    def __init__(self, state: AppState) -> None:
        super().__init__("Path")
        self._state = state
        self._record: Query[str, FlowRecord | None] = Query(
            self, lambda key: asyncio.to_thread(read_newest, key), errors=(StoreError, OSError)
        )
        self._record.changed.connect(self._show_record)
        self.body.setSpacing(0)
        self.strips = [
            TileGrid(f"Particle {row + 1} along the flow", strip=True) for row in range(ROWS)
        ]
        for place, strip in enumerate(self.strips):
            strip.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # only to be looked at
            strip.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
            strip.setFixedHeight(TIMED if place == ROWS - 1 else TALL)
            self.body.addWidget(strip)
        self.hide()

    def refresh(self) -> None:
        """Show the current draft."""
        draft = self._state.draft
        run = run_like(draft, self._state) if draft is not None else None
        if run is None:
            self._record.cancel()
            self.hide()
        elif run.key != self._record.key:
            self.hide()
            self._record.ask(run.key)

    def _show_record(self) -> None:
        """Show the path; a record that cannot be read is reported on the page of its run."""
        record, run = self._record.answer, self._state.runs.by_key.get(self._record.key or "")
        if run is not None and record is not None and len(record.t) > 1:
            self._show(run, record)

    def _show(self, run: RunState, record: FlowRecord) -> None:
        kind = kind_of_run(run, self._state.catalog)
        if not kind.fits(record.x.shape[2:]):
            return
        frames = np.unique(np.linspace(0, len(record.t) - 1, FRAMES).round().astype(int))
        times = [f"{float(record.t[frame]):.2f}" for frame in frames]
        for row, strip in enumerate(self.strips):
            strip.setVisible(row < record.x.shape[1])
            if row < record.x.shape[1]:
                way = kind.tiles(kind.way(record.x, record.extras, row, frames))
                last = row == ROWS - 1
                strip.show_tiles(way, noun=kind.moving, words=times if last else [])
        told = f"{training_sources.number_of(run.name)}, step {record.step:,}"
        self.fact.set_text(f"from the prior to the data, as {told} goes")
        self.show()


def run_like(draft: Draft, state: AppState) -> RunState | None:
    """Return the newest trained run of the same model on the same data that has a way of its own,
    and whose data are seen one by one; None where there is none.
    """
    entry = draft_spec.entry_of(draft.spec, "family", state.catalog)
    kind = kind_of(draft.spec.dataset, state.catalog)
    if entry is None or entry.carrier != FLOW or kind.layout == "plane":
        return None
    like = [
        run
        for run in state.runs.by_key.values()
        if run.spec is not None
        and run.state == "finished"
        and display_names.same_model_and_data(run.spec, draft.spec)
    ]
    return max(like, key=lambda run: run.name, default=None)

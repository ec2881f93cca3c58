"""The scene of the selected run, fetched from the engine and shared by all views of it."""

import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from PySide6.QtCore import Signal

from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.data_type_registry import family_of_run
from pushforward.studio.app.core.operator_results import operator_of
from pushforward.studio.app.core.operator_settings import Asking
from pushforward.studio.app.core.runs import RunState
from pushforward.studio.app.core.timers import single_shot
from pushforward.studio.app.data.views.request_progress import UnderWay
from pushforward.studio.app.data.views.view_spec import shows
from pushforward.studio.app.data_types.cubes.label_document import label_file
from pushforward.studio.app.data_types.cubes.map_scores import ClassBand
from pushforward.studio.app.data_types.cubes.scene_requests import (
    GENERATE,
    REFINE,
    SUGGEST,
    SceneData,
    SceneMap,
    SceneRequests,
    make_map,
)
from pushforward.studio.app.data_types.cubes.scene_state import NOT_YET, SceneState
from pushforward.studio.app.engine.actions import Actions
from pushforward.studio.app.engine.query import Query
from pushforward.studio.protocol.messages import ResultWritten
from pushforward.studio.protocol.spec import Pick

__all__ = ["SceneModel", "applies"]

applies = shows("scene")

NEWEST_MS = 400  # between two maps of a training, at least
SPARED = 4.0  # times the duration of a map, until the next one is requested
COARSE = 8  # side of the blocks of the first map of a training, of which one pixel is classified
QUICK, SLOW = 0.3, 1.0  # seconds that a map in a training takes: it may be finer, or coarser
NEXT = 10  # pixels that are suggested at once
KEPT = 8  # runs whose maps are kept


class SceneModel(SceneState):
    """The scene and the maps of the selected run, or a scene without a run.

    Signals:
        maps_changed(): a map arrived, or a request began or ended.
    """

    maps_changed = Signal()

    def __init__(
        self, state: AppState, actions: Actions, data: tuple[Path, Pick] | None = None
    ) -> None:
        """``data`` are a project and a data set, to look at it without a run."""
        super().__init__(state)
        self.setObjectName("scene" if data is None else "")
        self._data = data
        self._state, self._actions = state, actions
        self.requests = SceneRequests(state, actions.link, actions.operating)
        self.key = self.error = ""
        self._asked_at = 0.0
        self._kept: dict[str, tuple[SceneMap | None, SceneMap | None]] = {}
        self._followed_up: set[str] = set()
        self._scene_query: Query[tuple[str, str], SceneData] = Query(self, self._load, state=state)
        self._map_query: Query[tuple[str, int | None], SceneMap] = Query(
            self, self._classify, state=state
        )
        self.under_way = UnderWay(self, state, actions, REFINE)
        self._crf_query: Query[tuple[str, int, str], str] = Query(self, self._start_refining)
        self._refined_query: Query[tuple[str, str], SceneMap] = Query(self, self._read_refined)
        self._next_query: Query[tuple[str, int, int], Any] = Query(self, self._suggest)
        self._spectra_query: Query[tuple[str, int], list[ClassBand]] = Query(
            self, self._generate, state=state
        )
        self._newest = single_shot(self, self.ask_map, NEWEST_MS)
        self._every = COARSE
        self._connect()
        self.select()

    @classmethod
    def shared(cls, state: AppState, actions: Actions) -> "SceneModel":
        """Return the one model of a window."""
        found = state.findChild(SceneModel, "scene")
        return found if found is not None else cls(state, actions)

    def _connect(self) -> None:
        state = self._state
        state.runs.selected.connect(lambda _: self.select())
        state.catalog_changed.connect(self.select)
        state.engine_changed.connect(self.select)
        for signal in (state.runs.changed, state.runs.progressed, state.runs.metrics_appended):
            signal.connect(lambda key, *_: self._run_changed(key))
        state.playback.changed.connect(self.ask_map)
        self._scene_query.changed.connect(self._take_scene)
        self._map_query.changed.connect(self._take_map)
        self._crf_query.changed.connect(self.maps_changed)
        self._refined_query.changed.connect(self._take_refined)
        self.under_way.changed.connect(self.maps_changed)
        state.result_written.connect(self._refinement_written)
        state.result_opened.connect(self._refinement_opened)
        self._next_query.changed.connect(self._take_suggested)
        self._spectra_query.changed.connect(self.maps_changed)

    @property
    def run(self) -> RunState | None:
        """The selected run, if it learns a scene."""
        chosen = self._data is None and applies(self._state)
        return self._state.runs.current if chosen else None

    @property
    def _source(self) -> tuple[Path, Pick] | None:
        """The project and the data set of what is shown."""
        run = self.run
        if run is None or run.spec is None:
            return self._data
        return Path(run.key).parents[1], run.spec.dataset

    @property
    def classifies(self) -> bool:
        """Whether the model of the run makes maps; what is not known does."""
        entry = family_of_run(self.run, self._state.catalog)
        return entry is None or not entry.carrier or "classify" in entry.capabilities

    def generated_band(self, number: int) -> ClassBand | None:
        """Return mean and quantiles of the spectra that the model generates of a class, None where
        it generates none.
        """
        found = self._spectra_query.answer
        key, scene = self._spectra_query.key, self.scene
        if self.classifies or found is None or key is None or scene is None or key[0] != self.key:
            return None
        fits = 0 < number <= len(found) and len(found[number - 1].mean) == scene.cube.shape[2]
        return found[number - 1] if fits else None

    @property
    def refining(self) -> bool:
        """Whether the CRF is queued, computed or read."""
        queries = (self._crf_query, self._refined_query)
        busy = any(query.key is not None and query.busy for query in queries)
        return busy or self.under_way.job is not None

    @property
    def why_no_map(self) -> str:
        """Why there is no map yet, "" where there is one."""
        if self.map is not None:
            return ""
        if self._data is not None:
            return "No model is trained on these labels yet."
        if not self.classifies:
            return "This model generates spectra; it has no map."
        if self._map_query.key is not None and self._map_query.busy:
            return "The scene is being classified…"
        return str(self._map_query.error or NOT_YET)

    # The scene

    def select(self) -> None:
        """Show the scene of the selected run."""
        run = self.run
        key = run.key if run is not None else ""
        if key != self.key:
            self._change_run(key)
        source = self._source
        if source is None or self._state.engine.state not in ("ready", "busy"):
            if self.scene is not None and run is None and self._data is None:
                self.scene = None
            self.scene_changed.emit()
            return
        known = self._scene_query.ask((key, repr(source[1])))
        if known is None:
            self.scene_changed.emit()
        elif known is not self.scene:
            self._take_scene()

    def _change_run(self, key: str) -> None:
        if self.key:
            self._kept[self.key] = (self.map, self.refined)
            for old in list(self._kept)[:-KEPT]:
                del self._kept[old]
        self.key, self.error, self.scene = key, "", None
        self.under_way.key = key
        self.map, self.refined = self._kept.pop(key, (None, None))
        layer = self.stack.get("crf")
        if self.refined is None and layer is not None and layer.visible:
            self._show_before_crf()
        for query in (
            self._map_query, self._crf_query, self._refined_query, self._next_query,
            self._spectra_query,
        ):  # fmt: skip
            query.cancel()
        # How long a map of another run took says nothing.
        self._newest.setInterval(NEWEST_MS)
        self._every = COARSE
        self.suggested, self.suggestion, self.selected = [], -1, None

    async def _load(self, key: tuple[str, str]) -> SceneData:
        run = self._state.runs.by_key.get(key[0])
        if run is None or run.spec is None:
            assert self._data is not None
            return await self.requests.load(self._data[1], self._data[0])
        return await self.requests.load(run.spec.dataset, Path(run.key).parents[1])

    def _take_scene(self) -> None:
        scene, source = self._scene_query.answer, self._source
        self.error = str(self._scene_query.error or "")
        if scene is not None and source is not None:
            self.take_scene(scene)
            self.read_labels()
            self.build_layers()
            self.ask_map()
        self.scene_changed.emit()

    def read_labels(self) -> None:
        """Read the painted labels, which another view of the same data may have changed."""
        if self.scene is not None and self._source is not None:
            project, dataset = self._source
            self.labels.open(label_file(project, dataset.slug), self.scene.size)

    # The map

    def ask_map(self) -> None:
        """Request the map of the checkpoint that the training clock is at, or of the newest; at
        *Live* that of the weights as they are in the training.
        """
        run, scene = self.run, self.scene
        if run is None or scene is None:
            return
        step = self._state.playback.step
        kept = [each for each in run.checkpoints if step is None or each <= step]
        if not self.classifies:
            if kept and self.requests.offers(GENERATE):
                self._spectra_query.ask((run.key, max(kept)))
            return
        if step is None and run.state == "running":
            if not self._newest.isActive() and (self.map is None or self.map.step != run.step):
                self._request_map((run.key, None))
        elif kept and (self.map is None or self.map.step != max(kept) or self.map.every > 1):
            self._request_map((run.key, max(kept)))

    def _request_map(self, key: tuple[str, int | None]) -> None:
        if key[1] is not None or not self._map_query.busy:
            self._asked_at = time.monotonic()
            self._map_query.ask(key, again=key[1] is None)
            if self.map is None:
                self.show_maps()
            self.maps_changed.emit()

    async def _classify(self, key: tuple[str, int | None]) -> SceneMap:
        scene = self.scene
        numbers = scene.truth.size * max(1, len(scene.names)) if scene is not None else 0
        every = self._every if key[1] is None else 1
        return await self.requests.classify(key[0], key[1], numbers, every)

    async def _generate(self, key: tuple[str, int]) -> list[ClassBand]:
        bands = self.scene.cube.shape[2] if self.scene is not None else 1
        return await self.requests.generate(key[0], key[1], bands)

    def _take_map(self) -> None:
        found = self._map_query.answer
        took = time.monotonic() - self._asked_at
        # While the model learns, most of the time is left to the training.
        self._newest.setInterval(max(NEWEST_MS, round(1000 * SPARED * took)))
        if took < QUICK:
            self._every = max(1, self._every // 2)
        elif took > SLOW:
            self._every = min(COARSE, 2 * self._every)
        if found is not None and self._map_query.key is not None:
            outdated = self.map is None or self.map.step != found.step
            if outdated and self.refined is not None:
                self.refined = None
                self._show_before_crf()
            self.map = found
        self.show_maps()
        self.maps_changed.emit()
        self._follow_up()

    def _follow_up(self) -> None:
        """Refine the last map once where the run asks for it and its training has finished."""
        run, found = self.run, self.map
        if run is None or run.spec is None or found is None or run.state != "finished":
            return
        wanted = run.spec.follow_up
        last = found.step == max(run.checkpoints, default=0)
        if wanted is None or wanted.slug != REFINE or not last or run.key in self._followed_up:
            return
        self._followed_up.add(run.key)
        if self.refined is None:
            self.ask_refined(wanted.config)

    def _run_changed(self, key: str) -> None:
        if key != self.key:
            return
        if self.scene is None and self.run is not None:
            self.select()
        elif self._state.playback.live and not self._newest.isActive():
            self._newest.start()
        self._follow_up()

    # The CRF

    @property
    def offers_refinement(self) -> bool:
        """Whether the engine has the operator of the dense CRF."""
        return self.requests.offers(REFINE)

    @property
    def refinement_error(self) -> str:
        """Why the CRF has no map, "" where nothing failed."""
        return str(self._crf_query.error or self._refined_query.error or "")

    def ask_refined(self, config: Mapping[str, Any] | None = None) -> None:
        """Request the map after the dense CRF."""
        run = self.run
        if run is not None and self.map is not None and self.offers_refinement:
            settings = json.dumps(dict(config or {}))
            self._crf_query.ask((run.key, self.map.step, settings), again=True)
            self.maps_changed.emit()

    async def _start_refining(self, key: tuple[str, int, str]) -> str:
        asking = Asking(json.loads(key[2]), {}, {})
        start = self._actions.operating.start
        return await start(key[0], REFINE, asking, step=key[1], show=False)

    def _refinement_written(self, event: ResultWritten) -> None:
        if (event.run, event.operator, event.file) == (self.key, REFINE, ""):
            self._refined_query.ask((event.run, Path(event.result).name), again=True)

    def _refinement_opened(self, key: str) -> None:
        name = self._state.opened.get(key, "")
        if key == self.key and operator_of(name) == REFINE:
            self._refined_query.ask((key, name), again=True)

    async def _read_refined(self, key: tuple[str, str]) -> SceneMap:
        record, arrays = await self._actions.operating.read(*key)
        return make_map(record.step, arrays, record.note)

    def _take_refined(self) -> None:
        if self._refined_query.answer is not None:
            self.refined = self._refined_query.answer
            self.show_maps()
            self.show_layer("prediction", on=False)
            self.show_layer("crf", on=True)
        self.maps_changed.emit()

    def drop_refined(self) -> None:
        """Show the map before the CRF again."""
        self._refined_query.cancel()
        self.refined = None
        self.show_maps()
        self._show_before_crf()
        self.maps_changed.emit()

    def _show_before_crf(self) -> None:
        self.show_layer("crf", on=False)
        self.show_layer("prediction", on=True)

    # Pixels to label next

    def ask_next(self) -> None:
        """Go to the next pixel that is worth a label; the first call finds them."""
        run = self.run
        if run is None or self.map is None:
            return
        if self.suggestion + 1 < len(self.suggested):
            self._go_to_suggestion(self.suggestion + 1)
        else:
            self._next_query.ask((run.key, self.map.step, self.labels.count), again=True)
            self.maps_changed.emit()

    async def _suggest(self, key: tuple[str, int, int]) -> Any:
        if self.requests.offers(SUGGEST):
            n = min(10_000, NEXT + self.labels.count)
            found = await self.requests.suggest(key[0], n)
        else:
            assert self.map is not None
            margin = self.map.margin if self.map.margin is not None else self.map.confidence
            order = np.argsort(margin.ravel())[: 4 * NEXT]
            found = np.stack(np.unravel_index(order, margin.shape), axis=1)
        painted = self.labels.labels[tuple(found.T)] > 0
        return found[~painted][:NEXT]

    def _take_suggested(self) -> None:
        if self._next_query.answer is not None:
            self.suggested = [(int(r), int(c)) for r, c in self._next_query.answer]
            self.suggestion = -1
            if self.suggested:
                self._go_to_suggestion(0)
        self.maps_changed.emit()

    def _go_to_suggestion(self, place: int) -> None:
        self.suggestion = place
        row, column = self.suggested[place]
        self.camera.fly_to(row, column, 3.0)
        self.point(row, column)
        self.marked.emit()

    def accept_prediction(self) -> None:
        """Label the pixel under the cursor with its predicted class, and go to the next one."""
        if self.cursor is not None and self.best is not None:
            self.label_pixel(*self.cursor, int(self.best.classes[self.cursor]))
            self.ask_next()

"""What the views of a scene share: the scene of the selected run, its maps, the cursor, the layers."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any, cast

import numpy as np
from PySide6.QtCore import QObject, QRect, Signal
from PySide6.QtGui import QImage

from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.runs import RunState
from pushforward.studio.app.core.timers import single_shot
from pushforward.studio.app.data.views.view_spec import shows
from pushforward.studio.app.data_types.cubes import scene_images as images
from pushforward.studio.app.data_types.cubes.label_document import LabelDocument, label_file
from pushforward.studio.app.data_types.cubes.map_camera import MapCamera
from pushforward.studio.app.data_types.cubes.map_layers import Layer, Stack
from pushforward.studio.app.data_types.cubes.map_overlays import Fields, find_fields
from pushforward.studio.app.data_types.cubes.map_scores import (
    ClassBand,
    Scores,
    confusion_of,
    measure_class,
    nearest_labels,
    score,
)
from pushforward.studio.app.data_types.cubes.scene_requests import (
    REFINE,
    SUGGEST,
    SceneData,
    SceneMap,
    SceneRequests,
)
from pushforward.studio.app.engine.actions import Actions
from pushforward.studio.app.engine.query import Query
from pushforward.studio.formats.cubes.palette import class_colours

__all__ = ["MAPS", "SceneModel", "applies"]

applies = shows("scene")

MAPS = ("prediction", "crf", "position")
"""Layers that are maps of classes."""
NEWEST_MS = 400  # between two maps of a training
NEXT = 10  # pixels that are suggested at once
FALSE, TRUE = (860.0, 660.0, 560.0), (650.0, 550.0, 450.0)  # nm
TITLES = {
    "false-colour": "Colours of bands",
    "band": "Single band",
    "pca": "Principal components",
    "truth": "Ground truth",
    "position": "Position only",
    "prediction": "Prediction",
    "crf": "After CRF",
    "difference": "Changed by CRF",
    "error": "Error",
    "uncertainty": "Uncertainty",
    "labels": "Labels painted",
}
OPACITY = {"prediction": 0.7, "crf": 0.72, "truth": 0.7, "position": 0.7, "uncertainty": 0.8}
BASES = ("false-colour", "band", "pca")
NOT_YET = "A map follows once the training has saved a checkpoint."


class SceneModel(QObject):
    """The scene of the selected run, and what is looked at of it.

    Signals:
        scene_changed(): another scene is there, or none.
        layers_changed(): a layer has another picture, opacity or order.
        area_changed(QRect): a layer changed in an area of the scene alone.
        maps_changed(): a map arrived, or a request began or ended.
        cursor_moved(): the cursor is on another pixel.
        marked(): pins, suggestions or isolated classes changed.
        tool_changed(): another tool, class or size of the brush.
    """

    scene_changed = Signal()
    layers_changed = Signal()
    area_changed = Signal(QRect)
    maps_changed = Signal()
    cursor_moved = Signal()
    marked = Signal()
    tool_changed = Signal()

    def __init__(self, state: AppState, actions: Actions) -> None:
        super().__init__(state)
        self.setObjectName("scene")
        self._state, self._actions = state, actions
        self.requests = SceneRequests(state, actions.link, actions.operating)
        self.key = ""
        self.scene: SceneData | None = None
        self.fields = Fields((), ())
        self.map: SceneMap | None = None
        self.refined: SceneMap | None = None
        self.camera, self.stack = MapCamera(self), Stack()
        self.labels = LabelDocument(self)
        self.cursor: tuple[int, int] | None = None
        self.pins: list[tuple[int, int]] = []
        self.suggested: list[tuple[int, int]] = []
        self.suggestion = -1
        self.isolated: set[int] = set()
        self.bands: tuple[int, int, int] = (0, 0, 0)
        self.band = 0
        self.tool, self.number, self.brush, self.tolerance = "cursor", 1, 4, 3.0
        self.on_top = "prediction"
        self.selected: np.ndarray[Any, Any] | None = None
        self.error = ""
        self._position = np.zeros((0, 0), np.int64)
        self._kept: dict[str, tuple[SceneMap | None, SceneMap | None]] = {}
        self._bands_of: dict[int, ClassBand | None] = {}
        self._scene_query: Query[tuple[str, str], SceneData] = Query(
            self, self._load, state=state
        )
        self._map_query: Query[tuple[str, int], SceneMap] = Query(self, self._classify, state=state)
        self._crf_query: Query[tuple[str, int, str], SceneMap] = Query(self, self._refine)
        self._next_query: Query[tuple[str, int, int], Any] = Query(self, self._suggest)
        self._newest = single_shot(self, self.ask_map, NEWEST_MS)
        self._connect()
        self.select()

    @classmethod
    def shared(cls, state: AppState, actions: Actions) -> "SceneModel":
        """Return the one model of a window."""
        found = state.findChild(SceneModel, "scene")
        return cast(SceneModel, found) if found is not None else cls(state, actions)

    def _connect(self) -> None:
        state = self._state
        state.runs.selected.connect(lambda _: self.select())
        state.catalog_changed.connect(self.select)
        state.runs.changed.connect(self._run_changed)
        state.runs.progressed.connect(self._run_changed)
        state.playback.changed.connect(self._clock_changed)
        self._scene_query.changed.connect(self._take_scene)
        self._map_query.changed.connect(self._take_map)
        self._crf_query.changed.connect(self._take_refined)
        self._next_query.changed.connect(self._take_suggested)
        self.labels.changed.connect(self._labels_changed)
        self.labels.stroked.connect(self.tool_changed)

    # Requests

    @property
    def run(self) -> RunState | None:
        """The selected run, if it learns a scene."""
        return self._state.runs.current if applies(self._state) else None

    @property
    def busy(self) -> bool:
        """Whether a map is being computed."""
        asked = (self._map_query, self._crf_query, self._next_query)
        return any(query.key is not None and query.busy for query in asked)

    @property
    def refining(self) -> bool:
        """Whether the CRF is being computed."""
        return self._crf_query.key is not None and self._crf_query.busy

    @property
    def why_no_map(self) -> str:
        """Why there is no map yet, "" where there is one."""
        if self.map is not None:
            return ""
        if self._map_query.key is not None and self._map_query.busy:
            return "The scene is being classified…"
        if self._map_query.error is not None:
            return str(self._map_query.error)
        return "" if self.run is not None and self.run.checkpoints else NOT_YET

    def select(self) -> None:
        """Show the scene of the selected run."""
        run = self.run
        key = run.key if run is not None else ""
        if key != self.key:
            if self.key:
                self._kept[self.key] = (self.map, self.refined)
            self.key, self.error = key, ""
            self.map, self.refined = self._kept.get(key, (None, None))
            for query in (self._map_query, self._crf_query, self._next_query):
                query.cancel()
            self.suggested, self.suggestion, self.selected = [], -1, None
        if run is None or run.spec is None:
            self.scene = None
            self.scene_changed.emit()
            return
        self._scene_query.ask((key, repr(run.spec.dataset)))
        if self._scene_query.answer is not None and not self._scene_query.busy:
            if self.scene is not self._scene_query.answer:
                self._take_scene()
        else:
            self.scene = None
            self.scene_changed.emit()

    async def _load(self, key: tuple[str, str]) -> SceneData:
        return await self.requests.load(self._state.runs.by_key[key[0]])

    def _take_scene(self) -> None:
        if self._scene_query.error is not None:
            self.error = str(self._scene_query.error)
            self.scene_changed.emit()
            return
        scene = self._scene_query.answer
        run = self.run
        if scene is None or run is None or run.spec is None:
            return
        height, width = scene.size
        before = self.camera.columns, self.camera.rows
        self.scene, self.error = scene, ""
        self.fields = find_fields(scene.truth)
        self._position = nearest_labels(scene.truth, scene.learned)
        self._bands_of = {}
        self.camera.set_size(width, height)
        count = scene.cube.shape[2]
        if before != (width, height) or max(*self.bands, self.band) >= count:
            self.bands = cast(
                tuple[int, int, int],
                tuple(images.find_band(scene.wavelengths, w, count) for w in FALSE),
            )
            self.band, self.cursor, self.pins, self.isolated = self.bands[0], None, [], set()
        self.number = min(self.number, max(1, len(scene.names)))
        project = Path(run.key).parents[1]
        self.labels.open(label_file(project, run.spec.dataset.slug), scene.size)
        self._build_layers()
        self.scene_changed.emit()
        self.ask_map()

    def ask_map(self) -> None:
        """Request the map of the checkpoint that the training clock is at, or of the newest."""
        run, scene = self.run, self.scene
        if run is None or scene is None or not run.checkpoints:
            return
        step = self._state.playback.step
        kept = [each for each in run.checkpoints if step is None or each <= step]
        if not kept:
            return
        newest = max(kept)
        if self.map is None or self.map.step != newest:
            self._map_query.ask((run.key, newest))
            self.maps_changed.emit()

    async def _classify(self, key: tuple[str, int]) -> SceneMap:
        scene = self.scene
        assert scene is not None
        numbers = scene.truth.size * max(1, len(scene.names))
        return await self.requests.classify(key[0], key[1], numbers)

    def _take_map(self) -> None:
        found = self._map_query.answer
        if found is not None and self._map_query.key is not None:
            stale = self.map is None or self.map.step != found.step
            self.map = found
            if stale:
                self.refined = None
            self._show_maps()
        self.maps_changed.emit()

    def ask_refined(self, config: Mapping[str, Any] | None = None) -> None:
        """Request the map after the dense CRF."""
        run = self.run
        if run is None or self.map is None or not self.offers_refinement:
            return
        self._crf_config = dict(config or {})
        self._crf_query.ask((run.key, self.map.step, repr(self._crf_config)), again=True)
        self.maps_changed.emit()

    @property
    def offers_refinement(self) -> bool:
        """Whether the engine has the operator of the dense CRF."""
        return self.requests.offers(REFINE)

    @property
    def offers_suggestions(self) -> bool:
        """Whether pixels to label next can be found."""
        return self.requests.offers(SUGGEST) or (self.map is not None and self.map.margin is not None)

    @property
    def refinement_error(self) -> str:
        """Why the CRF has no map, "" where nothing failed."""
        return str(self._crf_query.error or "")

    async def _refine(self, key: tuple[str, int, str]) -> SceneMap:
        return await self.requests.refine(key[0], key[1], self._crf_config)

    def _take_refined(self) -> None:
        if self._crf_query.answer is not None:
            self.refined = self._crf_query.answer
            self.on_top = "crf"
            self._show_maps()
            self.show_layer("prediction", on=False)
            self.show_layer("crf", on=True)
        self.maps_changed.emit()

    def drop_refined(self) -> None:
        """Show the map before the CRF again."""
        self._crf_query.cancel()
        self.refined = None
        self._show_maps()
        self.show_layer("crf", on=False)
        self.show_layer("prediction", on=True)
        self.maps_changed.emit()

    def _run_changed(self, key: str) -> None:
        if key == self.key:
            if self.scene is None:
                self.select()
            elif self._state.playback.live and not self._newest.isActive():
                self._newest.start()

    def _clock_changed(self) -> None:
        if self.scene is not None:
            self.ask_map()

    # Labels to paint next

    def ask_next(self) -> None:
        """Go to the next pixel that is worth a label; the first call finds them."""
        run = self.run
        if run is None or self.map is None:
            return
        if self.suggested and self.suggestion + 1 < len(self.suggested):
            self._go_to_suggestion(self.suggestion + 1)
        else:
            self._next_query.ask((run.key, self.map.step, self.labels.count), again=True)
            self.maps_changed.emit()

    async def _suggest(self, key: tuple[str, int, int]) -> Any:
        if self.requests.offers(SUGGEST):
            return await self.requests.suggest(key[0], NEXT)
        return self._smallest_margins()

    def _smallest_margins(self) -> Any:
        found = self.map
        assert found is not None
        values = found.margin if found.margin is not None else found.confidence
        order = np.argsort(values.ravel())[:NEXT]
        return np.stack(np.unravel_index(order, values.shape), axis=1)

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
        """Label the suggested pixel with its predicted class, and go to the next."""
        shown = self.refined or self.map
        if self.cursor is None or shown is None:
            return
        self.label_pixel(*self.cursor, int(shown.classes[self.cursor]))
        self.ask_next()

    def label_pixel(self, row: int, column: int, number: int) -> None:
        """Give one pixel a class."""
        from pushforward.studio.app.data_types.cubes.label_tools import Patch

        mask = np.ones((1, 1), bool)
        self.labels.apply(Patch(row, column, mask), number, f"Label a pixel as class {number}")

    # Layers

    def _build_layers(self) -> None:
        """Make the layers of another scene; what was visible stays so."""
        before = {each.name: each for each in self.stack.layers}
        order = [*BASES, "truth", "position", "prediction", "crf", "difference", "error",
                 "uncertainty", "labels"]  # fmt: skip
        if set(before) == set(order):
            order = [each.name for each in self.stack.layers]
        on = ("false-colour", "prediction", "labels")
        self.stack.set_layers(
            [
                Layer(
                    name,
                    TITLES[name],
                    opacity=before[name].opacity if name in before else OPACITY.get(name, 1.0),
                    visible=before[name].visible if name in before else name in on,
                )
                for name in order
            ]
        )
        self._show_bases()
        self._show_maps()
        self._show_labels()

    def _show_bases(self) -> None:
        scene = self.scene
        assert scene is not None
        red, green, blue = (band + 1 for band in self.bands)
        self._put(
            "false-colour",
            images.colour_image(scene.cube, self.bands),
            f"R {red}, G {green}, B {blue}",
        )
        self._put("band", images.colour_image(scene.cube, (self.band,)), self.band_text(self.band))
        self._put("pca", images.principal_image(scene.cube), "components 1 to 3")

    def band_text(self, band: int) -> str:
        """Return a band by its number and its wavelength."""
        scene = self.scene
        if scene is None or not 0 <= band < len(scene.wavelengths):
            return f"band {band + 1}"
        return f"band {band + 1}, {scene.wavelengths[band]:,.0f} nm"

    def set_bands(self, bands: tuple[int, int, int]) -> None:
        """Show other bands as red, green and blue."""
        scene = self.scene
        if scene is not None and bands != self.bands:
            self.bands = bands
            red, green, blue = (band + 1 for band in bands)
            made = images.colour_image(scene.cube, bands)
            self._put("false-colour", made, f"R {red}, G {green}, B {blue}")
            self.layers_changed.emit()

    def set_colours(self, true: bool) -> None:
        """Show true colours, or infrared as red."""
        scene = self.scene
        if scene is not None:
            count = scene.cube.shape[2]
            wanted = TRUE if true else FALSE
            found = tuple(images.find_band(scene.wavelengths, w, count) for w in wanted)
            self.show_base("false-colour")
            self.set_bands(cast(tuple[int, int, int], found))

    def set_band(self, band: int) -> None:
        """Show another single band."""
        scene = self.scene
        if scene is not None and band != self.band:
            self.band = band
            made = images.colour_image(scene.cube, (band,))
            self._put("band", made, self.band_text(band))
            self.layers_changed.emit()

    def show_base(self, name: str) -> None:
        """Show one of the pictures of the scene itself."""
        for each in BASES:
            self.stack.change(each, visible=each == name)
        self.layers_changed.emit()

    def show_layer(self, name: str, *, on: bool) -> None:
        """Switch a layer on or off."""
        self.stack.change(name, visible=on)
        if on and name in MAPS:
            self.on_top = name
        self.layers_changed.emit()

    def show_alone(self, name: str) -> None:
        """Switch all other layers off but the labels."""
        for each in self.stack.layers:
            self.stack.change(each.name, visible=each.name == name)
        self.layers_changed.emit()

    def bring_on_top(self, name: str) -> None:
        """Show a map, or a picture of the scene, on the large map in place of other maps."""
        if name in BASES:
            self.show_base(name)
            for each in (*MAPS, "truth"):
                self.stack.change(each, visible=False)
        else:
            for each in (*MAPS, "truth"):
                self.stack.change(each, visible=each == name)
            if name in MAPS:
                self.on_top = name
        self.layers_changed.emit()

    def set_opacity(self, name: str, opacity: float) -> None:
        """Make a layer more or less opaque."""
        self.stack.change(name, opacity=opacity)
        self.layers_changed.emit()

    def move_layer(self, name: str, by: int) -> None:
        """Move a layer towards the front or the back."""
        self.stack.move(name, by)
        self.layers_changed.emit()

    def isolate(self, number: int) -> None:
        """Show one class alone in all maps, or all again where it is alone already."""
        self.isolated = set() if self.isolated == {number} else {number}
        self.marked.emit()
        self._show_maps()

    def classes_of(self, name: str) -> Any:
        """Return a layer that is a map of classes as numbers (H, W), None where there is none."""
        scene = self.scene
        if scene is None:
            return None
        return {
            "truth": lambda: scene.truth,
            "position": lambda: self._position,
            "prediction": lambda: self.map.classes if self.map else None,
            "crf": lambda: self.refined.classes if self.refined else None,
        }.get(name, lambda: None)()

    def _show_maps(self) -> None:
        scene = self.scene
        if scene is None:
            return
        count = len(scene.names)
        painted = partial(images.class_image, count=count, isolated=self.isolated)
        self._put("truth", painted(scene.truth), f"{int((scene.truth > 0).sum()):,} labelled")
        none = "Needs training pixels." if not self._position.any() else ""
        self._put_scored("position", painted, none)
        self._put_scored("prediction", painted, self.why_no_map)
        self._put_scored("crf", painted, "Press Refine: a dense CRF smooths the map.")
        best = self.refined or self.map
        crf = "Needs a map after the CRF."
        if self.map is not None and self.refined is not None:
            changed = images.difference_image(self.map.classes, self.refined.classes, count)
            n = int((self.map.classes != self.refined.classes).sum())
            self._put("difference", changed, f"{n:,} pixels")
        else:
            self.stack.change("difference", image=None, fact="", missing=crf)
        if best is not None:
            wrong = images.error_image(best.classes, scene.truth)
            self._put("error", wrong, f"{int(np.count_nonzero(wrong)):,} pixels")
            unsure = 1.0 - (best.margin if best.margin is not None else best.confidence)
            if self.map is not None and self.map.margin is not None:
                unsure = 1.0 - self.map.margin
            what = "1 − margin" if self.map is not None and self.map.margin is not None else "1 − p"
            self._put("uncertainty", images.heat_image(unsure), what)
        else:
            for name in ("error", "uncertainty"):
                self.stack.change(name, image=None, fact="", missing=self.why_no_map or NOT_YET)
        self.layers_changed.emit()

    def _put_scored(self, name: str, painted: Any, missing: str) -> None:
        classes = self.classes_of(name)
        if classes is None or not classes.any():
            self.stack.change(name, image=None, fact="", missing=missing)
            return
        found = self.scores(name)
        fact = f"OA {100 * found.overall:.1f} %" if found is not None else ""
        if name == "position":
            fact += ", null model" if fact else "null model"
        self._put(name, painted(classes), fact)

    def _put(self, name: str, pixels: images.Pixels, fact: str) -> None:
        self.stack.change(name, image=images.to_image(pixels), fact=fact, missing="")

    def scores(self, name: str) -> Scores | None:
        """Return the accuracies of a map over the unseen pixels, None where it has none."""
        found = self.confusion(name)
        return None if found is None else score(found)

    @property
    def unseen(self) -> Any:
        """Rows and columns (n, 2) of the labelled pixels that measure."""
        scene = self.scene
        if self.map is not None:
            return self.map.unseen
        return scene.test if scene is not None else np.empty((0, 2), np.int64)

    def confusion(self, name: str) -> Any:
        """Return counts (true, predicted) of a map over the unseen pixels, None where none is."""
        scene, classes = self.scene, self.classes_of(name)
        if scene is None or classes is None or not len(self.unseen) or not classes.any():
            return None
        return confusion_of(classes, scene.truth, self.unseen, len(scene.names))

    # Labels

    def _label_image(self) -> QImage:
        scene = self.scene
        assert scene is not None
        return images.to_image(images.class_image(self.labels.labels, len(scene.names)))

    def _show_labels(self) -> None:
        n = self.labels.count
        fact = f"{n:,} pixels" if n else "none yet"
        self.stack.change("labels", image=self._label_image(), fact=fact)

    def _labels_changed(self, area: QRect) -> None:
        scene = self.scene
        layer = self.stack.get("labels")
        if scene is None or layer is None:
            return
        if layer.image is None or self.labels.labels.shape != scene.size:
            return
        part = self.labels.labels[area.top() : area.bottom() + 1, area.left() : area.right() + 1]
        pixels = images.to_image(images.class_image(part, len(scene.names)))
        image = layer.image
        _copy_into(image, pixels, area)
        n = self.labels.count
        self.stack.change_quietly("labels", fact=f"{n:,} pixels" if n else "none yet")
        self.stack.update("labels", image, area)
        self.area_changed.emit(area)

    # The cursor

    def point(self, row: int, column: int) -> None:
        """Put the cursor on a pixel."""
        if self.scene is not None and (row, column) != self.cursor:
            self.cursor = (row, column)
            self.cursor_moved.emit()

    def toggle_pin(self, row: int, column: int) -> None:
        """Pin a pixel, or remove its pin."""
        if (row, column) in self.pins:
            self.pins.remove((row, column))
        else:
            self.pins.append((row, column))
        self.marked.emit()

    def clear_pins(self) -> None:
        """Remove all pins."""
        self.pins = []
        self.marked.emit()

    def set_tool(self, **changes: Any) -> None:
        """Change tool, number (of the class), brush or tolerance."""
        for name, value in changes.items():
            setattr(self, name, value)
        self.tool_changed.emit()

    def band_of(self, number: int) -> ClassBand | None:
        """Return mean and quantiles of the spectra of a class: of its labelled pixels, or, where the
        ground truth has none, of those painted by hand.
        """
        scene = self.scene
        if scene is None or not number:
            return None
        if number not in self._bands_of:
            members = scene.truth == number
            if not members.any():
                return measure_class(scene.cube, self.labels.labels == number)
            self._bands_of[number] = measure_class(scene.cube, members)
        return self._bands_of[number]

    def class_at(self, row: int, column: int) -> int:
        """Return the class that the spectrum of a pixel is compared with: the true one, else the
        predicted one, 0 for none.
        """
        scene = self.scene
        assert scene is not None
        shown = self.refined or self.map
        predicted = int(shown.classes[row, column]) if shown is not None else 0
        return int(scene.truth[row, column]) or predicted

    def ink(self, number: int) -> str:
        """Return the colour of a class as "#rrggbb"."""
        count = max(number, len(self.scene.names) if self.scene is not None else 0)
        return "#{:02x}{:02x}{:02x}".format(*class_colours(count)[number - 1])

    def select_pixels(self, mask: np.ndarray[Any, Any] | None) -> None:
        """Show which pixels (H, W) were selected in a chart, None for none."""
        self.selected = mask
        self.marked.emit()


def _copy_into(image: QImage, pixels: QImage, area: QRect) -> None:
    from PySide6.QtGui import QPainter

    with QPainter(image) as painter:
        painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Source)
        painter.drawImage(area.topLeft(), pixels)

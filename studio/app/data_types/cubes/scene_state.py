"""The layers of a scene, its classes, cursor, pins and labels: what its views show and change."""

from functools import partial
from typing import Any, cast

import numpy as np
from PySide6.QtCore import QObject, QRect, Signal
from PySide6.QtGui import QImage, QPainter

from pushforward.studio.app.data_types.cubes import scene_images as images
from pushforward.studio.app.data_types.cubes.label_document import LabelDocument
from pushforward.studio.app.data_types.cubes.label_tools import Patch
from pushforward.studio.app.data_types.cubes.map_camera import MapCamera
from pushforward.studio.app.data_types.cubes.map_layers import Layer, Stack
from pushforward.studio.app.data_types.cubes.map_overlays import Fields, find_fields
from pushforward.studio.app.data_types.cubes.map_scores import (
    ClassBand,
    Scores,
    calibration_error,
    confusion_of,
    measure_class,
    nearest_labels,
    score,
)
from pushforward.studio.app.data_types.cubes.scene_requests import SceneData, SceneMap
from pushforward.studio.formats.cubes.palette import class_colours

__all__ = ["BASES", "MAPS", "NOT_YET", "SceneState"]

MAPS = ("prediction", "crf", "position")
"""Layers that are maps of classes."""
BASES = ("false-colour", "band", "pca")
"""Layers that are pictures of the scene itself."""
ORDER = (*BASES, "truth", "position", "prediction", "crf", "difference", "error", "uncertainty",
         "labels")  # fmt: skip
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
ON = ("band", "prediction", "labels")  # over grey the colours of classes stay true
OPACITY = {"prediction": 0.7, "crf": 0.72, "truth": 0.7, "position": 0.7, "uncertainty": 0.8}
NOT_YET = "A map follows once the training has saved a checkpoint."


class SceneState(QObject):
    """A scene with its maps, and what is shown of it.

    Signals:
        scene_changed(): another scene is there, or none.
        layers_changed(): a layer has another picture, opacity or order.
        area_changed(QRect): a layer changed in an area of the scene alone.
        cursor_moved(): the cursor is on another pixel.
        marked(): pins, suggestions, isolated classes or selected pixels changed.
        tool_changed(): another tool, class or size of the brush.
    """

    scene_changed = Signal()
    layers_changed = Signal()
    area_changed = Signal(QRect)
    cursor_moved = Signal()
    marked = Signal()
    tool_changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
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
        self.selected: np.ndarray[Any, Any] | None = None
        self.bands: tuple[int, int, int] = (0, 0, 0)
        self.band = 0
        self.tool, self.number, self.brush, self.tolerance = "cursor", 1, 4, 3.0
        self._position = np.zeros((0, 0), np.int64)
        self._bands_of: dict[int, ClassBand | None] = {}
        self.labels.changed.connect(self._labels_changed)
        self.labels.stroked.connect(self.tool_changed)

    @property
    def why_no_map(self) -> str:
        """Why there is no map yet, "" where there is one."""
        return "" if self.map is not None else NOT_YET

    @property
    def best(self) -> SceneMap | None:
        """The map after the CRF, or the map before it."""
        return self.refined or self.map

    def take_scene(self, scene: SceneData) -> None:
        """Show another scene; what is looked at stays where it is of the same size."""
        height, width = scene.size
        before = self.camera.columns, self.camera.rows
        self.scene = scene
        self.fields = find_fields(scene.truth)
        self._position = nearest_labels(scene.truth, scene.learned)
        self._bands_of = {}
        self.camera.set_size(width, height)
        count = scene.cube.shape[2]
        if before != (width, height) or max(*self.bands, self.band) >= count:
            self.bands = self._find_bands(FALSE)
            self.band, self.cursor, self.pins, self.isolated = self.bands[0], None, [], set()
        self.number = min(self.number, max(1, len(scene.names)))

    def _find_bands(self, wanted: tuple[float, float, float]) -> tuple[int, int, int]:
        scene = self.scene
        assert scene is not None
        count = scene.cube.shape[2]
        found = (images.find_band(scene.wavelengths, each, count) for each in wanted)
        return cast(tuple[int, int, int], tuple(found))

    # Layers

    def build_layers(self) -> None:
        """Make the layers of another scene; what was visible stays so."""
        if not self.stack.layers:
            self.stack.set_layers(
                [Layer(n, TITLES[n], None, "", OPACITY.get(n, 1.0), n in ON) for n in ORDER]
            )
        self._show_bases()
        self.show_maps()
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
            self.show_base("false-colour")
            self.set_bands(self._find_bands(TRUE if true else FALSE))

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
        self.show_maps()

    def classes_of(self, name: str) -> Any:
        """Return a layer that is a map of classes as numbers (H, W), None where there is none."""
        scene = self.scene
        if scene is None:
            return None
        if name in ("prediction", "crf"):
            found = self.map if name == "prediction" else self.refined
            return None if found is None else found.classes
        return {"truth": scene.truth, "position": self._position}.get(name)

    def show_maps(self) -> None:
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
        self._show_findings(scene, count)
        self.layers_changed.emit()

    def _show_findings(self, scene: SceneData, count: int) -> None:
        """Show where maps differ, are wrong and are uncertain."""
        crf = "Needs a map after the CRF."
        if self.map is not None and self.refined is not None:
            changed = images.difference_image(self.map.classes, self.refined.classes, count)
            n = int((self.map.classes != self.refined.classes).sum())
            self._put("difference", changed, f"{n:,} pixels")
        else:
            self.stack.change("difference", image=None, fact="", missing=crf)
        best = self.best
        if best is None or self.map is None:
            for name in ("error", "uncertainty"):
                self.stack.change(name, image=None, fact="", missing=self.why_no_map or NOT_YET)
            return
        wrong = images.error_image(best.classes, scene.truth)
        self._put("error", wrong, f"{int(np.count_nonzero(wrong)):,} labelled pixels")
        if self.map.margin is not None:
            self._put("uncertainty", images.heat_image(1.0 - self.map.margin), "1 − margin")
        else:
            self._put("uncertainty", images.heat_image(1.0 - self.map.confidence), "1 − p")

    def _put_scored(self, name: str, painted: Any, missing: str) -> None:
        classes = self.classes_of(name)
        if classes is None or not classes.any():
            self.stack.change(name, image=None, fact="", missing=missing)
            return
        found = self.scores(name)
        fact = f"OA {100 * found.overall:.1f} %" if found is not None else ""
        if name == "position":
            fact += ", null model" if fact else "null model"
        marks = [fact] if fact else []
        if name == "prediction" and self.map is not None and self.map.every > 1:
            marks.append("preview")
        if name == "crf" and self.refined is not None and self.map is not None:
            marks += [f"step {self.refined.step:,}"] * (self.refined.step != self.map.step)
        fact = ", ".join(marks)
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

    def calibration(self, name: str) -> float | None:
        """Return the calibration error of a map over the unseen pixels, None where it has none."""
        found = {"prediction": self.map, "crf": self.refined}.get(name)
        if self.scene is None or found is None or not len(self.unseen):
            return None
        places = tuple(self.unseen.T)
        right = found.classes[places] == self.scene.truth[places]
        return calibration_error(found.confidence[places], right)

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
        """Return mean and quantiles of the spectra of a class: of its labelled pixels, or of the
        painted ones where the ground truth has none.
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
        best = self.best
        predicted = int(best.classes[row, column]) if best is not None else 0
        return int(scene.truth[row, column]) or predicted

    def ink(self, number: int) -> str:
        """Return the colour of a class as "#rrggbb"."""
        count = max(number, len(self.scene.names) if self.scene is not None else 0)
        return "#{:02x}{:02x}{:02x}".format(*class_colours(count)[number - 1])

    def select_pixels(self, mask: np.ndarray[Any, Any] | None) -> None:
        """Show which pixels (H, W) were selected in a chart, None for none."""
        self.selected = mask
        self.marked.emit()

    def label_pixel(self, row: int, column: int, number: int) -> None:
        """Give one pixel a class."""
        mask = np.ones((1, 1), bool)
        self.labels.apply(Patch(row, column, mask), number, f"Label a pixel as class {number}")


def _copy_into(image: QImage, pixels: QImage, area: QRect) -> None:
    with QPainter(image) as painter:
        painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Source)
        painter.drawImage(area.topLeft(), pixels)

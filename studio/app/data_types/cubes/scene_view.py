"""The scene that a run learns from: in false colours, as labelled, and as the model sees it."""

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QImage, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from pushforward.studio.app.charts.backdrop import image_of
from pushforward.studio.app.charts.picture_export import Picture, widget_picture
from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.runs import RunState
from pushforward.studio.app.data.views.lens_view import LensView
from pushforward.studio.app.data.views.view_spec import ViewSpec, shows
from pushforward.studio.app.data_types.cubes.class_legend import ClassRow, Legend, called
from pushforward.studio.app.data_types.cubes.map_pane import MapPane
from pushforward.studio.app.data_types.cubes.scene_requests import SceneData, SceneIntents, SceneMap
from pushforward.studio.app.data_types.cubes.spectrum_plot import Spectrum, SpectrumPlot
from pushforward.studio.app.design.basic import Elided, button, label, scrolled, section, view_bar
from pushforward.studio.app.design.file_dialog import folder_of_exports, save_dialog
from pushforward.studio.app.design.literal_text import set_tip
from pushforward.studio.app.design.theme import theme
from pushforward.studio.app.engine.actions import Actions
from pushforward.studio.app.engine.run_answers import AskOnce
from pushforward.studio.formats.cubes.maps import coloured
from pushforward.studio.formats.cubes.palette import class_colours
from pushforward.studio.literal import one_line

__all__ = ["VIEW", "SceneView"]


EDGE, APART = 16, 16  # pixels beside the maps and between them
ABOVE = 96  # that titles and margins take
KEPT = 8  # maps of runs that are not looked at now
MAPS = 0.54  # of the height that is left, at most


applies = shows("scene")


class SceneView(LensView):
    """Three maps with one cursor, the classes, and the spectrum under the cursor."""

    def __init__(self, state: AppState, actions: Actions) -> None:
        super().__init__(state, actions)
        self._scenes = SceneIntents(state, actions.link)
        self._scene: SceneData | None = None
        self._map: SceneMap | None = None
        self._maps: dict[str, SceneMap] = {}  # of runs that were looked at before, the newest last
        self._means: NDArray[np.float32] = np.empty((0, 0), np.float32)
        self._once = AskOnce(self, state)
        self._busy = False
        self.colours = MapPane("The scene in false colours")
        self.truth = MapPane("Ground truth")
        self.said = MapPane("What the model says")
        self.legend = Legend()
        self.spectrum = SpectrumPlot()
        self._where = label("", "muted", wrap=True)
        self._where.setAlignment(Qt.AlignmentFlag.AlignTop)
        # What it says of a pixel is long; the spectrum below keeps its place.
        self._where.setMinimumHeight(2 * self._where.fontMetrics().lineSpacing())
        self._how, self._known, self._right = (Elided("", "muted") for _ in range(3))
        self._classify = button("Classify the scene", self._ask, kind="primary")
        self._save = button("Save map", self._write, icon="export")
        self._lay_out()
        self._panes = (self.colours, self.truth, self.said)
        for pane in self._panes:
            pane.pointed.connect(self._point)
        state.runs.selected.connect(self._select)
        state.runs.changed.connect(self._changed)
        state.engine_changed.connect(self._tell)
        theme.changed.connect(self._paint_truth)
        self._select()

    def _lay_out(self) -> None:
        maps = QHBoxLayout()
        maps.setSpacing(APART)
        for pane, title, more in (
            (self.colours, "False colour", self._how),
            (self.truth, "Ground truth", self._known),
            (self.said, "Prediction", self._right),
        ):
            part = QVBoxLayout()
            part.setSpacing(2)
            part.addWidget(section(title))
            part.addWidget(more)
            part.addSpacing(4)
            part.addWidget(pane)
            maps.addLayout(part, 1)
        foot = QVBoxLayout()
        foot.setSpacing(6)
        foot.addWidget(section("Spectrum"))
        foot.addWidget(self._where)
        foot.addWidget(self.spectrum)
        self.bar = view_bar(self, None, self._save, self._classify)
        lower = QHBoxLayout()
        lower.setSpacing(20)
        lower.addLayout(foot, 1)
        lower.addWidget(self.legend)
        page = QWidget()
        body = QVBoxLayout(page)
        body.setContentsMargins(0, 0, 0, 0)
        body.setSpacing(14)
        body.addLayout(maps)
        body.addLayout(lower, 1)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(EDGE, 8, EDGE, 12)
        self._body = scrolled(page)  # in a low window each part keeps its size
        outer.addWidget(self._body)

    # What is shown

    @property
    def _run(self) -> RunState | None:
        """The run that is selected, if it learns a scene: others have none to be asked for."""
        return self._state.runs.current if applies(self._state) else None

    def _select(self, _key: str = "") -> None:
        run = self._run
        key = run.key if run is not None else ""
        if key != self._key:
            self._key, self._scene, self._map, self._busy = key, None, self._maps.get(key), False
            self._once.forget()
            self._where.setText("")
            self.legend.mark(-1)
            for pane in self._panes:
                pane.show_image(None)
                pane.point(None)
            self.spectrum.show_spectrum(None)
        self._tell()

    def _changed(self, key: str) -> None:
        if key == self._key:
            self._tell()

    def _tell(self) -> None:
        run = self._run
        ready = self._once.ready
        if run is not None and self._scene is None and self._once.due(run):
            key = run.key
            self._scenes.load(key, lambda scene: self._arrived(key, scene))
        some = self._scene is not None
        self._body.setVisible(some)
        self.empty.setVisible(not some)
        if not some:
            if ready:
                self.empty.tell("Reading the scene", "Its maps appear in a moment.")
            else:
                self.empty.tell("The engine is not running", "The scene follows when it is back.")
            return
        why = (
            "The engine is not running."
            if not ready
            else "Every pixel is being classified."
            if self._busy
            else "A map follows once the training has saved a checkpoint."
            if run is None or not run.checkpoints
            else ""
        )
        newest = "Classify every pixel with the newest checkpoint"
        self._classify.setEnabled(not why)
        self._classify.setText("Classifying" if self._busy else "Classify the scene")
        set_tip(self._classify, why or newest)
        unsaved = why if self._map is not None and not ready else "There is no map yet."
        self._save.setEnabled(self._map is not None and ready)
        set_tip(self._save, "Write the map to a file" if self._save.isEnabled() else unsaved)
        if self._map is None:
            message = "Classify the scene to see the predicted class of every pixel."
            self.said.show_image(None, why or message)

    def _arrived(self, key: str, scene: SceneData) -> None:
        if key != self._key:
            return
        self._scene = scene
        height, width, bands = scene.cube.shape
        count = len(scene.names)
        self.colours.show_image(_picture(scene.colours))
        self._paint_truth()
        self._fit()
        self._how.set_text(f"{height} × {width} pixels, {bands} bands")
        labelled = int((scene.truth > 0).sum())
        self._known.set_text(f"{labelled:,} labelled, {len(scene.learned):,} learned from")
        means = [
            scene.cube[scene.truth == c].mean(axis=0)
            if (scene.truth == c).any()
            else np.full(bands, np.nan, np.float32)
            for c in range(1, count + 1)
        ]
        self._means = np.asarray(means, np.float32)
        low, high = np.quantile(scene.cube[::4, ::4], (0.001, 0.999))
        self.spectrum.set_bands(scene.wavelengths, bands, float(low), float(high))
        self._list()
        self._paint_map()
        self._tell()

    def _paint_truth(self) -> None:
        if self._scene is not None:
            empty = QColor(theme.colors().raised)
            nothing = (empty.red(), empty.green(), empty.blue())
            painted = coloured(self._scene.truth, len(self._scene.names), nothing)
            self.truth.show_image(_picture(painted))

    def _list(self) -> None:
        scene = self._scene
        assert scene is not None
        count = len(scene.names)
        pixels = np.bincount(scene.truth.ravel(), minlength=count + 1)[1:]
        right: list[float | None] = [None] * count
        if self._map is not None:
            unseen = np.zeros(scene.truth.shape, bool)
            unseen[tuple(self._map.unseen.T)] = True
            hit = self._map.classes == scene.truth
            for c in range(count):
                mine = unseen & (scene.truth == c + 1)
                right[c] = float(hit[mine].mean()) if mine.any() else None
            n = int(unseen.sum())
            share = f"{100 * float(hit[unseen].mean()):.1f} % of {n:,} unseen right, " if n else ""
            self._right.set_text(f"{share}step {self._map.step:,}")
        else:
            self._right.set_text("")
        inks = class_colours(count)
        rows = zip(scene.names, inks, pixels.tolist(), right, strict=True)
        self.legend.show_classes([ClassRow(*each) for each in rows])

    # The map

    def _ask(self) -> None:
        key = self._key
        self._busy = True
        self._scenes.classify(
            key, lambda found: self._classified(key, found), lambda: self._ended(key)
        )
        self._tell()

    def _classified(self, key: str, found: SceneMap) -> None:
        self._maps.pop(key, None)
        self._maps[key] = found
        for old in list(self._maps)[:-KEPT]:
            del self._maps[old]
        if key == self._key:
            self._map = found
            self._paint_map()

    def _paint_map(self) -> None:
        if self._map is not None and self._scene is not None:
            self.said.show_image(_picture(coloured(self._map.classes, len(self._scene.names))))
            self._list()

    def _ended(self, key: str) -> None:
        if key == self._key:
            self._busy = False
            self._tell()

    def _write(self) -> None:
        formats = "Picture (*.png);;NumPy (*.npy)"
        folder = folder_of_exports(self._state.project)
        dialog = save_dialog(self, "Save map", "map.png", formats, "png", folder)
        dialog.fileSelected.connect(lambda file: self._scenes.write(self._key, file))
        dialog.open()

    # The cursor

    def _point(self, at: int, across: int) -> None:
        scene = self._scene
        if scene is None:
            return
        for pane in self._panes:
            pane.point((at, across))
        truth = int(scene.truth[at, across])
        said = int(self._map.classes[at, across]) if self._map is not None else 0
        parts = [f"row {at}, column {across}"]
        seen = (scene.learned == (at, across)).all(axis=1).any()
        told = f"labelled {called(truth, scene.names[truth - 1])}" if truth else "not labelled"
        parts.append(f"{told}, learned from" if seen else told)
        if said and self._map is not None:
            sure = 100 * float(self._map.confidence[at, across])
            parts.append(f"said {called(said, scene.names[said - 1])} ({sure:.0f} %)")
        self._where.setText(one_line(" · ".join(parts)))
        best = truth or said
        mean = self._means[best - 1] if best else None
        ink = "#{:02x}{:02x}{:02x}".format(*class_colours(len(scene.names))[best - 1])
        name = f"mean of {called(best, scene.names[best - 1])}" if best else ""
        self.spectrum.show_spectrum(Spectrum(scene.cube[at, across], mean, ink, name))
        self.legend.mark(best - 1)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """Make maps as high as they are wide, or as is left with the spectrum and the legend below
        them: what they cannot use is for these.
        """
        if self._scene is not None:
            height, width, _ = self._scene.cube.shape
            across = (self.width() - 2 * EDGE - 2 * APART) / 3
            room = self.height() - ABOVE
            most = max(120, min(MAPS * room, room - self.legend.minimumSizeHint().height()))
            for pane in self._panes:
                pane.setFixedHeight(round(min(across * height / width, most)))

    def export_picture(self) -> Picture:
        """Return the maps, the classes and the spectrum as they are seen."""
        return widget_picture(self)


def _picture(colours: NDArray[np.uint8]) -> QImage:
    red, green, blue = np.moveaxis(colours.astype(np.uint32), -1, 0)
    argb = np.uint32(0xFF000000) | red << np.uint32(16) | green << np.uint32(8) | blue
    return image_of(np.ascontiguousarray(argb))


VIEW = ViewSpec(
    id="scene",
    lens="samples",
    title="Map",
    order=10,
    applies=applies,
    factory=SceneView,
)

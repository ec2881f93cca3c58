"""Samples, for scenes: a large map with layers, small maps with the same cursor, and spectra."""

from collections.abc import Callable

import numpy as np
from PySide6.QtGui import QHideEvent, QKeyEvent, QShowEvent
from PySide6.QtWidgets import (
    QGridLayout,
    QStackedWidget,
    QWidget,
)

from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.data.views.lens_view import LensView
from pushforward.studio.app.data.views.request_progress import UnderWayLine
from pushforward.studio.app.data.views.view_spec import ViewSpec
from pushforward.studio.app.data_types.cubes.class_list import class_name
from pushforward.studio.app.data_types.cubes.layer_list import LayerList
from pushforward.studio.app.data_types.cubes.map_board import MapBoard
from pushforward.studio.app.data_types.cubes.map_canvas import MapCanvas
from pushforward.studio.app.data_types.cubes.map_overlays import LETTERS
from pushforward.studio.app.data_types.cubes.scene_export import SceneExport
from pushforward.studio.app.data_types.cubes.scene_model import SceneModel, applies
from pushforward.studio.app.data_types.cubes.spectrum_plot import Band, Curve, SpectrumPlot
from pushforward.studio.app.design.basic import (
    Elided,
    button,
    column,
    icon_button,
    label,
    row,
    scrolled,
    section,
    view_bar,
)
from pushforward.studio.app.design.forms.editors import Segments
from pushforward.studio.app.design.literal_text import set_tip
from pushforward.studio.app.design.menu import Entries, open_menu
from pushforward.studio.app.engine.actions import Actions
from pushforward.studio.literal import one_line

__all__ = ["VIEW", "VIEWS", "SceneView"]

EDGE = 14
SMALL = ("false-colour", "truth", "prediction", "crf")
TALL = 620  # pixels of the view from which the spectrum has its full height
WIDE, SIDE = 640, 236  # of the view from which the layers stand beside the map; of their column


class SceneView(LensView):
    """The map, what lies on it, and the spectra below."""

    def __init__(self, state: AppState, actions: Actions, model: SceneModel | None = None) -> None:
        """``model`` is that of a scene without a run; by default that of the selected run."""
        super().__init__(state, actions)
        self.model = model or SceneModel.shared(state, actions)
        self.board = MapBoard(self.model)
        self.layers = LayerList()
        self.small = [MapCanvas(name, self.model.camera, pans=True) for name in SMALL]
        self._titles = [(label("", "small"), Elided("", "small")) for _ in SMALL]
        self.spectrum = SpectrumPlot()
        self._where = Elided("", "muted")
        self.progress = UnderWayLine("Refining the map", self.model.under_way)
        self.export = SceneExport(self, self.model, state)
        self._side = QStackedWidget()
        self._body = QWidget()
        self._lay_out()
        self._make_bar()
        self._connect()
        self.refresh()

    # Layout

    def _lay_out(self) -> None:
        self._side.addWidget(scrolled(self.layers))
        self._side.addWidget(self._small_maps())
        self._side.setFixedWidth(SIDE + 6)
        upper = row((self.board, 1), self._side, gap=14)
        body = column(
            self.progress, (upper, 5), parent=self._body, gap=6, margins=(EDGE, 8, EDGE, 8)
        )
        line = row(section("Spectra"), (self._where, 1))
        body.addLayout(line)
        body.addWidget(self.spectrum, 2)
        self.spectrum.setMinimumHeight(140)
        column(self._body, parent=self)

    def _small_maps(self) -> QWidget:
        page = QWidget()
        grid = QGridLayout(page)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(6)
        for place, canvas in enumerate(self.small):
            title, fact = self._titles[place]
            part = column(gap=2)
            line = row(title, (fact, 1), gap=6)
            part.addLayout(line)
            part.addWidget(canvas, 1)
            grid.addLayout(part, place // 2, place % 2)
            fact.setMinimumWidth(1)
        for place in (0, 1):
            grid.setColumnStretch(place, 1)
            grid.setRowStretch(place, 1)
        return page

    def _make_bar(self) -> None:
        self._which = Segments(["Layers", "Maps"], "Beside the map")
        self._which.widen()
        self._which.select(0)
        self._which.chosen.connect(self._side.setCurrentIndex)
        self._look = button("View", self._open_menu, tip="Colours, outlines and pixels used")
        self.refine = button("Refine: CRF", self._refine)
        self.next = button("Label next", self.model.ask_next)
        save = icon_button(
            "export", "Export maps, labels and spectra; load labels", self._open_export
        )
        self._save = save
        self.bar = view_bar(self, self._which, self._look, None, self.next, self.refine, save)

    def _connect(self) -> None:
        model, layers = self.model, self.layers
        model.scene_changed.connect(self.refresh)
        model.maps_changed.connect(self._show_state)
        model.maps_changed.connect(self._show_cursor)
        model.layers_changed.connect(self._show_layers)
        model.cursor_moved.connect(self._show_cursor)
        model.marked.connect(self._show_cursor)
        model.labels.stroked.connect(self._show_layers)
        self._state.engine_changed.connect(self.refresh)
        layers.toggled.connect(self._toggle)
        layers.alone.connect(model.show_alone)
        layers.opacity.connect(model.set_opacity)
        layers.moved.connect(model.move_layer)
        self.spectrum.line_moved.connect(self._move_line)
        for name, canvas in zip(SMALL, self.small, strict=True):
            canvas.pointed.connect(model.point)
            canvas.clicked.connect(lambda name=name: model.bring_on_top(name))

    # What is shown

    def refresh(self) -> None:
        """Show the scene, or why there is none."""
        model = self.model
        self._key = model.key
        some = model.scene is not None
        self._body.setVisible(some)
        self.empty.setVisible(not some)
        if not some:
            if model.error:
                self.empty.tell("The scene cannot be shown", model.error)
            elif self._state.engine.state in ("ready", "busy"):
                self.empty.tell("Loading the scene…", "Its maps follow.")
            else:
                self.empty.tell("The engine is not running", "The scene follows when it is back.")
            return
        if not self.isVisible():
            return
        self._state.looked.look("scene")
        self.board.refresh()
        scene = model.scene
        assert scene is not None
        low, high = np.quantile(scene.cube[::4, ::4], (0.001, 0.999))
        span = float(min(low, 0.0) if low < 0.2 * high else low), 1.05 * float(high)
        self.spectrum.set_bands(scene.wavelengths, scene.cube.shape[2], span, scene.unit)
        self._show_layers()
        self._show_state()
        self._show_cursor()

    def _show_state(self) -> None:
        model = self.model
        if not self.isVisible():
            return
        mapped = model.map is not None
        self._show_refine()
        self.progress.refresh()
        self.next.setEnabled(mapped)
        tip = "Go to the pixels with the smallest margin; Enter accepts the prediction (N)"
        set_tip(self.next, tip if mapped else model.why_no_map)
        self._show_layers()

    def _show_refine(self) -> None:
        """Offer the CRF, or what takes it back; where it cannot be pressed, its tip says why."""
        model = self.model
        refined = model.refined is not None
        self.refine.setText(
            "Undo CRF" if refined else "Refining…" if model.refining else "Refine: CRF"
        )
        able = model.offers_refinement and model.map is not None and not model.refining
        self.refine.setEnabled(able)
        if not model.offers_refinement:
            why = "The engine has no operator for it."
        elif model.map is None:
            why = model.why_no_map
        elif model.refining:
            why = "The CRF is being computed."
        else:
            why = model.refinement_error
        usual = "Smooth the map by a dense conditional random field on the spectra"
        set_tip(self.refine, why or ("Show the map before the CRF" if refined else usual))

    def _show_layers(self) -> None:
        model = self.model
        if model.scene is None or not self.isVisible():
            return
        self.layers.show_layers(model.stack.layers)
        for place, (name, canvas) in enumerate(zip(SMALL, self.small, strict=True)):
            layer = model.stack.get(name)
            title, fact = self._titles[place]
            if layer is not None:
                canvas.show_image(layer.image, layer.missing)
                title.setText(layer.title)
                fact.set_text(layer.fact)
        self.spectrum.show_lines(self._lines())

    def _lines(self) -> dict[str, int]:
        model = self.model
        lines = dict(zip("RGB", model.bands, strict=True))
        single = model.stack.get("band")
        if single is not None and single.visible:
            lines["Band"] = model.band
        return lines

    def _move_line(self, name: str, band: int) -> None:
        model = self.model
        if name == "Band":
            model.set_band(band)
            return
        colours = model.stack.get("false-colour")
        if colours is not None and not colours.visible:
            model.show_base("false-colour")
        bands = list(model.bands)
        bands["RGB".index(name)] = band
        model.set_bands((bands[0], bands[1], bands[2]))

    def _toggle(self, name: str, on: bool) -> None:
        if name in ("false-colour", "band", "pca") and on:
            self.model.show_base(name)
        else:
            self.model.show_layer(name, on=on)

    def _show_cursor(self) -> None:
        model, scene = self.model, self.model.scene
        if scene is None or not self.isVisible():
            return
        for canvas in self.small:
            canvas.point(model.cursor)
        at = model.cursor
        curves: list[Curve] = []
        bands: list[Band] = []
        numbers: list[int] = []
        for place, (r, c) in enumerate(model.pins):
            curves.append(Curve(scene.cube[r, c], f"pin {LETTERS[place % len(LETTERS)]}", place))
            numbers.append(model.class_at(r, c))
        if at is not None:
            curves.append(Curve(scene.cube[at], "pixel"))
            numbers.insert(0, model.class_at(*at))
            self._where.set_text(self._describe(*at))
        else:
            self._where.set_text("Point at a pixel of a map")
        for number in dict.fromkeys(filter(None, numbers)):
            band = model.band_of(number)
            if band is not None and len(bands) < (2 if model.classifies else 4):
                name = one_line(class_name(number, scene.names[number - 1]))
                bands.append(Band(band, model.ink(number), name))
                made = model.generated_band(number)
                if made is not None:
                    ink = model.ink(number)
                    bands.append(Band(made, ink, f"generated {name}", generated=True))
        self.spectrum.show_spectra(curves, bands)

    def _describe(self, at: int, across: int) -> str:
        """Describe a pixel: its place, its label and its predicted class."""
        model, scene = self.model, self.model.scene
        assert scene is not None
        truth = int(scene.truth[at, across])
        parts = [f"column {across}, row {at}"]
        parts.append(
            f"labelled {class_name(truth, scene.names[truth - 1])}" if truth else "not labelled"
        )
        if (scene.learned == (at, across)).all(axis=1).any():
            parts.append("used for training")
        shown = model.refined or model.map
        if shown is not None:
            found = int(shown.classes[at, across])
            sure = 100 * float(shown.confidence[at, across])
            name = class_name(found, scene.names[found - 1])
            parts.append(f"predicted {name} ({sure:.0f} %)")
        painted = int(model.labels.labels[at, across])
        if painted:
            parts.append(f"painted {class_name(painted, scene.names[painted - 1])}")
        return one_line("  ·  ".join(parts))

    # Menus

    def _open_menu(self) -> None:
        board, model = self.board, self.model
        entries: Entries = [
            ("True colour", lambda: model.set_colours(True)),
            ("False colour (infrared, red, green)", lambda: model.set_colours(False)),
            ("Single band", lambda: model.show_base("band")),
            ("Principal components", lambda: model.show_base("pca")),
            ("Hide outlines" if board.outlines else "Show outlines", self._flip("outlines")),
            ("Hide pixels used" if board.used else "Show pixels used", self._flip("used")),
            ("Hide test pixels" if board.test else "Show test pixels", self._flip("test")),
            ("Show the whole scene", model.camera.show_all),
            ("Remove all pins", model.clear_pins),
        ]
        open_menu(self._look, self._look.rect().bottomLeft(), entries)

    def _flip(self, name: str) -> Callable[[], None]:
        def flip() -> None:
            setattr(self.board, name, not getattr(self.board, name))
            if name == "test" and self.board.test:
                self.board.used = True
            self.board.canvas.update()

        return flip

    def _refine(self) -> None:
        if self.model.refined is not None:
            self.model.drop_refined()
        else:
            self.model.ask_refined()

    def _open_export(self) -> None:
        open_menu(self._save, self._save.rect().bottomLeft(), self.export.entries())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not self.board.press_key(event):
            super().keyPressEvent(event)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.model.select()
        self.model.read_labels()
        self.refresh()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._state.looked.leave("scene")


VIEW = ViewSpec(
    id="scene",
    lens="samples",
    title="Map",
    order=10,
    applies=applies,
    factory=SceneView,
)
VIEWS = (
    VIEW,
    ViewSpec(
        id="scene-live",
        lens="watch",
        title="Map",
        order=10,
        applies=applies,
        factory=SceneView,
        timed=False,
    ),
)
"""The map of the newest checkpoint is also what there is to watch while a model learns."""

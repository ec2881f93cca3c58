"""What is written of a scene: maps, probabilities, labels, accuracies, spectra; labels are read."""

from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtWidgets import QFileDialog, QWidget

from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.notices import Notice
from pushforward.studio.app.data_types.cubes.map_overlays import LETTERS
from pushforward.studio.app.data_types.cubes.scene_model import SceneModel
from pushforward.studio.app.data_types.cubes.scene_requests import CLASSIFY, REFINE
from pushforward.studio.app.design.file_dialog import (
    ask_write,
    folder_of_exports,
    open_dialog,
    save_dialog,
)
from pushforward.studio.app.design.menu import Does, Entries, Greyed
from pushforward.studio.formats.cubes.label_files import read_labels, write_labels
from pushforward.studio.formats.cubes.library import Spectrum, write_library
from pushforward.studio.formats.cubes.score_table import ScoreTable, write_scores
from pushforward.studio.protocol.messages import ErrorInfo
from pushforward.studio.store.errors import StoreError

__all__ = ["SceneExport"]

MAPS = (
    "Picture with legend (*.png);;GeoTIFF (*.tif);;ENVI (*.img);;NumPy (*.npy);;"
    "HDF5, all arrays (*.h5)"
)
LABELS = (
    "GeoTIFF (*.tif);;ENVI (*.img);;Picture with legend (*.png);;NumPy (*.npy);;"
    "CSV, a row a pixel (*.csv)"
)
READ = "Labels (*.tif *.tiff *.hdr *.img *.npy *.npz *.mat *.h5 *.csv);;All files (*)"
LIBRARIES = "ENVI spectral library (*.sli);;CSV (*.csv)"
ONE_FILE = QFileDialog.FileMode.ExistingFile
TABLES = "CSV (*.csv);;LaTeX (*.tex)"


class SceneExport:
    """The menu of what can be written, and the dialogs that ask where."""

    def __init__(self, parent: QWidget, model: SceneModel, state: AppState) -> None:
        self._parent, self._model, self._state = parent, model, state

    def entries(self) -> Entries:
        """Return the entries of the menu; what cannot be written is greyed with why."""
        model = self._model
        none = Greyed(model.why_no_map or "There is no map yet.")
        mapped: Does = none if model.map is None else partial(self._ask_map, CLASSIFY, False)
        likely: Does = none if model.map is None else partial(self._ask_map, CLASSIFY, True)
        refined: Does = (
            Greyed("Refine the map first.")
            if model.refined is None
            else partial(self._ask_map, REFINE, False)
        )
        return [
            ("Map…", mapped),
            ("Map after CRF…", refined),
            ("Map and probabilities…", likely),
            *self.label_entries(),
            ("Table of accuracies…", none if model.map is None else self._ask_table),
            ("Spectral library of classes and pins…", self._ask_library),
        ]

    def label_entries(self) -> Entries:
        """Return the entries of the menu that concern painted labels."""
        painted = self._model.labels.count > 0
        return [
            ("Painted labels…", self._ask_labels if painted else Greyed("Paint labels first.")),
            ("Load labels from a file…", self._ask_load),
        ]

    def _ask_map(self, operator: str, probabilities: bool) -> None:
        name = {CLASSIFY: "map", REFINE: "map-crf"}[operator]
        name, suffix = ("probabilities.tif", "tif") if probabilities else (f"{name}.png", "png")
        filters = ";;".join(MAPS.split(";;")[1:3]) if probabilities else MAPS
        folder = folder_of_exports(self._state.project)
        dialog = save_dialog(self._parent, "Export map", name, filters, suffix, folder)
        config: dict[str, Any] = {"probabilities": True} if probabilities else {}
        key = self._model.key
        dialog.fileSelected.connect(
            lambda file: self._model.requests.write(key, file, operator, config)
        )
        dialog.open()

    def _ask_labels(self) -> None:
        ask_write(
            self._parent, self._state, "Export labels", "labels.tif", LABELS, self.write_labels
        )

    def _ask_load(self) -> None:
        dialog = open_dialog(self._parent, "Load labels", ONE_FILE, READ)
        dialog.fileSelected.connect(lambda file: self.load_labels(Path(file)))
        dialog.open()

    def _ask_table(self) -> None:
        ask_write(
            self._parent, self._state, "Export table", "accuracies.csv", TABLES, self.write_table
        )

    def _ask_library(self) -> None:
        ask_write(
            self._parent, self._state, "Export spectra", "spectra.sli", LIBRARIES,
            self.write_spectra,
        )  # fmt: skip

    def write_labels(self, path: Path) -> None:
        """Write the painted labels in the format of the suffix.

        Raises:
            StoreError: the disk refused.
        """
        scene = self._model.scene
        assert scene is not None
        write_labels(path, self._model.labels.labels, scene.names, scene.where)

    def load_labels(self, path: Path) -> None:
        """Replace the painted labels by those of a file, or say why not; it can be undone."""
        scene, notices = self._model.scene, self._state.notices
        if scene is None:
            return
        try:
            labels = read_labels(path, scene.size, len(scene.names))
        except StoreError as error:
            info = ErrorInfo(kind=error.kind, message=error.message, hint=error.hint)
            notices.error(info, title="The labels were not loaded", topic="labels", here=True)
            return
        notices.settle("labels")
        self._model.labels.replace(labels, "Load labels")
        text = f"{self._model.labels.count:,} labels loaded from {path.name}"
        notices.post(Notice(level="good", text=text))

    def write_table(self, path: Path) -> None:
        """Write the accuracies of all maps, and per class, as CSV or LaTeX.

        Raises:
            StoreError: the disk refused.
        """
        model, scene = self._model, self._model.scene
        assert scene is not None
        columns = {"prediction": "raw", "crf": "CRF", "position": "position only"}
        tables = [
            ScoreTable(title, found)
            for name, title in columns.items()
            if (found := model.confusion(name)) is not None
        ]
        write_scores(path, tables, scene.names)

    def write_spectra(self, path: Path) -> None:
        """Write the mean spectrum of each class and the spectra of pins.

        Raises:
            StoreError: the disk refused.
        """
        model, scene = self._model, self._model.scene
        assert scene is not None
        spectra = [
            Spectrum(name, band.mean)
            for number, name in enumerate(scene.names, start=1)
            if (band := model.band_of(number)) is not None
        ]
        spectra += [
            Spectrum(f"pin {letter}, column {c}, row {r}", scene.cube[r, c])
            for letter, (r, c) in zip(LETTERS, model.pins, strict=False)
        ]
        write_library(path, spectra, scene.wavelengths)

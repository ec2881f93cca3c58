"""Hyperspectral cubes: made of imported pixels, previewed in false colours, and written as maps."""

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
import torch

from pushforward.models.config import Config, ConfigError, decode, param
from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.data import RowSource, Splits
from pushforward.models.kinds.cubes import CubeSet
from pushforward.models.kinds.scene_settings import SceneSettings, prepare_scene
from pushforward.models.kinds.scenes import UNKNOWN, Scene, principal
from pushforward.studio.engine.kinds.base import Arrays, DataKind, Facts
from pushforward.studio.engine.process.failures import Refused
from pushforward.studio.formats.arrays import ARRAY_SUFFIXES
from pushforward.studio.formats.cubes.band_choice import choose_bands
from pushforward.studio.formats.cubes.maps import write_map, write_numbers
from pushforward.studio.formats.cubes.raster_files import RASTERS, write_raster
from pushforward.studio.formats.limits import FormatError
from pushforward.studio.store.splits import shares

__all__ = ["Cubes"]

_MAP = "map"
SCENE = "scene"
"""The fact of an imported set that holds its `SceneSettings`."""
MOST_SENT = 128 * 2**20
"""Bytes of a cube in a preview."""
_IMPORTED = "imported"
_BANDS = ("bands", "water")
_SPLITS = ("split", "labels", "share", "least", "validation", "block", "seed", "hand")
"""Settings that say how labelled pixels are divided."""
COMPONENTS, WINDOW = 30, 9
"""Default representation of an imported scene: number of principal components, and window size."""


class ImportedSceneSettings(SceneSettings, frozen=True):
    """Settings of an imported scene, which each run can choose anew."""

    split: Annotated[
        Literal["imported", "random", "apart", "block", "field", "map", "hand"],
        param(
            "Split",
            "How labelled pixels are divided. At random, test pixels are neighbours of training "
            "pixels and accuracies are too high. Use blocks or fields to see how the model does "
            "in a new place.",
            choices={
                "imported": "As imported",
                "random": "At random",
                "apart": "Few squares, no shared window",
                "block": "Blocks",
                "field": "Fields",
                "map": "By a second map",
                "hand": "Labels by hand",
            },
        ),
    ] = "imported"  # type: ignore[assignment]  # one choice more
    bands: Annotated[
        str,
        param(
            "Bands",
            "Bands that models and maps use, by number from 1, such as 1-103, 120, 150-. Leave out "
            "noisy ones.",
            meant="all",
        ),
    ] = ""
    water: Annotated[
        bool,
        param(
            "Drop water bands",
            "Leave out 1,350 to 1,450 nm and 1,800 to 1,960 nm, where water vapour absorbs. Needs "
            "wavelengths.",
        ),
    ] = False


class Cubes(DataKind, slug="cubes"):
    """Windows of a scene."""

    run_settings: ClassVar[type[Config] | None] = ImportedSceneSettings

    suffixes: ClassVar[tuple[str, ...]] = (".npy", ".png", *RASTERS, *ARRAY_SUFFIXES)
    whole: ClassVar[bool] = True

    def from_parts(self, parts: Arrays, facts: Facts) -> CubeSet:
        """Return the labelled pixels of an imported scene, or all if it has no labels. ``parts``
        has all pixels in row-major order: x (n, bands) and label (n,), -1 for unknown.
        """
        cube, truth = self._read(parts, facts)
        waves = _wavelengths(facts, len(cube))
        scene = Scene(cube, truth, facts.classes, waves, principal(cube, COMPONENTS))
        labelled = scene.labelled if len(scene.labelled) else torch.arange(truth.numel())
        # A mirror shows no more than there is.
        return CubeSet(scene, labelled, min(WINDOW, 2 * min(scene.size) - 1))

    def split_parts(
        self, parts: Arrays, facts: Facts, settings: Mapping[str, Any]
    ) -> Splits | None:
        """Return a scene as the import or the run splits it; None where neither says how."""
        stored = dict(facts.more.get(SCENE) or {})
        cube, truth = self._read(parts, facts)
        if not stored and not settings and not bool((truth != UNKNOWN).any()):
            return None
        waves = _wavelengths(facts, len(cube))
        own = decode(ImportedSceneSettings, dict(settings))
        cube, waves = _choose_bands(cube, waves, own)
        widest = 2 * min(truth.shape) - 1
        usual = {"components": COMPONENTS, "window": min(WINDOW, widest)}
        named = {name: value for name, value in settings.items() if name not in _BANDS}
        if own.split == _IMPORTED:
            named = {n: v for n, v in named.items() if n not in _SPLITS} | stored
        roles = None
        if "role" in parts:
            roles = torch.from_numpy(np.array(parts["role"])).long().reshape(truth.shape)
        elif own.split == _IMPORTED and not stored:
            roles = _shares_as_roles(truth, facts)
            named["split"] = "map"
        chosen = decode(SceneSettings, {**usual, **named})
        return prepare_scene(cube, truth, facts.classes, waves, chosen, roles)

    def _read(self, parts: Arrays, facts: Facts) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the cube (bands, H, W) and the classes (H, W) of an imported scene.

        Raises:
            Refused: the parts are no scene.
        """
        if (refused := self.missing(parts, ("x", "label"))) is not None:
            raise refused
        x, label = _mapped(parts["x"]), torch.from_numpy(np.array(parts["label"]))
        height, width = (facts.more.get(name, 0) for name in ("height", "width"))
        fits = isinstance(height, int) and isinstance(width, int) and height * width == len(x) > 0
        known = fits and UNKNOWN <= int(label.min()) <= int(label.max()) < len(facts.classes)
        if x.ndim != 2 or label.shape != x.shape[:1] or not known:
            raise Refused(
                "The data set is not a scene: its pixels fill no picture, or their classes have no "
                "names.",
                "Import it again.",
                kind="data",
                path="dataset",
            )
        cube = x.float().T.view(-1, height, width)  # a view: nothing is copied
        return cube, label.long().reshape(height, width)

    def describe_data(self, data: RowSource) -> str:
        assert isinstance(data, CubeSet)
        height, width = data.scene.size
        return (
            f"{len(data):,} labelled pixels of a scene of {height} x {width} in "
            f"{len(data.scene.cube):,} bands"
        )

    def preview_arrays(self, data: RowSource) -> Arrays:
        """Return "x" (n, 3, side, side), windows in false colours in [0, 1], with "label" (n,) and
        "position" (n, 2); and of the scene "colours" (H, W, 3) uint8, "truth" (H, W) int16 from 1,
        0 for unknown, "cube" (H, W, bands) and "wavelengths" (bands,) in nm, empty if unknown.
        """
        assert isinstance(data, CubeSet)
        scene = data.scene
        colours = scene.false_colour()
        painted = Scene(scene.cube, scene.truth, scene.names, scene.wavelengths, colours)
        rows = CubeSet(painted, data.pixels, data.window).rows(slice(None))
        waves = scene.wavelengths if scene.wavelengths is not None else torch.empty(0)
        # An answer has a limit: of a large scene every so many bands are sent.
        every = -(-scene.cube.numel() * scene.cube.element_size() // MOST_SENT)
        arrays, split = self.arrays(rows), data.split
        if not len(scene.labelled):
            del arrays["label"]
        held = {} if split is None else {"validation": split.validation, "test": split.test}
        return {
            **arrays,
            **{name: _places(pixels, scene.size[1]) for name, pixels in held.items()},
            "colours": _bytes(colours),
            "truth": (scene.truth + 1).numpy().astype(np.int16),
            "cube": np.ascontiguousarray(scene.cube[::every].movedim(0, 2).numpy()),
            "wavelengths": waves[::every].numpy(),
        }

    def facts(self, data: RowSource) -> dict[str, Any]:
        assert isinstance(data, CubeSet)
        # What models are shown may be components of the bands, whose statistics say nothing.
        return {**super().facts(data), "mean": [], "std": [], "names": list(data.scene.names)}

    def split_counts(self, data: RowSource) -> dict[str, int] | None:
        assert isinstance(data, CubeSet)
        split = data.split
        if split is None:
            return None if len(data.scene.labelled) else {}
        parts = {"learned": split.train, "measured": split.validation, "tested": split.test}
        return {name: len(pixels) for name, pixels in parts.items()}

    def labelled(self, data: RowSource) -> RowSource | None:
        assert isinstance(data, CubeSet)
        return data if len(data.scene.labelled) else None

    def write_result(
        self,
        path: Path,
        rows: Batch | None,
        columns: tuple[str, ...],
        arrays: Arrays,
        attrs: Mapping[str, object],
    ) -> None:
        """As `DataKind.write_result`; NPY holds the numbers of a map, PNG its colours, and GeoTIFF
        and ENVI the map, or all probabilities where there are some.
        """
        suffix = path.suffix.lower()
        if suffix not in (".npy", ".png", *RASTERS):
            super().write_result(path, rows, columns, arrays, attrs)
            return
        if _MAP not in arrays:
            raise FormatError(f"A map cannot be written as {suffix}.", "Use .npz or .h5.", "user")
        names = [str(name) for name in _listed(attrs.get("classes"))]
        if suffix in RASTERS:
            most = max(len(names), int(arrays[_MAP].max()))
            names += [f"class {number}" for number in range(len(names) + 1, most + 1)]
            where = attrs.get("where")
            place = where if isinstance(where, dict) else {}
            write_raster(path, arrays[_MAP], names, arrays.get("probabilities"), place)
        elif suffix == ".npy":
            write_numbers(path, arrays[_MAP])
        else:
            write_map(path, arrays[_MAP], int(arrays[_MAP].max()), attrs)


def _mapped(values: Any) -> torch.Tensor:
    """Return an array as a tensor that is only read: a memory map stays on the disk."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "The given NumPy array is not writable")
        return torch.from_numpy(np.asarray(values))


def _choose_bands(
    cube: torch.Tensor, waves: torch.Tensor | None, settings: ImportedSceneSettings
) -> tuple[torch.Tensor, torch.Tensor | None]:
    """Return the bands of a cube (bands, H, W) that a run uses, with their wavelengths.

    Raises:
        ConfigError: the bands cannot be read, or none is left.
    """
    if not settings.bands.strip() and not (settings.water and waves is not None):
        return cube, waves
    known = [] if waves is None else waves.tolist()
    try:
        kept = choose_bands(len(cube), known, (), settings.bands, water=settings.water)
    except FormatError as error:
        raise ConfigError("bands", f"{error} {error.hint}".strip()) from error
    return cube[kept], None if waves is None else waves[kept]


def _shares_as_roles(truth: torch.Tensor, facts: Facts) -> torch.Tensor:
    """Return the role of each pixel (H, W) by the shares of the import: 1 train, 2 validation,
    3 test, 0 for pixels without a class.
    """
    labelled = (truth.flatten() != UNKNOWN).nonzero()[:, 0]
    roles = torch.zeros(truth.numel(), dtype=torch.int64)
    roles[labelled] = torch.from_numpy(shares(len(labelled), facts.split)).long() + 1
    return roles.reshape(truth.shape)


def _listed(value: object) -> list[object]:
    return list(value) if isinstance(value, list | tuple) else []


def _places(pixels: torch.Tensor, width: int) -> "np.ndarray[Any, Any]":
    """Return rows and columns (n, 2) of pixels that are counted row by row."""
    return torch.stack([pixels // width, pixels % width], dim=1).numpy()


def _wavelengths(facts: Facts, bands: int) -> torch.Tensor | None:
    """Return the wavelengths of an imported scene in nm, None where they are unknown."""
    found = facts.more.get("wavelengths") or []
    fits = isinstance(found, list) and len(found) == bands
    return torch.tensor(found, dtype=torch.float32) if fits else None


def _bytes(colours: torch.Tensor) -> "np.ndarray[Any, Any]":
    grey = (colours * 255.0 + 0.5).to(torch.uint8)
    return np.ascontiguousarray(grey.movedim(0, 2).numpy())

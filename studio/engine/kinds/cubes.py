"""Hyperspectral cubes: made of imported pixels, previewed in false colours, and written as maps."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch

from pushforward.models.config import decode
from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.data import RowSource, Splits
from pushforward.models.kinds.cubes import CubeSet
from pushforward.models.kinds.scene_settings import SceneSettings, prepare_scene
from pushforward.models.kinds.scenes import UNKNOWN, Scene, principal
from pushforward.studio.engine.kinds.base import Arrays, DataKind, Facts
from pushforward.studio.engine.process.failures import Refused
from pushforward.studio.formats.arrays import ARRAY_SUFFIXES
from pushforward.studio.formats.cubes.maps import write_map, write_numbers
from pushforward.studio.formats.cubes.raster_files import RASTERS, write_raster
from pushforward.studio.formats.limits import FormatError

__all__ = ["Cubes"]

_MAP = "map"
SCENE = "scene"
"""The fact of an imported set that holds its `SceneSettings`."""
MOST_SENT = 128 * 2**20
"""Bytes of a cube in a preview."""
COMPONENTS, WINDOW = 30, 9
"""Default representation of an imported scene: number of principal components, and window size."""


class Cubes(DataKind, slug="cubes"):
    """Windows of a scene."""

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
        stored = facts.more.get(SCENE)
        if not stored and not settings:
            return None
        cube, truth = self._read(parts, facts)
        widest = 2 * min(truth.shape) - 1
        usual = {"components": COMPONENTS, "window": min(WINDOW, widest)}
        chosen = decode(SceneSettings, {**usual, **(stored or {}), **settings})
        roles = None
        if "role" in parts:
            roles = torch.from_numpy(np.array(parts["role"])).long().reshape(truth.shape)
        waves = _wavelengths(facts, len(cube))
        return prepare_scene(cube, truth, facts.classes, waves, chosen, roles)

    def _read(self, parts: Arrays, facts: Facts) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the cube (bands, H, W) and the classes (H, W) of an imported scene.

        Raises:
            Refused: the parts are no scene.
        """
        if (refused := self.missing(parts, ("x", "label"))) is not None:
            raise refused
        x, label = (torch.from_numpy(np.array(parts[name])) for name in ("x", "label"))
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
        cube = x.float().T.reshape(-1, height, width).contiguous()
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
        split = data.split
        held = {} if split is None else {"validation": split.validation, "test": split.test}
        return {
            **self.arrays(rows),
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

"""Images: they have classes, and are written as pictures."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray

from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.data import RowSource
from pushforward.models.contracts.spec import LABEL, DataSpec
from pushforward.models.kinds.images import ImageSet
from pushforward.studio.engine.data.running_statistics import Measuring
from pushforward.studio.engine.kinds.base import Arrays, DataKind, Facts
from pushforward.studio.engine.process.failures import Refused
from pushforward.studio.formats.animation import ANIMATION_SUFFIXES, write_animation
from pushforward.studio.formats.pictures import IMAGE_SUFFIXES, coloured, sheet, write_images

__all__ = ["Images"]

WAY = "way"
_SECONDS = 4.0


class Images(DataKind, slug="images"):
    """Pixels between black and white."""

    suffixes: ClassVar[tuple[str, ...]] = IMAGE_SUFFIXES
    film_suffixes: ClassVar[tuple[str, ...]] = ANIMATION_SUFFIXES
    # The eye sees no more of pixels than half the bits hold.
    record_types: ClassVar[Mapping[str, str]] = {"x": "float16"}

    def from_parts(self, parts: Arrays, facts: Facts) -> ImageSet:
        """Return images (n, C, H, W): bytes from black, 0, to white, 255, or floats in [0, 1]."""
        x, label = parts.get("x"), parts.get("label")
        fits = x is not None and x.ndim == 4 and (x.dtype == np.uint8 or x.dtype.kind == "f")
        if x is None or not fits or (label is not None and label.shape != x.shape[:1]):
            raise Refused(
                "The data set holds no images.",
                "Import the data again.",
                kind="data",
                path="dataset",
            )
        pixels = torch.from_numpy(np.ascontiguousarray(x, np.float32))
        return ImageSet(
            pixels / 255 if x.dtype == np.uint8 else pixels,
            None if label is None else torch.from_numpy(label.astype(np.int64)),
            facts.classes,
        )

    def measuring(self, outline: DataSpec) -> Measuring:
        """One mean and one deviation for all pixels, as `ImageSet.spec` has."""
        return Measuring(outline, pooled=True)

    def describe_data(self, data: RowSource) -> str:
        size = " x ".join(map(str, data.spec().shape))
        return f"{self.counted(len(data))} ({size})"

    def sheet(self, x: NDArray[Any]) -> NDArray[np.uint8]:
        """Return images (n, C, H, W) row by row."""
        return sheet(x)

    def pictures(self, x: NDArray[Any]) -> NDArray[np.uint8]:
        """Return images (n, C, H, W) as bytes (n, H, W, 3)."""
        return coloured(x).transpose(0, 2, 3, 1)

    def preview_arrays(self, data: RowSource) -> Arrays:
        assert isinstance(data, ImageSet)
        found = super().preview_arrays(data)
        return (
            found
            if data.labels is None
            else {**found, "labels": data.labels.numpy().astype(np.int32)}
        )

    def facts(self, data: RowSource) -> dict[str, Any]:
        assert isinstance(data, ImageSet)
        return {**super().facts(data), "names": list(data.names)}

    def write(
        self, path: Path, rows: Batch, columns: tuple[str, ...], attrs: Mapping[str, object]
    ) -> None:
        label = rows.given.get(LABEL)
        folders = () if label is None else [str(int(each)) for each in label]
        write_images(path, rows.x.numpy(), attrs, folders)

    def left_out_arrays(self, path: Path, rows: Batch | None, arrays: Arrays) -> str:
        if path.suffix.lower() in self.film_suffixes:
            return ""  # it holds the film, which was asked for
        return super().left_out_arrays(path, rows, arrays)

    def write_result(
        self,
        path: Path,
        rows: Batch | None,
        columns: tuple[str, ...],
        arrays: Arrays,
        attrs: Mapping[str, object],
    ) -> None:
        """Write as other data are; the "way" (T, n, C, H, W) of a film as an animation."""
        if path.suffix.lower() in self.film_suffixes and WAY in arrays:
            write_animation(path, np.stack([sheet(frame) for frame in arrays[WAY]]), _SECONDS)
        else:
            super().write_result(path, rows, columns, arrays, attrs)

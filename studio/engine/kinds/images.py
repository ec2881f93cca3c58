"""Images: they have classes, and are written as pictures."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor

from models.contracts.batch import Batch
from models.contracts.data import RowSource
from models.kinds.images import ImageSet
from studio.engine.kinds.base import Arrays, DataKind
from studio.formats.pictures import write_images

__all__ = ["Images"]


class Images(DataKind, slug="images"):
    """Pixels between black and white."""

    suffixes = (".npz", ".h5", ".png")

    def described(self, data: RowSource) -> str:
        size = " x ".join(map(str, data.spec().shape))
        return f"{len(data):,} images ({size})"

    def shown(self, data: RowSource) -> Arrays:
        assert isinstance(data, ImageSet)
        found = super().shown(data)
        return (
            found
            if data.labels is None
            else {**found, "labels": data.labels.numpy().astype(np.int32)}
        )

    def facts(self, data: RowSource) -> dict[str, Any]:
        assert isinstance(data, ImageSet)
        return {**super().facts(data), "names": list(data.names)}

    def labelled(self, data: RowSource) -> RowSource | None:
        assert isinstance(data, ImageSet)
        return None if data.labels is None else replace(data, told=True)

    def relabelled(self, data: RowSource, rows: Batch, labels: Tensor) -> RowSource:
        assert isinstance(data, ImageSet)
        return replace(data, x=rows.x, labels=labels, told=True)

    def write(
        self, path: Path, rows: Batch, columns: tuple[str, ...], attrs: Mapping[str, object]
    ) -> None:
        write_images(path, rows.x.numpy(), attrs)

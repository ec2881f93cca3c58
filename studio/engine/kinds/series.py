"""Series: imported from tables and sounds, exported as either."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch

from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.data import RowSource
from pushforward.models.kinds.series import SeriesSet
from pushforward.studio.counts import format_count
from pushforward.studio.engine.kinds.base import Arrays, DataKind, Facts
from pushforward.studio.engine.process.failures import Refused
from pushforward.studio.formats.arrays import ARRAY_SUFFIXES, write_arrays
from pushforward.studio.formats.series.writing import write_sound, write_table

__all__ = ["Series"]


class Series(DataKind, slug="series"):
    """Numbers at even times, some of them sounds."""

    suffixes: ClassVar[tuple[str, ...]] = (".csv", ".wav", *ARRAY_SUFFIXES)

    def describe_data(self, data: RowSource) -> str:
        assert isinstance(data, SeriesSet)
        length, channels = data.x.shape[1:]
        across = f" in {format_count(channels, 'channel')}" if channels > 1 else ""
        return f"{self.counted(len(data))} of {format_count(length, 'time')}{across}"

    def shared_facts(self, data: RowSource) -> dict[str, float]:
        """Return the "rate" of sounds, in samples a second."""
        rate = data.rate if isinstance(data, SeriesSet) else 0
        return {"rate": float(rate)} if rate else {}

    def preview_arrays(self, data: RowSource) -> Arrays:
        assert isinstance(data, SeriesSet)
        found = super().preview_arrays(data)
        if data.labels is None:
            return found
        return {**found, "labels": data.labels.numpy().astype(np.int32)}

    def facts(self, data: RowSource) -> dict[str, Any]:
        assert isinstance(data, SeriesSet)
        own = {"names": list(data.names), "channels": list(data.channels), "rate": data.rate}
        return {**super().facts(data), **own}

    def from_parts(self, parts: Arrays, facts: Facts) -> SeriesSet:
        """Return series from what an importer brings: x (n, L, C), and among the facts the names
        of the channels and, of sounds, the rate.
        """
        if (refused := self.missing(parts, ("x",))) is not None:
            raise refused
        x, channels = parts["x"], facts.more.get("channels") or ()
        if x.ndim != 3 or x.dtype.kind != "f":
            raise Refused(
                "The data set holds no series.",
                "Import the data again.",
                kind="data",
                path="dataset",
            )
        rate = facts.more.get("rate")
        return SeriesSet(
            torch.from_numpy(np.ascontiguousarray(x, np.float32)),
            tuple(map(str, channels)) if isinstance(channels, list) else (),
            rate if isinstance(rate, int) else 0,
        )

    def write(
        self, path: Path, rows: Batch, columns: tuple[str, ...], attrs: Mapping[str, object]
    ) -> None:
        """As `DataKind.write`; CSV has a line a time, WAV one sound after the other."""
        suffix = path.suffix.lower()
        if suffix == ".csv":
            write_table(path, rows.x.numpy())
        elif suffix == ".wav":
            write_sound(path, rows.x.numpy())
        else:
            write_arrays(path, self.arrays(rows), attrs)

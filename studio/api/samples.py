"""Generated samples, results of operations, and flows, as arrays."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pushforward.studio.api.display import html_picture, html_table

__all__ = ["Flow", "Result", "Samples"]

SHOWN = 64  # images on the sheet of a notebook


class Flow(NamedTuple):
    """Positions of particles over flow time, from noise to data.

    Attributes:
        frames: (frames, n, ...) positions, in the units of the data.
        times: (frames,) flow times, from 0 (noise) to 1 (data).
    """

    frames: NDArray[Any]
    times: NDArray[Any]


@dataclass(frozen=True)
class Samples:
    """Generated samples. NumPy functions take them as the array ``x``.

    Attributes:
        x: (n, ...); the shape of one sample depends on the data, such as (2,) for points in the
            plane and (channels, height, width) for images in [0, 1].
        arrays: everything that belongs to them, ``x`` included: labels (n,), or a mask of the real
            constituents of jets (n, constituents).
        objects: the samples as objects of their data type: `networkx.Graph` for graphs, SMILES for
            molecules (None for invalid ones), strings for texts; () for other data types.
        kind: the data type, such as "points".
    """

    x: NDArray[Any]
    arrays: Mapping[str, NDArray[Any]]
    objects: tuple[Any, ...] = ()
    kind: str = ""

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of ``x``."""
        return self.x.shape

    def __len__(self) -> int:
        return len(self.x)

    def __getitem__(self, index: Any) -> Any:
        return self.arrays[index] if isinstance(index, str) else self.x[index]

    def __iter__(self) -> Iterator[Any]:
        return iter(self.objects or self.x)

    def __array__(
        self, dtype: np.dtype[Any] | None = None, copy: bool | None = None
    ) -> NDArray[Any]:
        return np.array(self.x, dtype=dtype) if copy or dtype is not None else self.x

    def __repr__(self) -> str:
        shapes = ", ".join(f"{name} {each.shape}" for name, each in self.arrays.items())
        return f"Samples({len(self):,} {self.kind}: {shapes})"

    def _repr_html_(self) -> str:
        rows = [(name, str(each.shape), str(each.dtype)) for name, each in self.arrays.items()]
        listed = html_table(rows, ("array", "shape", "type"))
        texts = [(str(each),) for each in self.objects[:10] if isinstance(each, str)]
        return f"{self._picture()}{html_table(texts) if texts else listed}"

    def _picture(self) -> str:
        from pushforward.studio.engine.kinds.base import kind_of
        from pushforward.studio.engine.process.discovery import discover
        from pushforward.studio.workflows.picture import draw

        discover()
        kind = kind_of(self.kind)
        if kind.plane and self.x.ndim == 2:
            x = np.asarray(self.x, np.float32)
            return html_picture(draw(x, np.zeros(1, np.float32), x[None], size=360))
        sheet = kind.sheet(self.x[:SHOWN])
        return "" if sheet is None else html_picture(sheet)


@dataclass(frozen=True)
class Result:
    """What an operation returned.

    Attributes:
        operator: its slug.
        samples: generated or edited samples; None for an operation that returns numbers only.
        arrays: everything that it returned, by name; samples are "x".
        note: what to know about it, "" for nothing.
    """

    operator: str
    samples: Samples | None
    arrays: Mapping[str, NDArray[Any]]
    note: str = ""

    def __getitem__(self, name: str) -> NDArray[Any]:
        return self.arrays[name]

    def __array__(
        self, dtype: np.dtype[Any] | None = None, copy: bool | None = None
    ) -> NDArray[Any]:
        if self.samples is None:
            names = ", ".join(self.arrays)
            raise TypeError(f"{self.operator} returns no samples; its arrays: {names}")
        return self.samples.__array__(dtype, copy)

    def __repr__(self) -> str:
        shapes = ", ".join(f"{name} {each.shape}" for name, each in self.arrays.items())
        return f"Result({self.operator}: {shapes})"

    def _repr_html_(self) -> str:
        rows = [(name, str(each.shape), str(each.dtype)) for name, each in self.arrays.items()]
        picture = self.samples._picture() if self.samples is not None else ""
        return f"{picture}{html_table(rows, ('array', 'shape', 'type'))}"

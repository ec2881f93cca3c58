"""A kind of data as the engine sees it: previewed, projected, edited, exported."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from models.contracts.batch import Batch
from models.contracts.data import RowSource, Splits
from models.registry import registry
from studio.engine.data.judging import Judging
from studio.engine.data.target import Target
from studio.formats.arrays import write_arrays

__all__ = ["Arrays", "DataKind", "kind_of"]

Arrays = dict[str, NDArray[Any]]
_known: dict[str, "DataKind"] = {}


class DataKind:
    """What holds for data of any kind; a subclass, named by its slug, says what is different."""

    suffixes: ClassVar[tuple[str, ...]] = (".npz", ".h5")
    """Of files that samples are exported to."""

    record_types: ClassVar[Mapping[str, str]] = {}
    """The type in which kept records have an array, where fewer bits than its own are enough."""

    def __init__(self, slug: str) -> None:
        self.slug = slug

    def __init_subclass__(cls, *, slug: str) -> None:
        _known[slug] = cls(slug)

    def described(self, data: RowSource) -> str:
        """Say in a few words how many data there are, and what of."""
        return f"{len(data):,} {registry.get('kind', self.slug).many}"

    def arrays(self, rows: Batch) -> Arrays:
        """Return rows as arrays by name: "x", "mask" where some places are padded, and what is
        given.
        """
        found = {"x": rows.x, **rows.given}
        if rows.mask is not None:
            found["mask"] = rows.mask
        return {name: np.ascontiguousarray(x.numpy()) for name, x in found.items()}

    def shown(self, data: RowSource) -> Arrays:
        """Return the arrays of a preview of data."""
        return self.arrays(data.rows(slice(None)))

    def facts(self, data: RowSource) -> dict[str, Any]:
        """Return what a preview tells beside the rows: columns, modes, mean, std, names."""
        spec = data.spec()
        return {
            "columns": list(data.columns),
            "modes": None,
            "mean": [float(spec.mean.mean())],
            "std": [float(spec.std.mean())],
            "names": [],
        }

    def judging(self, splits: Splits) -> Judging | None:
        """Return how data come by the judge that their metrics ask; None where they have none."""
        return None

    def judged(self, data: RowSource, judging: Judging) -> RowSource:
        """Return data with their judge.

        Raises:
            TypeError: data of this kind have none.
        """
        raise TypeError(f"{self.slug} have no judge")

    def target(self, data: RowSource) -> Target:
        """Return the data as what a training aims at."""
        return Target.of(data.rows(slice(None)).x, by_hand=False)

    def aimed(self, data: RowSource, target: Target) -> RowSource:
        """Return data with the rows of an edited target.

        Raises:
            TypeError: data of this kind cannot be edited.
        """
        raise TypeError(f"{self.slug} cannot be edited")

    def write(
        self, path: Path, rows: Batch, columns: tuple[str, ...], attrs: Mapping[str, object]
    ) -> None:
        """Write samples, in data units, to a file of one of `suffixes`."""
        write_arrays(path, self.arrays(rows), attrs)


def kind_of(slug: str) -> DataKind:
    """Return a kind of data by its slug; one without a file here is as all are."""
    return _known.get(slug) or DataKind(slug)

"""What is said of data column by column, and class by class."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pushforward.studio.app.core.app_state import DataInfo
from pushforward.studio.app.core.data_type import LABEL, Arrays, Kind, Measured

__all__ = ["Column", "classes_of", "columns_of", "measured_of", "of_all", "rows_of"]


@dataclass(frozen=True)
class Column:
    """A quantity of samples; ``missing`` is the number of missing values, None if unknown."""

    name: str
    mean: float
    std: float
    low: float
    high: float
    missing: int | None = None


def rows_of(x: NDArray[Any], told: Arrays) -> dict[str, NDArray[Any]]:
    """Return data (n, ...) with what is known of each of them."""
    return {"x": x, **{name: each for name, each in told.items() if len(each) == len(x)}}


def measured_of(kind: Kind, arrays: Arrays, columns: Sequence[str]) -> Measured:
    """Return quantities of each sample: the measures of the data type, or the table columns;
    ``arrays`` has the samples and their conditions.
    """
    found = kind.measures(arrays)
    if found or kind.layout != "plane":
        return found
    x = np.asarray(arrays["x"])
    names = [*columns, *(f"x{i + 1}" for i in range(len(columns), x.shape[1]))]
    return {name: x[:, i] for i, name in enumerate(names[: x.shape[1]])}


def columns_of(kind: Kind, arrays: Arrays, columns: Sequence[str]) -> list[Column]:
    """Return the numbers among what is known of each datum."""
    numbers = measured_of(kind, arrays, columns).items()
    return [_column(n, v) for n, v in numbers if np.issubdtype(v.dtype, np.number)]


def _column(name: str, values: NDArray[Any]) -> Column:
    numbers = np.asarray(values, np.float64)
    good = numbers[np.isfinite(numbers)]
    missing = len(numbers) - len(good)
    if not len(good):
        good = np.array([np.nan])
    mean, std, low, high = map(float, (good.mean(), good.std(), good.min(), good.max()))
    return Column(name, mean, std, low, high, missing)


def of_all(data: DataInfo | None) -> list[Column]:
    """Return the columns as the import measured them over all rows; none where it did not. Their
    means are numbers only where each cell is one: no cell is missing then.
    """
    if data is None or not data.mean:
        return []
    each = zip(data.columns, data.mean, data.std, data.minimum, data.maximum, strict=False)
    return [Column(*values, 0 if np.isfinite(values[1]) else None) for values in each]


def classes_of(told: Arrays, facts: Mapping[str, Any]) -> dict[str, int]:
    """Return how many data there are of each class: of all that are learned from where the engine
    counted them ("counts"), else of those that are shown.
    """
    names, counts = facts.get("names") or (), facts.get("counts") or ()
    if counts:
        return {str(name): int(n) for name, n in zip(names, counts, strict=False)}
    if LABEL not in told:
        return {}
    found, many = np.unique(told[LABEL].astype(str), return_counts=True)
    return dict(zip(found.tolist(), many.tolist(), strict=True))

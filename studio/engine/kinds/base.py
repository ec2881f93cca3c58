"""A kind of data as the engine sees it: previewed, projected, edited, exported."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from pushforward.models.config import Config
from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.data import Labelled, RowSource, Splits
from pushforward.models.contracts.spec import DataSpec
from pushforward.models.registry import registry
from pushforward.studio.counts import explain_too_few, format_count, join_words
from pushforward.studio.engine.data.nearest import Compared
from pushforward.studio.engine.data.running_statistics import Measuring
from pushforward.studio.engine.data.target import Target
from pushforward.studio.engine.process.failures import Refused
from pushforward.studio.formats.arrays import ARRAY_SUFFIXES, write_arrays
from pushforward.studio.store.splits import FEWEST, Split

__all__ = ["MOST_HANDED", "Arrays", "DataKind", "Facts", "kind_of"]

MOST_HANDED = 1_000_000
"""Numbers that an operator is handed at most: they come within a command."""

Arrays = dict[str, NDArray[Any]]
_known: dict[str, "DataKind"] = {}


@dataclass(frozen=True)
class Facts:
    """Stored facts of imported data.

    Attributes:
        columns: names of the numbers of a row.
        classes: class names of "label".
        more: further facts of the importer, as plain JSON.
        split: shares of rows that the import divides.
    """

    columns: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    more: Mapping[str, Any] = field(default_factory=dict)
    split: Split = field(default_factory=Split)


class DataKind:
    """Base class of data types in the engine: defaults that subclasses, found by their slug,
    override.
    """

    suffixes: ClassVar[tuple[str, ...]] = ARRAY_SUFFIXES
    """Of files that samples are exported to, the usual one first."""

    film_suffixes: ClassVar[tuple[str, ...]] = ()
    """Of files that a denoising film can be written to besides `suffixes`."""

    has_layout: ClassVar[bool] = False
    """Whether data are drawn from pieces that are to be placed; see `places`."""

    compares: ClassVar[bool] = False
    """Whether `repeats` compares data, for which all of them are read."""

    foreseen: ClassVar[bool] = False
    """Whether records include denoised estimates (one network pass per frame)."""

    record_types: ClassVar[Mapping[str, str]] = {}
    """The type in which kept records have an array, where fewer bits than its own are enough."""

    whole: ClassVar[bool] = False
    """Whether imported rows mean something only together, as the pixels of a scene do: all are made
    data of at once, and of these some are learned from.
    """

    run_settings: ClassVar[type[Config] | None] = None
    """Settings of imported data that each run chooses, at their defaults those of the import; None
    for none. `split_parts` applies them."""

    plane: ClassVar[bool] = False
    """Whether the first two numbers of a sample are coordinates in a plane."""

    limits: ClassVar[Mapping[str, tuple[float, float]]] = {}
    """Allowed ranges of conditions, by name and in their units; rows outside are not imported."""

    rules: ClassVar[tuple[str, ...]] = ()
    """Validity rules that can be chosen."""

    near_by: ClassVar[Mapping[str, Compared]] = {}
    """Functions that return comparable features of rows, by the name of the distance."""

    def __init__(self, slug: str) -> None:
        self.slug = slug

    def __init_subclass__(cls, *, slug: str) -> None:
        _known[slug] = cls(slug)

    def counted(self, n: int) -> str:
        """Return how many data there are in the words of the kind: "48,000 jets", "1 graph"."""
        known = {entry.slug: (entry.one, entry.many) for entry in registry.all("kind")}
        return format_count(n, *known.get(self.slug, ("row", "rows")))

    def repeats(self, learned: RowSource, held: Sequence[RowSource]) -> str:
        """Describe duplicates among the data, and held-out samples that are also in the training
        set; "" for none, or if the data type does not compare.
        """
        return ""

    def too_few(self, n: int) -> tuple[str, str]:
        """Return the message and the hint for too few samples."""
        known = {entry.slug: (entry.one, entry.many) for entry in registry.all("kind")}
        return explain_too_few(n, *known.get(self.slug, ("row", "rows")), FEWEST)

    def describe_data(self, data: RowSource) -> str:
        """Say in a few words how many data there are, and what of."""
        return self.counted(len(data))

    def arrays(self, rows: Batch) -> Arrays:
        """Return rows as arrays by name: "x", "mask" if some places are padded, and the
        conditions.
        """
        found = {"x": rows.x, **rows.given}
        if rows.mask is not None:
            found["mask"] = rows.mask
        return {name: np.ascontiguousarray(x.numpy()) for name, x in found.items()}

    def objects(self, rows: Batch) -> list[Any]:
        """Return rows as objects that other libraries use, such as `networkx.Graph`; [] for data
        whose arrays are what they use.
        """
        return []

    def from_parts(self, parts: Arrays, facts: Facts) -> RowSource:
        """Return imported rows as data of this kind, in memory.

        ``parts`` are the arrays of a data set of the project by name, each (n, ...); of a ragged
        one the values of all rows and, under `studio.store.parts.lengths_of` its name, how many
        each row has.

        Raises:
            Refused: data of this kind cannot be imported, or these are not such data.
        """
        raise Refused(
            f"The data set holds {self.slug}, which training does not support yet.", path="dataset"
        )

    def is_split(self, settings: Mapping[str, Any]) -> bool:
        """Return whether `split_parts` may split imported rows with these settings of a run."""
        return self.whole

    def split_parts(
        self, parts: Arrays, facts: Facts, settings: Mapping[str, Any]
    ) -> Splits | None:
        """Return imported rows in parts, by the settings of the data type; None where they are
        divided by their numbers. ``settings`` are those of the run, which override the settings
        that the import stored.

        Raises:
            Refused, ConfigError: the settings do not fit the data.
        """
        return None

    def missing(self, parts: Arrays, names: Sequence[str]) -> Refused | None:
        """Return the refusal of imported rows that lack some of these arrays, None if they have
        all.
        """
        lacking = [name for name in names if name not in parts]
        if not lacking:
            return None
        many = registry.get("kind", self.slug).many
        return Refused(
            f"The data set holds no {many}: it lacks {', '.join(lacking)}.",
            "Import the data again.",
            kind="data",
            path="dataset",
        )

    def parse_rows(self, value: Any, spec: DataSpec, columns: tuple[str, ...]) -> Batch:
        """Parse rows of an operator's input, nested lists in data units; ``columns`` names their
        numbers.

        Raises:
            ValueError: invalid rows; the message continues the name of the input.
        """
        wanted = ", ".join(map(str, spec.shape))
        try:
            x = np.asarray(value, np.float64)
        except (ValueError, TypeError, OverflowError) as error:
            raise ValueError("must be rows of numbers of equal length") from error
        if x.shape[1:] != spec.shape or not len(x):
            raise ValueError(f"must be rows (n, {wanted}), got {x.shape}")
        if x.size > MOST_HANDED or not np.isfinite(x).all():
            raise ValueError(f"must be at most {MOST_HANDED:,} finite numbers")
        dtype = torch.float32 if spec.symbols is None else torch.int64
        return Batch(torch.from_numpy(x).to(dtype))

    def finite(self, rows: Batch) -> Tensor:
        """Return which samples are finite, including values derived for export, (n,) bool."""
        return rows.x.isfinite().flatten(1).all(dim=1)

    def measuring(self, outline: DataSpec) -> Measuring:
        """Return what measures the spec of data that do not fit into memory; ``outline`` is that
        of a few rows.
        """
        return Measuring(outline)

    def sheet(self, x: NDArray[Any]) -> NDArray[np.uint8] | None:
        """Return data (n, *shape) as one picture (h, w, 3), None where they cannot be drawn without
        a window.
        """
        return None

    def pictures(self, x: NDArray[Any]) -> NDArray[np.uint8] | None:
        """Return data (n, *shape) as a picture each (n, h, w, 3), None where they cannot be drawn
        without a window.
        """
        return None

    def shared_facts(self, data: RowSource) -> dict[str, float]:
        """Return numbers that hold for every sample of the data, by name, such as a sampling
        rate.
        """
        return {}

    def with_rule(self, data: RowSource, rule: str) -> RowSource:
        """Return the data with a validity rule, one of `rules`."""
        return data

    def preview_arrays(self, data: RowSource) -> Arrays:
        """Return the arrays of a preview of data."""
        return self.arrays(data.rows(slice(None)))

    def split_places(self, some: RowSource, train: RowSource, test: RowSource | None) -> Arrays:
        """Return where each row of ``some`` is divided into training and test data, for data types
        whose rows are divided.
        """
        return {}

    def facts(self, data: RowSource) -> dict[str, Any]:
        """Return the facts of a preview: columns, modes, mean, std, names."""
        spec = data.spec()
        return {
            "columns": list(data.columns),
            "modes": None,
            "mean": [float(spec.mean.mean())],
            "std": [float(spec.std.mean())],
            "names": [],
        }

    def split_counts(self, data: RowSource) -> dict[str, int] | None:
        """Return how many samples train ("learned"), validate ("measured") and test ("tested") by
        the data themselves; None where the import or the data set divides them.
        """
        return None

    def places(self, rows: Batch) -> NDArray[np.float32]:
        """Return the layout of the k pieces of each sample, (n, k, 2), for rows in data units.

        Raises:
            TypeError: this data type has no layout.
        """
        raise TypeError(f"{self.slug} have no layout")

    def labelled(self, data: RowSource) -> RowSource | None:
        """Return data with the class of each row as a condition, None without classes."""
        return data.labelled() if isinstance(data, Labelled) else None

    def relabelled(self, data: RowSource, rows: Batch, labels: Tensor) -> RowSource:
        """Return other rows with their classes (n,) in place of data, with all else that is known.

        Raises:
            TypeError: data of this type have no classes.
        """
        if not isinstance(data, Labelled):
            raise TypeError(f"{self.slug} have no classes")
        return data.relabelled(rows, labels)

    def annotations(self, rows: Batch) -> Arrays:
        """Return further arrays to show with real rows, by name."""
        return {}

    def target(self, data: RowSource) -> Target:
        """Return the data as what a training aims at."""
        return Target.from_data(data.rows(slice(None)).x, by_hand=False)

    def with_target(self, data: RowSource, target: Target) -> RowSource:
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

    def left_out(self, path: Path, rows: Batch) -> str:
        """Say which of some samples a file of this suffix does not hold, "" where it holds all."""
        return ""

    def left_out_arrays(self, path: Path, rows: Batch | None, arrays: Arrays) -> str:
        """Return which arrays of a result a file of this suffix cannot store, "" for none."""
        if rows is None or not arrays or path.suffix.lower() in ARRAY_SUFFIXES:
            return ""
        others = join_words(sorted(arrays))
        return f"This format stores the rows only; .npz and .h5 also store {others}."

    def name_results(
        self, arrays: Arrays, columns: tuple[str, ...], facts: Mapping[str, Any]
    ) -> Arrays:
        """Return the arrays of a result for a file, with identifiers from the ``facts`` that an
        import stored.
        """
        return arrays

    def write_result(
        self,
        path: Path,
        rows: Batch | None,
        columns: tuple[str, ...],
        arrays: Arrays,
        attrs: Mapping[str, object],
    ) -> None:
        """Write what came of an operator, rows or other arrays or both, to a file. Of both, a file
        that is for rows alone, as a picture is, holds the rows; see `left_out_arrays`.

        Raises:
            StoreError: a file with this suffix holds no such arrays, or the disk refused.
        """
        if rows is not None and (not arrays or path.suffix.lower() not in ARRAY_SUFFIXES):
            self.write(path, rows, columns, attrs)
        else:
            write_arrays(path, {**(self.arrays(rows) if rows is not None else {}), **arrays}, attrs)


def kind_of(slug: str) -> DataKind:
    """Return a kind of data by its slug; one without a file here is as all are."""
    return _known.get(slug) or DataKind(slug)

"""What the screen knows of a data type: its words, its painter, and the views that show it.

A module `studio.app.data_types.X.type` describes one data type in its ``KIND``. Lenses, widgets and
text ask the type of what they show; no other module decides by the shape of an array or by a slug.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPainter

from pushforward.studio.app.core.array_contents import as_arrays
from pushforward.studio.app.core.data_columns import Column
from pushforward.studio.app.core.run_portrait import Portrait

if TYPE_CHECKING:
    from pushforward.studio.app.data_types.graphs.graph_edit_spec import ByHand
    from pushforward.studio.app.data_types.graphs.graph_rows import ReadGraphs
    from pushforward.studio.app.design.tokens import Tokens

__all__ = [
    "DISTANCES",
    "LABEL",
    "MEMORISATION",
    "Arrays",
    "AsGraphs",
    "Cover",
    "Distance",
    "EachTile",
    "Kind",
    "Layout",
    "MadeReady",
    "Measured",
    "PaintDatum",
    "RelativeMeasures",
    "SaysParts",
    "Tiles",
    "TitledTiles",
    "Weighed",
    "WeighsParts",
    "classes",
    "filters",
    "how_many",
    "named",
]

Arrays = Mapping[str, NDArray[Any]]
"""Arrays by name: ``x`` is what is generated, others (a mask, a label) ride along. Of many data
each has a row a datum.
"""
Measured = Mapping[str, NDArray[Any]]
"""What can be said of each of many data, by its name on the screen: numbers or words, (n,)."""
Layout = Literal["plane", "tiles"]
"""How data are seen where no lens of their own shows them: as dots in a plane, or each as a tile of
a grid.
"""
PaintDatum = Callable[[QPainter, QRectF, Arrays, "Tokens"], None]
"""Paints one datum, given by its arrays without the axis of rows, into a rectangle."""
MEMORISATION = ("authenticity", "nearness", "copies")
DISTANCES: Mapping[str, tuple[str, ...]] = {
    "Distance to real": ("sliced-w2", "sliced-w1", "exact-w2", "energy-distance", "mmd"),
    "Fidelity and diversity": ("precision", "recall", "mode-share", "mode-balance"),
    "Memorisation": MEMORISATION,
    "Likelihood": ("log-likelihood", "bits-per-dimension"),
}
"""Groups of the metrics that any kind of data may have."""
LABEL = "label"
FEWEST, POOL_BYTES = 512, 16_000_000  # real data that are fetched at least, and what more may take
"""The name under which the class of a datum is known."""
FORMATS = {
    "csv": "CSV",
    "npz": "NumPy",
    "h5": "HDF5",
    "graphml": "GraphML",
    "edgelist": "Edge list",
    "g6": "graph6",
    "json": "JSON",
    "hdf5": "HDF5",
    "npy": "NumPy array",
    "parquet": "Parquet",
    "png": "PNG picture",
    "tsv": "TSV",
    "sdf": "SDF",
    "smi": "SMILES",
    "svg": "SVG drawing",
    "txt": "Text",
    "wav": "Sound",
    "zip": "Pictures in a zip",
}


class Tiles(Protocol):
    """Data made ready once, to be painted at any size."""

    @property
    def aspect(self) -> float:
        """Width / height of each tile."""

    def __len__(self) -> int: ...

    def paint(self, painter: QPainter, rect: QRectF, row: int, palette: "Tokens") -> None:
        """Paint the datum of a row into a rectangle."""

    def describe(self, row: int) -> str:
        """Say the datum of a row in a line, "" where there is nothing to be said of it."""


@runtime_checkable
class MadeReady(Protocol):
    """Tiles that are faster to prepare in batches."""

    def make_ready(self, rows: Sequence[int]) -> None:
        """Make the data of some rows ready to be painted."""


@runtime_checkable
class SaysParts(Tiles, Protocol):
    """Tiles with parts that can be hovered."""

    def said_at(self, rect: QRectF, row: int, at: QPointF) -> str:
        """Say what is at a point of the datum of a row, painted into a rectangle; "" for nothing
        in particular.
        """


@dataclass(frozen=True)
class Weighed:
    """What a model weighed at a part of a datum.

    Attributes:
        title: which part it is.
        shares: what might stand there and how likely each is, the likeliest first.
        chosen: which of these stands there, -1 for none of them.
    """

    title: str
    shares: tuple[tuple[str, float], ...]
    chosen: int = -1


@runtime_checkable
class WeighsParts(Tiles, Protocol):
    """Tiles whose parts have predicted alternatives."""

    def parts(self, row: int) -> int:
        """How many parts the datum of a row has."""

    def part_at(self, rect: QRectF, row: int, at: QPointF) -> int:
        """Return which part of the datum of a row, painted into a rectangle, is at a point; -1 for
        none.
        """

    def part_area(self, rect: QRectF, row: int, part: int) -> QRectF:
        """Return where a part of the datum of a row is, painted into a rectangle."""

    def weighed(self, row: int, part: int) -> Weighed | None:
        """Return what was weighed there, None where that is not known."""


@dataclass(frozen=True)
class TitledTiles:
    """Data under a title, one of the pictures of a step.

    Attributes:
        title: what they are.
        tiles: what is painted.
    """

    title: str
    tiles: Tiles


@dataclass(frozen=True, eq=False)
class EachTile:
    """Tiles that a function paints one at a time: what most kinds need.

    Attributes:
        arrays: the data, a row each.
        one: paints one of them.
        aspect: width / height of each tile.
        say: says one of them in a line.
        point: says what is at a point of one of them that is painted into a rectangle.
    """

    arrays: Arrays
    one: PaintDatum
    aspect: float = 1.0
    say: Callable[[Arrays], str] | None = None
    point: Callable[[QRectF, Arrays, QPointF], str] | None = None

    def __len__(self) -> int:
        return len(self.arrays["x"])

    def paint(self, painter: QPainter, rect: QRectF, row: int, palette: "Tokens") -> None:
        """Paint the datum of a row into a rectangle."""
        self.one(painter, rect, self._datum(row), palette)

    def describe(self, row: int) -> str:
        """Say the datum of a row in a line."""
        return "" if self.say is None else self.say(self._datum(row))

    def said_at(self, rect: QRectF, row: int, at: QPointF) -> str:
        """Say what is at a point of the datum of a row."""
        return "" if self.point is None else self.point(rect, self._datum(row), at)

    def _datum(self, row: int) -> Arrays:
        return {name: each[row] for name, each in self.arrays.items()}


class Distance(Protocol):
    """How far data are from each other."""

    name: str
    measure: str

    def __call__(self, one: Arrays, many: Arrays) -> NDArray[np.float64]:
        """Return how far one datum is from each of many, (n,)."""


class RelativeMeasures(Protocol):
    """Function for facts of samples that depend on other samples."""

    def __call__(self, data: Arrays, training: Arrays | None, *, own: bool) -> Arrays:
        """Return facts of samples (n, ...) by name: relative to each other and to ``training`` data
        if known; ``own`` tells that they are the training data.
        """


class AsGraphs(Protocol):
    """How data are read as graphs."""

    def __call__(self, arrays: Arrays) -> "ReadGraphs":
        """Return data (n, ...) by name as graphs."""


@dataclass(frozen=True)
class Cover:
    """How a set of data looks at a glance, where some of its tiles do not show it.

    Attributes:
        needs: the arrays of a preview that are painted.
        paint: paints them into a rectangle.
    """

    needs: tuple[str, ...]
    paint: PaintDatum


def named(told: Arrays, classes: Sequence[str], *, asked: bool = True) -> dict[str, NDArray[Any]]:
    """Return what is known of data, (n, ...) by name, with their class by its name, or as "class 3"
    where it has none; without it until somebody has ``asked`` for the names.
    """
    found = dict(told)
    if not classes and not asked:
        found.pop(LABEL, None)
    if (numbers := found.get(LABEL)) is not None and numbers.ndim == 1:
        some = dict(enumerate(classes))
        found[LABEL] = np.asarray([some.get(int(i)) or f"class {int(i)}" for i in numbers])
    return found


def classes(arrays: Arrays, title: str = "Class") -> dict[str, NDArray[Any]]:
    """Return the class of each datum under a title, where it is known."""
    return {title: arrays[LABEL].astype(str)} if LABEL in arrays else {}


def how_many(x: NDArray[Any], facts: Mapping[str, Any]) -> int:
    """Return the total number of samples, x (n, ...) may be a part of them."""
    return int(facts.get("n") or len(x))


def filters(suffixes: Iterable[str]) -> str:
    """Return the filters of a dialog that asks for a file with one of some suffixes; those of one
    format are one filter.
    """
    patterns: dict[str, list[str]] = {}
    for suffix in suffixes:
        bare = suffix.removeprefix(".")
        patterns.setdefault(FORMATS.get(bare, bare.upper()), []).append(f"*.{bare}")
    return ";;".join(f"{title} ({' '.join(each)})" for title, each in patterns.items())


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A data type on the screen.

    Attributes:
        slug: its name in the catalogue.
        title: its name in Discover.
        one, many: noun of a sample, singular and plural.
        moving: noun of the particles of a model.
        loading: status while samples load.
        layout: "plane" or "grid".
        views: ids of its views in Watch and Samples.
        labelling: makes the widget in which data of a set are labelled by hand, from the state,
            the actions and the slug of the set.
        watched: whether any model is watched while it trains, also one that generates nothing.
        fits: whether a sample shape can be shown.
        tiles: prepares samples for painting as tiles; ``columns`` names their numbers.
        facts: describes the data in a line, from ``x``, column names and facts of the engine.
        browsed: maximum number of real samples to fetch.
        page: number of tiles per page.
        least: minimum tile height in pixels.
        scale: name and end values of the colour scale.
        looks: alternative tile painters by name; the default is ``look``.
        measures: returns quantities of each sample for sorting and filtering.
        element: noun of the elements of a sample, "" for none.
        elements: returns quantities of each element, (n, k) by name, NaN for padding.
        several: returns other quantities with several values per sample, (n, k).
        first: quantities shown first, in order, named by `called_element`.
        logs: quantities with a logarithmic axis by default.
        shares: quantities between 0 and 1.
        brief: measures shown below small tiles.
        units: of measures, by name.
        hints: remarks on measures, by name.
        columns: display names and units of row numbers.
        apart: distance of one sample from many, (n,), see `studio.app.data.pairwise_distance`; None
            if undefined.
        sought: name of the engine's distance for nearest training samples, "" to search the
            displayed ones.
        ready: computes slow inputs of painting, (n, ...) by name, for several samples at once.
        common: computes what tiles of one view share, such as a scale.
        parts: further record arrays per sample, (T, n, ...).
        legend: legend of a tile, "" for none.
        told: conditions of each sample, by name, to show with it.
        called: display names of conditions.
        asked: by measure, the condition that requests it.
        whole: noun of the object that conditions describe if a sample shows only a part.
        off: deviation of real data from their own conditions, by measure.
        below: measure shown below the requested one.
        groups: titled groups of metrics by slug, for the inspector.
        projection: description of the projection, "" for none.
        imports: importable files in words, "" for none.
        draws: default number of generated samples, 0 for a page.
        suffixes: of exported files, the preferred one first.
        filed: returns the arrays of HDF5 and NPZ files.
        order: sorting key.
        portrait: picture of a run without particles.
        about: fields of application, for search.
        cover: overview picture; None for tiles or dots.
        class_colours: returns red, green and blue from 0 to 255 of n classes; None for one colour.
        finds: facts computed later for `measures`: "judge" (with "sure"), the prediction of the
            reference classifier, and "nearest", the distance to the nearest training sample.
        among: computes facts relative to other samples, in a thread.
        heard: returns samples as a WAV file; None without sound.
        alike: numbers that hold for all samples of a set, by name.
        means: describes marks of tiles, "" for none.
        rules: validity rules to choose from, as stored and as displayed.
        marked: further arrays for painting tiles.
        graph: converts samples to graphs; None if not graphs.
        by_hand: graph editor; None without.
        assumed: whether unknown data are shown as this type.
        pictures: whether external images can be converted.
        scene: returns pictures of a stage's inputs; None without.
        step: returns pictures of a flow step from samples before and after; None without.
    """

    slug: str
    title: str
    one: str
    many: str
    moving: str
    loading: str
    layout: Layout
    fits: Callable[[tuple[int, ...]], bool]
    tiles: Callable[[Arrays], Tiles]
    facts: Callable[[NDArray[Any], tuple[str, ...], Mapping[str, Any]], str]
    scale: tuple[str, str, str] | None = None
    look: str = ""
    looks: Mapping[str, Callable[[Arrays], Tiles]] = field(default_factory=dict)
    measures: Callable[[Arrays], Measured] = lambda arrays: {}
    element: str = ""
    elements: Callable[[Arrays], Measured] = lambda arrays: {}
    several: Callable[[Arrays], Measured] = lambda arrays: {}
    first: tuple[str, ...] = ()
    logs: tuple[str, ...] = ()
    shares: tuple[str, ...] = ()
    brief: tuple[str, ...] = ()
    units: Mapping[str, str] = field(default_factory=dict)
    hints: Mapping[str, str] = field(default_factory=dict)
    columns: Mapping[str, Column] = field(default_factory=dict)
    apart: Distance | None = None
    sought: str = ""
    ready: Callable[[Arrays], Arrays] = lambda arrays: {}
    common: Callable[[Arrays], Arrays] = lambda arrays: {}
    views: tuple[str, ...] = ("tiles", "browser")
    watched: bool = False
    labelling: Callable[..., Any] | None = None
    browsed: int = 4096
    page: int = 64
    least: int = 0
    draws: int = 0
    parts: tuple[str, ...] = ()
    legend: str = ""
    told: tuple[str, ...] = ()
    heard: Callable[[Arrays], bytes] | None = None
    alike: tuple[str, ...] = ()
    called: Mapping[str, str] = field(default_factory=dict)
    asked: Mapping[str, str] = field(default_factory=dict)
    whole: str = ""
    off: Callable[[Mapping[str, float]], Mapping[str, str]] = lambda alike: {}
    below: str = ""
    groups: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: DISTANCES)
    projection: str = ""
    imports: str = ""
    suffixes: tuple[str, ...] = ("npz", "h5")
    filed: Callable[[Arrays], Arrays] = as_arrays
    order: int = 100
    portrait: Portrait | None = None
    about: str = ""
    cover: Cover | None = None
    class_colours: Callable[[int], Sequence[tuple[int, int, int]]] | None = None
    finds: tuple[str, ...] = ()
    among: RelativeMeasures | None = None
    means: Callable[[Arrays], str] = lambda arrays: ""
    rules: Callable[[Arrays], Sequence[tuple[str, str]]] | None = None
    marked: tuple[str, ...] = ()
    graph: AsGraphs | None = None
    by_hand: "ByHand | None" = None
    assumed: bool = False
    pictures: bool = False
    scene: Callable[[Arrays], Sequence[TitledTiles]] | None = None
    step: Callable[[Arrays, Arrays], Sequence[TitledTiles]] | None = None

    def holding(self, known: Mapping[str, float], n: int) -> dict[str, NDArray[np.float64]]:
        """Return what holds for each of n data, (n,) by name, of all that is known."""
        return {name: np.full(n, known[name]) for name in self.alike if known.get(name)}

    def pool(self, nbytes: int) -> int:
        """Return the number of real samples to fetch for browsing and for comparison, given the
        bytes per sample. It is the same for every lens, so that nearest samples agree.
        """
        return min(self.browsed, max(FEWEST, POOL_BYTES // max(1, nbytes)))

    @property
    def files(self) -> str:
        """The filters of a dialog that asks for the file of an export."""
        return filters(self.suffixes)

    def looking(self, look: str) -> "Kind":
        """Return the data type with an alternative look, unchanged if there is none."""
        return replace(self, tiles=self.looks.get(look, self.tiles))

    def called_element(self, name: str) -> str:
        """Return the name of an element quantity next to those of samples."""
        return f"{self.element.capitalize()} {name}"

    @property
    def few(self) -> int:
        """The default number of generated samples: a page, or the size of an evaluation if
        cheap.
        """
        return self.draws or self.page

    def some(
        self,
        x: NDArray[Any],
        told: Arrays,
        columns: tuple[str, ...],
        count: int,
        *,
        cover: bool = False,
    ) -> dict[str, NDArray[Any]]:
        """Return at most ``count`` samples of a preview with the arrays needed to paint them, (n,
        ...) by name; with ``cover`` those of the cover too.
        """
        # What else a model is told of data is no condition that these were asked for.
        names = [*self.parts, *({LABEL} & set(self.told)), *self.alike]
        known = {name: told[name] for name in names if name in told}
        count = min(count, *(len(each) for each in known.values()), len(x))
        found = {"x": x[:count], **{name: each[:count] for name, each in known.items()}}
        if columns:
            found["columns"] = np.asarray(columns)
        if cover and self.cover is not None:
            found |= {name: np.asarray(told[name]) for name in self.cover.needs if name in told}
        return found

    def rows(
        self,
        x: NDArray[Any],
        extras: Arrays,
        frame: int,
        rows: slice = slice(None),
        told: Arrays | None = None,
    ) -> dict[str, NDArray[Any]]:
        """Return some data of a record (T, n, ...) at one of its frames, with their parts, and of
        what is known of each at all frames, as `named` has it, what is said with them.
        """
        parts = {name: extras[name][frame][rows] for name in self.parts if name in extras}
        return {"x": x[frame][rows], **parts, **self.knows(told, rows)}

    def knows(self, told: Arrays | None, rows: slice = slice(None)) -> dict[str, NDArray[Any]]:
        """Return what is said with some data, of all that is known of them."""
        names = (*self.told, *self.alike) if told else ()
        return {name: told[name][rows] for name in names if told and name in told}

    def way(
        self,
        x: NDArray[Any],
        extras: Arrays,
        row: int,
        frames: NDArray[Any],
        told: Arrays | None = None,
    ) -> dict[str, NDArray[Any]]:
        """Return one datum of a record at some of its frames, a row each, with its parts."""
        parts = {name: extras[name][frames, row] for name in self.parts if name in extras}
        known = self.knows(told, slice(row, row + 1))
        same = {name: values.repeat(len(frames), axis=0) for name, values in known.items()}
        return {"x": x[frames, row], **parts, **same}

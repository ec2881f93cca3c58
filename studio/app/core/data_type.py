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
    "Among",
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

    def said(self, row: int) -> str:
        """Say the datum of a row in a line, "" where there is nothing to be said of it."""


@runtime_checkable
class MadeReady(Protocol):
    """Tiles of which several are made ready at once in less time than one by one."""

    def make_ready(self, rows: Sequence[int]) -> None:
        """Make the data of some rows ready to be painted."""


@runtime_checkable
class SaysParts(Tiles, Protocol):
    """Tiles of which a part can be pointed at."""

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
    """Tiles of whose parts a model has weighed what might stand there."""

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

    def said(self, row: int) -> str:
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


class Among(Protocol):
    """What is known of data only beside others."""

    def __call__(self, data: Arrays, training: Arrays | None, *, own: bool) -> Arrays:
        """Return what is found of data (n, ...) by name, a row each: beside each other, and beside
        ``training`` data, where these are known; ``own`` says that they are these themselves.
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
    """Return how many data there are, of which x (n, ...) may be a few."""
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
    """A kind of data as it is seen.

    Attributes:
        slug: what the catalogue calls it.
        title: what Discover calls it.
        one: a datum in a word.
        many: several of them.
        moving: what they are called where a model moves them.
        loading: what is said while data are on their way.
        layout: how many of them are seen at once.
        views: the ids of the views that show them in Watch and Samples; a kind may have some of
            its own.
        fits: whether a datum of such a shape can be shown as this kind.
        tiles: makes data ready to be painted as tiles; ``columns`` are the names of their numbers,
            where they have some.
        facts: says what is known of data in a line: from ``x``, the names of its columns, and what
            the engine found.
        browsed: how many real ones are fetched to be browsed at most: more where it is said of each
            sample whether it is new.
        page: how many tiles stand on a page; fewer where each needs more room.
        least: pixels of the height of a tile below which nothing is made out in it: where a page
            has no room for so much, fewer are seen at once.
        scale: what the scale of colours means in tiles: its name, and the values at its ends.
        looks: other ways in which data can be painted as tiles, by their names; that of ``tiles``
            is called ``look``.
        measures: says of each datum what it can be sorted and filtered by, from all that is known.
        element: what each datum is made of several of, in a word; "" where it is of none.
        elements: says of each of these what is known, (n, k) by name, NaN where a place is empty.
        several: says other numbers of which each datum has several, (n, k) by their names on the
            screen, NaN where there are none.
        first: the numbers that are looked at first, in their order, those of elements as
            `called_element` has them; none for all as they come.
        logs: the numbers whose axis is logarithmic at first.
        shares: those that lie between 0 and 1.
        brief: those of its measures that are written below a small tile.
        units: of these measures, by their names.
        hints: what is to be kept in mind of these measures, by their names.
        columns: how numbers of a row are called and counted, by their names; others as they are.
        apart: returns how far one datum, given without the axis of rows, is from each of many,
            (n,), as `studio.app.data.pairwise_distance` has it; None where it is not defined.
        sought: the name by which the engine finds the nearest of all that a run learns, as
            `apart` compares them; "" where they are sought among those that are shown.
        ready: finds what painting each datum needs and takes long to find, (n, ...) by name: for
            several at once, so that those in sight are made ready together.
        common: what tiles need to know of all data that are seen together, such as the scale that
            they share, so that a few of them can be made ready at a time.
        parts: arrays of a record, other than ``x``, that belong to each datum, (T, n, ...).
        legend: what these parts look like in a tile, in a line; "" where they say it themselves.
        told: what the model was told of each datum, by name, that is said with it.
        called: the conditions of a model by their names, in the words of the field.
        asked: of those measures that a model is asked for, the condition that asks for it.
        whole: what these conditions are of where a datum is not seen whole; "" where it is.
        off: says of these measures how far real data are off what they would be asked for, by what
            is `alike` in all of them; those that are not off are not named.
        below: the measure that is written below what was asked for.
        groups: metrics by slug, in groups with a title, as the inspector shows them.
        projection: what the plane beside the moving tiles shows; "" where there is none.
        imports: what files of this kind may be imported, in words; "" for none.
        draws: how many samples are drawn where nobody says how many, 0 for a page of them.
        suffixes: of the files that samples are exported to, the preferred one first.
        filed: returns the arrays that an HDF5 or NPZ file has of data, in its types.
        order: kinds are listed by it.
        portrait: what stands for a run in a picture, where nothing of it moves.
        about: the field that such data are of, in words that people search for.
        cover: how a set of data looks at a glance; None for its tiles, or its dots.
        finds: what is found of each datum after it is seen, for `measures`: "judge" (with "sure"),
            what the judge of the data sees, and "nearest", how far the nearest training datum is.
        among: finds what is known of data only beside each other and the training data, for
            `measures`; it is asked in a thread.
        heard: returns data that are sounds as a WAV file, one after the other; None of a kind that
            has no sounds.
        alike: what holds for each datum of a set, made ones too, by name, where it is known.
        means: says of data what their marks mean, from all that is known; "" where they have none.
        rules: what a person may choose that these marks mean, by what is known of the training
            data: each as it is kept, and as it is said; None where nobody can.
        marked: what tiles are painted from of all that is known or found, beside their parts.
        graph: reads data as graphs, for views of these; None where they are none.
        by_hand: how a graph of it is edited; None where nobody can.
        assumed: whether data of which nothing is known are taken for this kind.
        pictures: whether a picture from elsewhere can be made one of them.
        scene: returns the pictures of what a stage of a training step has at hand, by the arrays of
            its scene; None where stages are only told.
        step: returns the pictures of a step of the flow, by the arrays of some data before and
            after it, as `rows` returns them; None where steps are not taken apart.
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
    finds: tuple[str, ...] = ()
    among: Among | None = None
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
        """Return how many of the data are fetched to be browsed, and to be held against, where each
        takes so many bytes: as many for every lens, or the nearest of them was nearer in one.
        """
        return min(self.browsed, max(FEWEST, POOL_BYTES // max(1, nbytes)))

    @property
    def files(self) -> str:
        """The filters of a dialog that asks for the file of an export."""
        return filters(self.suffixes)

    def looking(self, look: str) -> "Kind":
        """Return the same kind, painted in another way; as it is where there is no such way."""
        return replace(self, tiles=self.looks.get(look, self.tiles))

    def called_element(self, name: str) -> str:
        """Return what a number of an element is called beside those of data."""
        return f"{self.element.capitalize()} {name}"

    @property
    def few(self) -> int:
        """How many samples are drawn where nobody says how many: what is seen at once, or what such
        data are measured by where they are cheap.
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
        """Return the first data of a preview, at most so many, with what is painted with them of
        all that is ``told``, (n, ...) by name; with ``cover`` what that needs, too.
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

"""What importers of jets share: files are looked through, and their jets become rows."""

from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from filecmp import cmp
from itertools import combinations
from pathlib import Path
from typing import Any, ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

from pushforward.observables.jets import cone
from pushforward.studio.counts import format_count
from pushforward.studio.formats.importer import Importer, Rows
from pushforward.studio.formats.inspection import Inspection
from pushforward.studio.formats.jets.cleaning import Tally, cleaned
from pushforward.studio.formats.jets.layout import TYPES
from pushforward.studio.formats.limits import FormatError
from pushforward.studio.protocol.catalog import Choice, FieldSpec
from pushforward.studio.store.parts import Block, Part
from pushforward.studio.store.schema import Schema

__all__ = ["FEATURES", "RADIUS", "SCALES", "UNIT", "JetFiles", "JetRows"]

SHOWN = 8  # jets of a preview
SCALES = {"GeV": 1.0, "MeV": 1e-3, "TeV": 1e3}
"""Of momenta, energies and masses, into GeV."""
UNIT = FieldSpec(
    path="unit",
    kind="choice",
    title="Unit",
    help="Unit of momenta, energies and masses in the files.",
    default="GeV",
    choices=[Choice(value=name, title=name) for name in SCALES],
)
RADIUS = FieldSpec(
    path="radius",
    kind="float",
    title="R",
    group="All",
    help=(
        "Jet radius of the clustering: 0.4 in JetNet, 0.8 in the top-tagging benchmark and "
        "JetClass. Constituents beyond 1.25 R are moved to 1.25 R."
    ),
    default=cone.USUAL,
    low=0.1,
    high=2.0,
)
FEATURES = (
    "x holds of each constituent eta and phi from the axis of its jet (no unit), and log(1 + "
    "pT/GeV): its relative pT, a share without a unit, times the pT of the jet in GeV."
)


class JetRows(Protocol):
    """An open file of jets."""

    @property
    def path(self) -> Path: ...

    @property
    def places(self) -> int:
        """How many constituents a jet may have, N."""
        ...

    @property
    def types(self) -> tuple[str, ...]:
        """Jet types of the file: one, or those numbered by ``labels``."""
        ...

    @property
    def labels(self) -> NDArray[np.int64] | None:
        """(n,), None where all are of one type."""
        ...

    @property
    def radius(self) -> float:
        """R that they were clustered with."""
        ...

    @property
    def notes(self) -> Sequence[str]:
        """Notes about the file."""
        ...

    def blocks(self) -> Iterator[tuple[int, NDArray[Any], NDArray[Any]]]:
        """Yield the jets in order: the index of the first; constituents (n, N, 4) of relative eta
        and phi, pT fraction and mask; and jets (n, 3) of pT in GeV, eta and mass in GeV (NaN to
        compute it from the constituents), or (n, 4) with the number of constituents.
        """
        ...


class JetFiles(Importer):
    """Files of jets; how one is opened is all that differs."""

    kind = "jets"
    format: ClassVar[str]
    """What the files are called."""
    hint: ClassVar[str]
    """What to do where they are none."""

    @abstractmethod
    def opened(
        self, paths: Sequence[Path], options: Mapping[str, Any]
    ) -> AbstractContextManager[Sequence[JetRows]]:
        """Open files that belong together.

        Raises:
            FormatError: one cannot be taken.
        """

    def unused(self, files: Sequence[JetRows]) -> dict[str, str]:
        """Return by the path of an option why it changes nothing."""
        return {}

    def settled(self, files: Sequence[JetRows]) -> list[str]:
        """Return the paths of options that the files themselves say."""
        return []

    def inspect(self, paths: Sequence[Path], options: Mapping[str, Any]) -> Inspection:
        """Look through all files."""
        with self.opened(paths, options) as files:
            first: dict[int, Block] = {}
            tallies = [Tally(file.radius) for file in files]
            for file, tally in zip(files, tallies, strict=True):
                for block in _labelled(file, _classes(files), tally):
                    if file.places == files[0].places:
                        _keep_first(first, block)
            preview = _mixed(first)
            schema = _schema(files)
            notes = [n for f, tally in zip(files, tallies, strict=True) for n in _notes(f, tally)]
            return Inspection(
                files=[str(path) for path in paths],
                importer=self.slug,
                kind=self.kind,
                format=self.format,
                bytes=0,
                rows=sum(tally.kept for tally in tallies),
                parts=schema.parts,
                classes=schema.classes,
                preview={name: values.tolist() for name, values in preview.items()},
                facts=schema.facts,
                problems=_problems(files, tallies),
                notes=[*_twice(paths), *notes, FEATURES],
                unused=self.unused(files),
                settled=self.settled(files),
            )

    def rows(self, paths: Sequence[Path], options: Mapping[str, Any]) -> Rows:
        """Stream the jets of all files."""
        with self.opened(paths, options) as files:
            if problems := _problems(files, []):
                raise FormatError(problems[0], self.hint)
            # How many are damaged is told by reading them.
            return Rows(_schema(files), self._streamed(paths, options))

    def _streamed(self, paths: Sequence[Path], options: Mapping[str, Any]) -> Iterator[Block]:
        with self.opened(paths, options) as files:
            classes = _classes(files)
            for file in files:
                tally = Tally(file.radius)
                for block in _labelled(file, classes, tally):
                    if len(block["x"]):
                        yield block
                if against := _against(file, tally):
                    raise FormatError(against, self.hint)


def _keep_first(first: dict[int, Block], block: Block) -> None:
    """Keep the first jets of each type, by its number."""
    for label in np.unique(block["label"]).tolist():
        if label not in first:
            rows = np.flatnonzero(block["label"] == label)[:SHOWN]
            first[label] = {name: values[rows] for name, values in block.items()}


def _mixed(first: dict[int, Block]) -> Block:
    """Return the jets of a preview: of each type in turn."""
    if not first:
        return {}
    blocks = [first[label] for label in sorted(first)]
    turns = np.concatenate([np.arange(len(block["label"])) for block in blocks])
    order = np.argsort(turns, kind="stable")[:SHOWN]
    return {name: np.concatenate([b[name] for b in blocks])[order] for name in blocks[0]}


def _schema(files: Sequence[JetRows]) -> Schema:
    scalars = ("pt", "eta", "mass")
    parts = [
        Part(name="x", dtype="float32", shape=[files[0].places, 3]),
        Part(name="size", dtype="int64"),
        Part(name="label", dtype="int64"),
        *(Part(name=name, dtype="float32") for name in scalars),
    ]
    units = {"pt": "GeV", "mass": "GeV"}
    # A type is shared out alike whichever others come with it.
    facts = {"units": units, "radius": files[0].radius}
    return Schema(kind="jets", parts=parts, classes=_classes(files), facts=facts, within="label")


def _classes(files: Sequence[JetRows]) -> list[str]:
    """Return the types in the order of JetNet, and after them those of other names."""
    found = {type for each in files for type in each.types}
    return [t for t in TYPES.values() if t in found] + sorted(found - set(TYPES.values()))


def _problems(files: Sequence[JetRows], tallies: Sequence[Tally]) -> list[str]:
    places = files[0].places
    apart = [
        f"{each.path.name} has clouds of {each.places} places, {files[0].path.name} of {places}: "
        "import them one by one, or by their columns with as many constituents at most."
        for each in files
        if each.places != places
    ]
    apart += [
        f"{each.path.name} has jets of R = {each.radius:g}, {files[0].path.name} of "
        f"{files[0].radius:g}: import them one by one."
        for each in files
        if each.radius != files[0].radius
    ]
    looked = zip(files, tallies, strict=False)
    return apart + [said for file, tally in looked if (said := _against(file, tally))]


def _twice(paths: Sequence[Path]) -> list[str]:
    """Say which files hold the same jets."""
    return [
        f"{other.name} holds the same jets as {one.name}: they would be in both training and test "
        "data. Remove one of the files."
        for one, other in combinations(paths, 2)
        if one.stat().st_size == other.stat().st_size and cmp(one, other, shallow=False)
    ]


def _against(file: JetRows, tally: Tally) -> str:
    """Return what prevents the import of a scanned file, "" for nothing."""
    if not tally.kept:
        return f"No jet of {file.path.name} can be used: {tally.reasons}."
    if tally.outlandish:
        return f"The jets of {file.path.name} {tally.outlandish}"
    if tally.agreement.against:
        return f"The jets of {file.path.name} {tally.agreement.against}"
    return ""


def _notes(file: JetRows, tally: Tally) -> list[str]:
    """Say what a file holds, and what in it is not as it should be."""
    types = ", ".join(file.types[:5]) + (", ..." if len(file.types) > 5 else "")
    name = file.path.name
    return [
        f"{name}: {format_count(tally.kept, 'jet')}, {types}",
        *(f"{name}: {note}" for note in [*file.notes, *tally.notes()]),
    ]


def _labelled(file: JetRows, classes: Sequence[str], tally: Tally) -> Iterator[Block]:
    """Yield the jets of a file with the number of their type."""
    numbers = np.array([classes.index(type) for type in file.types], np.int64)
    for rows, block in cleaned(file.blocks(), tally):
        own = np.zeros(len(rows), np.int64) if file.labels is None else file.labels[rows]
        yield {**block, "label": numbers[own]}

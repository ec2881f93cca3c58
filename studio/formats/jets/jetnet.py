"""JetNet: HDF5 files of clouds of particles, one file a type of jet; see `layout` for what is in
them.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from studio.counted import counted
from studio.formats.importer import Importer, Rows
from studio.formats.inspection import Inspection
from studio.formats.jets.cleaning import Tally, cleaned
from studio.formats.jets.layout import HINT, JETS, TYPES, JetFile, is_one, opened
from studio.formats.limits import FormatError
from studio.formats.registry import importer
from studio.protocol.catalog import FieldSpec
from studio.store import hdf5
from studio.store.errors import StoreError
from studio.store.parts import Block, Part
from studio.store.schema import Schema

__all__ = ["JetNet"]

SHOWN = 3
PT = FieldSpec(
    path="pt",
    kind="float",
    title="Jet pT",
    help="Of all jets of a file without jet_features: its constituents say only their share of it.",
    default=1000.0,
    above=0.0,
    high=1e6,
    unit="GeV",
)
SAID = f"The files have {JETS}, which say the pT of each jet."
FEATURES = (
    "x holds of each constituent eta and phi from the axis of its jet (no unit), and log(1 + "
    "pT/GeV): its relative pT, a share without a unit, times the pT of the jet in GeV."
)


@importer
class JetNet(Importer):
    """Files in the layout of JetNet, one a type; the type is told by the name of the file."""

    slug = "jetnet"
    kind = "jets"
    title = "Jets: JetNet files, one for each type"
    suffixes = (".h5", ".hdf5")
    options = (PT,)

    def claims(self, path: Path) -> bool:
        """Say whether a file has the constituents of jets."""
        try:
            with hdf5.opened(path) as file:
                return is_one(file)
        except StoreError:
            return False

    def inspect(self, paths: Sequence[Path], options: Mapping[str, Any]) -> Inspection:
        """Look through all files."""
        with opened(paths) as files:
            pt = float(options.get(PT.path, PT.default))
            preview: Block = {}
            tallies = [Tally() for _ in files]
            for file, tally in zip(files, tallies, strict=True):
                for block in _labelled(file, _classes(files), tally, pt):
                    if not len(preview.get("x", ())):
                        preview = {name: values[:SHOWN] for name, values in block.items()}
            return Inspection(
                files=[str(path) for path in paths],
                importer=self.slug,
                kind=self.kind,
                format="JetNet",
                bytes=0,
                rows=sum(tally.kept for tally in tallies),
                parts=_schema(files).parts,
                classes=_schema(files).classes,
                preview={name: values.tolist() for name, values in preview.items()},
                problems=_problems(files, tallies),
                notes=[
                    note
                    for file, tally in zip(files, tallies, strict=True)
                    for note in _notes(file, tally, pt)
                ]
                + [FEATURES],
                unused={} if any(file.jets is None for file in files) else {PT.path: SAID},
            )

    def rows(self, paths: Sequence[Path], options: Mapping[str, Any]) -> Rows:
        """Stream the jets of all files."""
        pt = float(options.get(PT.path, PT.default))
        with opened(paths) as files:
            if problems := _problems(files, []):
                raise FormatError(problems[0], HINT)
            # How many are damaged is told by reading them.
            return Rows(_schema(files), _streamed(paths, pt))


def _schema(files: Sequence[JetFile]) -> Schema:
    scalars = ("pt", "eta", "mass")
    parts = [
        Part(name="x", dtype="float32", shape=[files[0].places, 3]),
        Part(name="size", dtype="int64"),
        Part(name="label", dtype="int64"),
        *(Part(name=name, dtype="float32") for name in scalars),
    ]
    units = {"pt": "GeV", "mass": "GeV"}
    # A type is shared out alike whichever others come with it.
    return Schema(
        kind="jets", parts=parts, classes=_classes(files), facts={"units": units}, within="label"
    )


def _classes(files: Sequence[JetFile]) -> list[str]:
    """Return the types in the order of JetNet, and after them those of other names."""
    found = {type for each in files for type in each.types}
    return [t for t in TYPES.values() if t in found] + sorted(found - set(TYPES.values()))


def _problems(files: Sequence[JetFile], tallies: Sequence[Tally]) -> list[str]:
    places = files[0].places
    return [
        f"{each.path.name} has clouds of {each.places} places, {files[0].path.name} of {places}."
        for each in files
        if each.places != places
    ] + [
        _nothing_left(file, tally)
        for file, tally in zip(files, tallies, strict=False)
        if not tally.kept
    ]


def _nothing_left(file: JetFile, tally: Tally) -> str:
    return f"No jet of {file.path.name} can be taken: {tally.reasons}."


def _notes(file: JetFile, tally: Tally, pt: float) -> list[str]:
    """Say what a file holds, and what in it is not as it should be."""
    lacking = (
        f"it has no {JETS}: the jets have a pT of {pt:,g} GeV, eta 0, and the mass of their "
        "constituents."
    )
    notes = [*file.notes, *([lacking] if file.jets is None else []), *tally.notes()]
    types = ", ".join(file.types[:5]) + (", ..." if len(file.types) > 5 else "")
    name = file.path.name
    return [f"{name}: {counted(tally.kept, 'jet')}, {types}", *(f"{name}: {n}" for n in notes)]


def _streamed(paths: Sequence[Path], pt: float) -> Iterator[Block]:
    with opened(paths) as files:
        classes = _classes(files)
        for file in files:
            tally = Tally()
            for block in _labelled(file, classes, tally, pt):
                if len(block["x"]):
                    yield block
            if not tally.kept:
                raise FormatError(_nothing_left(file, tally), HINT)


def _labelled(file: JetFile, classes: Sequence[str], tally: Tally, pt: float) -> Iterator[Block]:
    """Yield the jets of a file with the number of their type."""
    numbers = np.array([classes.index(type) for type in file.types], np.int64)
    for rows, block in cleaned(file, tally, pt):
        own = np.zeros(len(rows), np.int64) if file.labels is None else file.labels[rows]
        yield {**block, "label": numbers[own]}

"""JetNet: HDF5 files of clouds of particles, one file a type of jet.

``particle_features`` (n, N, 4) are eta_rel, phi_rel, pT_rel and mask, ``jet_features`` (n, 4) pT in
GeV, eta, mass in GeV and the number of particles (Kansal et al. 2021, arXiv:2106.11535, section 3;
the public files are those of Zenodo records 6975118 and 6975117).
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from studio.formats.hdf5blocks import MAX_WORK, refuse_elsewhere
from studio.formats.importer import Importer, Rows
from studio.formats.inspection import Inspection
from studio.formats.limits import FormatError, check_block, check_size, rows_at_once
from studio.formats.registry import importer
from studio.store import hdf5
from studio.store.errors import Damaged, StoreError
from studio.store.parts import Block, Part
from studio.store.schema import Schema

__all__ = ["JetNet"]

TYPES = {"g": "gluon", "q": "light quark", "t": "top", "w": "W", "z": "Z"}
CLOUDS, JETS = "particle_features", "jet_features"
WIDEST = 0.5  # angles beyond it are cut: pseudorapidities have tails far outside the cone
MOST_PLACES = 1000
SHOWN = 3
HINT = "A JetNet file has particle_features (n, N, 4) and jet_features (n, 4): check its origin."


@dataclass(frozen=True)
class _File:
    """An open file, with what its name says of its type."""

    path: Path
    type: str
    clouds: Any
    jets: Any

    @property
    def places(self) -> int:
        return int(self.clouds.shape[1])


@importer
class JetNet(Importer):
    """Files in the layout of JetNet, one a type; the type is told by the name of the file."""

    slug = "jetnet"
    kind = "jets"
    title = "Jets: JetNet files, one for each type"
    suffixes = (".h5", ".hdf5")

    def claims(self, path: Path) -> bool:
        """Say whether a file has the two arrays of JetNet."""
        try:
            with hdf5.opened(path) as file:
                return CLOUDS in file and JETS in file
        except StoreError:
            return False

    def inspect(self, paths: Sequence[Path], options: Mapping[str, Any]) -> Inspection:
        """Look into all files."""
        with _opened(paths) as files:
            first = files[0]
            block = next(_blocks(files[:1], _classes(files)))
            problems = _problems(files)
            return Inspection(
                files=[str(path) for path in paths],
                importer=self.slug,
                kind=self.kind,
                format="JetNet",
                bytes=0,
                rows=sum(len(each.clouds) for each in files),
                parts=_parts(first.places),
                classes=_classes(files),
                preview={name: values[:SHOWN].tolist() for name, values in block.items()},
                problems=problems,
                notes=[
                    f"{each.path.name}: {len(each.clouds):,} jets, {each.type}" for each in files
                ],
            )

    def rows(self, paths: Sequence[Path], options: Mapping[str, Any]) -> Rows:
        """Stream the jets of all files."""
        with _opened(paths) as files:
            if problems := _problems(files):
                raise FormatError(problems[0], HINT)
            schema = Schema(
                kind=self.kind,
                parts=_parts(files[0].places),
                classes=_classes(files),
                facts={"units": {"pt": "GeV", "mass": "GeV"}},
            )
            total = sum(len(each.clouds) for each in files)
        return Rows(schema, _streamed(paths), total)


def _parts(places: int) -> list[Part]:
    scalars = ("pt", "eta", "mass")
    return [
        Part(name="x", dtype="float32", shape=[places, 3]),
        Part(name="size", dtype="int64"),
        Part(name="label", dtype="int64"),
        *(Part(name=name, dtype="float32") for name in scalars),
    ]


def _type(path: Path, attributes: Mapping[str, Any]) -> str:
    """Return the type of a file's jets, by what it says or else by its name ("t150.hdf5")."""
    said = str(attributes.get("jet_class", ""))
    stem = path.stem.lower().removesuffix("150").removeprefix("jets_")
    return TYPES.get(said) or TYPES.get(stem) or path.stem


def _classes(files: Sequence[_File]) -> list[str]:
    """Return the types in the order of JetNet, and after them those of other names."""
    found = {each.type for each in files}
    return [t for t in TYPES.values() if t in found] + sorted(found - set(TYPES.values()))


def _problems(files: Sequence[_File]) -> list[str]:
    places = files[0].places
    return [
        f"{each.path.name} has clouds of {each.places} places, {files[0].path.name} of {places}."
        for each in files
        if each.places != places
    ]


@contextmanager
def _opened(paths: Sequence[Path]) -> Iterator[list[_File]]:
    """Open files that belong together, after holding what they declare against the limits.

    Raises:
        FormatError: one is no JetNet file, or too large.
    """
    if not paths:
        raise FormatError("No file was named.")
    try:
        with ExitStack() as stack:
            yield [_checked(path, stack.enter_context(hdf5.opened(path))) for path in paths]
    except Damaged as error:
        raise FormatError(
            error.message, "Copy it again from where it came from, or download it anew."
        ) from error


def _checked(path: Path, file: Any) -> _File:
    for name in (CLOUDS, JETS):
        if name not in file or not hasattr(file[name], "shape"):
            raise FormatError(f"{path.name} has no array {name}.", HINT)
        refuse_elsewhere(path, name, file[name])
        if file[name].dtype.kind not in "fiu":
            raise FormatError(f"{path.name}: {name} does not hold numbers.", HINT)
    clouds, jets = file[CLOUDS], file[JETS]
    if len(clouds.shape) != 3 or clouds.shape[2] != 4 or jets.shape != (clouds.shape[0], 4):
        raise FormatError(
            f"{path.name}: {CLOUDS} is {clouds.shape} and {JETS} {jets.shape}; they must be "
            "(n, N, 4) and (n, 4).",
            HINT,
        )
    n, places, _ = clouds.shape
    if not 0 < places <= MOST_PLACES or not n:
        raise FormatError(f"{path.name} has {n:,} jets of {places:,} particles.", HINT)
    check_size(path, CLOUDS, n, 4 * places)
    for name, values in ((CLOUDS, clouds), (JETS, jets)):
        if values.chunks is not None:
            need = int(np.prod(values.chunks)) * values.dtype.itemsize
            check_block(path, name, need, "its blocks are that large")
        if values.size * values.dtype.itemsize > MAX_WORK:
            raise FormatError(f"{path.name}: {name} is too large to be looked through.", HINT)
    return _File(path, _type(path, file.attrs), clouds, jets)


def _streamed(paths: Sequence[Path]) -> Iterator[Block]:
    with _opened(paths) as files:
        yield from _blocks(files, _classes(files))


def _blocks(files: Sequence[_File], classes: Sequence[str]) -> Iterator[Block]:
    for each in files:
        label, row = classes.index(each.type), 4 * each.places * each.clouds.dtype.itemsize
        step = rows_at_once(row)
        for start in range(0, len(each.clouds), step):
            stop = min(start + step, len(each.clouds))
            clouds = np.asarray(each.clouds[start:stop], dtype=np.float32)
            jets = np.asarray(each.jets[start:stop], dtype=np.float32)
            yield _block(each, start, clouds, jets, label)


def _block(file: _File, start: int, clouds: NDArray[Any], jets: NDArray[Any], label: int) -> Block:
    """Return some jets as parts of a data set.

    Raises:
        FormatError: a number is not finite, or a jet has no momentum, no mass or no particle.
    """
    where = file.path.name
    for name, values in ((CLOUDS, clouds), (JETS, jets)):
        good = np.isfinite(values).reshape(len(values), -1).all(axis=1)
        if not good.all():
            row = start + int(np.flatnonzero(~good)[0])
            raise FormatError(f"{where}: {name} of jet {row:,} has a number that is not finite.")
    real = clouds[..., 3] > 0.5
    size, pt = real.sum(axis=1), jets[:, 0]
    bad = (size == 0) | (pt <= 0.0) | (jets[:, 2] < 0.0)
    if bad.any():
        row = start + int(np.flatnonzero(bad)[0])
        raise FormatError(
            f"{where}: jet {row:,} has {int(size[row - start])} particles, a pT of "
            f"{pt[row - start]:g} GeV and a mass of {jets[row - start, 2]:g} GeV.",
            HINT,
        )
    # Real ones first, in their own order: elsewhere the padding may stand anywhere.
    order = np.argsort(~real, axis=1, kind="stable")
    clouds = np.take_along_axis(clouds, order[..., None], axis=1)
    mask = np.arange(clouds.shape[1]) < size[:, None]
    x = np.empty((*clouds.shape[:2], 3), np.float32)
    x[..., :2] = clouds[..., :2].clip(-WIDEST, WIDEST)
    x[..., 2] = np.log1p(clouds[..., 2].clip(0.0) * pt[:, None])
    return {
        "x": x * mask[..., None],
        "size": size.astype(np.int64),
        "label": np.full(len(x), label, np.int64),
        "pt": pt,
        "eta": jets[:, 1],
        "mass": np.maximum(jets[:, 2], np.float32(1e-3)),
    }

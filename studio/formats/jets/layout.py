"""Layout of JetNet files and similar ones.

``particle_features`` (n, N, 4) are eta_rel, phi_rel, pT_rel and mask, ``jet_features`` (n, 4) pT in
GeV, eta, mass in GeV and the number of particles (Kansal et al. 2021, arXiv:2106.11535, section 3;
Zenodo records 6975118 and 6975117). Variants use ``particles`` and ``jets``, lack the mask, or lack
the jets. Files written by this program hold several types: ``label`` (n,) by ``label_names``; and
the requested conditions, ``asked`` (n, k), by ``asked_names``. The attribute ``radius`` is R of the
clustering.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pushforward.studio.formats.hdf5blocks import MAX_WORK, Blocks, refuse_elsewhere
from pushforward.studio.formats.jets.published import as_published
from pushforward.studio.formats.limits import FormatError, check_block, check_size, rows_at_once
from pushforward.studio.store import hdf5
from pushforward.studio.store.errors import Damaged

__all__ = [
    "ASKED",
    "ASKED_NAMES",
    "CLOUDS",
    "HINT",
    "JETS",
    "LABEL",
    "MOST_NAMES",
    "MOST_PLACES",
    "NAMES",
    "TYPES",
    "JetFile",
    "hardest_first",
    "is_one",
    "opened",
    "type_of",
]

TYPES = {"g": "gluon", "q": "light quark", "t": "top", "w": "W", "z": "Z"}
CLOUDS, JETS = "particle_features", "jet_features"
ALSO = {CLOUDS: "particles", JETS: "jets"}
WORDS = {**TYPES, **{name.lower(): name for name in TYPES.values()}, "quark": "light quark"}
LABEL, NAMES = "label", "label_names"
ASKED, ASKED_NAMES = "asked", "asked_names"
RADIUS = "radius"
MOST_RADII = (0.1, 2.0)
MOST_PLACES = 1000
MOST_NAMES, LONGEST_NAME = 1000, 200
HINT = "A JetNet file has particle_features (n, N, 4) and jet_features (n, 4): check its origin."


@dataclass(frozen=True)
class JetFile:
    """An open file.

    Attributes:
        path: of the file.
        clouds: data set of constituents, (n, N, 4), or (n, N, 3) without a mask.
        jets: data set of jets, (n, 3 or more), or None.
        pt: GeV, of all jets if there is none.
        scale: factor from its momenta and masses to GeV.
        radius: R of the clustering.
        says: whether the file declares R.
        types: one type, or those numbered by ``labels``.
        labels: (n,), None for one type.
        notes: deviations from JetNet.
    """

    path: Path
    clouds: Any
    jets: Any
    pt: float
    scale: float
    radius: float
    says: bool
    types: tuple[str, ...]
    labels: NDArray[np.int64] | None
    notes: tuple[str, ...]

    def __len__(self) -> int:
        return int(self.clouds.shape[0])

    @property
    def places(self) -> int:
        """How many constituents a jet may have, N."""
        return int(self.clouds.shape[1])

    def blocks(self) -> Iterator[tuple[int, NDArray[Any], NDArray[Any]]]:
        """Yield the jets in order, as `studio.formats.jets.cleaning.cleaned` takes them."""
        clouds = Blocks(self.path, CLOUDS, self.clouds)
        jets = None if self.jets is None else Blocks(self.path, JETS, self.jets)
        step = rows_at_once(clouds.row_bytes)
        for start in range(0, len(self), step):
            stop = min(start + step, len(self))
            known = np.tile(np.array([self.pt, 0.0, np.nan], np.float32), (stop - start, 1))
            with np.errstate(over="ignore"):  # what becomes infinite is found among the values
                if jets is not None:
                    known = jets.get(start, stop)[:, :4].astype(np.float32)
                    known[np.isnan(known[:, 2]), 2] = np.inf  # a mass that is none is damage
                    known[:, [0, 2]] *= np.float32(self.scale)
                yield start, clouds.get(start, stop).astype(np.float32), known


def hardest_first(clouds: NDArray[np.float32], real: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Return constituents (n, N, k) sorted by falling pT, with the padding (mask ``real`` (n, N)
    false) last.
    """
    order = np.argsort(np.where(real, -clouds[..., 2], np.inf), axis=1, kind="stable")
    return np.take_along_axis(clouds, order[..., None], axis=1)


def is_one(file: Any) -> bool:
    """Return whether an open HDF5 file has the arrays of JetNet with the right columns."""
    for name in (CLOUDS, ALSO[CLOUDS]):
        if name in file:
            shape: tuple[int, ...] = getattr(_get_local(file, name), "shape", ())
            usual = len(shape) == 3 and shape[2] in (3, 4)
            # What is meant as JetNet, and is not, is refused in its words.
            return usual or (name == CLOUDS and (len(shape) != 3 or shape[2] < 3))
    return False


def _get_local(file: Any, name: str) -> Any:
    """Return what a file has under a name, None where that is a link: it may lead out of it."""
    return file[name] if isinstance(file.get(name, getlink=True), hdf5.hard_link()) else None


@contextmanager
def opened(
    paths: Sequence[Path], pt: float, scale: float, radius: float
) -> Iterator[list[JetFile]]:
    """Open files that belong together, after holding what they declare against the limits; ``pt``,
    ``scale`` and ``radius`` are those of `JetFile`, the last one of files that do not say it.

    Raises:
        FormatError: one is no JetNet file, or too large.
    """
    if not paths:
        raise FormatError("No file was named.")
    try:
        with ExitStack() as stack:
            files = [(path, stack.enter_context(hdf5.opened(path))) for path in paths]
            yield [_checked(path, file, pt, scale, radius) for path, file in files]
    except Damaged as error:
        raise FormatError(error.message, "Copy or download it again.") from error


def _checked(path: Path, file: Any, pt: float, scale: float, radius: float) -> JetFile:
    notes: list[str] = []
    clouds = _array(path, file, CLOUDS, notes)
    jets = _array(path, file, JETS, notes)
    if clouds is None:
        raise FormatError(f"{path.name} has no array {CLOUDS}.", HINT)
    if len(clouds.shape) != 3 or clouds.shape[2] not in (3, 4):
        raise FormatError(f"{path.name}: {CLOUDS} is {clouds.shape}; it must be (n, N, 4).", HINT)
    n, places, columns = clouds.shape
    if jets is not None and len(jets.shape) == 2 and len(jets) != n:
        raise FormatError(
            f"{path.name}: {CLOUDS} has {n:,} jets and {JETS} {len(jets):,}: it must be the same "
            "jets in both, in one order.",
            HINT,
        )
    if jets is not None and not (len(jets.shape) == 2 and len(jets) == n and jets.shape[1] >= 3):
        raise FormatError(
            f"{path.name}: {CLOUDS} is {clouds.shape} and {JETS} {jets.shape}; they must be "
            "(n, N, 4) and (n, 4).",
            HINT,
        )
    if not 0 < places <= MOST_PLACES or not n:
        raise FormatError(f"{path.name} has {n:,} jets of {places:,} particles.", HINT)
    check_size(path, CLOUDS, n, columns * places)
    if columns == 3:
        notes.append("it has no mask: constituents with a pT above 0 are treated as real.")
    if jets is None:
        notes.append(
            f"it has no {JETS}: the jets have a pT of {pt:,g} GeV, eta 0, and the mass of their "
            "constituents."
        )
    types, labels = _types(path, file, n)
    if labels is None and types[0] != type_of(path):
        notes.append(f"its attribute jet_class says that its jets are of the type {types[0]}.")
    if labels is None and (said := as_published(path, n, places, types[0])):
        notes.append(said)
    own = _radius(file.attrs)
    known = radius if own is None else own
    return JetFile(
        path, clouds, jets, pt, scale, known, own is not None, types, labels, tuple(notes)
    )


def _radius(attributes: Mapping[str, Any]) -> float | None:
    """Return what a file says of its R, None where that is nothing, or no such number."""
    said = np.asarray(attributes.get(RADIUS, np.nan))
    if said.shape != () or said.dtype.kind not in "fiu":
        return None
    return float(said) if MOST_RADII[0] <= said <= MOST_RADII[1] else None


def _array(path: Path, file: Any, name: str, notes: list[str]) -> Any:
    """Return a data set of a file by its name in JetNet or the other, None where it has none."""
    called = name if name in file or ALSO[name] not in file else ALSO[name]
    if called not in file:
        return None
    found = _get_local(file, called)
    if found is None:
        raise FormatError(
            f"{path.name}: {called} is a link, which is not followed.",
            "Copy what it leads to into the file (h5repack does).",
        )
    if called != name:
        notes.append(f"{called} is taken for {name}.")
    if not hasattr(found, "shape"):
        raise FormatError(f"{path.name} has no array {name}.", HINT)
    refuse_elsewhere(path, name, found)
    if found.dtype.kind not in "fiu":
        raise FormatError(f"{path.name}: {name} does not hold numbers.", HINT)
    if found.chunks is not None:
        need = int(np.prod(found.chunks)) * found.dtype.itemsize
        check_block(path, name, need, "its blocks are that large")
    if found.size * found.dtype.itemsize > MAX_WORK:
        raise FormatError(f"{path.name}: {name} is too large to be scanned.", HINT)
    return found


def _types(path: Path, file: Any, n: int) -> tuple[tuple[str, ...], NDArray[np.int64] | None]:
    """Return the types of a file's jets, and the number of each jet's among them where they
    differ: by its labels, or else by what it says, or else by its name ("t150.hdf5").
    """
    names = _names(file)
    labels: Any = _get_local(file, LABEL) if names and LABEL in file else None
    if getattr(labels, "shape", None) == (n,) and labels.dtype.kind in "iu":
        refuse_elsewhere(path, LABEL, labels)
        found = np.asarray(labels[()], np.int64)
        if found.min() >= 0 and found.max() < len(names):
            there, numbers = np.unique(found, return_inverse=True)
            return tuple(names[k] for k in there), numbers.astype(np.int64)
    return (type_of(path, file.attrs),), None


def _names(file: Any) -> tuple[str, ...]:
    names: Any = _get_local(file, NAMES) if NAMES in file else None
    shape: tuple[int, ...] = getattr(names, "shape", ())
    if len(shape) != 1 or not 0 < shape[0] <= MOST_NAMES:
        return ()
    if names.dtype.kind != "S" or names.dtype.itemsize > LONGEST_NAME or names.external:
        return ()
    return tuple(name.decode("utf-8", "replace") for name in names[()])


def type_of(path: Path, attributes: Mapping[str, Any] | None = None) -> str:
    """Return the type of the jets of a file, by its attribute "jet_class" or its name."""
    attributes = attributes or {}
    said = attributes.get("jet_class", "")
    said = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
    words = [said.lower(), *re.findall("[a-z]+", path.stem.lower())]
    known = dict.fromkeys(WORDS[word] for word in words if word in WORDS)
    # Two types in one name, as in "w_vs_z", tell none.
    if said.lower() in WORDS or len(known) == 1:
        return next(iter(known))
    return path.stem

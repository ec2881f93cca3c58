"""Jets from any HDF5 or NPZ file, whose columns are told by their names, or by the person."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import msgspec

from studio.formats.arrayfiles import Array, arrays_of, shapes_of
from studio.formats.inspection import Inspection
from studio.formats.jets.columns import columns_of
from studio.formats.jets.importing import UNIT, JetFiles, JetRows
from studio.formats.jets.mapping import ABSENT, MappedFile, mapped, sources_of
from studio.formats.jets.roles import CLOUD_ROLES, JET_ROLES, LABEL, told, whole
from studio.formats.limits import FormatError
from studio.formats.registry import importer
from studio.protocol.catalog import Choice, FieldSpec
from studio.store.errors import StoreError
from studio.store.parts import Part

__all__ = ["JetColumns"]

HELP = {
    "pt": "Transverse momentum, or its share of that of the jet.",
    "eta": "Pseudorapidity, or rapidity; absolute or from the axis of the jet.",
    "phi": "Azimuth; absolute or from the axis of the jet.",
    "px": "With py and pz instead of pT, η and φ.",
    "py": "With px and pz instead of pT, η and φ.",
    "pz": "With px and py instead of pT, η and φ.",
    "energy": "For the mass of the jet, where the files do not say it; without, constituents are "
    "massless.",
    "mask": "0.5 or more where a constituent is real; without, where it has a momentum.",
    "jet_pt": "Without, that of the sum of the constituents.",
    "jet_eta": "Without, that of the sum of the constituents.",
    "jet_phi": "Without, that of the sum of the constituents.",
    "jet_mass": "Without, that of the sum of the constituents.",
    LABEL: "A whole number or a word a jet, or an array with one column a type.",
}


def _column(role: str, title: str, group: str) -> FieldSpec:
    return FieldSpec(
        path=role,
        kind="source",
        title=title,
        group=group,
        help=f"{HELP[role]} A column as the file has it, such as particles[2], tracks.pt or pt; "
        f"{ABSENT!r} where there is none.",
        default="",
    )


def _as_found(path: str, title: str, help: str, *choices: str) -> FieldSpec:
    return FieldSpec(
        path=path,
        kind="choice",
        title=title,
        group="All",
        help=help,
        default="",
        choices=[Choice(value="", title="as they look")]
        + [Choice(value=each, title=each) for each in choices],
    )


TYPES_SAID = FieldSpec(
    path="types",
    kind="text",
    title="Names of types",
    group="All",
    help='Their names: "gluon, top" in the order of their numbers from 0, or "0=gluon, 5=top"; of '
    "files without a column of types, one name a file.",
    default="",
)
ANGLES = _as_found(
    "angles",
    "Angles",
    "Absolute ones are turned to be from the axis of the jet. As they look: by the names of the "
    "columns, or by where the jets lie.",
    "absolute",
    "relative",
)
MOMENTA = _as_found(
    "momenta",
    "Momenta",
    "Momenta in the unit below, or shares of the pT of the jet. As they look: by the name of the "
    "column, or by what those of a jet sum to.",
    "momenta",
    "shares",
)
ASSUMED = FieldSpec(
    path="assumed_pt",
    kind="float",
    title="Assumed jet pT",
    group="All",
    help="Of all jets, where constituents have shares and nothing says it.",
    default=1000.0,
    above=0.0,
    high=1e6,
    unit="GeV",
)
MOST = FieldSpec(
    path="most",
    kind="int",
    title="At most",
    group="All",
    help="The hardest constituents of a jet that are taken; 0 takes all.",
    default=0,
    low=0,
    high=1000,
    unit="constituents",
)
EACH = FieldSpec(
    path="each",
    kind="int",
    title="Flat rows",
    help="How many numbers of each constituent stand side by side in an array (n, N k), one "
    "constituent after the other; 0 where there is none.",
    default=0,
    low=0,
    high=64,
    unit="numbers each",
    advanced=True,
)
NO_SHARES = "Cartesian momenta are no shares."
KNOWN_PT = "The pT of the jets is known."


@importer
class JetColumns(JetFiles):
    """HDF5 and NPZ files of jets with any names and any order of columns."""

    slug = "jets-columns"
    title = "Jets: columns of any HDF5 or NPZ file"
    suffixes = (".h5", ".hdf5", ".npz")
    options = (
        *(_column(role, title, "Constituents") for role, title in CLOUD_ROLES.items()),
        *(_column(role, title, "Jets") for role, title in JET_ROLES.items()),
        ANGLES,
        MOMENTA,
        msgspec.structs.replace(UNIT, group="All"),
        TYPES_SAID,
        MOST,
        ASSUMED,
        EACH,
    )
    format = "Columns"
    hint = "Choose what the columns are, and their unit."

    def claims(self, path: Path) -> bool:
        """Say whether a file has an array (n, N, 3 to 16), as constituents stand, or columns whose
        names are enough.
        """
        try:
            with arrays_of(path) as arrays:
                return _like_jets(arrays)
        except StoreError:
            return False

    def inspect(self, paths: Sequence[Path], options: Mapping[str, Any]) -> Inspection:
        """Look through all files, and say what columns there are to choose from."""
        if not paths:
            raise FormatError("No file was named.")
        with arrays_of(paths[0]) as arrays:
            sources, taken = sources_of(arrays, int(options[EACH.path]))
            said = f"{paths[0].name}: arrays {shapes_of(arrays)}."
            if not any(sources.values()):
                raise FormatError(f"{paths[0].name} has no columns of jets.", said)
        try:
            found = super().inspect(paths, options)
        except FormatError as error:
            # Other columns may do: the dialog says what is wrong and lets choose.
            parts = [Part(name="x", dtype="float32", shape=[1, 3])]
            found = Inspection(
                files=[str(path) for path in paths],
                importer=self.slug,
                kind=self.kind,
                format=self.format,
                bytes=0,
                parts=parts,
                problems=[f"{error.message} {error.hint}".strip()],
                notes=[said],
            )
        return msgspec.structs.replace(found, sources=sources, taken=taken)

    @contextmanager
    def opened(
        self, paths: Sequence[Path], options: Mapping[str, Any]
    ) -> Iterator[Sequence[JetRows]]:
        """Open the files, all by the same columns."""
        names = [each.strip() for each in str(options[TYPES_SAID.path]).split(",") if each.strip()]
        with ExitStack() as stack:
            files: list[MappedFile] = []
            for place, path in enumerate(paths):
                arrays = stack.enter_context(arrays_of(path))
                called = names[place] if len(names) == len(paths) else ""
                files.append(mapped(path, arrays, options, called))
            yield files

    def unused(self, files: Sequence[JetRows]) -> dict[str, str]:
        """Return what follows from the columns that were chosen."""
        roles = [file.roles for file in files if isinstance(file, MappedFile)]
        shares = any(file.share for file in files if isinstance(file, MappedFile))
        found = {}
        if all("px" in each for each in roles):
            found[MOMENTA.path] = NO_SHARES
        if not shares or all("jet_pt" in each for each in roles):
            found[ASSUMED.path] = KNOWN_PT
        return found


def _like_jets(arrays: Sequence[Array]) -> bool:
    clouds = any(
        len(each.shape) == 3 and 3 <= each.shape[2] <= 16 and each.dtype.kind in "fiu"
        for each in arrays
    )
    return clouds or whole(told(columns_of(arrays, 0)))

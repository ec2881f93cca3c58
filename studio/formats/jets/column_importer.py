"""Jets from any HDF5 or NPZ file, with columns identified by name or by the user."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import msgspec

from pushforward.studio.formats.arrayfiles import Array, arrays_of, shapes_of
from pushforward.studio.formats.inspection import Inspection
from pushforward.studio.formats.jets.column_options import (
    ASSUMED,
    EACH,
    MOMENTA,
    OPTIONS,
    TYPES_SAID,
)
from pushforward.studio.formats.jets.columns import columns_of
from pushforward.studio.formats.jets.importing import JetFiles, JetRows
from pushforward.studio.formats.jets.mapping import MappedFile, mapped, sources_of
from pushforward.studio.formats.jets.roles import each_of, guessed, has_momentum
from pushforward.studio.formats.jets.top_tagging import table_of
from pushforward.studio.formats.limits import FormatError
from pushforward.studio.formats.registry import importer
from pushforward.studio.store.errors import StoreError
from pushforward.studio.store.parts import Part

__all__ = ["JetColumns"]

NO_SHARES = "Cartesian momenta cannot be fractions."
KNOWN_PT = "The pT of the jets is known."
_PIXELS = ("images", "image", "pixels")  # names of arrays


@importer
class JetColumns(JetFiles):
    """HDF5 and NPZ files of jets with any names and any order of columns."""

    slug = "jets-columns"
    title = "Jets: columns of any HDF5 or NPZ file"
    suffixes = (".h5", ".hdf5", ".npz")
    options = OPTIONS
    format = "Columns"
    hint = "Choose what the columns are, and their unit."

    def claims(self, path: Path) -> bool:
        """Return whether a file has an array (n, N, 3 to 16) that is not square as images are, with
        identifiable columns or four-vectors, and is no known benchmark.
        """
        try:
            with arrays_of(path) as arrays:
                return _like_jets(arrays) and table_of(arrays) is None
        except StoreError:
            return False

    def also(self, path: Path) -> bool:
        """Say whether there is an array that is square by chance, perhaps."""
        try:
            with arrays_of(path) as arrays:
                return any(map(_like_clouds, arrays)) and table_of(arrays) is None
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
    clouds = any(_like_clouds(each) and each.shape[1] != each.shape[2] for each in arrays)
    return clouds or has_momentum(guessed(columns_of(arrays, 0))) or bool(each_of(arrays, 0))


def _like_clouds(array: Array) -> bool:
    # Bytes are pixels: no momentum is kept so coarsely. So is what is called so.
    return (
        len(array.shape) == 3
        and 3 <= array.shape[2] <= 16
        and array.dtype.kind in "fiu"
        and array.dtype.itemsize > 1
        and array.name.rpartition("/")[2].lower() not in _PIXELS
    )

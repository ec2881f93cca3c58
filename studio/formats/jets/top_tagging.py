"""The top-tagging benchmark: pandas tables in HDF5, train.h5, val.h5 and test.h5.

A row is a jet (Kasieczka et al. 2019, arXiv:1902.09914, section 2; Zenodo 2603256): E, px, py and
pz of its 200 hardest constituents in GeV, then those of the top quark, which is not a constituent;
the split, and whether it is a top. Anti-kT jets of R = 0.8 with a detector.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from pushforward.studio.formats.arrayfiles import Array, arrays_of, shapes_of
from pushforward.studio.formats.jets.column_options import MOST
from pushforward.studio.formats.jets.columns import Column
from pushforward.studio.formats.jets.importing import JetFiles, JetRows
from pushforward.studio.formats.jets.mapping import MappedFile
from pushforward.studio.formats.limits import FormatError
from pushforward.studio.formats.registry import importer
from pushforward.studio.store.errors import StoreError

__all__ = ["TopTagging", "table_of"]

TABLE, MOMENTA, KNOWN = "table/table", "values_block_0", "values_block_1"
PLACES, ROLES = 200, ("energy", "px", "py", "pz")
WIDTH = len(ROLES) * (PLACES + 1)  # with the top quark
RADIUS = 0.8
TYPES = ("QCD", "top")
LOST = "the top quark in each row is not a constituent and is skipped; the split uses the seed."


@importer
class TopTagging(JetFiles):
    """Files of the benchmark, together or one of them."""

    slug = "top-tagging"
    title = "Jets: the top-tagging benchmark"
    suffixes = (".h5", ".hdf5")
    options = (MOST,)
    format = "Top tagging"
    hint = "It is train.h5, val.h5 or test.h5 of Zenodo record 2603256."

    def claims(self, path: Path) -> bool:
        """Say whether a file has the table of the benchmark."""
        try:
            with arrays_of(path) as arrays:
                return table_of(arrays) is not None
        except StoreError:
            return False

    @contextmanager
    def opened(
        self, paths: Sequence[Path], options: Mapping[str, Any]
    ) -> Iterator[Sequence[JetRows]]:
        """Open the files."""
        most = int(options.get(MOST.path, MOST.default)) or PLACES
        with ExitStack() as stack:
            files = [(path, stack.enter_context(arrays_of(path))) for path in paths]
            yield [_opened(path, arrays, min(most, PLACES)) for path, arrays in files]


def table_of(arrays: Sequence[Array]) -> Array | None:
    """Return the table of the benchmark among the arrays of a file, None where it is not there."""
    return next((a for a in arrays if a.name == TABLE and _is_table(a.dtype)), None)


def _is_table(dtype: np.dtype[Any]) -> bool:
    if not {MOMENTA, KNOWN} <= set(dtype.names or ()):
        return False
    momenta, known = dtype[MOMENTA], dtype[KNOWN]
    floats = momenta.shape == (WIDTH,) and momenta.base.kind == "f"
    return floats and known.shape == (2,) and known.base.kind == "i"


def _opened(path: Path, arrays: Sequence[Array], most: int) -> MappedFile:
    table = table_of(arrays)
    if table is None:
        raise FormatError(
            f"{path.name} has no table of the top-tagging benchmark; arrays: {shapes_of(arrays)}.",
            TopTagging.hint,
        )
    n = table.shape[0]
    numbers = np.asarray(table.reader((KNOWN,))(0, n)[KNOWN])
    labels = numbers[:, 1].astype(np.int64)
    if ((labels < 0) | (labels >= len(TYPES))).any():
        raise FormatError(f"{path.name}: {KNOWN} has jets that are neither top nor not.")
    roles = {
        role: Column(role, role, (n, PLACES), table, MOMENTA, each=len(ROLES), place=place)
        for place, role in enumerate(ROLES)
    }
    return MappedFile(
        path, roles, (n, PLACES), most, relative=False, share=False, scale=1.0, radius=RADIUS,
        pt=np.nan, types=TYPES, labels=labels, notes=[LOST],
    )  # fmt: skip

"""JetNet: HDF5 files of particle clouds, one file per jet type; see `layout`."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import msgspec

from pushforward.studio.formats.jets.importing import RADIUS, SCALES, UNIT, JetFiles, JetRows
from pushforward.studio.formats.jets.layout import HINT, JetFile, is_one, opened
from pushforward.studio.formats.registry import importer
from pushforward.studio.protocol.catalog import FieldSpec
from pushforward.studio.store import hdf5
from pushforward.studio.store.errors import StoreError

__all__ = ["JetNet"]

PT = FieldSpec(
    path="pt",
    kind="float",
    title="Jet pT",
    help="pT of all jets of a file without jet_features, whose constituents have only fractions.",
    default=1000.0,
    above=0.0,
    high=1e6,
    unit="GeV",
)


@importer
class JetNet(JetFiles):
    """Importer of JetNet files, one per type, which the file name gives."""

    slug = "jetnet"
    title = "Jets: JetNet files, one for each type"
    suffixes = (".h5", ".hdf5")
    options = (PT, UNIT, msgspec.structs.replace(RADIUS, group=PT.group))
    format = "JetNet"
    hint = HINT

    def claims(self, path: Path) -> bool:
        """Say whether a file has the constituents of jets."""
        try:
            with hdf5.opened(path) as file:
                return is_one(file)
        except StoreError:
            return False

    def opened(
        self, paths: Sequence[Path], options: Mapping[str, Any]
    ) -> AbstractContextManager[list[JetFile]]:
        """Open the files."""
        pt = float(options.get(PT.path, PT.default))
        radius = float(options.get(RADIUS.path, RADIUS.default))
        return opened(paths, pt, SCALES[options.get(UNIT.path, UNIT.default)], radius)

    def settled(self, files: Sequence[JetRows]) -> list[str]:
        """Return the pT, where every file says that of each jet, and R, where each says it."""
        own = [file for file in files if isinstance(file, JetFile)]
        told = {PT.path: [f.jets is not None for f in own], RADIUS.path: [f.says for f in own]}
        return [path for path, each in told.items() if all(each)]

"""Jets: exported as JetNet files are."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch

from models.contracts.batch import Batch
from models.contracts.data import RowSource
from models.kinds.jets import JetSet, masses
from studio.engine.kinds.base import Arrays, DataKind, Facts
from studio.formats.arrays import write_arrays

__all__ = ["Jets"]


class Jets(DataKind, slug="jets"):
    """Clouds of constituents."""

    suffixes: ClassVar[tuple[str, ...]] = (".h5", ".hdf5", ".npz")

    def described(self, data: RowSource) -> str:
        return f"{len(data):,} jets (at most {data.spec().shape[0]} constituents)"

    def facts(self, data: RowSource) -> dict[str, Any]:
        assert isinstance(data, JetSet)
        return {**super().facts(data), "names": list(data.names)}

    def from_parts(self, parts: Arrays, facts: Facts) -> JetSet:
        """Return jets from what an importer brings: x, size, label, pt, eta and mass."""
        names = ("x", "size", "label", "pt", "eta", "mass")
        if (refused := self.missing(parts, names)) is not None:
            raise refused
        x, size, label, pt, eta, mass = (torch.from_numpy(np.array(parts[n])) for n in names)
        return JetSet(x, size, label, pt, eta, mass, facts.classes)

    def write(
        self, path: Path, rows: Batch, columns: tuple[str, ...], attrs: Mapping[str, object]
    ) -> None:
        """Write jets in the layout of JetNet: ``particle_features`` (n, N, 4), eta_rel, phi_rel,
        pT_rel and mask; ``jet_features`` (n, 4), pT in GeV, eta, the mass of the constituents in
        GeV, and how many there are; with the type of each, ``label`` (n,).
        """
        assert rows.mask is not None
        pt, eta = rows.given["pt"], rows.given["eta"]
        mask = rows.mask.float()
        share = torch.expm1(rows.x[..., 2]).clamp_min(0.0) / pt[:, None] * mask
        particles = torch.stack([rows.x[..., 0], rows.x[..., 1], share, mask], dim=2)
        jet = torch.stack([pt, eta, masses(rows.x, rows.mask), mask.sum(dim=1)], dim=1)
        arrays = {
            "particle_features": particles.numpy().astype(np.float32),
            "jet_features": jet.numpy().astype(np.float32),
            "label": rows.given["label"].numpy(),
        }
        write_arrays(path, arrays, attrs)

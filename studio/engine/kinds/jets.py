"""Jets: exported as JetNet files are."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.data import RowSource
from pushforward.models.contracts.spec import LABEL
from pushforward.models.kinds.jets import JetSet, constituents, masses
from pushforward.observables.jets import closeness, cone
from pushforward.studio.counts import format_count
from pushforward.studio.engine.data.nearest import Compared
from pushforward.studio.engine.kinds.base import Arrays, DataKind, Facts
from pushforward.studio.formats.jets.cleaning import HARDEST, SOFTEST
from pushforward.studio.formats.jets.writing import JET_SUFFIXES, write_jets
from pushforward.studio.protocol.extras import DENOISED
from pushforward.studio.protocol.records import EXTRA

__all__ = ["Jets"]

LOOKED_AT = 10_000
"""Number of jets for statistics of real jets; a mean is accurate to a thousandth."""
MEANING = (
    "asked (n, k) are the requested conditions of each jet, named by asked_names, in the units of "
    "the data; in a table they are the columns asked_... jet_features are the requested pT in GeV "
    "and eta, the mass in GeV of the generated constituents, and their number. The relative pT of "
    "a constituent is its pT over the requested pT of the jet: the sum need not be one."
)
"""Description of the exported arrays; generated jets may deviate from the requested conditions."""


def _of_constituents(rows: Batch) -> NDArray[np.float64]:
    return closeness.of_constituents(*constituents(rows.x, rows.mask))


def _of_whole(rows: Batch) -> NDArray[np.float64]:
    return closeness.of_whole(rows.given["pt"].numpy(), rows.given["mass"].numpy())


class Jets(DataKind, slug="jets"):
    """Clouds of constituents."""

    suffixes: ClassVar[tuple[str, ...]] = JET_SUFFIXES
    foreseen: ClassVar[bool] = True
    # Rings on a picture, as large as the jet: a thousandth of a radian is not seen.
    record_types: ClassVar[Mapping[str, str]] = {f"{EXTRA}{DENOISED}": "float16"}
    limits: ClassVar[Mapping[str, tuple[float, float]]] = {
        "pt": (SOFTEST, HARDEST),
        "mass": (0.0, HARDEST),
    }
    near_by: ClassVar[Mapping[str, Compared]] = {
        "constituents": _of_constituents,
        "pt-mass": _of_whole,
    }

    def finite(self, rows: Batch) -> Tensor:
        """As `DataKind.finite`; momenta and the mass are exponentials, which may overflow."""
        found, mask = super().finite(rows), rows.mask
        if mask is not None:
            found = found & masses(rows.x, mask).isfinite()
            found = found & torch.expm1(rows.x[..., 2]).masked_fill(~mask, 0.0).isfinite().all(1)
        return found

    def describe_data(self, data: RowSource) -> str:
        most = format_count(data.spec().shape[0], "constituent")
        return f"{self.counted(len(data))} of at most {most}"

    def preview_arrays(self, data: RowSource) -> Arrays:
        """Return jets with the "radius" of their cone, which pictures are as wide as."""
        assert isinstance(data, JetSet)
        return {**super().preview_arrays(data), "radius": np.full(len(data), data.radius)}

    def facts(self, data: RowSource) -> dict[str, Any]:
        assert isinstance(data, JetSet)
        # A mean over angles and momenta says nothing.
        return {**super().facts(data), "mean": [], "std": [], "names": list(data.names)}

    def shared_facts(self, data: RowSource) -> dict[str, float]:
        """Return the "radius" of their cone, and which share of the pT and of the mass of their
        jets the constituents of real jets have: the least and the most of the means of the types,
        as "pt-least".
        """
        one = data.take(slice(0, 1))
        assert isinstance(one, JetSet)
        every = torch.linspace(0, len(data) - 1, min(len(data), LOOKED_AT)).long()
        rows = data.rows(every)
        assert rows.mask is not None
        pt = torch.expm1(rows.x[..., 2].double()).clamp_min(0.0) * rows.mask
        label = rows.given[LABEL]
        types = sorted(set(label.tolist()))
        found = {"radius": one.radius}
        for name, kept in (("pt", pt.sum(dim=1)), ("mass", masses(rows.x, rows.mask))):
            share = kept / rows.given[name].double()
            means = [float(share[label == each].mean()) for each in types]
            found |= {f"{name}-least": min(means), f"{name}-most": max(means)}
        return found

    def from_parts(self, parts: Arrays, facts: Facts) -> JetSet:
        """Return jets from what an importer brings: x, size, label, pt, eta and mass."""
        names = ("x", "size", "label", "pt", "eta", "mass")
        if (refused := self.missing(parts, names)) is not None:
            raise refused
        x, size, label, pt, eta, mass = (torch.from_numpy(np.array(parts[n])) for n in names)
        radius = facts.more.get("radius", cone.USUAL)
        return JetSet(x, size, label, pt, eta, mass, facts.classes, float(radius))

    def write(
        self, path: Path, rows: Batch, columns: tuple[str, ...], attrs: Mapping[str, object]
    ) -> None:
        """Write jets by `studio.formats.jets.writing.write_jets`. The mass is that of the
        constituents; pT and eta are the requested ones, stored with all other requested conditions.
        """
        assert rows.mask is not None
        pt, eta = rows.given["pt"], rows.given["eta"]
        mask = rows.mask.float()
        share = torch.expm1(rows.x[..., 2]).clamp_min(0.0) / pt[:, None] * mask
        clouds = torch.stack([rows.x[..., 0], rows.x[..., 1], share, mask], dim=2)
        jet = torch.stack([pt, eta, masses(rows.x, rows.mask), mask.sum(dim=1)], dim=1)
        write_jets(
            path,
            clouds.numpy().astype(np.float32),
            jet.numpy().astype(np.float32),
            rows.given["label"].long().numpy(),
            _type_names(attrs.get("classes")),
            {**attrs, "meaning": MEANING},
            {name: values.numpy() for name, values in rows.given.items()},
        )


def _type_names(names: object) -> tuple[str, ...]:
    """Return the names of types that come with rows, none where there are none."""
    return tuple(map(str, names)) if isinstance(names, list | tuple) else ()

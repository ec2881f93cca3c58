"""Jet variables: exported in GeV, a line a jet."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch

from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.data import RowSource
from pushforward.models.contracts.spec import LABEL, SIZE
from pushforward.models.kinds.jet_variables import JetVariables, conditions_of
from pushforward.studio.counts import format_count
from pushforward.studio.engine.kinds.base import Arrays, DataKind, Facts
from pushforward.studio.engine.process.failures import Refused
from pushforward.studio.formats.jets.variables import VARIABLES_SUFFIXES, write_variables

__all__ = ["JetVariablesKind"]


class JetVariablesKind(DataKind, slug="jet-variables"):
    """Jet variables: quantities of jets without constituents."""

    suffixes: ClassVar[tuple[str, ...]] = VARIABLES_SUFFIXES
    plane: ClassVar[bool] = True

    def describe_data(self, data: RowSource) -> str:
        assert isinstance(data, JetVariables)
        return f"{self.counted(len(data))} of at most {format_count(data.most, 'constituent')}"

    def facts(self, data: RowSource) -> dict[str, Any]:
        spec = data.spec()
        own = {"mean": spec.mean.tolist(), "std": spec.std.tolist()}
        assert isinstance(data, JetVariables)
        return {**super().facts(data), **own, "names": list(data.names)}

    def from_parts(self, parts: Arrays, facts: Facts) -> JetVariables:
        """Return jets from what an importer brings: size, label, pt, eta and mass, and among the
        facts how many constituents a jet may have, "most".
        """
        names = ("pt", "mass", "eta", "size", "label")
        if (refused := self.missing(parts, names)) is not None:
            raise refused
        most = facts.more.get("most")
        if not isinstance(most, int) or (len(parts["size"]) and parts["size"].max() > most):
            raise Refused(
                "The data set does not say how many constituents its jets may have.",
                "Import the data again.",
                kind="data",
                path="dataset",
            )
        pt, mass, eta, size, label = (torch.from_numpy(np.array(parts[n])) for n in names)
        return JetVariables(pt, mass, eta, size, label, facts.classes, most)

    def write(
        self, path: Path, rows: Batch, columns: tuple[str, ...], attrs: Mapping[str, object]
    ) -> None:
        """Write jets as `studio.formats.jets.variables.write_variables` does."""
        found = conditions_of(rows)
        jet = torch.stack([found["pt"], found["eta"], found["mass"], found[SIZE].float()], dim=1)
        types = attrs.get("classes")
        names = tuple(map(str, types)) if isinstance(types, list | tuple) else ()
        write_variables(path, jet.numpy(), found[LABEL].numpy(), names, attrs)

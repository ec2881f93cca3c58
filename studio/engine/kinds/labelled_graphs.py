"""Labelled graphs: laid out for the screen, exported as GraphML and as JSON with their labels."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray

from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.data import RowSource
from pushforward.models.contracts.spec import LABEL, SIZE, DataSpec
from pushforward.models.kinds.labelled_graphs import LabelledSet, labelled_packing
from pushforward.models.layouts.graphs import unpack_types
from pushforward.observables.graphs.labelled_makes import LABELLED_MAKES
from pushforward.observables.graphs.makes import NO_MAKE
from pushforward.studio.engine.kinds.base import Arrays, DataKind, Facts
from pushforward.studio.engine.kinds.declared_rule import numbered
from pushforward.studio.engine.kinds.typed_rows import parse_types
from pushforward.studio.formats.graphs.labelled import (
    LABELLED_SUFFIXES,
    LabelledGraphs,
    write_labelled,
)
from pushforward.studio.graph_layout import lay_out
from pushforward.studio.protocol.extras import DENOISED
from pushforward.studio.protocol.records import EXTRA

__all__ = ["Labelled"]

DRAWN = 256
"""Number of graphs of a preview that are laid out."""


class Labelled(DataKind, slug="labelled-graphs"):
    """Nodes and edges of several types, packed into rows."""

    suffixes: ClassVar[tuple[str, ...]] = LABELLED_SUFFIXES
    has_layout: ClassVar[bool] = True
    foreseen: ClassVar[bool] = True
    rules: ClassVar[tuple[str, ...]] = (*LABELLED_MAKES, NO_MAKE)
    record_types: ClassVar[Mapping[str, str]] = {f"{EXTRA}{DENOISED}": "float16"}

    def from_parts(self, parts: Arrays, facts: Facts) -> LabelledSet:
        """Return graphs from what an importer brings: types, edges and size, and perhaps label."""
        if (refused := self.missing(parts, ("types", "edges", "size"))) is not None:
            raise refused
        names = ("types", "edges", "size")
        types, pairs, size = (np.array(parts[name]).astype(np.int64) for name in names)
        most = types.shape[1]
        edges = np.zeros((len(types), most, most), np.int64)
        first, second = np.triu_indices(most, 1)
        edges[:, first, second] = edges[:, second, first] = pairs
        made = LabelledSet.of(*map(torch.from_numpy, (types, edges, size)))
        labels = parts.get(LABEL)
        return replace(
            made,
            labels=None if labels is None else torch.from_numpy(np.array(labels, np.int64)),
            names=facts.classes,
            node_labels=tuple(map(str, facts.more.get("node_labels") or ())),
            edge_labels=tuple(map(str, facts.more.get("edge_labels") or ())),
        )

    def parse_rows(self, value: Any, spec: DataSpec, columns: tuple[str, ...]) -> Batch:
        """Parse graphs of an operator's input as packed rows; nodes whose values are all 0 are
        padding.
        """
        return parse_types(super().parse_rows(value, spec, columns).x, spec)

    def describe_data(self, data: RowSource) -> str:
        assert isinstance(data, LabelledSet)
        return f"{self.counted(len(data))} (at most {data.packing.nodes} nodes)"

    def shared_facts(self, data: RowSource) -> dict[str, float]:
        """Return the number of the make that the graphs are "meant" to be of, as `numbered`."""
        return numbered(data.make, LABELLED_MAKES) if isinstance(data, LabelledSet) else {}

    def with_rule(self, data: RowSource, rule: str) -> RowSource:
        return replace(data, make=rule) if isinstance(data, LabelledSet) else data

    def preview_arrays(self, data: RowSource) -> Arrays:
        """Return rows, sizes, classes where there are some, and "places": where the nodes of the
        first of them are drawn.
        """
        first = data.rows(slice(0, DRAWN))
        found = {**super().preview_arrays(data), "places": self.places(first)}
        assert isinstance(data, LabelledSet)
        if data.labels is None:
            return found
        return {**found, "labels": data.labels.numpy().astype(np.int32)}

    def facts(self, data: RowSource) -> dict[str, Any]:
        """Return what a preview tells, with "nodes", N, and the "names" of the classes."""
        assert isinstance(data, LabelledSet)
        own = {"nodes": data.packing.nodes, "names": list(data.names)}
        return {**super().facts(data), **own}

    def places(self, rows: Batch) -> NDArray[np.float32]:
        types, edges = unpack_types(rows.x, labelled_packing(rows.x.shape[1]))
        return lay_out(edges.numpy(), rows.given[SIZE].numpy(), types.numpy())

    def write(
        self, path: Path, rows: Batch, columns: tuple[str, ...], attrs: Mapping[str, object]
    ) -> None:
        types, edges = unpack_types(rows.x, labelled_packing(rows.x.shape[1]))
        size, words = rows.given[SIZE].numpy(), self.words(rows)
        found = LabelledGraphs(types.numpy(), edges.numpy(), size, columns, words)
        write_labelled(path, found, attrs)

    def objects(self, rows: Batch) -> list[Any]:
        """Return the graphs as `networkx.Graph` with the numbers of their labels."""
        types, edges = unpack_types(rows.x, labelled_packing(rows.x.shape[1]))
        size, words = rows.given[SIZE].numpy(), self.words(rows)
        return list(LabelledGraphs(types.numpy(), edges.numpy(), size, (), words).graphs())

    def words(self, rows: Batch) -> NDArray[np.str_] | None:
        """Return the word of each node, (n, N), for graphs whose nodes are words."""
        return None

"""Graphs: laid out for the screen, exported as GraphML and as lists of edges."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray

from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.data import RowSource
from pushforward.models.contracts.spec import LABEL, SIZE, DataSpec
from pushforward.models.kinds.graphs import GraphSet
from pushforward.models.layouts.graphs import Packing, unpack
from pushforward.observables.graphs.canonical import same_graphs
from pushforward.observables.graphs.makes import MAKES, NO_MAKE
from pushforward.studio.engine.kinds.base import Arrays, DataKind, Facts
from pushforward.studio.engine.kinds.declared_rule import numbered
from pushforward.studio.formats.graphs.writing import GRAPH_SUFFIXES, write_graphs
from pushforward.studio.graph_layout import lay_out
from pushforward.studio.protocol.extras import DENOISED
from pushforward.studio.protocol.records import EXTRA

__all__ = ["Graphs"]

DRAWN = 256
"""Number of graphs of a preview that are laid out."""


class Graphs(DataKind, slug="graphs"):
    """Nodes and edges, packed into rows."""

    suffixes: ClassVar[tuple[str, ...]] = GRAPH_SUFFIXES
    has_layout: ClassVar[bool] = True
    rules: ClassVar[tuple[str, ...]] = (*MAKES, NO_MAKE)
    compares: ClassVar[bool] = True
    foreseen: ClassVar[bool] = True
    record_types: ClassVar[Mapping[str, str]] = {f"{EXTRA}{DENOISED}": "float16"}

    def too_few(self, n: int) -> tuple[str, str]:
        """Say of a graph alone, too, that nothing here learns from it: also CELL, which learns how
        walks go on a graph, takes several.
        """
        said, advice = super().too_few(n)
        alone = " No model learns from a single network: cut it into subgraphs." if n == 1 else ""
        return said, advice + alone

    def from_parts(self, parts: Arrays, facts: Facts) -> GraphSet:
        """Return graphs from what an importer brings: packed rows x, size, and perhaps label."""
        if (refused := self.missing(parts, ("x", "size"))) is not None:
            raise refused
        x, size = (torch.from_numpy(np.array(parts[name])) for name in ("x", "size"))
        labels = parts.get(LABEL)
        own = None if labels is None else torch.from_numpy(np.array(labels, np.int64))
        return GraphSet(x, size, labels=own, names=facts.classes)

    def objects(self, rows: Batch) -> list[Any]:
        """Return the graphs as `networkx.Graph`."""
        import networkx

        square, sizes = unpack(rows.x, Packing.like(rows)).numpy(), rows.given[SIZE].tolist()
        return [
            networkx.from_numpy_array(each[: int(n), : int(n)])
            for each, n in zip(square, sizes, strict=True)
        ]

    def parse_rows(self, value: Any, spec: DataSpec, columns: tuple[str, ...]) -> Batch:
        """Parse graphs of an operator's input as packed rows; the number of nodes is that of the
        last node with a nonzero pair.
        """
        packing = Packing.of(spec.parts)
        x = super().parse_rows(value, spec, columns).x
        said = packing.dense(x != 0.0).any(dim=1)
        last = torch.where(said, torch.arange(1, packing.nodes + 1), 0).amax(dim=1)
        size = last.clamp_min(1)
        return Batch(x, packing.masks[size], {SIZE: size})

    def describe_data(self, data: RowSource) -> str:
        assert isinstance(data, GraphSet)
        return f"{self.counted(len(data))} (at most {data.packing.nodes} nodes)"

    def repeats(self, learned: RowSource, held: Sequence[RowSource]) -> str:
        """Say how many graphs are copies of others, however their nodes are numbered."""
        parts = [learned, *held]
        rows = [part.rows(slice(None)) for part in parts]
        squares = [unpack(each.x, Packing.like(each)).numpy() > 0 for each in rows]
        sizes = [each.given[SIZE].numpy() for each in rows]
        classes = same_graphs(np.concatenate(squares), np.concatenate(sizes)).tolist()
        mine, theirs = set(classes[: len(learned)]), classes[len(learned) :]
        different = len(set(classes))
        if different == len(classes):
            return ""
        said = f"{different:,} of the {len(classes):,} graphs are different, the others copies"
        seen = sum(each in mine for each in theirs)
        if seen:
            said += f"; {seen:,} of the {len(theirs):,} held out are also in the training set, so "
            said += "noise floors and novelty mean little"
        return f"{said}."

    def shared_facts(self, data: RowSource) -> dict[str, float]:
        """Return the number (from 1) of the declared rule as "meant", -1 for none, if one was
        declared.
        """
        return numbered(data.make, MAKES) if isinstance(data, GraphSet) else {}

    def with_rule(self, data: RowSource, rule: str) -> RowSource:
        return replace(data, make=rule) if isinstance(data, GraphSet) else data

    def preview_arrays(self, data: RowSource) -> Arrays:
        """Return rows, sizes, classes where there are some, and "places": where the nodes of the
        first of them are drawn, (at most 256, N, 2).
        """
        first = data.rows(slice(0, DRAWN))
        found = {**super().preview_arrays(data), "places": self.places(first)}
        assert isinstance(data, GraphSet)
        if data.labels is None:
            return found
        return {**found, "labels": data.labels.numpy().astype(np.int32)}

    def facts(self, data: RowSource) -> dict[str, Any]:
        """Return what a preview tells, with "nodes", N, and "feature", what the number of a node
        is called, "" where it has none, and the "names" of the classes.
        """
        assert isinstance(data, GraphSet)
        own = {"nodes": data.packing.nodes, "feature": data.feature, "names": list(data.names)}
        return {**super().facts(data), **own}

    def places(self, rows: Batch) -> NDArray[np.float32]:
        adjacency = unpack(rows.x, Packing.like(rows)).numpy()
        return lay_out(adjacency, rows.given[SIZE].numpy())

    def write(
        self, path: Path, rows: Batch, columns: tuple[str, ...], attrs: Mapping[str, object]
    ) -> None:
        packing = Packing.like(rows)
        feature = rows.x[:, : packing.nodes].numpy() if packing.featured else None
        square = unpack(rows.x, packing).numpy()
        write_graphs(path, square, rows.given[SIZE].numpy(), feature, attrs)

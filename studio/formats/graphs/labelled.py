"""Labelled graphs written as GraphML, as JSON, drawn as SVG, or as arrays."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pushforward.observables.graphs.labels import NODE_LABELS
from pushforward.studio.formats.arrays import ARRAY_SUFFIXES, write_arrays
from pushforward.studio.formats.graphs.drawing import draw_sheet
from pushforward.studio.formats.graphs.writing import graphml, node_links
from pushforward.studio.store.atomic import write_bytes

if TYPE_CHECKING:
    import networkx

__all__ = ["LABELLED_SUFFIXES", "LabelledGraphs", "write_labelled"]

LABELLED_SUFFIXES = (".graphml", ".json", ".svg", *ARRAY_SUFFIXES)
LABEL = "label"
"""What the label of a node or an edge is called in a file."""
WORD = "word"
"""What the word of a node is called in a file."""
LETTERS = 3  # of a label, in a drawing


@dataclass(frozen=True, eq=False)
class LabelledGraphs:
    """Graphs to be written.

    Attributes:
        types: (n, N), of each node its type, from 0.
        edges: (n, N, N), of each pair what joins it, from 1, and 0 for nothing.
        size: (n,), how many nodes are real; they come first.
        names: what types of nodes are called, as many as there may be, and then those of edges;
            without any they are called by their numbers from 1.
        words: (n, N), the word that each node is, of sentences; None of others.
    """

    types: NDArray[np.integer]
    edges: NDArray[np.integer]
    size: NDArray[np.integer]
    names: tuple[str, ...] = ()
    words: NDArray[np.str_] | None = None

    def of_node(self, number: int) -> str:
        """Return what a type of nodes is called, from 0."""
        return (self.names[number] if number < len(self.names) else "") or str(number + 1)

    def of_edge(self, number: int) -> str:
        """Return what a type of edges is called, from 1."""
        place = NODE_LABELS + number - 1
        return (self.names[place] if place < len(self.names) else "") or str(number)

    def graphs(self) -> Iterator["networkx.Graph"]:
        """Yield them with the labels of their nodes, and of their edges where these differ."""
        import networkx

        several = len(self.names) > NODE_LABELS or bool((self.edges > 1).any())
        for row, count in enumerate(self.size.tolist()):
            types, square, graph = self.types[row], self.edges[row], networkx.Graph()
            for node, number in enumerate(types[:count].tolist()):
                word = {} if self.words is None else {WORD: str(self.words[row, node])}
                graph.add_node(node, **{LABEL: self.of_node(number)}, **word)
            for one, other in np.argwhere(np.triu(square[:count, :count], 1)).tolist():
                label = {LABEL: self.of_edge(int(square[one, other]))} if several else {}
                graph.add_edge(one, other, **label)
            yield graph


def write_labelled(
    path: Path, found: LabelledGraphs, attrs: Mapping[str, object] | None = None
) -> None:
    """Write graphs to a file whose suffix chooses the format, replacing it atomically.

    GraphML and JSON ("graphs") hold several graphs; nodes have an attribute "label", edges of
    several types too, and words of a sentence "word". SVG is a sheet of at most 2,000 drawings. NPZ
    and HDF5 hold "types", "edges", "size", the "names" of labels and, for sentences, "words".

    Raises:
        FormatError: graphs cannot be written with this suffix.
        StoreError: the disk refused.
    """
    suffix, said = path.suffix.lower(), json.dumps(dict(attrs or {}))
    if suffix == ".graphml":
        write_bytes(path, graphml(found.graphs(), said))
    elif suffix == ".json":
        write_bytes(path, node_links(found.graphs(), attrs))
    elif suffix == ".svg":
        letters = [found.of_node(number)[:LETTERS] for number in range(NODE_LABELS)]
        write_bytes(path, draw_sheet(found.edges, found.size, found.types, letters, said))
    else:
        arrays: dict[str, NDArray[Any]] = {
            "types": found.types.astype(np.uint8),
            "edges": found.edges.astype(np.uint8),
            "size": found.size,
            "names": np.array(found.names, dtype="S"),
        }
        if found.words is not None:
            arrays["words"] = found.words.astype("S")
        write_arrays(path, arrays, attrs)

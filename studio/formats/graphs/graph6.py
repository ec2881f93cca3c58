"""graph6 and sparse6: one graph a line, in printable bytes (McKay, formats of nauty)."""

from collections.abc import Iterator
from pathlib import Path

from studio.formats.graphs.importing import MOST_NODES, GraphFiles, Listed
from studio.formats.limits import FormatError
from studio.formats.registry import importer

__all__ = ["Graph6"]

_LONGEST = 2**17  # bytes of a line; the largest graph takes 3,300, a sparse one no more than that
_HEADS = (b">>graph6<<", b">>sparse6<<")
_HINT = "Save it again as graph6, for example with networkx or nauty."


@importer
class Graph6(GraphFiles):
    """Files of graph6 or sparse6."""

    slug = "graph6"
    title = "Graphs: graph6 and sparse6"
    format = "graph6"
    suffixes = (".g6", ".s6")

    def graphs(self, path: Path) -> Iterator[Listed]:
        """Yield the graphs of a file."""
        import networkx

        count = 0
        with open(path, "rb") as file:
            number = 0
            while line := file.readline(_LONGEST + 1):
                number += 1
                where = f"{path.name}, line {number:,}"
                if len(line) > _LONGEST:
                    raise FormatError(f"{where} is longer than {_LONGEST:,} bytes.", _HINT)
                line = line.strip()
                for head in _HEADS:
                    line = line.removeprefix(head)
                if not line:
                    continue
                count += 1
                sparse = line.startswith(b":")
                self._check(line[1:] if sparse else line, where)
                read = networkx.from_sparse6_bytes if sparse else networkx.from_graph6_bytes
                try:
                    graph = read(line)
                except (networkx.NetworkXError, ValueError, IndexError) as error:
                    raise FormatError(f"{where} is no {self.format}: {error}.", _HINT) from error
                yield Listed.of(f"{path.name}: graph {count:,}", graph)

    def _check(self, data: bytes, where: str) -> None:
        """Refuse more nodes than there may be before anything of that size is made."""
        if not data or not all(63 <= each <= 126 for each in data):
            raise FormatError(f"{where} has bytes that no {self.format} has.", _HINT)
        values = [each - 63 for each in data[:8]]
        long = values[0] == 63
        # A 63 says that three digits to the base of 64 follow, and two of them that six do.
        digits = values[:1] if not long else values[2:8] if values[1:2] == [63] else values[1:4]
        nodes = sum(digit << (6 * place) for place, digit in enumerate(reversed(digits)))
        if nodes > MOST_NODES:
            raise FormatError(
                f"{where} is a graph of {nodes:,} nodes; the limit is {MOST_NODES}.",
                "Import smaller graphs, or pieces of this one.",
            )

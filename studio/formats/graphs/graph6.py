"""graph6 and sparse6: one graph a line, in printable bytes (McKay, formats of nauty)."""

from collections.abc import Iterator
from pathlib import Path

from pushforward.studio.formats.graphs.importing import MOST_NODES, Broken, GraphFiles, Listed
from pushforward.studio.formats.graphs.two_pass import lines_of
from pushforward.studio.formats.registry import importer

__all__ = ["Graph6"]

_LONGEST = 2**17  # bytes of a line; the largest graph takes 3,300, a sparse one no more than that
_HEADS = (b">>graph6<<", b">>sparse6<<")


@importer
class Graph6(GraphFiles):
    """Files of graph6 or sparse6."""

    slug = "graph6"
    title = "Graphs: graph6 and sparse6"
    format = "graph6"
    suffixes = (".g6", ".s6")

    def graphs(self, path: Path) -> Iterator[Listed | Broken]:
        """Yield the graphs of a file."""
        import networkx

        count = 0
        for number, line in lines_of(path, _LONGEST):
            where = f"{path.name}, line {number:,}"
            if line is None:
                yield Broken(where, f"their line is longer than {_LONGEST:,} bytes")
                continue
            line = line.strip()
            for head in _HEADS:
                line = line.removeprefix(head)
            if not line:
                continue
            sparse = line.startswith(b":")
            if why := self._why_not(line[1:] if sparse else line):
                yield Broken(where, why)
                continue
            read = networkx.from_sparse6_bytes if sparse else networkx.from_graph6_bytes
            try:
                graph = read(line)
            except (networkx.NetworkXError, ValueError, IndexError):
                yield Broken(where, f"their line is no {self.format}")
                continue
            count += 1
            yield Listed.from_networkx(f"{path.name}: graph {count:,}", graph)

    def _why_not(self, data: bytes) -> str:
        """Return an error before anything of a declared size is allocated, "" for none."""
        if not data or not all(63 <= each <= 126 for each in data):
            return f"their line has bytes that no {self.format} has"
        values = [each - 63 for each in data[:8]]
        long = values[0] == 63
        # A 63 says that three digits to the base of 64 follow, and two of them that six do.
        digits = values[:1] if not long else values[2:8] if values[1:2] == [63] else values[1:4]
        nodes = sum(digit << (6 * place) for place, digit in enumerate(reversed(digits)))
        return f"they have more than {MOST_NODES} nodes, the limit" if nodes > MOST_NODES else ""

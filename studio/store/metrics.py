"""Curves of a run: ``metrics.jsonl``, one line per append, which readers tail."""

import math
from bisect import bisect_left
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from pushforward.studio.store import lines
from pushforward.studio.store.atomic import write_bytes

__all__ = ["Columns", "MetricsLog"]

Columns = dict[str, tuple[list[int], list[float]]]


class _Line(msgspec.Struct):
    """One append. JSON has no NaN or infinity: a value that is not finite is null."""

    columns: dict[str, tuple[list[int], list[float | None]]] = {}
    floors: dict[str, float] = {}


_decoder = msgspec.json.Decoder(_Line)


class MetricsLog:
    """Append-only curves. Steps of a name rise; a step that comes again (a resumed run) replaces
    what followed it. Values that are not finite come back as NaN.
    """

    def __init__(self, path: Path) -> None:
        self.path = Path(path)

    def append(
        self,
        columns: Mapping[str, tuple[list[int], list[float]]],
        floors: Mapping[str, float] | None = None,
    ) -> None:
        """Append rows: for each name, steps and values of equal length. On return they are with
        the operating system; `sync` forces them to the disk.

        Raises:
            ValueError: steps and values differ in length.
            StoreError: the disk refused.
        """
        for name, (steps, values) in columns.items():
            if len(steps) != len(values):
                raise ValueError(f"{name}: {len(steps)} steps but {len(values)} values")
        if columns or floors:
            lines.append(self.path, _encode(columns, floors or {}))

    def read(self) -> tuple[Columns, dict[str, float]]:
        """Return all curves, and the floors by metric. Damaged lines are left out."""
        columns, floors, _ = self.read_new(0)
        return columns, floors

    def read_new(self, offset: int) -> tuple[Columns, dict[str, float], int]:
        """Return what came after a byte offset (0 at first), and the offset for the next call.

        When the file was rewritten meanwhile (a resumed run), everything comes again.
        """
        raw, offset = lines.complete(self.path, offset)
        columns: Columns = {}
        floors: dict[str, float] = {}
        for line in _decode(raw):
            floors.update(line.floors)
            for name, (steps, values) in line.columns.items():
                _extend(columns.setdefault(name, ([], [])), steps, values)
        return columns, floors, offset

    def truncate_after(self, step: int) -> None:
        """Drop everything after a training step atomically, before the run resumes from it."""
        raw, _ = lines.complete(self.path)
        cut = [_cut(line, step) for line in raw]
        kept = b"".join(line + b"\n" for line in cut if line)
        if self.path.exists():
            write_bytes(self.path, kept)

    def sync(self) -> None:
        """Force what was appended to the disk; done with each checkpoint."""
        lines.sync(self.path)


def _encode(columns: Mapping[str, Any], floors: Mapping[str, float]) -> bytes:
    # msgspec writes a float that is not finite as null.
    return msgspec.json.encode({"columns": columns, "floors": floors})


def _decode(raw: Iterable[bytes]) -> Iterable[_Line]:
    for line in raw:
        try:
            yield _decoder.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            continue


def _extend(
    curve: tuple[list[int], list[float]], steps: list[int], values: list[float | None]
) -> None:
    if steps and curve[0] and steps[0] <= curve[0][-1]:
        cut = bisect_left(curve[0], steps[0])
        del curve[0][cut:], curve[1][cut:]
    curve[0].extend(steps)
    curve[1].extend(math.nan if v is None else v for v in values)


def _cut(raw: bytes, step: int) -> bytes:
    """Cut one raw line after a step: b"" when nothing is left, itself when nothing is cut.

    Floors stay: they belong to the data, not to a step.
    """
    for line in _decode([raw]):
        if all(not s or s[-1] <= step for s, _ in line.columns.values()):
            return raw
        columns = {name: _head(s, v, step) for name, (s, v) in line.columns.items()}
        columns = {name: curve for name, curve in columns.items() if curve[0]}
        return _encode(columns, line.floors) if columns or line.floors else b""
    return b""


def _head(
    steps: list[int], values: list[float | None], step: int
) -> tuple[list[int], list[float | None]]:
    n = sum(s <= step for s in steps)
    return steps[:n], values[:n]

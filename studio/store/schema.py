"""What the rows of a data set are, and the hash of all of them."""

import hashlib
import json
from collections.abc import Sequence
from typing import Any

import msgspec

from pushforward.studio.store.parts import Part
from pushforward.studio.store.splits import Split

__all__ = ["Schema", "check_within", "points_schema", "tree_hash"]


class Schema(msgspec.Struct, frozen=True, kw_only=True):
    """Description of the rows of a data set.

    ``kind``: the data type ("points", "jets", ...). ``columns`` names the entries of part "x",
    ``classes`` the values of part "label". ``facts`` are further facts as plain JSON. ``within`` is
    the part whose values stratify the split, and ``last`` the number of rows at the end that are
    the published test set (see `studio.store.splits`).
    """

    kind: str
    parts: list[Part]
    columns: list[str] = []
    classes: list[str] = []
    facts: dict[str, Any] = {}
    within: str = ""
    last: int = 0

    @property
    def row_bytes(self) -> int:
        """Bytes of a row, without ragged parts."""
        return sum(part.row_bytes for part in self.parts if not part.ragged)


def check_within(parts: Sequence[Part], split: Split) -> None:
    """Make sure that rows can be counted within the part that a split names.

    Raises:
        ValueError: there is no such part, or it does not hold a whole number a row.
    """
    part = next((part for part in parts if part.name == split.within), None)
    if split.within and (part is None or part.ragged or part.shape or "int" not in part.dtype):
        raise ValueError(f"rows cannot be counted within {split.within!r}")


def points_schema(columns: Sequence[str]) -> Schema:
    """Return the schema of points with such columns: x (n, d) float32."""
    part = Part(name="x", dtype="float32", shape=[len(columns)])
    return Schema(kind="points", parts=[part], columns=list(columns))


def tree_hash(schema: Schema, rows: int, split: Split, digests: Sequence[bytes]) -> str:
    """Return the hash of a data set: of its training rows and their meaning."""
    parts = [[part.name, part.dtype, part.shape, part.ragged] for part in schema.parts]
    shares = [split.seed, split.validation, split.test, *filter(None, (split.within, split.last))]
    about = [schema.kind, rows, parts, schema.columns, schema.classes, shares]
    digest = hashlib.sha256(json.dumps(about).encode())
    for each in digests:
        digest.update(each)
    return digest.hexdigest()

"""What the rows of a data set are, and the hash of all of them."""

import hashlib
import json
from collections.abc import Sequence
from typing import Any

import msgspec

from studio.store.parts import Part
from studio.store.splits import Split

__all__ = ["Schema", "points_schema", "tree_hash"]


class Schema(msgspec.Struct, frozen=True, kw_only=True):
    """What the rows of a data set are.

    ``kind``: the kind of data ("points", "jets", ...). ``columns`` names the entries of a row of
    part "x" where they have names, ``classes`` the values of part "label". ``facts`` is what else
    is known of the data, as plain JSON (a source, a unit, a pixel size).
    """

    kind: str
    parts: list[Part]
    columns: list[str] = []
    classes: list[str] = []
    facts: dict[str, Any] = {}

    @property
    def row_bytes(self) -> int:
        """Bytes of a row, those of ragged parts aside."""
        return sum(part.row_bytes for part in self.parts if not part.ragged)


def points_schema(columns: Sequence[str]) -> Schema:
    """Return the schema of points with such columns: x (n, d) float32."""
    part = Part(name="x", dtype="float32", shape=[len(columns)])
    return Schema(kind="points", parts=[part], columns=list(columns))


def tree_hash(schema: Schema, rows: int, split: Split, digests: Sequence[bytes]) -> str:
    """Return the hash of a data set: of what is learned from and of what it means."""
    parts = [[part.name, part.dtype, part.shape, part.ragged] for part in schema.parts]
    shares = [split.seed, split.validation, split.test]
    about = [schema.kind, rows, parts, schema.columns, schema.classes, shares]
    digest = hashlib.sha256(json.dumps(about).encode())
    for each in digests:
        digest.update(each)
    return digest.hexdigest()

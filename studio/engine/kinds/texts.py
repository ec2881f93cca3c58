"""Texts: imported in their alphabet, exported a line each."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch

from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.data import RowSource
from pushforward.models.contracts.spec import DataSpec
from pushforward.models.kinds.texts import TextSet, numbers_of
from pushforward.studio.engine.kinds.base import MOST_HANDED, Arrays, DataKind, Facts
from pushforward.studio.engine.process.failures import Refused
from pushforward.studio.formats.arrays import ARRAY_SUFFIXES, write_arrays
from pushforward.studio.formats.texts.writing import write_texts

__all__ = ["Texts"]


class Texts(DataKind, slug="texts"):
    """Pieces of text; everywhere but in models a character is its number in Unicode."""

    suffixes: ClassVar[tuple[str, ...]] = (".txt", *ARRAY_SUFFIXES)

    def describe_data(self, data: RowSource) -> str:
        assert isinstance(data, TextSet)
        length = data.x.shape[1]
        return f"{self.counted(len(data))} of {length} characters, {len(data.alphabet)} different"

    def facts(self, data: RowSource) -> dict[str, Any]:
        assert isinstance(data, TextSet)
        # Characters are no quantities.
        own = {"mean": [], "std": [], "alphabet": data.alphabet}
        return {**super().facts(data), **own}

    def arrays(self, rows: Batch) -> Arrays:
        found = super().arrays(rows)
        return {**found, "x": found["x"].astype(np.int32)}

    def objects(self, rows: Batch) -> list[str]:
        """Return the texts as strings."""
        return ["".join(map(chr, row)) for row in rows.x.tolist()]

    def from_parts(self, parts: Arrays, facts: Facts) -> TextSet:
        """Return texts from what an importer brings: numbers of characters x, and the alphabet
        among the facts.
        """
        if (refused := self.missing(parts, ("x",))) is not None:
            raise refused
        x = torch.from_numpy(np.array(parts["x"])).long()
        alphabet = str(facts.more.get("alphabet", ""))
        rising = alphabet and list(alphabet) == sorted(set(alphabet)) and "\0" not in alphabet
        if not rising or not bool(torch.isin(x, numbers_of(alphabet)).all()):
            raise Refused(
                "The data set has characters that are not of its alphabet.",
                "Import it again.",
                kind="data",
                path="dataset",
            )
        return TextSet(x, alphabet)

    def parse_rows(self, value: Any, spec: DataSpec, columns: tuple[str, ...]) -> Batch:
        """As `DataKind.parse_rows`: texts of the length of the data, in their characters."""
        (length,), numbers = spec.shape, spec.values
        assert numbers is not None
        if not isinstance(value, list) or not all(isinstance(row, str) for row in value):
            raise ValueError("must be texts")
        if not value or any(len(row) != length for row in value):
            raise ValueError(f"must be texts of {length} characters each")
        if len(value) * length > MOST_HANDED:
            raise ValueError(f"must be at most {MOST_HANDED:,} characters in all")
        known = {chr(number) for number in numbers.tolist()}
        if strange := sorted(set("".join(value)) - known):
            raise ValueError(f"must have no {strange[0]!r}, which are not in the training data")
        return Batch(torch.stack([numbers_of(row) for row in value]))

    def write(
        self, path: Path, rows: Batch, columns: tuple[str, ...], attrs: Mapping[str, object]
    ) -> None:
        """As `DataKind.write`; a text file has a line for each."""
        if path.suffix.lower() == ".txt":
            write_texts(path, rows.x.numpy())
        else:
            write_arrays(path, self.arrays(rows), attrs)

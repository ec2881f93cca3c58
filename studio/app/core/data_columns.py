"""How the numbers of a row are called and counted where people read them. Pure."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pushforward.studio.app.text.number_ticks import number

__all__ = ["Column", "columns_of"]


@dataclass(frozen=True)
class Column:
    """A number of a row.

    Attributes:
        title: what it is called.
        unit: "" for none.
        log: whether a row holds its natural logarithm: people read the number itself, along a
            logarithmic axis.
    """

    title: str
    unit: str = ""
    log: bool = False

    @property
    def heading(self) -> str:
        """What stands over it, or along it."""
        return f"{self.title} ({self.unit})" if self.unit else self.title

    def read(self, value: float) -> float:
        """Return what people read where a row holds a value."""
        if not self.log:
            return value
        try:
            return math.exp(value)
        except OverflowError:
            return math.inf

    def format(self, value: float) -> str:
        """Say it: "Mass 83.1 GeV"."""
        return " ".join(filter(None, (self.title, number(self.read(value)), self.unit)))


def columns_of(known: Mapping[str, Column], names: Sequence[str]) -> list[Column]:
    """Return the columns of these names: those that are known, others by their name."""
    return [known.get(name) or Column(name) for name in names]

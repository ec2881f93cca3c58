"""Which attribute of nodes, of edges or of graphs is their label, and which types that makes."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pushforward.studio.counts import format_count
from pushforward.studio.protocol.catalog import FieldSpec

__all__ = ["ABSENT", "Attributes", "Labels", "attributes_of", "label_option"]

ABSENT = "none"
OTHERS, WITHOUT = "others", "without"
"""What types are called of labels that are too many, and of what has no label."""
NAMES = (
    "label", "type", "node_type", "edge_type", "kind", "class", "category", "element", "symbol",
    "atom", "atom_type", "bond", "bond_type", "role", "tag",
)  # fmt: skip
"""Names of attributes used as labels by default, the most likely first."""
MOST_NAMES, MOST_VALUES = 32, 1000
LONGEST = 60  # letters of a label
TOLD = 3  # attributes that are named among those left out

Attributes = Mapping[str, str]
"""Attributes of a node, an edge or a graph, by name."""


def attributes_of(said: Mapping[Any, Any], *, but: Sequence[str] = ()) -> dict[str, str]:
    """Return the text and number attributes as text, without the names in ``but`` (ids and
    ends).
    """
    plain = (str, int, float, bool)
    return {
        str(name)[:LONGEST]: str(value)[:LONGEST].strip()
        for name, value in said.items()
        if name not in but and isinstance(value, plain)
    }


def label_option(path: str, title: str, of: str) -> FieldSpec:
    """Return the option that says which attribute is the label of something."""
    return FieldSpec(
        path=path,
        kind="source",
        title=title,
        help=f"An attribute of {of} as the file calls it; {ABSENT!r} for none. As it looks: one "
        "that is called so, such as label, type or class, and of which several have the same.",
        default="",
    )


@dataclass(frozen=True)
class Labels:
    """Types: the ``names`` of labels, in their order, and which ``source`` they are of; no names
    where there are none. Labels without a type of their own are of the last one.
    """

    source: str = ""
    names: tuple[str, ...] = ()

    def type_of(self, said: Attributes) -> int:
        """Return the type of a node or an edge, from 0."""
        label = said.get(self.source) or WITHOUT
        return self.names.index(label) if label in self.names else len(self.names) - 1


@dataclass
class Seen:
    """Statistics of the attributes of nodes, of edges or of graphs.

    Attributes:
        chosen: the attribute used as label, "" for the guessed one.
        values: count of each value of each attribute.
        repeated: attributes with repeated values within a graph; others are names.
        count: number of items.
        having: number of items with each attribute.
    """

    chosen: str = ""
    values: dict[str, Counter[str]] = field(default_factory=dict)
    repeated: set[str] = field(default_factory=set)
    count: int = 0
    having: Counter[str] = field(default_factory=Counter)

    def look(self, said: Sequence[Attributes], *, alone: bool = False) -> None:
        """Add the items of one graph; or a graph, each of which is ``alone``."""
        self.count += len(said)
        met: dict[str, set[str]] = {}
        for each in said:
            for name, value in each.items():
                if name not in self.values and len(self.values) >= MOST_NAMES:
                    continue
                counts = self.values.setdefault(name, Counter())
                self.having[name] += 1
                if len(counts) < MOST_VALUES or value in counts:
                    counts[value] += 1
                own = met.setdefault(name, set())
                if value in own or (alone and counts[value] > 1):
                    self.repeated.add(name)
                own.add(value)

    @property
    def source(self) -> str:
        """The attribute that is the label, "" for none."""
        if self.chosen:
            return self.chosen if self.chosen in self.values else ""  # and none for `ABSENT`
        return self.guessed

    @property
    def guessed(self) -> str:
        """The attribute that looks like the label, "" for none."""
        known = {name.lower(): name for name in self.values}
        found = (known[name] for name in NAMES if name in known)
        return next((name for name in found if self._may(name)), "")

    def _may(self, name: str) -> bool:
        return name in self.repeated and 2 <= len(self._counts(name)) < MOST_VALUES

    def _counts(self, name: str) -> Counter[str]:
        counts = Counter({value or WITHOUT: n for value, n in self.values[name].items()})
        if (more := self.count - sum(counts.values())) > 0:
            counts[WITHOUT] += more
        return counts

    def labels(self, most: int) -> Labels:
        """Return at most ``most`` types; rare labels are merged into one."""
        name = self.source
        counts = self._counts(name) if name else Counter[str]()
        if len(counts) < 2:
            return Labels()
        if len(counts) <= most:
            return Labels(name, tuple(sorted(counts, key=_order)))
        kept = sorted(counts, key=lambda each: (-counts[each], _order(each)))[: most - 1]
        return Labels(name, (*sorted(kept, key=_order), OTHERS))

    def notes(self, labels: Labels, of: str) -> list[str]:
        """Say which types there are, and which attributes are left out."""
        left = [name for name in self.values if name != labels.source]
        each = [f"{name!r} of {format_count(self.having[name], of[:-1])}" for name in left[:TOLD]]
        more = f", and {len(left) - TOLD:,} more" if len(left) > TOLD else ""
        out = f"Left out: {', '.join(each)}{more}." if left else ""
        return [said for said in (self._types(labels, of), out) if said]

    def _types(self, labels: Labels, of: str) -> str:
        if not labels.names:
            return ""
        counts = self._counts(labels.source)
        few = sum(counts.values()) - sum(counts[name] for name in labels.names)
        said = f"{of.capitalize()} have the label {labels.source!r}: {', '.join(labels.names)}"
        rest = len(counts) - len(labels.names) + 1
        share = f" ({few / sum(counts.values()):.1%} of {of})"
        return f"{said}{f', of which the last is {rest:,} labels{share}' if few else ''}."


def _order(label: str) -> tuple[float, str]:
    """Numbers by their size, and words after them."""
    try:
        return float(label), label
    except ValueError:
        return float("inf"), label

"""What the columns of a table are used for: coordinates, the class, conditions, or a weight.

Weights are applied by rejection, as event generators unweight their events: a row is kept with the
probability w / max w (James 1980, Rep. Prog. Phys. 43, 1145, section 2.5). What is kept follows the
weighted distribution, so that training and metrics need no weights.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pushforward.studio.formats.limits import FormatError
from pushforward.studio.formats.tables import reading
from pushforward.studio.formats.tables.base import Table
from pushforward.studio.store.parts import Block, Part
from pushforward.studio.store.schema import Schema, points_schema

__all__ = ["CONDITION", "MOST_CLASSES", "Roles", "blocks_by_roles", "roles_of"]

CONDITION = "condition"
"""The part of a data set with its conditions, and the fact that names them."""
MOST_CLASSES = 1000
SEED = 0  # of the rejection by weight
LABEL = "label"


@dataclass(frozen=True)
class Roles:
    """Places of the columns of a table by what they are used for.

    Attributes:
        coordinates: the numbers of a point.
        label: the class, None without one.
        conditions: numbers that a model is conditioned on.
        weight: the weight of a row, None without one.
        classes: names of the classes, in order.
        heaviest: the largest weight.
    """

    coordinates: tuple[int, ...]
    label: int | None = None
    conditions: tuple[int, ...] = ()
    weight: int | None = None
    classes: tuple[str, ...] = ()
    heaviest: float = 1.0

    def schema(self, names: Sequence[str]) -> Schema:
        """Return the schema of the rows of a table with columns of such names."""
        schema = points_schema([names[k] for k in self.coordinates])
        parts, facts = list(schema.parts), dict[str, Any]()
        if self.label is not None:
            parts.append(Part(name=LABEL, dtype="int64"))
            facts["label"] = names[self.label]
        if self.conditions:
            parts.append(Part(name=CONDITION, dtype="float32", shape=[len(self.conditions)]))
            facts[CONDITION] = [names[k] for k in self.conditions]
        return Schema(
            kind=schema.kind, parts=parts, columns=schema.columns, classes=list(self.classes),
            facts=facts,
        )  # fmt: skip


def roles_of(path: Path, table: Table, options: Mapping[str, Any]) -> Roles | None:
    """Return what columns of a table are used for, by the options of an import; None where all are
    coordinates. Reads the classes and the largest weight from the table.

    Raises:
        FormatError: a column is missing or has two uses, or a label or a weight is not possible.
    """
    label, weight = str(options.get("label") or ""), str(options.get("weight") or "")
    conditions = list(options.get("conditions") or [])
    if not (label or weight or conditions):
        return None
    chosen = list(options.get("columns") or [])
    others = [*conditions, *filter(None, (label, weight))]
    if twice := [name for name in others if name in chosen or others.count(name) > 1]:
        raise FormatError(
            f"Column {twice[0]!r} has two uses.",
            "Use a column as a coordinate, the label, a condition or the weight.",
            kind="user",
        )
    beside = reading.indices(path, table, others)
    if chosen:
        picked = reading.indices(path, table, chosen)
    else:
        picked = [k for k in reading.good_columns(path, table) if k not in beside]
    place = {name: reading.indices(path, table, [name])[0] for name in others}
    classes, heaviest = _scan(path, table, place.get(label), place.get(weight))
    return Roles(
        tuple(picked), place.get(label), tuple(place[name] for name in conditions),
        place.get(weight), tuple(classes), heaviest,
    )  # fmt: skip


def _scan(
    path: Path, table: Table, label: int | None, weight: int | None
) -> tuple[list[str], float]:
    """Return the classes of a table and its largest weight.

    Raises:
        FormatError: a class is missing, there are too many of them, or a weight is negative.
    """
    classes: dict[str, None] = {}
    heaviest = 0.0
    if label is None and weight is None:
        return [], 1.0
    for chunk, cells in table.labelled_chunks(label if label is not None else 0):
        if label is not None:
            if "" in cells:
                where = f"{table.place} {chunk.places[cells.index('')]}"
                raise FormatError(
                    f"{path.name}, {where}: the label {table.columns[label]!r} is empty.",
                    "Fill it in, or choose another column as the label.",
                )
            classes |= dict.fromkeys(cells)
            if len(classes) > MOST_CLASSES:
                raise FormatError(
                    f"{path.name}: the label {table.columns[label]!r} has more than "
                    f"{MOST_CLASSES:,} classes.",
                    "Choose a column with fewer values as the label.",
                )
        if weight is not None:
            heaviest = max(heaviest, _heaviest(path, table, chunk.values[:, weight], weight))
    if weight is not None and not heaviest:
        raise FormatError(
            f"{path.name}: all weights {table.columns[weight]!r} are 0.",
            "Choose another column as the weight.",
        )
    if label is not None and len(classes) < 2:
        raise FormatError(
            f"{path.name}: the label {table.columns[label]!r} has only one class.",
            "Choose another column as the label, or ignore this one.",
        )
    return sorted(classes, key=_order), heaviest


def _heaviest(path: Path, table: Table, weights: NDArray[np.float64], weight: int) -> float:
    if not np.isfinite(weights).all() or (weights < 0).any():
        raise FormatError(
            f"{path.name}: the weight {table.columns[weight]!r} has values that are negative, "
            "missing or no numbers.",
            "Fix those rows, or choose another column as the weight.",
        )
    return float(weights.max(initial=0.0))


def _order(name: str) -> tuple[int, float, str]:
    """Return the key by which classes are sorted: numbers by their value, then texts."""
    try:
        return 0, float(name), name
    except ValueError:
        return 1, 0.0, name


def blocks_by_roles(path: Path, table: Table, roles: Roles) -> Iterator[Block]:
    """Yield the rows of a table: "x", "label" and "condition", as far as there are some.

    Raises:
        FormatError: a cell of a coordinate or a condition is not a finite number.
    """
    width, number = len(roles.coordinates), {name: n for n, name in enumerate(roles.classes)}
    weighed = () if roles.weight is None else (roles.weight,)
    picked = [*roles.coordinates, *roles.conditions, *weighed]
    rng = np.random.default_rng(SEED)
    for values, cells in reading.stream_labelled(path, table, picked, width, roles.label):
        kept = np.ones(len(values), bool)
        if weighed:
            kept = rng.random(len(values)) * roles.heaviest < values[:, -1]
        block: dict[str, NDArray[Any]] = {"x": values[kept, :width]}
        if roles.label is not None:
            block[LABEL] = np.array([number[cell] for cell in cells], np.int64)[kept]
        if roles.conditions:
            block[CONDITION] = values[kept, width : width + len(roles.conditions)]
        yield block
